"""Copying to another store what the one next door held before that one was added.

It goes on where it was, whatever is stopped meanwhile: how far it came is kept in the transaction
that puts a portion into the outbox.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from xapi.db import Begin
from xapi.models import Backfill, StatementRow, Target
from xapi.passing import PORTION, count_in_outbox, list_kept, newest, pass_on

FULL = 500
"""No more is copied while so many are on their way, or refused."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a backfill has come."""

    total: int
    looked: int
    copied: int
    waiting: int
    """Of those copied, and of those forwarded, that have not arrived yet."""
    everything: bool
    started_at: datetime
    finished_at: datetime | None

    @property
    def arrived(self) -> int:
        """Give how many statements are done with."""
        return max(0, self.looked - self.waiting)

    @property
    def percent(self) -> int:
        """Give the share that is done with; 100 only when all is."""
        if self.is_over:
            return 100
        return min(99, 100 * self.arrived // self.total) if self.total else 0

    @property
    def is_over(self) -> bool:
        """Say whether all has arrived."""
        return self.finished_at is not None and self.waiting == 0


def start(session: Session, target: Target, *, everything: bool, now: datetime) -> int:
    """Begin to copy; give how many statements will be looked at.

    Args:
        session: of a transaction that writes.
        target: the store to copy to.
        everything: whether what other clients told goes too, or the application's own alone.
        now: the moment.
    """
    again = session.get(Backfill, target.name)
    until = newest(session) if again or not target.kept_before else target.kept_before
    total = session.scalar(
        select(func.count()).select_from(StatementRow).where(StatementRow.seq <= until)
    )
    session.execute(delete(Backfill).where(Backfill.target == target.name))
    session.expire_all()
    session.add(
        Backfill(
            target=target.name,
            everything=everything,
            through=0,
            until=until,
            total=total or 0,
            looked=0,
            copied=0,
            started_at=now,
            finished_at=None,
        )
    )
    return total or 0


def stop(session: Session, name: str) -> bool:
    """End a backfill where it is; what is in the outbox still goes. Say whether there was one."""
    ended = delete(Backfill).where(Backfill.target == name).returning(Backfill.target)
    return session.execute(ended).first() is not None


def progress_of(session: Session, name: str) -> Progress | None:
    """Give how far the backfill of a store has come; None: there was none."""
    row = session.get(Backfill, name)
    if row is None:
        return None
    return Progress(
        total=row.total,
        looked=row.looked,
        copied=row.copied,
        waiting=count_in_outbox(session, name),
        everything=row.everything,
        started_at=row.started_at,
        finished_at=row.finished_at,
    )


def copy_due(begin: Begin, authority: Mapping[str, Any], *, now: datetime) -> int:
    """Put the next portion of each backfill into the outbox; give how many were looked at.

    Args:
        begin: opens a transaction that writes.
        authority: the agent that answers for what the application itself tells.
        now: the moment.
    """
    with begin() as session:
        due = select(Backfill.target).join(Target, Target.name == Backfill.target)
        names = list(
            session.scalars(due.where(Backfill.finished_at.is_(None), Target.paused_at.is_(None)))
        )
    looked = 0
    for name in names:
        with begin() as session:
            looked += _copy(session, name, authority, now=now)
    return looked


def _copy(session: Session, name: str, authority: Mapping[str, Any], *, now: datetime) -> int:
    row = session.scalar(select(Backfill).where(Backfill.target == name).with_for_update())
    target = session.get(Target, name)
    if row is None or target is None or count_in_outbox(session, name) >= FULL:
        return 0
    found = list(list_kept(session, after=row.through, until=row.until))
    chosen = [each for each in found if row.everything or each.is_of(authority)]
    pass_on(session, target, chosen, now=now)
    row.looked += len(found)
    row.copied += len(chosen)
    if found:
        row.through = found[-1].seq
    if len(found) < PORTION:
        row.finished_at = now
    return len(found)
