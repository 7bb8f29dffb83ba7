"""A place that is new finds what was done of its shared modules in other courses before."""

from __future__ import annotations

from datetime import datetime

from courses.model import Course, Page
from lti_tool.player import progress, sharing
from lti_tool.player.places import Place
from xapi.prepared import Running


def catch_up(session: Running, place: Place, course: Course, *, now: datetime) -> None:
    """Carry into a new place what the person has done of the course's shared modules elsewhere."""
    for module in course.modules:
        if not module.sharers():
            continue
        others = sharing.lock_others(session, place, course, module.sharers())
        done = sharing.done_items(session, [each.enrolment_id for each, _ in others])
        for item in module.items:
            if item.id not in done:
                continue
            if isinstance(item, Page):
                here = progress.lock(session, place)
                progress.read_elsewhere(session, here, course, item, now=now)
            else:
                progress.recount(session, place, course, item, now=now)
