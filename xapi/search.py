"""Find statements: filters, order, paging (1.0.3, part three, 2.1.3).

Every filter is a term, and every term has the numbers of its statements in order: what is asked for
is read from there, from the rarest term on, and never by looking through statements.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from xapi.db import microseconds
from xapi.driver import Driver, Sql, driver_of
from xapi.models import StatementRow
from xapi.terms import FIND, find_number, key_of
from xapi.ways import ENOUGH, Spread, go, ways_of

PAGE = 100
"""The most statements of one page."""
END = 2**62
"""Above the number of any statement."""
NEWEST = Sql(
    "SELECT NULL, MAX(seq) FROM xapi_statement",
    """
    SELECT NULL, (SELECT seq FROM xapi_statement ORDER BY seq DESC LIMIT 1)
    UNION ALL SELECT key, id FROM xapi_term WHERE key = ANY(:keys)
    """,
)
STORED_BY = Sql(
    """
    WITH RECURSIVE narrowed (seq, step) AS (
      SELECT CAST(0 AS bigint), CAST(:step AS bigint)
      UNION ALL
      SELECT
        seq + CASE WHEN (
          SELECT stored_at <= :moment FROM xapi_statement
          WHERE xapi_statement.seq >= narrowed.seq + step ORDER BY xapi_statement.seq LIMIT 1
        ) THEN step ELSE 0 END,
        step / 2
      FROM narrowed WHERE step > 0
    )
    SELECT seq FROM narrowed WHERE step = 0
    """
)
"""The last statement stored by a moment: times never run backwards, so halving finds it."""
AT_ONCE = {
    order: Sql(
        "",
        f"""
        SELECT NULL, (SELECT seq FROM xapi_statement ORDER BY seq DESC LIMIT 1), NULL, NULL, NULL
        UNION ALL
        SELECT key, side.term, looked.count, looked.first, looked.last
        FROM xapi_term CROSS JOIN LATERAL (VALUES (id * 2), (id * 2 + 1)) AS side (term)
        CROSS JOIN LATERAL (
          SELECT COUNT(*) AS count, MIN(seq) AS first, MAX(seq) AS last FROM (
            SELECT seq FROM xapi_link WHERE term = side.term AND seq > :low AND seq <= :high
            ORDER BY seq {order} LIMIT :enough
          ) AS reached
        ) AS looked WHERE key = ANY(:keys)
        """,  # noqa: S608  # own words
    )
    for order in ("ASC", "DESC")
}
"""Both of these on one way to PostgreSQL, where the bounds are known before."""


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
    order = "ASC" if query.ascending else "DESC"
    newest, numbers, spreads = _numbers(driver, query, order)
    highest = newest if query.up_to_seq is None else query.up_to_seq
    low, high = _between(driver, query, newest, highest)
    if numbers is None or low >= high:
        return Page((), None, highest)
    values = {"low": low, "high": high, "limit": limit + 1}
    mine = query.authority is not None
    if mine:
        values["authority"] = numbers[-1][0] // 2
    found: dict[int, str] = {}
    for way in ways_of(driver, numbers, spreads, values, order):
        found |= go(driver, way, values, order, mine=mine)
    seqs = sorted(found, reverse=not query.ascending)
    shown = seqs[:limit]
    more = shown[-1] if len(seqs) > limit else None
    return Page(tuple(found[seq] for seq in shown), more, highest)


def _numbers(
    driver: Driver, query: Query, order: str
) -> tuple[int, list[list[int]] | None, list[Spread]]:
    """Give the newest statement's number, and for each filter those that links know it by.

    Any of a filter's numbers will do. The authority's stand last; all are None where something
    asked for was never seen. With them comes how far each reaches, where that was told at once.
    """
    asked = query.terms
    if query.authority is not None:
        asked.append((f"agent {query.authority}", True))
    keys = {key_of(text): text for text, _ in asked}
    is_bound = query.since is not None or query.until is not None
    spreads: list[Spread] = []
    if driver.is_sqlite or is_bound or len(keys) < 2:
        rows = driver.rows(NEWEST, {"keys": list(keys)})
        if driver.is_sqlite:
            rows += driver.rows_of(FIND, list(keys))
        known = {keys[key]: number for key, number in rows[1:]}
    else:
        rows = driver.rows(AT_ONCE[order], {"keys": list(keys), **_bounds_of(query)})
        known = {keys[row[0]]: row[1] // 2 for row in rows[1:]}
        spreads = [row[1:] for row in rows[1:]]
    newest = rows[0][1] or 0
    if len(known) < len(keys):
        return newest, None, []
    return (
        newest,
        [[known[text] * 2, known[text] * 2 + 1][: 1 + wide] for text, wide in asked],
        spreads,
    )


def _bounds_of(query: Query) -> dict[str, int]:
    """Give the bounds of a query that asks for no time, before the newest number is known."""
    after, up_to = query.after_seq, END if query.up_to_seq is None else query.up_to_seq
    if after is None:
        return {"low": 0, "high": up_to, "enough": ENOUGH}
    if query.ascending:
        return {"low": after, "high": up_to, "enough": ENOUGH}
    return {"low": 0, "high": min(up_to, after - 1), "enough": ENOUGH}


def _between(driver: Driver, query: Query, newest: int, highest: int) -> tuple[int, int]:
    """Give the numbers after which and up to which statements are looked for."""
    low, high = 0, highest
    if query.since is not None:
        low = _stored_by(driver, query.since, newest)
    if query.until is not None:
        high = min(high, _stored_by(driver, query.until, newest))
    if query.after_seq is not None:
        if query.ascending:
            low = max(low, query.after_seq)
        else:
            high = min(high, query.after_seq - 1)
    return low, high


def _stored_by(driver: Driver, moment: datetime, newest: int) -> int:
    """Give the number of the last statement stored by a moment; 0 where there is none."""
    values = {"moment": microseconds(moment), "step": 1 << newest.bit_length()}
    return int(driver.rows(STORED_BY, values)[0][0])
