"""What every test may ask for: databases (emptied after each test), the application, a client."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Browser
from sqlalchemy import text

import lti_tool.app as tool_app
from lti_tool.db import Base, Database
from lti_tool.settings import Settings
from tests import postgres, told
from tests.browser import running_browser
from tests.pages import CarefulClient
from tests.tampering import unguarded
from xapi.db import Base as XapiBase

HERE = Path(__file__).parent
CAPITALS = HERE / "content"
PUBLIC_URL = "https://tool.example.org"
METADATA = (XapiBase.metadata, Base.metadata)


@pytest.fixture(scope="session")
def sqlite_url() -> Iterator[str]:
    """Give a SQLite file with all tables, one for each process of pytest."""
    folder = Path(tempfile.mkdtemp(prefix="tool-sqlite-"))
    url = f"sqlite:///{folder / 'tool.db'}"
    _create_tables(url)
    yield url
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgresql_url() -> Iterator[str]:
    """Give a PostgreSQL database with all tables, one for each process of pytest."""
    with postgres.fresh_database(postgres.shared_server()) as url:
        _create_tables(url)
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """Give both databases, one after the other."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """Give an empty database with all tables; what is told in it is looked at and removed."""
    opened = Database(database_url)
    yield opened
    statements = told.of_database(opened)
    empty(opened)
    opened.dispose()
    told.check(statements)


@pytest.fixture(scope="session", autouse=True)
def _another_opinion() -> Iterator[None]:
    """At the end, have another's validator look at all statements of ours that were told."""
    yield
    assert not told.SEEN or told.second_opinion(told.SEEN.values()) == ""


@pytest.fixture
def settings(database_url: str) -> Settings:
    """Give the settings of a tool for tests, with the small course of capitals."""
    return Settings(
        public_url=PUBLIC_URL,
        secret_key="a secret for tests only, forty-two letters",
        database_url=database_url,
        content_dirs=(CAPITALS,),
        allow_private_addresses=True,
        launches_per_minute=100_000,
        log_level="WARNING",
    )


@pytest.fixture
def app(settings: Settings, database: Database) -> Iterator[Flask]:
    """Give the application on an empty database."""
    made = tool_app.create_app(settings)
    made.test_client_class = CarefulClient
    yield made
    made.extensions["lti_tool.db"].dispose()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """Give a browser-like client that keeps no cookies of its own making."""
    return app.test_client()


def empty(database: Database) -> None:
    """Remove all rows."""
    names = [table.name for metadata in METADATA for table in reversed(metadata.sorted_tables)]
    with database.begin() as session, unguarded(session):
        if session.get_bind().dialect.name == "postgresql":
            session.execute(text(f"TRUNCATE {', '.join(names)} RESTART IDENTITY CASCADE"))
            return
        session.execute(text("PRAGMA defer_foreign_keys=ON"))
        for name in names:
            session.execute(text(f"DELETE FROM {name}"))


def _create_tables(url: str) -> None:
    database = Database(url)
    for metadata in METADATA:
        metadata.create_all(database.engine)
    database.dispose()


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Give a Chromium that blocks third-party cookies; one for each process of pytest.

    An answer that a test hands to the browser has no address: from it no way would lead back to
    this machine unless the check of local addresses is off. Frames of another site stay in the
    process of their page: the driver now and then loses one that moves to a process of its own.
    """
    off = "LocalNetworkAccessChecks,IsolateOrigins,site-per-process"
    flags = (
        "--test-third-party-cookie-phaseout",
        "--disable-site-isolation-trials",
        f"--disable-features={off}",
    )
    with running_browser(*flags) as browser:
        yield browser
