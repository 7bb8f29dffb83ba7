"""Find statements: filters, order, paging (1.0.3, part three, 2.1.3)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, func, select
from sqlalchemy.orm import Session, aliased

from xapi.models import (
    ActivityRow,
    AgentRow,
    StatementActivity,
    StatementAgent,
    StatementRow,
    VerbRow,
)

PAGE = 100
"""The most statements of one page."""
NO_ID = UUID(int=0)
"""Every target has this id or a higher one; SQLite finds no range in IS NOT NULL."""

TOLD = aliased(StatementRow)
AGENTS, AGENTS_AGAIN = aliased(StatementAgent), aliased(StatementAgent)
THINGS, THINGS_AGAIN = aliased(StatementActivity), aliased(StatementActivity)


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

    @property
    def is_narrow(self) -> bool:
        """Say whether it asks for who, what or which enrolment."""
        asked = (self.agent, self.verb, self.activity, self.registration)
        return any(each is not None for each in asked)


@dataclass(frozen=True, slots=True)
class Page:
    """Statements found, as kept, and where the next page begins."""

    payloads: tuple[str, ...]
    next_seq: int | None
    up_to_seq: int


def find_one(session: Session, statement_id: UUID, *, voided: bool = False) -> str | None:
    """Give one statement as kept; None where there is none, or where it is (not) voided."""
    return session.scalar(
        select(StatementRow.payload).where(
            StatementRow.id == statement_id, StatementRow.voided.is_(voided)
        )
    )


def find(session: Session, query: Query) -> Page:
    """Give the statements that a query means, newest first unless asked otherwise.

    A statement that refers to another answers to the other's filters as well, even where that one
    is voided.
    """
    limit = min(query.limit or PAGE, PAGE)
    highest = query.up_to_seq
    if highest is None:
        newest = select(StatementRow.seq).order_by(StatementRow.seq.desc()).limit(1)
        highest = session.scalar(newest) or 0
    asked = _number(session, query)
    if asked is None:
        return Page((), None, highest)
    found = _first(session, _direct(query, asked, highest), limit + 1)
    if query.is_narrow:
        found |= _first(session, _referring(query, asked, highest), limit + 1)
    seqs = sorted(found, reverse=not query.ascending)
    shown = seqs[:limit]
    more = shown[-1] if len(seqs) > limit else None
    return Page(tuple(found[seq] for seq in shown), more, highest)


@dataclass(frozen=True, slots=True)
class _Numbers:
    """What is asked for, by its numbers in the store; None: no matter."""

    verb: int | None
    activity: int | None
    agent: int | None


def _number(session: Session, query: Query) -> _Numbers | None:
    """Give the numbers of verb, activity and agent; None where one was never seen."""
    found: list[int | None] = []
    for asked, column, number in (
        (query.verb, VerbRow.iri, VerbRow.id),
        (query.activity, ActivityRow.iri, ActivityRow.id),
        (query.agent, AgentRow.identifier, AgentRow.id),
    ):
        known = None if asked is None else session.scalar(select(number).where(column == asked))
        if asked is not None and known is None:
            return None
        found.append(known)
    return _Numbers(*found)


def _first(session: Session, chosen: Select[int, str], limit: int) -> dict[int, str]:
    return dict(session.execute(chosen.limit(limit)).all())


def _direct(query: Query, asked: _Numbers, highest: int) -> Select[int, str]:
    """Ask in the order of the narrowest index: of an agent, of an activity, of all statements."""
    chosen = select(StatementRow.seq, StatementRow.payload)
    seq: Any = StatementRow.seq
    links = _links(query, asked)
    for link, mine in reversed(links):
        chosen = chosen.join(link, and_(link.seq == StatementRow.seq, *mine))
        seq = link.seq
    chosen = chosen.where(*_own(query, asked, StatementRow))
    return _bounded(chosen, query, seq, highest)


def _referring(query: Query, asked: _Numbers, highest: int) -> Select[int, str]:
    """Ask for the statements, few as a rule, that refer to one that is meant."""
    meant = select(TOLD.seq).where(TOLD.id == StatementRow.target_id, *_own(query, asked, TOLD))
    for link, mine in _links(query, asked):
        meant = meant.join(link, and_(link.seq == TOLD.seq, *mine))
    chosen = select(StatementRow.seq, StatementRow.payload).where(
        StatementRow.target_id >= NO_ID, meant.correlate(StatementRow).exists()
    )
    few = StatementRow.seq + 0  # no index of its own: SQLite goes by the one of targets
    return _bounded(chosen, query, few, highest)


def _bounded(chosen: Select[int, str], query: Query, seq: Any, highest: int) -> Select[int, str]:
    chosen = chosen.where(StatementRow.voided.is_(False), seq <= highest)
    if query.after_seq is not None:
        chosen = chosen.where(seq > query.after_seq if query.ascending else seq < query.after_seq)
    if query.since is not None:
        chosen = chosen.where(StatementRow.stored_at > query.since)
    if query.until is not None:
        chosen = chosen.where(StatementRow.stored_at <= query.until)
    return chosen.order_by(seq.asc() if query.ascending else seq.desc())


def _own(query: Query, asked: _Numbers, row: Any) -> list[ColumnElement[bool]]:
    """Give the filters on a statement's own columns."""
    wanted: list[ColumnElement[bool]] = []
    if asked.verb is not None:
        wanted.append(row.verb_id == asked.verb)
    if query.registration is not None:
        wanted.append(row.registration == query.registration)
    return wanted


def _links(query: Query, asked: _Numbers) -> list[tuple[Any, list[ColumnElement[bool]]]]:
    """Give the tables of links with their filters, each with one row for a statement."""
    links: list[tuple[Any, list[ColumnElement[bool]]]] = []
    if asked.agent is not None:
        mine = [AGENTS.agent_id == asked.agent]
        roles = select(func.min(AGENTS_AGAIN.role)).where(
            AGENTS_AGAIN.agent_id == asked.agent, AGENTS_AGAIN.seq == AGENTS.seq
        )
        if not query.related_agents:
            roles = roles.where(AGENTS_AGAIN.role.in_(("actor", "object")))
        links.append((AGENTS, [*mine, AGENTS.role == roles.scalar_subquery()]))
    if asked.activity is not None:
        mine = [THINGS.activity_id == asked.activity]
        role = select(func.min(THINGS_AGAIN.role)).where(
            THINGS_AGAIN.activity_id == asked.activity, THINGS_AGAIN.seq == THINGS.seq
        )
        wanted = role.scalar_subquery() if query.related_activities else "object"
        links.append((THINGS, [*mine, THINGS.role == wanted]))
    return links
