"""Our own key pairs: made, published, rotated with an overlap; sealed in the database."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_tool.lti.models import PlatformToken, ToolKey
from lti_tool.vault import Vault

PURPOSE = "tool-key"
BITS = 2048
SIGNS_AFTER = timedelta(days=1)
"""Platforms may keep a key set for a day; a new key is published this long before it signs."""
OVERLAP = timedelta(days=14)
"""How long a key stays published after a newer one took over."""


@dataclass(frozen=True, slots=True)
class SigningKey:
    """The key pair that signs now, ready for use."""

    kid: str
    private: rsa.RSAPrivateKey


_opened: dict[tuple[str, str], rsa.RSAPrivateKey] = {}
"""Private keys by kid and sealed text: opening one costs 30 ms, signing with it a fifth of one."""


def signing_key(session: Session, vault: Vault, *, now: datetime) -> SigningKey:
    """Give the newest key that may sign; the very first one is made here.

    The newest by its making: one that was made at once replaces one that still waited its day.
    """
    query = select(ToolKey).where(ToolKey.signs_from <= now)
    newest = query.order_by(ToolKey.created_at.desc(), ToolKey.signs_from.desc()).limit(1)
    found = session.scalars(newest).first()
    if found is None:
        found = session.scalars(select(ToolKey).order_by(ToolKey.created_at).limit(1)).first()
    if found is None:
        found = _make(session, vault, signs_from=now, now=now)
    return SigningKey(found.kid, _open(vault, found))


def list_keys(session: Session) -> list[ToolKey]:
    """Give all keys, the newest first."""
    return list(session.scalars(select(ToolKey).order_by(ToolKey.created_at.desc())))


def public_set(session: Session, *, now: datetime) -> dict[str, list[dict[str, Any]]]:
    """Give the key set to publish (RFC 7517): every key that signs, will sign, or signed lately."""
    published = [
        key.public_jwk
        for key in list_keys(session)
        if key.published_until is None or key.published_until > now
    ]
    return {"keys": published}


def rotate(session: Session, vault: Vault, *, now: datetime, at_once: bool = False) -> str:
    """Make a new key and let the others fade; give its kid.

    Args:
        session: of the caller.
        vault: seals the private key.
        now: the moment.
        at_once: sign with it from now on and publish the others no more, for when a key has leaked
            or cannot be read; platforms that keep key sets may refuse us for a while.
    """
    signs_from = now if at_once else now + SIGNS_AFTER
    last = now if at_once else signs_from + OVERLAP
    for key in list_keys(session):
        if key.published_until is None or key.published_until > last:
            key.published_until = last
    return _make(session, vault, signs_from=signs_from, now=now).kid


def reseal(session: Session, vault: Vault) -> int:
    """Encrypt anew, with the present secret, what an earlier one encrypted; give how many."""
    done = 0
    for key in list_keys(session):
        if vault.needs_renewal(key.private_sealed):
            text = vault.decrypt(key.private_sealed, purpose=PURPOSE)
            key.private_sealed = vault.encrypt(text, purpose=PURPOSE)
            done += 1
    for token in session.scalars(select(PlatformToken)):
        if vault.needs_renewal(token.token_sealed):
            session.delete(token)
    return done


def _make(session: Session, vault: Vault, *, signs_from: datetime, now: datetime) -> ToolKey:
    private = rsa.generate_private_key(public_exponent=65537, key_size=BITS)
    pem = private.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()
    kid = uuid4().hex
    made = ToolKey(
        kid=kid,
        private_sealed=vault.encrypt(pem, purpose=PURPOSE),
        public_jwk=public_jwk(private.public_key(), kid),
        created_at=now,
        signs_from=signs_from,
        published_until=None,
    )
    session.add(made)
    session.flush()
    return made


def public_jwk(key: rsa.RSAPublicKey, kid: str) -> dict[str, Any]:
    """Give a public key as a JWK; Moodle fetches the set at each check unless ``alg`` is there."""
    numbers = key.public_numbers()
    return {
        "kty": "RSA",
        "alg": "RS256",
        "use": "sig",
        "kid": kid,
        "n": _base64url(numbers.n),
        "e": _base64url(numbers.e),
    }


def _base64url(number: int) -> str:
    raw = number.to_bytes((number.bit_length() + 7) // 8, "big")
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _open(vault: Vault, key: ToolKey) -> rsa.RSAPrivateKey:
    held = _opened.get((key.kid, key.private_sealed))
    if held is None:
        pem = vault.decrypt(key.private_sealed, purpose=PURPOSE)
        opened = serialization.load_pem_private_key(pem.encode(), password=None)
        if not isinstance(opened, rsa.RSAPrivateKey):
            raise TypeError(f"key {key.kid} is no RSA key")
        held = _opened[(key.kid, key.private_sealed)] = opened
    return held
