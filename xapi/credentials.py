"""Keys with which clients come to the store: made, checked, withdrawn."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from xapi.models import Credential

SCOPES = ("statements/write", "statements/read", "all")
KEY = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class Client:
    """Who comes with a credential that is good."""

    key: str
    label: str
    scopes: frozenset[str]

    def may(self, scope: str) -> bool:
        """Say whether a scope is held."""
        return bool(self.scopes & {scope, "all"})


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
            f"unknown scope {', '.join(sorted(unknown)) or '(none)'}; there are {SCOPES}"
        )
    key, secret = secrets.token_hex(16), secrets.token_urlsafe(32)
    session.add(
        Credential(
            key=key,
            secret_hash=_hash(secret),
            label=label,
            scopes=sorted(scopes),
            created_at=now,
        )
    )
    return key, secret


def find_client(session: Session, key: str, secret: str) -> Client | None:
    """Give the client of a key and secret; None where they are not good."""
    if not KEY.fullmatch(key):
        return None
    row = session.execute(
        select(Credential.secret_hash, Credential.label, Credential.scopes).where(
            Credential.key == key, Credential.withdrawn_at.is_(None)
        )
    ).one_or_none()
    held = row.secret_hash if row else "-" * 64
    same = secrets.compare_digest(held, _hash(secret))
    return Client(key, row.label, frozenset(row.scopes)) if row and same else None


def list_credentials(session: Session) -> list[Credential]:
    """Give the credentials that are good, oldest first."""
    query = select(Credential).where(Credential.withdrawn_at.is_(None))
    return list(session.scalars(query.order_by(Credential.created_at)))


def withdraw(session: Session, key: str, *, now: datetime) -> bool:
    """End a credential; say False where there is none."""
    found = session.get(Credential, key)
    if found is None or found.withdrawn_at is not None:
        return False
    found.withdrawn_at = now
    return True


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
