"""What the tables of the record store share, and its own database where it runs alone.

Within a host application, transactions are the host's.
"""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, cast
from uuid import UUID

from sqlalchemy import (
    JSON,
    BigInteger,
    DateTime,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Uuid,
    create_engine,
    event,
)
from sqlalchemy.engine import Connection, Dialect, Engine, make_url
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.orm import DeclarativeBase, ORMExecuteState, Session, sessionmaker
from sqlalchemy.pool import ConnectionPoolEntry
from sqlalchemy.types import TypeDecorator

Begin = Callable[[], AbstractContextManager[Session]]
"""What opens a transaction that commits at its end."""

Serial = BigInteger().with_variant(Integer, "sqlite")
"""A number that the database counts up by itself."""

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
PATIENCE_S = 15
"""How long a writer on SQLite waits for the one before it."""
IDLE_S = 30.0
"""How long a connection to PostgreSQL may lie idle before it is tried out."""

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


def utcnow() -> datetime:
    """Give the present moment."""
    return datetime.now(UTC)


PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=NORMAL",
    "foreign_keys=ON",
    "cache_size=-8000",  # KiB of each connection, and a process may come to have fifteen
    "wal_autocheckpoint=4000",  # pages; writing the same ones back less often takes less time
)


WRITER_CACHE = "PRAGMA cache_size=-32000"
"""Of the one connection that writes statements: each goes to a dozen places."""


class UtcDateTime(TypeDecorator[datetime]):
    """A moment: aware in, aware UTC out, on databases that know zones and on those that do not."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse a moment without a zone."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment needs a time zone")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Moment(TypeDecorator[datetime]):
    """A moment as the number of microseconds since 1970: small, and the same on each database."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        """Refuse a moment without a zone."""
        return None if value is None else microseconds(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:
        """Give UTC."""
        return None if value is None else moment_of(value)


class SmallUuid(TypeDecorator[UUID]):
    """A UUID in sixteen bytes, also where the database has no type of its own for it."""

    impl = LargeBinary
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        """Take the database's own type where there is one."""
        kind: Any = LargeBinary(16) if dialect.name == "sqlite" else Uuid()
        return dialect.type_descriptor(kind)

    def process_bind_param(self, value: UUID | None, dialect: Dialect) -> Any:
        """Give the bytes, or leave it to the database."""
        return value.bytes if value is not None and dialect.name == "sqlite" else value

    def process_result_value(self, value: Any, dialect: Dialect) -> UUID | None:
        """Read the bytes."""
        return UUID(bytes=value) if isinstance(value, bytes) else value


def microseconds(moment: datetime) -> int:
    """Give the number of microseconds since 1970.

    Raises:
        ValueError: the moment has no zone.
    """
    if moment.tzinfo is None:
        raise ValueError("a moment needs a time zone")
    return (moment - EPOCH) // MICROSECOND


def moment_of(count: int) -> datetime:
    """Give the moment so many microseconds after 1970."""
    return EPOCH + count * MICROSECOND


def moment_text(count: int) -> str:
    """Give the moment so many microseconds after 1970 by RFC 3339, to the millisecond."""
    second, rest = divmod(count, 1_000_000)
    return f"{_second_text(second)}.{rest // 1000:03}Z"


@functools.lru_cache(maxsize=16)
def _second_text(second: int) -> str:
    """Give a second; many statements are stored in one."""
    return moment_of(second * 1_000_000).isoformat()[:19]


