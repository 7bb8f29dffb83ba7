"""Find statements: filters, order, paging (1.0.3, part three, 2.1.3)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, select
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
    chosen = _bounded(select(StatementRow.seq, StatementRow.payload), query, highest)
    found = _first(session, chosen.where(*_filters(query, StatementRow)), query, limit + 1)
    if query.is_narrow:
        told = aliased(StatementRow)
        referring = chosen.join(told, told.id == StatementRow.target_id)
        found |= _first(session, referring.where(*_filters(query, told)), query, limit + 1)
    seqs = sorted(found, reverse=not query.ascending)
    shown = seqs[:limit]
    more = shown[-1] if len(seqs) > limit else None
    return Page(tuple(found[seq] for seq in shown), more, highest)


def _first(session: Session, chosen: Select[int, str], query: Query, limit: int) -> dict[int, str]:
    order = StatementRow.seq.asc() if query.ascending else StatementRow.seq.desc()
    return dict(session.execute(chosen.order_by(order).limit(limit)).tuples().all())


def _bounded(chosen: Select[int, str], query: Query, highest: int) -> Select[int, str]:
    chosen = chosen.where(StatementRow.voided.is_(False), StatementRow.seq <= highest)
    if query.after_seq is not None and query.ascending:
        chosen = chosen.where(StatementRow.seq > query.after_seq)
    elif query.after_seq is not None:
        chosen = chosen.where(StatementRow.seq < query.after_seq)
    if query.since is not None:
        chosen = chosen.where(StatementRow.stored_at > query.since)
    if query.until is not None:
        chosen = chosen.where(StatementRow.stored_at <= query.until)
    return chosen


def _filters(query: Query, row: Any) -> list[ColumnElement[bool]]:
    wanted: list[ColumnElement[bool]] = []
    if query.verb is not None:
        verb = select(VerbRow.id).where(VerbRow.iri == query.verb).scalar_subquery()
        wanted.append(row.verb_id == verb)
    if query.registration is not None:
        wanted.append(row.registration == query.registration)
    if query.activity is not None:
        activity = select(ActivityRow.id).where(ActivityRow.iri == query.activity)
        things = select(StatementActivity.seq).where(
            StatementActivity.activity_id == activity.scalar_subquery()
        )
        if not query.related_activities:
            things = things.where(StatementActivity.role == "object")
        wanted.append(row.seq.in_(things))
    if query.agent is not None:
        agent = select(AgentRow.id).where(AgentRow.identifier == query.agent)
        people = select(StatementAgent.seq).where(
            StatementAgent.agent_id == agent.scalar_subquery()
        )
        if not query.related_agents:
            people = people.where(StatementAgent.role.in_(("actor", "object")))
        wanted.append(row.seq.in_(people))
    return wanted
