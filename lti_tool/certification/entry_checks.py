"""The register held against the log of acts: whoever changes an entry alone is found.

Each certificate must stand as its own lines in the log say: its number, the hash of what it says,
the hashes of its documents, its state with whose acts led there, and the approval of its case.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from lti_tool.audit import AuditLine
from lti_tool.certification.facts import is_as_frozen
from lti_tool.certification.models import Case
from lti_tool.certification.register_models import Certificate, CertificateState
from lti_tool.i18n import gettext as _

AT_ONCE = 500
"""Certificates read together."""
LOOKS = 3
"""How often one is looked at before it is called wrong: the worker may be at it just now."""
MIRRORED = (
    "number", "code", "title", "scheme_id", "kind", "issued_on", "valid_from", "valid_until",
    "status_list", "status_index",
)  # fmt: skip
"""Columns that repeat what the facts say, to be searched and shown."""
_S = CertificateState
STEPS: Mapping[str, tuple[Collection[str], CertificateState]] = {
    "certificate.numbered": ({""}, _S.NUMBERED),
    "certificate.stopped": ({_S.NUMBERED}, _S.NUMBERED),
    "certificate.taken-up": ({_S.NUMBERED}, _S.NUMBERED),
    "certificate.voided": ({_S.NUMBERED}, _S.VOID),
    "certificate.issued": ({_S.NUMBERED}, _S.ISSUED),
    "certificate.suspended": ({_S.ISSUED}, _S.SUSPENDED),
    "certificate.resumed": ({_S.SUSPENDED}, _S.ISSUED),
    "certificate.revoked": ({_S.SUSPENDED}, _S.REVOKED),
    "certificate.withdrawn": ({_S.ISSUED}, _S.WITHDRAWN),
    "certificate.superseded": ({_S.ISSUED, _S.SUSPENDED}, _S.SUPERSEDED),
}
"""What an act leads from, and to."""
UNDONE = {"certificate.resumed": "suspended", "certificate.taken-up": "suspended"}
PLACES = {
    "certificate.numbered": "numbered",
    "certificate.issued": "issued",
    "certificate.stopped": "suspended",
    "certificate.suspended": "suspended",
    "certificate.voided": "revoked",
    "certificate.revoked": "revoked",
    "certificate.withdrawn": "ended",
    "certificate.superseded": "ended",
}
"""Beginning of the columns in which the register keeps when and by whom an act was done."""


class Fault(StrEnum):
    """How an entry of the register does not fit the log."""

    UNTOLD = "untold"
    GONE = "gone"
    ORDER = "order"
    FACTS = "facts"
    COLUMNS = "columns"
    STATE = "state"
    ACTS = "acts"
    PREDECESSOR = "predecessor"
    DOCUMENTS = "documents"
    APPROVAL = "approval"


FAULT_WORDS = {
    Fault.UNTOLD: lambda: _("the log does not tell that it was numbered"),
    Fault.GONE: lambda: _("the log tells of it, and the register has it no more"),
    Fault.ORDER: lambda: _("its acts stand in the log in an order that cannot be"),
    Fault.FACTS: lambda: _("what it says is not what was frozen when it was numbered"),
    Fault.COLUMNS: lambda: _("its entry says something else than the certificate"),
    Fault.STATE: lambda: _("its state is not the one that its acts led to"),
    Fault.ACTS: lambda: _("its entry tells of other acts than the log, or by others"),
    Fault.PREDECESSOR: lambda: _("it corrects or renews another one than the log tells"),
    Fault.DOCUMENTS: lambda: _("its documents are not those that were issued"),
    Fault.APPROVAL: lambda: _("the approval of its case does not stand in the log"),
}


@dataclass(frozen=True, slots=True)
class WrongEntry:
    """An entry of the register that does not fit the log of acts."""

    certificate_id: UUID
    number: str
    """Empty where it is gone and the log does not tell it."""
    scheme_id: str
    """Empty where it is gone."""
    faults: tuple[Fault, ...]

    @property
    def words(self) -> str:
        """Say what is wrong, in the reader's language."""
        return "; ".join(FAULT_WORDS[each]() for each in self.faults)


@dataclass(frozen=True, slots=True)
class EntriesReport:
    """How the register fits the log."""

    certificates: int
    wrong: tuple[WrongEntry, ...]
    files_missing: int = 0
    """Documents that are not among the files; told, since a copy may be checked without them."""


