"""What other clients put into the store next door goes on to others, as rules say.

Each statement once to each store: what is kept gets a number, and a store's cursor passes each
number once. So two stores that forward to one another come to rest: what comes back is held
already, and gets no number.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from xapi.contents import activities_of
from xapi.db import Begin
from xapi.models import ForwardingRule, Target
from xapi.passing import Kept, count_in_outbox, list_kept, newest, pass_on

FULL = 2000
"""No more is forwarded while so many are on their way, or refused."""


def add_rule(
    session: Session, target: Target, *, verb: str = "", activity_prefix: str = "", now: datetime
) -> ForwardingRule:
    """Let statements of other clients go on to a store from now on.

    Args:
        session: of a transaction that writes.
        target: where they go.
        verb: IRI of the verb; empty: whatever the verb.
        activity_prefix: beginning of the IRI of an activity in the statement; empty: any.
        now: the moment.
    """
    last = newest(session)
    held = select(ForwardingRule.id).where(ForwardingRule.target == target.name).limit(1)
    if session.execute(held).first() is None:
        target.forwarded_through = last
    rule = ForwardingRule(
        id=uuid4(),
        target=target.name,
        verb=verb,
        activity_prefix=activity_prefix,
        since=last,
        created_at=now,
    )
    session.add(rule)
    return rule


def list_rules(session: Session, name: str | None = None) -> list[ForwardingRule]:
    """Give the rules, of one store or of all, oldest first."""
    query = select(ForwardingRule)
    if name is not None:
        query = query.where(ForwardingRule.target == name)
    return list(session.scalars(query.order_by(ForwardingRule.created_at, ForwardingRule.id)))


def remove_rule(session: Session, name: str, rule_id: UUID) -> bool:
    """Take a rule of a store away; say whether there was one."""
    ended = delete(ForwardingRule).where(
        ForwardingRule.id == rule_id, ForwardingRule.target == name
    )
    return session.execute(ended.returning(ForwardingRule.id)).first() is not None


def forward_due(begin: Begin, authority: Mapping[str, Any], *, now: datetime) -> int:
    """Hold the next statements against the rules; give how many were looked at.

    Args:
        begin: opens a transaction that writes.
        authority: the agent that answers for what the application itself tells, which goes to all
            stores anyway.
        now: the moment.
    """
    with begin() as session:
        ruled = select(ForwardingRule.target).distinct().order_by(ForwardingRule.target)
        names = list(session.scalars(ruled))
    looked = 0
    for name in names:
        with begin() as session:
            looked += _forward(session, name, authority, now=now)
    return looked


def _forward(session: Session, name: str, authority: Mapping[str, Any], *, now: datetime) -> int:
    target = session.scalar(select(Target).where(Target.name == name).with_for_update())
    if target is None or count_in_outbox(session, name) >= FULL:
        return 0
    rules = list_rules(session, name)
    found = list(list_kept(session, after=target.forwarded_through))
    if not rules or not found:
        return 0
    chosen = [each for each in found if not each.is_of(authority) and _fits(rules, each)]
    pass_on(session, target, chosen, now=now)
    target.forwarded_through = found[-1].seq
    return len(found)


def _fits(rules: Sequence[ForwardingRule], kept: Kept) -> bool:
    verb = kept.parsed["verb"]["id"]
    names = [each["id"] for each in activities_of(kept.parsed)]
    return any(
        kept.seq > rule.since
        and rule.verb in {"", verb}
        and (not rule.activity_prefix or any(n.startswith(rule.activity_prefix) for n in names))
        for rule in rules
    )
