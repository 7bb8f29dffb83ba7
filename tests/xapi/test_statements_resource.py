"""The statements resource by requirement: 1.0.3, part two, 2.3 to 2.5, part three, 1.1 and 2.1."""

from __future__ import annotations

import json
import threading
import time
from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import update

from lti_tool.db import Database
from tests.xapi.doors import HOME, STATEMENTS, Door, sentence
from tests.xapi.requirements import VOIDED
from xapi import privacy, tokens
from xapi.app import init_app
from xapi.host import Host, Limits
from xapi.models import Credential, Token
from xapi.statements import Actor

HEADER = "X-Experience-API-Version"
THROUGH = "X-Experience-API-Consistent-Through"
ONE, TWO = {HEADER: "1.0.3"}, {HEADER: "2.0.0"}
BOTH = pytest.mark.parametrize("headers", [ONE, TWO], ids=["1.0.3", "2.0.0"])


def about(target: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Give a statement about another."""
    return sentence(object={"objectType": "StatementRef", "id": target["id"]}, **more)


def voids(target: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Give a statement that voids another."""
    return about(target, verb={"id": VOIDED}, **more)


def agent(name: str) -> str:
    return json.dumps({"account": {"homePage": "https://x.example", "name": name}})


# Keeping


@BOTH
def test_an_id_is_made_and_a_version_put_in_where_there_is_none_xapi_00026_xapi_00332(
    door: Door, headers: dict[str, str]
) -> None:
    sent = [sentence(version="1.0.7"), sentence()]
    del sent[1]["id"]

    ids = door.post(sent, headers=headers).json

    got = [door.get(statementId=each).json for each in ids]
    assert got[0]["version"] == "1.0.7"
    assert got[1]["version"] == ("1.0.0" if headers is ONE else "2.0.0")
    assert [each["id"] for each in got] == ids


@BOTH
def test_stored_and_authority_are_the_stores_xapi_00097_xapi_00099(
    door: Door, headers: dict[str, str]
) -> None:
    sent = sentence(stored="2001-01-01T00:00:00Z", authority={"mbox": "mailto:m@x.example"})

    door.post(sent, headers=headers)

    got = door.get(statementId=sent["id"]).json
    assert got["authority"]["account"] == {"homePage": HOME, "name": door.key}
    assert got["stored"] > "2026"
    assert got["timestamp"] == got["stored"]


def test_one_context_activity_comes_back_as_a_list_xapi_00096(door: Door) -> None:
    around = {"contextActivities": {"parent": {"id": "a:b"}, "other": [{"id": "c:d"}]}}
    text = json.dumps(sentence(context=around, result={"score": {"raw": 1.0}}))

    door.post(text.replace("1.0", "1.00"))

    got = door.get()
    assert got.json["statements"][0]["context"]["contextActivities"] == {
        "parent": [{"id": "a:b"}],
        "other": [{"id": "c:d"}],
    }
    assert '"raw":1.00' in got.text


def test_times_and_numbers_stay_as_they_were_sent_xapi_00002_xapi_00122(door: Door) -> None:
    sent = sentence(timestamp="2026-01-05T08:00:00.123456789+05:30")
    text = (
        json.dumps(sent)[:-1] + ',"result":{"duration":"P1DT12H36M0.12567S","score":{"raw":1e2}}}'
    )

    door.post(text)

    assert door.get(statementId=sent["id"]).text.startswith(text[:-1])


@BOTH
def test_what_is_kept_is_never_changed_xapi_00142(door: Door, headers: dict[str, str]) -> None:
    sent = sentence()
    door.post(sent)
    before = door.get(statementId=sent["id"]).data
    other = {**sent, "result": {"success": True}}

    statuses = [
        door.post(sent, headers=headers).status_code,
        door.post(other, headers=headers).status_code,
        door.put(sent, sent["id"]).status_code,
        door.put(other, sent["id"]).status_code,
    ]

    assert statuses == [200, 409, 204, 409]
    assert door.get(statementId=sent["id"]).data == before


def test_one_clients_conflict_is_nobody_elses(door: Door) -> None:
    """Batches that wait at the same moment are written together, and judged one by one."""
    kept = sentence()
    door.post(kept)
    good = [[sentence() for _ in range(3)] for _ in range(12)]
    bad = [[sentence(), {**kept, "verb": {"id": "a:b"}}] for _ in range(6)]
    same = [[kept, sentence()] for _ in range(6)]
    twin = sentence()
    together = threading.Barrier(28)
    told: dict[int, int] = {}

    def send(number: int, body: list[dict[str, Any]]) -> None:
        together.wait()
        told[number] = door.post(body).status_code

    bodies = [*good, *bad, *same, *[[twin]] * 4]
    crew = [threading.Thread(target=send, args=each) for each in enumerate(bodies)]
    for each in crew:
        each.start()
    for each in crew:
        each.join()

    statuses = [told[number] for number in range(len(bodies))]
    assert statuses == [200] * 12 + [409] * 6 + [200] * 6 + [200] * 4
    expected = {each["id"] for body in (*good, *same) for each in body} | {twin["id"]}
    assert sorted(door.ids()) == sorted(expected)


def test_put_needs_its_parameter_and_takes_no_other_xapi_00144_xapi_00145(door: Door) -> None:
    for query in ({}, {"statementId": "x"}, {"statementId": str(uuid4()), "mood": "x"}):
        answer = door.ask("PUT", query_string=query, json=sentence())
        assert answer.status_code == 400


# Voiding, in whatever order things arrive


@pytest.mark.parametrize("order", list(permutations(["target", "void", "comment"])))
@pytest.mark.parametrize("together", [True, False])
def test_a_target_is_voided_and_what_refers_to_it_still_found_xapi_00018_xapi_00162(
    door: Door, order: tuple[str, ...], together: bool
) -> None:
    target = sentence("alice", "read", "page")
    said = {"target": target, "void": voids(target), "comment": about(target, did="noted")}
    batch = [said[each] for each in order]

    for each in [batch] if together else batch:
        assert door.post(each).status_code == 200

    shown = [said[each]["id"] for each in order if each != "target"]
    assert door.ids(ascending="true") == shown
    assert door.ids(ascending="true", activity="https://x.example/page") == shown
    assert door.ids(ascending="true", verb="https://verbs.example/read") == shown
    assert door.get(statementId=target["id"]).status_code == 404
    assert door.get(voidedStatementId=target["id"]).json["id"] == target["id"]
    assert door.get(voidedStatementId=said["void"]["id"]).status_code == 404


@pytest.mark.parametrize("backwards", [True, False])
def test_what_voids_cannot_be_voided_xapi_00016(door: Door, backwards: bool) -> None:
    first = voids(sentence())
    second = voids(first)

    for each in (second, first) if backwards else (first, second):
        assert door.post(each).status_code == 200

    assert door.get(statementId=first["id"]).status_code == 200
    assert door.get(voidedStatementId=first["id"]).status_code == 404


# References in filters (part three, 2.1.3), which the public suite does not test


@pytest.mark.parametrize("order", list(permutations(range(4))))
def test_references_are_followed_to_the_end_in_any_order(
    door: Door, order: tuple[int, ...]
) -> None:
    chain = [sentence("alice", "read", "page", context={"registration": str(uuid4())})]
    for name in ("bob", "carol", "dave"):
        chain.append(about(chain[-1], who=name, did="noted"))
    for place in order:
        door.post(chain[place])

    def found(**filters: str) -> set[int]:
        ids = [each["id"] for each in chain]
        return {ids.index(each) for each in door.ids(**filters)}

    everything = {0, 1, 2, 3}
    assert found(agent=agent("alice")) == everything
    assert found(activity="https://x.example/page") == everything
    assert found(verb="https://verbs.example/read") == everything
    assert found(registration=chain[0]["context"]["registration"]) == everything
    assert found(agent=agent("carol")) == {2, 3}
    assert found(agent=agent("dave"), activity="https://x.example/page") == {3}
    assert found(agent=agent("dave"), verb="https://verbs.example/read") == {3}


def test_a_reference_in_the_context_is_not_followed_and_related_reaches_through(
    door: Door,
) -> None:
    target = sentence("alice", "read", context={"instructor": json.loads(agent("carol"))})
    beside = sentence(
        "bob", context={"statement": {"objectType": "StatementRef", "id": target["id"]}}
    )
    note = about(target, who="bob")
    door.post([target, beside, note])

    assert set(door.ids(agent=agent("alice"))) == {target["id"], note["id"]}
    assert door.ids(agent=agent("carol")) == []
    assert set(door.ids(agent=agent("carol"), related_agents="true")) == {target["id"], note["id"]}


def test_references_in_a_ring_and_to_oneself_do_no_harm(door: Door) -> None:
    first, second, own = sentence(), sentence("bob"), sentence("carol")
    first["object"] = {"objectType": "StatementRef", "id": second["id"].upper()}
    second["object"] = {"objectType": "StatementRef", "id": first["id"]}
    own["object"] = {"objectType": "StatementRef", "id": own["id"]}

    for each in (first, second, own):
        assert door.post(each).status_code == 200

    assert set(door.ids(agent=agent("bob"))) == {first["id"], second["id"]}


def test_time_counts_for_the_one_that_refers(door: Door) -> None:
    target = sentence("alice")
    note = about(target, who="bob")
    door.post(target)
    stored = door.get(statementId=target["id"]).json["stored"]
    threading.Event().wait(0.003)
    door.post(note)

    assert door.ids(agent=agent("alice"), since=stored) == [note["id"]]
    assert door.ids(agent=agent("alice"), until=stored) == [target["id"]]


def test_what_is_erased_is_found_no_more_and_what_comes_after_it_is(
    door: Door, database: Database
) -> None:
    """Numbers that the writer remembers are forgotten with the person they stand for."""
    gone = sentence("alice")
    note = about(gone, who="bob")
    door.post([gone, note, sentence("bob")])

    with database.begin() as session:
        assert privacy.erase(session, Actor("https://x.example", "alice")) == 1
    between = door.ids(agent=agent("alice"))
    again = sentence("alice")
    door.post(again)

    assert between == []
    assert door.ids(agent=agent("alice")) == [again["id"]]
    assert len(door.ids(agent=agent("bob"))) == 2
    assert door.get(statementId=note["id"]).status_code == 200


# What is found


GROUP = {
    "objectType": "Group",
    "mbox": "mailto:Team@X.example",
    "member": [{"mbox": "mailto:c@x.example"}],
}
SUB = {
    "objectType": "SubStatement", "actor": {"mbox": "mailto:sub@x.example"},
    "verb": {"id": "https://verbs.example/planned"}, "object": {"id": "https://x.example/planned"},
    "context": {"contextActivities": {"parent": [{"id": "https://x.example/around"}]}},
}  # fmt: skip


def mail(name: str) -> dict[str, str]:
    """Give a filter of an agent by mail."""
    return {"agent": json.dumps({"mbox": f"mailto:{name}@x.example"})}


TEAM = {"agent": json.dumps({"objectType": "Group", "mbox": "mailto:Team@x.example"})}
NARROW_AND_WIDE: dict[str, tuple[dict[str, Any], dict[str, str], bool]] = {
    "XAPI-00181 a group": ({"actor": GROUP}, TEAM, True),
    "XAPI-00181 a member": ({"actor": GROUP}, mail("c"), True),
    "XAPI-00181 an object": ({"object": GROUP}, mail("c"), True),
    "XAPI-00176 a team": ({"context": {"team": GROUP}}, mail("c"), False),
    "XAPI-00176 an instructor": (
        {"context": {"instructor": {"mbox": "mailto:i@x.example"}}},
        mail("i"),
        False,
    ),
    "XAPI-00176 within": ({"object": SUB}, mail("sub"), False),
    "XAPI-00177 around": (
        {"context": {"contextActivities": {"category": {"id": "a:c"}}}},
        {"activity": "a:c"},
        False,
    ),
    "XAPI-00177 within": ({"object": SUB}, {"activity": "https://x.example/planned"}, False),
    "XAPI-00177 around within": ({"object": SUB}, {"activity": "https://x.example/around"}, False),
    "XAPI-00179 an object": ({"object": {"id": "a:b"}}, {"activity": "a:b"}, True),
}


@pytest.mark.parametrize("name", NARROW_AND_WIDE)
def test_a_filter_is_as_wide_as_it_was_asked_for(door: Door, name: str) -> None:
    changes, filters, is_narrow = NARROW_AND_WIDE[name]
    sent = sentence(**changes)
    door.post([sentence("nobody", what="none"), sent])

    wide = {"related_agents": "true", "related_activities": "true"}

    assert door.ids(**filters) == ([sent["id"]] if is_narrow else [])
    assert door.ids(**filters, **wide) == [sent["id"]]


def test_context_agents_and_groups_are_found_around_ieee_4_2_2_5(door: Door) -> None:
    sent = sentence(
        context={
            "contextAgents": [
                {"objectType": "contextAgent", "agent": {"mbox": "mailto:a@x.example"}}
            ],
            "contextGroups": [{"objectType": "contextGroup", "group": GROUP}],
        }
    )
    assert door.post(sent, headers=TWO).status_code == 200

    for mail in ("a@x.example", "c@x.example"):
        asked = f'{{"mbox":"mailto:{mail}"}}'
        assert door.ids(agent=asked) == []
        assert door.ids(agent=asked, related_agents="true") == [sent["id"]]


def test_the_authority_is_found_around_and_those_who_read_their_own_see_no_other(
    door: Door, store_app: Flask, database: Database
) -> None:
    mine = Door.open(store_app, database.begin, "statements/write", "statements/read/mine")
    own, others = sentence("alice"), sentence("alice")
    door.post(others)
    mine.post(own)
    authority = json.dumps({"account": {"homePage": HOME, "name": mine.key}})

    assert mine.ids() == mine.ids(agent=agent("alice")) == [own["id"]]
    assert mine.get(statementId=others["id"]).status_code == 404
    assert mine.get(statementId=own["id"]).status_code == 200
    assert len(door.ids(agent=agent("alice"))) == 2
    assert door.ids(agent=authority, related_agents="true") == [own["id"]]


def test_all_filters_at_once_narrow_each_other_xapi_00164(door: Door) -> None:
    registration = str(uuid4())
    asked = {
        "agent": agent("alice"), "verb": "https://verbs.example/read",
        "activity": "https://x.example/page", "registration": registration,
    }  # fmt: skip
    meant = sentence("alice", "read", "page", context={"registration": registration})
    near = [
        sentence("bob", "read", "page", context={"registration": registration}),
        sentence("alice", "did", "page", context={"registration": registration}),
        sentence("alice", "read", "quiz", context={"registration": registration}),
        sentence("alice", "read", "page", context={"registration": str(uuid4())}),
    ]
    door.post([meant, *near])

    assert door.ids(**asked) == [meant["id"]]
    assert door.ids(**{**asked, "registration": str(uuid4())}) == []
    assert door.ids(**asked, until="2001-01-01T00:00:00Z") == []


# Pages


@pytest.mark.parametrize("form", ["exact", "ids", "canonical"])
def test_more_goes_on_under_the_same_rules_xapi_00108_to_00114(door: Door, form: str) -> None:
    sent = [sentence("alice") for _ in range(7)]
    door.post([*sent, *[sentence("bob") for _ in range(3)]])
    seen: list[str] = []

    page = door.get(agent=agent("alice"), limit="3", format=form).json
    while True:
        assert set(page) == {"statements", "more"}
        seen += [each["id"] for each in page["statements"]]
        if not page["more"]:
            break
        assert page["more"].startswith(STATEMENTS)
        page = door.get(page["more"]).json

    assert seen == [each["id"] for each in reversed(sent)]
    assert page["more"] == ""


# Formats and languages


LONG = {
    "objectType": "Activity", "id": "https://x.example/quiz",
    "definition": {
        "name": {"en": "Quiz", "de": "Rätsel"}, "description": {"en-GB": "A quiz", "fr": "Un quiz"},
        "type": "https://x.example/type", "interactionType": "choice",
        "choices": [{"id": "a", "description": {"en": "yes", "de": "ja"}}, {"id": "b"}],
        "extensions": {"a:b": 1.0},
    },
}  # fmt: skip


def test_ids_alone_xapi_00171(door: Door) -> None:
    people = {
        "objectType": "Group",
        "name": "Two",
        "member": [{"name": "C", "mbox": "mailto:c@x.example"}],
    }
    sent = sentence(
        actor={"objectType": "Agent", "name": "Alice", "mbox": "mailto:a@x.example"},
        verb={"id": "a:did", "display": {"en": "did"}},
        object={**SUB, "object": LONG},
        context={
            "team": people,
            "instructor": {**GROUP, "name": "T"},
            "contextActivities": {"parent": [LONG]},
        },
    )
    door.post(sent)

    got = door.get(format="ids").json["statements"][0]

    assert got["actor"] == {"objectType": "Agent", "mbox": "mailto:a@x.example"}
    assert got["verb"] == {"id": "a:did"}
    assert got["object"]["object"] == {"id": LONG["id"]}
    assert got["context"]["team"] == {
        "objectType": "Group",
        "member": [{"mbox": "mailto:c@x.example"}],
    }
    assert got["context"]["instructor"] == {"objectType": "Group", "mbox": GROUP["mbox"]}
    assert got["context"]["contextActivities"] == {"parent": [{"id": LONG["id"]}]}
    assert got["id"] == sent["id"]


LANGUAGES = {
    "de": ("Rätsel", "A quiz", "ja"),
    "de-AT, en;q=0.5": ("Quiz", "A quiz", "yes"),
    "fr;q=0.2, de;q=0.9": ("Rätsel", "Un quiz", "ja"),
    "en": ("Quiz", "A quiz", "yes"),
    "de;q=0, en": ("Quiz", "A quiz", "yes"),
    "ja": ("Quiz", "A quiz", "yes"),
    "*": ("Quiz", "A quiz", "yes"),
    "": ("Quiz", "A quiz", "yes"),
    ";;,q=x, de;q=nonsense": ("Quiz", "A quiz", "yes"),
    "de-AT": ("Rätsel", "A quiz", "ja"),
}


@pytest.mark.parametrize("header", LANGUAGES)
def test_canonical_gives_one_language_for_each_word_xapi_00169_xapi_00172(
    door: Door, header: str
) -> None:
    door.post(sentence(object=LONG, verb={"id": "a:b", "display": {"en": "did", "de": "tat"}}))

    answer = door.ask(
        "GET", query_string={"format": "canonical"}, headers={**ONE, "Accept-Language": header}
    )

    got = answer.json["statements"][0]
    definition = got["object"]["definition"]
    words = [definition["name"], definition["description"], definition["choices"][0]["description"]]
    assert [list(each.values()) for each in words] == [[each] for each in LANGUAGES[header]]
    assert definition["choices"][1] == {"id": "b"}
    assert len(got["verb"]["display"]) == 1


def test_canonical_gives_what_all_statements_told_and_exact_what_one_did_xapi_00170(
    door: Door,
) -> None:
    thing = {"id": "https://x.example/thing"}
    told = [
        {"name": {"en": "Old"}, "type": "a:old"},
        {"name": {"de": "Ding"}, "extensions": {"a:b": 1}},
        {"name": {"en": "New"}, "extensions": {"a:c": 2}},
    ]
    door.post([sentence(object={**thing, "definition": each}) for each in told[:2]])
    door.post(sentence(object={**thing, "definition": told[2]}))
    door.post(sentence(context={"contextActivities": {"parent": [thing]}}, what="other"))

    canonical = door.get(format="canonical", ascending="true").json["statements"]
    exact = door.get(ascending="true").json["statements"]

    merged = {"name": {"en": "New"}, "type": "a:old", "extensions": {"a:b": 1, "a:c": 2}}
    assert [each["object"].get("definition") for each in canonical] == [merged] * 3 + [None]
    assert canonical[3]["context"]["contextActivities"]["parent"] == [
        {**thing, "definition": merged}
    ]
    assert [each["object"].get("definition") for each in exact] == [*told, None]


def test_whoever_may_not_define_changes_nothing_of_what_is_known(
    door: Door, store_app: Flask, database: Database
) -> None:
    writer = Door.open(store_app, database.begin, "statements/write")
    named = sentence(object={"id": "a:b", "definition": {"name": {"en": "Wrong"}}})
    assert writer.post(named).status_code == 200
    door.post(sentence(object={"id": "a:b", "definition": {"type": "a:type"}}))

    got = door.get(format="canonical", limit="1").json["statements"][0]

    assert got["object"]["definition"] == {"type": "a:type"}


# Answers


@BOTH
def test_one_statement_comes_with_its_time_and_tag(door: Door, headers: dict[str, str]) -> None:
    sent = sentence()
    door.post(sent, headers=headers)

    answer = door.ask("GET", query_string={"statementId": sent["id"]}, headers=headers)

    stored = datetime.fromisoformat(answer.json["stored"])
    assert answer.last_modified == stored.replace(microsecond=0)
    assert answer.headers["ETag"].startswith('"')
    assert datetime.fromisoformat(answer.headers[THROUGH])


ASKED = {
    "one": ({"statementId": "x"}, 400),
    "nothing there": ({"statementId": str(uuid4())}, 404),
    "several": ({}, 200),
    "a parameter that is none": ({"mood": "x"}, 400),
    "XAPI-00150": ({"voidedStatementId": str(uuid4()), "limit": "1"}, 400),
    "XAPI-00151": ({"statementId": str(uuid4()), "ascending": "true"}, 400),
    "both ids": ({"statementId": str(uuid4()), "voidedStatementId": str(uuid4())}, 400),
    "XAPI-00012 not a flag": ({"ascending": "TRUE"}, 400),
}


@pytest.mark.parametrize("name", ASKED)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_every_answer_says_up_to_when_nothing_is_missing_xapi_00125_xapi_00126_xapi_00153(
    door: Door, name: str, method: str
) -> None:
    filters, status = ASKED[name]

    answer = door.ask(method, query_string=filters)

    assert answer.status_code == status
    assert answer.headers[THROUGH].endswith("Z")
    assert answer.headers["Content-Type"] == "application/json"
    assert (answer.data == b"") is (method == "HEAD")


def test_that_promise_never_goes_back(door: Door) -> None:
    told = []
    for number in range(12):
        answer = door.post(sentence()) if number % 3 == 0 else door.get(limit="1")
        told.append(answer.headers[THROUGH])
    told.append(door.post("{").headers[THROUGH])
    told.append(door.ask("GET", auth=("x", "y")).headers[THROUGH])

    assert told == sorted(told)


def test_a_batch_larger_than_allowed_is_refused_in_plain_words(database: Database) -> None:
    app = Flask("host", static_folder=None)
    init_app(app, Host(database.begin, database.read, HOME, limits=Limits(statements=2)))
    door = Door.open(app, database.begin)

    answer = door.post([sentence() for _ in range(3)])

    assert answer.status_code == 413
    assert "at most 2" in answer.json["error"]
    assert door.ids() == []
    assert door.post([sentence() for _ in range(2)]).status_code == 200


# Several processes


def test_two_processes_keep_one_statement_once(database: Database) -> None:
    doors = []
    for _ in range(3):
        app = Flask("host", static_folder=None)
        init_app(app, Host(database.begin, database.read, HOME))
        doors.append(Door.open(app, database.begin))
    sent = [sentence(who=f"new{number}") for number in range(30)]
    together = threading.Barrier(len(doors))
    told: list[list[str]] = []

    def send(door: Door) -> None:
        together.wait()
        told.append(door.post(sent).json)

    crew = [threading.Thread(target=send, args=(door,)) for door in doors]
    for each in crew:
        each.start()
    for each in crew:
        each.join()

    ids = [each["id"] for each in sent]
    assert told == [ids] * len(doors)
    assert all(sorted(door.ids()) == sorted(ids) for door in doors)
    assert doors[0].ids(agent=agent("new7")) == [ids[7]]


def test_a_key_that_another_process_withdrew_is_refused_within_a_second(
    door: Door, database: Database
) -> None:
    assert door.get().status_code == 200
    with database.begin() as session:
        session.execute(update(Credential).values(withdrawn_at=datetime.now(UTC)))

    until = time.monotonic() + 1.5
    while door.get().status_code == 200 and time.monotonic() < until:
        time.sleep(0.05)

    assert door.get().status_code == 401


def test_who_is_erased_leaves_no_document_and_no_token(door: Door, database: Database) -> None:
    state = {"activityId": "a:b", "agent": agent("alice"), "stateId": "s"}
    assert (
        door.ask("PUT", "/xapi/activities/state", query_string=state, data=b"x").status_code == 204
    )
    actor = json.loads(agent("alice"))
    with database.begin() as session:
        tokens.create(
            session, actor=actor, activity="a:b", lasts=timedelta(1), now=datetime.now(UTC)
        )

    with database.begin() as session:
        privacy.erase(session, Actor("https://x.example", "alice"))

    assert door.ask("GET", "/xapi/activities/state", query_string=state).status_code == 404
    with database.read() as session:
        assert session.query(Token).count() == 0
