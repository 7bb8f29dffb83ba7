"""What happens in a course, said in statements: one function for each happening.

Every function gives a statement for the outbox; the caller queues it in the transaction of what
happened. Its id is computed from the happening, so that what is told twice is kept once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from uuid import UUID

from courses.interactions import response_text
from courses.kinds import Mark, Question, Response, Scenario
from courses.model import Course, Exam, Item, Module, Page, Quiz, Video
from lti_tool.player.activities import (
    course_activity,
    element_activity,
    film_activity,
    item_activity,
    module_activity,
    question_activity,
)
from lti_tool.player.places import Place
from xapi import statements, video
from xapi import vocabulary as words
from xapi.measures import Score, iso_moment
from xapi.statements import Activity, Actor, Built, Context, Occasion
from xapi.video import Screen

# Where it happens


def _group(place: Place) -> tuple[Activity, ...]:
    """Give the platform's own course or group, which has no name of ours; none: there is none."""
    if place.context_id is None:
        return ()
    return (Activity(place.names.context(place.context_id), words.GROUP.iri, "", ""),)


def _above(place: Place, course: Course, item: Item) -> tuple[Activity, ...]:
    """Give the course of an item, and the module where it lies in one."""
    whole = course_activity(place.names, course)
    module = course.module_of(item.id)
    return (whole,) if module is None else (whole, module_activity(place.names, course, module))


def _actor(place: Place) -> Actor:
    return Actor(place.names.people, place.actor_name)


@dataclass(frozen=True, slots=True)
class Sitting:
    """One attempt, with all that statements about it need."""

    place: Place
    course: Course
    item: Quiz | Exam
    attempt_id: UUID
    number: int


def _context(
    place: Place,
    course: Course,
    *,
    parent: tuple[Activity, ...] = (),
    grouping: tuple[Activity, ...] = (),
    more: Mapping[str, object] | None = None,
) -> Context:
    own: dict[str, object] = {"course-version": course.version, **(more or {})}
    if place.platform_id is not None:
        own["platform"] = str(place.platform_id)
    return Context(
        registration=place.registration,
        session_id=str(place.launch_id),
        language=course.language,
        parent=parent,
        grouping=(*grouping, *_group(place)),
        category=(place.names.profile,),
        extensions={place.names.extension(name): value for name, value in own.items()},
    )


def _of_course(place: Place, course: Course, key: str, at: datetime) -> Occasion:
    return {
        "actor": _actor(place),
        "activity": course_activity(place.names, course),
        "context": _context(place, course),
        "at": at,
        "key": key,
    }


def _of_item(
    place: Place,
    course: Course,
    item: Item,
    key: str,
    at: datetime,
    *,
    more: Mapping[str, object] | None = None,
) -> Occasion:
    above = _above(place, course, item)
    return {
        "actor": _actor(place),
        "activity": item_activity(place.names, course, item),
        "context": _context(place, course, parent=above[-1:], grouping=above, more=more),
        "at": at,
        "key": key,
    }


# A visit


def launched(place: Place, course: Course, *, now: datetime) -> Built:
    """Say that the platform launched the course."""
    return statements.launched(**_of_course(place, course, str(place.launch_id), now))


def initialized(place: Place, course: Course, *, now: datetime) -> Built:
    """Say that the visit began."""
    return statements.initialized(**_of_course(place, course, str(place.launch_id), now))


def terminated(place: Place, course: Course, *, duration: timedelta, at: datetime) -> Built:
    """Say that the visit ended."""
    occasion = _of_course(place, course, str(place.launch_id), at)
    return statements.terminated(duration=duration, **occasion)


# What is read and done


def viewed(place: Place, course: Course, item: Item, *, now: datetime) -> Built:
    """Say that an item was opened in this visit."""
    key = f"{place.launch_id} {item.id}"
    return statements.viewed(**_of_item(place, course, item, key, now))


def progressed(place: Place, course: Course, percent: int, *, now: datetime) -> Built:
    """Say which share of the course is done."""
    key = f"{place.registration} {percent}"
    return statements.progressed(percent=percent, **_of_course(place, course, key, now))


def completed_module(place: Place, course: Course, module: Module, *, now: datetime) -> Built:
    """Say that every item of a module is done."""
    whole = course_activity(place.names, course)
    return statements.completed(
        actor=_actor(place),
        activity=module_activity(place.names, course, module),
        context=_context(place, course, parent=(whole,), grouping=(whole,)),
        at=now,
        key=f"{place.registration} {module.id}",
    )


def completed_course(place: Place, course: Course, *, duration: timedelta, now: datetime) -> Built:
    """Say that every item of the course is done, and how long the visits were that it took."""
    occasion = _of_course(place, course, str(place.registration), now)
    return statements.completed(duration=duration, **occasion)


