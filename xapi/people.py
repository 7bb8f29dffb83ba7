"""Is this an agent, a group, an authority? One function per rule of the standard; pure.

Source: xAPI 1.0.3, part two, 2.4.2 and 2.4.9.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from xapi.values import (
    StatementError,
    as_list,
    as_object,
    as_text,
    check_iri,
    check_keys,
    check_nulls,
    kind_of,
    matches,
)

MAILTO = re.compile(r"mailto:[^@\s\x00-\x1f]+@[^@\s\x00-\x1f]+")
SHA1 = re.compile(r"[0-9a-f]{40}", re.IGNORECASE)
IDENTIFIERS = ("mbox", "mbox_sha1sum", "openid", "account")


def check_asked_actor(given: object, path: str) -> None:
    """Check an agent or group that stands by itself, as in a filter.

    Raises:
        StatementError: the first thing that is wrong.
    """
    check_nulls(given, path)
    check_actor(given, path, "2.4.2")


def check_actor(value: object, path: str, section: str) -> None:
    """Refuse what is neither an agent nor a group."""
    actor = as_object(value, path, section)
    kind = kind_of(actor, path, "Agent")
    if kind == "Group":
        check_group(actor, path)
    elif kind == "Agent":
        _agent(actor, path)
    else:
        raise StatementError(path, f"objectType {kind!r} is neither Agent nor Group", section)


def check_group(value: object, path: str, *, named: bool = False) -> None:
    """Refuse what is not a group.

    Args:
        value: what was given.
        path: where in the statement it stands.
        named: whether it must say ``objectType`` itself, as a team must.
    """
    group = as_object(value, path, "2.4.2.2")
    if kind_of(group, path, "" if named else "Group") != "Group":
        raise StatementError(path, "must be a Group", "2.4.2.2")
    check_keys(group, path, "2.4.2.2", allowed=("objectType", "name", "member", *IDENTIFIERS))
    if "name" in group:
        as_text(group["name"], f"{path}.name", "2.4.2.2")
    identified = _identifier(group, path, needed=False)
    if "member" in group:
        for number, each in enumerate(as_list(group["member"], f"{path}.member", "2.4.2.2")):
            check_agent(each, f"{path}.member[{number}]")
    elif not identified:
        raise StatementError(path, "an anonymous group needs members", "2.4.2.2")


def check_agent(value: object, path: str) -> None:
    """Refuse what is not an agent; a group is none."""
    agent = as_object(value, path, "2.4.2.1")
    if kind_of(agent, path, "Agent") != "Agent":
        raise StatementError(path, "must be an Agent", "2.4.2.1")
    _agent(agent, path)


def check_authority(value: object) -> None:
    """Refuse an authority that is neither an agent nor a group of client and person."""
    check_actor(value, "authority", "2.4.9")
    authority = as_object(value, "authority", "2.4.9")
    if authority.get("objectType") != "Group":
        return
    if any(name in authority for name in IDENTIFIERS) or len(authority.get("member", ())) != 2:
        raise StatementError("authority", "a group must have exactly two members", "2.4.9")


def _agent(agent: Mapping[str, Any], path: str) -> None:
    check_keys(agent, path, "2.4.2.1", allowed=("objectType", "name", *IDENTIFIERS))
    if "name" in agent:
        as_text(agent["name"], f"{path}.name", "2.4.2.1")
    _identifier(agent, path, needed=True)


def _identifier(value: Mapping[str, Any], path: str, *, needed: bool) -> bool:
    found = [name for name in IDENTIFIERS if name in value]
    if len(found) > 1 or (needed and not found):
        raise StatementError(path, "must have exactly one identifier", "2.4.2.3")
    if not found:
        return False
    given = value[found[0]]
    here = f"{path}.{found[0]}"
    if found[0] == "mbox" and not matches(MAILTO, given):
        raise StatementError(here, "must be mailto: and an address", "2.4.2.3")
    if found[0] == "mbox_sha1sum" and not matches(SHA1, given):
        raise StatementError(here, "must be 40 hexadecimal digits", "2.4.2.3")
    if found[0] == "openid":
        check_iri(given, here, "2.4.2.3")
    if found[0] == "account":
        _account(given, here)
    return True


def _account(value: object, path: str) -> None:
    account = as_object(value, path, "2.4.2.4")
    check_keys(account, path, "2.4.2.4", needed=("homePage", "name"))
    check_iri(account["homePage"], f"{path}.homePage", "2.4.2.4")
    name = as_text(account["name"], f"{path}.name", "2.4.2.4")
    if "\0" in name:  # PostgreSQL keeps no such text
        raise StatementError(f"{path}.name", "must not hold the character NUL", "2.4.2.4")
