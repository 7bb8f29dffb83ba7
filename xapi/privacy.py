"""Export and erase what the store holds about an actor."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeVar

from sqlalchemy import delete, or_, select
from sqlalchemy.orm import Session

from xapi import documents, files, tokens
from xapi.contents import account_identifier
from xapi.models import Link, OutboxEntry, StatementRow, Term
from xapi.references import own_terms
from xapi.statements import Actor
from xapi.store import take_turn
from xapi.terms import find_number
from xapi.turns import note_forgetting

CHUNK = 500
Each = TypeVar("Each")


def export(session: Session, actor: Actor) -> Iterator[str]:
    """Give every statement in which an actor stands, as JSON text, oldest first.

    Those that are still on their way come last, without the fields that the store puts in.
    """
    for _, payload in _kept(session, actor):
        yield payload
    kept = select(StatementRow.id).where(StatementRow.id == OutboxEntry.statement_id)
    queued = select(OutboxEntry.payload).where(
        OutboxEntry.actor_key == actor.key, ~kept.correlate(OutboxEntry).exists()
    )
    yield from session.scalars(queued.order_by(OutboxEntry.seq))


def erase(session: Session, actor: Actor) -> int:
    """Delete every statement in which an actor stands, queued ones with them; give how many.

    What is just being brought to the store next door is waited for, and deleted there: first the
    outbox, then the store, in the order in which a delivery goes through them. Files that no other
    statement names go with them, and so do the actor's documents and tokens.
    """
    waiting = select(OutboxEntry.seq).where(OutboxEntry.actor_key == actor.key)
    queued = list(session.scalars(waiting.order_by(OutboxEntry.seq).with_for_update()))
    for some in _chunks(queued):
        session.execute(delete(OutboxEntry).where(OutboxEntry.seq.in_(some)))
    take_turn(session)
    kept = list(_kept(session, actor))
    _delete(session, kept)
    number = find_number(session, _term(actor))
    if number is not None:
        session.execute(delete(Link).where(Link.term.in_([number * 2, number * 2 + 1])))
        session.execute(delete(Term).where(Term.id == number))
    documents.remove_of_agent(session, _identifier(actor))
    tokens.remove_of_actor(session, _identifier(actor))
    note_forgetting(session)
    return len(kept) + len(queued)


def _kept(session: Session, actor: Actor) -> Iterator[tuple[int, str]]:
    """Give what speaks of the actor itself; what only refers to such a statement does not."""
    wanted = _term(actor)
    number = find_number(session, wanted)
    if number is None:
        return
    found = session.scalars(
        select(Link.seq).where(Link.term.in_([number * 2, number * 2 + 1])).distinct()
    )
    for some in _chunks(sorted(found)):
        query = select(StatementRow.seq, StatementRow.payload).where(StatementRow.seq.in_(some))
        for seq, payload in session.execute(query.order_by(StatementRow.seq)).all():
            direct, around = own_terms(payload)
            if wanted in direct or wanted in around:
                yield seq, payload


def _delete(session: Session, kept: Iterable[tuple[int, str]]) -> None:
    sha2s: set[str] = set()
    for some in _chunks(kept):
        terms: dict[str, list[int]] = {}
        for seq, payload in some:
            direct, around = own_terms(payload)
            for term in direct | around:
                terms.setdefault(term, []).append(seq)
        sha2s |= {term.removeprefix("file ") for term in terms if term.startswith("file ")}
        for term, seqs in terms.items():
            number = find_number(session, term)
            if number is not None:
                session.execute(
                    delete(Link).where(
                        or_(Link.term == number * 2, Link.term == number * 2 + 1),
                        Link.seq.in_(seqs),
                    )
                )
        numbers = [seq for seq, _ in some]
        named = select(StatementRow.id).where(StatementRow.seq.in_(numbers))
        passed_on = delete(OutboxEntry).where(
            OutboxEntry.target != "", OutboxEntry.statement_id.in_(named)
        )
        session.execute(passed_on, execution_options={"synchronize_session": False})
        session.execute(delete(StatementRow).where(StatementRow.seq.in_(numbers)))
    files.drop_unnamed(session, sha2s)


def _term(actor: Actor) -> str:
    return f"agent {_identifier(actor)}"


def _identifier(actor: Actor) -> str:
    return account_identifier(actor.home_page, actor.name)


def _chunks(given: Iterable[Each]) -> Iterator[list[Each]]:
    listed = list(given)
    return (listed[start : start + CHUNK] for start in range(0, len(listed), CHUNK))
