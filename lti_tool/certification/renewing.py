"""What an officer entered is renewed by what was proven since: the day, results, points of a list.

The old proof counts for the old certificate alone, so a renewal begins with nothing of it. Whoever
enters the new proof has entered the candidate, and somebody else approves.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, tzinfo
from fractions import Fraction
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from courses.catalogue import Catalogue
from courses.scheme_reading import Schemes
from courses.schemes import CertificateScheme, Route
from lti_tool import audit
from lti_tool.certification.approving import BEFORE_APPROVAL
from lti_tool.certification.deciding import decide_case
from lti_tool.certification.entering import (
    ENTRY_ROUTES,
    TOLD,
    Entry,
    EntryError,
    need_sense,
    particulars_of,
)
from lti_tool.certification.evidence import look_at_cases
from lti_tool.certification.freezing import decimal, is_examined
from lti_tool.certification.humans import Hand, staying, taken_for
from lti_tool.certification.mandates import need_another, need_mandate
from lti_tool.certification.models import Case, Holder
from lti_tool.certification.register_models import Certificate
from lti_tool.errors import ConflictingError, NotFoundError
from lti_tool.i18n import day_words
from lti_tool.i18n import gettext as _

OF_THE_RECORD = ("earlier_register", "earlier_number")
"""What is told of an earlier record alone."""
STAYS = tuple(key for key in TOLD if key not in OF_THE_RECORD)
"""What a new proof is likely to have in common with the old one."""


class ProofRefusedError(ConflictingError):
    """The case takes no new proof."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Renewal:
    """A renewal that takes a new proof, and with what its form begins."""

    scheme: CertificateScheme
    ways: tuple[Route, ...]
    """By which it may be proven."""
    since: date
    """Only what was proven after this day counts."""
    is_entered: bool
    """Whether somebody has entered a new proof already."""
    given: Mapping[str, str]
    """By the names of the form's fields."""
    checks: tuple[str, ...]
    """Numbers of the points of the list that were confirmed."""
    obstacle: str
    """Why the reader may not enter it; empty where they may."""

    @property
    def has_results(self) -> bool:
        """Say whether there is a result for each element."""
        return Route.ENTRY in self.ways and is_examined(self.scheme, Route.ENTRY)


def lacks_proof(session: Session, case: Case) -> bool:
    """Say whether a case waits for an officer to enter what was proven this time."""
    if not _takes_proof(case):
        return False
    return not _is_entered(case, session.get_one(Certificate, case.predecessor_id))


def find_renewal(session: Session, case: Case, hand: Hand, schemes: Schemes) -> Renewal | None:
    """Give what a renewal's form begins with; None: the case takes no new proof.

    It begins with what was told of the last proof (who trained, who examined), but never with
    what was proven.
    """
    scheme = schemes.get(case.scheme_id)
    before = session.get(Certificate, case.predecessor_id) if case.predecessor_id else None
    ways = ways_of(case, scheme)
    if scheme is None or before is None or not ways or not _takes_proof(case):
        return None
    is_own = case.holder_id in taken_for(session, hand)
    is_entered = _is_entered(case, before)
    told = case.particulars if is_entered else _told_before(session, before)
    way = Route(case.route) if case.route in ways else ways[0]
    ticked = told.get("checklist", ()) if is_entered else ()
    return Renewal(
        scheme=scheme,
        ways=ways,
        since=before.issued_on,
        is_entered=is_entered,
        given={"way": way.value, **_fields(told)},
        checks=tuple(str(n) for n, text in enumerate(scheme.checklist, 1) if text in ticked),
        obstacle=_("This is your own certificate: another officer has to do this.")
        if is_own
        else "",
    )


def ways_of(case: Case, scheme: CertificateScheme | None) -> tuple[Route, ...]:
    """Give by which ways an officer may enter what renews; none: it is not entered."""
    if case.route not in ENTRY_ROUTES or scheme is None:
        return ()
    return tuple(each for each in ENTRY_ROUTES if each in scheme.routes)


def told_before(session: Session, case: Case) -> dict[str, str]:
    """Give what was told of a renewal's last proof, as far as a new one may have it in common."""
    if not lacks_proof(session, case):
        return {key: text for key, text in _texts(case.particulars).items() if key in TOLD}
    return _told_before(session, session.get_one(Certificate, case.predecessor_id))


