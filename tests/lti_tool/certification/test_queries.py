"""Finding in the register: by name, number and code, filtered, page by page; both databases."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from courses.schemes import SchemeKind
from lti_tool.certification import queries
from lti_tool.certification.codes import read_code, spaced
from lti_tool.certification.queries import Sought
from lti_tool.certification.register_models import Certificate, Serial
from lti_tool.certification.searching import words_of
from lti_tool.db import Database
from tests.cast import NOON
from tests.lti_tool.certification.shelves import shelve, shelve_holder

TODAY = date(2026, 11, 2)
SOON = {"valid_until": TODAY - timedelta(days=1)}


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    """Give one transaction, in which all of a test happens."""
    with database.begin() as opened:
        yield opened


@pytest.fixture
def shelf(session: Session) -> Shelf:
    """Give an empty register to be filled."""
    return Shelf(session)


class Shelf:
    """Puts certificates into the register, and looks for them."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.holder_id = shelve_holder(session)

    def puts(self, name: str = "Žofie Šťastná", **changed: Any) -> Certificate:
        """Put in one."""
        made = shelve(self.session, self.holder_id, holder_name=name, **changed)
        self.session.merge(Serial(series=made.series, year=made.year, newest=made.serial))
        self.session.flush()
        return made

    def finds(self, given: str = "", **filters: Any) -> list[str]:
        """Give the numbers of what is found, in order."""
        found = queries.find(self.session, Sought(text=given, **filters), today=TODAY)
        return [each.number for each in found.entries]


# By what is typed


@pytest.mark.parametrize(
    "given",
    ["Žofie", "zof stast", "ŠŤASTNÁ ŽOFIE", "stastna-luk", "luk", "  zofie   lukasz "],
)
def test_a_name_is_found_by_the_beginnings_of_its_words(shelf: Shelf, given: str) -> None:
    wanted = shelf.puts("Žofie Šťastná-Łukasz")
    shelf.puts("Alice Novák")

    found = shelf.finds(given)

    assert found == [wanted.number]


@pytest.mark.parametrize(
    "given", ["ofie", "tastna", "zofie alice", "żżż", "%", "_", "'", "!!", "*"]
)
def test_what_no_word_begins_with_finds_nothing(shelf: Shelf, given: str) -> None:
    shelf.puts("Žofie Šťastná-Łukasz")

    assert shelf.finds(given) == []


@pytest.mark.parametrize(
    "name", ["Conor O'Brien", "Œuvre & Søn (Brien) A/S", "Ελένη Brien", "Ковач Brien"]
)
def test_words_are_parted_by_any_sign(shelf: Shelf, name: str) -> None:
    wanted = shelf.puts(name)

    assert shelf.finds("brie") == [wanted.number]
    assert shelf.finds(" ".join(words_of(name))) == [wanted.number]


def test_a_number_is_found_by_all_of_it_or_its_end(shelf: Shelf) -> None:
    exam = shelf.puts(number="ASA-EX-2026-000123")
    other = shelf.puts(number="ASA-AT-2026-000123", kind=SchemeKind.ATTENDANCE)
    earlier = shelf.puts(number="ASA-EX-2025-000123")

    found = {
        given: set(shelf.finds(given))
        for given in ("asa-ex-2026-000123", "EX-2026-123", "2026-000123", "123", "EX-2026-124")
    }

    assert found == {
        "asa-ex-2026-000123": {exam.number},
        "EX-2026-123": {exam.number},
        "2026-000123": {exam.number, other.number},
        "123": {exam.number, other.number, earlier.number},
        "EX-2026-124": set(),
    }


def test_a_code_is_found_as_people_type_it(shelf: Shelf) -> None:
    wanted = shelf.puts()
    shelf.puts()

    assert shelf.finds(spaced(wanted.code).lower()) == [wanted.number]


def test_a_name_that_reads_like_a_code_is_looked_for_as_a_name(shelf: Shelf) -> None:
    name = "Hanna Novakoaa"
    assert read_code(name) is not None
    wanted = shelf.puts(name)

    assert shelf.finds(name) == [wanted.number]


# Filters


def test_filters_narrow_together(shelf: Shelf) -> None:
    wanted = shelf.puts("Alice Novák", scheme_id="capitals-four-eyes", issued_on=date(2026, 3, 1))
    shelf.puts("Alice Novák", issued_on=date(2026, 3, 1))
    shelf.puts("Alice Novák", scheme_id="capitals-four-eyes", issued_on=date(2026, 2, 1))
    shelf.puts("Bob Novák", scheme_id="capitals-four-eyes", issued_on=date(2026, 3, 1))

    found = shelf.finds(
        "ali nov", scheme_id="capitals-four-eyes", since=date(2026, 2, 2), until=date(2026, 3, 1)
    )

    assert found == [wanted.number]


def test_kinds_are_told_apart(shelf: Shelf) -> None:
    shelf.puts()
    wanted = shelf.puts(kind=SchemeKind.ATTENDANCE)

    assert shelf.finds(kind="attendance") == [wanted.number]


