"""Ways through the platform's own pages, as people go them in a browser."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from lti_tool.practice.browser import Answer, Browser, BrowserError, Form, walk
from lti_tool.practice.model import COURSE

Choose = Callable[[Sequence[str]], Sequence[str]]


def act_as(browser: Browser, platform_url: str, person: str) -> Answer:
    """Become somebody, by user name."""
    return browser.post(f"{platform_url}/act", {"person": person})


def open_activity(browser: Browser, platform_url: str, activity_id: int) -> Answer:
    """Open an activity; give the tool's page in the frame.

    Raises:
        BrowserError: the way there does not end.
    """
    return walk(browser, browser.get(f"{platform_url}/launch/{activity_id}"))


def register_tool(browser: Browser, platform_url: str, link: str) -> None:
    """Register a tool by its link as the administrator does, and activate it.

    Raises:
        BrowserError: the tool does not end up among the platform's tools.
    """
    act_as(browser, platform_url, "adam")
    page = browser.post(f"{platform_url}/tools/register", {"url": link})
    if not page.frames:
        raise BrowserError(f"{page.url} answered {page.status} and opens no registration")
    asked = browser.get(page.frames[0])
    connects = [form for form in asked.forms if form.method == "POST"]
    if asked.is_page and connects:
        asked = browser.submit(connects[0])
    if not asked.is_page:
        raise BrowserError(f"the tool answered {asked.status} when it was to register")
    listed = browser.get(f"{platform_url}/tools")
    activates = [form for form in listed.forms if form.action.endswith("/activate")]
    if not activates:
        raise BrowserError("the tool said that it registered, but the platform knows nothing of it")
    browser.submit(activates[0])


def select_content(
    browser: Browser, platform_url: str, choose: Choose, *, course_id: int = COURSE
) -> list[str]:
    """Add activities as the teacher does, by what the first tool offers; give what was chosen.

    Args:
        browser: any.
        platform_url: where the platform is.
        choose: is given the values of all boxes of the tool's picker, gives those to tick.
        course_id: where to.

    Raises:
        BrowserError: the tool offers nothing, or its answer was not taken.
    """
    act_as(browser, platform_url, "carol")
    offered = browser.get(f"{platform_url}/course/{course_id}/add")
    dialogues = [form for form in offered.forms if f"/course/{course_id}/add/" in form.action]
    if not dialogues:
        raise BrowserError("no tool is active")
    tool_id = dialogues[0].action.rpartition("/")[2]
    picker = walk(browser, browser.get(f"{platform_url}/select/{course_id}/{tool_id}"))
    form = _with_boxes(picker)
    chosen = list(choose([value for _, value in form.boxes]))
    ticked = tuple(box for box in form.boxes if box[1] in chosen)
    draft = walk(browser, browser.submit(form, ticked=ticked))
    saves = [form for form in draft.forms if "/draft/" in form.action]
    if not saves:
        raise BrowserError(f"the platform answered {draft.status} to what was chosen")
    browser.submit(saves[0])
    return [value for _, value in ticked]


def _with_boxes(page: Answer) -> Form:
    forms = [form for form in page.forms if form.boxes]
    if not page.is_page or not forms:
        raise BrowserError(f"{page.url} answered {page.status} and offers nothing to choose")
    return forms[0]
