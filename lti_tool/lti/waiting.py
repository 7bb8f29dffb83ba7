"""What waits to reach the outside, and putting it back in line; each act is noted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from lti_tool import audit
from lti_tool.lti import scores
from xapi import delivery, outbox
from xapi.models import Target
from xapi.outbox import StuckEntry

SHOWN = 100
"""How many refused statements are shown."""


@dataclass(frozen=True, slots=True)
class WaitingStatements:
    """The outbox as staff see it."""

    count: int
    """All that is not delivered everywhere, refused ones with them."""
    oldest_at: datetime | None
    stuck: tuple[StuckEntry, ...]
    """The oldest of them."""
    stuck_count: int
    targets: tuple[Target, ...]


def look(session: Session) -> WaitingStatements:
    """Give what waits in the outbox."""
    return WaitingStatements(
        outbox.count_waiting(session),
        outbox.oldest_waiting(session),
        tuple(outbox.list_stuck(session, limit=SHOWN)),
        outbox.count_stuck(session),
        tuple(delivery.list_targets(session)),
    )


def count_refused(session: Session, *, before: datetime | None = None) -> int:
    """Give how many statements a store refused (before a moment)."""
    return outbox.count_stuck(session, before=before)


def retry(session: Session, *, before: datetime | None = None, who: str, now: datetime) -> int:
    """Put refused statements (from before a moment) back in line; give how many.

    Stores that rest because they did not answer are asked again with the next round.
    """
    stuck = outbox.list_stuck(session, before=before)
    done = outbox.put_back(session, stuck)
    delivery.wake(session, now=now)
    detail = {"number": done}
    audit.note(session, "outbox.retried", who=who, about="outbox", detail=detail, now=now)
    return done


def resend(session: Session, score_ids: Sequence[UUID], *, who: str, now: datetime) -> int:
    """Put scores of any platform back in line; give how many.

    Raises:
        NotFoundError: there is no such score.
    """
    done = scores.resend(session, score_ids, context_id=None, now=now)
    audit.note(session, "scores.resent", who=who, about="scores", detail={"number": done}, now=now)
    return done
