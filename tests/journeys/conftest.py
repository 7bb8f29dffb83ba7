"""One running demo for all journeys."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import told
from tests.journeys.town import Town, running_town

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep all journeys in one process: they share what was started."""
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.xdist_group("town"))
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def town(request: pytest.FixtureRequest) -> Iterator[Town]:
    """Give the demo, running; at the end, look at every statement that the journeys made.

    The crawl makes none: it walks as a teacher, whose preview leaves no trace.
    """
    with running_town() as running:
        yield running
        statements = running.statements()
    learnt = [each for each in request.session.items if each.get_closest_marker("crawl") is None]
    assert statements or not learnt
    told.check(statements)
    told.check_enrolments(statements)
