"""Certificates on the command line: all that an officer does at the desk."""

from __future__ import annotations

import csv
import hashlib
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
from tests.tampering import tamper


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
        case = candidate(session, ONE, person_id=office.stage.people["Alice"], name="Alice Liddell")
    office.approves([case.id], "Olga")
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


def test_a_dry_run_tells_what_would_be_approved(terminal: Terminal, office: Office) -> None:
    one, two = str(case_id(office)), str(case_id(office, TWO))

    told = tells(terminal, "approve", one, two, "--dry-run", *under(office, "Olga"))
    nothing = refused(terminal, "second", two, "--dry-run", *under(office, "Oskar"))

    assert told == (
        "1 case would be approved; a second officer follows\n1 case would be approved\n"
    )
    assert "nothing would be approved" in nothing
    with office.database.read() as session:
        assert {case.approved_by for case in session.scalars(select(Case))} == {""}
        assert acts_of(session) == []


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


def test_whoever_is_no_officer_of_a_scheme_names_and_renews_nobody(
    terminal: Terminal, office: Office, issued: str
) -> None:
    waiting = str(case_id(office, name="zoe", name_confirmed_at=None, state="draft"))
    office.hire("Otto", scheme_id=TWO)
    alice = ("--issuer", ISSUER, "--subject", "alice")

    told = {
        refused(terminal, *command, *who)
        for command in (("name", waiting, "Zoë Müller"), ("renew", issued))
        for who in (under(office, "Otto"), alice)
    }

    assert len(told) == 1
    assert "Your role does not cover this scheme" in told.pop()
    with office.database.read() as session:
        assert session.get_one(Case, UUID(waiting)).name == "zoe"


def test_a_case_that_is_not_there_is_told(terminal: Terminal, office: Office) -> None:
    unknown = str(office.officers["Olga"])
    reason = ("--reason", "Not her.")

    told = {
        refused(terminal, "case", unknown),
        refused(terminal, "refuse", unknown, *reason, *under(office, "Olga")),
        refused(terminal, "name", unknown, "Zoë", *under(office, "Olga")),
    }

    assert told == {f"Error: no case {unknown}; see `lti-tool certificate cases`\n"}


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


def test_what_can_never_be_made_is_stopped_and_ended_by_another_officer(
    terminal: Terminal, office: Office, tmp_path: Path
) -> None:
    with office.database.begin() as session:
        case = str(approved(session, ONE, name="ქართული").id)
    issue_all(office.database, tmp_path)
    number = tells(terminal, "list", "--state", "numbered").partition(" ")[0]
    why = ("--reason", "The name cannot be printed.")

    stopped = tells(terminal, "stop", number, *why, *under(office, "Olga"))
    taken_up = tells(terminal, "take-up", number, *under(office, "Oskar"))
    tells(terminal, "stop", number, *why, *under(office, "Olga"))
    alone = refused(terminal, "void", number, *why, *under(office, "Olga"))
    ended = tells(terminal, "void", number, *why, *under(office, "Oskar"))

    assert stopped == f"{number}: tried no more; another officer ends it: `void`\n"
    assert taken_up == f"{number}: tried again at once\n"
    assert "another officer" in alone
    assert ended == f"{number}: ended for ever; case {case} is with the officers again\n"
    assert case in tells(terminal, "cases", "--waiting", "all")


def test_the_files_of_a_certificate_are_written(
    terminal: Terminal, office: Office, issued: str, tmp_path: Path
) -> None:
    terminal.environ["LTI_TOOL_FILES_URL"] = str(tmp_path / "files")
    pdf, badge = tmp_path / "its.pdf", tmp_path / "its.json"

    told = tells(terminal, "file", issued, "certificate.pdf", str(pdf))
    tells(terminal, "file", issued, "credential.json", str(badge))

    with office.database.read() as session:
        row = session.scalars(select(Certificate)).one()
    assert told == f"{issued}: certificate.pdf written to {pdf}\n"
    assert hashlib.sha256(pdf.read_bytes()).hexdigest() == row.pdf_sha256
    assert badge.read_text(encoding="utf-8") == row.badge


def test_a_file_that_is_not_made_or_missing_is_told(
    terminal: Terminal, office: Office, issued: str, tmp_path: Path
) -> None:
    terminal.environ["LTI_TOOL_FILES_URL"] = str(tmp_path / "elsewhere")

    told = refused(terminal, "file", issued, "certificate.pdf", str(tmp_path / "its.pdf"))

    assert f"Error: {issued}: The file is missing in our storage" in told
    assert not (tmp_path / "its.pdf").exists()


def test_what_certificates_need_is_told(
    terminal: Terminal, office: Office, issued: str, tmp_path: Path
) -> None:
    with office.database.begin() as session:
        approved(session, ONE, name="ქართული")
        approved(session, ONE)

    before = tells(terminal, "health")
    issue_all(office.database, tmp_path)
    after = tells(terminal, "health")

    assert "badge-ed25519 " in before
    assert ": signs, signed 1 certificate\n" in before
    assert "2 approved and not numbered, 0 being made\n" in before
    assert "0 approved and not numbered, 1 being made\n" in after
    assert ": fault: " in after


def test_what_is_missing_for_certificates_is_told(terminal: Terminal, office: Office) -> None:
    told = tells(terminal, "health")

    assert "no badge-ed25519 signs: `lti-tool keys make`" in told
    assert "no pdf-seal signs" in told


def test_the_log_of_acts_is_verified_and_a_change_is_found(
    terminal: Terminal, office: Office, issued: str
) -> None:
    with office.database.read() as session:
        about = str(session.scalars(select(Certificate.id)).one())

    whole = terminal.run("audit", "verify")
    acts = terminal.told("audit", "show", about)
    newest = terminal.told("audit", "list", "--about", "certificate", "--limit", "1")
    nothing = terminal.told("audit", "show", "nothing")
    forged = update(AuditLine).where(AuditLine.act == "certificate.issued").values(who="Mallory")
    tamper(office.database, forged)
    broken = terminal.run("audit", "verify")

    assert (whole.exit_code, whole.stdout.splitlines()[-1]) == (0, "all is whole")
    assert "certificate.issued: the tool by itself" in acts
    assert f"certificate.issued {about}: the tool by itself\nmore than 1: " in newest
    assert nothing == "nothing was done to it\n"
    assert broken.exit_code == 1
    assert "was changed, removed or put in" in broken.stdout
    assert issued
