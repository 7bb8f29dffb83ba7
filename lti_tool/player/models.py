"""Tables of the player: who takes which course, what is done, what was asked and answered."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from fractions import Fraction
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from lti_tool.db import Base, Erasure

ITEM = 130
"""Length of an item's path, as in :class:`lti_tool.lti.models.ResourceLink`."""


class AttemptKind(StrEnum):
    """What an attempt is a sitting of."""

    QUIZ = "quiz"
    EXAM = "exam"


class SubmittedBy(StrEnum):
    """Who ended an attempt."""

    LEARNER = "learner"
    CLOCK = "clock"
    STAFF = "staff"


class Enrolment(Base):
    """One person's place in one course, in one context."""

    __tablename__ = "enrolment"
    __table_args__ = (
        UniqueConstraint("person_id", "context_id", "course_id"),
        Index(
            "uq_enrolment_without_context",
            "person_id",
            "course_id",
            unique=True,
            sqlite_where=text("context_id IS NULL"),
            postgresql_where=text("context_id IS NULL"),
        ),
        Index("ix_enrolment_context_course", "context_id", "course_id"),
        CheckConstraint("percent BETWEEN 0 AND 100", name="percent_0_to_100"),
        CheckConstraint("extra_percent BETWEEN 0 AND 300", name="extra_percent_0_to_300"),
    )
    on_erasure = Erasure.WITH_OWNER

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    context_id: Mapped[UUID | None] = mapped_column(ForeignKey("context.id", ondelete="CASCADE"))
    """None where the launch named no context; a person has one such place in a course."""
    course_id: Mapped[str] = mapped_column(String(60))
    registration: Mapped[UUID] = mapped_column(default=uuid4)
    """``context.registration`` of every statement about it."""
    created_at: Mapped[datetime]
    completed_at: Mapped[datetime | None]
    seen_item_id: Mapped[str] = mapped_column(String(ITEM), default="")
    """Where the learner was last; empty: nowhere yet."""
    percent: Mapped[int] = mapped_column(default=0)
    """Whole percent of the course's items that are done."""
    extra_percent: Mapped[int] = mapped_column(default=0)
    """Extra time in every exam of the course, on top of its minutes."""

    attempts: Mapped[list[Attempt]] = relationship(
        back_populates="enrolment", lazy="raise_on_sql", passive_deletes=True
    )


class EnrolmentVisit(Base):
    """One visit to an enrolment, from its launch until it is told as terminated."""

    __tablename__ = "enrolment_visit"
    on_erasure = Erasure.WITH_OWNER

    launch_id: Mapped[UUID] = mapped_column(
        ForeignKey("launch.id", ondelete="CASCADE"), primary_key=True
    )
    enrolment_id: Mapped[UUID] = mapped_column(
        ForeignKey("enrolment.id", ondelete="CASCADE"), index=True
    )
    began_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    """When something was last done in it; the desk's "last seen" is the newest of an enrolment."""
    terminated_at: Mapped[datetime | None] = mapped_column(index=True)


class Progress(Base):
    """How far a learner is with one item. Never a grade: that is an attempt's."""

    __tablename__ = "progress"
    on_erasure = Erasure.WITH_OWNER

    enrolment_id: Mapped[UUID] = mapped_column(
        ForeignKey("enrolment.id", ondelete="CASCADE"), primary_key=True
    )
    item_id: Mapped[str] = mapped_column(String(ITEM), primary_key=True)
    begun_at: Mapped[datetime]
    done_at: Mapped[datetime | None]
    points: Mapped[Fraction | None]
    """Of the best attempt that counts; None: none yet, or a page."""
    maximum: Mapped[int | None]
    viewed_in: Mapped[UUID | None]
    """Launch in whose visit the item was last opened: a reload is not told again."""


class FilmProgress(Base):
    """What of one film was seen, over all visits."""

    __tablename__ = "film_progress"
    on_erasure = Erasure.WITH_OWNER

    enrolment_id: Mapped[UUID] = mapped_column(
        ForeignKey("enrolment.id", ondelete="CASCADE"), primary_key=True
    )
    item_id: Mapped[str] = mapped_column(String(ITEM), primary_key=True)
    video_id: Mapped[str] = mapped_column(String(60), primary_key=True)
    segments: Mapped[list[Any]] = mapped_column(default=list)
    """Pairs of seconds, merged and in order."""
    completed_at: Mapped[datetime | None]


