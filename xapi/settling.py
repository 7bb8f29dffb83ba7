"""What waits for a store, who brings it there, and what became of it.

An entry waits for a store until a row of :class:`Delivery` says that it was taken or refused; once
every store that it goes to has taken it, it is removed.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Select, and_, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from xapi.models import Delivery, OutboxEntry, Target

FIRST_WAIT = timedelta(seconds=5)
LONGEST_WAIT = timedelta(hours=1)
SLOWEST = timedelta(minutes=10)
"""No transaction is open longer than this; an entry that is older is no longer overtaken."""
STEP = 500
"""How many settled entries are worth writing down that they need not be looked through again."""
SWEPT = 500
INSERTS: dict[str, Any] = {"sqlite": sqlite_insert, "postgresql": postgresql_insert}


@dataclass(frozen=True, slots=True)
class Entry:
    """A statement to be delivered."""

    seq: int
    id: UUID
    payload: str
    target: str = ""
    """The one store that it goes to; empty: to all."""
    in_doubt: bool = False
    """Whether it may have arrived: it was on its way when a round was cut short."""


@dataclass(slots=True)
class Round:
    """What a store made of a batch."""

    delivered: list[Entry] = field(default_factory=list)
    refused: list[tuple[Entry, str]] = field(default_factory=list)
    pause: str = ""
    """Why the store must rest; what is in neither list is sent again then."""
    locked_out: bool = False
    """Whether it does not know us: then it rests until somebody has looked."""
    retry_after: timedelta | None = None
    through: int = 0
    """Number of the last entry of the batch."""
    doubt_through: int = 0
    """Number up to which entries that are in neither list may have arrived."""


def names_of(session: Session, fixed: Sequence[str]) -> list[str]:
    """Give the names of all stores: those that the application brings, and those kept here."""
    kept = select(Target.name).where(Target.url != "", Target.name.not_in(fixed))
    return [*fixed, *session.scalars(kept.order_by(Target.name))]


def claim(
    session: Session,
    name: str,
    fixed: Sequence[str],
    *,
    lease: timedelta,
    now: datetime,
    limit: int,
) -> list[Entry]:
    """Give the entries that wait for a store, oldest first, to one worker at a time.

    Args:
        session: of a transaction that writes.
        name: of the store.
        fixed: names of the stores that the application brings.
        lease: how long the others are kept away should we die before we settle; 0: we settle in
            the same transaction.
        now: the moment.
        limit: at most so many entries; fewer after each round that came to nothing.

    Returns:
        Nothing while the store rests or is paused, or another worker holds it.
    """
    names = names_of(session, fixed)
    standing = select(Target.settled_through, Target.doubt_through, Target.tries)
    found = session.execute(standing.where(Target.name == name)).one_or_none()
    through, doubt, tries = found or (0, 0, 0)
    waiting = _waiting(name, through, max(1, limit >> min(tries, 16)) if lease else limit)
    if session.execute(waiting.limit(1)).first() is None:
        _note_settled(session, name, through, now=now)
        sweep(session, names)
        return []
    make_known(session, names, now=now)
    leased = session.execute(
        update(Target)
        .where(
            Target.name == name,
            Target.due_at <= now,
            Target.leased_until <= now,
            Target.paused_at.is_(None),
        )
        .values(leased_until=now + lease)
        .returning(Target.name)
    ).all()
    if not leased:
        return []
    held = waiting.with_for_update(of=OutboxEntry)  # an erasure waits for us, or we see it
    entries = [Entry(*row, row.seq <= doubt) for row in session.execute(held)]
    if lease and entries and entries[-1].seq > doubt:
        last = entries[-1].seq
        session.execute(update(Target).where(Target.name == name).values(doubt_through=last))
    return entries


def make_known(session: Session, names: Sequence[str], *, now: datetime) -> None:
    """Begin to keep how stores do; what is known stays."""
    fields = {"due_at": now, "leased_until": now, "tries": 0, "reason": "", "settled_through": 0}
    rows = [{"name": each, **fields} for each in names]
    dialect = session.get_bind().dialect.name
    session.execute(INSERTS[dialect](Target).on_conflict_do_nothing(), rows)


def settle(
    session: Session, name: str, made: Round, fixed: Sequence[str], *, now: datetime
) -> None:
    """Write down what a store made of the entries claimed for it, and when it is due again."""
    names = names_of(session, fixed)
    alone = names == [name]
    shared = [] if alone else [entry for entry in made.delivered if not entry.target]
    rows = [_told(name, entry, now, None) for entry in shared]
    rows += [_told(name, entry, None, now, reason) for entry, reason in made.refused]
    note(session, rows)
    done = [entry.seq for entry in made.delivered if alone or entry.target]
    if shared:
        seqs = [entry.seq for entry in shared]
        done += session.scalars(_everywhere(names).where(Delivery.seq.in_(seqs)))
    if done:
        session.execute(delete(OutboxEntry).where(OutboxEntry.seq.in_(done)))
    _rest_or_go_on(session, name, made, now=now)


def note(session: Session, rows: Sequence[dict[str, Any]]) -> None:
    """Keep rows of :class:`Delivery`, except of entries that are gone meanwhile."""
    dialect = session.get_bind().dialect.name
    for start in range(0, len(rows), STEP):
        there = _still_there(session, rows[start : start + STEP])
        if there:
            session.execute(INSERTS[dialect](Delivery).on_conflict_do_nothing(), there)


def _waiting(name: str, through: int, limit: int) -> Select[int, UUID, str, str]:
    done = and_(Delivery.seq == OutboxEntry.seq, Delivery.target == name)
    return (
        select(OutboxEntry.seq, OutboxEntry.statement_id, OutboxEntry.payload, OutboxEntry.target)
        .outerjoin(Delivery, done)
        .where(
            OutboxEntry.seq > through, OutboxEntry.target.in_(["", name]), Delivery.seq.is_(None)
        )
        .order_by(OutboxEntry.seq)
        .limit(limit)
    )


def _note_settled(session: Session, name: str, through: int, *, now: datetime) -> None:
    """Spare the next round what another store still waits for, and this one has taken."""
    old = OutboxEntry.queued_at < now - SLOWEST
    newest = session.scalar(select(func.max(OutboxEntry.seq)).where(old)) or 0
    if newest >= through + STEP:
        session.execute(update(Target).where(Target.name == name).values(settled_through=newest))


def _told(
    name: str, entry: Entry, delivered: datetime | None, stuck: datetime | None, reason: str = ""
) -> dict[str, Any]:
    return {
        "target": name,
        "seq": entry.seq,
        "delivered_at": delivered,
        "stuck_at": stuck,
        "reason": reason,
    }


def _still_there(session: Session, rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Leave out what was erased, or settled by another worker, while it was sent."""
    seqs = [row["seq"] for row in rows]
    if not seqs:
        return []
    there = select(OutboxEntry.seq).where(OutboxEntry.seq.in_(seqs)).order_by(OutboxEntry.seq)
    found = set(session.scalars(there.with_for_update()))
    return [row for row in rows if row["seq"] in found]


