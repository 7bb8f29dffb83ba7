"""What each platform's grade book should show, and how far it does.

A wish is a row written in the learner's transaction; the worker carries it out
(``pushing.py``). The newest wish
wins: one row for each column and learner, raised in version by each wish.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Executable, Row, bindparam, case, select
from sqlalchemy.orm import Session

from lti_tool.errors import NotFoundError
from lti_tool.lti.models import LineItem, Person, ResourceLink, WantedScore
from xapi.prepared import Prepared, Running

COLUMNS = Prepared(
    select(LineItem.id).where(
        LineItem.context_id == bindparam("context_id"),
        LineItem.course_id == bindparam("course_id"),
        LineItem.item_path == bindparam("item_path"),
    )
)

_VALUES = {
    name: bindparam(name)
    for name in ("id", "line_item_id", "person_id", "points", "maximum", "wanted_at", "due_at")
} | {"version": 1, "sent_version": 0, "tries": 0, "conflicts": 0, "reason": ""}


def _wish(insert: Any) -> Executable:
    statement = insert(WantedScore).values(_VALUES)
    new = statement.excluded
    rested = WantedScore.stuck_at.is_not(None)
    made: Executable = statement.on_conflict_do_update(
        index_elements=[WantedScore.line_item_id, WantedScore.person_id],
        set_={
            "points": new.points,
            "maximum": new.maximum,
            "version": WantedScore.version + 1,
            "wanted_at": new.wanted_at,
            "due_at": new.due_at,
            "conflicts": 0,
            "stuck_at": None,
            "tries": case((rested, 0), else_=WantedScore.tries),
            "failing_since": case((rested, None), else_=WantedScore.failing_since),
            "reason": case((rested, ""), else_=WantedScore.reason),
        },
        where=(WantedScore.points != new.points) | (WantedScore.maximum != new.maximum),
    )
    return made


WISH = Prepared.for_both(_wish)


@dataclass(frozen=True, slots=True)
class ShownScore:
    """A row of the list for staff."""

    id: UUID
    person_id: UUID
    person_name: str
    title: str
    item_path: str
    points: Fraction
    maximum: int
    wanted_at: datetime
    sent_at: datetime | None
    is_sent: bool
    is_stuck: bool
    due_at: datetime | None
    reason: str


def want(
    session: Running,
    *,
    person_id: UUID,
    context_id: UUID | None,
    course_id: str,
    item_path: str,
    points: Fraction,
    maximum: int,
    now: datetime,
) -> None:
    """Wish that every column of a part of a course shows these points.

    Belongs to the caller's transaction. Where the column shows them already, nothing is sent.

    Args:
        session: of what happened.
        person_id: whose score.
        context_id: where it was earned; None, as outside any context, has no columns.
        course_id: of which course.
        item_path: quiz, module or ``exam``; empty for the course's own score.
        points: exact; 0 <= points <= maximum.
        maximum: above 0.
        now: the moment.
    """
    if context_id is None:
        return
    where = {"context_id": context_id, "course_id": course_id, "item_path": item_path}
    columns = COLUMNS.all(session, where)
    if not columns:
        return
    wishes = [
        {
            "id": uuid4(),
            "line_item_id": column.id,
            "person_id": person_id,
            "points": points,
            "maximum": maximum,
            "wanted_at": now,
            "due_at": now,
        }
        for column in columns
    ]
    WISH.run_each(session, wishes)


# What people see


_SHOWN = (
    select(WantedScore, Person.name, LineItem.item_path, ResourceLink.title)
    .join(LineItem, LineItem.id == WantedScore.line_item_id)
    .join(Person, Person.id == WantedScore.person_id)
    .outerjoin(ResourceLink, ResourceLink.id == LineItem.resource_link_id)
)


def list_scores(
    session: Session,
    context_id: UUID,
    *,
    course_id: str | None = None,
    person_id: UUID | None = None,
) -> list[ShownScore]:
    """Give the scores of a context, those that rest first, then the newest wish first."""
    query = _SHOWN.where(LineItem.context_id == context_id)
    if course_id is not None:
        query = query.where(LineItem.course_id == course_id)
    if person_id is not None:
        query = query.where(WantedScore.person_id == person_id)
    shown = [_shown(row) for row in session.execute(query)]
    return sorted(shown, key=lambda each: (not each.is_stuck, -each.wanted_at.timestamp()))


def list_stuck(session: Session) -> list[ShownScore]:
    """Give every score that rests, of all platforms; for the command line."""
    rows = session.execute(_SHOWN.where(WantedScore.stuck_at.is_not(None)))
    return [_shown(row) for row in rows]


ONE = Prepared(
    select(
        WantedScore.id, WantedScore.person_id, WantedScore.points, WantedScore.maximum,
        WantedScore.version, WantedScore.sent_version, WantedScore.wanted_at, WantedScore.sent_at,
        WantedScore.stuck_at, WantedScore.due_at, WantedScore.reason, LineItem.item_path,
    )
    .join(LineItem, LineItem.id == WantedScore.line_item_id)
    .where(
        LineItem.context_id == bindparam("context_id"),
        LineItem.course_id == bindparam("course_id"),
        LineItem.item_path == bindparam("item_path"),
        WantedScore.person_id == bindparam("person_id"),
    )
    .order_by(WantedScore.wanted_at.desc())
    .limit(1)
)  # fmt: skip


def sent_score(
    session: Running,
    *,
    person_id: UUID,
    context_id: UUID | None,
    course_id: str,
    item_path: str = "",
) -> ShownScore | None:
    """Give how one learner's score stands in the column of a part of a course; None: no column."""
    if context_id is None:
        return None
    where = {
        "context_id": context_id,
        "course_id": course_id,
        "item_path": item_path,
        "person_id": person_id,
    }
    row = ONE.first(session, where)
    if row is None:
        return None
    return ShownScore(
        id=row.id,
        person_id=row.person_id,
        person_name="",
        title="",
        item_path=row.item_path,
        points=row.points,
        maximum=row.maximum,
        wanted_at=row.wanted_at,
        sent_at=row.sent_at,
        is_sent=row.sent_version == row.version,
        is_stuck=row.stuck_at is not None,
        due_at=row.due_at,
        reason=row.reason,
    )


def resend(
    session: Session, score_ids: Sequence[UUID], *, context_id: UUID | None, now: datetime
) -> int:
    """Put scores back in line; give how many.

    Args:
        session: of the caller.
        score_ids: which.
        context_id: the context that the caller answers for; None, on the command line, any.
        now: the moment.

    Raises:
        NotFoundError: one of them is not of this context.
    """
    query = select(WantedScore).join(LineItem).where(WantedScore.id.in_(score_ids))
    if context_id is not None:
        query = query.where(LineItem.context_id == context_id)
    found = session.scalars(query).all()
    if len(found) != len(set(score_ids)):
        raise NotFoundError("score of another context")
    for each in found:
        each.due_at = now
        each.version += 1
        each.tries = each.conflicts = 0
        each.stuck_at = each.failing_since = None
        each.reason = ""
    return len(found)


def _shown(row: Row[WantedScore, str, str, str]) -> ShownScore:
    score: WantedScore
    score, name, item_path, title = row
    return ShownScore(
        id=score.id,
        person_id=score.person_id,
        person_name=name,
        title=title or "",
        item_path=item_path,
        points=score.points,
        maximum=score.maximum,
        wanted_at=score.wanted_at,
        sent_at=score.sent_at,
        is_sent=score.sent_version == score.version,
        is_stuck=score.stuck_at is not None,
        due_at=score.due_at,
        reason=score.reason,
    )
