"""What the store keeps, and how it is found again: through its HTTP door, on both databases."""

from __future__ import annotations

import json
import threading
import time
from datetime import datetime
from typing import Any
from uuid import uuid4

import pytest

from lti_tool.db import Database
from tests.xapi.doors import HOME, STATEMENTS, Door, sentence
from xapi import received, store

VOIDED = "http://adlnet.gov/expapi/verbs/voided"


def test_a_statement_comes_back_as_it_was_sent_with_what_the_store_says(door: Door) -> None:
    sent = sentence(timestamp="2026-01-05T08:00:00.5+02:00", version="1.0.3")
    text = json.dumps({**sent, "result": {"score": {"raw": 1.0}, "duration": "PT1H30M"}})

    answer = door.post(text)
    got = door.get(statementId=sent["id"])

    assert answer.status_code == 200
    assert answer.json == [sent["id"]]
    assert got.text.startswith(text[:-1])
    assert got.json["authority"]["account"] == {"homePage": HOME, "name": door.key}
    assert got.json["timestamp"] == "2026-01-05T08:00:00.5+02:00"
    assert got.headers["Last-Modified"]


def test_what_a_client_says_in_the_stores_place_is_replaced(door: Door) -> None:
    sent = sentence(stored="2001-01-01T00:00:00Z", authority={"mbox": "mailto:mallory@example.org"})

    door.post(sent)

    got = door.get(statementId=sent["id"]).json
    assert got["authority"]["account"]["name"] == door.key
    assert not got["stored"].startswith("2001")


def test_a_statement_without_id_time_and_version_gets_them(door: Door) -> None:
    sent = sentence()
    del sent["id"]

    (made_id,) = door.post(sent).json

    got = door.get(statementId=made_id).json
    assert got["id"] == made_id
    assert got["timestamp"] == got["stored"]
    assert got["version"] == "1.0.0"


def test_put_keeps_a_statement_under_the_id_of_the_address(door: Door) -> None:
    with_id, without = sentence(), sentence()
    wanted = without.pop("id")

    assert door.put(with_id, with_id["id"].upper()).status_code == 204
    assert door.put(without, wanted).status_code == 204

    assert sorted(door.ids()) == sorted([with_id["id"], wanted])


def test_put_refuses_another_id_no_id_and_several_statements(door: Door) -> None:
    sent = sentence()

    assert door.put(sent, str(uuid4())).status_code == 400
    assert door.put([sent, sentence()], sent["id"]).status_code == 400
    assert door.ask("PUT", data="{}", content_type="application/json").status_code == 400
    assert door.ids() == []


def test_the_same_sent_again_is_kept_once(door: Door) -> None:
    sent = sentence(result={"score": {"scaled": 1.0}})
    again = {**sent, "result": {"score": {"scaled": 1}}, "timestamp": "2026-01-05T08:00:00Z"}

    first, second, third = (
        door.post(sent),
        door.post([sentence(), again]),
        door.put(sent, sent["id"]),
    )

    assert (first.status_code, second.status_code, third.status_code) == (200, 200, 204)
    assert second.json[1] == sent["id"]
    assert len(door.ids()) == 2


def test_another_statement_under_a_taken_id_is_refused_with_its_whole_batch(door: Door) -> None:
    sent = sentence()
    door.post(sent)

    answer = door.post([sentence(), {**sent, "verb": {"id": "https://verbs.example/undid"}}])
    put = door.put({**sent, "result": {"success": True}}, sent["id"])

    assert answer.status_code == put.status_code == 409
    assert sent["id"] in answer.json["error"]
    assert door.ids() == [sent["id"]]


def test_a_batch_with_one_bad_statement_is_refused_as_a_whole(door: Door) -> None:
    answer = door.post([sentence(), sentence(verb={"id": "did"}), sentence()])

    assert answer.status_code == 400
    assert answer.json["path"] == "verb.id"
    assert "IRI" in answer.json["error"]
    assert door.ids() == []


def test_an_id_twice_in_one_batch_is_refused(door: Door) -> None:
    sent = sentence()

    answer = door.post([sent, {**sent, "id": sent["id"].upper()}])

    assert answer.status_code == 400
    assert "twice" in answer.json["error"]
    assert door.ids() == []


def test_ids_are_answered_in_the_order_sent_and_statements_newest_first(door: Door) -> None:
    sent = [sentence() for _ in range(7)]

    answered = door.post(sent).json

    assert answered == [each["id"] for each in sent]
    assert door.ids() == list(reversed(answered))
    assert door.ids(ascending="true") == answered


def test_a_large_batch_of_many_people_and_things_is_kept(door: Door) -> None:
    sent = [sentence(who=f"p{n}", did=f"v{n % 7}", what=f"t{n}") for n in range(1000)]

    assert door.post(sent).status_code == 200
    assert door.post([*sent, sentence()]).status_code == 413

    assert len(door.ids(verb="https://verbs.example/v3")) == 100
    assert door.ids(activity="https://x.example/t999") == [sent[999]["id"]]