def _everywhere(names: Sequence[str]) -> Select[int]:
    """Ask for the entries that every store has taken."""
    return (
        select(Delivery.seq)
        .where(Delivery.target.in_(names), Delivery.delivered_at.is_not(None))
        .group_by(Delivery.seq)
        .having(func.count() >= len(names))
    )


def sweep(session: Session, names: Sequence[str]) -> None:
    """Remove entries that waited only for a store which is no longer sent to, then forget it."""
    retired = list(session.scalars(select(Target.name).where(Target.name.not_in(names))))
    if not retired:
        return
    done = list(session.scalars(_everywhere(names).limit(SWEPT)))
    if done:
        session.execute(delete(OutboxEntry).where(OutboxEntry.seq.in_(done)))
        return
    session.execute(delete(OutboxEntry).where(OutboxEntry.target.in_(retired)))
    session.execute(delete(Delivery).where(Delivery.target.in_(retired)))
    session.execute(delete(Target).where(Target.name.in_(retired)))


def _rest_or_go_on(session: Session, name: str, made: Round, *, now: datetime) -> None:
    target = session.get(Target, name)
    if target is None:
        return  # emptied meanwhile
    target.leased_until = now
    if target.doubt_through <= made.through:
        target.doubt_through = made.doubt_through
    if not made.pause:
        target.tries, target.reason, target.due_at = 0, "", now
        return
    target.tries += 1
    target.reason = made.pause
    if made.locked_out:
        target.paused_at = target.paused_at or now
        return
    wait = min(FIRST_WAIT * 2 ** min(target.tries - 1, 12), LONGEST_WAIT)
    wait *= random.uniform(0.75, 1.0)  # noqa: S311  # spreads the load
    wait = max(wait, made.retry_after or wait)
    target.due_at = now + min(wait, LONGEST_WAIT)
