"""One round: what waits goes to the store next door, or to one over HTTP.

For each store one worker at a time, in the order of the outbox, so that each actor's statements
arrive in order. A store that does not answer is left to rest, longer each time, and nothing
overtakes; a statement that it refuses is set aside with the reason, and stops no other. Killed at
any moment, the next round sends again: ids make that harmless.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Select, and_, delete, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from xapi import received, store
from xapi.db import Begin
from xapi.external import Entry, ExternalStore, Round
from xapi.models import Delivery, OutboxEntry, Target
from xapi.validation import StatementError

LEASE = timedelta(minutes=3)
"""How long a worker that died keeps others from a store over HTTP."""
NO_LEASE = timedelta(0)
FIRST_WAIT = timedelta(seconds=5)
LONGEST_WAIT = timedelta(hours=1)
BATCH = 100
INSERTS: dict[str, Any] = {"sqlite": sqlite_insert, "postgresql": postgresql_insert}


@dataclass(frozen=True, slots=True)
class EmbeddedStore:
    """The store in the same database: no HTTP, the same validation, one transaction."""

    authority: Mapping[str, Any]
    name: str = "embedded"


Store = EmbeddedStore | ExternalStore


def deliver_due(
    begin: Begin, targets: Sequence[Store], *, now: datetime, limit: int = BATCH
) -> int:
    """Bring up to ``limit`` entries to each store; give how many were settled."""
    names = [target.name for target in targets]
    settled = 0
    for target in targets:
        if isinstance(target, EmbeddedStore):
            settled += _keep(begin, target, names, now=now, limit=limit)
        else:
            settled += _send(begin, target, names, now=now, limit=limit)
    return settled


def list_targets(session: Session) -> list[Target]:
    """Give the stores that were ever sent to, with why they rest."""
    return list(session.scalars(select(Target).order_by(Target.name)))


def wake(session: Session, *, now: datetime) -> int:
    """End the rest of all stores; give how many rested."""
    resting = list(
        session.scalars(select(Target).where(or_(Target.due_at > now, Target.reason != "")))
    )
    for target in resting:
        target.due_at, target.tries, target.reason = now, 0, ""
    return len(resting)


# To a store over HTTP: claim, send, settle


def _send(
    begin: Begin, target: ExternalStore, names: Sequence[str], *, now: datetime, limit: int
) -> int:
    with begin() as session:
        entries = _claim(session, target.name, LEASE, now=now, limit=limit)
        if not entries:
            _sweep(session, names)
            return 0
    made = target.send(entries)
    with begin() as session:
        _settle(session, target.name, made, names, now=now)
    return len(made.delivered) + len(made.refused)


# To the store next door: all in one transaction


def _keep(
    begin: Begin, target: EmbeddedStore, names: Sequence[str], *, now: datetime, limit: int
) -> int:
    entries: list[Entry] = []
    try:
        with begin() as session:
            entries = _claim(session, target.name, NO_LEASE, now=now, limit=limit)
            if not entries:
                _sweep(session, names)
                return 0
            _keep_all(session, target, entries, now=now)
            _settle(session, target.name, Round(delivered=entries), names, now=now)
    except (StatementError, store.ConflictError):
        for entry in entries:
            _keep_one(begin, target, entry, names, now=now)
    return len(entries)


def _keep_one(
    begin: Begin, target: EmbeddedStore, entry: Entry, names: Sequence[str], *, now: datetime
) -> None:
    try:
        with begin() as session:
            _keep_all(session, target, [entry], now=now)
            _settle(session, target.name, Round(delivered=[entry]), names, now=now)
        return
    except StatementError as error:
        reason = str(error)
    except store.ConflictError:
        reason = "The store holds another statement of this id."
    with begin() as session:
        _settle(session, target.name, Round(refused=[(entry, reason)]), names, now=now)


def _keep_all(
    session: Session, target: EmbeddedStore, entries: Sequence[Entry], *, now: datetime
) -> None:
    given = [received.from_own(entry.payload) for entry in entries]
    store.keep(session, given, authority=target.authority, now=now)


# What waits


def _claim(
    session: Session, name: str, lease: timedelta, *, now: datetime, limit: int
) -> list[Entry]:
    waiting = _waiting(name, limit)
    if session.execute(waiting.limit(1)).first() is None:
        return []
    dialect = session.get_bind().dialect.name
    fields = {"name": name, "due_at": now, "leased_until": now, "tries": 0, "reason": ""}
    session.execute(INSERTS[dialect](Target).values(fields).on_conflict_do_nothing())
    leased = session.execute(
        update(Target)
        .where(Target.name == name, Target.due_at <= now, Target.leased_until <= now)
        .values(leased_until=now + lease)
        .returning(Target.name)
    ).all()
    return [Entry(*row) for row in session.execute(waiting).tuples()] if leased else []


def _waiting(name: str, limit: int) -> Select[int, UUID, str]:
    done = and_(Delivery.seq == OutboxEntry.seq, Delivery.target == name)
    return (
        select(OutboxEntry.seq, OutboxEntry.statement_id, OutboxEntry.payload)
        .outerjoin(Delivery, done)
        .where(Delivery.seq.is_(None))
        .order_by(OutboxEntry.seq)
        .limit(limit)
    )


def _settle(
    session: Session, name: str, made: Round, names: Sequence[str], *, now: datetime
) -> None:
    alone = list(names) == [name]
    taken = [] if alone else [_told(name, entry, now, None) for entry in made.delivered]
    refused = [_told(name, entry, None, now, reason) for entry, reason in made.refused]
    rows = _still_there(session, [*taken, *refused])
    if rows:
        dialect = session.get_bind().dialect.name
        session.execute(INSERTS[dialect](Delivery).on_conflict_do_nothing(), rows)
    done = [entry.seq for entry in made.delivered]
    if done and not alone:
        done = list(session.scalars(_everywhere(names).where(Delivery.seq.in_(done))))
    if done:
        session.execute(delete(OutboxEntry).where(OutboxEntry.seq.in_(done)))
    _rest_or_go_on(session, name, made, now=now)


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
    there = set(session.scalars(select(OutboxEntry.seq).where(OutboxEntry.seq.in_(seqs))))
    return [row for row in rows if row["seq"] in there]


def _everywhere(names: Sequence[str]) -> Select[Any]:
    """Ask for the entries that every store has taken."""
    return (
        select(Delivery.seq)
        .where(Delivery.target.in_(names), Delivery.delivered_at.is_not(None))
        .group_by(Delivery.seq)
        .having(func.count() >= len(names))
    )


def _sweep(session: Session, names: Sequence[str]) -> None:
    """Remove entries that waited for a store which is no longer sent to."""
    done = list(session.scalars(_everywhere(names).limit(BATCH)))
    if done:
        session.execute(delete(OutboxEntry).where(OutboxEntry.seq.in_(done)))


def _rest_or_go_on(session: Session, name: str, made: Round, *, now: datetime) -> None:
    target = session.get_one(Target, name)
    target.leased_until = now
    if not made.pause:
        target.tries, target.reason, target.due_at = 0, "", now
        return
    wait = LONGEST_WAIT if made.locked_out else FIRST_WAIT * 2 ** min(target.tries, 12)
    wait = min(wait, LONGEST_WAIT) * random.uniform(0.75, 1.0)  # noqa: S311  # spreads the load
    wait = max(wait, made.retry_after or wait)
    target.tries += 1
    target.reason, target.due_at = made.pause, now + min(wait, LONGEST_WAIT)
