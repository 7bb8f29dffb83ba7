"""Tables of the register: certificates, their numbers, keys, lists, links; and published heads."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from lti_tool import audit
from lti_tool.certification.models import account
from lti_tool.certification.searching import words_index
from lti_tool.db import Base, Erasure


class CertificateState(StrEnum):
    """Where a certificate stands; that it has expired is computed from its days."""

    NUMBERED = "numbered"
    """Numbered and frozen; the worker makes its documents."""
    ISSUED = "issued"
    SUSPENDED = "suspended"
    REVOKED = "revoked"
    SUPERSEDED = "superseded"
    """A correction took its place."""
    WITHDRAWN = "withdrawn"
    """By its holder."""
    VOID = "void"
    """Numbered and never issued, since it could not be made; its number stays taken."""


class RevokeCode(StrEnum):
    """Why a certificate no longer counts."""

    FRAUD = "fraud"
    WRONG_RESULT = "wrong-result"
    WRONG_PERSON = "wrong-person"
    RULES_BROKEN = "rules-broken"
    KEY_COMPROMISED = "key-compromised"
    OTHER = "other"


IS_NOT_VOID = text("state <> 'void'")


class Certificate(Base):
    """The fact that somebody met a scheme on a day; numbered, never changed, only ended."""

    __tablename__ = "certificate"
    __table_args__ = (
        UniqueConstraint("series", "year", "serial"),
        UniqueConstraint("status_list", "status_index"),
        Index(
            "ix_certificate_issued_on",
            "issued_on",
            "number",
            postgresql_include=["id", "name_search", "state", "scheme_id", "kind", "valid_until"],
        ),  # looking for a name through the newest rows, it need not fetch them
        Index("ix_certificate_scheme", "scheme_id", "issued_on", "number"),
        Index("ix_certificate_kind", "kind", "issued_on", "number"),
        Index("ix_certificate_state", "state", "issued_on", "number"),
        Index("ix_certificate_state_scheme", "state", "scheme_id", "issued_on", "number"),
        Index("ix_certificate_valid_until", "state", "valid_until", "number"),
        words_index("ix_certificate_words", "name_search"),
        Index(
            "uq_certificate_case_id",
            "case_id",
            unique=True,
            postgresql_where=IS_NOT_VOID,
            sqlite_where=IS_NOT_VOID,
        ),  # a case whose certificate could not be made may get another one
        CheckConstraint("serial >= 1", name="serial_from_one"),
        CheckConstraint(
            "(state IN ('numbered', 'void')) = (issued_at IS NULL)", name="issued_from_issue_on"
        ),
        CheckConstraint(
            "state NOT IN ('revoked', 'void') OR (suspended_human IS NOT NULL"
            " AND revoked_human IS NOT NULL AND revoked_human <> suspended_human"
            " AND revoked_at IS NOT NULL)"
            " OR (state = 'void' AND revoked_by = 'worker' AND revoked_at IS NOT NULL)",
            name="four_eyes_at_revocation",
        ),
        CheckConstraint(
            f"revoked_by = '' OR {account('revoked_by')} <> {account('suspended_by')}",
            name="two_accounts_at_revocation",
        ),
        CheckConstraint(
            "(suspended_human IS NULL OR suspended_human <> holder_id)"
            " AND (revoked_human IS NULL OR revoked_human <> holder_id)",
            name="not_ended_by_its_holder",
        ),
        CheckConstraint("state <> 'suspended' OR suspended_at IS NOT NULL", name="suspended_since"),
    )
    on_erasure = Erasure.EMPTIED

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    case_id: Mapped[UUID] = mapped_column(ForeignKey("certification_case.id"), index=True)
    holder_id: Mapped[UUID] = mapped_column(ForeignKey("holder.id"), index=True)
    scheme_id: Mapped[str] = mapped_column(String(60))
    kind: Mapped[str] = mapped_column(String(20))
    """``courses.schemes.SchemeKind`` by value."""
    series: Mapped[str] = mapped_column(String(20))
    """Prefix and kind, such as ``ASA-EX``."""
    year: Mapped[int]
    serial: Mapped[int]
    number: Mapped[str] = mapped_column(String(40), unique=True)
    code: Mapped[str] = mapped_column(String(13), unique=True)
    state: Mapped[CertificateState] = mapped_column(String(12), default=CertificateState.NUMBERED)
    facts: Mapped[dict[str, Any]]
    """``certification.facts.Facts``; after erasure without anything personal."""
    facts_hash: Mapped[str] = mapped_column(String(64))
    """SHA-256 of the facts' canonical JSON as issued, in hex."""
    name_search: Mapped[str] = mapped_column(String(400), default="", index=True)
    """The printed name in small letters, without accents."""
    title: Mapped[str] = mapped_column(String(300), default="")
    issued_on: Mapped[date]
    valid_from: Mapped[date]
    valid_until: Mapped[date | None]
    status_list: Mapped[int]
    status_index: Mapped[int]
    numbered_at: Mapped[datetime]
    issued_at: Mapped[datetime | None]
    due_at: Mapped[datetime | None] = mapped_column(index=True)
    """When the worker makes its documents, or clears away what other tries left; moved ahead by a
    lease. None: neither."""
    tries: Mapped[int] = mapped_column(default=0)
    fault: Mapped[str] = mapped_column(Text, default="")
    """Why the newest try failed, in words for officers."""
    pdf_path: Mapped[str] = mapped_column(String(255), default="")
    """In the tool's files."""
    pdf_sha256: Mapped[str] = mapped_column(String(64), default="", index=True)
    badge: Mapped[str] = mapped_column(Text, default="")
    """The signed credential, byte for byte as handed out."""
    badge_sha256: Mapped[str] = mapped_column(String(64), default="", index=True)
    badge_jwt: Mapped[str] = mapped_column(Text, default="")
    seal_kid: Mapped[str] = mapped_column(String(80), default="")
    badge_kid: Mapped[str] = mapped_column(String(80), default="")
    suspended_at: Mapped[datetime | None]
    """Of one that is not issued: when an officer stopped its making; the second one voids it."""
    suspended_by: Mapped[str] = mapped_column(String(80), default="")
    suspended_human: Mapped[UUID | None]
    suspend_reason: Mapped[str] = mapped_column(Text, default="")
    revoked_at: Mapped[datetime | None]
    revoked_by: Mapped[str] = mapped_column(String(80), default="")
    revoked_human: Mapped[UUID | None]
    revoke_code: Mapped[str] = mapped_column(String(20), default="")
    revoke_reason: Mapped[str] = mapped_column(Text, default="")
    """For the register; whoever knows the holder's name is told the code's sentence."""
    ended_at: Mapped[datetime | None]
    """When it was superseded or withdrawn."""
    supersedes_id: Mapped[UUID | None] = mapped_column(ForeignKey("certificate.id"), unique=True)
    renews_id: Mapped[UUID | None] = mapped_column(ForeignKey("certificate.id"), index=True)
    erased_at: Mapped[datetime | None]


