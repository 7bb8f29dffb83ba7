"""Keys with which clients come."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from lti_tool.db import Database
from tests.xapi.doors import Door
from xapi import credentials
from xapi.models import Credential

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def test_of_a_secret_only_a_hash_is_kept(database: Database) -> None:
    with database.begin() as session:
        key, secret = credentials.create(session, label="LMS", scopes=["all"], now=NOW)

    with database.read() as session:
        (kept,) = session.execute(select(Credential.__table__))
    assert key in kept
    assert not any(secret in str(each) for each in kept)
    assert len(secret) >= 43


def test_a_key_is_good_with_its_own_secret_only(database: Database) -> None:
    with database.begin() as session:
        first, secret = credentials.create(session, label="one", scopes=["all"], now=NOW)
        second, other = credentials.create(session, label="two", scopes=["all"], now=NOW)

    with database.read() as session:
        found = credentials.find_client(session, first, secret)
        assert found == credentials.Client(first, "one", frozenset({"all"}))
        assert credentials.find_client(session, first, other) is None
        assert credentials.find_client(session, second, secret) is None
        assert credentials.find_client(session, "0" * 32, secret) is None
        assert credentials.find_client(session, first.upper(), secret) is None


def test_a_withdrawn_key_is_dead_at_once(door: Door, database: Database) -> None:
    assert door.get().status_code == 200

    with database.begin() as session:
        assert credentials.withdraw(session, door.key, now=NOW)

    assert door.get().status_code == 401
    with database.begin() as session:
        assert credentials.list_credentials(session) == []
        assert not credentials.withdraw(session, door.key, now=NOW)
        assert not credentials.withdraw(session, "0" * 32, now=NOW)


@pytest.mark.parametrize("scopes", [[], ["everything"], ["all", "everything"]])
def test_a_key_for_nothing_or_for_what_there_is_not_is_not_made(
    database: Database, scopes: list[str]
) -> None:
    with database.begin() as session, pytest.raises(ValueError, match="scope"):
        credentials.create(session, label="x", scopes=scopes, now=NOW)