class Reading(Protocol):
    """Where sealed documents are read; ``lti_tool.files.Files`` is one."""

    def read(self, path: str) -> bytes:
        """Give a file's bytes; FileNotFoundError: there is none."""


@dataclass(slots=True)
class _Told:
    """What the log says of one certificate."""

    state: str = ""
    is_orderly: bool = True
    numbered: Mapping[str, Any] = field(default_factory=dict)
    issued: Mapping[str, Any] = field(default_factory=dict)
    revoked: Mapping[str, Any] = field(default_factory=dict)
    acts: dict[str, tuple[datetime, str]] = field(default_factory=dict)

    def hear(self, line: Row[Any]) -> None:
        """Take in the next line about it."""
        step = STEPS.get(line.act)
        if step is None:
            return
        before, after = step
        self.is_orderly &= self.state in before
        self.state = after
        self.acts.pop(UNDONE.get(line.act, ""), None)
        place = PLACES.get(line.act, "")
        if place:
            self.acts[place] = (line.at, line.who)
        if place in {"numbered", "issued", "revoked"}:
            setattr(self, place, line.detail)


def check_entries(session: Session, files: Reading | None = None) -> EntriesReport:
    """Hold every certificate against the log of acts, and the log against the register.

    Args:
        session: reads.
        files: where the sealed documents lie, to be hashed as well; None: they are left out.
    """
    wrong: list[WrongEntry] = []
    certificates = missing = 0
    for rows in _pieces(session):
        certificates += len(rows)
        wrong += _wrong_of(session, rows)
        if files is not None:
            fits = [(row, _document_fits(row, files)) for row in rows]
            missing += sum(each is None for _row, each in fits)
            wrong += [_wrong(row, [Fault.DOCUMENTS]) for row, each in fits if each is False]
    return EntriesReport(certificates, (*_joined(wrong), *_gone(session)), missing)


def _pieces(session: Session) -> Iterator[list[Row[Any]]]:
    query = select(Certificate.__table__).order_by(Certificate.id).limit(AT_ONCE)
    rows = list(session.execute(query))
    while rows:
        yield rows
        rows = list(session.execute(query.where(Certificate.id > rows[-1].id)))


def _wrong_of(session: Session, rows: list[Row[Any]]) -> list[WrongEntry]:
    """Give those that do not fit, after having looked again at each."""
    found: list[WrongEntry] = []
    for look in range(LOOKS):
        if look:
            ids = [each.certificate_id for each in found]
            query = select(Certificate.__table__).where(Certificate.id.in_(ids))
            rows = list(session.execute(query))
        told = _told_of(session, [str(row.id) for row in rows])
        approved = _approvals_of(session, rows)
        checked = (
            (row, _faults(row, told.get(str(row.id), _Told()), approved[row.case_id]))
            for row in rows
        )
        found = [_wrong(row, faults) for row, faults in checked if faults]
        if not found:
            break
    return found


def _told_of(session: Session, ids: list[str]) -> dict[str, _Told]:
    query = select(
        AuditLine.about, AuditLine.act, AuditLine.at, AuditLine.who, AuditLine.detail
    ).where(AuditLine.about.in_(ids), AuditLine.act.in_(list(STEPS)))
    told: dict[str, _Told] = {}
    for line in session.execute(query.order_by(AuditLine.number)):
        told.setdefault(line.about, _Told()).hear(line)
    return told


def _approvals_of(session: Session, rows: Iterable[Row[Any]]) -> dict[UUID, bool]:
    """Say for each case whether its approvals stand in the log as the case has them."""
    ids = {row.case_id for row in rows}
    acts = ["case.approved", "case.seconded"]
    lines = select(AuditLine.about, AuditLine.act, AuditLine.at, AuditLine.who).where(
        AuditLine.about.in_([str(each) for each in ids]), AuditLine.act.in_(acts)
    )
    newest: dict[tuple[str, str], tuple[datetime, str]] = {}
    for line in session.execute(lines.order_by(AuditLine.number)):
        newest[line.about, line.act] = (line.at, line.who)
    cases = select(
        Case.id, Case.approvers, Case.approved_at, Case.approved_by, Case.seconded_at,
        Case.seconded_by,
    ).where(Case.id.in_(ids))  # fmt: skip
    fits: dict[UUID, bool] = {}
    for case in session.execute(cases):
        first = (case.approved_at, case.approved_by)
        second = (case.seconded_at, case.seconded_by)
        fits[case.id] = newest.get((str(case.id), "case.approved")) == first and (
            case.approvers < 2 or newest.get((str(case.id), "case.seconded")) == second
        )
    return fits


