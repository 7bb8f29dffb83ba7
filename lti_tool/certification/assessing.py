"""Assessors judge work evidence, element by element; two of them where the scheme asks for it.

What one of them found met stays when the candidate hands in again; all else is judged anew.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from uuid import UUID, uuid4

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from courses.catalogue import Catalogue
from courses.scheme_reading import Schemes
from courses.schemes import CertificateScheme, Route
from lti_tool import audit
from lti_tool.certification.deciding import decide_case
from lti_tool.certification.evidencing import (
    HANDED_IN,
    give_back,
    handed_in_at,
    is_handed_in,
)
from lti_tool.certification.humans import Hand, human_now, is_by, taken_for
from lti_tool.certification.mandates import may_act, need_mandate, not_covered
from lti_tool.certification.models import Assessment, Case, CaseState
from lti_tool.certification.proofs import Rating
from lti_tool.certification.rules import Outcome
from lti_tool.errors import BadRequestError, ConflictingError, NotAllowedError, NotFoundError
from lti_tool.i18n import gettext as _
from lti_tool.visit import Role

BEFORE = "assessors_before"
"""In a case's particulars: humans and persons who judged it before an appeal and no more do."""
COMMENT_LENGTH = 4000
MOST_LISTED = 200


class NotTheirsError(NotAllowedError):
    """This human may not assess this case."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """What an assessor says of one element."""

    rating: Rating
    comment: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """Which assessor of a case somebody is, or would be."""

    number: int | None
    """1 the first, 2 the second; None: they may not assess it."""
    why_not: str = ""
    is_candidate: bool = False


def list_waiting(
    session: Session, covered: frozenset[str] | None, *, limit: int = MOST_LISTED
) -> list[Case]:
    """Give the cases of schemes whose evidence is handed in, the one that waits longest first."""
    since = Case.particulars[HANDED_IN].as_string()
    query = (
        select(Case)
        .where(
            Case.route == Route.ASSESSMENT.value,
            Case.state == CaseState.COLLECTING,
            since.is_not(None),
        )
        .order_by(since, Case.id)
        .limit(limit)
    )
    if covered is not None:
        query = query.where(Case.scheme_id.in_(covered))
    return list(session.scalars(query))


def list_judged(session: Session, hand: Hand, *, limit: int = 50) -> list[Case]:
    """Give the cases that a human judged and that wait for no assessor now, the newest first."""
    taken = or_(Case.assessed_human == hand.human, Case.second_assessed_human == hand.human)
    query = select(Case).where(taken).order_by(Case.decided_at.desc(), Case.id).limit(limit)
    return [case for case in session.scalars(query) if not is_waiting(case)]


def is_waiting(case: Case) -> bool:
    """Say whether a case's evidence waits for assessors."""
    return case.state == CaseState.COLLECTING and is_handed_in(case)


def place_of(session: Session, case: Case, scheme: CertificateScheme, hand: Hand) -> Place:
    """Give which assessor of a case this human is, or would be; or why they may not be one."""
    own = taken_for(session, hand)
    if case.holder_id in own:
        return Place(None, _("This is your own evidence: somebody else assesses it."), True)
    if hand.human is None or not may_act(session, hand.person_id, scheme.id, Role.ASSESSOR):
        return Place(None, not_covered(hand))
    now_is = functools.partial(human_now, session)
    if any(is_by(hand, own, UUID(each), each, now_is) for each in case.particulars.get(BEFORE, ())):
        return Place(None, _("You assessed it before the review: now others assess it."))
    taken = [
        (case.assessed_human, case.assessed_by),
        (case.second_assessed_human, case.second_assessed_by),
    ][: max(1, scheme.assessors)]
    for number, (human, who) in enumerate(taken, 1):
        if human is None or is_by(hand, own, human, who, now_is):
            return Place(number)
    return Place(None, _("Its assessors are others."))


