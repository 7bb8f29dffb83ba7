"""Short-lived keys for content players: one actor, one activity, and no more."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import func, select

from lti_tool.db import Database
from tests.xapi.doors import HOME, Door, sentence
from tests.xapi.shelves import (
    ACTIVITY,
    ACTIVITY_PROFILE,
    AGENT_PROFILE,
    ALICE,
    BOB,
    OTHER_REGISTRATION,
    REGISTRATION,
    STATE,
)
from xapi import tokens
from xapi.app import init_app
from xapi.host import Host
from xapi.models import Token
from xapi.tokens import Made
from xapi.values import StatementError
from xapi.vocabulary import VOIDED

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
BELOW = f"{ACTIVITY}/page-1"
BESIDE = f"{ACTIVITY}-other"


def make(database: Database, **more: Any) -> Made:
    """Make a token for Alice and the course."""
    given: dict[str, Any] = {
        "actor": ALICE,
        "activity": ACTIVITY,
        "lasts": timedelta(hours=1),
        "now": datetime.now(UTC),
        **more,
    }
    with database.begin() as session:
        return tokens.create(session, **given)


@pytest.fixture
def player(store_app: Flask, database: Database) -> Door:
    """Give a content player with a token of one registration."""
    made = make(database, registration=UUID(REGISTRATION))
    return Door(store_app, made.key, made.secret)


def said(what: str = ACTIVITY, actor: Any = ALICE, **context: Any) -> dict[str, Any]:
    """Give a statement of the registration."""
    told = {"registration": REGISTRATION, **context}
    kept = {name: value for name, value in told.items() if value is not None}
    return {**sentence(), "actor": actor, "object": {"id": what}, "context": kept}


def around(role: str, iri: str) -> dict[str, Any]:
    """Give context activities."""
    return {"contextActivities": {role: [{"id": iri}]}}


ALLOWED: dict[str, dict[str, Any]] = {
    "about the activity": said(),
    "about what lies below it": said(BELOW),
    "about a part of it": said(f"{ACTIVITY}#t=1"),
    "about something within it": said("https://y.example/z", **around("parent", BELOW)),
    "about something grouped by it": said("https://y.example/z", **around("grouping", ACTIVITY)),
    "with the registration in capitals": said(registration=REGISTRATION.upper()),
    "with another name of the actor": said(actor={**ALICE, "name": "Alice"}),
}
REFUSED: dict[str, dict[str, Any]] = {
    "of another actor": said(actor=BOB),
    "of a group with the actor": said(actor={"objectType": "Group", "member": [ALICE]}),
    "about another activity": said("https://y.example/z"),
    "about one whose name begins alike": said(BESIDE),
    "about something that only mentions it": said("https://y.example/z", **around("other", BELOW)),
    "of another registration": said(registration=OTHER_REGISTRATION),
    "of no registration": said(registration=None),
    "that voids": {
        **said(**around("grouping", ACTIVITY)),
        "verb": {"id": VOIDED},
        "object": {"objectType": "StatementRef", "id": REGISTRATION},
    },
}


def test_a_player_tells_what_its_learner_does(player: Door, door: Door) -> None:
    for name, sent in ALLOWED.items():
        assert (name, player.post(sent).status_code) == (name, 200)
        kept = door.get(statementId=sent["id"]).json
        assert kept["authority"]["account"] == {"homePage": HOME, "name": "content"}


def test_a_player_tells_nothing_else(player: Door, door: Door) -> None:
    good = said()
    for name, sent in REFUSED.items():
        for answer in (player.post(sent), player.post([good, sent]), player.put(sent, sent["id"])):
            assert (name, answer.status_code) == (name, 403)
            assert "token" in answer.json["error"]

    assert door.ids() == []


def test_a_player_reads_no_statements(player: Door) -> None:
    player.post(said())

    assert player.get().status_code == 403


def test_a_player_keeps_the_state_of_its_learner_in_its_activity(player: Door) -> None:
    mine = STATE.params(registration=REGISTRATION)
    below = STATE.params(registration=REGISTRATION, activityId=BELOW)

    for params in (mine, below):
        assert STATE.write(player, params=params).status_code == 204
        assert STATE.ask(player, "GET", params=params).json == {"a": 1}
    listed = STATE.ask(player, "GET", params=STATE.params(None, registration=REGISTRATION))
    assert listed.json == ["notes"]
    assert STATE.ask(player, "DELETE", params=mine).status_code == 204


OTHERS = {
    "of another agent": STATE.params(registration=REGISTRATION, agent=json.dumps(BOB)),
    "of another activity": STATE.params(registration=REGISTRATION, activityId=BESIDE),
    "of another registration": STATE.params(registration=OTHER_REGISTRATION),
    "of no registration": STATE.params(),
    "of all registrations": STATE.params(None),
}


def test_a_player_reaches_no_other_state(player: Door, door: Door) -> None:
    for name, params in OTHERS.items():
        if "stateId" in params:
            STATE.write(door, params=params)
        for method in ("GET", "PUT", "POST", "DELETE"):
            answer = STATE.ask(
                player, method, params=params, data=b"{}", content_type="application/json"
            )

            assert (name, method, answer.status_code) == (name, method, 403)
        if "stateId" in params:
            assert STATE.ask(door, "GET", params=params).json == {"a": 1}


def test_a_player_reads_the_profiles_of_its_own_and_writes_none(player: Door, door: Door) -> None:
    bobs = AGENT_PROFILE.params(agent=json.dumps(BOB))
    for shelf in (AGENT_PROFILE, ACTIVITY_PROFILE):
        shelf.write(door)
        assert shelf.ask(player, "GET").json == {"a": 1}
        assert shelf.write(player).status_code == 403
        assert shelf.ask(player, "DELETE").status_code == 403
    assert AGENT_PROFILE.ask(player, "GET", params=bobs).status_code == 403


def test_a_player_is_told_of_its_own_activity_and_learner_only(player: Door) -> None:
    def ask(path: str, **params: str) -> int:
        return player.ask("GET", f"/xapi/{path}", query_string=params).status_code

    assert ask("activities", activityId=BELOW) == 200
    assert ask("activities", activityId=BESIDE) == 403
    assert ask("agents", agent=json.dumps(ALICE)) == 200
    assert ask("agents", agent=json.dumps(BOB)) == 403


def test_a_token_without_a_registration_is_for_all_of_them(
    store_app: Flask, database: Database
) -> None:
    made = make(database)
    player = Door(store_app, made.key, made.secret)

    assert player.post([said(), said(registration=None)]).status_code == 200
    assert STATE.write(player).status_code == 204
    assert STATE.write(player, params=STATE.params(registration=REGISTRATION)).status_code == 204


def test_a_token_is_dead_when_its_time_is_over(database: Database) -> None:
    now = NOW
    app = Flask("host", static_folder=None)
    init_app(app, Host(database.begin, database.read, HOME, clock=lambda: now))
    made = make(database, now=NOW, lasts=timedelta(minutes=5))
    player = Door(app, made.key, made.secret)

    before = STATE.write(player).status_code
    now = NOW + timedelta(minutes=5)
    after = STATE.write(player)

    assert (before, after.status_code) == (204, 401)
    assert "over" in after.json["error"]


def test_a_token_is_good_with_its_own_secret_only_and_until_it_is_withdrawn(
    player: Door, store_app: Flask, database: Database
) -> None:
    other = make(database)
    params = STATE.params(None, registration=REGISTRATION)

    assert STATE.ask(player, "GET", params=params).status_code == 200
    mixed = Door(store_app, player.key, other.secret)
    assert STATE.ask(mixed, "GET", params=params).status_code == 401
    with database.begin() as session:
        assert tokens.withdraw(session, player.key)
        assert not tokens.withdraw(session, player.key)
    assert STATE.ask(player, "GET", params=params).status_code == 401


def test_the_header_is_ready_for_a_player(store_app: Flask, database: Database) -> None:
    made = make(database)

    answer = STATE.ask(
        Door(store_app, "", ""), "GET", auth=None, headers={"Authorization": f"Basic {made.basic}"}
    )

    assert answer.status_code == 404


def test_of_a_token_only_a_hash_is_kept_and_old_ones_are_removed(database: Database) -> None:
    made = make(database, now=NOW)
    with database.read() as session:
        (kept,) = session.execute(select(Token.__table__))

    make(database, now=NOW + timedelta(hours=1) + tokens.KEPT + timedelta(seconds=1))

    assert not any(made.secret in str(each) for each in kept)
    with database.read() as session:
        assert session.scalar(select(func.count()).select_from(Token)) == 1


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"actor": {"name": "Alice"}}, StatementError),
        ({"actor": {"objectType": "Group", "member": [ALICE]}}, ValueError),
        ({"activity": "course"}, StatementError),
        ({"lasts": timedelta()}, ValueError),
    ],
)
def test_a_token_for_nobody_or_for_nothing_is_not_made(
    database: Database, wrong: dict[str, Any], error: type[Exception]
) -> None:
    with pytest.raises(error):
        make(database, **wrong)
