"""Exams: windows, attempts and waiting, the draw, the server's clock, savings, and the end."""

from __future__ import annotations

import logging
import random
import secrets
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Executable, bindparam, select, update
from sqlalchemy.orm import Session

from courses.catalogue import Catalogue
from courses.drawing import DrawnElement, draw
from courses.forms import Form, ResponseError, read_response
from courses.kinds import Question, Response
from courses.model import Course, Exam, Review
from courses.snapshot import freeze_response, thaw
from lti_tool.db import Begin
from lti_tool.errors import ConflictingError
from lti_tool.iri import Names
from lti_tool.player import progress, recording, results
from lti_tool.player.allowances import Allowed, allowed_to
from lti_tool.player.beginning import begin as begin_attempt
from lti_tool.player.models import SubmittedBy
from lti_tool.player.places import (
    ANSWER,
    ATTEMPT,
    ATTEMPT_QUESTION,
    ENROLMENT,
    Place,
    place_of,
)
from lti_tool.player.recording import Sitting
from lti_tool.player.sheets import (
    AttemptClosedError,
    AttemptFacts,
    find_attempt,
    list_attempts,
)
from xapi import outbox
from xapi.prepared import Prepared

log = logging.getLogger(__name__)

GRACE = timedelta(seconds=5)
"""How long after the end a saving that was on its way is still taken; the worker waits as long."""


class CannotStartError(ConflictingError):
    """No attempt may begin now; the exam's page says why."""


class Bar(StrEnum):
    """Why no attempt may begin now."""

    NOT_OPEN = "not-open"
    CLOSED = "closed"
    NONE_LEFT = "none-left"
    WAITING = "waiting"


@dataclass(frozen=True, slots=True)
class ExamState:
    """Where somebody stands with an exam."""

    attempts: tuple[AttemptFacts, ...]
    """Those that count, by number."""
    allowed: int | None
    opens_at: datetime | None
    closes_at: datetime | None
    next_at: datetime | None
    """From when the next attempt may begin, where there was one before; None: at once."""
    minutes: int
    """With extra time."""
    bar: Bar | None
    """Why none may begin now; None: one may."""

    @property
    def open(self) -> AttemptFacts | None:
        """Give the attempt that is going on."""
        return next((each for each in self.attempts if not each.is_submitted), None)

    @property
    def left(self) -> int | None:
        """Give how many more may be begun; None: no limit."""
        return None if self.allowed is None else max(0, self.allowed - len(self.attempts))

    @property
    def is_passed(self) -> bool:
        """Say whether one attempt passed."""
        return any(each.passed for each in self.attempts)


def _save(insert: type) -> Executable:
    fields = ("attempt_id", "question_id", "response", "maximum", "sequence", "at")
    statement = insert(ANSWER).values({name: bindparam(name) for name in fields})
    made: Executable = statement.on_conflict_do_update(
        index_elements=[ANSWER.c.attempt_id, ANSWER.c.question_id],
        set_={name: statement.excluded[name] for name in ("response", "sequence", "at")},
        where=statement.excluded.sequence > ANSWER.c.sequence,
    )
    return made


SAVE = Prepared.for_both(_save)
_SHOWN = select(ATTEMPT_QUESTION.c.question_id, ATTEMPT_QUESTION.c.frozen).where(
    ATTEMPT_QUESTION.c.attempt_id == bindparam("attempt_id")
)
SHOWN = Prepared(_SHOWN)
SHOWN_ONE = Prepared(_SHOWN.where(ATTEMPT_QUESTION.c.question_id == bindparam("question_id")))
LEFT = Prepared(
    update(ATTEMPT).where(ATTEMPT.c.id == bindparam("b_id")).values(left_at=bindparam("b_left_at"))
)
SEEN_BEFORE = Prepared(
    select(ATTEMPT_QUESTION.c.question_id)
    .join(ATTEMPT, ATTEMPT.c.id == ATTEMPT_QUESTION.c.attempt_id)
    .where(
        ATTEMPT.c.enrolment_id == bindparam("enrolment_id"),
        ATTEMPT.c.item_id == bindparam("item_id"),
    )
)
OVERDUE = (
    select(ATTEMPT.c.id, ATTEMPT.c.enrolment_id, ENROLMENT.c.course_id)
    .join(ENROLMENT, ENROLMENT.c.id == ATTEMPT.c.enrolment_id)
    .where(
        ATTEMPT.c.closes_at <= bindparam("before"),
        ATTEMPT.c.submitted_at.is_(None),
        ATTEMPT.c.voided_at.is_(None),
    )
    .order_by(ATTEMPT.c.closes_at)
    .limit(bindparam("limit"))
)


# Rules


