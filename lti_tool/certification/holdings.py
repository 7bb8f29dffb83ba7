"""What a holder has, and what is on its way to them, in words for the holder."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from courses.scheme_reading import Schemes
from courses.schemes import CertificateScheme, Route
from lti_tool.certification.appealing import may_appeal
from lti_tool.certification.assessing import is_waiting
from lti_tool.certification.evidence import circle
from lti_tool.certification.facts import Facts, frozen_facts
from lti_tool.certification.humans import staying
from lti_tool.certification.models import Case, CaseState, HolderPerson
from lti_tool.certification.naming import may_name
from lti_tool.certification.reasons import Code, Reason
from lti_tool.certification.register_models import Certificate, CertificateState
from lti_tool.certification.rules import Outcome
from lti_tool.certification.share_links import standing_now
from lti_tool.certification.verifying import Answer, Standing
from lti_tool.errors import NotFoundError

SOON_DAYS = 90
MISSING = frozenset(
    {
        Code.COURSE_OPEN,
        Code.NO_EXAM,
        Code.ELEMENT_FAILED,
        Code.ELEMENT_FAILED_WITHOUT_POINTS,
        Code.ELEMENT_LAPSED,
        Code.ELEMENT_OPEN,
        Code.ELEMENT_EMPTY,
        Code.NOT_JUDGED,
        Code.JUDGED_SHORT,
        Code.JUDGED_APART,
        Code.JUDGEMENT_MISSING,
        Code.NOT_ENTERED,
        Code.UNCHECKED,
        Code.NOT_HELD,
        Code.EARLIER_UNKNOWN,
        Code.RECOGNITION_MISSING,
    }
)
"""Reasons that tell what is missing; all others tell what counts."""


class Stage(StrEnum):
    """What a case waits for, as its candidate sees it."""

    MISSING = "missing"
    """Something that the scheme asks for."""
    NAME = "name"
    """The candidate confirms their name."""
    ASSESSOR = "assessor"
    """Assessors have the work evidence."""
    OFFICER = "officer"
    MAKING = "making"
    """The worker makes the documents."""
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Held:
    """A certificate on its holder's list."""

    id: UUID
    number: str
    title: str
    kind: str
    standing: Standing
    issued_on: date
    valid_until: date | None
    ends_in: int | None
    """Days, where it holds and ends within ninety."""

    @property
    def is_valid(self) -> bool:
        """Say whether it holds."""
        return self.standing.answer == Answer.VALID


@dataclass(frozen=True, slots=True)
class Coming:
    """A certificate that is on its way, or was refused."""

    case_id: UUID
    title: str
    kind: str
    stage: Stage
    needs_name: bool
    may_rename: bool = False
    """Whether a name that was confirmed can still be corrected."""
    missing: tuple[str, ...] = ()
    """What is missing, or why it was refused, in sentences."""
    reached: tuple[str, ...] = ()
    """What counts already, in sentences."""
    may_appeal: bool = False
    """Whether there is a decision that can be reviewed."""
    evidence_for: str = ""
    """Scheme for which work evidence is gathered; empty: it goes another way."""


@dataclass(frozen=True, slots=True)
class Holdings:
    """All of a holder's."""

    certificates: tuple[Held, ...]
    coming: tuple[Coming, ...]

    @property
    def to_confirm(self) -> tuple[Coming, ...]:
        """Give what waits for the holder's name."""
        return tuple(each for each in self.coming if each.needs_name)


@dataclass(frozen=True, slots=True)
class Own:
    """One certificate, with all that its holder may know of it."""

    row: Certificate
    facts: Facts
    standing: Standing
    newer: tuple[UUID, str] | None
    """Id and number of the one that took its place or renewed it."""

    @property
    def is_valid(self) -> bool:
        """Say whether it holds."""
        return self.standing.answer == Answer.VALID


def find_holder(session: Session, person_id: UUID) -> UUID | None:
    """Give the holder behind a person, the one that stays; None: there is none."""
    found = session.scalar(
        select(HolderPerson.holder_id).where(HolderPerson.person_id == person_id)
    )
    return staying(session, found) if found is not None else None


