"""What a score does to the grade book."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from lti_tool.practice.model import Column, CourseRole, Grade, Hold
from lti_tool.practice.quirks import Quirk
from lti_tool.practice.state import State

NEEDED = ("userId", "timestamp", "activityProgress", "gradingProgress")


def take_score(state: State, column: Column, given: Mapping[str, Any]) -> int:
    """Write one score down; give the HTTP status that the tool gets.

    Returns:
        200 taken; 400 incomplete or for somebody who gets no grades; 409 not later than the
        score before it; 500 the grade is locked.
    """
    person_id = _person_id(state, column, given)
    sent_at = _seconds(given.get("timestamp"))
    if person_id is None or sent_at is None:
        return 400
    kept = column.grades.get(person_id)
    if kept is not None and not _is_later(state, sent_at, kept.sent_at):
        return 409
    if kept is not None and kept.hold is Hold.LOCKED and state.has(Quirk.LOCKED):
        return 500
    grade = column.grades.setdefault(person_id, Grade(None))
    grade.sent_at = sent_at
    is_held = grade.hold is Hold.LOCKED or (
        grade.hold is Hold.OVERRIDDEN and state.has(Quirk.OVERRIDDEN)
    )
    if not is_held and column.takes_numbers:
        _write(state, column, grade, given)
    return 200


def rescale(column: Column, before: float) -> None:
    """Move all grades of a column to its new maximum."""
    for grade in column.grades.values():
        if grade.points is not None:
            grade.points = grade.points * column.maximum / before


def _person_id(state: State, column: Column, given: Mapping[str, Any]) -> int | None:
    if any(given.get(name) in {None, ""} for name in NEEDED):
        return None
    if "scoreGiven" in given and not isinstance(given.get("scoreMaximum"), (int, float)):
        return None
    text = str(given["userId"])
    person_id = int(text) if text.isdigit() else 0
    role = state.courses[column.course_id].roles.get(person_id)
    if role is None or (role is not CourseRole.LEARNER and state.has(Quirk.GRADABLE_ONLY)):
        return None
    return person_id


def _is_later(state: State, sent_at: float, before: float) -> bool:
    if state.has(Quirk.WHOLE_SECONDS):
        return int(sent_at) > int(before)
    return sent_at > before


def _write(state: State, column: Column, grade: Grade, given: Mapping[str, Any]) -> None:
    is_final = given["gradingProgress"] == "FullyGraded" and given.get("scoreGiven") is not None
    if not is_final and not state.has(Quirk.FULLY_GRADED_ONLY):
        return
    grade.comment = str(given.get("comment") or "")
    if not is_final:
        grade.points = None
        return
    points = float(given["scoreGiven"]) * column.maximum / (float(given["scoreMaximum"]) or 1.0)
    if state.has(Quirk.CLIPPED):
        points = min(max(points, 0.0), column.maximum)
    grade.points = points


def _seconds(text: object) -> float | None:
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
