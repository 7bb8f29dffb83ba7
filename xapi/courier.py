"""Brings statements to all stores, round after round, for a worker.

Each store over HTTP is sent to in a thread of its own, one round at a time: a store that hangs
keeps neither the other stores waiting nor what else the worker does. Who is stopped at any moment
leaves a lease that runs out, and what was on its way is looked up.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from datetime import datetime

from sqlalchemy import select, update

from xapi.db import Begin
from xapi.delivery import BATCH, EmbeddedStore, Store, deliver_to
from xapi.external import ExternalStore
from xapi.models import Target
from xapi.sealing import Unseal, UnsealError
from xapi.settling import names_of, sweep

PATIENCE_S = 0.5
"""How long a round waits for the stores that it begins to send to; who takes longer is met in a
later one."""
THREADS = 8
UNREADABLE = (
    "Its password cannot be read: it was encrypted with a secret that is not set any more. "
    "Give the password again."
)

Terms = tuple[str, str, str, str]
"""Address, user name, encrypted password, version."""


class Courier:
    """Goes to the stores that the application brings, and to those kept in the table of targets."""

    def __init__(
        self,
        begin: Begin,
        fixed: Sequence[Store],
        *,
        unseal: Unseal,
        patience_s: float = PATIENCE_S,
    ) -> None:
        self._begin = begin
        self._fixed = list(fixed)
        self._names = [store.name for store in fixed]
        self._unseal = unseal
        self._patience_s = patience_s
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="courier")
        self._under_way: dict[str, Future[int]] = {}
        self._kept: dict[str, tuple[Terms, ExternalStore]] = {}
        self._is_new = True

    @property
    def is_under_way(self) -> bool:
        """Say whether a store over HTTP is being sent to right now."""
        return bool(self._under_way)

    def close(self) -> None:
        """Wait for what is under way, and close the connections that were opened here."""
        self._threads.shutdown()
        for _, store in self._kept.values():
            store.close()

    def deliver_due(self, now: datetime, *, limit: int = BATCH) -> int:
        """Bring up to ``limit`` entries to each store; give how many were settled since last time.

        Raises:
            Exception: what a round to a store over HTTP ended with, after all have had theirs.
        """
        if self._is_new:
            self._ask_again()
            self._is_new = False
        settled = 0
        stores: list[Store] = [*self._fixed, *self._list_kept(now)]
        if not stores:
            self._sweep()
        begun: list[Future[int]] = []
        for store in stores:
            if isinstance(store, EmbeddedStore):
                settled += deliver_to(self._begin, store, self._names, now=now, limit=limit)
            elif store.name not in self._under_way:
                sent = self._threads.submit(
                    deliver_to, self._begin, store, self._names, now=now, limit=limit
                )
                self._under_way[store.name] = sent
                begun.append(sent)
        wait(begun, timeout=self._patience_s)
        return settled + self._collect()

    def _collect(self) -> int:
        done = [future for future in self._under_way.values() if future.done()]
        self._under_way = {
            name: future for name, future in self._under_way.items() if future not in done
        }
        failed = next((future for future in done if future.exception() is not None), None)
        settled = sum(future.result() for future in done if future.exception() is None)
        if failed is not None:
            failed.result()
        return settled

    def _list_kept(self, now: datetime) -> list[ExternalStore]:
        query = select(Target).where(Target.url != "", Target.paused_at.is_(None))
        with self._begin() as session:
            targets = list(session.scalars(query.order_by(Target.name)))
        found = []
        for target in targets:
            terms = (target.url, target.key, target.sealed_secret, target.version)
            if target.name not in self._under_way and self._is_other(target.name, terms):
                self._open(target, terms, now)
            if target.name in self._kept:
                found.append(self._kept[target.name][1])
        return found

    def _is_other(self, name: str, terms: Terms) -> bool:
        return name not in self._kept or self._kept[name][0] != terms

    def _open(self, target: Target, terms: Terms, now: datetime) -> None:
        if target.name in self._kept:
            self._kept.pop(target.name)[1].close()
        try:
            secret = self._unseal(target.sealed_secret)
        except UnsealError:
            with self._begin() as session:
                paused = update(Target).where(Target.name == target.name)
                session.execute(paused.values(paused_at=now, reason=UNREADABLE))
            return
        opened = ExternalStore(
            target.url, target.key, secret, name=target.name, version=target.version
        )
        self._kept[target.name] = (terms, opened)

    def _sweep(self) -> None:
        """Forget stores that were removed, where no other store's round does it."""
        with self._begin() as session:
            sweep(session, names_of(session, self._names))

    def _ask_again(self) -> None:
        """Give stores of the settings that locked us out another try: settings may have changed."""
        paused = update(Target).where(
            Target.name.in_(self._names), Target.paused_at.is_not(None), Target.reason != ""
        )
        with self._begin() as session:
            session.execute(paused.values(paused_at=None, reason="", tries=0))