def list_holdings(
    session: Session, holder_id: UUID, schemes: Schemes, *, zone: str, now: datetime
) -> Holdings:
    """Give what a holder has and what is on its way, the newest first.

    Args:
        session: open.
        holder_id: the one that stays.
        schemes: for titles.
        zone: of the days.
        now: the moment.
    """
    human = circle(session, holder_id)
    certificates = session.scalars(
        select(Certificate)
        .where(
            Certificate.holder_id.in_(human),
            Certificate.issued_at.is_not(None),
            Certificate.erased_at.is_(None),
        )
        .order_by(Certificate.issued_on.desc(), Certificate.number.desc())
    )
    cases = session.scalars(
        select(Case)
        .outerjoin(
            Certificate,
            (Certificate.case_id == Case.id) & (Certificate.state != CertificateState.VOID),
        )
        .where(
            Case.holder_id.in_(human),
            Case.state != CaseState.WITHDRAWN,
            Certificate.issued_at.is_(None),
        )
        .order_by(Case.entered_at.desc(), Case.id)
    )
    today = now.astimezone(ZoneInfo(zone)).date()
    return Holdings(
        tuple(_held(each, zone, now, today) for each in certificates),
        tuple(_coming(each, schemes.get(each.scheme_id)) for each in cases),
    )


def find_own(
    session: Session, holder_id: UUID, certificate_id: UUID, *, zone: str, now: datetime
) -> Own:
    """Give one certificate of a holder.

    Raises:
        NotFoundError: it is not theirs, not issued yet, or erased.
    """
    row = find_row(session, holder_id, certificate_id)
    took_place = (Certificate.supersedes_id == row.id) | (Certificate.renews_id == row.id)
    newer = session.execute(
        select(Certificate.id, Certificate.number)
        .where(took_place, Certificate.issued_at.is_not(None))
        .order_by(Certificate.issued_at.desc())
    ).first()
    return Own(
        row,
        frozen_facts(row.facts, row.facts_hash),
        standing_now(row, zone=zone, now=now),
        (newer.id, newer.number) if newer is not None else None,
    )


def find_row(session: Session, holder_id: UUID, certificate_id: UUID) -> Certificate:
    """Give the row of one certificate of a holder.

    Raises:
        NotFoundError: it is not theirs, not issued yet, or erased.
    """
    row = session.get(Certificate, certificate_id)
    is_there = row is not None and row.issued_at is not None and row.erased_at is None
    if row is None or not is_there or row.holder_id not in circle(session, holder_id):
        raise NotFoundError(f"certificate {certificate_id} of holder {holder_id}")
    return row


def _held(row: Certificate, zone: str, now: datetime, today: date) -> Held:
    standing = standing_now(row, zone=zone, now=now)
    left = (row.valid_until - today).days if row.valid_until is not None else None
    is_soon = standing.answer == Answer.VALID and left is not None and left <= SOON_DAYS
    return Held(
        row.id,
        row.number,
        row.title,
        row.kind,
        standing,
        row.issued_on,
        row.valid_until,
        left if is_soon else None,
    )


def _coming(case: Case, scheme: CertificateScheme | None) -> Coming:
    stage = _stage(case)
    is_early = may_name(case) and case.state != CaseState.COLLECTING
    reasons = _reasons(case) if stage in {Stage.MISSING, Stage.REFUSED} else ()
    refused = (case.refuse_reason,) if case.refuse_reason else ()
    missing = tuple(each.words() for each in reasons if each.code in MISSING)
    return Coming(
        case.id,
        scheme.title if scheme else case.scheme_id,
        scheme.kind.value if scheme else "",
        stage,
        needs_name=is_early and case.name_confirmed_at is None,
        may_rename=is_early and case.name_confirmed_at is not None,
        missing=refused if stage is Stage.REFUSED else missing,
        reached=tuple(each.words() for each in reasons if each.code not in MISSING),
        may_appeal=may_appeal(case) and stage is not Stage.ASSESSOR,
        evidence_for=case.scheme_id if case.route == Route.ASSESSMENT.value else "",
    )


def missing_in(case: Case) -> tuple[str, ...]:
    """Give what is missing in a case, or why an officer refused it, in sentences."""
    if case.state == CaseState.REFUSED:
        return (case.refuse_reason,) if case.refuse_reason else ()
    return tuple(each.words() for each in _reasons(case) if each.code in MISSING)


def _reasons(case: Case) -> tuple[Reason, ...]:
    told = (case.decision or {}).get("reasons", ())
    return tuple(Reason.from_json(each) for each in told)


def _stage(case: Case) -> Stage:
    if case.state == CaseState.REFUSED:
        return Stage.REFUSED
    if is_waiting(case):
        return Stage.ASSESSOR
    if case.state == CaseState.COLLECTING:
        is_referred = (case.decision or {}).get("outcome") == Outcome.REFERRED
        return Stage.OFFICER if is_referred else Stage.MISSING
    if case.state in {CaseState.APPROVED, CaseState.NUMBERED}:
        return Stage.MAKING
    return Stage.NAME if case.name_confirmed_at is None else Stage.OFFICER
