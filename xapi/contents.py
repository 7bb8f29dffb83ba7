"""Who and what stands in a statement, and what two statements are compared by; pure.

Everything here expects a statement that ``validation.py`` has let through.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

import orjson

ROLES = ("parent", "grouping", "category", "other")
NOT_COMPARED = frozenset({"id", "authority", "stored", "timestamp", "version", "attachments"})

Plain = Mapping[str, Any]


def identifier_of(agent: Plain) -> str | None:
    """Give the one identifier of an agent or group as text; None for an anonymous group."""
    if "account" in agent:
        return account_identifier(agent["account"]["homePage"], agent["account"]["name"])
    for name in ("mbox", "openid"):
        if name in agent:
            return f"{name} {agent[name]}"
    if "mbox_sha1sum" in agent:
        return f"mbox_sha1sum {str(agent['mbox_sha1sum']).lower()}"
    return None


def account_identifier(home_page: str, name: str) -> str:
    """Give the identifier of an account as text."""
    return f"account {home_page} {name}"


def activities_of(statement: Plain, prefix: str = "") -> Iterator[tuple[str, str]]:
    """Give every activity of a statement with its role, such as ``object`` or ``sub.parent``."""
    thing = statement["object"]
    kind = thing.get("objectType", "Activity")
    if kind == "Activity":
        yield thing["id"], f"{prefix}object"
    elif kind == "SubStatement":
        yield from activities_of(thing, "sub.")
    for role, listed in statement.get("context", {}).get("contextActivities", {}).items():
        for each in _listed(listed):
            yield each["id"], f"{prefix}{role}"


def agents_of(statement: Plain, prefix: str = "") -> Iterator[tuple[str, str]]:
    """Give every agent and identified group with its role; members have that of their group."""
    context = statement.get("context", {})
    thing = statement["object"]
    people = [
        ("actor", statement["actor"]),
        ("authority", statement.get("authority")),
        ("instructor", context.get("instructor")),
        ("team", context.get("team")),
        ("object", thing if thing.get("objectType") in {"Agent", "Group"} else None),
        *(("context", each["agent"]) for each in context.get("contextAgents", ())),
        *(("context", each["group"]) for each in context.get("contextGroups", ())),
    ]
    for role, agent in people:
        if agent is not None:
            for each in (agent, *agent.get("member", ())):
                name = identifier_of(each)
                if name is not None:
                    yield name, f"{prefix}{role}"
    if thing.get("objectType") == "SubStatement":
        yield from agents_of(thing, "sub.")


def content_hash(statement: Plain) -> str:
    """Hash what the standard compares of two statements (1.0.3, part two, 2.3.1 and 2.4.1).

    Left out: what the store sets, what may differ by language or later knowledge (display words,
    definitions), attachments' content. Told alike: order of a group's members, one activity or a
    list of one, what is the default, 1 and 1.0 (stores differ in how they write numbers).
    """
    compared = _comparable(statement)
    try:
        written = orjson.dumps(compared, option=orjson.OPT_SORT_KEYS)
    except TypeError:  # a whole number of more than 64 bits
        written = json.dumps(compared, sort_keys=True).encode()
    return hashlib.sha256(written).hexdigest()


def _comparable(statement: Plain) -> dict[str, Any]:
    compared = {key: value for key, value in statement.items() if key not in NOT_COMPARED}
    compared["actor"] = _agent(statement["actor"])
    compared["verb"] = statement["verb"]["id"]
    compared["object"] = _thing(statement["object"])
    compared.pop("objectType", None)
    if "result" in compared:
        compared["result"] = _number(compared["result"])
    context = dict(statement.get("context", {}))
    for role in ("instructor", "team"):
        if role in context:
            context[role] = _agent(context[role])
    if "contextActivities" in context:
        context["contextActivities"] = {
            role: sorted(each["id"] for each in _listed(listed))
            for role, listed in context["contextActivities"].items()
        }
    if "extensions" in context:
        context["extensions"] = _number(context["extensions"])
    if context:
        compared["context"] = context
    return compared


def _thing(thing: Plain) -> dict[str, Any]:
    kind = thing.get("objectType", "Activity")
    if kind == "SubStatement":
        return {"sub": _comparable(thing)}
    if kind == "Activity":
        return {"objectType": kind, "id": thing["id"]}
    return _agent(thing) if kind in {"Agent", "Group"} else dict(thing)


def _agent(agent: Plain) -> dict[str, Any]:
    told = {"objectType": "Agent", **agent}
    told.pop("name", None)
    if "member" in agent:
        told["member"] = sorted(
            (_agent(each) for each in agent["member"]), key=lambda each: identifier_of(each) or ""
        )
    return told


def _number(value: Any) -> Any:
    """Write whole numbers one way, however deep they stand."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, dict):
        return {key: _number(each) for key, each in value.items()}
    return [_number(each) for each in value] if isinstance(value, list) else value


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
