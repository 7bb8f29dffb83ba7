"""An administrator connects a platform, finds out why a launch failed, gives roles, turns keys."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from playwright.sync_api import Browser, Page, expect

from lti_tool.practice.app import Options, Practice, serve
from lti_tool.practice.browser import Browser as Sender
from tests.journeys.looking import launch_alone
from tests.journeys.test_learning import WHOLE
from tests.journeys.town import Town, visitor

REFUSED = "The course could not be opened"
NOT_OPEN = "This page is not open to you"


@pytest.fixture(scope="module")
def second() -> Practice:
    """Give a second platform, not yet connected."""
    with serve(Options()) as practice:
        yield practice


def test_a_second_platform_is_connected_by_a_link_and_withdrawn_again(
    chromium: Browser, town: Town, second: Practice
) -> None:
    there = replace(town, platform_url=second.url)
    with visitor(chromium, town) as adam, visitor(chromium, there) as eve:
        adam.become("adam")
        desk = f"{launch_alone(adam, WHOLE)}/desk"
        link = make_link(adam.page, desk)
        eve.become("adam")
        eve.page.goto(f"{second.url}/tools")
        eve.page.get_by_label("Registration link").fill(link)
        eve.page.get_by_role("button", name="Add the tool").click()
        inside = eve.page.frame_locator("iframe")
        expect(inside.locator("main")).to_contain_text(second.url)
        inside.get_by_role("button", name="Connect").click()
        inside.get_by_role("button", name="Back to my platform").click()
        eve.page.get_by_role("button", name="Activate").click()
        expect(eve.page.locator(".tag")).to_have_text("active")
        add_by_hand(eve.page, second.url)

        expect(eve.open(WHOLE).locator("h1")).to_have_text(WHOLE)

        adam.page.goto(f"{desk}/platforms")
        row = adam.page.locator("tr", has_text=second.url)
        expect(row).to_contain_text("The second")
        row.get_by_role("link").click()
        adam.page.get_by_role("button", name="Withdraw this platform").click()
        expect(adam.page.locator(".flash")).to_contain_text("are refused from now on")
        eve.page.reload()
        expect(eve.page.frame_locator("iframe").locator("h1")).to_have_text(REFUSED)
        code = eve.page.frame_locator("iframe").locator(".code-big").inner_text()
        eve.faults.clear()

        diagnose(adam.page, desk, code, check="platform")
        expect(adam.page.locator("main")).to_contain_text("or it was withdrawn")
        adam.page.goto(link)
        expect(adam.page.locator("h1")).to_have_text("This link cannot be used")
        adam.faults.clear()


def make_link(page: Page, desk: str) -> str:
    page.goto(f"{desk}/links")
    page.get_by_label("Name of the platform").fill("The second")
    page.get_by_label("Country").select_option("CZ")
    page.get_by_role("button", name="Make the link").click()
    return page.get_by_label("Copy it now").input_value()


def add_by_hand(page: Page, url: str) -> None:
    page.goto(f"{url}/course/2/add")
    page.locator("summary").click()
    page.get_by_label("Name", exact=True).fill(WHOLE)
    page.get_by_label("Custom parameters").fill("course=alifeca")
    page.get_by_role("button", name="Save").click()


def diagnose(page: Page, desk: str, code: str, *, check: str) -> None:
    """Find a refused launch by its code, as the one who was refused reads it out."""
    page.goto(f"{desk}/launches")
    page.get_by_label("Code").fill(code.lower().replace("-", " "))
    page.get_by_role("button", name="Find").click()
    expect(page.locator("h1")).to_have_text(f"Launch {code}")
    expect(page.locator("dl")).to_contain_text(check)
    expect(page.locator("main")).to_contain_text("What helps")


def test_a_forged_launch_is_explained_by_its_code(chromium: Browser, town: Town) -> None:
    with visitor(chromium, town) as alice:
        alice.become("alice")
        alice.context.route(
            "**/lti/launch",
            lambda route: route.continue_(post_data=tampered(route.request.post_data or "")),
        )
        alice.page.goto(town.platform_url + "/course/2")
        alice.page.get_by_role("link", name=WHOLE, exact=True).click()
        inside = alice.page.frame_locator("iframe")
        expect(inside.locator("h1")).to_have_text(REFUSED)
        code = inside.locator(".code-big").inner_text()
        alice.faults.clear()

    with visitor(chromium, town) as adam:
        adam.become("adam")
        desk = f"{launch_alone(adam, WHOLE)}/desk"
        diagnose(adam.page, desk, code, check="signature")
        expect(adam.page.locator("main")).to_contain_text("The signature does not fit")
        expect(adam.page.locator("main")).not_to_contain_text("Alice")


def tampered(form: str) -> str:
    """Change one character in the signature of a signed message."""
    return re.sub(
        r"(id_token=[^.&]+\.[^.&]+\.)(.)", lambda m: m[1] + ("B" if m[2] == "A" else "A"), form
    )


def test_a_role_is_given_and_taken_away(chromium: Browser, town: Town) -> None:
    with visitor(chromium, town) as adam, visitor(chromium, town) as carol:
        carol.become("carol")
        visit = launch_alone(carol, WHOLE)
        carol.page.goto(f"{visit}/desk/platforms")
        expect(carol.page.locator("h1")).to_have_text(NOT_OPEN)
        adam.become("adam")
        desk = f"{launch_alone(adam, WHOLE)}/desk"
        adam.page.goto(f"{desk}/roles")
        adam.page.get_by_label("Role", exact=True).select_option("administrator")
        adam.page.get_by_label("Platform (issuer)").fill(town.platform_url)
        adam.page.get_by_label("The platform's id of the person").fill("3")
        adam.page.get_by_role("button", name="Give the role").click()
        expect(adam.page.locator(".flash")).to_contain_text("The role is given")

        visit = launch_alone(carol, WHOLE)
        carol.page.goto(f"{visit}/desk/platforms")
        expect(carol.page.locator("h1")).to_have_text("Platforms")

        row = adam.page.locator("tr", has=adam.page.locator("code", has_text=re.compile("^3$")))
        row.get_by_role("button", name="Take away").click()
        expect(adam.page.locator(".flash")).to_contain_text("The role is taken away")
        visit = launch_alone(carol, WHOLE)
        carol.page.goto(f"{visit}/desk/platforms")
        expect(carol.page.locator("h1")).to_have_text(NOT_OPEN)
        carol.faults.clear()

    open_still = "SELECT roles FROM launch l JOIN person p ON p.id = l.person_id"
    roles = town.rows(f"{open_still} WHERE p.name LIKE 'Carol%' AND l.ended_at IS NULL")
    assert roles
    assert not any("administrator" in each for (each,) in roles)


def test_keys_are_turned_and_the_platform_goes_on(chromium: Browser, town: Town) -> None:
    with visitor(chromium, town) as adam:
        adam.become("adam")
        desk = f"{launch_alone(adam, WHOLE)}/desk"
        adam.page.goto(f"{desk}/keys")
        before = adam.page.locator("tbody tr").count()
        adam.page.get_by_role("button", name="Make a new key").click()
        expect(adam.page.locator(".flash")).to_contain_text("It signs from tomorrow on")

        expect(adam.page.locator("tbody tr")).to_have_count(before + 1)
        expect(adam.page.locator("tbody")).to_contain_text("published, signs later")
        published = Sender().get(f"{town.tool_url}/lti/keys").text
        for kid in adam.page.locator("tbody code").all_inner_texts():
            assert kid in published


def test_a_link_opens_the_desks_once(chromium: Browser, town: Town) -> None:
    link = town.link("admin-link")
    with visitor(chromium, town) as olga:
        olga.page.goto(link)
        olga.page.get_by_role("button", name="Open the desks").click()
        expect(olga.page.locator("h1")).to_have_text("Platforms")
        olga.page.get_by_role("link", name="Launch doctor").click()
        expect(olga.page.locator("h1")).to_have_text("Launch doctor")
        assert olga.faults == []

        olga.page.goto(link)
        expect(olga.page.locator("h1")).to_have_text("This link cannot be used")
        expect(olga.page.locator("main")).to_contain_text("used")
        olga.faults.clear()
