"""Names and roles of a context (NRPS 2.0), fetched by the worker when somebody needs them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urljoin, urlsplit
from uuid import UUID, uuid4

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from lti_tool.db import Begin
from lti_tool.lti.calls import is_address
from lti_tool.lti.models import Context, Deployment, Membership, Person
from lti_tool.lti.roles import context_roles
from lti_tool.lti.services import PlatformServices, ServiceError

SCOPE = "https://purl.imsglobal.org/spec/lti-nrps/scope/contextmembership.readonly"
ROSTER_TYPE = "application/vnd.ims.lti-nrps.v2.membershipcontainer+json"

FRESH = timedelta(minutes=10)
"""How long a roster is good enough for a desk that opens."""
LEASE = timedelta(minutes=5)
RETRY = timedelta(minutes=15)
MAX_PAGES = 500
NEXT = re.compile(
    r"<([^>]*)>\s*;[^,]*\brel\s*=\s*[^a-z0-9,;<>]{0,3}next(?![a-z0-9-])", re.IGNORECASE | re.ASCII
)
"""Curly quotes come as three characters each: headers are read as Latin-1."""


@dataclass(frozen=True, slots=True)
class Member:
    """One line of a roster, checked."""

    subject: str
    is_active: bool
    roles: tuple[str, ...]
    """Our roles by value."""
    name: str
    given_name: str
    family_name: str
    email: str


@dataclass(frozen=True, slots=True)
class RosterClaim:
    """A context whose roster this worker fetches now."""

    context_id: UUID
    platform_id: UUID
    url: str


class RosterError(Exception):
    """What the platform gave is no roster."""


def wish(session: Session, context_id: UUID, *, now: datetime) -> bool:
    """Ask for a fresh roster unless there is one; say whether one is on its way."""
    context = session.get(Context, context_id)
    if context is None or not context.memberships_url:
        return False
    if context.roster_due_at is None and (not context.roster_at or now - context.roster_at > FRESH):
        context.roster_due_at = now
    return context.roster_due_at is not None


def sync_due(begin: Begin, services: PlatformServices, *, now: datetime, limit: int = 3) -> int:
    """Fetch the rosters that are due; give how many were tried."""
    with begin() as session:
        claims = _claim(session, now=now, limit=limit)
    for claim in claims:
        try:
            members = list(fetch(services, claim.platform_id, claim.url, now=now))
        except (ServiceError, RosterError) as error:
            _settle(begin, claim, due_at=now + RETRY, error=str(error))
            continue
        with begin() as session:
            keep(session, claim, members, now=now)
    return len(claims)


def _claim(session: Session, *, now: datetime, limit: int) -> list[RosterClaim]:
    wanted = select(Context.id).where(Context.roster_due_at <= now)
    due = wanted.order_by(Context.roster_due_at).limit(limit).cte("due")
    ids = session.scalars(
        update(Context)
        .where(Context.id.in_(select(due.c.id)), Context.roster_due_at <= now)
        .values(roster_due_at=now + LEASE)
        .returning(Context.id)
        .execution_options(synchronize_session=False)
    ).all()
    rows = session.execute(
        select(Context.id, Deployment.platform_id, Context.memberships_url)
        .join(Deployment, Deployment.id == Context.deployment_id)
        .where(Context.id.in_(ids))
    )
    return [RosterClaim(*row) for row in rows]


def fetch(
    services: PlatformServices, platform_id: UUID, url: str, *, now: datetime
) -> Iterator[Member]:
    """Read a roster page by page.

    Raises:
        ServiceError: the platform did not answer as it should.
        RosterError: the answer is no roster, leads to another site, or does not end.
    """
    seen: set[str] = set()
    page: str | None = url
    while page is not None:
        if page in seen or len(seen) >= MAX_PAGES:
            raise RosterError("The platform's pages of the roster do not end.")
        if _site(page) != _site(url):
            raise RosterError("The platform's roster goes on at another site.")
        seen.add(page)
        answer = services.request(platform_id, (SCOPE,), "GET", page, accept=ROSTER_TYPE, now=now)
        if answer.status != 200:
            raise RosterError(f"The platform answered {answer.status} when asked for the roster.")
        yield from _members(answer.body)
        page = next_page(page, answer.headers.get("Link", ""))


def next_page(url: str, link_header: str) -> str | None:
    """Give the address of the next page (RFC 8288), also from a header with curly quotes."""
    found = NEXT.search(link_header)
    if found is None:
        return None
    given = str(found[1]).replace("&amp;", "&")
    try:
        return urljoin(url, given)
    except ValueError:
        return given


def _site(url: str) -> str:
    """Give scheme, host and port; empty for what is no address."""
    if not is_address(url):
        return ""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _members(body: bytes) -> Iterator[Member]:
    try:
        given = json.loads(body)["members"]
        if not isinstance(given, list):
            raise TypeError
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise RosterError("The platform's roster cannot be read.") from error
    for each in given:
        if isinstance(each, Mapping) and _text(each, "user_id", 255):
            yield _member(each)


def _member(given: Mapping[str, Any]) -> Member:
    roles = given.get("roles")
    words = [str(role) for role in roles] if isinstance(roles, list) else []
    return Member(
        subject=_text(given, "user_id", 255),
        is_active=str(given.get("status") or "Active").lower() == "active",
        roles=tuple(sorted(role.value for role in context_roles(words))),
        name=_text(given, "name", 400),
        given_name=_text(given, "given_name", 200),
        family_name=_text(given, "family_name", 200),
        email=_text(given, "email", 320),
    )


def _text(given: Mapping[str, Any], key: str, length: int) -> str:
    return str(given.get(key) or "").replace("\x00", "")[:length]


def keep(session: Session, claim: RosterClaim, members: Sequence[Member], *, now: datetime) -> None:
    """Write a roster down: people, roles (replaced, never added to) and who is gone."""
    people = _people(session, claim.platform_id, members, now=now)
    held = {
        membership.person_id: membership
        for membership in session.scalars(
            select(Membership).where(Membership.context_id == claim.context_id)
        )
    }
    named: set[UUID] = set()
    for member in members:
        person = people[member.subject]
        named.add(person.id)
        membership = held.get(person.id)
        if membership is None:
            membership = Membership(context_id=claim.context_id, person_id=person.id)
            held[person.id] = membership
            session.add(membership)
        membership.roles = list(member.roles)
        membership.is_active = member.is_active
        membership.updated_at = now
    for person_id, membership in held.items():
        if person_id not in named:
            membership.is_active = False
            membership.updated_at = now
    context = session.get_one(Context, claim.context_id)
    context.roster_at, context.roster_due_at, context.roster_error = now, None, ""


def _people(
    session: Session, platform_id: UUID, members: Sequence[Member], *, now: datetime
) -> dict[str, Person]:
    subjects = [member.subject for member in members]
    found: dict[str, Person] = {}
    for start in range(0, len(subjects), 500):
        rows = session.scalars(
            select(Person).where(
                Person.platform_id == platform_id, Person.subject.in_(subjects[start : start + 500])
            )
        )
        found.update((person.subject, person) for person in rows)
    for member in members:
        person = found.get(member.subject)
        if person is None:
            person = found[member.subject] = Person(
                id=uuid4(),
                platform_id=platform_id,
                subject=member.subject,
                actor_name=uuid4().hex,
                created_at=now,
                seen_at=now,
            )
            session.add(person)
        for name in ("name", "given_name", "family_name", "email"):
            if getattr(member, name):
                setattr(person, name, getattr(member, name))
    session.flush()
    return found


def _settle(begin: Begin, claim: RosterClaim, *, due_at: datetime, error: str) -> None:
    with begin() as session:
        context = session.get_one(Context, claim.context_id)
        context.roster_due_at, context.roster_error = due_at, error
