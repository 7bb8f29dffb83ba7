"""Candidates upload work evidence, hand it in, and read how it was judged: through HTTP."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from lti_tool.certification.models import Case, CaseState, EvidenceFile, HolderPerson
from lti_tool.db import Database
from lti_tool.settings import Settings
from lti_tool.visit import Role
from tests.lti_tool.certification.deskside import is_also, window, words
from tests.lti_tool.certification.office import Office, acts_of, files_in, open_office
from tests.lti_tool.certification.workpieces import (
    EVIDENCE,
    MINE,
    assessors,
    element,
    evidence_files,
    handed_in,
    hands_in,
    judges,
    learner,
    the_case,
    uploads,
)


@pytest.fixture
def settings(settings: Settings, tmp_path: Path) -> Settings:
    """Give settings by which files lie in a folder of the test."""
    return replace(settings, files_url=str(tmp_path / "files"))


@pytest.fixture
def office(database: Database) -> Office:
    """Give an office with Olga and Oskar."""
    return open_office(database)


def test_a_learner_sees_what_can_be_proven_and_its_criteria(app: Flask, office: Office) -> None:
    alice = learner(app, office)

    mine = alice.text("/certificates")
    offered = alice.reads(EVIDENCE)
    page = alice.reads(MINE)

    assert f'href="{alice._url(EVIDENCE)}"' in mine
    assert "Capitals of the world" in offered
    assert "Names the capitals of western Europe" in page
    assert "Hand in for assessment" not in page


def test_looking_writes_nothing(app: Flask, office: Office, database: Database) -> None:
    learner(app, office).reads(MINE)

    with database.read() as session:
        assert session.scalars(select(Case)).all() == []
        assert session.scalars(select(HolderPerson)).all() == []


def test_a_file_is_kept_byte_for_byte_for_its_elements(
    app: Flask, office: Office, database: Database, tmp_path: Path
) -> None:
    alice = learner(app, office)

    page = words(uploads(alice, "Übung <west>.pdf", "M1", content=b"%PDF", note="Page 3").text)

    (file,) = evidence_files(database)
    answer = alice.get(f"{MINE}/files/{file.id}")
    assert "Übung <west>.pdf" in page
    assert "Page 3" in page
    assert file.elements == ["M1"]
    assert answer.data == "%PDFÜbung <west>.pdf".encode()
    assert [each.read_bytes() for each in files_in(tmp_path / "files")] == [answer.data]


def test_a_file_is_handed_out_to_be_kept_and_never_shown(
    app: Flask, office: Office, database: Database
) -> None:
    alice = learner(app, office)
    uploads(alice, "page.txt", "M1", content=b"<script>alert(1)</script>")
    (file,) = evidence_files(database)

    answer = alice.get(f"{MINE}/files/{file.id}")

    assert answer.mimetype == "application/octet-stream"
    assert answer.headers["Content-Disposition"] == "attachment; filename*=UTF-8''page.txt"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        (("west.pdf", (), b"A"), "tick at least one"),
        (("west.exe", ("M1",), b"A"), "Files of this kind are not taken"),
        (("west.html", ("M1",), b"A"), "Files of this kind are not taken"),
        (("west.pdf", ("M9",), b"A"), "tick at least one"),
        (("west.pdf", ("M1",), b"A" * 4_000_000), "larger than 4 MB"),
    ],
)
def test_what_cannot_be_taken_says_why_and_leaves_nothing(
    app: Flask,
    office: Office,
    tmp_path: Path,
    sent: tuple[str, tuple[str, ...], bytes],
    told: str,
) -> None:
    name, elements, content = sent

    answer = uploads(learner(app, office), name, *elements, content=content)

    assert answer.status_code == 422
    assert told in words(answer.text)
    assert evidence_files(office.database) == []
    assert files_in(tmp_path / "files") == []


def test_a_file_beyond_the_limit_of_requests_is_told_as_too_large(
    app: Flask, office: Office, database: Database
) -> None:
    answer = uploads(learner(app, office), "west.pdf", "M1", content=b"A" * 5_000_000)

    assert answer.status_code == 413
    assert evidence_files(database) == []


def test_the_same_file_twice_is_refused_and_its_bytes_are_removed(
    app: Flask, office: Office, database: Database, tmp_path: Path
) -> None:
    alice = learner(app, office)
    uploads(alice, "west.pdf", "M1")

    answer = uploads(alice, "west.pdf", "M2")

    assert "is there already" in words(answer.text)
    assert len(evidence_files(database)) == 1
    assert len(files_in(tmp_path / "files")) == 1


def test_a_file_is_removed_with_its_bytes(
    app: Flask, office: Office, database: Database, tmp_path: Path
) -> None:
    alice = learner(app, office)
    uploads(alice, "west.pdf", "M1")
    (file,) = evidence_files(database)

    page = words(alice.does(f"{MINE}/files/{file.id}/remove").text)

    assert "The file is removed." in page
    assert evidence_files(database) == []
    assert files_in(tmp_path / "files") == []


def test_what_is_handed_in_stays_as_it_is(app: Flask, office: Office, database: Database) -> None:
    alice = learner(app, office)
    uploads(alice, "west.pdf", "M1")
    (file,) = evidence_files(database)

    page = hands_in(alice)
    removed = alice.does(f"{MINE}/files/{file.id}/remove")
    added = uploads(alice, "more.pdf", "M2")

    assert "With the assessors" in page
    assert removed.status_code == added.status_code == 422
    assert "stays as it is" in words(removed.text)
    assert [each.file_name for each in evidence_files(database)] == ["west.pdf"]
    assert "is with the assessors" in alice.reads("/certificates")
    with database.read() as session:
        assert acts_of(session) == ["case.begun", "evidence.handed-in"]


def test_nothing_cannot_be_handed_in(app: Flask, office: Office) -> None:
    alice = learner(app, office)
    alice.get(MINE)

    assert alice.does(f"{MINE}/hand-in").status_code == 404


def test_a_candidate_reads_nothing_before_all_is_judged(app: Flask, office: Office) -> None:
    alice, case_id = handed_in(app, office)
    anna, ben = assessors(app, office, "Anna", "Ben")
    judges(anna, case_id, M1="met: Well done", M2="partly: Where is Asia?")
    judges(ben, case_id, M1="met")

    page = alice.reads(MINE)

    assert "Well done" not in page
    assert "Asia?" not in page
    assert "partly" not in alice.reads("/certificates")


def test_partial_success_is_kept_and_completed_later(
    app: Flask, office: Office, database: Database
) -> None:
    alice, case_id = handed_in(app, office)
    anna, ben = assessors(app, office, "Anna", "Ben")
    judges(anna, case_id, M1="met", M2="partly: Where is Asia?")
    judges(ben, case_id, M1="met", M2="not-met: No capital of Asia")

    short = alice.text(MINE)
    uploads(alice, "more of asia.pdf", "M2")
    again = hands_in(alice)
    between = alice.text(MINE)
    waits_for_anna = element(anna.text(f"/desk/certification/assessment/{case_id}"), "M2")
    judges(anna, case_id, M2="met")
    one_is_done = the_case(database).state
    judges(ben, case_id, M2="met")

    assert "Something is missing yet" in words(short)
    assert "First assessor: met Second assessor: met" in element(short, "M1")
    assert "Where is Asia?" in element(short, "M2")
    assert "No capital of Asia" in element(short, "M2")
    assert "With the assessors" in again
    assert "Where is Asia?" in element(between, "M2")
    assert "Before, you found: partly met: Where is Asia?" in waits_for_anna
    assert one_is_done == CaseState.COLLECTING
    case = the_case(database)
    assert case.state == CaseState.DRAFT
    assert case.decision is not None
    assert case.decision["outcome"] == "granted"
    assert "All elements are met" in alice.reads(MINE)
    assert "Confirm my name" in alice.reads("/certificates")


def test_what_was_judged_stays_when_more_is_added(
    app: Flask, office: Office, database: Database
) -> None:
    alice, case_id = handed_in(app, office)
    anna, ben = assessors(app, office, "Anna", "Ben")
    for each in (anna, ben):
        judges(each, case_id, M1="met", M2="not-met: Nothing of Asia")
    judged = evidence_files(database)[0]
    alice.get(MINE)

    removed = alice.does(f"{MINE}/files/{judged.id}/remove")
    at_once = hands_in(alice)

    assert "judged already, so it stays" in words(removed.text)
    assert "Add at least one file" in at_once
    assert len(evidence_files(database)) == 2


def test_another_learner_reaches_neither_pages_nor_files(
    app: Flask, office: Office, database: Database
) -> None:
    alice, case_id = handed_in(app, office)
    (file, _other) = evidence_files(database)
    mallory = learner(app, office, "Bob")
    uploads(mallory, "own.pdf", "M1")

    seen = [
        mallory.get(f"{MINE}/files/{file.id}").status_code,
        mallory.does(f"{MINE}/files/{file.id}/remove").status_code,
        mallory.get(f"{EVIDENCE}/appeal/{case_id}").status_code,
        mallory.does(f"{EVIDENCE}/appeal/{case_id}", words="Let me in").status_code,
        mallory.get(f"{EVIDENCE}/capitals-exam").status_code,
    ]

    assert seen == [404] * 5
    assert "west.pdf" not in mallory.reads(MINE)
    assert alice.get(f"{MINE}/files/{file.id}").status_code == 200
    assert mallory.get(f"/desk/certification/assessment/{case_id}").status_code == 403


def test_what_is_not_handed_in_is_seen_by_nobody_else(
    app: Flask, office: Office, database: Database
) -> None:
    uploads(learner(app, office), "west.pdf", "M1")
    (file,) = evidence_files(database)
    (anna,) = assessors(app, office, "Anna")
    path = f"/desk/certification/assessment/{the_case(database).id}"

    assert anna.get(path).status_code == 404
    assert anna.get(f"{path}/files/{file.id}").status_code == 404


def test_a_visit_without_a_person_has_no_evidence(app: Flask, office: Office) -> None:
    guest = window(app, office, "Nobody", Role.ADMINISTRATOR)

    assert guest.get(EVIDENCE).status_code == 404
    assert "Proof by work evidence" not in guest.reads("/certificates")


def test_two_persons_of_one_human_gather_in_one_case(
    app: Flask, office: Office, database: Database
) -> None:
    alice = learner(app, office)
    uploads(alice, "west.pdf", "M1")
    with database.read() as session:
        holder_id = session.scalars(select(HolderPerson.holder_id)).one()
    is_also(office, "Olga", holder_id)

    uploads(window(app, office, "Olga"), "asia.pdf", "M2")

    with database.read() as session:
        case_ids = set(session.scalars(select(EvidenceFile.case_id)))
    assert case_ids == {the_case(database).id}
    assert "asia.pdf" in alice.reads(MINE)
