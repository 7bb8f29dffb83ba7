"""One running demo and one Chromium for all journeys."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.browser import running_browser
from tests.journeys.town import Town, running_town

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep all journeys in one process: they share what was started."""
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.xdist_group("town"))
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def town() -> Iterator[Town]:
    """Give the demo, running."""
    with running_town() as running:
        yield running


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Give a Chromium that blocks third-party cookies.

    An answer that a test hands to the browser has no address: from it no way would lead back to
    this machine unless the check of local addresses is off.
    """
    flags = ("--test-third-party-cookie-phaseout", "--disable-features=LocalNetworkAccessChecks")
    with running_browser(*flags) as browser:
        yield browser
