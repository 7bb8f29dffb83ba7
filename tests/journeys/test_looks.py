"""Every kind of page can be seen, read and used: in both colour schemes, narrow, by keyboard."""

from __future__ import annotations

from typing import Literal

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from courses.model import Quiz
from tests.journeys.looking import Look, enter, launch_alone
from tests.journeys.solving import WAYS, course, questions_of, solve
from tests.journeys.test_learning import EXAM, WHOLE
from tests.journeys.town import Town, visitor

ALL_KINDS = "04-impact-assessment/quiz"
"""A quiz with a question of every kind."""
FIGURE_AND_FORMULA = "04-impact-assessment/02-characterisation"
BY_KEYBOARD = "01-why-life-cycle-thinking/quiz"
EMPTY = "A link that leads nowhere"
SEEN_FOCUS = """() => {
  const at = document.activeElement;
  if (at === document.body) return true;
  const style = getComputedStyle(at);
  const box = at.getBoundingClientRect();
  return style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2 && box.width > 5;
}"""
COLOURS = """(names) => names.map(
  (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim())"""
FILM = "01-why-life-cycle-thinking/03-tools-beside-lca"


def test_the_quiz_that_is_looked_at_has_questions_of_every_kind() -> None:
    quiz = course().item(ALL_KINDS)

    assert isinstance(quiz, Quiz)
    assert {type(each) for each in quiz.questions} == set(WAYS)


def test_pages_of_a_learner(chromium: Browser, town: Town) -> None:
    with visitor(chromium, town) as alice:
        alice.become("alice")
        look = Look(alice.page)
        visit = launch_alone(alice, WHOLE)
        look.at("course", visit + "/")
        look.at("module", f"{visit}/learn/alifeca/04-impact-assessment")
        look.at("page with figure and formula", f"{visit}/learn/alifeca/{FIGURE_AND_FORMULA}")
        look.at("page with a film", f"{visit}/learn/alifeca/{FILM}")
        _look_at_a_quiz(alice.page, look, f"{visit}/quiz/alifeca/{ALL_KINDS}")
        look.at("no such page", f"{visit}/learn/alifeca/99-nothing/here")
        look.at("a desk that is not for learners", f"{visit}/class")
        alice.faults.clear()  # the console tells of the two refusals

    assert look.found == []


def _look_at_a_quiz(page: Page, look: Look, url: str) -> None:
    quiz = course().item(ALL_KINDS)
    assert isinstance(quiz, Quiz)
    look.at("quiz, not begun", url)
    page.get_by_role("button", name="Begin").click()
    look.at("quiz, going on")
    page.get_by_role("button", name="Submit all answers").click()
    look.at("quiz, nothing answered yet")
    solve(page, questions_of(quiz))
    page.locator("[data-kind=single] input").first.check()
    page.locator("[data-kind=numeric] input").first.fill("1")
    page.locator("[data-kind=matching] select").first.select_option(index=1)
    page.get_by_role("button", name="Submit as it is").click()
    look.at("quiz, told")


def test_pages_of_an_exam(chromium: Browser, town: Town) -> None:
    exam = course().exam
    assert exam is not None
    with visitor(chromium, town) as alice:
        alice.become("alice")
        look = Look(alice.page)
        visit = launch_alone(alice, EXAM)
        look.at("exam, start", f"{visit}/learn/alifeca/exam")
        alice.page.get_by_role("button", name="Begin attempt 1 now").click()
        look.at("exam, running")
        alice.page.get_by_role("button", name="Submit the exam").click()
        look.at("exam, nothing answered yet")
        alice.page.get_by_role("button", name="Submit as it is").click()
        look.at("exam, result")
        alice.page.get_by_role("link", name="Receipt").click()
        look.at("exam, receipt")
        look.at("exam, waiting", f"{visit}/learn/alifeca/exam")

    assert look.found == []


