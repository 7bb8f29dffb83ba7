"""The demo as a newcomer starts it, and people who walk through it in Chromium."""

from __future__ import annotations

import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Frame, Page

from tests import told
from tests.house.source import ROOT

START_S = 120.0
LTI_TOOL = str(Path(sys.executable).with_name("lti-tool"))
AXE = (ROOT / "node_modules" / "axe-core" / "axe.min.js").read_text
RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
RUN_AXE = """async (only) => {
  const found = await axe.run(document, { resultTypes: ["violations"], runOnly: only });
  const where = (each) => each.nodes.slice(0, 3).map((node) => node.target).join(" | ");
  return found.violations.map((each) => `${each.id}: ${where(each)}`);
}"""
SIDEWAYS = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


def free_port() -> int:
    """Give a port of this machine that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass(frozen=True)
class Town:
    """Tool, worker and practice platform, running."""

    tool_url: str
    platform_url: str
    folder: Path

    def command(self, *words: str) -> str:
        """Run a command of the tool, as its operator does."""
        environ = {name: text for name, text in os.environ.items() if "LTI_TOOL" not in name} | {
            "LTI_TOOL_PUBLIC_URL": self.tool_url,
            "LTI_TOOL_SECRET_KEY": (self.folder / "secret").read_text().strip(),
            "LTI_TOOL_DATABASE_URL": f"sqlite:///{self.folder / 'tool.db'}",
            "LTI_TOOL_ALLOW_PRIVATE_ADDRESSES": "yes",
            "LTI_TOOL_FILES_URL": str(self.folder / "files"),
            "LTI_TOOL_KEYS_DIR": str(self.folder / "keys"),
            "LTI_TOOL_DEVELOPMENT_KEYS": "yes",
            "LTI_TOOL_MAIL_URL": f"file:{self.folder / 'mail'}",
            "LTI_TOOL_MAIL_FROM": "certificates@tool.example",
        }
        done = subprocess.run(
            [LTI_TOOL, *words], env=environ, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def link(self, *words: str) -> str:
        """Make a link, good for one use, by a command."""
        lines = self.command(*words).split()
        return next(each for each in lines if each.startswith(self.tool_url))

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """Look into the tool's database."""
        connection = sqlite3.connect(self.folder / "tool.db", timeout=15)
        try:
            return connection.execute(query, values).fetchall()
        finally:
            connection.close()

    def statements(self) -> list[str]:
        """Give every statement that was made here, as texts."""
        return [text for query in told.QUERIES for (text,) in self.rows(query)]

    def verbs_of(self, name: str) -> list[str]:
        """Give the verbs of what was recorded of somebody, by their name on the platform."""
        rows = self.rows(
            "SELECT s.payload FROM xapi_statement s, person p WHERE p.name LIKE ?"
            " AND instr(s.payload, p.actor_name) > 0 ORDER BY s.happened_at, s.seq",
            f"{name}%",
        )
        return [json.loads(payload)["verb"]["id"].rpartition("/")[2] for (payload,) in rows]


@contextmanager
def running_town() -> Iterator[Town]:
    """Start everything by the command of the README; stop it by the signal that it is told to."""
    folder = Path(tempfile.mkdtemp(prefix="tool-town-"))
    tool, platform = free_port(), free_port()
    words = ["demo", "--tool-port", str(tool), "--platform-port", str(platform)]
    log = folder / "said"
    with log.open("wb") as said:
        process = subprocess.Popen(
            [LTI_TOOL, *words, "--data", str(folder / "data")], stdout=said, stderr=said, cwd=folder
        )
    try:
        _wait(process, log)
        yield Town(f"http://127.0.0.1:{tool}", f"http://localhost:{platform}", folder / "data")
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(60)
        except subprocess.TimeoutExpired:
            process.kill()


def _wait(process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + START_S
    while time.monotonic() < until and process.poll() is None:
        if "Ctrl-C" in log.read_text():
            return
        time.sleep(0.2)
    raise RuntimeError(f"the demo did not start: {log.read_text()[-3000:]}")


@dataclass
class Visitor:
    """Somebody in a browser of their own."""

    town: Town
    context: BrowserContext
    page: Page
    faults: list[str] = field(default_factory=list)

    def become(self, person: str) -> None:
        """Choose who to be on the practice platform."""
        self.page.goto(self.town.platform_url)
        self.page.locator(f"form:has(input[value='{person}']) button").first.click()

    def open(self, title: str) -> Frame:
        """Open an activity of the course; give the frame that holds the tool."""
        self.page.goto(self.town.platform_url + "/course/2")
        self.page.get_by_role("link", name=title, exact=True).click()
        return self.frame()

    def frame(self) -> Frame:
        """Wait until the tool stands in the frame."""
        until = time.monotonic() + 20
        while time.monotonic() < until:
            for each in self.page.frames:
                if each.url.startswith(f"{self.town.tool_url}/v/"):
                    each.wait_for_load_state()
                    return each
            self.page.wait_for_timeout(50)
        seen = [f"{each.url}: {each.locator('body').inner_text()}" for each in self.page.frames]
        raise AssertionError(f"no tool in {seen}")


@contextmanager
def visitor(browser: Browser, town: Town, **looks: Any) -> Iterator[Visitor]:
    """Give a browser of one's own; faults on its console, and 5xx answers, fail the test."""
    context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}, **looks})
    page = context.new_page()
    come = Visitor(town, context, page)
    context.on(
        "console",
        lambda said: come.faults.append(said.text) if said.type in {"error", "warning"} else None,
    )
    context.on("weberror", lambda error: come.faults.append(str(error.error)))
    try:
        yield come
    finally:
        context.close()
    assert come.faults == [], come.faults


def axe(frame: Frame | Page, only: Sequence[str] = RULES) -> list[str]:
    """Look at a page with axe-core; give what it finds."""
    if not frame.evaluate("'axe' in window"):
        frame.evaluate(AXE())
    found: list[str] = frame.evaluate(RUN_AXE, list(only))
    return found


def sideways(frame: Frame | Page) -> int:
    """Give by how many pixels a page is wider than its window."""
    return int(frame.evaluate(SIDEWAYS))
