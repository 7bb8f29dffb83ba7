"""Tables of the record store: the outbox, statements with what they are found by, credentials."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from xapi.db import Base, Serial


class OutboxEntry(Base):
    """A statement of ours not yet delivered everywhere."""

    __tablename__ = "xapi_outbox"
    __table_args__ = {"sqlite_autoincrement": True}  # noqa: RUF012  # read once, by the library

    seq: Mapped[int] = mapped_column(Serial, primary_key=True)
    statement_id: Mapped[UUID] = mapped_column(unique=True)
    actor_key: Mapped[str] = mapped_column(String(300))
    payload: Mapped[str] = mapped_column(Text)
    queued_at: Mapped[datetime]


class Delivery(Base):
    """What one target has done with an entry while others still wait, or why it is stuck there."""

    __tablename__ = "xapi_delivery"

    target: Mapped[str] = mapped_column(String(60), primary_key=True)
    seq: Mapped[int] = mapped_column(
        ForeignKey("xapi_outbox.seq", ondelete="CASCADE"), primary_key=True, index=True
    )
    delivered_at: Mapped[datetime | None]
    stuck_at: Mapped[datetime | None]
    reason: Mapped[str] = mapped_column(Text, default="")


class Target(Base):
    """A store that statements are sent to, and when the next round to it is due."""

    __tablename__ = "xapi_target"

    name: Mapped[str] = mapped_column(String(60), primary_key=True)
    due_at: Mapped[datetime]
    leased_until: Mapped[datetime]
    tries: Mapped[int] = mapped_column(default=0)
    reason: Mapped[str] = mapped_column(Text, default="")
    """Why it is paused; empty where all is well."""
    settled_through: Mapped[int] = mapped_column(BigInteger, default=0)
    """Number in the outbox up to which nothing waits for it."""


class VerbRow(Base):
    """A verb seen in statements."""

    __tablename__ = "xapi_verb"

    id: Mapped[int] = mapped_column(Serial, primary_key=True)
    iri: Mapped[str] = mapped_column(Text, unique=True)


class ActivityRow(Base):
    """An activity seen in statements."""

    __tablename__ = "xapi_activity"

    id: Mapped[int] = mapped_column(Serial, primary_key=True)
    iri: Mapped[str] = mapped_column(Text, unique=True)


class AgentRow(Base):
    """An agent or identified group seen in statements, by its one identifier."""

    __tablename__ = "xapi_agent"

    id: Mapped[int] = mapped_column(Serial, primary_key=True)
    identifier: Mapped[str] = mapped_column(Text, unique=True)
    """``mbox …``, ``mbox_sha1sum …``, ``openid …`` or ``account <home page> <name>``."""


class StatementRow(Base):
    """A statement as kept: the JSON as received with the store's own fields, and what finds it."""

    __tablename__ = "xapi_statement"
    __table_args__ = (
        Index("ix_xapi_statement_verb_seq", "verb_id", "seq"),
        Index("ix_xapi_statement_registration_seq", "registration", "seq"),
        {"sqlite_autoincrement": True},
    )

    seq: Mapped[int] = mapped_column(Serial, primary_key=True)
    id: Mapped[UUID] = mapped_column(unique=True)
    stored_at: Mapped[datetime] = mapped_column(index=True)
    happened_at: Mapped[datetime]
    verb_id: Mapped[int] = mapped_column(ForeignKey("xapi_verb.id"))
    registration: Mapped[UUID | None]
    target_id: Mapped[UUID | None] = mapped_column(index=True)
    """Statement that this one refers to or voids."""
    voided: Mapped[bool] = mapped_column(default=False)
    is_voiding: Mapped[bool] = mapped_column(default=False)
    content_hash: Mapped[str] = mapped_column(String(64))
    """Of what the standard compares; two statements of one id must agree in it."""
    payload: Mapped[str] = mapped_column(Text)


class StatementActivity(Base):
    """An activity's part in a statement."""

    __tablename__ = "xapi_statement_activity"
    __table_args__ = {"sqlite_with_rowid": False}  # noqa: RUF012  # read once, by the library

    activity_id: Mapped[int] = mapped_column(ForeignKey("xapi_activity.id"), primary_key=True)
    seq: Mapped[int] = mapped_column(
        ForeignKey("xapi_statement.seq", ondelete="CASCADE"), primary_key=True, index=True
    )
    role: Mapped[str] = mapped_column(String(12), primary_key=True)
    """``object``, ``parent``, ``grouping``, ``category`` or ``other``; ``sub.`` in front within a
    SubStatement."""


class StatementAgent(Base):
    """An agent's part in a statement."""

    __tablename__ = "xapi_statement_agent"
    __table_args__ = {"sqlite_with_rowid": False}  # noqa: RUF012  # read once, by the library

    agent_id: Mapped[int] = mapped_column(ForeignKey("xapi_agent.id"), primary_key=True)
    seq: Mapped[int] = mapped_column(
        ForeignKey("xapi_statement.seq", ondelete="CASCADE"), primary_key=True, index=True
    )
    role: Mapped[str] = mapped_column(String(16), primary_key=True)
    """``actor``, ``object``, ``authority``, ``instructor``, ``team`` or ``member``, likewise."""


class Credential(Base):
    """A key with which a client comes to the store; of its secret only a hash is kept."""

    __tablename__ = "xapi_credential"

    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    secret_hash: Mapped[str] = mapped_column(String(64))
    label: Mapped[str] = mapped_column(String(200), default="")
    scopes: Mapped[list[Any]]
    """Of ``statements/write``, ``statements/read``, ``all``."""
    created_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]
