"""What tests of the record store may ask for: its door, and another store over real HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from lti_tool.db import Database
from tests.xapi.careless_store import CarelessStore
from tests.xapi.doors import HOME, Door
from tests.xapi.other_store import OtherStore
from xapi.app import init_app
from xapi.host import Host


@pytest.fixture
def store_app(database: Database) -> Flask:
    """Give an application with the store in it and nothing else."""
    app = Flask("host", static_folder=None)
    init_app(app, Host(database.begin, database.read, HOME))
    return app


@pytest.fixture
def door(store_app: Flask, database: Database) -> Door:
    """Give a client of the store, with a key that may do everything."""
    return Door.open(store_app, database.begin)


@pytest.fixture
def other(tmp_path: Path) -> Iterator[OtherStore]:
    """Give another store, on a database of its own, over real HTTP."""
    made = OtherStore(tmp_path / "other.db")
    made.start()
    yield made
    made.close()


@pytest.fixture
def careless() -> Iterator[CarelessStore]:
    """Give a store that takes an id twice."""
    made = CarelessStore()
    yield made
    made.close()
