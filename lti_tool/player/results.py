"""How an attempt comes out: marks, elements, receipt; and closing it with all that follows."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, or_, select, update

from courses.grading import element_passed
from courses.kinds import Mark, Question
from courses.snapshot import freeze, freeze_response
from lti_tool.player import progress, recording
from lti_tool.player.models import AttemptKind, QuestionWithdrawal, SubmittedBy
from lti_tool.player.places import ANSWER, ATTEMPT, ELEMENT_RESULT, Place, table_of
from lti_tool.player.recording import Sitting
from lti_tool.player.sheets import Asked, AttemptFacts, ElementOutcome, Sheet, read_sheet
from xapi import outbox
from xapi.prepared import Prepared, Running
from xapi.statements import Built

RECEIPT_VERSION = 1
WITHDRAWAL = table_of(QuestionWithdrawal)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an attempt earned: exact."""

    points: Fraction
    maximum: int
    passed: bool | None
    elements: tuple[ElementOutcome, ...]
    marks: Mapping[str, Mark]


WITHDRAWN = Prepared(
    select(WITHDRAWAL.c.question_id).where(
        WITHDRAWAL.c.course_id == bindparam("course_id"),
        WITHDRAWAL.c.item_id == bindparam("item_id"),
        or_(
            WITHDRAWAL.c.context_id.is_(None),
            WITHDRAWAL.c.context_id == bindparam("context_id"),
        ),
    )
)
CLOSE = Prepared(
    update(ATTEMPT)
    .where(ATTEMPT.c.id == bindparam("b_id"), ATTEMPT.c.submitted_at.is_(None))
    .values(
        {
            name: bindparam(f"b_{name}")
            for name in ("submitted_at", "submitted_by", "receipt", "receipt_hash")
        }
        | {"left_at": None}
    )
)
EARNED = Prepared(
    update(ATTEMPT)
    .where(ATTEMPT.c.id == bindparam("b_id"))
    .values({name: bindparam(f"b_{name}") for name in ("points", "maximum", "passed")})
)
MARKED = Prepared(
    update(ANSWER)
    .where(
        ANSWER.c.attempt_id == bindparam("b_id"),
        ANSWER.c.question_id == bindparam("b_question"),
    )
    .values({name: bindparam(f"b_{name}") for name in ("points", "maximum", "correct")})
)
ELEMENT = Prepared(
    update(ELEMENT_RESULT)
    .where(
        ELEMENT_RESULT.c.attempt_id == bindparam("b_id"),
        ELEMENT_RESULT.c.element_id == bindparam("b_element"),
    )
    .values({name: bindparam(f"b_{name}") for name in ("points", "asked", "passed")})
)


# Pure


def judge(sheet: Sheet, withdrawn: frozenset[str] = frozenset()) -> Outcome:
    """Give what an attempt earns.

    Questions that are withdrawn count neither for nor against anybody. An exam is passed when every
    element is that still asks something; a quiz when its share of the points is reached.
    """
    marks = {asked.question.id: asked.mark() for asked in sheet.asked}
    counted = [asked for asked in sheet.asked if asked.question.id not in withdrawn]
    elements = tuple(_element(each, counted, marks) for each in sheet.elements)
    points = sum((marks[asked.question.id].points for asked in counted), Fraction(0))
    maximum = sum(asked.question.points for asked in counted)
    if sheet.attempt.kind is AttemptKind.EXAM:
        judged = [each.passed for each in elements if each.asked]
        return Outcome(points, maximum, bool(judged) and all(judged), elements, marks)
    share = sheet.attempt.pass_share
    passed = None if share is None else element_passed(points, maximum, share)
    return Outcome(points, maximum, passed, (), marks)


def _element(
    element: ElementOutcome, counted: Sequence[Asked], marks: Mapping[str, Mark]
) -> ElementOutcome:
    own = [asked.question for asked in counted if asked.element_id == element.id]
    points = sum((marks[question.id].points for question in own), Fraction(0))
    asked = sum(question.points for question in own)
    passed = element_passed(points, asked, element.pass_share) if asked else None
    return ElementOutcome(element.id, element.title, element.pass_share, points, asked, passed)


def canonical(document: Mapping[str, Any]) -> bytes:
    """Write JSON in the one form that is hashed: sorted keys, no spaces, UTF-8."""
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def digest_of(document: Mapping[str, Any]) -> str:
    """Give the SHA-256 of a document's canonical JSON, in hex."""
    return hashlib.sha256(canonical(document)).hexdigest()


def shown_digest(question: Question) -> str:
    """Give the SHA-256 of a question as it was shown, in hex."""
    return digest_of(freeze(question))


