"""Visits found again by the opaque id in their address, and what else becomes of them."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import bindparam, select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from lti_tool.db import Database
from lti_tool.errors import NotFoundError
from lti_tool.lti.logins import frame_ancestors
from lti_tool.lti.models import Launch, LineItem, Person, Platform, ResourceLink
from lti_tool.vault import digest, new_token
from lti_tool.visit import Role, Visit
from xapi.prepared import Prepared

DESK = "desk"
"""Message type of a visit that an administrator's link began."""
HOLD = timedelta(seconds=30)
MOST_HELD = 5_000
INSERTS: dict[str, Any] = {"sqlite": sqlite_insert, "postgresql": postgresql_insert}

FIND = Prepared(
    select(
        Launch.id, Launch.cookie_hash, Launch.platform_id, Launch.deployment_id, Launch.person_id,
        Launch.context_id, Launch.resource_link_id, Launch.roles, Launch.locale,
        Launch.document_target, Launch.created_at, Launch.ends_at,
        ResourceLink.course_id, ResourceLink.item_path,
        Person.actor_name, Person.name,
        Platform.issuer, Platform.auth_url, Platform.frame_origins,
    )
    .outerjoin(ResourceLink, ResourceLink.id == Launch.resource_link_id)
    .outerjoin(Person, Person.id == Launch.person_id)
    .outerjoin(Platform, Platform.id == Launch.platform_id)
    .where(
        Launch.visit_hash == bindparam("visit_hash"),
        Launch.ends_at > bindparam("now"),
        Launch.ended_at.is_(None),
        Platform.withdrawn_at.is_(None),
    )
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Held:
    visit: Visit
    cookie_hash: str
    until: datetime


class Visits:
    """The visits of an application; one just looked up is held for half a minute.

    A learner who answers question after question is not looked up for each. What this costs: where
    a platform is withdrawn, another process may let its learners in for that long.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._held: dict[str, _Held] = {}

    def find(self, visit_id: str, secret: str, *, now: datetime) -> Visit | None:
        """Give the visit of an id; None where there is none, it is over, or its cookie is missing.

        Args:
            visit_id: from the address.
            secret: from the visit's cookie; empty where the browser sent none.
            now: the moment.
        """
        held = self._held.get(visit_id)
        if held is None or held.until <= now:
            held = self._read(visit_id, now=now)
        if held is None:
            return None
        if held.cookie_hash and not hmac.compare_digest(held.cookie_hash, digest(secret)):
            return None
        return held.visit

    def hold(self, visit: Visit, cookie_hash: str, *, now: datetime) -> None:
        """Hold a visit that began just now: its first page follows at once.

        Staff are always looked up: what they may is taken away at once. So are visits of a link
        that is not bound yet.
        """
        if visit.course_id is not None and not visit.is_staff:
            if len(self._held) >= MOST_HELD:
                self._held.clear()
            self._held[visit.id] = _Held(visit, cookie_hash, now + HOLD)

    def forget(self) -> None:
        """Look every visit up again from now on."""
        self._held.clear()

    def _read(self, visit_id: str, *, now: datetime) -> _Held | None:
        with self._database.apart() as connection:
            row = FIND.first(connection, {"visit_hash": digest(visit_id), "now": now})
        if row is None:
            self._held.pop(visit_id, None)
            return None
        visit = _visit_of(visit_id, row)
        if row.ends_at > now + HOLD:
            self.hold(visit, row.cookie_hash, now=now)
        return _Held(visit, row.cookie_hash, now)


def _visit_of(visit_id: str, row: Any) -> Visit:
    return Visit(
        id=visit_id,
        launch_id=row.id,
        roles=frozenset(Role(value) for value in row.roles),
        platform_id=row.platform_id,
        deployment_id=row.deployment_id,
        person_id=row.person_id,
        context_id=row.context_id,
        resource_link_id=row.resource_link_id,
        course_id=row.course_id,
        item_path=row.item_path,
        actor_name=row.actor_name,
        display_name=row.name or None,
        locale=row.locale or "en",
        framed=row.document_target != "window",
        frame_ancestors=frame_ancestors(row.issuer, row.auth_url, row.frame_origins)
        if row.issuer
        else (),
        began_at=row.created_at,
    )


def find(database: Database, visit_id: str, secret: str, *, now: datetime) -> Visit | None:
    """Give the visit of an id as the database has it now; see :meth:`Visits.find`."""
    return Visits(database).find(visit_id, secret, now=now)


def begin_desk_visit(session: Session, *, cookie: str, now: datetime, hours: int) -> str:
    """Begin an administrator's visit without a platform; give its id.

    Args:
        session: of the caller.
        cookie: secret that the browser must bring along from now on.
        now: the moment.
        hours: how long it lasts.
    """
    visit_id = new_token()
    session.add(
        Launch(
            id=uuid4(),
            visit_hash=digest(visit_id),
            cookie_hash=digest(cookie),
            message_type=DESK,
            roles=[Role.ADMINISTRATOR.value],
            document_target="window",
            created_at=now,
            ends_at=now + timedelta(hours=hours),
        )
    )
    session.flush()
    return visit_id


def end_visits(session: Session, issuer: str, subject: str, *, now: datetime) -> int:
    """End the visits of somebody whose roles were changed; give how many."""
    people = (
        select(Person.id)
        .join(Platform, Platform.id == Person.platform_id)
        .where(Platform.issuer == issuer, Person.subject == subject)
    )
    ended = session.execute(
        update(Launch)
        .where(Launch.person_id.in_(people), Launch.ended_at.is_(None), Launch.ends_at > now)
        .values(ended_at=now)
        .execution_options(synchronize_session=False)
    )
    return int(ended.rowcount)  # type: ignore[attr-defined]


def bind_resource_link(
    session: Session,
    resource_link_id: UUID | None,
    *,
    course_id: str,
    item_path: str | None,
    now: datetime,
) -> None:
    """Bind a link that was made without deep linking, with its column where it has one.

    Raises:
        NotFoundError: there is no such link.
    """
    link = session.get(ResourceLink, resource_link_id) if resource_link_id else None
    if link is None:
        raise NotFoundError(f"resource link {resource_link_id}")
    link.course_id, link.item_path = course_id, item_path
    if not link.lineitem_url or link.context_id is None:
        return
    values = {
        "resource_link_id": link.id,
        "course_id": course_id,
        "item_path": item_path or "",
    }
    made = INSERTS[session.get_bind().dialect.name](LineItem).values(
        id=uuid4(),
        context_id=link.context_id,
        url=link.lineitem_url,
        url_hash=digest(link.lineitem_url),
        created_at=now,
        **values,
    )
    session.execute(
        made.on_conflict_do_update(
            index_elements=[LineItem.context_id, LineItem.url_hash], set_=values
        )
    )
