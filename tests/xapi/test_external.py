"""Deliveries to another record store over real HTTP, in its good and bad moods."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from lti_tool.db import Database
from tests.xapi import occasions
from tests.xapi.occasions import ALICE, NOON
from tests.xapi.other_store import Mood, OtherStore
from tests.xapi.test_outbox import EMBEDDED, enqueue, kept, spoilt, waiting
from xapi import calling, delivery, external, outbox, privacy, settling
from xapi.delivery import Store, deliver_due, stores_of
from xapi.external import ExternalStore
from xapi.models import Target
from xapi.statements import Built

HOUR = timedelta(hours=1)
Deliver = Callable[..., int]
BUILT = [occasions.viewed(number) for number in range(8)]
IDS = [str(each.id) for each in BUILT]


@pytest.fixture
def deliver(database: Database, other: OtherStore) -> Deliver:
    """Give one round of deliveries to the other store alone."""
    target = other.seen_from_here()
    return lambda now=NOON: deliver_due(database.begin, [target], now=now)


def always(status: int, headers: dict[str, str] | None = None, content: bytes = b"no") -> Mood:
    """Give the mood of a store that always answers the same."""
    return lambda _method, _body: (status, headers or {}, content)


def resting(database: Database) -> Target:
    """Give how the other store rests."""
    with database.read() as session:
        (target,) = (each for each in delivery.list_targets(session) if each.name == "external")
    return target


def test_statements_go_to_both_stores_at_once_and_then_leave_the_outbox(
    database: Database, other: OtherStore
) -> None:
    enqueue(database, *BUILT)

    settled = deliver_due(database.begin, [EMBEDDED, other.seen_from_here()], now=NOON)

    assert settled == 16
    assert other.kept() == [str(each) for each in kept(database)] == IDS
    assert waiting(database) == 0


def test_what_reaches_the_other_store_is_what_was_built(
    database: Database, other: OtherStore, deliver: Deliver
) -> None:
    built = list(occasions.each_kind().values())
    enqueue(database, *built)

    assert deliver() == len(built)

    for each in built:
        answer = other.app.test_client().get(
            f"/xapi/statements?statementId={each.id}",
            auth=(other.key, other.secret),
            headers={"X-Experience-API-Version": "1.0.3"},
        )
        assert answer.json is not None
        assert json.loads(each.json).items() <= answer.json.items()


def test_a_store_that_is_down_is_waited_for_and_the_other_is_not_kept_waiting(
    database: Database, other: OtherStore
) -> None:
    targets: list[Store] = [EMBEDDED, other.seen_from_here()]
    enqueue(database, *BUILT)
    other.stop()

    assert deliver_due(database.begin, targets, now=NOON) == 8
    assert "reached" in resting(database).reason
    assert waiting(database) == 8
    other.start()
    assert deliver_due(database.begin, targets, now=NOON) == 0
    assert deliver_due(database.begin, targets, now=NOON + HOUR) == 8

    assert waiting(database) == 0
    assert other.kept() == [str(each) for each in kept(database)] == IDS
    assert resting(database).reason == ""


def test_a_store_that_dies_after_it_has_stored_is_sent_the_same_again(
    database: Database, other: OtherStore, deliver: Deliver
) -> None:
    def store_and_fail(method: str, body: bytes) -> tuple[int, dict[str, str], bytes]:
        other.mood = None
        other.app.test_client().open(
            "/xapi/statements",
            method=method,
            data=body,
            content_type="application/json",
            auth=(other.key, other.secret),
            headers={"X-Experience-API-Version": "1.0.3"},
        )
        return 502, {}, b"lost on the way"

    other.mood = store_and_fail
    enqueue(database, *BUILT)

    assert deliver() == 0
    assert other.kept() == IDS
    assert deliver(NOON + HOUR) == 8

    assert other.kept() == IDS
    assert waiting(database) == 0


@pytest.mark.parametrize(
    "mood",
    [
        always(500), always(503), always(429), always(404), always(301, {"Location": "/x"}),
        always(200, {"Content-Type": "text/html"}, b"<h1>Welcome</h1>"),
        always(200, {}, b'{"ok": true}'),
        always(200, {}, b'["df216b5a-7448-586c-b8da-a426aa6451a8"]'),
        always(200, {}, b"x" * (calling.ANSWER_LIMIT + 1)),
        always(502, {}, b"\0\xff<html>\x1b[31m"),
    ],
)  # fmt: skip
def test_a_store_out_of_sorts_loses_nothing_and_is_told_why(
    database: Database, other: OtherStore, deliver: Deliver, mood: Mood
) -> None:
    other.mood = mood
    enqueue(database, *BUILT)

    assert deliver() == 0
    assert resting(database).reason.isprintable()
    assert resting(database).due_at > NOON
    assert waiting(database) == 8
    other.mood = None
    assert deliver(NOON + HOUR) == 8

    assert other.kept() == IDS


def test_a_store_rests_longer_each_time_up_to_an_hour(
    database: Database, other: OtherStore, deliver: Deliver
) -> None:
    other.mood = always(500)
    enqueue(database, BUILT[0])
    now, rests = NOON, []

    for _ in range(14):
        deliver(now)
        due = resting(database).due_at
        rests.append((due - now).total_seconds())
        now = due
    asked = len(other.asked)
    deliver(now - timedelta(seconds=1))

    assert len(other.asked) == asked == 14
    assert 3.75 <= rests[0] <= 5
    assert all(later > earlier for earlier, later in pairwise(rests[:9]))
    assert 2700 <= rests[-1] <= 3600


def test_a_store_says_itself_when_to_come_again(
    database: Database, other: OtherStore, deliver: Deliver
) -> None:
    other.mood = always(429, {"Retry-After": "120"})
    enqueue(database, BUILT[0])

    deliver()

    assert resting(database).due_at == NOON + timedelta(seconds=120)


@pytest.mark.parametrize("asked_for", ["Wed, 21 Oct 2026 07:28:00 GMT", "-5", "1.5", "999999999"])
def test_a_wait_that_is_not_understood_is_taken_for_none(
    database: Database, other: OtherStore, deliver: Deliver, asked_for: str
) -> None:
    other.mood = always(503, {"Retry-After": asked_for})
    enqueue(database, BUILT[0])

    deliver()

    assert resting(database).due_at <= NOON + timedelta(seconds=5)


def test_a_store_that_does_not_know_us_is_paused_until_somebody_has_looked(
    database: Database, other: OtherStore, deliver: Deliver
) -> None:
    enqueue(database, *BUILT)
    stranger = other.seen_from_here(secret="a wrong one")

    deliver_due(database.begin, [stranger], now=NOON)

    assert "401" in resting(database).reason
    assert resting(database).paused_at == NOON
    assert deliver(NOON + 24 * HOUR) == 0
    with database.begin() as session:
        assert delivery.wake(session, now=NOON) == 1
        assert delivery.wake(session, now=NOON) == 0
    assert deliver() == 8
    assert other.kept() == IDS


def test_the_one_bad_statement_of_a_batch_is_found_and_set_aside(
    database: Database, other: OtherStore, deliver: Deliver
) -> None:
    bad = spoilt(BUILT[5])
    enqueue(database, *BUILT[:5], bad, *BUILT[6:])

    assert deliver() == 8

    assert sorted(other.kept()) == sorted(set(IDS) - {str(bad.id)})
    with database.read() as session:
        (stuck,) = outbox.list_stuck(session)
    assert (stuck.target, stuck.statement_id) == ("external", bad.id)
    assert "400" in stuck.reason
    assert "IRI" in stuck.reason
    assert waiting(database) == 1
    assert deliver(NOON + HOUR) == 0


def test_a_store_that_breaks_down_while_a_batch_is_halved_is_left_alone_at_once(
    database: Database, other: OtherStore, deliver: Deliver
) -> None:
    other.mood = lambda _, body: (400 if len(json.loads(body)) > 2 else 500, {}, b"no")
    enqueue(database, *BUILT)

    assert deliver() == 0

    assert len(other.asked) == 3
    assert "500" in resting(database).reason
    with database.read() as session:
        assert outbox.list_stuck(session) == []


def test_a_refused_statement_that_is_put_back_goes_out_again(
    database: Database, other: OtherStore, deliver: Deliver
) -> None:
    other.mood = lambda method, _: (400, {}, b"not today") if method == "POST" else None
    enqueue(database, *BUILT)
    assert deliver() == 8
    other.mood = None

    with database.begin() as session:
        stuck = outbox.list_stuck(session)
        assert {each.reason for each in stuck} == {"The store answered 400: not today"}
        assert outbox.put_back(session, stuck) == 8
    assert deliver() == 8

    assert other.kept() == IDS
    assert waiting(database) == 0


def test_a_store_that_conflicts_with_what_it_has_is_asked_what_it_has(
    database: Database, other: OtherStore, deliver: Deliver
) -> None:
    """Some stores answer 409 to a statement that they hold already, word for word."""
    enqueue(database, *BUILT)
    deliver()
    other.mood = lambda method, _: (409, {}, b"taken") if method == "POST" else None
    enqueue(database, *BUILT)

    assert deliver() == 8

    assert waiting(database) == 0
    assert "GET" in other.asked


def test_a_conflict_with_something_else_is_set_aside(
    database: Database, other: OtherStore, deliver: Deliver
) -> None:
    enqueue(database, occasions.answered())
    deliver()
    enqueue(database, occasions.answered(response="lyon", points=0), BUILT[0])

    assert deliver() == 2

    with database.read() as session:
        (stuck,) = outbox.list_stuck(session)
    assert "409" in stuck.reason
    assert waiting(database) == 1


def test_a_store_that_fails_while_it_is_asked_what_it_has_is_asked_again_later(
    database: Database, other: OtherStore, deliver: Deliver
) -> None:
    enqueue(database, BUILT[0])
    deliver()
    enqueue(database, BUILT[0])
    other.mood = lambda method, _: (409 if method == "POST" else 503, {}, b"taken")

    assert deliver() == 0
    other.mood = None
    assert deliver(NOON + HOUR) == 1

    assert waiting(database) == 0


def test_statements_stuck_at_one_store_are_not_sent_to_the_other_again(
    database: Database, other: OtherStore
) -> None:
    targets: list[Store] = [EMBEDDED, other.seen_from_here()]
    other.mood = always(400)
    enqueue(database, BUILT[0])

    assert deliver_due(database.begin, targets, now=NOON) == 2
    other.mood = None
    assert deliver_due(database.begin, targets, now=NOON) == 0
    with database.begin() as session:
        outbox.put_back(session, outbox.list_stuck(session))
    assert deliver_due(database.begin, targets, now=NOON) == 1

    assert waiting(database) == 0


def test_an_erased_actor_is_not_sent_any_more(
    database: Database, other: OtherStore, deliver: Deliver
) -> None:
    other.mood = always(500)
    enqueue(database, *BUILT)
    deliver()
    with database.begin() as session:
        assert privacy.erase(session, ALICE) == 8
    other.mood = None

    assert deliver(NOON + HOUR) == 0

    assert other.kept() == []


def test_an_actor_erased_while_statements_are_sent_leaves_nothing_here(
    database: Database, other: OtherStore, deliver: Deliver
) -> None:
    def erase_and_refuse(_method: str, _body: bytes) -> tuple[int, dict[str, str], bytes]:
        with database.begin() as session:
            privacy.erase(session, ALICE)
        return 400, {}, b"no"

    other.mood = erase_and_refuse
    enqueue(database, *BUILT)

    deliver()

    assert waiting(database) == 0
    with database.read() as session:
        assert outbox.list_stuck(session) == []


def test_while_one_worker_sends_no_other_does_and_a_dead_one_is_followed(
    database: Database, other: OtherStore, deliver: Deliver
) -> None:
    enqueue(database, *BUILT)
    with database.begin() as session:  # a worker that claims, and dies
        settling.claim(session, "external", ["external"], lease=delivery.LEASE, now=NOON, limit=100)

    assert deliver(NOON + timedelta(seconds=59)) == 0
    assert deliver(NOON + delivery.LEASE) == 8

    assert other.kept() == IDS


def test_a_store_no_longer_sent_to_holds_nothing_back(
    database: Database, other: OtherStore
) -> None:
    other.mood = always(500)
    enqueue(database, *BUILT)
    deliver_due(database.begin, [EMBEDDED, other.seen_from_here()], now=NOON)
    assert waiting(database) == 8

    for _ in range(3):
        deliver_due(database.begin, [EMBEDDED], now=NOON)

    assert waiting(database) == 0
    with database.read() as session:
        assert [each.name for each in delivery.list_targets(session)] == ["embedded"]


def test_a_round_that_takes_too_long_goes_on_in_the_next(
    database: Database, other: OtherStore, deliver: Deliver, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad = [Built(each.id, "{}", ALICE, NOON) for each in BUILT]
    enqueue(database, *bad)
    monkeypatch.setattr(external, "ROUND_S", -1.0)
    first = deliver()
    monkeypatch.setattr(external, "ROUND_S", 30.0)

    assert first == 0
    assert deliver(NOON + HOUR) == 8


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/xapi", "http://[::1"])
def test_an_address_where_nobody_answers_is_told_in_plain_words(url: str) -> None:
    with ExternalStore(url, "key", "secret") as nobody:
        made = nobody.send([settling.Entry(1, BUILT[0].id, BUILT[0].json)])

    assert not made.delivered
    assert not made.refused
    assert "cannot be reached" in made.pause


@pytest.mark.parametrize(
    ("url", "keep_embedded", "names"),
    [
        ("", True, ["embedded"]),
        ("", False, ["embedded"]),
        ("https://lrs.example.org/xapi", True, ["embedded", "external"]),
        ("https://lrs.example.org/xapi/", False, ["external"]),
    ],
)
def test_settings_say_where_statements_go(url: str, keep_embedded: Any, names: list[str]) -> None:
    made = stores_of(
        url=url, key="k", secret="s", keep_embedded=keep_embedded, authority=EMBEDDED.authority
    )

    assert [each.name for each in made] == names


def test_rounds_are_told_by_the_moment_given(database: Database, deliver: Deliver) -> None:
    long_ago = datetime.fromisoformat("2020-01-01T00:00:00+00:00")
    enqueue(database, BUILT[0])

    assert deliver(long_ago) == 1
