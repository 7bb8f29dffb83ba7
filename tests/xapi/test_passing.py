"""From the store next door to others: what it held before, and what other clients tell."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from werkzeug.serving import make_server

from lti_tool.db import Database
from tests.xapi import occasions
from tests.xapi.careless_store import CarelessStore
from tests.xapi.doors import Door, sentence
from tests.xapi.occasions import ALICE, NOON
from tests.xapi.other_store import OtherStore, Quiet
from tests.xapi.test_outbox import EMBEDDED, enqueue, waiting
from xapi import backfill, credentials, forwarding, passing, privacy, removing, targets
from xapi.attached import File, body_of
from xapi.backfill import Progress, copy_due
from xapi.courier import Courier
from xapi.db import Begin
from xapi.delivery import EmbeddedStore, deliver_due
from xapi.files import find_size
from xapi.forwarding import forward_due
from xapi.host import authority_of
from xapi.targets import Wanted

OWN = EMBEDDED.authority
BUILT = [occasions.viewed(number) for number in range(30)]
IDS = [str(each.id) for each in BUILT]
Add = Callable[..., None]


@pytest.fixture
def courier(database: Database) -> Iterator[Courier]:
    """Give a courier that knows the store next door."""
    made = Courier(database.begin, [EMBEDDED], unseal=str, patience_s=10)
    yield made
    made.close()


@pytest.fixture
def in_portions(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have few statements looked at in one transaction."""
    monkeypatch.setattr(passing, "PORTION", 7)
    monkeypatch.setattr(backfill, "PORTION", 7)


def add(begin: Begin, url: str, key: str = "", secret: str = "") -> None:
    """Send to a store from now on."""
    with begin() as session:
        targets.add(session, "archive", Wanted(url, key, secret), seal=str, now=NOON)


def start(database: Database, *, everything: bool = False) -> int:
    """Begin to copy."""
    with database.begin() as session:
        target = targets.find_elsewhere(session, "archive")
        return backfill.start(session, target, everything=everything, now=NOON)


def rule(begin: Begin, verb: str = "", activity_prefix: str = "") -> None:
    """Let statements of other clients go on."""
    with begin() as session:
        target = targets.find_elsewhere(session, "archive")
        forwarding.add_rule(session, target, verb=verb, activity_prefix=activity_prefix, now=NOON)


def progress(database: Database) -> Progress:
    """Give how far it has come."""
    with database.read() as session:
        found = backfill.progress_of(session, "archive")
    assert found is not None
    return found


def keep_own(database: Database, courier: Courier) -> None:
    """Have the store next door hold all of ours."""
    enqueue(database, *BUILT)
    courier.deliver_due(NOON)


# Copying what was there before


def test_a_new_store_gets_what_was_held_before_it_came_once_and_in_order(
    database: Database, careless: CarelessStore, courier: Courier, in_portions: None
) -> None:
    keep_own(database, courier)
    add(database.begin, careless.url)
    enqueue(database, occasions.viewed(99))
    shown = []

    assert start(database) == 30
    for _ in range(20):
        copy_due(database.begin, OWN, now=NOON)
        courier.deliver_due(NOON)
        shown.append(progress(database).percent)

    assert sorted(careless.ids()) == sorted([*IDS, str(occasions.viewed(99).id)])
    assert [each for each in careless.ids() if each in IDS] == IDS
    assert shown == sorted(shown)
    assert 0 < shown[0] < 100
    assert shown[-1] == 100
    assert progress(database).is_over
    assert progress(database).copied == 30
    assert waiting(database) == 0


def test_what_another_store_still_waits_for_is_not_sent_twice(
    database: Database, careless: CarelessStore, other: OtherStore, courier: Courier
) -> None:
    with other.seen_from_here() as slow:
        other.mood = lambda *_: (500, {}, b"no")
        enqueue(database, *BUILT)
        deliver_due(database.begin, [EMBEDDED, slow], now=NOON)
        assert waiting(database) == 30
        add(database.begin, careless.url)
        start(database)
        for _ in range(5):
            copy_due(database.begin, OWN, now=NOON)
            courier.deliver_due(NOON)

    assert careless.ids() == IDS


