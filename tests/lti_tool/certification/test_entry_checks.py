"""The register held against the log of acts: whoever changes an entry alone is found."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import delete, select, text, update

from lti_tool.audit import AuditLine
from lti_tool.certification import entry_checks
from lti_tool.certification.ending import resume, revoke, suspend
from lti_tool.certification.entry_checks import EntriesReport, Fault, check_entries
from lti_tool.certification.facts import digest_of
from lti_tool.certification.models import Case
from lti_tool.certification.register_models import (
    Certificate,
    CertificateState,
    RevokeCode,
)
from lti_tool.certification.voiding import stop, take_up
from lti_tool.db import Database
from lti_tool.files import Files
from lti_tool.iri import Names
from tests.cast import NOON
from tests.lti_tool.certification.office import (
    ONE,
    TWO,
    Office,
    candidates,
    issue_all,
    open_office,
    trial_settings,
    workshop,
)
from tests.tampering import tamper

LATER = NOON + timedelta(hours=1)
NO_STEPS = {"certificate.sent-again", "certificate.pdf", "certificate.typ", "certificate.id"}
"""Acts that change nothing of a certificate, and what only looks like an act."""
NAMES = Names("https://tool.example.org")


@pytest.fixture
def office(database: Database, tmp_path: Path) -> Office:
    """Give an office that issued two certificates."""
    made = open_office(database)
    made.approves(candidates(database, 2, TWO), "Olga", "Oskar")
    issue_all(database, tmp_path)
    return made


def looked(database: Database, folder: Path | None = None) -> EntriesReport:
    """Hold the register against the log."""
    with database.read() as session:
        return check_entries(session, Files(str(folder / "files")) if folder else None)


def faults(database: Database, folder: Path | None = None) -> list[tuple[Fault, ...]]:
    """Give what is wrong with each certificate that does not fit."""
    return [each.faults for each in looked(database, folder).wrong]


def first(database: Database) -> Certificate:
    """Give the first certificate."""
    with database.read() as session:
        return session.scalars(select(Certificate).order_by(Certificate.serial)).all()[0]


def change(database: Database, **values: Any) -> None:
    """Change the first certificate's row, as somebody could who writes to the database."""
    tamper(database, update(Certificate).where(Certificate.serial == 1).values(**values))


def revoked(office: Office) -> None:
    """Suspend and revoke the first certificate."""
    made, olga, oskar = first(office.database), office.hand("Olga"), office.hand("Oskar")
    with office.database.begin() as session:
        suspend(session, made.id, "A doubt.", olga, now=LATER)
    with office.database.begin() as session:
        revoke(
            session, made.id, RevokeCode.FRAUD, "Proven.", oskar,
            names=NAMES, now=LATER + timedelta(hours=1),
        )  # fmt: skip


def test_a_register_that_nobody_touched_fits_the_log(office: Office, tmp_path: Path) -> None:
    revoked(office)

    report = looked(office.database, tmp_path)

    assert (report.certificates, report.wrong, report.files_missing) == (2, (), 0)


def test_what_a_certificate_says_cannot_be_changed_unseen(office: Office) -> None:
    made = first(office.database)
    forged = {**made.facts, "holder_name": "Mallory"}

    change(office.database, facts=forged)
    facts_alone = faults(office.database)
    change(office.database, facts=forged, facts_hash=digest_of(forged))
    with_its_hash = faults(office.database)

    assert facts_alone == with_its_hash == [(Fault.FACTS,)]


def test_a_revoked_certificate_cannot_be_issued_again_unseen(office: Office) -> None:
    revoked(office)

    change(office.database, state=CertificateState.ISSUED)

    assert faults(office.database) == [(Fault.STATE,)]


@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        ({"valid_until": date(2099, 1, 1)}, Fault.COLUMNS),
        ({"code": "0123456789ABC"}, Fault.COLUMNS),
        ({"scheme_id": "another"}, Fault.COLUMNS),
        ({"status_index": 7}, Fault.COLUMNS),
        ({"pdf_sha256": "0" * 64}, Fault.DOCUMENTS),
        ({"badge": "{}"}, Fault.DOCUMENTS),
        ({"issued_at": LATER}, Fault.ACTS),
        ({"suspended_at": LATER}, Fault.ACTS),
        ({"erased_at": LATER}, Fault.ACTS),
        ({"revoke_code": "fraud"}, Fault.ACTS),
        ({"numbered_at": LATER}, Fault.ACTS),
    ],
)
def test_no_column_that_counts_is_changed_unseen(
    office: Office, changed: dict[str, Any], fault: Fault
) -> None:
    change(office.database, **changed)

    assert faults(office.database) == [(fault,)]


