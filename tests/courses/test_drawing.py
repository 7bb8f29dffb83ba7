"""What an exam asks, and in which order things are shown."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from courses.drawing import display_order, draw, shuffled
from courses.grading import mark
from courses.kinds import Scenario
from courses.loader import load_course
from courses.model import Exam
from tests.courses.answers import all_questions, question, right
from tests.courses.conftest import CAPITALS

COURSE = load_course(CAPITALS)
EXAM = COURSE.exam
ORDERING = "kind: ordering\nitems: [{id: x, text: X}, {id: y, text: Y}, {id: z, text: Z}]"
FIXED = """
kind: single
shuffle: false
options:
  - {id: a, text: A, correct: true}
  - {id: b, text: B, feedback: b}
  - {id: c, text: C, feedback: c}
"""


@pytest.fixture
def exam() -> Exam:
    assert EXAM is not None
    return EXAM


@given(st.integers())
def test_every_element_asks_as_many_different_questions_as_it_says(seed: int) -> None:
    assert EXAM is not None

    drawn = draw(EXAM, random.Random(seed))

    for element, made in zip(EXAM.elements, drawn, strict=True):
        ids = [each.id for each in made.questions]
        assert (made.id, made.title, made.pass_share) == (
            element.id,
            element.title,
            element.pass_share,
        )
        assert len(ids) == len(set(ids)) == element.draw
        assert set(ids) <= {each.id for each in element.pool}


def test_the_same_seed_draws_the_same_questions(exam: Exam) -> None:
    assert draw(exam, random.Random(7)) == draw(exam, random.Random(7))
    assert len({draw(exam, random.Random(seed)) for seed in range(20)}) > 10


@given(st.integers())
def test_questions_seen_before_come_again_only_where_the_pool_has_no_others(seed: int) -> None:
    assert EXAM is not None
    seen = frozenset({"m1-q1", "m1-q2", "m1-q3"} | {f"m2-q{n}" for n in range(1, 6)})

    first, second = draw(EXAM, random.Random(seed), avoid=seen)

    assert not {each.id for each in first.questions} & seen
    assert "m2-q6" in {each.id for each in second.questions}
    assert len(second.questions) == 2


def test_every_question_of_a_pool_is_drawn_some_time(exam: Exam) -> None:
    asked = {
        each.id
        for seed in range(200)
        for element in draw(exam, random.Random(seed))
        for each in element.questions
    }

    assert asked == {each.id for element in exam.elements for each in element.pool}


@given(st.integers())
def test_a_shuffled_question_has_the_same_right_response(seed: int) -> None:
    for asked in all_questions(COURSE):
        made = shuffled(asked, random.Random(seed))

        assert mark(made, right(asked)).correct
        if isinstance(asked, Scenario):
            assert isinstance(made, Scenario)
            assert [part.id for part in made.questions] == [part.id for part in asked.questions]


def test_options_keep_their_order_where_the_author_wants_it() -> None:
    asked = question(FIXED)

    assert all(shuffled(asked, random.Random(seed)) == asked for seed in range(20))


@given(st.text())
def test_an_ordering_is_never_shown_in_the_right_order(seed: str) -> None:
    shown = display_order(question(ORDERING), seed)

    assert sorted(shown) == ["x", "y", "z"]
    assert shown != ("x", "y", "z")
    assert shown == display_order(question(ORDERING), seed)


def test_a_matching_shows_all_targets_and_other_kinds_have_no_order() -> None:
    asked = {each.id: each for each in all_questions(COURSE)}

    assert sorted(display_order(asked["matching"], "seed")) == ["t1", "t2", "t3", "t4"]
    assert display_order(asked["single"], "seed") == ()
