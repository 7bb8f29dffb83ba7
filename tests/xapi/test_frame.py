"""What all resources have in common: versions, HEAD, forms, packing, other origins, limits."""

from __future__ import annotations

import base64
import gzip
import json
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from lti_tool.db import Database
from tests.xapi.doors import HOME, STATEMENTS, VERSION, Door, sentence
from tests.xapi.shelves import ACTIVITY, ALICE, FIRST, SECOND, SHELVES, STATE, VERSIONS
from xapi.app import init_app
from xapi.host import Host, Limits
from xapi.lrs.rates import Rates

HEADER = "X-Experience-API-Version"
FORM = "application/x-www-form-urlencoded"
EVERYWHERE = {
    STATEMENTS: {},
    "/xapi/activities/state": STATE.params(),
    "/xapi/activities/profile": {"activityId": ACTIVITY, "profileId": "notes"},
    "/xapi/agents/profile": {"agent": json.dumps(ALICE), "profileId": "notes"},
    "/xapi/activities": {"activityId": ACTIVITY},
    "/xapi/agents": {"agent": json.dumps(ALICE)},
}
"""Every resource that needs a key, with an address that means something."""
OPEN = ("/xapi/about", "/xapi/openapi.json")


def opened(database: Database, **more: Any) -> Door:
    """Open a store of other settings."""
    app = Flask("host", static_folder=None)
    init_app(app, replace(Host(database.begin, database.read, HOME), **more))
    return Door.open(app, database.begin)


# Versions (1.0.3, 3.3; IEEE 4.1.8)


SPOKEN = {
    "1.0": "1.0.3", "1.0.0": "1.0.3", "1.0.9": "1.0.3", "2.0": "2.0.0", "2.0.0": "2.0.0",
    "2.0.1": "2.0.0",
}  # fmt: skip


@pytest.mark.parametrize("address", EVERYWHERE, ids=lambda path: f"3.3-XAPI-00333-{path}")
def test_each_resource_speaks_the_version_asked_for(door: Door, address: str) -> None:
    for named, answered in SPOKEN.items():
        answer = door.ask("GET", address, headers={HEADER: named}, query_string=EVERYWHERE[address])

        assert answer.status_code in {200, 404}
        assert answer.headers[HEADER] == answered


@pytest.mark.parametrize("assumed", VERSIONS, ids=lambda version: f"XAPI-00331-{version}")
def test_without_a_version_or_with_another_a_request_is_refused_by_the_assumed_one(
    database: Database, assumed: str
) -> None:
    door = opened(database, assumed_version=assumed)

    for address, params in EVERYWHERE.items():
        for named in (None, "0.95", "1.1", "3.0.0", "1.0.x"):
            headers = {} if named is None else {HEADER: named}
            for method in ("GET", "PUT", "POST", "DELETE"):
                answer = door.ask(method, address, headers=headers, query_string=params)
                if answer.status_code != 405:
                    assert (answer.status_code, answer.headers[HEADER]) == (400, assumed)


@pytest.mark.parametrize("path", OPEN)
def test_what_is_open_to_all_needs_neither_key_nor_version(store_app: Flask, path: str) -> None:
    answer = store_app.test_client().get(path)

    assert (answer.status_code, answer.headers[HEADER]) == (200, "1.0.3")
    assert store_app.test_client().get(f"{path}?colour=red").status_code == 400


# Bad answers are as well-mannered as good ones (1.0.3, 3.2)


METHODS = ("GET", "HEAD", "PUT", "POST", "DELETE", "PATCH", "TRACE", "PROPFIND")
NOWHERE = ("/xapi", "/xapi/", "/xapi/nothing", "/xapi//about", "/xapi/about/")


@pytest.mark.parametrize("path", [*EVERYWHERE, *OPEN, *NOWHERE], ids=lambda path: f"3.2-{path}")
def test_every_answer_names_the_version_and_is_no_page(door: Door, path: str) -> None:
    for method in METHODS:
        answer = door.ask(method, path, headers={HEADER: "2.0.0"}, follow_redirects=False)

        assert answer.status_code < 500
        assert answer.headers[HEADER] == "2.0.0"
        assert "html" not in answer.headers.get("Content-Type", "")
        if answer.status_code >= 400 and method != "HEAD":
            assert answer.json["error"]
        if answer.status_code == 405:
            assert method not in answer.headers["Allow"].split(", ")


