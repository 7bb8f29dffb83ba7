"""An enrolment as plain values: what every happening in it needs, found with one query."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID

from sqlalchemy import Table, and_, bindparam, select
from sqlalchemy.orm import Session

from lti_tool.iri import Names
from lti_tool.lti.models import Person
from lti_tool.player.models import (
    Answer,
    Attempt,
    AttemptQuestion,
    ElementResult,
    Enrolment,
    EnrolmentVisit,
    FilmProgress,
    Progress,
)
from lti_tool.visit import Visit
from xapi.prepared import Prepared, Running


def table_of(model: type[Any]) -> Table:
    """Give the table of a model, for statements that are built once and run without the ORM."""
    return cast(Table, model.__table__)


ENROLMENT = table_of(Enrolment)
ENROLMENT_VISIT = table_of(EnrolmentVisit)
PROGRESS = table_of(Progress)
FILM_PROGRESS = table_of(FilmProgress)
ATTEMPT = table_of(Attempt)
ATTEMPT_QUESTION = table_of(AttemptQuestion)
ANSWER = table_of(Answer)
ELEMENT_RESULT = table_of(ElementResult)
PERSON = table_of(Person)


@dataclass(frozen=True, slots=True)
class Place:
    """A learner's place in a course, as seen from one visit."""

    enrolment_id: UUID
    registration: UUID
    person_id: UUID
    context_id: UUID | None
    course_id: str
    percent: int
    is_completed: bool
    seen_item_id: str
    extra_percent: int
    actor_name: str
    launch_id: UUID
    """Of the visit; the session of its statements."""
    platform_id: UUID | None
    names: Names


COLUMNS = (
    ENROLMENT.c.id.label("enrolment_id"),
    ENROLMENT.c.registration,
    ENROLMENT.c.percent,
    ENROLMENT.c.completed_at.is_not(None).label("is_completed"),
    ENROLMENT.c.seen_item_id,
    ENROLMENT.c.extra_percent,
)
_OWN = and_(
    ENROLMENT.c.person_id == bindparam("person_id"),
    ENROLMENT.c.course_id == bindparam("course_id"),
)
IN_CONTEXT = Prepared(
    select(*COLUMNS).where(_OWN, ENROLMENT.c.context_id == bindparam("context_id"))
)
WITHOUT_CONTEXT = Prepared(select(*COLUMNS).where(_OWN, ENROLMENT.c.context_id.is_(None)))


def find_place(session: Session, visit: Visit, course_id: str, names: Names) -> Place | None:
    """Give the visitor's place in a course; None where they have none (yet)."""
    if visit.person_id is None:
        return None
    given = {"person_id": visit.person_id, "course_id": course_id}
    if visit.context_id is None:
        row = WITHOUT_CONTEXT.first(session, given)
    else:
        given["context_id"] = visit.context_id
        row = IN_CONTEXT.first(session, given)
    return None if row is None else place_in(row, visit, course_id, names)


def place_in(row: Any, visit: Visit, course_id: str, names: Names) -> Place:
    """Make a place of a row that holds :data:`COLUMNS`, for the visitor whose it is."""
    if visit.person_id is None:
        raise ValueError("a visit without a person has no place")
    return Place(
        enrolment_id=row.enrolment_id,
        registration=row.registration,
        person_id=visit.person_id,
        context_id=visit.context_id,
        course_id=course_id,
        percent=row.percent,
        is_completed=bool(row.is_completed),
        seen_item_id=row.seen_item_id,
        extra_percent=row.extra_percent,
        actor_name=visit.actor_name or "",
        launch_id=visit.launch_id,
        platform_id=visit.platform_id,
        names=names,
    )


def place_of(session: Running, enrolment_id: UUID, names: Names) -> Place | None:
    """Give a place without a visit, for the worker and for staff; None: no such enrolment.

    Its statements belong to the newest visit, or, where none was kept, to the enrolment itself.
    """
    row = session.execute(
        select(*COLUMNS, ENROLMENT.c.person_id, ENROLMENT.c.context_id, ENROLMENT.c.course_id)
        .add_columns(PERSON.c.actor_name, PERSON.c.platform_id)
        .join_from(ENROLMENT, PERSON, PERSON.c.id == ENROLMENT.c.person_id)
        .where(ENROLMENT.c.id == enrolment_id)
    ).one_or_none()
    if row is None:
        return None
    launch_id = session.scalar(
        select(ENROLMENT_VISIT.c.launch_id)
        .where(ENROLMENT_VISIT.c.enrolment_id == enrolment_id)
        .order_by(ENROLMENT_VISIT.c.seen_at.desc())
        .limit(1)
    )
    return Place(
        enrolment_id=row.enrolment_id,
        registration=row.registration,
        person_id=row.person_id,
        context_id=row.context_id,
        course_id=row.course_id,
        percent=row.percent,
        is_completed=bool(row.is_completed),
        seen_item_id=row.seen_item_id,
        extra_percent=row.extra_percent,
        actor_name=row.actor_name,
        launch_id=launch_id or row.registration,
        platform_id=row.platform_id,
        names=names,
    )
