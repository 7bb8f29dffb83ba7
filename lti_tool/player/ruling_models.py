"""Table of rulings: what staff decided about single answers after an appeal."""

from __future__ import annotations

from datetime import datetime
from fractions import Fraction
from uuid import UUID

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from lti_tool.db import Base, Erasure


class QuestionRuling(Base):
    """Points that staff award for one question of one attempt, in place of the mark."""

    __tablename__ = "question_ruling"
    on_erasure = Erasure.WITH_OWNER

    attempt_id: Mapped[UUID] = mapped_column(
        ForeignKey("attempt.id", ondelete="CASCADE"), primary_key=True
    )
    question_id: Mapped[str] = mapped_column(String(60), primary_key=True)
    points: Mapped[Fraction]
    reason: Mapped[str] = mapped_column(Text)
    ruled_at: Mapped[datetime]
    ruled_by: Mapped[UUID | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
