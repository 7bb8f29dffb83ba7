"""A transaction as the database's own driver gives it, for the few statements that count.

What takes in statements says the same few sentences of SQL again and again. Each is written once,
prepared by the driver, and costs a fifth of what it does through layers that serve every need.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from xapi.db import Begin, writing

NAMED = re.compile(r":(\w+)")
CHUNK = 1_000
"""The most values of one query."""

WORTH_COPYING = 40
"""From how many rows on PostgreSQL's COPY is the faster way."""

Values = Mapping[str, Any]


class Sql:
    """A statement for both databases; values are named ``:so``, and a list of them is ``:wanted``.

    Where the two differ it is written twice.

    Args:
        sqlite: the statement.
        postgresql: the same for PostgreSQL; None: no different.
        copied: ``COPY`` of the same columns in the same order, for many rows; empty: there is none.
    """

    def __init__(self, sqlite: str, postgresql: str | None = None, *, copied: str = "") -> None:
        self.sqlite = sqlite
        self.postgresql = NAMED.sub(r"%(\1)s", postgresql or sqlite)
        self.copied = copied


class Driver:
    """An open transaction."""

    def __init__(self, raw: Any, *, is_sqlite: bool) -> None:
        self.raw = raw
        self.is_sqlite = is_sqlite
        self._copies = True

    def rows(self, sql: Sql, values: Values) -> list[tuple[Any, ...]]:
        """Give the rows of a query."""
        if self.is_sqlite:
            found: list[tuple[Any, ...]] = self.raw.execute(sql.sqlite, values).fetchall()
            return found
        return list(self.raw.execute(sql.postgresql, values).fetchall())

    def rows_of(self, sql: Sql, wanted: Sequence[Any]) -> list[tuple[Any, ...]]:
        """Give the rows of a query for each of several values.

        On PostgreSQL they go there together, on SQLite one by one: there is no way to go.
        """
        found: list[tuple[Any, ...]] = []
        if self.is_sqlite:
            for each in wanted:
                found += self.raw.execute(sql.sqlite, {"wanted": each}).fetchall()
            return found
        for start in range(0, len(wanted), CHUNK):
            some = {"wanted": list(wanted[start : start + CHUNK])}
            found += self.raw.execute(sql.postgresql, some).fetchall()
        return found

    def run(self, sql: Sql, values: Values) -> None:
        """Run a statement that gives nothing."""
        self.raw.execute(sql.sqlite if self.is_sqlite else sql.postgresql, values)

    def run_each(self, sql: Sql, rows: Sequence[Values]) -> None:
        """Run a statement for each of several rows; PostgreSQL is sent all without a pause."""
        if self.is_sqlite:
            self.raw.executemany(sql.sqlite, rows)
            return
        with self.raw.cursor() as cursor:
            if sql.copied and self._copies and len(rows) >= WORTH_COPYING:
                with cursor.copy(sql.copied) as copy:
                    for row in rows:
                        copy.write_row(tuple(row.values()))
            else:
                cursor.executemany(sql.postgresql, rows)

    @contextmanager
    def without_waiting(self) -> Iterator[None]:
        """Send PostgreSQL what gives nothing without waiting for it; nothing is copied."""
        with self.raw.pipeline():
            self._copies = False
            yield
        self._copies = True

    def id_in(self, value: UUID | None) -> Any:
        """Give a UUID as the driver takes it."""
        return value.bytes if value is not None and self.is_sqlite else value

    def id_out(self, value: Any) -> UUID:
        """Give a UUID that the driver gave."""
        return UUID(bytes=value) if self.is_sqlite else value


def driver_of(connection: Connection) -> Driver:
    """Give the driver of a connection that is in a transaction."""
    raw = connection.connection.driver_connection
    return Driver(raw, is_sqlite=connection.dialect.name == "sqlite")


class Transactions:
    """Opens transactions for the driver, on the database that a host hands in."""

    def __init__(self, begin: Begin) -> None:
        self._begin = begin
        self._open: Callable[[], Any] | None = None
        self._is_sqlite = False

    @contextmanager
    def begin(self) -> Iterator[Driver]:
        """Open a transaction that writes; commit at its end, or roll back on an error."""
        if self._open is None:
            with self._begin() as session:
                engine = session.connection().engine
            self._is_sqlite = engine.dialect.name == "sqlite"
            self._open = writing(engine)
        with self._open() as raw:
            yield Driver(raw, is_sqlite=self._is_sqlite)
