"""The record store: what it takes in, over HTTP and in process, and how fast it finds.

``python -m benchmarks store``: ``--count`` times ten is the number of statements that are sent, one
a request; ``--most`` is how far the store is filled for finding. Sending is measured next to a bare
route that keeps a body with one commit, in the same run.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import insert, make_url, text

from benchmarks.contestants import database_of
from benchmarks.load import Result
from benchmarks.sentences import HOME, Sentences, registration_of
from benchmarks.servers import GUNICORN, Server, free_port, running
from benchmarks.store_load import Key, send
from benchmarks.store_memory import hold
from xapi import credentials, received, search
from xapi.db import Base, Database
from xapi.fresh import make_batch
from xapi.models import Link, StatementRow
from xapi.store import Writer

DATABASES = ("sqlite", "postgresql")
BATCHES = (1, 10, 100, 1000)
CLIENTS = (1, 8)
AUTHORITY = {"objectType": "Agent", "account": {"homePage": HOME, "name": "bench"}}
STEPS = (10_000, 100_000, 1_000_000)
ASKED = 60

Say = Callable[[str], None]


def suite(given: argparse.Namespace, say: Say) -> None:
    """Take in, over HTTP and in process; find; and what it takes on disk."""
    for database in DATABASES:
        ingest(database, given.count * 10, say)
    in_process(given.rounds, say)
    for database in DATABASES:
        find(database, given.most, say)


# Over HTTP


@contextmanager
def _serving(url: str, pids: list[int], application: str) -> Iterator[tuple[Server, Key]]:
    key, secret = "nobody", "nothing"
    if application.startswith("xapi"):
        held = Database(url)
        Base.metadata.create_all(held.engine)
        with held.begin() as session:
            key, secret = credentials.create(
                session, label="bench", scopes=["all"], now=datetime.now(UTC)
            )
        held.dispose()
    environ = {
        "XAPI_DATABASE_URL": url,
        "BENCH_DATABASE_URL": url,
        "XAPI_REQUESTS_PER_MINUTE": "100000000",
        "MALLOC_ARENA_MAX": "2",  # as `python -m xapi serve` sets it
    }
    if not application.startswith("xapi"):
        environ.pop("XAPI_DATABASE_URL")
        command = [sys.executable, "-m", "benchmarks.store_floor"]
        subprocess.run(command, env={**os.environ, **environ}, check=True)
    port = free_port()
    command = [
        GUNICORN, "--bind", f"127.0.0.1:{port}", "--workers", "1", "--threads", "32",
        "--keep-alive", "60", "--worker-tmp-dir", "/dev/shm", "--log-level", "error", application,
    ]  # fmt: skip
    with running(command, port=port, environ=environ, others=pids) as server:
        yield server, Key(server.url, key, secret)


def ingest(database: str, count: int, say: Say) -> None:
    """Statements a second, and a CPU second of server and database, next to the floor."""
    say(f"\nTaking in, {database}, one web process (statements a second; a CPU second; ms)")
    with database_of(database) as (url, pids), _serving(url, pids, FLOOR) as (server, key):
        floors = {
            clients: _row(server, key, say, size=1, clients=clients, count=count)
            for clients in (*CLIENTS, 32)
        }
    with database_of(database) as (url, pids), _serving(url, pids, STORE) as (server, key):
        for clients in (*CLIENTS, 32):
            made = _row(server, key, say, size=1, clients=clients, count=count)
            say(f"    {made / floors[clients]:.2f} of the floor")
        for size in BATCHES[1:]:
            for clients in CLIENTS:
                _row(server, key, say, size=size, clients=clients, count=count * 2)
    with database_of(database) as (url, pids), _serving(url, pids, STORE) as (server, key):
        hold(server, key, say)


FLOOR, STORE = "benchmarks.store_floor:app", "xapi.app:create_app()"


def _row(server: Server, key: Key, say: Say, *, size: int, clients: int, count: int) -> float:
    source = Sentences(time.time_ns())
    warm = [key.post(source.batch(size)) for _ in range(clients * 3)]
    requests = [key.post(source.batch(size)) for _ in range(max(count // size, clients * 3))]
    send(server.url, warm, clients=clients)
    before = server.cpu_s()
    done = send(server.url, requests, clients=clients)
    cpu_s = server.cpu_s() - before
    many = len(requests) * size
    who = "floor" if key.key == "nobody" else "store"
    say(
        f"  {who} {size:>5} a POST, {clients:>2} clients: {many / done.seconds:>7.0f}"
        f"  {many / cpu_s:>7.0f}  {_told(done)}"
    )
    return many / done.seconds


def _told(done: Result) -> str:
    shares = (0.5, 0.95, 0.99)
    return " ".join(f"p{share * 100:.0f} {done.percentile_ms(share):.1f}" for share in shares)


# In process


def in_process(rounds: int, say: Say) -> None:
    """Batches of 100 on PostgreSQL, next to a bare pipelined executemany of the same rows."""
    shares: list[float] = []
    with database_of("postgresql") as (url, _):
        held = _fresh(url)
        writer = Writer(held.begin)
        _fill(writer, Sentences(1), 2_000)
        for number in range(rounds):
            bodies = [Sentences(number * 1000 + each + 2).batch(100) for each in range(40)]
            began = time.perf_counter()
            for body in bodies:
                writer.keep(make_batch(received.read_each(body), AUTHORITY, version="1.0.3"))
            ours = time.perf_counter() - began
            shares.append(_bare(held, 4_000) / ours)
        held.dispose()
    say(
        f"\n100 a batch in process, PostgreSQL: {statistics.median(shares):.2f} of a bare"
        f" pipelined executemany of the same rows ({min(shares):.2f} to {max(shares):.2f})"
    )


def _bare(held: Database, count: int) -> float:
    """Write the newest rows once more, bare; give the seconds."""
    with held.begin() as session:
        newest = "SELECT * FROM xapi_statement ORDER BY seq DESC LIMIT :count"
        rows = [dict(row) for row in session.execute(text(newest), {"count": count}).mappings()]
        first = min(row["seq"] for row in rows)
        found = session.execute(text("SELECT * FROM xapi_link WHERE seq >= :n"), {"n": first})
        links: dict[int, list[dict[str, Any]]] = {}
        for row in found.mappings():
            links.setdefault(row["seq"], []).append(dict(row))
        session.execute(text("DELETE FROM xapi_statement WHERE seq >= :n"), {"n": first})
        session.execute(text("DELETE FROM xapi_link WHERE seq >= :n"), {"n": first})
    rows.sort(key=lambda row: row["seq"])
    statement, link = (str(insert(each).compile(held.engine)) for each in (StatementRow, Link))
    raw = held.engine.raw_connection()
    began = time.perf_counter()
    for start in range(0, count, 100):
        some = rows[start : start + 100]
        with raw.cursor() as cursor:
            cursor.executemany(statement, some)
            cursor.executemany(link, [each for row in some for each in links[row["seq"]]])
        raw.commit()
    seconds = time.perf_counter() - began
    raw.close()
    return seconds


def _fresh(url: str) -> Database:
    held = Database(url)
    Base.metadata.create_all(held.engine)
    return held


def _fill(writer: Writer, source: Sentences, count: int) -> None:
    for _ in range(count // 1000):
        body = source.batch(1000)
        writer.keep(make_batch(received.read_each(body), AUTHORITY, version="1.0.3"))


# Finding


def _questions() -> dict[str, search.Query]:
    person = "account {} {}".format(f"{HOME}/id/people", f"{7:032x}")
    course = f"{HOME}/id/course/course-09"
    bench = f"account {HOME} bench"
    verbs = "http://adlnet.gov/expapi/verbs/"
    return {
        "latest": search.Query(),
        "verb, frequent": search.Query(verb=f"{verbs}answered"),
        "verb, rare": search.Query(verb=f"{verbs}attempted"),
        "verb, never": search.Query(verb=f"{verbs}none"),
        "agent": search.Query(agent=person),
        "agent + verb": search.Query(agent=person, verb=f"{verbs}passed"),
        "agent, related": search.Query(agent=bench, related_agents=True),
        "activity": search.Query(activity=f"{course}/page-03"),
        "activity, related": search.Query(activity=course, related_activities=True),
        "activity, related + verb": search.Query(
            activity=course, related_activities=True, verb=f"{verbs}passed"
        ),
        "agent + activity, related": search.Query(
            agent=person, activity=course, related_activities=True
        ),
        "activity + agent, both related": search.Query(
            activity=course, related_activities=True, agent=bench, related_agents=True
        ),
        "the same + verb": search.Query(
            activity=f"{course}/module-3",
            related_activities=True,
            agent=bench,
            related_agents=True,
            verb=f"{verbs}passed",
        ),
        "verb, of one authority": search.Query(verb=f"{verbs}passed", authority=bench),
        "registration": search.Query(registration=UUID(registration_of(7, 9))),
        "registration + verb": search.Query(
            registration=UUID(registration_of(7, 9)), verb=f"{verbs}answered"
        ),
        "since, ascending": search.Query(since=datetime(2020, 1, 1, tzinfo=UTC), ascending=True),
        "agent + since": search.Query(agent=person, since=datetime(2020, 1, 1, tzinfo=UTC)),
    }


def find(database: str, most: int, say: Say) -> None:
    """Each question in process, p50, as the store grows; and bytes on disk."""
    say(f"\nFinding 100, in process, {database} (p50 ms; answers)")
    with database_of(database) as (url, _):
        held = _fresh(url)
        writer, source, filled = Writer(held.begin), Sentences(3), 0
        for step in [each for each in STEPS if each <= most]:
            began = time.perf_counter()
            _fill(writer, source, step - filled)
            rate = (step - filled) / (time.perf_counter() - began)
            filled = step
            _settle(held)
            size = _size_bytes(held, url) / step
            say(f"  at {step:,}: filled with {rate:.0f} a second, {size:.0f} bytes a statement")
            for name, query in _questions().items():
                p50_ms, found = _asked(held, query)
                say(f"    {name:<30} {p50_ms:6.2f}  {found}")
        held.dispose()


def _asked(held: Database, query: search.Query) -> tuple[float, int]:
    times = []
    found = 0
    for _ in range(ASKED):
        began = time.perf_counter()
        with held.read() as session:
            page = search.find(session, query)
            body = ",".join(page.payloads)
        times.append((time.perf_counter() - began) * 1000)
        found = len(page.payloads)
    return statistics.median(times) if body or not found else 0.0, found


def _settle(held: Database) -> None:
    with held.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if held.engine.dialect.name == "sqlite":
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        else:
            connection.exec_driver_sql("VACUUM (ANALYZE)")  # as it does by itself, in its own time


def _size_bytes(held: Database, url: str) -> int:
    if held.engine.dialect.name == "sqlite":
        return Path(str(make_url(url).database)).stat().st_size
    with held.read() as session:
        return int(session.scalar(text("SELECT pg_database_size(current_database())")) or 0)
