"""Sending a class's scores to the grade book again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from lti_tool import audit
from lti_tool.lti import scores


def resend(
    session: Session, score_ids: Sequence[UUID], *, context_id: UUID, who: str, now: datetime
) -> int:
    """Put scores of a context back in line; give how many.

    Args:
        session: of the caller.
        score_ids: which; none: all of the context that rest.
        context_id: that the caller answers for.
        who: for the log of acts.
        now: the moment.

    Raises:
        NotFoundError: one of them is of another context.
    """
    chosen = list(score_ids) or [
        each.id for each in scores.list_scores(session, context_id) if each.is_stuck
    ]
    done = scores.resend(session, chosen, context_id=context_id, now=now)
    if done:
        detail = {"number": done}
        audit.note(session, "scores.resent", who=who, about=str(context_id), detail=detail, now=now)
    return done
