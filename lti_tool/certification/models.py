"""Tables before the register: holders, cases, assessments, evidence and appeals."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from lti_tool.certification.searching import words_index
from lti_tool.db import Base, Erasure

AT_COMMAND_LINE = "command line "
"""Stands before a person's id where somebody at the command line acted under their name."""


class HolderKind(StrEnum):
    """Who may hold a certificate."""

    PERSON = "person"
    ORGANISATION = "organisation"


class CaseState(StrEnum):
    """Where a case stands before the register."""

    COLLECTING = "collecting"
    """Something that the scheme asks for is missing yet; partial success is kept in it."""
    DRAFT = "draft"
    """The rules are met; the name or a check is missing."""
    CHECKED = "checked"
    """Ready for approval."""
    APPROVED = "approved"
    """Waits for the worker, which numbers it."""
    NUMBERED = "numbered"
    """It has a certificate; from here on nothing changes."""
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    """Taken back by the officer who entered it, before approval."""


class Holder(Base):
    """One human or body that holds certificates, perhaps without ever coming from a platform."""

    __tablename__ = "holder"
    __table_args__ = (
        Index("ix_holder_name_search", "name_search"),
        words_index("ix_holder_words", "name_search"),
    )
    on_erasure = Erasure.EMPTIED

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    kind: Mapped[HolderKind] = mapped_column(String(12), default=HolderKind.PERSON)
    name: Mapped[str] = mapped_column(String(400), default="")
    """The newest name known; what is printed stands in each case."""
    name_search: Mapped[str] = mapped_column(String(400), default="")
    """The name in small letters, without accents; see ``certification/searching.py``."""
    email: Mapped[str] = mapped_column(String(320), default="")
    """Confirmed by the holder; empty: none."""
    email_confirmed_at: Mapped[datetime | None]
    email_search: Mapped[str] = mapped_column(String(64), default="", index=True)
    """Keyed hash of the confirmed address in small letters; empty: none."""
    email_by: Mapped[str] = mapped_column(String(80), default="")
    """Officer who gave the address: names that are confirmed by its letters rest on their word.
    Empty: the holder gave it, from a platform."""
    email_human: Mapped[UUID | None]
    entered_by: Mapped[str] = mapped_column(String(80), default="worker")
    created_at: Mapped[datetime]
    merged_into_id: Mapped[UUID | None] = mapped_column(ForeignKey("holder.id"))
    """Where officers found two holders to be one human: the one that stays."""
    erased_at: Mapped[datetime | None]


class HolderPerson(Base):
    """That a person of a platform is a holder; several persons may be one human."""

    __tablename__ = "holder_person"
    on_erasure = Erasure.WITH_OWNER

    person_id: Mapped[UUID] = mapped_column(
        ForeignKey("person.id", ondelete="CASCADE"), primary_key=True
    )
    holder_id: Mapped[UUID] = mapped_column(ForeignKey("holder.id"), index=True)
    linked_by: Mapped[str] = mapped_column(String(80))
    """``worker``, ``command line`` or the id of an officer's person."""
    linked_at: Mapped[datetime]


class HolderChange(Base):
    """That officers found persons or holders to be one human, or not to be; with the reason."""

    __tablename__ = "holder_change"
    on_erasure = Erasure.WITH_OWNER

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    holder_id: Mapped[UUID] = mapped_column(ForeignKey("holder.id"), index=True)
    """The human as which somebody stays, or from whom somebody was parted."""
    other_id: Mapped[UUID | None] = mapped_column(ForeignKey("holder.id"), index=True)
    """The other holder; of a person who was parted: the holder that it is now. None: none."""
    person_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("person.id", ondelete="CASCADE"), index=True
    )
    """None: two holders were merged, or parted."""
    act: Mapped[str] = mapped_column(String(12))
    """``certification.linking.Act`` by value."""
    reason: Mapped[str] = mapped_column(Text)
    changed_by: Mapped[str] = mapped_column(String(80))
    changed_at: Mapped[datetime]


def account(column: str) -> str:
    """Give the SQL for the person in a column ``*_by``, at the command line or not."""
    return f"replace({column}, '{AT_COMMAND_LINE}', '')"


def _others(column: str) -> str:
    """Give the SQL for: nobody who prepared the case is the person in a column ``*_by``."""
    own = account(column)
    return (
        f"({own} <> {account('entered_by')}"
        f" AND (assessed_by = '' OR {own} <> {account('assessed_by')})"
        f" AND (second_assessed_by = '' OR {own} <> {account('second_assessed_by')})"
        f" AND (named_by = '' OR {own} <> {account('named_by')}))"
    )


