"""Statements of ours on their way: written in the transaction of what happened."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, delete, func, select
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from xapi.models import Delivery, OutboxEntry
from xapi.statements import Built

_FIELDS = {name: bindparam(name) for name in ("statement_id", "actor_key", "payload", "queued_at")}
ENQUEUE: dict[str, Any] = {
    "sqlite": sqlite_insert(OutboxEntry).values(_FIELDS).on_conflict_do_nothing(),
    "postgresql": postgresql_insert(OutboxEntry).values(_FIELDS).on_conflict_do_nothing(),
}


@dataclass(frozen=True, slots=True)
class StuckEntry:
    """An entry that a target refused."""

    seq: int
    statement_id: UUID
    target: str
    stuck_at: datetime
    reason: str


def enqueue(session: Session, built: Built | Sequence[Built], *, now: datetime) -> None:
    """Put statements into the outbox, in the caller's transaction; one that is there stays."""
    several = [built] if isinstance(built, Built) else list(built)
    if not several:
        return
    connection = session.connection()
    connection.execute(
        ENQUEUE[connection.dialect.name],
        [
            {
                "statement_id": each.id,
                "actor_key": each.actor_key,
                "payload": each.payload,
                "queued_at": now,
            }
            for each in several
        ],
    )


def count_waiting(session: Session) -> int:
    """Give how many statements wait, those that are stuck with them."""
    return session.scalar(select(func.count()).select_from(OutboxEntry)) or 0


def oldest_waiting(session: Session) -> datetime | None:
    """Give since when the oldest of those that are not stuck waits."""
    stuck = select(Delivery.seq).where(Delivery.stuck_at.is_not(None))
    return session.scalar(
        select(func.min(OutboxEntry.queued_at)).where(OutboxEntry.seq.not_in(stuck))
    )


def list_stuck(session: Session) -> list[StuckEntry]:
    """Give the entries that a target refused, oldest first."""
    rows = session.execute(
        select(
            OutboxEntry.seq,
            OutboxEntry.statement_id,
            Delivery.target,
            Delivery.stuck_at,
            Delivery.reason,
        )
        .join(Delivery, Delivery.seq == OutboxEntry.seq)
        .where(Delivery.stuck_at.is_not(None))
        .order_by(OutboxEntry.seq)
    )
    return [StuckEntry(*row) for row in rows]


def put_back(session: Session, stuck: Sequence[StuckEntry]) -> int:
    """Put refused entries back in line; give how many."""
    for each in stuck:
        session.execute(
            delete(Delivery).where(Delivery.target == each.target, Delivery.seq == each.seq)
        )
    return len(stuck)
