"""Appeals: a candidate asks for a review, and a person who had no part in it answers."""

from __future__ import annotations

import functools
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from courses.schemes import Route
from lti_tool import audit
from lti_tool.certification.assessing import BEFORE
from lti_tool.certification.evidence import circle
from lti_tool.certification.evidencing import HANDED_IN
from lti_tool.certification.humans import Hand, human_now, is_by, person_in, taken_for
from lti_tool.certification.mandates import need_mandate
from lti_tool.certification.models import Appeal, Assessment, Case, CaseState
from lti_tool.certification.rules import Outcome
from lti_tool.errors import BadRequestError, ConflictingError, NotAllowedError, NotFoundError
from lti_tool.i18n import gettext as _

UPHELD, REJECTED = "upheld", "rejected"
LENGTH = 4000


class NoImpartialError(NotAllowedError):
    """This human had a part in the decision."""


def may_appeal(case: Case) -> bool:
    """Say whether there is a decision that can be appealed."""
    if case.state == CaseState.REFUSED:
        return True
    refused = (case.decision or {}).get("outcome") == Outcome.REFUSED
    return case.state == CaseState.COLLECTING and refused


def open_appeal(
    session: Session, holder_id: UUID, case_id: UUID, words: str, hand: Hand, *, now: datetime
) -> Appeal:
    """Ask for a review of one's own case.

    Raises:
        NotFoundError: no such case of this holder.
        ConflictingError: there is nothing to appeal, or a review is under way.
        BadRequestError: no reason is given.
    """
    own = circle(session, holder_id)
    case = session.scalar(
        select(Case).where(Case.id == case_id, Case.holder_id.in_(own)).with_for_update()
    )
    if case is None:
        raise NotFoundError(f"case {case_id}")
    if not may_appeal(case):
        told = _("There is no decision in this case that could be reviewed.")
        raise ConflictingError(f"appeal in case {case_id}", words=told)
    if find_open(session, case_id) is not None:
        told = _("A review is under way already.")
        raise ConflictingError(f"second appeal in case {case_id}", words=told)
    if was_reviewed(session, case):
        told = _("This decision was reviewed already.")
        raise ConflictingError(f"another appeal in case {case_id}", words=told)
    reason = words.strip()[:LENGTH]
    if not reason:
        told = _("Write what should be looked at again, and why.")
        raise BadRequestError("appeal without a reason", words=told)
    appeal = Appeal(id=uuid4(), case_id=case_id, words=reason, opened_at=now)
    session.add(appeal)
    session.flush()
    audit.note(session, "appeal.opened", who=hand.who, about=str(case_id), now=now)
    return appeal


def own_appeals(
    session: Session, holder_id: UUID, case_id: UUID
) -> tuple[Case, list[Appeal], bool]:
    """Give a holder's case with the appeals in it, and whether they may ask for a review.

    Raises:
        NotFoundError: no such case of theirs, or nothing in it that could be reviewed.
    """
    own = circle(session, holder_id)
    case = session.scalar(select(Case).where(Case.id == case_id, Case.holder_id.in_(own)))
    appeals = list_appeals(session, case_id) if case is not None else []
    if case is None or not (appeals or may_appeal(case)):
        raise NotFoundError(f"decision in case {case_id} of holder {holder_id}")
    is_open = any(each.decided_at is None for each in appeals)
    return case, appeals, may_appeal(case) and not is_open and not was_reviewed(session, case)


def was_reviewed(session: Session, case: Case) -> bool:
    """Say whether the decision that stands was confirmed by a review."""
    since = case.refused_at or case.decided_at
    reviewed = select(Appeal.id).where(Appeal.case_id == case.id, Appeal.outcome == REJECTED)
    if since is not None:
        reviewed = reviewed.where(Appeal.opened_at >= since)
    return session.scalar(reviewed.limit(1)) is not None


def find_open(session: Session, case_id: UUID) -> Appeal | None:
    """Give the appeal that is open in a case."""
    return session.scalar(
        select(Appeal).where(Appeal.case_id == case_id, Appeal.decided_at.is_(None))
    )


def list_appeals(session: Session, case_id: UUID) -> list[Appeal]:
    """Give all appeals in a case, oldest first."""
    query = select(Appeal).where(Appeal.case_id == case_id).order_by(Appeal.opened_at)
    return list(session.scalars(query))


def list_open(session: Session, covered: frozenset[str] | None) -> list[tuple[Appeal, Case]]:
    """Give the open appeals of schemes, oldest first."""
    query = (
        select(Appeal, Case)
        .join(Case, Case.id == Appeal.case_id)
        .where(Appeal.decided_at.is_(None))
        .order_by(Appeal.opened_at)
    )
    if covered is not None:
        query = query.where(Case.scheme_id.in_(covered))
    return [(row[0], row[1]) for row in session.execute(query)]


