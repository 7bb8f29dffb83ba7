"""How an attempt at a quiz or exam is written: with its questions as they are shown."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import Table, bindparam, func, select
from sqlalchemy.orm import Session

from courses.drawing import DrawnElement
from courses.model import Course, Exam, Quiz
from courses.snapshot import freeze
from lti_tool.player import progress, recording
from lti_tool.player.models import AttemptKind
from lti_tool.player.places import ATTEMPT, ATTEMPT_QUESTION, ELEMENT_RESULT, Place
from lti_tool.player.recording import Sitting
from xapi import outbox
from xapi.prepared import Prepared

LAST_NUMBER = Prepared(
    select(func.max(ATTEMPT.c.number)).where(
        ATTEMPT.c.enrolment_id == bindparam("enrolment_id"),
        ATTEMPT.c.item_id == bindparam("item_id"),
    )
)


def _insert(table: Table, *fields: str) -> Prepared:
    return Prepared(table.insert().values({name: bindparam(name) for name in fields}))


NEW_ATTEMPT = _insert(
    ATTEMPT, "id", "enrolment_id", "item_id", "number", "kind", "course_version", "fingerprint",
    "seed", "started_at", "closes_at", "pass_share", "receipt_hash", "void_reason",
)  # fmt: skip
NEW_QUESTION = _insert(
    ATTEMPT_QUESTION, "attempt_id", "question_id", "position", "element_id", "frozen"
)
NEW_ELEMENT = _insert(
    ELEMENT_RESULT, "attempt_id", "element_id", "position", "title", "pass_share", "asked"
)


def begin(
    session: Session,
    place: Place,
    course: Course,
    item: Quiz | Exam,
    drawn: Sequence[DrawnElement],
    *,
    seed: str,
    closes_at: datetime | None,
    now: datetime,
) -> UUID:
    """Write a new attempt, and tell of it; the caller holds the lock of the place.

    Args:
        session: of the caller.
        place: whose attempt.
        course: as it is now.
        item: of the course.
        drawn: what is asked, in the order of asking; a quiz is one element without an id.
        seed: from which orders of display follow.
        closes_at: when time runs out; None: never.
        now: the moment.
    """
    attempt_id = uuid4()
    given = {"enrolment_id": place.enrolment_id, "item_id": item.id}
    number = 1 + (LAST_NUMBER.one(session, given)[0] or 0)
    kind = AttemptKind.EXAM if isinstance(item, Exam) else AttemptKind.QUIZ
    NEW_ATTEMPT.run(
        session,
        {
            **given,
            "id": attempt_id,
            "number": number,
            "kind": kind.value,
            "course_version": course.version,
            "fingerprint": course.fingerprint,
            "seed": seed,
            "started_at": now,
            "closes_at": closes_at,
            "pass_share": None if isinstance(item, Exam) else item.pass_mark,
            "receipt_hash": "",
            "void_reason": "",
        },
    )
    _write_questions(session, attempt_id, drawn)
    if isinstance(item, Exam):
        _write_elements(session, attempt_id, drawn)
    sitting = Sitting(place, course, item, attempt_id, number)
    outbox.enqueue(session, recording.attempted(sitting, now=now), now=now)
    progress.is_here(session, place, now=now)
    return attempt_id


def _write_questions(session: Session, attempt_id: UUID, drawn: Sequence[DrawnElement]) -> None:
    asked = [(element.id, question) for element in drawn for question in element.questions]
    rows = [
        {
            "attempt_id": attempt_id,
            "question_id": question.id,
            "position": position,
            "element_id": element_id,
            "frozen": freeze(question),
        }
        for position, (element_id, question) in enumerate(asked, start=1)
    ]
    if rows:
        NEW_QUESTION.run_each(session, rows)


def _write_elements(session: Session, attempt_id: UUID, drawn: Sequence[DrawnElement]) -> None:
    rows = [
        {
            "attempt_id": attempt_id,
            "element_id": element.id,
            "position": position,
            "title": element.title,
            "pass_share": element.pass_share,
            "asked": sum(question.points for question in element.questions),
        }
        for position, element in enumerate(drawn, start=1)
    ]
    NEW_ELEMENT.run_each(session, rows)
