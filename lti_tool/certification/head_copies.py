"""Copies of the published heads, kept where nobody of the tool can change them.

Heads and keys lie in the database with the log: whoever may write there, and has a key, can write
all of it anew. A copy from elsewhere shows that, since it holds the lines as they were.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_tool.certification.cryptosuite import key_of, multibase_of
from lti_tool.certification.heads import hashes_of, told_by
from lti_tool.certification.register_models import AuditHead, KeyRecord
from lti_tool.errors import BadRequestError
from lti_tool.i18n import gettext as _

METHODS = "verificationMethod"
"""Where keys stand in a copy, as in ``/.well-known/did.json``."""


class CopyFault(StrEnum):
    """How a head of a copy does not fit."""

    FORGED = "forged"
    REWRITTEN = "rewritten"
    REMOVED = "removed"


COPY_WORDS = {
    CopyFault.FORGED: lambda: _("its signature does not fit: the copy itself was changed"),
    CopyFault.REWRITTEN: lambda: _("the log was written anew: its line is another one, or gone"),
    CopyFault.REMOVED: lambda: _("the head that is published of that day is another one, or gone"),
}


@dataclass(frozen=True, slots=True)
class SavedHead:
    """A head as somebody kept it."""

    day: date
    line: int
    line_hash: str
    jws: str
    kid: str


@dataclass(frozen=True, slots=True)
class HeadCopy:
    """A saved answer of ``/.well-known/audit-heads.json``, with the keys to check it by."""

    heads: tuple[SavedHead, ...]
    keys: Mapping[str, Ed25519PublicKey]
    """By id; of a key that somebody gave alone, by itself."""


@dataclass(frozen=True, slots=True)
class CopyReport:
    """How the log fits a copy."""

    heads: int
    wrong: tuple[tuple[date, CopyFault], ...]
    unsigned: int
    """Heads of keys that neither the copy nor anybody names: only their lines were compared."""
    other_keys: tuple[str, ...]
    """Keys that the register now has otherwise than the copy."""
    covered: int
    """Number of the last line that the copy covers; 0: none."""

    @property
    def is_good(self) -> bool:
        """Say whether the log is the one of which the copy was taken."""
        return not self.wrong and not self.other_keys


def read_copy(content: bytes, keys: Mapping[str, Ed25519PublicKey] | None = None) -> HeadCopy:
    """Read a copy of the published heads.

    Args:
        content: JSON, as it was served.
        keys: to check it by; None or none: those that stand in it.

    Raises:
        BadRequestError: it is no such file.
    """
    try:
        told = json.loads(content)
        heads = tuple(_head(each) for each in told["heads"])
        own = _keys_in(told)
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        words = _("This is no copy of /.well-known/audit-heads.json.")
        raise BadRequestError("copy of the heads", words=words) from error
    return HeadCopy(heads, keys or own)


def read_keys(given: str) -> dict[str, Ed25519PublicKey]:
    """Read a key in the form ``z6Mk...``, or all such keys of a DID document.

    Raises:
        BadRequestError: it is neither.
    """
    try:
        if not given.lstrip().startswith("{"):
            return {given.strip(): key_of(given.strip())}
        found = _keys_in(json.loads(given))
    except (ValueError, LookupError, TypeError, AttributeError):
        found = {}
    if not found:
        words = _("Give a key such as z6Mk..., or a file with /.well-known/did.json in it.")
        raise BadRequestError("key of the heads", words=words)
    return found


def compare(session: Session, copy: HeadCopy) -> CopyReport:
    """Hold the log of acts, its heads and their keys against a copy."""
    hashes = hashes_of(session, {each.line for each in copy.heads})
    days = {each.day for each in copy.heads}
    there = select(AuditHead.day, AuditHead.line_number, AuditHead.line_hash)
    held = {row.day: (row.line_number, row.line_hash) for row in session.execute(there)}
    wrong: list[tuple[date, CopyFault]] = []
    unsigned = covered = 0
    for head in sorted(copy.heads, key=lambda each: each.day):
        keys = _keys_for(head, copy.keys)
        unsigned += not keys
        if keys and not _is_signed(head, keys):
            wrong.append((head.day, CopyFault.FORGED))
        elif hashes.get(head.line) != head.line_hash:
            wrong.append((head.day, CopyFault.REWRITTEN))
        elif held.get(head.day) != (head.line, head.line_hash):
            wrong.append((head.day, CopyFault.REMOVED))
        else:
            covered = max(covered, head.line)
    return CopyReport(
        len(days), tuple(wrong), unsigned, tuple(_other_keys(session, copy.keys)), covered
    )


def _head(told: Mapping[str, Any]) -> SavedHead:
    return SavedHead(
        day=date.fromisoformat(told["day"]),
        line=int(told["line"]),
        line_hash=str(told["hash"]),
        jws=str(told["jws"]),
        kid=str(told["key"]).rpartition("/")[2],
    )


def _keys_in(told: Mapping[str, Any]) -> dict[str, Ed25519PublicKey]:
    return {
        str(each["id"]).rpartition("#")[2]: key_of(each["publicKeyMultibase"])
        for each in told.get(METHODS, ())
        if "publicKeyMultibase" in each
    }


def _keys_for(head: SavedHead, keys: Mapping[str, Ed25519PublicKey]) -> list[Ed25519PublicKey]:
    """Give the keys by which a head is checked: its own; else those given by themselves."""
    if head.kid in keys:
        return [keys[head.kid]]
    return [key for name, key in keys.items() if name == multibase_of(key)]


def _is_signed(head: SavedHead, keys: Iterable[Ed25519PublicKey]) -> bool:
    told = told_by(head.jws, keys)
    expected = (head.day.isoformat(), head.line, head.line_hash)
    return told is not None and (told.get("day"), told.get("line"), told.get("hash")) == expected


def _other_keys(session: Session, keys: Mapping[str, Ed25519PublicKey]) -> list[str]:
    """Give the keys of a copy that the register has otherwise, or not at all."""
    named = {kid: multibase_of(key) for kid, key in keys.items()}
    records = session.scalars(select(KeyRecord).where(KeyRecord.kid.in_(named)))
    held = {each.kid: each.public.get("multibase") for each in records}
    return [kid for kid, key in named.items() if kid != key and held.get(kid) != key]
