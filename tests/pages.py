"""A test client that looks at every page it fetches, as a careful reader of HTML would."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

VOID = frozenset(
    [
        "area",
        "base",
        "br",
        "col",
        "embed",
        "hr",
        "img",
        "input",
        "link",
        "meta",
        "source",
        "track",
        "wbr",
    ]
)
LABELLED = frozenset(
    {
        "text",
        "email",
        "number",
        "password",
        "search",
        "tel",
        "url",
        "date",
        "radio",
        "checkbox",
        "file",
    }
)


class Page(HTMLParser):
    """What the checks need of one page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.faults: list[str] = []
        self.ids: set[str] = set()
        self.language = ""
        self._open: list[str] = []
        self._texts: dict[str, list[str]] = {"h1": [], "title": []}
        self._labelled: set[str] = set()
        self._inputs: list[dict[str, str]] = []
        self._inside_label = 0
        self.feed(html)
        self.close()
        self._conclude()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag not in VOID:
            self._open.append(tag)
        if tag in self._texts and "svg" not in self._open:
            self._texts[tag].append("")
        self._look(tag, given)

    def _look(self, tag: str, given: dict[str, str]) -> None:
        if tag == "html":
            self.language = given.get("lang", "")
        if "id" in given:
            if given["id"] in self.ids:
                self.faults.append(f"id {given['id']!r} twice")
            self.ids.add(given["id"])
        self._look_for_inline(tag, given)
        if tag == "img" and "alt" not in given:
            self.faults.append("picture without alt")
        if tag == "a" and given.get("href", "x") in {"", "#"}:
            self.faults.append("link that leads nowhere")
        if tag == "label":
            self._inside_label += 1
            self._labelled.add(given.get("for", ""))
        if tag in {"input", "select", "textarea"} and self._needs_label(tag, given):
            self._inputs.append({**given, "_wrapped": "yes" if self._inside_label else ""})

    def _look_for_inline(self, tag: str, given: dict[str, str]) -> None:
        if "style" in given or tag == "style":
            self.faults.append(f"inline style on <{tag}>")
        if any(name.startswith("on") for name in given):
            self.faults.append(f"inline script on <{tag}>")
        if tag == "script" and "src" not in given:
            self.faults.append("inline script")

    @staticmethod
    def _needs_label(tag: str, given: dict[str, str]) -> bool:
        return tag != "input" or given.get("type", "text") in LABELLED

    def handle_endtag(self, tag: str) -> None:
        if tag == "label":
            self._inside_label -= 1
        if tag in self._open:
            while self._open.pop() != tag:
                pass

    def handle_data(self, data: str) -> None:
        for tag, texts in self._texts.items():
            if tag in self._open and texts and "svg" not in self._open:
                texts[-1] += data

    def _conclude(self) -> None:
        titles = [" ".join(text.split()) for text in self._texts["title"]]
        heads = [" ".join(text.split()) for text in self._texts["h1"]]
        if len(heads) != 1:
            self.faults.append(f"{len(heads)} h1: {heads}")
        elif titles[:1] != heads:
            self.faults.append(f"title {titles[:1]} is not the h1 {heads}")
        if not self.language:
            self.faults.append("no language")
        for given in self._inputs:
            named = given.get("aria-label") or given.get("aria-labelledby") or given["_wrapped"]
            if not named and given.get("id", "-") not in self._labelled:
                self.faults.append(f"no label: {given.get('name')}")


def faults_of(html: str) -> list[str]:
    """Give what is wrong with a page; a fragment (no ``<html>``) is looked at by its page."""
    return Page(html).faults if re.search(r"<html\b", html) else []


class CarefulClient(FlaskClient):
    """Fails a test at the first page with a fault, whatever the test is about."""

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        answer = super().open(*args, **kwargs)
        if answer.mimetype == "text/html" and answer.status_code < 600 and not answer.is_streamed:
            faults = faults_of(answer.get_data(as_text=True))
            assert not faults, f"{answer.request.path}: {faults}"
        return answer
