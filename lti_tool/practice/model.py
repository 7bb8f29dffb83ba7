"""What there is on the platform: people, courses, tools, activities, columns, as plain values."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from lti_tool.practice.quirks import ALL, PLAIN, Quirk
from lti_tool.practice.signing import KeptKeys

COURSE = 2
"""The number of the course that everybody is enrolled in."""
OTHER_COURSE = 3
"""The number of a course in which the tool is not used; Carol teaches it."""


class CourseRole(StrEnum):
    """What a person is in a course."""

    LEARNER = "learner"
    TEACHER = "teacher"
    ASSISTANT = "assistant"
    """Moodle's non-editing teacher."""


class Hold(StrEnum):
    """What the teacher did to a grade."""

    FREE = "free"
    OVERRIDDEN = "overridden"
    LOCKED = "locked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How the platform behaves; the defaults are Moodle's."""

    host: str = "127.0.0.1"
    """Where it listens."""
    public_host: str = "localhost"
    """How it is called; another site than the tool's, so that a frame is cross-site."""
    public_url: str = ""
    """Where a proxy in front gives it another address."""
    port: int = 0
    """0: any free one."""
    quirks: frozenset[Quirk] = ALL
    storage: bool = False
    """Whether platform storage is offered (``lti_storage_target``); Moodle never does."""
    product: str = "practice"
    """``product_family_code``."""
    keep_at: str = ""
    """A file that holds tools, activities and grades from one run to the next."""
    clock: Callable[[], float] = time.time

    @classmethod
    def plain(cls, **changes: Any) -> Options:
        """Give a friendly platform that does what the specifications say, with storage."""
        return cls(**{"quirks": PLAIN, "storage": True, **changes})


@dataclass(slots=True)
class Person:
    """Somebody with an account."""

    id: int
    username: str
    given: str
    family: str
    email: str
    sis_number: str = ""
    is_site_admin: bool = False

    @property
    def name(self) -> str:
        """Give the whole name."""
        return f"{self.given} {self.family}"


@dataclass(slots=True)
class Course:
    """A course of the platform."""

    id: int
    short_name: str
    title: str
    roles: dict[int, CourseRole]
    """Person's id: role."""
    suspended: set[int] = field(default_factory=set)


@dataclass(slots=True)
class Tool:
    """One registered tool (Moodle's word: type) with what the administrator allows it."""

    id: int
    client_id: str
    name: str
    login_url: str
    launch_url: str
    """Where a launch goes unless the activity names another address (``target_link_uri``)."""
    redirect_urls: tuple[str, ...]
    keys_url: str
    deployment_id: str
    is_active: bool = True
    deep_linking_url: str = ""
    """Empty: the tool takes no deep linking."""
    share_name: bool = True
    share_email: bool = True
    use_columns: bool = True
    """Read columns, send scores, read results of its own columns."""
    manage_columns: bool = True
    use_roster: bool = True
    in_new_window: bool = False
    custom: dict[str, Any] = field(default_factory=dict)
    description: str = ""
    kept_keys: KeptKeys = field(default_factory=KeptKeys.none)


@dataclass(slots=True)
class Activity:
    """A link to a tool in a course."""

    id: int
    course_id: int
    tool_id: int
    title: str
    text: str = ""
    url: str = ""
    """Empty: the tool's launch address."""
    custom: dict[str, Any] = field(default_factory=dict)
    in_new_window: bool = False


@dataclass(slots=True)
class Grade:
    """What one person has in one column."""

    points: float | None
    """Of the column's maximum; None where a score erased it."""
    comment: str = ""
    sent_at: float = 0.0
    """The timestamp of the newest score, in seconds since 1970."""
    hold: Hold = Hold.FREE


@dataclass(slots=True)
class Column:
    """A column of the grade book (``lineitem``)."""

    id: int
    course_id: int
    tool_id: int
    label: str
    maximum: float
    activity_id: int | None = None
    """The activity it is linked to."""
    resource_id: str = ""
    tag: str = ""
    by_tool: bool = False
    """Made over AGS, not with the activity."""
    takes_numbers: bool = True
    submission_review: dict[str, Any] | None = None
    grades: dict[int, Grade] = field(default_factory=dict)
    """Person's id: grade."""


@dataclass(slots=True)
class Hint:
    """A launch that was begun: what the login hint stands for, once."""

    person_id: int
    tool_id: int
    course_id: int
    activity_id: int | None
    """None: deep linking."""
    session: str
    """The platform's own session in that browser; empty: not bound to one."""
    as_learner: bool = False
    target_link_uri: str = ""


@dataclass(frozen=True, slots=True)
class Access:
    """An access token."""

    tool_id: int
    scopes: frozenset[str]
    expires_at: float


@dataclass(frozen=True, slots=True)
class Admission:
    """A registration that was begun: good for one tool."""

    client_id: str
    updates: int | None
    """The tool that is updated; None: a new one."""
    expires_at: float
