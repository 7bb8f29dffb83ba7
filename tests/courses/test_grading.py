"""How responses are marked."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from courses.grading import NOT_A_NUMBER, element_passed, mark, read_number, value_of
from courses.kinds import Mark, Numeric, Question, Response
from courses.loader import load_course
from courses.model import Course
from tests.courses.answers import all_questions, question, right
from tests.courses.conftest import CAPITALS

QUESTIONS = list(all_questions(load_course(CAPITALS), inner=True))
WORDS = st.one_of(
    st.text(max_size=12),
    st.sampled_from(
        ["a", "b", "c", "true", "false", "p1=t1", "p2=t1", "p3=t3", "km", "4", "1e400", "-0", "="]
    ),
)
FLAT = st.builds(Response, st.sampled_from(["s1", "s2", "m1-q7a", "q"]), st.tuples(WORDS, WORDS))
ANY = st.builds(
    Response,
    st.just("q"),
    st.lists(WORDS, max_size=5).map(tuple),
    st.lists(FLAT, max_size=3).map(tuple),
)

SINGLE = """
kind: single
options:
  - {id: a, text: One, correct: true, feedback: Yes.}
  - {id: b, text: Two, feedback: "No, one."}
"""
MULTIPLE = """
kind: multiple
points: 4
options:
  - {id: a, text: A, correct: true, feedback: a is right}
  - {id: b, text: B, correct: true}
  - {id: c, text: C, feedback: c is wrong}
  - {id: d, text: D, feedback: d is wrong}
"""
PARTIAL = MULTIPLE + "scoring: partial\n"
MATCHING = """
kind: matching
points: 3
pairs:
  - {id: p1, left: A, right: 1}
  - {id: p2, left: B, right: 2}
  - {id: p3, left: C, right: 3}
distractors: [4]
feedback: Look again.
"""
ORDERING = """
kind: ordering
points: 4
items:
  - {id: w, text: W}
  - {id: x, text: X}
  - {id: y, text: Y}
  - {id: z, text: Z}
