"""The worker: one job after the other, whatever one of them does, until it is told to stop."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from lti_tool import beats, worker
from lti_tool.beats import Beat
from lti_tool.db import Database
from lti_tool.worker import Job, Worker
from tests.services_platform import NOON


@pytest.fixture(autouse=True)
def quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give a worker that rests for a moment only."""
    monkeypatch.setattr(worker, "IDLE_S", 0.01)


@pytest.fixture
def signals() -> Iterator[None]:
    """Put back what happens at signals."""
    held = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield
    for number, handler in held.items():
        signal.signal(number, handler)


def job(name: str, run: Callable[[], int], every_s: float = 0.0) -> Job:
    return Job(name, lambda _now: run(), every_s)


def fail() -> int:
    raise RuntimeError("no good")


def beats_of(database: Database) -> dict[str, Beat]:
    with database.read() as session:
        return {beat.job: beat for beat in beats.list_beats(session)}


def test_every_job_runs_in_a_round_and_is_told_the_moment(database: Database) -> None:
    moments: list[datetime] = []

    def work(now: datetime) -> int:
        moments.append(now)
        return 2

    done = Worker(database, [Job("a", work), Job("b", work)]).go_round()

    assert done == 4
    assert all(moment.utcoffset() == timedelta(0) for moment in moments)
    assert set(beats_of(database)) == {"a", "b"}


def test_a_failing_job_stops_no_other_and_says_why(database: Database) -> None:
    ran: list[str] = []
    going = Worker(
        database,
        [job("bad", fail), job("good", lambda: ran.append("good") or 1)],
    )

    first, second = going.go_round(), going.go_round()

    kept = beats_of(database)
    assert (first, second, ran) == (1, 1, ["good", "good"])
    assert kept["bad"].reason == "RuntimeError: no good"
    assert kept["bad"].failing_since is not None
    assert kept["bad"].failing_since < kept["bad"].at
    assert (kept["good"].reason, kept["good"].failing_since) == ("", None)


def test_a_job_that_works_again_is_no_longer_failing(database: Database) -> None:
    outcomes = [fail, fail, lambda: 1]

    def work() -> int:
        return outcomes.pop(0)()

    going = Worker(database, [job("a", work)])

    for _ in range(3):
        going.go_round()

    kept = beats_of(database)["a"]
    assert (kept.reason, kept.failing_since) == ("", None)


def test_a_job_that_found_nothing_rests_and_one_that_found_something_goes_on(
    database: Database,
) -> None:
    ran: list[str] = []
    found = [1, 1, 0, 1]

    def work() -> int:
        ran.append("busy")
        return found[len(ran) - 1]

    going = Worker(database, [job("a", work, every_s=60)])
    for _ in range(5):
        going.go_round()

    assert len(ran) == 3


def test_a_job_that_rests_for_an_hour_is_not_late(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "BEAT_S", 0.0)
    going = Worker(database, [job("idle", lambda: 0, 3600), job("bad", fail, 3600)])
    going.go_round()
    before = beats_of(database)

    going.go_round()

    after = beats_of(database)
    assert after["idle"].at > before["idle"].at
    assert after["bad"].at == before["bad"].at
    assert after["bad"].reason == "RuntimeError: no good"


def test_a_healthy_job_writes_its_heartbeat_now_and_then_only(database: Database) -> None:
    going = Worker(database, [job("a", lambda: 1)])
    going.go_round()
    first = beats_of(database)["a"].at

    for _ in range(5):
        going.go_round()

    assert beats_of(database)["a"].at == first


def test_it_stops_between_two_jobs_and_never_inside_one(database: Database) -> None:
    ran: list[str] = []

    def stop_in_the_middle() -> int:
        going.stop()
        ran.append("first, whole")
        return 1

    going = Worker(
        database,
        [job("a", stop_in_the_middle), job("b", lambda: ran.append("second") or 1)],
    )
    going.run()

    assert ran == ["first, whole"]


def test_it_goes_round_until_it_is_stopped_from_outside(database: Database) -> None:
    ran = threading.Semaphore(0)
    going = Worker(database, [job("a", lambda: ran.release() or 0)])
    thread = threading.Thread(target=going.run)
    thread.start()

    for _ in range(3):
        assert ran.acquire(timeout=10)
    going.stop()
    thread.join(10)

    assert not thread.is_alive()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_stops_at_a_signal(database: Database, signals: None, number: signal.Signals) -> None:
    ran: list[str] = []

    def work() -> int:
        ran.append("whole")
        os.kill(os.getpid(), number)
        return 1

    going = Worker(database, [job("a", work), job("b", lambda: ran.append("b") or 1)])
    going.listen()

    going.run()

    assert ran == ["whole"]


def test_without_a_heartbeat_it_goes_on(tmp_path: Path) -> None:
    without_tables = Database(f"sqlite:///{tmp_path / 'empty.db'}")
    going = Worker(without_tables, [job("a", lambda: 1), job("b", fail)])

    done = [going.go_round(), going.go_round()]

    assert done == [1, 1]
    without_tables.dispose()


def test_a_heartbeat_keeps_since_when_a_job_fails(database: Database) -> None:
    for minutes, reason in enumerate(("", "x", "y", "", "z")):
        with database.begin() as session:
            beats.beat(session, "a", now=NOON + timedelta(minutes=minutes), reason=reason)
        kept = beats_of(database)["a"]

        assert kept.at == NOON + timedelta(minutes=minutes)
        assert kept.reason == reason
        expected = {"x": 1, "y": 1, "z": 4}.get(reason)
        assert kept.failing_since == (
            None if expected is None else NOON + timedelta(minutes=expected)
        )
