"""Several filters at once: in which ways they are passed, and the queries that go there.

A filter means one or two terms, and every term has the numbers of its statements in order. A way is
one term of each filter, gone through from the rarest on.
"""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from xapi.driver import Driver, Sql

ENOUGH = 100
"""So many statements of a term are looked at to tell how rare it is."""
FEWEST, MOST = 200, 16_000
"""How many statements of the rarest term PostgreSQL holds together against the next one: about as
many as are likely to be enough, but at least and at most so many."""
SPARE = 1.05
"""How many times what is likely to be enough is taken."""
LEAST_NEXT, MOST_NEXT = 0.25, 8.0
"""How many times as far it goes the next time, where that was not enough."""
ASKED = """
    EXISTS (
      SELECT 1 FROM xapi_link AS other WHERE other.term = :term{place} AND other.seq = link.seq
      LIMIT 1 OFFSET 0
    )
"""
SPREAD = {
    order: Sql(
        f"""
        SELECT :term, COUNT(*), MIN(seq), MAX(seq) FROM (
          SELECT seq FROM xapi_link WHERE term = :term AND seq > :low AND seq <= :high
          ORDER BY seq {order} LIMIT :enough
        ) AS looked
        """,  # noqa: S608  # own words
        f"""
        SELECT asked.term, COUNT(*), MIN(seq), MAX(seq)
        FROM UNNEST(CAST(:terms AS bigint[])) AS asked (term) CROSS JOIN LATERAL (
          SELECT seq FROM xapi_link WHERE term = asked.term AND seq > :low AND seq <= :high
          ORDER BY seq {order} LIMIT :enough
        ) AS looked GROUP BY asked.term
        """,  # noqa: S608  # own words
    )
    for order in ("ASC", "DESC")
}
"""How many statements a term has, from one end on, and how far they reach."""

Spread = tuple[Any, ...]
"""A term, how many of its statements were looked at, the first number among them and the last."""


@dataclass(frozen=True, slots=True)
class Way:
    """Terms that a statement must have, all of them."""

    terms: Sequence[int]
    span: int = 0
    """Over how many numbers the first's statements are held together against the others, one such
    piece after the other; 0: the others are asked about each."""


def ways_of(
    driver: Driver,
    numbers: Sequence[list[int]],
    spreads: Sequence[Spread],
    bounds: Mapping[str, int],
    order: str,
) -> list[Way]:
    """Give each way in which all filters are passed: one number of each, the rarest in front.

    A way with a number that no statement between the bounds has leads nowhere.

    Args:
        driver: of any transaction.
        numbers: of each filter.
        spreads: of all of them, where they are known already.
        bounds: ``low``, ``high``, and the ``limit`` of what is wanted.
        order: ``ASC`` or ``DESC``.
    """
    if len(numbers) < 2:
        return [Way(list(each)) for each in itertools.product(*numbers)]
    terms = [term for each in numbers for term in each]
    counts = _counts(spreads or _spreads(driver, terms, bounds, order), bounds, order)
    there = [[term for term in each if counts.get(term)] for each in numbers]
    ways = []
    for each in itertools.product(*there):
        terms = sorted(each, key=lambda term: counts[term])
        counted = [counts[term] for term in terms]
        span = 0 if driver.is_sqlite else _span(counted, bounds)
        ways.append(Way(terms, span))
    return ways


def _span(counts: Sequence[float], bounds: Mapping[str, int]) -> int:
    """Give over how many numbers enough are likely, as if all were spread evenly and freely."""
    first, *others = counts
    among = bounds["high"] - bounds["low"]
    share = math.prod(min(1.0, count / among) for count in others)
    likely = min(MOST, max(FEWEST, SPARE * bounds["limit"] / share))
    return min(among, math.ceil(among * likely / first))


def _spreads(
    driver: Driver, terms: Sequence[int], bounds: Mapping[str, int], order: str
) -> list[Spread]:
    values = {"low": bounds["low"], "high": bounds["high"], "enough": ENOUGH}
    if driver.is_sqlite:
        rows = [driver.rows(SPREAD[order], {"term": term, **values})[0] for term in terms]
    else:
        rows = driver.rows(SPREAD[order], {"terms": list(terms), **values})
    return rows


