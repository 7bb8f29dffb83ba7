"""Candidates from a CSV file: read whole, all faults told by line, nothing entered before."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from courses.scheme_reading import Schemes
from courses.schemes import CertificateScheme, Route, SchemeKind
from lti_tool.certification.entered_before import Roll
from lti_tool.certification.entering import (
    TOLD,
    EnteredAlreadyError,
    Entry,
    EntryError,
    enter,
    read_day,
    read_result,
)
from lti_tool.certification.humans import Hand
from lti_tool.certification.inviting import read_address
from lti_tool.certification.letters import Post
from lti_tool.errors import ToolError
from lti_tool.i18n import gettext as _
from lti_tool.plain import has_controls, without_controls, words_on_controls

MOST_LINES = 2000
NAME, DAY, EMAIL = "name", "day", "email"


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a list."""

    number: int
    """In the file, from 1; the head is line 1."""
    name: str
    entry: Entry | None
    """None: it cannot be used."""
    fault: str = ""


@dataclass(frozen=True, slots=True)
class EntryList:
    """A list as it was read."""

    lines: tuple[Line, ...] = ()
    fault: str = ""
    """Why none of it can be used; empty: see the lines."""

    @property
    def entries(self) -> tuple[Entry, ...]:
        """Give the candidates that can be entered."""
        return tuple(line.entry for line in self.lines if line.entry is not None)

    @property
    def mute(self) -> tuple[Entry, ...]:
        """Give the candidates whose name nobody saw, and who get no letter to confirm it."""
        return tuple(each for each in self.entries if not (each.name_seen or each.address))

    @property
    def faulty(self) -> tuple[Line, ...]:
        """Give the lines that cannot."""
        return tuple(line for line in self.lines if line.entry is None)


@dataclass(frozen=True, slots=True)
class _Reading:
    """What holds for all lines of a list."""

    scheme: CertificateScheme
    route: Route
    name_seen: bool
    now: datetime


@dataclass(frozen=True, slots=True)
class Entered:
    """What became of a list."""

    case_ids: tuple[UUID, ...]
    left: tuple[tuple[str, str], ...]
    """Name and reason of those that were not entered."""


def columns_of(
    scheme: CertificateScheme, route: Route, *, has_mail: bool = False
) -> tuple[str, ...]:
    """Give the columns of a list: those that are needed first, then those that may stay empty.

    Args:
        scheme: for which candidates are entered.
        route: how they proved it.
        has_mail: whether letters can be sent, so that addresses are of use.
    """
    codes = tuple(each.code for each in scheme.card.elements) if scheme.card else ()
    elements = codes if scheme.kind not in {SchemeKind.ATTENDANCE, SchemeKind.TRAINER} else ()
    earlier = ("earlier_register", "earlier_number")
    told = tuple(each for each in TOLD if each not in earlier)
    email = (EMAIL,) if has_mail else ()
    if route is Route.TAKEN_OVER:
        return (NAME, DAY, *email, *earlier, *told)
    return (NAME, DAY, *email, *elements, *told)


def read_list(
    content: bytes,
    scheme: CertificateScheme,
    route: Route,
    *,
    name_seen: bool,
    has_mail: bool = False,
    now: datetime,
) -> EntryList:
    """Read a list of candidates.

    Args:
        content: CSV with a head, in UTF-8 or, as old spreadsheets write it, Windows-1252; commas,
            semicolons or tabs between.
        scheme: for which all are entered.
        route: how they proved it.
        name_seen: whether the officer saw all names on documents.
        has_mail: whether letters can be sent.
        now: the moment.
    """
    rows, fault = _rows(decoded(content))
    if fault:
        return EntryList(fault=fault)
    if not rows:
        return EntryList(fault=_("The file is empty."))
    head = [cell.strip() for cell in rows[0]]
    allowed = columns_of(scheme, route, has_mail=has_mail)
    fault = _head_fault(head, allowed)
    if fault:
        return EntryList(fault=fault)
    if len(rows) - 1 > MOST_LINES:
        return EntryList(fault=_("At most 2,000 candidates in one list: cut it into several."))
    reading = _Reading(scheme, route, name_seen, now)
    lines = tuple(
        _line(number, dict(zip(head, row, strict=False)), reading)
        for number, row in enumerate(rows[1:], start=2)
        if any(cell.strip() for cell in row)
    )
    return (
        EntryList(lines) if lines else EntryList(fault=_("There are no candidates below the head."))
    )


