"""Certificates told in statements, for holders who came from a platform.

A statement names the kind of certificate, never its number, its code or the name on it: whoever
reads a record store learns nothing by which a pseudonym and a register could be joined.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_tool.certification.evidence import circle, list_persons
from lti_tool.certification.models import Case
from lti_tool.certification.register_models import Certificate
from lti_tool.iri import Names
from lti_tool.lti.models import Person
from lti_tool.player.models import Enrolment
from xapi import outbox, statements
from xapi import vocabulary as words
from xapi.statements import Activity, Actor, Context, Occasion


def tell_earned(session: Session, certificate: Certificate, names: Names, *, now: datetime) -> None:
    """Tell that a certificate was issued, where its holder came from a platform."""
    occasion = _occasion(session, certificate, names, now)
    if occasion is not None:
        outbox.enqueue(session, statements.earned(**occasion), now=now)


def tell_revoked(
    session: Session, certificate: Certificate, reason: str, names: Names, *, now: datetime
) -> None:
    """Tell that a certificate counts no more, and why.

    Args:
        session: of the act.
        certificate: that ended.
        reason: a code of ``RevokeCode``, ``superseded`` or ``withdrawn``.
        names: of statements.
        now: the moment.
    """
    occasion = _occasion(session, certificate, names, now, reason=reason)
    if occasion is not None:
        outbox.enqueue(session, statements.revoked(**occasion), now=now)


def _occasion(
    session: Session, certificate: Certificate, names: Names, now: datetime, *, reason: str = ""
) -> Occasion | None:
    persons = list_persons(session, circle(session, certificate.holder_id))
    person = _newest(session, persons)
    if person is None:
        return None
    enrolment = _enrolment(session, certificate, persons)
    language = str(certificate.facts.get("language") or "en")
    key = str(certificate.id)
    told = {"platform": str(person.platform_id), **({"reason": reason} if reason else {})}
    parent: tuple[Activity, ...] = ()
    if enrolment is not None:
        parent = (Activity(names.course(enrolment.course_id), words.COURSE.iri, "", ""),)
    return {
        "actor": Actor(names.people, person.actor_name),
        "activity": Activity(
            names.certificate(certificate.scheme_id),
            words.CERTIFICATE.iri,
            certificate.title,
            language,
        ),
        "context": Context(
            registration=enrolment.registration if enrolment is not None else None,
            session_id="",
            language=language,
            parent=parent,
            category=(names.profile,),
            extensions={names.extension(name): value for name, value in told.items()},
            statement=statements.statement_id(words.EARNED, key) if reason else None,
        ),
        "at": now,
        "key": key,
    }


def _newest(session: Session, persons: Sequence[UUID]) -> Person | None:
    query = select(Person).where(Person.id.in_(persons)).order_by(Person.seen_at.desc())
    return session.scalar(query.limit(1))


def _enrolment(
    session: Session, certificate: Certificate, persons: Sequence[UUID]
) -> Enrolment | None:
    """Give the newest place of the holder in a course that the decision rests on."""
    evidence = session.scalar(select(Case.evidence).where(Case.id == certificate.case_id)) or {}
    seen = (*evidence.get("sittings", ()), *evidence.get("done", ()))
    courses = {str(each["course_id"]) for each in seen if each.get("course_id")}
    if not courses:
        return None
    query = (
        select(Enrolment)
        .where(Enrolment.person_id.in_(persons), Enrolment.course_id.in_(courses))
        .order_by(Enrolment.created_at.desc())
        .limit(1)
    )
    return session.scalar(query)
