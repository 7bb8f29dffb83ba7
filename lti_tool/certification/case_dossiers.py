"""One case with all that an officer has to see before deciding on it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from courses.scheme_reading import Schemes
from courses.schemes import CertificateScheme
from lti_tool.certification.approving import BEFORE_APPROVAL, obstacles_of
from lti_tool.certification.assessing import is_waiting
from lti_tool.certification.case_queries import Waiting, waits_for
from lti_tool.certification.checking import Concern, Finding, check
from lti_tool.certification.decisions import Decision
from lti_tool.certification.desk_frame import Seat
from lti_tool.certification.evidence import circle
from lti_tool.certification.evidencing import was_handed_in
from lti_tool.certification.histories import Happening, history, names_of
from lti_tool.certification.issuers import Issuers
from lti_tool.certification.models import (
    Appeal,
    Assessment,
    Case,
    EvidenceFile,
    Holder,
    HolderPerson,
)
from lti_tool.certification.register_models import Certificate, CertificateState
from lti_tool.certification.sights import sight_of
from lti_tool.errors import NotFoundError
from lti_tool.i18n import day_words
from lti_tool.i18n import gettext as _
from lti_tool.lti.models import Person, Platform

ENTERED: Mapping[str, Callable[[], str]] = {
    "day": lambda: _("Day"),
    "exam_body": lambda: _("Examination body"),
    "training_body": lambda: _("Training body"),
    "trainer": lambda: _("Trainer"),
    "earlier_register": lambda: _("Earlier register"),
    "earlier_number": lambda: _("Number there"),
    "reason": lambda: _("Reason"),
}
"""What officers enter, by its key in a case's particulars."""


@dataclass(frozen=True, slots=True)
class KnownPerson:
    """The candidate as one platform knows them."""

    name: str
    platform: str


@dataclass(frozen=True, slots=True)
class NameTold:
    """A name that was confirmed, by whom and when."""

    name: str
    who: str
    at: datetime
    letter_by: str
    """Officer through whose letter it was confirmed; empty: none."""


@dataclass(frozen=True, slots=True)
class Registered:
    """A certificate that a case has to do with."""

    id: UUID
    number: str
    state: str
    fault: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseDossier:
    """All of one case."""

    case: Case
    holder: Holder
    scheme: CertificateScheme | None
    people: tuple[KnownPerson, ...]
    decision: Decision | None
    evidence: tuple[str, ...]
    """In sentences."""
    entered: tuple[tuple[str, str], ...]
    """What an officer entered, with its label."""
    assessments: tuple[tuple[Assessment, str], ...]
    """With the assessor's name; none while assessors are at work."""
    files: tuple[EvidenceFile, ...]
    """None before the candidate handed them in."""
    appeals: tuple[Appeal, ...]
    findings: tuple[Finding, ...]
    obstacle: str
    """Why the reader may not approve it; empty where they may."""
    waiting: Waiting
    names: tuple[NameTold, ...]
    who: Mapping[str, str]
    """Names of those who had a hand in it."""
    certificate: Registered | None
    predecessor: Registered | None
    history: tuple[Happening, ...]
    decides: bool
    """Whether the reader decides on this scheme."""

    @property
    def name(self) -> str:
        """Give the candidate's name, as far as it is known."""
        known = (each.name for each in self.people if each.name)
        return self.case.name or self.holder.name or next(known, "")

    @property
    def letter_by(self) -> str:
        """Give the officer through whose letter the name was confirmed last; empty: none."""
        return self.names[-1].letter_by if self.names else ""

    @property
    def sight(self) -> str:
        """Give what is seen of it, for the form of approval."""
        return sight_of(self.case)

    @property
    def warnings(self) -> tuple[Finding, ...]:
        """Give what it may be approved in spite of."""
        return tuple(each for each in self.findings if not each.stops)

    @property
    def stops(self) -> tuple[Finding, ...]:
        """Give what has to be settled first."""
        return tuple(each for each in self.findings if each.stops)

    @property
    def twins(self) -> tuple[Finding, ...]:
        """Give what may be another record of the same human."""
        alike = {Concern.DUPLICATE_CASE, Concern.DUPLICATE_CERTIFICATE}
        return tuple(each for each in self.findings if each.concern in alike)

    @property
    def is_ready(self) -> bool:
        """Say whether it waits for an officer's yes."""
        return self.waiting in {Waiting.APPROVAL, Waiting.SECOND}

    @property
    def is_open(self) -> bool:
        """Say whether it can still be refused."""
        return self.case.state in BEFORE_APPROVAL

    @property
    def may_be_named(self) -> bool:
        """Say whether the name can still be confirmed."""
        return self.is_open and self.case.approved_at is None


