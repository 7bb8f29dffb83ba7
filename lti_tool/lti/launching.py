"""Checked claims -> Launch and Visit, in one transaction with all that a launch leaves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from sqlalchemy import Connection, bindparam, select, update

from courses.catalogue import Catalogue
from lti_tool.grants import Grant
from lti_tool.lti import binding, doctor, keysets, records
from lti_tool.lti.binding import Bound, Proof
from lti_tool.lti.checks import Check
from lti_tool.lti.logins import frame_ancestors
from lti_tool.lti.models import Deployment, DeploymentPolicy, DeploymentStatus, Login, Platform
from lti_tool.lti.protocol import (
    CLAIM,
    CheckedLaunch,
    Expected,
    RefusedError,
    Token,
    skew_of,
    take_apart,
)
from lti_tool.lti.records import Left
from lti_tool.lti.said import Said
from lti_tool.vault import digest, new_token
from lti_tool.visit import Role, Visit
from xapi.prepared import Prepared

Arrival = Callable[[Connection, Visit, datetime], None]
"""What another room does, in the launch's transaction, when somebody arrives."""

USE_UP = Prepared(
    update(Login)
    .where(
        Login.state_hash == bindparam("b_state"),
        Login.used_at.is_(None),
        (Login.cookie_hash == bindparam("b_cookie"))
        | (Login.storage_hash == bindparam("b_storage")),
    )
    .values(used_at=bindparam("b_now"))
    .returning(
        Login.platform_id,
        Login.nonce_hash,
        Login.target_link_uri,
        Login.cookie_hash,
        Login.storage_hash,
        Login.created_at,
    )
)
PLATFORM = Prepared(
    select(
        Platform.id, Platform.issuer, Platform.client_id, Platform.version, Platform.withdrawn_at,
        Platform.deployment_policy, Platform.auth_url, Platform.frame_origins,
        Deployment.id.label("deployment_row"), Deployment.status,
        Grant.role.label("granted"),
    )
    .outerjoin(
        Deployment,
        (Deployment.platform_id == Platform.id)
        & (Deployment.deployment_id == bindparam("deployment")),
    )
    .outerjoin(
        Grant,
        (Grant.issuer == Platform.issuer)
        & (Grant.subject == bindparam("subject"))
        & Grant.withdrawn_at.is_(None),
    )
    .where(Platform.id == bindparam("id"))
)  # fmt: skip
FRAMING = Prepared(
    select(Platform.issuer, Platform.auth_url, Platform.frame_origins).where(
        Platform.id == bindparam("id")
    )
)
USED = Prepared(select(Login.used_at).where(Login.state_hash == bindparam("state_hash")))


def _make_deployment(insert: Any) -> Any:
    fields = ("id", "platform_id", "deployment_id", "status", "first_seen_at")
    made = insert(Deployment).values({name: bindparam(name) for name in fields})
    return made.on_conflict_do_update(
        index_elements=[Deployment.platform_id, Deployment.deployment_id],
        set_={"deployment_id": made.excluded.deployment_id},
    ).returning(Deployment.id, Deployment.status)


MEET = Prepared.for_both(_make_deployment)


class KeyNeededError(Exception):
    """The token names a key that is not held; what was written must be rolled back."""

    def __init__(self, platform_id: UUID) -> None:
        super().__init__(str(platform_id))
        self.platform_id = platform_id


@dataclass(frozen=True, slots=True)
class Door:
    """What a launch needs to know of the application."""

    origin: str
    allow_http: bool
    login_time: timedelta
    visit_time: timedelta
    catalogue: Catalogue
    arrivals: tuple[Arrival, ...] = ()


@dataclass(frozen=True, slots=True)
class Posted:
    """What a browser posted to the launch address."""

    state: str
    token: str
    proof: Proof
    key_fault: str | None = None
    """Why the platform's key set could not be fetched just now; None: it was not asked for."""
    key_asked: bool = False


@dataclass(frozen=True, slots=True)
class Taken:
    """An accepted launch."""

    visit: Visit
    cookie_secret: str
    """To be set as the visit's cookie; empty where the browser brought none."""
    is_deep_linking: bool
    left: Left
    """What to remember once the transaction has committed."""


