"""Attempts, learners and withdrawals of all contexts, found without a visit: for commands."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_tool.errors import ConflictingError, NotFoundError
from lti_tool.lti.models import Membership, Person, Platform
from lti_tool.player import appeals, dossiers
from lti_tool.player.allowing import LearnerAt
from lti_tool.player.dossiers import AttemptDossier
from lti_tool.player.models import Enrolment, QuestionWithdrawal
from lti_tool.player.places import ATTEMPT, ENROLMENT, PERSON, table_of
from lti_tool.player.sheets import FACTS, AttemptFacts, facts_of

PLATFORM = table_of(Platform)
POINTS = re.compile(r"\d{1,3}(\.\d{1,6}|/[1-9]\d{0,3})?", re.ASCII)


@dataclass(frozen=True, slots=True)
class LearnerFilter:
    """Whose attempts; empty: anybody's."""

    course_id: str
    item_id: str = ""
    issuer: str = ""
    subject: str = ""
    context_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Listed:
    """An attempt with whose it is, as the platform names them."""

    facts: AttemptFacts
    subject: str
    context_id: UUID | None


def list_attempts(session: Session, chosen: LearnerFilter, *, limit: int) -> list[Listed]:
    """Give attempts, the newest first."""
    query = (
        select(*FACTS, PERSON.c.subject, ENROLMENT.c.context_id)
        .join(ENROLMENT, ENROLMENT.c.id == ATTEMPT.c.enrolment_id)
        .join(PERSON, PERSON.c.id == ENROLMENT.c.person_id)
        .join(PLATFORM, PLATFORM.c.id == PERSON.c.platform_id)
        .where(ENROLMENT.c.course_id == chosen.course_id)
        .order_by(ATTEMPT.c.started_at.desc(), ATTEMPT.c.id)
        .limit(limit)
    )
    if chosen.item_id:
        query = query.where(ATTEMPT.c.item_id == chosen.item_id)
    if chosen.issuer:
        query = query.where(PLATFORM.c.issuer == chosen.issuer)
    if chosen.subject:
        query = query.where(PERSON.c.subject == chosen.subject)
    return [Listed(facts_of(row), row.subject, row.context_id) for row in session.execute(query)]


def attempt_of(session: Session, attempt_id: UUID) -> AttemptDossier:
    """Give everything about one attempt, of whatever context.

    Raises:
        NotFoundError: there is none.
    """
    owned = appeals.find_in_context(session, attempt_id, None)
    return dossiers.attempt_dossier(session, attempt_id, owned.context_id)


def find_learner(session: Session, chosen: LearnerFilter) -> LearnerAt:
    """Give the one place of a person that is meant.

    Raises:
        NotFoundError: nobody, or not in such a context.
        ConflictingError: the person is in several contexts, or known by several clients.
    """
    query = (
        select(Person.id, Enrolment.context_id, Membership.context_id)
        .join(Platform, Platform.id == Person.platform_id)
        .outerjoin(
            Enrolment,
            (Enrolment.person_id == Person.id) & (Enrolment.course_id == chosen.course_id),
        )
        .outerjoin(Membership, Membership.person_id == Person.id)
        .where(Platform.issuer == chosen.issuer, Person.subject == chosen.subject)
    )
    rows = session.execute(query).all()
    places = {(person, own) for person, own, _member in rows if own is not None}
    known = places or {(person, member) for person, _own, member in rows if member is not None}
    if chosen.context_id is not None:
        members = {(person, member) for person, _own, member in rows}
        known = {each for each in places | members if each[1] == chosen.context_id}
    if not known:
        raise NotFoundError(f"subject {chosen.subject!r} of {chosen.issuer} is in no such context")
    if len(known) > 1:
        several = ", ".join(sorted(str(context) for _person, context in known))
        raise ConflictingError(f"say which --context is meant: {several}")
    person_id, context_id = known.pop()
    return LearnerAt(person_id, context_id, chosen.course_id)


def list_all_withdrawals(session: Session, course_id: str) -> list[QuestionWithdrawal]:
    """Give what is withdrawn from a course, everywhere and in single contexts, oldest first."""
    query = select(QuestionWithdrawal).where(QuestionWithdrawal.course_id == course_id)
    return list(session.scalars(query.order_by(QuestionWithdrawal.withdrawn_at)))


def read_points(given: str) -> Fraction | None:
    """Read points such as ``1``, ``0.5`` or ``1/3``; None: they are none."""
    clean = given.strip()
    return Fraction(clean) if POINTS.fullmatch(clean) else None