def assess(
    session: Session,
    case_id: UUID,
    judgements: Mapping[str, Judgement],
    hand: Hand,
    *,
    schemes: Schemes,
    catalogue: Catalogue,
    now: datetime,
    zone: tzinfo = UTC,
) -> Case:
    """Take one assessor's judgements of some or all elements; decide once all are there.

    Raises:
        NotFoundError: no such case, or not handed in.
        NotTheirsError: this human may not assess it.
        BadRequestError: no judgement, an unknown element, or a comment is missing.
        OtherSchemeError: the assessor's role does not cover the scheme.
    """
    case = session.scalar(select(Case).where(Case.id == case_id).with_for_update())
    scheme = schemes.get(case.scheme_id) if case else None
    if case is None or scheme is None or scheme.card is None or not is_handed_in(case):
        raise NotFoundError(f"case {case_id} to be assessed")
    if case.state != CaseState.COLLECTING:
        raise ConflictingError(f"case {case_id} is {case.state}", words=_("It is decided already."))
    place = place_of(session, case, scheme, hand)
    if place.number is None:
        if not place.is_candidate:
            need_mandate(session, hand, scheme.id, Role.ASSESSOR)
        raise NotTheirsError(f"case {case_id}: {hand.who}", words=place.why_not)
    _need_sense(scheme, judgements)
    if place.number == 1:
        case.assessed_human, case.assessed_by = hand.human, hand.who
    else:
        case.second_assessed_human, case.second_assessed_by = hand.human, hand.who
    changed = _write(session, case, place.number, judgements, hand, now=now)
    detail = {"place": place.number, "elements": changed}
    audit.note(session, "case.assessed", who=hand.who, about=str(case.id), detail=detail, now=now)
    if is_complete(session, case, scheme):
        decision = decide_case(session, case, schemes, catalogue, now=now, zone=zone)
        case.decided_at = now
        if decision is not None and decision.outcome == Outcome.REFUSED:
            give_back(case)
        session.flush()
    return case


def _need_sense(scheme: CertificateScheme, judgements: Mapping[str, Judgement]) -> None:
    codes = {each.code for each in scheme.card.elements} if scheme.card else set()
    if not judgements or not set(judgements) <= codes:
        raise BadRequestError("judgements", words=_("Judge at least one element."))
    for code, judgement in judgements.items():
        if judgement.rating is not Rating.MET and not judgement.comment.strip():
            words = _("%(code)s: write what is missing, so that the candidate can go on.")
            raise BadRequestError("comment", words=words % {"code": code})


def _write(
    session: Session,
    case: Case,
    number: int,
    judgements: Mapping[str, Judgement],
    hand: Hand,
    *,
    now: datetime,
) -> list[str]:
    """Keep judgements; one that was met and stays so keeps its day. Give the elements changed."""
    there = judgements_of(session, case.id)
    changed: list[str] = []
    for code, judgement in sorted(judgements.items()):
        rating, comment = judgement.rating.value, judgement.comment.strip()[:COMMENT_LENGTH]
        row = there.get(code, {}).get(number)
        if row is not None and row.rating == rating == Rating.MET.value and row.comment == comment:
            continue
        if row is None:
            row = Assessment(id=uuid4(), case_id=case.id, element_code=code, position=number)
        row.rating, row.comment = rating, comment
        row.assessed_by, row.assessed_at = hand.who, now
        row.assessed_human = hand.human or case.id
        session.add(row)
        changed.append(code)
    session.flush()
    return changed


def judgements_of(session: Session, case_id: UUID) -> dict[str, dict[int, Assessment]]:
    """Give what was judged: by element, then by assessor."""
    found: dict[str, dict[int, Assessment]] = {}
    for each in session.scalars(select(Assessment).where(Assessment.case_id == case_id)):
        found.setdefault(each.element_code, {})[each.position] = each
    return found


def is_new(case: Case, judgement: Assessment) -> bool:
    """Say whether something was judged since the evidence was handed in last."""
    since = handed_in_at(case)
    return since is not None and judgement.assessed_at >= since


def counts(case: Case, judgement: Assessment | None) -> bool:
    """Say whether an element need not be judged again by this assessor."""
    return judgement is not None and (
        judgement.rating == Rating.MET.value or is_new(case, judgement)
    )


def is_complete(
    session: Session, case: Case, scheme: CertificateScheme, *, place: int | None = None
) -> bool:
    """Say whether all assessors, or the one at a place, judged every element."""
    found = judgements_of(session, case.id)
    places = (place,) if place else tuple(range(1, scheme.assessors + 1))
    elements = scheme.card.elements if scheme.card else ()
    return all(
        counts(case, found.get(element.code, {}).get(each))
        for element in elements
        for each in places
    )


def are_apart(session: Session, case: Case) -> tuple[str, ...]:
    """Give the elements that one assessor finds met and the other does not."""
    return tuple(
        code
        for code, by_place in sorted(judgements_of(session, case.id).items())
        if len({each.rating == Rating.MET.value for each in by_place.values()}) > 1
    )
