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
from sqlalchemy.orm import Session

from xapi.models import Delivery, OutboxEntry, Target
from xapi.prepared import Prepared, Running
from xapi.statements import Built

_FIELDS: dict[str, Any] = {
    name: bindparam(name)
    for name in ("statement_id", "target", "actor_key", "payload", "queued_at")
}
ENQUEUE = Prepared.for_both(
    lambda insert: insert(OutboxEntry).values(_FIELDS).on_conflict_do_nothing()
)


@dataclass(frozen=True, slots=True)
class StuckEntry:
    """An entry that a store refused."""

    seq: int
    statement_id: UUID
    target: str
    stuck_at: datetime
    reason: str


def enqueue(session: Running, built: Built | Sequence[Built], *, now: datetime) -> None:
    """Put statements into the outbox, in the caller's transaction; one that is there stays."""
    several = [built] if isinstance(built, Built) else built
    if not several:
        return
    rows = [
        {
            "statement_id": each.id,
            "target": "",
            "actor_key": each.actor.key,
            "payload": each.json,
            "queued_at": now,
        }
        for each in several
    ]
    ENQUEUE.run_each(session, rows)


def count_waiting(session: Session) -> int:
    """Give how many statements wait, those that are stuck with them."""
    return session.scalar(select(func.count()).select_from(OutboxEntry)) or 0


def oldest_waiting(session: Session) -> datetime | None:
    """Give since when the oldest of those that are not stuck waits."""
    stuck = select(Delivery.seq).where(Delivery.stuck_at.is_not(None))
    return session.scalar(
        select(func.min(OutboxEntry.queued_at)).where(OutboxEntry.seq.not_in(stuck))
    )


def list_stuck(
    session: Session,
    *,
    target: str | None = None,
    before: datetime | None = None,
    limit: int | None = None,
) -> list[StuckEntry]:
    """Give the entries that a store refused, oldest first.

    Args:
        session: of the caller.
        target: at one store only.
        before: only those refused before a moment.
        limit: at most so many.
    """
    query = _stuck(
        select(OutboxEntry.seq, OutboxEntry.statement_id, Delivery), target=target, before=before
    )
    return [
        StuckEntry(seq, statement_id, told.target, told.stuck_at, told.reason)
        for seq, statement_id, told in session.execute(query.order_by(OutboxEntry.seq).limit(limit))
        if told.stuck_at is not None
    ]


def count_stuck(
    session: Session, *, target: str | None = None, before: datetime | None = None
) -> int:
    """Give how many entries a store refused."""
    return session.scalar(_stuck(select(func.count()), target=target, before=before)) or 0


def put_back(session: Session, stuck: Sequence[StuckEntry]) -> int:
    """Put refused entries back in line, where they go out with the next round; give how many."""
    lowest: dict[str, int] = {}
    for each in stuck:
        lowest[each.target] = min(each.seq, lowest.get(each.target, each.seq))
        session.execute(
            delete(Delivery).where(Delivery.target == each.target, Delivery.seq == each.seq)
        )
    for name, seq in lowest.items():
        step_back(session, name, seq)
    return len(stuck)


def step_back(session: Session, name: str, seq: int) -> None:
    """Have a store's next round look at entries from a number on, which it had passed."""
    passed = update(Target).where(Target.name == name, Target.settled_through >= seq)
    session.execute(passed.values(settled_through=seq - 1))


def _stuck(query: Any, *, target: str | None, before: datetime | None) -> Any:
    found = (
        query.select_from(OutboxEntry)
        .join(Delivery, Delivery.seq == OutboxEntry.seq)
        .where(Delivery.stuck_at.is_not(None))
    )
    if target is not None:
        found = found.where(Delivery.target == target)
    return found if before is None else found.where(Delivery.stuck_at < before)
