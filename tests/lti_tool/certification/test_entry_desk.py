"""Officers enter candidates by form and by list, through HTTP; another officer approves them."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from lti_tool.certification.models import Case, CaseState, Holder, HolderKind
from lti_tool.db import Database, utcnow
from tests.lti_tool.certification.deskside import DESK, Window, waits, window, words
from tests.lti_tool.certification.office import Office, acts_of, open_office
from tests.lti_tool.certification.shelves import shelve, shelve_holder

ENTER = f"{DESK}/enter"
EXAM = f"{ENTER}/capitals-exam/entry"
PAPER = {"name": "Zoë Paper", "day": "2026-10-01", "result.M1": "2/3", "result.M2": "3/3"}


@pytest.fixture
def office(database: Database) -> Office:
    """Give an office with Olga and Oskar."""
    return open_office(database)


@pytest.fixture
def enters(app: Flask, office: Office) -> Callable[..., Window]:
    """Give somebody's window at the desk."""
    return lambda name, *roles: window(app, office, name, *roles)


def cases(database: Database) -> list[Case]:
    with database.read() as session:
        return list(session.scalars(select(Case).order_by(Case.name)))


def sends(at: Window, path: str, text: str | bytes, **form: str) -> str:
    content = text if isinstance(text, bytes) else text.encode()
    at.reads(path)
    answer = at.does(f"{path}/list", list=(io.BytesIO(content), "list.csv"), **form)  # type: ignore[arg-type]
    return words(answer.text)


def test_a_paper_exam_that_was_passed_waits_for_another_officer(
    database: Database, office: Office, enters: Callable[..., Window]
) -> None:
    olga = enters("Olga")
    olga.reads(EXAM)

    page = words(olga.does(EXAM, **PAPER, name_seen="yes").text)

    (case,) = cases(database)
    assert case.state == CaseState.CHECKED
    assert case.entered_human == office.officers["Olga"]
    assert "You entered this candidate yourself: somebody else has to approve it." in page
    with database.read() as session:
        assert "case.entered" in acts_of(session)
    assert "Zoë Paper" in enters("Oskar").reads(f"{DESK}/cases")


def test_a_paper_exam_without_one_element_is_kept_and_not_approved(
    database: Database, office: Office, enters: Callable[..., Window]
) -> None:
    olga = enters("Olga")
    olga.reads(EXAM)

    olga.does(EXAM, **{**PAPER, "result.M2": "1/3"}, name_seen="yes")

    (case,) = cases(database)
    assert case.state == CaseState.COLLECTING
    assert case.decision is not None
    assert case.decision["outcome"] != "granted"


def test_a_name_that_nobody_saw_has_to_be_confirmed(
    database: Database, office: Office, enters: Callable[..., Window]
) -> None:
    olga = enters("Olga")
    olga.reads(EXAM)

    olga.does(EXAM, **PAPER)

    assert cases(database)[0].state == CaseState.DRAFT


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"result.M1": "4/3"}, "4/3 is no result"),
        ({"result.M1": "good"}, "good is no result"),
        ({"day": "2999-01-01"}, "lies in the future"),
        ({"day": "soon"}, "is no day"),
        ({"name": " "}, "Give the name"),
        ({"name": "გიორგი"}, "Cannot be printed"),
    ],
)
def test_what_cannot_be_used_is_told_and_nothing_is_entered(
    database: Database,
    office: Office,
    enters: Callable[..., Window],
    changed: dict[str, str],
    told: str,
) -> None:
    olga = enters("Olga")
    olga.reads(EXAM)

    answer = olga.does(EXAM, **{**PAPER, **changed})

    assert answer.status_code == 422
    assert told in words(answer.text)
    assert cases(database) == []


def test_nobody_is_entered_twice_for_one_day(
    database: Database, office: Office, enters: Callable[..., Window]
) -> None:
    olga = enters("Olga")
    olga.reads(EXAM)
    olga.does(EXAM, **PAPER)
    olga.reads(EXAM)

    answer = olga.does(EXAM, **PAPER, holder="new")

    assert "was entered before" in words(answer.text)
    assert len(cases(database)) == 1


