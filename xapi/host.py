"""What an application that embeds the store hands in."""

from __future__ import annotations

from dataclasses import dataclass

from xapi.db import Begin


@dataclass(frozen=True, slots=True)
class Host:
    """The embedding application as the store sees it."""

    begin: Begin
    """Opens a transaction on the database that holds the store's tables."""
    authority_home: str = "https://localhost"
    """Home page of the accounts that stand as authority of statements; the tool's address."""
