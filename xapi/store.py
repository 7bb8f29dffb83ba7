"""Keep statements: sameness, order, voiding. A batch is kept as a whole or not at all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import insert, select, text, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from xapi.contents import activities_of, agents_of, content_hash
from xapi.models import (
    ActivityRow,
    AgentRow,
    StatementActivity,
    StatementAgent,
    StatementRow,
    VerbRow,
)
from xapi.received import Received, with_fields
from xapi.statements import iso_moment
from xapi.validation import check_statement
from xapi.values import StatementError, read_moment
from xapi.vocabulary import VOIDED

FIRST_VERSION = "1.0.0"
"""Of a statement that names none (1.0.3, part two, 2.4.10)."""
LOCK = 0x786170695F736571
"""Advisory lock of PostgreSQL: one batch after the other, so that numbers are given in order."""
CLOCKS = {
    "sqlite": text("SELECT strftime('%Y-%m-%dT%H:%M:%fZ', 'now')"),
    "postgresql": text("SELECT clock_timestamp()"),
}
TAKE = text("SELECT pg_advisory_xact_lock(:lock)")
WATCH = text("SELECT pg_advisory_xact_lock_shared(:lock)")
TICK = timedelta(milliseconds=1)
"""How finely times of storing are told."""
CHUNK = 500
INSERTS: dict[str, Any] = {"sqlite": sqlite_insert, "postgresql": postgresql_insert}


class ConflictError(Exception):
    """A statement of this id is kept, and says something else."""


@dataclass(frozen=True, slots=True)
class Fresh:
    """A statement about to be kept."""

    id: UUID
    received: Received
    content_hash: str

    @property
    def target(self) -> UUID | None:
        """Give the statement that this one refers to."""
        thing = self.received.parsed["object"]
        return UUID(thing["id"]) if thing.get("objectType") == "StatementRef" else None

    @property
    def is_voiding(self) -> bool:
        """Say whether it voids its target."""
        return bool(self.received.parsed["verb"]["id"] == VOIDED)


def keep(
    session: Session,
    given: Sequence[Received],
    *,
    authority: Mapping[str, Any],
) -> list[UUID]:
    """Keep a batch of statements; give their ids in the order sent.

    A statement that is kept already and equal is left as it is. When they were stored is told by
    the database's clock, read when it is this batch's turn: so it never runs backwards, not even
    between machines.

    Args:
        session: of a transaction that writes from its beginning (on SQLite ``BEGIN IMMEDIATE``).
        given: as read.
        authority: the agent that answers for them.

    Raises:
        StatementError: one of them is none, or an id stands in the batch twice.
        ConflictError: one of them is kept and says something else.
    """
    for each in given:
        check_statement(each.parsed)
    ids = [UUID(each.parsed["id"]) if "id" in each.parsed else uuid4() for each in given]
    if len(set(ids)) != len(ids):
        raise StatementError("id", "stands in the batch twice", "2.4.1")
    take_turn(session)
    fresh = _not_kept(session, ids, given)
    if fresh:
        _insert(session, fresh, authority=authority, stored_at=_not_before_the_last(session))
    return ids


def take_turn(session: Session) -> None:
    """Wait until no other transaction changes statements; ours is next, to its end.

    On SQLite a transaction that writes is alone from its beginning.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(TAKE, {"lock": LOCK})