class Case(Base):
    """One candidate and one scheme, on the way to a certificate or to a refusal.

    ``*_by`` name whose act it was (a person's id, ``worker``, ``command line``); ``*_human`` the
    human behind it (the holder of an officer's person, else the person). Four eyes count both: who
    is one human may be found otherwise later. No human: the rules alone.
    """

    __tablename__ = "certification_case"
    __table_args__ = (
        UniqueConstraint("holder_id", "scheme_id", "sitting"),
        Index("ix_certification_case_state", "state", "scheme_id"),
        Index("ix_certification_case_entered", "state", "entered_at", "id"),
        Index("ix_certification_case_sitting", "scheme_id", "sitting"),
        CheckConstraint("approvers BETWEEN 0 AND 2", name="approvers_0_to_2"),
        CheckConstraint(
            "approved_human IS NULL OR ("
            "(entered_human IS NULL OR approved_human <> entered_human)"
            " AND (assessed_human IS NULL OR approved_human <> assessed_human)"
            " AND (second_assessed_human IS NULL OR approved_human <> second_assessed_human)"
            " AND (named_human IS NULL OR approved_human <> named_human)"
            " AND approved_human <> holder_id)",
            name="four_eyes_at_approval",
        ),
        CheckConstraint(
            "seconded_human IS NULL OR (approved_human IS NOT NULL"
            " AND seconded_human <> approved_human"
            " AND (entered_human IS NULL OR seconded_human <> entered_human)"
            " AND (assessed_human IS NULL OR seconded_human <> assessed_human)"
            " AND (second_assessed_human IS NULL OR seconded_human <> second_assessed_human)"
            " AND (named_human IS NULL OR seconded_human <> named_human)"
            " AND seconded_human <> holder_id)",
            name="four_eyes_at_second",
        ),
        CheckConstraint(
            f"approved_human IS NULL OR {_others('approved_by')}", name="two_accounts_at_approval"
        ),
        CheckConstraint(
            f"seconded_human IS NULL OR ({account('seconded_by')} <> {account('approved_by')}"
            f" AND {_others('seconded_by')})",
            name="two_accounts_at_second",
        ),
        CheckConstraint(
            "second_assessed_by = ''"
            f" OR {account('second_assessed_by')} <> {account('assessed_by')}",
            name="two_accounts_of_assessors",
        ),
        CheckConstraint(
            "second_assessed_human IS NULL OR (assessed_human IS NOT NULL"
            " AND second_assessed_human <> assessed_human)",
            name="two_assessors",
        ),
        CheckConstraint(
            "(assessed_human IS NULL OR assessed_human <> holder_id)"
            " AND (second_assessed_human IS NULL OR second_assessed_human <> holder_id)",
            name="not_assessed_by_its_holder",
        ),
        CheckConstraint("(named_by = '') = (named_human IS NULL)", name="named_by_a_human"),
        CheckConstraint(
            "NOT corrects OR (approvers >= 1 AND entered_human IS NOT NULL"
            " AND entered_human <> holder_id)",
            name="four_eyes_at_correction",
        ),
        CheckConstraint(
            "state NOT IN ('approved', 'numbered') OR ("
            "(approvers < 1 OR approved_human IS NOT NULL)"
            " AND (approvers < 2 OR seconded_human IS NOT NULL))",
            name="approved_as_the_scheme_asks",
        ),
    )
    on_erasure = Erasure.EMPTIED

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    holder_id: Mapped[UUID] = mapped_column(ForeignKey("holder.id"), index=True)
    scheme_id: Mapped[str] = mapped_column(String(60))
    scheme_fingerprint: Mapped[str] = mapped_column(String(64))
    """Of the scheme that decided."""
    sitting: Mapped[str] = mapped_column(String(120))
    """What makes it this case and no other: ``first``, ``entry:<day>``, ``renews:<number>``,
    ``corrects:<number>``."""
    route: Mapped[str] = mapped_column(String(12))
    """``courses.schemes.Route`` by value."""
    state: Mapped[CaseState] = mapped_column(String(12), default=CaseState.COLLECTING)
    approvers: Mapped[int]
    """As the scheme had it when the case began."""
    name: Mapped[str] = mapped_column(String(400), default="")
    """As it will be printed."""
    name_confirmed_at: Mapped[datetime | None]
    name_confirmed_by: Mapped[str] = mapped_column(String(80), default="")
    """Person of the holder, or of the officer who saw the paper; empty: nobody yet."""
    named_by: Mapped[str] = mapped_column(String(80), default="")
    """Officer who alone answers for the name, and does not approve it: they gave it another form
    than holder or platform did, or the holder confirmed it through a letter that they had sent
    (then they are not ``name_confirmed_by``). Empty: nobody, or somebody else has confirmed it."""
    named_human: Mapped[UUID | None]
    language: Mapped[str] = mapped_column(String(35), default="en")
    evidence: Mapped[dict[str, Any] | None]
    """``certification.evidence.Evidence`` as the rules saw it."""
    decision: Mapped[dict[str, Any] | None]
    """``certification.rules.Decision``: outcome and reasons."""
    decided_at: Mapped[datetime | None]
    look_due_at: Mapped[datetime | None] = mapped_column(index=True)
    """When the worker looks at it again; None: not before something happens."""
    particulars: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """What an officer entered: exam and training body, trainer, day, results, checklist, number
    in an earlier register."""
    examined_on: Mapped[date | None]
    entered_at: Mapped[datetime]
    entered_by: Mapped[str] = mapped_column(String(80))
    entered_human: Mapped[UUID | None]
    assessed_by: Mapped[str] = mapped_column(String(80), default="")
    assessed_human: Mapped[UUID | None]
    second_assessed_by: Mapped[str] = mapped_column(String(80), default="")
    second_assessed_human: Mapped[UUID | None]
    approved_at: Mapped[datetime | None]
    approved_by: Mapped[str] = mapped_column(String(80), default="")
    approved_human: Mapped[UUID | None]
    seconded_at: Mapped[datetime | None]
    seconded_by: Mapped[str] = mapped_column(String(80), default="")
    seconded_human: Mapped[UUID | None]
    refused_at: Mapped[datetime | None]
    refused_by: Mapped[str] = mapped_column(String(80), default="")
    refuse_reason: Mapped[str] = mapped_column(Text, default="")
    batch_id: Mapped[UUID | None] = mapped_column(ForeignKey("approval_batch.id"), index=True)
    number_due_at: Mapped[datetime | None]
    """When the worker tries again to number it, after a fault; None: at once."""
    fault: Mapped[str] = mapped_column(Text, default="")
    """Why the newest try to number it failed, in words for officers."""
    predecessor_id: Mapped[UUID | None] = mapped_column(index=True)
    """Certificate that it corrects or renews. No key: the register's tables stand after this."""
    corrects: Mapped[bool] = mapped_column(default=False)
    """Whether the predecessor is corrected, and so superseded; else it is renewed."""


