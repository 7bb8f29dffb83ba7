"""What a learner's way through a whole course says: the statements that the player makes of it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from uuid import UUID, uuid5

from courses import grading
from courses.catalogue import Catalogue
from courses.model import Course, Exam, Page, Quiz
from lti_tool.iri import Names
from lti_tool.player import recording
from lti_tool.player.places import Place
from lti_tool.player.recording import Sitting
from lti_tool.settings import CONTENT
from tests.courses.answers import right
from xapi.statements import Built

BEGAN = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
IDS = UUID("3f0d1a52-5a0e-4c5b-9a55-7d1c1d6f0e11")
NAMES = Names("https://learn.example.org")


def whole_course(name: str) -> list[Built]:
    """Give every statement of one learner, in the order in which they happened."""
    course = Catalogue((CONTENT,)).get("alifeca")
    assert course is not None
    return list(_told(name, course))


def _told(name: str, course: Course) -> Iterator[Built]:
    place, now = _place(name), BEGAN
    yield recording.launched(place, course, now=now)
    yield recording.initialized(place, course, now=now)
    done = 0
    items = [item for module in course.modules for item in module.items]
    for module in course.modules:
        for item in module.items:
            now += MINUTE
            yield recording.viewed(place, course, item, now=now)
            if not isinstance(item, Page):
                yield from _sat(place, course, item, now)
            done += 1
            yield recording.progressed(place, course, 99 * done // len(items), now=now)
        yield recording.completed_module(place, course, module, now=now)
    if course.exam is not None:
        now += MINUTE
        yield from _sat(place, course, course.exam, now)
    yield recording.progressed(place, course, 100, now=now)
    yield recording.completed_course(place, course, duration=now - BEGAN, now=now)
    yield recording.terminated(place, course, duration=now - BEGAN, at=now)


def _sat(place: Place, course: Course, item: Quiz | Exam, now: datetime) -> Iterator[Built]:
    sitting = Sitting(place, course, item, uuid5(place.registration, item.id), 1)
    yield recording.attempted(sitting, now=now)
    asked = (
        [(question, "") for question in item.questions]
        if isinstance(item, Quiz)
        else [(question, each.id) for each in item.elements for question in each.pool[: each.draw]]
    )
    points, maximum = Fraction(0), 0
    for question, element in asked:
        response = right(question)
        mark = grading.mark(question, response)
        points, maximum = points + mark.points, maximum + mark.maximum
        yield from recording.answered(
            sitting, question, response, mark, element=element, at=now + MINUTE / 2
        )
    yield recording.outcome(sitting, points, maximum, passed=True, duration=MINUTE, at=now + MINUTE)


def _place(name: str) -> Place:
    return Place(
        enrolment_id=uuid5(IDS, f"{name} enrolment"),
        registration=uuid5(IDS, f"{name} registration"),
        person_id=uuid5(IDS, name),
        context_id=uuid5(IDS, "context"),
        course_id="alifeca",
        percent=0,
        is_completed=False,
        seen_item_id="",
        extra_percent=0,
        actor_name=f"{name}-{IDS.hex}",
        launch_id=uuid5(IDS, f"{name} launch"),
        platform_id=uuid5(IDS, "platform"),
        names=NAMES,
    )
