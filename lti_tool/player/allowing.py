"""Allowing one learner more than an item's rules: time, attempts, a window, no waiting."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from courses.model import Course, Exam, Quiz
from lti_tool import audit
from lti_tool.errors import BadRequestError, ConflictingError, NotFoundError
from lti_tool.i18n import gettext as _
from lti_tool.iri import Names
from lti_tool.lti.models import Membership
from lti_tool.player import exams, progress
from lti_tool.player.acting import Act
from lti_tool.player.allowances import Allowed
from lti_tool.player.models import Enrolment, ItemAllowance
from lti_tool.player.places import ENROLMENT
from lti_tool.player.regrading import staff_place

MOST_ATTEMPTS = 50
MOST_MINUTES = 1_440
MOST_PERCENT = 300


@dataclass(frozen=True, slots=True)
class LearnerAt:
    """A person in a course, in a context."""

    person_id: UUID
    context_id: UUID
    course_id: str


def check(allowed: Allowed, extra_percent: int | None = None) -> None:
    """Refuse what cannot be meant; pure.

    Raises:
        BadRequestError: a number out of bounds, or a window that ends before it begins.
    """
    if not 0 <= allowed.attempts <= MOST_ATTEMPTS:
        words = _("Allow from 0 to %(most)s more attempts.") % {"most": MOST_ATTEMPTS}
        raise BadRequestError("extra attempts", words=words)
    if not 0 <= allowed.minutes <= MOST_MINUTES:
        words = _("Give from 0 to %(most)s more minutes.") % {"most": MOST_MINUTES}
        raise BadRequestError("extra minutes", words=words)
    if extra_percent is not None and not 0 <= extra_percent <= MOST_PERCENT:
        words = _("Give from 0 to %(most)s percent more time.") % {"most": MOST_PERCENT}
        raise BadRequestError("extra percent", words=words)
    if allowed.opens_at and allowed.closes_at and allowed.opens_at >= allowed.closes_at:
        words = _("The window must open before it closes.")
        raise BadRequestError("window", words=words)


def find_enrolment_at(session: Session, learner: LearnerAt) -> Enrolment | None:
    """Give somebody's enrolment; None: they never opened the course.

    Raises:
        NotFoundError: they are not of this context at all.
    """
    enrolment = session.scalar(
        select(Enrolment).where(
            Enrolment.person_id == learner.person_id,
            Enrolment.context_id == learner.context_id,
            Enrolment.course_id == learner.course_id,
        )
    )
    if enrolment is None and not _is_member(session, learner):
        raise NotFoundError(f"person {learner.person_id} in context {learner.context_id}")
    return enrolment


def _is_member(session: Session, learner: LearnerAt) -> bool:
    query = select(Membership.id).where(
        Membership.person_id == learner.person_id, Membership.context_id == learner.context_id
    )
    return session.scalar(query) is not None


def allow(
    session: Session,
    learner: LearnerAt,
    course: Course,
    item: Quiz | Exam,
    allowed: Allowed,
    *,
    extra_percent: int | None = None,
    act: Act,
    names: Names,
    now: datetime,
) -> None:
    """Set what somebody is allowed in an item, in place of what was set before.

    An exam that is going on gets its new end at once.

    Args:
        session: of the caller.
        learner: who.
        course: theirs.
        item: a quiz or the exam of it.
        allowed: beyond the rules.
        extra_percent: extra time in every exam of the course; None leaves it as it is.
        act: by whom and why.
        names: for the place.
        now: the moment.

    Raises:
        NotFoundError: the person is not of this context.
        ConflictingError: percent for somebody who never opened the course.
        BadRequestError: what cannot be meant.
    """
    check(allowed, extra_percent)
    enrolment = find_enrolment_at(session, learner)
    if extra_percent and enrolment is None:
        words = _("Extra time in percent can be given once this person has opened the course.")
        raise ConflictingError("percent without an enrolment", words=words)
    _keep(session, learner, item, allowed, act, now=now)
    if enrolment is not None:
        _carry(session, enrolment.id, item, extra_percent, names, now=now)
    detail = {
        "course": course.id,
        "item": item.id,
        "context": str(learner.context_id),
        "attempts": allowed.attempts,
        "minutes": allowed.minutes,
        "percent": extra_percent,
        "own_window": bool(allowed.opens_at or allowed.closes_at),
        "waives_wait": allowed.waives_wait,
    }
    about = str(learner.person_id)
    audit.note(session, "allowance.given", who=act.who, about=about, detail=detail, now=now)


def _keep(
    session: Session,
    learner: LearnerAt,
    item: Quiz | Exam,
    allowed: Allowed,
    act: Act,
    *,
    now: datetime,
) -> None:
    kept = find_allowance(session, learner, item.id) or ItemAllowance(
        id=uuid4(),
        person_id=learner.person_id,
        context_id=learner.context_id,
        course_id=learner.course_id,
        item_id=item.id,
    )
    kept.extra_attempts, kept.extra_minutes = allowed.attempts, allowed.minutes
    kept.opens_at, kept.closes_at = allowed.opens_at, allowed.closes_at
    kept.waives_wait = allowed.waives_wait
    kept.reason, kept.given_at, kept.given_by = act.reason, now, act.person_id
    session.add(kept)
    session.flush()


def _carry(
    session: Session,
    enrolment_id: UUID,
    item: Quiz | Exam,
    extra_percent: int | None,
    names: Names,
    *,
    now: datetime,
) -> None:
    progress.lock(session, staff_place(session, enrolment_id, names))
    if extra_percent is not None:
        session.execute(
            update(ENROLMENT)
            .where(ENROLMENT.c.id == enrolment_id)
            .values(extra_percent=extra_percent)
        )
    if isinstance(item, Exam):
        exams.set_clock(session, staff_place(session, enrolment_id, names), item, now=now)


def find_allowance(session: Session, learner: LearnerAt, item_id: str) -> ItemAllowance | None:
    """Give what somebody is allowed in one item."""
    found = list_allowances(session, learner.course_id, learner.context_id, learner.person_id)
    return next((each for each in found if each.item_id == item_id), None)


def list_allowances(
    session: Session,
    course_id: str,
    context_id: UUID | None = None,
    person_id: UUID | None = None,
) -> list[ItemAllowance]:
    """Give what was allowed in a course (in a context, to a person), newest first."""
    query = select(ItemAllowance).where(ItemAllowance.course_id == course_id)
    if context_id is not None:
        query = query.where(ItemAllowance.context_id == context_id)
    if person_id is not None:
        query = query.where(ItemAllowance.person_id == person_id)
    return list(session.scalars(query.order_by(ItemAllowance.given_at.desc())))
