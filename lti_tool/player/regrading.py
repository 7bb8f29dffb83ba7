"""Marking attempts again: without questions that were withdrawn, with rulings on appeals.

What an attempt earns anew is written down, told in a statement of its own, and carried into
progress and scores; its receipt stays as it was given.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from fractions import Fraction
from uuid import UUID

from sqlalchemy import Select, select, update
from sqlalchemy.orm import Session

from courses.catalogue import Catalogue
from courses.grading import element_passed
from courses.model import Course, Exam, Quiz
from lti_tool.iri import Names
from lti_tool.player import progress, recording, results
from lti_tool.player.models import AttemptKind
from lti_tool.player.places import ATTEMPT, ATTEMPT_QUESTION, ENROLMENT, Place, place_of, table_of
from lti_tool.player.recording import Sitting
from lti_tool.player.results import Outcome
from lti_tool.player.ruling_models import QuestionRuling
from lti_tool.player.sheets import FACTS, AttemptFacts, ElementOutcome, Sheet, facts_of, read_sheet
from xapi import outbox

RULING = table_of(QuestionRuling)


@dataclass(frozen=True, slots=True)
class QuestionAt:
    """A question of an item of a course, in one context or everywhere."""

    course_id: str
    item_id: str
    question_id: str
    context_id: UUID | None
    """None: everywhere."""


@dataclass(frozen=True, slots=True)
class Result:
    """What an attempt comes to."""

    points: Fraction
    maximum: int
    passed: bool | None


@dataclass(frozen=True, slots=True)
class Change:
    """An attempt that comes out differently."""

    attempt_id: UUID
    before: Result
    after: Result

    @property
    def is_won(self) -> bool:
        """Say whether it was failed and is passed now."""
        return self.before.passed is False and bool(self.after.passed)

    @property
    def is_lost(self) -> bool:
        """Say whether it was passed and is so no more."""
        return bool(self.before.passed) and self.after.passed is False


@dataclass(frozen=True, slots=True)
class Forecast:
    """What would come of withdrawing a question, or of taking it in again."""

    held: int
    """Attempts that are over and hold it; void ones left out."""
    running: int
    """Attempts that are still going on and hold it; they are marked when they end."""
    changes: tuple[Change, ...]
    emptied: int
    """Attempts in which no question would be left that counts."""

    @property
    def won(self) -> int:
        """Count the attempts that would be passed in place of failed."""
        return sum(change.is_won for change in self.changes)

    @property
    def lost(self) -> int:
        """Count the attempts that would be failed in place of passed."""
        return sum(change.is_lost for change in self.changes)


# Pure


def rejudge(sheet: Sheet, withdrawn: frozenset[str], ruled: Mapping[str, Fraction]) -> Outcome:
    """Give what an attempt earns by its answers, without withdrawn questions and with rulings.

    Args:
        sheet: the attempt as it was shown and answered.
        withdrawn: questions that do not count.
        ruled: points awarded by hand, in place of the mark; 0 <= points <= the question's.
    """
    plain = results.judge(sheet, withdrawn)
    if not ruled:
        return plain
    marks = {
        name: replace(mark, points=ruled[name], correct=ruled[name] == mark.maximum)
        if name in ruled
        else mark
        for name, mark in plain.marks.items()
    }
    gains: dict[str, Fraction] = {}
    for asked in sheet.asked:
        name = asked.question.id
        if name not in withdrawn:
            gain = marks[name].points - plain.marks[name].points
            gains[asked.element_id] = gains.get(asked.element_id, Fraction(0)) + gain
    points = plain.points + sum(gains.values(), Fraction(0))
    elements = tuple(_gained(each, gains.get(each.id, Fraction(0))) for each in plain.elements)
    if sheet.attempt.kind is AttemptKind.EXAM:
        judged = [each.passed for each in elements if each.asked]
        return Outcome(points, plain.maximum, bool(judged) and all(judged), elements, marks)
    share = sheet.attempt.pass_share
    passed = None if share is None else element_passed(points, plain.maximum, share)
    return Outcome(points, plain.maximum, passed, (), marks)


def _gained(element: ElementOutcome, gain: Fraction) -> ElementOutcome:
    if not element.asked or element.points is None:
        return element
    points = element.points + gain
    passed = element_passed(points, element.asked, element.pass_share)
    return replace(element, points=points, passed=passed)


def _result(facts: AttemptFacts) -> Result:
    return Result(facts.points or Fraction(0), facts.maximum or 0, facts.passed)


# With the database


def forecast(session: Session, where: QuestionAt, *, withdrawing: bool) -> Forecast:
    """Say what would come of withdrawing a question, or of taking it in again."""
    held = running = emptied = 0
    changes: list[Change] = []
    known: dict[UUID | None, frozenset[str]] = {}
    for facts, context_id in _list_holding(session, where):
        if not facts.is_submitted:
            running += 1
            continue
        held += 1
        if context_id not in known:
            known[context_id] = _withdrawn(session, where, context_id, withdrawing=withdrawing)
        sheet = read_sheet(session, facts)
        outcome = rejudge(sheet, known[context_id], rulings_of(session, facts.id))
        emptied += outcome.maximum == 0
        before, after = _result(facts), Result(outcome.points, outcome.maximum, outcome.passed)
        if before != after:
            changes.append(Change(facts.id, before, after))
    return Forecast(held, running, tuple(changes), emptied)


def _withdrawn(
    session: Session, where: QuestionAt, context_id: UUID | None, *, withdrawing: bool
) -> frozenset[str]:
    given = {"course_id": where.course_id, "item_id": where.item_id, "context_id": context_id}
    now = frozenset(row.question_id for row in results.WITHDRAWN.all(session, given))
    return now | {where.question_id} if withdrawing else now - {where.question_id}


def holding(session: Session, where: QuestionAt) -> list[UUID]:
    """Give the attempts that hold a question, those that go on with them; void ones left out."""
    return [facts.id for facts, _context in _list_holding(session, where)]


def _list_holding(session: Session, where: QuestionAt) -> Iterator[tuple[AttemptFacts, UUID]]:
    query: Select[tuple[object, ...]] = (
        select(*FACTS, ENROLMENT.c.context_id)
        .join(ENROLMENT, ENROLMENT.c.id == ATTEMPT.c.enrolment_id)
        .join(ATTEMPT_QUESTION, ATTEMPT_QUESTION.c.attempt_id == ATTEMPT.c.id)
        .where(
            ENROLMENT.c.course_id == where.course_id,
            ATTEMPT.c.item_id == where.item_id,
            ATTEMPT_QUESTION.c.question_id == where.question_id,
            ATTEMPT.c.voided_at.is_(None),
        )
        .order_by(ATTEMPT.c.id)
    )
    if where.context_id is not None:
        query = query.where(ENROLMENT.c.context_id == where.context_id)
    for row in session.execute(query).all():
        yield facts_of(row), row.context_id


def rulings_of(session: Session, attempt_id: UUID) -> dict[str, Fraction]:
    """Give the points that were awarded by hand in an attempt, by question."""
    query = select(RULING.c.question_id, RULING.c.points).where(RULING.c.attempt_id == attempt_id)
    return {row.question_id: row.points for row in session.execute(query)}


def remark(
    session: Session,
    attempt_ids: Sequence[UUID],
    *,
    catalogue: Catalogue,
    names: Names,
    now: datetime,
) -> list[Change]:
    """Mark attempts again, with all that follows; give those that came out differently.

    Their rows are locked first, so that one which ends at this moment is either marked here or
    ends with what is known by now. Attempts that go on or are void are passed over.
    """
    locked = select(*FACTS).where(ATTEMPT.c.id.in_(attempt_ids)).order_by(ATTEMPT.c.id)
    rows = session.execute(locked.with_for_update()).all()
    changes: list[Change] = []
    moved: dict[tuple[UUID, str], Place] = {}
    for facts in map(facts_of, rows):
        if not facts.is_submitted or facts.voided_at is not None:
            continue
        place = staff_place(session, facts.enrolment_id, names)
        change = _remark(session, facts, place, catalogue, now=now)
        if change is not None:
            changes.append(change)
            moved[facts.enrolment_id, facts.item_id] = place
    for (_, item_id), place in moved.items():
        recount(session, place, item_id, catalogue, now=now)
    return changes


def staff_place(session: Session, enrolment_id: UUID, names: Names) -> Place:
    """Give a place for an act of staff: outside any visit, so that nobody counts as seen by it."""
    place = place_of(session, enrolment_id, names)
    if place is None:
        raise ValueError(f"no enrolment {enrolment_id}")
    return replace(place, launch_id=place.registration)


def recount(
    session: Session, place: Place, item_id: str, catalogue: Catalogue, *, now: datetime
) -> None:
    """Carry what an item's attempts earn now into progress and scores.

    A course or item that is no longer offered has neither.
    """
    found = graded_item(catalogue, place.course_id, item_id)
    if found is not None:
        progress.recount(session, place, *found, now=now)


def graded_item(
    catalogue: Catalogue, course_id: str, item_id: str
) -> tuple[Course, Quiz | Exam] | None:
    """Give a quiz or exam with its course; None where it is no longer offered."""
    course = catalogue.get(course_id)
    item = course.item(item_id) if course is not None else None
    if course is None or not isinstance(item, Quiz | Exam):
        return None
    return course, item


def _remark(
    session: Session, facts: AttemptFacts, place: Place, catalogue: Catalogue, *, now: datetime
) -> Change | None:
    sheet = read_sheet(session, facts)
    withdrawn = results.withdrawn_in(session, place, facts.item_id)
    outcome = rejudge(sheet, withdrawn, rulings_of(session, facts.id))
    before, after = _result(facts), Result(outcome.points, outcome.maximum, outcome.passed)
    if before == after and sheet.elements == outcome.elements:
        return None
    results.keep_outcome(session, facts.id, sheet, outcome)
    session.execute(update(ATTEMPT).where(ATTEMPT.c.id == facts.id).values(remarked_at=now))
    found = graded_item(catalogue, place.course_id, facts.item_id)
    if found is not None and outcome.maximum:
        course, item = found
        told = recording.outcome(
            Sitting(place, course, item, facts.id, facts.number),
            outcome.points,
            outcome.maximum,
            passed=outcome.passed,
            duration=(facts.submitted_at or now) - facts.started_at,
            again=now.isoformat(),
            at=now,
        )
        outbox.enqueue(session, told, now=now)
    return Change(facts.id, before, after)
