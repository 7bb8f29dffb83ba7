"""Renewals at the command line: what an officer entered is proven anew, to the new certificate."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select

from courses.schemes import Route
from lti_tool.certification.models import Case, CaseState
from lti_tool.db import Database, utcnow
from tests.lti_tool.certification.office import Office, open_office
from tests.lti_tool.certification.test_renewing import (
    EARLIER,
    EXAM,
    SINCE,
    issued,
    issues,
    newest,
    renewal_of,
)
from tests.lti_tool.test_cli import Terminal
from tests.lti_tool.test_cli_certificates import refused, tells, under

RESULTS = ("--day", SINCE, "--result", "M1=3/3", "--result", "M2=passed")


@pytest.fixture
def terminal(database: Database, database_url: str) -> Terminal:
    """Give a terminal on a database with all tables, with the course of capitals."""
    return Terminal(database_url)


@pytest.fixture
def office(database: Database) -> Office:
    """Give an office with Olga and Oskar."""
    return open_office(database)


def test_what_an_officer_entered_is_renewed_to_the_certificate(
    terminal: Terminal, office: Office, tmp_path: Path
) -> None:
    before = issued(office, tmp_path, EXAM, told={"exam_body": "Chamber", "trainer": "T. Rainer"})
    olga, oskar = under(office, "Olga"), under(office, "Oskar")

    begun = tells(terminal, "renew", before.number, *olga)
    case = str(renewal_of(office, before).id)
    missing = tells(terminal, "case", case)
    told = tells(terminal, "enter-proof", case, *RESULTS, "--told", "trainer=", *olga)
    tells(terminal, "name", case, "Zoë Former", *olga)
    alone = terminal.run("certificate", "approve", case, *olga)
    tells(terminal, "approve", case, *oskar)
    issues(office, tmp_path, now=utcnow())

    new = newest(office)
    hint = f"enter what was proven this time: `lti-tool certificate enter-proof {case} --day DAY`\n"
    assert begun == f"case {case}: collecting\n{hint}"
    assert hint in missing
    assert told.startswith(f"case {case}: draft; another officer approves what you entered\n")
    assert "nobody confirmed the name yet" in told
    assert "You entered this candidate yourself" in alone.stdout
    assert (new.renews_id, new.facts["renews"]) == (before.id, before.number)
    assert (new.facts["exam_body"], new.facts["trainer"]) == ("Chamber", "")
    assert "What was proven this time was entered." in tells(terminal, "case", case)


def test_an_earlier_record_is_renewed_by_what_it_is_proven_with_now(
    terminal: Terminal, office: Office, tmp_path: Path
) -> None:
    before = issued(office, tmp_path, EXAM, route=Route.TAKEN_OVER, results={}, told=EARLIER)
    olga = under(office, "Olga")
    tells(terminal, "renew", before.number, *olga)
    case = str(renewal_of(office, before).id)

    without = refused(terminal, "enter-proof", case, "--day", SINCE, *olga)
    tells(terminal, "enter-proof", case, *RESULTS, "--way", "entry", *olga)

    found = renewal_of(office, before)
    assert "the register it comes from, and its number there" in without
    assert (found.state, found.route) == (CaseState.DRAFT, "entry")


def test_what_proves_nothing_is_refused_with_the_reason(
    terminal: Terminal, office: Office, tmp_path: Path
) -> None:
    before = issued(office, tmp_path, EXAM)
    olga = under(office, "Olga")
    tells(terminal, "renew", before.number, *olga)
    case = str(renewal_of(office, before).id)

    early = refused(terminal, "enter-proof", case, "--day", "2026-03-02", *olga)
    first = refused(terminal, "enter-proof", str(before.case_id), "--day", SINCE, *olga)
    office.hire("Ottilie", scheme_id="capitals-body")
    other = refused(terminal, "enter-proof", case, *RESULTS, *under(office, "Ottilie"))

    assert "has to lie after 2 March 2026" in early
    assert "Only the renewal of what an officer entered" in first
    assert "Your role does not cover this scheme" in other
    with office.database.read() as session:
        told = session.scalars(select(Case.particulars).where(Case.predecessor_id == before.id))
        assert "day" not in told.one()
