"""State and profile documents, requirement by requirement: xAPI 1.0.3 and IEEE 9274.1.1."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from lti_tool.db import Database
from tests.xapi.doors import Door
from tests.xapi.shelves import (
    ACTIVITY,
    BOB,
    FIRST,
    OTHER_REGISTRATION,
    PROFILES,
    REGISTRATION,
    SECOND,
    SHELVES,
    STATE,
    VERSIONS,
    Shelf,
)
from xapi import documents
from xapi.conditions import Absent, Condition, PreconditionError
from xapi.documents import Content, Kind, Name, Owner

JSON = "application/json"
METHODS = ("GET", "HEAD", "PUT", "POST", "DELETE")


def cases(*shelves: Shelf, words: str = "") -> list[Any]:
    """Give each shelf with each version, named by its section."""
    return [
        pytest.param(
            shelf,
            version,
            id=f"{version}-{shelf.sections[version]}-{words or shelf.name}".replace(" ", "_"),
        )
        for shelf in shelves
        for version in VERSIONS
    ]


each = pytest.mark.parametrize(("shelf", "version"), cases(*SHELVES))


def etag(answer: Any) -> str:
    """Give the tag of an answer as it stands there."""
    tag: str = answer.headers["ETag"]
    return tag


# What is kept is what was sent


BODIES: dict[str, tuple[bytes, str]] = {
    "json": (b'{ "a" : 1.0, "a":2 ,"b":12345678901234567890}', "application/json"),
    "no_json_at_all": (b"{", "application/json"),
    "text": ("käse\r\n".encode(), "text/plain; charset=utf-8"),
    "bytes": (bytes(range(256)), "image/png"),
    "nothing": (b"", "application/x-empty"),
    "page": (b"<script>alert(1)</script>", "text/html"),
}


@each
def test_any_content_comes_back_byte_for_byte(door: Door, shelf: Shelf, version: str) -> None:
    for name, (body, kind) in BODIES.items():
        more = {"params": shelf.params(name), "headers": {"If-None-Match": "*"}}

        kept = shelf.ask(door, "PUT", version, data=body, content_type=kind, **more)

        assert (kept.status_code, kept.data) == (204, b"")
        got = shelf.ask(door, "GET", version, params=shelf.params(name))
        assert (got.status_code, got.data, got.headers["Content-Type"]) == (200, body, kind)
        assert got.headers["X-Content-Type-Options"] == "nosniff"
        assert "sandbox" in got.headers["Content-Security-Policy"]


@each
def test_head_answers_as_get_does_without_the_body(door: Door, shelf: Shelf, version: str) -> None:
    shelf.write(door, version=version)

    got, head = shelf.ask(door, "GET", version), shelf.ask(door, "HEAD", version)

    assert (head.status_code, head.data) == (200, b"")
    for name in ("Content-Type", "Content-Length", "ETag", "Last-Modified"):
        assert head.headers[name] == got.headers[name]


@each
def test_a_document_tells_when_it_was_written(door: Door, shelf: Shelf, version: str) -> None:
    before = datetime.now(UTC).replace(microsecond=0)
    shelf.write(door, version=version)

    got = shelf.ask(door, "GET", version)

    assert got.last_modified is not None
    assert before <= got.last_modified <= datetime.now(UTC)


@each
def test_what_was_deleted_is_gone_and_deleting_it_again_does_no_harm(
    door: Door, shelf: Shelf, version: str
) -> None:
    shelf.write(door, version=version)

    deleted = [shelf.ask(door, "DELETE", version).status_code for _ in range(2)]

    assert deleted == [204, 204]
    assert shelf.ask(door, "GET", version).status_code == 404
    assert shelf.ask(door, "GET", version, params=shelf.params(None)).json == []


# Merging (1.0.3, 2.2; IEEE 4.1.6.2)


@each
def test_post_merges_one_level_deep(door: Door, shelf: Shelf, version: str) -> None:
    shelf.write(door, {"a": {"b": 1, "c": 2}, "d": 1, "e": 12345678901234567890}, version)

    merged = shelf.write(door, {"a": {"c": 3}, "f": "ü"}, version)

    assert merged.status_code == 204
    got = shelf.ask(door, "GET", version)
    assert got.json == {"a": {"c": 3}, "d": 1, "e": 12345678901234567890, "f": "ü"}
    assert got.mimetype == JSON
    assert etag(got) == f'"{hashlib.sha1(got.data).hexdigest()}"'


NOT_MERGED: dict[str, tuple[bytes, str, bytes, str]] = {
    "what_is_there_is_text": (b"{}", "text/plain", b"{}", JSON),
    "what_is_there_is_a_list": (b"[]", JSON, b"{}", JSON),
    "what_is_there_is_broken": (b"{", JSON, b"{}", JSON),
    "what_comes_is_text": (b"{}", JSON, b"{}", "text/plain"),
    "what_comes_is_a_list": (b"{}", JSON, b"[1]", JSON),
    "what_comes_is_broken": (b"{}", JSON, b"{", JSON),
    "what_comes_is_not_a_number": (b"{}", JSON, b'{"a":NaN}', JSON),
    "what_comes_is_too_deep": (b"{}", JSON, b'{"a":' * 100_000, JSON),
    "what_comes_is_no_utf8": (b"{}", JSON, b'{"a":"\xff"}', JSON),
}


@pytest.mark.parametrize(("shelf", "version"), cases(*SHELVES, words="2.2"))
def test_what_is_no_json_object_is_not_merged(door: Door, shelf: Shelf, version: str) -> None:
    for name, (there, there_kind, sent, kind) in NOT_MERGED.items():
        more = {"params": shelf.params(name), "headers": {"If-None-Match": "*"}}
        shelf.ask(door, "PUT", version, data=there, content_type=there_kind, **more)

        answer = shelf.ask(
            door, "POST", version, data=sent, content_type=kind, params=shelf.params(name)
        )

        assert (name, answer.status_code) == (name, 400)
        assert answer.json["error"]
        assert shelf.ask(door, "GET", version, params=shelf.params(name)).data == there


@pytest.mark.parametrize(("shelf", "version"), cases(*SHELVES, words="XAPI-00235"))
def test_a_new_document_that_is_said_to_be_json_must_be_an_object_in_a_post(
    door: Door, shelf: Shelf, version: str
) -> None:
    answer = shelf.ask(door, "POST", version, data=b"{", content_type=JSON)

    assert answer.status_code == 400
    assert shelf.ask(door, "GET", version).status_code == 404


def test_a_post_of_something_else_makes_a_document_where_there_is_none(door: Door) -> None:
    answer = STATE.ask(door, "POST", data=b"\0\1", content_type="image/png")

    assert answer.status_code == 204
    assert STATE.ask(door, "GET").data == b"\0\1"


def test_a_post_of_nothing_makes_nothing(door: Door) -> None:
    for kind in (None, "text/plain", JSON):
        answer = STATE.ask(door, "POST", data=b"", content_type=kind)

        assert answer.status_code == 400

    assert STATE.ask(door, "GET").status_code == 404


def test_halves_of_pairs_survive_a_merge(door: Door) -> None:
    STATE.ask(door, "POST", data=b'{"a":"\\ud800"}', content_type=JSON)

    STATE.write(door, {"b": 1})

    assert json.loads(STATE.ask(door, "GET").data) == {"a": "\ud800", "b": 1}


# How a document is named


FAULTS: dict[str, dict[str, str | None]] = {
    "an_unknown_parameter": {"colour": "red"},
    "an_agent_that_is_no_json": {"agent": "alice"},
    "an_agent_without_identifier": {"agent": '{"name":"Alice"}'},
    "an_agent_with_two": {"agent": '{"mbox":"mailto:a@x.example","openid":"https://a.example"}'},
    "an_anonymous_group": {"agent": '{"objectType":"Group","member":[]}'},
    "an_activity_that_is_no_iri": {"activityId": "course"},
    "a_registration_that_is_no_uuid": {"registration": "true"},
    "a_time_that_is_none": {"since": "yesterday"},
    "an_id_with_nul": {"ID": "a\0b"},
    "an_empty_id": {"ID": ""},
    "no_activity": {"activityId": None},
    "no_agent": {"agent": None},
}


def faults() -> Iterator[Any]:
    """Give what is wrong with an address, for each resource and method it can be wrong with."""
    for shelf in SHELVES:
        for fault, told in FAULTS.items():
            for method in METHODS:
                name = next(iter(told))
                known = name in {*shelf.names, "colour", "ID"}
                has = known or (name == "registration" and shelf is STATE)
                if has or name == "since":
                    for version in VERSIONS:
                        section = f"{version}-{shelf.sections[version]}"
                        yield pytest.param(
                            shelf, version, method, told, id=f"{section}-{method}-{fault}"
                        )


def test_every_fault_of_an_address_is_refused_and_writes_nothing(door: Door) -> None:
    wrong = []
    for case in faults():
        shelf, version, method, told = case.values
        params = {
            **shelf.params(None if "since" in told else "notes"),
            **{shelf.id_name if name == "ID" else name: value for name, value in told.items()},
        }
        given = {name: value for name, value in params.items() if value is not None}
        answer = shelf.ask(
            door, method, version, params=given, data=b"{}", headers={"If-None-Match": "*"}
        )
        told_why = method == "HEAD" or (answer.json or {}).get("error")
        if (
            answer.status_code != 400
            or not told_why
            or answer.headers["X-Experience-API-Version"] != version
        ):
            wrong.append((case.id, answer.status_code))

    assert wrong == []
    for shelf in SHELVES:
        assert shelf.ask(door, "GET", params=shelf.params(None)).json == []


@pytest.mark.parametrize("section", ["XAPI-00325"])
def test_names_of_parameters_keep_their_case(door: Door, section: str) -> None:
    proper = {"activityid": "activityId", "stateid": "stateId", "agent": "agent"}
    for name in ("activityid", "ActivityId", "StateId", "Agent"):
        params = STATE.params()
        params[name] = params.pop(proper[name.lower()])

        assert STATE.ask(door, "GET", params=params).status_code == 400


@each
def test_writing_needs_the_id(door: Door, shelf: Shelf, version: str) -> None:
    for method in ("PUT", "POST"):
        answer = shelf.ask(door, method, version, params=shelf.params(None), data=b"{}")

        assert answer.status_code == 400
        assert shelf.id_name in answer.json["error"]


@pytest.mark.parametrize(("shelf", "version"), cases(*PROFILES))
def test_profiles_are_deleted_one_by_one(door: Door, shelf: Shelf, version: str) -> None:
    shelf.write(door, version=version)

    answer = shelf.ask(door, "DELETE", version, params=shelf.params(None))

    assert answer.status_code == 400
    assert shelf.ask(door, "GET", version).status_code == 200


@each
def test_one_owner_sees_nothing_of_another(door: Door, shelf: Shelf, version: str) -> None:
    shelf.write(door, version=version)
    others = {"agent": json.dumps(BOB), "activityId": "https://x.example/other"}

    for name in shelf.names:
        params = {**shelf.params(), name: others[name]}
        assert shelf.ask(door, "GET", version, params=params).status_code == 404
        params.pop(shelf.id_name)
        assert shelf.ask(door, "GET", version, params=params).json == []


def test_an_agent_is_who_it_is_however_it_is_written(door: Door) -> None:
    STATE.write(door)
    written = '{"name": "Alice", "account": {"name":"alice", "homePage": "https://x.example"}}'

    assert STATE.ask(door, "GET", params=STATE.params(agent=written)).status_code == 200


def test_names_that_would_run_together_are_told_apart(door: Door) -> None:
    STATE.write(door, {"a": 1}, params=STATE.params("c", activityId=f"{ACTIVITY}/b"))

    assert STATE.ask(door, "GET", params=STATE.params("b/c")).status_code == 404
    assert STATE.ask(door, "GET", params=STATE.params("bc")).status_code == 404


def test_long_names_are_no_trouble(door: Door) -> None:
    params = STATE.params("ä" * 5000, activityId=ACTIVITY + "x" * 5000)

    assert STATE.write(door, params=params).status_code == 204
    assert STATE.ask(door, "GET", params=params).status_code == 200


# Many documents


@each
def test_without_an_id_the_ids_are_given_in_the_order_of_writing(
    door: Door, shelf: Shelf, version: str
) -> None:
    for name in ("b", "a", "c"):
        shelf.write(door, version=version, params=shelf.params(name))

    got = shelf.ask(door, "GET", version, params=shelf.params(None))

    assert (got.status_code, got.mimetype, got.json) == (200, JSON, ["b", "a", "c"])


@each
def test_since_gives_what_was_written_after(door: Door, shelf: Shelf, version: str) -> None:
    shelf.write(door, version=version, params=shelf.params("early"))
    moment = datetime.now(UTC).isoformat()
    shelf.write(door, version=version, params=shelf.params("late"))

    got = shelf.ask(door, "GET", version, params=shelf.params(None, since=moment))

    assert got.json == ["late"]
    bare = moment.replace("+00:00", " 00:00")  # a plus sign that was not written as %2B
    again = shelf.ask(door, "GET", version, params=shelf.params(None, since=bare))
    assert again.json == ["late"]
    both = shelf.ask(door, "GET", version, params=shelf.params("late", since=moment))
    assert both.status_code == 400


@pytest.mark.parametrize(("shelf", "version"), cases(STATE, words="registration"))
def test_a_registration_keeps_states_apart(door: Door, shelf: Shelf, version: str) -> None:
    mine, other = (
        shelf.params(registration=REGISTRATION),
        shelf.params(registration=OTHER_REGISTRATION),
    )
    shelf.write(door, {"in": "mine"}, version, params=mine)
    shelf.write(door, {"in": "none"}, version)

    assert shelf.ask(door, "GET", version, params=mine).json == {"in": "mine"}
    shouted = shelf.params(registration=REGISTRATION.upper())
    assert shelf.ask(door, "GET", version, params=shouted).json == {"in": "mine"}
    assert shelf.ask(door, "GET", version).json == {"in": "none"}
    assert shelf.ask(door, "GET", version, params=other).status_code == 404


@pytest.mark.parametrize(("shelf", "version"), cases(STATE, words="many"))
def test_states_of_a_registration_are_listed_and_deleted_together(
    door: Door, shelf: Shelf, version: str
) -> None:
    for name in ("a", "b"):
        shelf.write(door, version=version, params=shelf.params(name, registration=REGISTRATION))
    shelf.write(door, version=version, params=shelf.params("a"))
    shelf.write(door, version=version, params=shelf.params("a", agent=json.dumps(BOB)))
    of_mine = shelf.params(None, registration=REGISTRATION)

    assert shelf.ask(door, "GET", version, params=of_mine).json == ["a", "b"]
    assert sorted(shelf.ask(door, "GET", version, params=shelf.params(None)).json) == ["a", "b"]
    assert shelf.ask(door, "DELETE", version, params=of_mine).status_code == 204
    assert shelf.ask(door, "GET", version, params=of_mine).json == []
    assert shelf.ask(door, "GET", version, params=shelf.params(None)).json == ["a"]
    assert shelf.ask(door, "DELETE", version, params=shelf.params(None)).status_code == 204
    assert shelf.ask(door, "GET", version, params=shelf.params(None)).json == []
    bobs = shelf.params("a", agent=json.dumps(BOB))
    assert shelf.ask(door, "GET", version, params=bobs).status_code == 200


# Concurrency (1.0.3, 3.1; IEEE 4.1.4)


@each
def test_the_etag_is_the_quoted_sha1_of_what_is_kept(
    door: Door, shelf: Shelf, version: str
) -> None:
    shelf.write(door, version=version)

    got = shelf.ask(door, "GET", version)

    assert etag(got) == f'"{hashlib.sha1(got.data).hexdigest()}"'


CONDITIONS = [
    # headers, a document is there, status of PUT
    ({"If-None-Match": "*"}, False, 204),
    ({"If-None-Match": "*"}, True, 412),
    ({"If-None-Match": "TAG"}, True, 412),
    ({"If-None-Match": '"other"'}, True, 204),
    ({"If-Match": "TAG"}, True, 204),
    ({"If-Match": "W/TAG"}, True, 204),
    ({"If-Match": '"other", TAG'}, True, 204),
    ({"If-Match": "*"}, True, 204),
    ({"If-Match": "*"}, False, 412),
    ({"If-Match": '"other"'}, True, 412),
    ({"If-Match": '"other"'}, False, 412),
    ({"If-Match": "TAG", "If-None-Match": "*"}, True, 412),
]


@each
def test_a_condition_is_kept_to(door: Door, shelf: Shelf, version: str) -> None:
    for number, (headers, there, status) in enumerate(CONDITIONS):
        named = {"params": shelf.params(f"notes {number}")}
        if there:
            shelf.write(door, version=version, **named)
        tag = etag(shelf.ask(door, "GET", version, **named)) if there else '"none"'
        told = {name: value.replace("TAG", tag) for name, value in headers.items()}
        more = {"data": b'{"new":1}', "content_type": JSON}

        answer = shelf.ask(door, "PUT", version, headers=told, **more, **named)

        assert (headers, there, answer.status_code) == (headers, there, status)
        got = shelf.ask(door, "GET", version, **named)
        if status == 204:
            assert got.json == {"new": 1}
        else:
            assert answer.json["error"]
            assert (got.json == {"a": 1}) if there else (got.status_code == 404)


@each
def test_merging_and_deleting_keep_to_a_condition_too(
    door: Door, shelf: Shelf, version: str
) -> None:
    more: dict[str, Any] = {"data": b'{"b":2}', "content_type": JSON}
    for method in ("POST", "DELETE"):
        shelf.write(door, version=version)
        tag = etag(shelf.ask(door, "GET", version))

        wrong = shelf.ask(door, method, version, headers={"If-Match": '"other"'}, **more)
        untouched = shelf.ask(door, "GET", version)
        right = shelf.ask(door, method, version, headers={"If-Match": tag}, **more)
        again = shelf.ask(door, method, version, headers={"If-Match": tag}, **more)

        assert (wrong.status_code, etag(untouched), right.status_code) == (412, tag, 204)
        assert again.status_code == 412


WITHOUT = [
    # shelf, version, a document is there, status of a PUT without a condition
    (STATE, FIRST, False, 204),
    (STATE, FIRST, True, 204),
    (STATE, SECOND, False, 204),
    (STATE, SECOND, True, 409),
    *((shelf, FIRST, False, 400) for shelf in PROFILES),
    *((shelf, FIRST, True, 409) for shelf in PROFILES),
    *((shelf, SECOND, False, 204) for shelf in PROFILES),
    *((shelf, SECOND, True, 409) for shelf in PROFILES),
]


@pytest.mark.parametrize(
    ("shelf", "version", "there", "status"),
    [
        pytest.param(*case, id=f"{case[1]}-{'3.1' if case[1] == FIRST else '4.1.4'}-{case[0].name}")
        for case in WITHOUT
    ],
)
def test_a_put_without_a_condition_does_what_its_version_says(
    door: Door, shelf: Shelf, version: str, there: bool, status: int
) -> None:
    if there:
        shelf.write(door, version=version)

    answer = shelf.ask(door, "PUT", version, data=b'{"new":1}', content_type=JSON)

    assert answer.status_code == status
    got = shelf.ask(door, "GET", version)
    if status == 204:
        assert got.json == {"new": 1}
    else:
        assert "If-Match" in answer.json["error"]
        assert (got.json == {"a": 1}) if there else (got.status_code == 404)


def test_a_reader_who_has_a_document_is_not_given_it_again(door: Door) -> None:
    STATE.write(door)
    tag = etag(STATE.ask(door, "GET"))

    same = STATE.ask(door, "GET", headers={"If-None-Match": tag})
    STATE.write(door, {"b": 1})
    other = STATE.ask(door, "GET", headers={"If-None-Match": tag})

    assert (same.status_code, same.data, etag(same)) == (304, b"", tag)
    assert (other.status_code, other.json) == (200, {"a": 1, "b": 1})


OWNER = Owner(Kind.AGENT, agent="mbox mailto:alice@x.example")
NAME = Name(OWNER, "notes")
NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def at_once(count: int, work: Any) -> list[Any]:
    """Do something in several threads that begin together; give what each returned or raised."""
    start = threading.Barrier(count)
    done: list[Any] = []

    def run(number: int) -> None:
        start.wait()
        try:
            done.append(work(number))
        except PreconditionError as error:
            done.append(error)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return done


def test_of_many_that_make_a_document_at_once_one_does(database: Database) -> None:
    only_new = Condition(if_none_match="*")

    def make(number: int) -> None:
        with database.begin() as session:
            documents.put(session, NAME, Content(b"%d" % number), only_new, now=NOW)

    done = at_once(6, make)

    assert sorted(type(each).__name__ for each in done) == ["NoneType", *["PreconditionError"] * 5]


def test_of_many_that_replace_what_they_read_at_once_one_does(database: Database) -> None:
    first = Content(b"first")
    with database.begin() as session:
        documents.put(session, NAME, first, Condition(), now=NOW)
    read = Condition(if_match=f'"{first.etag}"')

    def replace(number: int) -> None:
        with database.begin() as session:
            documents.put(session, NAME, Content(b"%d" % number), read, now=NOW)

    done = at_once(6, replace)

    assert sum(each is None for each in done) == 1


def test_no_member_is_lost_when_many_merge_at_once(database: Database) -> None:
    def merge(number: int) -> None:
        content = Content(json.dumps({f"m{number}": number}).encode(), JSON)
        with database.begin() as session:
            documents.merge(session, NAME, content, Condition(), now=NOW)

    done = at_once(6, merge)

    assert done == [None] * 6
    with database.read() as session:
        held = documents.find(session, NAME)
        assert held is not None
        assert json.loads(held.body) == {f"m{number}": number for number in range(6)}


def test_what_a_version_makes_of_a_put_without_condition_is_told_in_one_place() -> None:
    told = [
        documents.strictness_of(kind, first_version=first)
        for kind in (Kind.STATE, Kind.AGENT)
        for first in (True, False)
    ]

    assert told == [Absent.FREE, Absent.NEW_ONLY, Absent.NEVER, Absent.NEW_ONLY]
