"""Whether everything behind certificates goes as it should: keys, status lists, the log of acts."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import Session

from lti_tool import audit, beats
from lti_tool.audit import AuditLine
from lti_tool.certification import heads
from lti_tool.certification.entry_checks import WrongEntry
from lti_tool.certification.histories import Happening, as_id, in_words
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
OF_SCHEMES = ("case", "certificate", "evidence", "appeal")
"""Those whose things belong to a scheme; all that an officer of some schemes reads."""
JOBS = ("decisions", "numbers", "status lists", "certificates", "audit heads")
"""The worker's jobs that certificates need."""
MOST_LOOKED_AT = 20_000
"""How many lines of the log a page looks at; the command line looks at all."""
MOST_PASSED_BY = 5_000
"""Lines about other schemes that are passed by for one page."""


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
    """Id, number and fault of certificates that could not be made and that nobody stopped."""
    stopped: tuple[tuple[Any, str, str], ...]
    """The same of those whose making an officer stopped: another one ends them."""
    held: tuple[tuple[Any, str, str], ...]
    """Id, name and fault of cases that could not be numbered."""
    head: AuditHead | None
    """The newest published head of the log."""
    stuck: tuple[tuple[str, str], ...]
    """Jobs of the worker that fail, with the reason; none to a reader of some schemes only."""


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
    covered: int | None = None
    """The last line that a good head covers; None: no heads were looked at."""
    wrong_keys: tuple[str, ...] = ()
    """Keys that are not as the log tells of them."""
    wrong_entries: tuple[WrongEntry, ...] = ()
    """Certificates that do not stand in the register as the log says, of the reader's schemes."""
    others_wrong: int = 0
    """How many there are of other schemes."""

    @property
    def is_good(self) -> bool:
        """Say whether nothing was found."""
        return self.broken_at is None and not (
            self.wrong_heads or self.wrong_keys or self.wrong_entries or self.others_wrong
        )


def health_of(
    session: Session, base_url: str, *, within: Collection[str] | None = None, now: datetime
) -> Health:
    """Say how it goes.

    Args:
        session: reads.
        base_url: public address of the tool.
        within: schemes whose cases and certificates the reader sees; None: all.
        now: the moment.
    """
    uses = tuple(list_uses(session, base_url, within))
    lists = tuple(session.scalars(select(StatusList).order_by(StatusList.number)))
    numbered = Certificate.state == CertificateState.NUMBERED
    approved = Case.state == CaseState.APPROVED
    if within is not None:
        numbered = and_(numbered, Certificate.scheme_id.in_(within))
        approved = and_(approved, Case.scheme_id.in_(within))
    faulty = select(Certificate.id, Certificate.number, Certificate.fault).where(numbered)
    stopped = Certificate.suspended_human.is_not(None)
    held = select(Case.id, Case.name, Case.fault).where(approved, Case.fault != "")
    return Health(
        uses=uses,
        lacking=tuple(each for each in PURPOSES if not _signs(uses, each, now)),
        lists=lists,
        late=tuple(each for each in lists if is_late(each, now)),
        waiting=_count(session, approved),
        being_made=_count(session, numbered),
        faults=_few(session, faulty.where(Certificate.fault != "", ~stopped)),
        stopped=_few(session, faulty.where(stopped)),
        held=_few(session, held),
        head=session.scalar(select(AuditHead).order_by(AuditHead.day.desc()).limit(1)),
        stuck=tuple(_stuck(session)) if within is None else (),
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
    session: Session,
    *,
    group: str = "",
    before: int | None = None,
    size: int = PAGE,
    within: Collection[str] | None = None,
) -> tuple[list[Happening], int | None]:
    """Give acts about certification, the newest first, and where the next page begins.

    Args:
        session: reads.
        group: one of :data:`GROUPS`; empty: all of them.
        before: number of the last line seen.
        size: of the page; where few lines are of the reader's schemes it may hold less.
        within: schemes whose things the reader sees; None: everything.
    """
    known = groups_for(within)
    query = select(AuditLine).where(_in_groups([group] if group in known else known))
    query = query.order_by(AuditLine.number.desc()).limit(size + 1)
    shown: list[AuditLine] = []
    passed_by = 0
    while len(shown) <= size and passed_by < MOST_PASSED_BY:
        part = query if before is None else query.where(AuditLine.number < before)
        lines = session.scalars(part).all()
        seen = lines if within is None else _of_schemes(session, lines, within)
        shown += seen
        passed_by += len(lines) - len(seen)
        before = lines[-1].number if len(lines) > size else None
        if before is None:
            break
    if len(shown) > size:
        before = shown[size - 1].number
    return in_words(session, shown[:size]), before


def groups_for(within: Collection[str] | None) -> tuple[str, ...]:
    """Give the groups of acts that somebody reads who sees these schemes; None: all of them."""
    return GROUPS if within is None else OF_SCHEMES


def look_at_log(
    session: Session, *, within: Collection[str] | None = None, now: datetime
) -> Looked:
    """Look whether log and register are as they were written; of a long log only the newest lines.

    Args:
        session: reads.
        within: schemes whose certificates the reader sees; None: all.
        now: the moment.
    """
    last = session.scalar(select(func.max(AuditLine.number))) or 0
    if last > MOST_LOOKED_AT:
        first = last - MOST_LOOKED_AT + 1
        return Looked(first, last, audit.find_break(session, since=first), None, (), now)
    report = heads.verify(session)
    wrong = report.entries.wrong
    seen = tuple(each for each in wrong if within is None or each.scheme_id in within)
    return Looked(
        first=1,
        last=last,
        broken_at=report.broken_at,
        heads=report.heads,
        wrong_heads=report.wrong_heads,
        moment=now,
        covered=report.covered,
        wrong_keys=report.wrong_keys,
        wrong_entries=seen,
        others_wrong=len(wrong) - len(seen),
    )


def _of_schemes(
    session: Session, lines: Sequence[AuditLine], within: Collection[str]
) -> list[AuditLine]:
    """Give the lines about cases and certificates of these schemes, in their order."""
    ids = {line.about: found for line in lines if (found := as_id(line.about)) is not None}
    seen: set[UUID] = set()
    for table in (Case, Certificate):
        query = select(table.id).where(table.id.in_(ids.values()), table.scheme_id.in_(within))
        seen.update(session.scalars(query))
    return [line for line in lines if ids.get(line.about) in seen]


def _in_groups(groups: Iterable[str]) -> ColumnElement[bool]:
    return or_(*(AuditLine.act.between(f"{group}.", f"{group}/") for group in groups))


def _stuck(session: Session) -> Iterable[tuple[str, str]]:
    return ((each.job, each.reason) for each in beats.list_beats(session)
            if each.job in JOBS and each.reason)  # fmt: skip


def _signs(uses: Iterable[Uses], purpose: str, now: datetime) -> bool:
    return any(
        each.record.purpose == purpose and key_state(each.record, now) == "signs" for each in uses
    )


def _few(session: Session, query: Select[Any, str, str]) -> tuple[tuple[Any, str, str], ...]:
    return tuple((row[0], row[1], row[2]) for row in session.execute(query.limit(PAGE)))


def _count(session: Session, condition: ColumnElement[bool]) -> int:
    return session.scalar(select(func.count()).where(condition)) or 0
