"""The head of the log of acts, signed once a day and published, so that nobody can rewrite it.

Whoever keeps a copy of a head can tell later whether the log up to that line is still the same.
Signed as JWS (RFC 7515, EdDSA of RFC 8037) by the key of the credentials.
"""

from __future__ import annotations

import base64
import contextlib
import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lti_tool import audit
from lti_tool.audit import AuditLine
from lti_tool.certification.badge_keys import BadgeKeys, BadgePurpose, list_records, published
from lti_tool.certification.credential import key_address
from lti_tool.certification.cryptosuite import key_of
from lti_tool.certification.entry_checks import EntriesReport, Reading, check_entries
from lti_tool.certification.facts import canonical, digest_of
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


def keys_of(session: Session, found: Iterable[AuditHead]) -> list[KeyRecord]:
    """Give the keys that signed heads, as far as they are trusted: a copy then needs no other."""
    kids = {head.kid for head in found}
    return [each for each in published(session) if each.kid in kids]


@dataclass(frozen=True, slots=True)
class LogReport:
    """Whether the log of acts is whole, and the register as the log says."""

    lines: int
    broken_at: int | None
    """Number of the first line that was changed, removed or put in; None: the chain is whole."""
    heads: int
    wrong_heads: tuple[date, ...]
    """Days whose published head does not fit the log, its own signature or its key."""
    covered: int
    """Number of the last line that a good head covers; 0: none. What follows could be cut off."""
    missing_days: tuple[tuple[date, date], ...]
    """First and last day of each time without a head: the worker stood still, or heads are gone."""
    unproven: int
    """Heads by a key that is trusted no more: only a copy kept elsewhere proves them."""
    wrong_keys: tuple[str, ...]
    """Keys that do not stand in the log as they were made, or that it calls compromised."""
    entries: EntriesReport

    @property
    def is_whole(self) -> bool:
        """Say whether nothing was changed."""
        return self.broken_at is None and not (
            self.wrong_heads or self.wrong_keys or self.entries.wrong
        )


def verify(
    session: Session, files: Reading | None = None, *, now: datetime | None = None
) -> LogReport:
    """Look through the whole log; hold every published head and the register against it.

    Args:
        session: reads.
        files: where sealed documents lie, to be looked at as well; None: they are left out.
        now: up to which day heads must be there; None: up to the newest one.
    """
    heads = session.scalars(select(AuditHead).order_by(AuditHead.day)).all()
    hashes = hashes_of(session, {head.line_number for head in heads})
    records = {each.kid: each for each in list_records(session)}
    trusts = {head.day: _trust(head, records.get(head.kid), hashes) for head in heads}
    good = [head.line_number for head in heads if trusts[head.day] is Trust.GOOD]
    return LogReport(
        lines=session.scalar(select(func.count()).select_from(AuditLine)) or 0,
        broken_at=audit.find_break(session),
        heads=len(heads),
        wrong_heads=tuple(day for day, trust in trusts.items() if trust is Trust.WRONG),
        covered=max(good, default=0),
        missing_days=tuple(_missing(session, [head.day for head in heads], records.values(), now)),
        unproven=sum(trust is Trust.UNPROVEN for trust in trusts.values()),
        wrong_keys=tuple(_wrong_keys(session, records)),
        entries=check_entries(session, files),
    )


class Trust(StrEnum):
    """What a published head is worth."""

    GOOD = "good"
    UNPROVEN = "unproven"
    WRONG = "wrong"


def hashes_of(session: Session, numbers: Collection[int]) -> dict[int, str]:
    """Give the hashes of lines of the log by their numbers, of those that are there."""
    query = select(AuditLine.number, AuditLine.line_hash)
    ordered = sorted(numbers)
    found: dict[int, str] = {}
    for start in range(0, len(ordered), SHOWN):
        some = query.where(AuditLine.number.in_(ordered[start : start + SHOWN]))
        found.update((row.number, row.line_hash) for row in session.execute(some))
    return found


def told_by(jws: str, keys: Iterable[Ed25519PublicKey]) -> Mapping[str, Any] | None:
    """Give what a signed head tells; None: none of the keys signed it."""
    signed, _, signature = jws.rpartition(".")
    if signed.count(".") != 1:
        return None
    for key in keys:
        with contextlib.suppress(InvalidSignature, ValueError):
            key.verify(_whole(signature), signed.encode())
            told = json.loads(_whole(signed.partition(".")[2]))
            return told if isinstance(told, dict) else None
    return None


def _trust(head: AuditHead, record: KeyRecord | None, hashes: Mapping[int, str]) -> Trust:
    if record is None or record.purpose != BadgePurpose.ED25519:
        return Trust.WRONG
    if hashes.get(head.line_number) != head.line_hash or not _is_signed(head, record):
        return Trust.WRONG
    ended = min(filter(None, (record.retired_at, record.compromised_at)), default=None)
    if head.day < record.signs_from.date() or (ended is not None and head.day > ended.date()):
        return Trust.WRONG
    return Trust.GOOD if record.compromised_at is None else Trust.UNPROVEN


def _is_signed(head: AuditHead, record: KeyRecord) -> bool:
    """Say whether a head's signature covers its line."""
    try:
        told = told_by(head.jws, [key_of(record.public["multibase"])])
    except (LookupError, TypeError, ValueError):  # the record was made by hand
        return False
    expected = (head.day.isoformat(), head.line_number, head.line_hash)
    return told is not None and (told.get("day"), told.get("line"), told.get("hash")) == expected


def _missing(
    session: Session, days: list[date], records: Iterable[KeyRecord], now: datetime | None
) -> Iterator[tuple[date, date]]:
    """Give the times without a head, from the day on which there was a line and a key to sign."""
    signed_from = [each.signs_from for each in records if each.purpose == BadgePurpose.ED25519]
    began = session.scalar(select(func.min(AuditLine.at)))
    if began is None or not signed_from:
        return
    a_day = timedelta(days=1)
    wanted = max(began, min(signed_from)).date()
    until = [] if now is None else [now.date()]
    for day in (*days, *until):
        if day > wanted:
            yield wanted, day - a_day
        wanted = max(wanted, day + a_day)


def _wrong_keys(session: Session, records: Mapping[str, KeyRecord]) -> Iterator[str]:
    """Give the keys whose records are not as the log tells of them."""
    query = select(AuditLine.about, AuditLine.act, AuditLine.at, AuditLine.detail)
    made: dict[str, Any] = {}
    compromised: dict[str, datetime] = {}
    acts = ("key.made", "key.compromised")
    for line in session.execute(query.where(AuditLine.act.in_(acts)).order_by(AuditLine.number)):
        if line.act == "key.compromised":
            compromised.setdefault(line.about, line.at)
        elif "purpose" in line.detail:  # the key for platforms has none
            made.setdefault(line.about, line.detail)
    for kid in sorted({*made, *records}):
        record, told = records.get(kid), made.get(kid, {})
        expected = (told.get("purpose"), told.get("public"), compromised.get(kid))
        if record is None or expected != (
            record.purpose,
            digest_of(record.public),
            record.compromised_at,
        ):
            yield kid


def _signed(told: dict[str, Any], keys: BadgeKeys, base_url: str) -> str:
    header = {"alg": "EdDSA", "kid": key_address(base_url, keys.kid), "typ": "JWT"}
    signed = f"{_part(canonical(header))}.{_part(canonical(told))}"
    return f"{signed}.{_part(keys.ed25519.sign(signed.encode()))}"


def _part(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def _whole(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
