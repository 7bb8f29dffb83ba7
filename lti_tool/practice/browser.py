"""A browser without a screen: cookies, forms and redirects, for those who test a tool from outside.

It keeps cookies by host as browsers do, ``Secure`` ones also over http on this machine (browsers
trust loopback). It runs no script; where a page would go on by script, :func:`way_on` finds where.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urlencode, urljoin, urlsplit

import requests

TIMEOUT_S = 20.0
MOST_REDIRECTS = 10
REDIRECTS = frozenset({301, 302, 303, 307, 308})
LOOPBACK = re.compile(r"(localhost|.*\.localhost|127(\.\d+){3}|::1)")
REFRESH = re.compile(r"\d+\s*;\s*url\s*=\s*['\"]?([^'\"]+)", re.IGNORECASE)


class BrowserError(Exception):
    """A page cannot be reached, or does not hold what is looked for."""


@dataclass(slots=True)
class Form:
    """A form of a page with what a reader who changes nothing would send."""

    action: str
    method: str
    fields: list[tuple[str, str]] = field(default_factory=list)
    boxes: list[tuple[str, str]] = field(default_factory=list)
    """Name and value of every box or radio button that is not ticked."""
    buttons: list[tuple[str, str, str]] = field(default_factory=list)
    """Name, value and class of every button that sends."""
    id: str = ""

    @property
    def primary(self) -> tuple[str, str]:
        """Give name and value of the button that the page wants pressed."""
        marked = [each for each in self.buttons if "primary" in each[2]]
        name, value, _ = (marked or self.buttons or [("", "", "")])[0]
        return name, value


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, after redirects where they were followed."""

    status: int
    url: str
    text: str
    location: str
    """Where a redirect that was not followed leads."""

    @property
    def is_page(self) -> bool:
        """Say whether a page was given."""
        return 200 <= self.status < 300

    @property
    def forms(self) -> list[Form]:
        """Give the forms of the page, with whole addresses."""
        return _Reader(self.url, self.text).forms

    @property
    def frames(self) -> list[str]:
        """Give the addresses of the page's frames."""
        return _Reader(self.url, self.text).frames


class Browser:
    """One browser with its cookies."""

    def __init__(self) -> None:
        self.cookies: dict[str, dict[str, str]] = {}
        """Host: name: value."""

    def get(self, url: str, *, follow: bool = True) -> Answer:
        """Open an address."""
        return self.send("GET", url, follow=follow)

    def post(self, url: str, fields: Mapping[str, str], *, follow: bool = True) -> Answer:
        """Send a form."""
        return self.send("POST", url, list(fields.items()), follow=follow)

    def submit(
        self, form: Form, *, ticked: tuple[tuple[str, str], ...] = (), **changes: str
    ) -> Answer:
        """Send a form of a page by its primary button.

        Args:
            form: of a page.
            ticked: boxes that are ticked before.
            changes: fields that are filled in otherwise.
        """
        fields = [(name, changes.pop(name, value)) for name, value in form.fields]
        fields += [*ticked, *changes.items()]
        if form.primary[0]:
            fields.append(form.primary)
        if form.method == "GET":
            return self.get(f"{form.action.partition('?')[0]}?{urlencode(fields)}")
        return self.send("POST", form.action, fields)

    def send(
        self,
        method: str,
        url: str,
        fields: list[tuple[str, str]] | None = None,
        *,
        follow: bool = True,
    ) -> Answer:
        """Ask for something.

        Raises:
            BrowserError: nobody answers there, or redirects do not end.
        """
        for _ in range(MOST_REDIRECTS):
            answer = self._once(method, url, fields)
            if answer.status not in REDIRECTS or not follow or not answer.location:
                return answer
            url = answer.location
            if answer.status not in {307, 308}:
                method, fields = "GET", None
        raise BrowserError(f"{url} leads from one address to the next without end")

    def _once(self, method: str, url: str, fields: list[tuple[str, str]] | None) -> Answer:
        host = urlsplit(url).hostname or ""
        is_local = LOOPBACK.fullmatch(host) is not None
        headers = {}
        jar = self.cookies.get(host, {})
        if jar:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in jar.items())
        try:
            with requests.Session() as session:
                session.trust_env = not is_local
                got = session.request(
                    method,
                    url,
                    data=fields,
                    headers=headers,
                    timeout=TIMEOUT_S,
                    allow_redirects=False,
                )
        except (requests.RequestException, ValueError) as error:
            raise BrowserError(f"{url} cannot be reached: {error}") from error
        for line in got.raw.headers.getlist("Set-Cookie"):
            self._keep(host, line, secure=is_local or url.startswith("https:"))
        leads = got.headers.get("Location", "")
        return Answer(got.status_code, url, got.text, urljoin(url, leads) if leads else "")

    def _keep(self, host: str, line: str, *, secure: bool) -> None:
        said, *attributes = (part.strip() for part in line.split(";"))
        name, _, value = said.partition("=")
        flags = {each.partition("=")[0].lower(): each.partition("=")[2] for each in attributes}
        if "secure" in flags and not secure:
            return
        jar = self.cookies.setdefault(host, {})
        if flags.get("max-age") == "0" or "1970" in flags.get("expires", "") or not value:
            jar.pop(name, None)
        else:
            jar[name] = value


