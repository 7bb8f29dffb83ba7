"""Which courses somebody has passed: what a path to a job role begins with."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from courses.catalogue import Catalogue
from courses.model import Course
from lti_tool.player.places import ENROLMENT, PROGRESS
from xapi.prepared import connection_of


def list_passed(session: Session, person_id: UUID, catalogue: Catalogue) -> tuple[Course, ...]:
    """Give the courses whose exam a person has passed, or, without an exam, that are done.

    A course counts in whichever context it was taken.
    """
    passed: list[Course] = []
    done = {
        (row.course_id, row.item_id)
        for row in connection_of(session).execute(
            select(ENROLMENT.c.course_id, PROGRESS.c.item_id)
            .join_from(ENROLMENT, PROGRESS, PROGRESS.c.enrolment_id == ENROLMENT.c.id)
            .where(ENROLMENT.c.person_id == person_id, PROGRESS.c.done_at.is_not(None))
        )
    }
    for course in catalogue.all():
        needed = [course.exam.id] if course.exam else [item.id for item in course.items()]
        if needed and all((course.id, item_id) in done for item_id in needed):
            passed.append(course)
    return tuple(passed)
