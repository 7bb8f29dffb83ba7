"""The class of a course: who is where, what they reached, who never came."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from fractions import Fraction
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from courses.model import Course, Exam, Quiz
from lti_tool.lti import scores
from lti_tool.lti.models import Context, Membership, Person, ResourceLink
from lti_tool.lti.scores import ShownScore
from lti_tool.player.models import Enrolment, EnrolmentVisit, Progress
from lti_tool.visit import STAFF

CODE_LENGTH = 6


class ScoreState(StrEnum):
    """How somebody's scores stand in the grade book."""

    NONE = "none"
    WAITING = "waiting"
    SENT = "sent"
    STUCK = "stuck"


class SortKey(StrEnum):
    """By what a class is sorted."""

    NAME = "name"
    SEEN = "seen"
    DONE = "done"
    POINTS = "points"


@dataclass(frozen=True, slots=True)
class Who:
    """Somebody of the class."""

    person_id: UUID
    name: str
    """Empty where the platform withholds names."""
    code: str
    """Stands for those without a name; the same at each look."""

    @property
    def order(self) -> tuple[bool, str]:
        """Give the place in the alphabet; nameless ones last."""
        return not self.name, (self.name or self.code).casefold()


@dataclass(frozen=True, slots=True)
class Reached:
    """The best of one quiz or exam."""

    points: Fraction
    maximum: int
    is_done: bool
    """Submitted, for a quiz; passed, for the exam."""


@dataclass(frozen=True, slots=True)
class ClassRow:
    """One learner of the class."""

    who: Who
    last_seen_at: datetime | None
    percent: int
    is_completed: bool
    last_item: str
    """Title of where they were last."""
    reached: Mapping[str, Reached]
    """By item."""
    exam: Reached | None
    score: ScoreState
    is_active: bool

    @property
    def quizzes(self) -> tuple[Fraction, int]:
        """Add up the points of the quizzes that were tried, and what they hold."""
        own = [each for each in self.reached.values() if each is not self.exam]
        return sum((each.points for each in own), Fraction(0)), sum(each.maximum for each in own)


@dataclass(frozen=True, slots=True)
class RosterState:
    """How fresh the platform's list of people is."""

    is_offered: bool
    fetched_at: datetime | None
    is_due: bool
    error: str


@dataclass(frozen=True, slots=True)
class ClassList:
    """A class as the desk shows it."""

    present: tuple[ClassRow, ...]
    gone: tuple[ClassRow, ...]
    """Inactive by the roster."""
    absent: tuple[Who, ...]
    """On the roster as learners, but never in the course."""
    roster: RosterState


# Pure


def code_of(actor_name: str) -> str:
    """Give a short code for somebody whose name is withheld, from the pseudonym."""
    return hashlib.sha256(actor_name.encode()).hexdigest()[:CODE_LENGTH].upper()


def state_of(shown: Iterable[ShownScore]) -> ScoreState:
    """Sum up how several scores of one learner stand."""
    found = list(shown)
    if not found:
        return ScoreState.NONE
    if any(each.is_stuck for each in found):
        return ScoreState.STUCK
    return ScoreState.SENT if all(each.is_sent for each in found) else ScoreState.WAITING


def sort_rows(rows: Iterable[ClassRow], key: SortKey) -> list[ClassRow]:
    """Sort a class: by name, else the newest, farthest or best first."""
    by_name = sorted(rows, key=lambda row: row.who.order)
    if key is SortKey.SEEN:
        return sorted(
            by_name, key=lambda row: -(row.last_seen_at.timestamp() if row.last_seen_at else 0)
        )
    if key is SortKey.DONE:
        return sorted(by_name, key=lambda row: -row.percent)
    if key is SortKey.POINTS:
        return sorted(by_name, key=_by_points)
    return by_name


def _by_points(row: ClassRow) -> tuple[Fraction, Fraction]:
    points, maximum = row.quizzes
    exam = Fraction(row.exam.points, row.exam.maximum or 1) if row.exam else Fraction(-1)
    return -exam, -Fraction(points, maximum or 1)


def graded_items(course: Course) -> list[Quiz | Exam]:
    """Give the quizzes and the exam, in order."""
    return [item for item in course.items() if isinstance(item, Quiz | Exam)]


# With the database


def courses_in(session: Session, context_id: UUID) -> set[str]:
    """Give the courses that a context links to or has enrolments in."""
    linked = select(ResourceLink.course_id).where(
        ResourceLink.context_id == context_id, ResourceLink.course_id.is_not(None)
    )
    taken = select(Enrolment.course_id).where(Enrolment.context_id == context_id)
    return {found for found in session.scalars(linked.union(taken)) if found is not None}


