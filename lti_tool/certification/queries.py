"""Finding in the register: by name, number or code, filtered, newest first, a page at a time.

Pages go on from the last row seen (its day and number) and never count rows off, so that the last
page of a million comes as quickly as the first; each filter has an index in that order.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, exists, false, func, or_, select, tuple_
from sqlalchemy.orm import InstrumentedAttribute, Session

from lti_tool.certification.codes import read_code
from lti_tool.certification.paging import PAGE, Turn, turned
from lti_tool.certification.register_models import Certificate, CertificateState, Serial
from lti_tool.certification.searching import has_words, holds_words, words_of

MOST_COUNTED = 500
"""From here on a page says `more than`, instead of counting a million rows."""
NEXT = 12_000
"""Among how many rows, in their order, a name is looked for first; see :func:`_page`."""
NEXT_FILTERED = 2_000
"""The same where rows have to be fetched, since a filter leads to them."""
WIDER = (100_000, 10**9)
"""And then, of a name that a crowd bears."""
CROWD = 3_000
"""How many of one name are put in order."""
EXPIRED = "expired"
STATES = ("issued", EXPIRED, "suspended", "revoked", "superseded", "withdrawn", "numbered", "void")
"""What can be filtered by; ``issued`` are those that hold on the day."""
NUMBER = re.compile(
    r"(?:(?:(?P<prefix>[A-Z][A-Z0-9]{1,9})-)?(?:(?P<middle>[A-Z]{2})-)?(?P<year>\d{4})-)?"
    r"(?P<serial>\d{1,9})"
)
"""A number of the register, or its end: ``ASA-EX-2026-000123``, ``2026-123``, ``123``."""


@dataclass(frozen=True, slots=True)
class Sought:
    """What is looked for; empty fields ask for nothing."""

    text: str = ""
    """Beginnings of names, a number or its end, or a code."""
    scheme_id: str = ""
    kind: str = ""
    state: str = ""
    """One of :data:`STATES`."""
    since: date | None = None
    """First day of issue."""
    until: date | None = None
    """Last day of issue."""
    within: frozenset[str] | None = None
    """Schemes that the reader answers for; None: all."""

    @property
    def is_anything(self) -> bool:
        """Say whether every certificate is meant."""
        return self == Sought(within=self.within)


@dataclass(frozen=True, slots=True)
class Entry:
    """A row of the register, as a list shows it."""

    id: UUID
    number: str
    code: str
    name: str
    """Empty: the holder's data were erased."""
    title: str
    scheme_id: str
    kind: str
    state: str
    """``certification.register_models.CertificateState`` by value, or ``expired``."""
    issued_on: date
    valid_until: date | None
    fault: str
    """Why its documents could not be made yet."""


@dataclass(frozen=True, slots=True)
class Found:
    """One page."""

    entries: tuple[Entry, ...]
    before: Turn | None
    """Where the page before it begins; None: this is the first."""
    after: Turn | None
    """Where the next one begins; None: this is the last."""


def find(
    session: Session, sought: Sought, *, today: date, turn: Turn | None = None, size: int = PAGE
) -> Found:
    """Give one page, newest first (of the expired: those that ended last).

    Args:
        session: reads.
        sought: what is looked for.
        today: in the register's time zone.
        turn: where the page begins; None: the first.
        size: of the page.
    """
    day = _day_of(sought)
    page = _page(session, sought, today, turn, size + 1).with_only_columns(*_columns(day))
    rows = session.execute(page.order_by(*_ordered(day, Certificate.number, turn))).all()
    page_of = turned(rows, turn, size, lambda row: (row.day, row.number))
    entries = tuple(_entry(row, today) for row in page_of.rows)
    return Found(entries, page_of.before, page_of.after)


def number_of(session: Session, sought: Sought, found: Found, *, today: date) -> int:
    """Give how many there are, of which one page is known; see :func:`count`."""
    if found.before is None and found.after is None:
        return len(found.entries)
    return count(session, sought, today=today)


def count(session: Session, sought: Sought, *, today: date, most: int = MOST_COUNTED) -> int:
    """Count what is found, up to one more than ``most``."""
    inner = narrowed(session, sought, today=today).limit(most + 1)
    return session.scalar(select(func.count()).select_from(inner.subquery())) or 0


def narrowed(session: Session, sought: Sought, *, today: date) -> Select[Any]:
    """Give a query of the certificates that are looked for, of their ids alone."""
    statement = select(Certificate.id).where(*_filters(sought, today))
    text = sought.text.strip()
    if not text:
        return statement
    number = _number_in(text)
    if number is not None:
        return statement.where(*_numbered(session, number))
    words = _words_in(session, text)
    if words:
        return statement.where(has_words(session, Certificate.name_search, words))
    code = read_code(text)
    return statement.where(false() if code is None else Certificate.code == code)


def state_on(state: str, valid_until: date | None, today: date) -> str:
    """Give a certificate's state on a day: as it is kept, or ``expired``."""
    if state == CertificateState.ISSUED and valid_until is not None and valid_until < today:
        return EXPIRED
    return str(state)


def _day_of(sought: Sought) -> InstrumentedAttribute[Any]:
    """Give the column of days that the list is in order of."""
    return Certificate.valid_until if sought.state == EXPIRED else Certificate.issued_on


