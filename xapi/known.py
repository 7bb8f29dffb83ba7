"""What the store knows of activities and agents (1.0.3, part three, 2.4 and 2.5)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import orjson
from sqlalchemy import select
from sqlalchemy.orm import Session

from xapi import terms
from xapi.contents import identifier_of
from xapi.definitions import find_definitions
from xapi.models import Link, StatementRow

NAMES_FROM = 100
"""In how many of an agent's statements, the newest, its names are looked for."""
IDENTIFIERS = ("mbox", "mbox_sha1sum", "openid", "account")


def activity(session: Session, iri: str) -> dict[str, Any]:
    """Give an activity with all that statements told of it; its id alone where none did."""
    found: dict[str, Any] = {"objectType": "Activity", "id": iri}
    definition = find_definitions(session, [iri]).get(iri)
    if definition:
        found["definition"] = definition
    return found


def person(session: Session, agent: Mapping[str, Any]) -> dict[str, Any]:
    """Give a person: every property a list, with the names that statements gave to the agent.

    Identifiers of one person are not joined: whoever asks brings one, and gets that one.
    """
    names = dict.fromkeys(_names(session, agent))
    found: dict[str, Any] = {"objectType": "Person"}
    if names:
        found["name"] = list(names)
    found.update({key: [agent[key]] for key in IDENTIFIERS if key in agent})
    return found


def _names(session: Session, agent: Mapping[str, Any]) -> Iterator[str]:
    if "name" in agent:
        yield agent["name"]
    wanted = str(identifier_of(agent))
    number = terms.find_number(session, f"agent {wanted}")
    if number is None:
        return
    newest = (
        select(StatementRow.payload)
        .join(Link, Link.seq == StatementRow.seq)
        .where(Link.term == 2 * number)
        .order_by(Link.seq.desc())
        .limit(NAMES_FROM)
    )
    for payload in session.scalars(newest):
        statement = orjson.loads(payload)
        for each in (statement["actor"], statement["object"]):
            if "name" in each and identifier_of(each) == wanted:
                yield each["name"]
