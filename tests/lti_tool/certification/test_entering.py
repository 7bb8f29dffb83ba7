"""Who is entered, and who is not entered twice: two at once, namesakes, lists; both databases."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import date
from typing import Any

import pytest
from sqlalchemy import event, func, select, text
from sqlalchemy.orm import Session

from courses.schemes import Route
from lti_tool.certification.entering import EnteredAlreadyError, Entry, EntryError, enter, withdraw
from lti_tool.certification.entry_lists import enter_all
from lti_tool.certification.models import Case, Holder
from lti_tool.db import Database
from lti_tool.errors import NotFoundError
from tests.cast import NOON
from tests.lti_tool.certification.deskside import SCHEMES
from tests.lti_tool.certification.office import Office, open_office
from tests.lti_tool.certification.shelves import shelve_holder

DAY, NEXT_DAY = date(2026, 10, 1), date(2026, 10, 2)
EXAM, BODY = "capitals-exam", "capitals-body"


@pytest.fixture
def office(database: Database) -> Office:
    """Give an office with Olga and Oskar."""
    return open_office(database)


def paper(name: str = "Zoë Paper", day: date = DAY, **changed: Any) -> Entry:
    """Give somebody who sat an exam on paper."""
    return Entry(**{"scheme_id": EXAM, "route": Route.ENTRY, "name": name, "day": day, **changed})


def body(**changed: Any) -> Entry:
    """Give a training body."""
    return paper("School of Capitals", **{"scheme_id": BODY, "is_organisation": True, **changed})


def entered(office: Office, entry: Entry) -> Case:
    """Have Olga enter somebody."""
    hand = office.hand("Olga")
    with office.database.begin() as session:
        return enter(session, entry, hand, schemes=SCHEMES, now=NOON)


def holders(database: Database) -> int:
    with database.read() as session:
        return session.scalar(select(func.count()).select_from(Holder)) or 0


# Whom an officer chose


def test_a_person_does_not_sit_an_exam_for_an_organisation(
    database: Database, office: Office
) -> None:
    school = entered(office, body()).holder_id

    with pytest.raises(EntryError) as refused:
        entered(office, paper(holder_id=school))

    assert refused.value.words == (
        "What you chose is an organisation, and this certificate is for persons. Choose a person, "
        "or enter somebody new."
    )


def test_a_person_is_no_training_body(database: Database, office: Office) -> None:
    person = entered(office, paper()).holder_id

    with pytest.raises(EntryError) as refused:
        entered(office, body(holder_id=person))

    assert "Choose an organisation" in (refused.value.words or "")


@pytest.mark.parametrize("is_merged", [False, True])
def test_nobody_is_entered_for_somebody_who_was_erased(
    database: Database, office: Office, *, is_merged: bool
) -> None:
    with database.begin() as session:
        chosen = erased = shelve_holder(session, name="")
        session.get_one(Holder, erased).erased_at = NOON
        if is_merged:
            chosen = shelve_holder(session, name="Zoë Paper")
            session.get_one(Holder, chosen).merged_into_id = erased

    with pytest.raises(NotFoundError):
        entered(office, paper(holder_id=chosen))


# At once


@contextmanager
def meanwhile(office: Office, entry: Entry) -> Iterator[tuple[Session, Future[Case]]]:
    """Have somebody be entered in one transaction while another is open; give both."""
    hand = office.hand("Olga")
    with ThreadPoolExecutor(1) as pool, office.database.begin() as session:
        enter(session, paper(), hand, schemes=SCHEMES, now=NOON)
        other = pool.submit(entered, office, entry)
        _wait_until_it_waits(office.database, other)
        yield session, other


def _wait_until_it_waits(database: Database, other: Future[Case]) -> None:
    """Wait until the other transaction waits; on SQLite it cannot even begin."""
    if database.engine.dialect.name != "postgresql":
        return
    waiting = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
    until = time.monotonic() + 10
    with database.read() as session:
        while not session.scalar(waiting) and not other.done() and time.monotonic() < until:
            time.sleep(0.01)


def test_a_form_that_is_sent_twice_at_once_enters_one_candidate(
    database: Database, office: Office
) -> None:
    with meanwhile(office, paper()) as (_session, other):
        pass

    with pytest.raises(EnteredAlreadyError):
        other.result()
    assert holders(database) == 1


def test_a_list_over_several_days_and_a_form_do_not_wait_for_one_another(
    database: Database, office: Office
) -> None:
    hand = office.hand("Oskar")

    with meanwhile(office, paper("Bo Li", NEXT_DAY)) as (session, other):
        enter(session, paper("Ada List", NEXT_DAY), hand, schemes=SCHEMES, now=NOON)

    assert other.result(timeout=20).name == "Bo Li"
    assert holders(database) == 3


# Namesakes of one day


def test_two_of_one_name_and_day_are_entered_where_the_officer_saw_the_other(
    database: Database, office: Office
) -> None:
    first = entered(office, paper())
    told = paper(others=frozenset({first.holder_id}))

    second = entered(office, told)

    assert second.holder_id != first.holder_id
    assert second.sitting == first.sitting


def test_the_same_entry_again_is_refused_and_tells_whose_case_it_is(
    database: Database, office: Office
) -> None:
    first = entered(office, paper())
    told = paper(others=frozenset({first.holder_id}))
    second = entered(office, told)

    with pytest.raises(EnteredAlreadyError) as refused:
        entered(office, told)

    assert refused.value.holder_ids == (second.holder_id,)
    assert holders(database) == 2


@pytest.mark.parametrize("saw_the_one_that_stays", [True, False])
def test_whoever_was_merged_counts_as_the_one_that_stays(
    database: Database, office: Office, *, saw_the_one_that_stays: bool
) -> None:
    gone = entered(office, paper()).holder_id
    with database.begin() as session:
        kept = shelve_holder(session, name="Zoë Paper")
        session.get_one(Holder, gone).merged_into_id = kept
    seen = kept if saw_the_one_that_stays else gone

    made = entered(office, paper(others=frozenset({seen})))

    assert made.holder_id not in {gone, kept}


def test_another_holder_that_was_seen_lets_nobody_in(database: Database, office: Office) -> None:
    first = entered(office, paper())
    with database.begin() as session:
        another = shelve_holder(session, name="Zoë Paper")

    with pytest.raises(EnteredAlreadyError) as refused:
        entered(office, paper("ZOE PAPER", others=frozenset({another})))

    assert refused.value.holder_ids == (first.holder_id,)


# What was taken back, and the numbers behind a sitting


def test_whoever_is_entered_again_after_it_was_taken_back_is_found(
    database: Database, office: Office
) -> None:
    first, hand = entered(office, paper()), office.hand("Olga")
    with database.begin() as session:
        withdraw(session, first.id, hand, now=NOON)
    again = entered(office, paper(holder_id=first.holder_id))

    with pytest.raises(EnteredAlreadyError):
        entered(office, paper())

    assert again.sitting == "entry:2026-10-01:2"


# Lists


def lists(office: Office, *entries: Entry) -> tuple[int, list[str]]:
    """Have Olga enter a list; give how many were entered, and what is told of the others."""
    hand = office.hand("Olga")
    with office.database.begin() as session:
        done = enter_all(session, entries, hand, schemes=SCHEMES, now=NOON)
    return len(done.case_ids), [words for _name, words in done.left]


def test_a_namesake_in_a_list_is_left_out_and_told_how_they_come_in(
    database: Database, office: Office
) -> None:
    number, (told,) = lists(office, paper(), paper("zoe paper"), paper(day=NEXT_DAY))

    assert number == 2
    assert told == (
        "zoe paper was entered before, for the same day; the case is there already. Another "
        "person of the same name is entered by the form for one candidate."
    )


@contextmanager
def watched(database: Database) -> Iterator[list[tuple[str, Any]]]:
    """Give what the database is asked about earlier candidates: SQL, and what was given."""
    asked: list[tuple[str, Any]] = []

    def look(_connection: Any, _cursor: Any, statement: str, given: Any, *_more: Any) -> None:
        asked.extend([(statement, given)] if "first_case" in statement else [])

    event.listen(database.engine, "before_cursor_execute", look)
    yield asked
    event.remove(database.engine, "before_cursor_execute", look)


def test_a_list_looks_up_once_for_each_day_who_was_entered_before(
    database: Database, office: Office
) -> None:
    names = [f"Zoë Paper {number}" for number in range(10)]
    lists(office, *(paper(name) for name in names[:3]))

    with watched(database) as asked:
        number, left = lists(
            office, *(paper(name, day) for day in (DAY, NEXT_DAY) for name in names)
        )

    assert (number, len(left)) == (17, 3)
    assert len(asked) == 2


def test_earlier_candidates_are_found_by_the_index_of_sittings(
    database: Database, office: Office
) -> None:
    with watched(database) as asked:
        entered(office, paper())
    [(statement, given)] = asked

    with database.begin() as session:
        explain = "EXPLAIN QUERY PLAN"
        if session.get_bind().dialect.name == "postgresql":
            session.execute(text("SET LOCAL enable_seqscan = off"))  # the tables are small
            explain = "EXPLAIN"
        rows = session.connection().exec_driver_sql(f"{explain} {statement}", given)
        plan = " ".join(str(row[-1]) for row in rows)

    both = r"ix_certification_case_sitting\b[^?]*?\(scheme_id\b.{,40}? AND \(*sitting\b"
    assert re.search(both, plan), plan
    assert not re.search(r"\bSCAN\b|Seq Scan", plan), plan