class Serial(Base):
    """The newest number given in a series and year."""

    __tablename__ = "register_serial"
    on_erasure = Erasure.NOBODY

    series: Mapped[str] = mapped_column(String(20), primary_key=True)
    year: Mapped[int] = mapped_column(primary_key=True)
    newest: Mapped[int] = mapped_column(default=0)


class StatusIndex(Base):
    """A place in a status list, drawn at random, taken for ever."""

    __tablename__ = "status_index"
    on_erasure = Erasure.NOBODY

    status_list: Mapped[int] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)


class StatusList(Base):
    """A signed list of which places are revoked or suspended, as it is served."""

    __tablename__ = "status_list"
    on_erasure = Erasure.NOBODY

    number: Mapped[int] = mapped_column(primary_key=True)
    purpose: Mapped[str] = mapped_column(String(12), primary_key=True)
    """``revocation`` or ``suspension``."""
    credential: Mapped[str] = mapped_column(Text, default="")
    """Signed; empty until the worker made the first."""
    signed_at: Mapped[datetime | None]
    wanted_at: Mapped[datetime]
    """When its content last changed; later than ``signed_at``: the worker signs anew."""


class KeyRecord(Base):
    """The public part and the days of a key that signs or seals; never the private part."""

    __tablename__ = "certification_key"
    on_erasure = Erasure.NOBODY

    kid: Mapped[str] = mapped_column(String(80), primary_key=True)
    purpose: Mapped[str] = mapped_column(String(20))
    """``badge-ed25519``, ``badge-rsa`` or ``pdf-seal``."""
    public: Mapped[dict[str, Any]]
    """``multibase``, ``jwk`` or ``certificate_pem`` (with its chain)."""
    is_test: Mapped[bool] = mapped_column(default=False)
    signs_from: Mapped[datetime]
    retired_at: Mapped[datetime | None]
    """From when on it signs no more; it stays published."""
    compromised_at: Mapped[datetime | None]
    """From when on nothing signed by it is trusted; it is published no more."""