@dataclass(frozen=True, slots=True)
class Refused:
    """A refused launch, its trace written."""

    error: RefusedError
    code: str
    frame_ancestors: tuple[str, ...] = ()


def take(connection: Connection, posted: Posted, door: Door, *, now: datetime) -> Taken | Refused:
    """Check a launch and keep what it leaves, in the caller's transaction.

    A refusal is a value: its trace and the used login are to be committed.

    Raises:
        KeyNeededError: roll back, fetch the platform's key set, and call again.
    """
    trace: dict[str, Any] = {"platform_id": None, "skew_s": None, "kid": "", "binding": ""}
    trace["deployment"] = ""
    try:
        return _take(connection, posted, door, trace, now=now)
    except RefusedError as error:
        return refuse(connection, error, trace, now=now)


def refuse(
    connection: Connection, error: RefusedError, trace: dict[str, Any], *, now: datetime
) -> Refused:
    """Write down why a login or launch was refused; give what its page shows."""
    code = doctor.new_code()
    doctor.record(
        connection,
        accepted=False,
        check=error.check,
        code=code,
        detail=error.detail,
        now=now,
        **trace,
    )
    return Refused(error, code, ancestors_of(connection, trace.get("platform_id")))


def ancestors_of(connection: Connection, platform_id: UUID | None) -> tuple[str, ...]:
    """Give the origins that may frame what a platform's people see."""
    row = FRAMING.first(connection, {"id": platform_id}) if platform_id else None
    return frame_ancestors(*row) if row else ()


def _take(
    connection: Connection, posted: Posted, door: Door, trace: dict[str, Any], *, now: datetime
) -> Taken:
    login = _use_up(connection, posted, now=now)
    trace["platform_id"] = login.platform_id
    bound = binding.bound_by(
        posted.proof, cookie_hash=login.cookie_hash, storage_hash=login.storage_hash
    )
    trace["binding"] = bound.value
    if now - login.created_at > door.login_time:
        age_s = round((now - login.created_at).total_seconds())
        raise RefusedError(Check.LOGIN_EXPIRED, age_s=age_s)
    token = take_apart(posted.token)
    trace["kid"], trace["skew_s"] = token.kid, skew_of(token.claims, now)
    given = token.claims.get(f"{CLAIM}deployment_id")
    trace["deployment"] = given[:255] if isinstance(given, str) else ""
    subject = token.claims.get("sub")
    where = {
        "id": login.platform_id,
        "deployment": trace["deployment"],
        "subject": subject if isinstance(subject, str) else "",
    }
    rows = PLATFORM.all(connection, where)
    platform = rows[0]
    if platform.withdrawn_at is not None:
        raise RefusedError(Check.PLATFORM, found="withdrawn")
    key = _key(connection, token, platform, posted)
    expected = Expected(
        platform_id=platform.id,
        issuer=platform.issuer,
        client_id=platform.client_id,
        nonce_hash=login.nonce_hash,
        target_link_uri=login.target_link_uri,
        login_at=login.created_at,
        origin=door.origin,
        allow_http=door.allow_http,
    )
    claims = CheckedLaunch(token, expected, key, now=now).validate().claims
    deployment_id = _admit(connection, platform, trace["deployment"], now=now)
    granted = frozenset(Role(row.granted) for row in rows if row.granted is not None)
    framing = frame_ancestors(platform.issuer, platform.auth_url, platform.frame_origins)
    said = Said(claims, platform.id, deployment_id, granted, framing)
    return _keep(connection, said, door, bound, trace, now=now)


def _use_up(connection: Connection, posted: Posted, *, now: datetime) -> Any:
    """Take the login of a state, in one statement, or say why it cannot be had."""
    given = {
        "b_state": digest(posted.state),
        "b_cookie": posted.proof.cookie_hash,
        "b_storage": posted.proof.storage_hash,
        "b_now": now,
    }
    row = USE_UP.first(connection, given)
    if row is not None:
        return row
    used = USED.first(connection, {"state_hash": given["b_state"]})
    if used is None:
        raise RefusedError(Check.STATE)
    raise RefusedError(Check.REPLAY if used.used_at is not None else Check.BROWSER)


