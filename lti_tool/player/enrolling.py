"""A person's place in a course: made at the first launch, told at each."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import Executable, bindparam, text
from sqlalchemy.orm import Session

from courses.catalogue import Catalogue
from courses.model import Course
from lti_tool.errors import NotFoundError
from lti_tool.iri import Names
from lti_tool.player import recording
from lti_tool.player.catching_up import catch_up
from lti_tool.player.places import (
    COLUMNS,
    ENROLMENT,
    ENROLMENT_VISIT,
    Place,
    find_place,
    place_in,
)
from lti_tool.visit import Visit
from xapi import outbox
from xapi.prepared import Prepared, Running


def _enrol(insert: Any, **conflict: Any) -> Executable:
    """Give the place that is there, or make it: one statement, also for two launches at once."""
    fields = ("id", "person_id", "context_id", "course_id", "registration", "created_at")
    values: dict[str, Any] = {name: bindparam(name) for name in fields}
    made = insert(ENROLMENT).values(values | {"seen_item_id": "", "percent": 0, "extra_percent": 0})
    found: Executable = made.on_conflict_do_update(
        set_={"course_id": made.excluded.course_id}, **conflict
    ).returning(*COLUMNS)
    return found


def _enrol_in_context(insert: Any) -> Executable:
    place = [ENROLMENT.c.person_id, ENROLMENT.c.context_id, ENROLMENT.c.course_id]
    return _enrol(insert, index_elements=place)


def _enrol_without_context(insert: Any) -> Executable:
    place = [ENROLMENT.c.person_id, ENROLMENT.c.course_id]
    return _enrol(insert, index_elements=place, index_where=text("context_id IS NULL"))


def _visit(insert: type) -> Executable:
    fields = ("launch_id", "enrolment_id", "began_at", "seen_at")
    values: dict[str, Any] = {name: bindparam(name) for name in fields}
    made: Executable = insert(ENROLMENT_VISIT).values(values).on_conflict_do_nothing()
    return made


ENROL = Prepared.for_both(_enrol_in_context)
ENROL_WITHOUT_CONTEXT = Prepared.for_both(_enrol_without_context)
BEGIN_VISIT = Prepared.for_both(_visit)


def arrive(
    session: Running, visit: Visit, *, catalogue: Catalogue, names: Names, now: datetime
) -> None:
    """Enrol a learner in the course that the followed link is bound to, and tell of the visit.

    Belongs to the launch's transaction. Staff, and links that are bound to nothing, leave no trace.

    Args:
        session: of the launch, which is written already.
        visit: that began with it.
        catalogue: of courses.
        names: for statements.
        now: the moment.
    """
    if visit.is_preview or visit.course_id is None:
        return
    course = catalogue.get(visit.course_id)
    if course is None:
        return
    take_place(session, visit, course, names=names, now=now)


def take_place(
    session: Running, visit: Visit, course: Course, *, names: Names, now: datetime
) -> Place:
    """Give the visitor's place in a course, made where it is missing, with this visit told.

    Two launches at once are settled by the database: one makes the place, both find it.
    """
    registration = uuid4()
    values = {
        "id": uuid4(),
        "person_id": visit.person_id,
        "context_id": visit.context_id,
        "course_id": course.id,
        "registration": registration,
        "created_at": now,
    }
    enrol = ENROL_WITHOUT_CONTEXT if visit.context_id is None else ENROL
    place = place_in(enrol.one(session, values), visit, course.id, names)
    values = {
        "launch_id": visit.launch_id,
        "enrolment_id": place.enrolment_id,
        "began_at": now,
        "seen_at": now,
    }
    BEGIN_VISIT.run(session, values)
    told = [
        recording.launched(place, course, now=now),
        recording.initialized(place, course, now=now),
    ]
    outbox.enqueue(session, told, now=now)
    if place.registration == registration:  # it is new
        catch_up(session, place, course, now=now)
    return place


def find_enrolment(session: Session, visit: Visit, course: Course, *, names: Names) -> Place:
    """Give the visitor's place in a course.

    Raises:
        NotFoundError: they have none.
    """
    place = find_place(session, visit, course.id, names)
    if place is None:
        raise NotFoundError(f"person {visit.person_id} is not enrolled in {course.id!r}")
    return place
