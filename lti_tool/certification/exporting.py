"""The register as a table to take away: CSV and XLSX, which no spreadsheet takes for formulas."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lti_tool.certification.codes import spaced
from lti_tool.certification.paging import Turn
from lti_tool.certification.queries import Sought, find, narrowed, state_on
from lti_tool.certification.register_models import Certificate
from lti_tool.i18n import gettext as _

Read = Callable[[], AbstractContextManager[Session]]
AT_ONCE = 1_000
MOST_XLSX = 50_000
"""Rows of a workbook: more take a web process too long, and CSV has no such end."""
FORMULA = ("=", "+", "-", "@", "\t", "\r")
UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
BOM = "\ufeff"

Cell = str | int | date | None


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the table."""

    head: Callable[[], str]
    cell: Callable[[Row], Cell]
    width: int = 14


@dataclass(frozen=True, slots=True)
class Row:
    """A certificate, with what it says, on a day."""

    kept: Any
    """Its row."""
    facts: Mapping[str, Any]
    """Empty where its holder's data were erased."""
    today: date
    zone: tzinfo

    def day(self, moment: datetime | None) -> date | None:
        """Give the day of a moment where the register stands."""
        return moment.astimezone(self.zone).date() if moment else None

    @property
    def state(self) -> str:
        """Give its state on the day."""
        return state_on(self.kept.state, self.kept.valid_until, self.today)

    @property
    def issuer(self) -> str:
        """Give the name of who issued it."""
        return str((self.facts.get("issuer") or {}).get("name", ""))

    def told(self, name: str) -> str:
        """Give a text of what it says."""
        return str(self.facts.get(name) or "")


COLUMNS: tuple[Column, ...] = (
    Column(lambda: _("Number"), lambda row: row.kept.number, 22),
    Column(lambda: _("Code"), lambda row: spaced(row.kept.code), 18),
    Column(lambda: _("State"), lambda row: row.state),
    Column(lambda: _("Holder"), lambda row: row.told("holder_name"), 30),
    Column(lambda: _("Title"), lambda row: row.kept.title, 40),
    Column(lambda: _("Kind"), lambda row: row.kept.kind),
    Column(lambda: _("Scheme"), lambda row: row.kept.scheme_id, 28),
    Column(lambda: _("Scheme version"), lambda row: row.told("scheme_version")),
    Column(lambda: _("Way"), lambda row: row.told("route")),
    Column(lambda: _("Issued by"), lambda row: row.issuer, 26),
    Column(lambda: _("Examined on"), lambda row: _date(row.told("examined_on"))),
    Column(lambda: _("Issued on"), lambda row: row.kept.issued_on),
    Column(lambda: _("Valid until"), lambda row: row.kept.valid_until),
    Column(lambda: _("Suspended on"), lambda row: row.day(row.kept.suspended_at)),
    Column(lambda: _("Revoked on"), lambda row: row.day(row.kept.revoked_at)),
    Column(lambda: _("Reason of revocation"), lambda row: row.kept.revoke_code, 18),
    Column(lambda: _("Ended on"), lambda row: row.day(row.kept.ended_at)),
    Column(lambda: _("Corrects"), lambda row: row.told("supersedes"), 22),
    Column(lambda: _("Renews"), lambda row: row.told("renews"), 22),
    Column(lambda: _("Examination body"), lambda row: row.told("exam_body"), 26),
    Column(lambda: _("Training body"), lambda row: row.told("training_body"), 26),
    Column(lambda: _("Taken over from"), lambda row: row.told("taken_over_from"), 26),
    Column(lambda: _("Elements"), lambda row: len(_elements(row.facts)) or None),
    Column(lambda: _("Elements passed"), lambda row: _passed(row.facts)),
)  # fmt: skip


def rows_of(read: Read, sought: Sought, *, today: date, zone: tzinfo) -> Iterator[Row]:
    """Give what is found, in the register's order.

    Rows are read in pieces of their own, so that no transaction lasts as long as a download.
    """
    turn: Turn | None = None
    while True:
        with read() as session:
            page = find(session, sought, today=today, turn=turn, size=AT_ONCE)
            ids = [each.id for each in page.entries]
            kept = {
                row.id: row
                for row in session.execute(select(*_KEPT).where(Certificate.id.in_(ids)))
            }
        for each in ids:
            if each in kept:
                yield Row(kept[each], kept[each].facts or {}, today, zone)
        turn = page.after
        if turn is None:
            return


def csv_of(rows: Iterator[Row]) -> Iterator[str]:
    """Write CSV (RFC 4180) in UTF-8 with a byte order mark, a piece at a time."""
    held = io.StringIO()
    writer = csv.writer(held)
    writer.writerow([column.head() for column in COLUMNS])
    yield BOM + held.getvalue()
    for number, row in enumerate(rows, start=1):
        if number % 100 == 1:
            held.seek(0)
            held.truncate()
        writer.writerow([_plain(column.cell(row)) for column in COLUMNS])
        if number % 100 == 0:
            yield held.getvalue()
    yield held.getvalue() if held.tell() else ""


def xlsx_of(rows: Iterator[Row]) -> bytes:
    """Write a workbook of at most :data:`MOST_XLSX` certificates; see ``workbooks.py``."""
    from lti_tool.certification.workbooks import book_of  # noqa: PLC0415  # slow to load, rare

    return book_of(rows, COLUMNS, most=MOST_XLSX)


def count(session: Session, sought: Sought, *, today: date) -> int:
    """Count what would be written."""
    inner = narrowed(session, sought, today=today).subquery()
    return session.scalar(select(func.count()).select_from(inner)) or 0


def safe(text: str) -> str:
    """Write a text so that no spreadsheet reads it as a formula."""
    clean = UNPRINTABLE.sub(" ", text)
    return f"'{clean}" if clean.startswith(FORMULA) else clean


def _plain(cell: Cell) -> str:
    if cell is None:
        return ""
    return cell.isoformat() if isinstance(cell, date) else safe(str(cell))


def _date(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


def _elements(facts: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [each for unit in facts.get("units", ()) for each in unit["elements"]]


def _passed(facts: Mapping[str, Any]) -> int | None:
    elements = _elements(facts)
    return sum(bool(each["passed"]) for each in elements) if elements else None


_KEPT = (
    Certificate.id,
    Certificate.number,
    Certificate.code,
    Certificate.state,
    Certificate.title,
    Certificate.kind,
    Certificate.scheme_id,
    Certificate.facts,
    Certificate.issued_on,
    Certificate.valid_until,
    Certificate.suspended_at,
    Certificate.revoked_at,
    Certificate.revoke_code,
    Certificate.ended_at,
)
