"""The keys that sign badges: files that the worker alone reads, and what is published of them.

Private keys lie in a folder as ``badge-<kind>-<kid>.pem``, readable by their owner; the database
holds their public parts and their days. A key that is retired signs no more and stays published, so
that what it signed can still be checked; one that is compromised is published no more.
"""

from __future__ import annotations

import base64
import os
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import (
    RSAPrivateKey,
    RSAPublicKey,
    generate_private_key,
)
from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_tool import audit
from lti_tool.certification.cryptosuite import key_of, multibase_of
from lti_tool.certification.facts import digest_of
from lti_tool.certification.humans import WORKER, Hand
from lti_tool.certification.register_models import KeyRecord
from lti_tool.db import Begin
from lti_tool.errors import ConflictingError
from lti_tool.i18n import gettext as _
from lti_tool.settings import Settings

REAL_BITS, TRIAL_BITS = 3072, 2048
"""Of RSA keys: enough for the years that a certificate lasts, and for trying out."""

Private = Ed25519PrivateKey | RSAPrivateKey


class BadgePurpose(StrEnum):
    """What a key of badges is for; the beginning of its file's name."""

    ED25519 = "badge-ed25519"
    """The signature inside of a credential."""
    RSA = "badge-rsa"
    """Its form as a JWT."""


class MissingKeyError(ConflictingError):
    """No key signs, or its file is not there."""


@dataclass(frozen=True, slots=True)
class BadgeKeys:
    """The keys that sign now, ready for use."""

    kid: str
    """Of the key inside of credentials; kept with every certificate."""
    ed25519: Ed25519PrivateKey
    rsa_kid: str
    rsa: RSAPrivateKey
    is_test: bool
    """Whether one of them is a development key."""

    @classmethod
    def load(cls, settings: Settings, begin: Begin, now: datetime) -> BadgeKeys:
        """Give the newest keys that may sign; quick, so that a job asks anew in each round.

        Where ``development_keys`` is set, keys that are missing are made.

        Raises:
            MissingKeyError: there is none, or its file cannot be read.
        """
        with begin() as session:
            inner, kid = _find(session, settings, BadgePurpose.ED25519, now)
            outer, rsa_kid = _find(session, settings, BadgePurpose.RSA, now)
            tested = [session.get_one(KeyRecord, each).is_test for each in (kid, rsa_kid)]
        if not isinstance(inner, Ed25519PrivateKey) or not isinstance(outer, RSAPrivateKey):
            raise MissingKeyError(f"{kid} or {rsa_kid} is a key of another kind")
        return cls(kid, inner, rsa_kid, outer, any(tested))


def list_records(session: Session, purposes: Sequence[str] = ()) -> list[KeyRecord]:
    """Give the records of keys, the newest first.

    Args:
        session: open.
        purposes: of these only; empty: of all.
    """
    query = select(KeyRecord).order_by(KeyRecord.signs_from.desc(), KeyRecord.kid)
    return list(
        session.scalars(query.where(KeyRecord.purpose.in_(purposes)) if purposes else query)
    )


def published(session: Session) -> list[KeyRecord]:
    """Give the records of all badge keys that others may trust, also of those that sign no more."""
    return [each for each in list_records(session, BADGE_PURPOSES) if each.compromised_at is None]


def jwk_of(record: KeyRecord) -> dict[str, Any]:
    """Give a badge key's public part as a JWK (RFC 7517; RFC 8037 for Ed25519)."""
    if record.purpose == BadgePurpose.RSA:
        given: dict[str, Any] = record.public["jwk"]
        return given
    raw = key_of(record.public["multibase"]).public_bytes_raw()
    x = base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
    return {"kty": "OKP", "crv": "Ed25519", "kid": record.kid, "use": "sig", "x": x}


def signs(record: KeyRecord, now: datetime) -> bool:
    """Say whether a key may sign at a moment."""
    is_over = record.retired_at is not None and record.retired_at <= now
    return record.signs_from <= now and not is_over and record.compromised_at is None


