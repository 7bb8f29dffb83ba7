"""Bringing scores to the platforms' grade books (AGS 2.0): claim, send, settle; in the worker."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from urllib.parse import urlsplit, urlunsplit
from uuid import UUID

from sqlalchemy import and_, select, update
from sqlalchemy.orm import Session

from lti_tool.db import Begin
from lti_tool.lti.calls import is_address
from lti_tool.lti.models import LineItem, Person, WantedScore
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
    wanted = select(WantedScore.id).where(WantedScore.due_at <= now)
    due = wanted.order_by(WantedScore.due_at).limit(limit).cte("due")
    ids = session.scalars(
        update(WantedScore)
        .where(WantedScore.id.in_(select(due.c.id)), WantedScore.due_at <= now)
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