def list_answered(
    session: Session, covered: frozenset[str] | None, *, limit: int = 50
) -> list[tuple[Appeal, Case]]:
    """Give the appeals of schemes that were answered, the newest first."""
    query = (
        select(Appeal, Case)
        .join(Case, Case.id == Appeal.case_id)
        .where(Appeal.decided_at.is_not(None))
        .order_by(Appeal.decided_at.desc())
        .limit(limit)
    )
    if covered is not None:
        query = query.where(Case.scheme_id.in_(covered))
    return [(row[0], row[1]) for row in session.execute(query)]


def find_appeal(session: Session, appeal_id: UUID) -> tuple[Appeal, Case]:
    """Give an appeal with its case.

    Raises:
        NotFoundError: there is none.
    """
    appeal = session.get(Appeal, appeal_id)
    if appeal is None:
        raise NotFoundError(f"appeal {appeal_id}")
    return appeal, session.get_one(Case, appeal.case_id)


def had_a_part_words() -> str:
    """Say why somebody may not answer."""
    return _("You had a part in this decision. Somebody who had none answers the request.")


def had_a_part(session: Session, case: Case, hand: Hand) -> bool:
    """Say whether a human took part in deciding a case, or is its candidate.

    Whoever answered an appeal in it before, or assessed it before one, took part as well.
    """
    took = [
        (case.assessed_human, case.assessed_by),
        (case.second_assessed_human, case.second_assessed_by),
        (case.entered_human, case.entered_by),
        (case.named_human, case.named_by),
        (case.approved_human, case.approved_by),
        (case.seconded_human, case.seconded_by),
        (None, case.refused_by),
        *((UUID(each), each) for each in case.particulars.get(BEFORE, ())),
        *((each.decided_human, each.decided_by) for each in list_appeals(session, case.id)),
    ]
    own, now_is = taken_for(session, hand), functools.partial(human_now, session)
    return (
        hand.human is None
        or case.holder_id in own
        or any(is_by(hand, own, human, who, now_is) for human, who in took)
    )


def decide_appeal(
    session: Session,
    appeal_id: UUID,
    outcome: str,
    answer: str,
    hand: Hand,
    *,
    now: datetime,
) -> Case:
    """Answer an appeal. One that is upheld opens the case again, for other assessors.

    A case that has gone on by itself since (an exam that was passed after all) stays as it is.

    Raises:
        NotFoundError: no such open appeal.
        NoImpartialError: this human had a part in the decision.
        BadRequestError: no outcome, or no answer.
        OtherSchemeError: the officer's role does not cover the scheme.
    """
    appeal = session.get(Appeal, appeal_id, with_for_update=True)
    if appeal is None or appeal.decided_at is not None:
        raise NotFoundError(f"open appeal {appeal_id}")
    case = session.get_one(Case, appeal.case_id, with_for_update=True)
    need_mandate(session, hand, case.scheme_id)
    if had_a_part(session, case, hand):
        raise NoImpartialError(f"appeal {appeal_id}: {hand.who}", words=had_a_part_words())
    told = answer.strip()[:LENGTH]
    if outcome not in {UPHELD, REJECTED} or not told:
        words = _("Choose an outcome and write an answer: the candidate reads it.")
        raise BadRequestError("answer of an appeal", words=words)
    appeal.decided_at, appeal.decided_by, appeal.decided_human = now, hand.who, hand.human
    appeal.outcome, appeal.answer = outcome, told
    if outcome == UPHELD and may_appeal(case):
        _open_again(session, case, now=now)
    session.flush()
    detail = {"outcome": outcome}
    audit.note(session, "appeal.decided", who=hand.who, about=str(case.id), detail=detail, now=now)
    return case


def _open_again(session: Session, case: Case, *, now: datetime) -> None:
    case.state, case.look_due_at = CaseState.COLLECTING, now
    case.decision = case.decided_at = None  # so that the same decision is made anew
    case.refused_at, case.refused_by, case.refuse_reason = None, "", ""
    case.seconded_at, case.seconded_by, case.seconded_human = None, "", None
    case.approved_at, case.approved_by, case.approved_human = None, "", None
    case.batch_id = None
    if case.route != Route.ASSESSMENT.value:
        return
    persons = (person_in(case.assessed_by), person_in(case.second_assessed_by))
    humans = (case.assessed_human, case.second_assessed_human)
    before = {str(each) for each in (*humans, *persons) if each is not None}
    told = {**case.particulars, HANDED_IN: now.isoformat()}
    told[BEFORE] = sorted(before | set(told.get(BEFORE, ())))
    case.particulars = told
    case.assessed_human = case.second_assessed_human = None
    case.assessed_by = case.second_assessed_by = ""
    session.execute(delete(Assessment).where(Assessment.case_id == case.id))
