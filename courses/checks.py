"""What `--strict` asks beyond a course that works: everything promised is taught and asked."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from courses.faults import Fault
from courses.model import Course, Module, Page, Question, Quiz, Scenario


def check_outcomes(course: Course, folder: Path) -> list[Fault]:
    """Ask that every outcome is taught on a page, asked in the module's quiz and in the exam.

    The exam's elements and the modules belong together by their order.
    """
    faults: list[Fault] = []
    for number, module in enumerate(course.modules):
        file = folder / module.id / "module.yaml"
        taught = {each for item in module.items if isinstance(item, Page) for each in item.outcomes}
        asked = asked_outcomes(
            q for item in module.items if isinstance(item, Quiz) for q in item.questions
        )
        faults += _missing(
            file, module, taught, "is taught on no page", "Add it to `outcomes` of a page."
        )
        faults += _missing(
            file, module, asked, "is asked in no quiz", "Give a question `outcome: …`."
        )
        if course.exam is not None and len(course.exam.elements) == len(course.modules):
            element = course.exam.elements[number]
            drawn = asked_outcomes(element.pool)
            words = f"is asked in no question of the exam's element {element.id}"
            faults += _missing(
                file, module, drawn, words, "Give a question of the pool `outcome: …`."
            )
    return faults


def _missing(file: Path, module: Module, found: set[str], words: str, hint: str) -> list[Fault]:
    return [
        Fault(file, 0, f"outcome {outcome.id} {words}", hint)
        for outcome in module.outcomes
        if outcome.id not in found
    ]


def asked_outcomes(questions: Iterable[Question]) -> set[str]:
    """Give the outcomes that questions ask about, those of scenarios with them."""
    found: set[str] = set()
    for question in questions:
        parts = question.questions if isinstance(question, Scenario) else ()
        found |= {each.outcome for each in (question, *parts) if each.outcome}
    return found