class ApprovalBatch(Base):
    """Cases approved with one click, to show how far the worker is with them."""

    __tablename__ = "approval_batch"
    on_erasure = Erasure.KEPT

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    approved_by: Mapped[str] = mapped_column(String(80))
    approved_at: Mapped[datetime]
    size: Mapped[int]


class EvidenceFile(Base):
    """Work evidence that a candidate uploaded; its bytes lie in the tool's files."""

    __tablename__ = "evidence_file"
    on_erasure = Erasure.WITH_OWNER

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    case_id: Mapped[UUID] = mapped_column(
        ForeignKey("certification_case.id", ondelete="CASCADE"), index=True
    )
    elements: Mapped[list[Any]] = mapped_column(default=list)
    """Codes of the card's elements that it is meant to prove."""
    file_name: Mapped[str] = mapped_column(String(255))
    media_type: Mapped[str] = mapped_column(String(120))
    size_bytes: Mapped[int]
    sha256: Mapped[str] = mapped_column(String(64))
    path: Mapped[str] = mapped_column(String(255))
    """In the tool's files."""
    note: Mapped[str] = mapped_column(Text, default="")
    uploaded_at: Mapped[datetime]


class Assessment(Base):
    """What one assessor judged of one element of a case."""

    __tablename__ = "assessment"
    __table_args__ = (UniqueConstraint("case_id", "element_code", "position"),)
    on_erasure = Erasure.WITH_OWNER

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    case_id: Mapped[UUID] = mapped_column(ForeignKey("certification_case.id", ondelete="CASCADE"))
    element_code: Mapped[str] = mapped_column(String(60))
    position: Mapped[int]
    """1 the first assessor, 2 the second."""
    rating: Mapped[str] = mapped_column(String(20))
    """``met``, ``partly`` or ``not-met``."""
    comment: Mapped[str] = mapped_column(Text, default="")
    assessed_by: Mapped[str] = mapped_column(String(80))
    assessed_human: Mapped[UUID]
    assessed_at: Mapped[datetime]


class Appeal(Base):
    """A candidate asks for a review of a decision, by a person who had no part in it."""

    __tablename__ = "certification_appeal"
    on_erasure = Erasure.WITH_OWNER

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    case_id: Mapped[UUID] = mapped_column(
        ForeignKey("certification_case.id", ondelete="CASCADE"), index=True
    )
    words: Mapped[str] = mapped_column(Text)
    opened_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[str] = mapped_column(String(80), default="")
    decided_human: Mapped[UUID | None]
    outcome: Mapped[str] = mapped_column(String(20), default="")
    """``upheld``, ``rejected`` or empty while it is open."""
    answer: Mapped[str] = mapped_column(Text, default="")


class SchemeSeen(Base):
    """A scheme as it was when the worker last looked through all enrolments for it."""

    __tablename__ = "scheme_seen"
    on_erasure = Erasure.NOBODY

    scheme_id: Mapped[str] = mapped_column(String(60), primary_key=True)
    fingerprint: Mapped[str] = mapped_column(String(64))
    after_id: Mapped[UUID | None]
    """The enrolment up to which it has come; None: at the beginning."""
    finished_at: Mapped[datetime | None]
