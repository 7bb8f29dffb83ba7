"""Export and erase what the store holds about an actor."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Select, delete, select
from sqlalchemy.orm import Session

from xapi.models import AgentRow, OutboxEntry, StatementAgent, StatementRow


def export(session: Session, home_page: str, name: str) -> Iterator[str]:
    """Give every statement in which an account stands, as JSON text, oldest first."""
    query = select(StatementRow.payload).where(StatementRow.seq.in_(_seqs(home_page, name)))
    yield from session.scalars(query.order_by(StatementRow.seq))


def erase(session: Session, home_page: str, name: str) -> int:
    """Delete every statement in which an account stands, queued ones with them; give how many."""
    seqs = list(session.scalars(_seqs(home_page, name)))
    queued = session.execute(
        delete(OutboxEntry)
        .where(OutboxEntry.actor_key == f"{home_page}|{name}")
        .returning(OutboxEntry.seq)
    ).all()
    for start in range(0, len(seqs), 500):
        session.execute(delete(StatementRow).where(StatementRow.seq.in_(seqs[start : start + 500])))
    session.execute(delete(AgentRow).where(AgentRow.identifier == _identifier(home_page, name)))
    return len(seqs) + len(queued)


def _identifier(home_page: str, name: str) -> str:
    return f"account {home_page} {name}"


def _seqs(home_page: str, name: str) -> Select[tuple[int]]:
    return (
        select(StatementAgent.seq)
        .join(AgentRow, AgentRow.id == StatementAgent.agent_id)
        .where(AgentRow.identifier == _identifier(home_page, name))
        .distinct()
    )