def test_somebody_known_is_asked_for_before_a_namesake_is_made(
    database: Database, office: Office, enters: Callable[..., Window]
) -> None:
    with database.begin() as session:
        known = shelve_holder(session, name="Zoe Paper")
    olga = enters("Olga")
    olga.reads(EXAM)

    asked = words(olga.does(EXAM, **PAPER).text)
    before = cases(database)
    olga.does(EXAM, **PAPER, holder=str(known))

    assert "Is it the same person?" in asked
    assert before == []
    assert [case.holder_id for case in cases(database)] == [known]


def test_two_of_one_name_and_day_come_in_by_saying_that_it_is_somebody_else(
    database: Database, office: Office, enters: Callable[..., Window]
) -> None:
    olga = enters("Olga")
    olga.reads(EXAM)
    olga.does(EXAM, **PAPER)
    olga.reads(EXAM)

    asked = olga.does(EXAM, **PAPER).text
    others = re.findall(r'name="other" value="([^"]+)"', asked)
    told = {**PAPER, "holder": "new", "other": others}
    olga.does(EXAM, **told)
    olga.reads(EXAM)
    again = olga.does(EXAM, **told)

    assert "Is it the same person?" in words(asked)
    assert again.status_code == 422
    assert "was entered before" in words(again.text)
    assert len({case.holder_id for case in cases(database)}) == 2
    assert len(cases(database)) == 2


def test_whoever_is_chosen_is_not_another_one_as_well(
    database: Database, office: Office, enters: Callable[..., Window]
) -> None:
    with database.begin() as session:
        holder = str(shelve_holder(session, name="Zoë Paper"))
    olga = enters("Olga")
    told = {**PAPER, "holder": holder, "other": [holder]}
    for _time in range(2):
        olga.reads(EXAM)
        answer = olga.does(EXAM, **told)

    assert "was entered before" in words(answer.text)
    assert len(cases(database)) == 1


def test_namesakes_are_told_apart_by_platform_certificate_and_case(
    database: Database, office: Office, enters: Callable[..., Window]
) -> None:
    with database.begin() as session:
        learner = shelve_holder(session, office.stage.people["Alice"], name="Zoe Paper")
        holder = shelve_holder(session, name="Zoë Paper")
        certificate = shelve(session, holder, holder_name="Zoë Paper")
        waits(session, "ZOE PAPER")
    olga = enters("Olga")
    olga.reads(EXAM)

    asked = words(olga.does(EXAM, **PAPER).text)

    assert learner != holder
    assert re.search(r"Zoe Paper, known since \d+ \w+ 2026; \S+", asked)
    assert f"; {certificate.number}" in asked
    assert "; Capitals of the world (Exam)" in asked


def test_an_earlier_record_is_taken_over_under_its_own_number(
    database: Database, office: Office, enters: Callable[..., Window]
) -> None:
    way = f"{ENTER}/capitals-exam/taken-over"
    olga = enters("Olga")
    olga.reads(way)
    told = {"earlier_register": "ECQA", "earlier_number": "CP-77"}

    olga.does(way, name="Zoë Earlier", day="2019-05-06", name_seen="yes", **told)

    (case,) = cases(database)
    assert case.state == CaseState.CHECKED
    assert case.sitting == "taken-over:CP-77"
    assert case.particulars["earlier_register"] == "ECQA"


def test_an_earlier_record_without_its_number_is_refused(
    database: Database, office: Office, enters: Callable[..., Window]
) -> None:
    way = f"{ENTER}/capitals-exam/taken-over"
    olga = enters("Olga")
    olga.reads(way)

    answer = olga.does(way, name="Zoë Earlier", day="2019-05-06", earlier_register="ECQA")

    assert "its number there" in words(answer.text)
    assert cases(database) == []