def test_nothing_is_kept_of_an_empty_list(door: Door) -> None:
    answer = door.post([])

    assert answer.json == []
    assert door.ids() == []


def test_two_clients_at_once_keep_one_statement_once(
    door: Door, database: Database, request: pytest.FixtureRequest
) -> None:
    sent = [sentence() for _ in range(20)]
    together = threading.Barrier(4)
    statuses: list[int] = []

    def send() -> None:
        together.wait()
        statuses.append(door.post(sent).status_code)

    threads = [threading.Thread(target=send) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()

    assert statuses == [200] * 4
    assert sorted(door.ids()) == sorted(each["id"] for each in sent)


# Filters

WEEK = "11111111-2222-4333-8444-555555555555"
MONTH = "99999999-2222-4333-8444-555555555555"


@pytest.fixture
def kept(door: Door) -> dict[str, str]:
    """Keep a few statements; give their ids by name."""
    about = {"contextActivities": {"grouping": [{"id": "https://x.example/course"}]}}
    team = {"objectType": "Group", "member": [{"mbox": "mailto:carol@example.org"}]}
    said = {
        "alice-read": sentence("alice", "read", "page", context={"registration": WEEK, **about}),
        "alice-did": sentence("alice", "did", "quiz", context={"registration": MONTH}),
        "bob-read": sentence("bob", "read", "page", context={"team": team}),
        "bob-met": sentence(
            "bob", "met", object={"objectType": "Agent", "account": _account("alice")}
        ),
        "carol-read": sentence(actor={"mbox": "mailto:carol@example.org"}, did="read"),
    }
    door.post(list(said.values()))
    return {name: each["id"] for name, each in said.items()}


def _account(name: str) -> dict[str, str]:
    return {"homePage": "https://x.example", "name": name}


def _agent(name: str) -> str:
    return json.dumps({"account": _account(name)})


CAROL = json.dumps({"objectType": "Agent", "name": "Carol", "mbox": "mailto:carol@example.org"})
FOUND: dict[str, tuple[dict[str, str], list[str]]] = {
    "verb": ({"verb": "https://verbs.example/read"}, ["alice-read", "bob-read", "carol-read"]),
    "agent as actor or object": (
        {"agent": _agent("alice")},
        ["alice-read", "alice-did", "bob-met"],
    ),
    "agent by mail": ({"agent": CAROL}, ["carol-read"]),
    "agent in any part": (
        {"agent": CAROL, "related_agents": "true"},
        ["bob-read", "carol-read"],
    ),
    "activity": ({"activity": "https://x.example/page"}, ["alice-read", "bob-read"]),
    "activity as object only": ({"activity": "https://x.example/course"}, []),
    "activity in any part": (
        {"activity": "https://x.example/course", "related_activities": "true"},
        ["alice-read"],
    ),
    "registration": ({"registration": WEEK.upper()}, ["alice-read"]),
    "two at once": (
        {"agent": _agent("alice"), "verb": "https://verbs.example/read"},
        ["alice-read"],
    ),
    "two that never meet": (
        {"agent": _agent("bob"), "registration": WEEK},
        [],
    ),
    "a verb that nobody did": ({"verb": "https://verbs.example/none"}, []),
    "an agent that never was": ({"agent": _agent("mallory")}, []),
    "an activity that never was": (
        {"activity": "https://x.example/none", "related_activities": "true"},
        [],
    ),
    "a registration that never was": ({"registration": str(uuid4())}, []),
    "a time to come": ({"since": "2100-01-01T00:00:00Z"}, []),
    "a time long gone": ({"until": "2001-01-01T00:00:00Z"}, []),
}


@pytest.mark.parametrize("name", FOUND)
def test_a_filter_finds_what_it_means_and_nothing_else(
    door: Door, kept: dict[str, str], name: str
) -> None:
    filters, expected = FOUND[name]

    found = door.ids(ascending="true", **filters)

    assert found == [kept[each] for each in expected]


def test_since_is_after_and_until_is_then_or_before_by_the_time_of_storing(door: Door) -> None:
    stored = []
    for number in range(3):
        sent = sentence(timestamp=f"200{3 - number}-01-01T00:00:00Z")
        door.post(sent)
        stored.append((sent["id"], door.get(statementId=sent["id"]).json["stored"]))
        time.sleep(0.003)
    (first, _), (second, then), (third, _) = stored

    assert door.ids(since=then) == [third]
    assert door.ids(until=then, ascending="true") == [first, second]
    assert door.ids(since=then, until=then) == []
    here = then.replace("Z", "+00:00")
    assert door.get(f"{STATEMENTS}?since={here}").json["statements"][0]["id"] == third


def test_times_of_storing_never_run_backwards(door: Door) -> None:
    for _ in range(5):
        door.post([sentence(), sentence()])

    stored = [each["stored"] for each in door.get(ascending="true").json["statements"]]

    assert stored == sorted(stored)


@pytest.mark.parametrize("ascending", ["true", "false"])
def test_pages_hold_everything_once_though_statements_arrive_meanwhile(
    door: Door, ascending: str
) -> None:
    sent = door.post([sentence() for _ in range(25)]).json
    seen: list[str] = []

    page = door.get(limit="10", ascending=ascending, verb="https://verbs.example/did").json
    while True:
        seen += [each["id"] for each in page["statements"]]
        door.post(sentence())
        if not page["more"]:
            break
        page = door.get(page["more"]).json

    assert page["more"] == ""
    assert seen == (sent if ascending == "true" else list(reversed(sent)))


def test_a_statement_in_which_something_stands_twice_is_found_once(door: Door) -> None:
    thing = {"id": "https://x.example/thing"}
    around = {"contextActivities": {"parent": [thing], "other": [thing]}}
    team = {"objectType": "Group", "member": [{"account": _account("alice")}]}
    sent = [sentence(context={**around, "team": team}) for _ in range(3)]
    door.post(sent)

    by_thing = door.get(activity=thing["id"], related_activities="true", limit="2").json
    by_agent = door.get(agent=_agent("alice"), related_agents="true", limit="2").json

    for page in (by_thing, by_agent):
        rest = door.get(page["more"]).json
        found = [each["id"] for each in (*page["statements"], *rest["statements"])]
        assert found == [each["id"] for each in reversed(sent)]


def test_a_page_holds_a_hundred_unless_fewer_are_asked_for(door: Door) -> None:
    door.post([sentence() for _ in range(103)])

    assert [len(door.ids(limit=limit)) for limit in ("0", "1", "100", "500")] == [100, 1, 100, 100]
    assert len(door.get(door.get().json["more"]).json["statements"]) == 3


def test_a_statement_about_another_answers_to_the_others_filters(door: Door) -> None:
    target = sentence("alice", "read")
    comment = sentence("bob", "said", object={"objectType": "StatementRef", "id": target["id"]})
    door.post([target, comment])

    assert door.ids(agent=_agent("alice"), ascending="true") == [target["id"], comment["id"]]
    assert door.ids(agent=_agent("bob")) == [comment["id"]]


@pytest.mark.parametrize("order", ["after", "before", "together"])
def test_a_voided_statement_is_found_by_its_own_address_only(door: Door, order: str) -> None:
    target = sentence()
    void = sentence(verb={"id": VOIDED}, object={"objectType": "StatementRef", "id": target["id"]})
    batches: list[Any] = {
        "after": [target, void],
        "before": [void, target],
        "together": [[target, void]],
    }[order]

    for each in batches:
        assert door.post(each).status_code == 200

    assert door.get(statementId=target["id"]).status_code == 404
    assert door.get(voidedStatementId=target["id"]).json["id"] == target["id"]
    assert door.get(voidedStatementId=void["id"]).status_code == 404
    assert door.ids() == [void["id"]]


def test_a_void_cannot_be_voided(door: Door) -> None:
    target = sentence()
    void = sentence(verb={"id": VOIDED}, object={"objectType": "StatementRef", "id": target["id"]})
    again = sentence(verb={"id": VOIDED}, object={"objectType": "StatementRef", "id": void["id"]})

    door.post([target, void, again])

    assert sorted(door.ids()) == sorted([void["id"], again["id"]])


# What is promised to those who poll


def test_what_a_poller_was_promised_is_complete(door: Door, database: Database) -> None:
    """Whoever asks again from the promised time on misses nothing that is being kept just then."""
    begun, told = threading.Event(), threading.Event()
    sent = sentence()

    def keep_slowly() -> None:
        with database.begin() as session:
            store.keep(session, received.read(json.dumps(sent)), authority={})
            begun.set()
            told.wait(0.3)

    thread = threading.Thread(target=keep_slowly)
    thread.start()
    begun.wait(5)
    first = door.get()
    told.set()
    thread.join()

    through = first.headers["X-Experience-API-Consistent-Through"]
    seen = [each["id"] for each in first.json["statements"]]
    assert [*seen, *door.ids(since=through)] == [sent["id"]]


def test_the_promise_passes_what_was_stored_before(door: Door) -> None:
    door.post(sentence())
    time.sleep(0.005)

    answer = door.get()

    through = datetime.fromisoformat(answer.headers["X-Experience-API-Consistent-Through"])
    assert through >= datetime.fromisoformat(answer.json["statements"][0]["stored"])
