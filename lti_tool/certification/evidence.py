"""Evidence: what the rules look at, gathered over all that one human did, in whichever place.

What an officer enters stands in a case's particulars, by these keys, all of them optional:
``day`` (``2026-11-02``), ``results`` (the code of an element -> ``{"points": "5/2", "asked": 3}``,
or ``{"passed": true}`` where no points are known), ``checklist`` (the scheme's sentences that were
confirmed), ``earlier_register``, ``earlier_number``, ``exam_body``, ``training_body``, ``trainer``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, tzinfo
from fractions import Fraction
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from courses.catalogue import Catalogue
from courses.model import Course
from courses.schemes import CertificateScheme, Route
from lti_tool.certification.humans import staying
from lti_tool.certification.models import Assessment, Case, CaseState, Holder, HolderPerson
from lti_tool.certification.proofs import (
    CourseDone,
    ElementSeen,
    Entry,
    Evidence,
    Held,
    Judged,
    Rating,
    Sitting,
)
from lti_tool.certification.register_models import Certificate, CertificateState
from lti_tool.certification.scheme_changes import OPEN
from lti_tool.player.models import Attempt, AttemptKind, ElementResult, Enrolment

GONE = (CaseState.REFUSED, CaseState.WITHDRAWN)
BY_OFFICERS = (Route.ENTRY, Route.TAKEN_OVER)


def gather(
    session: Session,
    holder_id: UUID,
    scheme: CertificateScheme,
    catalogue: Catalogue,
    *,
    case_id: UUID | None = None,
    zone: tzinfo = UTC,
) -> Evidence:
    """Gather what there is for a holder and a scheme.

    All persons that are this human count, in all platforms and contexts.

    Args:
        session: open.
        holder_id: who.
        scheme: what for; only what it asks for is looked at.
        catalogue: the courses, for titles.
        case_id: the case whose particulars and assessments count; None: there is none yet.
        zone: in which days are told.
    """
    human = circle(session, holder_id)
    cases = _cases(session, human, scheme)
    case = next((each for each in cases if each.id == case_id), None)
    sittings: list[Sitting] = []
    done: list[CourseDone] = []
    if scheme.courses:
        persons = list_persons(session, human)
        if Route.EXAM in scheme.routes:
            sittings += _attempts(session, persons, scheme, zone)
        if Route.COURSE in scheme.routes:
            done += _done(session, persons, scheme.courses, catalogue, zone)
    sittings += [
        each for told in _vouched_for(session, cases, case) for each in _entered_results(told)
    ]
    since = _since(session, case)
    return Evidence(
        holder_id=staying(session, holder_id),
        sittings=tuple(
            sorted(
                (each for each in sittings if each.on > since),
                key=lambda each: (each.on, each.number, each.id),
            )
        ),
        done=tuple(
            sorted(
                (each for each in done if each.on > since),
                key=lambda each: (each.on, each.course_id),
            )
        ),
        judged=_judged(session, case, zone) if case is not None else (),
        held=_held(session, human, scheme.requires),
        entry=_entry(case, since) if case is not None else None,
    )


def circle(session: Session, holder_id: UUID) -> tuple[UUID, ...]:
    """Give the holder that stays with all that were merged into it."""
    found = {staying(session, holder_id)}
    while more := set(
        session.scalars(
            select(Holder.id).where(Holder.merged_into_id.in_(found), Holder.id.not_in(found))
        )
    ):
        found |= more
    return tuple(sorted(found))


def list_persons(session: Session, holder_ids: Iterable[UUID]) -> tuple[UUID, ...]:
    """Give the persons of platforms behind holders."""
    query = select(HolderPerson.person_id).where(HolderPerson.holder_id.in_(holder_ids))
    return tuple(session.scalars(query.order_by(HolderPerson.person_id)))


def look_at_cases(session: Session, holder_id: UUID, *, now: datetime) -> None:
    """Have the open cases of a human decided again: something that they rest on has changed."""
    session.execute(
        update(Case)
        .where(Case.holder_id.in_(circle(session, holder_id)), Case.state.in_(OPEN))
        .values(look_due_at=now)
    )


# Exams and courses


def _attempts(
    session: Session, persons: Sequence[UUID], scheme: CertificateScheme, zone: tzinfo
) -> list[Sitting]:
    """Give the exams that ended and are not void, with the card's codes for their elements."""
    query = (
        select(
            Attempt.id, Attempt.number, Attempt.course_version, Attempt.receipt_hash,
            Attempt.submitted_at, Enrolment.course_id,
        )
        .join(Enrolment, Enrolment.id == Attempt.enrolment_id)
        .where(
            Enrolment.person_id.in_(persons),
            Enrolment.course_id.in_(scheme.courses),
            Attempt.kind == AttemptKind.EXAM,
            Attempt.submitted_at.is_not(None),
            Attempt.voided_at.is_(None),
        )
    )  # fmt: skip
    rows = session.execute(query).all()
    elements = _elements(session, [row.id for row in rows], scheme)
    return [
        Sitting(
            id=str(row.id),
            course_id=row.course_id,
            course_version=row.course_version,
            number=row.number,
            on=_day(row.submitted_at, zone),
            receipt_hash=row.receipt_hash,
            elements=tuple(elements.get(row.id, ())),
        )
        for row in rows
    ]