def test_a_trainer_needs_every_point_and_the_certificate(
    database: Database, office: Office, enters: Callable[..., Window]
) -> None:
    with database.begin() as session:
        known = shelve_holder(session, name="Tom Trainer")
        shelve(
            session,
            known,
            holder_name="Tom Trainer",
            columns={"scheme_id": "capitals-exam"},
            valid_until=None,
        )
    way = f"{ENTER}/capitals-trainer/entry"
    olga = enters("Olga")
    told: dict[str, Any] = {"name": "Tom Trainer", "holder": str(known), "name_seen": "yes"}
    for checks, day in ((["1"], "2026-11-03"), (["1", "2"], "2026-11-04")):
        olga.reads(way)
        olga.does(way, **told, day=day, check=checks)

    states = {case.sitting: case.state for case in cases(database) if case.route == "entry"}

    assert states == {
        "entry:2026-11-03": CaseState.COLLECTING,
        "entry:2026-11-04": CaseState.CHECKED,
    }


def test_a_training_body_is_an_organisation(
    database: Database, office: Office, enters: Callable[..., Window]
) -> None:
    way = f"{ENTER}/capitals-body/entry"
    olga = enters("Olga")
    olga.reads(way)

    olga.does(way, name="School of Capitals", day="2026-10-01", name_seen="yes", check=["1"])

    with database.read() as session:
        held = session.scalars(select(Holder).where(Holder.name == "School of Capitals")).one()
    assert held.kind == HolderKind.ORGANISATION
    assert cases(database)[0].state == CaseState.CHECKED


def test_a_list_is_shown_before_it_is_entered(
    database: Database, office: Office, enters: Callable[..., Window]
) -> None:
    olga = enters("Olga")
    text = (
        "name;day;M1;M2\nÁgnes Nagy;01.10.2026;3/3;2,5/3\nBo Li;2026-10-01;passed;\n;2026-10-01;;\n"
    )

    page = sends(olga, EXAM, "\ufeff" + text, name_seen="yes")
    before = cases(database)
    done = words(olga.does(f"{EXAM}/list", text=text, name_seen="yes").text)

    assert "2 candidates can be entered" in page
    assert "M1 3/3, M2 2.5/3" in page
    assert "The name of" not in page
    assert "Line 4: There is no name." in page
    assert before == []
    assert "2 candidates were entered." in done
    entered = cases(database)
    assert [case.name for case in entered] == ["Bo Li", "Ágnes Nagy"]
    assert entered[1].particulars["results"]["M2"] == {"points": "5/2", "asked": 3}
    assert all(case.look_due_at is not None and case.look_due_at <= utcnow() for case in entered)


def test_a_list_sent_again_enters_nobody_twice(
    database: Database, office: Office, enters: Callable[..., Window]
) -> None:
    olga = enters("Olga")
    text = "name,day,M1,M2\nÁgnes Nagy,2026-10-01,3/3,3/3\n"
    sends(olga, EXAM, text)
    olga.does(f"{EXAM}/list", text=text)
    more = text + "Bo Li,2026-10-01,3/3,3/3\n"
    sends(olga, EXAM, more)

    done = words(olga.does(f"{EXAM}/list", text=more).text)

    assert "1 candidate was entered." in done
    assert "1 was there before and is left as it was. Another person of the same name" in done
    assert len(cases(database)) == 2


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("who,when\nBo,2026-10-01\n", "name is missing"),
        ("name,day,M9\nBo,2026-10-01,3/3\n", "M9 is not known"),
        ("name,day,day\nBo,2026-10-01,x\n", "stands there twice"),
        ("name,day\n", "no candidates"),
        ("", "Choose a file"),
    ],
)
def test_a_list_that_cannot_be_read_says_why(
    database: Database, office: Office, enters: Callable[..., Window], text: str, told: str
) -> None:
    page = sends(enters("Olga"), EXAM, text)

    assert told in page
    assert cases(database) == []


def test_a_list_of_an_old_spreadsheet_keeps_its_letters(
    database: Database, office: Office, enters: Callable[..., Window]
) -> None:
    page = sends(enters("Olga"), EXAM, "name,day\nJürgen Groß,2026-10-01\n".encode("cp1252"))

    assert "Jürgen Groß" in page


