"""Deployments of platforms: which are let in, decided by an administrator; each act is noted."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_tool import audit
from lti_tool.errors import NotFoundError
from lti_tool.i18n import gettext as _
from lti_tool.lti.models import Deployment, DeploymentStatus, Platform
from lti_tool.lti.particulars import check_id


def add_deployment(
    session: Session,
    platform_id: UUID,
    deployment_id: str,
    *,
    status: DeploymentStatus = DeploymentStatus.APPROVED,
    who: str,
    now: datetime,
) -> Deployment:
    """Take in a deployment, or give the one that is there the status.

    Raises:
        NotFoundError: no such platform.
        BadRequestError: the id is empty or too long.
    """
    _find_platform(session, platform_id)
    named = check_id(deployment_id, _("Deployment"))
    found = _find_deployment(session, platform_id, named)
    if found is None:
        found = Deployment(
            platform_id=platform_id, deployment_id=named, status=status, first_seen_at=now
        )
        session.add(found)
        session.flush()
        _note_deployment(session, found, who=who, now=now)
    elif found.status != status:
        _set_status(session, found, status, who=who, now=now)
    return found


def meet(
    session: Session,
    platform_id: UUID,
    deployment_id: str,
    *,
    status: DeploymentStatus,
    who: str,
    now: datetime,
) -> Deployment:
    """Give a deployment; one that was never seen begins with the status, a known one keeps its own.

    Raises:
        NotFoundError: no such platform.
        BadRequestError: the id is empty or too long.
    """
    found = _find_deployment(session, platform_id, deployment_id.strip())
    if found is not None:
        return found
    return add_deployment(session, platform_id, deployment_id, status=status, who=who, now=now)


def decide_deployment(
    session: Session,
    platform_id: UUID,
    deployment_id: str,
    status: DeploymentStatus,
    *,
    who: str,
    now: datetime,
) -> Deployment:
    """Approve or refuse a deployment that is known.

    Raises:
        NotFoundError: the platform has none of that id.
    """
    found = _find_deployment(session, platform_id, deployment_id)
    if found is None:
        raise NotFoundError(
            f"deployment {deployment_id!r} of {platform_id}",
            words=_("This platform has no deployment of that id."),
        )
    if found.status != status:
        _set_status(session, found, status, who=who, now=now)
    return found


def _set_status(
    session: Session, found: Deployment, status: DeploymentStatus, *, who: str, now: datetime
) -> None:
    found.status = status
    _find_platform(session, found.platform_id).version += 1
    _note_deployment(session, found, who=who, now=now)


def _find_deployment(session: Session, platform_id: UUID, deployment_id: str) -> Deployment | None:
    return session.scalar(
        select(Deployment).where(
            Deployment.platform_id == platform_id, Deployment.deployment_id == deployment_id
        )
    )


def _note_deployment(session: Session, found: Deployment, *, who: str, now: datetime) -> None:
    audit.note(
        session,
        f"deployment.{found.status}",
        who=who,
        about=str(found.platform_id),
        detail={"deployment": found.deployment_id},
        now=now,
    )


def _find_platform(session: Session, platform_id: UUID) -> Platform:
    platform = session.get(Platform, platform_id)
    if platform is None:
        raise NotFoundError(f"platform {platform_id}", words=_("There is no such platform."))
    return platform