def _faults(row: Row[Any], told: _Told, is_approved: bool) -> list[Fault]:
    if not told.numbered:
        return [Fault.UNTOLD]
    is_void = row.state == CertificateState.VOID
    found = {
        Fault.ORDER: not told.is_orderly,
        Fault.FACTS: not _facts_fit(row, told),
        Fault.COLUMNS: not _columns_fit(row),
        Fault.STATE: row.state != told.state,
        Fault.ACTS: not _acts_fit(row, told),
        Fault.PREDECESSOR: not (is_void or _predecessor_fits(row, told)),
        Fault.DOCUMENTS: not _hashes_fit(row, told),
        Fault.APPROVAL: not (is_void or is_approved),
    }
    return [fault for fault, is_found in found.items() if is_found]


def _facts_fit(row: Row[Any], told: _Told) -> bool:
    hashes = {row.facts_hash, told.numbered.get("facts")}
    if told.issued:
        hashes.add(told.issued.get("facts"))
    return len(hashes) == 1 and is_as_frozen(row.facts, row.facts_hash)


def _columns_fit(row: Row[Any]) -> bool:
    said = {"id": row.facts.get("certificate_id")}
    said.update((name, row.facts.get(name)) for name in MIRRORED)
    return all(_plain(getattr(row, name)) == _plain(value) for name, value in said.items())


def _plain(value: object) -> str:
    return "" if value is None else str(value)


def _acts_fit(row: Row[Any], told: _Told) -> bool:
    """Say whether the register names the moments and hands of the log."""
    acts = {place: told.acts.get(place, (None, "")) for place in set(PLACES.values())}
    if any(getattr(row, f"{place}_at") != at for place, (at, _who) in acts.items()):
        return False
    hands = ("suspended", "revoked")
    is_by_them = all(getattr(row, f"{place}_by") == acts[place][1] for place in hands)
    code = told.revoked.get("code", "")
    return is_by_them and row.revoke_code == code and row.erased_at is None


def _predecessor_fits(row: Row[Any], told: _Told) -> bool:
    return all(
        _plain(getattr(row, f"{how}_id")) == told.numbered.get(how, "")
        for how in ("supersedes", "renews")
    )


def _hashes_fit(row: Row[Any], told: _Told) -> bool:
    expected = (told.issued.get("pdf", ""), told.issued.get("badge", ""))
    if (row.pdf_sha256, row.badge_sha256) != expected:
        return False
    badge = hashlib.sha256(row.badge.encode()).hexdigest() if row.badge else ""
    return bool(badge == row.badge_sha256)


def _document_fits(row: Row[Any], files: Reading) -> bool | None:
    """Say whether a sealed document is the one that was issued; None: it is not there."""
    if not row.pdf_path:
        return True
    try:
        content = files.read(row.pdf_path)
    except FileNotFoundError:
        return None
    return hashlib.sha256(content).hexdigest() == str(row.pdf_sha256)


def _gone(session: Session) -> Iterator[WrongEntry]:
    """Give what was numbered, by the log, and stands in the register no more."""
    query = select(AuditLine.number, AuditLine.about, AuditLine.detail)
    query = query.where(AuditLine.act == "certificate.numbered").order_by(AuditLine.number)
    lines = list(session.execute(query.limit(AT_ONCE)))
    while lines:
        ids = {UUID(line.about): line.detail.get("number", "") for line in lines}
        there = set(session.scalars(select(Certificate.id).where(Certificate.id.in_(ids))))
        for each in ids.keys() - there:
            yield WrongEntry(each, ids[each], "", (Fault.GONE,))
        last = lines[-1].number
        lines = list(session.execute(query.where(AuditLine.number > last).limit(AT_ONCE)))


def _wrong(row: Row[Any], faults: list[Fault]) -> WrongEntry:
    return WrongEntry(row.id, row.number, row.scheme_id, tuple(faults))


def _joined(wrong: Iterable[WrongEntry]) -> list[WrongEntry]:
    """Put together what was found of one certificate."""
    found: dict[UUID, WrongEntry] = {}
    for each in wrong:
        before = found.get(each.certificate_id)
        faults = dict.fromkeys((*(before.faults if before else ()), *each.faults))
        found[each.certificate_id] = WrongEntry(
            each.certificate_id, each.number, each.scheme_id, tuple(faults)
        )
    return sorted(found.values(), key=lambda each: each.number)
