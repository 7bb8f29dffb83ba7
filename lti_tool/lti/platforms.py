"""Platforms: taken in, changed, withdrawn, restored; each act is noted."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from lti_tool import audit
from lti_tool.errors import ConflictingError, NotFoundError
from lti_tool.i18n import gettext as _
from lti_tool.lti.calls import Calls
from lti_tool.lti.deployments import add_deployment
from lti_tool.lti.models import DeploymentPolicy, Platform, PlatformKey, PlatformToken
from lti_tool.lti.particulars import check_address, check_country, check_id, check_origins

LENGTHS = {"name": 255, "product": 80, "token_audience": 2000}


@dataclass(frozen=True, slots=True, kw_only=True)
class PlatformDetails:
    """What is to be known of a platform before its launches are taken."""

    issuer: str
    client_id: str
    auth_url: str
    token_url: str
    keys_url: str
    token_audience: str = ""
    name: str = ""
    product: str = ""
    country: str = ""
    policy: DeploymentPolicy = DeploymentPolicy.APPROVE
    frame_origins: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PlatformChange:
    """What is to be changed; None stays as it is."""

    name: str | None = None
    product: str | None = None
    country: str | None = None
    policy: DeploymentPolicy | None = None
    frame_origins: tuple[str, ...] | None = None
    auth_url: str | None = None
    token_url: str | None = None
    keys_url: str | None = None
    token_audience: str | None = None


def moodle(
    site: str,
    client_id: str,
    *,
    name: str = "",
    country: str = "",
    policy: DeploymentPolicy = DeploymentPolicy.AUTOMATIC,
) -> PlatformDetails:
    """Give what is to be known of a Moodle from the address of its site."""
    base = site.strip().rstrip("/")
    return PlatformDetails(
        issuer=base,
        client_id=client_id,
        auth_url=f"{base}/mod/lti/auth.php",
        token_url=f"{base}/mod/lti/token.php",
        keys_url=f"{base}/mod/lti/certs.php",
        name=name,
        product="moodle",
        country=country,
        policy=policy,
    )


def add(
    session: Session,
    calls: Calls,
    details: PlatformDetails,
    *,
    deployments: Iterable[str] = (),
    who: str,
    now: datetime,
) -> Platform:
    """Take in a platform, with the deployments that are named as approved.

    Raises:
        BadRequestError: something of it cannot be used; the words say what.
        ConflictingError: there is one of this issuer and client id.
    """
    platform = Platform(
        issuer=check_id(details.issuer, _("Issuer")),
        client_id=check_id(details.client_id, _("Client id")),
        name=_text("name", details.name or urlsplit(details.issuer).netloc),
        product=_text("product", details.product),
        country=check_country(details.country),
        auth_url=check_address(calls, details.auth_url, _("Authentication address")),
        token_url=check_address(calls, details.token_url, _("Token address")),
        keys_url=check_address(calls, details.keys_url, _("Key set address")),
        token_audience=_text("token_audience", details.token_audience),
        frame_origins=check_origins(details.frame_origins),
        deployment_policy=details.policy,
        created_at=now,
    )
    check_address(calls, details.issuer, _("Issuer"))
    try:
        with session.begin_nested():
            session.add(platform)
            session.flush()
    except IntegrityError as error:
        raise ConflictingError(
            f"issuer and client id twice: {details.issuer} {details.client_id}",
            words=_(
                "There is a platform of this issuer and client id already. Change that one, or "
                "check the client id."
            ),
        ) from error
    named = {"issuer": platform.issuer, "client_id": platform.client_id}
    audit.note(session, "platform.added", who=who, about=str(platform.id), detail=named, now=now)
    for deployment_id in deployments:
        add_deployment(session, platform.id, deployment_id, who=who, now=now)
    return platform


def find(session: Session, platform_id: UUID) -> Platform:
    """Give a platform.

    Raises:
        NotFoundError: there is none of that id.
    """
    platform = session.get(Platform, platform_id)
    if platform is None:
        raise NotFoundError(f"platform {platform_id}", words=_("There is no such platform."))
    return platform


def find_by(session: Session, issuer: str, client_id: str) -> Platform | None:
    """Give the platform of an issuer and client id, withdrawn or not."""
    return session.scalar(
        select(Platform).where(Platform.issuer == issuer, Platform.client_id == client_id)
    )


def list_all(session: Session) -> list[Platform]:
    """Give all platforms by name, withdrawn ones among them."""
    return list(session.scalars(select(Platform).order_by(Platform.name, Platform.created_at)))


def choose(session: Session, issuer: str, client_id: str | None) -> Platform:
    """Give the platform that somebody names by its issuer; by its client id too, if need be.

    Raises:
        NotFoundError: there is none.
        ConflictingError: the issuer has several.
    """
    query = select(Platform).where(Platform.issuer == issuer)
    if client_id:
        query = query.where(Platform.client_id == client_id)
    found = session.scalars(query).all()
    if not found:
        raise NotFoundError(f"platform of {issuer}", words=_("There is no such platform."))
    if len(found) > 1:
        raise ConflictingError(
            f"{len(found)} platforms of {issuer}",
            words=_("This issuer has several platforms; give the client id too."),
        )
    return found[0]


def change(
    session: Session,
    calls: Calls,
    platform_id: UUID,
    wanted: PlatformChange,
    *,
    who: str,
    now: datetime,
) -> Platform:
    """Change a platform; where its addresses change, keys and tokens kept from it are dropped.

    Raises:
        NotFoundError: there is none of that id.
        BadRequestError: something cannot be used.
    """
    platform = find(session, platform_id)
    values = _checked(calls, wanted)
    changed = sorted(name for name, value in values.items() if getattr(platform, name) != value)
    if not changed:
        return platform
    for name in changed:
        setattr(platform, name, values[name])
    platform.version += 1
    if "keys_url" in changed:
        session.execute(delete(PlatformKey).where(PlatformKey.platform_id == platform_id))
        platform.keys_fetched_at = platform.keys_tried_at = None
    if {"token_url", "token_audience"} & set(changed):
        session.execute(delete(PlatformToken).where(PlatformToken.platform_id == platform_id))
    audit.note(
        session,
        "platform.changed",
        who=who,
        about=str(platform_id),
        detail={"changed": changed},
        now=now,
    )
    return platform


def withdraw(session: Session, platform_id: UUID, *, who: str, now: datetime) -> bool:
    """Refuse a platform's launches from now on; its rows stay. Say False where it is so already.

    Raises:
        NotFoundError: there is none of that id.
    """
    platform = find(session, platform_id)
    if platform.withdrawn_at is not None:
        return False
    platform.withdrawn_at = now
    platform.version += 1
    session.execute(delete(PlatformToken).where(PlatformToken.platform_id == platform_id))
    audit.note(session, "platform.withdrawn", who=who, about=str(platform_id), now=now)
    return True


def restore(session: Session, platform_id: UUID, *, who: str, now: datetime) -> bool:
    """Take a withdrawn platform's launches again; say False where it is not withdrawn.

    Raises:
        NotFoundError: there is none of that id.
    """
    platform = find(session, platform_id)
    if platform.withdrawn_at is None:
        return False
    platform.withdrawn_at = None
    platform.version += 1
    audit.note(session, "platform.restored", who=who, about=str(platform_id), now=now)
    return True


def _checked(calls: Calls, wanted: PlatformChange) -> dict[str, Any]:
    """Give what is to be changed by column, checked."""
    given = {
        each.name: value
        for each in fields(wanted)
        if (value := getattr(wanted, each.name)) is not None
    }
    labels = {
        "auth_url": _("Authentication address"),
        "token_url": _("Token address"),
        "keys_url": _("Key set address"),
    }
    values: dict[str, Any] = {
        name: check_address(calls, given[name], label)
        for name, label in labels.items()
        if name in given
    }
    values |= {name: _text(name, given[name]) for name in LENGTHS if name in given}
    if "country" in given:
        values["country"] = check_country(given["country"])
    if "frame_origins" in given:
        values["frame_origins"] = check_origins(given["frame_origins"])
    if "policy" in given:
        values["deployment_policy"] = given["policy"]
    return values


def _text(name: str, given: str) -> str:
    return given.strip()[: LENGTHS[name]]
