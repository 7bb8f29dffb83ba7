"""Calculations in a text, such as ``1,200 × 0.25 + 35 = 335 kg``, worked out again.

Numbers are exact fractions; roots, logarithms and powers with a broken exponent are decimal, to
forty digits. Nothing but numbers, ``+ − × ÷ ^ ( )`` and a few functions is read.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal, DecimalException, localcontext
from fractions import Fraction

NUMBER = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?(?!\d)|\d+(?:\.\d+)?|\.\d+")
TOKEN = re.compile(rf"\s*(?:({NUMBER.pattern})|([a-z]+)(?=\s*\()|([-+−–*×·/÷^(),;%²³]))")
SIGNS = str.maketrans("−–×·÷", "--**/")
RELATION = re.compile(r"\s*([=≈])\s*")
CURRENCY = re.compile(r"^(?:€|EUR)\s*(?=[\d.−-])")
DIGITS = 40
NEAR = Fraction(1, 10**25)
"""What decimal working may be off where `=` stands."""
LARGEST = 10**60


class SumError(ValueError):
    """A calculation that cannot be read, or does not come out; says why."""


@dataclass(frozen=True, slots=True)
class Worked:
    """What a side of a calculation comes to."""

    value: Fraction
    rest: str
    """What stands after it: a unit."""
    decimals: int | None
    """Shown, where it is one number; None: it is more than a number."""
    is_percent: bool


def check_sum(text: str) -> None:
    """Work out what stands between the signs of a calculation, and compare.

    Raises:
        SumError: it cannot be read, or one side is not what the other comes to.
    """
    parts = RELATION.split(text.strip())
    if len(parts) < 3:
        raise SumError("there is no = or ≈ in it")
    sides = [_side(part, is_last=n == len(parts) - 1) for n, part in enumerate(parts) if n % 2 == 0]
    for number, sign in enumerate(parts[1::2]):
        _compare(sides[number], sign, sides[number + 1], parts[2 * number + 2])


def work_out(text: str) -> Fraction:
    """Give what an expression comes to.

    Raises:
        SumError: it cannot be read.
    """
    return _side(text, is_last=False).value


def _side(text: str, *, is_last: bool) -> Worked:
    reader = _Reader(CURRENCY.sub("", text.strip()) if is_last else text.strip())
    found = reader.expression()
    rest = reader.rest()
    if rest and (not is_last or rest[0] in "+-−–*×·÷^()="):
        raise SumError(f"{rest.split()[0]!r} is not read here; a unit may stand at the end only")
    return Worked(found, rest, reader.decimals(), reader.ends_in_percent)


def _compare(left: Worked, sign: str, right: Worked, shown: str) -> None:
    off = abs(left.value - right.value)
    if sign == "=":
        if off > NEAR:
            raise SumError(f"comes to {_shown(left.value)}, not {shown.strip()}")
        return
    if right.decimals is None:
        raise SumError("after ≈ stands one number")
    step = Fraction(1, 10**right.decimals) / (100 if right.is_percent else 1)
    if off > step / 2:
        raise SumError(f"comes to {_shown(left.value)}, not {shown.strip()}")


def _shown(value: Fraction) -> str:
    if value.denominator == 1 and abs(value) < LARGEST:
        return f"{int(value):,}"
    return f"{float(value):,.8g}"


class _Reader:
    """Reads an expression from the left."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._numbers: list[str] = []
        self._parts = 0
        self.ends_in_percent = False

    def rest(self) -> str:
        """Give what has not been read."""
        return self._text[self._at :].strip()

    def decimals(self) -> int | None:
        """Give the decimals of the number, where there is one number and nothing else."""
        if self._parts != 1 or len(self._numbers) != 1:
            return None
        return len(self._numbers[0].partition(".")[2])

    def expression(self) -> Fraction:
        """Read a sum."""
        value = self._product()
        while sign := self._take("+-"):
            other = self._product()
            value = value + other if sign == "+" else value - other
        return value

    def _product(self) -> Fraction:
        value = self._signed()
        while sign := self._take("*/"):
            other = self._signed()
            if sign == "/" and other == 0:
                raise SumError("a division by 0")
            value = value * other if sign == "*" else value / other
        return value

    def _signed(self) -> Fraction:
        if self._take("-", counts=False):
            return -self._signed()
        return self._power()

    def _power(self) -> Fraction:
        value = self._single()
        while sign := self._take("%²³"):
            self.ends_in_percent = sign == "%"
            value = value / 100 if sign == "%" else _power(value, Fraction(2 + "²³".index(sign)))
        if self._take("^"):
            return _power(value, self._signed())
        return value

    def _single(self) -> Fraction:
        self._parts += 1
        self.ends_in_percent = False
        found = TOKEN.match(self._text, self._at)
        if found is None:
            near = self.rest()[:12] or "the end"
            raise SumError(f"a number is expected before {near!r}")
        self._at = found.end()
        if found[1]:
            self._numbers.append(found[1])
            return Fraction(found[1].replace(",", ""))
        if found[2]:
            return self._function(found[2])
        if found[3] != "(":
            raise SumError(f"{found[3]!r} stands where a number is expected")
        value = self.expression()
        self._close()
        return value

    def _function(self, name: str) -> Fraction:
        rule = FUNCTIONS.get(name)
        if rule is None:
            raise SumError(f"{name}() is not known; there are {', '.join(sorted(FUNCTIONS))}")
        self._take("(")
        given = [self.expression()]
        while self._take(",;"):
            given.append(self.expression())
        self._close()
        return rule(given)

    def _close(self) -> None:
        if not self._take(")", counts=False):
            raise SumError("a bracket is not closed")

    def _take(self, signs: str, *, counts: bool = True) -> str:
        found = TOKEN.match(self._text, self._at)
        if found is None or not found[3]:
            return ""
        sign = found[3].translate(SIGNS)
        if sign not in signs:
            return ""
        self._at = found.end()
        self._parts += counts and sign != "%"
        return sign


