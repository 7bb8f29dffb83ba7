"""The worker gives approved cases their numbers, each in a transaction of its own."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from lti_tool.certification.issuers import NoIssuerError
from lti_tool.certification.models import Case, CaseState
from lti_tool.certification.putting_back import PutBack, put_back
from lti_tool.certification.register import CannotNumberError, Registrar, number_case
from lti_tool.db import Begin
from lti_tool.errors import ToolError

log = logging.getLogger(__name__)

NUMBERED_AT_ONCE = 50
"""Cases numbered in one round."""
FIRST_WAIT = timedelta(minutes=1)
LONGEST_WAIT = timedelta(days=1)


def is_numbering_due(read: Begin, *, now: datetime) -> bool:
    """Say whether a case waits for its number, before anybody looks for keys."""
    with read() as session:
        return session.scalar(select(Case.id).where(_waits(now)).limit(1)) is not None


def number_due(
    begin: Begin, registrar: Registrar, *, now: datetime, limit: int = NUMBERED_AT_ONCE
) -> int:
    """Number cases that are approved, oldest first; give how many were looked at.

    One that cannot be numbered goes back to the officers; one that fails otherwise keeps its fault
    and is tried again, later each time. The others go on.
    """
    for done in range(limit):
        case_id: UUID | None = None
        try:
            with begin() as session:
                case = _next_approved(session, now=now)
                if case is None:
                    return done
                case_id = case.id
                _number_one(session, case, registrar, now=now)
        except Exception as error:  # of whatever sort; one case never stops the others
            if case_id is None:
                raise
            log.exception("case not numbered", extra={"case": str(case_id)})
            with begin() as session:
                _hold(session, case_id, error, now=now)
    return limit


def _waits(now: datetime) -> ColumnElement[bool]:
    is_due = or_(Case.number_due_at.is_(None), Case.number_due_at <= now)
    return and_(Case.state == CaseState.APPROVED, is_due)


def _next_approved(session: Session, *, now: datetime) -> Case | None:
    return session.scalar(
        select(Case)
        .where(_waits(now))
        .order_by(Case.approved_at, Case.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )


def _number_one(session: Session, case: Case, registrar: Registrar, *, now: datetime) -> None:
    try:
        number_case(session, case, registrar, now=now)
    except CannotNumberError as error:
        log.warning("case put back", extra={"detail": str(error)})
        put_back(session, case, error.why, now=now)
    except NoIssuerError:
        if case.approvers == 0 and case.approved_human is None:
            raise  # the rules alone would approve it again at once: it waits
        log.warning("case put back", extra={"detail": f"case {case.id}: no issuer"})
        put_back(session, case, PutBack.NO_ISSUER, now=now)


def _hold(session: Session, case_id: UUID, error: Exception, *, now: datetime) -> None:
    """Keep why a case was not numbered; it waits as long again as it has waited already."""
    case = session.get(Case, case_id, with_for_update=True)
    if case is None or case.state != CaseState.APPROVED:
        return
    waited = now - (case.approved_at or now)
    case.number_due_at = now + min(max(waited, FIRST_WAIT), LONGEST_WAIT)
    case.fault = fault_words(error)


def fault_words(error: Exception) -> str:
    """Say to officers why something could not be done; they hand it on to whoever runs the tool."""
    words = error.words if isinstance(error, ToolError) else None
    return words or f"{type(error).__name__}: {error}"[:500]