def test_an_officer_of_one_scheme_finds_no_other(shelf: Shelf) -> None:
    shelf.puts()
    wanted = shelf.puts(scheme_id="capitals-four-eyes")

    assert shelf.finds(within=frozenset({"capitals-four-eyes"})) == [wanted.number]
    assert shelf.finds(within=frozenset()) == []


def test_what_has_expired_is_neither_valid_nor_lost(shelf: Shelf) -> None:
    last_day = shelf.puts(valid_until=TODAY)
    no_end = shelf.puts(valid_until=None)
    over = shelf.puts(**SOON)
    suspended = shelf.puts(columns={"state": "suspended", "suspended_at": NOON}, **SOON)

    assert set(shelf.finds(state="issued")) == {last_day.number, no_end.number}
    assert shelf.finds(state="expired") == [over.number]
    assert shelf.finds(state="suspended") == [suspended.number]
    assert shelf.finds(state="nonsense") == []


def test_the_state_of_the_day_is_told_with_each(shelf: Shelf, session: Session) -> None:
    shelf.puts(valid_until=TODAY)
    shelf.puts(**SOON)

    entries = queries.find(session, Sought(), today=TODAY).entries

    assert sorted(each.state for each in entries) == ["expired", "issued"]


def test_an_erased_certificate_is_listed_without_a_name(shelf: Shelf, session: Session) -> None:
    made = shelf.puts()
    made.facts, made.name_search = {}, ""
    session.flush()

    (entry,) = queries.find(session, Sought(), today=TODAY).entries

    assert (entry.number, entry.name) == (made.number, "")


# Pages


def test_pages_follow_each_other_both_ways_without_a_row_lost_or_twice(
    shelf: Shelf, session: Session
) -> None:
    made = [shelf.puts(issued_on=TODAY - timedelta(days=day // 3)) for day in range(11)]
    wanted = sorted(made, key=lambda each: (each.issued_on, each.number), reverse=True)

    forth, turn = [], None
    while True:
        page = queries.find(session, Sought(), today=TODAY, turn=turn, size=4)
        forth.append(page)
        turn = page.after
        if turn is None:
            break
    back, turn = [], forth[-1].before
    while turn is not None:
        page = queries.find(session, Sought(), today=TODAY, turn=turn, size=4)
        back.append(page)
        turn = page.before

    assert [each.number for page in forth for each in page.entries] == [e.number for e in wanted]
    assert [len(page.entries) for page in forth] == [4, 4, 3]
    assert forth[0].before is None
    assert [page.entries for page in back] == [page.entries for page in forth[1::-1]]


def test_pages_of_a_name_that_a_crowd_bears_are_in_order_too(
    shelf: Shelf, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = [shelf.puts("Jan Novák", issued_on=TODAY - timedelta(days=day)) for day in range(9)]
    shelf.puts("Eva Kovács")

    def pages() -> list[list[str]]:
        found, turn = [], None
        while True:
            page = queries.find(session, Sought(text="nov"), today=TODAY, turn=turn, size=4)
            found.append([each.number for each in page.entries])
            turn = page.after
            if turn is None:
                return found

    near = pages()
    monkeypatch.setattr(queries, "NEXT", 1)
    few = pages()
    monkeypatch.setattr(queries, "CROWD", 3)
    monkeypatch.setattr(queries, "WIDER", (2, 1000))
    many = pages()

    assert near == few == many
    assert [number for page in many for number in page] == [each.number for each in made]


def test_what_expired_is_in_order_of_its_last_day(shelf: Shelf, session: Session) -> None:
    days = [TODAY - timedelta(days=gone) for gone in (3, 1, 2)]
    made = {day: shelf.puts(valid_until=day).number for day in days}

    first = queries.find(session, Sought(state="expired"), today=TODAY, size=2)
    rest = queries.find(session, Sought(state="expired"), today=TODAY, turn=first.after, size=2)

    found = [each.number for each in (*first.entries, *rest.entries)]
    assert found == [made[day] for day in sorted(days, reverse=True)]


def test_counting_stops_where_a_page_says_more_than(shelf: Shelf, session: Session) -> None:
    for _ in range(4):
        shelf.puts("Jan Novák")

    assert queries.count(session, Sought(text="jan"), today=TODAY) == 4
    assert queries.count(session, Sought(), today=TODAY, most=2) == 3


def test_the_index_of_words_stands_where_names_are_looked_for(session: Session) -> None:
    if session.get_bind().dialect.name != "postgresql":
        pytest.skip("SQLite looks at every row")
    session.execute(text("SET LOCAL enable_seqscan = off"))
    wanted = queries.narrowed(session, Sought(text="zofie stast"), today=TODAY)

    compiled = wanted.compile(session.get_bind())
    explained = session.connection().exec_driver_sql(f"EXPLAIN {compiled}", compiled.params)
    plan = explained.scalars().all()

    assert any("ix_certificate_words" in line for line in plan), plan
