"""Whether everything behind certificates goes as it should: keys, status lists, the log of acts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from lti_tool import audit
from lti_tool.audit import AuditLine
from lti_tool.certification import heads
from lti_tool.certification.histories import Happening, in_words
from lti_tool.certification.key_acts import Uses, list_uses
from lti_tool.certification.models import Case, CaseState
from lti_tool.certification.paging import PAGE
from lti_tool.certification.register_models import (
    AuditHead,
    Certificate,
    CertificateState,
    KeyRecord,
    StatusList,
)

LATE = timedelta(minutes=5)
"""From when on a status list that should have been signed is late."""
PURPOSES = ("badge-ed25519", "badge-rsa", "pdf-seal")
GROUPS = (
    "case", "certificate", "evidence", "appeal", "register", "holder", "share", "key", "role",
    "mail",
)  # fmt: skip
"""Beginnings of the acts that this room's officers read."""
MOST_LOOKED_AT = 20_000
"""How many lines of the log a page looks at; the command line looks at all."""


@dataclass(frozen=True, slots=True)
class Health:
    """How it goes."""

    uses: tuple[Uses, ...]
    """Keys, with how many certificates they signed."""
    lacking: tuple[str, ...]
    """Purposes for which no key signs now."""
    lists: tuple[StatusList, ...]
    late: tuple[StatusList, ...]
    """Those whose newest state is not signed yet."""
    waiting: int
    """Cases approved and not numbered."""
    being_made: int
    faults: tuple[tuple[Any, str, str], ...]
    """Id, number and fault of certificates that could not be made."""
    head: AuditHead | None
    """The newest published head of the log."""


@dataclass(frozen=True, slots=True)
class Looked:
    """What was found when the log was looked at."""

    first: int
    last: int
    broken_at: int | None
    """The first line that does not fit; None: all fit."""
    heads: int | None
    """Published heads that were held against it; None: none, since only a part was looked at."""
    wrong_heads: tuple[date, ...]
    """Days whose published head does not fit."""
    moment: datetime

    @property
    def is_good(self) -> bool:
        """Say whether nothing was found."""
        return self.broken_at is None and not self.wrong_heads


def health_of(session: Session, base_url: str, *, now: datetime) -> Health:
    """Say how it goes."""
    uses = tuple(list_uses(session, base_url))
    lists = tuple(session.scalars(select(StatusList).order_by(StatusList.number)))
    numbered = Certificate.state == CertificateState.NUMBERED
    approved = Case.state == CaseState.APPROVED
    faults = select(Certificate.id, Certificate.number, Certificate.fault)
    faults = faults.where(numbered, Certificate.fault != "").limit(PAGE)
    return Health(
        uses=uses,
        lacking=tuple(each for each in PURPOSES if not _signs(uses, each, now)),
        lists=lists,
        late=tuple(each for each in lists if is_late(each, now)),
        waiting=_count(session, approved),
        being_made=_count(session, numbered),
        faults=tuple((row.id, row.number, row.fault) for row in session.execute(faults)),
        head=session.scalar(select(AuditHead).order_by(AuditHead.day.desc()).limit(1)),
    )


def is_late(status_list: StatusList, now: datetime) -> bool:
    """Say whether a list should have been signed by now."""
    signed = status_list.signed_at
    is_behind = signed is None or signed < status_list.wanted_at
    return is_behind and status_list.wanted_at < now - LATE


def key_state(record: KeyRecord, now: datetime) -> str:
    """Say how a key stands: ``compromised``, ``retired``, ``early`` or ``signs``."""
    if record.compromised_at is not None and record.compromised_at <= now:
        return "compromised"
    if record.retired_at is not None and record.retired_at <= now:
        return "retired"
    return "early" if record.signs_from > now else "signs"


def list_acts(
    session: Session, *, group: str = "", before: int | None = None, size: int = PAGE
) -> tuple[list[Happening], int | None]:
    """Give acts about certification, the newest first, and where the next page begins.

    Args:
        session: reads.
        group: one of :data:`GROUPS`; empty: all of them.
        before: number of the last line seen.
        size: of the page.
    """
    groups = [group] if group in GROUPS else GROUPS
    query = select(AuditLine).where(_in_groups(groups))
    if before is not None:
        query = query.where(AuditLine.number < before)
    lines = session.scalars(query.order_by(AuditLine.number.desc()).limit(size + 1)).all()
    shown = lines[:size]
    return in_words(session, shown), shown[-1].number if len(lines) > size else None


def look_at_log(session: Session, *, now: datetime) -> Looked:
    """Look whether the log is as it was written: all of it; of a long one the newest lines."""
    last = session.scalar(select(func.max(AuditLine.number))) or 0
    if last > MOST_LOOKED_AT:
        first = last - MOST_LOOKED_AT + 1
        return Looked(first, last, audit.find_break(session, since=first), None, (), now)
    report = heads.verify(session)
    return Looked(1, last, report.broken_at, report.heads, report.wrong_heads, now)


def _in_groups(groups: Iterable[str]) -> ColumnElement[bool]:
    return or_(*(AuditLine.act.between(f"{group}.", f"{group}/") for group in groups))


def _signs(uses: Iterable[Uses], purpose: str, now: datetime) -> bool:
    return any(
        each.record.purpose == purpose and key_state(each.record, now) == "signs" for each in uses
    )


def _count(session: Session, condition: ColumnElement[bool]) -> int:
    return session.scalar(select(func.count()).where(condition)) or 0
