"""Columns of the grade book that no launch named: looked for by the worker (AGS 2.0, 3.2.9).

A platform names the column of a link only where there is exactly one; Moodle sends an empty one
where it was made later. The worker asks for the columns of such a link, and takes the one that is
ours by its resource id, or the only one there is.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from lti_tool.db import Begin
from lti_tool.lti import records
from lti_tool.lti.calls import is_address
from lti_tool.lti.models import Context, Deployment, ResourceLink
from lti_tool.lti.records import KeptLink
from lti_tool.lti.services import PlatformServices, ServiceError

READ = "https://purl.imsglobal.org/spec/lti-ags/scope/lineitem.readonly"
WRITE = "https://purl.imsglobal.org/spec/lti-ags/scope/lineitem"
COLUMNS_TYPE = "application/vnd.ims.lis.v2.lineitemcontainer+json"
LEASE = timedelta(minutes=5)
RETRY = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class ColumnClaim:
    """A link whose column this worker looks for now."""

    link: KeptLink
    link_key: str
    context_id: UUID
    platform_id: UUID
    lineitems_url: str
    scope: str


def find_due(begin: Begin, services: PlatformServices, *, now: datetime, limit: int = 5) -> int:
    """Look for the columns that are wanted; give how many links were looked at."""
    with begin() as session:
        claims = _claim(session, now=now, limit=limit)
    for claim in claims:
        url, due_at = None, None
        try:
            url = find(services, claim, now=now)
        except ServiceError as error:
            due_at = None if error.is_final else now + RETRY
        with begin() as session:
            _settle(session, claim, url, due_at=due_at, now=now)
    return len(claims)


def _claim(session: Session, *, now: datetime, limit: int) -> list[ColumnClaim]:
    due = select(ResourceLink.id).where(ResourceLink.column_due_at <= now).limit(limit).cte("due")
    ids = session.scalars(
        update(ResourceLink)
        .where(ResourceLink.id.in_(select(due.c.id)), ResourceLink.column_due_at <= now)
        .values(column_due_at=now + LEASE)
        .returning(ResourceLink.id)
        .execution_options(synchronize_session=False)
    ).all()
    rows = session.execute(
        select(ResourceLink, Context, Deployment.platform_id)
        .join(Context, Context.id == ResourceLink.context_id)
        .join(Deployment, Deployment.id == Context.deployment_id)
        .where(ResourceLink.id.in_(ids))
    )
    return [
        ColumnClaim(
            KeptLink(link.id, link.course_id, link.item_path),
            link.link_key,
            context.id,
            platform_id,
            context.lineitems_url,
            WRITE if WRITE in context.ags_scopes else READ,
        )
        for link, context, platform_id in rows
    ]


def find(services: PlatformServices, claim: ColumnClaim, *, now: datetime) -> str | None:
    """Ask the platform for a link's column; None: there is none, or it does not tell.

    Raises:
        ServiceError: it cannot be asked just now.
    """
    url = _with(claim.lineitems_url, "resource_link_id", claim.link_key)
    answer = services.request(
        claim.platform_id, (claim.scope,), "GET", url, accept=COLUMNS_TYPE, now=now
    )
    if answer.status == 429 or answer.status >= 500:
        raise ServiceError(f"The platform answered {answer.status} when asked for the columns.")
    try:
        listed = json.loads(answer.body) if answer.status == 200 else []
    except (ValueError, RecursionError):
        return None
    return choose(listed, claim) if isinstance(listed, list) else None


def choose(listed: Sequence[object], claim: ColumnClaim) -> str | None:
    """Choose among the columns of a link: the one with our resource id, else the only one."""
    columns = [
        each
        for each in listed
        if isinstance(each, Mapping) and str(each.get("resourceLinkId")) == claim.link_key
    ]
    own = claim.link.course_id or ""
    key = f"{own}/{claim.link.item_path}" if claim.link.item_path else own
    ours: list[Mapping[str, Any]] = [each for each in columns if each.get("resourceId") == key]
    chosen = ours[:1] or (columns if len(columns) == 1 else [])
    url = str(chosen[0].get("id") or "") if chosen else ""
    is_same_site = is_address(url) and _site(url) == _site(claim.lineitems_url)
    return url if is_same_site else None


def _site(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.scheme, parts.netloc


def _settle(
    session: Session,
    claim: ColumnClaim,
    url: str | None,
    *,
    due_at: datetime | None,
    now: datetime,
) -> None:
    session.execute(
        update(ResourceLink).where(ResourceLink.id == claim.link.id).values(column_due_at=due_at)
    )
    if url is not None:
        records.keep_column(session.connection(), claim.context_id, claim.link, url, now=now)


def _with(url: str, name: str, value: str) -> str:
    parts = urlsplit(url)
    query = [*parse_qsl(parts.query, keep_blank_values=True), (name, value)]
    return urlunsplit(parts._replace(query=urlencode(query)))
