"""Export and erase what the store holds about an actor."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Select, delete, select
from sqlalchemy.orm import Session

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
    """Delete every statement in which an actor stands, queued ones with them; give how many."""
    seqs = list(session.scalars(_seqs(actor)))
    queued = session.execute(
        delete(OutboxEntry)
        .where(OutboxEntry.actor_key == actor.key)
        .returning(OutboxEntry.statement_id)
    ).all()
    for start in range(0, len(seqs), CHUNK):
        some = seqs[start : start + CHUNK]
        session.execute(delete(StatementRow).where(StatementRow.seq.in_(some)))
    session.execute(delete(AgentRow).where(AgentRow.identifier == _identifier(actor)))
    return len(seqs) + len(queued)


def _identifier(actor: Actor) -> str:
    return account_identifier(actor.home_page, actor.name)


def _seqs(actor: Actor) -> Select[Any]:
    return (
        select(StatementAgent.seq)
        .join(AgentRow, AgentRow.id == StatementAgent.agent_id)
        .where(AgentRow.identifier == _identifier(actor))
        .distinct()
    )
