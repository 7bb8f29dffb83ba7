"""Questions in the words of xAPI: definition and response of a cmi.interaction.

Source: xAPI 1.0.3, part two, 2.4.4.1 (interaction activities) and appendix C.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Decimal, localcontext
from fractions import Fraction
from typing import Any

from courses.grading import value_of
from courses.kinds import (
    FillIn,
    Matching,
    MultipleChoice,
    Numeric,
    Ordering,
    Question,
    Response,
    SingleChoice,
    TrueFalse,
)
from courses.markup import plain_text

INTERACTION = "http://adlnet.gov/expapi/activities/cmi.interaction"
BETWEEN, PAIR, RANGE = "[,]", "[.]", "[:]"
NAME_LENGTH = 100
DIGITS = 12
LARGEST = 10**15


def definition(question: Question, language: str) -> dict[str, Any]:
    """Give the definition of a question's activity, in the JSON form of the standard.

    Args:
        question: of any kind but a scenario, whose questions have definitions of their own.
        language: BCP 47 tag of the course.

    Raises:
        TypeError: a scenario.
    """
    maker = MAKERS.get(type(question))
    if maker is None:
        raise TypeError(f"{type(question).__name__} is no interaction")
    text = plain_text(question.text)
    name = text if len(text) <= NAME_LENGTH else f"{text[: NAME_LENGTH - 1]}…"
    return {
        "type": INTERACTION,
        "name": {language: name},
        "description": {language: text},
        **maker(question, language),
    }


def response_text(question: Question, response: Response) -> str:
    """Give a response in the standard's form; empty where nothing was given.

    A number is written plainly and in the unit of the answer, so that it can be compared with the
    pattern of right responses; what is no number stays as it was typed.
    """
    if response.is_empty:
        return ""
    if isinstance(question, Numeric):
        value = value_of(question, response)
        if value is not None and abs(value) < LARGEST:
            return _decimal(value)
        return " ".join(part for part in response.given if part)
    if isinstance(question, Matching):
        pairs = (each.partition("=") for each in response.given)
        return BETWEEN.join(f"{left}{PAIR}{right}" for left, _, right in pairs)
    return BETWEEN.join(response.given)


def _listed(pairs: Iterable[tuple[str, str]], language: str) -> list[dict[str, Any]]:
    return [{"id": each, "description": {language: plain_text(text)}} for each, text in pairs]


def _choice(question: SingleChoice | MultipleChoice, language: str) -> dict[str, Any]:
    options = sorted(question.options, key=lambda option: option.id)
    right = BETWEEN.join(option.id for option in options if option.correct)
    return {
        "interactionType": "choice",
        "choices": _listed(((option.id, option.text) for option in options), language),
        "correctResponsesPattern": [right],
    }


def _true_false(question: TrueFalse, _language: str) -> dict[str, Any]:
    right = "true" if question.correct else "false"
    return {"interactionType": "true-false", "correctResponsesPattern": [right]}


def _numeric(question: Numeric, _language: str) -> dict[str, Any]:
    low, high = question.answer - question.tolerance, question.answer + question.tolerance
    return {
        "interactionType": "numeric",
        "correctResponsesPattern": [f"{_decimal(low)}{RANGE}{_decimal(high)}"],
    }


def _decimal(number: Fraction) -> str:
    with localcontext(prec=DIGITS):
        rounded = Decimal(number.numerator) / Decimal(number.denominator)
    return f"{rounded:f}"


def _matching(question: Matching, language: str) -> dict[str, Any]:
    right = BETWEEN.join(f"{pair.id}{PAIR}t{n}" for n, pair in enumerate(question.pairs, start=1))
    return {
        "interactionType": "matching",
        "source": _listed(((pair.id, pair.left) for pair in question.pairs), language),
        "target": _listed(question.targets, language),
        "correctResponsesPattern": [right],
    }


def _ordering(question: Ordering, language: str) -> dict[str, Any]:
    return {
        "interactionType": "sequencing",
        "choices": _listed(((item.id, item.text) for item in question.items), language),
        "correctResponsesPattern": [BETWEEN.join(item.id for item in question.items)],
    }


def _fill_in(question: FillIn, _language: str) -> dict[str, Any]:
    case = "true" if question.case_matters else "false"
    return {
        "interactionType": "fill-in",
        "correctResponsesPattern": [f"{{case_matters={case}}}{each}" for each in question.accept],
    }


MAKERS: dict[type[Question], Callable[..., dict[str, Any]]] = {
    SingleChoice: _choice,
    MultipleChoice: _choice,
    TrueFalse: _true_false,
    Numeric: _numeric,
    Matching: _matching,
    Ordering: _ordering,
    FillIn: _fill_in,
}
