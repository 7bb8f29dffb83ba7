"""From the parameters of an address to names of documents, agents and activities; pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from xapi.contents import identifier_of
from xapi.lrs.access import RefusedError
from xapi.people import check_asked_actor
from xapi.values import IRI, UUID_PATTERN, StatementError, read_moment

BARE_PLUS = re.compile(r" (?=\d\d(:?\d\d)?$)")
"""A plus sign before an offset that was not written as %2B."""


def needed(name: str, args: Mapping[str, str]) -> str:
    """Give a parameter that must be there.

    Raises:
        RefusedError: it is not.
    """
    if name not in args:
        raise RefusedError(400, f"the parameter {name!r} is missing")
    return args[name]


def read_agent(args: Mapping[str, str]) -> dict[str, Any]:
    """Give the agent (or identified group) that is named."""
    try:
        given = orjson.loads(needed("agent", args))
        check_asked_actor(given, "agent")
    except StatementError as error:
        raise RefusedError(400, str(error)) from error
    except ValueError as error:
        raise RefusedError(400, "agent must be JSON") from error
    if identifier_of(given) is None:
        raise RefusedError(400, "agent must have an identifier")
    found: dict[str, Any] = given
    return found


def read_agent_identifier(args: Mapping[str, str]) -> str:
    """Give the identifier of the agent that is named."""
    return str(identifier_of(read_agent(args)))


def read_activity(args: Mapping[str, str]) -> str:
    """Give the activity that is named."""
    text = needed("activityId", args)
    if not IRI.fullmatch(text):
        raise RefusedError(400, "activityId must be an IRI with its scheme")
    return text


def read_registration(args: Mapping[str, str]) -> UUID | None:
    """Give the registration that is named, if one is."""
    text = args.get("registration")
    if text is None:
        return None
    if not UUID_PATTERN.fullmatch(text):
        raise RefusedError(400, "registration must be a UUID")
    return UUID(text)


def read_document_id(name: str, args: Mapping[str, str]) -> str | None:
    """Give the document's id, if one is named."""
    text = args.get(name)
    if text is not None and (not text or "\0" in text):
        raise RefusedError(400, f"{name} must be a text")
    return text


def read_since(args: Mapping[str, str]) -> datetime | None:
    """Give the time after which documents are asked for, if one is named."""
    text = args.get("since")
    if text is None:
        return None
    try:
        return read_moment(BARE_PLUS.sub("+", text))
    except ValueError as error:
        raise RefusedError(400, "since must be a time by RFC 3339") from error
