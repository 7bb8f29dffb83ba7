"""What a course needs to be released: `--strict`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from courses import prose, spelling
from courses.checks import check_outcomes, check_release
from courses.kinds import SingleChoice, TrueFalse
from courses.loader import check_course, load_course
from courses.markup import Markup
from courses.model import Course, Quiz
from tests.courses.conftest import Edit
from tests.courses.rivers import write_rivers


def asked_for(folder: Path) -> list[str]:
    return [fault.message for fault in check_course(folder, strict=True)[1]]


def test_a_small_course_is_told_what_it_lacks(folder: Path) -> None:
    assert sorted(asked_for(folder)) == [
        "1 page only",
        "169 words on this page",
        "2 pages only",
        "312 words on this page",
        "4 questions are drawn in all",
        "4 terms in the glossary",
        "5 questions are few for a quiz",
        "98 words on this page",
        "element m1 draws 2 only",
        "element m2 draws 2 only",
        "no page says what it means in the job",
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
        ("course.yaml", "self_test: self-test", "", "this course has no self-test"),
        (
            "self-test.yaml",
            "module: 01-europe, kind: true-false",
            "module: 02-world, kind: true-false",
            "the self-test asks 1 about 01-europe",
        ),
        ("course.yaml", "topic: sustainability", "", "'topic' is missing"),
        ("course.yaml", "legal_status_on: 2026-01-01", "", "'legal_status_on' is missing"),
        ("course.yaml", "job_roles: [", "words: [", "'job_roles' is missing"),
        (
            "course.yaml",
            "topic: sustainability",
            "topic: batteries",
            "the notice does not say that the course authorises no work on high voltage",
        ),
        (
            "01-europe/02-north.md",
            "The five Nordic countries have",
            "The fife Nordic contries have",
            "'contries' is in no list of words",
        ),
        ("media/order.svg", ">Helsinki<", ">Helsinkki<", "'Helsinkki' is in no list of words"),
        (
            "glossary.yaml",
            "How far north",
            "How farr north",
            "'farr' is in no list of words",
        ),
        (
            "02-world/quiz.yaml",
            "It was six years",
            "It was six yeers",
            "'yeers' is in no list of words",
        ),
        (
            "01-europe/01-west.md",
            "Check: 2,100,000 ÷ 105 = 20,000 inhabitants per km²\n",
            "",
            "this example has numbers, but no `Check:`",
        ),
        (
            "01-europe/02-north.md",
            "Oslo was called",
            "Regulation (EU) 2023/1542 applies from 18 February 2024. Oslo was called",
            "a law with a date, and no source: Regulation (EU) 2023/1542 applies from"
            " 18 February 2024.",
        ),
        (
            "01-europe/02-north.md",
            "## Names",
            "Helsinki is younger[^3].\n\n## Names",
            "[^3] has no source below",
        ),
        (
            "01-europe/02-north.md",
            "## Names",
            "[^9]: A book.\n\n## Names",
            "source [^9] is used nowhere",
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


def with_choices(course: Course, *, right_at: list[int], longest: list[bool]) -> Course:
    """Give a course that asks choices of four, with the right option at these places."""
    quiz = course.modules[0].items[2]
    assert isinstance(quiz, Quiz)
    model = next(q for q in quiz.questions if isinstance(q, SingleChoice))
    questions = []
    for number, (at, is_longest) in enumerate(zip(right_at, longest, strict=True)):
        long_at = at if is_longest else (at + 1) % 4
        short_at = (at + 2) % 4
        options = tuple(
            replace(
                model.options[0],
                id=f"o{n}",
                text=Markup("long " * (9 if n == long_at else 1 if n == short_at else 4)),
                correct=n == at,
            )
            for n in range(4)
        )
        questions.append(
            replace(model, id=f"q{number}", text=Markup(f"Question {number}"), options=options)
        )
    module = replace(course.modules[0], items=(replace(quiz, questions=tuple(questions)),))
    return replace(course, modules=(module,), exam=None)


EVENLY, NOW_AND_THEN = [0, 1, 2, 3] * 4, [True, False, False, False] * 4


@pytest.mark.parametrize(
    ("right_at", "longest", "told"),
    [
        (EVENLY, [True] * 16, ["is the longest in 16 of 16"]),
        ([2] * 16, NOW_AND_THEN, ["is number 3 in 16 of 16"]),
        ([0] * 16, [True] * 16, ["is number 1 in 16 of 16", "is the longest in 16 of 16"]),
        (EVENLY, [False] * 16, ["is the longest in 0 of 16"]),
        (EVENLY, NOW_AND_THEN, []),
    ],
    ids=["longest", "in-one-place", "both", "never-longest", "even"],
)
def test_right_options_that_give_themselves_away_are_told(
    folder: Path, right_at: list[int], longest: list[bool], told: list[str]
) -> None:
    course = with_choices(load_course(folder), right_at=right_at, longest=longest)

    found = [each for each in check_release(course, folder) if "right option" in each.message]

    assert [each.message.partition(" single")[0] for each in found] == [
        f"the right option {words}" for words in told
    ]
    assert all(
        each.hint == "Most of them: 01-europe/quiz (16)."
        for each in found
        if " 0 of" not in each.message
    )


def test_a_right_option_that_is_mostly_the_shortest_is_told(folder: Path) -> None:
    course = with_choices(load_course(folder), right_at=EVENLY, longest=NOW_AND_THEN)
    quiz = course.modules[0].items[0]
    assert isinstance(quiz, Quiz)
    short = [
        replace(
            question,
            options=tuple(
                replace(option, text=Markup("x")) if option.correct else option
                for option in question.options
            ),
        )
        for question in quiz.questions
        if isinstance(question, SingleChoice)
    ]
    module = replace(course.modules[0], items=(replace(quiz, questions=tuple(short)),))

    told = [each.message for each in check_release(replace(course, modules=(module,)), folder)]

    assert (
        "the right option is the shortest in 16 of 16 single choices (100%; by chance 25%)" in told
    )


def test_statements_that_are_mostly_true_are_told(folder: Path) -> None:
    course = load_course(folder)
    quiz = course.modules[0].items[2]
    assert isinstance(quiz, Quiz)
    statement = next(q for q in quiz.questions if isinstance(q, TrueFalse))
    many = tuple(
        replace(statement, id=f"s{n}", text=Markup(f"Statement {n}"), correct=n > 1)
        for n in range(12)
    )
    module = replace(course.modules[0], items=(replace(quiz, questions=many),))
    course = replace(course, exam=None)

    told = [each.message for each in check_release(replace(course, modules=(module,)), folder)]

    assert "10 of 12 statements are true" in told


def test_an_element_may_examine_several_modules(folder: Path) -> None:
    course = load_course(folder)
    assert course.exam is not None
    first, second = course.exam.elements
    alone = replace(course, exam=replace(course.exam, elements=(first,)))
    both = replace(first, modules=("01-europe", "02-world"), pool=(*first.pool, *second.pool))
    together = replace(course, exam=replace(course.exam, elements=(both,)))

    def told(given: Course) -> list[str]:
        return [each.message for each in check_outcomes(given, folder)]

    assert told(alone) == ["no element of the exam examines this module"]
    assert told(together) == []


def test_a_module_taken_over_is_checked_in_its_own_course(folder: Path) -> None:
    rivers = write_rivers(folder.parent)

    told = check_course(rivers, strict=True)[1]

    assert not [fault for fault in told if fault.file.is_relative_to(folder / "01-europe")]
    assert "no page has a figure" in [fault.message for fault in told]


def test_a_missing_dictionary_is_told(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spelling, "dictionary", lambda: None)

    assert "the dictionary is not there, so no word was checked" in asked_for(folder)


@pytest.mark.parametrize(
    ("text", "unknown"),
    [
        ("A battery’s colour, the cells' own", {}),
        ("teh cell\n\nand ths", {"teh": 1, "ths": 3}),
        ("`codde` $f_{xyzzy}$ [words](../xyzzy.md) https://xyzzy.org [^xyzzy]", {}),
        ("CO2, GWh, SimaPro, 12kg, m², LCAs", {}),
        ("An **a**cid and a drivetrian", {"drivetrian": 1}),
    ],
)
def test_words_are_looked_up_and_what_is_no_word_is_not(text: str, unknown: dict[str, int]) -> None:
    known = spelling.dictionary()
    assert known is not None

    assert spelling.unknown_words(iter([(1, text)]), frozenset(), known) == unknown


@pytest.mark.parametrize(
    ("example", "has_numbers"),
    [
        ("The plant buys 120 t of steel, 30 t of copper and 4 t of glue.", True),
        ("In 2024 Directive (EU) 2022/2555, Article 21, step 2, asks for more.", False),
        ("It is 12 × 3 = 36.", True),
        ("She looks at clause 4.2 of ISO 14044 and waits.", False),
    ],
)
def test_an_example_has_numbers_when_it_works_with_them(example: str, has_numbers: bool) -> None:
    assert prose.has_numbers(example) is has_numbers


def test_head_sources_sums_and_marks_are_no_words_of_a_page() -> None:
    text = (
        "---\ntitle: A page of words\n---\n\n| one | two |\n| --- | --- |\n\n::: tip three\nfour\n"
        ":::\n\nCheck: 1 + 1 = 2 kg\n\n[^1]: A source\n    that goes on.\n"
    )

    assert prose.count_words(text) == 5