def test_pages_of_a_teacher(chromium: Browser, town: Town) -> None:
    with visitor(chromium, town) as carol:
        carol.become("carol")
        look = Look(carol.page)
        visit = launch_alone(carol, WHOLE)
        look.at("course, preview")
        look.at("quiz, preview", f"{visit}/quiz/alifeca/{ALL_KINDS}")
        carol.page.get_by_role("button", name="Check all answers").click()
        look.at("quiz, preview told")
        look.at("exam, preview", f"{visit}/learn/alifeca/exam")
        carol.page.get_by_role("link", name="Look at a draw").click()
        look.at("exam, preview of a draw")
        look.at("class", f"{visit}/class")
        for href in addresses(carol.page.locator("main table a[href*='/people/']")):
            look.at("learner", f"{town.tool_url}{href}")
        for href in addresses(carol.page.locator("main a[href*='/attempts/']"))[:2]:
            look.at("attempt", f"{town.tool_url}{href}")
        look.at("questions", f"{visit}/class/course/alifeca/questions")
        look.at("question", f"{town.tool_url}{addresses(carol.page.locator('main table a'))[0]}")
        look.at("scores sent", f"{visit}/class/scores")
        carol.page.goto(f"{town.platform_url}/course/2/add")
        look.at("practice platform: add")
        (dialogue,) = addresses(carol.page.get_by_role("link", name="Select content"))
        enter(carol, f"{town.platform_url}/select/2/{dialogue.rpartition('/')[2]}")
        look.at("picker")

    assert look.found == []


def test_desks_of_an_administrator(chromium: Browser, town: Town) -> None:
    with visitor(chromium, town) as adam:
        adam.become("adam")
        look = Look(adam.page)
        desk = f"{launch_alone(adam, WHOLE)}/desk"
        look.at("platforms", f"{desk}/platforms")
        look.at("platform", town.tool_url + addresses(adam.page.locator("main table a"))[0])
        look.at("platform by hand", f"{desk}/platforms/new")
        look.at("links", f"{desk}/links")
        adam.page.get_by_role("button", name="Make a link to the desks").click()
        look.at("link made")
        link = adam.page.locator("textarea").input_value()
        look.at("launch doctor", f"{desk}/launches?show=all")
        look.at("launch", town.tool_url + addresses(adam.page.locator("main table a"))[0])
        look.at("scores that rest", f"{desk}/scores")
        look.at("statements waiting", f"{desk}/statements")
        look.at("roles", f"{desk}/roles")
        look.at("keys", f"{desk}/keys")
        look.at("door to the desks", link)
        adam.page.get_by_role("button", name="Open the desks").click()
        look.at("link refused", link)
        adam.faults.clear()

    assert look.found == []


def test_pages_before_and_beside_a_course(chromium: Browser, town: Town) -> None:
    registration = town.link("registration-link")
    with visitor(chromium, town) as mallory:
        look = Look(mallory.page)
        look.at("index", f"{town.tool_url}/")
        look.at("launch by hand", f"{town.tool_url}/lti/launch")
        look.at("login refused", f"{town.tool_url}/lti/login?iss=https://other.example.org")
        look.at("no such page", f"{town.tool_url}/nothing")
        look.at("visit ended", f"{town.tool_url}/v/{'x' * 43}/")
        look.at("registration link, opened by hand", registration)
        configuration = f"{town.platform_url}/openid-configuration"
        look.at("register", f"{registration}&openid_configuration={configuration}")
        mallory.page.get_by_role("button", name="Connect").click()
        look.at("registration failed")
        mallory.faults.clear()

    assert look.found == []


def test_pages_of_the_practice_platform(chromium: Browser, town: Town) -> None:
    with visitor(chromium, town) as adam:
        look = Look(adam.page)
        look.at("start", town.platform_url)
        adam.become("adam")
        for name in ("course/2", "course/2/grades", "course/2/people", "course/2/add", "tools"):
            look.at(name, f"{town.platform_url}/{name}")
        look.at("nothing", f"{town.platform_url}/nothing")
        adam.faults.clear()

    assert look.found == []


