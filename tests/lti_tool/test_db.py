"""One transaction at a time, the same rules on both databases."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta, timezone
from fractions import Fraction
from pathlib import Path
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError, OperationalError, ProgrammingError

import xapi.db
from lti_tool import db
from lti_tool.beats import Beat
from lti_tool.db import Database, Points, UtcDateTime
from lti_tool.grants import Grant
from lti_tool.lti.models import PlatformKey
from tests.services_platform import NOON
from xapi.driver import driver_of

DIALECTS = (sqlite.dialect(), postgresql.dialect())  # type: ignore[no-untyped-call]


def count(database: Database) -> int:
    with database.read() as session:
        return session.scalar(select(func.count()).select_from(Beat)) or 0


def test_a_transaction_is_kept_at_its_end(database: Database) -> None:
    with database.begin() as session:
        session.add(Beat(job="a", at=NOON))
        before = count(database)

    assert (before, count(database)) == (0, 1)


def test_a_transaction_that_fails_leaves_nothing(database: Database) -> None:
    def write_and_stop() -> None:
        with database.begin() as session:
            session.add(Beat(job="a", at=NOON))
            session.flush()
            raise RuntimeError("stop")

    with pytest.raises(RuntimeError, match="stop"):
        write_and_stop()

    assert count(database) == 0


def test_a_connection_that_broke_while_it_lay_idle_is_replaced(
    postgresql_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = Database(postgresql_url)
    other = Database(postgresql_url)
    with database.read() as session:
        backend = session.scalar(text("SELECT pg_backend_pid()"))
    with other.read() as session:
        session.execute(text("SELECT pg_terminate_backend(:pid, 2000)"), {"pid": backend})
    monkeypatch.setattr(xapi.db, "IDLE_S", 0.0)

    with database.read() as session:
        again = session.scalar(text("SELECT pg_backend_pid()"))

    assert again != backend
    database.dispose()
    other.dispose()


@pytest.mark.parametrize("by_key", [True, False])
def test_a_row_that_is_locked_is_read_anew(postgresql_url: str, *, by_key: bool) -> None:
    held = Database(postgresql_url)
    Beat.metadata.create_all(held.engine)
    with held.begin() as session:
        session.add(Beat(job="a", at=NOON, reason="before"))

    with held.begin() as session:
        beat = session.get_one(Beat, "a")
        with held.begin() as other:
            other.get_one(Beat, "a").reason = "after"
        if by_key:
            session.get_one(Beat, "a", with_for_update=True)
        else:
            session.scalar(select(Beat).with_for_update())
        seen = beat.reason
        session.delete(beat)

    assert seen == "after"
    held.dispose()


def test_what_was_changed_before_a_lock_is_kept(database: Database) -> None:
    with database.begin() as session:
        session.add(Beat(job="a", at=NOON, reason="before"))

    with database.begin() as session:
        beat = session.get_one(Beat, "a")
        beat.reason = "mine"
        session.get_one(Beat, "a", with_for_update=True)
        session.scalar(select(Beat).with_for_update())

    with database.read() as session:
        assert session.get_one(Beat, "a").reason == "mine"


def test_when_one_connection_is_cut_off_only_one_request_fails(postgresql_url: str) -> None:
    database = Database(postgresql_url)
    other = Database(postgresql_url)
    with database.read() as first, database.read() as second, database.read() as third:
        sessions = (first, second, third)
        backends = [each.scalar(text("SELECT pg_backend_pid()")) for each in sessions]
    with other.read() as session:
        for backend in backends:
            session.execute(text("SELECT pg_terminate_backend(:pid, 2000)"), {"pid": backend})

    def ask() -> None:
        with database.read() as session:
            driver_of(session.connection()).raw.execute("SELECT 1")

    with pytest.raises(OperationalError):
        ask()
    for _ in range(3):
        ask()

    database.dispose()
    other.dispose()


def test_what_was_read_can_be_used_after_the_transaction(database: Database) -> None:
    with database.begin() as session:
        made = Beat(job="a", at=NOON)
        session.add(made)

    assert made.job == "a"


def test_writers_wait_for_each_other_and_lose_nothing(database: Database) -> None:
    with database.begin() as session:
        session.add(Beat(job="a", at=NOON, reason="0"))
    start = threading.Barrier(4)

    def add() -> None:
        start.wait()
        for _ in range(5):
            with database.begin() as session:
                beat = session.get_one(Beat, "a", with_for_update=True)
                beat.reason = str(int(beat.reason) + 1)

    threads = [threading.Thread(target=add) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    with database.read() as session:
        assert session.get_one(Beat, "a").reason == "20"


def test_keys_that_lead_nowhere_are_refused(database: Database) -> None:
    with pytest.raises(IntegrityError), database.begin() as session:
        session.add(PlatformKey(platform_id=uuid4(), kid="k", jwk={}, fetched_at=NOON))


def test_an_error_does_not_tell_what_a_statement_was_given(database: Database) -> None:
    with (
        pytest.raises((OperationalError, ProgrammingError)) as caught,
        database.begin() as session,
    ):
        session.execute(text("SELECT * FROM nowhere WHERE name = :name"), {"name": "Alice"})

    assert "nowhere" in str(caught.value)
    assert "Alice" not in str(caught.value)


def test_a_moment_comes_back_as_it_was_in_utc(database: Database) -> None:
    prague = datetime(2026, 7, 1, 14, 0, 0, 123_456, tzinfo=timezone(timedelta(hours=2)))
    with database.begin() as session:
        session.add(Beat(job="a", at=prague))

    with database.read() as session:
        at = session.get_one(Beat, "a").at
        found = session.scalars(select(Beat.job).where(Beat.at == prague)).all()
    assert at == prague
    assert at.tzinfo is UTC
    assert found == ["a"]


def test_a_moment_without_a_zone_is_refused() -> None:
    for dialect in DIALECTS:
        with pytest.raises(ValueError, match="time zone"):
            UtcDateTime().process_bind_param(datetime(2026, 1, 1), dialect)  # noqa: DTZ001


ZONES = st.integers(-23, 23).map(lambda hours: timezone(timedelta(hours=hours)))
MOMENTS = st.datetimes(
    min_value=datetime(1970, 1, 2),  # noqa: DTZ001  # zones are drawn
    max_value=datetime(2100, 1, 1),  # noqa: DTZ001
    timezones=ZONES,
)


@given(MOMENTS)
def test_moments_go_in_and_out(moment: datetime) -> None:
    for dialect in DIALECTS:
        kind = UtcDateTime()
        back = kind.process_result_value(kind.process_bind_param(moment, dialect), dialect)

        assert back == moment
        assert back is not None
        assert back.utcoffset() == timedelta(0)


@given(st.fractions() | st.none())
def test_points_are_exact(points: Fraction | None) -> None:
    for dialect in DIALECTS:
        kind = Points()

        assert (
            kind.process_result_value(kind.process_bind_param(points, dialect), dialect) == points
        )


def test_points_that_are_equal_are_written_the_same() -> None:
    written = {
        Points().process_bind_param(given_points, DIALECTS[0])
        for given_points in (Fraction(5, 2), Fraction(10, 4), Fraction("2.5"))
    }

    assert written == {"5/2"}


def test_a_folder_for_the_file_is_made(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/deep/down/tool.db")

    with database.read() as session:
        mode = session.scalar(text("PRAGMA journal_mode"))
        keys = session.scalar(text("PRAGMA foreign_keys"))
    database.dispose()

    assert (mode, keys) == ("wal", 1)
    assert (tmp_path / "deep" / "down" / "tool.db").exists()


def test_the_present_has_a_zone() -> None:
    assert db.utcnow().utcoffset() == timedelta(0)


def test_every_table_has_a_name_for_each_of_its_rules() -> None:
    for table in db.Base.metadata.tables.values():
        for constraint in table.constraints:
            assert constraint.name, table.name


def test_grants_are_found_by_an_index() -> None:
    assert {"issuer", "subject"} <= {
        column.name for index in Grant.__table__.indexes for column in index.columns
    }
