"""Who and what stands in a statement, and whether two of them say the same; pure.

Everything here expects statements that ``validation.py`` has let through.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

import orjson

from xapi.values import read_moment

ASSIGNED = frozenset({"id", "authority", "stored", "timestamp", "version"})
"""What a store may set; compared apart, or not at all (1.0.3, part two, 2.3.1)."""
FINER = re.compile(r"(\.\d\d)\d+(?=S$)")
"""Digits of a duration past a hundredth of a second."""
SIGNATURE = "http://adlnet.gov/expapi/attachments/signature"
CONTEXT = (("contextAgents", "agent"), ("contextGroups", "group"))

Plain = Mapping[str, Any]


def identifier_of(agent: Plain) -> str | None:
    """Give the one identifier of an agent or group as text; None for an anonymous group."""
    if "account" in agent:
        return account_identifier(agent["account"]["homePage"], agent["account"]["name"])
    if "mbox" in agent:
        return f"mbox {_mail(agent['mbox'])}"
    if "openid" in agent:
        return f"openid {agent['openid']}"
    if "mbox_sha1sum" in agent:
        return f"mbox_sha1sum {str(agent['mbox_sha1sum']).lower()}"
    return None


def account_identifier(home_page: str, name: str) -> str:
    """Give the identifier of an account as text."""
    return f"account {home_page} {name}"


def target_of(statement: Plain) -> UUID | None:
    """Give the statement that this one is about."""
    thing = statement["object"]
    return UUID(thing["id"]) if thing.get("objectType") == "StatementRef" else None


# What it is found by


def terms_of(statement: Plain) -> tuple[set[str], set[str]]:
    """Give the terms of what a statement says, and of what only stands around (related).

    Each is its kind and text, such as ``verb https://…``. None stands in both.
    """
    context = statement.get("context", {})
    thing = statement["object"]
    direct = {f"verb {statement['verb']['id']}", *people_of(statement["actor"])}
    around: set[str] = set()
    kind = thing.get("objectType", "Activity")
    if kind == "Activity":
        direct.add(f"activity {thing['id']}")
    elif kind in {"Agent", "Group"}:
        direct.update(people_of(thing))
    elif kind == "SubStatement":
        said, beside = terms_of(thing)
        around = {
            term for term in said | beside if term.startswith(("activity ", "agent ", "file "))
        }
    if context:
        if "registration" in context:
            direct.add(f"registration {context['registration'].lower()}")
        around.update(_around(context))
    for each in statement.get("attachments", ()):
        direct.add(f"file {each['sha2'].lower()}")
    return direct, around - direct


def people_of(agent: Plain) -> list[str]:
    """Give the terms of an agent, or of a group and its members."""
    found = [identifier_of(each) for each in (agent, *agent.get("member", ()))]
    return [f"agent {name}" for name in found if name is not None]


def _around(context: Plain) -> Iterator[str]:
    for listed in context.get("contextActivities", {}).values():
        for each in _listed(listed):
            yield f"activity {each['id']}"
    for role in ("instructor", "team"):
        if role in context:
            yield from people_of(context[role])
    for role, held in CONTEXT:
        for each in context.get(role, ()):
            yield from people_of(each[held])


def activities_of(statement: Plain) -> Iterator[dict[str, Any]]:
    """Give every activity of a statement, as it stands there."""
    thing = statement["object"]
    kind = thing.get("objectType", "Activity")
    if kind == "Activity":
        yield thing
    elif kind == "SubStatement":
        yield from activities_of(thing)
    for listed in statement.get("context", {}).get("contextActivities", {}).values():
        yield from _listed(listed)


# Sameness


def is_same(kept: Plain, sent: Plain, *, hundredths: bool = False) -> bool:
    """Say whether two statements are one and the same (1.0.3, part two, 2.3.1).

    Not looked at: what a store may have put in, words that may differ by language or later
    knowledge (display of verbs, definitions), order of a group's members, one activity or a list
    of one, zones of times, case where it means nothing, how a number is written.

    Args:
        kept: one of them; a timestamp that is also its ``stored`` was put in by a store.
        sent: the other.
        hundredths: whether durations are told to a hundredth of a second (2.0), or are texts.
    """
    if "id" in kept and "id" in sent and kept["id"].lower() != sent["id"].lower():
        return False
    told = kept.get("timestamp", kept.get("stored"))
    is_timed = "timestamp" in sent and told != kept.get("stored")
    if is_timed and read_moment(kept["timestamp"]) != read_moment(sent["timestamp"]):
        return False
    return _written(kept, hundredths=hundredths) == _written(sent, hundredths=hundredths)


def without_signature(statement: Plain) -> dict[str, Any]:
    """Give a statement as it was before it was signed."""
    left = [each for each in statement.get("attachments", ()) if each.get("usageType") != SIGNATURE]
    made = {key: value for key, value in statement.items() if key != "attachments"}
    return {**made, "attachments": left} if left else made


def _written(statement: Plain, *, hundredths: bool) -> bytes:
    compared = _number(_comparable(statement, hundredths=hundredths))
    try:
        return orjson.dumps(compared, option=orjson.OPT_SORT_KEYS)
    except TypeError:  # a whole number of more than 64 bits
        return json.dumps(compared, sort_keys=True).encode()


def _comparable(statement: Plain, *, hundredths: bool) -> dict[str, Any]:
    compared = {key: value for key, value in statement.items() if key not in ASSIGNED}
    compared["actor"] = _agent(statement["actor"])
    compared["verb"] = statement["verb"]["id"]
    compared["object"] = _thing(statement["object"], hundredths=hundredths)
    compared.pop("objectType", None)
    duration = statement.get("result", {}).get("duration")
    if duration is not None and hundredths:
        compared["result"] = {**statement["result"], "duration": FINER.sub(r"\1", duration)}
    if statement.get("context"):
        compared["context"] = _context(statement["context"])
    else:
        compared.pop("context", None)
    return compared


def _context(given: Plain) -> dict[str, Any]:
    context = dict(given)
    if "registration" in context:
        context["registration"] = context["registration"].lower()
    if "statement" in context:
        context["statement"] = {**context["statement"], "id": context["statement"]["id"].lower()}
    for role in ("instructor", "team"):
        if role in context:
            context[role] = _agent(context[role])
    for role, held in CONTEXT:
        if role in context:
            context[role] = [{**each, held: _agent(each[held])} for each in context[role]]
    if "contextActivities" in context:
        context["contextActivities"] = {
            role: sorted(each["id"] for each in _listed(listed))
            for role, listed in context["contextActivities"].items()
        }
    return context


def _thing(thing: Plain, *, hundredths: bool) -> dict[str, Any]:
    kind = thing.get("objectType", "Activity")
    if kind == "SubStatement":
        made = _comparable(thing, hundredths=hundredths)
        if "timestamp" in thing:
            made["timestamp"] = read_moment(thing["timestamp"]).isoformat()
        return {"sub": made}
    if kind == "Activity":
        return {"objectType": kind, "id": thing["id"]}
    if kind == "StatementRef":
        return {**thing, "id": thing["id"].lower()}
    return _agent(thing)


def _agent(agent: Plain) -> dict[str, Any]:
    told = {"objectType": "Agent", **agent}
    if "mbox" in agent:
        told["mbox"] = _mail(agent["mbox"])
    if "mbox_sha1sum" in agent:
        told["mbox_sha1sum"] = agent["mbox_sha1sum"].lower()
    if "member" in agent:
        told["member"] = sorted(
            (_agent(each) for each in agent["member"]),
            key=lambda each: (identifier_of(each) or "", each.get("name", "")),
        )
    return told


def _mail(mbox: str) -> str:
    """Write the domain small: its case means nothing."""
    name, _, domain = mbox.rpartition("@")
    return f"{name}@{domain.lower()}"


def _number(value: Any) -> Any:
    """Write whole numbers one way, however deep they stand: stores differ in it."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, dict):
        return {key: _number(each) for key, each in value.items()}
    return [_number(each) for each in value] if isinstance(value, list) else value


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
