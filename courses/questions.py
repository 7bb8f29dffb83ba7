"""A section of YAML -> a question, with every fault an author can make told."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from markupsafe import Markup

from courses.faults import did_you_mean
from courses.kinds import (
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
from courses.markup import plain_html, render_fragment
from courses.source import Section, exact
from courses.sums import SumError, work_out

MAX_QUESTIONS = 400


@dataclass(frozen=True, slots=True)
class Setting:
    """What all questions of a quiz, or of all pools of an exam, are read with."""

    shuffle: bool = True
    """Whether options are shown in an order drawn anew."""
    outcomes: frozenset[str] | None = None
    """Outcomes that may be asked; None: any."""
    ids: set[str] = field(default_factory=set)
    """Ids met so far; none may come twice."""
    inside: bool = False
    """Of a scenario."""


def read_questions(section: Section, setting: Setting) -> tuple[Question, ...]:
    """Read the list under ``questions``; faulty ones are left out.

    Args:
        section: of a quiz, a pool or a scenario.
        setting: notes the ids that it meets.
    """
    found = [read_question(each, setting) for each in section.sections("questions")]
    if len(found) > MAX_QUESTIONS:
        section.fault(f"more than {MAX_QUESTIONS} questions", key="questions")
    return tuple(question for question in found if question is not None)


def read_question(section: Section, setting: Setting) -> Question | None:
    """Read one question; None where its kind is not known, or not possible here."""
    kind = section.text("kind")
    reader = READERS.get(kind)
    if reader is None:
        if kind:
            section.fault(f"kind {kind!r} is not known", did_you_mean(kind, READERS), key="kind")
        return None
    if setting.inside and kind == "scenario":
        section.fault("a scenario inside a scenario", "Ask its questions by themselves.")
        return None
    common: dict[str, Any] = {
        "id": _new_id(section, setting),
        "text": read_markup(section, "text"),
        "points": section.whole("points", default=1, low=1, high=100),
        "outcome": _outcome(section, setting),
        "explanation": optional_markup(section, "explanation"),
    }
    question = reader(section, common, setting)
    section.finish()
    return question


def _new_id(section: Section, setting: Setting) -> str:
    question_id = section.id()
    if question_id and question_id in setting.ids:
        section.fault(f"question {question_id!r} stands here twice", key="id")
    setting.ids.add(question_id)
    return question_id


def _outcome(section: Section, setting: Setting) -> str | None:
    outcome = section.text("outcome", default="")
    if outcome and setting.outcomes is not None and outcome not in setting.outcomes:
        hint = did_you_mean(outcome, setting.outcomes)
        section.fault(f"outcome {outcome!r} is not in module.yaml", hint, key="outcome")
    return outcome or None


def read_markup(section: Section, key: str) -> Markup:
    """Read a text in Markdown that must be there."""
    return _rendered(section, section.text(key), section.line_of(key))


def optional_markup(section: Section, key: str) -> Markup | None:
    """Read a text in Markdown; None where there is none."""
    text = section.text(key, default="")
    return _rendered(section, text, section.line_of(key)) if text else None


def _rendered(section: Section, text: str, line: int) -> Markup:
    plain = plain_html(text)
    if plain is not None:
        return plain
    rendered = render_fragment(text)
    for _, message, hint in rendered.faults:
        section.fault(message, hint, line=line)
    return rendered.html


def _scoring(section: Section) -> Scoring:
    words = tuple(scoring.value for scoring in Scoring)
    return Scoring(section.choice("scoring", words, default=Scoring.ALL_OR_NOTHING.value))


def _options(section: Section, key: str = "options", *, judged: bool = True) -> tuple[Option, ...]:
    found = []
    for each in section.sections(key):
        correct = each.flag("correct", default=False) if judged else False
        feedback = optional_markup(each, "feedback") if judged else None
        if judged and not correct and feedback is None:
            each.fault("a wrong option without feedback", "Say why it is wrong.")
        found.append(Option(each.id(), read_markup(each, "text"), correct, feedback))
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


def _single(section: Section, common: dict[str, Any], setting: Setting) -> Question:
    options = _options(section)
    right = sum(option.correct for option in options)
    if right != 1:
        hint = "Mark one with `correct: true`, or make it `kind: multiple`."
        section.fault(f"exactly one option must be correct, not {right}", hint, key="options")
    return SingleChoice(**common, options=options, shuffle=_shuffle(section, setting))


def _multiple(section: Section, common: dict[str, Any], setting: Setting) -> Question:
    options = _options(section)
    if not any(option.correct for option in options):
        section.fault("at least one option must be correct", key="options")
    return MultipleChoice(
        **common,
        options=options,
        scoring=_scoring(section),
        shuffle=_shuffle(section, setting),
    )


def _true_false(section: Section, common: dict[str, Any], _setting: Setting) -> Question:
    return TrueFalse(
        **common, correct=section.flag("correct"), feedback=optional_markup(section, "feedback")
    )


def _numeric(section: Section, common: dict[str, Any], _setting: Setting) -> Question:
    answer = section.number("answer")
    tolerance_text = section.text("tolerance", default="0")
    tolerance = section.number("tolerance", default="0")
    if tolerance_text.endswith("%"):
        tolerance = abs(answer) * tolerance
    if tolerance < 0:
        section.fault("tolerance must not be below 0", key="tolerance")
    _check_solution(section, answer, tolerance)
    return Numeric(
        **common,
        answer=answer,
        tolerance=tolerance,
        units=_units(section),
        feedback=optional_markup(section, "feedback"),
    )


def _check_solution(section: Section, answer: Fraction, tolerance: Fraction) -> None:
    """Work a solution out; a number without one must be one to remember."""
    solution = section.text("solution", default="", length=400)
    is_recalled = section.flag("recall", default=False)
    if not solution:
        if not is_recalled:
            hint = "Write the calculation, or `recall: true` for a number to remember."
            section.lack("this numeric question has no solution", hint)
        return
    try:
        value = work_out(solution)
    except SumError as error:
        section.fault(f"solution {solution!r}: {error}", "Numbers and signs only.", key="solution")
        return
    if abs(value - answer) > tolerance:
        message = f"solution comes to {float(value):,.8g}, the answer is {float(answer):,.8g}"
        section.fault(message, "Mend one of them, or the tolerance.", key="solution")


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


def _matching(section: Section, common: dict[str, Any], _setting: Setting) -> Question:
    pairs = []
    for each in section.sections("pairs"):
        left, right = read_markup(each, "left"), read_markup(each, "right")
        pairs.append(Pair(each.id(), left, right))
        each.finish()
    if len(pairs) < 2:
        section.fault("pairs: at least two are needed", key="pairs")
    _unique(section, "pairs", [pair.id for pair in pairs])
    distractors = tuple(
        _rendered(section, text, line) for text, line in section.texts("distractors")
    )
    _unique(
        section, "pairs", [str(pair.right) for pair in pairs] + [str(each) for each in distractors]
    )
    return Matching(
        **common,
        pairs=tuple(pairs),
        distractors=distractors,
        scoring=_scoring(section),
        feedback=optional_markup(section, "feedback"),
    )


def _ordering(section: Section, common: dict[str, Any], _setting: Setting) -> Question:
    items = _options(section, "items", judged=False)
    return Ordering(
        **common,
        items=items,
        scoring=_scoring(section),
        feedback=optional_markup(section, "feedback"),
    )


def _fill_in(section: Section, common: dict[str, Any], _setting: Setting) -> Question:
    return FillIn(
        **common,
        accept=tuple(text for text, _ in section.texts("accept", needed=True)),
        case_matters=section.flag("case_matters", default=False),
        feedback=optional_markup(section, "feedback"),
    )


def _scenario(section: Section, common: dict[str, Any], setting: Setting) -> Question:
    if section.has("points"):
        section.fault("a scenario has the points of its questions", "Leave them out.", key="points")
    inside = Setting(_shuffle(section, setting), setting.outcomes, inside=True)
    questions = read_questions(section, inside)
    points = max(1, sum(question.points for question in questions))
    return Scenario(**{**common, "points": points}, questions=questions)


def _shuffle(section: Section, setting: Setting) -> bool:
    return section.flag("shuffle", default=setting.shuffle)


READERS: dict[str, Callable[[Section, dict[str, Any], Setting], Question]] = {
    "single": _single,
    "multiple": _multiple,
    "true-false": _true_false,
    "numeric": _numeric,
    "matching": _matching,
    "ordering": _ordering,
    "fill-in": _fill_in,
    "scenario": _scenario,
}
