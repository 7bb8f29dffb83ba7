"""Whose turn it is to write statements: one transaction after the other, on each database.

So numbers and times of storing never run backwards, not even between machines, and a reader can be
told up to which time nothing is missing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, text
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from xapi.db import PATIENCE_S
from xapi.driver import Driver, Sql
from xapi.models import Forgetting

INSERTS: dict[str, Any] = {"sqlite": sqlite_insert, "postgresql": postgresql_insert}
LOCK = 0x786170695F736571
"""Advisory lock of PostgreSQL, held to the end of the transaction whose turn it is."""
TICK = 1_000
"""Microseconds; how finely times of storing are told."""

TAKE = Sql("", "SELECT pg_advisory_xact_lock(:lock)")
ALLOT = Sql(
    """
    SELECT COALESCE((SELECT seq FROM sqlite_sequence WHERE name = 'xapi_statement'), 0) + 1,
      MAX(
        CAST(ROUND((julianday('now') - 2440587.5) * 86400000) AS INTEGER) * 1000,
        COALESCE((SELECT stored_at FROM xapi_statement ORDER BY seq DESC LIMIT 1), 0)
      ),
      (SELECT times FROM xapi_forgetting),
      EXISTS (SELECT 1 FROM xapi_statement WHERE id = :id),
      EXISTS (SELECT 1 FROM xapi_statement WHERE target_id = :id)
    """,
    """
    SELECT
      setval(numbers, nextval(numbers) + :count - 1) - :count + 1,
      GREATEST(
        CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS bigint) * 1000,
        (SELECT stored_at FROM xapi_statement ORDER BY seq DESC LIMIT 1)
      ),
      (SELECT times FROM xapi_forgetting),
      EXISTS (SELECT 1 FROM xapi_statement WHERE id = :id),
      EXISTS (SELECT 1 FROM xapi_statement WHERE target_id = :id)
    FROM pg_get_serial_sequence('xapi_statement', 'seq') AS numbers
    """,
)
WAIT = text(
    """
    WITH held AS MATERIALIZED (SELECT pg_advisory_xact_lock_shared(:lock))
    SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS bigint) * 1000 FROM held
    """
)
TRY = text("UPDATE xapi_forgetting SET times = times WHERE 0")
NOW = text("SELECT CAST(ROUND((julianday('now') - 2440587.5) * 86400000) AS INTEGER) * 1000")
NEWEST = text("SELECT stored_at FROM xapi_statement ORDER BY seq DESC LIMIT 1")


@dataclass(frozen=True, slots=True)
class Turn:
    """What a batch is given when it is its turn."""

    first_seq: int
    stored_at: int
    """Microseconds since 1970."""
    forgetting: int
    """How often something had been erased."""
    is_there: bool
    """Whether the one statement is kept already."""
    is_target: bool
    """Whether statements that are kept refer to it."""


def take_turn(driver: Driver) -> None:
    """Wait until no other transaction changes statements; ours is next, to its end.

    On SQLite a transaction that writes is alone from its beginning.
    """
    if not driver.is_sqlite:
        driver.run(TAKE, {"lock": LOCK})


def allot(driver: Driver, count: int, one: UUID | None = None) -> Turn:
    """Give numbers and the time to statements.

    Args:
        driver: whose turn it is.
        count: how many they are, at least one.
        one: id of a single one, which is looked for on the way.
    """
    (row,) = driver.rows(ALLOT, {"count": count, "id": driver.id_in(one)})
    return Turn(row[0], row[1], row[2] or 0, bool(row[3]), bool(row[4]))


def note_forgetting(session: Session) -> None:
    """Note that something was erased, whoever remembers numbers must ask anew."""
    made = INSERTS[session.get_bind().dialect.name](Forgetting).values(id=1, times=1)
    session.execute(
        made.on_conflict_do_update(
            index_elements=[Forgetting.id], set_={"times": Forgetting.times + 1}
        )
    )


def through(session: Session, *, known: int) -> int:
    """Give the time up to which all that will ever be stored can be seen by who reads after this.

    On PostgreSQL the batch that is being kept is waited for. On SQLite nothing is: while somebody
    writes, the answer is what was known before.

    Args:
        session: of a transaction that only reads, and has not yet; it is ended.
        known: an earlier answer, which holds for ever.

    Returns:
        Microseconds since 1970.
    """
    connection = session.connection()
    if connection.dialect.name == "postgresql":
        found: int = connection.execute(WAIT, {"lock": LOCK}).scalar_one()
    else:
        found = _alone(connection) or connection.execute(NEWEST).scalar() or 0
    session.rollback()
    return max(known, found - TICK)


def _alone(connection: Connection) -> int | None:
    """Give the time where nobody writes; None where somebody does."""
    connection.exec_driver_sql("PRAGMA busy_timeout = 0")
    try:
        connection.execute(TRY)
        return int(connection.execute(NOW).scalar_one())
    except OperationalError:
        return None
    finally:
        connection.exec_driver_sql(f"PRAGMA busy_timeout = {PATIENCE_S * 1000}")
