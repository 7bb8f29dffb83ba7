"""Tables of the platform's door."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from fractions import Fraction
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from lti_tool.db import Base, Erasure


class DeploymentPolicy(StrEnum):
    """What happens to a deployment seen for the first time."""

    APPROVE = "approve"
    """It waits for an administrator."""
    AUTOMATIC = "automatic"
    """It is taken in at its first launch."""


class DeploymentStatus(StrEnum):
    """Whether launches of a deployment are taken."""

    PENDING = "pending"
    APPROVED = "approved"
    REFUSED = "refused"


class Platform(Base):
    """A learning platform that registered this tool."""

    __tablename__ = "platform"
    __table_args__ = (
        UniqueConstraint("issuer", "client_id"),
        CheckConstraint("length(country) IN (0, 2)", name="country_iso_3166"),
    )
    on_erasure = Erasure.NOBODY

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    issuer: Mapped[str] = mapped_column(String(255))
    client_id: Mapped[str] = mapped_column(String(255))
    name: Mapped[str] = mapped_column(String(255), default="")
    product: Mapped[str] = mapped_column(String(80), default="")
    """Product family code, such as ``moodle``."""
    country: Mapped[str] = mapped_column(String(2), default="")
    """ISO 3166-1 alpha-2, set by the administrator."""
    auth_url: Mapped[str] = mapped_column(Text)
    token_url: Mapped[str] = mapped_column(Text)
    keys_url: Mapped[str] = mapped_column(Text)
    token_audience: Mapped[str] = mapped_column(Text, default="")
    """``aud`` of token requests; empty: the token address."""
    frame_origins: Mapped[list[Any]] = mapped_column(default=list)
    """Further origins that may frame the tool, beside those of issuer and auth address."""
    deployment_policy: Mapped[DeploymentPolicy] = mapped_column(
        String(20), default=DeploymentPolicy.APPROVE
    )
    keys_fetched_at: Mapped[datetime | None]
    keys_tried_at: Mapped[datetime | None]
    keys_fault: Mapped[str] = mapped_column(Text, default="")
    """Why the newest try to fetch the key set failed; empty where it did not, or is under way."""
    version: Mapped[int] = mapped_column(default=1)
    """Raised at each change, so that processes notice."""
    created_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]
    """From when on its launches are refused; the rows stay."""


class PlatformKey(Base):
    """One public key of a platform, as its key set gave it."""

    __tablename__ = "platform_key"
    __table_args__ = (UniqueConstraint("platform_id", "kid"),)
    on_erasure = Erasure.NOBODY

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    platform_id: Mapped[UUID] = mapped_column(ForeignKey("platform.id", ondelete="CASCADE"))
    kid: Mapped[str] = mapped_column(String(255))
    jwk: Mapped[dict[str, Any]]
    fetched_at: Mapped[datetime]


class PlatformToken(Base):
    """An access token of a platform's services, encrypted, until shortly before it expires."""

    __tablename__ = "platform_token"
    __table_args__ = (UniqueConstraint("platform_id", "scopes"),)
    on_erasure = Erasure.NOBODY

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    platform_id: Mapped[UUID] = mapped_column(ForeignKey("platform.id", ondelete="CASCADE"))
    scopes: Mapped[str] = mapped_column(String(600))
    """Sorted, with spaces between."""
    token_sealed: Mapped[str] = mapped_column(Text)
    expires_at: Mapped[datetime]


class Deployment(Base):
    """One placement of the tool inside a platform."""

    __tablename__ = "deployment"
    __table_args__ = (UniqueConstraint("platform_id", "deployment_id"),)
    on_erasure = Erasure.NOBODY

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    platform_id: Mapped[UUID] = mapped_column(ForeignKey("platform.id", ondelete="CASCADE"))
    deployment_id: Mapped[str] = mapped_column(String(255))
    status: Mapped[DeploymentStatus] = mapped_column(String(20), default=DeploymentStatus.PENDING)
    first_seen_at: Mapped[datetime]


class ToolKey(Base):
    """One of our key pairs. The newest active one signs; all not withdrawn are published."""

    __tablename__ = "tool_key"
    on_erasure = Erasure.NOBODY

    kid: Mapped[str] = mapped_column(String(64), primary_key=True)
    private_sealed: Mapped[str] = mapped_column(Text)
    """PEM, encrypted by the vault for the purpose ``tool-key``."""
    public_jwk: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]
    signs_from: Mapped[datetime]
    """Published from its creation, used for signing from here on."""
    published_until: Mapped[datetime | None]


