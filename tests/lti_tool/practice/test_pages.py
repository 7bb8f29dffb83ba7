"""The platform's own pages: who may see what, what they do, and how they look."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser as Chromium

from lti_tool.practice import keeping
from lti_tool.practice.app import Options, Practice, serve
from lti_tool.practice.browser import Browser
from lti_tool.practice.journey import act_as
from lti_tool.practice.model import Activity, Grade, Hold, Tool
from lti_tool.practice.signing import KeyPair
from lti_tool.practice.state import State
from tests.house.source import ROOT
from tests.lti_tool.practice.double import ask
from tests.pages import faults_of

AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
PATHS = (
    "/",
    "/course/2",
    "/course/2/add",
    "/course/2/grades",
    "/course/2/people",
    "/tools",
    "/nowhere",
)


@pytest.fixture
def furnished(moodle: Practice, tool: Tool) -> Activity:
    """Give an activity with a column and a grade."""
    activity = moodle.add_activity(tool, "A quiz", maximum=100)
    column = moodle.state.columns_of(activity.id)[0]
    column.grades[5] = Grade(66.666, "Well done", hold=Hold.OVERRIDDEN)
    return activity


def acting(practice: Practice, person: str) -> Browser:
    """Give a browser in which somebody was chosen."""
    browser = Browser()
    act_as(browser, practice.url, person)
    return browser


@pytest.mark.parametrize("person", ["alice", "carol", "tom", "olga", "adam"])
def test_pages_are_well_made_for_everybody(
    moodle: Practice, furnished: Activity, person: str
) -> None:
    browser = acting(moodle, person)
    paths = (*PATHS, f"/activity/{furnished.id}", f"/launch/{furnished.id}")

    faults = {path: faults_of(browser.get(f"{moodle.url}{path}").text) for path in paths}

    assert not any(faults.values()), faults


def test_nobody_gets_in_without_being_somebody(moodle: Practice, furnished: Activity) -> None:
    assert Browser().get(f"{moodle.url}/course/2").status == 401
    assert Browser().get(f"{moodle.url}/launch/{furnished.id}").status == 401


def test_learners_see_their_own_grades_alone(moodle: Practice, furnished: Activity) -> None:
    own = acting(moodle, "alice").get(f"{moodle.url}/course/2/grades").text
    other = acting(moodle, "bob").get(f"{moodle.url}/course/2/grades").text
    all_of_them = acting(moodle, "carol").get(f"{moodle.url}/course/2/grades").text

    assert "66.67" in own
    assert "66.67" not in other
    assert "Alice" in all_of_them
    assert "Bob" in all_of_them


@pytest.mark.parametrize("path", ["/course/2/add", "/tools"])
def test_learners_neither_add_activities_nor_register_tools(moodle: Practice, path: str) -> None:
    assert acting(moodle, "bob").get(f"{moodle.url}{path}").status == 403


def test_a_teacher_overrides_and_locks_grades(moodle: Practice, furnished: Activity) -> None:
    column = moodle.state.columns_of(furnished.id)[0]
    url = f"{moodle.url}/course/2/grades/{column.id}/6"
    browser = acting(moodle, "carol")

    browser.post(url, {"points": "12", "hold": "overridden"})
    first = (column.grades[6].points, column.grades[6].hold)
    browser.post(url, {"points": "55", "hold": "locked"})

    assert first == (12, Hold.OVERRIDDEN)
    assert (column.grades[6].points, column.grades[6].hold) == (12, Hold.LOCKED)


def test_an_activity_added_by_hand_has_a_column_only_if_asked(moodle: Practice, tool: Tool) -> None:
    browser = acting(moodle, "carol")
    url = f"{moodle.url}/course/2/add/{tool.id}"

    browser.post(url, {"title": "Without", "custom": "course=a=b\nnothing"})
    browser.post(url, {"title": "With", "maximum": "20"})
    refused = browser.post(url, {"title": "Odd", "maximum": "0.5"})

    first, second = moodle.state.activities.values()
    assert first.custom == {"course": "a=b"}
    assert not moodle.state.columns_of(first.id)
    assert moodle.state.columns_of(second.id)[0].maximum == 20
    assert refused.status == 422


def test_a_copied_activity_keeps_what_recognises_it(moodle: Practice, tool: Tool) -> None:
    activity = moodle.add_activity(
        tool, "Quiz", maximum=10, custom={"item": "q"}, resource_id="r1", tag="t"
    )
    moodle.state.columns_of(activity.id)[0].grades[5] = Grade(5)

    acting(moodle, "carol").post(f"{moodle.url}/activity/{activity.id}/copy", {})

    _, copy = moodle.state.activities.values()
    (column,) = moodle.state.columns_of(copy.id)
    assert copy.custom == {"item": "q"}
    assert (column.resource_id, column.tag, column.grades) == ("r1", "t", {})


def test_what_is_removed_takes_its_columns_along(
    moodle: Practice, furnished: Activity, tool: Tool
) -> None:
    acting(moodle, "carol").post(f"{moodle.url}/activity/{furnished.id}/remove", {})
    assert not moodle.state.columns
    moodle.add_activity(tool, maximum=10)

    acting(moodle, "adam").post(f"{moodle.url}/tools/{tool.id}/remove", {})

    state = moodle.state
    assert [*state.tools, *state.activities, *state.columns] == []


def test_the_administrator_decides_what_a_tool_may_know(moodle: Practice, tool: Tool) -> None:
    browser = acting(moodle, "adam")

    browser.post(
        f"{moodle.url}/tools/{tool.id}/settings", {"share_name": "on", "container": "window"}
    )

    assert (tool.share_name, tool.share_email, tool.use_roster) == (True, False, False)
    assert tool.in_new_window


def test_a_tool_added_by_hand_is_active_at_once(moodle: Practice) -> None:
    where = {"login": "http://127.0.0.1:1/l", "launch": "http://127.0.0.1:1/x"}
    given = {"name": "By hand", "keys": "http://127.0.0.1:1/k", **where}

    acting(moodle, "adam").post(f"{moodle.url}/tools/by-hand", given)

    (tool,) = moodle.state.tools.values()
    assert (tool.is_active, tool.redirect_urls) == (True, ("http://127.0.0.1:1/x",))


def test_forms_of_other_sites_are_refused(moodle: Practice) -> None:
    elsewhere = {"Origin": "https://elsewhere.example"}

    answer = ask("POST", f"{moodle.url}/act", elsewhere, {"person": "adam"})

    assert answer.status_code == 403


def test_a_platform_remembers_from_one_run_to_the_next(
    tmp_path: Path, platform_key: KeyPair
) -> None:
    options = Options(keep_at=str(tmp_path / "kept.json"))
    with serve(options, state=State(options, platform_key)) as first:
        tool = first.add_tool("tiny", "http://t/l", "http://t/x", "http://t/k")
        activity = first.add_activity(tool, maximum=10)
        first.state.columns_of(activity.id)[0].grades[5] = Grade(5, "Good", 12.5, Hold.LOCKED)
        acting(first, "carol").post(f"{first.url}/course/2/people/6/suspend", {})

    again = keeping.read(options)

    assert again.key.pem == platform_key.pem
    assert again.tools == first.state.tools
    assert again.activities == first.state.activities
    assert again.columns == first.state.columns
    assert again.courses[2].suspended == {6}
    assert again.next_id() > max(first.state.columns)


@pytest.mark.browser
@pytest.mark.xdist_group("town")
def test_axe_finds_nothing_and_pages_fit_a_phone(
    moodle: Practice, furnished: Activity, chromium: Chromium
) -> None:
    context = chromium.new_context(viewport={"width": 360, "height": 740})
    page = context.new_page()
    page.goto(moodle.url)
    page.get_by_role("button", name="Adam").click()
    found = []
    for path in (*PATHS, f"/activity/{furnished.id}"):
        page.goto(f"{moodle.url}{path}")
        page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
        page.add_script_tag(path=str(AXE))
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]  # one of its words
            told = page.evaluate("axe.run(document, {iframes: false})")
            found += [(path, scheme, each["id"], each["nodes"]) for each in told["violations"]]
        if page.evaluate("document.documentElement.scrollWidth") > 360:
            found.append((path, "", "too wide", []))
    context.close()

    assert not found


@pytest.mark.browser
@pytest.mark.xdist_group("town")
def test_a_plain_platform_keeps_words_for_the_tool_in_its_frame(
    plain: Practice, know: Callable[[Practice], Tool], chromium: Chromium
) -> None:
    activity = plain.add_activity(know(plain))
    context = chromium.new_context()
    page = context.new_page()
    page.goto(plain.url)
    page.get_by_role("button", name="Alice").click()
    page.goto(f"{plain.url}/activity/{activity.id}")
    page.frame_locator("iframe.tool").get_by_role("heading", name="In").wait_for()
    frame = page.frames[-1]

    told = [
        frame.evaluate(
            """(sent) => new Promise((done) => {
                window.addEventListener("message", (event) => done(event.data), {once: true});
                window.parent.postMessage(sent, "*");
            })""",
            sent,
        )
        for sent in (
            {"subject": "lti.capabilities", "message_id": "1"},
            {"subject": "lti.put_data", "message_id": "2", "key": "k", "value": "secret"},
            {"subject": "lti.get_data", "message_id": "3", "key": "k"},
        )
    ]
    context.close()

    assert {"subject": "lti.get_data"} in told[0]["supported_messages"]
    assert told[2] == {
        "subject": "lti.get_data.response",
        "message_id": "3",
        "key": "k",
        "value": "secret",
    }
