"""A stranger checks a certificate: from the register alone, in two steps.

With the code one learns whether it holds, what it is about and a masked name; with the holder's
name as well (``knowing``), everything that is printed. A code that is unknown and one that is
withheld (not yet issued, or its holder erased) get one answer, from one query that finds neither.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Text, bindparam, cast, or_, select

from lti_tool.certification.codes import read_code
from lti_tool.certification.facts import ChangedFactsError, Facts, read_frozen
from lti_tool.certification.register_models import Certificate, CertificateState
from xapi.prepared import Prepared, Running, connection_of

logger = logging.getLogger(__name__)

MOST_CODES = 50
MOST_LETTERS = 20_000
"""Of a list of codes; what follows is not read."""
MOST_SHOWN = 40
"""Letters of what was typed."""


class Answer(StrEnum):
    """The three answers to a check."""

    VALID = "valid"
    NOT_VALID = "not-valid"
    NOT_FOUND = "not-found"
    """It could not be checked: no such code, or it is withheld."""


class Reason(StrEnum):
    """Why a certificate is not valid."""

    NONE = ""
    REVOKED = "revoked"
    SUSPENDED = "suspended"
    SUPERSEDED = "superseded"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    NOT_YET = "not-yet"


@dataclass(frozen=True, slots=True)
class Standing:
    """Whether a certificate holds on a day, and if not, why and since when."""

    answer: Answer
    reason: Reason = Reason.NONE
    since: date | None = None


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check found."""

    standing: Standing
    code: str
    """As it was read; empty: what was given can be no code."""
    facts: Facts | None = None
    """None: it could not be checked."""
    certificate_id: UUID | None = None
    facts_hash: str = ""
    """Of the facts as they were frozen, which these are."""
    pdf_sha256: str = ""
    badge_sha256: str = ""
    revoke_code: str = ""
    """``RevokeCode`` by value; empty where it is not revoked."""
    given: str = ""
    """One of many, as it was typed, shortened."""

    @property
    def answer(self) -> Answer:
        """Give the answer."""
        return self.standing.answer

    @property
    def masked_name(self) -> str:
        """Give the holder's name as strangers see it."""
        return masked(self.facts.holder_name) if self.facts else ""


NOT_FOUND = Standing(Answer.NOT_FOUND)
ENDED = {
    CertificateState.REVOKED: Reason.REVOKED,
    CertificateState.SUSPENDED: Reason.SUSPENDED,
    CertificateState.SUPERSEDED: Reason.SUPERSEDED,
    CertificateState.WITHDRAWN: Reason.WITHDRAWN,
}
_SHOWN = select(
    Certificate.id,
    Certificate.code,
    Certificate.state,
    cast(Certificate.facts, Text).label("facts"),
    Certificate.facts_hash,
    Certificate.valid_from,
    Certificate.valid_until,
    Certificate.suspended_at,
    Certificate.revoked_at,
    Certificate.ended_at,
    Certificate.pdf_sha256,
    Certificate.badge_sha256,
    Certificate.revoke_code,
).where(Certificate.issued_at.is_not(None), Certificate.erased_at.is_(None))
BY_CODE = Prepared(_SHOWN.where(Certificate.code == bindparam("code")))
BY_NUMBER = Prepared(_SHOWN.where(Certificate.number == bindparam("number")))
BY_DIGEST = Prepared(
    _SHOWN.where(
        or_(
            Certificate.pdf_sha256 == bindparam("sha256"),
            Certificate.badge_sha256 == bindparam("sha256"),
        )
    )
)
"""What a check reads; a withheld certificate is left out by the database."""


def standing_of(
    state: CertificateState,
    valid_from: date,
    valid_until: date | None,
    *,
    today: date,
    ended_on: date | None = None,
) -> Standing:
    """Say whether a certificate holds on a day; both its first and its last day count."""
    reason = ENDED.get(CertificateState(state))
    if reason is not None:
        return Standing(Answer.NOT_VALID, reason, ended_on)
    if today < valid_from:
        return Standing(Answer.NOT_VALID, Reason.NOT_YET, valid_from)
    if valid_until is not None and today > valid_until:
        return Standing(Answer.NOT_VALID, Reason.EXPIRED, valid_until)
    return Standing(Answer.VALID)


