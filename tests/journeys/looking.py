"""Looking at a page as readers with different eyes, screens and settings do."""

from __future__ import annotations

from dataclasses import dataclass, field

from playwright.sync_api import Page

from tests.journeys.town import Visitor, axe, sideways

WIDE = {"width": 1280, "height": 900}
PHONE = {"width": 360, "height": 780}
OPEN_ALL = "document.querySelectorAll('details').forEach((each) => { each.open = true; })"
UNDRAWN = """() => [...document.querySelectorAll(".figure svg, .figure img, main img")]
  .filter((each) => each.getBoundingClientRect().width < 40
    || (each.localName === "img" && each.naturalWidth === 0)).length"""


@dataclass
class Look:
    """What is found wrong with the pages looked at."""

    page: Page
    found: list[str] = field(default_factory=list)

    def at(self, name: str, url: str | None = None, *, dark: bool = True) -> None:
        """Look at a page in light and in dark, wide and narrow.

        Args:
            name: what the page is, for the list of faults.
            url: where it is; None: it is there already.
            dark: whether its colours are looked at in dark, too.
        """
        if url is not None:
            self.page.goto(url)
        self.page.evaluate(OPEN_ALL)
        told = axe(self.page)
        if dark:
            self.page.emulate_media(color_scheme="dark", reduced_motion="reduce")
            told += [f"dark {each}" for each in axe(self.page, ["color-contrast"])]
            self.page.emulate_media(color_scheme="light")
        self.page.set_viewport_size(PHONE)
        if wide := sideways(self.page):
            told.append(f"{wide} px wider than a phone")
        self.page.set_viewport_size(WIDE)
        if undrawn := self.page.evaluate(UNDRAWN):
            told.append(f"{undrawn} figures are not drawn")
        if self.page.title() != self.page.locator("h1").inner_text().replace("\u00a0", " "):
            told.append(f"the title is {self.page.title()!r}")
        self.found += [f"{name}: {each}" for each in told]


def launch_alone(visitor: Visitor, title: str) -> str:
    """Open an activity in a window of its own; give the address of the visit."""
    visitor.page.goto(visitor.town.platform_url + "/course/2")
    link = visitor.page.get_by_role("link", name=title, exact=True)
    number = (link.get_attribute("href") or "").rpartition("/")[2]
    return enter(visitor, f"{visitor.town.platform_url}/launch/{number}")


def enter(visitor: Visitor, url: str) -> str:
    """Follow a launch to its end; give the address of the visit."""
    visitor.page.goto(url)
    visitor.page.wait_for_url(f"{visitor.town.tool_url}/v/**")
    visitor.page.wait_for_load_state()
    start = visitor.town.tool_url
    return f"{start}/v/{visitor.page.url.removeprefix(start + '/v/').partition('/')[0]}"
