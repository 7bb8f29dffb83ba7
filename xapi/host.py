"""What an application that embeds the store hands in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from xapi.db import Begin, utcnow

TOOL = "tool"
"""Name of the account that answers for what the embedding application itself tells."""
FIRST, SECOND = "1.0.3", "2.0.0"
"""The versions of the standard that are spoken."""


@dataclass(frozen=True, slots=True)
class Limits:
    """The most that one request or one minute may hold."""

    body_bytes: int = 64 * 1024 * 1024
    """Of a request, after it was unpacked; attachments count."""
    document_bytes: int = 4 * 1024 * 1024
    """Of a state or profile document."""
    statements: int = 1000
    """Of one request."""
    requests_per_minute: int = 120_000
    """Of one credential, counted in each web process."""
    token_requests_per_minute: int = 1200
    """Of one token, likewise."""


@dataclass(frozen=True, slots=True)
class Host:
    """The embedding application as the store sees it."""

    begin: Begin
    """Opens a transaction that writes, on the database that holds the store's tables."""
    read: Begin | None = None
    """Opens a transaction that only reads; None: as ``begin``."""
    authority_home: str = "https://localhost"
    """Home page of the accounts that stand as authority of statements; the tool's address."""
    assumed_version: str = FIRST
    """What an answer names to a request that names no version."""
    origins: tuple[str, ...] = ()
    """Origins of pages that may call the store from a browser; ``*`` for all."""
    limits: Limits = Limits()
    clock: Callable[[], datetime] = utcnow

    @property
    def reading(self) -> Begin:
        """Give what opens a transaction that only reads."""
        return self.read or self.begin

    def authority(self, name: str = TOOL) -> dict[str, Any]:
        """Give the agent that answers for what a client (or the application itself) tells."""
        return authority_of(self.authority_home, name)


def authority_of(home: str, name: str = TOOL) -> dict[str, Any]:
    """Give the agent of an account, for a process that has no host, such as a worker."""
    return {"objectType": "Agent", "account": {"homePage": home, "name": name}}
