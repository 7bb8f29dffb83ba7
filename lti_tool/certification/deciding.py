"""Decisions as they fall due: cases are opened, and decided again, when what they rest on changes.

Three things make a case due: an exam or a course came out (``player/changes.py``), its own
``look_due_at`` has come, or its scheme changed. Each is claimed by moving a moment ahead by a lease
and decided in a transaction of its own, so several workers share them, and one that dies merely
makes them due again.
"""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta, tzinfo
from uuid import UUID, uuid4

from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from courses.catalogue import Catalogue
from courses.scheme_reading import Schemes
from courses.schemes import CertificateScheme, Route
from lti_tool import audit
from lti_tool.certification.approving import move_on
from lti_tool.certification.evidence import circle, gather, list_persons, look_at_cases
from lti_tool.certification.humans import WORKER, staying
from lti_tool.certification.models import Case, CaseState, Holder, HolderPerson
from lti_tool.certification.proofs import Evidence
from lti_tool.certification.rules import Decision, decide
from lti_tool.certification.scheme_changes import OPEN, look_at_schemes
from lti_tool.certification.searching import folded
from lti_tool.db import Begin
from lti_tool.lti.models import Person
from lti_tool.player import changes
from lti_tool.player.models import Enrolment, StandingChange

LEASE = timedelta(minutes=2)
AT_ONCE = 25
"""How many are decided in one round, of each sort."""
FIRST = "first"


def decide_due(
    begin: Begin,
    schemes: Schemes,
    catalogue: Catalogue,
    *,
    now: datetime,
    zone: tzinfo = UTC,
    limit: int = AT_ONCE,
) -> int:
    """Open and decide the cases that are due; give how many were looked at.

    Args:
        begin: opens a transaction.
        schemes: as they are now.
        catalogue: the courses.
        now: the moment.
        zone: in which days are told.
        limit: how many of each sort.
    """
    looked = look_at_schemes(begin, schemes, now=now)
    for _ in range(limit):
        enrolment_id = _claim_change(begin, now=now)
        if enrolment_id is None:
            break
        with begin() as session:
            _decide_enrolment(session, enrolment_id, schemes, catalogue, now=now, zone=zone)
            session.execute(
                delete(StandingChange).where(
                    StandingChange.enrolment_id == enrolment_id,
                    StandingChange.due_at == now + LEASE,
                )
            )
        looked += 1
    for _ in range(limit):
        case_id = _claim_case(begin, now=now)
        if case_id is None:
            break
        with begin() as session:
            case = session.get(Case, case_id, with_for_update=True)
            if case is not None:
                case.look_due_at = None
                decide_case(session, case, schemes, catalogue, now=now, zone=zone)
        looked += 1
    return looked


def decide_case(
    session: Session,
    case: Case,
    schemes: Schemes,
    catalogue: Catalogue,
    *,
    now: datetime,
    zone: tzinfo = UTC,
) -> Decision | None:
    """Decide a case again by what there is now, and bring it as far as it can go by itself.

    To be called after anything that it rests on was entered, judged or taken back. Cases that are
    numbered or closed, and corrections, stay as they are.

    Returns:
        The decision; None where the case stays as it is.
    """
    scheme = schemes.get(case.scheme_id)
    if scheme is None or case.corrects or case.state not in OPEN:
        return None
    evidence = gather(session, case.holder_id, scheme, catalogue, case_id=case.id, zone=zone)
    decision = decide(scheme, evidence, now.astimezone(zone).date())
    if _write(case, scheme, evidence, decision, now=now, zone=zone):
        _note(session, case, "case.met" if decision.is_granted else "case.unmet", now=now)
    move_on(session, [case], schemes, now=now)
    return decision


def holder_for(session: Session, person_id: UUID, *, now: datetime) -> UUID:
    """Give the holder behind a person of a platform; the first time, make one."""
    found = session.scalar(
        select(HolderPerson.holder_id).where(HolderPerson.person_id == person_id)
    )
    if found is not None:
        return staying(session, found)
    name = session.scalar(select(Person.name).where(Person.id == person_id)) or ""
    holder = Holder(id=uuid4(), name=name, name_search=folded(name)[:400], created_at=now)
    link = HolderPerson(
        person_id=person_id, holder_id=holder.id, linked_by=WORKER.who, linked_at=now
    )
    try:
        with session.begin_nested():
            session.add(holder)
            session.flush()
            session.add(link)
            session.flush()
    except IntegrityError:  # somebody made one at the same moment
        return holder_for(session, person_id, now=now)
    return holder.id


def look_again(session: Session, holder_id: UUID, *, now: datetime) -> None:
    """Have everything of a holder decided again; called after persons were linked or parted."""
    human = circle(session, holder_id)
    persons = list_persons(session, human)
    for enrolment_id in session.scalars(
        select(Enrolment.id).where(Enrolment.person_id.in_(persons))
    ).all():
        changes.note(session, enrolment_id, now=now)
    look_at_cases(session, holder_id, now=now)


# A claim: a moment moved ahead