def test_whose_act_it_was_cannot_be_changed_unseen(office: Office) -> None:
    revoked(office)

    change(office.database, revoked_by="Mallory")

    assert faults(office.database) == [(Fault.ACTS,)]


def test_a_certificate_without_its_lines_is_found(office: Office) -> None:
    made = first(office.database)

    tamper(office.database, delete(AuditLine).where(AuditLine.about == str(made.id)))

    assert faults(office.database) == [(Fault.UNTOLD,)]


def test_a_certificate_that_is_gone_is_found_with_its_number(office: Office) -> None:
    made = first(office.database)

    tamper(office.database, delete(Certificate).where(Certificate.id == made.id))

    [wrong] = looked(office.database).wrong
    assert (wrong.certificate_id, wrong.number, wrong.faults) == (
        made.id, made.number, (Fault.GONE,),
    )  # fmt: skip


def test_acts_in_an_order_that_cannot_be_are_found(office: Office) -> None:
    made, olga = first(office.database), office.hand("Olga")
    with office.database.begin() as session:
        suspend(session, made.id, "A doubt.", olga, now=LATER)
        resume(session, made.id, "No doubt.", olga, now=LATER)

    tamper(office.database, delete(AuditLine).where(AuditLine.act == "certificate.suspended"))

    assert faults(office.database) == [(Fault.ORDER,)]


@pytest.mark.parametrize("column", ["approved_by", "seconded_by"])
def test_an_approval_that_nobody_gave_is_found(office: Office, column: str) -> None:
    made = first(office.database)

    tamper(office.database, update(Case).where(Case.id == made.case_id).values({column: "Mallory"}))

    assert faults(office.database) == [(Fault.APPROVAL,)]


def test_a_case_that_somebody_approved_in_the_database_is_found_when_it_is_issued(
    office: Office, tmp_path: Path
) -> None:
    [case_id] = candidates(office.database, 1, ONE)
    tamper(
        office.database,
        update(Case)
        .where(Case.id == case_id)
        .values(state="approved", approved_at=NOON, approved_by="x", approved_human=uuid4()),
    )

    issue_all(office.database, tmp_path)

    assert faults(office.database) == [(Fault.APPROVAL,)]


def test_a_sealed_document_that_was_exchanged_is_found_and_one_that_is_missing_is_told(
    office: Office, tmp_path: Path
) -> None:
    files = Files(str(tmp_path / "files"))
    with office.database.read() as session:
        one, other = session.scalars(select(Certificate.pdf_path).order_by(Certificate.serial))
    files.write(one, b"%PDF-forged")
    files.remove(other)

    report = looked(office.database, tmp_path)

    assert [each.faults for each in report.wrong] == [(Fault.DOCUMENTS,)]
    assert report.files_missing == 1


def test_the_register_is_looked_through_in_pieces(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(entry_checks, "AT_ONCE", 1)
    change(office.database, title="Another")

    report = looked(office.database)

    assert (report.certificates, len(report.wrong)) == (2, 1)


def test_a_certificate_that_is_stopped_and_taken_up_fits(
    database: Database, tmp_path: Path
) -> None:
    office = open_office(database)
    office.approves(candidates(database, 1, ONE), "Olga")
    shop = workshop(trial_settings(database, tmp_path), database)
    shop.number(NOON)
    change(database, fault="It failed.")
    made, olga, oskar = first(database), office.hand("Olga"), office.hand("Oskar")
    seen = []

    for act in (
        lambda session: stop(session, made.id, "A doubt.", olga, now=LATER),
        lambda session: take_up(session, made.id, oskar, now=LATER),
    ):
        with database.begin() as session:
            act(session)
        seen.append(faults(database))

    assert seen == [[], []]


def test_every_act_on_a_certificate_is_followed() -> None:
    room = Path(entry_checks.__file__).parent
    written = "".join(path.read_text() for path in sorted(room.glob("*.py")))

    acts = set(re.findall(r'"(certificate\.[a-z-]+)"', written))

    assert acts - NO_STEPS == entry_checks.STEPS.keys()


def test_every_fault_has_words() -> None:
    words: dict[Fault, Callable[[], str]] = dict(entry_checks.FAULT_WORDS)

    assert words.keys() == set(Fault)
    assert all(each() for each in words.values())


def test_the_guards_of_the_tables_do_not_stop_the_worker(office: Office) -> None:
    with office.database.read() as session:
        lines = session.scalar(text("SELECT count(*) FROM audit_line"))

    assert lines == 11  # three keys, and for each of two: approved, seconded, numbered, issued