def make(
    session: Session,
    folder: Path,
    purpose: BadgePurpose,
    *,
    signs_from: datetime,
    is_test: bool = False,
    hand: Hand = WORKER,
    now: datetime,
) -> KeyRecord:
    """Make a key: its file, its record, a line in the log of acts.

    Earlier keys of the purpose sign until it begins.

    Args:
        session: of the caller.
        folder: where the file goes; made where it is missing.
        purpose: what the key is for.
        signs_from: when it begins to sign; it is published at once.
        is_test: whether what it signs is of no worth.
        hand: whose act it is.
        now: the moment.
    """
    kid = f"{now:%Y}-{secrets.token_hex(5)}"
    private: Private
    if purpose is BadgePurpose.ED25519:
        private = Ed25519PrivateKey.generate()
        public: dict[str, Any] = {"multibase": multibase_of(private.public_key())}
    else:
        private = generate_private_key(65537, TRIAL_BITS if is_test else REAL_BITS)
        public = {"jwk": _jwk(private.public_key(), kid)}
    write_private(file_of(folder, purpose, kid), private)
    for earlier in list_records(session, [purpose]):
        if earlier.retired_at is None or earlier.retired_at > signs_from:
            earlier.retired_at = signs_from
    record = KeyRecord(
        kid=kid, purpose=purpose, public=public, is_test=is_test, signs_from=signs_from
    )
    session.add(record)
    detail = {
        "purpose": purpose.value,
        "test": is_test,
        "signs_from": signs_from.isoformat(),
        "public": digest_of(public),
    }
    audit.note(session, "key.made", who=hand.who, about=kid, detail=detail, now=now)
    return record


def file_of(folder: Path, purpose: str, kid: str) -> Path:
    """Give where a private key lies."""
    return folder / f"{purpose}-{kid}.pem"


def write_private(path: Path, private: Private) -> None:
    """Write a key's file, for its owner alone."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    pem = private.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(pem)
        file.flush()
        os.fsync(file.fileno())


BADGE_PURPOSES = tuple(BadgePurpose)
_opened: dict[tuple[Path, int], Private] = {}
"""Private keys by file and the moment of its writing: to open one costs more than to sign."""


def _find(
    session: Session, settings: Settings, purpose: BadgePurpose, now: datetime
) -> tuple[Private, str]:
    """Give the key that signs for a purpose, and its id."""
    folder, trial = settings.keys_dir, settings.development_keys
    record = _signing(session, purpose, trial=trial, now=now)
    missing = record is None or not file_of(folder, purpose, record.kid).is_file()
    if missing and trial and (record is None or record.is_test):
        record = make(session, folder, purpose, signs_from=now, is_test=True, now=now)
        session.flush()
    if record is None:
        words = _(
            "No key signs badges yet. Make one on the worker's machine: lti-tool keys make badge"
        )
        raise MissingKeyError(f"no key for {purpose}", words=words)
    return _open(file_of(folder, purpose, record.kid)), record.kid


def _signing(
    session: Session, purpose: BadgePurpose, *, trial: bool, now: datetime
) -> KeyRecord | None:
    """Give the record of the newest key that may sign; development keys where they are wanted."""
    for each in list_records(session, [purpose]):
        if signs(each, now) and (trial or not each.is_test):
            return each
    return None


def _open(path: Path) -> Private:
    try:
        key = (path, path.stat().st_mtime_ns)
        if key not in _opened:
            _opened[key] = _read(path)
    except OSError as error:
        words = _(
            "The file of the key that signs badges cannot be read: %(file)s. Put it back from your "
            "backup, or make a new key: lti-tool keys make badge"
        ) % {"file": path}
        raise MissingKeyError(f"{path.name}: {error.strerror}", words=words) from error
    return _opened[key]


def _read(path: Path) -> Private:
    read = serialization.load_pem_private_key(path.read_bytes(), password=None)
    if not isinstance(read, Ed25519PrivateKey | RSAPrivateKey):
        raise MissingKeyError(f"{path.name} holds a key of another kind")
    return read


def _jwk(public: RSAPublicKey, kid: str) -> dict[str, str]:
    numbers = public.public_numbers()
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
