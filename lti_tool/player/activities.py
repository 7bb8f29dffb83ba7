"""What statements are about: courses and their parts as activities of xAPI."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from courses.interactions import definition
from courses.kinds import Question
from courses.model import Course, Exam, ExamElement, Item, Module, Page, Quiz, Video
from lti_tool.iri import Names
from xapi import vocabulary as words
from xapi.measures import iso_duration
from xapi.statements import Activity


def course_activity(names: Names, course: Course) -> Activity:
    """Give a course as an activity."""
    return Activity(names.course(course.id), words.COURSE.iri, course.title, course.language)


def module_activity(names: Names, course: Course, module: Module) -> Activity:
    """Give a module as an activity."""
    name = names.part(course.owner_of(module.id), module.id)
    return Activity(name, words.MODULE.iri, module.title, course.language)


def item_activity(names: Names, course: Course, item: Item) -> Activity:
    """Give a page, quiz or exam as an activity; an exam with its time limit."""
    kind = words.PAGE if isinstance(item, Page) else words.ASSESSMENT
    extensions: Mapping[str, object] = {}
    if isinstance(item, Exam):
        limit = iso_duration(timedelta(minutes=item.minutes))
        extensions = {words.TIME_LIMIT.iri: limit}
    name = names.part(course.owner_of(item.id), item.id)
    return Activity(name, kind.iri, item.title, course.language, extensions=extensions)


def question_activity(
    names: Names, course: Course, item: Quiz | Exam, question: Question, named: str
) -> Activity:
    """Give a question as an activity, with what is right.

    Args:
        names: maker of names.
        course: of the question.
        item: its quiz or exam.
        question: of any kind but a scenario.
        named: its id; of a question of a scenario ``<scenario>.<question>``.
    """
    name = names.question(course.owner_of(item.id), item.id, named)
    whole = definition(question, course.language)
    return Activity(name, words.INTERACTION.iri, named, course.language, definition=whole)


def element_activity(names: Names, course: Course, exam: Exam, element: ExamElement) -> Activity:
    """Give an element of an exam as an activity."""
    name = names.element(course.id, exam.id, element.id)
    return Activity(name, words.ELEMENT.iri, element.title, course.language)


def film_activity(names: Names, course: Course, page: Page, film: Video) -> Activity:
    """Give a film as an activity."""
    name = names.video(course.owner_of(page.id), page.id, film.id)
    return Activity(name, words.FILM.iri, film.title, course.language)
