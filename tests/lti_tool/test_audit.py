"""The log of acts is a chain; whatever was changed, removed or put in shows."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta, timezone
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select, text, update
from sqlalchemy.exc import DBAPIError

from lti_tool import audit
from lti_tool.audit import AuditLine
from lti_tool.certification.register_models import AuditHead
from lti_tool.db import Database
from tests.services_platform import NOON
from tests.tampering import tamper, unguarded


def note(database: Database, act: str = "platform.added", **detail: Any) -> None:
    with database.begin() as session:
        audit.note(session, act, who="command line", about="x", detail=detail, now=NOON)


def broken(database: Database) -> int | None:
    with database.read() as session:
        return audit.find_break(session)


def test_lines_are_numbered_and_hang_together(database: Database) -> None:
    for number in range(3):
        note(database, n=number)

    with database.read() as session:
        lines = session.scalars(select(AuditLine).order_by(AuditLine.number)).all()
    assert [line.number for line in lines] == [1, 2, 3]
    assert lines[0].before_hash == "0" * 64
    assert [line.before_hash for line in lines[1:]] == [line.line_hash for line in lines[:-1]]
    assert broken(database) is None


def test_an_empty_log_is_whole(database: Database) -> None:
    assert broken(database) is None


@pytest.mark.parametrize(
    ("changed", "first"),
    [
        ({"act": "platform.withdrawn"}, 2),
        ({"who": "somebody else"}, 2),
        ({"about": "y"}, 2),
        ({"detail": {"n": 9}}, 2),
        ({"at": NOON + timedelta(microseconds=1)}, 2),
        ({"before_hash": "1" * 64}, 2),
        ({"line_hash": "1" * 64}, 2),
        ({"number": 9}, 2),
    ],
)
def test_a_line_that_was_changed_shows(
    database: Database, changed: dict[str, Any], first: int
) -> None:
    for number in range(3):
        note(database, n=number)

    tamper(database, update(AuditLine).where(AuditLine.number == 2).values(**changed))

    assert broken(database) == first


def test_a_line_that_was_removed_or_put_in_shows(database: Database) -> None:
    for number in range(4):
        note(database, n=number)

    tamper(database, delete(AuditLine).where(AuditLine.number == 3))
    removed = broken(database)
    with database.begin() as session:
        forged = AuditLine(
            number=3, at=NOON, act="x", who="x", about="x", detail={}, before_hash="0" * 64
        )
        forged.line_hash = audit._hash(forged)
        session.add(forged)

    assert (removed, broken(database)) == (3, 3)


def test_a_line_whose_hash_was_made_anew_shows_in_the_next_one(database: Database) -> None:
    for number in range(3):
        note(database, n=number)

    with database.begin() as session, unguarded(session):
        line = session.get_one(AuditLine, 2)
        line.act = "forged"
        line.line_hash = audit._hash(line)

    assert broken(database) == 3


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_line SET who = 'nobody'",
        "DELETE FROM audit_line WHERE number = 2",
        "UPDATE audit_head SET line_number = 1",
        "DELETE FROM audit_head",
    ],
)
def test_the_database_itself_refuses_to_change_or_remove_a_line_or_a_head(
    database: Database, statement: str
) -> None:
    for number in range(2):
        note(database, n=number)
    with database.begin() as session:
        session.add(
            AuditHead(
                day=NOON.date(), line_number=2, line_hash="0" * 64, jws="x", kid="k", made_at=NOON
            )
        )

    with pytest.raises(DBAPIError, match="is only added to"), database.begin() as session:
        session.execute(text(statement))

    assert broken(database) is None


def test_postgresql_refuses_to_empty_the_log_at_one_go(postgresql_url: str) -> None:
    opened = Database(postgresql_url)

    with pytest.raises(DBAPIError, match="audit_line is only added to"), opened.begin() as session:
        session.execute(text("TRUNCATE audit_line"))

    opened.dispose()


def test_a_long_log_is_looked_through_in_pieces(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit, "AT_ONCE", 3)
    for number in range(8):
        note(database, n=number)
    whole = broken(database)

    tamper(database, update(AuditLine).where(AuditLine.number == 7).values(who="nobody"))

    assert (whole, broken(database)) == (None, 7)


def test_what_is_rolled_back_leaves_no_line(database: Database) -> None:
    def write_and_stop() -> None:
        with database.begin() as session:
            audit.note(session, "x", who="x", about="x", now=NOON)
            raise RuntimeError("stop")

    note(database)
    with pytest.raises(RuntimeError, match="stop"):
        write_and_stop()
    note(database)

    assert broken(database) is None
    with database.read() as session:
        assert len(session.scalars(select(AuditLine)).all()) == 2


def test_many_at_once_make_one_chain(database: Database) -> None:
    start = threading.Barrier(4)

    def write(number: int) -> None:
        start.wait()
        for _ in range(5):
            note(database, n=number)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, range(4)))

    with database.read() as session:
        numbers = session.scalars(select(AuditLine.number).order_by(AuditLine.number)).all()
    assert numbers == list(range(1, 21))
    assert broken(database) is None


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text("abcäß", max_size=4), inner)
    ),
    max_leaves=6,
)


@given(
    st.dictionaries(st.text("abcé", min_size=1, max_size=5), JSON, max_size=3), st.integers(-12, 12)
)
@settings(
    max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
def test_whatever_a_line_tells_it_is_read_as_it_was_written(
    database: Database, detail: dict[str, Any], hours: int
) -> None:
    zone = timezone(timedelta(hours=hours))
    with database.begin() as session:
        audit.note(session, "x", who="x", about="x", detail=detail, now=NOON.astimezone(zone))

    assert broken(database) is None


def test_one_act_on_several_things_is_a_line_for_each_in_one_chain(database: Database) -> None:
    with database.begin() as session:
        audit.note(session, "case.opened", who="worker", about="a", now=NOON)
        about = {"b": {"batch": "1"}, "c": {}, "d": {"batch": "1"}}
        lines = audit.note_each(session, "case.approved", who="olga", about=about, now=NOON)

    with database.read() as session:
        assert [(line.number, line.about, line.detail) for line in lines] == [
            (2, "b", {"batch": "1"}), (3, "c", {}), (4, "d", {"batch": "1"}),
        ]  # fmt: skip
        assert audit.find_break(session) is None
