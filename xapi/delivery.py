"""One round: what is queued goes to the store next door, or to one over HTTP.

For each target one worker at a time, in the order of the outbox, so that each actor's statements
arrive in order. A target that does not answer is paused, longer each time, and nothing overtakes;
a statement that it refuses is set aside with the reason, and stops no other. Killed at any moment,
the next round sends again: ids make that harmless.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import orjson
from sqlalchemy import and_, delete, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from xapi import store
from xapi.db import Begin
from xapi.models import Delivery, OutboxEntry, Target
from xapi.validation import StatementError

LEASE = timedelta(minutes=3)
FIRST_WAIT = timedelta(seconds=5)
LONGEST_WAIT = timedelta(hours=1)
BATCH = 100
TIMEOUT = httpx.Timeout(30.0, connect=5.0)
ANSWER_LIMIT = 2 * 1024 * 1024
VERSION_HEADER = "X-Experience-API-Version"
INSERTS = {"sqlite": sqlite_insert, "postgresql": postgresql_insert}


@dataclass(frozen=True, slots=True)
class Entry:
    """A statement to be delivered."""

    seq: int
    id: UUID
    payload: str


@dataclass(slots=True)
class Round:
    """What a target made of a batch."""

    delivered: list[Entry] = field(default_factory=list)
    refused: list[tuple[Entry, str]] = field(default_factory=list)
    pause: str = ""
    """Why the target must rest; what is in neither list is sent again then."""
    retry_after: timedelta | None = None


@dataclass(frozen=True, slots=True)
class EmbeddedStore:
    """The store in the same database: no HTTP, the same validation, one transaction."""

    authority: dict[str, Any]
    name: str = "embedded"


class ExternalStore:
    """A record store over HTTP, on a connection kept open."""

    def __init__(self, url: str, key: str, secret: str, *, name: str = "external") -> None:
        self.name = name
        self._url = f"{url.rstrip('/')}/statements"
        self._client = httpx.Client(
            auth=(key, secret),
            timeout=TIMEOUT,
            headers={VERSION_HEADER: "1.0.3", "Content-Type": "application/json"},
            follow_redirects=False,
        )

    def close(self) -> None:
        """Close the connection."""
        self._client.close()

    def send(self, entries: Sequence[Entry]) -> Round:
        """Send a batch; a refused one is halved until the bad statement is alone."""
        made = Round()
        self._send(list(entries), made)
        return made

    def _send(self, entries: list[Entry], made: Round) -> None:
        if not entries or made.pause:
            return
        status, text, wait = self._post(entries)
        if 200 <= status < 300:
            made.delivered += entries
        elif status in {0, 401, 403, 408, 429} or status >= 500:
            made.pause, made.retry_after = text, wait
        elif len(entries) > 1:
            middle = len(entries) // 2
            self._send(entries[:middle], made)
            self._send(entries[middle:], made)
        elif status == 409 and self._holds_the_same(entries[0]):
            made.delivered += entries
        else:
            made.refused.append((entries[0], text))

    def _post(self, entries: Sequence[Entry]) -> tuple[int, str, timedelta | None]:
        body = f"[{','.join(entry.payload for entry in entries)}]".encode()
        try:
            answer = self._client.post(self._url, content=body)
        except httpx.HTTPError as error:
            return 0, f"The store cannot be reached: {type(error).__name__}.", None
        wait = answer.headers.get("Retry-After", "")
        text = f"The store answered {answer.status_code}: {answer.text[:300]}"
        return answer.status_code, text, timedelta(seconds=int(wait)) if wait.isdigit() else None

    def _holds_the_same(self, entry: Entry) -> bool:
        try:
            answer = self._client.get(self._url, params={"statementId": str(entry.id)})
            held = orjson.loads(answer.content) if answer.status_code == 200 else None
        except (httpx.HTTPError, ValueError):
            return False
        if not isinstance(held, dict):
            return False
        try:
            return store.content_hash(held) == store.content_hash(orjson.loads(entry.payload))
        except (KeyError, TypeError):
            return False


def deliver_due(
    begin: Begin,
    targets: Sequence[EmbeddedStore | ExternalStore],
    *,
    now: datetime,
    limit: int = BATCH,
) -> int:
    """Bring up to ``limit`` entries to each target; give how many were settled."""
    names = [target.name for target in targets]
    return sum(_round(begin, target, names, now=now, limit=limit) for target in targets)


def _round(
    begin: Begin,
    target: EmbeddedStore | ExternalStore,
    names: Sequence[str],
    *,
    now: datetime,
    limit: int,
) -> int:
    with begin() as session:
        entries = _claim(session, target.name, now=now, limit=limit)
    if not entries:
        return 0
    if isinstance(target, EmbeddedStore):
        return _keep(begin, target, entries, names, now=now)
    made = target.send(entries)
    with begin() as session:
        _settle(session, target.name, made, names, now=now)
    return len(made.delivered) + len(made.refused)


def _claim(session: Session, name: str, *, now: datetime, limit: int) -> list[Entry]:
    waiting = _waiting(name, limit)
    rows = session.execute(waiting).all()
    if not rows:
        return []
    dialect = session.get_bind().dialect.name
    session.execute(
        INSERTS[dialect](Target)
        .values(name=name, due_at=now, leased_until=now, tries=0, reason="")
        .on_conflict_do_nothing()
    )
    leased = session.execute(
        update(Target)
        .where(Target.name == name, Target.due_at <= now, Target.leased_until <= now)
        .values(leased_until=now + LEASE)
        .returning(Target.name)
    ).all()
    return [Entry(*row) for row in session.execute(waiting)] if leased else []


def _waiting(name: str, limit: int) -> Any:
    done = and_(Delivery.seq == OutboxEntry.seq, Delivery.target == name)
    return (
        select(OutboxEntry.seq, OutboxEntry.statement_id, OutboxEntry.payload)
        .outerjoin(Delivery, done)
        .where(Delivery.seq.is_(None))
        .order_by(OutboxEntry.seq)
        .limit(limit)
    )


def _keep(
    begin: Begin,
    target: EmbeddedStore,
    entries: Sequence[Entry],
    names: Sequence[str],
    *,
    now: datetime,
) -> int:
    """Keep a batch and settle it in one transaction; a bad one is found one by one."""
    made = Round()
    try:
        with begin() as session:
            statements = [orjson.loads(entry.payload) for entry in entries]
            store.keep(session, statements, authority=target.authority, now=now)
            _settle(session, target.name, Round(list(entries)), names, now=now)
    except (StatementError, store.ConflictError, ValueError):
        for entry in entries:
            _keep_one(begin, target, entry, made, now=now)
        with begin() as session:
            _settle(session, target.name, made, names, now=now)
    return len(entries)


def _keep_one(
    begin: Begin, target: EmbeddedStore, entry: Entry, made: Round, *, now: datetime
) -> None:
    try:
        with begin() as session:
            given = [orjson.loads(entry.payload)]
            store.keep(session, given, authority=target.authority, now=now)
    except store.ConflictError:
        made.refused.append((entry, "The store holds another statement of this id."))
    except ValueError as error:
        made.refused.append((entry, str(error)))
    else:
        made.delivered.append(entry)


def _settle(
    session: Session, name: str, made: Round, names: Sequence[str], *, now: datetime
) -> None:
    others = [each for each in names if each != name]
    dialect = session.get_bind().dialect.name
    rows = [
        {"target": name, "seq": entry.seq, "delivered_at": now, "stuck_at": None, "reason": ""}
        for entry in made.delivered
        if others
    ] + [
        {"target": name, "seq": entry.seq, "delivered_at": None, "stuck_at": now, "reason": why}
        for entry, why in made.refused
    ]
    if rows:
        session.execute(INSERTS[dialect](Delivery).on_conflict_do_nothing(), rows)
    done = [entry.seq for entry in made.delivered]
    if others and done:
        done = _done_everywhere(session, done, len(names))
    if done:
        session.execute(delete(OutboxEntry).where(OutboxEntry.seq.in_(done)))
    _rest_or_go_on(session, name, made, now=now)


def _done_everywhere(session: Session, seqs: Sequence[int], count: int) -> list[int]:
    rows = session.execute(
        select(Delivery.seq)
        .where(Delivery.seq.in_(seqs), Delivery.delivered_at.is_not(None))
        .group_by(Delivery.seq)
        .having(func.count() >= count)
    )
    return [row.seq for row in rows]


def _rest_or_go_on(session: Session, name: str, made: Round, *, now: datetime) -> None:
    target = session.get_one(Target, name)
    target.leased_until = now
    if not made.pause:
        target.tries, target.reason, target.due_at = 0, "", now
        return
    wait = min(FIRST_WAIT * 2 ** min(target.tries, 12), LONGEST_WAIT)
    wait *= random.uniform(0.75, 1.0)  # noqa: S311  # spreads the load, keeps no secret
    wait = max(wait, made.retry_after or wait)
    target.tries += 1
    target.reason, target.due_at = made.pause, now + min(wait, LONGEST_WAIT)


def list_targets(session: Session) -> list[Target]:
    """Give the targets that were ever sent to, with why they are paused."""
    return list(session.scalars(select(Target).order_by(Target.name)))


def wake(session: Session, *, now: datetime) -> int:
    """End the pauses of all targets; give how many were paused."""
    paused = session.scalars(select(Target).where(or_(Target.due_at > now, Target.reason != "")))
    found = list(paused)
    for target in found:
        target.due_at, target.tries, target.reason = now, 0, ""
    return len(found)
