"""Keep and find statements: sameness, voiding, order, paging."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import orjson
from sqlalchemy import Select, and_, insert, or_, select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from xapi.models import (
    ActivityRow,
    AgentRow,
    StatementActivity,
    StatementAgent,
    StatementRow,
    VerbRow,
)
from xapi.validation import VOIDED, StatementError, check_statement, read_moment

VERSION = "1.0.3"
INSERTS = {"sqlite": sqlite_insert, "postgresql": postgresql_insert}
PAGE = 100


class ConflictError(Exception):
    """A statement of this id is kept, and says something else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """What is looked for; None: no matter."""

    agent: str | None = None
    """Identifier as :func:`identifier_of` gives it."""
    verb: str | None = None
    activity: str | None = None
    registration: UUID | None = None
    since: datetime | None = None
    until: datetime | None = None
    related_agents: bool = False
    related_activities: bool = False
    ascending: bool = False
    limit: int = PAGE
    after_seq: int | None = None
    """Where the page before ended."""


@dataclass(frozen=True, slots=True)
class Page:
    """Statements found, as kept, and where the next page begins."""

    payloads: tuple[str, ...]
    next_seq: int | None


def keep(
    session: Session,
    given: Sequence[dict[str, Any]],
    *,
    authority: Mapping[str, Any],
    now: datetime,
) -> list[UUID]:
    """Keep a batch of statements as a whole; give their ids in the order sent.

    A statement that is kept already and equal is left as it is. Nothing is kept where one is bad.

    Raises:
        StatementError: one of them is none, or an id stands in the batch twice.
        ConflictError: one of them is kept and says something else.
    """
    for each in given:
        check_statement(each)
    ids = [UUID(each["id"]) if "id" in each else uuid4() for each in given]
    if len(set(ids)) != len(ids):
        raise StatementError("id", "stands in the batch twice", "2.4.1")
    known = _known(session, ids)
    fresh = []
    for made_id, each in zip(ids, given, strict=True):
        content = content_hash(each)
        if made_id not in known:
            fresh.append((made_id, each, content))
        elif known[made_id] != content:
            raise ConflictError(str(made_id))
    for made_id, each, content in fresh:
        _insert(session, made_id, each, content, authority=authority, now=now)
    return ids


def _known(session: Session, ids: Sequence[UUID]) -> dict[UUID, str]:
    rows = session.execute(
        select(StatementRow.id, StatementRow.content_hash).where(StatementRow.id.in_(ids))
    )
    return {row.id: row.content_hash for row in rows}


def _insert(
    session: Session,
    made_id: UUID,
    given: Mapping[str, Any],
    content: str,
    *,
    authority: Mapping[str, Any],
    now: datetime,
) -> None:
    stored = now.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    whole = {**given, "id": str(made_id), "stored": stored, "authority": dict(authority)}
    whole.setdefault("timestamp", stored)
    whole.setdefault("version", VERSION)
    voids = given["verb"]["id"] == VOIDED
    target = _target(given)
    happened = read_moment(whole["timestamp"])
    seq = session.execute(
        insert(StatementRow)
        .values(
            id=made_id,
            stored_at=now,
            happened_at=happened if happened.tzinfo else happened.replace(tzinfo=UTC),
            verb_id=_number_of(session, VerbRow, VerbRow.iri, given["verb"]["id"]),
            registration=_registration(given),
            target_id=target,
            voided=False if voids else _is_voided(session, made_id),
            is_voiding=voids,
            content_hash=content,
            payload=orjson.dumps(whole).decode(),
        )
        .returning(StatementRow.seq)
    ).scalar_one()
    if voids:
        session.execute(
            update(StatementRow)
            .where(StatementRow.id == target, StatementRow.is_voiding.is_(False))
            .values(voided=True)
        )
    _insert_links(session, seq, given, authority)


def _insert_links(
    session: Session, seq: int, given: Mapping[str, Any], authority: Mapping[str, Any]
) -> None:
    activities = {
        (_number_of(session, ActivityRow, ActivityRow.iri, iri), role)
        for iri, role in activities_of(given)
    }
    agents = {
        (_number_of(session, AgentRow, AgentRow.identifier, name), role)
        for name, role in agents_of({**given, "authority": authority})
    }
    if activities:
        rows = [
            {"activity_id": each, "seq": seq, "role": role} for each, role in sorted(activities)
        ]
        session.execute(insert(StatementActivity), rows)
    if agents:
        rows = [{"agent_id": each, "seq": seq, "role": role} for each, role in sorted(agents)]
        session.execute(insert(StatementAgent), rows)


def _number_of(session: Session, table: Any, column: Any, text: str) -> int:
    """Give the number of a verb, activity or agent; two processes at once get the same."""
    found: int | None = session.scalar(select(table.id).where(column == text))
    if found is not None:
        return found
    dialect = session.get_bind().dialect.name
    session.execute(INSERTS[dialect](table).values({column.key: text}).on_conflict_do_nothing())
    return int(session.execute(select(table.id).where(column == text)).scalar_one())


def _target(given: Mapping[str, Any]) -> UUID | None:
    thing = given["object"]
    return UUID(thing["id"]) if thing.get("objectType") == "StatementRef" else None


def _registration(given: Mapping[str, Any]) -> UUID | None:
    text = given.get("context", {}).get("registration")
    return UUID(text) if text else None


def _is_voided(session: Session, made_id: UUID) -> bool:
    query = select(StatementRow.seq).where(
        StatementRow.target_id == made_id, StatementRow.is_voiding
    )
    return session.scalar(query.limit(1)) is not None


