"""Modules that several courses hold: what is done in one of them counts in all, for one person.

Each course keeps a place and progress of its own. Whatever moves an item of a shared module is
carried into the person's places in the other courses, in the same transaction; a place that is made
later catches up when it is made.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, select

from courses.model import Course, Item
from lti_tool.player.places import ATTEMPT, ENROLMENT, PROGRESS, Place, place_of
from xapi.prepared import Running, connection_of

OTHERS = (
    select(ENROLMENT.c.id, ENROLMENT.c.course_id)
    .where(
        ENROLMENT.c.person_id == bindparam("person_id"),
        ENROLMENT.c.course_id.in_(bindparam("course_ids", expanding=True)),
    )
    .order_by(ENROLMENT.c.id)
    .with_for_update()
)
COUNTING = select(
    ATTEMPT.c.points, ATTEMPT.c.maximum, ATTEMPT.c.passed, ATTEMPT.c.submitted_at
).where(
    ATTEMPT.c.enrolment_id.in_(bindparam("enrolment_ids", expanding=True)),
    ATTEMPT.c.item_id == bindparam("item_id"),
    ATTEMPT.c.submitted_at.is_not(None),
    ATTEMPT.c.voided_at.is_(None),
)
DONE = select(PROGRESS.c.item_id).where(
    PROGRESS.c.enrolment_id.in_(bindparam("enrolment_ids", expanding=True)),
    PROGRESS.c.done_at.is_not(None),
)


def sharers_of(course: Course, item: Item) -> tuple[Course, ...]:
    """Give the other courses that hold an item; none for the exam and for modules of one course."""
    module = course.module_of(item.id)
    return module.sharers() if module is not None else ()


def lock_others(
    session: Running, place: Place, course: Course, sharers: Iterable[Course]
) -> list[tuple[Place, Course]]:
    """Give a person's other places in courses that share a module; nobody else moves them now.

    Places of the course itself in other contexts are among them: the module has one result. All are
    locked in one order, so that two transactions never wait for each other.
    """
    known = {each.id: each for each in sharers}
    if not known:
        return []
    known[course.id] = course
    given = {"person_id": place.person_id, "course_ids": list(known)}
    rows = connection_of(session).execute(OTHERS, given).all()
    found = [
        (place_of(session, row.id, place.names), known[row.course_id])
        for row in rows
        if row.id != place.enrolment_id
    ]
    return [(other, its_course) for other, its_course in found if other is not None]


def counting_attempts(session: Running, enrolment_ids: list[UUID], item_id: str) -> list[Any]:
    """Give the attempts at an item that count, of several places of one person."""
    given = {"enrolment_ids": enrolment_ids, "item_id": item_id}
    return list(connection_of(session).execute(COUNTING, given).all())


def done_items(session: Running, enrolment_ids: list[UUID]) -> set[str]:
    """Give the items that are done in any of several places of one person."""
    rows = connection_of(session).execute(DONE, {"enrolment_ids": enrolment_ids})
    return {row.item_id for row in rows}
