"""Figures, as ratios to bare floors in the same run: ``python -m benchmarks [launch|store ...]``.

CPU seconds are those of the contestant's processes and its database, read from the system; the
load's own are not in them. Contestants alternate; each figure is the median of the rounds.
"""

from __future__ import annotations

import argparse
import re
import statistics
import sys
from collections.abc import Callable
from urllib.parse import urlsplit

from benchmarks import certificates, contestants, register, store, verification
from benchmarks.contestants import Contestant, started
from benchmarks.learners import Learner, prepare
from benchmarks.load import Browser, Landing, LaunchFailedError, Result, drive, launch
from benchmarks.platform import Platform
from benchmarks.servers import Server

WARM = 40
Work = Callable[[Server, Platform, int], float]
"""Does its work so many times, gives CPU milliseconds of one."""


def main() -> None:
    """Measure what was asked for, and print it."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("what", nargs="*", choices=[*SUITES, []], default=[])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--without-peers", action="store_true", help="tool and floor only")
    parser.add_argument("--most", type=int, default=100_000, help="rows to find among")
    given = parser.parse_args()
    for name in given.what or SUITES:
        SUITES[name](given)


def compare(
    title: str, work: Work, of: list[Contestant], given: argparse.Namespace
) -> dict[Contestant, float]:
    """Measure contestants in turn, forwards and backwards; print and give the medians."""
    found: dict[Contestant, list[float]] = {each: [] for each in of}
    for number in range(given.rounds):
        for each in of if number % 2 == 0 else reversed(of):
            platform = Platform()
            with started(each, platform) as server:
                found[each].append(work(server, platform, given.count))
            platform.close()
    say(f"\n{title}: CPU ms each, median (least to most) of {given.rounds} rounds")
    medians = {}
    for each, figures in found.items():
        medians[each] = statistics.median(figures)
        spread = f"{min(figures):.2f} to {max(figures):.2f}"
        name = f"{each.name}, {each.database}" if each.database else each.name
        say(f"  {name:<28} {medians[each]:6.2f}  ({spread})  {1000 / medians[each]:6.0f} a CPU s")
    return medians


def ratio(medians: dict[Contestant, float], ours: Contestant, theirs: Contestant) -> None:
    """Print how many times theirs costs what ours does."""
    if ours in medians and theirs in medians:
        share = medians[theirs] / medians[ours]
        name = f"{ours.name}, {ours.database} / {theirs.name}"
        say(f"  {name:<45} {share:5.2f} times as many a CPU s")


def say(line: str) -> None:
    """Print a line at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


# Launches


def launches(server: Server, platform: Platform, times: int) -> float:
    """Launch as so many new people: login, signed message, first page."""
    drive(lambda _number: launch(server.url, platform), count=WARM)
    fetched = platform.fetches
    before = server.cpu_s()
    drive(lambda _number: launch(server.url, platform), count=times)
    if "lti_tool" in " ".join(map(str, server.process.args)) and platform.fetches != fetched:
        raise LaunchFailedError("a warm launch asked for the key set")
    return (server.cpu_s() - before) * 1000 / times


def suite_launch(given: argparse.Namespace) -> None:
    """Launches against floor and peers, and with a key set that takes 50 ms."""
    of = [
        contestants.TOOL_SQLITE,
        contestants.TOOL_POSTGRESQL,
        contestants.FLOOR_SQLITE,
        contestants.FLOOR_POSTGRESQL,
    ]
    if not given.without_peers:
        of += [contestants.EXAMPLE, contestants.LTIJS_POSTGRESQL]
    medians = compare("Whole launch", launches, of, given)
    for ours, theirs in (
        (contestants.TOOL_SQLITE, contestants.FLOOR_SQLITE),
        (contestants.TOOL_POSTGRESQL, contestants.FLOOR_POSTGRESQL),
        (contestants.TOOL_SQLITE, contestants.EXAMPLE),
        (contestants.TOOL_POSTGRESQL, contestants.EXAMPLE),
        (contestants.TOOL_POSTGRESQL, contestants.LTIJS_POSTGRESQL),
    ):
        ratio(medians, ours, theirs)
    rates = {}
    for delay_s in (0.0, 0.05):
        platform = Platform(delay_s=delay_s)
        with started(contestants.TOOL_SQLITE, platform) as server:
            drive(lambda _n, s=server, p=platform: launch(s.url, p), count=WARM)
            done = drive(lambda _n, s=server, p=platform: launch(s.url, p), count=given.count)
            rates[delay_s] = done.count / done.seconds
        platform.close()
    say(f"  key set that takes 50 ms: {rates[0.05] / rates[0.0]:.2f} times the launches a second")


