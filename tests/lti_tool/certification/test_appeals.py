"""A candidate asks for a review, and a person who had no part answers: through HTTP."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select

from lti_tool.certification.deciding import decide_due
from lti_tool.certification.models import Appeal, Assessment, Case, CaseState
from lti_tool.db import Database, utcnow
from lti_tool.settings import Settings
from lti_tool.visit import Role
from tests.lti_tool.certification.deskside import DESK, Window, is_also, waits, window, words
from tests.lti_tool.certification.office import Office, acts_of, open_office
from tests.lti_tool.certification.shelves import shelve_holder
from tests.lti_tool.certification.workpieces import (
    ASSESSMENT,
    MINE,
    also,
    assessors,
    handed_in,
    hands_in,
    judges,
    learner,
    proves,
    the_case,
    uploads,
)

APPEALS = f"{DESK}/appeals"


@pytest.fixture
def settings(settings: Settings, tmp_path: Path) -> Settings:
    """Give settings by which files lie in a folder of the test."""
    return replace(settings, files_url=str(tmp_path / "files"))


@pytest.fixture
def office(database: Database) -> Office:
    """Give an office with Olga and Oskar."""
    return open_office(database)


def refused(app: Flask, office: Office) -> tuple[Window, UUID]:
    """Let Olga refuse an exam of Alice that was passed by the rules; give Alice's window."""
    with office.database.begin() as session:
        holder_id = shelve_holder(session, office.stage.people["Alice"], name="Alice")
        told = {"day": "2026-10-01", "results": {"M1": {"passed": True}, "M2": {"passed": True}}}
        case_id = waits(
            session, "Alice", holder_id=holder_id, route="entry", particulars=told, decision=None,
            state=CaseState.COLLECTING, look_due_at=utcnow(),
        ).id  # fmt: skip
    decides(app)
    olga = window(app, office, "Olga")
    olga.get(f"{DESK}/cases/{case_id}")
    olga.does(f"{DESK}/cases/{case_id}/refuse", reason="The paper was illegible.")
    return learner(app, office), case_id


def decides(app: Flask) -> None:
    held = app.extensions
    decide_due(
        held["lti_tool.db"].begin,
        held["lti_tool.schemes"],
        held["lti_tool.catalogue"],
        now=utcnow(),
    )


def asks(at: Window, case_id: UUID, text: str = "Look again, please.") -> str:
    at.get(f"/certificates/appeal/{case_id}")
    proves(at)
    return words(at.does(f"/certificates/appeal/{case_id}", words=text).text)


def the_appeal(database: Database) -> Appeal:
    with database.read() as session:
        return session.scalars(select(Appeal).order_by(Appeal.opened_at.desc())).first()  # type: ignore[return-value]  # each test has one


def answers(at: Window, database: Database, outcome: str, text: str = "It is legible.") -> str:
    path = f"{APPEALS}/{the_appeal(database).id}"
    at.get(path)
    proves(at)
    return words(at.does(path, outcome=outcome, answer=text).text)


def test_a_refused_candidate_asks_and_reads_the_answer(
    app: Flask, office: Office, database: Database
) -> None:
    alice, case_id = refused(app, office)
    mine = alice.text("/certificates")

    asked = asks(alice, case_id)
    oskar = window(app, office, "Oskar")
    listed = oskar.reads(APPEALS)
    page = oskar.reads(f"{APPEALS}/{the_appeal(database).id}")
    answers(oskar, database, "rejected", "I could not read it either.")
    told = alice.reads(f"/certificates/appeal/{case_id}")

    assert f"/appeal/{case_id}" in mine
    assert "Not answered yet" in asked
    assert "Alice" in listed
    assert "Look again, please." in page
    assert "The paper was illegible." in page
    assert "The decision stands" in told
    assert "I could not read it either." in told
    with database.read() as session:
        assert acts_of(session)[-2:] == ["appeal.opened", "appeal.decided"]


def test_an_upheld_request_opens_the_case_and_it_is_decided_anew(
    app: Flask, office: Office, database: Database
) -> None:
    alice, case_id = refused(app, office)
    asks(alice, case_id)

    answers(window(app, office, "Oskar"), database, "upheld")
    opened = the_case(database).state
    decides(app)

    assert opened == CaseState.COLLECTING
    assert the_case(database).state == CaseState.CHECKED
    assert "You are right" in alice.reads(f"/certificates/appeal/{case_id}")


def test_whoever_refused_does_not_answer(app: Flask, office: Office, database: Database) -> None:
    alice, case_id = refused(app, office)
    asks(alice, case_id)
    olga = window(app, office, "Olga")

    listed = olga.reads(APPEALS)
    page = answers(olga, database, "rejected")

    assert "somebody other than you has to do this" in listed
    assert "You had a part in this decision." in page
    assert the_appeal(database).decided_at is None


def test_whoever_refused_at_the_command_line_does_not_answer(
    app: Flask, office: Office, database: Database
) -> None:
    alice, case_id = refused(app, office)
    with database.begin() as session:
        case = session.get_one(Case, case_id)
        case.refused_by = f"command line {office.officers['Oskar']}"
    asks(alice, case_id)

    page = answers(window(app, office, "Oskar"), database, "rejected")

    assert "You had a part in this decision." in page