def _key(connection: Connection, token: Token, platform: Any, posted: Posted) -> RSAPublicKey:
    key = keysets.find_key(connection, platform.id, platform.version, token.kid)
    if key is not None:
        return key
    if not posted.key_asked:
        raise KeyNeededError(platform.id)
    if posted.key_fault is not None:
        raise RefusedError(Check.KEY_SET, fault=posted.key_fault)
    raise RefusedError(Check.KEY, found=token.kid)


def _admit(connection: Connection, platform: Any, given: str, *, now: datetime) -> UUID:
    """Give the deployment's row if launches of it are taken."""
    status, row = platform.status, platform.deployment_row
    if row is None:
        automatic = platform.deployment_policy == DeploymentPolicy.AUTOMATIC
        status = DeploymentStatus.APPROVED if automatic else DeploymentStatus.PENDING
        values = {
            "id": uuid4(),
            "platform_id": platform.id,
            "deployment_id": given,
            "status": status,
            "first_seen_at": now,
        }
        row, status = MEET.one(connection, values)
    if status == DeploymentStatus.PENDING:
        raise RefusedError(Check.DEPLOYMENT_PENDING, deployment=given)
    if status == DeploymentStatus.REFUSED:
        raise RefusedError(Check.DEPLOYMENT_REFUSED, deployment=given)
    kept_row: UUID = row
    return kept_row


# Claims -> rows


def _keep(
    connection: Connection,
    said: Said,
    door: Door,
    bound: Bound,
    trace: dict[str, Any],
    *,
    now: datetime,
) -> Taken:
    who, where = said.who(), said.where()
    person_id, actor_name = records.keep_person(connection, who, now=now)
    context_id = records.keep_context(connection, where) if where else None
    roles = said.context_roles()
    if context_id is not None:
        held = sorted(role.value for role in roles)
        records.keep_membership(connection, context_id, person_id, held, now=now)
    what = said.what(context_id, door.catalogue)
    link = records.keep_link(connection, what, now=now) if what else None
    if link is not None and what is not None and context_id is not None and what.lineitem_url:
        records.keep_column(connection, context_id, link, what.lineitem_url, now=now)
    visit = Visit(
        id=new_token(),
        launch_id=uuid4(),
        roles=roles | said.granted,
        platform_id=said.platform_id,
        deployment_id=said.deployment_id,
        person_id=person_id,
        context_id=context_id,
        resource_link_id=link.id if link else None,
        course_id=link.course_id if link else None,
        item_path=link.item_path if link else None,
        actor_name=actor_name,
        display_name=who.name or None,
        locale=who.locale or "en",
        framed=said.document_target != "window",
        frame_ancestors=said.frame_ancestors,
        began_at=now,
    )
    cookie = new_token() if bound is Bound.COOKIE else ""
    _keep_launch(connection, visit, said, cookie, ends_at=now + door.visit_time)
    doctor.record(connection, accepted=True, code=doctor.new_code(), **trace, now=now)
    for arrive in door.arrivals if link is not None else ():
        arrive(connection, visit, now)
    return Taken(visit, cookie, said.is_deep_linking, Left(where, context_id, what, link, now))


def _keep_launch(
    connection: Connection, visit: Visit, said: Said, cookie: str, *, ends_at: datetime
) -> None:
    records.keep_launch(
        connection,
        {
            "id": visit.launch_id,
            "visit_hash": digest(visit.id),
            "cookie_hash": digest(cookie) if cookie else "",
            "platform_id": visit.platform_id,
            "deployment_id": visit.deployment_id,
            "person_id": visit.person_id,
            "context_id": visit.context_id,
            "resource_link_id": visit.resource_link_id,
            "message_type": said.message_type,
            "roles": sorted(role.value for role in visit.roles),
            "locale": visit.locale,
            "document_target": said.document_target,
            "deep_linking": said.settings() if said.is_deep_linking else None,
            "created_at": visit.began_at,
            "ends_at": ends_at,
        },
    )