def exam_state(session: Session, place: Place, exam: Exam, *, now: datetime) -> ExamState:
    """Give where somebody stands with an exam, with what staff allow them."""
    attempts = list_attempts(session, place.enrolment_id, exam.id)
    counting = tuple(each for each in attempts if each.voided_at is None)
    allowed = allowed_to(session, place, exam.id)
    return state_of(exam, counting, allowed, extra_percent=place.extra_percent, now=now)


def state_of(
    exam: Exam,
    attempts: tuple[AttemptFacts, ...],
    allowed: Allowed,
    *,
    extra_percent: int,
    now: datetime,
) -> ExamState:
    """Apply an exam's rules; pure.

    Args:
        exam: with its rules.
        attempts: that count, by number.
        allowed: beyond the rules.
        extra_percent: extra time in every exam of the course.
        now: the moment.
    """
    number = None if exam.attempts is None else exam.attempts + allowed.attempts
    opens_at = allowed.opens_at or exam.opens_at
    closes_at = allowed.closes_at or exam.closes_at
    ended = [each.submitted_at for each in attempts if each.submitted_at is not None]
    next_at = None
    if ended and exam.wait_hours and not allowed.waives_wait:
        next_at = max(ended) + timedelta(hours=exam.wait_hours)
    bar = None
    if number is not None and len(attempts) >= number:
        bar = Bar.NONE_LEFT
    elif closes_at is not None and now >= closes_at:
        bar = Bar.CLOSED
    elif opens_at is not None and now < opens_at:
        bar = Bar.NOT_OPEN
    elif next_at is not None and now < next_at:
        bar = Bar.WAITING
    minutes = minutes_of(exam, allowed, extra_percent)
    return ExamState(attempts, number, opens_at, closes_at, next_at, minutes, bar)


