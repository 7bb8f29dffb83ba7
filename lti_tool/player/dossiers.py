"""What the desk reads about one learner, and about one attempt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from courses.kinds import Mark
from courses.model import Course, Exam, Item, Quiz
from courses.snapshot import freeze_response
from lti_tool.lti import scores
from lti_tool.lti.models import Membership, Person
from lti_tool.lti.scores import ShownScore
from lti_tool.player import allowing, appeals, regrading, results, withdrawing
from lti_tool.player.allowing import LearnerAt
from lti_tool.player.appeals import OwnedAttempt
from lti_tool.player.classlist import Who, graded_items, who_of
from lti_tool.player.models import (
    Enrolment,
    EnrolmentVisit,
    ItemAllowance,
    Progress,
    QuestionWithdrawal,
)
from lti_tool.player.outline import kind_of
from lti_tool.player.places import ATTEMPT
from lti_tool.player.ruling_models import QuestionRuling
from lti_tool.player.sheets import FACTS, Asked, AttemptFacts, Sheet, facts_of, read_sheet


@dataclass(frozen=True, slots=True)
class ItemLine:
    """One item with how far the learner is."""

    item: Item
    kind: str
    begun_at: datetime | None
    done_at: datetime | None
    points: Fraction | None
    maximum: int | None


@dataclass(frozen=True, slots=True)
class Sittings:
    """A quiz or exam with somebody's attempts and what they are allowed."""

    item: Quiz | Exam
    is_exam: bool
    attempts: tuple[AttemptFacts, ...]
    allowance: ItemAllowance | None


@dataclass(frozen=True, slots=True)
class Dossier:
    """One learner in one course."""

    who: Who
    is_active: bool
    enrolment: Enrolment | None
    """None: never came."""
    last_seen_at: datetime | None
    lines: tuple[ItemLine, ...]
    sittings: tuple[Sittings, ...]
    left_over: tuple[AttemptFacts, ...]
    """Attempts at items that the course no longer has."""
    scores: tuple[ShownScore, ...]


@dataclass(frozen=True, slots=True)
class QuestionLine:
    """One question of an attempt, with what it earned and why."""

    asked: Asked
    mark: Mark
    """By the answer alone."""
    earned: Fraction
    """With a ruling, where there is one; it does not count where the question is withdrawn."""
    withdrawal: QuestionWithdrawal | None
    ruling: QuestionRuling | None


@dataclass(frozen=True, slots=True)
class AttemptDossier:
    """One attempt with everything that an appeal asks for."""

    owned: OwnedAttempt
    who: Who
    sheet: Sheet
    lines: tuple[QuestionLine, ...]
    receipt_holds: bool | None
    """None: none was given yet."""


def learner_dossier(session: Session, learner: LearnerAt, course: Course) -> Dossier:
    """Give everything about one learner in a course.

    Raises:
        NotFoundError: the person is not of this context.
    """
    enrolment = allowing.find_enrolment_at(session, learner)
    person = session.get_one(Person, learner.person_id)
    is_active = session.scalar(
        select(Membership.is_active).where(
            Membership.person_id == person.id, Membership.context_id == learner.context_id
        )
    )
    attempts = _attempts(session, enrolment.id) if enrolment else []
    items = graded_items(course)
    allowed = {
        each.item_id: each
        for each in allowing.list_allowances(session, course.id, learner.context_id, person.id)
    }
    known = {item.id for item in items}
    return Dossier(
        who=who_of(person),
        is_active=is_active is not False,
        enrolment=enrolment,
        last_seen_at=_last_seen(session, enrolment.id) if enrolment else None,
        lines=_lines(session, enrolment, course),
        sittings=tuple(
            Sittings(
                item,
                isinstance(item, Exam),
                tuple(each for each in attempts if each.item_id == item.id),
                allowed.get(item.id),
            )
            for item in items
        ),
        left_over=tuple(each for each in attempts if each.item_id not in known),
        scores=tuple(
            scores.list_scores(
                session, learner.context_id, course_id=course.id, person_id=person.id
            )
        ),
    )


def _attempts(session: Session, enrolment_id: UUID) -> list[AttemptFacts]:
    query = (
        select(*FACTS)
        .where(ATTEMPT.c.enrolment_id == enrolment_id)
        .order_by(ATTEMPT.c.item_id, ATTEMPT.c.number)
    )
    return [facts_of(row) for row in session.execute(query)]


def _last_seen(session: Session, enrolment_id: UUID) -> datetime | None:
    query = select(func.max(EnrolmentVisit.seen_at))
    return session.scalar(query.where(EnrolmentVisit.enrolment_id == enrolment_id))


def _lines(session: Session, enrolment: Enrolment | None, course: Course) -> tuple[ItemLine, ...]:
    held: Mapping[str, Progress] = {}
    if enrolment is not None:
        query = select(Progress).where(Progress.enrolment_id == enrolment.id)
        held = {each.item_id: each for each in session.scalars(query)}
    return tuple(_line(item, held.get(item.id)) for item in course.items())


def _line(item: Item, held: Progress | None) -> ItemLine:
    if held is None:
        return ItemLine(item, kind_of(item), None, None, None, None)
    return ItemLine(item, kind_of(item), held.begun_at, held.done_at, held.points, held.maximum)


def attempt_dossier(session: Session, attempt_id: UUID, context_id: UUID | None) -> AttemptDossier:
    """Give everything about one attempt.

    Raises:
        NotFoundError: there is none, or it is of another context.
    """
    owned = appeals.find_in_context(session, attempt_id, context_id)
    sheet = read_sheet(session, owned.facts)
    rulings = appeals.list_rulings(session, attempt_id)
    withdrawn = {
        each.question_id: each
        for each in withdrawing.list_withdrawals(
            session, owned.course_id, context_id, item_id=owned.facts.item_id
        )
    }
    awarded = {name: ruling.points for name, ruling in rulings.items()}
    outcome = regrading.rejudge(sheet, frozenset(withdrawn), awarded)
    lines = tuple(
        QuestionLine(
            asked,
            asked.mark(),
            outcome.marks[asked.question.id].points,
            withdrawn.get(asked.question.id),
            rulings.get(asked.question.id),
        )
        for asked in sheet.asked
    )
    person = session.get_one(Person, owned.person_id)
    return AttemptDossier(owned, who_of(person), sheet, lines, receipt_holds(sheet))


def receipt_holds(sheet: Sheet) -> bool | None:
    """Say whether a receipt has its hash still, and tells what the attempt holds; pure.

    None: none was given yet.
    """
    receipt = sheet.attempt.receipt
    if receipt is None:
        return None
    if results.digest_of(receipt) != sheet.attempt.receipt_hash:
        return False
    told = [(each["id"], each["shown"], each["response"]) for each in receipt["questions"]]
    held = [
        (
            asked.question.id,
            results.shown_digest(asked.question),
            freeze_response(asked.response) if asked.response and asked.is_answered else None,
        )
        for asked in sheet.asked
    ]
    return told == held
