"""Made-up candidates of the demo, so that officers find something on their desks.

They come through the doors that real ones come through: one officer enters, another approves, the
worker numbers and issues, one suspends, another revokes. Each family name is the word for "sample"
in its language; nobody is called so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from courses.catalogue import Catalogue
from courses.scheme_reading import Schemes
from courses.schemes import CertificateScheme, Route, SchemeKind
from lti_tool.certification import approving, ending
from lti_tool.certification.deciding import decide_case
from lti_tool.certification.entering import Entry, enter
from lti_tool.certification.humans import Hand
from lti_tool.certification.register_models import Certificate, CertificateState, RevokeCode
from lti_tool.errors import NotFoundError
from lti_tool.iri import Names

OLGA, OSKAR, TOM = "olga", "oskar", "tom"
"""Officers, as the practice platform calls them."""
TWO_OFFICERS = "cybereng-manager-exam"
"""The scheme for which Tom enters candidates: it asks for two officers, and neither entered."""
ON_PAPER = {
    "exam_body": "Demonstration exam centre",
    "assessment": "Exam on paper",
    "supervision": "Invigilated; identity checked by a document",
    "participation": "In a classroom",
}
IN_CLASS = {"training_body": "Demonstration training centre", "participation": "In a classroom"}
FULL, SHORT = {"points": "3", "asked": 3}, {"points": "1", "asked": 3}


@dataclass(frozen=True, slots=True)
class Ending:
    """What becomes of a certificate once it is issued."""

    suspended_by: str
    doubt: str
    revoked_by: str = ""
    """Empty: it stays suspended."""
    code: RevokeCode = RevokeCode.OTHER
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """Somebody made up, and how far they have come."""

    name: str
    scheme_id: str
    days_ago: int
    """When they sat the exam or ended the course."""
    entered_by: str
    approved_by: str = ""
    """Empty: nobody has looked yet."""
    told: Mapping[str, str] = field(default_factory=lambda: ON_PAPER)
    short_of: int = 0
    """How many elements were not passed."""
    ending: Ending | None = None


CANDIDATES = (
    Candidate(
        name="Åsa Exempel",
        scheme_id="battery-fundamentals-exam",
        days_ago=40,
        entered_by=OLGA,
        approved_by=OSKAR,
    ),
    Candidate(
        name="Σοφία Δείγμα",
        scheme_id="battery-safety-exam",
        days_ago=33,
        entered_by=OLGA,
        approved_by=OSKAR,
    ),
    Candidate(
        name="Noëlle Exemple",
        scheme_id="alifeca-attendance",
        days_ago=30,
        entered_by=OSKAR,
        approved_by=OLGA,
        told=IN_CLASS,
        ending=Ending(OLGA, "The attendance list seems to be of another group; asked the trainer."),
    ),
    Candidate(
        name="Мария Примерова",
        scheme_id="battery-systems-exam",
        days_ago=26,
        entered_by=OSKAR,
        approved_by=OLGA,
        ending=Ending(
            OLGA,
            "The invigilator reports that somebody else sat there.",
            OSKAR,
            RevokeCode.FRAUD,
            "Confirmed by the list of seats and by the invigilator's report.",
        ),
    ),
    Candidate(
        name="Jürgen Muster",
        scheme_id=TWO_OFFICERS,
        days_ago=12,
        entered_by=TOM,
        approved_by=OLGA,
    ),
    Candidate(name="Ștefan Exemplu", scheme_id=TWO_OFFICERS, days_ago=12, entered_by=TOM),
    Candidate(
        name="Žofie Vzorová",
        scheme_id="resist-energy-attendance",
        days_ago=9,
        entered_by=OLGA,
        told=IN_CLASS,
    ),
    Candidate(
        name="Ośrodek Przykładowy",
        scheme_id="cybersecurity-training-body",
        days_ago=7,
        entered_by=OSKAR,
        told={},
    ),
    Candidate(  # once more, by an officer who did not look whether she is there
        name="Åsa Exempel", scheme_id="battery-fundamentals-exam", days_ago=6, entered_by=OSKAR
    ),
    Candidate(
        name="Jānis Paraugs",
        scheme_id="battery-manufacturing-exam",
        days_ago=5,
        entered_by=OLGA,
        short_of=1,
    ),
)
"""In this order: who is approved must have no namesake yet."""


def enter_all(
    session: Session, schemes: Schemes, staff: Mapping[str, Hand], *, now: datetime, zone: ZoneInfo
) -> dict[UUID, Ending]:
    """Enter all candidates and approve some; give how the certificates of which cases end.

    Args:
        session: of the act.
        schemes: those that are delivered with the tool.
        staff: whose hands the officers' are, by name.
        now: the moment.
        zone: in which days are told.
    """
    endings: dict[UUID, Ending] = {}
    for place, each in enumerate(CANDIDATES):
        moment = now + timedelta(milliseconds=place)  # numbers are given in this order
        scheme = schemes.get(each.scheme_id)
        if scheme is None:
            raise NotFoundError(f"scheme {each.scheme_id!r}")
        entry = _entry(each, scheme, moment)
        case = enter(session, entry, staff[each.entered_by], schemes=schemes, now=moment)
        case.look_due_at = None
        # nobody of them learnt here, so that no course is looked up
        decide_case(session, case, schemes, Catalogue(()), now=moment, zone=zone)
        if each.approved_by:
            hand = staff[each.approved_by]
            approving.approve(session, [case.id], hand, schemes=schemes, now=moment)
        if each.ending is not None:
            endings[case.id] = each.ending
    return endings


def _entry(candidate: Candidate, scheme: CertificateScheme, now: datetime) -> Entry:
    codes = [each.code for each in scheme.card.elements] if scheme.card else []
    with_results = codes if scheme.kind is SchemeKind.EXAM else []
    return Entry(
        scheme_id=scheme.id,
        route=Route.ENTRY,
        name=candidate.name,
        day=(now - timedelta(days=candidate.days_ago)).date(),
        is_organisation=scheme.kind is SchemeKind.TRAINING_BODY,
        name_seen=True,
        results={
            code: SHORT if place < candidate.short_of else FULL
            for place, code in enumerate(with_results)
        },
        checklist=scheme.checklist,
        told=candidate.told,
    )


def end_some(
    session: Session,
    left: Mapping[UUID, Ending],
    staff: Mapping[str, Hand],
    *,
    names: Names,
    now: datetime,
) -> dict[UUID, Ending]:
    """Suspend and revoke what is issued; give what the worker has not issued yet.

    Args:
        session: of the act.
        left: how the certificates of which cases end.
        staff: whose hands the officers' are, by name.
        names: of statements.
        now: the moment.
    """
    rows = session.scalars(select(Certificate).where(Certificate.case_id.in_(left))).all()
    ready = {row.case_id: row for row in rows if row.state != CertificateState.NUMBERED}
    for case_id, certificate in ready.items():
        if certificate.state == CertificateState.ISSUED:  # else somebody was quicker
            _end(session, certificate.id, left[case_id], staff, names=names, now=now)
    return {case_id: each for case_id, each in left.items() if case_id not in ready}


def _end(
    session: Session,
    certificate_id: UUID,
    told: Ending,
    staff: Mapping[str, Hand],
    *,
    names: Names,
    now: datetime,
) -> None:
    ending.suspend(session, certificate_id, told.doubt, staff[told.suspended_by], now=now)
    if told.revoked_by:
        hand = staff[told.revoked_by]
        ending.revoke(session, certificate_id, told.code, told.reason, hand, names=names, now=now)
