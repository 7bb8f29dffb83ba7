"""The register: how fast an officer finds in it, and a stranger checks a code, as it grows.

``python -m benchmarks register --most 1000000``: made-up records of ten years and eight schemes,
some of them revoked, many expired; each question in process. A page is 50
rows; questions with ``deep`` ask for a page far behind the newest.
"""

from __future__ import annotations

import argparse
import itertools
import json
import random
import statistics
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Column, Table, delete, insert, select
from sqlalchemy.orm import Session

from benchmarks.contestants import database_of
from courses.schemes import SERIES, SchemeKind
from lti_tool.certification import queries, verifying
from lti_tool.certification.codes import ALPHABET, check_character, spaced
from lti_tool.certification.facts import Facts, Issuer
from lti_tool.certification.models import Case, CaseState, Holder
from lti_tool.certification.paging import Turn
from lti_tool.certification.queries import Sought
from lti_tool.certification.register_models import Certificate, CertificateState, Serial
from lti_tool.certification.searching import folded
from lti_tool.db import Base, Database
from lti_tool.lti import models as lti_models

STEPS = (10_000, 100_000, 1_000_000)
MOST = {"sqlite": 100_000, "postgresql": 1_000_000}
ASKED = 40
FILLED = (Holder.__table__, Case.__table__, Certificate.__table__)
BATCH = 5_000
FIRST = date(2016, 1, 4)
DAYS = 3_900
TODAY = FIRST + timedelta(days=DAYS)
SCHEMES = (
    ("attendance", SchemeKind.ATTENDANCE, 40),
    ("cybersecurity-engineer", SchemeKind.EXAM, 25),
    ("cybersecurity-manager", SchemeKind.EXAM, 20),
    ("battery-systems", SchemeKind.EXAM, 8),
    ("engineer-by-evidence", SchemeKind.EVIDENCE, 4),
    ("life-cycle-assessment", SchemeKind.MICRO_CREDENTIAL, 2),
    ("trainer", SchemeKind.TRAINER, 1),
)
STATES = (
    (CertificateState.ISSUED, 970),
    (CertificateState.SUPERSEDED, 15),
    (CertificateState.REVOKED, 10),
    (CertificateState.WITHDRAWN, 4),
    (CertificateState.SUSPENDED, 1),
)
GIVEN = ("Anna", "Maria", "Jan", "Petr", "Łukasz", "Eleni", "José", "Søren", "Zoë", "Ivana")
FAMILY = ("Novák", "Kovács", "Müller", "García", "Popescu", "Nowak", "Dubois", "Rossi", "Ozoliņš")
PARTS = ("an", "be", "kor", "di", "el", "fa", "go", "hu", "ir", "ju", "ka", "lo", "mi", "nu", "ov")

PATTERN = Facts(
    certificate_id=UUID(int=1),
    kind=SchemeKind.EXAM,
    language="en",
    number="",
    code="",
    verify_url="https://tool.example.org/verify/",
    holder_name="",
    title="",
    scheme_id="",
    scheme_version="1",
    scheme_fingerprint="0" * 64,
    issuer=Issuer("Example Alliance", "BE"),
    issued_on=FIRST,
    valid_from=FIRST,
    status_list=1,
    status_index=1,
    credential_id=UUID(int=1),
    subject_id=UUID(int=1),
).to_json()

Say = Callable[[str], None]
TABLES = [*lti_models.Base.metadata.sorted_tables]
"""With those that the room's own tables point to."""


def suite(given: argparse.Namespace, say: Say) -> None:
    """Fill and ask, on both databases."""
    for database, most in MOST.items():
        find(database, min(most, given.most), say)


def find(database: str, most: int, say: Say) -> None:
    """Ask each question as the register grows."""
    say(f"\nRegister, in process, {database} (p50 ms; fastest to slowest; rows)")
    with database_of(database) as (url, _):
        held = Database(url)
        Base.metadata.create_all(held.engine, TABLES)
        records, filled = Records(), 0
        for step in [each for each in STEPS if each <= most]:
            began = time.perf_counter()
            records.expect(step - filled)
            _fill(held, records, step - filled)
            seconds, filled = time.perf_counter() - began, step
            _settle(held)
            say(f"  at {step:,}: filled in {seconds:.0f} s")
            for name, ask in _questions(held).items():
                p50_ms, fastest_ms, slowest_ms, rows = _asked(held, ask)
                times = f"{p50_ms:7.2f}  {fastest_ms:7.2f} to {slowest_ms:7.2f}"
                say(f"    {name:<34} {times}  {rows}")
        held.dispose()


