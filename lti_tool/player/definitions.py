"""What is told to everybody about the activities of our statements: who asks at a name gets this.

Right answers are told to nobody here: not the pattern of right responses, and not the pieces of a
question whose order or names would give it away. Of an exam's questions nothing is told but that
they are there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from courses.interactions import definition
from courses.kinds import Question, Scenario
from courses.model import Course, Exam, Item, Page, Quiz
from lti_tool.iri import Names
from lti_tool.player.activities import (
    course_activity,
    element_activity,
    film_activity,
    item_activity,
    module_activity,
)
from xapi import vocabulary as words
from xapi.statements import Activity

TOLD_OF_A_QUESTION = ("type", "name", "description", "interactionType", "choices")
CHOICE = "choice"
"""The one kind of question whose pieces can be told; they come in the order of their ids."""


@dataclass(frozen=True, slots=True)
class Told:
    """The public side of an activity."""

    id: str
    type: str
    """IRI."""
    name: str
    """Empty for what has none that is told."""
    language: str
    description: str = ""
    more: dict[str, Any] = field(default_factory=dict)
    """Further properties of the definition."""

    def definition(self) -> dict[str, Any]:
        """Give the activity's definition in the standard's JSON form."""
        named = {"name": {self.language: self.name}} if self.name else {}
        told = {"description": {self.language: self.description}} if self.description else {}
        return {"type": self.type, **named, **told, **self.more}


def find(names: Names, course: Course, path: str) -> Told | None:
    """Find what has a name in a course.

    Args:
        names: maker of names.
        course: where it is looked for.
        path: what follows the course in the name; empty for the course itself.

    Returns:
        None where nothing has this name.
    """
    if not path:
        return _told(course_activity(names, course), course.summary)
    for module in course.modules:
        if module.id == path:
            return _told(module_activity(names, course, module), module.summary)
    for item in course.items():
        if item.id == path:
            return _told(item_activity(names, course, item))
        if path.startswith(f"{item.id}/"):
            kind, _, name = path.removeprefix(f"{item.id}/").partition("/")
            return _inside(names, course, item, kind, name)
    return None


def _inside(names: Names, course: Course, item: Item, kind: str, name: str) -> Told | None:
    finders: dict[str, Callable[[Names, Course, Item, str], Told | None]] = {
        "q": _question,
        "v": _film,
        "e": _element,
    }
    return finders[kind](names, course, item, name) if kind in finders else None


def _film(names: Names, course: Course, item: Item, name: str) -> Told | None:
    if not isinstance(item, Page):
        return None
    films = (film_activity(names, course, item, each) for each in item.videos if each.id == name)
    return next((_told(each) for each in films), None)


def _element(names: Names, course: Course, item: Item, name: str) -> Told | None:
    if not isinstance(item, Exam):
        return None
    found = (element_activity(names, course, item, e) for e in item.elements if e.id == name)
    return next((_told(each) for each in found), None)


def _question(names: Names, course: Course, item: Item, name: str) -> Told | None:
    question = dict(_named_questions(item)).get(name)
    if question is None:
        return None
    iri = names.question(course.owner_of(item.id), item.id, name)
    if isinstance(item, Exam):
        return Told(iri, words.INTERACTION.iri, "", course.language)
    whole = definition(question, course.language)
    told = {key: whole[key] for key in TOLD_OF_A_QUESTION if key in whole}
    if whole["interactionType"] != CHOICE:
        told.pop("choices", None)
    return Told(
        iri,
        told.pop("type"),
        told.pop("name")[course.language],
        course.language,
        told.pop("description")[course.language],
        told,
    )


def _named_questions(item: Item) -> Iterator[tuple[str, Question]]:
    """Give every question of an item that is asked by itself, with its id as statements name it."""
    asked: list[Question] = list(item.questions) if isinstance(item, Quiz) else []
    if isinstance(item, Exam):
        asked = [each for element in item.elements for each in element.pool]
    for each in asked:
        if isinstance(each, Scenario):
            yield from ((f"{each.id}.{part.id}", part) for part in each.questions)
        else:
            yield each.id, each


def _told(activity: Activity, description: str = "") -> Told:
    more = {"extensions": dict(activity.extensions)} if activity.extensions else {}
    return Told(activity.id, activity.type, activity.name, activity.language, description, more)
