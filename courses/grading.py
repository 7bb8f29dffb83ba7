"""Response -> Mark for each kind of question; exact fractions; pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from fractions import Fraction

from markupsafe import Markup

from courses.kinds import (
    FillIn,
    Mark,
    Matching,
    MultipleChoice,
    Numeric,
    Option,
    Ordering,
    Question,
    Response,
    Scenario,
    Scoring,
    SingleChoice,
    TrueFalse,
)
from courses.source import exact

NOT_A_NUMBER = Markup("This is not a number. Write it like 1086.9 or 1,086.9, without words.")
ENGLISH_THOUSANDS = re.compile(r"[+\-\u2212]?[1-9]\d{0,2},\d{3}")


def mark(question: Question, response: Response) -> Mark:
    """Judge a response.

    A response of another question's kind, or an empty one, earns nothing; nothing is raised.
    """
    if isinstance(question, Scenario):
        return _scenario(question, response)
    if not response.given:
        return Mark(question.id, Fraction(0), question.points, False)
    share, feedback = JUDGES[type(question)](question, response)
    return Mark(question.id, share * question.points, question.points, share == 1, feedback)


def element_passed(points: Fraction, asked: int, share: Fraction) -> bool:
    """Say whether an element is passed: points / asked >= share, compared exactly."""
    return asked > 0 and points * share.denominator >= share.numerator * asked


def read_number(text: str) -> Fraction | None:
    """Read a number as people write it: point or comma, spaces or apostrophes between thousands.

    ``1,086.9``, ``1.086,9``, ``1 086,9`` and ``1'086.9`` are 1086.9. One comma or point followed by
    exactly three digits is a thousands separator only where another separator proves it:
    ``1,086`` alone is 1.086, since a comma is the decimal sign of most of Europe. Marking also
    takes it as 1086: see :func:`value_of`.

    Returns:
        The exact number; None where it is none, or not finite.
    """
    clean = re.sub("[\\s\u00a0\u2009\u202f'\u2019_]", "", text.strip())
    clean = clean.replace("\u2212", "-").replace("×10^", "e").replace("*10^", "e")
    if len(clean) > 60:
        return None
    points, commas = clean.count("."), clean.count(",")
    if points and commas:
        thousands, decimal = (",", ".") if clean.rfind(".") > clean.rfind(",") else (".", ",")
        whole, _, rest = clean.rpartition(decimal)
        if decimal in whole or not re.fullmatch(rf"[+-]?\d{{1,3}}(\{thousands}\d{{3}})+", whole):
            return None
        clean = f"{whole.replace(thousands, '')}.{rest}"
    elif commas > 1 or points > 1:
        sign = "," if commas else "."
        if not re.fullmatch(rf"[+-]?\d{{1,3}}(\{sign}\d{{3}})+", clean):
            return None
        clean = clean.replace(sign, "")
    else:
        clean = clean.replace(",", ".")
    if "/" in clean or "%" in clean:
        return None
    return exact(clean)


def value_of(question: Numeric, response: Response) -> Fraction | None:
    """Give the number that a response means, in the question's first unit.

    Our own texts write 29,605 for 29605, so one comma before three digits counts as either sign,
    whichever comes nearer to the answer.

    Returns:
        None where no number is given, or no unit where one must be chosen.
    """
    text = response.given[0] if response.given else ""
    number = read_number(text)
    factors = dict(question.units)
    unit = response.given[1] if len(response.given) > 1 else ""
    if number is None or (len(factors) > 1 and unit not in factors):
        return None
    numbers = [number]
    if ENGLISH_THOUSANDS.fullmatch(text.strip()):
        numbers.append(number * 1000)
    factor = factors.get(unit, Fraction(1))
    return min((each * factor for each in numbers), key=lambda each: abs(each - question.answer))


def _scenario(question: Scenario, response: Response) -> Mark:
    given = {part.question_id: part for part in response.parts}
    parts = tuple(mark(each, given.get(each.id, Response(each.id))) for each in question.questions)
    points = sum((part.points for part in parts), Fraction(0))
    correct = bool(parts) and all(part.correct for part in parts)
    return Mark(question.id, points, question.points, correct, (), parts)


Judged = tuple[Fraction, tuple[Markup, ...]]


def _words(*texts: Markup | None) -> tuple[Markup, ...]:
    return tuple(text for text in texts if text is not None)


def _single(question: SingleChoice, response: Response) -> Judged:
    chosen = [option for option in question.options if option.id in response.given]
    right = len(chosen) == 1 and chosen[0].correct and len(response.given) == 1
    return Fraction(right), _words(*(option.feedback for option in chosen))


def _multiple(question: MultipleChoice, response: Response) -> Judged:
    chosen = {option.id for option in question.options if option.id in response.given}
    right = {option.id for option in question.options if option.correct}
    hit, miss = len(chosen & right), len(chosen - right)
    share = Fraction(chosen == right)
    if question.scoring is Scoring.PARTIAL:
        share = max(Fraction(hit - miss, len(right)), Fraction(0))

    def wrong_first(option: Option) -> bool:
        return option.correct

    told = sorted((o for o in question.options if o.id in chosen), key=wrong_first)
    return share, _words(*(option.feedback for option in told))


def _true_false(question: TrueFalse, response: Response) -> Judged:
    right = response.given == (("true",) if question.correct else ("false",))
    return Fraction(right), () if right else _words(question.feedback)


def _numeric(question: Numeric, response: Response) -> Judged:
    if read_number(response.given[0]) is None:
        return Fraction(0), (NOT_A_NUMBER,)
    value = value_of(question, response)
    right = value is not None and abs(value - question.answer) <= question.tolerance
    return Fraction(right), () if right else _words(question.feedback)


def _matching(question: Matching, response: Response) -> Judged:
    given = dict(each.partition("=")[::2] for each in response.given)
    right = sum(given.get(pair.id) == f"t{n}" for n, pair in enumerate(question.pairs, start=1))
    return _shared(question.scoring, right, len(question.pairs), question.feedback)


def _ordering(question: Ordering, response: Response) -> Judged:
    wanted = [item.id for item in question.items]
    right = sum(a == b for a, b in zip(wanted, response.given, strict=False))
    if sorted(wanted) != sorted(response.given):
        right = min(right, len(wanted) - 1)
    return _shared(question.scoring, right, len(wanted), question.feedback)


def _shared(scoring: Scoring, right: int, of: int, feedback: Markup | None) -> Judged:
    share = Fraction(right, of)
    if scoring is not Scoring.PARTIAL and share != 1:
        share = Fraction(0)
    return share, () if right == of else _words(feedback)


def _fill_in(question: FillIn, response: Response) -> Judged:
    given = folded(response.given[0], case_matters=question.case_matters)
    right = any(
        given == folded(each, case_matters=question.case_matters) for each in question.accept
    )
    return Fraction(right), () if right else _words(question.feedback)


def folded(text: str, *, case_matters: bool) -> str:
    """Give a text as it is compared: NFC, spaces collapsed, dashes alike, and case folded."""
    clean = " ".join(unicodedata.normalize("NFC", text).split())
    clean = re.sub("[\u2010-\u2015\u2212]", "-", clean).replace("\u2019", "'")
    return clean if case_matters else clean.casefold()


JUDGES: dict[type[Question], Callable[..., Judged]] = {
    SingleChoice: _single,
    MultipleChoice: _multiple,
    TrueFalse: _true_false,
    Numeric: _numeric,
    Matching: _matching,
    Ordering: _ordering,
    FillIn: _fill_in,
}
