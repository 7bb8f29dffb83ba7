"""The store within the tool: the tool's own limits, headers and guards do not get into its way."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from flask import Flask

import lti_tool.app as tool_app
from lti_tool.db import Database
from lti_tool.settings import Settings
from tests.xapi.doors import VERSION, Door, sentence
from tests.xapi.shelves import STATE

PLAYER = "https://content.example.org"


@pytest.fixture
def tool(app: Flask, database: Database) -> Door:
    """Give a client of the store that the tool has within."""
    return Door.open(app, database.begin)


def test_a_body_that_is_too_large_for_a_form_is_not_too_large_for_the_store(tool: Door) -> None:
    sent = {**sentence(), "result": {"response": "x" * 5_000_000}}

    answer = tool.post(sent)

    assert answer.status_code == 200
    assert len(tool.get(statementId=sent["id"]).data) > 5_000_000


def test_forms_of_other_sites_and_their_origins_are_no_forgery_here(tool: Door) -> None:
    headers = {**VERSION, "Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}

    answers = [tool.post(sentence(), headers=headers), STATE.write(tool, headers=headers)]

    assert [each.status_code for each in answers] == [200, 204]


def test_what_the_tool_answers_in_the_stores_place_is_json_with_the_version(tool: Door) -> None:
    for method, path, status in (
        ("PROPFIND", "/xapi/statements", 405),
        ("GET", "/xapi/nothing", 404),
        ("GET", "/xapi//statements", 308),
    ):
        answer = tool.ask(method, path, headers={"X-Experience-API-Version": "2.0.0"})

        assert answer.status_code == status
        assert answer.headers["X-Experience-API-Version"] == "2.0.0"
        assert answer.json["error"]


def test_the_store_has_its_own_policy_and_says_nothing_of_frames(tool: Door) -> None:
    STATE.ask(tool, "PUT", data=b"<script>alert(1)</script>", content_type="text/html")

    answer = STATE.ask(tool, "GET")

    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_the_tools_settings_are_the_stores(settings: Settings, database: Database) -> None:
    set_so = replace(
        settings,
        xapi_assumed_version="2.0.0",
        xapi_origins=(PLAYER,),
        xapi_document_limit_bytes=10,
        xapi_requests_per_minute=1000,
    )
    app = tool_app.create_app(set_so)
    door = Door.open(app, database.begin)

    about = app.test_client().get("/xapi/about", headers={"Origin": PLAYER})
    large = STATE.ask(door, "PUT", data=b"x" * 11)

    assert about.headers["X-Experience-API-Version"] == "2.0.0"
    assert about.headers["Access-Control-Allow-Origin"] == PLAYER
    assert large.status_code == 413
    app.extensions["lti_tool.db"].dispose()


def test_pages_of_the_tool_stay_as_they_were(tool: Door) -> None:
    answer = tool.app.test_client().get("/nothing", headers={"Accept": "text/html"})

    assert answer.status_code == 404
    assert "X-Experience-API-Version" not in answer.headers
    assert "<html" in answer.text


def test_names_of_agents_need_no_encoding_of_their_own(tool: Door) -> None:
    agent = {"account": {"homePage": "https://x.example", "name": "Zoë & Søn <x>"}}

    written = STATE.write(tool, params=STATE.params(agent=json.dumps(agent)))

    assert written.status_code == 204
    spelt = json.dumps(agent, ensure_ascii=False)
    assert STATE.ask(tool, "GET", params=STATE.params(agent=spelt)).json == {"a": 1}
