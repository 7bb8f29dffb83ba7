"""One round: what waits goes to the store next door, to one over HTTP, or to both.

For each store one worker at a time, in the order of the outbox, so that each actor's statements
arrive in order. A store that does not answer is left to rest, longer each time, and nothing
overtakes; a statement that it refuses is set aside with the reason, and stops no other. Killed at
any moment, the next round sends again: ids make that harmless.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import orjson
from sqlalchemy import or_, select
from sqlalchemy.exc import DataError
from sqlalchemy.orm import Session

from xapi import files, received, store
from xapi.attached import MOST_BYTES
from xapi.db import Begin
from xapi.external import ExternalStore, says_the_same
from xapi.models import StatementRow, Target
from xapi.settling import Entry, Round, claim, settle

LEASE = timedelta(minutes=1)
"""How long a worker that died keeps others from a store over HTTP: longer than a round takes."""
NO_LEASE = timedelta(0)
BATCH = 100
REFUSALS = (ValueError, TypeError, DataError, store.ConflictError)
"""What the store next door raises for a statement that it will not take, today or ever."""


@dataclass(frozen=True, slots=True)
class EmbeddedStore:
    """The store in the same database: no HTTP, the same validation, one transaction."""

    authority: Mapping[str, Any]
    name: str = "embedded"


Store = EmbeddedStore | ExternalStore


def stores_of(
    *, url: str, key: str, secret: str, keep_embedded: bool, authority: Mapping[str, Any]
) -> list[Store]:
    """Give the stores that an application's statements go to, for :func:`deliver_due`.

    Args:
        url: xAPI address of a store over HTTP, such as ``https://lrs.example.org/xapi``; empty
            where there is none.
        key: its user name.
        secret: its password.
        keep_embedded: whether the store next door receives them too; without a ``url`` it does.
        authority: the agent that answers for them next door, as ``Host.authority()`` gives it.
    """
    embedded: list[Store] = [EmbeddedStore(authority)] if keep_embedded or not url else []
    return [*embedded, ExternalStore(url, key, secret)] if url else embedded


def deliver_due(
    begin: Begin, targets: Sequence[Store], *, now: datetime, limit: int = BATCH
) -> int:
    """Bring up to ``limit`` entries to each of some stores; give how many were settled.

    Args:
        begin: opens a transaction that writes, on the database that holds the outbox.
        targets: all stores that the application brings, whether they rest or not. An entry is
            removed when each of these has it, and each that is kept in the table of targets.
        now: the moment.
        limit: at most so many entries for each store.
    """
    fixed = [target.name for target in targets]
    return sum(deliver_to(begin, each, fixed, now=now, limit=limit) for each in targets)


def deliver_to(
    begin: Begin, target: Store, fixed: Sequence[str], *, now: datetime, limit: int = BATCH
) -> int:
    """Bring up to ``limit`` entries to one store; give how many were settled.

    Args:
        begin: as for :func:`deliver_due`.
        target: the store.
        fixed: names of all stores that the application brings.
        now: the moment.
        limit: at most so many entries.
    """
    if isinstance(target, EmbeddedStore):
        return _keep(begin, target, fixed, now=now, limit=limit)
    return _send(begin, target, fixed, now=now, limit=limit)


def list_targets(session: Session) -> list[Target]:
    """Give the stores that are sent to, with why they rest."""
    return list(session.scalars(select(Target).order_by(Target.name)))


def wake(session: Session, *, now: datetime) -> int:
    """End the rest of all stores, also of those that locked us out; give how many rested."""
    resting = list(
        session.scalars(select(Target).where(or_(Target.due_at > now, Target.reason != "")))
    )
    for target in resting:
        if target.reason:
            target.paused_at = None
        target.due_at, target.tries, target.reason = now, 0, ""
    return len(resting)


# To a store over HTTP: claim, send, settle


def _send(
    begin: Begin, target: ExternalStore, fixed: Sequence[str], *, now: datetime, limit: int
) -> int:
    with begin() as session:
        entries = claim(session, target.name, fixed, lease=LEASE, now=now, limit=limit)
    if not entries:
        return 0
    made = target.send(entries, partial(_load, begin))
    with begin() as session:
        settle(session, target.name, made, fixed, now=now)
    return len(made.delivered) + len(made.refused)


def _load(begin: Begin, sha2: str) -> bytes | None:
    """Read the content of an attachment that the store next door keeps."""
    with begin() as session:
        size = files.find_size(session, sha2)
        if size is None or size > MOST_BYTES:
            return None
        pieces: list[bytes] = []
        while (piece := files.read_piece(session, sha2, len(pieces))) is not None:
            pieces.append(piece)
    return b"".join(pieces)


# To the store next door: all in one transaction


def _keep(
    begin: Begin, target: EmbeddedStore, fixed: Sequence[str], *, now: datetime, limit: int
) -> int:
    try:
        with begin() as session:
            return _keep_all(session, target, fixed, now=now, limit=limit)
    except REFUSALS:
        return _keep_each(begin, target, fixed, now=now, limit=limit)


def _keep_all(
    session: Session, target: EmbeddedStore, fixed: Sequence[str], *, now: datetime, limit: int
) -> int:
    entries = claim(session, target.name, fixed, lease=NO_LEASE, now=now, limit=limit)
    if entries:
        _put(session, target, entries)
        settle(session, target.name, Round(delivered=entries), fixed, now=now)
    return len(entries)


def _keep_each(
    begin: Begin, target: EmbeddedStore, fixed: Sequence[str], *, now: datetime, limit: int
) -> int:
    """Find what spoilt the batch: keep one after the other, each undone by itself if refused."""
    with begin() as session:
        entries = claim(session, target.name, fixed, lease=NO_LEASE, now=now, limit=limit)
        made = Round()
        for entry in entries:
            try:
                with session.begin_nested():
                    _put(session, target, [entry])
                made.delivered.append(entry)
            except store.ConflictError:
                if says_the_same(_held(session, entry), entry):
                    made.delivered.append(entry)
                else:
                    made.refused.append((entry, "The store holds another statement of this id."))
            except (ValueError, TypeError, DataError) as error:
                made.refused.append((entry, str(error)))
        if entries:
            settle(session, target.name, made, fixed, now=now)
    return len(entries)


def _put(session: Session, target: EmbeddedStore, entries: Sequence[Entry]) -> None:
    given = [received.from_own(entry.payload) for entry in entries]
    store.keep(session, given, authority=target.authority)


def _held(session: Session, entry: Entry) -> object:
    payload = session.scalar(select(StatementRow.payload).where(StatementRow.id == entry.id))
    return orjson.loads(payload or "null")