def _claim_change(begin: Begin, *, now: datetime) -> UUID | None:
    with begin() as session:
        oldest = (
            select(StandingChange.enrolment_id)
            .where(StandingChange.due_at <= now)
            .order_by(StandingChange.due_at)
            .limit(1)
            .with_for_update(skip_locked=True)
            .scalar_subquery()
        )
        return session.scalar(
            update(StandingChange)
            .where(StandingChange.enrolment_id == oldest)
            .values(due_at=now + LEASE)
            .returning(StandingChange.enrolment_id)
        )


def _claim_case(begin: Begin, *, now: datetime) -> UUID | None:
    with begin() as session:
        oldest = (
            select(Case.id)
            .where(Case.look_due_at <= now)
            .order_by(Case.look_due_at)
            .limit(1)
            .with_for_update(skip_locked=True)
            .scalar_subquery()
        )
        return session.scalar(
            update(Case).where(Case.id == oldest).values(look_due_at=now + LEASE).returning(Case.id)
        )


# From an enrolment to its cases


def _decide_enrolment(
    session: Session,
    enrolment_id: UUID,
    schemes: Schemes,
    catalogue: Catalogue,
    *,
    now: datetime,
    zone: tzinfo,
) -> None:
    enrolment = session.get(Enrolment, enrolment_id)
    offered = schemes.for_course(enrolment.course_id) if enrolment is not None else ()
    if enrolment is None or not offered:
        return
    holder_id = holder_for(session, enrolment.person_id, now=now)
    session.get(Holder, holder_id, with_for_update=True)  # one at a time for one human
    there = _cases_of(session, holder_id)
    opened: list[Case] = []
    for scheme in offered:
        cases = there.get(scheme.id, [])
        for case in cases:
            decide_case(session, case, schemes, catalogue, now=now, zone=zone)
        if not cases:
            evidence = gather(session, holder_id, scheme, catalogue, zone=zone)
            decision = decide(scheme, evidence, now.astimezone(zone).date())
            if decision.is_granted or evidence.sittings:
                case = _make(session, holder_id, enrolment.person_id, scheme, now=now)
                _write(case, scheme, evidence, decision, now=now, zone=zone)
                opened.append(case)
    session.add_all(opened)
    session.flush()
    move_on(session, opened, schemes, now=now)
    for case in opened:
        _note(session, case, "case.opened", now=now)


def _cases_of(session: Session, holder_id: UUID) -> dict[str, list[Case]]:
    """Give the cases of one human by scheme, locked in one order."""
    entered_and_taken_back = (Case.state == CaseState.WITHDRAWN) & (Case.sitting != FIRST)
    query = (
        select(Case)
        .where(Case.holder_id.in_(circle(session, holder_id)), ~entered_and_taken_back)
        .order_by(Case.id)
        .with_for_update()
    )
    found: dict[str, list[Case]] = {}
    for case in session.scalars(query):
        found.setdefault(case.scheme_id, []).append(case)
    return found


def _make(
    session: Session,
    holder_id: UUID,
    person_id: UUID,
    scheme: CertificateScheme,
    *,
    now: datetime,
) -> Case:
    """Make a case for what the tool itself has seen; the platform's name is to be confirmed."""
    person = session.get_one(Person, person_id)
    language = person.locale.partition("-")[0]
    return Case(
        id=uuid4(),
        holder_id=holder_id,
        scheme_id=scheme.id,
        scheme_fingerprint=scheme.fingerprint,
        sitting=FIRST,
        route=(Route.EXAM if Route.EXAM in scheme.routes else Route.COURSE).value,
        state=CaseState.COLLECTING,
        approvers=scheme.approvers,
        name=person.name,
        language=language if language in scheme.languages else scheme.languages[0],
        particulars={},
        entered_at=now,
        entered_by=WORKER.who,
    )


# Writing a decision


def _write(
    case: Case,
    scheme: CertificateScheme,
    evidence: Evidence,
    decision: Decision,
    *,
    now: datetime,
    zone: tzinfo,
) -> bool:
    """Write a decision into its case; say whether it now goes another way than before.

    An approval stands as long as the scheme and what was decided are what the officer saw.
    """
    seen, told = evidence.to_json(), decision.to_json()
    if decision.look_on is not None:
        case.look_due_at = datetime.combine(decision.look_on, time(), zone).astimezone(UTC)
    if case.scheme_fingerprint == scheme.fingerprint and case.decision == told:
        if case.evidence != seen:
            case.evidence, case.decided_at = seen, now
        return False
    case.scheme_fingerprint = scheme.fingerprint
    case.approvers = max(case.approvers, scheme.approvers)
    case.evidence, case.decision, case.decided_at = seen, told, now
    case.examined_on = decision.examined_on
    was_met = case.state != CaseState.COLLECTING
    case.state = CaseState.DRAFT if decision.is_granted else CaseState.COLLECTING
    case.approved_at = case.approved_human = case.batch_id = None
    case.seconded_at = case.seconded_human = case.number_due_at = None
    case.approved_by = case.seconded_by = case.fault = ""
    return was_met is not decision.is_granted


def _note(session: Session, case: Case, act: str, *, now: datetime) -> None:
    detail = {"scheme": case.scheme_id, "fingerprint": case.scheme_fingerprint}
    audit.note(session, act, who=WORKER.who, about=str(case.id), detail=detail, now=now)
