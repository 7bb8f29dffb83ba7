"""A name opens a certificate; how many wrong ones strangers may try for it."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from lti_tool.certification import wrong_names
from lti_tool.certification.codes import new_code
from lti_tool.certification.register_models import Certificate, WrongNames
from lti_tool.certification.wrong_names import MOST_A_DAY
from lti_tool.db import Database, utcnow
from tests.lti_tool.certification.shelves import shelve, shelve_holder

NAME = "Žofie Šťastná-Łukasz"
"""Whose certificates ``shelve`` writes."""
Gives = Callable[..., TestResponse]


@pytest.fixture
def issued(database: Database) -> Certificate:
    """Give a certificate in force."""
    with database.begin() as session:
        return shelve(session, shelve_holder(session))


@pytest.fixture
def gives(client: FlaskClient, database: Database) -> Gives:
    """Give a name for a code, from an address, by the form of another certificate's page."""
    with database.begin() as session:
        other = shelve(session, shelve_holder(session))
    page = client.get(f"/verify/{other.code}").get_data(as_text=True)
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert token
    form = {"csrf_token": token[1]}

    def post(code: str, name: str, address: str = "192.0.2.1") -> TestResponse:
        return client.post(
            f"/verify/{code}",
            data={**form, "name": name},
            environ_overrides={"REMOTE_ADDR": address},
        )

    return post


def use_up(database: Database, code: str, tries: int = MOST_A_DAY) -> None:
    with database.begin() as session:
        for _try in range(tries):
            wrong_names.count(session, code, on=utcnow().date())


def counted(database: Database) -> dict[str, int]:
    with database.read() as session:
        return {row.code: row.tries for row in session.scalars(select(WrongNames))}


def test_what_one_address_tries_does_not_stand_in_the_way_of_another(
    gives: Gives, issued: Certificate
) -> None:
    tried = [gives(issued.code, "Mallory").status_code for _try in range(12)]

    other = gives(issued.code, NAME, address="192.0.2.2")

    assert tried[-1] == 429
    assert other.status_code == 200
    assert NAME in other.text


def test_wrong_names_of_all_addresses_are_counted_for_the_day(
    gives: Gives, database: Database, issued: Certificate
) -> None:
    for number in range(3):
        gives(issued.code, "Mallory", address=f"192.0.2.{number}")
    gives(issued.code, NAME)
    gives(issued.code, "")

    assert counted(database) == {issued.code: 3}


def test_after_too_many_wrong_names_not_even_the_right_one_opens(
    gives: Gives, database: Database, issued: Certificate
) -> None:
    use_up(database, issued.code, MOST_A_DAY - 1)

    last = gives(issued.code, "Mallory")
    shut = gives(issued.code, NAME)

    page = shut.get_data(as_text=True)
    assert (last.status_code, shut.status_code) == (422, 429)
    assert NAME not in page
    assert issued.number in page
    assert "No more names today" in page
    assert "ask the holder for the PDF file" in page
    assert 'name="name"' not in page
    assert counted(database) == {issued.code: MOST_A_DAY}


def test_what_everybody_may_know_is_shown_all_the_same(
    client: FlaskClient, database: Database, issued: Certificate
) -> None:
    use_up(database, issued.code)

    answer = client.get(f"/verify/{issued.code}")

    assert answer.status_code == 200
    assert "Valid" in answer.text


def test_another_certificate_is_still_opened(
    gives: Gives, database: Database, issued: Certificate
) -> None:
    with database.begin() as session:
        other = shelve(session, shelve_holder(session))
    use_up(database, issued.code)

    assert NAME in gives(other.code, NAME).text


def test_the_next_day_names_are_taken_again(
    gives: Gives, database: Database, issued: Certificate
) -> None:
    yesterday = utcnow().date() - timedelta(days=1)
    with database.begin() as session:
        for _try in range(MOST_A_DAY):
            wrong_names.count(session, issued.code, on=yesterday)

    assert gives(issued.code, NAME).status_code == 200


@pytest.mark.parametrize("values", [{"erased_at": utcnow()}, {}], ids=["withheld", "unknown"])
def test_what_is_withheld_and_what_is_unknown_answer_the_same_however_often(
    gives: Gives, database: Database, issued: Certificate, values: dict[str, object]
) -> None:
    code = issued.code if values else new_code()
    with database.begin() as session:
        row = session.get_one(Certificate, issued.id)
        for name, value in values.items():
            setattr(row, name, value)
    before = gives(code, "Mallory")
    use_up(database, code)

    after = gives(code, "Mallory")

    assert (before.status_code, after.status_code) == (404, 404)
    assert before.get_data() == after.get_data()
    assert counted(database) == {code: MOST_A_DAY}


def test_counts_of_days_that_are_over_are_removed(database: Database) -> None:
    now = datetime(2026, 11, 2, 0, 5, tzinfo=UTC)
    with database.begin() as session:
        wrong_names.count(session, new_code(), on=now.date() - timedelta(days=1))
        wrong_names.count(session, new_code(), on=now.date())

    with database.begin() as session:
        gone = wrong_names.forget(session, now=now)

    with database.read() as session:
        assert (gone, session.scalar(select(func.count()).select_from(WrongNames))) == (1, 1)