class Attempt(Base):
    """One sitting of one quiz or exam by one learner."""

    __tablename__ = "attempt"
    __table_args__ = (
        UniqueConstraint("enrolment_id", "item_id", "number"),
        Index(
            "uq_attempt_open",
            "enrolment_id",
            "item_id",
            unique=True,
            sqlite_where=text("submitted_at IS NULL AND voided_at IS NULL"),
            postgresql_where=text("submitted_at IS NULL AND voided_at IS NULL"),
        ),
        Index(
            "ix_attempt_due",
            "closes_at",
            sqlite_where=text("submitted_at IS NULL AND voided_at IS NULL"),
            postgresql_where=text("submitted_at IS NULL AND voided_at IS NULL"),
        ),
        CheckConstraint("number >= 1", name="number_from_one"),
    )
    on_erasure = Erasure.WITH_OWNER

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    enrolment_id: Mapped[UUID] = mapped_column(ForeignKey("enrolment.id", ondelete="CASCADE"))
    item_id: Mapped[str] = mapped_column(String(ITEM))
    """Path in the course, such as ``"02-loops/quiz"`` or ``"exam"``."""
    number: Mapped[int]
    kind: Mapped[AttemptKind] = mapped_column(String(10))
    course_version: Mapped[str] = mapped_column(String(40))
    fingerprint: Mapped[str] = mapped_column(String(64))
    """Of the course's files when it began."""
    seed: Mapped[str] = mapped_column(String(64))
    """From which the draw and every order of display follow."""
    started_at: Mapped[datetime]
    closes_at: Mapped[datetime | None]
    """When time runs out; None where the item has no limit."""
    pass_share: Mapped[Fraction | None]
    """Of a quiz when the attempt began; None: no pass mark, or an exam (elements have theirs)."""
    left_at: Mapped[datetime | None]
    """Since when the page of an open exam is shut; None: open, or nobody knows."""
    submitted_at: Mapped[datetime | None]
    submitted_by: Mapped[SubmittedBy | None] = mapped_column(String(10))
    points: Mapped[Fraction | None]
    maximum: Mapped[int | None]
    """Points asked, without questions that are withdrawn; None until it is submitted."""
    passed: Mapped[bool | None]
    """None: not submitted, or nobody passes or fails it."""
    receipt: Mapped[dict[str, Any] | None]
    """What was asked, answered and earned when it was submitted; never changed after."""
    receipt_hash: Mapped[str] = mapped_column(String(64), default="")
    """SHA-256 of the receipt's canonical JSON, in hex."""
    remarked_at: Mapped[datetime | None]
    """When a withdrawn question or a ruling last changed its points."""
    voided_at: Mapped[datetime | None]
    """From when on it does not count, neither for points nor against the number allowed."""
    voided_by: Mapped[UUID | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    void_reason: Mapped[str] = mapped_column(Text, default="")

    enrolment: Mapped[Enrolment] = relationship(back_populates="attempts", lazy="raise_on_sql")
    questions: Mapped[list[AttemptQuestion]] = relationship(
        order_by="AttemptQuestion.position", lazy="raise_on_sql", passive_deletes=True
    )
    answers: Mapped[list[Answer]] = relationship(lazy="raise_on_sql", passive_deletes=True)
    elements: Mapped[list[ElementResult]] = relationship(
        order_by="ElementResult.position", lazy="raise_on_sql", passive_deletes=True
    )

    def is_open(self, now: datetime) -> bool:
        """Say whether answers are taken."""
        return (
            self.submitted_at is None
            and self.voided_at is None
            and (self.closes_at is None or now < self.closes_at)
        )


class AttemptQuestion(Base):
    """One question as it was shown in an attempt, whatever became of the course since."""

    __tablename__ = "attempt_question"
    on_erasure = Erasure.WITH_OWNER

    attempt_id: Mapped[UUID] = mapped_column(
        ForeignKey("attempt.id", ondelete="CASCADE"), primary_key=True
    )
    question_id: Mapped[str] = mapped_column(String(60), primary_key=True)
    position: Mapped[int]
    """From 1, over the whole attempt."""
    element_id: Mapped[str] = mapped_column(String(60), default="")
    """Of the exam; empty in a quiz."""
    frozen: Mapped[dict[str, Any]]
    """``courses.snapshot.freeze``; options stand in the order shown."""


class Answer(Base):
    """The newest response to one question of an attempt, with its mark."""

    __tablename__ = "answer"
    on_erasure = Erasure.WITH_OWNER

    attempt_id: Mapped[UUID] = mapped_column(
        ForeignKey("attempt.id", ondelete="CASCADE"), primary_key=True
    )
    question_id: Mapped[str] = mapped_column(String(60), primary_key=True)
    response: Mapped[dict[str, Any]]
    """``courses.snapshot.freeze_response``."""
    points: Mapped[Fraction | None]
    """None until it is marked: at once in a quiz, at the end in an exam."""
    maximum: Mapped[int]
    correct: Mapped[bool | None]
    sequence: Mapped[int] = mapped_column(default=0)
    """Of the page's savings; an older one that arrives late is left out."""
    at: Mapped[datetime]


class ElementResult(Base):
    """How one element of an exam came out in one attempt."""

    __tablename__ = "element_result"
    on_erasure = Erasure.WITH_OWNER

    attempt_id: Mapped[UUID] = mapped_column(
        ForeignKey("attempt.id", ondelete="CASCADE"), primary_key=True
    )
    element_id: Mapped[str] = mapped_column(String(60), primary_key=True)
    position: Mapped[int]
    title: Mapped[str] = mapped_column(String(300))
    pass_share: Mapped[Fraction]
    """As the exam had it when the attempt began, such as 2/3."""
    points: Mapped[Fraction | None]
    """None until the attempt is submitted."""
    asked: Mapped[int]
    """Points that could be earned, without questions that are withdrawn."""
    passed: Mapped[bool | None]


class StandingChange(Base):
    """That an exam came out, or out otherwise, or a course was done: others decide by it."""

    __tablename__ = "standing_change"
    on_erasure = Erasure.WITH_OWNER

    enrolment_id: Mapped[UUID] = mapped_column(
        ForeignKey("enrolment.id", ondelete="CASCADE"), primary_key=True
    )
    due_at: Mapped[datetime] = mapped_column(index=True)
    """When the worker looks at it; moved ahead by a lease."""


class ItemAllowance(Base):
    """What staff allow one person in one item beyond its rules."""

    __tablename__ = "item_allowance"
    __table_args__ = (
        UniqueConstraint("person_id", "context_id", "course_id", "item_id"),
        CheckConstraint("extra_attempts >= 0", name="extra_attempts_from_zero"),
        CheckConstraint("extra_minutes >= 0", name="extra_minutes_from_zero"),
    )
    on_erasure = Erasure.WITH_OWNER

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    context_id: Mapped[UUID] = mapped_column(
        ForeignKey("context.id", ondelete="CASCADE"), index=True
    )
    course_id: Mapped[str] = mapped_column(String(60))
    item_id: Mapped[str] = mapped_column(String(ITEM))
    extra_attempts: Mapped[int] = mapped_column(default=0)
    extra_minutes: Mapped[int] = mapped_column(default=0)
    opens_at: Mapped[datetime | None]
    """In place of the exam's own; None: the exam's own."""
    closes_at: Mapped[datetime | None]
    waives_wait: Mapped[bool] = mapped_column(default=False)
    """No waiting time before the next attempt."""
    reason: Mapped[str] = mapped_column(Text, default="")
    given_at: Mapped[datetime]
    given_by: Mapped[UUID | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))


class QuestionWithdrawal(Base):
    """A faulty question that no longer counts, nor is drawn."""

    __tablename__ = "question_withdrawal"
    __table_args__ = (
        UniqueConstraint("context_id", "course_id", "item_id", "question_id"),
        Index(
            "uq_question_withdrawal_everywhere",
            "course_id",
            "item_id",
            "question_id",
            unique=True,
            sqlite_where=text("context_id IS NULL"),
            postgresql_where=text("context_id IS NULL"),
        ),
        Index("ix_question_withdrawal_item", "course_id", "item_id"),
    )
    on_erasure = Erasure.EMPTIED

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    context_id: Mapped[UUID | None] = mapped_column(ForeignKey("context.id", ondelete="CASCADE"))
    """Where it is withdrawn; None: everywhere."""
    course_id: Mapped[str] = mapped_column(String(60))
    item_id: Mapped[str] = mapped_column(String(ITEM))
    question_id: Mapped[str] = mapped_column(String(60))
    reason: Mapped[str] = mapped_column(Text)
    withdrawn_at: Mapped[datetime]
    withdrawn_by: Mapped[UUID | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
