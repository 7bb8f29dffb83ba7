"""Answering questions on a page as a learner does, rightly, from what the course says."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

from playwright.sync_api import Frame, Locator, Page

from courses.catalogue import Catalogue
from courses.kinds import (
    FillIn,
    Matching,
    MultipleChoice,
    Numeric,
    Ordering,
    Question,
    Scenario,
    SingleChoice,
    TrueFalse,
)
from courses.model import Course, Exam, Quiz
from tests.house.source import ROOT

CONTENT = ROOT / "courses" / "content"


@cache
def course(course_id: str = "alifeca", folder: Path = CONTENT) -> Course:
    """Give a course."""
    found = Catalogue((folder,)).get(course_id)
    assert found is not None
    return found


def questions_of(item: Quiz | Exam) -> dict[str, Question]:
    """Give every question of a quiz, or of an exam's pools, by id."""
    if isinstance(item, Quiz):
        return {each.id: each for each in item.questions}
    return {each.id: each for element in item.elements for each in element.pool}


def solve(page: Frame | Page, known: dict[str, Question]) -> None:
    """Answer every question on a page."""
    for shown in page.locator("section.question").all():
        answer(shown, known[shown.get_attribute("data-question") or ""])


def answer(shown: Locator, question: Question, prefix: str = "r") -> None:
    """Answer one question rightly."""
    WAYS[type(question)](shown, question, f"{prefix}.{question.id}")


def _choose(shown: Locator, question: SingleChoice | MultipleChoice, field: str) -> None:
    for option in question.options:
        if option.correct:
            shown.locator(f'[name="{field}"][value="{option.id}"]').check()


def _agree(shown: Locator, question: TrueFalse, field: str) -> None:
    value = "true" if question.correct else "false"
    shown.locator(f'[name="{field}"][value="{value}"]').check()


def _calculate(shown: Locator, question: Numeric, field: str) -> None:
    shown.locator(f'[name="{field}"]').fill(f"{float(question.answer):.10g}")
    if len(question.units) > 1:
        shown.locator(f'[name="{field}.unit"]').select_option(question.units[0][0])


def _match(shown: Locator, question: Matching, field: str) -> None:
    for number, pair in enumerate(question.pairs, start=1):
        shown.locator(f'[name="{field}.{pair.id}"]').select_option(f"t{number}")


def _order(shown: Locator, question: Ordering, field: str) -> None:
    for place, item in enumerate(question.items, start=1):
        shown.locator(f'[name="{field}.{item.id}"]').select_option(str(place))


def _fill_in(shown: Locator, question: FillIn, field: str) -> None:
    shown.locator(f'[name="{field}"]').fill(question.accept[0])


def _each_part(shown: Locator, question: Scenario, field: str) -> None:
    for part in question.questions:
        answer(shown, part, field)


WAYS: dict[type[Question], Callable[..., None]] = {
    SingleChoice: _choose,
    MultipleChoice: _choose,
    TrueFalse: _agree,
    Numeric: _calculate,
    Matching: _match,
    Ordering: _order,
    FillIn: _fill_in,
    Scenario: _each_part,
}