def _page(
    session: Session, sought: Sought, today: date, turn: Turn | None, most: int
) -> Select[Any]:
    """Give a query of one page's certificates, to be put in order.

    A name that many bear is found among the next few rows in their order. Any other is looked up
    in the index of words, and what is found put in order, up to a crowd. The database is not left
    to choose: it cannot know how many names begin with something.
    """
    words = _words_in(session, sought.text)
    if not words or session.get_bind().dialect.name != "postgresql":
        statement = _from_turn(narrowed(session, sought, today=today), sought, turn)
        return statement.limit(most)
    is_plain = not (sought.scheme_id or sought.kind or sought.state)
    few = NEXT if is_plain else NEXT_FILTERED
    ids = _among_next(session, sought, today=today, turn=turn, most=most, few=few)
    if len(ids) < most:
        crowd = _from_turn(narrowed(session, sought, today=today), sought, turn)
        some = _placed(crowd, sought).limit(CROWD + 1).subquery()
        found = session.execute(
            select(some.c.id, func.count().over().label("all"))
            .order_by(*_ordered(some.c.day, some.c.number, turn))
            .limit(most)
        ).all()
        ids = [row.id for row in found]
        is_crowd = bool(found) and found[0].all > CROWD
        for more in WIDER if is_crowd else ():
            ids = _among_next(session, sought, today=today, turn=turn, most=most, few=more)
            if len(ids) == most:
                break
    return select(Certificate.id).where(Certificate.id.in_(ids))


def _among_next(
    session: Session, sought: Sought, *, today: date, turn: Turn | None, most: int, few: int
) -> list[UUID]:
    """Look through the next few rows in their order for a name; give the first that hold it."""
    plain = narrowed(session, replace(sought, text=""), today=today)
    rows = _placed(_from_turn(plain, sought, turn), sought)
    holds = holds_words(session, Certificate.name_search, words_of(sought.text))
    day = _day_of(sought)
    inner = (
        rows.add_columns(holds.label("holds"))
        .order_by(*_ordered(day, Certificate.number, turn))
        .limit(few)
        .subquery()
    )
    order = _ordered(inner.c.day, inner.c.number, turn)
    wanted = select(inner.c.id).where(inner.c.holds).order_by(*order).limit(most)
    return list(session.scalars(wanted))


def _from_turn(statement: Select[Any], sought: Sought, turn: Turn | None) -> Select[Any]:
    return statement if turn is None else statement.where(_beyond(_day_of(sought), turn))


def _placed(statement: Select[Any], sought: Sought) -> Select[Any]:
    """Give what a query finds with its place in the order."""
    day = _day_of(sought).label("day")
    return statement.with_only_columns(Certificate.id, day, Certificate.number)


def _ordered(day: Any, number: Any, turn: Turn | None) -> tuple[Any, Any]:
    if turn is not None and turn.back:
        return day.asc(), number.asc()
    return day.desc(), number.desc()


def _columns(day: InstrumentedAttribute[Any]) -> tuple[Any, ...]:
    return (
        Certificate.id,
        Certificate.number,
        Certificate.code,
        Certificate.facts["holder_name"].as_string().label("name"),
        Certificate.title,
        Certificate.scheme_id,
        Certificate.kind,
        Certificate.state,
        Certificate.issued_on,
        Certificate.valid_until,
        Certificate.fault,
        day.label("day"),
    )


def _entry(row: Any, today: date) -> Entry:
    return Entry(
        id=row.id,
        number=row.number,
        code=row.code,
        name=row.name or "",
        title=row.title,
        scheme_id=row.scheme_id,
        kind=row.kind,
        state=state_on(row.state, row.valid_until, today),
        issued_on=row.issued_on,
        valid_until=row.valid_until,
        fault=row.fault,
    )


def _beyond(day: InstrumentedAttribute[Any], turn: Turn) -> ColumnElement[bool]:
    here = tuple_(day, Certificate.number)
    there = tuple_(turn.at, turn.key)
    return here > there if turn.back else here < there


# What is looked for


def _filters(sought: Sought, today: date) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if sought.within is not None:
        found.append(Certificate.scheme_id.in_(sorted(sought.within)))
    if sought.scheme_id:
        found.append(Certificate.scheme_id == sought.scheme_id)
    if sought.kind:
        found.append(Certificate.kind == sought.kind)
    if sought.state:
        found.append(_in_state(sought.state, today))
    if sought.since is not None:
        found.append(Certificate.issued_on >= sought.since)
    if sought.until is not None:
        found.append(Certificate.issued_on <= sought.until)
    return found


def _in_state(state: str, today: date) -> ColumnElement[bool]:
    if state == EXPIRED:
        issued = Certificate.state == CertificateState.ISSUED
        return and_(issued, Certificate.valid_until < today)
    if state == CertificateState.ISSUED:
        holds = or_(Certificate.valid_until.is_(None), Certificate.valid_until >= today)
        return and_(Certificate.state == state, holds)
    return Certificate.state == state if state in STATES else false()


def _number_in(text: str) -> re.Match[str] | None:
    return NUMBER.fullmatch("".join(text.upper().split()))


def _words_in(session: Session, text: str) -> list[str]:
    """Give the words of a text that looks for a name; none where it is a number or a code."""
    if _number_in(text) is not None:
        return []
    code = read_code(text)
    if code is not None and session.scalar(select(exists().where(Certificate.code == code))):
        return []
    return words_of(text)


def _numbered(session: Session, number: re.Match[str]) -> tuple[ColumnElement[bool], ...]:
    """Ask for a number; the few series and years there are lead the way through the index."""
    found = select(Serial.series, Serial.year)
    if number["year"]:
        found = found.where(Serial.year == int(number["year"]))
    tail = "-".join(part for part in (number["prefix"], number["middle"]) if part)
    there = [
        (series, year)
        for series, year in session.execute(found)
        if not tail or f"-{series}".endswith(f"-{tail}")
    ]
    return (
        Certificate.series.in_({series for series, _ in there}),
        Certificate.year.in_({year for _, year in there}),
        Certificate.serial == int(number["serial"]),
    )