def enter_all(
    session: Session,
    entries: tuple[Entry, ...],
    hand: Hand,
    *,
    schemes: Schemes,
    post: Post | None = None,
    roll: Roll | None = None,
    now: datetime,
) -> Entered:
    """Enter the candidates of a list; those entered before are left out, told, and not written to.

    Args:
        session: of the act.
        entries: what was read.
        hand: whose act it is.
        schemes: as they are now.
        post: what letters to the holders are made with; None: none are sent.
        roll: of those who were entered before, where more lists are entered in this transaction.
        now: the moment.
    """
    roll = Roll() if roll is None else roll
    made: list[UUID] = []
    left: list[tuple[str, str]] = []
    for entry in entries:
        try:
            case = enter(session, entry, hand, schemes=schemes, post=post, roll=roll, now=now)
        except EnteredAlreadyError as error:
            left.append((entry.name, f"{error.words} {words_on_namesakes()}"))
        else:
            made.append(case.id)
    return Entered(tuple(made), tuple(left))


def words_on_namesakes() -> str:
    """Say how somebody comes in whose name and day a list holds twice, or an earlier case has."""
    return _("Another person of the same name is entered by the form for one candidate.")


def example_of(scheme: CertificateScheme, route: Route, *, has_mail: bool = False) -> str:
    """Give an empty list to fill in: its head, as CSV."""
    made = io.StringIO()
    csv.writer(made).writerow(columns_of(scheme, route, has_mail=has_mail))
    return made.getvalue()


def decoded(content: bytes) -> str:
    """Read a file as text, as UTF-8 or else as old spreadsheets write it."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")


def _rows(text: str) -> tuple[list[list[str]], str]:
    """Part a text into lines and cells, whatever ends its lines; or say why that cannot be done."""
    told = io.StringIO(text, newline=None)
    parting = max(",;\t", key=told.readline().count)
    told.seek(0)
    reader = csv.reader(told, delimiter=parting)
    try:
        return list(reader), ""
    except csv.Error:
        words = _("Line %(number)s cannot be read as CSV: it may be very long, or a quotation mark "
                  "before it is not closed.")  # fmt: skip
        return [], words % {"number": reader.line_num}


def _head_fault(head: list[str], allowed: tuple[str, ...]) -> str:
    missing = [each for each in (NAME, DAY) if each not in head]
    if missing:
        words = _("The first line must name the columns; %(column)s is missing.")
        return words % {"column": missing[0]}
    unknown = [each for each in head if each and each not in allowed]
    if unknown:
        words = _("Column %(column)s is not known. Known are: %(known)s.")
        return words % {"column": unknown[0][:60], "known": ", ".join(allowed)}
    if len(set(head)) < len(head):
        return _("A column stands there twice.")
    return ""


def _line(number: int, row: Mapping[str, str], reading: _Reading) -> Line:
    name = " ".join(row.get(NAME, "").split())
    if any(has_controls(cell) for cell in row.values()):
        return Line(number, without_controls(name), None, words_on_controls())
    try:
        if not name:
            raise EntryError("name", words=_("There is no name."))
        entry = Entry(
            scheme_id=reading.scheme.id,
            route=reading.route,
            name=name,
            day=read_day(row.get(DAY, ""), reading.now),
            is_organisation=reading.scheme.kind is SchemeKind.TRAINING_BODY,
            name_seen=reading.name_seen,
            address=read_address(row.get(EMAIL, "")),
            results=dict(_results(row, reading.scheme)),
            told={key: row[key] for key in TOLD if row.get(key, "").strip()},
        )
    except ToolError as error:
        return Line(number, name, None, error.words or "")
    return Line(number, name, entry)


def _results(
    row: Mapping[str, str], scheme: CertificateScheme
) -> Iterator[tuple[str, Mapping[str, object]]]:
    for element in scheme.card.elements if scheme.card else ():
        result = read_result(row.get(element.code, ""))
        if result is not None:
            yield element.code, result