def _elements(
    session: Session, attempt_ids: Sequence[UUID], scheme: CertificateScheme
) -> dict[UUID, list[ElementSeen]]:
    codes = {element: code for code, element in scheme.exam_elements.items()}
    found: dict[UUID, list[ElementSeen]] = {}
    query = (
        select(
            ElementResult.attempt_id,
            ElementResult.element_id,
            ElementResult.points,
            ElementResult.asked,
        )
        .where(ElementResult.attempt_id.in_(attempt_ids))
        .order_by(ElementResult.attempt_id, ElementResult.position)
    )
    for row in session.execute(query):
        if row.element_id in codes:
            seen = ElementSeen(codes[row.element_id], row.points or Fraction(0), row.asked)
            found.setdefault(row.attempt_id, []).append(seen)
    return found


def _done(
    session: Session,
    persons: Sequence[UUID],
    course_ids: Sequence[str],
    catalogue: Catalogue,
    zone: tzinfo,
) -> list[CourseDone]:
    """Give each course that is done, with the first day on which it was."""
    query = select(Enrolment.course_id, Enrolment.completed_at).where(
        Enrolment.person_id.in_(persons),
        Enrolment.course_id.in_(course_ids),
        Enrolment.completed_at.is_not(None),
    )
    first: dict[str, datetime] = {}
    for row in session.execute(query):
        first[row.course_id] = min(first.get(row.course_id, row.completed_at), row.completed_at)
    return [_course(catalogue.get(name), name, _day(at, zone)) for name, at in first.items()]


def _course(course: Course | None, course_id: str, on: date) -> CourseDone:
    if course is None:
        return CourseDone(course_id, course_id, on, ())
    return CourseDone(course_id, course.title, on, tuple(each.title for each in course.modules))


# What people entered and found


def _cases(session: Session, human: Sequence[UUID], scheme: CertificateScheme) -> list[Case]:
    query = select(Case).where(
        Case.holder_id.in_(human), Case.scheme_id == scheme.id, Case.state.not_in(GONE)
    )
    return list(session.scalars(query.order_by(Case.entered_at, Case.id)))


def _vouched_for(session: Session, cases: Sequence[Case], own: Case | None) -> list[Case]:
    """Give the cases of which what was entered counts, so that no officer proves it alone.

    That is a case's own, and what the same officer entered otherwise, who therefore does not
    approve it; and what another officer approved, as long as the certificate stands.
    """
    standing = set(
        session.scalars(
            select(Certificate.case_id).where(
                Certificate.case_id.in_([each.id for each in cases]),
                Certificate.state.in_([CertificateState.NUMBERED, CertificateState.ISSUED]),
            )
        )
    )
    return [
        each
        for each in cases
        if each is own or each.id in standing or (own is not None and _same_hand(each, own))
    ]


def _same_hand(one: Case, other: Case) -> bool:
    return one.entered_human is not None and (one.entered_human, one.entered_by) == (
        other.entered_human,
        other.entered_by,
    )


def _since(session: Session, case: Case | None) -> date:
    """Give the day after which things count: a renewal is proven anew."""
    if case is None or case.predecessor_id is None or case.corrects:
        return date.min
    issued_on = session.scalar(
        select(Certificate.issued_on).where(Certificate.id == case.predecessor_id)
    )
    return issued_on or date.min


def _entered_results(case: Case) -> list[Sitting]:
    """Give a paper exam that an officer entered; nothing where no day or no results are told."""
    on, results = _told_day(case), case.particulars.get("results")
    if case.route != Route.ENTRY or on is None or not isinstance(results, Mapping):
        return []
    elements = tuple(_told_element(code, told) for code, told in sorted(results.items()))
    return [Sitting(f"entry:{case.id}", "", "", 0, on, "", elements)]


def _told_element(code: str, told: Mapping[str, Any]) -> ElementSeen:
    if told.get("asked"):
        return ElementSeen(code, Fraction(told.get("points") or 0), int(told["asked"]))
    return ElementSeen(code, None, 0, passed=bool(told.get("passed")))


def _entry(case: Case, since: date) -> Entry | None:
    if case.route not in BY_OFFICERS:
        return None
    told, on = case.particulars, _told_day(case)
    return Entry(
        route=Route(case.route),
        on=on if on is not None and on > since else None,
        checklist=tuple(str(each) for each in told.get("checklist") or ()),
        earlier_register=str(told.get("earlier_register") or ""),
        earlier_number=str(told.get("earlier_number") or ""),
    )


def _told_day(case: Case) -> date | None:
    told = case.particulars.get("day")
    return date.fromisoformat(str(told)) if told else None


def _judged(session: Session, case: Case, zone: tzinfo) -> tuple[Judged, ...]:
    query = (
        select(Assessment)
        .where(Assessment.case_id == case.id)
        .order_by(Assessment.element_code, Assessment.position)
    )
    return tuple(
        Judged(each.element_code, each.position, Rating(each.rating), _day(each.assessed_at, zone))
        for each in session.scalars(query)
    )


def _held(session: Session, human: Sequence[UUID], scheme_ids: Sequence[str]) -> tuple[Held, ...]:
    """Give the certificates asked for that stand; those suspended do not."""
    if not scheme_ids:
        return ()
    query = (
        select(Certificate)
        .where(
            Certificate.holder_id.in_(human),
            Certificate.scheme_id.in_(scheme_ids),
            Certificate.state == CertificateState.ISSUED,
        )
        .order_by(Certificate.number)
    )
    return tuple(
        Held(each.scheme_id, each.number, each.valid_from, each.valid_until)
        for each in session.scalars(query)
    )


def _day(moment: datetime, zone: tzinfo) -> date:
    return moment.astimezone(zone).date()
