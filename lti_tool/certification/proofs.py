"""Evidence as plain values: what the rules look at, and what a decision keeps of it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import date
from enum import StrEnum
from fractions import Fraction
from typing import Any
from uuid import UUID

from courses.grading import element_passed
from courses.schemes import Route


class Rating(StrEnum):
    """What an assessor may find."""

    MET = "met"
    PARTLY = "partly"
    NOT_MET = "not-met"


@dataclass(frozen=True, slots=True)
class ElementSeen:
    """How one element of the card came out in one sitting."""

    code: str
    points: Fraction | None
    """None where an officer knows only whether it was passed."""
    asked: int
    """Points that could be earned, without questions that are withdrawn; 0: nothing was asked."""
    passed: bool | None = None
    """As an officer entered it; None: the points tell."""

    def reaches(self, share: Fraction) -> bool:
        """Say whether it is passed, compared exactly."""
        if self.points is None:
            return bool(self.passed)
        return element_passed(self.points, self.asked, share)


@dataclass(frozen=True, slots=True)
class Sitting:
    """One exam that was taken to its end, and counts."""

    id: str
    """Of the attempt; ``entry:<case>`` where an officer entered it."""
    course_id: str
    """Empty where an officer entered it."""
    course_version: str
    number: int
    on: date
    receipt_hash: str
    elements: tuple[ElementSeen, ...]


@dataclass(frozen=True, slots=True)
class CourseDone:
    """A course of which every item is done."""

    course_id: str
    title: str
    on: date
    modules: tuple[str, ...]
    """Their titles, in order."""


@dataclass(frozen=True, slots=True)
class Judged:
    """What one assessor found of one element."""

    code: str
    position: int
    rating: Rating
    on: date


@dataclass(frozen=True, slots=True)
class Held:
    """A certificate that the holder has."""

    scheme_id: str
    number: str
    valid_from: date
    valid_until: date | None


@dataclass(frozen=True, slots=True)
class Entry:
    """What an officer entered."""

    route: Route
    on: date | None
    checklist: tuple[str, ...]
    earlier_register: str
    earlier_number: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """All of it, as it was looked at."""

    holder_id: UUID
    sittings: tuple[Sitting, ...] = ()
    """In the order in which they ended."""
    done: tuple[CourseDone, ...] = ()
    judged: tuple[Judged, ...] = ()
    held: tuple[Held, ...] = ()
    entry: Entry | None = None

    @property
    def is_empty(self) -> bool:
        """Say whether there is nothing to look at."""
        return not (self.sittings or self.done or self.judged or self.entry)

    def to_json(self) -> dict[str, Any]:
        """Write it as plain JSON values."""
        made: dict[str, Any] = json.loads(json.dumps(asdict(self), default=str))
        return made
