"""A form as a browser sends it -> Response.

Fields are named ``r.<question>``; ``r.<question>.unit`` for a unit, ``r.<question>.<pair>`` =
target, ``r.<question>.<item>`` = place from 1; questions of a scenario ``r.<scenario>.<question>``
with the same endings.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from courses.kinds import (
    FillIn,
    Matching,
    MultipleChoice,
    Numeric,
    Ordering,
    Question,
    Response,
    Scenario,
    SingleChoice,
    TrueFalse,
)

LENGTH = 2_000

Form = Mapping[str, Sequence[str]]


class ResponseError(ValueError):
    """A form that no page of ours sends, or places that do not make an order; says it plainly."""


def field_of(question_id: str, scenario_id: str | None = None) -> str:
    """Name the field of a question."""
    return f"r.{scenario_id}.{question_id}" if scenario_id else f"r.{question_id}"


def read_response(question: Question, form: Form, *, scenario_id: str | None = None) -> Response:
    """Read what a form gives to a question; nothing given makes an empty response.

    Raises:
        ResponseError: an option that the question does not have, a text that is too long, or
            places that leave out or repeat a number.
    """
    name = field_of(question.id, scenario_id)
    if isinstance(question, Scenario):
        parts = (read_response(each, form, scenario_id=question.id) for each in question.questions)
        return Response(question.id, (), tuple(parts))
    return Response(question.id, _given(question, name, form))


def _given(question: Question, name: str, form: Form) -> tuple[str, ...]:
    match question:
        case SingleChoice() | MultipleChoice():
            known = [option.id for option in question.options]
            chosen = _known(_texts(form, name), known)
            if isinstance(question, SingleChoice) and len(chosen) > 1:
                raise ResponseError("Choose one option only.")
            return tuple(option for option in known if option in chosen)
        case TrueFalse():
            return tuple(_known(_texts(form, name)[:1], ["true", "false"]))
        case Numeric():
            number = _text(form, name)
            unit = _text(form, f"{name}.unit")
            if len(question.units) > 1 and unit:
                _known([unit], [each for each, _ in question.units])
            return (number, unit) if number else ()
        case Matching():
            targets = [target for target, _ in question.targets]
            given = {pair.id: _text(form, f"{name}.{pair.id}") for pair in question.pairs}
            _known([target for target in given.values() if target], targets)
            return tuple(f"{pair}={target}" for pair, target in given.items() if target)
        case Ordering():
            return _order(question, name, form)
        case FillIn():
            text = _text(form, name)
            return (text,) if text else ()
        case _:
            raise TypeError(f"no form for {type(question).__name__}")


def _order(question: Ordering, name: str, form: Form) -> tuple[str, ...]:
    places = {item.id: _text(form, f"{name}.{item.id}") for item in question.items}
    if not any(places.values()):
        return ()
    wanted = [str(number) for number in range(1, len(places) + 1)]
    if sorted(places.values()) != sorted(wanted):
        raise ResponseError(f"Give each step a place of its own, from 1 to {len(places)}.")
    return tuple(sorted(places, key=lambda item: int(places[item])))


def _texts(form: Form, name: str) -> list[str]:
    found = [text.replace("\0", "").strip() for text in form.get(name, ())]
    if any(len(text) > LENGTH for text in found):
        raise ResponseError(f"An answer has at most {LENGTH} characters.")
    return [text for text in found if text]


def _text(form: Form, name: str) -> str:
    return next(iter(_texts(form, name)), "")


def _known(given: list[str], known: Sequence[str]) -> list[str]:
    if not set(given) <= set(known):
        raise ResponseError(
            "This answer is not one of those offered. Reload the page and try again."
        )
    return given
