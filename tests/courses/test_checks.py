"""What a course needs to be released: `--strict`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from courses.checks import check_release
from courses.loader import check_course, load_course
from courses.model import Course, Quiz, SingleChoice
from tests.courses.conftest import Edit


def asked_for(folder: Path) -> list[str]:
    return [fault.message for fault in check_course(folder, strict=True)[1]]


def test_a_small_course_is_told_what_it_lacks(folder: Path) -> None:
    assert sorted(asked_for(folder)) == [
        "108 words on this page",
        "114 words on this page",
        "4 questions are drawn in all",
        "401 words on this page",
        "5 questions are few for a quiz",
        "element m1 draws 2 only",
        "element m2 draws 2 only",
    ]


@pytest.mark.parametrize(
    "lack",
    [
        (
            "02-world/01-asia.md",
            "outcomes: [lo1, lo2]",
            "outcomes: [lo1]",
            "outcome lo2 is taught on no page",
        ),
        (
            "02-world/module.yaml",
            "items:",
            "  - {id: lo3, text: More}\nitems:",
            "outcome lo3 is asked in no quiz",
        ),
        (
            "02-world/module.yaml",
            "items:",
            "  - {id: lo3, text: More}\nitems:",
            "outcome lo3 is asked in no question of the exam's element m2",
        ),
        (
            "exam/02-world.yaml",
            "outcome: lo1",
            "outcome: lo9",
            "the exam's element m2 asks outcome lo9, which is not here",
        ),
        ("02-world/01-asia.md", "![Three", "Three", "no page has a figure"),
        ("02-world/module.yaml", "  - quiz", "", "this module has no quiz"),
        (
            "02-world/quiz.yaml",
            "    feedback: It was six",
            "    # It was six",
            "question q5 explains nothing",
        ),
        ("course.yaml", "exam: exam", "", "this course has no exam"),
        (
            "exam/02-world.yaml",
            "Which city is the capital of Japan?",
            "Which city is the capital of Vietnam?",
            "m2-q1 asks the same as 02-world/quiz q1",
        ),
        (
            "exam/02-world.yaml",
            "text: Osaka",
            "text: None of these other",
            "question m2-q1, option b: None of these other",
        ),
    ],
    ids=lambda each: each[3],
)
def test_each_lack_is_told(folder: Path, edit: Edit, lack: tuple[str, str, str, str]) -> None:
    name, old, new, message = lack
    assert message not in asked_for(folder)
    edit(name, old, new)

    assert message in asked_for(folder)


def test_exams_without_a_scenario_and_courses_with_few_kinds_are_told(folder: Path) -> None:
    course = load_course(folder)
    assert course.exam is not None
    plain = tuple(
        replace(each, pool=tuple(q for q in each.pool if q.kind == "single"))
        for each in course.exam.elements
    )
    bare = replace(course, modules=(), exam=replace(course.exam, elements=plain))

    told = [fault.message for fault in check_release(bare, folder)]

    assert "no pool has a scenario" in told
    assert "1 kinds of questions" in told


def with_choices(course: Course, *, place: int, longest: bool) -> Course:
    """Give a course that asks sixteen choices, whose right option stands at one place."""
    model = next(
        q
        for q in course.modules[0].items[2].questions
        if isinstance(q, SingleChoice)  # type: ignore[union-attr]  # a quiz
    )
    option = model.options[0]
    questions = []
    for number in range(16):
        at = place if place >= 0 else number % 4
        options = tuple(
            replace(
                option,
                id=f"o{n}",
                text="long " * 9
                if (n == at) is longest and (longest or n == (at + 1) % 4)
                else "x",
                correct=n == at,
            )
            for n in range(4)
        )
        questions.append(
            replace(model, id=f"q{number}", text=f"Question {number}", options=options)
        )
    quiz = course.modules[0].items[2]
    assert isinstance(quiz, Quiz)
    module = replace(course.modules[0], items=(replace(quiz, questions=tuple(questions)),))
    return replace(course, modules=(module,), exam=None)


@pytest.mark.parametrize(
    ("place", "longest", "told"),
    [
        (-1, True, ["the longest"]),
        (2, False, ["number 3"]),
        (0, True, ["the longest", "number 1"]),
        (-1, False, []),
    ],
)
def test_right_options_that_give_themselves_away_are_told(
    folder: Path, place: int, longest: bool, told: list[str]
) -> None:
    course = with_choices(load_course(folder), place=place, longest=longest)

    found = [each for each in check_release(course, folder) if "right option" in each.message]

    assert [each.message for each in found] == [
        f"the right option is {words} in 16 of 16 single choices (100%; by chance 25%)"
        for words in told
    ]
    assert all(each.hint == "Most of them: 01-europe/quiz (16)." for each in found)
