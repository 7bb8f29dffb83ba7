"""What each platform's grade book should show, and bringing it there.

A wish is a row written in the learner's transaction; the worker carries it out. The newest wish
wins: one row for each column and learner, raised in version by each wish.
"""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from urllib.parse import urlsplit, urlunsplit
from uuid import UUID, uuid4

from sqlalchemy import Row, and_, bindparam, case, select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from lti_tool.db import Begin, connection_of
from lti_tool.errors import NotFoundError
from lti_tool.lti.calls import is_address
from lti_tool.lti.models import LineItem, Person, ResourceLink, WantedScore
from lti_tool.lti.services import PlatformServices, ServiceAnswer, ServiceError

SCOPE = "https://purl.imsglobal.org/spec/lti-ags/scope/score"
SCORE_TYPE = "application/vnd.ims.lis.v1.score+json"

LEASE = timedelta(minutes=5)
FIRST_WAIT = timedelta(minutes=1)
LONGEST_WAIT = timedelta(days=1)
GIVE_UP = timedelta(days=7)
CONFLICTS = 3
"""How often a platform's 409 is answered by a later time stamp."""
SENT = ("sent_at", "sent_timestamp", "sent_version")

COLUMNS = select(LineItem.id).where(
    LineItem.context_id == bindparam("context_id"),
    LineItem.course_id == bindparam("course_id"),
    LineItem.item_path == bindparam("item_path"),
)

_VALUES = {
    name: bindparam(name)
    for name in ("id", "line_item_id", "person_id", "points", "maximum", "wanted_at", "due_at")
} | {"version": 1, "sent_version": 0, "tries": 0, "conflicts": 0, "reason": ""}


