"""What a course is made of: frozen values, no files, no web, no database.

Texts of type :class:`markupsafe.Markup` are HTML that `courses/markup.py` has made safe.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from fractions import Fraction

from markupsafe import Markup

from courses.kinds import Question


class Level(StrEnum):
    """How deep a course goes, in the words of the sector's skills framework."""

    AWARENESS = "awareness"
    PRACTITIONER = "practitioner"
    EXPERT = "expert"


class Topic(StrEnum):
    """What the sector's alliance sorts its courses by."""

    SUSTAINABILITY = "sustainability"
    DIGITALISATION = "digitalisation"
    CYBERSECURITY = "cybersecurity"
    BATTERIES = "batteries"


class Proof(StrEnum):
    """What passing a course brings."""

    ATTENDANCE = "attendance"
    EXAM = "exam"


class Review(StrEnum):
    """When a learner may see the right answers of an exam."""

    AFTER_SUBMIT = "after-submit"
    AFTER_CLOSE = "after-close"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class Outcome:
    """One thing a learner can do after a module."""

    id: str
    text: str


# Items


@dataclass(frozen=True, slots=True)
class Video:
    """A film on a page; files are paths below the course's folder."""

    id: str
    title: str
    src: str
    captions: str
    seconds: Fraction
    poster: str | None = None
    transcript: Markup | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a figure: which group of the drawing it shows, and what is said."""

    show: str
    text: Markup


@dataclass(frozen=True, slots=True)
class Steps:
    """A figure that is walked through."""

    title: str
    figure: str
    """File below the course's ``media``."""
    description: str
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Body:
    """What a page's text becomes."""

    html: Markup
    headings: tuple[tuple[str, str], ...] = ()
    """Anchor and words of each ``h2``."""
    videos: tuple[Video, ...] = ()
    has_steps: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """A text with figures, tables, formulas and films."""

    id: str
    """Path in the course, such as ``"01-why-life-cycle-thinking/01-burden-shifting"``."""
    title: str
    minutes: int
    outcomes: tuple[str, ...]
    read: Callable[[], Body] = field(compare=False, repr=False)
    """Gives the body; it may be made at the first call, and is the same at each."""

    @property
    def html(self) -> Markup:
        """Give the body, without its ``h1``.

        It holds ``__MEDIA__/<file>`` and ``__COURSE__/<item path>`` where addresses go: the player
        puts them in.
        """
        return self.read().html

    @property
    def headings(self) -> tuple[tuple[str, str], ...]:
        """Give anchor and words of each ``h2``."""
        return self.read().headings

    @property
    def videos(self) -> tuple[Video, ...]:
        """Give the films on it."""
        return self.read().videos

    @property
    def has_steps(self) -> bool:
        """Say whether a figure is walked through on it."""
        return self.read().has_steps


@dataclass(frozen=True, slots=True)
class Quiz:
    """Questions with feedback at once."""

    id: str
    title: str
    intro: Markup | None
    questions: tuple[Question, ...]
    attempts: int | None
    """How many are allowed; None: as many as wanted."""
    pass_mark: Fraction | None
    """Share of the points, 0 to 1; None: neither passed nor failed."""
    shuffle: bool = True
    minutes: int = 10

    @property
    def points(self) -> int:
        """Add up what can be earned."""
        return sum(question.points for question in self.questions)


@dataclass(frozen=True, slots=True)
class ExamElement:
    """The part of an exam that is passed or failed by itself."""

    id: str
    title: str
    pool: tuple[Question, ...]
    draw: int
    pass_share: Fraction
    """Share of the points asked, such as 2/3, compared exactly."""
    modules: tuple[str, ...] = ()
    """Ids of the modules it examines; empty: the one at its place in the course."""


@dataclass(frozen=True, slots=True)
class Exam:
    """A draw from pools, on the server's clock."""

    id: str
    title: str
    intro: Markup | None
    minutes: int
    attempts: int | None
    wait_hours: int
    review: Review
    elements: tuple[ExamElement, ...]
    opens_at: datetime | None = None
    closes_at: datetime | None = None


Item = Page | Quiz | Exam


@dataclass(frozen=True, slots=True)
class Module:
    """A part of a course, in order."""

    id: str
    title: str
    summary: str
    hours: Fraction
    outcomes: tuple[Outcome, ...]
    items: tuple[Page | Quiz, ...]
    owner: str = ""
    """Id of the course it belongs to, where the course it stands in only takes it over."""
    sharers: Callable[[], tuple[Course, ...]] = field(default=tuple, compare=False, repr=False)
    """Gives the other courses of the catalogue that hold it; what is done in one counts in all."""


@dataclass(frozen=True, slots=True)
class Taught:
    """A skill by its id, and the level a course brings one to."""

    skill: str
    level: Level


@dataclass(frozen=True, slots=True)
class Term:
    """A word of the glossary."""

    term: str
    text: Markup
    also: tuple[str, ...] = ()
    """Other forms of it, as they stand in a text."""

    @property
    def anchor(self) -> str:
        """Give the id of its place on the glossary's page."""
        return "term-" + (re.sub(r"[^a-z0-9]+", "-", self.term.lower()).strip("-") or "x")


@dataclass(frozen=True, slots=True)
class SelfTest:
    """Questions before the course that nobody grades; see `courses/selftest.py`."""

    title: str
    intro: Markup | None
    questions: tuple[tuple[str, Question], ...]
    """Each with the id of the module it stands for."""


@dataclass(frozen=True, slots=True)
class Course:
    """What we teach; an id for ever and a version for each state of its content."""

    id: str
    title: str
    summary: str
    version: str
    """The author's word for it."""
    fingerprint: str
    """SHA-256 over all files of the folder, in hex: two courses with the same one are the same."""
    language: str
    level: Level
    hours: Fraction
    licence: str
    audience: str
    prior_knowledge: str
    project: str
    legal_status_on: date | None
    notice: str | None
    modules: tuple[Module, ...]
    exam: Exam | None
    media_dir: str
    """Folder of the media files on this machine."""
    topic: Topic | None = None
    teaches: tuple[Taught, ...] = ()
    job_roles: tuple[str, ...] = ()
    """Ids; ``every`` alone: it is for everybody."""
    certificate: Proof = Proof.ATTENDANCE
    funding: str = ""
    is_draft: bool = False
    glossary: tuple[Term, ...] = ()
    """In the order of the alphabet."""
    self_test: SelfTest | None = None
    words: tuple[str, ...] = ()
    """That no dictionary has, for the check of spelling."""

    def items(self) -> Iterator[Item]:
        """Give every page, quiz and the exam, in order."""
        for module in self.modules:
            yield from module.items
        if self.exam is not None:
            yield self.exam

    def reading_minutes(self) -> int:
        """Give about how long all pages take to read; ``hours`` counts quizzes and own work too."""
        return sum(item.minutes for item in self.items() if isinstance(item, Page))

    def item(self, item_id: str) -> Item | None:
        """Find an item by its path, such as ``"01-why/quiz"`` or ``"exam"``."""
        return next((item for item in self.items() if item.id == item_id), None)

    def module_of(self, item_id: str) -> Module | None:
        """Find the module that holds an item; None for the exam."""
        return next((m for m in self.modules if any(i.id == item_id for i in m.items)), None)

    def owner_of(self, path: str) -> str:
        """Give the id of the course that a module or item belongs to: another's where it is shared.

        What is recorded of it bears the owner's name, in whichever course it was done.
        """
        module_id = path.partition("/")[0]
        return next((m.owner for m in self.modules if m.id == module_id and m.owner), self.id)