def list_class(
    session: Session, context_id: UUID, course: Course, *, sort: SortKey = SortKey.NAME
) -> ClassList:
    """Give everybody of a context with where they are in a course."""
    rows = _rows(session, context_id, course)
    enrolled = {row.who.person_id for row in rows}
    absent = [
        who_of(person)
        for person, membership in _members(session, context_id)
        if membership.is_active and _learns(membership) and person.id not in enrolled
    ]
    return ClassList(
        tuple(sort_rows((row for row in rows if row.is_active), sort)),
        tuple(sort_rows((row for row in rows if not row.is_active), sort)),
        tuple(sorted(absent, key=lambda who: who.order)),
        roster_state(session, context_id),
    )


def roster_state(session: Session, context_id: UUID) -> RosterState:
    """Give how fresh the platform's list of people is."""
    context = session.get_one(Context, context_id)
    return RosterState(
        bool(context.memberships_url),
        context.roster_at,
        context.roster_due_at is not None,
        context.roster_error,
    )


def who_of(person: Person) -> Who:
    """Give somebody as the desk names them."""
    return Who(person.id, person.name.strip(), code_of(person.actor_name))


def people_of(session: Session, person_ids: Collection[UUID]) -> dict[UUID, Who]:
    """Give several people as the desk names them."""
    found = session.scalars(select(Person).where(Person.id.in_(person_ids)))
    return {person.id: who_of(person) for person in found}


def _members(session: Session, context_id: UUID) -> list[tuple[Person, Membership]]:
    query = (
        select(Person, Membership)
        .join(Membership, Membership.person_id == Person.id)
        .where(Membership.context_id == context_id)
    )
    return [(person, membership) for person, membership in session.execute(query)]


def _learns(membership: Membership) -> bool:
    return "learner" in membership.roles or not {role.value for role in STAFF} & {*membership.roles}


def _rows(session: Session, context_id: UUID, course: Course) -> list[ClassRow]:
    query = (
        select(Enrolment, Person, Membership.is_active, func.max(EnrolmentVisit.seen_at))
        .join(Person, Person.id == Enrolment.person_id)
        .outerjoin(EnrolmentVisit, EnrolmentVisit.enrolment_id == Enrolment.id)
        .outerjoin(
            Membership,
            (Membership.person_id == Person.id) & (Membership.context_id == context_id),
        )
        .where(Enrolment.context_id == context_id, Enrolment.course_id == course.id)
        .group_by(Enrolment.id, Person.id, Membership.is_active)
    )
    titles = {item.id: item.title for item in course.items()}
    reached = _reached(session, context_id, course.id)
    shown: dict[UUID, list[ShownScore]] = {}
    for score in scores.list_scores(session, context_id, course_id=course.id):
        shown.setdefault(score.person_id, []).append(score)
    exam_id = course.exam.id if course.exam else ""
    return [
        _row(row, titles, reached.get(row[0].id, {}), exam_id, shown.get(row[1].id, []))
        for row in session.execute(query)
    ]


def _row(
    row: Any,
    titles: Mapping[str, str],
    reached: Mapping[str, Reached],
    exam_id: str,
    shown: Sequence[ShownScore],
) -> ClassRow:
    enrolment, person, is_active, seen_at = row
    return ClassRow(
        who=who_of(person),
        last_seen_at=seen_at,
        percent=enrolment.percent,
        is_completed=enrolment.completed_at is not None,
        last_item=titles.get(enrolment.seen_item_id, ""),
        reached=reached,
        exam=reached.get(exam_id),
        score=state_of(shown),
        is_active=is_active is not False,
    )


def _reached(session: Session, context_id: UUID, course_id: str) -> dict[UUID, dict[str, Reached]]:
    query = (
        select(
            Progress.enrolment_id,
            Progress.item_id,
            Progress.points,
            Progress.maximum,
            Progress.done_at,
        )
        .join(Enrolment, Enrolment.id == Progress.enrolment_id)
        .where(
            Enrolment.context_id == context_id,
            Enrolment.course_id == course_id,
            Progress.points.is_not(None),
        )
    )
    found: dict[UUID, dict[str, Reached]] = {}
    for row in session.execute(query):
        if row.points is not None:
            reached = Reached(row.points, row.maximum or 0, row.done_at is not None)
            found.setdefault(row.enrolment_id, {})[row.item_id] = reached
    return found
