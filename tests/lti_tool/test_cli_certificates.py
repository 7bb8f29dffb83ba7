"""Certificates on the command line: all that an officer does at the desk."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from uuid import UUID

import openpyxl
import pytest
from sqlalchemy import select, update

from lti_tool.audit import AuditLine
from lti_tool.certification.models import Case
from lti_tool.certification.register_models import Certificate
from lti_tool.db import Database
from lti_tool.lti.models import Person
from tests.lti_tool.certification.office import (
    ISSUER,
    ONE,
    TWO,
    Office,
    acts_of,
    approved,
    candidate,
    issue_all,
    open_office,
)
from tests.lti_tool.test_cli import Terminal


@pytest.fixture
def terminal(database: Database, database_url: str) -> Terminal:
    """Give a terminal on a database with all tables, with the courses that are delivered."""
    made = Terminal(database_url)
    del made.environ["LTI_TOOL_CONTENT_DIRS"]
    return made


@pytest.fixture
def office(database: Database) -> Office:
    """Give an office with Olga and Oskar."""
    return open_office(database)


@pytest.fixture
def issued(office: Office, tmp_path: Path) -> str:
    """Give the number of Alice's certificate."""
    with office.database.begin() as session:
        approved(session, ONE, person_id=office.stage.people["Alice"], name="Alice Liddell")
    issue_all(office.database, tmp_path)
    with office.database.read() as session:
        return session.scalars(select(Certificate.number)).one()


def under(office: Office, name: str) -> tuple[str, ...]:
    """Give the options by which a command acts under somebody's name."""
    with office.database.read() as session:
        subject = session.get_one(Person, office.officers[name]).subject
    return ("--issuer", ISSUER, "--subject", subject)


def tells(terminal: Terminal, *words: str) -> str:
    return terminal.told("certificate", *words)


def refused(terminal: Terminal, *words: str) -> str:
    done = terminal.run("certificate", *words)
    assert done.exit_code == 1, done.output
    return str(done.stderr)


def case_id(office: Office, scheme_id: str = ONE, **changed: object) -> UUID:
    with office.database.begin() as session:
        return candidate(session, scheme_id, **changed).id


def test_a_case_is_listed_shown_approved_and_confirmed(terminal: Terminal, office: Office) -> None:
    waiting = str(case_id(office, TWO, name="Zoë Müller"))

    listed = tells(terminal, "cases")
    shown = tells(terminal, "case", waiting)
    first = tells(terminal, "approve", waiting, *under(office, "Olga"))
    alone = refused(terminal, "second", waiting, *under(office, "Olga"))
    then = tells(terminal, "second", waiting, *under(office, "Oskar"))
    batch = then.split("batch ")[1].strip()
    progress = tells(terminal, "batch", batch)

    assert f"{waiting} checked: {TWO}, Zoë Müller" in listed
    assert "decision: granted" in shown
    assert first == "1 case approved; a second officer follows\n"
    assert "nothing was approved" in alone
    assert then.startswith("1 case approved: batch ")
    assert progress == "0 of 1 issued (0 %)\n1 approved, wait for a number\n"
    with office.database.read() as session:
        who = session.get_one(Case, UUID(waiting)).approved_by
        acts = acts_of(session)
    assert who == f"command line {office.officers['Olga']}"
    assert acts == ["case.approved", "case.seconded"]
    assert "Olga, at the command line" in tells(terminal, "case", waiting)


def test_what_stands_against_a_case_is_told(terminal: Terminal, office: Office) -> None:
    first = str(case_id(office, name="Zoë Müller"))
    twin = str(case_id(office, name="Zoe Müller"))
    nameless = str(case_id(office, name="", name_confirmed_at=None))

    shown = tells(terminal, "case", first)
    unseen = terminal.run("certificate", "approve", first, nameless, *under(office, "Olga"))
    seen = tells(terminal, "approve", first, twin, "--accept-warnings", *under(office, "Olga"))

    assert "warning: Somebody else of the same name" in shown
    assert unseen.exit_code == 1
    assert "--accept-warnings approves it all the same" in unseen.stdout
    assert f"{nameless} left: No name is known yet" in unseen.stdout
    assert seen.startswith("2 cases approved: batch ")


def test_a_name_is_confirmed_and_a_case_refused(terminal: Terminal, office: Office) -> None:
    waiting = str(case_id(office, name="zoe", name_confirmed_at=None, state="draft"))

    named = tells(terminal, "name", waiting, "Zoë Müller", *under(office, "Olga"))
    done = tells(terminal, "refuse", waiting, "--reason", "Not her.", *under(office, "Olga"))
    listed = tells(terminal, "cases", "--waiting", "refused")

    assert named == f"{waiting}: Zoë Müller, checked\n"
    assert done == f"{waiting}: refused\n"
    assert waiting in listed
    assert "refused: Not her." in tells(terminal, "case", waiting)


def test_only_an_officer_who_came_once_acts_here(terminal: Terminal, office: Office) -> None:
    waiting = str(case_id(office))
    office.hire("Otto", scheme_id=TWO)

    stranger = refused(terminal, "approve", waiting, "--issuer", ISSUER, "--subject", "nobody")
    learner = terminal.run(
        "certificate", "approve", waiting, "--issuer", ISSUER, "--subject", "alice"
    )
    other = terminal.run("certificate", "approve", waiting, *under(office, "Otto"))

    assert "ever came" in stranger
    assert "Your role does not cover this scheme" in learner.stdout
    assert "Your role does not cover this scheme" in other.stdout