def receipt_of(
    sheet: Sheet, place: Place, outcome: Outcome, *, at: datetime, by: SubmittedBy
) -> dict[str, Any]:
    """Give what a learner keeps of an attempt: what was asked, answered and earned, and when.

    Questions stand in it as hashes of what was shown, since it is shown to the learner whatever the
    exam's review allows.
    """
    attempt = sheet.attempt
    return {
        "v": RECEIPT_VERSION,
        "attempt": str(attempt.id),
        "registration": str(place.registration),
        "course": place.course_id,
        "course_version": attempt.course_version,
        "fingerprint": attempt.fingerprint,
        "item": attempt.item_id,
        "number": attempt.number,
        "started_at": attempt.started_at.isoformat(),
        "submitted_at": at.isoformat(),
        "submitted_by": by.value,
        "questions": [
            {
                "id": asked.question.id,
                "element": asked.element_id,
                "shown": shown_digest(asked.question),
                "response": _given(asked),
            }
            for asked in sheet.asked
        ],
        "elements": [
            {
                "id": each.id,
                "points": str(each.points),
                "asked": each.asked,
                "needed": str(each.pass_share),
                "passed": each.passed,
            }
            for each in outcome.elements
        ],
        "points": str(outcome.points),
        "maximum": outcome.maximum,
        "passed": outcome.passed,
    }


def _given(asked: Asked) -> dict[str, Any] | None:
    if asked.response is None or not asked.is_answered:
        return None
    return freeze_response(asked.response)


# With the database


def withdrawn_in(session: Running, place: Place, item_id: str) -> frozenset[str]:
    """Give the questions of an item that no longer count where this place is."""
    given = {
        "course_id": place.course_id,
        "item_id": item_id,
        "context_id": place.context_id,
    }
    return frozenset(row[0] for row in WITHDRAWN.all(session, given))


def close(
    session: Running,
    sitting: Sitting,
    attempt: AttemptFacts,
    *,
    by: SubmittedBy,
    at: datetime,
    now: datetime,
) -> Outcome:
    """End an open attempt: marks, receipt, statements, progress and scores, in one transaction.

    Args:
        session: holds the attempt's lock.
        sitting: the attempt, for statements.
        attempt: its row; not submitted.
        by: who ends it.
        at: when it ended; the moment its time ran out, where the clock ended it.
        now: the moment.
    """
    sheet = read_sheet(session, attempt)
    outcome = judge(sheet, withdrawn_in(session, sitting.place, attempt.item_id))
    receipt = receipt_of(sheet, sitting.place, outcome, at=at, by=by)
    values = {
        "b_id": attempt.id,
        "b_submitted_at": at,
        "b_submitted_by": by.value,
        "b_receipt": receipt,
        "b_receipt_hash": digest_of(receipt),
    }
    CLOSE.run(session, values)
    keep_outcome(session, attempt.id, sheet, outcome)
    told: list[Built] = []
    if attempt.kind is AttemptKind.EXAM:
        told = _answers(sitting, sheet, outcome, at=at)
    if outcome.maximum:
        told.append(
            recording.outcome(
                sitting,
                outcome.points,
                outcome.maximum,
                passed=outcome.passed,
                duration=at - attempt.started_at,
                at=at,
            )
        )
    outbox.enqueue(session, told, now=now)
    progress.recount(session, sitting.place, sitting.course, sitting.item, now=now)
    return outcome


def keep_outcome(session: Running, attempt_id: UUID, sheet: Sheet, outcome: Outcome) -> None:
    """Write down what an attempt earned, by question, by element and as a whole."""
    values = {
        "b_id": attempt_id,
        "b_points": outcome.points,
        "b_maximum": outcome.maximum,
        "b_passed": outcome.passed,
    }
    EARNED.run(session, values)
    marked = [
        {
            "b_id": attempt_id,
            "b_question": mark.question_id,
            "b_points": mark.points,
            "b_maximum": mark.maximum,
            "b_correct": mark.correct,
        }
        for mark in (
            outcome.marks[asked.question.id] for asked in sheet.asked if asked.response is not None
        )
    ]
    if marked:
        MARKED.run_each(session, marked)
    elements = [
        {
            "b_id": attempt_id,
            "b_element": each.id,
            "b_points": each.points,
            "b_asked": each.asked,
            "b_passed": each.passed,
        }
        for each in outcome.elements
    ]
    if elements:
        ELEMENT.run_each(session, elements)


def _answers(sitting: Sitting, sheet: Sheet, outcome: Outcome, *, at: datetime) -> list[Built]:
    told: list[Built] = []
    for asked in sheet.asked:
        if asked.response is not None and asked.is_answered:
            told += recording.answered(
                sitting,
                asked.question,
                asked.response,
                outcome.marks[asked.question.id],
                element=asked.element_id,
                at=at,
            )
    return told
