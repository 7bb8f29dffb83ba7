"""Browsers for loads: whole launches, pages and answers, over connections kept or closed."""

from __future__ import annotations

import html
import http.client
import re
import statistics
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlencode, urlsplit
from uuid import uuid4

from benchmarks.platform import Platform

AUTH_URL = re.compile(
    r'data-auth-url="([^"]+)"|content="0;\s*url=([^"]+)"|href="([^"]+/auth\?[^"]+)"'
)
COOKIE_PAGE = "lti1p3_new_window"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


class LaunchFailedError(Exception):
    """A launch did not end on a page."""


@dataclass
class Answer:
    """One HTTP answer."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def text(self) -> str:
        """Give the body as text."""
        return self.body.decode(errors="replace")


@dataclass
class Browser:
    """A new browser with a jar of its own."""

    host: str
    cookies: dict[str, str] = field(default_factory=dict)

    def request(
        self,
        method: str,
        url: str,
        form: dict[str, str] | None = None,
        headers: dict[str, str] | None = None,
    ) -> Answer:
        """Send one request and keep the cookies of its answer."""
        parts = urlsplit(url)
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        sent = dict(headers or {})
        if self.cookies:
            sent["Cookie"] = "; ".join(f"{k}={v}" for k, v in self.cookies.items())
        body = None
        if form is not None:
            body = urlencode(form)
            sent |= FORM
        connection = http.client.HTTPConnection(self.host, timeout=30)
        try:
            connection.request(method, path, body, sent)
            raw = connection.getresponse()
            answer = Answer(raw.status, raw.headers, raw.read())
        finally:
            connection.close()
        for line in answer.headers.get_all("Set-Cookie") or ():
            name, _, value = line.partition(";")[0].partition("=")
            self.cookies[name] = value
        return answer


@dataclass(frozen=True)
class Landing:
    """Where a launch ended."""

    url: str
    answer: Answer
    browser: Browser


def launch(base: str, platform: Platform, subject: str | None = None) -> Landing:
    """Do a whole launch as a browser in a frame does: login, signed message, first page.

    Raises:
        LaunchFailedError: it did not end on a page.
    """
    host = urlsplit(base).netloc
    browser = Browser(host)
    target = f"{base}/lti/launch"
    query = urlencode(
        {
            "iss": platform.url,
            "login_hint": "1",
            "target_link_uri": target,
            "client_id": platform.client_id,
            "lti_message_hint": "{}",
            "lti_deployment_id": platform.deployment_id,
        }
    )
    answer = browser.request("GET", f"{base}/lti/login?{query}")
    if COOKIE_PAGE in answer.text:  # PyLTI1p3 tries cookies by a page of its own, which goes on
        answer = browser.request("GET", f"{base}/lti/login?{query}&{COOKIE_PAGE}=1")
    sent = _query(answer)
    token = platform.id_token(sent["nonce"], target, subject or uuid4().hex)
    answer = browser.request(
        "POST", target, {"id_token": token, "state": sent["state"]}, {"Origin": platform.url}
    )
    url = target
    for _ in range(4):
        if answer.status not in {301, 302, 303, 307}:
            break
        url = answer.headers["Location"]
        url = url if url.startswith("http") else f"{base}{url}"
        answer = browser.request("GET", url)
    if answer.status != 200:
        raise LaunchFailedError(f"{answer.status} at {url}: {answer.text[:400]}")
    return Landing(url, answer, browser)


def _query(answer: Answer) -> dict[str, str]:
    if answer.status in {301, 302, 303}:
        address = answer.headers["Location"]
    else:
        found = AUTH_URL.search(answer.text)
        if not found:
            raise LaunchFailedError(f"login answered {answer.status}: {answer.text[:400]}")
        address = html.unescape(next(group for group in found.groups() if group))
    return {key: values[0] for key, values in parse_qs(urlsplit(address).query).items()}


@dataclass(frozen=True)
class Result:
    """What a load found."""

    count: int
    seconds: float
    latencies_ms: list[float]

    @property
    def p50_ms(self) -> float:
        """Give the median."""
        return statistics.median(self.latencies_ms)

    def percentile_ms(self, share: float) -> float:
        """Give a percentile, such as 0.99."""
        ordered = sorted(self.latencies_ms)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def drive(
    work: Callable[[int], object], *, count: int, threads: int = 4, per_s: float | None = None
) -> Result:
    """Do a piece of work ``count`` times from several threads; at a steady rate where one is given.

    Raises:
        LaunchFailedError: one of them failed; a figure with failures would be no figure.
    """
    latencies: list[float] = []
    faults: list[BaseException] = []
    numbers = iter(range(count))
    lock = threading.Lock()
    began = time.perf_counter()

    def run() -> None:
        while not faults:
            with lock:
                number = next(numbers, None)
            if number is None:
                return
            if per_s:
                time.sleep(max(0.0, began + number / per_s - time.perf_counter()))
            start = time.perf_counter()
            try:
                work(number)
            except Exception as error:
                faults.append(error)
                return
            latencies.append((time.perf_counter() - start) * 1000)

    crew = [threading.Thread(target=run) for _ in range(threads)]
    for each in crew:
        each.start()
    for each in crew:
        each.join()
    if faults:
        raise LaunchFailedError(str(faults[0])) from faults[0]
    return Result(count, time.perf_counter() - began, latencies)