# Who and what stands in a statement


def identifier_of(agent: Mapping[str, Any]) -> str | None:
    """Give the one identifier of an agent or group as text; None for an anonymous group."""
    if "account" in agent:
        return f"account {agent['account']['homePage']} {agent['account']['name']}"
    for name in ("mbox", "openid"):
        if name in agent:
            return f"{name} {agent[name]}"
    if "mbox_sha1sum" in agent:
        return f"mbox_sha1sum {str(agent['mbox_sha1sum']).lower()}"
    return None


def activities_of(given: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Give every activity of a statement with its role."""
    thing = given["object"]
    kind = thing.get("objectType", "Activity")
    if kind == "Activity":
        yield thing["id"], f"{prefix}object"
    elif kind == "SubStatement":
        yield from activities_of(thing, "sub.")
    for role, listed in given.get("context", {}).get("contextActivities", {}).items():
        for each in listed if isinstance(listed, list) else [listed]:
            yield each["id"], f"{prefix}{role}"


def agents_of(given: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Give every agent and identified group of a statement with its role."""
    context = given.get("context", {})
    thing = given["object"]
    people = [
        ("actor", given["actor"]),
        ("authority", given.get("authority")),
        ("instructor", context.get("instructor")),
        ("team", context.get("team")),
        ("object", thing if thing.get("objectType") in {"Agent", "Group"} else None),
    ]
    for role, each in people:
        if each is not None:
            yield from _named(each, f"{prefix}{role}", prefix)
    if thing.get("objectType") == "SubStatement":
        yield from agents_of(thing, "sub.")


def _named(agent: Mapping[str, Any], role: str, prefix: str) -> Iterator[tuple[str, str]]:
    name = identifier_of(agent)
    if name is not None:
        yield name, role
    for member in agent.get("member", ()):
        member_name = identifier_of(member)
        if member_name is not None:
            yield member_name, role if role.endswith("actor") else f"{prefix}member"


NOT_COMPARED = frozenset({"id", "authority", "stored", "timestamp", "version", "attachments"})


def content_hash(given: Mapping[str, Any]) -> str:
    """Hash what the standard compares of two statements (part two, 2.3.1.1; part three, 2.1.1)."""
    compared = {key: value for key, value in given.items() if key not in NOT_COMPARED}
    compared["verb"] = given["verb"]["id"]
    compared["object"] = _without_definition(given["object"])
    return hashlib.sha256(orjson.dumps(compared, option=orjson.OPT_SORT_KEYS)).hexdigest()


def _without_definition(thing: Mapping[str, Any]) -> dict[str, Any]:
    if thing.get("objectType") == "SubStatement":
        return {**thing, "object": _without_definition(thing["object"])}
    return {key: value for key, value in thing.items() if key not in {"definition"}} | {
        "objectType": thing.get("objectType", "Activity")
    }


# Finding


def find_one(session: Session, statement_id: UUID, *, voided: bool) -> str | None:
    """Give one statement as kept; None where there is none, or where it is (not) voided."""
    return session.scalar(
        select(StatementRow.payload).where(
            StatementRow.id == statement_id, StatementRow.voided.is_(voided)
        )
    )


def find(session: Session, query: Query) -> Page:
    """Give the statements that a query means, newest first unless asked otherwise."""
    chosen = _filtered(select(StatementRow.seq, StatementRow.payload), query)
    order = StatementRow.seq if query.ascending else StatementRow.seq.desc()
    limit = min(query.limit or PAGE, PAGE)
    rows = session.execute(chosen.order_by(order).limit(limit + 1)).all()
    shown = rows[:limit]
    more = shown[-1].seq if len(rows) > limit else None
    return Page(tuple(row.payload for row in shown), more)


def _filtered(chosen: Select[tuple[int, str]], query: Query) -> Select[tuple[int, str]]:
    chosen = chosen.where(StatementRow.voided.is_(False))
    if query.after_seq is not None:
        past = (
            StatementRow.seq > query.after_seq
            if query.ascending
            else StatementRow.seq < query.after_seq
        )
        chosen = chosen.where(past)
    if query.since is not None:
        chosen = chosen.where(StatementRow.stored_at > query.since)
    if query.until is not None:
        chosen = chosen.where(StatementRow.stored_at <= query.until)
    wanted = _wanted(query)
    if wanted:
        direct = and_(*wanted)
        referred = select(StatementRow.id).where(direct)
        chosen = chosen.where(or_(direct, StatementRow.target_id.in_(referred)))
    return chosen


def _wanted(query: Query) -> list[Any]:
    wanted: list[Any] = []
    if query.verb is not None:
        verb = select(VerbRow.id).where(VerbRow.iri == query.verb).scalar_subquery()
        wanted.append(StatementRow.verb_id == verb)
    if query.registration is not None:
        wanted.append(StatementRow.registration == query.registration)
    if query.activity is not None:
        found = select(StatementActivity.seq).join(
            ActivityRow, ActivityRow.id == StatementActivity.activity_id
        )
        found = found.where(ActivityRow.iri == query.activity)
        if not query.related_activities:
            found = found.where(StatementActivity.role == "object")
        wanted.append(StatementRow.seq.in_(found))
    if query.agent is not None:
        people = select(StatementAgent.seq).join(AgentRow, AgentRow.id == StatementAgent.agent_id)
        people = people.where(AgentRow.identifier == query.agent)
        if not query.related_agents:
            people = people.where(StatementAgent.role.in_(("actor", "object")))
        wanted.append(StatementRow.seq.in_(people))
    return wanted
