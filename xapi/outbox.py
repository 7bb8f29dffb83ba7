"""Statements of ours on their way: written in the transaction of what happened.

An entry stays until every store has taken it. What a store refused is *stuck*: it waits with the
reason until somebody puts it back.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from xapi.models import Delivery, OutboxEntry, Target
from xapi.statements import Built

_FIELDS: dict[str, Any] = {
    name: bindparam(name) for name in ("statement_id", "actor_key", "payload", "queued_at")
}
ENQUEUE: dict[str, Any] = {
    "sqlite": sqlite_insert(OutboxEntry).values(_FIELDS).on_conflict_do_nothing(),
    "postgresql": postgresql_insert(OutboxEntry).values(_FIELDS).on_conflict_do_nothing(),
}


@dataclass(frozen=True, slots=True)
class StuckEntry:
    """An entry that a store refused."""

    seq: int
    statement_id: UUID
    target: str
    stuck_at: datetime
    reason: str


def enqueue(session: Session, built: Built | Sequence[Built], *, now: datetime) -> None:
    """Put statements into the outbox, in the caller's transaction; one that is there stays."""
    several = [built] if isinstance(built, Built) else built
    if not several:
        return
    connection = session.connection()
    rows = [
        {
            "statement_id": each.id,
            "actor_key": each.actor.key,
            "payload": each.json,
            "queued_at": now,
        }
        for each in several
    ]
    connection.execute(ENQUEUE[connection.dialect.name], rows)


def count_waiting(session: Session) -> int:
    """Give how many statements wait, those that are stuck with them."""
    return session.scalar(select(func.count()).select_from(OutboxEntry)) or 0


def oldest_waiting(session: Session) -> datetime | None:
    """Give since when the oldest of those that are not stuck waits."""
    stuck = select(Delivery.seq).where(Delivery.stuck_at.is_not(None))
    return session.scalar(
        select(func.min(OutboxEntry.queued_at)).where(OutboxEntry.seq.not_in(stuck))
    )


def list_stuck(session: Session, *, before: datetime | None = None) -> list[StuckEntry]:
    """Give the entries that a store refused (before a moment), oldest first."""
    query = (
        select(OutboxEntry, Delivery)
        .join(Delivery, Delivery.seq == OutboxEntry.seq)
        .where(Delivery.stuck_at.is_not(None))
        .order_by(OutboxEntry.seq)
    )
    if before is not None:
        query = query.where(Delivery.stuck_at < before)
    return [
        StuckEntry(entry.seq, entry.statement_id, told.target, told.stuck_at, told.reason)
        for entry, told in session.execute(query)
        if told.stuck_at is not None
    ]


def put_back(session: Session, stuck: Sequence[StuckEntry]) -> int:
    """Put refused entries back in line, where they go out with the next round; give how many."""
    for each in stuck:
        session.execute(
            delete(Delivery).where(Delivery.target == each.target, Delivery.seq == each.seq)
        )
        session.execute(
            update(Target)
            .where(Target.name == each.target, Target.settled_through >= each.seq)
            .values(settled_through=each.seq - 1)
        )
    return len(stuck)
