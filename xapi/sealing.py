"""Encryption at rest of what the store must be able to read again, where it runs alone.

Within a host application this is the host's.
"""

from __future__ import annotations

import base64
import secrets
from collections.abc import Callable

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

NONCE_BYTES = 12

Seal = Callable[[str], str]
"""What encrypts a text."""
Unseal = Callable[[str], str]
"""What reads it again; raises :class:`UnsealError`."""


class UnsealError(Exception):
    """What was encrypted cannot be read: the secret that it was made with is not the one set."""


class Sealer:
    """Encrypts with a secret, AES-256-GCM."""

    def __init__(self, secret: str) -> None:
        key = HKDF(SHA256(), 32, None, b"xapi store at rest").derive(secret.encode())
        self._cipher = AESGCM(key)

    def seal(self, text: str) -> str:
        """Encrypt a text."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        made = nonce + self._cipher.encrypt(nonce, text.encode(), None)
        return base64.urlsafe_b64encode(made).decode()

    def unseal(self, sealed: str) -> str:
        """Read a text again.

        Raises:
            UnsealError: it was encrypted with another secret, or is not as it was written.
        """
        try:
            raw = base64.urlsafe_b64decode(sealed)
            return self._cipher.decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], None).decode()
        except (InvalidTag, ValueError) as error:
            raise UnsealError from error
