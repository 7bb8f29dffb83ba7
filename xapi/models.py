"""Tables of the record store: outbox, statements with what they are found by, documents, keys."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import (
    BigInteger,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from xapi.db import Base, Moment, Serial, SmallUuid


class OutboxEntry(Base):
    """A statement not yet delivered everywhere it goes to."""

    __tablename__ = "xapi_outbox"
    __table_args__ = (
        UniqueConstraint("statement_id", "target"),
        Index(
            "ix_xapi_outbox_target",
            "target",
            sqlite_where=text("target <> ''"),
            postgresql_where=text("target <> ''"),
        ),
        {"sqlite_autoincrement": True},
    )

    seq: Mapped[int] = mapped_column(Serial, primary_key=True)
    statement_id: Mapped[UUID] = mapped_column(SmallUuid())
    target: Mapped[str] = mapped_column(String(60), default="", server_default="")
    """The one store that it goes to; empty: to all, as what the application tells does."""
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
    url: Mapped[str] = mapped_column(Text, default="", server_default="")
    """xAPI address of a store that is kept here; empty: next door, or set by the environment."""
    key: Mapped[str] = mapped_column(Text, default="", server_default="")
    """User name there."""
    sealed_secret: Mapped[str] = mapped_column(Text, default="", server_default="")
    """Password there, encrypted."""
    version: Mapped[str] = mapped_column(String(10), default="1.0.3", server_default="1.0.3")
    """Of the standard, in which it is spoken to."""
    paused_at: Mapped[datetime | None]
    """Since when nothing is sent to it, until somebody resumes it."""
    due_at: Mapped[datetime]
    leased_until: Mapped[datetime]
    tries: Mapped[int] = mapped_column(default=0)
    reason: Mapped[str] = mapped_column(Text, default="")
    """Why it rests or is paused; empty where all is well."""
    settled_through: Mapped[int] = mapped_column(BigInteger, default=0)
    """Number in the outbox up to which nothing waits for it."""
    doubt_through: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    """Number in the outbox up to which what waits may have arrived: a round was cut short."""
    kept_before: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    """Number in the store next door when it was added; what is older comes by a backfill."""
    forwarded_through: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    """Number in the store next door up to which its rules were held against statements."""


class Backfill(Base):
    """Copying to a new store what the one next door held before, and how far it has come."""

    __tablename__ = "xapi_backfill"

    target: Mapped[str] = mapped_column(
        ForeignKey("xapi_target.name", ondelete="CASCADE"), primary_key=True
    )
    everything: Mapped[bool]
    """Whether statements of other clients are copied too, or the application's own alone."""
    through: Mapped[int] = mapped_column(BigInteger, default=0)
    """Number in the store next door up to which all was looked at."""
    until: Mapped[int] = mapped_column(BigInteger)
    """Number up to which it goes."""
    total: Mapped[int] = mapped_column(BigInteger)
    """How many statements there are to look at."""
    looked: Mapped[int] = mapped_column(BigInteger, default=0)
    copied: Mapped[int] = mapped_column(BigInteger, default=0)
    """How many of them went into the outbox."""
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    """When the last one was looked at; it may still be on its way then."""


class ForwardingRule(Base):
    """Which statements of other clients go on to a store: those that fit all that is not empty."""

    __tablename__ = "xapi_forwarding_rule"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    target: Mapped[str] = mapped_column(
        ForeignKey("xapi_target.name", ondelete="CASCADE"), index=True
    )
    verb: Mapped[str] = mapped_column(Text, default="")
    """IRI of the verb."""
    activity_prefix: Mapped[str] = mapped_column(Text, default="")
    """Beginning of the IRI of an activity that the statement is about or that stands around it."""
    since: Mapped[int] = mapped_column(BigInteger)
    """Number in the store next door after which it holds."""
    created_at: Mapped[datetime]


class Term(Base):
    """Something that statements are found by: a verb, an activity, an agent, a registration."""

    __tablename__ = "xapi_term"

    id: Mapped[int] = mapped_column(Serial, primary_key=True)
    key: Mapped[bytes] = mapped_column(LargeBinary(16), unique=True)
    """Hash of kind and text, as :func:`xapi.terms.key_of` gives it: texts are longer than an index
    takes."""
    text: Mapped[str] = mapped_column(Text)
    """Kind and text, such as ``verb https://…`` or ``agent mbox mailto:…``."""


