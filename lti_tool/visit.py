"""Who is here, as plain values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID


class Role(StrEnum):
    """What a person may be during a visit."""

    LEARNER = "learner"
    INSTRUCTOR = "instructor"
    ASSESSOR = "assessor"
    OFFICER = "officer"
    ADMINISTRATOR = "administrator"
    ANALYST = "analyst"


STAFF = frozenset(Role) - {Role.LEARNER}


@dataclass(frozen=True, slots=True)
class Visit:
    """What is going on after a launch, until it ends; one for each launch and tab.

    Made by ``lti/launching.py:find_visit`` from a Launch. The ids of platform, person and context
    are None in a visit that an administrator's link began, without a platform.
    """

    id: str
    """The opaque part of every address; 256 random bits, only its hash is stored."""
    launch_id: UUID
    roles: frozenset[Role]
    platform_id: UUID | None = None
    deployment_id: UUID | None = None
    person_id: UUID | None = None
    context_id: UUID | None = None
    """Row of the Context; None where the launch named none."""
    resource_link_id: UUID | None = None
    course_id: str | None = None
    """Course that the followed link is bound to."""
    item_path: str | None = None
    """Module or item that the link is bound to; None for the whole course."""
    actor_name: str | None = None
    """Pseudonym in statements."""
    display_name: str | None = None
    locale: str = "en"
    framed: bool = True
    frame_ancestors: tuple[str, ...] = ()
    """Origins that may frame this visit's pages."""
    began_at: datetime | None = None
    return_available: bool = False

    def has(self, *roles: Role) -> bool:
        """Say whether this visit holds one of the roles."""
        return not self.roles.isdisjoint(roles)

    @property
    def is_staff(self) -> bool:
        """Say whether the person is here as anything but a learner."""
        return not self.roles.isdisjoint(STAFF)

    @property
    def is_preview(self) -> bool:
        """Say whether courses are walked without a trace: staff who are not learners as well."""
        return self.is_staff or self.person_id is None
