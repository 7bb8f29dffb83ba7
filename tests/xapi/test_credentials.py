"""Keys with which clients come."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from flask import Flask
from sqlalchemy import select

from lti_tool.db import Database
from tests.xapi.doors import VERSION, Door, sentence
from tests.xapi.shelves import ACTIVITY_PROFILE, AGENT_PROFILE, STATE
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


# What a scope gives (1.0.3, part three, 4.2)


AGENT = '{"mbox":"mailto:a@x.example"}'
ASKED: dict[str, tuple[str, str, dict[str, str]]] = {
    "write a statement": ("POST", "/xapi/statements", {}),
    "read statements": ("GET", "/xapi/statements", {}),
    "write a state": ("PUT", "/xapi/activities/state", STATE.params()),
    "read a state": ("GET", "/xapi/activities/state", STATE.params(None)),
    "write a profile": ("PUT", "/xapi/agents/profile", AGENT_PROFILE.params()),
    "read a profile": ("GET", "/xapi/activities/profile", ACTIVITY_PROFILE.params(None)),
    "read an activity": ("GET", "/xapi/activities", {"activityId": "https://x.example/course"}),
    "read an agent": ("GET", "/xapi/agents", {"agent": AGENT}),
}
GIVES: dict[str, set[str]] = {
    "statements/write": {"write a statement"},
    "statements/read/mine": {"read statements"},
    "statements/read": {"read statements", "read an activity", "read an agent"},
    "state": {"write a state", "read a state"},
    "define": set(),
    "profile": {"write a profile", "read a profile", "read an activity", "read an agent"},
    "all/read": {name for name in ASKED if name.startswith("read")},
    "all": set(ASKED),
}


@pytest.mark.parametrize("scope", credentials.SCOPES, ids=lambda scope: f"4.2-{scope}")
def test_a_scope_gives_what_it_says_and_nothing_else(
    store_app: Flask, database: Database, scope: str
) -> None:
    door = Door.open(store_app, database.begin, scope)

    may = set()
    for name, (method, address, params) in ASKED.items():
        answer = door.ask(
            method,
            address,
            query_string=params,
            headers={**VERSION, "If-None-Match": "*"} if method == "PUT" else VERSION,
            data=json.dumps(sentence()) if method != "GET" else None,
            content_type="application/json",
        )
        assert answer.status_code in {200, 204, 403}
        if answer.status_code == 403:
            assert "lacks" in answer.json["error"]
        else:
            may.add(name)

    assert may == GIVES[scope]


def test_whoever_reads_only_their_own_statements_sees_no_others(
    store_app: Flask, database: Database
) -> None:
    mine = Door.open(store_app, database.begin, "statements/write", "statements/read/mine")
    other = Door.open(store_app, database.begin, "all")
    sent, others = sentence(), sentence()
    mine.post(sent)
    other.post(others)

    assert mine.ids() == [sent["id"]]
    assert mine.ids(verb="https://verbs.example/did") == [sent["id"]]
    assert mine.get(statementId=sent["id"]).status_code == 200
    assert mine.get(statementId=others["id"]).status_code == 404
    assert set(other.ids()) == {sent["id"], others["id"]}


def test_pages_of_whoever_reads_only_their_own_hold_no_others(
    store_app: Flask, database: Database
) -> None:
    mine = Door.open(store_app, database.begin, "statements/write", "statements/read/mine")
    other = Door.open(store_app, database.begin, "all")
    sent = []
    for _ in range(3):
        sent += mine.post(sentence()).json
        other.post(sentence())

    first = mine.get(limit="2").json
    second = mine.ask("GET", first["more"]).json

    assert [each["id"] for each in first["statements"] + second["statements"]] == sent[::-1]
    assert second["more"] == ""