# Attempts


def attempted(sitting: Sitting, *, now: datetime) -> Built:
    """Say that an attempt began."""
    return statements.attempted(**_of_sitting(sitting, str(sitting.attempt_id), now))


def suspended(sitting: Sitting, *, duration: timedelta, now: datetime) -> Built:
    """Say that the page of an open attempt was left, and how long after its beginning."""
    key = f"{sitting.attempt_id} {iso_moment(now)}"
    return statements.suspended(duration=duration, **_of_sitting(sitting, key, now))


def resumed(sitting: Sitting, *, now: datetime) -> Built:
    """Say that somebody came back to an open attempt."""
    key = f"{sitting.attempt_id} {iso_moment(now)}"
    return statements.resumed(**_of_sitting(sitting, key, now))


def answered(
    sitting: Sitting,
    question: Question,
    response: Response,
    mark: Mark,
    *,
    element: str = "",
    at: datetime,
) -> list[Built]:
    """Say what was answered: one statement, or one for each question of a scenario."""
    if not isinstance(question, Scenario):
        return [_answered(sitting, question, response, mark, question.id, element=element, at=at)]
    given = {part.question_id: part for part in response.parts}
    return [
        _answered(
            sitting,
            part,
            given.get(part.id, Response(part.id)),
            earned,
            f"{question.id}.{part.id}",
            element=element,
            at=at,
        )
        for part, earned in zip(question.questions, mark.parts, strict=True)
    ]


def _answered(
    sitting: Sitting,
    question: Question,
    response: Response,
    mark: Mark,
    named: str,
    *,
    element: str,
    at: datetime,
) -> Built:
    place, course, item = sitting.place, sitting.course, sitting.item
    more: dict[str, object] = {"attempt": sitting.number}
    grouping = _above(place, course, item)
    if element:
        more["element"] = element
        grouping += _element(place, course, item, element)
    parent = (item_activity(place.names, course, item),)
    return statements.answered(
        response=response_text(question, response),
        score=Score(mark.points, mark.maximum),
        success=mark.correct,
        actor=_actor(place),
        activity=question_activity(place.names, course, item, question, named),
        context=_context(place, course, parent=parent, grouping=grouping, more=more),
        at=at,
        key=f"{sitting.attempt_id} {named}",
    )


def _element(
    place: Place, course: Course, item: Quiz | Exam, element_id: str
) -> tuple[Activity, ...]:
    """Give an element of an exam as it is now; none where the exam has it no longer."""
    if not isinstance(item, Exam):
        return ()
    found = (each for each in item.elements if each.id == element_id)
    return tuple(element_activity(place.names, course, item, each) for each in found)


def outcome(
    sitting: Sitting,
    points: Fraction,
    maximum: int,
    *,
    passed: bool | None,
    duration: timedelta,
    again: str = "",
    at: datetime,
) -> Built:
    """Say what an attempt earned: passed, failed, or scored where nobody passes or fails.

    Args:
        sitting: the attempt.
        points: exact.
        maximum: above 0.
        passed: None where there is no pass mark.
        duration: from its start to its end.
        again: why it is told once more, such as the moment of a new marking; part of its id.
        at: when it was earned.
    """
    key = f"{sitting.attempt_id} {again}".strip()
    occasion = _of_sitting(sitting, key, at)
    score = Score(points, maximum)
    if passed is None:
        return statements.scored(score=score, duration=duration, **occasion)
    tell = statements.passed if passed else statements.failed
    return tell(score=score, duration=duration, **occasion)


def _of_sitting(sitting: Sitting, key: str, at: datetime) -> Occasion:
    place, course = sitting.place, sitting.course
    return _of_item(place, course, sitting.item, key, at, more={"attempt": sitting.number})


# Films


@dataclass(frozen=True, slots=True)
class Watching:
    """One opening of one film on one page."""

    place: Place
    course: Course
    page: Page
    video: Video
    session: UUID
    """Made by the page, version 4; the id of its ``initialized``."""


def film(watching: Watching, key: str, *, screen: Screen | None = None, at: datetime) -> Occasion:
    """Give the occasion of something that happens in a film.

    Args:
        watching: the opening of the film.
        key: what happens, within this opening.
        screen: how the film is shown, where that is to be told.
        at: when it happens.
    """
    place, course, page = watching.place, watching.course, watching.page
    parent = (item_activity(place.names, course, page),)
    around = _context(place, course, parent=parent, grouping=_above(place, course, page))
    return {
        "actor": _actor(place),
        "activity": film_activity(place.names, course, page, watching.video),
        "context": video.in_film(
            around, session=watching.session, seconds=watching.video.seconds, screen=screen
        ),
        "at": at,
        "key": f"{watching.session} {key}",
    }
