"""Whatever a test makes the tool tell is looked at: by the profile, and by another's validator.

Statements of ours, which claim the profile, are read from outbox and store when a test is over; at
the end of the session a validator that we did not write looks at all of them at once.
"""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from sqlalchemy import text

from lti_tool.db import Database
from xapi import profile

HERE = Path(__file__).parent
QUERIES = (
    "SELECT payload FROM xapi_statement ORDER BY seq",
    "SELECT payload FROM xapi_outbox ORDER BY seq",
)
SEEN: dict[str, str] = {}
"""Every statement of ours that was told in this run, by its id: the text told last."""


def of_database(database: Database) -> list[str]:
    """Give the texts in outbox and store that claim the profile."""
    claim = f"/id/profile/{profile.VERSION}"
    with database.read() as session:
        texts = [row[0] for query in QUERIES for row in session.execute(text(query))]
    read = (each.decode() if isinstance(each, bytes) else str(each) for each in texts)
    return [each for each in read if claim in each]


def check(texts: Iterable[str]) -> None:
    """Look at statements by the profile, and keep them for the other validator."""
    faults = []
    for each in texts:
        found = profile.check(json.loads(each))
        if found is not None:
            SEEN[found.statement_id] = each
            faults += [f"{found.template}: {b.location} {b.rule}" for b in found.broken]
    assert not faults, f"statements that break their profile: {faults}"


def check_enrolments(texts: Iterable[str]) -> None:
    """Look whether what each enrolment told, in order of time, keeps to the profile's pattern."""
    told: dict[str, list[dict[str, Any]]] = {}
    for statement in map(json.loads, texts):
        registration = statement["context"].get("registration")
        if registration is not None:  # a certificate may rest on no enrolment
            told.setdefault(registration, []).append(statement)
    for registration, statements in told.items():
        statements.sort(key=lambda each: each["timestamp"])
        findings = [found for each in statements if (found := profile.check(each))]
        kinds = [each.template for each in findings]
        assert profile.is_whole(findings), f"{registration} tells {kinds}"


def second_opinion(texts: Iterable[str]) -> str:
    """Give what a validator that is not ours says of statements; nothing where all is well."""
    with tempfile.NamedTemporaryFile("w", suffix=".jsonl") as file:
        file.write("".join(f"{each}\n" for each in texts))
        file.flush()
        made = subprocess.run(
            ["node", HERE / "xapi" / "second_opinion.cjs", file.name],
            capture_output=True,
            text=True,
            timeout=120,
            check=True,
        )
    return made.stdout
