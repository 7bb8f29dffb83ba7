"""What staff allow one learner in one item beyond its rules."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from lti_tool.player.models import ItemAllowance
from lti_tool.player.places import Place, table_of
from xapi.prepared import Prepared

ALLOWANCE = table_of(ItemAllowance)
FIND = Prepared(
    select(
        ALLOWANCE.c.extra_attempts,
        ALLOWANCE.c.extra_minutes,
        ALLOWANCE.c.opens_at,
        ALLOWANCE.c.closes_at,
        ALLOWANCE.c.waives_wait,
    ).where(
        ALLOWANCE.c.person_id == bindparam("person_id"),
        ALLOWANCE.c.context_id == bindparam("context_id"),
        ALLOWANCE.c.course_id == bindparam("course_id"),
        ALLOWANCE.c.item_id == bindparam("item_id"),
    )
)


@dataclass(frozen=True, slots=True)
class Allowed:
    """What is allowed beyond the rules; nothing, where staff said nothing."""

    attempts: int = 0
    minutes: int = 0
    opens_at: datetime | None = None
    closes_at: datetime | None = None
    waives_wait: bool = False


NOTHING = Allowed()


def allowed_to(session: Session, place: Place, item_id: str) -> Allowed:
    """Give what somebody is allowed in an item beyond its rules."""
    if place.context_id is None:
        return NOTHING
    given = {
        "person_id": place.person_id,
        "context_id": place.context_id,
        "course_id": place.course_id,
        "item_id": item_id,
    }
    row = FIND.first(session, given)
    if row is None:
        return NOTHING
    return Allowed(
        row.extra_attempts, row.extra_minutes, row.opens_at, row.closes_at, bool(row.waives_wait)
    )
