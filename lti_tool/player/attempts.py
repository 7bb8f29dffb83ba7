"""Attempts at quizzes: answered question by question, or all at once; the last answer ends them."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import Any
from uuid import UUID

from sqlalchemy import Executable, bindparam, func, or_, select
from sqlalchemy.orm import Session

from courses import grading
from courses.drawing import DrawnElement, shown
from courses.forms import Form, ResponseError, read_response
from courses.kinds import Mark, Question, Response
from courses.model import Course, Quiz
from courses.snapshot import freeze_response, thaw, thaw_response
from lti_tool.errors import ConflictingError, NotFoundError
from lti_tool.iri import Names
from lti_tool.player import progress, recording, results
from lti_tool.player.allowances import allowed_to
from lti_tool.player.beginning import begin
from lti_tool.player.models import SubmittedBy
from lti_tool.player.places import (
    ANSWER,
    ATTEMPT,
    ATTEMPT_QUESTION,
    COLUMNS,
    ENROLMENT,
    Place,
    place_in,
)
from lti_tool.player.recording import Sitting
from lti_tool.player.sheets import (
    AttemptClosedError,
    AttemptFacts,
    find_attempt,
    list_attempts,
    read_sheet,
)
from lti_tool.visit import Visit
from xapi import outbox
from xapi.prepared import Prepared, Running


class NoAttemptLeftError(ConflictingError):
    """All attempts that are allowed are used."""


@dataclass(frozen=True, slots=True)
class QuizState:
    """Where somebody stands with a quiz."""

    attempts: tuple[AttemptFacts, ...]
    """Those that count, by number."""
    allowed: int | None
    """None: as many as wanted."""

    @property
    def open(self) -> AttemptFacts | None:
        """Give the attempt that is going on."""
        return next((each for each in self.attempts if not each.is_submitted), None)

    @property
    def last(self) -> AttemptFacts | None:
        """Give the newest attempt that is over."""
        return next((each for each in reversed(self.attempts) if each.is_submitted), None)

    @property
    def left(self) -> int | None:
        """Give how many more may be begun; None: no limit."""
        return None if self.allowed is None else max(0, self.allowed - len(self.attempts))


@dataclass(frozen=True, slots=True)
class Taken:
    """One answer as it was kept, and whether it ended the attempt."""

    question: Question
    response: Response
    mark: Mark
    item_id: str
    fingerprint: str
    """Of the course whose question it is."""
    seed: str
    """Of the attempt."""
    is_last: bool


@dataclass(frozen=True, slots=True)
class _Open:
    """An attempt that takes an answer."""

    sitting: Sitting
    fingerprint: str
    seed: str


def _answer(insert: type) -> Executable:
    fields = ("attempt_id", "question_id", "response", "points", "maximum", "correct", "at")
    values: dict[str, Any] = {name: bindparam(name) for name in fields}
    made: Executable = (
        insert(ANSWER)
        .values(values | {"sequence": 1})
        .on_conflict_do_nothing()
        .returning(ANSWER.c.question_id)
    )
    return made


ANSWER_ONCE = Prepared.for_both(_answer)
ANSWERED = Prepared(
    select(ANSWER.c.response).where(
        ANSWER.c.attempt_id == bindparam("attempt_id"),
        ANSWER.c.question_id == bindparam("question_id"),
    )
)
SHOWN = Prepared(
    select(ATTEMPT_QUESTION.c.frozen).where(
        ATTEMPT_QUESTION.c.attempt_id == bindparam("attempt_id"),
        ATTEMPT_QUESTION.c.question_id == bindparam("question_id"),
    )
)
OWN_ATTEMPT = Prepared(
    select(
        *COLUMNS,
        ENROLMENT.c.context_id,
        ATTEMPT.c.item_id,
        ATTEMPT.c.number,
        ATTEMPT.c.fingerprint,
        ATTEMPT.c.seed,
        or_(ATTEMPT.c.submitted_at.is_not(None), ATTEMPT.c.voided_at.is_not(None)).label("is_over"),
    )
    .join_from(ATTEMPT, ENROLMENT, ENROLMENT.c.id == ATTEMPT.c.enrolment_id)
    .where(
        ATTEMPT.c.id == bindparam("attempt_id"),
        ENROLMENT.c.person_id == bindparam("person_id"),
        ENROLMENT.c.course_id == bindparam("course_id"),
    )
    .with_for_update(of=ATTEMPT)
)
OPEN_QUESTIONS = Prepared(
    select(
        select(func.count())
        .where(ATTEMPT_QUESTION.c.attempt_id == bindparam("attempt_id"))
        .scalar_subquery()
        - select(func.count())
        .where(ANSWER.c.attempt_id == bindparam("attempt_id"))
        .scalar_subquery()
    )
)


def quiz_state(session: Session, place: Place, quiz: Quiz) -> QuizState:
    """Give where somebody stands with a quiz."""
    found = list_attempts(session, place.enrolment_id, quiz.id)
    counting = tuple(each for each in found if each.voided_at is None)
    extra = allowed_to(session, place, quiz.id).attempts
    return QuizState(counting, None if quiz.attempts is None else quiz.attempts + extra)


def start(session: Session, place: Place, course: Course, quiz: Quiz, *, now: datetime) -> UUID:
    """Begin an attempt, or give the one that is open.

    Raises:
        NoAttemptLeftError: all are used.
    """
    progress.lock(session, place)
    state = quiz_state(session, place, quiz)
    if state.open is not None:
        return state.open.id
    if state.left == 0:
        raise NoAttemptLeftError(f"{quiz.id} by {place.enrolment_id}")
    withdrawn = results.withdrawn_in(session, place, quiz.id)
    seed = secrets.token_hex(16)
    questions = tuple(shown(q, seed) for q in quiz.questions if q.id not in withdrawn)
    drawn = (DrawnElement("", quiz.title, Fraction(1), questions),)
    return begin(session, place, course, quiz, drawn, seed=seed, closes_at=None, now=now)


def answer(
    session: Running,
    visit: Visit,
    course: Course,
    quiz: Quiz,
    attempt_id: UUID,
    *,
    question_id: str,
    form: Form,
    names: Names,
    now: datetime,
) -> Taken:
    """Mark one answer, keep it, and queue the statement about it; the last one ends the attempt.

    The first answer to a question stays: whoever sends another gets the first one back.

    Raises:
        NotFoundError: no such attempt of this visitor, or no such question.
        AttemptClosedError: it is over.
        ResponseError: nothing was given, or nothing that can be read.
    """
    found = _open(session, visit, course, quiz, attempt_id, names=names, now=now)
    question = _question(session, found, question_id)
    response = read_response(question, form)
    if response.is_empty:
        raise ResponseError("Answer the question first.")
    mark = grading.mark(question, response)
    if not _keep(session, found, question, response, mark, now=now):
        given = {"attempt_id": attempt_id, "question_id": question_id}
        kept = thaw_response(ANSWERED.one(session, given)[0])
        return _taken(found, question, kept, grading.mark(question, kept), is_last=False)
    progress.is_here(session, found.sitting.place, now=now)
    given = {"attempt_id": attempt_id}
    is_last = OPEN_QUESTIONS.one(session, given)[0] == 0
    if is_last:
        _end(session, found, now=now)
    return _taken(found, question, response, mark, is_last=is_last)


def _taken(
    found: _Open, question: Question, response: Response, mark: Mark, *, is_last: bool
) -> Taken:
    item_id = found.sitting.item.id
    return Taken(question, response, mark, item_id, found.fingerprint, found.seed, is_last)


def submit(
    session: Session,
    visit: Visit,
    course: Course,
    quiz: Quiz,
    attempt_id: UUID,
    *,
    form: Form,
    names: Names,
    now: datetime,
) -> dict[str, str]:
    """Take all answers of a quiz at once and end the attempt; what is left out earns nothing.

    Returns:
        For each question that could not be read, why; then the others are kept, and the attempt
        stays open.

    Raises:
        NotFoundError: no such attempt of this visitor.
        AttemptClosedError: it is over.
    """
    found = _open(session, visit, course, quiz, attempt_id, names=names, now=now)
    attempt = find_attempt(session, found.sitting.place.enrolment_id, attempt_id)
    faults: dict[str, str] = {}
    for asked in read_sheet(session, attempt).asked:
        if asked.response is not None:
            continue
        try:
            response = read_response(asked.question, form)
        except ResponseError as error:
            faults[asked.question.id] = str(error)
            continue
        if not response.is_empty:
            mark = grading.mark(asked.question, response)
            _keep(session, found, asked.question, response, mark, now=now)
    if not faults:
        _end(session, found, now=now)
    return faults


def _open(
    session: Running,
    visit: Visit,
    course: Course,
    quiz: Quiz,
    attempt_id: UUID,
    *,
    names: Names,
    now: datetime,
) -> _Open:
    given = {"attempt_id": attempt_id, "person_id": visit.person_id, "course_id": course.id}
    row = OWN_ATTEMPT.first(session, given)
    if row is None or row.item_id != quiz.id or row.context_id != visit.context_id:
        raise NotFoundError(f"attempt {attempt_id}")
    if row.is_over:
        raise AttemptClosedError(f"attempt {attempt_id}")
    place = place_in(row, visit, course.id, names)
    return _Open(Sitting(place, course, quiz, attempt_id, row.number), row.fingerprint, row.seed)


def _question(session: Running, found: _Open, question_id: str) -> Question:
    """Give a question as it was shown; the course's own where the course is still the same."""
    sitting = found.sitting
    if found.fingerprint == sitting.course.fingerprint and isinstance(sitting.item, Quiz):
        for question in sitting.item.questions:
            if question.id == question_id:
                return shown(question, found.seed)
    given = {"attempt_id": sitting.attempt_id, "question_id": question_id}
    kept = SHOWN.first(session, given)
    if kept is None:
        raise NotFoundError(f"question {question_id!r} in attempt {sitting.attempt_id}")
    return thaw(kept.frozen)


def _keep(
    session: Running,
    found: _Open,
    question: Question,
    response: Response,
    mark: Mark,
    *,
    now: datetime,
) -> bool:
    """Write an answer and queue its statements; False: there was one already."""
    values = {
        "attempt_id": found.sitting.attempt_id,
        "question_id": question.id,
        "response": freeze_response(response),
        "points": mark.points,
        "maximum": mark.maximum,
        "correct": mark.correct,
        "at": now,
    }
    if ANSWER_ONCE.first(session, values) is None:
        return False
    told = recording.answered(found.sitting, question, response, mark, at=now)
    outbox.enqueue(session, told, now=now)
    return True


def _end(session: Running, found: _Open, *, now: datetime) -> None:
    sitting = found.sitting
    attempt = find_attempt(session, sitting.place.enrolment_id, sitting.attempt_id)
    results.close(session, sitting, attempt, by=SubmittedBy.LEARNER, at=now, now=now)
