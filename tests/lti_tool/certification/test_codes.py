"""Codes: drawn, checked, and read as people type them."""

from __future__ import annotations

from hypothesis import assume, given
from hypothesis import strategies as st

from lti_tool.certification import codes
from lti_tool.certification.codes import ALPHABET, RANDOM

BODIES = st.text(ALPHABET, min_size=RANDOM, max_size=RANDOM)
PLACES = st.integers(0, RANDOM)


def whole(body: str) -> str:
    """Give the code that begins with these characters."""
    return body + codes.check_character(body)


def test_a_code_is_thirteen_characters_that_check() -> None:
    drawn = {codes.new_code() for _ in range(500)}

    assert len(drawn) == 500
    assert all(len(each) == 13 and codes.is_code(each) for each in drawn)
    assert set("".join(drawn)) == set(ALPHABET)


def test_the_check_character_is_the_one_of_luhns_rule() -> None:
    # by hand: from the right, doubled 2x1=2 and 2x31=62 -> 1+30=31, single 16; 2+16+31=49, 64-49=15
    assert codes.check_character("ZG1") == "F"
    assert codes.check_character("0" * 12) == "0"


@given(BODIES, PLACES, st.sampled_from(ALPHABET))
def test_one_wrong_character_is_always_found(body: str, place: int, other: str) -> None:
    code = whole(body)
    assume(code[place] != other)

    assert not codes.is_code(code[:place] + other + code[place + 1 :])


@given(BODIES, st.integers(0, RANDOM - 1))
def test_two_neighbours_swapped_are_found_unless_they_are_the_first_and_the_last_letter(
    body: str, place: int
) -> None:
    code = whole(body)
    first, second = code[place], code[place + 1]
    assume(first != second)

    found = not codes.is_code(code[:place] + second + first + code[place + 2 :])

    assert found or {first, second} == {ALPHABET[0], ALPHABET[-1]}


@given(BODIES, st.sampled_from(["", " ", "-", " - "]), st.booleans())
def test_a_code_is_read_as_people_type_it(body: str, between: str, small: bool) -> None:
    code = whole(body)
    typed = between.join(code.replace("0", "O").replace("1", "l"))
    typed = typed.lower() if small else typed

    assert codes.read_code(f" {typed}\n") == code


def test_what_is_no_code_is_not_read() -> None:
    for text in ("", "7", "0" * 12, "0" * 14, "U" * 13, "ß" * 13, "٣" * 13, "0" * 12 + "1"):
        assert codes.read_code(text) is None


def test_a_code_is_printed_in_fours_and_read_back() -> None:
    code = whole("7K3M9QZXT4WC")

    assert codes.spaced(code) == f"7K3M-9QZX-T4WC-{code[-1]}"
    assert codes.read_code(codes.spaced(code)) == code
