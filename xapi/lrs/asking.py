"""From the parameters of a GET to a query, and back into the address of the next page; pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode
from uuid import UUID

import orjson

from xapi.contents import identifier_of
from xapi.lrs.access import RefusedError
from xapi.people import check_asked_actor
from xapi.search import PAGE, Page, Query
from xapi.values import IRI, UUID_PATTERN, StatementError, read_moment

SINGLES = ("statementId", "voidedStatementId")
WITH_SINGLES = frozenset({"format", "attachments"})
FILTERS = frozenset(
    [
        "agent", "verb", "activity", "registration", "since", "until", "limit", "ascending",
        "related_agents", "related_activities", "format", "attachments",
    ]
)  # fmt: skip
CURSOR = frozenset({"after", "up_to"})
"""Parameters that only the address of a next page has."""
EXACT, IDS, CANONICAL = "exact", "ids", "canonical"
FORMATS = frozenset({EXACT, IDS, CANONICAL})
BARE_PLUS = re.compile(r" (?=\d\d(:?\d\d)?$)")
"""A plus sign before an offset that was not written as %2B."""


@dataclass(frozen=True, slots=True)
class Single:
    """One statement asked for by its id."""

    id: UUID
    voided: bool


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked for, and how it is to be given."""

    what: Single | Query
    form: str
    """``exact``, ``ids`` or ``canonical``."""
    attachments: bool


def read(args: Mapping[str, str], *, authority: str | None = None) -> Asked:
    """Read what is asked for.

    Args:
        args: parameters of the address.
        authority: the one whose statements may be seen; None: all.

    Raises:
        RefusedError: a parameter is unknown, or not as the standard has it.
    """
    unknown = sorted(set(args) - FILTERS - CURSOR - set(SINGLES))
    if unknown:
        raise RefusedError(400, f"unknown parameter {unknown[0]!r}")
    form = args.get("format", EXACT)
    if form not in FORMATS:
        raise RefusedError(400, f"format must be one of {', '.join(sorted(FORMATS))}")
    attachments = _flag("attachments", args)
    named = [name for name in SINGLES if name in args]
    if not named:
        return Asked(_read_query(args, authority), form, attachments)
    if len(named) > 1 or set(args) - WITH_SINGLES - set(named):
        raise RefusedError(400, f"{named[0]} stands alone, but for format and attachments")
    single = Single(read_uuid(named[0], args[named[0]]), voided=named[0] == SINGLES[1])
    return Asked(single, form, attachments)


def more_address(path: str, args: Mapping[str, str], page: Page) -> str:
    """Give the address of the next page; empty after the last."""
    if page.next_seq is None:
        return ""
    kept = {name: value for name, value in args.items() if name not in CURSOR}
    return f"{path}?{urlencode({**kept, 'after': page.next_seq, 'up_to': page.up_to_seq})}"


def read_uuid(name: str, text: str) -> UUID:
    """Read a UUID in its one written form."""
    if not UUID_PATTERN.fullmatch(text):
        raise RefusedError(400, f"{name} must be a UUID")
    return UUID(text)


def _read_query(args: Mapping[str, str], authority: str | None) -> Query:
    registration = args.get("registration")
    return Query(
        agent=_agent(args["agent"]) if "agent" in args else None,
        verb=_iri("verb", args),
        activity=_iri("activity", args),
        registration=None if registration is None else read_uuid("registration", registration),
        since=_moment("since", args),
        until=_moment("until", args),
        related_agents=_flag("related_agents", args),
        related_activities=_flag("related_activities", args),
        ascending=_flag("ascending", args),
        limit=_whole("limit", args) or PAGE,
        after_seq=_whole("after", args),
        up_to_seq=_whole("up_to", args),
        authority=authority,
    )


def _agent(text: str) -> str:
    try:
        given = orjson.loads(text)
        check_asked_actor(given, "agent")
    except StatementError as error:
        raise RefusedError(400, str(error)) from error
    except ValueError as error:
        raise RefusedError(400, "agent must be JSON") from error
    found = identifier_of(given)
    if found is None:
        raise RefusedError(400, "agent must have an identifier")
    return found


def _iri(name: str, args: Mapping[str, str]) -> str | None:
    text = args.get(name)
    if text is not None and not IRI.fullmatch(text):
        raise RefusedError(400, f"{name} must be an IRI with its scheme")
    return text


def _moment(name: str, args: Mapping[str, str]) -> datetime | None:
    if name not in args:
        return None
    try:
        return read_moment(BARE_PLUS.sub("+", args[name]))
    except ValueError as error:
        raise RefusedError(400, f"{name} must be a time by RFC 3339") from error


def _flag(name: str, args: Mapping[str, str]) -> bool:
    text = args.get(name, "false")
    if text not in {"true", "false"}:
        raise RefusedError(400, f"{name} must be true or false")
    return text == "true"


def _whole(name: str, args: Mapping[str, str]) -> int | None:
    text = args.get(name)
    if text is None:
        return None
    if not re.fullmatch(r"[0-9]{1,15}", text):
        raise RefusedError(400, f"{name} must be a whole number from 0")
    return int(text)
