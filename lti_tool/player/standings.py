"""What is done of a course, where to go on, and what the grade book should show.

Done is: a page that was opened, a quiz of which an attempt was submitted, an exam that was passed.
The share of a course that is done counts its items, each as one.

The grade book shows, for each column that is there:

- a quiz or the exam: the best attempt, one that passed before one that did not;
- a module: the points of its quizzes, added up, of all that they hold;
- the course: the exam's; where there is no exam, the mean of the quizzes' shares, of 100.

Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction

from courses.model import Course, Exam, Item, Module, Quiz
from lti_tool.player.places import Place

WHOLE = 100
"""Maximum of a course's own score where there is no exam."""


@dataclass(frozen=True, slots=True)
class ItemState:
    """How far somebody is with one item."""

    is_done: bool
    is_viewed: bool
    """In this visit."""
    points: Fraction | None
    maximum: int | None


@dataclass(frozen=True, slots=True)
class Standing:
    """How far somebody is with a course."""

    place: Place
    items: Mapping[str, ItemState]

    def is_done(self, item_id: str) -> bool:
        """Say whether an item is done."""
        state = self.items.get(item_id)
        return state is not None and state.is_done

    @property
    def done(self) -> frozenset[str]:
        """Give the items that are done."""
        return frozenset(item_id for item_id, state in self.items.items() if state.is_done)

    @property
    def has_points(self) -> bool:
        """Say whether anything has earned points."""
        return any(state.points is not None for state in self.items.values())

    def is_viewed(self, item_id: str) -> bool:
        """Say whether an item was opened in this visit."""
        state = self.items.get(item_id)
        return state is not None and state.is_viewed


@dataclass(frozen=True, slots=True)
class Earned:
    """Points of an item, a module or a course."""

    path: str
    points: Fraction
    maximum: int


def percent_of(course: Course, done: set[str] | frozenset[str]) -> int:
    """Give the whole percent of a course's items that are done; 100 only where all are."""
    items = [item.id for item in course.items()]
    return WHOLE * sum(each in done for each in items) // len(items) if items else 0


def go_on(course: Course, standing: Standing | None) -> Item | None:
    """Give where to go on: where they left off, or what is next after it; None: all is done."""
    items = list(course.items())
    if standing is None:
        return items[0] if items else None
    seen = standing.place.seen_item_id
    start = next((number for number, item in enumerate(items) if item.id == seen), 0)
    rest = items[start:] + items[:start]
    return next((item for item in rest if not standing.is_done(item.id)), None)


def earned(course: Course, items: Mapping[str, ItemState]) -> Iterator[Earned]:
    """Give what every graded part of a course has earned; parts that nobody tried are left out."""
    quizzes = [item for item in course.items() if isinstance(item, Quiz)]
    graded: list[Quiz | Exam] = [*quizzes, *([course.exam] if course.exam else [])]
    for item in graded:
        state = items.get(item.id)
        if state is not None and state.points is not None and state.maximum:
            yield Earned(item.id, state.points, state.maximum)
    for module in course.modules:
        found = _of_module(module, items)
        if found is not None:
            yield found
    whole = _of_course(course, quizzes, items)
    if whole is not None:
        yield whole


def _of_module(module: Module, items: Mapping[str, ItemState]) -> Earned | None:
    quizzes = [item for item in module.items if isinstance(item, Quiz)]
    states = [items.get(quiz.id) for quiz in quizzes]
    if all(state is None or state.points is None for state in states):
        return None
    points, maximum = Fraction(0), 0
    for quiz, state in zip(quizzes, states, strict=True):
        tried = state is not None and state.points is not None and state.maximum
        points += state.points if tried and state and state.points else 0
        maximum += state.maximum if tried and state and state.maximum else quiz.points
    return Earned(module.id, points, maximum)


def _of_course(
    course: Course, quizzes: list[Quiz], items: Mapping[str, ItemState]
) -> Earned | None:
    if course.exam is not None:
        state = items.get(course.exam.id)
        if state is None or state.points is None or not state.maximum:
            return None
        return Earned("", state.points, state.maximum)
    shares = [
        Fraction(state.points, state.maximum)
        for quiz in quizzes
        if (state := items.get(quiz.id)) and state.points is not None and state.maximum
    ]
    if not shares:
        return None
    return Earned("", WHOLE * sum(shares, Fraction(0)) / len(quizzes), WHOLE)