def test_pages_of_links_that_lead_nowhere(chromium: Browser, town: Town) -> None:
    with visitor(chromium, town) as carol, visitor(chromium, town) as bob:
        carol.become("carol")
        carol.page.goto(f"{town.platform_url}/course/2/add")
        carol.page.locator("summary").click()
        carol.page.get_by_label("Name", exact=True).fill(EMPTY)
        carol.page.get_by_role("button", name="Save").click()
        look = Look(carol.page)
        launch_alone(carol, EMPTY)
        look.at("link not bound, teacher")
        bob.become("bob")
        look_of_bob = Look(bob.page)
        launch_alone(bob, EMPTY)
        look_of_bob.at("link not bound, learner")
        forged = "state=gone"
        bob.page.route("**/lti/launch", lambda route: route.continue_(post_data=forged), times=1)
        bob.page.goto(f"{town.platform_url}/course/2")
        number = addresses(bob.page.get_by_role("link", name=EMPTY))[0].rpartition("/")[2]
        bob.page.goto(f"{town.platform_url}/launch/{number}")
        bob.page.locator(".code-big").wait_for()
        look_of_bob.at("launch refused")
        bob.faults.clear()  # the console tells of the refusal

    assert look.found + look_of_bob.found == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_fills_of_figures_stand_out_and_carry_text(
    chromium: Browser, town: Town, scheme: Literal["light", "dark"]
) -> None:
    with visitor(chromium, town, color_scheme=scheme) as anybody:
        anybody.page.goto(f"{town.tool_url}/")
        names = ["surface", "figure-ink", *(f"c{number}" for number in range(1, 7))]
        surface, ink, *fills = anybody.page.evaluate(COLOURS, names)

    assert min(contrast(fill, surface) for fill in fills) >= 3
    assert min(contrast(fill, ink) for fill in fills) >= 4.5


def contrast(one: str, other: str) -> float:
    """Give how far two colours such as ``#1a2b3c`` are apart (WCAG 2.2, 1.4.3)."""
    lower, higher = sorted((luminance(one), luminance(other)))
    return (higher + 0.05) / (lower + 0.05)


def luminance(colour: str) -> float:
    shares = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (
        share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_a_quiz_is_answered_by_keyboard_alone(chromium: Browser, town: Town) -> None:
    with visitor(chromium, town) as bob:
        bob.become("bob")
        visit = launch_alone(bob, WHOLE)
        page = bob.page
        page.goto(f"{visit}/quiz/alifeca/{BY_KEYBOARD}")
        page.keyboard.press("Tab")
        assert focused(page, ".skip")
        page.keyboard.press("Enter")
        assert focused(page, "#main")

        tab_to(page, "form.begin button")
        page.keyboard.press("Enter")
        page.locator("form#questions").wait_for()
        tab_to(page, ".question[data-number='1'] input")
        page.keyboard.press("Space")
        tab_to(page, ".question[data-number='1'] .question-check button")
        page.keyboard.press("Enter")

        feedback = page.locator(".question[data-number='1'] [data-feedback]")
        expect(feedback).to_be_focused()
        tab_to(page, ".question[data-number='2'] :is(input, select)")


def focused(page: Page, selector: str) -> bool:
    return bool(page.evaluate("(selector) => document.activeElement.matches(selector)", selector))


def tab_to(page: Page, selector: str) -> None:
    """Press the tabulator until it is there; the focus must be seen at every step."""
    for _ in range(60):
        page.keyboard.press("Tab")
        assert page.evaluate(SEEN_FOCUS), page.evaluate("document.activeElement.outerHTML")
        if focused(page, selector):
            return
    raise AssertionError(f"the keyboard does not lead to {selector}")


def addresses(links: Locator) -> list[str]:
    return [each.get_attribute("href") or "" for each in links.all()]
