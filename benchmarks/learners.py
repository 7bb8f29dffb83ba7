"""Learners for loads: each takes a quiz of the tool, or writes answers to the floor."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from itertools import chain

from benchmarks.load import Browser, LaunchFailedError, launch
from benchmarks.platform import Platform

QUIZ = "quiz/alifeca/01-why-life-cycle-thinking/quiz"
TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')
ACTION = re.compile(r'action="([^"]+/attempts/[0-9a-f-]{36})"')


class Fields(HTMLParser):
    """The questions of a sheet that one field answers, with a value for it."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.values: dict[str, str] = {}
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take the first value of each choice, and a number for each text."""
        given = {name: value or "" for name, value in attrs}
        name = given.get("name", "")
        if tag == "input" and name.startswith("r.") and name.count(".") == 1:
            choice = given.get("type") in {"radio", "checkbox"}
            self.values.setdefault(name.removeprefix("r."), given["value"] if choice else "1")


class Learner:
    """Somebody who came in and can answer a few questions."""

    def __init__(self, base: str, platform: Platform) -> None:
        landing = launch(base, platform)
        self.base = base
        self.browser: Browser = landing.browser
        visit = landing.url.partition("/v/")[2].partition("/")[0]
        if not visit:
            self.forms = [(f"/answer/{landing.url.rpartition('/')[2]}", {"given": "a"})] * 8
            return
        address = f"/v/{visit}/{QUIZ}"
        token = TOKEN.search(self._get(address))
        self.browser.request(
            "POST", f"{base}{address}/attempts", {"csrf_token": token[1] if token else ""}
        )
        sheet = self._get(address)
        action, token = ACTION.search(sheet), TOKEN.search(sheet)
        if not action or not token:
            raise LaunchFailedError("the quiz shows no attempt")
        self.forms = [
            (
                action[1],
                {"csrf_token": token[1], "do": f"check:{question}", f"r.{question}": value},
            )
            for question, value in Fields(sheet).values.items()
        ]

    def _get(self, address: str) -> str:
        return self.browser.request("GET", f"{self.base}{address}").text

    def answers(self) -> list[tuple[Learner, str, dict[str, str]]]:
        """Give what this learner will send, one question after the other; the last one is left."""
        return [(self, *form) for form in self.forms[:-1]]

    def send(self, address: str, form: dict[str, str]) -> None:
        """Answer one question, as the page's script does."""
        answer = self.browser.request("POST", f"{self.base}{address}", form, {"X-Part": "1"})
        if answer.status != 200:
            raise LaunchFailedError(f"{answer.status} for {form}: {answer.text[:300]}")


def prepare(base: str, platform: Platform, count: int) -> list[tuple[Learner, str, dict[str, str]]]:
    """Let learners in until there are so many answers to send; those of one stand apart."""
    first = Learner(base, platform)
    people = [first]
    while sum(len(each.answers()) for each in people) < count:
        people.append(Learner(base, platform))
    rounds = zip(*(each.answers() for each in people), strict=False)
    return list(chain.from_iterable(rounds))[:count]
