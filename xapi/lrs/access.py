"""Who may enter the store, and which version of the standard is spoken."""

from __future__ import annotations

import re
from typing import Any

from flask import Request

from xapi import credentials
from xapi.credentials import Client
from xapi.host import Host

VERSION_HEADER = "X-Experience-API-Version"
SPOKEN = re.compile(r"1\.0(\.[0-9]+)?|2\.0(\.[0-9]+)?")


class RefusedError(Exception):
    """A request that is answered with a status and a message."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def check_version(request: Request) -> str:
    """Give the version that a request names.

    Raises:
        RefusedError: none, or one that is not spoken (part three, 3.3).
    """
    version = request.headers.get(VERSION_HEADER, "")
    if not SPOKEN.fullmatch(version):
        raise RefusedError(400, f"send the header {VERSION_HEADER}: 1.0.3 or 2.0.0")
    return version


def check_client(request: Request, host: Host, scope: str) -> Client:
    """Give the client of a request.

    Raises:
        RefusedError: no good credential (401), or one without the scope (403).
    """
    given = request.authorization
    if given is None or given.type != "basic" or not given.username:
        raise RefusedError(401, "send a key and its secret as HTTP Basic credentials")
    with host.begin() as session:
        client = credentials.find_client(session, given.username, given.password or "")
    if client is None:
        raise RefusedError(401, "this key and secret are not known, or were withdrawn")
    if not client.may(scope):
        raise RefusedError(403, f"this key may not do that: it lacks {scope}")
    return client


def authority_of(client: Client, host: Host) -> dict[str, Any]:
    """Give the agent that answers for what a client sends."""
    account = {"homePage": host.authority_home, "name": client.key}
    return {"objectType": "Agent", "account": account}


def own_authority(host: Host) -> dict[str, Any]:
    """Give the agent that answers for statements of the embedding application."""
    account = {"homePage": host.authority_home, "name": "tool"}
    return {"objectType": "Agent", "account": account}
