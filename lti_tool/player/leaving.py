"""The end of a visit, told by the worker once nothing can follow any more."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, or_, select, update
from sqlalchemy.orm import Session

from courses.catalogue import Catalogue
from lti_tool.db import Begin
from lti_tool.iri import Names
from lti_tool.lti.models import Launch
from lti_tool.player import recording
from lti_tool.player.places import ENROLMENT_VISIT, Place, place_of, table_of
from xapi import outbox
from xapi.prepared import Running

LAUNCH = table_of(Launch)
OVER = (
    select(
        ENROLMENT_VISIT.c.launch_id,
        ENROLMENT_VISIT.c.enrolment_id,
        ENROLMENT_VISIT.c.began_at,
        ENROLMENT_VISIT.c.seen_at,
    )
    .join(LAUNCH, LAUNCH.c.id == ENROLMENT_VISIT.c.launch_id)
    .where(
        ENROLMENT_VISIT.c.terminated_at.is_(None),
        or_(LAUNCH.c.ends_at <= bindparam("now"), LAUNCH.c.ended_at.is_not(None)),
    )
    .limit(bindparam("limit"))
)
TERMINATED = (
    update(ENROLMENT_VISIT)
    .where(
        ENROLMENT_VISIT.c.launch_id == bindparam("b_launch"),
        ENROLMENT_VISIT.c.terminated_at.is_(None),
    )
    .values(terminated_at=bindparam("b_now"))
)
VISITS = select(
    ENROLMENT_VISIT.c.launch_id, ENROLMENT_VISIT.c.began_at, ENROLMENT_VISIT.c.seen_at
).where(ENROLMENT_VISIT.c.enrolment_id == bindparam("enrolment_id"))


def time_spent(session: Running, place: Place, *, now: datetime) -> timedelta:
    """Add up how long the visits to an enrolment were; the one of the place lasts until now."""
    visits = session.execute(VISITS, {"enrolment_id": place.enrolment_id}).all()
    ends = (now if each.launch_id == place.launch_id else each.seen_at for each in visits)
    return sum((end - each.began_at for end, each in zip(ends, visits, strict=True)), timedelta())


def end_visits(
    begin: Begin, catalogue: Catalogue, names: Names, *, now: datetime, limit: int = 100
) -> int:
    """Tell of visits that are over that they ended when something was last done in them.

    Returns:
        How many were told.
    """
    with begin() as session:
        over = session.execute(OVER, {"now": now, "limit": limit}).all()
        for row in over:
            _end(session, row, catalogue, names, now=now)
    return len(over)


def _end(session: Session, row: Any, catalogue: Catalogue, names: Names, *, now: datetime) -> None:
    session.execute(TERMINATED, {"b_launch": row.launch_id, "b_now": now})
    place = place_of(session, row.enrolment_id, names)
    course = catalogue.get(place.course_id) if place is not None else None
    if place is None or course is None:
        return
    place = replace(place, launch_id=row.launch_id)
    told = recording.terminated(place, course, duration=row.seen_at - row.began_at, at=row.seen_at)
    outbox.enqueue(session, told, now=now)
