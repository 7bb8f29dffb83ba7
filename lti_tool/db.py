"""The database: one transaction at a time, the same rules on SQLite and PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from enum import StrEnum
from fractions import Fraction
from pathlib import Path
from typing import Any, ClassVar

from flask import current_app
from sqlalchemy import JSON, Engine, MetaData, String, create_engine, event
from sqlalchemy.engine import Connection, Dialect, make_url
from sqlalchemy.orm import DeclarativeBase, Session, sessionmaker
from sqlalchemy.types import TypeDecorator

from xapi.db import (
    NAMING,
    PATIENCE_S,
    UtcDateTime,
    begin_sqlite,
    ping_idle,
    prepare_sqlite,
    read_what_is_locked,
    reader_of,
)
from xapi.prepared import CONNECTION

Begin = Callable[[], AbstractContextManager[Session]]
"""What opens a transaction that commits at its end, such as :meth:`Database.begin`."""


class Points(TypeDecorator[Fraction]):
    """Points: an exact fraction, kept as text such as ``5/2``."""

    impl = String(40)
    cache_ok = True

    def process_bind_param(self, value: Fraction | None, dialect: Dialect) -> str | None:
        """Write numerator and denominator."""
        return None if value is None else str(Fraction(value))

    def process_result_value(self, value: str | None, dialect: Dialect) -> Fraction | None:
        """Read them back."""
        return None if value is None else Fraction(value)


class Erasure(StrEnum):
    """What happens to a table's rows when the person they speak of is erased."""

    WITH_OWNER = "deleted with its owner"
    EMPTIED = "personal columns emptied, the row stays"
    KEPT = "kept by duty"
    NOBODY = "about nobody"


class Base(DeclarativeBase):
    """What all tables of the tool share."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: UtcDateTime(),
        Fraction: Points(),
        dict[str, Any]: JSON(),
        list[Any]: JSON(),
    }
    on_erasure: ClassVar[Erasure]


class Database:
    """The engine and its two kinds of transaction."""

    def __init__(self, url: str, *, pool_size: int = 5) -> None:
        self.engine = make_engine(url, pool_size=pool_size)
        self._sessions = sessionmaker(self.engine, expire_on_commit=False)
        read_what_is_locked(self._sessions)
        self._reading = sessionmaker(reader_of(self.engine), expire_on_commit=False)
        self._writer = self.engine.execution_options(sqlite_begin="IMMEDIATE")
        self._reader = reader_of(self.engine)

    @contextmanager
    def begin(self) -> Iterator[Session]:
        """Open a transaction that writes; commit at its end, or roll back on an error."""
        with self._sessions() as session:
            if self.engine.dialect.name == "sqlite":
                options = {"sqlite_begin": "IMMEDIATE"}
                session.info[CONNECTION] = session.connection(execution_options=options)
            yield session
            session.commit()

    def write(self) -> AbstractContextManager[Connection]:
        """Open such a transaction for prepared statements: a bare connection, no session."""
        return self._writer.begin()

    def apart(self) -> AbstractContextManager[Connection]:
        """Open a bare connection on which each prepared statement is a transaction of its own."""
        return self._reader.connect()

    @contextmanager
    def read(self) -> Iterator[Session]:
        """Open a session that only reads.

        On SQLite it is a transaction, rolled back at its end. On PostgreSQL each query stands by
        itself, which saves two of three round trips.
        """
        with self._reading() as session:
            yield session

    def dispose(self) -> None:
        """Close all connections."""
        self.engine.dispose()


def make_engine(url: str, *, pool_size: int = 5) -> Engine:
    """Make an engine with our rules for the database that the address names.

    SQLite: WAL, foreign keys on, fifteen seconds of patience, writers begin with BEGIN IMMEDIATE.
    What a statement was given never stands in the text of an error: logs name nobody.
    """
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite":
        engine = create_engine(url, pool_size=pool_size, max_overflow=10, hide_parameters=True)
        ping_idle(engine)
        return engine
    if parsed.database and parsed.database != ":memory:":
        Path(parsed.database).expanduser().parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(url, connect_args={"timeout": PATIENCE_S}, hide_parameters=True)
    event.listen(engine, "connect", prepare_sqlite)
    event.listen(engine, "begin", begin_sqlite)
    return engine


def begin() -> AbstractContextManager[Session]:
    """Open the one transaction of a request that writes."""
    return current_database().begin()


def write() -> AbstractContextManager[Connection]:
    """Open the one transaction of a request that writes by prepared statements only."""
    return current_database().write()


def apart() -> AbstractContextManager[Connection]:
    """Open a bare connection of a request; each prepared statement on it stands by itself."""
    return current_database().apart()


def read() -> AbstractContextManager[Session]:
    """Open a transaction of a request that only reads."""
    return current_database().read()


def current_database() -> Database:
    """Give the database of the application that answers."""
    database: Database = current_app.extensions["lti_tool.db"]
    return database


def utcnow() -> datetime:
    """Give the present moment; called at the edges only (routes, desks, worker, command line)."""
    return datetime.now(UTC)
