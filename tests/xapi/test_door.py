"""Who is let in, what is spoken, and how the store refuses."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from lti_tool.db import Database
from tests.xapi.doors import STATEMENTS, VERSION, Door, sentence

HEADER = "X-Experience-API-Version"


def test_the_store_says_which_versions_it_speaks_to_everybody(store_app: Flask) -> None:
    answer = store_app.test_client().get("/xapi/about")

    assert answer.status_code == 200
    assert answer.json["version"] == ["1.0.3", "2.0.0"]
    assert answer.headers[HEADER] == "1.0.3"


@pytest.mark.parametrize(
    ("asked", "answered"),
    [
        ("1.0", "1.0.3"),
        ("1.0.0", "1.0.3"),
        ("1.0.3", "1.0.3"),
        ("2.0", "2.0.0"),
        ("2.0.0", "2.0.0"),
    ],
)
def test_the_version_asked_for_is_spoken(door: Door, asked: str, answered: str) -> None:
    answer = door.ask("GET", headers={HEADER: asked})

    assert answer.status_code == 200
    assert answer.headers[HEADER] == answered


@pytest.mark.parametrize("asked", [None, "", "0.95", "1.1.0", "3.0", "1.0.x", "latest"])
def test_another_version_or_none_is_refused_in_plain_words(door: Door, asked: str | None) -> None:
    answer = door.ask("GET", headers={} if asked is None else {HEADER: asked})

    assert answer.status_code == 400
    assert HEADER in answer.json["error"]
    assert answer.headers[HEADER] == "1.0.3"


@pytest.mark.parametrize(
    "auth",
    [
        None, ("", ""), ("nobody", "secret"), ("0" * 32, "secret"), ("a\0b", "x"), ("käse", "ß"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("method", ["GET", "POST", "PUT"])
def test_whoever_is_not_known_stays_outside(
    door: Door, method: str, auth: tuple[str, str] | None
) -> None:
    answer = door.ask(method, auth=auth, query_string={"statementId": "x"}, data="{")

    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Basic")
    assert answer.json["error"]


@pytest.mark.parametrize("header", ["Basic", "Basic !!!", "Basic bm9jb2xvbg==", "Bearer x", "x"])
def test_a_broken_authorization_stays_outside(door: Door, header: str) -> None:
    answer = door.ask("GET", auth=None, headers={**VERSION, "Authorization": header})

    assert answer.status_code == 401


def test_a_wrong_secret_stays_outside(door: Door) -> None:
    assert door.ask("GET", auth=(door.key, door.secret[:-1])).status_code == 401


def test_a_key_may_do_what_it_is_for(door: Door, store_app: Flask, database: Database) -> None:
    reader = Door.open(store_app, database.begin, "statements/read")
    writer = Door.open(store_app, database.begin, "statements/write")
    sent = sentence()

    assert reader.post(sent).status_code == 403
    assert writer.post(sent).status_code == 200
    assert writer.get().status_code == 403
    refused = writer.get(statementId=sent["id"])
    assert refused.status_code == 403
    assert "statements/read" in refused.json["error"]
    assert reader.ids() == [sent["id"]]


BAD: dict[str, tuple[dict[str, str], str]] = {
    "an unknown parameter": ({"colour": "red"}, "colour"),
    "a parameter in the wrong case": ({"Verb": "https://verbs.example/did"}, "Verb"),
    "an agent that is no JSON": ({"agent": "alice"}, "JSON"),
    "an agent without identifier": ({"agent": '{"name":"Alice"}'}, "identifier"),
    "an agent that is a list": ({"agent": "[]"}, "object"),
    "an agent with NUL": (
        {"agent": '{"account":{"homePage":"https://x.example","name":"\\u0000"}}'},
        "NUL",
    ),
    "a group without a name": (
        {"agent": '{"objectType":"Group","member":[{"mbox":"mailto:a@x.example"}]}'},
        "identifier",
    ),
    "a verb that is no IRI": ({"verb": "did"}, "IRI"),
    "an activity with NUL": ({"activity": "https://x.example/\0"}, "IRI"),
    "a registration that is none": ({"registration": "1"}, "UUID"),
    "a time that is none": ({"since": "yesterday"}, "RFC 3339"),
    "a time before all times": ({"until": "0001-01-01T00:00:00+10:00"}, "RFC 3339"),
    "a day alone": ({"until": "2026-01-01"}, "RFC 3339"),
    "a limit below nothing": ({"limit": "-1"}, "whole number"),
    "a limit that is none": ({"limit": "many"}, "whole number"),
    "a limit beyond counting": ({"limit": "9" * 30}, "whole number"),
    "neither true nor false": ({"ascending": "yes"}, "true or false"),
    "a format that is none": ({"format": "xml"}, "format"),
    "an id that is none": ({"statementId": "1"}, "UUID"),
    "an id and a filter": (
        {"statementId": "df216b5a-7448-586c-b8da-a426aa6451a8", "verb": "a:b"},
        "alone",
    ),
    "two ids": (
        {
            "statementId": "df216b5a-7448-586c-b8da-a426aa6451a8",
            "voidedStatementId": "df216b5a-7448-586c-b8da-a426aa6451a8",
        },
        "alone",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_a_question_that_cannot_be_meant_is_refused_in_plain_words(door: Door, name: str) -> None:
    filters, words = BAD[name]

    answer = door.get(**filters)

    assert answer.status_code == 400
    assert words in answer.json["error"]
    assert answer.headers[HEADER] == "1.0.3"


def test_a_parameter_that_stands_there_twice_is_refused(door: Door) -> None:
    answer = door.get(f"{STATEMENTS}?verb=a:b&verb=a:c")

    assert answer.status_code == 400
    assert "twice" in answer.json["error"]


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        ("{", "application/json", 400),
        ("", "application/json", 400),
        ("{}", "application/json", 400),
        ("{}", "text/plain", 400),
        (b"\xff", "application/json", 400),
        ("[[]]", "application/json", 400),
        ('{"actor":1e999}', "application/json", 400),
    ],
)
def test_a_body_that_is_no_statement_is_refused_as_json(
    door: Door, body: Any, kind: str, status: int
) -> None:
    answer = door.ask("POST", data=body, content_type=kind)

    assert answer.status_code == status
    assert answer.json["error"]
    assert answer.headers[HEADER] == "1.0.3"


def test_parameters_are_not_for_post(door: Door) -> None:
    answer = door.ask("POST", f"{STATEMENTS}?statementId=x", data="{}")

    assert answer.status_code == 400
    assert door.ids() == []


def test_a_charset_beside_the_kind_of_content_is_let_through(door: Door) -> None:
    answer = door.ask("POST", json=sentence(), content_type="application/json; charset=UTF-8")

    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("method", "address", "status"),
    [
        ("GET", "/xapi/", 404),
        ("GET", "/xapi/nothing", 404),
        ("GET", "/xapi/statements/", 404),
        ("DELETE", STATEMENTS, 405),
        ("PATCH", STATEMENTS, 405),
        ("POST", "/xapi/about", 405),
    ],
)
def test_where_there_is_nothing_the_answer_is_json_with_the_version(
    door: Door, method: str, address: str, status: int
) -> None:
    answer = door.ask(method, address)

    assert answer.status_code == status
    assert answer.json["error"]
    assert answer.headers[HEADER] == "1.0.3"


def test_head_answers_like_get_without_a_body(door: Door) -> None:
    sent = sentence()
    door.post(sent)

    answer = door.ask("HEAD", query_string={"statementId": sent["id"]})

    assert answer.status_code == 200
    assert answer.data == b""
    assert answer.headers["X-Experience-API-Consistent-Through"]
    assert door.ask("HEAD", query_string={"statementId": "x"}).status_code == 400


def test_a_statement_that_is_not_there_is_404(door: Door) -> None:
    answer = door.get(statementId="df216b5a-7448-586c-b8da-a426aa6451a8")

    assert answer.status_code == 404
    assert answer.json["error"]


def test_nothing_of_the_store_is_for_caches(door: Door) -> None:
    assert door.get().headers["Cache-Control"] == "no-store"


def test_hostile_text_is_kept_and_found_as_it_is(door: Door) -> None:
    name = "'); DROP TABLE xapi_statement; -- <script>alert(1)</script> \U0001f600 %00"
    sent = sentence(who=name, result={"response": "a\0b"})

    assert door.post(sent).status_code == 200

    got = door.get(agent=f'{{"account":{{"homePage":"https://x.example","name":"{name}"}}}}')
    assert got.json["statements"][0]["actor"]["account"]["name"] == name
    assert got.json["statements"][0]["result"]["response"] == "a\0b"