class Base(DeclarativeBase):
    """The tables of the record store; their names begin with ``xapi_``."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: UtcDateTime(),
        dict[str, Any]: JSON(),
        list[Any]: JSON(),
    }


def table_of(model: type[Base]) -> Table:
    """Give the table of a model, for statements that are built once and make no objects."""
    return cast("Table", model.__table__)


def writing(engine: Engine) -> Callable[[], AbstractContextManager[Any]]:
    """Give what opens a transaction that writes, as the driver gives it; one at a time.

    It commits at its end, or rolls back on an error.
    """
    return _on_sqlite(engine) if engine.dialect.name == "sqlite" else _on_postgresql(engine)


def _on_sqlite(engine: Engine) -> Callable[[], AbstractContextManager[Any]]:
    """Always take the same connection: to be lent another costs half of what a statement does."""
    own: list[Any] = []

    @contextmanager
    def opened() -> Iterator[Any]:
        if not own:
            own.append(engine.raw_connection())
            own[0].driver_connection.execute(WRITER_CACHE)
        raw = own[0].driver_connection
        raw.execute("BEGIN IMMEDIATE")
        try:
            yield raw
            raw.commit()
        except BaseException:
            raw.rollback()
            raise

    return opened


def _on_postgresql(engine: Engine) -> Callable[[], AbstractContextManager[Any]]:
    @contextmanager
    def opened() -> Iterator[Any]:
        held = engine.raw_connection()
        try:
            yield held.driver_connection
            held.commit()
        except Exception:
            held.rollback()
            raise
        finally:
            held.close()

    return opened


class Database:
    """Engine and transactions of a store that runs alone."""

    def __init__(self, url: str) -> None:
        if make_url(url).get_backend_name() != "sqlite":
            self.engine = create_engine(url)
            ping_idle(self.engine)
        else:
            self.engine = create_engine(url, connect_args={"timeout": PATIENCE_S})
            event.listen(self.engine, "connect", prepare_sqlite)
            event.listen(self.engine, "begin", begin_sqlite)
        self._sessions = sessionmaker(self.engine, expire_on_commit=False)
        read_what_is_locked(self._sessions)
        self._reading = sessionmaker(reader_of(self.engine), expire_on_commit=False)

    @contextmanager
    def begin(self) -> Iterator[Session]:
        """Open a transaction that writes; commit at its end, or roll back on an error."""
        with self._sessions() as session:
            if self.engine.dialect.name == "sqlite":
                session.connection(execution_options={"sqlite_begin": "IMMEDIATE"})
            yield session
            session.commit()

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


def read_what_is_locked(sessions: sessionmaker[Session]) -> None:
    """Have rows that are locked read anew, where a session loaded them before.

    Without it an object keeps what it held before the lock was waited for, and whoever looks at it
    decides on what another transaction has changed since.
    """
    event.listen(sessions, "do_orm_execute", _read_anew)


def _read_anew(asked: ORMExecuteState) -> None:
    if getattr(asked.statement, "_for_update_arg", None) is not None:
        asked.update_execution_options(populate_existing=True)


def ping_idle(engine: Engine) -> None:
    """Try out connections that lay idle before they are used; one just used is not asked again.

    When one turns out to be cut off, so may be all the others: each is tried out.
    """
    idle = _Idle()
    event.listen(engine, "checkout", idle.ping)
    event.listen(engine, "checkin", idle.note)
    event.listen(engine, "invalidate", idle.note_lost)


class _Idle:
    """Which connections of a pool are known to work."""

    def __init__(self) -> None:
        self._lost_at = 0.0

    def ping(self, connection: Any, record: ConnectionPoolEntry, _proxy: object) -> None:
        used_at = record.info.get("used_at", 0.0)
        if used_at > self._lost_at and time.monotonic() - used_at < IDLE_S:
            return
        try:
            connection.execute("SELECT 1")
            connection.rollback()
        except Exception as error:
            raise DisconnectionError from error

    def note(self, connection: Any, record: ConnectionPoolEntry) -> None:
        if connection is None or connection.closed:
            self._lost_at = time.monotonic()
        record.info["used_at"] = time.monotonic()

    def note_lost(self, *_what: object) -> None:
        self._lost_at = time.monotonic()


def reader_of(engine: Engine) -> Engine:
    """Give the same engine for reading."""
    if engine.dialect.name == "sqlite":
        return engine
    return engine.execution_options(isolation_level="AUTOCOMMIT")


def prepare_sqlite(connection: Any, _record: object) -> None:
    """Set up a connection to SQLite as it was opened; transactions are begun by us."""
    connection.isolation_level = None
    for pragma in PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")


def begin_sqlite(connection: Connection) -> None:
    """Begin a transaction as its options say; writers lock at once (``IMMEDIATE``)."""
    mode = connection.get_execution_options().get("sqlite_begin", "DEFERRED")
    connection.connection.execute(f"BEGIN {mode}")  # the driver's own