def enter_proof(
    session: Session,
    case_id: UUID,
    entry: Entry,
    hand: Hand,
    *,
    schemes: Schemes,
    catalogue: Catalogue,
    zone: tzinfo,
    now: datetime,
) -> Case:
    """Enter what was proven this time, in place of what was entered before, and decide anew.

    Args:
        session: of the act.
        case_id: of a renewal that nobody approved yet.
        entry: what was entered; name and holder stay those of the case.
        hand: whose act it is; somebody else has to approve.
        schemes: as they are now.
        catalogue: the courses, for the decision.
        zone: in which days are told.
        now: the moment.

    Raises:
        NotFoundError: there is no such case.
        ProofRefusedError: it renews nothing that an officer entered, or is approved or closed.
        EntryError: something in it cannot be used, or it was proven before the last issue.
        OtherSchemeError: the officer's role does not cover its scheme.
        OwnCertificateError: it is the officer's own.
    """
    case, entry = _locked(session, case_id), _by_its_way(entry)
    need_mandate(session, hand, case.scheme_id)
    need_another(session, hand, case.holder_id)
    scheme = schemes.get(case.scheme_id)
    _need_taking(case, scheme)
    if scheme is not None:
        need_sense(scheme, entry, now)
    since = session.get_one(Certificate, case.predecessor_id).issued_on
    if entry.day <= since:
        words = _("The day has to lie after %(day)s, on which the certificate was issued that this "
                  "renews.")  # fmt: skip
        raise EntryError("day of renewal", words=words % {"day": day_words(since)})
    _put_down(case, entry, hand, now)
    session.flush()
    look_at_cases(session, case.holder_id, now=now)  # what was entered before counts no more
    detail = {"scheme": case.scheme_id, "route": case.route}
    audit.note(
        session, "case.renewal-proven", who=hand.who, about=str(case.id), detail=detail, now=now
    )
    case.look_due_at = None
    decide_case(session, case, schemes, catalogue, now=now, zone=zone)
    return case


def _put_down(case: Case, entry: Entry, hand: Hand, now: datetime) -> None:
    proven = particulars_of(entry, case.name, hand, now)
    case.particulars = {**proven, "names": list(case.particulars.get("names", ()))}
    case.route = entry.route.value
    case.approvers = max(1, case.approvers)
    case.entered_at, case.entered_by, case.entered_human = now, hand.who, hand.human


def _by_its_way(entry: Entry) -> Entry:
    """Leave out what belongs to the other way: one form offers both."""
    if entry.route is Route.TAKEN_OVER:
        return replace(entry, results={}, checklist=())
    told = {key: text for key, text in entry.told.items() if key not in OF_THE_RECORD}
    return replace(entry, told=told)


def _takes_proof(case: Case) -> bool:
    is_renewal = case.predecessor_id is not None and not case.corrects
    is_early = case.state in BEFORE_APPROVAL and case.approved_at is None
    return is_renewal and is_early and case.route in ENTRY_ROUTES


def _is_entered(case: Case, before: Certificate) -> bool:
    """Say whether a day is entered that counts; a case of earlier days may hold that of the old."""
    told = case.particulars.get("day")
    return bool(told) and date.fromisoformat(str(told)) > before.issued_on


def _need_taking(case: Case, scheme: CertificateScheme | None) -> None:
    if case.predecessor_id is None or case.corrects or not ways_of(case, scheme):
        words = _("Only the renewal of what an officer entered takes a new proof, and only while "
                  "its scheme is offered.")  # fmt: skip
        raise ProofRefusedError(f"case {case.id} by {case.route}", words=words)
    if not _takes_proof(case):
        words = _("The case is approved or closed: what was proven can no longer be changed.")
        raise ProofRefusedError(f"case {case.id} is {case.state}", words=words)


def _locked(session: Session, case_id: UUID) -> Case:
    holder_id = session.scalar(select(Case.holder_id).where(Case.id == case_id))
    if holder_id is None:
        raise NotFoundError(f"case {case_id}")
    session.get(Holder, staying(session, holder_id), with_for_update=True)  # decided one at a time
    return session.scalars(select(Case).where(Case.id == case_id).with_for_update()).one()


def _told_before(session: Session, before: Certificate) -> dict[str, str]:
    told = _texts(session.get_one(Case, before.case_id).particulars)
    return {key: text for key, text in told.items() if key in STAYS}


def _texts(told: Mapping[str, Any]) -> dict[str, str]:
    return {key: text for key, text in told.items() if isinstance(text, str)}


def _fields(told: Mapping[str, Any]) -> dict[str, str]:
    """Give what was entered as a form has it."""
    results = told.get("results", {})
    return _texts(told) | {f"result.{code}": _result(each) for code, each in results.items()}


def _result(told: Mapping[str, Any]) -> str:
    """Write a result so that it is read again; see ``entering.read_result``."""
    if told.get("asked"):
        return f"{decimal(Fraction(told['points']))}/{told['asked']}"
    return "passed" if told.get("passed") else "failed"
