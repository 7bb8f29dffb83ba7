"""Keys with which clients come to the store: made, checked, withdrawn."""

from __future__ import annotations

import hashlib
import re
import secrets
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from xapi.db import table_of
from xapi.models import Credential

KEY = re.compile(r"[0-9a-f]{32}")
SCOPES: Mapping[str, str] = {
    "statements/write": "write statements",
    "statements/read/mine": "read the statements that came with the same key",
    "statements/read": "read all statements",
    "state": "read and write state documents",
    "define": "tell names and definitions of activities and agents",
    "profile": "read and write profile documents, read what is known of activities and agents",
    "all/read": "read everything",
    "all": "read and write everything",
}
"""What a key may be for (1.0.3, part three, 4.2), each with its meaning."""
DEFAULT_SCOPES = ("statements/write", "statements/read/mine")
"""What the standard gives to whom asks for nothing."""

PLAYER = "player"
"""What tokens of content players hold, and no credential: reading what is of their own."""
RIGHTS: Mapping[str, frozenset[str]] = {
    "statements/write": frozenset({"statements/write", "all"}),
    "statements/read": frozenset({"statements/read", "all/read", "all"}),
    "statements/read/mine": frozenset(
        {"statements/read/mine", "statements/read", "all/read", "all"}
    ),
    "define": frozenset({"define", "all"}),
    "state/read": frozenset({"state", "all/read", "all"}),
    "state/write": frozenset({"state", "all"}),
    "profile/read": frozenset({"profile", PLAYER, "all/read", "all"}),
    "profile/write": frozenset({"profile", "all"}),
    "known/read": frozenset({"profile", PLAYER, "statements/read", "all/read", "all"}),
}
"""What a request may need, and the scopes that give it."""


HELD = table_of(Credential)
GOOD = select(HELD.c.secret_hash, HELD.c.label, HELD.c.scopes).where(
    HELD.c.key == bindparam("key"), HELD.c.withdrawn_at.is_(None)
)


@dataclass(frozen=True, slots=True)
class Bound:
    """Whom and what a token is for; everything else is closed to it."""

    actor: str
    """Identifier as :func:`xapi.contents.identifier_of` gives it."""
    activity: str
    registration: UUID | None = None


@dataclass(frozen=True, slots=True)
class Client:
    """Who comes with a credential that is good."""

    key: str
    label: str
    scopes: frozenset[str]
    bound: Bound | None = None
    """None: a credential, which is bound to nobody."""

    def may(self, right: str) -> bool:
        """Say whether something is allowed: one of :data:`RIGHTS`."""
        return bool(self.scopes & RIGHTS[right])

    @property
    def authority(self) -> str:
        """Give the name of the account that answers for its statements."""
        return self.key if self.bound is None else CONTENT

    @property
    def reads_mine_only(self) -> bool:
        """Say whether it sees the statements of its own authority and no others."""
        return not self.may("statements/read")


CONTENT = "content"
"""Name of the account that answers for what content tells with a token."""


class Remembered:
    """Clients whose keys were good less than a second ago: those that ask again and again.

    A key that is withdrawn in this process is forgotten at once, by another within the second.
    """

    MOST = 10_000
    LASTS_S = 1.0
    withdrawn: ClassVar[int] = 0
    """How many keys were withdrawn in this process."""

    def __init__(self) -> None:
        self._clients: dict[str, tuple[float, int, Client]] = {}

    def find(self, word: str) -> Client | None:
        """Give the client that came with this word, key and secret in one, if it is remembered."""
        known = self._clients.get(hash_of(word))
        if known is None:
            return None
        until_s, withdrawn, client = known
        is_fresh = time.monotonic() < until_s and withdrawn == self.withdrawn
        return client if is_fresh else None

    def remember(self, client: Client, word: str) -> None:
        """Remember a client whose key and secret were just found good."""
        if len(self._clients) >= self.MOST:
            self._clients.clear()
        until_s = time.monotonic() + self.LASTS_S
        self._clients[hash_of(word)] = until_s, self.withdrawn, client


def granting(right: str) -> list[str]:
    """Give the scopes that allow something."""
    return [scope for scope in SCOPES if scope in RIGHTS[right]]


def create(
    session: Session, *, label: str, scopes: Sequence[str], now: datetime
) -> tuple[str, str]:
    """Make a credential; give its key and its secret, which is never shown again.

    Raises:
        ValueError: a scope that does not exist.
    """
    unknown = set(scopes) - set(SCOPES)
    if unknown or not scopes:
        raise ValueError(
            f"unknown scope {', '.join(sorted(unknown)) or '(none)'}; there are {', '.join(SCOPES)}"
        )
    key, secret = secrets.token_hex(16), secrets.token_urlsafe(32)
    session.add(
        Credential(
            key=key,
            secret_hash=hash_of(secret),
            label=label,
            scopes=sorted(set(scopes)),
            created_at=now,
        )
    )
    return key, secret


def find_client(session: Session, key: str, secret: str) -> Client | None:
    """Give the client of a key and secret; None where they are not good."""
    if not KEY.fullmatch(key):
        return None
    row = session.connection().execute(GOOD, {"key": key}).one_or_none()
    held = row.secret_hash if row else "-" * 64
    same = secrets.compare_digest(held, hash_of(secret))
    return Client(key, row.label, frozenset(row.scopes)) if row and same else None


def list_credentials(session: Session) -> list[Credential]:
    """Give the credentials that are good, oldest first."""
    query = select(Credential).where(Credential.withdrawn_at.is_(None))
    return list(session.scalars(query.order_by(Credential.created_at, Credential.key)))


def withdraw(session: Session, key: str, *, now: datetime) -> bool:
    """End a credential; say False where there is none."""
    found = session.get(Credential, key)
    if found is None or found.withdrawn_at is not None:
        return False
    found.withdrawn_at = now
    Remembered.withdrawn += 1
    return True


def hash_of(secret: str) -> str:
    """Hash a secret: it is random and long, so that one round is enough."""
    return hashlib.sha256(secret.encode(errors="surrogatepass")).hexdigest()
