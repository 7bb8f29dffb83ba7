"""What is known of activities and agents, and of the store itself."""

from __future__ import annotations

import json
from typing import Any

import pytest
from werkzeug.test import TestResponse

from lti_tool.db import Database
from tests.xapi.doors import Door, sentence
from tests.xapi.shelves import VERSIONS
from xapi.openapi import document

IRI = "https://x.example/quiz"
ALICE = {"account": {"homePage": "https://x.example", "name": "alice"}}
PEOPLE: dict[str, dict[str, Any]] = {
    "mbox": {"mbox": "mailto:alice@x.example"},
    "mbox_sha1sum": {"mbox_sha1sum": "a" * 40},
    "openid": {"openid": "https://alice.example/"},
    "account": ALICE,
}


def ask(door: Door, path: str, version: str = "1.0.3", **params: str) -> TestResponse:
    """Ask what is known."""
    headers = {"X-Experience-API-Version": version}
    return door.ask("GET", f"/xapi/{path}", headers=headers, query_string=params)


def defined(**definition: Any) -> dict[str, Any]:
    """Give a statement that defines the quiz."""
    return {**sentence(), "object": {"id": IRI, "definition": definition}}


activities = pytest.mark.parametrize(
    "version", VERSIONS, ids=["1.0.3-2.5-XAPI-00250-00254", "2.0.0-4.1.6.4"]
)
agents = pytest.mark.parametrize(
    "version", VERSIONS, ids=["1.0.3-2.4-XAPI-00236-00249", "2.0.0-4.1.6.3"]
)


@activities
def test_an_activity_is_given_with_all_that_was_told_of_it(door: Door, version: str) -> None:
    door.post(defined(name={"en": "Quiz"}, type="https://x.example/type"))
    door.post(defined(name={"fr": "Quiz français"}, description={"en": "Three questions"}))

    got = ask(door, "activities", version, activityId=IRI)

    assert got.status_code == 200
    assert got.json == {
        "objectType": "Activity",
        "id": IRI,
        "definition": {
            "name": {"en": "Quiz", "fr": "Quiz français"},
            "type": "https://x.example/type",
            "description": {"en": "Three questions"},
        },
    }


@activities
def test_of_an_activity_that_nobody_told_of_the_id_is_given(door: Door, version: str) -> None:
    got = ask(door, "activities", version, activityId=IRI)

    assert (got.status_code, got.json) == (200, {"objectType": "Activity", "id": IRI})


def test_whoever_may_not_define_tells_nothing_of_an_activity(
    door: Door, database: Database
) -> None:
    writer = Door.open(door.app, database.begin, "statements/write")
    sent = defined(name={"en": "Mallory's quiz"})

    assert writer.post(sent).status_code == 200

    assert "definition" not in ask(door, "activities", activityId=IRI).json
    assert door.get(statementId=sent["id"]).json["object"]["definition"]


@activities
def test_an_activity_is_asked_for_by_its_iri_alone(door: Door, version: str) -> None:
    for params in ({}, {"activityId": "true"}, {"activityID": IRI}, {"activityId": IRI, "x": "1"}):
        assert ask(door, "activities", version, **params).status_code == 400


@agents
def test_a_person_holds_lists_of_what_is_known_of_an_agent(door: Door, version: str) -> None:
    for name, agent in PEOPLE.items():
        door.post({**sentence(), "actor": {**agent, "name": "Alice"}})
        door.post({**sentence(), "actor": {**agent, "name": "Alice A."}})

        got = ask(door, "agents", version, agent=json.dumps(agent))

        told = got.json
        assert (got.status_code, sorted(told.pop("name"))) == (200, ["Alice", "Alice A."])
        assert told == {"objectType": "Person", name: [agent[name]]}


@agents
def test_an_agent_that_nobody_spoke_of_is_a_person_too(door: Door, version: str) -> None:
    got = ask(door, "agents", version, agent=json.dumps({**ALICE, "name": "Alice"}))

    assert got.json == {"objectType": "Person", "name": ["Alice"], "account": [ALICE["account"]]}


NO_PERSON = (
    None, "alice", "{}", '{"name":"Alice"}', '{"objectType":"Group","mbox":"mailto:g@x.example"}',
)  # fmt: skip


@agents
def test_a_person_is_asked_for_by_one_agent(door: Door, version: str) -> None:
    for agent in NO_PERSON:
        params = {} if agent is None else {"agent": agent}

        assert ask(door, "agents", version, **params).status_code == 400


@pytest.mark.parametrize("version", VERSIONS, ids=["1.0.3-2.8-XAPI-00315-00321", "2.0.0-4.1.6.7"])
def test_the_store_tells_what_it_speaks(door: Door, version: str) -> None:
    got = ask(door, "about", version)

    assert (got.status_code, got.json["version"]) == (200, ["1.0.3", "2.0.0"])
    assert got.headers["X-Experience-API-Version"] == version


@pytest.mark.parametrize("version", VERSIONS)
def test_the_store_tells_how_it_is_spoken_to(door: Door, version: str) -> None:
    told = ask(door, "openapi.json", version).json

    assert told == json.loads(json.dumps(document(version, "http://localhost/xapi")))
    assert told["info"]["version"] == version
    routes: dict[str, set[str]] = {}
    for rule in door.app.url_map.iter_rules():
        if rule.endpoint.startswith("xapi.") and not rule.endpoint.endswith("nothing_here"):
            methods = {each.lower() for each in (rule.methods or set()) - {"HEAD", "OPTIONS"}}
            routes.setdefault(rule.rule.removeprefix("/xapi"), set()).update(methods)
    assert {path: set(operations) for path, operations in told["paths"].items()} == routes
