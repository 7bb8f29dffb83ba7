"""Control characters come through no door of this room: PostgreSQL would fail over them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from courses.scheme_reading import Schemes
from courses.schemes import Route
from lti_tool.certification.entry_lists import read_list
from lti_tool.certification.models import Case
from lti_tool.db import Database
from tests.conftest import CAPITALS
from tests.lti_tool.certification.deskside import DESK, ONE, waits, window, words
from tests.lti_tool.certification.office import Office, open_office


@pytest.fixture
def office(database: Database) -> Office:
    """Give an office with Olga and Oskar."""
    return open_office(database)


@pytest.mark.parametrize(
    "address",
    ["/id/certificate/%00", "/verify/%00", "/verify?code=%00", "/achievements/a/%00", "/keys/%00"],
)
def test_public_addresses_with_control_characters_are_bad(
    client: FlaskClient, address: str
) -> None:
    assert client.get(address).status_code == 400


@pytest.mark.parametrize(
    "address",
    [
        "register?scheme=%00",
        "register?kind=%00",
        "register?after=2026-01-01~%00",
        "register?q=%00",
        "cases?scheme=%00",
        "cases?q=a%00",
        "people?q=a%00",
        "log?about=%00",
    ],
)
def test_an_officer_s_address_with_control_characters_is_bad(
    app: Flask, office: Office, address: str
) -> None:
    olga = window(app, office, "Olga")

    assert olga.get(f"{DESK}/{address}").status_code == 400


def test_a_crafted_form_keeps_nothing_and_breaks_no_page(
    app: Flask, office: Office, database: Database
) -> None:
    with database.begin() as session:
        case_id = waits(session, scheme_id=ONE).id
    olga = window(app, office, "Olga")
    olga.text(f"{DESK}/cases/{case_id}")

    refused = olga.does(f"{DESK}/cases/{case_id}/refuse", reason="No\x00.")
    named = olga.does(f"{DESK}/cases/{case_id}/name", name="Zo\x00ë")

    assert (refused.status_code, named.status_code) == (400, 400)
    assert "control characters" in words(refused.text)
    assert olga.get(f"{DESK}/cases/{case_id}").status_code == 200
    with database.read() as session:
        assert session.scalars(select(Case.state)).all() == ["checked"]


def test_a_list_of_candidates_tells_the_line_with_control_characters() -> None:
    scheme = Schemes((CAPITALS,)).get("capitals-attendance")
    assert scheme is not None
    content = b"name,day\nAlice,2026-10-30\nB\x00b,2026-10-30\nCarol,2026-10-30\x1b\n"

    read = read_list(
        content, scheme, Route.ENTRY, name_seen=True, now=datetime(2026, 11, 2, tzinfo=UTC)
    )

    assert [entry.name for entry in read.entries] == ["Alice"]
    assert [(line.number, line.name) for line in read.faulty] == [(3, "B\ufffdb"), (4, "Carol")]
    assert all("control characters" in line.fault for line in read.faulty)
