"""Alive, ready, and what is late."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from lti_tool import app as tool_app
from lti_tool import beats
from lti_tool.db import Database, utcnow
from lti_tool.settings import Settings
from migrations import upgrading
from tests import postgres
from tests.conftest import CAPITALS

SETTINGS = Settings(
    public_url="https://tool.example.org",
    secret_key="a secret for tests only, forty-two letters",
    content_dirs=(CAPITALS,),
    log_level="ERROR",
)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def upgraded_url(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """Give a database that was brought up to date as on a server."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path_factory.mktemp('health') / 'tool.db'}"
        _upgrade(url)
        yield url
        return
    with postgres.fresh_database(postgres.shared_server()) as url:
        _upgrade(url)
        yield url


def _upgrade(url: str) -> None:
    database = Database(url)
    for branch in upgrading.BRANCHES:
        upgrading.upgrade(database.engine, branch)
    database.dispose()


@pytest.fixture
def upgraded(upgraded_url: str) -> Iterator[Database]:
    """Give that database without heartbeats."""
    database = Database(upgraded_url)
    yield database
    with database.begin() as session:
        for beat in beats.list_beats(session):
            session.delete(beat)
    database.dispose()


@pytest.fixture
def browser(upgraded_url: str) -> Iterator[FlaskClient]:
    """Give a client of a tool on that database."""
    app = tool_app.create_app(replace(SETTINGS, database_url=upgraded_url))
    yield app.test_client()
    app.extensions["lti_tool.db"].dispose()


def beat(database: Database, job: str, *, ago: timedelta, reason: str = "") -> None:
    with database.begin() as session:
        beats.beat(session, job, now=utcnow() - ago, reason=reason)


def test_a_process_that_answers_is_alive_whatever_its_database(tmp_path: Path) -> None:
    app = tool_app.create_app(replace(SETTINGS, database_url=f"sqlite:///{tmp_path}"))

    answer = app.test_client().get("/healthz")

    assert (answer.status_code, answer.get_json()) == (200, {"status": "ok"})


def test_a_database_that_was_not_upgraded_is_not_ready(client: FlaskClient) -> None:
    answer = client.get("/readyz")

    assert answer.status_code == 503
    assert answer.get_json()["status"] == "unready"
    assert answer.get_json()["faults"] == [
        f"branch {branch} is not upgraded: lti-tool db upgrade" for branch in upgrading.BRANCHES
    ]


@pytest.mark.parametrize("url", ["sqlite:///{folder}", "postgresql+psycopg://x@127.0.0.1:1/x"])
def test_a_database_that_cannot_be_reached_is_told(tmp_path: Path, url: str) -> None:
    app = tool_app.create_app(replace(SETTINGS, database_url=url.format(folder=tmp_path)))

    answer = app.test_client().get("/readyz")

    assert answer.status_code == 503
    assert answer.get_json()["faults"] == ["the database cannot be reached"]
    assert "127.0.0.1" not in answer.get_data(as_text=True)


def test_an_upgraded_tool_is_ready_and_says_that_its_worker_never_ran(
    browser: FlaskClient, upgraded: Database
) -> None:
    answer = browser.get("/readyz")

    assert answer.status_code == 200
    assert answer.get_json() == {
        "status": "ok",
        "faults": [],
        "late": {"worker": "has never run: lti-tool worker"},
        "courses": 1,
    }


def test_what_is_late_is_told_and_makes_nothing_unready(
    browser: FlaskClient, upgraded: Database
) -> None:
    beat(upgraded, "scores", ago=timedelta(minutes=6))
    beat(upgraded, "statements", ago=timedelta(seconds=1), reason="OSError: Alice")
    beat(upgraded, "rosters", ago=timedelta(minutes=4))

    answer = browser.get("/readyz")

    late = answer.get_json()["late"]
    assert answer.status_code == 200
    assert set(late) == {"scores", "statements"}
    assert late["scores"]["failing_since"] is None
    assert late["statements"]["failing_since"].endswith("+00:00")
    assert "Alice" not in answer.get_data(as_text=True)
