"""Find statements: filters, order, paging (1.0.3, part three, 2.1.3).

Every filter is a term, and every term has the numbers of its statements in order: what is asked for
is read from there, from the rarest term on, and never by looking through statements.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, bindparam, select
from sqlalchemy.orm import Session, aliased, join

from xapi.db import microseconds
from xapi.driver import Driver, Sql, driver_of
from xapi.models import Link, StatementRow
from xapi.terms import FIND, find_number, key_of

PAGE = 100
"""The most statements of one page."""
ENOUGH = 1000
"""So many statements of a term are counted, to tell which is the rarest."""

NEWEST = Sql(
    "SELECT NULL, MAX(seq) FROM xapi_statement",
    """
    SELECT NULL, (SELECT seq FROM xapi_statement ORDER BY seq DESC LIMIT 1)
    UNION ALL SELECT key, id FROM xapi_term WHERE key = ANY(:keys)
    """,
)
STORED_BY = Sql(
    """
    SELECT seq FROM xapi_statement WHERE stored_at <= :moment
    ORDER BY stored_at DESC, seq DESC LIMIT 1
    """
)
COUNT = Sql(
    """
    SELECT :term, COUNT(*) FROM (
      SELECT 1 FROM xapi_link WHERE term = :term AND seq > :low AND seq <= :high LIMIT :enough
    ) AS counted
    """,
    """
    SELECT asked.term, (
      SELECT COUNT(*) FROM (
        SELECT 1 FROM xapi_link
        WHERE term = asked.term AND seq > :low AND seq <= :high LIMIT :enough
      ) AS counted
    ) FROM UNNEST(CAST(:terms AS bigint[])) AS asked (term)
    """,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """What is looked for; None: no matter."""

    agent: str | None = None
    """Identifier as :func:`xapi.contents.identifier_of` gives it."""
    verb: str | None = None
    activity: str | None = None
    registration: UUID | None = None
    since: datetime | None = None
    """Stored after."""
    until: datetime | None = None
    """Stored then or before."""
    related_agents: bool = False
    related_activities: bool = False
    ascending: bool = False
    limit: int = PAGE
    after_seq: int | None = None
    """Where the page before ended."""
    up_to_seq: int | None = None
    """The highest number when the first page was asked for: later ones stay out of it."""
    authority: str | None = None
    """Identifier of the only authority whose statements may be seen."""

    @property
    def terms(self) -> list[tuple[str, bool]]:
        """Give the terms asked for, and whether they may also stand around."""
        asked = (
            ("registration", self.registration, False),
            ("agent", self.agent, self.related_agents),
            ("activity", self.activity, self.related_activities),
            ("verb", self.verb, False),
        )
        return [(f"{kind} {text}", wide) for kind, text, wide in asked if text is not None]


@dataclass(frozen=True, slots=True)
class Page:
    """Statements found, as kept, and where the next page begins."""

    payloads: tuple[str, ...]
    next_seq: int | None
    up_to_seq: int


def find_one(
    session: Session, statement_id: UUID, *, voided: bool = False, authority: str | None = None
) -> str | None:
    """Give one statement as kept; None where there is none, or where it is (not) voided.

    Args:
        session: of any transaction.
        statement_id: which one.
        voided: whether one that is voided is asked for.
        authority: identifier of the only authority whose statements may be seen; None: all.
    """
    row = session.execute(
        select(StatementRow.payload, StatementRow.voided, StatementRow.authority).where(
            StatementRow.id == statement_id
        )
    ).one_or_none()
    if row is None or row.voided is not voided:
        return None
    if authority is not None and row.authority != find_number(session, f"agent {authority}"):
        return None
    return str(row.payload)


def find(session: Session, query: Query) -> Page:
    """Give the statements that a query means, newest first unless asked otherwise.

    A statement that refers to another answers to the other's filters as well, even where that one
    is voided.
    """
    limit = min(query.limit or PAGE, PAGE)
    driver = driver_of(session.connection())
    newest, numbers = _numbers(driver, query)
    highest = newest if query.up_to_seq is None else query.up_to_seq
    low, high = _between(driver, query, highest)
    if numbers is None or low >= high:
        return Page((), None, highest)
    values = {"low": low, "high": high, "limit": limit + 1}
    if query.authority is not None:
        values["authority"] = numbers.pop()[0]
    found: dict[int, str] = {}
    for terms in itertools.product(*_rarest_first(driver, numbers, low, high)):
        shape = _shape(len(terms), ascending=query.ascending, mine=query.authority is not None)
        named = {f"term{place}": term for place, term in enumerate(terms)}
        found.update(session.execute(shape, values | named).all())
    seqs = sorted(found, reverse=not query.ascending)
    shown = seqs[:limit]
    more = shown[-1] if len(seqs) > limit else None
    return Page(tuple(found[seq] for seq in shown), more, highest)


def _numbers(driver: Driver, query: Query) -> tuple[int, list[list[int]] | None]:
    """Give the newest statement's number, and for each filter those that links know it by.

    Any of a filter's numbers will do. The authority's own stands last; all are None where something
    asked for was never seen.
    """
    asked = query.terms
    if query.authority is not None:
        asked.append((f"agent {query.authority}", False))
    keys = {key_of(text): text for text, _ in asked}
    rows = driver.rows(NEWEST, {"keys": list(keys)})
    if driver.is_sqlite:
        rows += driver.rows_of(FIND, list(keys))
    newest = rows[0][1] or 0
    known = {keys[key]: number for key, number in rows[1:]}
    if len(known) < len(keys):
        return newest, None
    made = [[known[text] * 2, known[text] * 2 + 1][: 1 + wide] for text, wide in asked]
    if query.authority is not None:
        made[-1] = [made[-1][0] // 2]
    return newest, made


def _between(driver: Driver, query: Query, highest: int) -> tuple[int, int]:
    """Give the numbers after which and up to which statements are looked for."""
    low, high = 0, highest
    if query.since is not None:
        low = _stored_by(driver, query.since)
    if query.until is not None:
        high = min(high, _stored_by(driver, query.until))
    if query.after_seq is not None:
        if query.ascending:
            low = max(low, query.after_seq)
        else:
            high = min(high, query.after_seq - 1)
    return low, high


def _stored_by(driver: Driver, moment: datetime) -> int:
    rows = driver.rows(STORED_BY, {"moment": microseconds(moment)})
    return int(rows[0][0]) if rows else 0


def _rarest_first(
    driver: Driver, numbers: Sequence[list[int]], low: int, high: int
) -> list[list[int]]:
    """Put the filter in front that the fewest statements pass: it is gone through, row by row."""
    if len(numbers) < 2:
        return list(numbers)
    terms = [term for each in numbers for term in each]
    bounds = {"low": low, "high": high, "enough": ENOUGH}
    if driver.is_sqlite:
        rows = [driver.rows(COUNT, {"term": term, **bounds})[0] for term in terms]
    else:
        rows = driver.rows(COUNT, {"terms": terms, **bounds})
    counts = dict(rows)
    return sorted(numbers, key=lambda each: sum(counts[term] for term in each))


@functools.cache
def _shape(filters: int, *, ascending: bool, mine: bool) -> Select[int, str]:
    """Give the query for so many terms; built once, so that only its values differ."""
    links = [aliased(Link) for _ in range(filters)]
    seq: Any = links[0].seq if links else StatementRow.seq
    chosen = select(StatementRow.seq, StatementRow.payload).where(
        seq > bindparam("low"), seq <= bindparam("high"), StatementRow.voided.is_(False)
    )
    if links:
        chosen = chosen.select_from(_joined(links))
    for place, link in enumerate(links):
        chosen = chosen.where(link.term == bindparam(f"term{place}"))
    if mine:
        chosen = chosen.where(StatementRow.authority == bindparam("authority"))
    return chosen.order_by(seq.asc() if ascending else seq.desc()).limit(bindparam("limit"))


def _joined(links: Sequence[Any]) -> Any:
    made = links[0]
    for link in links[1:]:
        made = join(made, link, link.seq == links[0].seq)
    last = links[-1].seq + 0  # not the same as the others': links are gone through before texts
    return join(made, StatementRow, StatementRow.seq == last)