def _wish(insert: type | object) -> object:
    statement = insert(WantedScore).values(_VALUES)  # type: ignore[operator]
    new = statement.excluded
    rested = WantedScore.stuck_at.is_not(None)
    return statement.on_conflict_do_update(
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


WISHES = {"sqlite": _wish(sqlite_insert), "postgresql": _wish(postgresql_insert)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A wish that this worker carries out now."""

    id: UUID
    version: int
    url: str
    platform_id: UUID
    subject: str
    points: Fraction
    maximum: int
    tries: int
    conflicts: int
    failing_since: datetime | None
    sent_timestamp: datetime | None


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
    session: Session,
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
    columns = session.execute(COLUMNS, where).scalars().all()
    if not columns:
        return
    wish = WISHES[session.get_bind().dialect.name]
    for column in columns:
        session.execute(
            wish,  # type: ignore[call-overload]  # an insert of either dialect
            {
                "id": uuid4(),
                "line_item_id": column,
                "person_id": person_id,
                "points": points,
                "maximum": maximum,
                "wanted_at": now,
                "due_at": now,
            },
        )


def push_due(begin: Begin, services: PlatformServices, *, now: datetime, limit: int = 50) -> int:
    """Send what is due, each score with an outcome of its own; give how many were tried.

    T{ claim } send T{ settle }: a worker that dies in between leaves rows that fall due again.
    """
    with begin() as session:
        claims = _claim(session, now=now, limit=limit)
    silent: dict[UUID, str] = {}
    for claim in claims:
        if claim.platform_id in silent:  # it would be waited for once more, for nothing
            _wait(begin, claim, silent[claim.platform_id], now=now)
            continue
        trouble = _push(begin, services, claim, now=now)
        if trouble:
            silent[claim.platform_id] = trouble
    return len(claims)


def _claim(session: Session, *, now: datetime, limit: int) -> list[Claim]:
    due = select(WantedScore.id).where(WantedScore.due_at <= now)
    due = due.order_by(WantedScore.due_at).limit(limit)
    ids = session.scalars(
        update(WantedScore)
        .where(WantedScore.id.in_(due), WantedScore.due_at <= now)
        .values(due_at=now + LEASE)
        .returning(WantedScore.id)
        .execution_options(synchronize_session=False)
    ).all()
    if not ids:
        return []
    rows = session.execute(
        select(WantedScore, LineItem.url, Person.subject, Person.platform_id)
        .join(LineItem, LineItem.id == WantedScore.line_item_id)
        .join(Person, Person.id == WantedScore.person_id)
        .where(WantedScore.id.in_(ids))
    )
    return [
        Claim(
            id=row.id,
            version=row.version,
            url=url,
            platform_id=platform_id,
            subject=subject,
            points=row.points,
            maximum=row.maximum,
            tries=row.tries,
            conflicts=row.conflicts,
            failing_since=row.failing_since,
            sent_timestamp=row.sent_timestamp,
        )
        for row, url, subject, platform_id in rows
    ]


def _push(begin: Begin, services: PlatformServices, claim: Claim, *, now: datetime) -> str:
    """Send one score; give why the whole platform cannot be reached, or nothing."""
    if not is_address(claim.url):
        _rest(begin, claim, "The address of this column cannot be read.", now=now)
        return ""
    timestamp = _timestamp(claim, now)
    if timestamp is None:  # sent within this very second
        _settle(begin, claim, due_at=now + timedelta(seconds=1))
        return ""
    try:
        answer = services.request(
            claim.platform_id,
            (SCOPE,),
            "POST",
            scores_url(claim.url),
            body=json.dumps(_body(claim, timestamp)).encode(),
            content_type=SCORE_TYPE,
            now=now,
        )
    except ServiceError as error:
        if error.is_final:
            _rest(begin, claim, str(error), now=now)
            return ""
        _wait(begin, claim, str(error), now=now)
        return str(error)
    _settle_answer(begin, claim, answer, timestamp, now=now)
    return ""


def _settle_answer(
    begin: Begin, claim: Claim, answer: ServiceAnswer, timestamp: datetime, *, now: datetime
) -> None:
    status = answer.status
    if 200 <= status < 300:
        _sent(begin, claim, timestamp, now=now)
    elif status == 409 and claim.conflicts + 1 < CONFLICTS:
        _settle(
            begin,
            claim,
            due_at=now + timedelta(seconds=1),
            conflicts=claim.conflicts + 1,
            sent_timestamp=max(timestamp, claim.sent_timestamp or timestamp),
            reason="The platform holds a score of the same or a later second; trying a later one.",
        )
    elif status == 409:
        reason = "The platform holds a newer score for this learner (409, tried three times)."
        _rest(begin, claim, reason, now=now)
    elif status == 429 or status >= 500:
        reason = f"The platform answered {status}; the score is sent again later."
        _wait(begin, claim, reason, now=now, retry_after=answer.retry_after)
    else:
        reason = REFUSED.get(status, f"The platform refused the score ({status}).")
        _rest(begin, claim, reason, now=now)


REFUSED = {
    400: "The platform refused the score (400): Moodle does so for people who are not enrolled as "
    "learners, such as teachers.",
    401: "The platform refused our access token twice (401): check the tool's client id and keys.",
    403: "The platform does not let this tool write grades (403): allow it in the tool's settings.",
    404: "The platform knows this column of the grade book no more (404).",
}


def scores_url(line_item_url: str) -> str:
    """Give the address for scores of a column; the path grows before the query."""
    parts = urlsplit(line_item_url)
    return urlunsplit(parts._replace(path=f"{parts.path.rstrip('/')}/scores"))


def _timestamp(claim: Claim, now: datetime) -> datetime | None:
    """Give a whole second later than the last one sent and never ahead of now."""
    present = now.replace(microsecond=0)
    if claim.sent_timestamp is None or present > claim.sent_timestamp:
        return present
    return None


def _body(claim: Claim, timestamp: datetime) -> dict[str, object]:
    return {
        "userId": claim.subject,
        "timestamp": timestamp.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "scoreGiven": float(claim.points),
        "scoreMaximum": claim.maximum,
        "activityProgress": "Completed",
        "gradingProgress": "FullyGraded",
    }


def _sent(begin: Begin, claim: Claim, timestamp: datetime, *, now: datetime) -> None:
    _settle(
        begin,
        claim,
        due_at=None,
        sent_version=claim.version,
        sent_at=now,
        sent_timestamp=timestamp,
        tries=0,
        conflicts=0,
        failing_since=None,
        stuck_at=None,
        reason="",
    )


def _wait(
    begin: Begin,
    claim: Claim,
    reason: str,
    *,
    now: datetime,
    retry_after: timedelta | None = None,
) -> None:
    since = claim.failing_since or now
    if now - since >= GIVE_UP:
        _rest(begin, claim, f"{reason} Given up after seven days.", now=now)
        return
    wait = min(FIRST_WAIT * 2 ** min(claim.tries, 12), LONGEST_WAIT)
    wait *= random.uniform(0.8, 1.0)  # noqa: S311  # spreads the load, keeps no secret
    if retry_after is not None:
        wait = min(max(wait, retry_after), LONGEST_WAIT)
    _settle(
        begin, claim, due_at=now + wait, tries=claim.tries + 1, failing_since=since, reason=reason
    )


def _rest(begin: Begin, claim: Claim, reason: str, *, now: datetime) -> None:
    _settle(
        begin,
        claim,
        due_at=None,
        stuck_at=now,
        failing_since=claim.failing_since or now,
        tries=claim.tries + 1,
        reason=reason,
    )


def _settle(begin: Begin, claim: Claim, **values: object) -> None:
    """Write the outcome down, unless a newer wish came in between: then only what was sent."""
    same = and_(WantedScore.id == claim.id, WantedScore.version == claim.version)
    with begin() as session:
        result = session.execute(
            update(WantedScore).where(same).values(**values),
            execution_options={"synchronize_session": False},
        )
        if result.rowcount == 0 and "sent_timestamp" in values:  # type: ignore[attr-defined]
            kept = {name: values[name] for name in SENT if name in values}
            session.execute(
                update(WantedScore).where(WantedScore.id == claim.id).values(**kept),
                execution_options={"synchronize_session": False},
            )


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


ONE = (
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
    session: Session,
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
    row = connection_of(session).execute(ONE, where).one_or_none()
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
