"""A platform as Moodle is, a plain one, and a tiny tool beside them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from lti_tool.practice.app import Options, Practice, serve
from lti_tool.practice.model import Tool
from lti_tool.practice.quirks import ALL, Quirk
from lti_tool.practice.signing import KeyPair
from lti_tool.practice.state import State
from tests.lti_tool.practice.double import Caller, Double, running_double

Without = Callable[..., Practice]


@pytest.fixture(scope="session")
def platform_key() -> KeyPair:
    """Give one key for all platforms: making one takes a tenth of a second."""
    return KeyPair.make()


@pytest.fixture(scope="session")
def tool_key() -> KeyPair:
    """Give one key for all tools."""
    return KeyPair.make()


@pytest.fixture
def without(platform_key: KeyPair) -> Iterator[Without]:
    """Give a way to start a platform without some quirks."""
    with ExitStack() as stack:

        def start(*quirks: Quirk, **options: object) -> Practice:
            given = Options(quirks=ALL - set(quirks), **options)  # type: ignore[arg-type]
            return stack.enter_context(serve(given, state=State(given, platform_key)))

        yield start


@pytest.fixture
def moodle(without: Without) -> Practice:
    """Give a platform with every quirk."""
    return without()


@pytest.fixture
def plain(without: Without) -> Practice:
    """Give a platform with none of them."""
    return without(*Quirk, storage=True)


@pytest.fixture
def double(tool_key: KeyPair) -> Iterator[Double]:
    """Give the tiny tool."""
    with running_double(tool_key) as running:
        yield running


@pytest.fixture
def know(double: Double) -> Callable[[Practice], Tool]:
    """Give a way to tell a platform of the tool without registration."""

    def tell(practice: Practice, **more: object) -> Tool:
        return practice.add_tool(
            "tiny", f"{double.url}/login", f"{double.url}/launch", f"{double.url}/keys", **more
        )

    return tell


@pytest.fixture
def tool(moodle: Practice, know: Callable[[Practice], Tool]) -> Tool:
    """Give the tool as the platform with every quirk knows it."""
    return know(moodle)


@pytest.fixture
def caller(moodle: Practice, double: Double, tool: Tool) -> Caller:
    """Give the tool calling the platform with every quirk."""
    return Caller(moodle, double, tool)
