"""Columns of the grade book that came after the results: what was earned is wished for too."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from courses.catalogue import Catalogue
from lti_tool.db import Begin
from lti_tool.iri import Names
from lti_tool.lti import scores
from lti_tool.lti.models import LineItem
from lti_tool.player.places import ENROLMENT, place_of
from lti_tool.player.progress import standing_of
from lti_tool.player.standings import earned


def fill_due(
    begin: Begin, catalogue: Catalogue, names: Names, *, now: datetime, limit: int = 5
) -> int:
    """Wish that new columns show what learners earned before; give how many columns."""
    with begin() as session:
        new = session.scalars(
            select(LineItem.id).where(LineItem.filled_at.is_(None)).limit(limit)
        ).all()
    for column_id in new:
        with begin() as session:
            _fill(session, column_id, catalogue, names, now=now)
    return len(new)


def _fill(
    session: Session, column_id: UUID, catalogue: Catalogue, names: Names, *, now: datetime
) -> None:
    column = session.execute(
        update(LineItem)
        .where(LineItem.id == column_id, LineItem.filled_at.is_(None))
        .values(filled_at=now)
        .returning(LineItem.context_id, LineItem.course_id, LineItem.item_path)
        .execution_options(synchronize_session=False)
    ).one_or_none()
    course = catalogue.get(column.course_id) if column else None
    if column is None or course is None:
        return
    enrolments = session.scalars(
        select(ENROLMENT.c.id).where(
            ENROLMENT.c.context_id == column.context_id, ENROLMENT.c.course_id == course.id
        )
    ).all()
    for enrolment_id in enrolments:
        place = place_of(session, enrolment_id, names)
        if place is None:
            continue
        for each in earned(course, standing_of(session, place).items):
            if each.path == column.item_path:
                scores.want(
                    session,
                    person_id=place.person_id,
                    context_id=place.context_id,
                    course_id=course.id,
                    item_path=each.path,
                    points=each.points,
                    maximum=each.maximum,
                    now=now,
                )