class OneTimeLink(Base):
    """A link by an administrator, good for one use: to register a platform, or to the desks."""

    __tablename__ = "one_time_link"
    on_erasure = Erasure.NOBODY

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    purpose: Mapped[str] = mapped_column(String(20))
    """``registration`` or ``admin``."""
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    label: Mapped[str] = mapped_column(String(200), default="")
    deployment_policy: Mapped[DeploymentPolicy] = mapped_column(
        String(20), default=DeploymentPolicy.AUTOMATIC
    )
    country: Mapped[str] = mapped_column(String(2), default="")
    ask_names: Mapped[bool] = mapped_column(default=False)
    """Whether the registration asks the platform for people's names."""
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]


class Login(Base):
    """The first step of a launch: state, nonce and browser, used up by the launch."""

    __tablename__ = "login"
    on_erasure = Erasure.NOBODY

    state_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    nonce_hash: Mapped[str] = mapped_column(String(64))
    platform_id: Mapped[UUID] = mapped_column(ForeignKey("platform.id", ondelete="CASCADE"))
    target_link_uri: Mapped[str] = mapped_column(Text)
    cookie_hash: Mapped[str] = mapped_column(String(64))
    """Hash of the browser's cookie."""
    storage_hash: Mapped[str] = mapped_column(String(64))
    """Hash of the secret that the login's page put into the browser's storage."""
    storage_target: Mapped[str] = mapped_column(String(80), default="")
    """``lti_storage_target`` of the platform, where it has such a storage."""
    created_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class Person(Base):
    """Somebody as one platform knows them."""

    __tablename__ = "person"
    __table_args__ = (UniqueConstraint("platform_id", "subject"),)
    on_erasure = Erasure.WITH_OWNER

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    platform_id: Mapped[UUID] = mapped_column(ForeignKey("platform.id", ondelete="CASCADE"))
    subject: Mapped[str] = mapped_column(String(255))
    name: Mapped[str] = mapped_column(String(400), default="")
    given_name: Mapped[str] = mapped_column(String(200), default="")
    family_name: Mapped[str] = mapped_column(String(200), default="")
    email: Mapped[str] = mapped_column(String(320), default="")
    locale: Mapped[str] = mapped_column(String(35), default="")
    actor_name: Mapped[str] = mapped_column(String(64), unique=True)
    """Random pseudonym in statements; destroyed by erasure."""
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]


class Context(Base):
    """The platform's own course or group."""

    __tablename__ = "context"
    __table_args__ = (UniqueConstraint("deployment_id", "context_key"),)
    on_erasure = Erasure.NOBODY

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    deployment_id: Mapped[UUID] = mapped_column(ForeignKey("deployment.id", ondelete="CASCADE"))
    context_key: Mapped[str] = mapped_column(String(255))
    """``context.id`` of the platform."""
    label: Mapped[str] = mapped_column(String(255), default="")
    title: Mapped[str] = mapped_column(String(500), default="")
    memberships_url: Mapped[str] = mapped_column(Text, default="")
    """NRPS address of the newest launch that gave one."""
    lineitems_url: Mapped[str] = mapped_column(Text, default="")
    """AGS address of the context's columns, likewise."""
    ags_scopes: Mapped[list[Any]] = mapped_column(default=list)
    roster_at: Mapped[datetime | None]
    roster_due_at: Mapped[datetime | None] = mapped_column(index=True)
    roster_error: Mapped[str] = mapped_column(Text, default="")


class Membership(Base):
    """A person's roles in a context, from the newest launch or roster."""

    __tablename__ = "membership"
    __table_args__ = (UniqueConstraint("context_id", "person_id"),)
    on_erasure = Erasure.WITH_OWNER

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    context_id: Mapped[UUID] = mapped_column(ForeignKey("context.id", ondelete="CASCADE"))
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    roles: Mapped[list[Any]] = mapped_column(default=list)
    """Our roles by value, such as ``["learner"]``."""
    is_active: Mapped[bool] = mapped_column(default=True)
    updated_at: Mapped[datetime]


class ResourceLink(Base):
    """The link in the platform that was followed; bound to a course or a part of it."""

    __tablename__ = "resource_link"
    __table_args__ = (UniqueConstraint("deployment_id", "link_key"),)
    on_erasure = Erasure.NOBODY

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    deployment_id: Mapped[UUID] = mapped_column(ForeignKey("deployment.id", ondelete="CASCADE"))
    context_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("context.id", ondelete="CASCADE"), index=True
    )
    link_key: Mapped[str] = mapped_column(String(255))
    """``resource_link.id`` of the platform."""
    title: Mapped[str] = mapped_column(String(500), default="")
    course_id: Mapped[str | None] = mapped_column(String(60))
    item_path: Mapped[str | None] = mapped_column(String(130))
    """Module or item of the course; None: the whole."""
    lineitem_url: Mapped[str] = mapped_column(Text, default="")
    """Column that the newest launch named for this link; kept for a link that is bound later."""
    column_due_at: Mapped[datetime | None] = mapped_column(index=True)
    """When the worker looks for the column that no launch named; None: not wanted."""


