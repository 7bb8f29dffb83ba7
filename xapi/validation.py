"""Is this a statement? One function per rule of the standard; pure.

Source: xAPI 1.0.3, part two (data), by section; IEEE 9274.1.1-2023 adds contextAgents and
contextGroups.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

UUID_PATTERN = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)
IRI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s<>\"{}|\\^`]+")
MAILTO = re.compile(r"mailto:[^@\s]+@[^@\s]+\.[^@\s]+|mailto:[^@\s]+@[^@\s]+")
SHA1 = re.compile(r"[0-9a-f]{40}", re.IGNORECASE)
LANGUAGE = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*|[ixIX](-[A-Za-z0-9]{1,8})+")
MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+-]\d{2}(:?\d{2})?)?")
DURATION = re.compile(
    r"P(?=.)(\d+(?:\.\d+)?W|(\d+(?:\.\d+)?Y)?(\d+(?:\.\d+)?M)?(\d+(?:\.\d+)?D)?"
    r"(T(?=.)(\d+(?:\.\d+)?H)?(\d+(?:\.\d+)?M)?(\d+(?:\.\d+)?S)?)?)"
)
VERSION = re.compile(r"1\.0(\.\d+)?|2\.0(\.\d+)?")
VOIDED = "http://adlnet.gov/expapi/verbs/voided"

INTERACTIONS = frozenset(
    [
        "true-false", "choice", "fill-in", "long-fill-in", "matching", "performance", "sequencing",
        "likert", "numeric", "other",
    ]
)  # fmt: skip
COMPONENTS = ("choices", "scale", "source", "target", "steps")
IDENTIFIERS = ("mbox", "mbox_sha1sum", "openid", "account")


class StatementError(ValueError):
    """What is wrong with a statement, where in it, and by which section of the standard."""

    def __init__(self, path: str, message: str, section: str) -> None:
        super().__init__(f"{path or 'statement'}: {message} (xAPI 1.0.3, part two, {section})")
        self.path = path
        self.section = section


def check_statement(given: object) -> None:
    """Check a statement.

    Raises:
        StatementError: the first thing that is wrong.
    """
    statement = _object(given, "", "2.4")
    _keys(
        statement,
        "",
        "2.2",
        needed=("actor", "verb", "object"),
        allowed=(
            "id", "result", "context", "timestamp", "stored", "authority", "version", "attachments",
        ),
    )  # fmt: skip
    _no_nulls(statement, "")
    if "id" in statement:
        _uuid(statement["id"], "id", "2.4.1")
    if "version" in statement and not _matches(VERSION, statement["version"]):
        raise StatementError("version", "is not known", "2.4.10")
    for key in ("timestamp", "stored"):
        if key in statement:
            _moment(statement[key], key, "2.4.7")
    if "authority" in statement:
        _authority(statement["authority"])
    _core(statement, "", sub=False)


def check_actor(given: object, path: str) -> None:
    """Check an agent or group.

    Raises:
        StatementError: the first thing that is wrong.
    """
    _no_nulls(given, path)
    _actor(given, path, "2.4.2")


def _core(statement: Mapping[str, Any], path: str, *, sub: bool) -> None:
    _actor(statement["actor"], f"{path}actor", "2.4.2")
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
            _array(statement["attachments"], f"{path}attachments", "2.4.11")
        ):
            _attachment(each, f"{path}attachments[{number}]")


def _kind(value: Any) -> str:
    return str(value.get("objectType", "Activity")) if isinstance(value, dict) else ""


# Values


def _object(value: object, path: str, section: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise StatementError(path, "must be an object", section)
    return value


def _array(value: object, path: str, section: str) -> list[Any]:
    if not isinstance(value, list):
        raise StatementError(path, "must be a list", section)
    return value


def _keys(
    value: Mapping[str, Any],
    path: str,
    section: str,
    *,
    needed: tuple[str, ...] = (),
    allowed: tuple[str, ...] = (),
) -> None:
    for key in needed:
        if key not in value:
            raise StatementError(path, f"{key!r} is missing", section)
    for key in value:
        if key not in needed and key not in allowed:
            raise StatementError(path, f"{key!r} is not known here", section)


def _no_nulls(value: Any, path: str) -> None:
    """Refuse null, except in extensions (2.2)."""
    if isinstance(value, dict):
        for key, each in value.items():
            here = f"{path}.{key}" if path else key
            if each is None:
                raise StatementError(here, "must not be null", "2.2")
            if key != "extensions":
                _no_nulls(each, here)
    elif isinstance(value, list):
        for number, each in enumerate(value):
            if each is None:
                raise StatementError(f"{path}[{number}]", "must not be null", "2.2")
            _no_nulls(each, f"{path}[{number}]")


def _matches(pattern: re.Pattern[str], value: object) -> bool:
    return isinstance(value, str) and pattern.fullmatch(value) is not None


def _text(value: object, path: str, section: str) -> str:
    if not isinstance(value, str):
        raise StatementError(path, "must be a text", section)
    return value


def _uuid(value: object, path: str, section: str) -> None:
    if not _matches(UUID_PATTERN, value):
        raise StatementError(path, "must be a UUID", section)


def _iri(value: object, path: str, section: str) -> None:
    if not _matches(IRI, value):
        raise StatementError(path, "must be an IRI with its scheme", section)


def _moment(value: object, path: str, section: str) -> None:
    if not _matches(MOMENT, value):
        raise StatementError(path, "must be a time by RFC 3339", section)
    text = str(value)
    if text.endswith(("-00:00", "-0000", "-00")) and re.search(r"[T ].*-00(:?00)?$", text):
        raise StatementError(path, "must not have the offset -00:00", "4.5")
    try:
        read_moment(text)
    except ValueError as error:
        raise StatementError(path, "is no time", section) from error


def read_moment(text: str) -> datetime:
    """Read a time by RFC 3339; digits past a microsecond are cut."""
    clean = re.sub(r"(\.\d{6})\d+", r"\1", text.upper().replace(" ", "T"))
    return datetime.fromisoformat(clean)


def _flag(value: object, path: str, section: str) -> None:
    if not isinstance(value, bool):
        raise StatementError(path, "must be true or false", section)


def _number(value: object, path: str, section: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise StatementError(path, "must be a number", section)
    return value


def _languages(value: object, path: str) -> None:
    for tag, text in _object(value, path, "4.2").items():
        if not LANGUAGE.fullmatch(tag):
            raise StatementError(path, f"{tag!r} is no language tag", "4.2")
        _text(text, f"{path}.{tag}", "4.2")


def _extensions(value: object, path: str) -> None:
    for key in _object(value, path, "4.1"):
        _iri(key, f"{path}.{key}", "4.1")


# Who


def _actor(value: object, path: str, section: str) -> None:
    actor = _object(value, path, section)
    kind = actor.get("objectType", "Agent")
    if kind == "Group":
        _group(actor, path)
    elif kind == "Agent":
        _agent(actor, path)
    else:
        raise StatementError(path, f"objectType {kind!r} is neither Agent nor Group", section)


def _agent(agent: Mapping[str, Any], path: str) -> None:
    _keys(agent, path, "2.4.2.1", allowed=("objectType", "name", *IDENTIFIERS))
    if "name" in agent:
        _text(agent["name"], f"{path}.name", "2.4.2.1")
    _identifier(agent, path, needed=True)


def _group(group: Mapping[str, Any], path: str) -> None:
    _keys(group, path, "2.4.2.2", allowed=("objectType", "name", "member", *IDENTIFIERS))
    if "name" in group:
        _text(group["name"], f"{path}.name", "2.4.2.2")
    identified = _identifier(group, path, needed=False)
    if "member" in group:
        for number, each in enumerate(_array(group["member"], f"{path}.member", "2.4.2.2")):
            member = _object(each, f"{path}.member[{number}]", "2.4.2.2")
            if member.get("objectType", "Agent") != "Agent":
                raise StatementError(f"{path}.member[{number}]", "must be an Agent", "2.4.2.2")
            _agent(member, f"{path}.member[{number}]")
    elif not identified:
        raise StatementError(path, "an anonymous group needs members", "2.4.2.2")


def _identifier(value: Mapping[str, Any], path: str, *, needed: bool) -> bool:
    found = [name for name in IDENTIFIERS if name in value]
    if len(found) > 1 or (needed and not found):
        raise StatementError(path, "must have exactly one identifier", "2.4.2.3")
    if not found:
        return False
    given = value[found[0]]
    here = f"{path}.{found[0]}"
    if found[0] == "mbox" and not _matches(MAILTO, given):
        raise StatementError(here, "must be mailto: and an address", "2.4.2.3")
    if found[0] == "mbox_sha1sum" and not _matches(SHA1, given):
        raise StatementError(here, "must be 40 hexadecimal digits", "2.4.2.3")
    if found[0] == "openid":
        _iri(given, here, "2.4.2.3")
    if found[0] == "account":
        account = _object(given, here, "2.4.2.4")
        _keys(account, here, "2.4.2.4", needed=("homePage", "name"))
        _iri(account["homePage"], f"{here}.homePage", "2.4.2.4")
        _text(account["name"], f"{here}.name", "2.4.2.4")
    return True


def _authority(value: object) -> None:
    _actor(value, "authority", "2.4.9")
    authority = _object(value, "authority", "2.4.9")
    if authority.get("objectType") != "Group":
        return
    if any(name in authority for name in IDENTIFIERS) or len(authority.get("member", ())) != 2:
        raise StatementError("authority", "a group must have exactly two members", "2.4.9")


# What


def _verb(value: object, path: str) -> None:
    verb = _object(value, path, "2.4.3")
    _keys(verb, path, "2.4.3", needed=("id",), allowed=("display",))
    _iri(verb["id"], f"{path}.id", "2.4.3")
    if "display" in verb:
        _languages(verb["display"], f"{path}.display")


def _statement_object(value: object, path: str, *, sub: bool) -> None:
    given = _object(value, path, "2.4.4")
    kind = given.get("objectType", "Activity")
    if kind == "Activity":
        _activity(given, path)
    elif kind in {"Agent", "Group"}:
        _actor(given, path, "2.4.4.2")
    elif kind == "StatementRef":
        _keys(given, path, "2.4.4.3", needed=("objectType", "id"))
        _uuid(given["id"], f"{path}.id", "2.4.4.3")
    elif kind == "SubStatement" and not sub:
        _keys(
            given,
            path,
            "2.4.4.3",
            needed=("objectType", "actor", "verb", "object"),
            allowed=("result", "context", "timestamp", "attachments"),
        )
        if "timestamp" in given:
            _moment(given["timestamp"], f"{path}.timestamp", "2.4.7")
        _core(given, f"{path}.", sub=True)
    else:
        raise StatementError(path, f"objectType {kind!r} is not allowed here", "2.4.4")


def _activity(value: object, path: str) -> None:
    activity = _object(value, path, "2.4.4.1")
    _keys(activity, path, "2.4.4.1", needed=("id",), allowed=("objectType", "definition"))
    if activity.get("objectType", "Activity") != "Activity":
        raise StatementError(path, "must be an Activity", "2.4.4.1")
    _iri(activity["id"], f"{path}.id", "2.4.4.1")
    if "definition" in activity:
        _definition(activity["definition"], f"{path}.definition")


def _definition(value: object, path: str) -> None:
    definition = _object(value, path, "2.4.4.1")
    allowed = (
        "name", "description", "type", "moreInfo", "extensions", "interactionType",
        "correctResponsesPattern", *COMPONENTS,
    )  # fmt: skip
    _keys(definition, path, "2.4.4.1", allowed=allowed)
    for key in ("name", "description"):
        if key in definition:
            _languages(definition[key], f"{path}.{key}")
    for key in ("type", "moreInfo"):
        if key in definition:
            _iri(definition[key], f"{path}.{key}", "2.4.4.1")
    if "extensions" in definition:
        _extensions(definition["extensions"], f"{path}.extensions")
    _interaction(definition, path)


def _interaction(definition: Mapping[str, Any], path: str) -> None:
    present = [key for key in ("correctResponsesPattern", *COMPONENTS) if key in definition]
    if "interactionType" not in definition:
        if present:
            raise StatementError(path, f"{present[0]!r} needs an interactionType", "2.4.4.1")
        return
    if definition["interactionType"] not in INTERACTIONS:
        raise StatementError(f"{path}.interactionType", "is not known", "2.4.4.1")
    for number, each in enumerate(
        _array(
            definition.get("correctResponsesPattern", []),
            f"{path}.correctResponsesPattern",
            "2.4.4.1",
        )
    ):
        _text(each, f"{path}.correctResponsesPattern[{number}]", "2.4.4.1")
    for key in COMPONENTS:
        if key in definition:
            _components(definition[key], f"{path}.{key}")


def _components(value: object, path: str) -> None:
    seen: set[str] = set()
    for number, each in enumerate(_array(value, path, "appendix C")):
        component = _object(each, f"{path}[{number}]", "appendix C")
        _keys(
            component, f"{path}[{number}]", "appendix C", needed=("id",), allowed=("description",)
        )
        name = _text(component["id"], f"{path}[{number}].id", "appendix C")
        if name in seen:
            raise StatementError(path, f"id {name!r} stands here twice", "appendix C")
        seen.add(name)
        if "description" in component:
            _languages(component["description"], f"{path}[{number}].description")


# With what result, where


def _result(value: object, path: str) -> None:
    result = _object(value, path, "2.4.5")
    checks: dict[str, Callable[[Any, str], object]] = {
        "score": _score,
        "success": lambda given, here: _flag(given, here, "2.4.5"),
        "completion": lambda given, here: _flag(given, here, "2.4.5"),
        "response": lambda given, here: _text(given, here, "2.4.5"),
        "duration": _duration,
        "extensions": _extensions,
    }
    _keys(result, path, "2.4.5", allowed=tuple(checks))
    for key, given in result.items():
        checks[key](given, f"{path}.{key}")


def _duration(value: object, path: str) -> None:
    if not _matches(DURATION, value):
        raise StatementError(path, "must be a duration by ISO 8601", "2.4.5")


def _score(value: object, path: str) -> None:
    score = _object(value, path, "2.4.5.1")
    _keys(score, path, "2.4.5.1", allowed=("scaled", "raw", "min", "max"))
    numbers = {key: _number(each, f"{path}.{key}", "2.4.5.1") for key, each in score.items()}
    if not -1 <= numbers.get("scaled", 0) <= 1:
        raise StatementError(f"{path}.scaled", "must lie between -1 and 1", "2.4.5.1")
    low, high = numbers.get("min", -math.inf), numbers.get("max", math.inf)
    if low >= high:
        raise StatementError(path, "min must lie below max", "2.4.5.1")
    if not low <= numbers.get("raw", max(low, min(high, 0))) <= high:
        raise StatementError(f"{path}.raw", "must lie between min and max", "2.4.5.1")


def _context(value: object, path: str, *, about_activity: bool) -> None:
    context = _object(value, path, "2.4.6")
    checks: dict[str, Callable[[Any, str], object]] = {
        "registration": lambda given, here: _uuid(given, here, "2.4.6.1"),
        "instructor": lambda given, here: _actor(given, here, "2.4.6"),
        "team": _team,
        "contextActivities": _context_activities,
        "revision": lambda given, here: _text(given, here, "2.4.6"),
        "platform": lambda given, here: _text(given, here, "2.4.6"),
        "language": _language,
        "statement": _reference,
        "extensions": _extensions,
        "contextAgents": lambda given, here: _array(given, here, "IEEE 4.2.5"),
        "contextGroups": lambda given, here: _array(given, here, "IEEE 4.2.5"),
    }
    _keys(context, path, "2.4.6", allowed=tuple(checks))
    for key in ("revision", "platform"):
        if key in context and not about_activity:
            raise StatementError(f"{path}.{key}", "is for activities only", "2.4.6")
    for key, given in context.items():
        checks[key](given, f"{path}.{key}")


def _team(value: object, path: str) -> None:
    team = _object(value, path, "2.4.6")
    if team.get("objectType") != "Group":
        raise StatementError(path, "must be a Group", "2.4.6")
    _group(team, path)


def _language(value: object, path: str) -> None:
    if not _matches(LANGUAGE, value):
        raise StatementError(path, "must be a language tag by RFC 5646", "2.4.6")


def _reference(value: object, path: str) -> None:
    reference = _object(value, path, "2.4.4.3")
    _keys(reference, path, "2.4.4.3", needed=("objectType", "id"))
    if reference["objectType"] != "StatementRef":
        raise StatementError(path, "must be a StatementRef", "2.4.6")
    _uuid(reference["id"], f"{path}.id", "2.4.4.3")


def _context_activities(value: object, path: str) -> None:
    around = _object(value, path, "2.4.6.2")
    _keys(around, path, "2.4.6.2", allowed=("parent", "grouping", "category", "other"))
    for key, given in around.items():
        for number, each in enumerate(given if isinstance(given, list) else [given]):
            _activity(each, f"{path}.{key}[{number}]")


def _attachment(value: object, path: str) -> None:
    attachment = _object(value, path, "2.4.11")
    _keys(
        attachment,
        path,
        "2.4.11",
        needed=("usageType", "display", "contentType", "length", "sha2"),
        allowed=("description", "fileUrl"),
    )
    _iri(attachment["usageType"], f"{path}.usageType", "2.4.11")
    _languages(attachment["display"], f"{path}.display")
    _text(attachment["contentType"], f"{path}.contentType", "2.4.11")
    length = attachment["length"]
    if isinstance(length, bool) or not isinstance(length, int) or length < 0:
        raise StatementError(f"{path}.length", "must be a whole number", "2.4.11")
    _text(attachment["sha2"], f"{path}.sha2", "2.4.11")
    if "description" in attachment:
        _languages(attachment["description"], f"{path}.description")
    if "fileUrl" in attachment:
        _iri(attachment["fileUrl"], f"{path}.fileUrl", "2.4.11")
