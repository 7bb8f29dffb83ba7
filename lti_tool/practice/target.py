"""A tool under trial: registered with a platform of ours, launched step by step from outside."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

from lti_tool.practice.app import Practice
from lti_tool.practice.browser import Answer, Browser, BrowserError, way_on
from lti_tool.practice.model import Activity, Tool
from lti_tool.practice.selecting import AnswerError, read_answer, save


class TrialError(Exception):
    """The trial cannot be held; the text says what to do."""


@dataclass(frozen=True, slots=True)
class Begun:
    """A login that the tool took: what it expects back."""

    state: str
    nonce: str
    redirect_url: str


@dataclass(slots=True)
class Target:
    """The tool, our platform, and an activity that links to it."""

    practice: Practice
    tool: Tool
    activity: Activity
    browser: Browser = field(default_factory=Browser)

    @property
    def origin(self) -> str:
        """Give scheme and host of the tool."""
        parts = urlsplit(self.tool.launch_url)
        return f"{parts.scheme}://{parts.netloc}"

    @property
    def now(self) -> int:
        """Give the time in whole seconds since 1970."""
        return int(self.practice.state.now())

    def login(
        self,
        person: str = "alice",
        *,
        browser: Browser | None = None,
        link: Activity | Tool | None = None,
        method: str = "POST",
        changes: Mapping[str, str | None] | None = None,
    ) -> Answer:
        """Send a login initiation; a change of None leaves a field out."""
        fields: dict[str, str | None] = dict(self.practice.begin(person, link or self.activity))
        fields |= changes or {}
        sent = [(name, value) for name, value in fields.items() if value is not None]
        url = self.tool.login_url
        held = browser or self.browser
        if method == "GET":
            query = "&".join(f"{name}={_quoted(value)}" for name, value in sent)
            return held.get(f"{url}{'&' if '?' in url else '?'}{query}", follow=False)
        return held.send("POST", url, sent, follow=False)

    def begin(self, person: str = "alice", **more: Any) -> Begun:
        """Begin a launch; give state and nonce that the tool asks back.

        Raises:
            BrowserError: the tool's answer does not lead to the platform.
        """
        asked = parse_qs(urlsplit(way_on(self.login(person, **more))).query)
        try:
            return Begun(asked["state"][0], asked["nonce"][0], asked["redirect_uri"][0])
        except KeyError as error:
            raise BrowserError(f"the tool's authorisation request has no {error}") from error

    def claims(
        self, begun: Begun, person: str = "alice", link: Activity | Tool | None = None
    ) -> dict[str, Any]:
        """Give the claims of a good launch."""
        return self.practice.claims(person, link or self.activity, nonce=begun.nonce)

    def send(
        self, begun: Begun, token: str | None, *, browser: Browser | None = None, **changes: str
    ) -> Answer:
        """Bring a token to the tool; give the answer at the end of all redirects."""
        fields = {"state": begun.state, **changes}
        if token is not None:
            fields["id_token"] = token
        return (browser or self.browser).post(begun.redirect_url, fields)

    def launch(
        self,
        changes: Mapping[str, Any] | None = None,
        *,
        person: str = "alice",
        link: Activity | Tool | None = None,
        **signing: Any,
    ) -> Answer:
        """Launch from beginning to end.

        Args:
            changes: claims to change; a value of None leaves one out.
            person: who.
            link: another activity, or the tool for deep linking.
            signing: for :meth:`Practice.sign`.
        """
        begun = self.begin(person, link=link)
        claims = {**self.claims(begun, person, link), **(changes or {})}
        return self.send(begun, self.practice.sign(claims, **signing))


def register(practice: Practice, link: str) -> Target:
    """Register with a tool as an administrator's browser does.

    Raises:
        TrialError: the link is no good, or the tool did not register.
    """
    browser = Browser()
    try:
        page = browser.get(practice.registration_page(link))
        if not page.is_page:
            raise TrialError(
                f"the tool's registration page answered {page.status}: ask for a new link"
            )
        if not practice.state.tools:
            _press(browser, page)
    except BrowserError as error:
        raise TrialError(str(error)) from error
    tools = list(practice.state.tools.values())
    if not tools:
        raise TrialError(
            "the tool did not register: it must be able to reach "
            f"{practice.url}, and its registration link must be new"
        )
    tools[0].is_active = True
    return Target(practice, tools[0], practice.add_activity(tools[0], "Trial", maximum=100))


def _press(browser: Browser, page: Answer) -> None:
    forms = [form for form in page.forms if form.method == "POST"]
    if not forms:
        raise TrialError("the tool's registration page has no form to submit")
    answer = browser.submit(forms[0])
    if answer.status >= 400:
        raise TrialError(f"the tool refused to register: it answered {answer.status}")


def choose_content(target: Target, wanted: tuple[str, ...] = ()) -> list[Activity]:
    """Choose something in the tool's own picker and save it; nothing where that is not possible.

    Args:
        target: the tool under trial.
        wanted: values of boxes to tick; the first box unless given.
    """
    practice, tool = target.practice, target.tool
    if not tool.deep_linking_url:
        return []
    begun = target.begin("carol", link=tool)
    page = target.send(begun, practice.sign(target.claims(begun, "carol", tool)))
    for form in page.forms:
        boxes = [box for box in form.boxes if not wanted or box[1] in wanted]
        if form.method != "POST" or not boxes:
            continue
        answer = target.browser.submit(form, ticked=tuple(boxes if wanted else boxes[:1]))
        tokens = [dict(each.fields).get("JWT", "") for each in answer.forms]
        course = practice.state.courses[target.activity.course_id]
        try:
            drafts, _ = read_answer(practice.state, tool, course, next(filter(None, tokens), ""))
        except AnswerError:
            return []
        return save(practice.state, tool, course, drafts)
    return []


def _quoted(text: str) -> str:
    return quote(text, safe="")