def _counts(spreads: Iterable[Spread], bounds: Mapping[str, int], order: str) -> dict[int, float]:
    """Give how many statements each term has between the bounds: of many, about how many."""
    low, high = bounds["low"], bounds["high"]
    counts: dict[int, float] = {}
    for term, count, first, last in spreads:
        counts[term] = count
        if count == ENOUGH:
            reached = last - low if order == "ASC" else high + 1 - first
            counts[term] = count * (high - low) / reached
    return counts


def go(
    driver: Driver, way: Way, values: Mapping[str, int], order: str, *, mine: bool
) -> dict[int, str]:
    """Give numbers and texts of the first statements on a way.

    Args:
        driver: of any transaction.
        way: one of those that :func:`ways_of` gives.
        values: ``low``, ``high`` and ``limit``; ``authority``, if only its statements are wanted.
        order: ``ASC`` or ``DESC``.
        mine: whether only those of an authority are.
    """
    named = {**values, **{f"term{place}": term for place, term in enumerate(way.terms)}}
    if way.span:
        return _together(driver, way, named, order, mine=mine)
    return dict(driver.rows(_one_by_one(len(way.terms), order, mine=mine), named))


def _together(
    driver: Driver, way: Way, values: Mapping[str, int], order: str, *, mine: bool
) -> dict[int, str]:
    """Give the statements of all of a way's terms, piece after piece, until there are enough."""
    shape, limit = _at_a_time(len(way.terms), order, mine=mine), values["limit"]
    low, high, span = values["low"], values["high"], way.span
    found: dict[int, str] = {}
    while low < high and len(found) < limit:
        if order == "ASC":
            piece = {"low": low, "high": min(high, low + span)}
            low = piece["high"]
        else:
            piece = {"low": max(low, high - span), "high": high}
            high = piece["low"]
        rows = driver.rows(shape, {**values, **piece, "limit": limit - len(found)})
        found.update(rows)
        further = SPARE * (limit - len(found)) / max(1, len(rows))
        span = math.ceil(span * min(MOST_NEXT, max(LEAST_NEXT, further)))
    return found


@functools.cache
def _at_a_time(terms: int, order: str, *, mine: bool) -> Sql:
    """Give the query on PostgreSQL that takes a piece of the first term, and leaves those of all.

    A list in order is held against an index at a fraction of what one look-up for each would cost,
    and there is no second way of doing it that a guess may lead to.
    """
    kept = "SELECT seq FROM xapi_link WHERE term = :term0 AND seq > :low AND seq <= :high"
    for place in range(1, terms):
        kept = (
            f"SELECT seq FROM xapi_link WHERE term = :term{place}"  # noqa: S608  # own words
            f" AND seq = ANY(ARRAY({kept}))"
        )
    own = " AND authority = :authority" if mine else ""
    return Sql(
        "",
        f"SELECT seq, payload FROM xapi_statement WHERE seq = ANY(ARRAY({kept}))"  # noqa: S608  # own words
        f" AND NOT voided{own} ORDER BY seq {order} LIMIT :limit",
    )


@functools.cache
def _one_by_one(filters: int, order: str, *, mine: bool) -> Sql:
    """Give the query for so many terms: the first is gone through, the others are asked about each.

    The offset keeps PostgreSQL from going through the others as well, however long they are.
    """
    first = "link" if filters else "statement"
    bounds = [f"{first}.seq > :low", f"{first}.seq <= :high"]
    tables = ["xapi_link AS link", "xapi_statement AS statement"][not filters :]
    wanted = ["NOT statement.voided", *bounds]
    if filters:  # not the same as the link's: links are gone through before texts
        wanted += ["link.term = :term0", "statement.seq = link.seq + 0"]
    wanted += [ASKED.format(place=place) for place in range(1, filters)]
    if mine:
        wanted.append("statement.authority = :authority")
    return Sql(
        f"SELECT statement.seq, payload FROM {' CROSS JOIN '.join(tables)}"  # noqa: S608  # own words
        f" WHERE {' AND '.join(wanted)} ORDER BY {first}.seq {order} LIMIT :limit"
    )
