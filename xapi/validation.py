"""Is this a statement? One function per rule of the standard; pure.

Source: xAPI 1.0.3, part two (data), by section; IEEE 9274.1.1-2023 adds contextAgents and
contextGroups.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from typing import Any

from xapi.activities import check_activity
from xapi.host import FIRST
from xapi.people import check_actor, check_agent, check_authority, check_group
from xapi.values import (
    StatementError,
    as_list,
    as_number,
    as_object,
    as_text,
    check_duration,
    check_extensions,
    check_flag,
    check_iri,
    check_keys,
    check_language,
    check_languages,
    check_moment,
    check_nulls,
    check_uuid,
    kind_of,
    matches,
)
from xapi.vocabulary import VOIDED

VERSION = re.compile(r"[12]\.0(\.\d+)?", re.ASCII)
ADDED = ("contextAgents", "contextGroups")
"""What version 2.0 added to the context."""
SHA2 = re.compile(r"[0-9a-f]{56}|[0-9a-f]{64}|[0-9a-f]{96}|[0-9a-f]{128}", re.IGNORECASE)


def check_statement(given: object, *, version: str | None = None, has_nulls: bool = True) -> None:
    """Check a statement.

    Args:
        given: as parsed.
        version: of the standard whose rules it must keep to; None: those of one or the other.
        has_nulls: whether a null may stand in it; its text tells sooner than a search.

    Raises:
        StatementError: the first thing that is wrong.
    """
    statement = as_object(given, "", "2.4")
    check_keys(
        statement,
        "",
        "2.2",
        needed=("actor", "verb", "object"),
        allowed=(
            "id", "result", "context", "timestamp", "stored", "authority", "version", "attachments",
        ),
    )  # fmt: skip
    if has_nulls:
        check_nulls(statement, "")
    if "id" in statement:
        check_uuid(statement["id"], "id", "2.4.1")
    if "version" in statement and not matches(VERSION, statement["version"]):
        raise StatementError("version", "must be 1.0, 2.0 or one of their patches", "2.4.10")
    if version == FIRST:
        _check_first(statement)
    for key in ("timestamp", "stored"):
        if key in statement:
            check_moment(statement[key], key, "2.4.7")
    if "authority" in statement:
        check_authority(statement["authority"])
    _core(statement, "", sub=False)


def _check_first(statement: Mapping[str, Any]) -> None:
    """Refuse what version 1.0.3 does not know."""
    if str(statement.get("version", "1")).startswith("2"):
        raise StatementError("version", "must begin with 1.0", "2.4.10")
    for path, each in (("", statement), ("object.", statement["object"])):
        context = each.get("context") if isinstance(each, dict) else None
        if isinstance(context, dict):
            for key in ADDED:
                if key in context:
                    raise StatementError(f"{path}context", f"{key!r} is not known here", "2.4.6")


def _core(statement: Mapping[str, Any], path: str, *, sub: bool) -> None:
    check_actor(statement["actor"], f"{path}actor", "2.4.2")
    _verb(statement["verb"], f"{path}verb")
    _statement_object(statement["object"], f"{path}object", sub=sub)
    kind = _kind(statement["object"])
    if not sub and statement["verb"]["id"] == VOIDED and kind != "StatementRef":
        raise StatementError("object", "a voiding statement needs a StatementRef", "2.3.2")
    if "result" in statement:
        _result(statement["result"], f"{path}result")
    if "context" in statement:
        _context(statement["context"], f"{path}context", about_activity=kind == "Activity")
    if "attachments" in statement:
        for number, each in enumerate(
            as_list(statement["attachments"], f"{path}attachments", "2.4.11")
        ):
            _attachment(each, f"{path}attachments[{number}]")


def _kind(value: Any) -> str:
    return str(value.get("objectType", "Activity")) if isinstance(value, dict) else ""


# What


def _verb(value: object, path: str) -> None:
    verb = as_object(value, path, "2.4.3")
    check_keys(verb, path, "2.4.3", needed=("id",), allowed=("display",))
    check_iri(verb["id"], f"{path}.id", "2.4.3")
    if "display" in verb:
        check_languages(verb["display"], f"{path}.display")


def _statement_object(value: object, path: str, *, sub: bool) -> None:
    given = as_object(value, path, "2.4.4")
    kind = kind_of(given, path, "Activity")
    if kind == "Activity":
        check_activity(given, path)
    elif kind in {"Agent", "Group"}:
        check_actor(given, path, "2.4.4.2")
    elif kind == "StatementRef":
        check_keys(given, path, "2.4.4.3", needed=("objectType", "id"))
        check_uuid(given["id"], f"{path}.id", "2.4.4.3")
    elif kind == "SubStatement" and not sub:
        check_keys(
            given,
            path,
            "2.4.4.3",
            needed=("objectType", "actor", "verb", "object"),
            allowed=("result", "context", "timestamp", "attachments"),
        )
        if "timestamp" in given:
            check_moment(given["timestamp"], f"{path}.timestamp", "2.4.7")
        _core(given, f"{path}.", sub=True)
    else:
        raise StatementError(path, f"objectType {kind!r} is not allowed here", "2.4.4")


# With what result, where


def _result(value: object, path: str) -> None:
    result = as_object(value, path, "2.4.5")
    check_keys(result, path, "2.4.5", allowed=RESULT)
    for key, given in result.items():
        RESULT[key](given, f"{path}.{key}")


def _score(value: object, path: str) -> None:
    score = as_object(value, path, "2.4.5.1")
    check_keys(score, path, "2.4.5.1", allowed=("scaled", "raw", "min", "max"))
    numbers = {key: as_number(each, f"{path}.{key}", "2.4.5.1") for key, each in score.items()}
    if not -1 <= numbers.get("scaled", 0) <= 1:
        raise StatementError(f"{path}.scaled", "must lie between -1 and 1", "2.4.5.1")
    low, high = numbers.get("min", -math.inf), numbers.get("max", math.inf)
    if low >= high:
        raise StatementError(path, "min must lie below max", "2.4.5.1")
    if not low <= numbers.get("raw", max(low, min(high, 0))) <= high:
        raise StatementError(f"{path}.raw", "must lie between min and max", "2.4.5.1")


def _context(value: object, path: str, *, about_activity: bool) -> None:
    context = as_object(value, path, "2.4.6")
    check_keys(context, path, "2.4.6", allowed=CONTEXT)
    for key in ("revision", "platform"):
        if key in context and not about_activity:
            raise StatementError(f"{path}.{key}", "is for activities only", "2.4.6")
    for key, given in context.items():
        CONTEXT[key](given, f"{path}.{key}")


def _reference(value: object, path: str) -> None:
    reference = as_object(value, path, "2.4.4.3")
    check_keys(reference, path, "2.4.4.3", needed=("objectType", "id"))
    if reference["objectType"] != "StatementRef":
        raise StatementError(path, "must be a StatementRef", "2.4.6")
    check_uuid(reference["id"], f"{path}.id", "2.4.4.3")


def _context_activities(value: object, path: str) -> None:
    around = as_object(value, path, "2.4.6.2")
    check_keys(around, path, "2.4.6.2", allowed=("parent", "grouping", "category", "other"))
    for key, given in around.items():
        for number, each in enumerate(given if isinstance(given, list) else [given]):
            check_activity(each, f"{path}.{key}[{number}]")


def _relevant(value: object, path: str, role: str, check: Callable[[object, str], object]) -> None:
    """Check contextAgents or contextGroups (IEEE 9274.1.1, 4.2.4.7 and 4.2.4.8)."""
    for number, each in enumerate(as_list(value, path, "IEEE 4.2.4")):
        here = f"{path}[{number}]"
        given = as_object(each, here, "IEEE 4.2.4")
        needed = ("objectType", role)
        check_keys(given, here, "IEEE 4.2.4", needed=needed, allowed=("relevantTypes",))
        if given["objectType"] != f"context{role.capitalize()}":
            raise StatementError(here, f"must be a context{role.capitalize()}", "IEEE 4.2.4")
        check(given[role], f"{here}.{role}")
        if "relevantTypes" in given:
            types = as_list(given["relevantTypes"], f"{here}.relevantTypes", "IEEE 4.2.4")
            if not types:
                raise StatementError(f"{here}.relevantTypes", "must not be empty", "IEEE 4.2.4")
            for place, iri in enumerate(types):
                check_iri(iri, f"{here}.relevantTypes[{place}]", "IEEE 4.2.4")


def _attachment(value: object, path: str) -> None:
    attachment = as_object(value, path, "2.4.11")
    check_keys(
        attachment,
        path,
        "2.4.11",
        needed=("usageType", "display", "contentType", "length", "sha2"),
        allowed=("description", "fileUrl"),
    )
    check_iri(attachment["usageType"], f"{path}.usageType", "2.4.11")
    check_languages(attachment["display"], f"{path}.display")
    as_text(attachment["contentType"], f"{path}.contentType", "2.4.11")
    length = attachment["length"]
    if isinstance(length, bool) or not isinstance(length, int) or length < 0:
        raise StatementError(f"{path}.length", "must be a whole number", "2.4.11")
    if not matches(SHA2, attachment["sha2"]):
        raise StatementError(f"{path}.sha2", "must be a SHA-2 in hexadecimal digits", "2.4.11")
    if "description" in attachment:
        check_languages(attachment["description"], f"{path}.description")
    if "fileUrl" in attachment:
        check_iri(attachment["fileUrl"], f"{path}.fileUrl", "2.4.11")


Check = Callable[[Any, str], object]
"""Is given a value and where it stands."""

RESULT: dict[str, Check] = {
    "score": _score,
    "success": lambda given, here: check_flag(given, here, "2.4.5"),
    "completion": lambda given, here: check_flag(given, here, "2.4.5"),
    "response": lambda given, here: as_text(given, here, "2.4.5"),
    "duration": check_duration,
    "extensions": check_extensions,
}
CONTEXT: dict[str, Check] = {
    "registration": lambda given, here: check_uuid(given, here, "2.4.6.1"),
    "instructor": lambda given, here: check_actor(given, here, "2.4.6"),
    "team": lambda given, here: check_group(given, here, named=True),
    "contextActivities": _context_activities,
    "revision": lambda given, here: as_text(given, here, "2.4.6"),
    "platform": lambda given, here: as_text(given, here, "2.4.6"),
    "language": check_language,
    "statement": _reference,
    "extensions": check_extensions,
    "contextAgents": lambda given, here: _relevant(given, here, "agent", check_agent),
    "contextGroups": lambda given, here: _relevant(given, here, "group", check_group),
}
