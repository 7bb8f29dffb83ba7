"""Who may enter the store, and which version of the standard is spoken."""

from __future__ import annotations

import re

from xapi import credentials
from xapi.credentials import Client
from xapi.host import Host

VERSION_HEADER = "X-Experience-API-Version"
ONE = re.compile(r"1\.0(\.[0-9]+)?")
TWO = re.compile(r"2\.0(\.[0-9]+)?")
FIRST, SECOND = "1.0.3", "2.0.0"


class RefusedError(Exception):
    """A request that is answered with a status and a message."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def answered_version(named: str | None) -> str:
    """Give the version that an answer names: the newest of the family asked for."""
    return SECOND if named and TWO.fullmatch(named) else FIRST


def check_version(named: str | None) -> str:
    """Give the version that a request speaks.

    Raises:
        RefusedError: it names none, or one that is not spoken (1.0.3, part three, 3.3).
    """
    if named and (ONE.fullmatch(named) or TWO.fullmatch(named)):
        return answered_version(named)
    raise RefusedError(400, f"send the header {VERSION_HEADER}: {FIRST} or {SECOND}")


def check_client(host: Host, key: str | None, secret: str | None, scope: str) -> Client:
    """Give the client of a key and its secret.

    Raises:
        RefusedError: they are not good (401), or may not do this (403).
    """
    if not key or secret is None:
        raise RefusedError(401, "send a key and its secret as HTTP Basic credentials")
    with host.reading() as session:
        client = credentials.find_client(session, key, secret)
    if client is None:
        raise RefusedError(401, "this key and secret are not known, or were withdrawn")
    if not client.may(scope):
        raise RefusedError(403, f"this key may not do that: it lacks {scope}")
    return client
