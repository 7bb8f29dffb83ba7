"""Stores that are no longer sent to: redirected to another, or removed."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from xapi import settling
from xapi.models import Backfill, Delivery, ForwardingRule, OutboxEntry, Target
from xapi.outbox import step_back
from xapi.targets import (
    LEFT,
    StoreFaultError,
    find_elsewhere,
    find_kept,
    settled,
    waiting_at,
)

MOVED = "redirected"
"""Reason of a delivery that was none."""


def redirect(session: Session, name: str, other: str, *, now: datetime) -> int:
    """Send what waits for a store, or was refused by it, to another instead; give how many.

    Its rules go over too. A store that is kept here is removed; one that the settings name is
    paused, to be taken out of them.

    Raises:
        StoreFaultError: one of them is not known or next door, or both are the same.
    """
    source, goal = find_elsewhere(session, name), find_elsewhere(session, other)
    if name == other:
        raise StoreFaultError("same")
    seqs = _lock_waiting(session, name)
    _readdress(session, name, other)
    if seqs:
        waiting = select(waiting_at(name).subquery().c.seq)
        gone = delete(Delivery).where(Delivery.seq.in_(waiting))
        plain = {"synchronize_session": False}
        not_sent = gone.where(Delivery.target == other, Delivery.reason.in_([LEFT, MOVED]))
        session.execute(not_sent, execution_options=plain)
        session.execute(gone.where(Delivery.target == name), execution_options=plain)
        step_back(session, other, min(seqs))
        goal.doubt_through = max(goal.doubt_through, *seqs)  # it may have some of them already
    if session.get(Backfill, other) is None:
        session.execute(update(Backfill).where(Backfill.target == name).values(target=other))
    _move_rules(session, source, goal)
    if source.url:
        remove(session, name)
    else:
        settling.note(session, [settled(name, seq, MOVED, now) for seq in seqs])
        source.paused_at, source.reason = now, ""
    return len(seqs)


def remove(session: Session, name: str) -> int:
    """Send to a store no more, and forget it; give how many statements waited for it.

    What waited for it alone is removed by the worker; the store next door still holds what it held.

    Raises:
        StoreFaultError: there is none, or the settings name it.
    """
    target = find_kept(session, name)
    waiting = session.scalar(select(func.count()).select_from(waiting_at(name).subquery())) or 0
    session.execute(delete(Backfill).where(Backfill.target == name))
    session.execute(delete(ForwardingRule).where(ForwardingRule.target == name))
    session.execute(delete(OutboxEntry).where(OutboxEntry.target == name))
    target.url = target.key = target.sealed_secret = ""
    target.paused_at, target.reason = None, ""
    return waiting


def _lock_waiting(session: Session, name: str) -> list[int]:
    rows = waiting_at(name).order_by(OutboxEntry.seq).with_for_update(of=OutboxEntry)
    return [row.seq for row in session.execute(rows)]


def _readdress(session: Session, name: str, other: str) -> None:
    """Have what goes to one store alone go to the other, unless it goes there already."""
    there = select(OutboxEntry.statement_id).where(OutboxEntry.target.in_(["", other]))
    own = OutboxEntry.target == name
    plain = {"synchronize_session": False}
    twice = delete(OutboxEntry).where(own, OutboxEntry.statement_id.in_(there))
    session.execute(twice, execution_options=plain)
    session.execute(update(OutboxEntry).where(own).values(target=other), execution_options=plain)


def _move_rules(session: Session, source: Target, goal: Target) -> None:
    """Hand rules over; each holds from where it had come to."""
    held = {name for name in (source.name, goal.name) if _has_rules(session, name)}
    if source.name not in held:
        return
    for each in (source, goal):
        passed = each.forwarded_through
        rules = update(ForwardingRule).where(ForwardingRule.target == each.name)
        session.execute(rules.where(ForwardingRule.since < passed).values(since=passed))
    cursors = [each.forwarded_through for each in (source, goal) if each.name in held]
    goal.forwarded_through = min(cursors)
    moved = update(ForwardingRule).where(ForwardingRule.target == source.name)
    session.execute(moved.values(target=goal.name))


def _has_rules(session: Session, name: str) -> bool:
    query = select(ForwardingRule.id).where(ForwardingRule.target == name).limit(1)
    return session.execute(query).first() is not None
