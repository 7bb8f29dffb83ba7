"""State and profile documents: kept byte for byte, merged where they are JSON, guarded by ETags.

Source: xAPI 1.0.3, part three, 2.2 (documents) and 3.1 (concurrency); IEEE 9274.1.1-2023, 4.1.4.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, delete, select
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from xapi.conditions import Absent, Condition, check, check_put
from xapi.models import Document

JSON = "application/json"
INSERTS: dict[str, Any] = {"sqlite": sqlite_insert, "postgresql": postgresql_insert}


class Kind(StrEnum):
    """What a document is about."""

    STATE = "state"
    ACTIVITY = "activity"
    AGENT = "agent"


class NotMergedError(ValueError):
    """Documents that cannot be merged, for they are not both JSON objects."""


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose documents: of an activity, of an agent, or of both."""

    kind: Kind
    activity: str | None = None
    agent: str | None = None
    """Identifier as :func:`xapi.contents.identifier_of` gives it."""

    @property
    def hash(self) -> str:
        """Hash all of it."""
        return _hash(self.kind, self.activity or "", self.agent or "")


@dataclass(frozen=True, slots=True)
class Name:
    """Which document."""

    owner: Owner
    id: str
    registration: UUID | None = None

    @property
    def key(self) -> str:
        """Hash all of it."""
        return _hash(self.owner.hash, str(self.registration or ""), self.id)


@dataclass(frozen=True, slots=True)
class Content:
    """What a document holds."""

    body: bytes
    type: str = "application/octet-stream"

    @property
    def is_json(self) -> bool:
        """Say whether it is said to be JSON."""
        return self.type.partition(";")[0].strip().lower() == JSON

    @property
    def etag(self) -> str:
        """Give the SHA-1 of the body, in hexadecimal digits (1.0.3, part three, 3.1)."""
        return hashlib.sha1(self.body, usedforsecurity=False).hexdigest()


def strictness_of(kind: Kind, *, first_version: bool) -> Absent:
    """Give what becomes of a PUT without a condition.

    In 1.0.3 a state is free and a profile always needs a condition; in 2.0 both may be made so, but
    not replaced.
    """
    if not first_version:
        return Absent.NEW_ONLY
    return Absent.FREE if kind is Kind.STATE else Absent.NEVER


def find(session: Session, name: Name) -> Document | None:
    """Give a document."""
    return session.get(Document, name.key)


def list_ids(
    session: Session,
    owner: Owner,
    *,
    registration: UUID | None = None,
    since: datetime | None = None,
) -> list[str]:
    """Give the ids of documents, those written first in front.

    Args:
        session: of any transaction.
        owner: whose.
        registration: of which one; None: of all, and those of none.
        since: written after.
    """
    query = select(Document.document_id).where(*_of(owner, registration))
    if since is not None:
        query = query.where(Document.updated_at > since)
    return list(dict.fromkeys(session.scalars(query.order_by(Document.updated_at, Document.key))))


def put(
    session: Session, name: Name, content: Content, condition: Condition, *, now: datetime
) -> None:
    """Keep a document, in the place of one of that name.

    Args:
        session: of a transaction that writes from its beginning.
        name: which.
        content: what it holds.
        condition: what must be there for it.
        now: the present moment.

    Raises:
        PreconditionError: something else is there.
        UnconditionalError: one is there, and the condition says nothing.
        NeedsConditionError: none is there, and the condition must say something.
    """
    held = _hold(session, name, content, condition, now)
    if held is not None:
        check_put(condition, _tag(held))
        _replace(held, content, now)


def merge(
    session: Session, name: Name, content: Content, condition: Condition, *, now: datetime
) -> None:
    """Put the members of a JSON object into a document of that kind; make it where there is none.

    Raises:
        PreconditionError: something else is there.
        NotMergedError: what is sent, or what is there, is no JSON object.
    """
    if content.is_json or not content.body:
        read_object(content, "what is sent")
    free = Condition(condition.if_match, condition.if_none_match)
    held = _hold(session, name, content, free, now)
    if held is None:
        return
    check(free, _tag(held))
    there = Content(held.body, held.content_type)
    merged = {**read_object(there, "what is kept"), **read_object(content, "what is sent")}
    _replace(held, Content(_written(merged), JSON), now)


def remove(session: Session, name: Name, condition: Condition) -> None:
    """Delete a document; all is well where there is none.

    Raises:
        PreconditionError: something else is there.
    """
    held = _lock(session, name)
    check(condition, _tag(held))
    if held is not None:
        session.delete(held)


def remove_all(session: Session, owner: Owner, *, registration: UUID | None = None) -> None:
    """Delete all documents of an owner: those of a registration, or all of them."""
    session.execute(delete(Document).where(*_of(owner, registration)))


def remove_of_agent(session: Session, agent: str) -> int:
    """Delete all states and profiles of an agent; give how many."""
    mine = Document.agent_hash == _hash(agent)
    return len(session.scalars(delete(Document).where(mine).returning(Document.key)).all())


def read_object(content: Content, what: str) -> dict[str, Any]:
    """Give a document's members.

    Raises:
        NotMergedError: it is no JSON object.
    """
    try:
        found = json.loads(content.body, parse_constant=_refuse) if content.is_json else None
    except (ValueError, RecursionError) as error:
        raise NotMergedError(f"{what} is not JSON") from error
    if not isinstance(found, dict):
        raise NotMergedError(f"{what} is no JSON object ({JSON}): it cannot be merged")
    return found


def _hold(
    session: Session, name: Name, content: Content, condition: Condition, now: datetime
) -> Document | None:
    """Give the document that is there, locked; None where there was none and ours is now.

    Two that write at once: one makes it, the other finds it then.
    """
    held = _lock(session, name)
    while held is None:
        check_put(condition, None)
        if _make(session, name, content, now):
            return None
        held = _lock(session, name)
    return held


def _tag(held: Document | None) -> str | None:
    return None if held is None else held.etag


def _lock(session: Session, name: Name) -> Document | None:
    return session.scalar(
        select(Document)
        .where(Document.key == name.key)
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def _make(session: Session, name: Name, content: Content, now: datetime) -> bool:
    """Insert a document; say False where another one of that name came first."""
    owner = name.owner
    insert = INSERTS[session.get_bind().dialect.name]
    made = session.execute(
        insert(Document)
        .values(
            key=name.key,
            owner=owner.hash,
            agent_hash=_hash(owner.agent) if owner.agent is not None else "",
            kind=owner.kind.value,
            registration=name.registration,
            document_id=name.id,
            content_type=content.type,
            etag=content.etag,
            updated_at=now,
            body=content.body,
        )
        .on_conflict_do_nothing()
        .returning(Document.key)
    )
    return made.first() is not None


def _replace(held: Document, content: Content, now: datetime) -> None:
    held.body, held.content_type, held.etag = content.body, content.type, content.etag
    held.updated_at = max(now, held.updated_at)


def _of(owner: Owner, registration: UUID | None) -> list[ColumnElement[bool]]:
    wanted = [Document.owner == owner.hash]
    if registration is not None:
        wanted.append(Document.registration == registration)
    return wanted


def _written(value: dict[str, Any]) -> bytes:
    try:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    except UnicodeEncodeError:  # half of a pair, which JSON may hold as \ud800
        return json.dumps(value, separators=(",", ":")).encode()


def _refuse(constant: str) -> float:
    raise ValueError(f"{constant} is not JSON")


def _hash(*parts: str) -> str:
    whole = "\0".join(f"{len(part)}:{part}" for part in parts)
    return hashlib.sha256(whole.encode(errors="surrogatepass")).hexdigest()
