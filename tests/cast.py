"""The people of the tests: Alice and Bob learn, Carol teaches, in one course of one platform."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from lti_tool.db import Database
from lti_tool.lti.models import (
    Context,
    Deployment,
    DeploymentStatus,
    Launch,
    LineItem,
    Membership,
    Person,
    Platform,
    ResourceLink,
)
from lti_tool.vault import digest
from lti_tool.visit import Role, Visit

NOON = datetime(2026, 11, 2, 12, 0, tzinfo=UTC)
COLUMNS = ("", "exam", "01-europe", "01-europe/quiz", "02-world/quiz")
PEOPLE = {"Alice": Role.LEARNER, "Bob": Role.LEARNER, "Carol": Role.INSTRUCTOR}
_numbers = itertools.count(1)


@dataclass
class Stage:
    """A platform with a context, a link that is bound to a course, and the cast."""

    database: Database
    platform_id: UUID
    deployment_id: UUID
    context_id: UUID
    link_id: UUID
    course_id: str | None
    people: dict[str, UUID] = field(default_factory=dict)

    def actor_name(self, name: str) -> str:
        """Give somebody's pseudonym."""
        return f"{name.lower()}-{self.platform_id.hex[:12]}"

    def visit(self, name: str, *, now: datetime = NOON, hours: int = 12) -> Visit:
        """Launch once more as somebody."""
        role = PEOPLE[name]
        launch_id, visit_id = uuid4(), f"visit-of-{name.lower()}-{next(_numbers)}"
        with self.database.begin() as session:
            session.add(
                Launch(
                    id=launch_id,
                    visit_hash=digest(visit_id),
                    platform_id=self.platform_id,
                    deployment_id=self.deployment_id,
                    person_id=self.people[name],
                    context_id=self.context_id,
                    resource_link_id=self.link_id,
                    message_type="LtiResourceLinkRequest",
                    roles=[role.value],
                    created_at=now,
                    ends_at=now + timedelta(hours=hours),
                )
            )
        return Visit(
            id=visit_id,
            launch_id=launch_id,
            roles=frozenset({role}),
            platform_id=self.platform_id,
            deployment_id=self.deployment_id,
            person_id=self.people[name],
            context_id=self.context_id,
            resource_link_id=self.link_id,
            course_id=self.course_id,
            actor_name=self.actor_name(name),
            display_name=name,
            began_at=now,
        )


def set_stage(
    database: Database, *, course_id: str | None = "capitals", now: datetime = NOON
) -> Stage:
    """Write a platform, a context with a bound link and its columns, and the people."""
    platform, deployment, context, link = uuid4(), uuid4(), uuid4(), uuid4()
    stage = Stage(database, platform, deployment, context, link, course_id)
    with database.begin() as session:
        session.add(
            Platform(
                id=platform,
                issuer="https://moodle.example.org",
                client_id=f"tool-{platform.hex[:8]}",
                auth_url="https://moodle.example.org/mod/lti/auth.php",
                token_url="https://moodle.example.org/mod/lti/token.php",
                keys_url="https://moodle.example.org/mod/lti/certs.php",
                created_at=now,
            )
        )
        session.flush()
        session.add(
            Deployment(
                id=deployment,
                platform_id=platform,
                deployment_id="1",
                status=DeploymentStatus.APPROVED,
                first_seen_at=now,
            )
        )
        session.flush()
        session.add(Context(id=context, deployment_id=deployment, context_key="2"))
        session.flush()
        session.add(
            ResourceLink(
                id=link,
                deployment_id=deployment,
                context_id=context,
                link_key="3",
                title="Capitals",
                course_id=course_id,
            )
        )
        session.flush()
        for path in COLUMNS if course_id else ():
            session.add(_column(context, link, course_id or "", path, now))
        for name, role in PEOPLE.items():
            stage.people[name] = uuid4()
            session.add(_person(stage, name, now))
            session.flush()
            session.add(
                Membership(
                    context_id=context,
                    person_id=stage.people[name],
                    roles=[role.value],
                    updated_at=now,
                )
            )
    return stage


def _person(stage: Stage, name: str, now: datetime) -> Person:
    return Person(
        id=stage.people[name],
        platform_id=stage.platform_id,
        subject=name.lower(),
        name=name,
        actor_name=stage.actor_name(name),
        created_at=now,
        seen_at=now,
    )


def _column(context: UUID, link: UUID, course_id: str, path: str, now: datetime) -> LineItem:
    url = f"https://moodle.example.org/mod/lti/services.php/2/lineitems/{path or 'course'}"
    return LineItem(
        context_id=context,
        resource_link_id=link,
        url=url,
        url_hash=digest(url),
        course_id=course_id,
        item_path=path,
        created_at=now,
    )