class Records:
    """Made-up records, the same in every run, in order of issue."""

    def __init__(self) -> None:
        self._random = random.Random(20261125)
        self._serials: dict[tuple[str, int], int] = {}
        self._numbers = itertools.count()
        self._indices = itertools.count()
        self._count = 1

    def expect(self, count: int) -> None:
        """Spread as many records that come next over all the years, in order."""
        self._numbers, self._count = itertools.count(), count

    def batch(self, count: int) -> tuple[list[dict[str, Any]], ...]:
        """Give so many holders, cases and certificates."""
        made = [self._record() for _ in range(count)]
        return tuple([each[at] for each in made] for at in range(3))

    def serials(self) -> list[dict[str, Any]]:
        """Give the newest number of each series and year."""
        found = self._serials.items()
        return [{"series": s, "year": y, "newest": newest} for (s, y), newest in found]

    def _record(self) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
        number = next(self._numbers)
        day = FIRST + timedelta(days=number * DAYS // self._count)
        at = datetime(day.year, day.month, day.day, 9, tzinfo=UTC)
        name, holder_id, case_id = self._name(), self._uuid(), self._uuid()
        scheme_id, kind, _ = self._random.choices(SCHEMES, [each[2] for each in SCHEMES])[0]
        holder = {
            "id": holder_id,
            "name": name,
            "name_search": folded(name),
            "created_at": at,
        }
        case = {
            "id": case_id,
            "holder_id": holder_id,
            "scheme_id": scheme_id,
            "scheme_fingerprint": "0" * 64,
            "sitting": "first",
            "route": "exam",
            "state": CaseState.NUMBERED,
            "approvers": 0,
            "name": name,
            "particulars": {},
            "entered_at": at,
            "entered_by": "worker",
        }
        made = self._certificate(day, scheme_id, kind)
        made |= {
            "case_id": case_id,
            "holder_id": holder_id,
            "facts": self._facts(made, name),
            "facts_hash": "0" * 64,
            "name_search": folded(name),
            "numbered_at": at,
            "issued_at": at,
        }
        return holder, case, made

    def _certificate(self, day: date, scheme_id: str, kind: SchemeKind) -> dict[str, Any]:
        series = f"ASA-{SERIES[kind]}"
        serial = self._serials[series, day.year] = self._serials.get((series, day.year), 0) + 1
        body = "".join(self._random.choices(ALPHABET, k=12))
        index = next(self._indices)
        state = self._random.choices([s for s, _ in STATES], [share for _, share in STATES])[0]
        ended = datetime(day.year, day.month, day.day, 10, tzinfo=UTC) + timedelta(days=30)
        is_revoked = state == CertificateState.REVOKED
        is_suspended = is_revoked or state == CertificateState.SUSPENDED
        return {
            "id": self._uuid(),
            "scheme_id": scheme_id,
            "kind": kind.value,
            "series": series,
            "year": day.year,
            "serial": serial,
            "number": f"{series}-{day.year}-{serial:06}",
            "code": body + check_character(body),
            "state": state,
            "title": scheme_id.replace("-", " ").title(),
            "issued_on": day,
            "valid_from": day,
            "valid_until": None if kind is SchemeKind.ATTENDANCE else day + timedelta(days=1096),
            "status_list": index // 131_072,
            "status_index": index % 131_072,
            "pdf_sha256": f"{self._random.getrandbits(256):064x}",
            "badge_sha256": f"{self._random.getrandbits(256):064x}",
            "suspended_at": ended if is_suspended else None,
            "suspended_human": self._uuid() if is_suspended else None,
            "revoked_at": ended if is_revoked else None,
            "revoked_human": self._uuid() if is_revoked else None,
        }

    def _facts(self, made: dict[str, Any], name: str) -> dict[str, Any]:
        """Give facts like those of another, which is quicker than to make all anew."""
        own = {each: made[each] for each in ("kind", "number", "code", "title", "scheme_id")}
        days = {each: str(made[each]) for each in ("issued_on", "valid_from") if made[each]}
        until = str(made["valid_until"]) if made["valid_until"] else None
        return {**PATTERN, **own, **days, "valid_until": until, "holder_name": name}

    def _name(self) -> str:
        """Give a name: every fifth family is one of nine, the others are of 50,000."""
        draw = self._random
        family = draw.choice(FAMILY) if draw.random() < 0.2 else self._rare()
        return f"{draw.choice(GIVEN)} {family}"

    def _rare(self) -> str:
        return "".join(self._random.choices(PARTS, k=4)).title()

    def _uuid(self) -> UUID:
        return UUID(int=self._random.getrandbits(128), version=4)


def _questions(held: Database) -> dict[str, Callable[[Session], int]]:
    """Give what is asked, by name; each gives how many rows came."""
    row = _some(held, CertificateState.ISSUED)
    deep = Turn(FIRST + timedelta(days=DAYS // 10), "ASA-EX-2016-000000")
    year = Sought(since=date(2020, 1, 1), until=date(2020, 12, 31))
    asked = {
        "newest": (Sought(), None),
        "deep": (Sought(), deep),
        "deep, back": (Sought(), Turn(deep.at, deep.key, back=True)),
        "scheme": (Sought(scheme_id="cybersecurity-engineer"), None),
        "scheme, rare, deep": (Sought(scheme_id="trainer"), deep),
        "scheme that has none": (Sought(scheme_id="none"), None),
        "kind": (Sought(kind="evidence"), None),
        "revoked": (Sought(state="revoked"), None),
        "suspended, rare scheme": (Sought(state="suspended", scheme_id="trainer"), None),
        "valid": (Sought(state="issued"), None),
        "expired": (Sought(state="expired"), None),
        "expired, rare scheme": (Sought(state="expired", scheme_id="trainer"), None),
        "one year": (year, None),
        "one year, revoked": (Sought(since=year.since, until=year.until, state="revoked"), None),
        "one year, scheme": (Sought(since=year.since, until=year.until, scheme_id="trainer"), None),
        "three of eight schemes": (
            Sought(within=frozenset({"trainer", "battery-systems", "life-cycle-assessment"})),
            None,
        ),
        "name, whole": (Sought(text=row.name_search), None),
        "name, two beginnings": (Sought(text="nov łuk"), None),
        "name, begins kor": (Sought(text="kor"), None),
        "name, begins an": (Sought(text="an"), None),
        "name, begins an, deep": (Sought(text="an"), deep),
        "name and state": (Sought(text="novak", state="revoked"), None),
        "name and rare scheme": (Sought(text="novak", scheme_id="trainer"), None),
        "name that nobody has": (Sought(text="xylophon"), None),
        "number": (Sought(text=row.number), None),
        "end of a number": (Sought(text="2021-000123"), None),
        "code": (Sought(text=spaced(row.code).lower()), None),
    }
    made: dict[str, Callable[[Session], int]] = {
        name: _finding(sought, turn) for name, (sought, turn) in asked.items()
    }
    made["counted up to 500: all"] = _counting(Sought())
    made["counted up to 500: a name"] = _counting(Sought(text="novak"))
    now = datetime(TODAY.year, TODAY.month, TODAY.day, 12, tzinfo=UTC)

    def check(session: Session) -> int:
        found = verifying.check_code(session, row.code, zone="Europe/Brussels", now=now)
        return int(found.facts is not None)

    made["a stranger checks a code"] = check
    return made


def _finding(sought: Sought, turn: Turn | None) -> Callable[[Session], int]:
    return lambda session: len(queries.find(session, sought, today=TODAY, turn=turn).entries)


def _counting(sought: Sought) -> Callable[[Session], int]:
    return lambda session: queries.count(session, sought, today=TODAY)


def _some(held: Database, state: CertificateState) -> Any:
    columns = (Certificate.number, Certificate.code, Certificate.name_search)
    with held.read() as session:
        wanted = select(*columns).where(Certificate.state == state).limit(1)
        return session.execute(wanted).one()


def _asked(held: Database, ask: Callable[[Session], int]) -> tuple[float, float, float, int]:
    times, rows = [], 0
    for number in range(ASKED + 2):
        began = time.perf_counter()
        with held.read() as session:
            rows = ask(session)
        if number >= 2:  # the first ones fetch pages from disk and prepare statements
            times.append((time.perf_counter() - began) * 1000)
    return statistics.median(times), min(times), max(times), rows


def _fill(held: Database, records: Records, count: int) -> None:
    """Write so many records; indexes are made anew afterwards, which is much quicker."""
    indexes = [index for table in FILLED for index in table.indexes if not index.unique]
    with held.begin() as session:
        for index in indexes:
            index.drop(session.connection(), checkfirst=True)
    for start in range(0, count, BATCH):
        rows = records.batch(min(BATCH, count - start))
        with held.begin() as session:
            for table, some in zip(FILLED, rows, strict=True):
                _write(session, table, some)
    with held.begin() as session:
        session.execute(delete(Serial))
        session.execute(insert(Serial), records.serials())
        for index in indexes:
            index.create(session.connection())


def _write(session: Session, table: Table, rows: list[dict[str, Any]]) -> None:
    """Write rows; PostgreSQL takes in a million of them by COPY."""
    if session.get_bind().dialect.name != "postgresql":
        session.execute(insert(table), rows)
        return
    usual = {each.name: each.default.arg for each in table.columns if _has_usual(each)}
    names = [*usual, *(name for name in rows[0] if name not in usual)]
    driver = session.connection().connection.driver_connection
    with (
        driver.cursor() as cursor,
        cursor.copy(f"COPY {table.name} ({', '.join(names)}) FROM STDIN") as copy,
    ):
        for row in rows:
            values = ({**usual, **row}[name] for name in names)
            copy.write_row(
                [json.dumps(each) if isinstance(each, dict) else each for each in values]
            )


def _has_usual(column: Column[Any]) -> bool:
    return column.default is not None and column.default.is_scalar


def _settle(held: Database) -> None:
    with held.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if held.engine.dialect.name == "sqlite":
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
            connection.exec_driver_sql("ANALYZE")
        else:
            connection.exec_driver_sql("VACUUM ANALYZE")
