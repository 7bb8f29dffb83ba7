"""Firing launches at tools: a careless one is found out, a broken link is told of."""

from __future__ import annotations

import re

import pytest
from click.testing import CliRunner, Result

from lti_tool.cli_practice import practice_cli
from lti_tool.practice import bad_launches, good_launches
from lti_tool.practice.attack import ACCEPTED, EITHER, REFUSED, Shot
from lti_tool.practice.browser import Answer, Browser, BrowserError, way_on
from lti_tool.practice.signing import KeyPair
from tests.lti_tool.practice.double import Double, running_double


@pytest.fixture(scope="module")
def fired(tool_key: KeyPair) -> Result:
    """Give what the command prints of the tiny tool, which believes anything."""
    with running_double(tool_key) as careless:
        return CliRunner().invoke(
            practice_cli, ["attack", "--registration", f"{careless.url}/register?link=x"]
        )


def line_of(fired: Result, check: str) -> str:
    """Give the line of one check without its spaces."""
    (found,) = [line for line in fired.output.splitlines() if line[3:].startswith(f"{check}  ")]
    return " ".join(found.split())


def test_a_careless_tool_is_found_out(fired: Result) -> None:
    assert fired.exit_code == 1
    assert line_of(fired, "a learner") == "ok a learner accepted accepted (200)"
    assert line_of(fired, "algorithm none") == "!! algorithm none refused accepted (200)"
    assert line_of(fired, "the same form sent twice").endswith("refused accepted (200)")
    assert re.search(
        r"\d+ launches, \d+ of them bad and \d+ good: \d\d went otherwise", fired.output
    )


def test_it_says_how_to_remove_the_platform(fired: Result) -> None:
    assert re.search(
        r"lti-tool platform withdraw --issuer http://localhost:\d+ --client-id \w+", fired.output
    )


def test_every_launch_is_fired_once(fired: Result) -> None:
    checks = [name for name, _ in (*good_launches.LAUNCHES, *bad_launches.launches())]

    assert len(set(checks)) == len(checks)
    assert all(line_of(fired, check) for check in checks)


def test_there_are_enough_of_both_kinds() -> None:
    assert len(list(bad_launches.launches())) >= 30
    assert len(good_launches.LAUNCHES) >= 5


def test_a_link_that_is_no_good_fires_nothing(double: Double) -> None:
    wrong = CliRunner().invoke(practice_cli, ["attack", "--registration", f"{double.url}/nowhere"])
    nobody = CliRunner().invoke(
        practice_cli, ["attack", "--registration", "http://127.0.0.1:1/register"]
    )

    assert wrong.exit_code == nobody.exit_code == 1
    assert "nothing was fired" in wrong.output
    assert "cannot be reached" in nobody.output


def test_a_tool_that_does_not_register_is_told_of(double: Double) -> None:
    double.wanted["jwks_uri"] = None

    told = CliRunner().invoke(practice_cli, ["attack", "--registration", f"{double.url}/register"])

    assert told.exit_code == 1
    assert "the tool did not register" in told.output


@pytest.mark.parametrize(
    ("expected", "got", "is_right"),
    [
        (REFUSED, "refused (401)", True),
        (REFUSED, "accepted (200)", False),
        (REFUSED, "failed (500)", False),
        (ACCEPTED, "accepted (200)", True),
        (ACCEPTED, "nothing: it leads nowhere", False),
        (EITHER, "accepted (200)", True),
        (EITHER, "failed (500)", False),
    ],
)
def test_a_failure_is_no_refusal(expected: str, got: str, is_right: bool) -> None:
    assert Shot("check", expected, got).is_right is is_right


@pytest.mark.parametrize(
    "page",
    [
        '<p data-auth-url="http://p/auth?state=1">',
        '<a data-continue href="/auth?state=1">Continue</a>',
        '<meta http-equiv="refresh" content="0; url=http://p/auth?state=1">',
        '<form action="/auth"><input type="hidden" name="state" value="1"></form>',
    ],
)
def test_the_way_on_is_found_in_any_page(page: str) -> None:
    assert way_on(Answer(200, "http://p/login", page, "")) == "http://p/auth?state=1"


def test_a_page_without_a_way_on_leads_nowhere() -> None:
    with pytest.raises(BrowserError, match="leads nowhere"):
        way_on(Answer(400, "http://p/login", "<h1>No</h1>", ""))


def test_a_browser_keeps_cookies_as_browsers_do() -> None:
    browser = Browser()
    keep = browser._keep

    keep(
        "localhost", "__Host-a=1; Path=/; Secure; HttpOnly; SameSite=None; Partitioned", secure=True
    )
    keep("localhost", "b=2", secure=True)
    keep("localhost", "b=; Max-Age=0", secure=True)
    keep("elsewhere.example", "c=3; Secure", secure=False)

    assert browser.cookies["localhost"] == {"__Host-a": "1"}
    assert "elsewhere.example" not in browser.cookies
