"""A platform for the tests of the door."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from lti_tool.db import Database
from tests.signing_platform import SigningPlatform, running_platform


@pytest.fixture
def platform(database: Database) -> Iterator[SigningPlatform]:
    """Give a platform that is registered with the tool."""
    with running_platform() as running:
        running.register(database)
        yield running