feedback: Look again.
"""
DISTANCE = """
kind: numeric
answer: 1.5
tolerance: 0.01
units: {km: 1, m: 0.001}
feedback: Mind the unit.
"""


def marked(text: str, *given_: str) -> Mark:
    return mark(question(text), Response("q", given_))


@pytest.mark.parametrize("asked", QUESTIONS, ids=lambda asked: asked.id)
def test_the_right_response_earns_all_points(asked: Question) -> None:
    made = mark(asked, right(asked))

    assert made.points == made.maximum == asked.points
    assert made.correct


def test_the_right_responses_of_a_whole_course_earn_all_points(alifeca: Course) -> None:
    wrong = [each.id for each in all_questions(alifeca) if not mark(each, right(each)).correct]

    assert wrong == []


@pytest.mark.parametrize("asked", QUESTIONS, ids=lambda asked: asked.id)
def test_an_empty_response_earns_nothing_and_is_told_nothing(asked: Question) -> None:
    made = mark(asked, Response(asked.id))

    assert made.points == 0
    assert not made.correct
    assert made.feedback == ()


@settings(deadline=None, max_examples=300)
@given(asked=st.sampled_from(QUESTIONS), response=ANY)
def test_whatever_is_given_the_points_stay_within_the_question(
    asked: Question, response: Response
) -> None:
    made = mark(asked, response)

    assert 0 <= made.points <= made.maximum == asked.points
    assert made.correct == (made.points == made.maximum)
    assert sum(part.points for part in made.parts) == (made.points if made.parts else 0)


@settings(deadline=None, max_examples=200)
@given(st.sets(st.sampled_from("abcd")))
def test_in_a_multiple_choice_more_wrong_options_never_earn_more(chosen: set[str]) -> None:
    asked = question(PARTIAL)

    alone = mark(asked, Response("q", tuple(sorted(chosen - {"c", "d"})))).points
    together = mark(asked, Response("q", tuple(sorted(chosen)))).points

    assert 0 <= together <= alone


@pytest.mark.parametrize(
    ("given_", "points"),
    [(("a",), 1), (("b",), 0), (("a", "b"), 0), (("z",), 0), (("a", "a"), 0)],
)
def test_a_single_choice_has_one_right_option(given_: tuple[str, ...], points: int) -> None:
    assert marked(SINGLE, *given_).points == points


def test_the_feedback_of_the_chosen_option_is_told() -> None:
    assert marked(SINGLE, "b").feedback == ("No, one.",)


@pytest.mark.parametrize(
    ("given_", "partial", "whole"),
    [
        ("ab", 4, 4),
        ("a", 2, 0),
        ("abc", 2, 0),
        ("ac", 0, 0),
        ("cd", 0, 0),
        ("abcd", 0, 0),
    ],
)
def test_a_multiple_choice_counts_right_less_wrong_or_all_or_nothing(
    given_: str, partial: int, whole: int
) -> None:
    assert marked(PARTIAL, *given_).points == partial
    assert marked(MULTIPLE, *given_).points == whole


def test_of_several_chosen_options_the_wrong_ones_are_told_first() -> None:
    assert marked(MULTIPLE, "a", "c").feedback == ("c is wrong", "a is right")


@pytest.mark.parametrize(
    ("given_", "correct"), [("false", True), ("true", False), ("False", False)]
)
def test_a_statement_is_true_or_false(given_: str, correct: bool) -> None:
    made = marked("kind: true-false\ncorrect: false\nfeedback: It is not.", given_)

    assert made.correct is correct
    assert made.feedback == (() if correct else ("It is not.",))


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1086.9", "1086.9"),
        ("1086,9", "1086.9"),
        ("1,086.9", "1086.9"),
        ("1.086,9", "1086.9"),
        ("1 086,9", "1086.9"),
        ("1'086.9", "1086.9"),
        ("1’086.9", "1086.9"),
        ("1\u00a0086,9", "1086.9"),
        ("1\u202f086.9", "1086.9"),
        ("1_086.9", "1086.9"),
        ("  42 ", "42"),
        ("+42", "42"),
        ("-42", "-42"),
        ("−42", "-42"),
        ("0", "0"),
        ("007", "7"),
        (".5", "0.5"),
        (",5", "0.5"),
        ("5.", "5"),
        ("1,086", "1.086"),
        ("1.086", "1.086"),
        ("1,086,000", "1086000"),
        ("1.086.000", "1086000"),
        ("1,234,567.89", "1234567.89"),
        ("1.234.567,89", "1234567.89"),
        ("1e3", "1000"),
        ("1.5E-3", "0.0015"),
        ("1.5×10^3", "1500"),
        ("1.5*10^3", "1500"),
        ("٤٢", "42"),
    ],
)
def test_numbers_are_read_as_people_write_them(text: str, number: str) -> None:
    assert read_number(text) == Fraction(number)


@pytest.mark.parametrize(
    "text",
    [
        "", " ", ".", ",", "-", "e3", "abc", "1086.9 kg", "2/3", "60%", "1,2,3", "1.2.3", "1,08.9",
        "1,0866.9", "1,086.9,1", "nan", "inf", "--4", "4-", "1e", "1e9999", "0x10", "9" * 61, "½",
    ],
)  # fmt: skip
def test_what_is_no_number_is_not_read(text: str) -> None:
    assert read_number(text) is None


@given(st.decimals(places=3, min_value=-(10**9), max_value=10**9))
def test_every_way_to_write_a_number_gives_the_same_number(number: object) -> None:
    english = f"{number:,.3f}"
    german = english.translate(str.maketrans(",.", ".,"))
    french = english.translate(str.maketrans(",.", "\u202f,"))

    assert read_number(english) == read_number(german) == read_number(french)
    assert read_number(english) == Fraction(str(number))


@given(st.text(max_size=80))
def test_reading_a_number_never_fails(text: str) -> None:
    found = read_number(text)

    assert found is None or isinstance(found, Fraction)


def test_words_instead_of_a_number_are_told_how_to_write_one() -> None:
    assert marked(DISTANCE, "a lot", "km").feedback == (NOT_A_NUMBER,)


@pytest.mark.parametrize(
    ("given_", "correct"),
    [
        (("1.5", "km"), True),
        (("1500", "m"), True),
        (("1,500", "m"), True),
        (("1.51", "km"), True),
        (("1.49", "km"), True),
        (("1.5101", "km"), False),
        (("1.5", "m"), False),
        (("1500", "km"), False),
        (("1.5",), False),
        (("1.5", ""), False),
        (("1.5", "mile"), False),
    ],
)
def test_a_number_is_right_within_its_tolerance_and_in_any_unit(
    given_: tuple[str, ...], correct: bool
) -> None:
    assert marked(DISTANCE, *given_).correct is correct


@pytest.mark.parametrize("text", ["29605", "29,605", "29 605", "29'605", "29,605.0", "+29,605"])
def test_thousands_as_our_own_texts_write_them_are_right(text: str) -> None:
    assert marked("kind: numeric\nanswer: 29605\ntolerance: 150", text).correct


@pytest.mark.parametrize("text", ["29.605", "0,029605", "296,05"])
def test_a_number_a_thousand_times_too_small_stays_wrong(text: str) -> None:
    assert not marked("kind: numeric\nanswer: 29605\ntolerance: 150", text).correct


def test_a_decimal_comma_before_three_digits_stays_right() -> None:
    assert marked("kind: numeric\nanswer: 1.086", "1,086").correct


def test_a_relative_tolerance_is_a_share_of_the_answer() -> None:
    asked = question("kind: numeric\nanswer: -200\ntolerance: 1%")

    assert isinstance(asked, Numeric)
    assert asked.tolerance == 2
    assert mark(asked, Response("q", ("-198",))).correct
    assert not mark(asked, Response("q", ("-197.9",))).correct


def test_numbers_are_compared_exactly() -> None:
    assert marked("kind: numeric\nanswer: 0.3\ntolerance: 0.1", "0.4").correct
    assert not marked("kind: numeric\nanswer: 0.3", "0.30000000000000000001").correct


def test_a_number_without_its_unit_means_nothing() -> None:
    asked = question(DISTANCE)

    assert isinstance(asked, Numeric)
    assert value_of(asked, Response("q", ("1500", "m"))) == Fraction("1.5")
    assert value_of(asked, Response("q", ("1500",))) is None
    assert value_of(asked, Response("q")) is None


@pytest.mark.parametrize(
    ("given_", "partial", "whole"),
    [
        (("p1=t1", "p2=t2", "p3=t3"), 3, 3),
        (("p1=t1", "p2=t2", "p3=t4"), 2, 0),
        (("p1=t1",), 1, 0),
        (("p1=t1", "p2=t1", "p3=t1"), 1, 0),
        (("p1", "p2=", "=t3"), 0, 0),
    ],
)
def test_matching_earns_for_each_pair_or_for_all(
    given_: tuple[str, ...], partial: int, whole: int
) -> None:
    assert marked(MATCHING + "scoring: partial", *given_).points == partial
    assert marked(MATCHING, *given_).points == whole


@pytest.mark.parametrize(
    ("given_", "partial", "whole"),
    [
        ("wxyz", 4, 4),
        ("wxzy", 2, 0),
        ("zyxw", 0, 0),
        ("xyzw", 0, 0),
        ("wx", 2, 0),
        ("wxyzz", 3, 0),
        ("wxyy", 3, 0),
    ],
)
def test_ordering_earns_for_each_place_or_for_all(given_: str, partial: int, whole: int) -> None:
    assert marked(ORDERING + "scoring: partial", *given_).points == partial
    assert marked(ORDERING, *given_).points == whole


@pytest.mark.parametrize(
    ("given_", "folded", "exact"),
    [
        ("Baile Átha Cliath", True, True),
        ("  baile   átha cliath ", True, False),
        ("Baile A\u0301tha Cliath", True, True),
        ("Baile Atha Cliath", False, False),
        ("Dublin", False, False),
    ],
)
def test_a_word_is_compared_as_a_reader_would(given_: str, folded: bool, exact: bool) -> None:
    asked = "kind: fill-in\naccept: [Baile Átha Cliath]\n"

    assert marked(asked, given_).correct is folded
    assert marked(asked + "case_matters: true", given_).correct is exact


@pytest.mark.parametrize("given_", ["CO2-eq", "CO2‑eq", "CO2–eq", "co2−EQ"])
def test_all_dashes_are_alike(given_: str) -> None:
    assert marked("kind: fill-in\naccept: [CO2-eq]", given_).correct


def test_a_scenario_adds_up_its_questions(capitals: Course) -> None:
    quiz = capitals.item("01-europe/quiz")
    asked = next(each for each in all_questions(capitals) if each.id == "scenario")
    parts = (Response("s1", ("b",)), Response("s2", ("4",)))

    made = mark(asked, Response("scenario", (), parts))

    assert quiz is not None
    assert (made.points, made.maximum, made.correct) == (2, 3, False)
    assert [part.correct for part in made.parts] == [False, True]
    assert made.parts[0].feedback == ("No. Its capital is Luxembourg City.",)


def test_an_element_is_passed_exactly_at_its_share() -> None:
    share = Fraction(2, 3)

    assert element_passed(Fraction(2), 3, share)
    assert element_passed(Fraction(4, 3), 2, share)
    assert not element_passed(Fraction(1999999, 1000000), 3, share)
    assert not element_passed(Fraction(0), 0, share)
