"""Assessors judge work evidence element by element, each by themselves: through HTTP."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask

from lti_tool.certification.models import CaseState
from lti_tool.db import Database, utcnow
from lti_tool.settings import Settings
from lti_tool.visit import Role
from tests.lti_tool.certification.deskside import DESK, Window, is_also, window, words
from tests.lti_tool.certification.office import Office, acts_of, open_office
from tests.lti_tool.certification.shelves import shelve_holder
from tests.lti_tool.certification.workpieces import (
    ASSESSMENT,
    MINE,
    also,
    assessors,
    evidence_files,
    handed_in,
    judges,
    learner,
    the_case,
)


@pytest.fixture
def settings(settings: Settings, tmp_path: Path) -> Settings:
    """Give settings by which files lie in a folder of the test."""
    return replace(settings, files_url=str(tmp_path / "files"))


@pytest.fixture
def office(database: Database) -> Office:
    """Give an office with Olga and Oskar."""
    return open_office(database)


def confirms(alice: Window, office: Office) -> None:
    """Let the candidate confirm the name."""
    path = f"/certificates/name/{the_case(office.database).id}"
    alice.get(path)
    alice.does(path, do="confirm", name="Alice Example", language="en")


def test_what_is_handed_in_waits_for_every_assessor(app: Flask, office: Office) -> None:
    _alice, case_id = handed_in(app, office)
    anna, ben = assessors(app, office, "Anna", "Ben")

    before = anna.reads(ASSESSMENT)
    judges(anna, case_id, M1="met", M2="met")
    after = anna.reads(ASSESSMENT)

    assert "Waits for you Alice" in before
    assert "Nothing waits for you." in after
    assert "Your part is done." in after
    assert "You would be the second assessor." in ben.reads(ASSESSMENT)


def test_two_assessors_find_all_met_and_an_officer_approves(
    app: Flask, office: Office, database: Database
) -> None:
    alice, case_id = handed_in(app, office)
    anna, ben = assessors(app, office, "Anna", "Ben")
    judges(anna, case_id, M1="met: Clear", M2="met")

    page = words(judges(ben, case_id, M1="met", M2="met").text)
    confirms(alice, office)
    olga = window(app, office, "Olga")
    case_page = olga.reads(f"{DESK}/cases/{case_id}")
    olga.does(f"{DESK}/cases/{case_id}/approve")

    assert "All elements are met" in page
    assert "Clear" in case_page
    assert the_case(database).state == CaseState.APPROVED
    with database.read() as session:
        acts = acts_of(session)
    assert acts.count("case.assessed") == 2
    assert "case.met" in acts


def test_a_part_is_kept_and_gone_on_with_later(app: Flask, office: Office) -> None:
    _alice, case_id = handed_in(app, office)
    (anna,) = assessors(app, office, "Anna")

    page = judges(anna, case_id, M1="met: Clear").text

    assert "1 element is left." in words(page)
    assert ">Clear</textarea>" in page


def test_the_second_assessor_sees_nothing_of_the_first_before_being_done(
    app: Flask, office: Office
) -> None:
    _alice, case_id = handed_in(app, office)
    anna, ben = assessors(app, office, "Anna", "Ben")
    judges(anna, case_id, M1="met: Anna likes it", M2="met")

    before = ben.reads(f"{ASSESSMENT}/{case_id}")
    judges(ben, case_id, M1="met")
    halfway = ben.reads(f"{ASSESSMENT}/{case_id}")
    page = words(judges(ben, case_id, M2="partly: Asia is short").text)

    assert "Anna likes it" not in before
    assert "Anna likes it" not in halfway
    assert "Anna likes it" in page


def test_an_assessor_who_is_an_officer_too_does_not_see_it_at_the_other_desk(
    app: Flask, office: Office
) -> None:
    _alice, case_id = handed_in(app, office)
    (anna,) = assessors(app, office, "Anna")
    judges(anna, case_id, M1="met: Anna likes it", M2="partly: Asia is short")
    also(office, "Olga", Role.ASSESSOR)
    olga = window(app, office, "Olga", Role.OFFICER, Role.ASSESSOR)

    seen = olga.reads(f"{DESK}/cases/{case_id}") + olga.reads(f"{ASSESSMENT}/{case_id}")

    assert "Anna likes it" not in seen
    assert "Asia is short" not in seen


def test_assessors_who_do_not_agree_settle_it_between_them(
    app: Flask, office: Office, database: Database
) -> None:
    alice, case_id = handed_in(app, office)
    anna, ben = assessors(app, office, "Anna", "Ben")
    judges(anna, case_id, M1="met", M2="met")

    apart = words(judges(ben, case_id, M1="met", M2="partly: Asia is short").text)
    seen_by_alice = alice.reads(MINE)
    judges(ben, case_id, M1="met", M2="met")

    assert "The assessors do not agree About: M2." in apart
    assert "Asia is short" not in seen_by_alice
    assert the_case(database).state == CaseState.DRAFT


@pytest.mark.parametrize(
    ("ratings", "told"),
    [
        ({"M1": "partly"}, "M1: write what is missing"),
        ({"M1": "not-met"}, "M1: write what is missing"),
        ({"M1": ": A comment"}, "M1: choose a rating"),
        ({}, "Judge at least one element."),
    ],
)
def test_what_an_assessor_leaves_out_is_told(
    app: Flask, office: Office, ratings: dict[str, str], told: str
) -> None:
    _alice, case_id = handed_in(app, office)
    (anna,) = assessors(app, office, "Anna")

    answer = judges(anna, case_id, **ratings)

    assert answer.status_code == 422
    assert told in words(answer.text)


def test_a_candidate_cannot_assess_their_own_evidence(
    app: Flask, office: Office, database: Database
) -> None:
    _alice, case_id = handed_in(app, office)
    (anna,) = assessors(app, office, "Anna")
    is_also(office, "Anna", the_case(database).holder_id)

    page = anna.text(f"{ASSESSMENT}/{case_id}")
    answer = judges(anna, case_id, M1="met", M2="met")

    assert "This is your own evidence: somebody else assesses it." in words(page)
    assert "Your rating" not in page
    assert answer.status_code == 422
    assert the_case(database).assessed_human is None


def test_one_human_is_not_two_assessors(app: Flask, office: Office, database: Database) -> None:
    _alice, case_id = handed_in(app, office)
    anna, twin = assessors(app, office, "Anna", "Anna at home")
    judges(anna, case_id, M1="met", M2="met")
    with database.begin() as session:
        shelve_holder(
            session, office.officers["Anna"], office.officers["Anna at home"], name="Anna"
        )

    page = words(judges(twin, case_id, M1="met", M2="met").text)

    case = the_case(database)
    assert "Your part is done" in page
    assert case.second_assessed_human is None
    assert case.state == CaseState.COLLECTING


def test_a_third_assessor_is_told_why_not(app: Flask, office: Office) -> None:
    _alice, case_id = handed_in(app, office)
    anna, ben, carl = assessors(app, office, "Anna", "Ben", "Carl")
    judges(anna, case_id, M1="met")
    judges(ben, case_id, M1="met")

    page = carl.reads(f"{ASSESSMENT}/{case_id}")
    answer = judges(carl, case_id, M1="met")

    assert "Its assessors are others." in page
    assert answer.status_code == 422


def test_an_assessor_does_not_approve(app: Flask, office: Office, database: Database) -> None:
    alice, case_id = handed_in(app, office)
    (anna,) = assessors(app, office, "Anna")
    also(office, "Olga", Role.ASSESSOR)
    olga = window(app, office, "Olga", Role.OFFICER, Role.ASSESSOR)
    judges(anna, case_id, M1="met", M2="met")
    judges(olga, case_id, M1="met", M2="met")
    confirms(alice, office)

    page = olga.reads(f"{DESK}/cases/{case_id}")
    olga.does(f"{DESK}/cases/{case_id}/approve")

    assert "You assessed this candidate yourself: somebody else has to approve it." in page
    assert the_case(database).state == CaseState.CHECKED
    oskar = window(app, office, "Oskar")
    oskar.get(f"{DESK}/cases/{case_id}")
    oskar.does(f"{DESK}/cases/{case_id}/approve")
    assert the_case(database).state == CaseState.APPROVED


def test_an_officer_looks_and_does_not_judge(
    app: Flask, office: Office, database: Database
) -> None:
    _alice, case_id = handed_in(app, office)
    (anna,) = assessors(app, office, "Anna")
    judges(anna, case_id, M1="met: Anna likes it")
    olga = window(app, office, "Olga")

    page = olga.text(f"{ASSESSMENT}/{case_id}")
    refused = olga.does(f"{ASSESSMENT}/{case_id}", **{"rating.M1": "met"})
    file = olga.get(f"{ASSESSMENT}/{case_id}/files/{evidence_files(database)[0].id}")

    assert "Anna likes it" in words(page)
    assert "Your rating" not in page
    assert refused.status_code == 403
    assert file.data == b"A report.asia.pdf"
    assert file.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"


def test_an_assessor_of_another_scheme_sees_neither_case_nor_file(
    app: Flask, office: Office, database: Database
) -> None:
    _alice, case_id = handed_in(app, office)
    office.hire("Otto", role=Role.ASSESSOR, scheme_id="capitals-exam")
    otto = window(app, office, "Otto", Role.ASSESSOR)

    assert "Alice" not in otto.reads(ASSESSMENT)
    assert otto.get(f"{ASSESSMENT}/{case_id}").status_code == 404
    file_id = evidence_files(database)[0].id
    assert otto.get(f"{ASSESSMENT}/{case_id}/files/{file_id}").status_code == 404


def test_a_teacher_and_an_administrator_do_not_reach_the_evidence(
    app: Flask, office: Office, database: Database
) -> None:
    _alice, case_id = handed_in(app, office)
    file_id = evidence_files(database)[0].id
    carol = Window(app.test_client(), office.stage.visit("Carol", now=utcnow()))
    admin = window(app, office, "Nobody", Role.ADMINISTRATOR)

    seen = {
        each.get(f"{ASSESSMENT}/{case_id}/files/{file_id}").status_code for each in (carol, admin)
    }

    assert seen == {403}
    assert learner(app, office, "Bob").get(ASSESSMENT).status_code == 403
