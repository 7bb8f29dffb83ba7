"""Statements of ours on their way, and their way into the store next door."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import func, select, text

from lti_tool.db import Database
from tests.xapi import occasions
from tests.xapi.occasions import ALICE, BOB, NOON
from xapi import delivery, outbox, privacy, search, settling
from xapi.delivery import EmbeddedStore, deliver_due
from xapi.host import authority_of
from xapi.models import OutboxEntry, StatementRow, Target
from xapi.statements import Built

EMBEDDED = EmbeddedStore(authority_of("https://learn.example.org"))
Deliver = Callable[..., int]


@pytest.fixture
def deliver(database: Database) -> Deliver:
    """Give one round of deliveries to the store next door."""
    return lambda **more: deliver_due(database.begin, [EMBEDDED], **{"now": NOON, **more})


def enqueue(database: Database, *built: Built) -> None:
    """Queue statements in a transaction of their own."""
    with database.begin() as session:
        outbox.enqueue(session, built, now=NOON)


def spoilt(built: Built) -> Built:
    """Give a statement that no store takes; it claims no profile any more."""
    text = built.json.replace("https://learn", "learn ").replace("/id/profile", "/id/none")
    return Built(built.id, text, built.actor, built.timestamp)


def waiting(database: Database) -> int:
    """Count what waits."""
    with database.read() as session:
        return outbox.count_waiting(session)


def kept(database: Database) -> list[UUID]:
    """Give the ids in the store, in their order."""
    with database.read() as session:
        return list(session.scalars(select(StatementRow.id).order_by(StatementRow.seq)))


def test_what_is_undone_leaves_no_statement(database: Database) -> None:
    def fail() -> None:
        with database.begin() as session:
            outbox.enqueue(session, occasions.viewed(1), now=NOON)
            raise LookupError

    with pytest.raises(LookupError):
        fail()

    assert waiting(database) == 0


def test_the_same_happening_queued_twice_waits_once(database: Database) -> None:
    enqueue(database, occasions.viewed(1), occasions.viewed(1), occasions.viewed(2))
    enqueue(database, occasions.viewed(2))
    enqueue(database)

    assert waiting(database) == 2
    with database.read() as session:
        assert outbox.oldest_waiting(session) == NOON


def test_each_kind_of_statement_reaches_the_store_as_it_was_built(
    database: Database, deliver: Deliver
) -> None:
    built = list(occasions.each_kind().values())
    enqueue(database, *built)

    assert deliver() == len(built)

    assert waiting(database) == 0
    assert kept(database) == [each.id for each in built]
    for each in built:
        with database.read() as session:
            got = json.loads(search.find_one(session, each.id) or "")
        added = {"stored", "authority"}
        assert {key: got[key] for key in got if key not in added} == json.loads(each.json)
        assert got["authority"] == EMBEDDED.authority


def test_a_round_is_bounded_and_goes_in_order(database: Database, deliver: Deliver) -> None:
    built = [occasions.viewed(number) for number in range(7)]
    enqueue(database, *built)

    assert [deliver(limit=3) for _ in range(4)] == [3, 3, 1, 0]

    assert kept(database) == [each.id for each in built]


def test_what_was_delivered_may_be_told_again(database: Database, deliver: Deliver) -> None:
    enqueue(database, occasions.viewed(1))
    deliver()
    enqueue(database, occasions.viewed(1, at=NOON + timedelta(minutes=1)))

    assert deliver() == 1

    assert waiting(database) == 0
    assert kept(database) == [occasions.viewed(1).id]


def test_a_refused_statement_is_set_aside_with_the_reason_and_stops_no_other(
    database: Database, deliver: Deliver
) -> None:
    good, middle, last = (occasions.viewed(number) for number in range(3))
    broken = spoilt(middle)
    enqueue(database, good, broken, last)

    assert deliver() == 3
    assert deliver() == 0

    assert kept(database) == [good.id, last.id]
    with database.read() as session:
        (stuck,) = outbox.list_stuck(session)
        assert outbox.list_stuck(session, before=NOON) == []
        assert outbox.oldest_waiting(session) is None
    assert (stuck.statement_id, stuck.target, stuck.stuck_at) == (middle.id, "embedded", NOON)
    assert "IRI" in stuck.reason


def test_another_statement_under_a_taken_id_is_set_aside(
    database: Database, deliver: Deliver
) -> None:
    enqueue(database, occasions.answered())
    deliver()
    enqueue(database, occasions.answered(response="lyon", points=0), occasions.viewed(1))

    assert deliver() == 2

    with database.read() as session:
        (stuck,) = outbox.list_stuck(session)
    assert "another statement" in stuck.reason
    assert kept(database) == [occasions.answered().id, occasions.viewed(1).id]


def test_a_refused_statement_goes_out_again_when_it_is_put_back(
    database: Database, deliver: Deliver
) -> None:
    broken = Built(occasions.viewed(1).id, "{}", ALICE, NOON)
    enqueue(database, broken)
    deliver()
    with database.begin() as session:
        session.execute(
            text("UPDATE xapi_outbox SET payload = :payload"),
            {"payload": occasions.viewed(1).json},
        )
        assert outbox.put_back(session, outbox.list_stuck(session)) == 1

    assert deliver() == 1

    assert waiting(database) == 0
    assert kept(database) == [broken.id]


def test_what_another_store_still_waits_for_is_not_looked_through_again(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settling, "STEP", 3)
    names = ["embedded", "external"]
    built = [occasions.viewed(number) for number in range(5)]
    broken = Built(occasions.viewed(9).id, "{}", ALICE, NOON)
    enqueue(database, *built, broken)
    later = NOON + settling.SLOWEST + timedelta(seconds=1)

    _embedded_round(database, names)
    _embedded_round(database, names, later=later)
    with database.begin() as session:
        through = session.get_one(Target, "embedded").settled_through
        newest = session.scalar(select(func.max(OutboxEntry.seq)))
        stuck = outbox.list_stuck(session)
        outbox.put_back(session, stuck)
    enqueue(database, occasions.viewed(10))
    _embedded_round(database, names, later=later)

    assert through == newest == stuck[0].seq
    assert kept(database) == [*(each.id for each in built), occasions.viewed(10).id]
    with database.read() as session:
        assert [each.seq for each in outbox.list_stuck(session)] == [stuck[0].seq]


def _embedded_round(database: Database, names: list[str], *, later: datetime = NOON) -> None:
    delivery._keep(database.begin, EMBEDDED, names, now=later, limit=100)


@pytest.mark.parametrize("round_", range(3))
def test_two_deliverers_at_once_store_once(database: Database, round_: int) -> None:
    built = [occasions.viewed(number) for number in range(60)]
    enqueue(database, *built)
    together = threading.Barrier(3)
    done: list[int] = []

    def go() -> None:
        together.wait()
        for _ in range(12):
            done.append(deliver_due(database.begin, [EMBEDDED], now=NOON, limit=10))

    threads = [threading.Thread(target=go) for _ in range(3)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()

    assert sum(done) == 60
    assert kept(database) == [each.id for each in built]
    assert waiting(database) == 0


# Erasure


def test_an_erased_actor_vanishes_from_outbox_and_store(
    database: Database, deliver: Deliver
) -> None:
    enqueue(database, occasions.viewed(1), occasions.viewed(1_000, actor=BOB))
    deliver()
    enqueue(database, occasions.answered(), occasions.viewed(2_000, actor=BOB))

    with database.begin() as session:
        assert len(list(privacy.export(session, ALICE))) == 2
        assert privacy.erase(session, ALICE) == 2
    deliver()

    with database.read() as session:
        assert list(privacy.export(session, ALICE)) == []
        assert len(list(privacy.export(session, BOB))) == 2
    assert kept(database) == [
        occasions.viewed(1_000, actor=BOB).id,
        occasions.viewed(2_000, actor=BOB).id,
    ]


def test_an_erasure_beside_a_delivery_leaves_nothing_behind(database: Database) -> None:
    for number in range(8):
        enqueue(database, *(occasions.viewed(100 * number + each) for each in range(20)))
        together = threading.Barrier(2)
        lost: list[BaseException] = []

        def erase(together: threading.Barrier = together) -> None:
            together.wait()
            with database.begin() as session:
                privacy.erase(session, ALICE)

        def deliver(
            together: threading.Barrier = together, lost: list[BaseException] = lost
        ) -> None:
            together.wait()
            deliver_due(database.begin, [EMBEDDED], now=NOON)

        threads = [threading.Thread(target=each) for each in (erase, deliver)]
        for each in threads:
            each.start()
        for each in threads:
            each.join()

        assert kept(database) == []
        assert waiting(database) == 0
