"""Dynamic registration through the administrator's pages, and each thing that Moodle demands."""

from __future__ import annotations

from typing import Any

import pytest

from lti_tool.practice.app import Practice
from lti_tool.practice.browser import Browser, BrowserError
from lti_tool.practice.claims import AGS_SCOPES
from lti_tool.practice.journey import act_as, register_tool
from lti_tool.practice.quirks import Quirk
from lti_tool.practice.registering import admit
from tests.lti_tool.practice.conftest import Without
from tests.lti_tool.practice.double import AGS, CONFIGURATION, Double, ask


def register(practice: Practice, double: Double) -> Any:
    """Register without pressing Activate; give what the platform said."""
    browser = Browser()
    page = browser.get(practice.registration_page(f"{double.url}/register?link=x"))
    browser.submit(page.forms[0])
    return double.answers[-1]


def test_a_tool_registers_through_the_pages_and_is_activated(
    moodle: Practice, double: Double
) -> None:
    register_tool(Browser(), moodle.url, f"{double.url}/register")

    (tool,) = moodle.state.tools.values()
    assert tool.is_active
    assert (tool.login_url, tool.launch_url) == (f"{double.url}/login", f"{double.url}/launch")
    assert tool.deep_linking_url == f"{double.url}/launch"
    assert (tool.share_name, tool.share_email) == (False, False)
    assert (tool.use_columns, tool.manage_columns, tool.use_roster) == (True, False, True)


def test_a_query_of_the_link_stays(moodle: Practice) -> None:
    page = moodle.registration_page("http://127.0.0.1:1/register?link=x")

    assert page.startswith("http://127.0.0.1:1/register?link=x&openid_configuration=http")


def test_a_tool_waits_until_it_is_activated(
    without: Without, moodle: Practice, double: Double
) -> None:
    waiting, at_once = moodle, without(Quirk.PENDING)

    register(waiting, double)
    register(at_once, double)

    assert [tool.is_active for tool in waiting.state.tools.values()] == [False]
    assert [tool.is_active for tool in at_once.state.tools.values()] == [True]


def test_the_answer_names_the_client_the_deployment_and_too_many_scopes(
    moodle: Practice, without: Without, double: Double
) -> None:
    generous = register(moodle, double).json()
    exact = register(without(Quirk.GENEROUS_SCOPES), double).json()

    (tool,) = moodle.state.tools.values()
    assert generous["client_id"] == tool.client_id
    assert generous[CONFIGURATION]["deployment_id"] == str(tool.id) == tool.deployment_id
    assert set(AGS_SCOPES) <= set(generous["scope"].split())
    assert f"{AGS}/lineitem" not in exact["scope"].split()


def test_custom_values_are_cut_in_the_answer_only(moodle: Practice, double: Double) -> None:
    about = {**double.registration()[CONFIGURATION], "custom_parameters": {"x": "a=b=c"}}
    double.wanted[CONFIGURATION] = about

    answer = register(moodle, double).json()

    assert answer[CONFIGURATION]["custom_parameters"] == {"x": "a=b"}
    assert next(iter(moodle.state.tools.values())).custom == {"x": "a=b=c"}


@pytest.mark.parametrize(
    "name",
    [
        "response_types",
        "initiate_login_uri",
        "redirect_uris",
        "client_name",
        "jwks_uri",
        "token_endpoint_auth_method",
        CONFIGURATION,
    ],
)
def test_what_is_missing_is_named_in_plain_words(
    moodle: Practice, double: Double, name: str
) -> None:
    double.wanted[name] = None

    answer = register(moodle, double)

    assert (answer.status_code, answer.text) == (400, f"missing required attribute {name}")
    assert answer.headers["Content-Type"].startswith("text/html")
    assert not moodle.state.tools


def test_a_plain_platform_tells_errors_as_json(plain: Practice, double: Double) -> None:
    double.wanted["jwks_uri"] = None

    assert register(plain, double).json()["error"] == "invalid_client_metadata"


@pytest.mark.parametrize(
    ("domain", "words"),
    [("", "missing_domain"), ("127.0.0.1", "domain_targetlinkuri_mismatch")],
)
def test_the_domain_is_the_targets_with_its_port(
    moodle: Practice, without: Without, double: Double, domain: str, words: str
) -> None:
    double.wanted[CONFIGURATION] = {**double.registration()[CONFIGURATION], "domain": domain}

    refused = register(moodle, double)
    taken = register(without(Quirk.DOMAIN_WITH_PORT, Quirk.REQUIRED_ATTRIBUTES), double)

    assert (refused.status_code, refused.text) == (400, words)
    assert taken.status_code == 200


def test_only_web_applications_register(moodle: Practice, double: Double) -> None:
    double.wanted["application_type"] = "native"

    assert register(moodle, double).status_code == 400


def test_a_token_is_good_for_one_registration(
    moodle: Practice, without: Without, double: Double
) -> None:
    told = []
    for practice in (moodle, without(Quirk.ONE_REGISTRATION)):
        token = {"Authorization": f"Bearer {admit(practice.state)}"}
        for _ in range(2):
            answer = ask(
                "POST",
                f"{practice.url}/register",
                token,
                str(double.registration()).replace("'", '"').encode(),
            )
        told.append((answer.status_code, answer.text[:18]))

    assert told[0] == (401, "token_already_used")
    assert told[1][0] == 200


def test_a_token_that_is_no_good_or_words_that_are_no_json_give_a_page(
    moodle: Practice, double: Double
) -> None:
    good = {"Authorization": f"Bearer {admit(moodle.state)}"}

    wrong = ask("POST", f"{moodle.url}/register", {"Authorization": "Bearer x"}, b"{}")
    garbled = ask("POST", f"{moodle.url}/register", good, b"no json")

    assert [(each.status_code, "<html" in each.text) for each in (wrong, garbled)] == [
        (404, True),
        (404, True),
    ]


def test_a_known_tool_is_updated_and_its_settings_are_reset(
    moodle: Practice, without: Without, double: Double
) -> None:
    shared = []
    for practice in (moodle, without(Quirk.UPDATE_RESETS)):
        register(practice, double)
        (before,) = practice.state.tools.values()
        before.is_active = before.share_name = before.in_new_window = True
        browser = Browser()
        act_as(browser, practice.url, "adam")
        asked = browser.post(f"{practice.url}/tools/register", {"url": f"{double.url}/register"})
        page = browser.submit(asked.forms[0], meant="update")
        browser.submit(browser.get(page.frames[0]).forms[0])
        (after,) = practice.state.tools.values()
        assert (after.id, after.client_id, after.is_active) == (before.id, before.client_id, True)
        shared.append((after.share_name, after.in_new_window))

    assert shared == [(False, False), (True, True)]


def test_a_tool_that_does_not_register_is_told_of(moodle: Practice, double: Double) -> None:
    double.wanted["jwks_uri"] = None

    with pytest.raises(BrowserError, match="knows nothing of it"):
        register_tool(Browser(), moodle.url, f"{double.url}/register")


def test_only_the_administrator_registers_tools(moodle: Practice) -> None:
    browser = Browser()
    act_as(browser, moodle.url, "carol")

    assert browser.get(f"{moodle.url}/tools").status == 403
    assert Browser().get(f"{moodle.url}/tools").status == 401