class Achievement(Base):
    """What a scheme asked for in one state of its content, as its certificates say it."""

    __tablename__ = "achievement"
    on_erasure = Erasure.NOBODY

    scheme_id: Mapped[str] = mapped_column(String(60), primary_key=True)
    version: Mapped[str] = mapped_column(String(60), primary_key=True)
    """Of its address: the scheme's version and the beginning of its fingerprint."""
    kind: Mapped[str] = mapped_column(String(20))
    """``courses.schemes.SchemeKind`` by value."""
    first_used_on: Mapped[date]
    document: Mapped[dict[str, Any]]
    """The Achievement of Open Badges 3.0."""


class ShareLink(Base):
    """An address by which a holder shows one or several certificates, until it ends."""

    __tablename__ = "share_link"
    on_erasure = Erasure.WITH_OWNER

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    holder_id: Mapped[UUID] = mapped_column(ForeignKey("holder.id"), index=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    token_sealed: Mapped[str] = mapped_column(Text)
    """Encrypted by the vault for the purpose ``share-link``: the holder may copy it again."""
    title: Mapped[str] = mapped_column(String(200), default="")
    shows_scores: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]


class SharedCertificate(Base):
    """A certificate that a share link shows."""

    __tablename__ = "shared_certificate"
    on_erasure = Erasure.WITH_OWNER

    share_link_id: Mapped[UUID] = mapped_column(
        ForeignKey("share_link.id", ondelete="CASCADE"), primary_key=True
    )
    certificate_id: Mapped[UUID] = mapped_column(ForeignKey("certificate.id"), primary_key=True)


class HolderLink(Base):
    """A short-lived link by mail: to confirm an address or a name, or to one's certificates."""

    __tablename__ = "holder_link"
    on_erasure = Erasure.WITH_OWNER

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    holder_id: Mapped[UUID] = mapped_column(ForeignKey("holder.id"), index=True)
    purpose: Mapped[str] = mapped_column(String(20))
    """``confirm-email``, ``invitation`` or ``my-certificates``."""
    case_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("certification_case.id", ondelete="CASCADE"), index=True
    )
    """Of an invitation: the case whose name is confirmed with the address."""
    email_sealed: Mapped[str] = mapped_column(Text, default="")
    """The address to be confirmed, encrypted."""
    sent_by: Mapped[str] = mapped_column(String(80), default="")
    """Of an invitation: the officer who had it sent. Of a link to one's certificates: the officer
    who gave the address that it went to. Empty: no officer."""
    sent_human: Mapped[UUID | None]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class LinkWish(Base):
    """Somebody asked for their link by mail; the worker looks whether it knows the address."""

    __tablename__ = "link_wish"
    on_erasure = Erasure.WITH_OWNER

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    email_sealed: Mapped[str] = mapped_column(Text)
    wished_at: Mapped[datetime]


class WrongNames(Base):
    """How many wrong names were given for a code on a day; forgotten when the day is over."""

    __tablename__ = "wrong_names"
    on_erasure = Erasure.NOBODY

    code: Mapped[str] = mapped_column(String(13), primary_key=True)
    given_on: Mapped[date] = mapped_column(primary_key=True)
    """In UTC."""
    tries: Mapped[int] = mapped_column(default=0)


class AuditHead(Base):
    """The newest line of the log of acts on one day, signed and published."""

    __tablename__ = "audit_head"
    on_erasure = Erasure.NOBODY

    day: Mapped[date] = mapped_column(primary_key=True)
    line_number: Mapped[int]
    line_hash: Mapped[str] = mapped_column(String(64))
    jws: Mapped[str] = mapped_column(Text)
    kid: Mapped[str] = mapped_column(String(80))
    made_at: Mapped[datetime]


audit.guard(AuditHead.__table__)
