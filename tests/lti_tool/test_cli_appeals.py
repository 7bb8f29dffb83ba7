"""Reviews at the command line: listed, read, and answered by somebody who had no part."""

from __future__ import annotations

from uuid import UUID

import pytest

from lti_tool.certification import appealing, approving
from lti_tool.certification.humans import hand_of
from lti_tool.certification.models import Case, CaseState
from lti_tool.db import Database, utcnow
from tests.lti_tool.certification.deskside import waits
from tests.lti_tool.certification.office import Office, acts_of, open_office
from tests.lti_tool.certification.shelves import shelve_holder
from tests.lti_tool.test_cli import Terminal
from tests.lti_tool.test_cli_certificates import refused, tells, under


@pytest.fixture
def terminal(database: Database, database_url: str) -> Terminal:
    """Give a terminal on a database with all tables, with the course of capitals."""
    return Terminal(database_url)


@pytest.fixture
def office(database: Database) -> Office:
    """Give an office with Olga and Oskar."""
    return open_office(database)


@pytest.fixture
def appeal(office: Office) -> tuple[str, UUID]:
    """Give Alice's request, and the case that Olga refused."""
    alice = office.stage.people["Alice"]
    with office.database.begin() as session:
        holder_id = shelve_holder(session, alice, name="Alice")
        case = waits(session, "Alice", holder_id=holder_id)
        olga = hand_of(session, office.officers["Olga"])
        approving.refuse(session, case.id, "The paper was illegible.", olga, now=utcnow())
        made = appealing.open_appeal(
            session, holder_id, case.id, "I can read it.", hand_of(session, alice), now=utcnow()
        )
    return str(made.id), case.id


def state_of(database: Database, case_id: UUID) -> str:
    with database.read() as session:
        return session.get_one(Case, case_id).state


def test_a_request_is_listed_read_and_answered(
    terminal: Terminal, office: Office, database: Database, appeal: tuple[str, UUID]
) -> None:
    appeal_id, case_id = appeal
    why = ("--outcome", "rejected", "--answer", "Nobody else can.")

    listed = tells(terminal, "appeals")
    shown = tells(terminal, "appeal", appeal_id)
    told = tells(terminal, "answer", appeal_id, *why, *under(office, "Oskar"))
    again = refused(terminal, "answer", appeal_id, *why, *under(office, "Oskar"))

    assert listed.startswith(f"{appeal_id} capitals-exam, Alice, case {case_id}: asked ")
    assert "I can read it." in shown
    assert "decided: The paper was illegible." in shown
    assert told == (
        f"{appeal_id}: rejected; the decision stands, and the candidate reads your words\n"
    )
    assert "answered already" in again
    assert state_of(database, case_id) == CaseState.REFUSED
    assert tells(terminal, "appeals") == "no review waits\n"
    assert "; rejected " in tells(terminal, "appeals", "--answered")
    assert "rejected, Oskar, at the command line: Nobody else can." in tells(
        terminal, "appeal", appeal_id
    )
    with database.read() as session:
        assert acts_of(session)[-1] == "appeal.decided"


def test_a_request_that_is_upheld_opens_the_case(
    terminal: Terminal, office: Office, database: Database, appeal: tuple[str, UUID]
) -> None:
    appeal_id, case_id = appeal
    why = ("--outcome", "upheld", "--answer", "It is legible.")

    told = tells(terminal, "answer", appeal_id, *why, *under(office, "Oskar"))

    assert f"case {case_id} is open again" in told
    assert state_of(database, case_id) == CaseState.COLLECTING


def test_whoever_had_a_part_or_no_role_does_not_answer(
    terminal: Terminal, office: Office, database: Database, appeal: tuple[str, UUID]
) -> None:
    appeal_id, case_id = appeal
    office.hire("Otto", scheme_id="capitals-four-eyes")
    why = ("--outcome", "upheld", "--answer", "It is legible.")

    olga = refused(terminal, "answer", appeal_id, *why, *under(office, "Olga"))
    otto = refused(terminal, "answer", appeal_id, *why, *under(office, "Otto"))
    empty = refused(
        terminal, "answer", appeal_id, "--outcome", "upheld", "--answer", " ",
        *under(office, "Oskar"),
    )  # fmt: skip

    assert "You had a part in this decision" in olga
    assert "Your role does not cover this scheme" in otto
    assert "write an answer" in empty
    assert state_of(database, case_id) == CaseState.REFUSED


def test_an_unknown_request_is_told(terminal: Terminal, office: Office) -> None:
    unknown = str(office.officers["Olga"])

    told = refused(terminal, "appeal", unknown)

    assert "see `lti-tool certificate appeals`" in told
    assert tells(terminal, "appeals", "--answered") == "no review was answered\n"
