"""Who may enter the store, and which version of the standard is spoken."""

from __future__ import annotations

import re
from collections.abc import Mapping

from xapi import credentials, tokens
from xapi.credentials import Client
from xapi.host import FIRST, SECOND, Host

VERSION_HEADER = "X-Experience-API-Version"
ONE = re.compile(r"1\.0(\.[0-9]+)?")
TWO = re.compile(r"2\.0(\.[0-9]+)?")


class RefusedError(Exception):
    """A request that is answered with a status and a message."""

    def __init__(self, status: int, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.headers = headers or {}


def answered_version(named: str | None, assumed: str = FIRST) -> str:
    """Give the version that an answer names: the newest of the family asked for.

    Args:
        named: what the request says.
        assumed: what is named to whom says nothing, or what is not spoken.
    """
    if named and TWO.fullmatch(named):
        return SECOND
    return FIRST if named and ONE.fullmatch(named) else assumed


def check_version(named: str | None) -> str:
    """Give the version that a request speaks.

    Raises:
        RefusedError: it names none, or one that is not spoken (1.0.3, part three, 3.3).
    """
    if named and (ONE.fullmatch(named) or TWO.fullmatch(named)):
        return answered_version(named)
    raise RefusedError(400, f"send the header {VERSION_HEADER}: {FIRST} or {SECOND}")


def check_client(host: Host, key: str | None, secret: str | None) -> Client:
    """Give the client of a key and its secret.

    Args:
        host: where credentials are kept.
        key: of a credential or a token.
        secret: what came with it.

    Raises:
        RefusedError: they are not good (401).
    """
    if not key or secret is None:
        raise RefusedError(401, "send a key and its secret as HTTP Basic credentials")
    client = _look_up(host, key, secret)
    if client is None:
        raise RefusedError(401, "this key and secret are not known, are over, or were withdrawn")
    return client


def check_right(client: Client, right: str) -> None:
    """Refuse what a client may not do: one of :data:`xapi.credentials.RIGHTS`.

    Raises:
        RefusedError: it may not (403).
    """
    if not client.may(right):
        lacking = " or ".join(credentials.granting(right))
        raise RefusedError(403, f"this key may not do that: it lacks {lacking}")


def _look_up(host: Host, key: str, secret: str) -> Client | None:
    with host.reading() as session:
        if tokens.is_token(key):
            return tokens.find_client(session, key, secret, now=host.clock())
        return credentials.find_client(session, key, secret)
