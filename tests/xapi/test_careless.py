"""Stores with bad manners: nothing is lost, nothing is sent twice, and nobody is held up."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from lti_tool.db import Database
from tests.xapi import occasions
from tests.xapi.careless_store import CarelessStore
from tests.xapi.doors import VERSION
from tests.xapi.occasions import NOON
from tests.xapi.other_store import OtherStore
from tests.xapi.test_outbox import EMBEDDED, enqueue, kept, waiting
from xapi import calling, credentials, delivery, outbox
from xapi.courier import Courier
from xapi.delivery import deliver_due
from xapi.external import ExternalStore
from xapi.models import Target
from xapi.settling import claim

HOUR = timedelta(hours=1)
BUILT = [occasions.viewed(number) for number in range(40)]
IDS = [str(each.id) for each in BUILT]
Deliver = Callable[..., int]


@pytest.fixture
def external(careless: CarelessStore) -> Iterator[ExternalStore]:
    """Give it as a target of deliveries."""
    with ExternalStore(careless.url, "key", "secret") as made:
        yield made


@pytest.fixture
def deliver(database: Database, external: ExternalStore) -> Deliver:
    """Give one round of deliveries to it alone."""
    return lambda now=NOON: deliver_due(database.begin, [external], now=now)


def target_of(database: Database, name: str = "external") -> Target:
    """Give how a store does."""
    with database.read() as session:
        return next(each for each in delivery.list_targets(session) if each.name == name)


def test_what_may_have_arrived_is_looked_up_before_it_is_sent_again(
    database: Database, careless: CarelessStore, deliver: Deliver
) -> None:
    careless.manners = ["lose"]
    enqueue(database, *BUILT)

    assert deliver() == 0
    assert careless.ids() == IDS
    assert deliver(NOON + HOUR) == 40

    assert careless.ids() == IDS
    assert careless.asked.count("POST") == 1
    assert waiting(database) == 0
    assert target_of(database).doubt_through == 0


def test_what_a_killed_worker_was_sending_is_looked_up_before_it_is_sent_again(
    database: Database, careless: CarelessStore, external: ExternalStore, deliver: Deliver
) -> None:
    enqueue(database, *BUILT)
    with database.begin() as session:
        claimed = claim(
            session, "external", ["external"], lease=delivery.LEASE, now=NOON, limit=100
        )
    external.send(claimed[:25])  # and dies before it can tell anybody

    deliver(NOON + HOUR)

    assert careless.ids() == IDS
    assert waiting(database) == 0


def test_a_request_that_never_reached_the_store_leaves_no_doubt(
    database: Database, careless: CarelessStore, deliver: Deliver
) -> None:
    enqueue(database, *BUILT)
    with ExternalStore("http://127.0.0.1:1/xapi", "key", "secret") as nobody:
        deliver_due(database.begin, [nobody], now=NOON)

    assert target_of(database).doubt_through == 0
    deliver(NOON + HOUR)
    deliver(NOON + HOUR)

    assert careless.ids() == IDS
    assert "GET" not in careless.asked


@pytest.mark.parametrize("manner", ["hang", "drip header", "drip body"])
def test_a_store_that_does_not_come_to_an_end_is_left_in_time(
    database: Database,
    careless: CarelessStore,
    deliver: Deliver,
    monkeypatch: pytest.MonkeyPatch,
    manner: str,
) -> None:
    monkeypatch.setattr(calling, "REQUEST_S", 0.3)
    careless.manners = [manner]
    enqueue(database, BUILT[0])
    began = time.monotonic()

    assert deliver() == 0

    assert time.monotonic() - began < 3
    assert "reached" in target_of(database).reason
    monkeypatch.setattr(calling, "REQUEST_S", 10.0)
    assert deliver(NOON + HOUR) == 1
    assert careless.ids() == IDS[:1]


def test_a_store_that_is_short_of_breath_is_sent_less_at_once(
    database: Database,
    careless: CarelessStore,
    deliver: Deliver,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(calling, "REQUEST_S", 0.3)
    careless.most = 10
    enqueue(database, *BUILT)

    now = NOON
    while waiting(database) and len(careless.sizes) < 60:
        now += HOUR
        deliver(now)

    assert careless.ids() == IDS
    assert careless.sizes[0] == 40
    assert min(careless.sizes) <= 10


def test_a_store_that_hangs_holds_up_neither_the_others_nor_the_worker(
    database: Database, careless: CarelessStore, external: ExternalStore, other: OtherStore
) -> None:
    careless.manners = ["hang"]
    enqueue(database, *BUILT)
    elsewhere = ExternalStore(other.url, other.key, other.secret, name="elsewhere")
    courier = Courier(database.begin, [external, EMBEDDED, elsewhere], unseal=str, patience_s=0.2)
    began = time.monotonic()

    rounds = 0
    while len(other.kept()) < len(IDS) and rounds < 100:
        courier.deliver_due(NOON)
        rounds += 1

    assert time.monotonic() - began < 10
    assert other.kept() == [str(each) for each in kept(database)] == IDS
    assert careless.ids() == []
    careless.released.set()
    courier.close()
    courier = Courier(database.begin, [external, EMBEDDED, elsewhere], unseal=str, patience_s=5)
    courier.deliver_due(NOON + HOUR)
    courier.deliver_due(NOON + HOUR)
    courier.close()
    assert careless.ids() == IDS
    assert waiting(database) == 0


def test_what_a_round_ends_with_is_not_kept_from_the_worker(database: Database) -> None:
    class Broken(ExternalStore):
        def send(self, *_: object) -> object:  # type: ignore[override]
            raise LookupError("a fault of ours")

    enqueue(database, BUILT[0])
    courier = Courier(
        database.begin, [EMBEDDED, Broken("http://127.0.0.1:1", "", "")], unseal=str, patience_s=5
    )

    with pytest.raises(LookupError):
        courier.deliver_due(NOON)

    courier.close()
    assert kept(database) == [BUILT[0].id]


# Stores that keep to the standard, and what they may say


def test_a_store_that_lets_us_write_only_is_sent_again_what_may_have_arrived(
    database: Database, other: OtherStore
) -> None:
    with other.database.begin() as session:
        key, secret = credentials.create(
            session, label="writes", scopes=("statements/write",), now=NOON
        )
    lose = (502, {}, b"lost")
    other.mood = lambda method, _: lose if method == "POST" else None
    enqueue(database, *BUILT[:5])
    with ExternalStore(other.url, key, secret) as target:
        deliver_due(database.begin, [target], now=NOON)
        other.mood = lambda method, _: (403, {}, b"may not read") if method == "GET" else None

        assert deliver_due(database.begin, [target], now=NOON + HOUR) == 5

    assert other.kept() == IDS[:5]


def test_a_conflict_with_what_was_voided_there_counts_as_delivered(
    database: Database, other: OtherStore
) -> None:
    target = other.seen_from_here()
    enqueue(database, BUILT[0])
    deliver_due(database.begin, [target], now=NOON)
    voiding = {
        "actor": {"account": {"homePage": "https://x.example", "name": "them"}},
        "verb": {"id": "http://adlnet.gov/expapi/verbs/voided"},
        "object": {"objectType": "StatementRef", "id": IDS[0]},
    }
    answer = other.app.test_client().post(
        "/xapi/statements", json=voiding, auth=(other.key, other.secret), headers=VERSION
    )
    assert answer.status_code == 200
    other.mood = lambda method, _: (409, {}, b"taken") if method == "POST" else None
    enqueue(database, BUILT[0])

    assert deliver_due(database.begin, [target], now=NOON) == 1

    assert waiting(database) == 0
    target.close()


def test_a_batch_of_which_a_store_holds_some_is_asked_for_once_not_halved(
    database: Database, other: OtherStore
) -> None:
    target = other.seen_from_here()
    enqueue(database, *BUILT[:20])
    deliver_due(database.begin, [target], now=NOON)
    other.asked.clear()

    def conflicts_once(method: str, _body: bytes) -> tuple[int, dict[str, str], bytes] | None:
        return (409, {}, b"some are taken") if other.asked == ["POST"] and method else None

    other.mood = conflicts_once
    enqueue(database, *BUILT)

    assert deliver_due(database.begin, [target], now=NOON) == 40

    assert other.kept() == IDS
    assert other.asked.count("POST") == 2
    target.close()


def test_a_batch_that_is_too_large_is_halved_until_it_fits(
    database: Database, other: OtherStore
) -> None:
    largest = 12_000
    other.mood = lambda _, body: (413, {}, b"too much") if len(body) > largest else None
    enqueue(database, *BUILT)

    with other.seen_from_here() as target:
        assert deliver_due(database.begin, [target], now=NOON) == 40

    assert other.kept() == IDS


def test_a_store_may_name_the_moment_from_which_on_it_wants_to_be_asked(
    database: Database, other: OtherStore
) -> None:
    then = format_datetime(datetime.now(UTC) + timedelta(minutes=4), usegmt=True)
    other.mood = lambda *_: (429, {"Retry-After": then}, b"later")
    enqueue(database, BUILT[0])

    with other.seen_from_here() as target:
        deliver_due(database.begin, [target], now=NOON)

    wait = target_of(database).due_at - NOON
    assert timedelta(minutes=3, seconds=50) <= wait <= timedelta(minutes=4)


def test_what_was_told_twice_at_two_moments_is_one_statement(
    database: Database, other: OtherStore
) -> None:
    again = occasions.viewed(0, at=NOON + timedelta(minutes=1))
    with other.seen_from_here() as target:
        enqueue(database, BUILT[0])
        deliver_due(database.begin, [EMBEDDED, target], now=NOON)
        enqueue(database, again)
        deliver_due(database.begin, [EMBEDDED, target], now=NOON)

    with database.read() as session:
        assert outbox.list_stuck(session) == []
    assert waiting(database) == 0
    assert other.kept() == IDS[:1]