def consistent_through(session: Session) -> datetime:
    """Give the moment up to which everything that will ever be stored can be seen.

    It waits for the batch that is being kept; whoever reads after this transaction sees it.

    Args:
        session: of a transaction that writes from its beginning.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(WATCH, {"lock": LOCK})
    return _clock(session) - TICK


def _clock(session: Session) -> datetime:
    told = session.scalar(CLOCKS[session.get_bind().dialect.name])
    found: datetime = read_moment(told) if isinstance(told, str) else told
    found = found.astimezone(UTC)
    return found.replace(microsecond=found.microsecond // 1000 * 1000)


def _not_kept(session: Session, ids: Sequence[UUID], given: Sequence[Received]) -> list[Fresh]:
    query = select(StatementRow.id, StatementRow.content_hash).where(StatementRow.id.in_(ids))
    kept = dict(session.execute(query).all())
    fresh = []
    for made_id, received in zip(ids, given, strict=True):
        content = content_hash(received.parsed)
        if made_id not in kept:
            fresh.append(Fresh(made_id, received, content))
        elif kept[made_id] != content:
            raise ConflictError(str(made_id))
    return fresh


def _not_before_the_last(session: Session) -> datetime:
    """Give the time of storing: it never runs backwards in the order of statements."""
    query = select(StatementRow.stored_at).order_by(StatementRow.seq.desc()).limit(1)
    last = session.scalar(query)
    now = _clock(session)
    return now if last is None else max(now, last)


def _insert(
    session: Session,
    fresh: Sequence[Fresh],
    *,
    authority: Mapping[str, Any],
    stored_at: datetime,
) -> None:
    verbs = _numbers(
        session, VerbRow, VerbRow.iri, (each.received.parsed["verb"]["id"] for each in fresh)
    )
    rows = [
        _row(each, verbs[each.received.parsed["verb"]["id"]], authority, stored_at)
        for each in fresh
    ]
    numbered = session.execute(
        insert(StatementRow).returning(StatementRow.seq, sort_by_parameter_order=True), rows
    )
    seqs = list(numbered.scalars())
    _link(session, fresh, seqs, authority)
    _void(session, fresh)


def _row(
    each: Fresh, verb_id: int, authority: Mapping[str, Any], stored_at: datetime
) -> dict[str, Any]:
    parsed = each.received.parsed
    stored = iso_moment(stored_at)
    fields = {
        **({} if "id" in parsed else {"id": str(each.id)}),
        **({} if "timestamp" in parsed else {"timestamp": stored}),
        **({} if "version" in parsed else {"version": FIRST_VERSION}),
        "stored": stored,
        "authority": dict(authority),
    }
    registration = parsed.get("context", {}).get("registration")
    return {
        "id": each.id,
        "stored_at": stored_at,
        "happened_at": read_moment(parsed.get("timestamp", stored)),
        "verb_id": verb_id,
        "registration": UUID(registration) if registration else None,
        "target_id": each.target,
        "voided": False,
        "is_voiding": each.is_voiding,
        "content_hash": each.content_hash,
        "payload": with_fields(each.received, fields),
    }


def _link(
    session: Session,
    fresh: Sequence[Fresh],
    seqs: Sequence[int],
    authority: Mapping[str, Any],
) -> None:
    activities = [set(activities_of(each.received.parsed)) for each in fresh]
    agents = [set(agents_of({**each.received.parsed, "authority": authority})) for each in fresh]
    iris = _numbers(session, ActivityRow, ActivityRow.iri, _names(activities))
    names = _numbers(session, AgentRow, AgentRow.identifier, _names(agents))
    things = [
        {"activity_id": iris[iri], "seq": seq, "role": role}
        for seq, found in zip(seqs, activities, strict=True)
        for iri, role in found
    ]
    people = [
        {"agent_id": names[name], "seq": seq, "role": role}
        for seq, found in zip(seqs, agents, strict=True)
        for name, role in found
    ]
    if things:
        session.execute(insert(StatementActivity), things)
    if people:
        session.execute(insert(StatementAgent), people)


def _names(found: Iterable[set[tuple[str, str]]]) -> set[str]:
    return {name for each in found for name, _ in each}


def _void(session: Session, fresh: Sequence[Fresh]) -> None:
    """Mark what is voided, also where the voiding statement came first; a void cannot be voided."""
    ids = [each.id for each in fresh]
    targets = [each.target for each in fresh if each.is_voiding and each.target]
    earlier = session.scalars(
        select(StatementRow.target_id).where(
            StatementRow.target_id.in_(ids), StatementRow.is_voiding
        )
    )
    voided = {*targets, *earlier}
    if voided:
        session.execute(
            update(StatementRow)
            .where(StatementRow.id.in_(voided), StatementRow.is_voiding.is_(False))
            .values(voided=True)
        )


def _numbers(session: Session, table: Any, column: Any, texts: Iterable[str]) -> dict[str, int]:
    """Give the number of each verb, activity or agent; a new one gets the next."""
    wanted = sorted(set(texts))
    found = _find_numbers(session, table, column, wanted)
    missing = [each for each in wanted if each not in found]
    if missing:
        dialect = session.get_bind().dialect.name
        rows = [{column.key: each} for each in missing]
        session.execute(INSERTS[dialect](table).on_conflict_do_nothing(), rows)
        found |= _find_numbers(session, table, column, missing)
    return found


def _find_numbers(
    session: Session, table: Any, column: Any, wanted: Sequence[str]
) -> dict[str, int]:
    found: dict[str, int] = {}
    for start in range(0, len(wanted), CHUNK):
        query = select(column, table.id).where(column.in_(wanted[start : start + CHUNK]))
        found.update(session.execute(query).all())
    return found