def test_candidates_do_not_answer_themselves(
    app: Flask, office: Office, database: Database
) -> None:
    alice, case_id = refused(app, office)
    asks(alice, case_id)
    is_also(office, "Oskar", the_case(database).holder_id)

    assert "You had a part" in answers(window(app, office, "Oskar"), database, "upheld")


@pytest.mark.parametrize(("outcome", "text"), [("", "Why"), ("maybe", "Why"), ("upheld", " ")])
def test_an_answer_needs_an_outcome_and_words(
    app: Flask, office: Office, database: Database, outcome: str, text: str
) -> None:
    alice, case_id = refused(app, office)
    asks(alice, case_id)

    page = answers(window(app, office, "Oskar"), database, outcome, text)

    assert "Choose an outcome and write an answer" in page
    assert the_appeal(database).decided_at is None


def test_a_request_needs_words_and_is_made_once(
    app: Flask, office: Office, database: Database
) -> None:
    alice, case_id = refused(app, office)

    empty = asks(alice, case_id, " ")
    asks(alice, case_id)
    twice = asks(alice, case_id, "And again.")
    answers(window(app, office, "Oskar"), database, "rejected")
    after = asks(alice, case_id, "Once more.")

    assert "Write what should be looked at again" in empty
    assert "under way already" in twice
    assert "was reviewed already" in after
    with database.read() as session:
        assert len(session.scalars(select(Appeal)).all()) == 1


def test_an_exam_passed_after_all_is_not_undone_by_an_old_request(
    app: Flask, office: Office, database: Database
) -> None:
    alice, case_id = refused(app, office)
    asks(alice, case_id)
    with database.begin() as session:
        case = session.get_one(Case, case_id)
        case.state, case.approved_human, case.approved_at = CaseState.NUMBERED, case_id, utcnow()

    answers(window(app, office, "Oskar"), database, "upheld")

    assert the_case(database).state == CaseState.NUMBERED


def test_evidence_judged_short_goes_to_other_assessors(
    app: Flask, office: Office, database: Database
) -> None:
    alice, case_id = handed_in(app, office)
    anna, ben = assessors(app, office, "Anna", "Ben")
    for each in (anna, ben):
        judges(each, case_id, M1="met", M2="not-met: Nothing of Asia")
    asks(alice, case_id)

    answers(window(app, office, "Olga"), database, "upheld", "Asia is there.")
    told = anna.reads(f"{ASSESSMENT}/{case_id}")
    refused_again = judges(anna, case_id, M1="met", M2="met")
    carl, dora = assessors(app, office, "Carl", "Dora")
    for each in (carl, dora):
        judges(each, case_id, M1="met", M2="met")

    assert "You assessed it before the review: now others assess it." in told
    assert refused_again.status_code == 422
    assert the_case(database).state == CaseState.DRAFT
    with database.read() as session:
        rows = session.scalars(select(Assessment)).all()
    assert {each.assessed_by for each in rows} == {
        str(office.officers["Carl"]),
        str(office.officers["Dora"]),
    }


def test_an_assessor_of_the_case_does_not_answer(
    app: Flask, office: Office, database: Database
) -> None:
    alice, case_id = handed_in(app, office)
    (anna,) = assessors(app, office, "Anna")
    also(office, "Olga", Role.ASSESSOR)
    olga = window(app, office, "Olga", Role.OFFICER, Role.ASSESSOR)
    for each in (anna, olga):
        judges(each, case_id, M1="met", M2="not-met: Nothing of Asia")
    asks(alice, case_id)

    assert "You had a part in this decision." in answers(olga, database, "rejected")


def test_evidence_under_review_is_not_handed_in_again(
    app: Flask, office: Office, database: Database
) -> None:
    alice, case_id = handed_in(app, office)
    for each in assessors(app, office, "Anna", "Ben"):
        judges(each, case_id, M1="met", M2="not-met: Nothing of Asia")
    asks(alice, case_id)
    uploads(alice, "more of asia.pdf", "M2")

    meanwhile = hands_in(alice)
    answers(window(app, office, "Olga"), database, "rejected")
    after = hands_in(alice)

    assert "Hand in once it is answered" in meanwhile
    assert "With the assessors" in after


def test_what_was_not_refused_is_not_reviewed(app: Flask, office: Office) -> None:
    alice, case_id = handed_in(app, office)

    assert alice.get(f"/certificates/appeal/{case_id}").status_code == 404
    assert "Ask for a review" not in alice.reads(MINE)


def test_an_officer_of_another_scheme_does_not_see_the_request(
    app: Flask, office: Office, database: Database
) -> None:
    alice, case_id = refused(app, office)
    asks(alice, case_id)
    office.hire("Otto", scheme_id="capitals-body")
    otto = window(app, office, "Otto")

    assert "Alice" not in otto.reads(APPEALS)
    assert otto.get(f"{APPEALS}/{the_appeal(database).id}").status_code == 404
