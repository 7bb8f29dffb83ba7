"""The worker's heartbeat: when each job last went round, and how it went."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import String, Text, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from lti_tool.db import Base, Erasure


class Beat(Base):
    """One job of the worker."""

    __tablename__ = "beat"
    on_erasure = Erasure.NOBODY

    job: Mapped[str] = mapped_column(String(60), primary_key=True)
    at: Mapped[datetime]
    failing_since: Mapped[datetime | None]
    reason: Mapped[str] = mapped_column(Text, default="")


def beat(session: Session, job: str, *, now: datetime, reason: str = "") -> None:
    """Write down that a job went round; with a reason where it failed."""
    found = session.get(Beat, job)
    if found is None:
        found = Beat(job=job)
        session.add(found)
    found.at = now
    found.reason = reason
    found.failing_since = (found.failing_since or now) if reason else None


def list_beats(session: Session) -> list[Beat]:
    """Give all jobs by name."""
    return list(session.scalars(select(Beat).order_by(Beat.job)))
