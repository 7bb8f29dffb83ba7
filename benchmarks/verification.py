"""A stranger checks a certificate over HTTP, beside a learner who reads a course page.

``python -m benchmarks verify``: one server, one database; in each round the course page, the page
of a code (masked name, thirteen elements), for the first time and again, and the page behind the
name (all that is printed).
"""

from __future__ import annotations

import argparse
import re
import statistics
from collections.abc import Callable, Sequence
from dataclasses import fields
from urllib.parse import urlsplit

import lti_tool.app  # noqa: F401  # every room's tables
from benchmarks import contestants
from benchmarks.contestants import Contestant, started
from benchmarks.load import Browser, LaunchFailedError, drive
from benchmarks.platform import Platform
from benchmarks.servers import Server
from lti_tool.db import Database
from tests.lti_tool.certification.papers import paper
from tests.lti_tool.certification.shelves import shelve, shelve_holder

Say = Callable[[str], None]
Work = Callable[[Server, Platform, int], float]
OF = (contestants.TOOL_SQLITE, contestants.TOOL_POSTGRESQL)
OWN = ("certificate_id", "number", "code", "verify_url", "status_index")
NAMES_EACH = 5
"""Names given for one code; more in a minute are refused."""
NAME = "stastna lukasz"
WARM = 40
SAME = 20
"""Codes that are asked for again and again."""
COURSE, KNOWN = "course page", "page behind the name"
FIRST, AGAIN = "a code's first page", "page of a code"


def suite(given: argparse.Namespace, say: Say, pages: Work) -> None:
    """Compare on both databases.

    Args:
        given: rounds and count.
        say: prints.
        pages: loads the course page so many times and gives CPU milliseconds of one.
    """
    for each in OF:
        found: dict[str, list[float]] = {COURSE: [], FIRST: [], AGAIN: [], KNOWN: []}
        for number in range(given.rounds):
            _round(each, given.count, found, pages, backwards=bool(number % 2))
        say(f"\nChecking a certificate, {each.database}: CPU ms each, {given.rounds} rounds")
        medians = {name: statistics.median(figures) for name, figures in found.items()}
        for name, figures in found.items():
            spread = f"({min(figures):.2f} to {max(figures):.2f})"
            share = f"{medians[name] / medians[COURSE]:5.2f} of the course page"
            say(f"  {name:<22} {medians[name]:6.2f}  {spread}  {share}")


def _round(
    each: Contestant, count: int, found: dict[str, list[float]], pages: Work, *, backwards: bool
) -> None:
    platform = Platform()
    with started(each, platform) as server:
        codes = _fill(server.database_url, count // NAMES_EACH + WARM)
        others = _fill(server.database_url, count + WARM)
        works: dict[str, Callable[[], float]] = {
            COURSE: lambda: pages(server, platform, count),
            FIRST: lambda: _by_code(server, others[WARM:], count, warm=others[:WARM]),
            AGAIN: lambda: _by_code(server, codes[:SAME], count * 3, warm=codes[:SAME] * 4),
            KNOWN: lambda: _by_name(server, codes, count),
        }
        for name in reversed(works) if backwards else works:
            found[name].append(works[name]())
    platform.close()


def _by_code(server: Server, codes: Sequence[str], times: int, *, warm: Sequence[str]) -> float:
    browser = Browser(urlsplit(server.url).netloc)

    def check(code: str) -> None:
        answer = browser.request("GET", f"{server.url}/verify/{code}")
        if answer.status != 200 or code.encode() not in answer.body:
            raise LaunchFailedError(f"{answer.status} for a code")

    drive(lambda number: check(warm[number]), count=len(warm))
    return _cpu_ms(server, lambda number: check(codes[number % len(codes)]), times)


def _by_name(server: Server, codes: Sequence[str], times: int) -> float:
    browser = Browser(urlsplit(server.url).netloc)
    first = browser.request("GET", f"{server.url}/verify/{codes[0]}").text
    token = re.search(r'name="csrf_token" value="([^"]+)"', first)
    form = {"csrf_token": token[1] if token else "", "name": NAME}

    def give(number: int) -> None:
        code = codes[number % len(codes)]
        answer = browser.request("POST", f"{server.url}/verify/{code}", form)
        if answer.status != 200 or b"66.66" not in answer.body:
            raise LaunchFailedError(f"{answer.status} for a name")

    drive(give, count=WARM)
    return _cpu_ms(server, give, times)


def _cpu_ms(server: Server, work: Callable[[int], None], times: int) -> float:
    before = server.cpu_s()
    drive(work, count=times)
    return (server.cpu_s() - before) * 1000 / times


def _fill(url: str, count: int) -> list[str]:
    """Write so many certificates of thirteen elements; give their codes."""
    facts = paper()
    said = {each.name: getattr(facts, each.name) for each in fields(facts) if each.name not in OWN}
    held = Database(url)
    with held.begin() as session:
        codes = [shelve(session, shelve_holder(session), **said).code for _ in range(count)]
    held.dispose()
    return codes
