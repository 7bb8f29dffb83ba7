"""Export and erase what the store holds about an actor."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Select, delete, select
from sqlalchemy.orm import Session

from xapi import store
from xapi.contents import account_identifier
from xapi.models import AgentRow, OutboxEntry, StatementAgent, StatementRow
from xapi.statements import Actor

CHUNK = 500


def export(session: Session, actor: Actor) -> Iterator[str]:
    """Give every statement in which an actor stands, as JSON text, oldest first.

    Those that are still on their way come last, without the fields that the store puts in.
    """
    told = select(StatementRow.payload).where(StatementRow.seq.in_(_seqs(actor)))
    yield from session.scalars(told.order_by(StatementRow.seq))
    kept = select(StatementRow.id).where(StatementRow.id == OutboxEntry.statement_id)
    queued = select(OutboxEntry.payload).where(
        OutboxEntry.actor_key == actor.key, ~kept.correlate(OutboxEntry).exists()
    )
    yield from session.scalars(queued.order_by(OutboxEntry.seq))


def erase(session: Session, actor: Actor) -> int:
    """Delete every statement in which an actor stands, queued ones with them; give how many.

    What is just being brought to the store next door is waited for, and deleted there: first the
    outbox, then the store, in the order in which a delivery goes through them.
    """
    waiting = select(OutboxEntry.seq).where(OutboxEntry.actor_key == actor.key)
    queued = list(session.scalars(waiting.order_by(OutboxEntry.seq).with_for_update()))
    _delete(session, OutboxEntry, queued)
    store.take_turn(session)
    seqs = list(session.scalars(_seqs(actor)))
    _delete(session, StatementRow, seqs)
    session.execute(delete(AgentRow).where(AgentRow.identifier == _identifier(actor)))
    return len(seqs) + len(queued)


def _delete(session: Session, table: Any, seqs: list[int]) -> None:
    for start in range(0, len(seqs), CHUNK):
        session.execute(delete(table).where(table.seq.in_(seqs[start : start + CHUNK])))


def _identifier(actor: Actor) -> str:
    return account_identifier(actor.home_page, actor.name)


def _seqs(actor: Actor) -> Select[Any]:
    return (
        select(StatementAgent.seq)
        .join(AgentRow, AgentRow.id == StatementAgent.agent_id)
        .where(AgentRow.identifier == _identifier(actor))
        .distinct()
    )
