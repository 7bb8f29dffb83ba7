"""Keys and signatures: the platform's own, and a tool's as its key set gives them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import jwt
import requests
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

ALGORITHM = "RS256"
TIMEOUT_S = 5.0
UNCHECKED: Any = {
    f"verify_{name}": False for name in ("aud", "exp", "iat", "nbf", "iss", "sub", "jti")
}
"""Only the signature is looked at; what else matters is the caller's to judge."""


class SignatureError(Exception):
    """What came is not signed by the tool; the text says why."""


@dataclass(frozen=True, slots=True)
class KeyPair:
    """An RSA key with its id."""

    kid: str
    private: rsa.RSAPrivateKey

    @classmethod
    def make(cls) -> KeyPair:
        """Give a new one."""
        return cls(uuid4().hex[:16], rsa.generate_private_key(public_exponent=65537, key_size=2048))

    @classmethod
    def read(cls, kid: str, pem: str) -> KeyPair:
        """Give one that was written down."""
        private = serialization.load_pem_private_key(pem.encode(), password=None)
        if not isinstance(private, rsa.RSAPrivateKey):
            raise TypeError("an RSA key is needed")
        return cls(kid, private)

    @property
    def pem(self) -> str:
        """Give it as text, to be written down."""
        return self.private.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ).decode()

    @property
    def public_pem(self) -> str:
        """Give the public half as text."""
        return (
            self.private.public_key()
            .public_bytes(
                serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
            )
            .decode()
        )

    @property
    def jwk(self) -> dict[str, Any]:
        """Give the public half as a key set has it."""
        made: dict[str, Any] = json.loads(RSAAlgorithm.to_jwk(self.private.public_key()))
        made.pop("key_ops", None)
        return {**made, "kid": self.kid, "alg": ALGORITHM, "use": "sig"}

    def sign(self, claims: Mapping[str, Any], *, kid: str | None = "") -> str:
        """Sign claims.

        Args:
            claims: what to sign.
            kid: another id than the key's own; None: the header names none.
        """
        headers = {} if kid is None else {"kid": kid or self.kid}
        return jwt.encode(
            dict(claims), self.private, ALGORITHM, headers=headers, sort_headers=False
        )


@dataclass(slots=True)
class KeptKeys:
    """A tool's keys as last fetched; the platform's memory of ``keys_url``."""

    by_kid: dict[str, Any]
    """Key id: RSA public key."""
    have_alg: bool = True
    """Whether every key names its algorithm; Moodle keeps no set where one does not."""
    fetches: int = 0

    @classmethod
    def none(cls) -> KeptKeys:
        """Give an empty memory."""
        return cls({})


def verify(token: str, keys_url: str, kept: KeptKeys, *, keep: bool, need_kid: bool) -> Any:
    """Check who signed and give the claims; times and audience are the caller's to judge.

    Args:
        token: a compact JWT.
        keys_url: where the tool publishes its keys.
        kept: what was fetched before; changed here.
        keep: use what was fetched before, and fetch again only when a signature does not verify.
        need_kid: refuse a token whose header names no key.

    Raises:
        SignatureError: not a JWT, not RS256, no key fits, or the keys cannot be fetched.
    """
    try:
        header = jwt.get_unverified_header(token)
    except jwt.InvalidTokenError as error:
        raise SignatureError(f"not a JWT: {error}") from error
    if header.get("alg") != ALGORITHM:
        raise SignatureError(f"algorithm {header.get('alg')!r} instead of {ALGORITHM}")
    kid = header.get("kid")
    if kid is None and need_kid:
        raise SignatureError("the header names no key (kid)")
    if keep and kept.by_kid and kept.have_alg:
        try:
            return _decode(token, kid, kept)
        except SignatureError:
            pass  # the tool may have new keys
    _fetch(keys_url, kept)
    return _decode(token, kid, kept)


def _decode(token: str, kid: str | None, kept: KeptKeys) -> Any:
    candidates = [kept.by_kid[kid]] if kid in kept.by_kid else []
    if kid is None:
        candidates = list(kept.by_kid.values())
    for key in candidates:
        try:
            return jwt.decode(
                token,
                key,
                algorithms=[ALGORITHM],
                options=UNCHECKED,
            )
        except jwt.InvalidTokenError:
            continue
    raise SignatureError("no key of the tool fits the signature")


def _fetch(keys_url: str, kept: KeptKeys) -> None:
    kept.fetches += 1
    try:
        with requests.Session() as session:
            session.trust_env = False
            answer = session.get(keys_url, timeout=TIMEOUT_S)
        answer.raise_for_status()
        given = answer.json()["keys"]
        kept.have_alg = all("alg" in each for each in given)
        kept.by_kid = {
            str(each.get("kid", "")): RSAAlgorithm.from_jwk(each)
            for each in given
            if each.get("kty") == "RSA"
        }
    except (requests.RequestException, ValueError, KeyError, TypeError, jwt.PyJWTError) as error:
        raise SignatureError(f"the tool's keys at {keys_url} cannot be fetched: {error}") from error


def verify_own(token: str, keys: Sequence[KeyPair]) -> Any:
    """Give the claims of something the platform signed itself.

    Raises:
        SignatureError: it did not.
    """
    for key in keys:
        try:
            return jwt.decode(
                token, key.private.public_key(), algorithms=[ALGORITHM], options=UNCHECKED
            )
        except jwt.InvalidTokenError:
            continue
    raise SignatureError("not signed by this platform")
