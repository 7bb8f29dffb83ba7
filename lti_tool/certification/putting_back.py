"""Cases that the worker gives back to the officers, with no approval, to be decided anew."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy.orm import Session

from lti_tool import audit
from lti_tool.certification.humans import WORKER, Hand
from lti_tool.certification.models import Case, CaseState


class PutBack(StrEnum):
    """Why a case is given back; kept in the log of acts."""

    SCHEME_GONE = "scheme-gone"
    SCHEME_CHANGED = "scheme-changed"
    PREDECESSOR = "predecessor-ended"
    """What it corrects stands no more, or is suspended."""
    NO_ISSUER = "no-issuer"
    NEVER_MADE = "never-made"
    """Its certificate could not be made, and officers ended it."""


ON_ITS_OWN = frozenset({PutBack.SCHEME_CHANGED, PutBack.NEVER_MADE})
"""After these the rules look at it again at once; all else waits for a person."""


def put_back(
    session: Session, case: Case, why: PutBack, *, hand: Hand = WORKER, now: datetime
) -> None:
    """Give a case back to the officers, with no approval.

    What could not be made waits for one of them, whatever its scheme asks for.
    """
    is_due = why in ON_ITS_OWN and not case.corrects
    case.state, case.look_due_at = CaseState.CHECKED, now if is_due else case.look_due_at
    case.approved_at, case.approved_by, case.approved_human = None, "", None
    case.seconded_at, case.seconded_by, case.seconded_human = None, "", None
    case.number_due_at, case.fault = None, ""
    if why is PutBack.NEVER_MADE:
        case.approvers = max(1, case.approvers)
    session.flush()
    detail = {"reason": why.value}
    audit.note(session, "case.put-back", who=hand.who, about=str(case.id), detail=detail, now=now)