def test_an_empty_list_names_the_columns(
    database: Database, office: Office, enters: Callable[..., Window]
) -> None:
    olga = enters("Olga")
    olga.reads(EXAM)

    text = olga.text(f"{EXAM}/list.csv")

    assert text.lstrip("\ufeff").startswith("name,day,M1,M2,exam_body")


def test_an_officer_of_another_scheme_enters_nobody_here(
    database: Database, office: Office, enters: Callable[..., Window]
) -> None:
    office.hire("Otto", scheme_id="capitals-body")
    otto = enters("Otto")

    offered = otto.reads(ENTER)
    refused = otto.get(EXAM)

    assert "School" not in offered
    assert "Paper" not in offered
    assert refused.status_code == 404


def test_what_was_entered_by_mistake_is_taken_back(
    database: Database, office: Office, enters: Callable[..., Window]
) -> None:
    olga = enters("Olga")
    olga.reads(EXAM)
    olga.does(EXAM, **PAPER, name_seen="yes")
    (case,) = cases(database)

    page = words(olga.does(f"{DESK}/cases/{case.id}/take-back").text)

    assert "Taken back" in page
    assert cases(database)[0].state == CaseState.WITHDRAWN


# Once more, and lists of other programs


def test_what_was_taken_back_is_entered_again_for_the_same_holder_and_day(
    database: Database, office: Office, enters: Callable[..., Window]
) -> None:
    with database.begin() as session:
        holder = str(shelve_holder(session, name="Zoë Paper"))
    olga = enters("Olga")
    for _time in range(2):
        olga.reads(EXAM)
        olga.does(EXAM, **PAPER, holder=holder)
        open_case = next(each for each in cases(database) if each.state != CaseState.WITHDRAWN)
        olga.does(f"{DESK}/cases/{open_case.id}/take-back")
    olga.reads(EXAM)
    olga.does(EXAM, **PAPER, holder=holder)
    olga.reads(EXAM)

    again = olga.does(EXAM, **PAPER, holder=holder)

    found = sorted(cases(database), key=lambda each: each.sitting)
    assert [each.sitting for each in found] == [
        "entry:2026-10-01", "entry:2026-10-01:2", "entry:2026-10-01:3",
    ]  # fmt: skip
    assert [each.state == CaseState.WITHDRAWN for each in found] == [True, True, False]
    assert "was entered before" in words(again.text)


def test_one_human_under_two_records_is_entered_once(
    database: Database, office: Office, enters: Callable[..., Window]
) -> None:
    with database.begin() as session:
        kept, gone = (shelve_holder(session, name="Zoë Paper") for _holder in range(2))
        session.get_one(Holder, gone).merged_into_id = kept
    olga = enters("Olga")
    olga.reads(EXAM)
    olga.does(EXAM, **PAPER, holder=str(kept))
    olga.reads(EXAM)

    again = olga.does(EXAM, **PAPER, holder=str(gone))

    assert "was entered before" in words(again.text)
    assert len(cases(database)) == 1


@pytest.mark.parametrize("ending", ["\r", "\r\n", "\n"])
def test_a_list_is_read_whatever_ends_its_lines(
    office: Office, enters: Callable[..., Window], ending: str
) -> None:
    lines = ["name;day;M1;M2", "Zoë One;2026-10-01;2/3;3/3", "Zoë Two;2026-10-01;2/3;3/3", ""]

    told = sends(enters("Olga"), EXAM, ending.join(lines))

    assert "2 candidates can be entered" in told


def test_a_cell_that_is_far_too_long_is_told_with_its_line(
    database: Database, office: Office, enters: Callable[..., Window]
) -> None:
    text = f"name,day\nZoë One,2026-10-01\n{'Z' * 140_000},2026-10-01\n"

    told = sends(enters("Olga"), EXAM, text)

    assert "Line 3 cannot be read as CSV" in told
    assert cases(database) == []