class LineItem(Base):
    """A column in a platform's grade book, and what of which course it shows."""

    __tablename__ = "line_item"
    __table_args__ = (
        UniqueConstraint("context_id", "url_hash"),
        Index("ix_line_item_context_course", "context_id", "course_id"),
    )
    on_erasure = Erasure.NOBODY

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    context_id: Mapped[UUID] = mapped_column(ForeignKey("context.id", ondelete="CASCADE"))
    resource_link_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("resource_link.id", ondelete="SET NULL"), index=True
    )
    url: Mapped[str] = mapped_column(Text)
    url_hash: Mapped[str] = mapped_column(String(64))
    course_id: Mapped[str] = mapped_column(String(60))
    item_path: Mapped[str] = mapped_column(String(130), default="")
    """What of the course the column shows; empty: the course's own score."""
    created_at: Mapped[datetime]
    filled_at: Mapped[datetime | None] = mapped_column(index=True)
    """When what was earned before the column was known was wished for; None: still to be done."""


class WantedScore(Base):
    """What one column should show for one learner; the newest wish wins."""

    __tablename__ = "wanted_score"
    __table_args__ = (UniqueConstraint("line_item_id", "person_id"),)
    on_erasure = Erasure.WITH_OWNER

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    line_item_id: Mapped[UUID] = mapped_column(ForeignKey("line_item.id", ondelete="CASCADE"))
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    points: Mapped[Fraction]
    maximum: Mapped[int]
    version: Mapped[int] = mapped_column(default=1)
    """Raised by every new wish; what was sent carries the version it was sent for."""
    wanted_at: Mapped[datetime]
    sent_version: Mapped[int] = mapped_column(default=0)
    sent_at: Mapped[datetime | None]
    sent_timestamp: Mapped[datetime | None]
    """``timestamp`` of the newest score sent; a platform refuses one that is not later."""
    tries: Mapped[int] = mapped_column(default=0)
    conflicts: Mapped[int] = mapped_column(default=0)
    """How often in a row the platform answered 409."""
    failing_since: Mapped[datetime | None]
    due_at: Mapped[datetime | None] = mapped_column(index=True)
    """When the worker tries; None: nothing to send, or stuck."""
    stuck_at: Mapped[datetime | None]
    reason: Mapped[str] = mapped_column(Text, default="")
    """Why the newest try failed, in words for staff."""


class Launch(Base):
    """One signed message from a platform, kept, and the visit that it began."""

    __tablename__ = "launch"
    on_erasure = Erasure.WITH_OWNER

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    visit_hash: Mapped[str] = mapped_column(String(64), unique=True)
    cookie_hash: Mapped[str] = mapped_column(String(64), default="")
    """Hash of the cookie that must come with the visit; empty where the browser keeps none."""
    platform_id: Mapped[UUID | None] = mapped_column(ForeignKey("platform.id", ondelete="CASCADE"))
    deployment_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("deployment.id", ondelete="CASCADE")
    )
    person_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("person.id", ondelete="CASCADE"), index=True
    )
    context_id: Mapped[UUID | None] = mapped_column(ForeignKey("context.id", ondelete="CASCADE"))
    resource_link_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("resource_link.id", ondelete="CASCADE")
    )
    message_type: Mapped[str] = mapped_column(String(60))
    """As the platform names it, or ``desk`` for an administrator's link."""
    roles: Mapped[list[Any]]
    locale: Mapped[str] = mapped_column(String(35), default="")
    document_target: Mapped[str] = mapped_column(String(20), default="")
    deep_linking: Mapped[dict[str, Any] | None]
    """Settings of a deep linking request until it is answered."""
    created_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class LaunchTrace(Base):
    """What the launch doctor shows: which check, skew, key and binding. No personal data."""

    __tablename__ = "launch_trace"
    on_erasure = Erasure.NOBODY

    code: Mapped[str] = mapped_column(String(12), primary_key=True)
    """What the learner reads out, such as ``K7QF-2M9T``."""
    at: Mapped[datetime] = mapped_column(index=True)
    platform_id: Mapped[UUID | None] = mapped_column(ForeignKey("platform.id", ondelete="CASCADE"))
    accepted: Mapped[bool]
    check_name: Mapped[str] = mapped_column(String(40), default="")
    """The check that refused; empty where accepted."""
    skew_s: Mapped[int | None]
    """The platform's clock minus ours, from ``iat``."""
    kid: Mapped[str] = mapped_column(String(255), default="")
    binding: Mapped[str] = mapped_column(String(20), default="")
    deployment: Mapped[str] = mapped_column(String(255), default="")
    detail: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """Found and expected, as far as they name nobody."""
