"""A learner comes from the platform, learns, is graded, and everything is recorded."""

from __future__ import annotations

import time
from collections.abc import Callable

from playwright.sync_api import Browser, expect

from courses.model import Quiz
from tests.journeys.solving import course, questions_of, solve
from tests.journeys.town import Town, sideways, visitor

WHOLE = "Automotive Life Cycle Assessment"
EXAM = "Automotive Life Cycle Assessment: Final exam"


def soon(ask: Callable[[], bool], seconds: float = 20) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if ask():
            return True
        time.sleep(0.2)
    return False


def test_a_learner_reads_takes_a_quiz_and_sees_the_grade_in_the_platform(
    chromium: Browser, town: Town
) -> None:
    quiz = course().item("01-why-life-cycle-thinking/quiz")
    assert isinstance(quiz, Quiz)
    with visitor(chromium, town) as alice:
        alice.become("alice")
        frame = alice.open(WHOLE)
        expect(frame.locator("h1")).to_have_text(WHOLE)
        frame.goto(f"{frame.url.rstrip('/')}/learn/alifeca/01-why-life-cycle-thinking")
        frame.get_by_role("link", name="Burden shifting").first.click()
        expect(frame.locator("h1")).to_have_text("Burden shifting")
        frame.goto(frame.url.replace("/learn/", "/quiz/").rpartition("/")[0] + "/quiz")

        frame.get_by_role("button", name="Begin").click()
        expect(frame.locator("form#questions")).to_be_visible()
        solve(frame, questions_of(quiz))
        frame.get_by_role("button", name="Submit all answers").click()

        expect(frame.locator("#result")).to_contain_text("Passed")
        title = next(
            text for text in alice_activities(alice.page, town) if text.endswith(quiz.title)
        )
        frame = alice.open(title)
        expect(frame.locator("#result")).to_contain_text("Passed")
        assert soon(lambda: told_of_sending(frame))
        alice.page.goto(f"{town.platform_url}/course/2/grades")
        expect(alice.page.locator("main")).to_contain_text("100")

    assert soon(lambda: "passed" in town.verbs_of("Alice"))
    verbs = town.verbs_of("Alice")
    assert verbs[:2] == ["launched", "initialized"]
    assert verbs.count("answered") >= len(quiz.questions)
    assert {"experienced", "attempted", "progressed"} <= set(verbs)


def alice_activities(page: object, town: Town) -> list[str]:
    page.goto(f"{town.platform_url}/course/2")
    return [each.strip() for each in page.locator("main h2 a, main h3 a").all_inner_texts()]


def told_of_sending(frame: object) -> bool:
    frame.goto(frame.url.partition("#")[0])
    return "Sent to the gradebook" in frame.locator("main").inner_text()


def test_an_exam_saves_by_itself_and_tells_each_element(chromium: Browser, town: Town) -> None:
    exam = course().exam
    assert exam is not None
    with visitor(chromium, town) as bob:
        bob.become("bob")
        frame = bob.open(EXAM)
        frame.get_by_role("button", name="Begin attempt 1 now").click()
        expect(frame.locator("[data-clock]")).to_contain_text("left")
        solve(frame, questions_of(exam))
        expect(frame.locator("[data-saved]")).to_contain_text("Saved")
        expect(frame.locator("[data-count]")).to_contain_text("24/24")

        frame = bob.open(EXAM)
        if frame.get_by_role("button", name="Submit the exam").count() == 0:
            frame.locator("main a.button, main button").first.click()
        expect(frame.locator("[data-count]")).to_contain_text("24/24")
        frame.get_by_role("button", name="Submit the exam").click()

        expect(frame.locator("main")).to_contain_text("Passed")
        for element in exam.elements:
            expect(frame.locator("main")).to_contain_text(element.title)
        frame.get_by_role("link", name="receipt").first.click()
        expect(frame.locator("main")).to_contain_text("SHA-256")

    assert soon(lambda: "passed" in town.verbs_of("Bob"))


def test_a_film_is_told_as_it_is_watched(chromium: Browser, town: Town) -> None:
    with visitor(chromium, town) as alice:
        alice.become("alice")
        frame = alice.open(WHOLE)
        frame.goto(
            f"{frame.url.rstrip('/')}/learn/alifeca/01-why-life-cycle-thinking/03-tools-beside-lca"
        )
        film = frame.locator("video")

        film.evaluate("film => { film.muted = true; return film.play(); }")
        frame.wait_for_timeout(1500)
        film.evaluate("film => film.pause()")
        frame.wait_for_timeout(500)

    assert soon(lambda: {"played", "paused"} <= set(town.verbs_of("Alice")))
    rows = town.rows(
        "SELECT payload FROM xapi_statement WHERE payload LIKE '%xapi/video/verbs/played%'"
    )
    assert "https://w3id.org/xapi/video/extensions/time" in rows[0][0]


def test_two_tabs_of_one_browser_do_not_mix(chromium: Browser, town: Town) -> None:
    with visitor(chromium, town) as alice:
        alice.become("alice")
        second = alice.context.new_page()
        alice.page.goto(f"{town.platform_url}/course/2")
        second.goto(f"{town.platform_url}/course/2")

        alice.page.get_by_role("link", name=WHOLE, exact=True).click(no_wait_after=True)
        second.get_by_role("link", name=EXAM, exact=True).click(no_wait_after=True)

        first_frame = alice.frame()
        alice.page, first_page = second, alice.page
        second_frame = alice.frame()
        expect(first_frame.locator("h1")).to_have_text(WHOLE)
        expect(second_frame.locator("h1")).to_have_text("Final exam")
        assert first_frame.url.split("/v/")[1][:40] != second_frame.url.split("/v/")[1][:40]
        first_page.reload()


def test_everything_fits_a_phone(chromium: Browser, town: Town) -> None:
    looks = {"viewport": {"width": 360, "height": 780}, "is_mobile": True, "has_touch": True}
    with visitor(chromium, town, **looks) as alice:
        alice.become("alice")
        frame = alice.open(WHOLE)
        base = frame.url.rstrip("/")
        paths = (
            "",
            "/learn/alifeca/01-why-life-cycle-thinking",
            "/learn/alifeca/01-why-life-cycle-thinking/01-burden-shifting",
            "/quiz/alifeca/02-goal-and-scope/quiz",
            "/learn/alifeca/exam",
        )
        wide = {}
        for path in paths:
            frame.goto(f"{base}{path or '/'}")
            if sideways(frame) > 0:
                wide[path] = sideways(frame)

        assert wide == {}


def test_a_course_can_be_taken_without_script(chromium: Browser, town: Town) -> None:
    with visitor(chromium, town, java_script_enabled=False) as bob:
        bob.page.goto(town.platform_url)
        bob.page.locator("form:has(input[value='bob']) button").click()
        bob.page.goto(f"{town.platform_url}/course/2")
        bob.page.get_by_role("link", name=WHOLE, exact=True).click()
        inner = bob.page.frame_locator("iframe")
        for _ in range(4):
            if inner.locator("h1", has_text=WHOLE).count():
                break
            inner.locator("button, a.button").first.click(force=True)
            bob.page.wait_for_timeout(500)

        expect(inner.locator("h1")).to_have_text(WHOLE)
        inner.locator(".module h2 a").first.press("Enter")
        expect(inner.locator("h1")).to_have_text("Why life cycle thinking")
