"""Questions from a few lines of YAML, and right responses to any question."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from courses.faults import Fault
from courses.kinds import (
    FillIn,
    Matching,
    MultipleChoice,
    Numeric,
    Ordering,
    Question,
    Response,
    Scenario,
    SingleChoice,
    TrueFalse,
)
from courses.model import Course, Exam, Quiz
from courses.questions import Setting, read_question
from courses.source import Source


def question(text: str) -> Question:
    """Read one question, in which nothing may be wrong."""
    made, faults = read(text)
    assert made is not None
    assert not faults
    return made


def read(text: str) -> tuple[Question | None, list[Fault]]:
    """Read one question, and tell what is wrong with it."""
    faults: list[Fault] = []
    section = Source(Path("quiz.yaml"), faults).section_of(f"id: q\ntext: Which?\n{text}")
    assert section is not None
    made = read_question(section, Setting())
    return made, [fault for fault in faults if not fault.for_release]


def right(asked: Question) -> Response:
    """Give the right response to a question of any kind."""
    match asked:
        case Scenario():
            return Response(asked.id, (), tuple(right(each) for each in asked.questions))
        case SingleChoice() | MultipleChoice():
            given = tuple(option.id for option in asked.options if option.correct)
        case TrueFalse():
            given = ("true" if asked.correct else "false",)
        case Numeric():
            unit = asked.units[0][0] if asked.units else ""
            given = (f"{float(asked.answer):.10f}", unit)
        case Matching():
            given = tuple(f"{pair.id}=t{n}" for n, pair in enumerate(asked.pairs, start=1))
        case Ordering():
            given = tuple(item.id for item in asked.items)
        case FillIn():
            given = (asked.accept[0],)
        case _:
            raise TypeError(asked.kind)
    return Response(asked.id, given)


def all_questions(course: Course, *, inner: bool = False) -> Iterator[Question]:
    """Give every question of a course; with those of scenarios, where ``inner``."""
    for item in course.items():
        pools = [element.pool for element in item.elements] if isinstance(item, Exam) else []
        pools += [item.questions] if isinstance(item, Quiz) else []
        for asked in (each for pool in pools for each in pool):
            yield asked
            if inner and isinstance(asked, Scenario):
                yield from asked.questions
