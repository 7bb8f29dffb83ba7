"""An attempt as it lies before somebody: the questions as shown, with what was answered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, select

from courses import grading
from courses.drawing import display_order
from courses.kinds import Mark, Question, Response
from courses.snapshot import thaw, thaw_response
from lti_tool.errors import ConflictingError, NotFoundError
from lti_tool.player.models import AttemptKind, SubmittedBy
from lti_tool.player.places import ANSWER, ATTEMPT, ATTEMPT_QUESTION, ELEMENT_RESULT
from xapi.prepared import Prepared, Running


class AttemptClosedError(ConflictingError):
    """The attempt was submitted already, is void, or its time ran out."""


@dataclass(frozen=True, slots=True)
class AttemptFacts:
    """The row of an attempt, as values."""

    id: UUID
    enrolment_id: UUID
    item_id: str
    number: int
    kind: AttemptKind
    course_version: str
    fingerprint: str
    seed: str
    started_at: datetime
    closes_at: datetime | None
    pass_share: Fraction | None
    left_at: datetime | None
    submitted_at: datetime | None
    submitted_by: SubmittedBy | None
    points: Fraction | None
    maximum: int | None
    passed: bool | None
    receipt: dict[str, Any] | None
    receipt_hash: str
    remarked_at: datetime | None
    voided_at: datetime | None
    void_reason: str

    @property
    def is_submitted(self) -> bool:
        """Say whether it is over."""
        return self.submitted_at is not None

    def is_open(self, now: datetime) -> bool:
        """Say whether answers are taken."""
        ended = self.submitted_at is not None or self.voided_at is not None
        return not ended and not self.is_overdue(now)

    def is_overdue(self, now: datetime) -> bool:
        """Say whether time ran out."""
        return self.closes_at is not None and now >= self.closes_at


@dataclass(frozen=True, slots=True)
class Asked:
    """One question of an attempt, with the newest response."""

    number: int
    """From 1, over the whole attempt."""
    question: Question
    element_id: str
    response: Response | None
    seed: str
    """Of the attempt, from which orders of display follow."""

    def mark(self) -> Mark:
        """Judge the response; nothing given earns nothing."""
        return grading.mark(self.question, self.response or Response(self.question.id))

    @property
    def is_answered(self) -> bool:
        """Say whether something was given."""
        return self.response is not None and not self.response.is_empty


@dataclass(frozen=True, slots=True)
class ElementOutcome:
    """How an element came out, or what it asks where the attempt is open."""

    id: str
    title: str
    pass_share: Fraction
    points: Fraction | None
    asked: int
    passed: bool | None

    @property
    def needed(self) -> Fraction:
        """Give the points that pass it."""
        return self.pass_share * self.asked


@dataclass(frozen=True, slots=True)
class Sheet:
    """A whole attempt."""

    attempt: AttemptFacts
    asked: tuple[Asked, ...]
    elements: tuple[ElementOutcome, ...]
    sequence: int
    """The highest of all savings so far."""


FACTS = tuple(ATTEMPT.c[name] for name in AttemptFacts.__dataclass_fields__)
_BY_ID = select(*FACTS).where(
    ATTEMPT.c.id == bindparam("attempt_id"), ATTEMPT.c.enrolment_id == bindparam("enrolment_id")
)
BY_ID = Prepared(_BY_ID)
BY_ID_LOCKED = Prepared(_BY_ID.with_for_update())
OF_ITEM = Prepared(
    select(*FACTS)
    .where(
        ATTEMPT.c.enrolment_id == bindparam("enrolment_id"),
        ATTEMPT.c.item_id == bindparam("item_id"),
    )
    .order_by(ATTEMPT.c.number)
)
QUESTIONS = Prepared(
    select(
        ATTEMPT_QUESTION.c.position,
        ATTEMPT_QUESTION.c.element_id,
        ATTEMPT_QUESTION.c.frozen,
        ANSWER.c.response,
        ANSWER.c.sequence,
    )
    .outerjoin(
        ANSWER,
        (ANSWER.c.attempt_id == ATTEMPT_QUESTION.c.attempt_id)
        & (ANSWER.c.question_id == ATTEMPT_QUESTION.c.question_id),
    )
    .where(ATTEMPT_QUESTION.c.attempt_id == bindparam("attempt_id"))
    .order_by(ATTEMPT_QUESTION.c.position)
)
ELEMENTS = Prepared(
    select(ELEMENT_RESULT)
    .where(ELEMENT_RESULT.c.attempt_id == bindparam("attempt_id"))
    .order_by(ELEMENT_RESULT.c.position)
)


def facts_of(row: Any) -> AttemptFacts:
    """Make facts of a row of :data:`FACTS`."""
    values = {name: getattr(row, name) for name in AttemptFacts.__dataclass_fields__}
    values["kind"] = AttemptKind(values["kind"])
    if values["submitted_by"] is not None:
        values["submitted_by"] = SubmittedBy(values["submitted_by"])
    return AttemptFacts(**values)


def find_attempt(
    session: Running, enrolment_id: UUID, attempt_id: UUID, *, lock: bool = False
) -> AttemptFacts:
    """Give an attempt of an enrolment.

    Args:
        session: of the caller.
        enrolment_id: whose.
        attempt_id: which.
        lock: let nobody else change it until the end of the transaction.

    Raises:
        NotFoundError: there is none, or it is somebody else's.
    """
    given = {"attempt_id": attempt_id, "enrolment_id": enrolment_id}
    row = (BY_ID_LOCKED if lock else BY_ID).first(session, given)
    if row is None:
        raise NotFoundError(f"attempt {attempt_id}")
    return facts_of(row)


def list_attempts(session: Running, enrolment_id: UUID, item_id: str) -> list[AttemptFacts]:
    """Give all attempts at an item, those that are void with them, by number."""
    given = {"enrolment_id": enrolment_id, "item_id": item_id}
    return [facts_of(row) for row in OF_ITEM.all(session, given)]


def read_sheet(session: Running, attempt: AttemptFacts) -> Sheet:
    """Give an attempt with its questions, answers and elements."""
    given = {"attempt_id": attempt.id}
    rows = QUESTIONS.all(session, given)
    elements = ELEMENTS.all(session, given)
    return Sheet(
        attempt,
        tuple(_asked(row, attempt.seed) for row in rows),
        tuple(
            ElementOutcome(
                row.element_id, row.title, row.pass_share, row.points, row.asked, row.passed
            )
            for row in elements
        ),
        max((row.sequence or 0 for row in rows), default=0),
    )


def _asked(row: Any, seed: str) -> Asked:
    question = thaw(row.frozen)
    response = thaw_response(row.response) if row.response is not None else None
    return Asked(row.position, question, row.element_id, response, seed)


def order_of(question: Question, seed: str) -> tuple[str, ...]:
    """Give the ids of targets or steps in the order shown, which is the same at each load."""
    return display_order(question, f"{seed}:{question.id}")


def preview_of(questions: Sequence[Question], seed: str) -> tuple[Asked, ...]:
    """Give questions as they would lie before a learner, without an attempt."""
    return tuple(
        Asked(number, question, "", None, seed)
        for number, question in enumerate(questions, start=1)
    )
