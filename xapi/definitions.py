"""What is known of activities: what many statements tell of one, in one definition."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import orjson
from sqlalchemy.orm import Session

from xapi.driver import Driver, Sql, driver_of
from xapi.fresh import written
from xapi.terms import key_of

MAPS = ("name", "description", "extensions")
"""Parts of which each entry stands for itself; of the others the last told counts."""


KNOWN = Sql(
    "SELECT term, definition FROM xapi_activity WHERE term = :wanted",
    "SELECT term, definition FROM xapi_activity WHERE term = ANY(:wanted)",
)
PUT = Sql(
    """
    INSERT INTO xapi_activity (term, definition) VALUES (:term, :definition)
    ON CONFLICT (term) DO UPDATE SET definition = EXCLUDED.definition
    """
)
NAMED = Sql(
    """
    SELECT key, definition FROM xapi_term JOIN xapi_activity ON term = id WHERE key = :wanted
    """,
    """
    SELECT key, definition FROM xapi_term JOIN xapi_activity ON term = id WHERE key = ANY(:wanted)
    """,
)


def merge(known: Mapping[str, Any], told: Mapping[str, Any]) -> dict[str, Any]:
    """Give what is known of an activity after more was told; pure."""
    made = {**known, **told}
    for part in MAPS:
        if part in known and part in told:
            made[part] = {**known[part], **told[part]}
    return made


def learn(driver: Driver, told: Iterable[tuple[int, bytes]]) -> None:
    """Put what was told of activities into what is known of them.

    Args:
        driver: whose turn it is to write.
        told: number of the activity's term and JSON of what is told, in order.
    """
    listed = list(told)
    rows = driver.rows_of(KNOWN, sorted({term for term, _ in listed}))
    known = {term: orjson.loads(definition) for term, definition in rows}
    changed: dict[int, dict[str, Any]] = {}
    for term, definition in listed:
        before = known.get(term, {})
        after = merge(before, orjson.loads(definition))
        if after != before:
            known[term] = changed[term] = after
    if not changed:
        return
    changes = [
        {"term": term, "definition": written(each).decode()} for term, each in changed.items()
    ]
    driver.run_each(PUT, changes)


def find_definitions(session: Session, iris: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Give what is known of activities, by their IRI; those of which nothing is are left out."""
    keys = {key_of(f"activity {iri}"): iri for iri in iris}
    rows = driver_of(session.connection()).rows_of(NAMED, list(keys))
    return {keys[key]: orjson.loads(definition) for key, definition in rows}
