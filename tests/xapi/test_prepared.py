"""Prepared statements: values go in and come out as through the library, errors are its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import bindparam, func, insert, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from lti_tool.db import Database
from xapi.models import OutboxEntry, Target
from xapi.prepared import Prepared

NOON = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
FIELDS = ("statement_id", "actor_key", "payload", "queued_at")
ADD = Prepared(insert(OutboxEntry).values({name: bindparam(name) for name in FIELDS}))
FIND = Prepared(
    select(OutboxEntry.statement_id, OutboxEntry.payload, OutboxEntry.queued_at).where(
        OutboxEntry.actor_key == bindparam("actor_key")
    )
)
COUNT = Prepared(select(func.count()).select_from(OutboxEntry))


def entry(actor_key: str = "alice", statement_id: UUID | None = None) -> dict[str, Any]:
    """Give the values of an entry."""
    return {
        "statement_id": statement_id or uuid4(),
        "actor_key": actor_key,
        "payload": '{"ä": "☃"}',
        "queued_at": NOON,
    }


@contextmanager
def through(database: Database, way: str) -> Iterator[Any]:
    """Open a transaction in each of the ways there are."""
    with database.write() if way == "connection" else database.begin() as running:
        yield running


@pytest.mark.parametrize("way", ["connection", "session"])
def test_what_was_written_is_read_as_it_was(database: Database, way: str) -> None:
    given = entry()

    with through(database, way) as running:
        ADD.run(running, given)
        inside = FIND.one(running, {"actor_key": "alice"})
    with database.apart() as connection:
        outside = FIND.first(connection, {"actor_key": "alice"})

    assert inside == outside
    assert outside.statement_id == given["statement_id"]
    assert outside.payload == given["payload"]
    assert outside.queued_at == NOON


def test_several_rows_are_written_together(database: Database) -> None:
    with database.write() as connection:
        ADD.run_each(connection, [entry(), entry(), entry("bob")])

    with database.apart() as connection:
        assert COUNT.one(connection, {})[0] == 3
        assert len(FIND.all(connection, {"actor_key": "alice"})) == 2
        assert FIND.first(connection, {"actor_key": "nobody"}) is None
        with pytest.raises(LookupError):
            FIND.one(connection, {"actor_key": "alice"})


def test_a_fault_in_the_middle_leaves_nothing(database: Database) -> None:
    def write() -> None:
        with database.write() as connection:
            ADD.run(connection, entry())
            raise ValueError("in the middle")

    with pytest.raises(ValueError, match="in the middle"):
        write()

    with database.apart() as connection:
        assert COUNT.one(connection, {})[0] == 0


def test_each_statement_apart_is_kept_by_itself(database: Database) -> None:
    def write() -> None:
        with database.apart() as connection:
            ADD.run(connection, entry())
            raise ValueError("afterwards")

    with pytest.raises(ValueError, match="afterwards"):
        write()

    with database.apart() as connection:
        assert COUNT.one(connection, {})[0] == 1


@pytest.mark.parametrize("way", ["connection", "session"])
def test_what_the_database_refuses_is_told_without_what_it_was_given(
    database: Database, way: str
) -> None:
    twice = uuid4()

    def write() -> None:
        with through(database, way) as running:
            ADD.run(running, entry("a secret", twice))
            ADD.run(running, entry("a secret", twice))
            COUNT.one(running, {})

    with pytest.raises(IntegrityError) as refused:
        write()

    assert "a secret" not in str(refused.value)
    with database.apart() as connection:  # and the next one finds all in order
        assert COUNT.one(connection, {})[0] == 0


def test_a_value_that_is_forgotten_is_no_empty_value(database: Database) -> None:
    given = entry()
    del given["payload"]

    with pytest.raises(KeyError), database.write() as connection:
        ADD.run(connection, given)


def test_plain_defaults_of_the_model_are_filled_in(database: Database) -> None:
    fields = ("name", "due_at", "leased_until")
    add = Prepared(insert(Target).values({name: bindparam(name) for name in fields}))

    with database.write() as connection:
        add.run(connection, {"name": "own", "due_at": NOON, "leased_until": NOON})

    with database.read() as session:
        kept = session.get(Target, "own")
        assert kept is not None
        assert (kept.tries, kept.reason) == (0, "")


def test_a_list_of_values_cannot_be_prepared(database: Database) -> None:
    several = Prepared(
        select(OutboxEntry.seq).where(OutboxEntry.seq.in_(bindparam("seqs", expanding=True)))
    )

    with pytest.raises(ValueError, match="seqs"), database.apart() as connection:
        several.all(connection, {"seqs": [1]})


def test_a_connection_that_was_cut_is_not_used_again(postgresql_url: str) -> None:
    database = Database(postgresql_url)
    end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"

    def write() -> None:
        with database.write() as connection:
            COUNT.one(connection, {})
            with database.read() as session:
                session.execute(text(f"{end} AND datname = current_database()"))
            COUNT.one(connection, {})

    with pytest.raises(DBAPIError) as cut:
        write()

    assert cut.value.connection_invalidated
    with database.write() as connection:
        assert COUNT.one(connection, {})[0] == 0
    database.dispose()
