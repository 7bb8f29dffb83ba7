"""Work evidence at the command line: what waits, what an assessor may see, and judging it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select

from lti_tool.certification.models import Assessment, CaseState
from lti_tool.db import Database
from lti_tool.settings import Settings
from lti_tool.visit import Role
from tests.lti_tool.certification.office import ISSUER, Office, acts_of, open_office
from tests.lti_tool.certification.workpieces import (
    assessors,
    evidence_files,
    handed_in,
    learner,
    the_case,
    uploads,
)
from tests.lti_tool.test_cli import Terminal
from tests.lti_tool.test_cli_certificates import refused, tells, under

ALICE = ("--issuer", ISSUER, "--subject", "alice")


@pytest.fixture
def settings(settings: Settings, tmp_path: Path) -> Settings:
    """Give settings by which files lie in a folder of the test."""
    return replace(settings, files_url=str(tmp_path / "files"))


@pytest.fixture
def terminal(database: Database, database_url: str, settings: Settings) -> Terminal:
    """Give a terminal on a database with all tables, and the same files."""
    made = Terminal(database_url)
    made.environ["LTI_TOOL_FILES_URL"] = settings.files_url
    return made


@pytest.fixture
def office(database: Database) -> Office:
    """Give an office with Olga and Oskar."""
    return open_office(database)


@pytest.fixture
def case_id(app: Flask, office: Office) -> UUID:
    """Give the case in which Alice handed in; Asta and Axel are assessors."""
    assessors(app, office, "Asta", "Axel")
    _alice, made = handed_in(app, office)
    return made


def test_two_assessors_judge_and_the_case_goes_on(
    terminal: Terminal, office: Office, database: Database, case_id: UUID
) -> None:
    case = str(case_id)
    before = tells(terminal, "evidence", *under(office, "Asta"))

    told = [
        tells(terminal, "assess", case, "M1", "--rating", "met", *under(office, "Asta")),
        tells(terminal, "assess", case, "M2", "--rating", "met", *under(office, "Asta")),
        tells(terminal, "assess", case, "M1", "M2", "--rating", "met", *under(office, "Axel")),
    ]

    assert before.startswith(f"{case} capitals-evidence, ")
    assert before.endswith(": waits for you\n")
    assert told[:2] == [
        "M1: met\nleft for you: M2\n",
        "M2: met\nyour part is done; another assessor judges it, too\n",
    ]
    assert told[2].startswith("M1, M2: met\nall elements are met: the case is ")
    with database.read() as session:
        judged = session.scalars(select(Assessment)).all()
        acts = acts_of(session)
    assert {(each.element_code, each.position) for each in judged} == {
        ("M1", 1), ("M2", 1), ("M1", 2), ("M2", 2)
    }  # fmt: skip
    assert judged[0].assessed_by.startswith("command line ")
    assert acts.count("case.assessed") == 3
    assert the_case(database).state != CaseState.COLLECTING
    assert tells(terminal, "evidence", *under(office, "Asta")) == "no work evidence waits\n"


def test_one_assessor_sees_nothing_of_the_other_before_being_done(
    terminal: Terminal, office: Office, case_id: UUID
) -> None:
    case = str(case_id)
    short = ("--rating", "not-met", "--comment", "No source is named.")
    tells(terminal, "assess", case, "M1", "M2", *short, *under(office, "Asta"))

    early = tells(terminal, "evidence", case, *under(office, "Axel"))
    own = tells(terminal, "evidence", case, *under(office, "Asta"))
    apart = tells(terminal, "assess", case, "M1", "M2", "--rating", "met", *under(office, "Axel"))
    then = tells(terminal, "evidence", case, *under(office, "Axel"))

    assert "No source" not in early
    assert "M1 Europe: to be judged" in early
    assert "Names the capitals of western Europe" in early
    assert "your part is done" in own
    assert "not-met: No source is named." in own
    assert "do not agree about M1, M2" in apart
    assert "assessor 1, " in then
    assert "No source is named." in then


def test_a_candidate_reads_what_is_missing_once_all_is_judged(
    terminal: Terminal, office: Office, database: Database, case_id: UUID
) -> None:
    short = ("--rating", "partly", "--comment", "No source is named.")
    for name in ("Asta", "Axel"):
        tells(terminal, "assess", str(case_id), "M1", "--rating", "met", *under(office, name))
        told = tells(terminal, "assess", str(case_id), "M2", *short, *under(office, name))

    assert "all is judged: the candidate reads the comments and may add to it" in told
    case = the_case(database)
    assert case.state == CaseState.COLLECTING
    assert case.decision is not None
    assert case.decision["outcome"] == "refused"


def test_who_may_not_judge_is_told_why(
    terminal: Terminal, office: Office, database: Database, case_id: UUID
) -> None:
    case = str(case_id)
    office.hire("Otto", role=Role.ASSESSOR, scheme_id="capitals-exam")
    met = ("assess", case, "M1", "--rating", "met")

    officer = refused(terminal, *met, *under(office, "Olga"))
    other = refused(terminal, *met, *under(office, "Otto"))
    own = refused(terminal, *met, *ALICE)
    looks = tells(terminal, "evidence", case, *under(office, "Olga"))
    nothing = tells(terminal, "evidence", *under(office, "Otto"))

    assert "Your role does not cover this scheme" in officer
    assert "no work evidence" in other
    assert "no work evidence" in own
    assert "Your role does not cover this scheme" in looks
    assert nothing == "no work evidence waits\n"
    with database.read() as session:
        assert session.scalars(select(Assessment)).all() == []


def test_an_assessor_does_not_judge_their_own(
    app: Flask, terminal: Terminal, office: Office, database: Database
) -> None:
    office.officers["Alice"] = office.stage.people["Alice"]
    grants = ("role", "grant", "assessor", "--issuer", ISSUER, "--subject", "alice")
    terminal.told(*grants)
    _alice, case_id = handed_in(app, office)

    own = refused(terminal, "assess", str(case_id), "M1", "--rating", "met", *ALICE)
    shown = tells(terminal, "evidence", str(case_id), *ALICE)

    assert "This is your own evidence: somebody else assesses it." in own
    assert "This is your own evidence" in shown
    assert "M1" not in shown
    with database.read() as session:
        assert session.scalars(select(Assessment)).all() == []


@pytest.mark.parametrize(
    ("more", "told"),
    [
        (("M9", "--rating", "met"), "no element M9; it has M1, M2"),
        (("M1", "--rating", "partly"), "M1: write what is missing"),
    ],
)
def test_what_an_assessor_leaves_out_is_told_here_too(
    terminal: Terminal, office: Office, case_id: UUID, more: tuple[str, ...], told: str
) -> None:
    fault = refused(terminal, "assess", str(case_id), *more, *under(office, "Asta"))

    assert told in fault


def test_a_file_is_written_for_those_who_judge(
    terminal: Terminal, office: Office, database: Database, case_id: UUID, tmp_path: Path
) -> None:
    asia, _west = evidence_files(database)
    to = tmp_path / "asia.pdf"
    named = ("evidence-file", str(case_id), str(asia.id))

    told = tells(terminal, *named, str(to), *under(office, "Asta"))
    stranger = refused(terminal, *named, str(tmp_path / "no.pdf"), *ALICE)
    unknown = refused(
        terminal, "evidence-file", str(case_id), str(case_id), str(to), *under(office, "Asta")
    )

    assert told == f"asia.pdf written to {to}\n"
    assert to.read_bytes() == b"A report.asia.pdf"
    assert "no work evidence" in stranger
    assert not (tmp_path / "no.pdf").exists()
    assert "no file" in unknown


def test_nobody_sees_evidence_before_it_is_handed_in(
    app: Flask, terminal: Terminal, office: Office, database: Database
) -> None:
    assessors(app, office, "Asta")
    uploads(learner(app, office), "west.pdf", "M1")
    case_id = str(the_case(database).id)

    listed = tells(terminal, "evidence", *under(office, "Asta"))
    shown = refused(terminal, "evidence", case_id, *under(office, "Asta"))

    assert listed == "no work evidence waits\n"
    assert "not handed in yet" in shown