class Link(Base):
    """A term's part in a statement; nothing but the key, so that it is small.

    What a statement refers to stands in it as well: the links of a target are copied. There is no
    foreign key: each row of a batch would be looked up once more.
    """

    __tablename__ = "xapi_link"
    __table_args__ = {"sqlite_with_rowid": False}  # noqa: RUF012  # read once, by the library

    term: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    """Twice the number of the term; one more where it only stands around (related)."""
    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)


class StatementRow(Base):
    """A statement as kept: the JSON as received with the store's own fields, and what finds it.

    In the order of ``seq``, ``stored_at`` never runs backwards: it is found without an index.
    """

    __tablename__ = "xapi_statement"
    __table_args__ = (
        Index(
            "ix_xapi_statement_target_id",
            "target_id",
            sqlite_where=text("target_id IS NOT NULL"),
            postgresql_where=text("target_id IS NOT NULL"),
        ),
        {"sqlite_autoincrement": True},
    )

    seq: Mapped[int] = mapped_column(Serial, primary_key=True)
    id: Mapped[UUID] = mapped_column(SmallUuid(), unique=True)
    stored_at: Mapped[datetime] = mapped_column(Moment())
    happened_at: Mapped[datetime] = mapped_column(Moment())
    authority: Mapped[int] = mapped_column(BigInteger)
    """Number of the term of who answers for it."""
    target_id: Mapped[UUID | None] = mapped_column(SmallUuid())
    """Statement that this one refers to or voids."""
    voided: Mapped[bool] = mapped_column(default=False)
    is_voiding: Mapped[bool] = mapped_column(default=False)
    payload: Mapped[str] = mapped_column(Text)


class ActivityRow(Base):
    """What is known of an activity: its definition, told by many statements, in one."""

    __tablename__ = "xapi_activity"

    term: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    """Number of its term."""
    definition: Mapped[str] = mapped_column(Text)
    """JSON."""


class Attachment(Base):
    """What came with statements: each content once, in pieces; by its SHA-2 in hexadecimal digits.

    Which statements name it, their links say.
    """

    __tablename__ = "xapi_attachment"

    sha2: Mapped[str] = mapped_column(String(128), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    """Of the piece, from 0."""
    size_bytes: Mapped[int] = mapped_column(BigInteger)
    """Of the whole."""
    piece: Mapped[bytes] = mapped_column(LargeBinary)


class Forgetting(Base):
    """How often something was erased: whoever remembers numbers of terms must ask anew then."""

    __tablename__ = "xapi_forgetting"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    times: Mapped[int]


class Credential(Base):
    """A key with which a client comes to the store; of its secret only a hash is kept."""

    __tablename__ = "xapi_credential"

    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    secret_hash: Mapped[str] = mapped_column(String(64))
    label: Mapped[str] = mapped_column(String(200), default="")
    scopes: Mapped[list[Any]]
    """Of :data:`xapi.credentials.SCOPES`."""
    created_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]


class Token(Base):
    """A short-lived key of a content player, for one actor and one activity."""

    __tablename__ = "xapi_token"

    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    secret_hash: Mapped[str] = mapped_column(String(64))
    actor: Mapped[str] = mapped_column(Text)
    """Identifier, as of an agent."""
    activity: Mapped[str] = mapped_column(Text)
    registration: Mapped[UUID | None]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)


class Document(Base):
    """What a client keeps for itself: a state, or a profile of an activity or an agent.

    Names may be longer than an index takes; found is by hashes of them.
    """

    __tablename__ = "xapi_document"
    __table_args__ = (Index("ix_xapi_document_owner_updated_at", "owner", "updated_at"),)

    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    """Hash of all that names it."""
    owner: Mapped[str] = mapped_column(String(64))
    """Hash of kind, activity and agent."""
    agent_hash: Mapped[str] = mapped_column(String(64), index=True)
    """Hash of the agent's identifier; empty for an activity's profile."""
    kind: Mapped[str] = mapped_column(String(16))
    """``state``, ``activity`` or ``agent``."""
    registration: Mapped[UUID | None]
    document_id: Mapped[str] = mapped_column(Text)
    content_type: Mapped[str] = mapped_column(Text)
    etag: Mapped[str] = mapped_column(String(40))
    """SHA-1 of the body, in hexadecimal digits."""
    updated_at: Mapped[datetime]
    body: Mapped[bytes] = mapped_column(LargeBinary)
