"""How platforms go: their deployments, newest launches, what was refused; for desk and command."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from lti_tool.lti.models import Deployment, DeploymentStatus, LaunchTrace, Platform
from lti_tool.lti.platforms import find, list_all

RECENT = timedelta(days=7)
"""Over how long the launches of a platform are counted."""


@dataclass(frozen=True, slots=True)
class PlatformHealth:
    """A platform with how it goes."""

    platform: Platform
    deployments: tuple[Deployment, ...]
    last_launch_at: datetime | None
    last_refused_at: datetime | None
    recent_launches: int
    recent_refused: int

    @property
    def pending(self) -> int:
        """Count the deployments that wait for an administrator."""
        return sum(each.status == DeploymentStatus.PENDING for each in self.deployments)


def list_platforms(session: Session, *, now: datetime) -> list[PlatformHealth]:
    """Give all platforms by name, the withdrawn ones last."""
    healths = _healths(session, list_all(session), now)
    return sorted(healths, key=lambda each: each.platform.withdrawn_at is not None)


def health_of(session: Session, platform_id: UUID, *, now: datetime) -> PlatformHealth:
    """Give one platform with how it goes.

    Raises:
        NotFoundError: there is none of that id.
    """
    return _healths(session, [find(session, platform_id)], now)[0]


def _healths(session: Session, found: Sequence[Platform], now: datetime) -> list[PlatformHealth]:
    ids = [platform.id for platform in found]
    deployments: dict[UUID, list[Deployment]] = {each: [] for each in ids}
    query = select(Deployment).where(Deployment.platform_id.in_(ids))
    for deployment in session.scalars(query.order_by(Deployment.first_seen_at)):
        deployments[deployment.platform_id].append(deployment)
    traces = {
        (row.platform_id, row.accepted): (row.last, row.recent)
        for row in session.execute(
            select(
                LaunchTrace.platform_id,
                LaunchTrace.accepted,
                func.max(LaunchTrace.at).label("last"),
                func.sum(case((LaunchTrace.at > now - RECENT, 1), else_=0)).label("recent"),
            )
            .where(LaunchTrace.platform_id.in_(ids))
            .group_by(LaunchTrace.platform_id, LaunchTrace.accepted)
        )
    }
    never = (None, 0)
    return [
        PlatformHealth(
            platform,
            tuple(deployments[platform.id]),
            traces.get((platform.id, True), never)[0],
            traces.get((platform.id, False), never)[0],
            int(traces.get((platform.id, True), never)[1]),
            int(traces.get((platform.id, False), never)[1]),
        )
        for platform in found
    ]
