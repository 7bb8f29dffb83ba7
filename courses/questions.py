"""A section of YAML -> a question, with every fault an author can make told."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

from markupsafe import Markup

from courses.markup import render_text
from courses.model import (
    FillIn,
    Matching,
    MultipleChoice,
    Numeric,
    Option,
    Ordering,
    Pair,
    Question,
    Scenario,
    Scoring,
    SingleChoice,
    TrueFalse,
)
from courses.source import Section, exact

MAX_QUESTIONS = 400


def read_questions(section: Section, *, shuffle: bool) -> tuple[Question, ...]:
    """Read the list under ``questions``; faulty ones are left out.

    Args:
        section: of a quiz, a pool or a scenario.
        shuffle: whether options are shown in an order drawn anew.
    """
    found = [read_question(each, shuffle=shuffle) for each in section.sections("questions")]
    return tuple(question for question in found if question is not None)


def read_question(section: Section, *, shuffle: bool) -> Question | None:
    """Read one question; None where its kind is not known."""
    kind = section.choice("kind", tuple(READERS), default="")
    reader = READERS.get(kind)
    if reader is None:
        if not kind:
            section.fault("'kind' is missing", f"There are: {', '.join(READERS)}.")
        return None
    outcome = section.text("outcome", default="") or None
    common: dict[str, Any] = {
        "id": section.id(),
        "text": render_text(section.text("text")),
        "points": section.whole("points", default=1, low=1, high=100),
        "outcome": outcome,
        "explanation": _optional(section, "explanation"),
    }
    question = reader(section, common, shuffle)
    section.finish()
    return question


def _optional(section: Section, key: str) -> Markup | None:
    text = section.text(key, default="")
    return render_text(text) if text else None


def _scoring(section: Section) -> Scoring:
    words = tuple(scoring.value for scoring in Scoring)
    return Scoring(section.choice("scoring", words, default=Scoring.ALL_OR_NOTHING.value))


def _options(section: Section, key: str = "options", *, judged: bool = True) -> tuple[Option, ...]:
    found = []
    for each in section.sections(key):
        correct = each.flag("correct", default=False) if judged else False
        feedback = _optional(each, "feedback") if judged else None
        if judged and not correct and feedback is None:
            each.fault("a wrong option without feedback", "Say why it is wrong.")
        found.append(Option(each.id(), render_text(each.text("text")), correct, feedback))
        each.finish()
    if len(found) < 2:
        section.fault(f"{key}: at least two are needed", key=key)
    _unique(section, key, [option.id for option in found])
    _unique(section, key, [str(option.text) for option in found])
    return tuple(found)


def _unique(section: Section, key: str, values: Sequence[str]) -> None:
    twice = sorted({value for value in values if values.count(value) > 1 and value})
    if twice:
        section.fault(f"{key}: {twice[0]!r} stands here twice", key=key)


def _single(section: Section, common: dict[str, Any], shuffle: bool) -> Question:
    options = _options(section)
    right = sum(option.correct for option in options)
    if right != 1:
        hint = "Mark one with `correct: true`, or make it `kind: multiple`."
        section.fault(f"exactly one option must be correct, not {right}", hint, key="options")
    return SingleChoice(**common, options=options, shuffle=section.flag("shuffle", default=shuffle))


def _multiple(section: Section, common: dict[str, Any], shuffle: bool) -> Question:
    options = _options(section)
    if not any(option.correct for option in options):
        section.fault("at least one option must be correct", key="options")
    return MultipleChoice(
        **common,
        options=options,
        scoring=_scoring(section),
        shuffle=section.flag("shuffle", default=shuffle),
    )


def _true_false(section: Section, common: dict[str, Any], _shuffle: bool) -> Question:
    return TrueFalse(
        **common, correct=section.flag("correct"), feedback=_optional(section, "feedback")
    )


def _numeric(section: Section, common: dict[str, Any], _shuffle: bool) -> Question:
    answer = section.number("answer")
    tolerance_text = section.text("tolerance", default="0")
    tolerance = section.number("tolerance", default="0")
    if tolerance_text.endswith("%"):
        tolerance = abs(answer) * tolerance
    if tolerance < 0:
        section.fault("tolerance must not be below 0", key="tolerance")
    return Numeric(
        **common,
        answer=answer,
        tolerance=tolerance,
        units=_units(section),
        feedback=_optional(section, "feedback"),
    )


def _units(section: Section) -> tuple[tuple[str, Fraction], ...]:
    unit = section.text("unit", default="", length=40)
    pairs = section.pairs("units")
    if unit and pairs:
        section.fault("'unit' and 'units' exclude each other", key="units")
    if unit:
        return ((unit, Fraction(1)),)
    found = []
    for name, factor in pairs:
        value = exact(factor)
        if value is None or value <= 0:
            section.fault(f"unit {name!r}: {factor!r} is no factor above 0", key="units")
            value = Fraction(1)
        found.append((name, value))
    if found and found[0][1] != 1:
        section.fault("the first unit has the factor 1: it is the answer's", key="units")
    return tuple(found)


def _matching(section: Section, common: dict[str, Any], _shuffle: bool) -> Question:
    pairs = []
    for each in section.sections("pairs"):
        left, right = render_text(each.text("left")), render_text(each.text("right"))
        pairs.append(Pair(each.id(), left, right))
        each.finish()
    if len(pairs) < 2:
        section.fault("pairs: at least two are needed", key="pairs")
    _unique(section, "pairs", [pair.id for pair in pairs])
    distractors = tuple(render_text(text) for text, _ in section.texts("distractors"))
    _unique(
        section, "pairs", [str(pair.right) for pair in pairs] + [str(each) for each in distractors]
    )
    return Matching(
        **common,
        pairs=tuple(pairs),
        distractors=distractors,
        scoring=_scoring(section),
        feedback=_optional(section, "feedback"),
    )


def _ordering(section: Section, common: dict[str, Any], _shuffle: bool) -> Question:
    items = _options(section, "items", judged=False)
    return Ordering(
        **common, items=items, scoring=_scoring(section), feedback=_optional(section, "feedback")
    )


def _fill_in(section: Section, common: dict[str, Any], _shuffle: bool) -> Question:
    return FillIn(
        **common,
        accept=tuple(text for text, _ in section.texts("accept", needed=True)),
        case_matters=section.flag("case_matters", default=False),
        feedback=_optional(section, "feedback"),
    )


def _scenario(section: Section, common: dict[str, Any], shuffle: bool) -> Question:
    if section.has("points"):
        section.fault("a scenario has the points of its questions", "Leave them out.", key="points")
    questions = read_questions(section, shuffle=section.flag("shuffle", default=shuffle))
    if any(isinstance(question, Scenario) for question in questions):
        section.fault("a scenario inside a scenario", key="questions")
    _unique(section, "questions", [question.id for question in questions])
    points = max(1, sum(question.points for question in questions))
    return Scenario(**{**common, "points": points}, questions=questions)


READERS: dict[str, Callable[[Section, dict[str, Any], bool], Question]] = {
    "single": _single,
    "multiple": _multiple,
    "true-false": _true_false,
    "numeric": _numeric,
    "matching": _matching,
    "ordering": _ordering,
    "fill-in": _fill_in,
    "scenario": _scenario,
}
