"""Questions and responses in the words of xAPI 1.0.3, part two, appendix C."""

from __future__ import annotations

from dataclasses import replace

import pytest
from markupsafe import Markup

from courses.interactions import INTERACTION, definition, response_text
from courses.kinds import Response, Scenario
from courses.model import Course
from tests.courses.answers import all_questions, question, right

CHOICE = """
kind: multiple
options:
  - {id: c, text: "Seoul, *Korea*", correct: true}
  - {id: a, text: Osaka, feedback: no}
  - {id: b, text: Tokyo, correct: true}
"""
MATCHING = """
kind: matching
pairs: [{id: p1, left: Paris, right: Seine}, {id: p2, left: London, right: Thames}]
distractors: [Spree]
"""
ORDERING = "kind: ordering\nitems: [{id: x, text: X}, {id: y, text: Y}]"


def test_a_definition_has_a_type_a_name_and_the_whole_text() -> None:
    made = definition(question("kind: true-false\ncorrect: true"), "en")

    assert made == {
        "type": INTERACTION,
        "name": {"en": "Which?"},
        "description": {"en": "Which?"},
        "interactionType": "true-false",
        "correctResponsesPattern": ["true"],
    }


def test_choices_are_listed_by_id_with_their_words_alone() -> None:
    made = definition(question(CHOICE), "en")

    assert made["interactionType"] == "choice"
    assert made["choices"] == [
        {"id": "a", "description": {"en": "Osaka"}},
        {"id": "b", "description": {"en": "Tokyo"}},
        {"id": "c", "description": {"en": "Seoul, Korea"}},
    ]
    assert made["correctResponsesPattern"] == ["b[,]c"]


@pytest.mark.parametrize(
    ("text", "pattern"),
    [
        ("answer: 4\ntolerance: 0.5", "3.5[:]4.5"),
        ("answer: 1997", "1997[:]1997"),
        ("answer: 0.00005\ntolerance: 1%", "0.0000495[:]0.0000505"),
        ("answer: 100000000000000", "100000000000000[:]100000000000000"),
        ("answer: -2\ntolerance: 3", "-5[:]1"),
        ("answer: 1/3", "0.333333333333[:]0.333333333333"),
    ],
)
def test_a_number_has_a_range_written_plainly(text: str, pattern: str) -> None:
    made = definition(question(f"kind: numeric\n{text}"), "en")

    assert made["interactionType"] == "numeric"
    assert made["correctResponsesPattern"] == [pattern]


def test_a_matching_has_sources_targets_and_pairs() -> None:
    made = definition(question(MATCHING), "en")

    assert [each["id"] for each in made["source"]] == ["p1", "p2"]
    assert [each["id"] for each in made["target"]] == ["t1", "t2", "t3"]
    assert made["correctResponsesPattern"] == ["p1[.]t1[,]p2[.]t2"]


def test_an_ordering_is_a_sequencing() -> None:
    made = definition(question(ORDERING), "en")

    assert made["interactionType"] == "sequencing"
    assert made["correctResponsesPattern"] == ["x[,]y"]


def test_each_accepted_word_is_a_pattern_of_its_own() -> None:
    made = definition(question("kind: fill-in\naccept: [Dublin, Baile Átha Cliath]"), "en")

    assert made["correctResponsesPattern"] == [
        "{case_matters=false}Dublin",
        "{case_matters=false}Baile Átha Cliath",
    ]


def test_a_long_text_makes_a_short_name() -> None:
    asked = question("kind: true-false\ncorrect: true")
    long = replace(asked, text=Markup("word " * 60))

    made = definition(long, "en")

    assert len(made["name"]["en"]) == 100
    assert made["name"]["en"].endswith("…")
    assert len(made["description"]["en"]) == 299


def test_a_scenario_is_no_interaction(capitals: Course) -> None:
    asked = next(each for each in all_questions(capitals) if isinstance(each, Scenario))

    with pytest.raises(TypeError, match="Scenario"):
        definition(asked, "en")


@pytest.mark.parametrize("name", ["capitals", "alifeca"])
def test_the_right_response_of_a_choice_is_its_pattern(
    name: str, request: pytest.FixtureRequest
) -> None:
    course: Course = request.getfixturevalue(name)

    for asked in all_questions(course, inner=True):
        if asked.kind in {"multiple", "single", "matching", "ordering", "true-false"}:
            given = right(asked)
            (pattern,) = definition(asked, "en")["correctResponsesPattern"]
            told = response_text(asked, given).split("[,]")
            assert sorted(told) == sorted(pattern.split("[,]"))


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (("1,500", "m"), "1.5"),
        (("1.5", "km"), "1.5"),
        (("2 km",), "2 km"),
        (("1.5", ""), "1.5"),
        (("1e900", "km"), "1e900 km"),
    ],
)
def test_a_number_is_told_in_the_unit_of_the_answer(given: tuple[str, ...], told: str) -> None:
    asked = question("kind: numeric\nanswer: 1.5\nunits: {km: 1, m: 0.001}")

    assert response_text(asked, Response("q", given)) == told


def test_nothing_given_is_told_as_nothing() -> None:
    assert response_text(question(ORDERING), Response("q")) == ""


def test_pairs_are_told_with_their_signs() -> None:
    given = Response("q", ("p1=t3", "p2=t1"))

    assert response_text(question(MATCHING), given) == "p1[.]t3[,]p2[.]t1"
