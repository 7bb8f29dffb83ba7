"""Statements of the store next door on their way to another: through the outbox, to that one alone.

So they have all that the application's own have: tries, halving, what is refused with its reason.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from xapi.contents import identifier_of
from xapi.models import OutboxEntry, StatementRow, Target
from xapi.outbox import ENQUEUE

PORTION = 500
"""How many statements are looked at in one transaction."""
NOT_PASSED = ("stored", "authority")
"""What the other store puts in itself."""
KEY_LENGTH = 300

Plain = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Kept:
    """A statement of the store next door."""

    seq: int
    id: UUID
    payload: str
    parsed: Plain

    def is_of(self, authority: Plain) -> bool:
        """Say whether an agent answers for it."""
        return identifier_of(self.parsed.get("authority", {})) == identifier_of(authority)


def newest(session: Session) -> int:
    """Give the number of the statement that was kept last."""
    return session.scalar(select(func.max(StatementRow.seq))) or 0


def list_kept(session: Session, *, after: int, until: int | None = None) -> Iterator[Kept]:
    """Give the statements after a number, one portion of them, in their order."""
    query = (
        select(StatementRow.seq, StatementRow.id, StatementRow.payload)
        .where(StatementRow.seq > after)
        .order_by(StatementRow.seq)
        .limit(PORTION)
    )
    if until is not None:
        query = query.where(StatementRow.seq <= until)
    for seq, statement_id, payload in session.execute(query):
        yield Kept(seq, statement_id, payload, orjson.loads(payload))


def count_in_outbox(session: Session, name: str) -> int:
    """Give how many entries of the outbox go to one store alone, refused ones with them."""
    own = and_(OutboxEntry.target == name, OutboxEntry.target != "")  # so that its index serves
    return session.scalar(select(func.count()).select_from(OutboxEntry).where(own)) or 0


def pass_on(session: Session, target: Target, given: Sequence[Kept], *, now: datetime) -> None:
    """Put statements into the outbox for one store."""
    if not given:
        return
    rows = [
        {
            "statement_id": each.id,
            "target": target.name,
            "actor_key": _actor_key(each.parsed)[:KEY_LENGTH],
            "payload": _passed(each, target.version),
            "queued_at": now,
        }
        for each in given
    ]
    ENQUEUE.run_each(session, rows)


def _passed(kept: Kept, version: str) -> str:
    """Give the text without what the other store puts in; numbers stay as they were written."""
    whole = json.loads(kept.payload, parse_float=orjson.Fragment, parse_int=orjson.Fragment)
    dropped = list(NOT_PASSED)
    if str(kept.parsed.get("version", version))[:1] != version[:1]:
        dropped.append("version")
    return orjson.dumps({key: whole[key] for key in whole if key not in dropped}).decode()


def _actor_key(parsed: Plain) -> str:
    """Give the text by which an erasure finds it, as :attr:`xapi.statements.Actor.key`."""
    actor = parsed["actor"]
    if "account" in actor:
        return f"{actor['account']['homePage']}|{actor['account']['name']}"
    return identifier_of(actor) or ""