# Pages


def pages(server: Server, platform: Platform, times: int) -> float:
    """Load one page of about 20 kB again and again, as somebody who is in."""
    landing = launch(server.url, platform)
    path = _page_of(landing)
    browser = Browser(landing.browser.host, dict(landing.browser.cookies))
    load = _loading(browser, f"{server.url}{path}")
    drive(load, count=WARM)
    before = server.cpu_s()
    drive(load, count=times * 3)
    return (server.cpu_s() - before) * 1000 / (times * 3)


def _loading(browser: Browser, url: str) -> Callable[[int], None]:
    def load(_number: int) -> None:
        answer = browser.request("GET", url)
        if answer.status != 200 or len(answer.body) < 10_000:
            raise LaunchFailedError(f"{answer.status} {len(answer.body)} bytes at {url}")

    return load


def _page_of(landing: Landing) -> str:
    """Give the address of a page of text; the floor has one page only."""
    found = re.search(r'href="(/v/[^"]+/learn/alifeca/[^"/]+/01-[^"]+)"', landing.answer.text)
    return found[1] if found else urlsplit(landing.url).path


def suite_page(given: argparse.Namespace) -> None:
    """A course page against the floor's page."""
    of = [contestants.TOOL_SQLITE, contestants.FLOOR_SQLITE]
    medians = compare("Page of somebody who is in", pages, of, given)
    ratio(medians, *of)


# Answers


def answers(server: Server, platform: Platform, times: int) -> float:
    """Answer questions as many learners do, each a few."""
    told = prepare(server.url, platform, times * 2 + WARM)
    drive(lambda n: _send(told[n]), count=WARM)
    before = server.cpu_s()
    drive(lambda n: _send(told[WARM + n]), count=times * 2)
    return (server.cpu_s() - before) * 1000 / (times * 2)


def _send(told: tuple[Learner, str, dict[str, str]]) -> None:
    learner, address, form = told
    learner.send(address, form)


def suite_answer(given: argparse.Namespace) -> None:
    """An answer against the floor's, on both databases."""
    of = [
        contestants.TOOL_SQLITE,
        contestants.FLOOR_SQLITE,
        contestants.TOOL_POSTGRESQL,
        contestants.FLOOR_POSTGRESQL,
    ]
    medians = compare("Answer", answers, of, given)
    ratio(medians, of[0], of[1])
    ratio(medians, of[2], of[3])
    each_s = medians[of[0]] / 1000
    say(f"  one core carries {5 / each_s:.0f} learners at one answer each 5 s (SQLite)")


def suite_wait(given: argparse.Namespace) -> None:
    """How long an answer takes with eight writers on SQLite, at half the saturation rate."""
    platform = Platform()
    times = given.count * 4
    with started(contestants.TOOL_SQLITE, platform) as server:
        told = prepare(server.url, platform, times * 2)
        full = drive(lambda n: _send(told[n]), count=times, threads=8)
        rate = full.count / full.seconds / 2
        half = drive(lambda n: _send(told[times + n]), count=times, threads=8, per_s=rate)
    platform.close()
    _say_wait(full, half, rate)


def _say_wait(full: Result, half: Result, rate: float) -> None:
    say(f"\nAnswers of 8 writers, SQLite: {full.count / full.seconds:.0f} a second at most")
    say(
        f"  at {rate:.0f} a second: p50 {half.p50_ms:.1f} ms,"
        f" p95 {half.percentile_ms(0.95):.1f} ms, p99 {half.percentile_ms(0.99):.1f} ms,"
        f" longest {max(half.latencies_ms):.1f} ms"
    )


def suite_store(given: argparse.Namespace) -> None:
    """The record store: what it takes in and how fast it finds, on both databases."""
    store.suite(given, say)


def suite_register(given: argparse.Namespace) -> None:
    """The register: how fast an officer finds in it, on both databases."""
    register.suite(given, say)


def suite_certificates(given: argparse.Namespace) -> None:
    """Whole certificates a CPU second, and what each part takes."""
    certificates.suite(given, say)


def suite_verify(given: argparse.Namespace) -> None:
    """The page of a certificate's check against a course page, on both databases."""
    verification.suite(given, say, pages)


SUITES: dict[str, Callable[[argparse.Namespace], None]] = {
    "launch": suite_launch,
    "page": suite_page,
    "answer": suite_answer,
    "wait": suite_wait,
    "store": suite_store,
    "certificates": suite_certificates,
    "register": suite_register,
    "verify": suite_verify,
}

if __name__ == "__main__":
    main()