def minutes_of(exam: Exam, allowed: Allowed, extra_percent: int) -> int:
    """Give the minutes of an attempt with extra time; a part of a minute counts as a whole one."""
    return -(-exam.minutes * (100 + extra_percent) // 100) + allowed.minutes


def may_review(exam: Exam, state: ExamState, *, now: datetime) -> bool:
    """Say whether the learner sees the right answers of attempts that are over."""
    if exam.review is Review.AFTER_SUBMIT:
        return True
    closed = state.closes_at is not None and now >= state.closes_at
    return exam.review is Review.AFTER_CLOSE and closed


# An attempt


def start(session: Session, place: Place, course: Course, exam: Exam, *, now: datetime) -> UUID:
    """Draw the questions of an attempt and start its clock, or give the one that runs.

    Raises:
        CannotStartError: no attempt may begin now.
    """
    progress.lock(session, place)
    state = exam_state(session, place, exam, now=now)
    if state.open is not None:
        return state.open.id
    if state.bar is not None:
        raise CannotStartError(f"{exam.id} by {place.enrolment_id}: {state.bar}")
    given = {"enrolment_id": place.enrolment_id, "item_id": exam.id}
    seen = frozenset(row[0] for row in SEEN_BEFORE.all(session, given))
    withdrawn = results.withdrawn_in(session, place, exam.id)
    seed = secrets.token_hex(16)
    closes_at = now + timedelta(minutes=state.minutes)
    if state.closes_at is not None:
        closes_at = min(closes_at, state.closes_at)
    drawn = drawn_of(exam, seed, avoid=seen, withdrawn=withdrawn)
    return begin_attempt(
        session, place, course, exam, drawn, seed=seed, closes_at=closes_at, now=now
    )


def drawn_of(
    exam: Exam,
    seed: str,
    *,
    avoid: frozenset[str] = frozenset(),
    withdrawn: frozenset[str] = frozenset(),
) -> tuple[DrawnElement, ...]:
    """Draw from the pools; the same seed draws the same."""
    elements = tuple(
        replace(each, pool=tuple(q for q in each.pool if q.id not in withdrawn))
        for each in exam.elements
    )
    return draw(replace(exam, elements=elements), random.Random(seed), avoid)  # noqa: S311  # the seed is secret


def set_clock(session: Session, place: Place, exam: Exam, *, now: datetime) -> datetime | None:
    """Give a running attempt the time that is allowed by now; called after extra time was given.

    Returns:
        When it closes; None where none runs.
    """
    state = exam_state(session, place, exam, now=now)
    attempt = state.open
    if attempt is None:
        return None
    closes_at = attempt.started_at + timedelta(minutes=state.minutes)
    if state.closes_at is not None:
        closes_at = min(closes_at, state.closes_at)
    session.execute(update(ATTEMPT).where(ATTEMPT.c.id == attempt.id).values(closes_at=closes_at))
    return closes_at


def save(
    session: Session,
    place: Place,
    attempt_id: UUID,
    form: Form,
    *,
    sequence: int,
    question_id: str | None = None,
    now: datetime,
) -> dict[str, str]:
    """Keep what a page of a running exam holds; older savings that arrive late are left out.

    Args:
        session: of the caller.
        place: whose.
        attempt_id: which attempt.
        form: as the browser sends it.
        sequence: counts the savings of the attempt, from 1.
        question_id: the one that changed; None: all of the page.
        now: the moment.

    Returns:
        For each question that could not be read, why.

    Raises:
        NotFoundError: no such attempt of this learner.
        AttemptClosedError: it is over.
    """
    attempt = find_attempt(session, place.enrolment_id, attempt_id, lock=True)
    if attempt.is_submitted or attempt.voided_at or attempt.is_overdue(now - GRACE):
        raise AttemptClosedError(f"attempt {attempt_id}")
    faults: dict[str, str] = {}
    rows = []
    for question in _shown(session, attempt_id, question_id):
        try:
            response = read_response(question, form)
        except ResponseError as error:
            faults[question.id] = str(error)
            continue
        rows.append(_row(attempt_id, question, response, sequence, now))
    if rows:
        SAVE.run_each(session, rows)
    progress.is_here(session, place, now=now)
    return faults


def _shown(session: Session, attempt_id: UUID, question_id: str | None) -> list[Question]:
    given = {"attempt_id": attempt_id}
    if question_id is None:
        rows = SHOWN.all(session, given)
    else:
        rows = SHOWN_ONE.all(session, {**given, "question_id": question_id})
    return [thaw(row.frozen) for row in rows]


def _row(
    attempt_id: UUID, question: Question, response: Response, sequence: int, now: datetime
) -> dict[str, Any]:
    return {
        "attempt_id": attempt_id,
        "question_id": question.id,
        "response": freeze_response(response),
        "maximum": question.points,
        "sequence": sequence,
        "at": now,
    }


def submit(
    session: Session,
    place: Place,
    course: Course,
    exam: Exam,
    attempt_id: UUID,
    *,
    by: SubmittedBy = SubmittedBy.LEARNER,
    now: datetime,
) -> bool:
    """End an attempt with what was saved; one whose time ran out ended when it did.

    Returns:
        Whether it was ended just now; False: it was over already.

    Raises:
        NotFoundError: no such attempt of this learner.
    """
    attempt = find_attempt(session, place.enrolment_id, attempt_id, lock=True)
    if attempt.is_submitted or attempt.voided_at is not None:
        return False
    at = now
    if attempt.closes_at is not None and attempt.is_overdue(now):
        at = attempt.closes_at
        if by is SubmittedBy.LEARNER and attempt.is_overdue(now - GRACE):
            by = SubmittedBy.CLOCK
    sitting = Sitting(place, course, exam, attempt_id, attempt.number)
    results.close(session, sitting, attempt, by=by, at=at, now=now)
    return True


def submit_overdue(
    begin: Begin, catalogue: Catalogue, names: Names, *, now: datetime, limit: int = 20
) -> int:
    """End attempts whose time ran out, each in a transaction of its own; give how many.

    A course that is no longer in the catalogue keeps its attempts open until it is back.
    """
    with begin() as session:
        given = {"before": now - GRACE, "limit": limit}
        due = session.execute(OVERDUE, given).all()
    ended = 0
    for row in due:
        course = catalogue.get(row.course_id)
        if course is None or course.exam is None:
            log.warning("attempt of a course that is away", extra={"attempt": str(row.id)})
            continue
        with begin() as session:
            place = place_of(session, row.enrolment_id, names)
            if place is not None:
                ended += submit(
                    session,
                    place,
                    course,
                    course.exam,
                    row.id,
                    by=SubmittedBy.CLOCK,
                    now=now,
                )
    return ended


# Left and come back


def leave(
    session: Session, place: Place, course: Course, exam: Exam, attempt_id: UUID, *, now: datetime
) -> None:
    """Note that the page of a running exam was left; told once until they come back."""
    attempt = find_attempt(session, place.enrolment_id, attempt_id, lock=True)
    if attempt.left_at is not None or not attempt.is_open(now):
        return
    LEFT.run(session, {"b_id": attempt_id, "b_left_at": now})
    sitting = Sitting(place, course, exam, attempt_id, attempt.number)
    told = recording.suspended(sitting, duration=now - attempt.started_at, now=now)
    outbox.enqueue(session, told, now=now)


def come_back(
    session: Session, place: Place, course: Course, exam: Exam, attempt_id: UUID, *, now: datetime
) -> None:
    """Note that a running exam that was left is open again."""
    attempt = find_attempt(session, place.enrolment_id, attempt_id, lock=True)
    if attempt.left_at is None or not attempt.is_open(now):
        return
    LEFT.run(session, {"b_id": attempt_id, "b_left_at": None})
    sitting = Sitting(place, course, exam, attempt_id, attempt.number)
    outbox.enqueue(session, recording.resumed(sitting, now=now), now=now)