def case_dossier(
    session: Session,
    case_id: UUID,
    seat: Seat,
    schemes: Schemes,
    *,
    issuers: Issuers | None = None,
    today: date,
) -> CaseDossier:
    """Give one case.

    Raises:
        NotFoundError: there is none, or the reader does not see it.
    """
    case = session.get(Case, case_id)
    if case is None:
        raise NotFoundError(f"case {case_id}")
    seat.need(case.scheme_id)
    holder = session.get_one(Holder, case.holder_id)
    decision = Decision.from_json(case.decision) if case.decision else None
    assessments = session.scalars(
        select(Assessment)
        .where(Assessment.case_id == case.id)
        .order_by(Assessment.element_code, Assessment.position)
    ).all()
    told: Sequence[Mapping[str, Any]] = case.particulars.get("names", ())
    who = names_of(session, _hands(case, assessments, told))
    is_early = case.state in BEFORE_APPROVAL
    is_judged_now = is_waiting(case)  # whoever looks may be the second assessor
    return CaseDossier(
        case=case,
        holder=holder,
        scheme=schemes.get(case.scheme_id),
        people=people_of(session, case.holder_id),
        decision=decision,
        evidence=tuple(evidence_words(case.evidence or {})),
        entered=tuple(_entered(case)),
        assessments=tuple(
            (each, who[each.assessed_by]) for each in assessments if not is_judged_now
        ),
        files=tuple(_of_case(session, EvidenceFile, case.id)) if was_handed_in(case) else (),
        appeals=tuple(_of_case(session, Appeal, case.id)),
        findings=check(session, [case], schemes, issuers=issuers, on=today)[case.id]
        if is_early
        else (),
        obstacle=obstacles_of(session, [case], seat.hand, schemes=schemes)[case.id],
        waiting=waits_for(
            case.state,
            decision.outcome if decision else None,
            is_approved=case.approved_at is not None,
        ),
        names=tuple(_names(told, who)),
        who=who,
        certificate=_certificate(session, Certificate.case_id == case.id),
        predecessor=_certificate(session, Certificate.id == case.predecessor_id),
        history=tuple(history(session, [str(case.id)])),
        decides=seat.decides_on(case.scheme_id),
    )


def _names(told: Sequence[Mapping[str, Any]], who: Mapping[str, str]) -> Iterator[NameTold]:
    for each in told:
        letter_by = who[each["letter_by"]] if "letter_by" in each else ""
        at = datetime.fromisoformat(each["at"])
        yield NameTold(each["name"], who[each["by"]], at, letter_by)


def _hands(
    case: Case, assessments: Sequence[Assessment], told: Sequence[Mapping[str, Any]]
) -> set[str]:
    """Give all who had a hand in a case."""
    hands = {case.entered_by, case.approved_by, case.seconded_by, case.refused_by,
             case.name_confirmed_by, *(each.assessed_by for each in assessments),
             *(each["by"] for each in told),
             *(each.get("letter_by", "") for each in told)}  # fmt: skip
    return hands - {""}


def people_of(session: Session, holder_id: UUID) -> tuple[KnownPerson, ...]:
    """Give a holder's persons on the platforms, with all that were found to be the same human."""
    query = (
        select(Person.name, Platform.name.label("platform"), Platform.issuer)
        .join(HolderPerson, HolderPerson.person_id == Person.id)
        .join(Platform, Platform.id == Person.platform_id)
        .where(HolderPerson.holder_id.in_(circle(session, holder_id)))
        .order_by(Platform.name, Person.name)
    )
    return tuple(
        KnownPerson(row.name, row.platform or row.issuer) for row in session.execute(query)
    )


def _of_case(session: Session, model: Any, case_id: UUID) -> Sequence[Any]:
    found: Sequence[Any] = session.scalars(select(model).where(model.case_id == case_id)).all()
    return found


def _certificate(session: Session, condition: Any) -> Registered | None:
    columns = (Certificate.id, Certificate.number, Certificate.state, Certificate.fault)
    is_void = Certificate.state == CertificateState.VOID
    query = select(*columns).where(condition).order_by(is_void, Certificate.numbered_at.desc())
    row = session.execute(query.limit(1)).first()
    return Registered(row.id, row.number, str(row.state), row.fault) if row else None


def _entered(case: Case) -> Iterator[tuple[str, str]]:
    for key, label in ENTERED.items():
        told = str(case.particulars.get(key) or "")
        if told:
            yield label(), day_words(date.fromisoformat(told)) if key == "day" else told
    for sentence in case.particulars.get("checklist", ()):
        yield _("Confirmed"), str(sentence)


def evidence_words(evidence: Mapping[str, Any]) -> Iterator[str]:
    """Say what evidence there is, in sentences; see ``certification.evidence.Evidence``."""
    for sitting in evidence.get("sittings", ()):
        yield _sitting(sitting)
    for done in evidence.get("done", ()):
        words = _("The course %(title)s was done as a whole on %(day)s.")
        yield words % {"title": done["title"], "day": _day(done["on"])}
    if evidence.get("judged"):
        positions = {each["position"] for each in evidence["judged"]}
        words = _("Work evidence was judged by %(number)s, element by element; see below.")
        one, two = _("one assessor"), _("two assessors")
        yield words % {"number": one if len(positions) == 1 else two}
    for held in evidence.get("held", ()):
        words = _("Holds the certificate %(number)s, valid until %(day)s.")
        until = _day(held["valid_until"]) if held["valid_until"] else _("no end")
        yield words % {"number": held["number"], "day": until}


def _sitting(sitting: Mapping[str, Any]) -> str:
    day = _day(sitting["on"])
    if not sitting["course_id"]:
        return _("An officer entered the results of an exam of %(day)s.") % {"day": day}
    words = _("Exam of the course %(course)s on %(day)s, attempt %(number)s; receipt %(receipt)s.")
    return words % {
        "course": sitting["course_id"],
        "day": day,
        "number": sitting["number"],
        "receipt": sitting["receipt_hash"][:12],
    }


def _day(text: str) -> str:
    return day_words(date.fromisoformat(text))