def check_code(running: Running, given: str, *, zone: str, now: datetime) -> Checked:
    """Check one code as somebody typed it.

    Args:
        running: reads.
        given: such as ``7k3m q9xt ...``; what looks alike is read alike.
        zone: IANA name of the time zone in which days count.
        now: the moment.
    """
    code = read_code(given)
    if code is None:
        return Checked(NOT_FOUND, "")
    row = BY_CODE.first(running, {"code": code})
    return _checked(row, code, zone, now)


def read_codes(given: str) -> tuple[dict[str, str], list[str]]:
    """Read up to fifty codes, one on each line or with commas between, each once, in order.

    Returns:
        Each code, or what can be none, with its line as it was typed; and the lines too many.
    """
    lines = [each.strip() for each in re.split(r"[\n,;]+", given[:MOST_LETTERS]) if each.strip()]
    found: dict[str, str] = {}
    left: dict[str, str] = {}
    for line in lines:
        words = code_in(line)
        name = read_code(words) or words
        kept = found if name in found or len(found) < MOST_CODES else left
        kept.setdefault(name, line)
    return found, list(left.values())


def check_codes(
    running: Running, given: Mapping[str, str], *, zone: str, now: datetime
) -> list[Checked]:
    """Check codes as :func:`read_codes` gives them, with one query for all."""
    codes = [name for name in given if read_code(name)]
    query = _SHOWN.where(Certificate.code.in_(codes))
    rows = {row.code: row for row in connection_of(running).execute(query)} if codes else {}
    found = []
    for name, line in given.items():
        checked = _checked(rows.get(name), read_code(name) or "", zone, now)
        found.append(replace(checked, given=shortened(line)))
    return found


def shortened(text: str) -> str:
    """Shorten what was typed to what a line has room for."""
    return text if len(text) <= MOST_SHOWN else f"{text[: MOST_SHOWN - 1]}…"


def code_in(text: str) -> str:
    """Give the code in a line: what follows ``/verify/`` in an address, else the line itself."""
    return re.sub(r"^.*/verify/", "", text.strip()).split("?")[0].split("#")[0]


def check_digest(running: Running, sha256: str, *, zone: str, now: datetime) -> Checked:
    """Check a file by the SHA-256 of its bytes, in hex: a sealed document or a credential."""
    row = BY_DIGEST.first(running, {"sha256": sha256})
    return _checked(row, "", zone, now)


def check_number(running: Running, number: str, *, zone: str, now: datetime) -> Checked:
    """Check by the number in the register; for files of ours that name it, never for strangers."""
    row = BY_NUMBER.first(running, {"number": number})
    return _checked(row, "", zone, now)


def _checked(row: Any, code: str, zone: str, now: datetime) -> Checked:
    facts = _facts_of(row) if row is not None else None
    if facts is None:
        return Checked(NOT_FOUND, code)
    return Checked(
        _standing(row, ZoneInfo(zone), now),
        row.code,
        facts,
        row.id,
        row.facts_hash,
        row.pdf_sha256,
        row.badge_sha256,
        row.revoke_code,
    )


def _facts_of(row: Any) -> Facts | None:
    """Give what a certificate says; None where the register was changed behind our back."""
    try:
        return read_frozen(row.facts, row.facts_hash)
    except ChangedFactsError:
        logger.exception("facts of certificate %s were changed; it is not vouched for", row.id)
        return None


def _standing(row: Any, there: ZoneInfo, now: datetime) -> Standing:
    ended_at = row.revoked_at or row.ended_at or row.suspended_at
    return standing_of(
        row.state,
        row.valid_from,
        row.valid_until,
        today=now.astimezone(there).date(),
        ended_on=ended_at.astimezone(there).date() if ended_at else None,
    )


def masked(name: str) -> str:
    """Mask a name so that its bearer is recognised, and nobody learns it: ``Ž… Š…-Ł…``."""
    return " ".join("-".join(f"{part[:1]}…" for part in word.split("-")) for word in name.split())