def test_copying_goes_on_where_it_was_after_everything_was_killed(
    database: Database, careless: CarelessStore, courier: Courier, in_portions: None
) -> None:
    keep_own(database, courier)
    add(database.begin, careless.url)
    start(database)
    copy_due(database.begin, OWN, now=NOON)

    def die() -> None:
        with database.begin() as session:
            backfill._copy(session, "archive", OWN, now=NOON)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        die()
    for _ in range(10):
        copy_due(database.begin, OWN, now=NOON)
        courier.deliver_due(NOON)

    assert careless.ids() == IDS


def test_copying_waits_while_a_store_is_behind_or_paused(
    database: Database,
    careless: CarelessStore,
    courier: Courier,
    in_portions: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(backfill, "FULL", 10)
    keep_own(database, courier)
    add(database.begin, careless.url)
    start(database)

    looked = [copy_due(database.begin, OWN, now=NOON) for _ in range(4)]
    with database.begin() as session:
        targets.pause(session, "archive", now=NOON)
    courier.deliver_due(NOON)
    looked.append(copy_due(database.begin, OWN, now=NOON))

    assert looked == [7, 7, 0, 0, 0]
    assert progress(database).waiting == 14


def test_copying_that_is_stopped_ends_and_may_begin_anew(
    database: Database, other: OtherStore, courier: Courier, in_portions: None
) -> None:
    keep_own(database, courier)
    add(database.begin, other.url, other.key, other.secret)
    start(database)
    copy_due(database.begin, OWN, now=NOON)
    with database.begin() as session:
        assert backfill.stop(session, "archive")
        assert not backfill.stop(session, "archive")
    for _ in range(3):
        copy_due(database.begin, OWN, now=NOON)
        courier.deliver_due(NOON)
    assert other.kept() == IDS[:7]

    start(database)
    for _ in range(8):
        copy_due(database.begin, OWN, now=NOON)
        courier.deliver_due(NOON)

    assert other.kept() == IDS


def test_copying_goes_over_with_what_is_redirected(
    database: Database, careless: CarelessStore, courier: Courier, in_portions: None
) -> None:
    keep_own(database, courier)
    add(database.begin, "http://127.0.0.1:1/xapi")
    start(database)
    copy_due(database.begin, OWN, now=NOON)
    with database.begin() as session:
        targets.add(session, "second", Wanted(careless.url), seal=str, now=NOON)
        removing.redirect(session, "archive", "second", now=NOON)
    for _ in range(8):
        copy_due(database.begin, OWN, now=NOON)
        courier.deliver_due(NOON)

    assert careless.ids() == IDS


# What other clients tell


@pytest.fixture
def foreign(door: Door) -> Callable[..., str]:
    """Have another client tell something; give its id."""

    def tell(**more: Any) -> str:
        told = sentence(**more)
        assert door.post(told).status_code == 200
        return str(told["id"])

    return tell


def test_copying_leaves_out_what_other_clients_told_unless_asked_for_it(
    database: Database, careless: CarelessStore, courier: Courier, foreign: Callable[..., str]
) -> None:
    keep_own(database, courier)
    theirs = foreign()
    add(database.begin, careless.url)
    start(database)
    for _ in range(3):
        copy_due(database.begin, OWN, now=NOON)
        courier.deliver_due(NOON)
    assert careless.ids() == IDS
    careless.kept.clear()

    start(database, everything=True)
    for _ in range(3):
        copy_due(database.begin, OWN, now=NOON)
        courier.deliver_due(NOON)

    assert careless.ids() == [*IDS, theirs]


@pytest.mark.parametrize(
    ("verb", "prefix", "expected"),
    [
        ("https://verbs.example/did", "", [0, 2, 3]),
        ("", "https://x.example/pack", [1, 2]),
        ("https://verbs.example/did", "https://x.example/pack", [2]),
        ("", "https://around.example/", [3]),
        ("", "", [0, 1, 2, 3]),
        ("https://verbs.example/nothing", "", []),
    ],
)
def test_statements_of_other_clients_go_on_as_rules_say(
    *,
    database: Database,
    careless: CarelessStore,
    courier: Courier,
    foreign: Callable[..., str],
    verb: str,
    prefix: str,
    expected: list[int],
) -> None:
    add(database.begin, careless.url)
    foreign(what="package/early")
    rule(database.begin, verb, prefix)
    around = {"contextActivities": {"grouping": [{"id": "https://around.example/course"}]}}
    theirs = [
        foreign(),
        foreign(did="said", what="package/1"),
        foreign(what="package/2"),
        foreign(context=around),
    ]

    for _ in range(3):
        forward_due(database.begin, OWN, now=NOON)
        courier.deliver_due(NOON)

    assert careless.ids() == [theirs[number] for number in expected]
    assert waiting(database) == 0


def test_a_statement_that_fits_two_rules_goes_once_and_ours_do_not_go_again(
    database: Database, careless: CarelessStore, courier: Courier, foreign: Callable[..., str]
) -> None:
    add(database.begin, careless.url)
    rule(database.begin)
    rule(database.begin, verb="https://verbs.example/did")
    theirs = foreign()
    enqueue(database, *BUILT[:3])
    courier.deliver_due(NOON)

    for _ in range(3):
        forward_due(database.begin, OWN, now=NOON)
        courier.deliver_due(NOON)

    assert sorted(careless.ids()) == sorted([*IDS[:3], theirs])


def test_a_statement_goes_on_as_it_came_but_for_what_the_other_store_puts_in(
    database: Database, careless: CarelessStore, courier: Courier, door: Door
) -> None:
    add(database.begin, careless.url)
    rule(database.begin)
    text = (
        '{"id": "0b7a9a2e-6d0f-4d7c-9b8d-2f8f5a1c3e44", "actor": {"mbox": "mailto:a@x.example"},'
        ' "verb": {"id": "https://verbs.example/did"}, "object": {"id": "https://x.example/t"},'
        ' "timestamp": "2026-03-02T12:00:00.123456789+02:00", "version": "1.0.0",'
        ' "result": {"duration": "PT1H30M", "score": {"scaled": 1.0, "raw": 10, "max": 1e1},'
        ' "extensions": {"https://x.example/e": 0.10000000000000000001}}}'
    )
    assert door.post(text).status_code == 200

    forward_due(database.begin, OWN, now=NOON)
    with database.read() as session:
        (standing,) = [
            each for each in targets.list_standings(session) if each.target.name == "archive"
        ]
        assert standing.waiting == 1
    courier.deliver_due(NOON)

    assert careless.kept == [json.loads(text)]


def test_a_statement_of_the_other_version_goes_on_without_naming_it(
    database: Database, careless: CarelessStore, courier: Courier, door: Door
) -> None:
    add(database.begin, careless.url)
    rule(database.begin)
    told = sentence(version="2.0.0")
    header = {"X-Experience-API-Version": "2.0.0"}
    assert door.post(told, headers=header).status_code == 200

    forward_due(database.begin, OWN, now=NOON)
    courier.deliver_due(NOON)

    assert careless.ids() == [told["id"]]
    assert "version" not in careless.kept[0]


def test_what_is_attached_to_a_statement_goes_along(
    database: Database, other: OtherStore, courier: Courier, door: Door
) -> None:
    add(database.begin, other.url, other.key, other.secret)
    rule(database.begin)
    contents = [bytes(range(256)) * 2000, b"a short one"]
    files = [
        File(hashlib.sha256(content).hexdigest(), "application/octet-stream", content)
        for content in contents
    ]
    named = [
        {
            "usageType": "https://x.example/usage",
            "display": {"en": "A file"},
            "contentType": each.content_type,
            "length": len(each.content),
            "sha2": each.sha2,
        }
        for each in files
    ]
    told = sentence(attachments=named)
    kind, body = body_of(json.dumps(told), files)
    assert door.ask("POST", data=body, content_type=kind).status_code == 200
    plain = sentence()
    assert door.post(plain).status_code == 200

    forward_due(database.begin, OWN, now=NOON)
    courier.deliver_due(NOON)

    assert other.kept() == [told["id"], plain["id"]]
    with other.database.read() as session:
        for each in files:
            assert find_size(session, each.sha2) == len(each.content)
    assert waiting(database) == 0


def test_who_is_erased_is_erased_on_the_way_too(
    database: Database, careless: CarelessStore, courier: Courier, foreign: Callable[..., str]
) -> None:
    alice = {"account": {"homePage": ALICE.home_page, "name": ALICE.name}}
    add(database.begin, careless.url)
    rule(database.begin)
    foreign(actor=alice)
    foreign(context={"instructor": alice})
    foreign(who="bob")
    forward_due(database.begin, OWN, now=NOON)
    assert waiting(database) == 3

    with database.begin() as session:
        privacy.erase(session, ALICE)
    courier.deliver_due(NOON)

    assert [each["actor"]["account"]["name"] for each in careless.kept] == ["bob"]


def test_a_rule_that_is_taken_away_forwards_no_more(
    database: Database, careless: CarelessStore, courier: Courier, foreign: Callable[..., str]
) -> None:
    add(database.begin, careless.url)
    rule(database.begin)
    first = foreign()
    forward_due(database.begin, OWN, now=NOON)
    with database.begin() as session:
        (held,) = forwarding.list_rules(session, "archive")
        assert not forwarding.remove_rule(session, "another", held.id)
        assert forwarding.remove_rule(session, "archive", held.id)
    foreign()

    forward_due(database.begin, OWN, now=NOON)
    courier.deliver_due(NOON)

    assert careless.ids() == [first]


def test_rules_go_over_with_what_is_redirected_and_nothing_goes_twice(
    database: Database, careless: CarelessStore, courier: Courier, foreign: Callable[..., str]
) -> None:
    add(database.begin, "http://127.0.0.1:1/xapi")
    rule(database.begin)
    with database.begin() as session:
        goal = targets.add(session, "second", Wanted(careless.url), seal=str, now=NOON)
        forwarding.add_rule(session, goal, verb="https://verbs.example/did", now=NOON)
    theirs = [foreign(), foreign(did="said")]
    forward_due(database.begin, OWN, now=NOON)
    courier.deliver_due(NOON)

    with database.begin() as session:
        removing.redirect(session, "archive", "second", now=NOON)
    theirs.append(foreign(did="said"))
    for _ in range(3):
        forward_due(database.begin, OWN, now=NOON)
        courier.deliver_due(NOON)

    assert sorted(careless.ids()) == sorted({*careless.ids()})
    assert set(careless.ids()) == set(theirs)


def test_two_stores_that_forward_to_one_another_come_to_rest(
    database: Database, store_app: Flask, other: OtherStore, door: Door
) -> None:
    with database.begin() as session:
        key, secret = credentials.create(session, label="them", scopes=("all",), now=NOON)
    server = make_server("127.0.0.1", 0, store_app, threaded=True, request_handler=Quiet)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    theirs = EmbeddedStore(authority_of("http://localhost:8090"))
    add(database.begin, other.url, other.key, other.secret)
    add(other.database.begin, f"http://127.0.0.1:{server.port}/xapi", key, secret)
    rule(database.begin)
    rule(other.database.begin)
    sides = [
        (database, OWN, Courier(database.begin, [EMBEDDED], unseal=str, patience_s=10)),
        (
            other.database,
            theirs.authority,
            Courier(other.database.begin, [theirs], unseal=str, patience_s=10),
        ),
    ]
    told = [sentence() for _ in range(5)]
    assert door.post(told).status_code == 200

    done = []
    for _ in range(6):
        for side, own, courier in sides:
            looked = forward_due(side.begin, own, now=NOON)
            done.append(looked + courier.deliver_due(NOON))
    for _, _, courier in sides:
        courier.close()
    server.shutdown()
    server.server_close()
    thread.join()

    ids = [each["id"] for each in told]
    assert other.kept() == ids
    assert sorted(door.ids()) == sorted(ids)
    assert done[-4:] == [0, 0, 0, 0]
