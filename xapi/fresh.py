"""What is kept of a statement and what it is found by, made ready before its turn to be written."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import IO, Any
from uuid import UUID, uuid4

import orjson

from xapi.contents import activities_of, people_of, target_of, terms_of
from xapi.host import SECOND
from xapi.received import Received, open_text
from xapi.validation import check_statement
from xapi.values import StatementError, read_moment
from xapi.vocabulary import VOIDED

SET_BY_STORE = ("stored", "authority")
UNNAMED = "1.0.0"
"""Version of a statement that names none (1.0.3, part two, 2.4.10)."""


@dataclass(frozen=True, slots=True)
class Fresh:
    """A statement that may be kept."""

    id: UUID
    is_named: bool
    """Whether its sender gave the id: only then it may be there already, or be referred to."""
    text: str
    """JSON up to where the fields follow that are known when it is written."""
    happened_at: datetime | None
    target: UUID | None
    is_voiding: bool
    direct: frozenset[str]
    around: frozenset[str]
    definitions: tuple[tuple[str, bytes], ...]
    """What it tells of activities, as JSON."""


@dataclass(frozen=True, slots=True)
class File:
    """What came with statements."""

    sha2: str
    size_bytes: int
    content: IO[bytes]


@dataclass(frozen=True, slots=True)
class Batch:
    """Statements that are kept together or not at all, by whom, and what came with them."""

    fresh: Sequence[Fresh]
    authority: str
    """JSON of the agent that answers for them."""
    answering: str
    """Term of that agent, or of the first of a group."""
    around: frozenset[str]
    """All its terms."""
    files: Sequence[File] = ()
    version: str | None = None
    defines: bool = True
    """Whether what it tells of activities is believed."""
    ids: list[UUID] = field(default_factory=list)


def make_batch(
    given: Iterable[Received],
    authority: Mapping[str, Any],
    *,
    version: str | None = None,
    statement_id: UUID | None = None,
    files: Sequence[File] = (),
    defines: bool = True,
    also: Callable[[Mapping[str, Any]], object] | None = None,
) -> Batch:
    """Check statements and make them ready.

    Args:
        given: as read; one after the other, so that none need be held.
        authority: the agent that answers for them.
        version: whose rules they keep to; None: those of one or the other.
        statement_id: of the only one.
        files: what came with them.
        defines: whether what they tell of activities is believed.
        also: what else refuses a statement that is one.

    Raises:
        StatementError: one of them is none, or an id stands in the batch twice.
    """
    fresh = []
    for each in given:
        fresh.append(make_fresh(each, version=version, statement_id=statement_id))
        if also is not None:
            also(each.parsed)
    ids = [each.id for each in fresh]
    if len(set(ids)) != len(ids):
        raise StatementError("id", "stands in the batch twice", "2.4.1")
    people = people_of(authority) if authority else ["agent nobody"]
    return Batch(
        fresh,
        orjson.dumps(authority).decode(),
        people[0],
        frozenset(people),
        files,
        version,
        defines,
        ids,
    )


def make_fresh(
    received: Received, *, version: str | None, statement_id: UUID | None = None
) -> Fresh:
    """Check a statement and make it ready.

    Raises:
        StatementError: it is none.
    """
    parsed = received.parsed
    check_statement(parsed, version=version, has_nulls="null" in received.text)
    named = parsed.get("id")
    made_id = UUID(named) if named is not None else statement_id or uuid4()
    text = open_text(received, without=SET_BY_STORE)
    if named is None:
        text = f'{text},"id":"{made_id}"'
    if "version" not in parsed:
        text = f'{text},"version":"{SECOND if version == SECOND else UNNAMED}"'
    happened = parsed.get("timestamp")
    direct, around = terms_of(parsed)
    is_named = named is not None or statement_id is not None
    return Fresh(
        made_id,
        is_named,
        text,
        read_moment(happened) if happened is not None else None,
        target_of(parsed),
        parsed["verb"]["id"] == VOIDED,
        frozenset(direct),
        frozenset(around),
        tuple(
            (each["id"], written(each["definition"]))
            for each in activities_of(parsed)
            if each.get("definition")
        ),
    )


def written(value: Mapping[str, Any]) -> bytes:
    """Give JSON, also of whole numbers of more than 64 bits."""
    try:
        return orjson.dumps(value)
    except TypeError:
        return json.dumps(value).encode()


def whole_text(fresh: Fresh, *, stored: str, authority: str) -> str:
    """Give the JSON as it is kept."""
    time = "" if fresh.happened_at is not None else f'"timestamp":"{stored}",'
    return f'{fresh.text},{time}"stored":"{stored}","authority":{authority}}}'
