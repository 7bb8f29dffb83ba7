"""Encryption at rest: AES-256-GCM with the id of the key in front."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

NONCE_BYTES = 12


class VaultError(Exception):
    """A secret cannot be read: made with a key that is not set, or changed since."""


class Vault:
    """Encrypts with the present secret, reads with it and with earlier ones."""

    def __init__(self, secret: str, earlier: Sequence[str] = ()) -> None:
        self._keys = {_key_id(each): AESGCM(_derive(each, b"vault")) for each in (*earlier, secret)}
        self._present = _key_id(secret)
        self._signing = _derive(secret, b"signing")
        self._lookup = [_derive(each, b"lookup") for each in (secret, *earlier)]

    def encrypt(self, text: str, *, purpose: str) -> str:
        """Encrypt a text so that it can be read for the same purpose only."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        sealed = self._keys[self._present].encrypt(nonce, text.encode(), purpose.encode())
        return f"{self._present}.{base64.urlsafe_b64encode(nonce + sealed).decode()}"

    def decrypt(self, sealed: str, *, purpose: str) -> str:
        """Read a text again.

        Raises:
            VaultError: no such key, another purpose, or not as it was written.
        """
        key_id, _, body = sealed.partition(".")
        key = self._keys.get(key_id)
        if key is None:
            raise VaultError(f"made with key {key_id}, which is not set (LTI_TOOL_OLD_SECRET_KEYS)")
        try:
            raw = base64.urlsafe_b64decode(body)
            return key.decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], purpose.encode()).decode()
        except (InvalidTag, ValueError) as error:
            raise VaultError(f"a secret for {purpose} cannot be read") from error

    def needs_renewal(self, sealed: str) -> bool:
        """Say whether a text was encrypted with an earlier secret."""
        return not sealed.startswith(f"{self._present}.")

    def sign(self, text: str) -> str:
        """Give a short proof that we wrote the text (HMAC-SHA-256, 128 bits)."""
        digest = hmac.new(self._signing, text.encode(), hashlib.sha256).digest()
        return base64.urlsafe_b64encode(digest[:16]).rstrip(b"=").decode()

    def hashes(self, text: str, *, purpose: str) -> tuple[str, ...]:
        """Give keyed hashes of a text, in hex, by which it is found again without being kept.

        The first one is to be kept; the others are those that earlier secrets made.
        """
        content = f"{purpose}:{text}".encode()
        return tuple(hmac.new(key, content, hashlib.sha256).hexdigest() for key in self._lookup)

    def is_signed(self, text: str, proof: str) -> bool:
        """Check such a proof in constant time."""
        return hmac.compare_digest(self.sign(text).encode(), proof.encode())


def _derive(secret: str, purpose: bytes) -> bytes:
    return HKDF(SHA256(), 32, None, b"lti-tool " + purpose).derive(secret.encode())


def _key_id(secret: str) -> str:
    return hashlib.sha256(b"lti-tool key id " + secret.encode()).hexdigest()[:8]


def digest(secret: str) -> str:
    """Hash a random secret (at least 128 bits) for keeping: SHA-256, in hex."""
    return hashlib.sha256(secret.encode()).hexdigest()


def new_token() -> str:
    """Make 256 random bits as 43 URL-safe characters."""
    return secrets.token_urlsafe(32)