def _power(value: Fraction, exponent: Fraction) -> Fraction:
    if exponent.denominator == 1 and abs(exponent) <= 200:
        if value == 0 and exponent < 0:
            raise SumError("a division by 0")
        made = Fraction(value) ** int(exponent)
        if abs(made) > LARGEST:
            raise SumError("a number that is too large")
        return made
    return _decimal(lambda: _to_decimal(value) ** _to_decimal(exponent))


def _one(rule: Callable[[Decimal], Decimal]) -> Callable[[Sequence[Fraction]], Fraction]:
    def apply(given: Sequence[Fraction]) -> Fraction:
        if len(given) != 1:
            raise SumError("this function takes one number")
        return _decimal(lambda: rule(_to_decimal(given[0])))

    return apply


def _several(
    rule: Callable[[Sequence[Fraction]], Fraction],
) -> Callable[[Sequence[Fraction]], Fraction]:
    def apply(given: Sequence[Fraction]) -> Fraction:
        if len(given) < 2:
            raise SumError("min() and max() take two numbers or more, with '; ' between them")
        return rule(given)

    return apply


def _decimal(work: Callable[[], Decimal]) -> Fraction:
    with localcontext(prec=DIGITS):
        try:
            made = work()
        except (DecimalException, OverflowError) as error:
            raise SumError("a root, logarithm or power that does not exist") from error
    if not made.is_finite() or abs(made) > LARGEST:
        raise SumError("a number that is too large")
    return Fraction(made)


def _to_decimal(value: Fraction) -> Decimal:
    return Decimal(value.numerator) / Decimal(value.denominator)


FUNCTIONS: dict[str, Callable[[Sequence[Fraction]], Fraction]] = {
    "sqrt": _one(lambda number: number.sqrt()),
    "ln": _one(lambda number: number.ln()),
    "exp": _one(lambda number: number.exp()),
    "min": _several(min),
    "max": _several(max),
}
