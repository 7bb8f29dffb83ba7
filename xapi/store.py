"""Keep statements: each once, each batch as a whole or not at all.

Within a host's own transaction by :func:`keep`; for the clients of the store by a :class:`Writer`,
which brings together what waits at the same moment.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from xapi import turns
from xapi.db import Begin
from xapi.driver import Transactions, driver_of
from xapi.fresh import Batch, make_batch
from xapi.keeping import ConflictError, keep_batches
from xapi.received import Received
from xapi.terms import Memory

__all__ = ["ConflictError", "Writer", "keep", "take_turn"]

TOGETHER = 2_000
"""About how many statements of several clients are written in one transaction."""


def keep(
    session: Session,
    given: Sequence[Received],
    *,
    authority: Mapping[str, Any],
    version: str | None = None,
) -> list[UUID]:
    """Keep a batch of statements in the caller's transaction; give their ids in the order sent.

    A statement that is kept already and equal is left as it is. When they were stored is told by
    the database's clock, read when it is this batch's turn: so it never runs backwards, not even
    between machines.

    Args:
        session: of a transaction that writes from its beginning (on SQLite ``BEGIN IMMEDIATE``).
        given: as read.
        authority: the agent that answers for them.
        version: of the standard whose rules they keep to; None: those of one or the other.

    Raises:
        StatementError: one of them is none, or an id stands in the batch twice.
        ConflictError: one of them is kept and says something else.
    """
    batch = make_batch(given, authority, version=version)
    learnt = keep_batches(driver_of(session.connection()), [batch], Memory())
    if learnt.conflicts:
        raise learnt.conflicts[0]
    return batch.ids


def take_turn(session: Session) -> None:
    """Wait until no other transaction changes statements; ours is next, to its end."""
    turns.take_turn(driver_of(session.connection()))


@dataclass(slots=True)
class _Waiting:
    """A batch in the queue, and what became of it."""

    batch: Batch
    is_settled: bool = False
    error: Exception | None = None


class Writer:
    """Keeps the batches of one process's clients, one transaction after the other.

    Whoever comes while one is written waits, and the first of those who waited writes for all: so
    one commit serves many, and on SQLite nobody meets a locked database.
    """

    def __init__(self, begin: Begin) -> None:
        self._transactions = Transactions(begin)
        self._memory = Memory()
        self._queue: list[_Waiting] = []
        self._queueing = threading.Lock()
        self._turn = threading.Lock()
        self._through = 0

    def keep(self, batch: Batch) -> list[UUID]:
        """Keep a batch; give its ids in the order sent.

        Raises:
            ConflictError: one of its statements is kept and says something else.
        """
        mine = _Waiting(batch)
        with self._queueing:
            self._queue.append(mine)
        with self._turn:
            while not mine.is_settled:
                self._write(self._take())
        if mine.error is not None:
            raise mine.error
        return batch.ids

    @property
    def known(self) -> int:
        """Give the last answer of :meth:`through`, which holds for ever; 0 before the first."""
        return self._through

    def through(self, session: Session) -> int:
        """Give the time up to which nothing is missing for who reads after this.

        Args:
            session: of a transaction that only reads, and has not yet; it is ended.

        Returns:
            Microseconds since 1970; never less than before.
        """
        found = turns.through(session, known=self._through)
        self._through = max(self._through, found)
        return found

    def _take(self) -> list[_Waiting]:
        """Take what waits, as far as no id stands in it twice; what is left waits for the next."""
        taken: list[_Waiting] = []
        left: list[_Waiting] = []
        seen: set[UUID] = set()
        with self._queueing:
            for each in self._queue:
                ids = each.batch.ids
                fits = len(seen) + len(ids) <= TOGETHER and seen.isdisjoint(ids)
                if not taken or (fits and not left):
                    taken.append(each)
                    seen.update(each.batch.ids)
                else:
                    left.append(each)
            self._queue[:] = left
        return taken

    def _write(self, taken: Sequence[_Waiting]) -> None:
        try:
            with self._transactions.begin() as driver:
                learnt = keep_batches(driver, [each.batch for each in taken], self._memory)
        except Exception as error:
            if len(taken) > 1:
                for each in taken:
                    self._write([each])
                return
            taken[0].error = error
        else:
            learnt.remember(self._memory)
            self._through = max(self._through, learnt.through)
            for place, wrong in learnt.conflicts.items():
                taken[place].error = wrong
        for each in taken:
            each.is_settled = True