def test_a_certificate_is_found_by_number_code_name_and_id(
    terminal: Terminal, office: Office, issued: str
) -> None:
    with office.database.read() as session:
        row = session.scalars(select(Certificate)).one()

    listed = [tells(terminal, "list", text) for text in ("", issued, row.code, "lidd", "ALICE")]
    none = tells(terminal, "list", "mallory")
    shown = {tells(terminal, "show", given) for given in (issued, row.code.lower(), str(row.id))}

    assert len(set(listed)) == 1
    assert f"{issued} issued: {row.title}, Alice Liddell, issued {row.issued_on}" in listed[0]
    assert none == "no certificate\n"
    assert len(shown) == 1
    [told] = shown
    assert f"SHA-256 of the file: {row.pdf_sha256}" in told
    assert "Sealed and issued. the tool by itself" in told
    assert "no certificate 'ASA-EX-1999-000001'" in refused(terminal, "show", "ASA-EX-1999-000001")


def test_a_certificate_is_suspended_resumed_and_revoked(
    terminal: Terminal, office: Office, issued: str
) -> None:
    why = ("--reason", "A complaint came in.")
    fraud = ("--code", "fraud", "--reason", "Somebody else sat it.")

    told = [
        tells(terminal, "suspend", issued, *why, *under(office, "Olga")),
        tells(terminal, "resume", issued, *why, *under(office, "Olga")),
        tells(terminal, "suspend", issued, *why, *under(office, "Olga")),
    ]
    alone = refused(terminal, "revoke", issued, *fraud, *under(office, "Olga"))
    told.append(tells(terminal, "revoke", issued, *fraud, *under(office, "Oskar")))

    assert told == [
        f"{issued}: suspended\n", f"{issued}: holds again\n", f"{issued}: suspended\n",
        f"{issued}: revoked for ever\n",
    ]  # fmt: skip
    assert "another officer" in alone
    shown = tells(terminal, "show", issued)
    assert "revoked because: fraud: Somebody else sat it." in shown
    assert "Revoked for ever. Oskar, at the command line" in shown


def test_a_certificate_is_corrected_reissued_and_renewed(
    terminal: Terminal, office: Office, issued: str, tmp_path: Path
) -> None:
    why = ("--reason", "Two letters were swapped.")
    begun = tells(
        terminal, "correct", issued, "--name", "Alicia Liddell", *why, *under(office, "Olga")
    )
    correction = begun.removeprefix("case ").partition(":")[0]
    twice = refused(terminal, "reissue", issued, *why, *under(office, "Olga"))
    tells(terminal, "approve", correction, *under(office, "Oskar"))
    issue_all(office.database, tmp_path)

    [newest, old] = tells(terminal, "list").splitlines()
    number = newest.partition(" ")[0]
    renewal = tells(terminal, "renew", number, *under(office, "Olga"))
    again = tells(terminal, "reissue", number, *why, *under(office, "Olga"))

    assert begun.endswith(": checked\n")
    assert "begun already" in twice
    assert "Alicia Liddell" in newest
    assert f"{issued} superseded" in old
    assert renewal.endswith(": collecting\n")
    assert again.endswith(": checked\n")
    assert f"corrects: {issued}" in tells(terminal, "show", number)


def test_the_register_is_taken_away_as_a_table_and_the_log_keeps_it(
    terminal: Terminal, office: Office, issued: str, tmp_path: Path
) -> None:
    plain, book = tmp_path / "register.csv", tmp_path / "register.xlsx"

    told = tells(terminal, "export", str(plain), "--scheme", ONE)
    tells(terminal, "export", str(book))

    rows = list(csv.reader(io.StringIO(plain.read_text(encoding="utf-8-sig"))))
    sheet = openpyxl.load_workbook(book).active
    assert told == f"1 certificate written to {plain}\n"
    assert rows[1][0] == sheet["A2"].value == issued
    with office.database.read() as session:
        lines = session.scalars(select(AuditLine).where(AuditLine.act == "register.exported")).all()
    assert sorted(line.detail["shape"] for line in lines) == ["csv", "xlsx"]


def test_what_could_not_be_made_is_put_back_in_line(
    terminal: Terminal, office: Office, tmp_path: Path
) -> None:
    with office.database.begin() as session:
        approved(session, ONE, name="ქართული")
    issue_all(office.database, tmp_path)

    listed = tells(terminal, "list", "--state", "numbered")
    number = listed.partition(" ")[0]
    told = tells(terminal, "retry", number)
    nothing = refused(terminal, "resend", number)

    assert "; fault: " in listed
    assert told == "1 certificate put back in line\n"
    assert "no letter was queued" in nothing


def test_the_log_of_acts_is_verified_and_a_change_is_found(
    terminal: Terminal, office: Office, issued: str
) -> None:
    with office.database.read() as session:
        about = str(session.scalars(select(Certificate.id)).one())

    whole = terminal.run("audit", "verify")
    acts = terminal.told("audit", "show", about)
    nothing = terminal.told("audit", "show", "nothing")
    with office.database.begin() as session:
        session.execute(
            update(AuditLine).where(AuditLine.act == "certificate.issued").values(who="Mallory")
        )
    broken = terminal.run("audit", "verify")

    assert (whole.exit_code, whole.stdout.splitlines()[-1]) == (0, "all is whole")
    assert "certificate.issued: the tool by itself" in acts
    assert nothing == "nothing was done to it\n"
    assert broken.exit_code == 1
    assert "was changed, removed or put in" in broken.stdout
    assert issued
