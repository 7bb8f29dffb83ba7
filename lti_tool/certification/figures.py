"""Days and shares as a certificate prints them.

They are the same on many certificates and tell of no person, so what was written once is kept.
"""

from __future__ import annotations

import functools
from datetime import date
from decimal import Decimal
from fractions import Fraction

from babel import Locale
from babel.dates import format_date
from babel.numbers import format_decimal

BRITISH = {"en": "en_GB"}
"""Languages that need a country to write dates as Europeans do."""
KEPT = 4096
"""How many days and shares."""
Parts = tuple[tuple[str, int], ...]
"""Points and how many could be had, of each part."""


@functools.cache
def locale_of(language: str) -> Locale:
    """Give how a language writes days and numbers."""
    return Locale.parse(BRITISH.get(language, language))


@functools.lru_cache(maxsize=KEPT)
def day_in(day: date, language: str) -> str:
    """Write a day, such as ``2 November 2026``."""
    return str(format_date(day, "d MMMM y", locale=locale_of(language)))


@functools.lru_cache(maxsize=KEPT)
def share_of(parts: Parts, language: str) -> tuple[float, str]:
    """Give what was reached in all parts together, as a share and in percent."""
    points = sum((Fraction(each) for each, _asked in parts), Fraction())
    share = points / sum(asked for _points, asked in parts)
    return min(1.0, max(0.0, float(share))), percent_of(share, language)


def percent_of(share: Fraction, language: str) -> str:
    """Write a share's percent with at most two decimals, rounded down: 2 of 3 is 66.66."""
    number = Decimal(int(share * 10_000)) / 100
    return str(format_decimal(number, "0.##", locale=locale_of(language)))
