"""Killed at any moment, nothing is lost and nothing is stored twice."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import select, update

from lti_tool.db import Database
from tests.xapi import occasions
from tests.xapi.other_store import OtherStore
from tests.xapi.test_outbox import EMBEDDED, kept, waiting
from xapi import outbox
from xapi.delivery import deliver_due
from xapi.models import StatementRow, Target

HERE = Path(__file__).resolve().parent
KILLINGS = 3
FEWEST, MOST = 4, 20
APART = 1_000_000
"""From the numbers of one process to those of the next."""


@dataclass
class Child:
    """A process and the lines it wrote."""

    process: subprocess.Popen[str]
    lines: list[str] = field(default_factory=list)

    def wait_for_a_line(self) -> None:
        """Wait until it has begun."""
        assert self.process.stdout is not None
        self.lines.append(self.process.stdout.readline())
        assert self.lines[0], "the process did not begin"


@contextmanager
def running(*arguments: str) -> Iterator[Child]:
    """Run a process that tells or delivers; kill it at the end, wherever it is."""
    command = [sys.executable, str(HERE / "killed.py"), *arguments]
    with subprocess.Popen(command, cwd=HERE, stdout=subprocess.PIPE, text=True) as process:
        child = Child(process)
        try:
            yield child
        finally:
            process.kill()
            assert process.stdout is not None
            child.lines += process.stdout.read().split("\n")[:-1]


def test_nothing_is_lost_and_nothing_is_twice_whenever_processes_are_killed(
    database: Database, database_url: str, other: OtherStore
) -> None:
    told: list[int] = []
    chance = random.Random(2026)

    for turn in range(KILLINGS):
        with (
            running("tell", database_url, str(turn * APART)) as teller,
            running("deliver", database_url, other.url, other.key, other.secret) as deliverer,
        ):
            deliverer.wait_for_a_line()
            for _ in range(chance.randrange(FEWEST, MOST)):  # however slow the machine is
                teller.wait_for_a_line()
            time.sleep(chance.uniform(0, 0.1))
        told += [int(line) for line in teller.lines]
        with database.begin() as session:  # as if the lease of the dead one were over
            session.execute(update(Target).values(leased_until=datetime.now(UTC)))
    _deliver_all(database, other)

    here, there = kept(database), other.kept()
    assert {occasions.viewed(number).id for number in told} <= set(here)
    assert Counter(here).most_common(1)[0][1] == 1
    assert Counter(there).most_common(1)[0][1] == 1
    assert {str(each) for each in here} == set(there)
    assert len(here) <= len(told) + KILLINGS
    assert len(told) >= KILLINGS * FEWEST
    with database.read() as session:
        assert outbox.list_stuck(session) == []
        stored = list(session.scalars(select(StatementRow.stored_at).order_by(StatementRow.seq)))
    assert stored == sorted(stored)


def _deliver_all(database: Database, other: OtherStore) -> None:
    now = datetime.now(UTC) + timedelta(hours=2)
    stores = [EMBEDDED, other.seen_from_here()]
    for _ in range(500):
        if waiting(database) == 0:
            return
        deliver_due(database.begin, stores, now=now)
    raise AssertionError("the outbox does not become empty")
