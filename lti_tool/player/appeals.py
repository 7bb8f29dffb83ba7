"""What staff decide about single attempts: declare one void, rule on an appeal."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from courses.catalogue import Catalogue
from lti_tool import audit
from lti_tool.errors import BadRequestError, ConflictingError, NotFoundError
from lti_tool.i18n import gettext as _
from lti_tool.iri import Names
from lti_tool.player import regrading
from lti_tool.player.acting import Act
from lti_tool.player.places import ATTEMPT, ENROLMENT
from lti_tool.player.regrading import Change
from lti_tool.player.ruling_models import QuestionRuling
from lti_tool.player.sheets import FACTS, AttemptFacts, facts_of, read_sheet


@dataclass(frozen=True, slots=True)
class OwnedAttempt:
    """An attempt with whose it is."""

    facts: AttemptFacts
    person_id: UUID
    context_id: UUID | None
    course_id: str


def find_in_context(
    session: Session, attempt_id: UUID, context_id: UUID | None, *, lock: bool = False
) -> OwnedAttempt:
    """Give an attempt of a context.

    Args:
        session: of the caller.
        attempt_id: which.
        context_id: the context that the caller answers for; None, on the command line, any.
        lock: let nobody else change it until the end of the transaction.

    Raises:
        NotFoundError: there is none, or it is of another context.
    """
    query = (
        select(*FACTS, ENROLMENT.c.person_id, ENROLMENT.c.context_id, ENROLMENT.c.course_id)
        .join(ENROLMENT, ENROLMENT.c.id == ATTEMPT.c.enrolment_id)
        .where(ATTEMPT.c.id == attempt_id)
    )
    if context_id is not None:
        query = query.where(ENROLMENT.c.context_id == context_id)
    if lock:
        query = query.with_for_update(of=ATTEMPT)
    row = session.execute(query).one_or_none()
    if row is None:
        raise NotFoundError(f"attempt {attempt_id}")
    return OwnedAttempt(facts_of(row), row.person_id, row.context_id, row.course_id)


def void(
    session: Session,
    attempt_id: UUID,
    *,
    context_id: UUID | None,
    act: Act,
    catalogue: Catalogue,
    names: Names,
    now: datetime,
) -> None:
    """Declare an attempt void: it counts neither for points nor against the number allowed.

    One that is going on ends by it.

    Raises:
        NotFoundError: there is none, or it is of another context.
        ConflictingError: it is void already.
    """
    found = find_in_context(session, attempt_id, context_id, lock=True)
    if found.facts.voided_at is not None:
        raise ConflictingError(f"attempt {attempt_id} is void already")
    session.execute(
        update(ATTEMPT)
        .where(ATTEMPT.c.id == attempt_id)
        .values(voided_at=now, voided_by=act.person_id, void_reason=act.reason)
    )
    if found.facts.is_submitted:
        place = regrading.staff_place(session, found.facts.enrolment_id, names)
        regrading.recount(session, place, found.facts.item_id, catalogue, now=now)
    detail = {"course": found.course_id, "item": found.facts.item_id}
    audit.note(
        session, "attempt.voided", who=act.who, about=str(attempt_id), detail=detail, now=now
    )


def rule(
    session: Session,
    attempt_id: UUID,
    question_id: str,
    points: Fraction | None,
    *,
    context_id: UUID | None,
    act: Act,
    catalogue: Catalogue,
    names: Names,
    now: datetime,
) -> list[Change]:
    """Award points for one question of one attempt by hand, in place of its mark.

    Args:
        session: of the caller.
        attempt_id: which; it is over and counts.
        question_id: as it was shown.
        points: 0 to the question's points, exact; None takes an earlier ruling back.
        context_id: that the caller answers for; None: any.
        act: by whom and why.
        catalogue: of courses.
        names: for statements.
        now: the moment.

    Returns:
        The attempt, where its result is another one now.

    Raises:
        NotFoundError: no such attempt or question, or nothing to take back.
        ConflictingError: the attempt goes on, or is void.
        BadRequestError: points that the question does not have.
    """
    found = find_in_context(session, attempt_id, context_id, lock=True)
    if not found.facts.is_submitted or found.facts.voided_at is not None:
        raise ConflictingError(f"attempt {attempt_id} cannot be ruled on")
    asked = {each.question.id: each.question for each in read_sheet(session, found.facts).asked}
    if question_id not in asked:
        raise NotFoundError(f"question {question_id!r} in attempt {attempt_id}")
    most = asked[question_id].points
    if points is not None and not 0 <= points <= most:
        words = _("Award from 0 to %(most)s points for this question.") % {"most": most}
        raise BadRequestError("points of a ruling", words=words)
    _keep(session, attempt_id, question_id, points, act, now=now)
    changes = regrading.remark(session, [attempt_id], catalogue=catalogue, names=names, now=now)
    detail = {"question": question_id, "points": None if points is None else str(points)}
    audit.note(session, "attempt.ruled", who=act.who, about=str(attempt_id), detail=detail, now=now)
    return changes


def _keep(
    session: Session,
    attempt_id: UUID,
    question_id: str,
    points: Fraction | None,
    act: Act,
    *,
    now: datetime,
) -> None:
    kept = session.get(QuestionRuling, (attempt_id, question_id))
    if points is None:
        if kept is None:
            raise NotFoundError(f"no ruling on {question_id!r} in attempt {attempt_id}")
        session.delete(kept)
    elif kept is None:
        session.add(
            QuestionRuling(
                attempt_id=attempt_id,
                question_id=question_id,
                points=points,
                reason=act.reason,
                ruled_at=now,
                ruled_by=act.person_id,
            )
        )
    else:
        kept.points, kept.reason = points, act.reason
        kept.ruled_at, kept.ruled_by = now, act.person_id
    session.flush()


def list_rulings(session: Session, attempt_id: UUID) -> dict[str, QuestionRuling]:
    """Give the rulings in an attempt, by question."""
    query = select(QuestionRuling).where(QuestionRuling.attempt_id == attempt_id)
    return {ruling.question_id: ruling for ruling in session.scalars(query)}