@pytest.mark.parametrize("section", ["1.1-XAPI-00125-00126"])
def test_head_is_everywhere_where_get_is(door: Door, section: str) -> None:
    for path, params in EVERYWHERE.items():
        got = door.ask("GET", path, query_string=params)
        head = door.ask("HEAD", path, query_string=params)

        assert (head.status_code, head.data) == (got.status_code, b"")
        assert set(got.headers.keys()) == set(head.headers.keys())


def test_what_went_wrong_inside_is_told_as_json_and_not_in_detail(
    door: Door, store_app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> None:
        raise RuntimeError("the password is swordfish")

    monkeypatch.setitem(store_app.view_functions, "xapi.state", broken)

    answer = STATE.ask(door, "GET")

    assert answer.status_code == 500
    assert answer.headers[HEADER] == "1.0.3"
    assert "swordfish" not in answer.text
    assert answer.json["error"]


# Alternate request syntax (1.0.3, 1.3; none in 2.0)


def form(
    door: Door, method: str, address: str, fields: dict[str, str], **more: Any
) -> TestResponse:
    """Send a request as a form."""
    more.setdefault("content_type", FORM)
    return door.ask("POST", f"{address}?method={method}", data=urlencode(fields), **more)


def test_a_form_stands_for_any_request(door: Door) -> None:
    auth = base64.b64encode(f"{door.key}:{door.secret}".encode()).decode()
    known = {HEADER: "1.0.3", "Authorization": f"Basic {auth}"}
    bare: dict[str, Any] = {"auth": None, "headers": {}}
    content = {"content": '{"a":"ü&=+"}', "Content-Type": "application/json"}

    put = form(door, "PUT", STATE.path, {**STATE.params(), **known, **content}, **bare)
    got = form(door, "GET", STATE.path, {**STATE.params(), **known}, **bare)
    head = form(door, "HEAD", STATE.path, {**STATE.params(), **known}, **bare)
    merged = form(
        door, "POST", STATE.path, {**STATE.params(), **known, "content": '{"b":1}'}, **bare
    )
    kept = STATE.ask(door, "GET").json
    wrong = form(
        door, "DELETE", STATE.path, {**STATE.params(), **known, "If-Match": '"no"'}, **bare
    )
    deleted = form(door, "DELETE", STATE.path, {**STATE.params(), **known}, **bare)

    assert [each.status_code for each in (put, got, head, merged)] == [204, 200, 200, 204]
    assert (got.json, head.data, kept) == ({"a": "ü&=+"}, b"", {"a": "ü&=+", "b": 1})
    assert got.headers["ETag"]
    assert (wrong.status_code, deleted.status_code) == (412, 204)
    assert STATE.ask(door, "GET").status_code == 404


def test_a_form_stands_for_statements_too(door: Door) -> None:
    sent = sentence()

    put = form(door, "PUT", STATEMENTS, {"statementId": sent["id"], "content": json.dumps(sent)})
    got = form(door, "GET", STATEMENTS, {"statementId": sent["id"]})

    assert (put.status_code, got.status_code) == (204, 200)
    assert got.json["id"] == sent["id"]


FORMS: dict[str, tuple[str, dict[str, Any]]] = {
    "another_parameter_in_the_address": (f"{STATE.path}?method=GET&stateId=notes", {}),
    "two_methods": (f"{STATE.path}?method=GET&method=PUT", {}),
    "a_method_that_is_none": (f"{STATE.path}?method=BREW", {}),
    "a_method_in_small_letters": (f"{STATE.path}?method=get", {}),
    "no_content": (f"{STATE.path}?method=PUT", {}),
    "content_for_a_get": (f"{STATE.path}?method=GET", {"content": "{}"}),
    "another_version_in_the_form": (f"{STATE.path}?method=GET", {HEADER: "0.8"}),
    "version_two_in_the_form": (f"{STATE.path}?method=GET", {HEADER: "2.0.0"}),
}


@pytest.mark.parametrize("section", ["1.3.s3.b4"])
def test_a_form_that_stands_for_no_request_is_refused(door: Door, section: str) -> None:
    for name, (address, more) in FORMS.items():
        form = urlencode({**STATE.params(), **more})

        answer = door.ask("POST", address, data=form, content_type=FORM)

        assert (name, answer.status_code) == (name, 400)
        assert answer.json["error"]


NO_FORMS = (
    (json.dumps({"stateId": "x", "content": "{}"}), FORM),
    (urlencode({"content": "{}"}), "text/plain"),
    ("content=%7B%7D&content=%7B%7D", FORM),
    ("content=%7B%7D&stateId=%ff", FORM),
)


def test_a_body_that_is_no_form_is_refused(door: Door) -> None:
    for body, kind in NO_FORMS:
        answer = door.ask("POST", f"{STATE.path}?method=PUT", data=body, content_type=kind)

        assert (body, answer.status_code) == (body, 400)


def test_a_form_is_only_for_post_and_only_for_the_first_version(door: Door) -> None:
    put = door.ask("PUT", f"{STATE.path}?method=GET", data="", content_type=FORM)
    second = form(door, "GET", STATE.path, STATE.params(), headers={HEADER: "2.0.0"})

    assert (put.status_code, second.status_code) == (400, 400)
    assert second.headers[HEADER] == "2.0.0"


def test_a_form_brings_no_rights_of_its_own(door: Door) -> None:
    answer = form(door, "GET", STATE.path, STATE.params(), auth=None)

    assert answer.status_code == 401


# Packing


def test_a_packed_body_is_unpacked(door: Door) -> None:
    for shelf in SHELVES:
        answer = shelf.ask(
            door,
            "POST",
            data=gzip.compress(b'{"a":1}', mtime=0),
            content_type="application/json",
            headers={"Content-Encoding": "gzip"},
        )

        assert answer.status_code == 204
        assert shelf.ask(door, "GET").data == b'{"a":1}'


def test_packed_statements_are_unpacked(door: Door) -> None:
    sent = [sentence() for _ in range(50)]

    answer = door.post(
        gzip.compress(json.dumps(sent).encode(), mtime=0),
        headers={**VERSION, "Content-Encoding": "gzip"},
    )

    assert (answer.status_code, answer.json) == (200, [each["id"] for each in sent])


@pytest.mark.parametrize(
    ("body", "coding", "status"),
    [
        (b"{}", "gzip", 400),
        (gzip.compress(b"{}" * 1000, mtime=0)[:-12], "gzip", 400),
        (b"", "gzip", 400),
        (b"{}", "br", 415),
        (b"{}", "identity", 204),
    ],
)
def test_a_body_that_is_not_packed_as_it_says_is_refused(
    door: Door, body: bytes, coding: str, status: int
) -> None:
    answer = STATE.ask(door, "PUT", data=body, headers={"Content-Encoding": coding})

    assert answer.status_code == status


def test_a_small_body_that_unpacks_to_a_large_one_is_refused_before_it_fills_memory(
    database: Database,
) -> None:
    door = opened(database, limits=Limits(document_bytes=100_000))

    answer = STATE.ask(
        door,
        "PUT",
        data=gzip.compress(b"0" * 50_000_000, mtime=0),
        headers={"Content-Encoding": "gzip"},
    )

    assert answer.status_code == 413
    assert "100000" in answer.json["error"]


def test_a_long_answer_is_packed_for_whoever_takes_it(door: Door) -> None:
    door.post([sentence() for _ in range(20)])

    packed = door.ask("GET", headers={**VERSION, "Accept-Encoding": "gzip"})
    plain = door.ask("GET", headers={**VERSION, "Accept-Encoding": "gzip;q=0"})
    head = door.ask("HEAD", headers={**VERSION, "Accept-Encoding": "gzip"})

    assert packed.headers["Content-Encoding"] == head.headers["Content-Encoding"] == "gzip"
    assert json.loads(gzip.decompress(packed.data)) == plain.json
    assert len(packed.data) < len(plain.data) / 3
    assert "Accept-Encoding" in packed.headers["Vary"]
    assert "Content-Encoding" not in plain.headers


def test_a_document_is_never_packed_for_its_etag_tells_its_bytes(door: Door) -> None:
    STATE.write(door, {"a": "x" * 5000})

    got = STATE.ask(door, "GET", headers={"Accept-Encoding": "gzip"})

    assert got.json == {"a": "x" * 5000}
    assert "Content-Encoding" not in got.headers


# Pages of other origins


PLAYER = "https://content.example.org"
ASKED = {"Access-Control-Request-Method": "PUT", "Access-Control-Request-Headers": "authorization"}


SENT = {
    "authorization", "content-type", "if-match", "if-none-match", "accept-language", HEADER.lower(),
}  # fmt: skip


def test_a_browser_may_ask_before_it_sends_without_a_key(database: Database) -> None:
    door = opened(database, origins=(PLAYER,))

    for path in (*EVERYWHERE, *OPEN):
        answer = door.ask("OPTIONS", path, auth=None, headers={"Origin": PLAYER, **ASKED})

        told = answer.headers
        assert (answer.status_code, answer.data) == (204, b"")
        assert told["Access-Control-Allow-Origin"] == PLAYER
        assert set(told["Access-Control-Allow-Headers"].lower().split(", ")) >= SENT
        methods = set(told["Access-Control-Allow-Methods"].split(", "))
        assert {"GET", "PUT", "POST", "DELETE"} <= methods
        assert int(told["Access-Control-Max-Age"]) > 0
        assert told["Vary"] == "Origin"


def test_a_page_of_an_allowed_origin_sees_the_answer_and_its_headers(database: Database) -> None:
    door = opened(database, origins=("https://other.example", PLAYER))

    good = STATE.write(door, headers={"Origin": PLAYER})
    bad = STATE.ask(door, "GET", headers={"Origin": PLAYER}, auth=None)

    for answer in (good, bad):
        assert answer.headers["Access-Control-Allow-Origin"] == PLAYER
        seen = answer.headers["Access-Control-Expose-Headers"].split(", ")
        assert {"ETag", "Last-Modified", HEADER, "X-Experience-API-Consistent-Through"} <= set(seen)
        assert "Access-Control-Allow-Credentials" not in answer.headers


def test_a_page_of_another_origin_sees_nothing(database: Database) -> None:
    door = opened(database, origins=(PLAYER,))

    for origin in ("https://evil.example", "null", f"{PLAYER}.evil.example", ""):
        for method in ("GET", "OPTIONS"):
            answer = door.ask(method, headers={**VERSION, "Origin": origin})
            assert "Access-Control-Allow-Origin" not in answer.headers
            assert "Origin" in answer.headers["Vary"]


def test_all_origins_may_be_allowed_and_none_is_by_default(door: Door, database: Database) -> None:
    open_to_all = opened(database, origins=("*",))

    answer = open_to_all.ask("GET", headers={**VERSION, "Origin": "https://a.example"})
    closed = door.ask("GET", headers={**VERSION, "Origin": "https://a.example"})

    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Origin" not in closed.headers


# Limits


def test_a_document_that_is_too_large_is_refused_and_told_how_large_it_may_be(
    database: Database,
) -> None:
    door = opened(database, limits=Limits(document_bytes=100))

    largest = STATE.ask(door, "PUT", data=b"x" * 100)
    larger = STATE.ask(door, "PUT", data=b"x" * 101)

    assert (largest.status_code, larger.status_code) == (204, 413)
    assert "100 bytes" in larger.json["error"]
    assert larger.headers[HEADER] == "1.0.3"


def test_a_request_that_is_too_large_is_refused(database: Database) -> None:
    door = opened(database, limits=Limits(body_bytes=1000, statements=3))

    large = door.post([sentence() for _ in range(20)])

    assert large.status_code == 413
    assert "1000 bytes" in large.json["error"]


def test_too_many_statements_at_once_are_refused(database: Database) -> None:
    door = opened(database, limits=Limits(statements=3))

    assert door.post([sentence() for _ in range(3)]).status_code == 200
    many = door.post([sentence() for _ in range(4)])

    assert many.status_code == 413
    assert "3 statements" in many.json["error"]


def test_a_key_that_asks_too_often_is_told_when_to_come_back_and_others_are_not_held_up(
    database: Database,
) -> None:
    door = opened(database, limits=Limits(requests_per_minute=3))
    other = Door.open(door.app, database.begin)

    answers = [STATE.ask(door, "GET") for _ in range(7)]  # a minute may begin between two of them

    refused = [each for each in answers if each.status_code == 429]
    assert answers[0].status_code == 404
    assert refused
    assert 1 <= int(refused[0].headers["Retry-After"]) <= 60
    assert refused[0].headers["Retry-After"] in refused[0].json["error"]
    assert STATE.ask(other, "GET").status_code == 404


def test_counts_begin_anew_with_each_minute() -> None:
    now_s = 6000.0
    rates = Rates(2, 1, lambda: now_s)

    first = [rates.hit("a", is_token=False) for _ in range(3)]
    token = [rates.hit("t", is_token=True) for _ in range(2)]
    now_s = 6059.9
    last = rates.hit("a", is_token=False)
    now_s = 6060.0

    assert (first, token, last) == ([0, 0, 60], [0, 60], 1)
    assert rates.hit("a", is_token=False) == 0


def test_versions_are_those_that_tests_know() -> None:
    assert VERSIONS == (FIRST, SECOND) == ("1.0.3", "2.0.0")