PASSING = frozenset({"iss", "id_token", "JWT", "repost"})
"""Fields of forms that pages send by themselves."""


def walk(browser: Browser, answer: Answer) -> Answer:
    """Go through all pages that lead on by themselves; give the one where a reader would stop.

    Raises:
        BrowserError: they do not end.
    """
    for _ in range(MOST_REDIRECTS):
        reader = _Reader(answer.url, answer.text)
        passing = [
            form
            for form in reader.forms
            if form.id == "post" or PASSING & {name for name, _ in form.fields}
        ]
        if answer.is_page and reader.leads:
            answer = browser.get(reader.leads[0])
        elif answer.is_page and passing:
            answer = browser.submit(passing[0])
        else:
            return answer
    raise BrowserError(f"{answer.url} leads on and on")


def way_on(answer: Answer) -> str:
    """Give where a page leads by itself or by its one link.

    A redirect, ``data-auth-url`` of any element, ``a[data-continue]``, ``<meta refresh>``, or a
    form that has only hidden fields.

    Raises:
        BrowserError: it leads nowhere.
    """
    if answer.location:
        return answer.location
    reader = _Reader(answer.url, answer.text)
    if reader.leads:
        return reader.leads[0]
    for form in reader.forms:
        return f"{form.action}{'&' if '?' in form.action else '?'}{urlencode(form.fields)}"
    raise BrowserError(f"{answer.url} answered {answer.status} and leads nowhere")


class _Reader(HTMLParser):
    """Finds forms and ways on in a page."""

    def __init__(self, url: str, text: str) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.leads: list[str] = []
        self.frames: list[str] = []
        self._url = url
        self._form: Form | None = None
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "iframe" and given.get("src"):
            self.frames.append(urljoin(self._url, given["src"]))
        if given.get("data-auth-url"):
            self.leads.append(given["data-auth-url"])
        if tag == "a" and "data-continue" in given and given.get("href"):
            self.leads.append(urljoin(self._url, given["href"]))
        if tag == "meta" and given.get("http-equiv", "").lower() == "refresh":
            found = REFRESH.match(given.get("content", ""))
            self.leads += [urljoin(self._url, found[1])] if found else []
        if tag == "form":
            action = urljoin(self._url, given.get("action") or self._url)
            self._form = Form(action, given.get("method", "get").upper(), id=given.get("id", ""))
            self.forms.append(self._form)
        elif self._form is not None:
            self._field(self._form, tag, given)

    @staticmethod
    def _field(form: Form, tag: str, given: dict[str, str]) -> None:
        kind = given.get("type", "submit" if tag == "button" else "text").lower()
        name, value = given.get("name", ""), given.get("value", "")
        if kind in {"submit", "image"} and tag in {"button", "input"}:
            form.buttons.append((name, value, given.get("class", "")))
        elif tag == "input" and kind in {"checkbox", "radio"}:
            told = (name, value or "on")
            (form.fields if "checked" in given else form.boxes).append(told)
        elif tag in {"input", "textarea"} and name and kind not in {"button", "reset", "file"}:
            form.fields.append((name, value))

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
