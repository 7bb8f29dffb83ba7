"""Withdrawing a faulty question, and taking it in again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from courses.catalogue import Catalogue
from courses.kinds import Question
from courses.snapshot import thaw
from lti_tool import audit
from lti_tool.db import Begin
from lti_tool.errors import ConflictingError, NotFoundError
from lti_tool.iri import Names
from lti_tool.lti.models import Context
from lti_tool.player import regrading
from lti_tool.player.acting import Act
from lti_tool.player.models import QuestionWithdrawal
from lti_tool.player.places import ATTEMPT, ATTEMPT_QUESTION, ENROLMENT
from lti_tool.player.regrading import Change, QuestionAt, graded_item

BATCH = 100
"""How many attempts are marked again in one transaction."""


class NothingLeftError(ConflictingError):
    """Without the question, nothing would be left in some attempts that counts."""


@dataclass(frozen=True, slots=True)
class Regrading:
    """What every act on questions works with."""

    begin: Begin
    catalogue: Catalogue
    names: Names


def list_withdrawals(
    session: Session, course_id: str, context_id: UUID | None, *, item_id: str | None = None
) -> list[QuestionWithdrawal]:
    """Give what is withdrawn from a course in a context, with what is withdrawn everywhere."""
    query = select(QuestionWithdrawal).where(
        QuestionWithdrawal.course_id == course_id,
        or_(
            QuestionWithdrawal.context_id.is_(None),
            QuestionWithdrawal.context_id == context_id,
        ),
    )
    if item_id is not None:
        query = query.where(QuestionWithdrawal.item_id == item_id)
    return list(session.scalars(query.order_by(QuestionWithdrawal.withdrawn_at)))


def find_withdrawal(session: Session, where: QuestionAt) -> QuestionWithdrawal | None:
    """Give the withdrawal of exactly this scope."""
    return session.scalar(
        select(QuestionWithdrawal).where(
            QuestionWithdrawal.course_id == where.course_id,
            QuestionWithdrawal.item_id == where.item_id,
            QuestionWithdrawal.question_id == where.question_id,
            QuestionWithdrawal.context_id.is_(None)
            if where.context_id is None
            else QuestionWithdrawal.context_id == where.context_id,
        )
    )


def find_question(session: Session, where: QuestionAt, catalogue: Catalogue) -> Question:
    """Give a question as the course has it, or as an attempt of this scope was shown it.

    Raises:
        NotFoundError: neither has it.
    """
    found = graded_item(catalogue, where.course_id, where.item_id)
    for question in questions_of(found[1]) if found is not None else ():
        if question.id == where.question_id:
            return question
    query = (
        select(ATTEMPT_QUESTION.c.frozen)
        .join(ATTEMPT, ATTEMPT.c.id == ATTEMPT_QUESTION.c.attempt_id)
        .join(ENROLMENT, ENROLMENT.c.id == ATTEMPT.c.enrolment_id)
        .where(
            ENROLMENT.c.course_id == where.course_id,
            ATTEMPT.c.item_id == where.item_id,
            ATTEMPT_QUESTION.c.question_id == where.question_id,
        )
        .order_by(ATTEMPT.c.started_at.desc())
        .limit(1)
    )
    if where.context_id is not None:
        query = query.where(ENROLMENT.c.context_id == where.context_id)
    frozen = session.execute(query).scalar_one_or_none()
    if frozen is None:
        raise NotFoundError(f"question {where.question_id!r} of {where.item_id!r}")
    return thaw(frozen)


def questions_of(item: object) -> tuple[Question, ...]:
    """Give all questions that a quiz or exam may ask."""
    elements = getattr(item, "elements", None)
    if elements is not None:
        return tuple(question for element in elements for question in element.pool)
    return tuple(getattr(item, "questions", ()))


def withdraw(tools: Regrading, where: QuestionAt, act: Act, *, now: datetime) -> list[Change]:
    """Withdraw a question and mark all attempts of the scope that hold it again.

    The attempts are marked in several transactions where they are many, so that learners can go on
    meanwhile. Called again after a break, it goes on where it ended.

    Raises:
        NotFoundError: there is no such question or context.
        NothingLeftError: it is the last that counts in some attempts.
    """
    with tools.begin() as session:
        find_question(session, where, tools.catalogue)
        if where.context_id is not None and session.get(Context, where.context_id) is None:
            raise NotFoundError(f"no context {where.context_id}")
        is_new = find_withdrawal(session, where) is None
        if is_new:
            emptied = regrading.forecast(session, where, withdrawing=True).emptied
            if emptied:
                raise NothingLeftError(
                    f"{where.question_id} is the last question that counts in attempts ({emptied})"
                )
            session.add(
                QuestionWithdrawal(
                    id=uuid4(),
                    context_id=where.context_id,
                    course_id=where.course_id,
                    item_id=where.item_id,
                    question_id=where.question_id,
                    reason=act.reason,
                    withdrawn_at=now,
                    withdrawn_by=act.person_id,
                )
            )
        ids = regrading.holding(session, where)
        changes = _batch(session, tools, ids[:BATCH], now=now)
        if is_new:
            _note(session, "question.withdrawn", where, act, now=now)
    return changes + _go_on(tools, ids[BATCH:], now=now)


def restore(tools: Regrading, where: QuestionAt, act: Act, *, now: datetime) -> list[Change]:
    """Take a question in again that was withdrawn in exactly this scope.

    Raises:
        NotFoundError: it is not withdrawn here.
    """
    with tools.begin() as session:
        found = find_withdrawal(session, where)
        if found is None:
            raise NotFoundError(f"no withdrawal of {where.question_id!r}")
        session.delete(found)
        session.flush()
        ids = regrading.holding(session, where)
        changes = _batch(session, tools, ids[:BATCH], now=now)
        _note(session, "question.restored", where, act, now=now)
    return changes + _go_on(tools, ids[BATCH:], now=now)


def _batch(
    session: Session, tools: Regrading, ids: Sequence[UUID], *, now: datetime
) -> list[Change]:
    session.flush()
    return regrading.remark(session, ids, catalogue=tools.catalogue, names=tools.names, now=now)


def _go_on(tools: Regrading, ids: Sequence[UUID], *, now: datetime) -> list[Change]:
    changes: list[Change] = []
    for start in range(0, len(ids), BATCH):
        with tools.begin() as session:
            changes += _batch(session, tools, ids[start : start + BATCH], now=now)
    return changes


def _note(session: Session, name: str, where: QuestionAt, act: Act, *, now: datetime) -> None:
    detail = {
        "course": where.course_id,
        "item": where.item_id,
        "context": str(where.context_id) if where.context_id else "everywhere",
    }
    audit.note(session, name, who=act.who, about=where.question_id, detail=detail, now=now)
