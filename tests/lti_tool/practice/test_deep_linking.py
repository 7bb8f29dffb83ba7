"""Selecting content: the request, and what becomes of the tool's answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from lti_tool.practice.app import Practice
from lti_tool.practice.browser import Answer, Browser, walk
from lti_tool.practice.claims import DEEP_LINKING, LTI, NRPS
from lti_tool.practice.journey import act_as
from lti_tool.practice.model import Tool
from lti_tool.practice.selecting import DL
from lti_tool.practice.signing import KeyPair
from tests.lti_tool.practice.double import Double

Know = Callable[..., Tool]


def item(title: str = "A quiz", **more: Any) -> dict[str, Any]:
    """Give a link to a graded quiz."""
    column = {"scoreMaximum": 100, "label": "Column", "resourceId": "r1", "tag": "quiz"}
    whole = {
        "type": "ltiResourceLink",
        "title": title,
        "text": "Some words",
        "url": "http://127.0.0.1/q",
        "custom": {"item": "q"},
        "lineItem": column,
        **more,
    }
    return {name: value for name, value in whole.items() if value is not None}


def answer(
    practice: Practice,
    double: Double,
    tool: Tool,
    *items: dict[str, Any],
    key: KeyPair | None = None,
    **changes: Any,
) -> tuple[Browser, Answer]:
    """Select content as Carol and post an answer; give the page where she lands."""
    browser = Browser()
    act_as(browser, practice.url, "carol")
    walk(browser, browser.get(f"{practice.url}/select/2/{tool.id}"))
    asked = double.claims
    claims = {
        "iss": tool.client_id,
        "aud": asked["iss"],
        "nonce": "once",
        f"{LTI}deployment_id": asked[f"{LTI}deployment_id"],
        f"{LTI}message_type": "LtiDeepLinkingResponse",
        f"{LTI}version": "1.3.0",
        f"{DL}content_items": list(items),
        f"{DL}data": asked[DEEP_LINKING].get("data"),
        **changes,
    }
    where = asked[DEEP_LINKING]["deep_link_return_url"]
    token = (key or double.key).sign(claims)
    return browser, walk(browser, browser.post(where, {"JWT": token}))


def save(browser: Browser, page: Answer, **changes: str) -> Answer:
    """Press Save."""
    return browser.submit(page.forms[0], **changes)


def test_the_request_is_the_one_that_moodle_sends(
    moodle: Practice, plain: Practice, know: Know
) -> None:
    claims = moodle.claims("carol", know(moodle), nonce="n")
    friendly = plain.claims("carol", know(plain), nonce="n")

    settings = claims[DEEP_LINKING]
    assert claims[f"{LTI}message_type"] == "LtiDeepLinkingRequest"
    assert settings["accept_types"] == ["ltiResourceLink"]
    assert (settings["accept_multiple"], settings["auto_create"]) == (True, False)
    assert "data" not in settings
    assert f"{LTI}resource_link" not in claims
    assert NRPS not in claims
    assert "html" in friendly[DEEP_LINKING]["accept_types"]
    assert friendly[DEEP_LINKING]["data"]
    assert NRPS in friendly


def test_the_roster_claim_comes_with_the_first_use(moodle: Practice, tool: Tool) -> None:
    moodle.add_activity(tool)

    assert NRPS in moodle.claims("carol", tool, nonce="n")


def test_one_item_fills_a_form_and_becomes_an_activity(
    moodle: Practice, double: Double, tool: Tool
) -> None:
    browser, page = answer(moodle, double, tool, item())
    save(browser, page, title="Renamed")

    (activity,) = moodle.state.activities.values()
    (column,) = moodle.state.columns.values()
    assert (activity.title, activity.custom) == ("Renamed", {"item": "q"})
    assert (column.label, column.resource_id, column.tag) == ("Renamed", "r1", "quiz")
    assert column.activity_id == activity.id


def test_a_plain_platform_takes_the_columns_own_label(
    plain: Practice, double: Double, know: Know
) -> None:
    browser, page = answer(plain, double, know(plain), item())
    save(browser, page)

    assert [column.label for column in plain.state.columns.values()] == ["Column"]


def test_several_items_become_activities_in_order(
    moodle: Practice, double: Double, tool: Tool
) -> None:
    browser, page = answer(moodle, double, tool, item("One"), item("Two"), item("Three"))
    save(browser, page)

    assert [each.title for each in moodle.state.activities.values()] == ["One", "Two", "Three"]


@pytest.mark.parametrize("maximum", [12.5, 0, 1000])
def test_a_maximum_that_is_not_whole_blocks_a_single_item(
    moodle: Practice, double: Double, tool: Tool, maximum: float
) -> None:
    browser, page = answer(moodle, double, tool, item(lineItem={"scoreMaximum": maximum}))

    told = save(browser, page)

    assert (told.status, "whole number" in told.text) == (422, True)
    assert not moodle.state.activities


def test_among_several_it_makes_a_column_that_takes_no_numbers(
    moodle: Practice, double: Double, tool: Tool
) -> None:
    odd = item("Odd", lineItem={"scoreMaximum": 12.5})
    browser, page = answer(moodle, double, tool, item(), odd)
    save(browser, page)

    assert [each.takes_numbers for each in moodle.state.columns.values()] == [True, False]


def test_a_plain_platform_takes_any_maximum(plain: Practice, double: Double, know: Know) -> None:
    browser, page = answer(plain, double, know(plain), item(lineItem={"scoreMaximum": 12.5}))
    save(browser, page)

    assert [each.maximum for each in plain.state.columns.values()] == [12.5]


def test_other_kinds_become_activities_too(
    moodle: Practice, plain: Practice, double: Double, know: Know
) -> None:
    titles = []
    for practice in (moodle, plain):
        html = item("Words", type="html", lineItem=None)
        browser, page = answer(practice, double, know(practice), html, item("Quiz"))
        save(browser, page)
        titles.append([each.title for each in practice.state.activities.values()])

    assert titles == [["Words", "Quiz"], ["Quiz"]]


def test_a_title_is_the_tools_name_or_not_too_long(
    moodle: Practice, double: Double, tool: Tool
) -> None:
    browser, page = answer(moodle, double, tool, item(""))
    save(browser, page)
    browser, page = answer(moodle, double, tool, item("x" * 256))
    told = save(browser, page)

    assert [each.title for each in moodle.state.activities.values()] == [tool.name]
    assert told.status == 422


def test_messages_of_the_tool_are_shown_to_nobody(
    moodle: Practice, plain: Practice, double: Double, know: Know
) -> None:
    said = {f"{DL}msg": "Added two things"}

    _, silent = answer(moodle, double, know(moodle), item(), **said)
    _, told = answer(plain, double, know(plain), item(), **said)

    assert "Added two things" not in silent.text
    assert "Added two things" in told.text


def test_an_empty_list_leads_back_to_the_course(
    moodle: Practice, double: Double, tool: Tool
) -> None:
    _, page = answer(moodle, double, tool)

    assert page.url.startswith(f"{moodle.url}/course/2")
    assert not moodle.state.drafts


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": "https://elsewhere.example"},
        {"nonce": None},
        {f"{LTI}deployment_id": "other"},
        {f"{DL}data": "other"},
    ],
)
def test_only_a_plain_platform_looks_closely_at_an_answer(
    moodle: Practice, plain: Practice, double: Double, know: Know, changes: dict[str, Any]
) -> None:
    statuses = [
        answer(practice, double, know(practice), item(), **changes)[1].status
        for practice in (moodle, plain)
    ]

    assert statuses == [200, 400]


def test_an_answer_that_the_tool_did_not_sign_is_refused(
    moodle: Practice, double: Double, tool: Tool, platform_key: KeyPair
) -> None:
    forged = answer(moodle, double, tool, item(), key=platform_key)[1]
    foreign = answer(moodle, double, tool, item(), iss="other")[1]

    assert (forged.status, foreign.status) == (400, 400)
    assert not moodle.state.drafts


def test_the_answer_is_posted_once_more_where_the_cookie_did_not_come(
    moodle: Practice, tool: Tool
) -> None:
    page = Browser().post(
        f"{moodle.url}/contentitem_return?course=2&id={tool.id}", {"JWT": "a.b.c"}
    )

    assert dict(page.forms[0].fields) == {"JWT": "a.b.c", "repost": "1"}
    assert page.forms[0].action.endswith(f"/contentitem_return?course=2&id={tool.id}")
