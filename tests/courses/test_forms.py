"""From the fields of a form to a response."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from courses.forms import LENGTH, ResponseError, field_of, read_response
from courses.grading import mark
from courses.kinds import Matching, Numeric, Ordering, Question, Response, Scenario
from courses.loader import load_course
from courses.model import Course
from tests.courses.answers import all_questions, question, right
from tests.courses.conftest import CAPITALS

QUESTIONS = list(all_questions(load_course(CAPITALS)))
SINGLE = "kind: single\noptions: [{id: a, text: A, correct: true}, {id: b, text: B, feedback: b}]"
ORDERING = "kind: ordering\nitems: [{id: x, text: X}, {id: y, text: Y}, {id: z, text: Z}]"


def fields(asked: Question, response: Response, scenario: str = "") -> Iterator[tuple[str, str]]:
    """Fill in a form as a browser would."""
    name = field_of(asked.id, scenario or None)
    if isinstance(asked, Scenario):
        for part, given_ in zip(asked.questions, response.parts, strict=True):
            yield from fields(part, given_, asked.id)
    elif isinstance(asked, Numeric):
        yield name, response.given[0]
        if len(asked.units) > 1:
            yield f"{name}.unit", response.given[1]
    elif isinstance(asked, Matching):
        for each in response.given:
            pair, _, target = each.partition("=")
            yield f"{name}.{pair}", target
    elif isinstance(asked, Ordering):
        for place, item in enumerate(response.given, start=1):
            yield f"{name}.{item}", str(place)
    else:
        for each in response.given:
            yield name, each


def form(pairs: Iterator[tuple[str, str]]) -> dict[str, list[str]]:
    made: dict[str, list[str]] = {}
    for name, value in pairs:
        made.setdefault(name, []).append(value)
    return made


@pytest.mark.parametrize("asked", QUESTIONS, ids=lambda asked: asked.id)
def test_a_right_response_comes_through_a_form(asked: Question) -> None:
    sent = form(fields(asked, right(asked)))

    response = read_response(asked, sent)

    assert mark(asked, response).correct


def test_all_questions_of_a_quiz_are_read_from_one_form(capitals: Course) -> None:
    asked = list(all_questions(capitals))
    sent = form(pair for each in asked for pair in fields(each, right(each)))

    marks = [mark(each, read_response(each, sent)) for each in asked]

    assert all(made.correct for made in marks)


@pytest.mark.parametrize("asked", QUESTIONS, ids=lambda asked: asked.id)
def test_nothing_given_makes_an_empty_response(asked: Question) -> None:
    assert read_response(asked, {}).is_empty
    assert read_response(asked, {field_of(asked.id): ["", "  "]}).is_empty


@pytest.mark.parametrize("asked", QUESTIONS, ids=lambda asked: asked.id)
@given(value=st.text(max_size=20))
def test_any_text_is_read_or_refused_plainly(asked: Question, value: str) -> None:
    names = [field_of(asked.id), f"r.{asked.id}.unit", f"r.{asked.id}.p1", f"r.{asked.id}.helsinki"]

    with contextlib.suppress(ResponseError):
        response = read_response(asked, {name: [value] for name in names})
        assert response.question_id == asked.id


def test_choices_keep_the_order_of_the_question() -> None:
    asked = question(
        "kind: multiple\n"
        "options: [{id: a, text: A, correct: true}, {id: b, text: B, correct: true}]"
    )

    assert read_response(asked, {"r.q": ["b", "a"]}).given == ("a", "b")


def test_an_option_that_is_not_offered_is_refused() -> None:
    with pytest.raises(ResponseError, match="not one of those offered"):
        read_response(question(SINGLE), {"r.q": ["c"]})


def test_two_options_of_a_single_choice_are_refused() -> None:
    with pytest.raises(ResponseError, match="one option only"):
        read_response(question(SINGLE), {"r.q": ["a", "b"]})


def test_a_unit_that_is_not_offered_is_refused() -> None:
    asked = question("kind: numeric\nanswer: 1\nunits: {km: 1, m: 0.001}")

    with pytest.raises(ResponseError):
        read_response(asked, {"r.q": ["1"], "r.q.unit": ["mile"]})


def test_a_number_without_its_unit_is_kept_as_it_is() -> None:
    asked = question("kind: numeric\nanswer: 1\nunits: {km: 1, m: 0.001}")

    assert read_response(asked, {"r.q": ["1"]}).given == ("1", "")


@pytest.mark.parametrize(
    "places",
    [("1", "1", "2"), ("1", "2", ""), ("0", "1", "2"), ("1", "2", "4"), ("1", "2", "x")],
)
def test_places_that_make_no_order_are_refused(places: tuple[str, ...]) -> None:
    sent = {f"r.q.{item}": [place] for item, place in zip("xyz", places, strict=True)}

    with pytest.raises(ResponseError, match="from 1 to 3"):
        read_response(question(ORDERING), sent)


def test_items_are_given_in_the_order_of_their_places() -> None:
    sent = {"r.q.x": ["3"], "r.q.y": ["1"], "r.q.z": ["2"]}

    assert read_response(question(ORDERING), sent).given == ("y", "z", "x")


def test_a_text_that_is_too_long_is_refused() -> None:
    asked = question("kind: fill-in\naccept: [x]")

    with pytest.raises(ResponseError, match="2000 characters"):
        read_response(asked, {"r.q": ["x" * (LENGTH + 1)]})


def test_what_no_database_can_keep_is_left_out_of_a_text() -> None:
    asked = question("kind: fill-in\naccept: [Dublin]")

    assert read_response(asked, {"r.q": ["Dub\0lin "]}).given == ("Dublin",)
