"""What an application that embeds the store hands in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from xapi.db import Begin

TOOL = "tool"
"""Name of the account that answers for what the embedding application itself tells."""


@dataclass(frozen=True, slots=True)
class Host:
    """The embedding application as the store sees it."""

    begin: Begin
    """Opens a transaction that writes, on the database that holds the store's tables."""
    read: Begin | None = None
    """Opens a transaction that only reads; None: as ``begin``."""
    authority_home: str = "https://localhost"
    """Home page of the accounts that stand as authority of statements; the tool's address."""

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
