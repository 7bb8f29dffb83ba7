"""The head of the log of acts, signed once a day and published, so that nobody can rewrite it.

Whoever keeps a copy of a head can tell later whether the log up to that line is still the same.
Signed as JWS (RFC 7515, EdDSA of RFC 8037) by the key of the credentials.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from cryptography.exceptions import InvalidSignature
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lti_tool import audit
from lti_tool.audit import AuditLine
from lti_tool.certification.badge_keys import BadgeKeys, BadgePurpose, published
from lti_tool.certification.credential import key_address
from lti_tool.certification.cryptosuite import key_of
from lti_tool.certification.facts import canonical
from lti_tool.certification.register import INSERTS
from lti_tool.certification.register_models import AuditHead, KeyRecord
from lti_tool.db import Begin

SHOWN = 400
"""Heads in one answer, the newest first."""


def is_due(read: Begin, *, now: datetime) -> bool:
    """Say whether a head is to be published today: there is a log, and a key was made."""
    with read() as session:
        if session.get(AuditHead, now.date()) is not None:
            return False
        has_key = any(each.purpose == BadgePurpose.ED25519 for each in published(session))
        return has_key and session.scalar(select(func.max(AuditLine.number))) is not None


def publish_due(begin: Begin, keys: BadgeKeys, base_url: str, *, now: datetime) -> int:
    """Sign today's head, where it is not there yet; give how many were signed."""
    with begin() as session:
        newest = session.scalar(select(AuditLine).order_by(AuditLine.number.desc()).limit(1))
        if newest is None:
            return 0
        told = {
            "iss": base_url,
            "day": now.date().isoformat(),
            "line": newest.number,
            "hash": newest.line_hash,
        }
        made = INSERTS[session.get_bind().dialect.name](AuditHead).values(
            day=now.date(),
            line_number=newest.number,
            line_hash=newest.line_hash,
            jws=_signed(told, keys, base_url),
            kid=keys.kid,
            made_at=now,
        )
        kept = session.execute(made.on_conflict_do_nothing().returning(AuditHead.day))
        return 0 if kept.first() is None else 1


def list_heads(session: Session, *, before: date | None = None) -> list[AuditHead]:
    """Give published heads, the newest first.

    Args:
        session: open.
        before: only those of days before this one; None: from the newest on.
    """
    query = select(AuditHead).order_by(AuditHead.day.desc()).limit(SHOWN)
    return list(session.scalars(query if before is None else query.where(AuditHead.day < before)))


@dataclass(frozen=True, slots=True)
class LogReport:
    """Whether the log of acts is whole."""

    lines: int
    broken_at: int | None
    """Number of the first line that was changed, removed or put in; None: the chain is whole."""
    heads: int
    wrong_heads: tuple[date, ...]
    """Days whose published head does not fit the log, or its own signature."""

    @property
    def is_whole(self) -> bool:
        """Say whether nothing was changed."""
        return self.broken_at is None and not self.wrong_heads


def verify(session: Session) -> LogReport:
    """Look through the whole log, and hold every published head against it."""
    heads = session.scalars(select(AuditHead).order_by(AuditHead.day)).all()
    numbers = {head.line_number for head in heads}
    lines = select(AuditLine.number, AuditLine.line_hash).where(AuditLine.number.in_(numbers))
    hashes = dict(session.execute(lines).all())
    wrong = [
        head.day
        for head in heads
        if hashes.get(head.line_number) != head.line_hash or not _is_signed(session, head)
    ]
    count = session.scalar(select(func.count()).select_from(AuditLine)) or 0
    return LogReport(count, audit.find_break(session), len(heads), tuple(wrong))


def _signed(told: dict[str, Any], keys: BadgeKeys, base_url: str) -> str:
    header = {"alg": "EdDSA", "kid": key_address(base_url, keys.kid), "typ": "JWT"}
    signed = f"{_part(canonical(header))}.{_part(canonical(told))}"
    return f"{signed}.{_part(keys.ed25519.sign(signed.encode()))}"


def _is_signed(session: Session, head: AuditHead) -> bool:
    """Say whether a head's signature covers its line."""
    record = session.get(KeyRecord, head.kid)
    signed, _, signature = head.jws.rpartition(".")
    if record is None or signed.count(".") != 1:
        return False
    try:
        key_of(record.public["multibase"]).verify(_whole(signature), signed.encode())
        told = json.loads(_whole(signed.partition(".")[2]))
    except (InvalidSignature, ValueError):
        return False
    expected = (head.day.isoformat(), head.line_number, head.line_hash)
    return (told.get("day"), told.get("line"), told.get("hash")) == expected


def _part(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def _whole(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
