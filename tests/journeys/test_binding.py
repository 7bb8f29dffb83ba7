"""The ladder by which a browser proves that it began a login (decision 2), rung by rung."""

from __future__ import annotations

from dataclasses import replace
from http.client import HTTPConnection
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import Browser, BrowserContext, Error, Request, Route, expect

from lti_tool.practice.app import Options, serve
from lti_tool.practice.target import register
from tests.journeys.town import Town, visitor

WHOLE = "Automotive Life Cycle Assessment"
REFUSED = "The course could not be opened"
NO_COOKIES = """if (window !== window.top && location.origin === "%s") {
  Object.defineProperty(Document.prototype, "cookie", { get: () => "", set: () => {} });
}"""
NO_STORAGE = """if (window !== window.top && location.origin === "%s") {
  const refuse = () => { throw new DOMException("denied", "SecurityError"); };
  Object.defineProperty(window, "sessionStorage", { get: refuse });
}"""
UNSENT = {"cookie", "host", "content-length", "accept-encoding"}
UNSAID = {"set-cookie", "content-length", "transfer-encoding", "connection"}


def test_a_cookie_of_its_own_partition_is_enough(chromium: Browser, town: Town) -> None:
    with visitor(chromium, town) as alice:
        alice.become("alice")

        frame = alice.open(WHOLE)

        expect(frame.locator("h1")).to_have_text(WHOLE)
        assert newest(town) == ("cookie", "")


def test_the_first_page_can_be_loaded_again(chromium: Browser, town: Town) -> None:
    with visitor(chromium, town) as alice:
        alice.become("alice")
        frame = alice.open(WHOLE)
        before = frame.url

        with alice.page.expect_event("framenavigated"):
            frame.evaluate("location.reload()")

        expect(frame.locator("h1")).to_have_text(WHOLE)
        assert frame.url == before


def test_without_cookies_the_storage_of_the_tab_is_enough(chromium: Browser, town: Town) -> None:
    with visitor(chromium, town) as bob:
        refuse_cookies(bob.context, town)
        bob.become("bob")

        frame = bob.open(WHOLE)

        expect(frame.locator("h1")).to_have_text(WHOLE)
        assert newest(town) == ("storage", "")
        frame.locator(".entry a", has_text="Burden shifting").click()
        expect(frame.locator("h1")).to_have_text("Burden shifting")
        forgive(bob.faults)


def test_without_either_the_storage_of_the_platform_is_enough(
    chromium: Browser, town: Town
) -> None:
    with serve(Options.plain()) as practice:
        target = register(practice, town.link("registration-link"))
        practice.add_activity(target.tool, WHOLE, custom={"course": "alifeca"})
        with visitor(chromium, replace(town, platform_url=practice.url)) as alice:
            refuse_cookies(alice.context, town)
            alice.context.add_init_script(NO_STORAGE % town.tool_url)
            alice.become("alice")

            frame = alice.open(WHOLE)

            expect(frame.locator("h1")).to_have_text(WHOLE)
            assert newest(town) == ("platform-storage", "")
            forgive(alice.faults)


def test_where_nothing_is_kept_a_window_of_its_own_is_offered(
    chromium: Browser, town: Town
) -> None:
    with visitor(chromium, town) as alice:
        refuse_cookies(alice.context, town)
        alice.context.add_init_script(NO_STORAGE % town.tool_url)
        alice.become("alice")
        alice.page.goto(town.platform_url + "/course/2")
        alice.page.get_by_role("link", name=WHOLE, exact=True).click()
        inside = alice.page.frame_locator("iframe")
        offered = inside.get_by_role("link", name="Open in a new window")
        expect(offered).to_be_visible()

        with alice.context.expect_page() as opened:
            offered.click()

        expect(opened.value.locator("h1")).to_have_text(WHOLE)
        assert newest(town) == ("cookie", "")


def test_a_form_that_another_browser_brings_is_refused(chromium: Browser, town: Town) -> None:
    caught: list[str] = []

    def catch(route: Route) -> None:
        caught.append(route.request.post_data or "")
        route.abort()

    with visitor(chromium, town) as alice:
        alice.context.route("**/lti/launch", catch)
        alice.become("alice")
        alice.page.goto(town.platform_url + "/course/2")
        with alice.page.expect_event("requestfailed", lambda sent: "/lti/launch" in sent.url):
            alice.page.get_by_role("link", name=WHOLE, exact=True).click(no_wait_after=True)
        alice.faults.clear()

    with visitor(chromium, town) as mallory:
        fields = {name: values[0] for name, values in parse_qs(caught[0]).items()}
        hidden = "".join(
            f'<input type="hidden" name="{name}" value="{value}">' for name, value in fields.items()
        )
        action = f"{town.tool_url}/lti/launch"
        mallory.page.set_content(f'<form method="post" action="{action}">{hidden}</form>')
        mallory.page.evaluate("document.forms[0].submit()")

        expect(mallory.page.locator("h1")).to_have_text(REFUSED)
        expect(mallory.page.locator("main")).to_contain_text("not the one in which the course")
        code = mallory.page.locator(".code-big").inner_text()
        mallory.faults.clear()

    assert newest(town) == ("", "browser")
    assert town.rows("SELECT accepted FROM launch_trace WHERE code = ?", code) == [(0,)]


def newest(town: Town) -> tuple[str, str]:
    """Give by what the newest launch was bound, and which check refused it."""
    ((bound, check),) = town.rows(
        "SELECT binding, check_name FROM launch_trace ORDER BY at DESC LIMIT 1"
    )
    return bound, check


def forgive(faults: list[str]) -> None:
    """Forget what the console says of the page that asks the storages: it is answered with 401."""
    faults[:] = [each for each in faults if "401" not in each]


def refuse_cookies(context: BrowserContext, town: Town) -> None:
    """Let the tool keep no cookie inside a frame, as some browsers do."""

    def strip(route: Route) -> None:
        if not is_framed(route.request):
            route.continue_()
            return
        status, headers, body = ask(route.request)
        route.fulfill(status=status, headers=headers, body=body)

    context.route(f"{town.tool_url}/lti/*", strip)
    context.add_init_script(NO_COOKIES % town.tool_url)


def is_framed(request: Request) -> bool:
    try:
        return request.frame.parent_frame is not None
    except Error:  # a window that is only opening
        return False


def ask(request: Request) -> tuple[int, dict[str, str], bytes]:
    """Ask the tool outside of the browser; give its answer without cookies."""
    parts = urlsplit(request.url)
    told = {name: text for name, text in request.headers.items() if name not in UNSENT}
    connection = HTTPConnection(parts.netloc, timeout=20)
    path = f"{parts.path}?{parts.query}" if parts.query else parts.path
    connection.request(request.method, path, body=request.post_data_buffer, headers=told)
    answer = connection.getresponse()
    headers = {name: text for name, text in answer.getheaders() if name.lower() not in UNSAID}
    body = answer.read()
    connection.close()
    return answer.status, headers, body
