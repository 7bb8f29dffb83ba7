"""Officers' desk through HTTP: cases that wait, one by one and many at once."""

from __future__ import annotations

import re
from collections.abc import Callable
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select, update

from lti_tool.certification.case_queries import CasesSought, Waiting, find
from lti_tool.certification.models import Case, CaseState
from lti_tool.certification.sights import sight_of
from lti_tool.db import Database
from lti_tool.visit import Role
from tests.cast import NOON
from tests.lti_tool.certification.deskside import (
    DESK,
    FOUR_EYES,
    ONE,
    Window,
    is_also,
    waits,
    window,
    words,
)
from tests.lti_tool.certification.office import Office, acts_of, open_office
from tests.lti_tool.certification.shelves import shelve, shelve_holder

CASES = f"{DESK}/cases"


@pytest.fixture
def office(database: Database) -> Office:
    """Give an office with Olga and Oskar."""
    return open_office(database)


@pytest.fixture
def enters(app: Flask, office: Office) -> Callable[..., Window]:
    """Give somebody's window at the desk."""
    return lambda name, *roles: window(app, office, name, *roles)


def state_of(database: Database, case_id: UUID) -> CaseState:
    with database.read() as session:
        return session.get_one(Case, case_id).state


def seen(database: Database, *case_ids: UUID) -> str:
    """Give cases with what is seen of them, as the page of many gives them back."""
    with database.read() as session:
        return " ".join(f"{each}:{sight_of(session.get_one(Case, each))}" for each in case_ids)


def put(database: Database, *names: str, scheme_id: str = ONE, **changed: object) -> list[UUID]:
    """Put cases on the desk."""
    with database.begin() as session:
        return [waits(session, name, scheme_id, **changed).id for name in names]


# Lists


def test_an_officer_sees_first_what_waits_for_them(
    database: Database, office: Office, enters: Callable[..., Window]
) -> None:
    put(database, "Alice Novák", "Bob Kovács")
    put(database, "Dana Draft", state=CaseState.DRAFT, name_confirmed_at=None)
    put(database, "Own Entry", entered_human=office.officers["Olga"])

    page = enters("Olga").reads(CASES)

    assert "Alice Novák" in page
    assert "Bob Kovács" in page
    assert "Dana Draft" not in page
    assert "Own Entry" not in page
    assert "Waits for you 2" in page
    assert "To approve 3" in page
    assert "Name missing 1" in page


@pytest.mark.parametrize(
    ("waiting", "seen"),
    [
        ("approval", "Alice"),
        ("second", "Sam Second"),
        ("name", "Dana Draft"),
        ("worker", "Wanda Worker"),
        ("collecting", "Carl Collecting"),
        ("refused", "Rita Refused"),
        ("referred", "Ron Referred"),
    ],
)
def test_cases_are_told_apart_by_what_they_wait_for(
    database: Database, enters: Callable[..., Window], waiting: str, seen: str
) -> None:
    put(database, "Alice")
    put(database, "Sam Second", scheme_id=FOUR_EYES, approved_at=NOON, approved_by="an officer")
    put(database, "Dana Draft", state=CaseState.DRAFT)
    put(database, "Wanda Worker", state=CaseState.APPROVED, approvers=0)
    put(database, "Carl Collecting", state=CaseState.COLLECTING, decision=None)
    put(database, "Rita Refused", state=CaseState.REFUSED)
    referred = {"outcome": "referred", "reasons": []}
    put(database, "Ron Referred", state=CaseState.COLLECTING, decision=referred)
    everybody = {"Alice", "Sam Second", "Dana Draft", "Wanda Worker", "Rita Refused", seen}

    page = enters("Olga").reads(f"{CASES}?waiting={waiting}")

    assert {name for name in everybody if name in page} == {seen}


def test_cases_are_found_by_name_and_scheme(
    database: Database, enters: Callable[..., Window]
) -> None:
    put(database, "Žofie Šťastná", "Alice Novák")
    put(database, "Žofie Krátká", scheme_id=FOUR_EYES)
    olga = enters("Olga")

    by_name = olga.reads(f"{CASES}?waiting=all&q=zof")
    by_both = olga.reads(f"{CASES}?waiting=all&q=zof&scheme={ONE}")
    nobody = olga.reads(f"{CASES}?waiting=all&q=nobody")

    assert "Šťastná" in by_name
    assert "Krátká" in by_name
    assert "Alice" not in by_name
    assert "Krátká" not in by_both
    assert "No case fits" in nobody


def test_a_long_list_is_turned_page_by_page(
    database: Database, enters: Callable[..., Window]
) -> None:
    put(database, *(f"Candidate {number:02}" for number in range(53)))
    olga = enters("Olga")

    first = olga.text(CASES)
    turn = re.search(r'rel="next" href="([^"]+)"', first)
    assert turn
    second = olga.text(turn[1].replace("&amp;", "&"))

    assert first.count("row-name") == 50
    assert second.count("row-name") == 3
    shown = set(re.findall(r"Candidate \d\d</a>", first + second))
    assert len(shown) == 53
    assert 'rel="prev"' in second
    assert 'rel="next"' not in second


def test_pages_go_back_in_the_same_order(database: Database) -> None:
    put(database, *(f"Candidate {number}" for number in range(7)))
    sought = CasesSought(Waiting.APPROVAL)

    with database.read() as session:
        first = find(session, sought, size=3)
        second = find(session, sought, turn=first.after, size=3)
        again = find(session, sought, turn=second.before, size=3)

    assert again.entries == first.entries
    assert again.before is None
    assert again.after == first.after


# Who may what


def test_an_officer_of_one_scheme_sees_and_decides_no_other(
    database: Database, office: Office, enters: Callable[..., Window]
) -> None:
    office.hire("Otto", scheme_id=FOUR_EYES)
    (mine,) = put(database, "Mine", scheme_id=FOUR_EYES)
    (other,) = put(database, "Other")
    otto = enters("Otto")

    page = otto.reads(f"{CASES}?waiting=all")
    refused = otto.get(f"{CASES}/{other}")
    otto.text(f"{CASES}/{mine}")
    pushed = otto.does(f"{CASES}/approve", cases=seen(database, other))

    assert "Mine" in page
    assert "Other" not in page
    assert refused.status_code == 404
    assert "Nothing was approved" in pushed.text
    assert state_of(database, other) == CaseState.CHECKED


def test_an_administrator_looks_and_does_not_decide(
    database: Database, office: Office, enters: Callable[..., Window]
) -> None:
    office.hire("Adam", role=Role.ADMINISTRATOR)
    (case_id,) = put(database, "Alice Novák")
    adam = enters("Adam", Role.ADMINISTRATOR)

    listed = adam.reads(CASES)
    shown = adam.text(f"{CASES}/{case_id}")
    pushed = adam.does(f"{CASES}/{case_id}/approve")

    assert "Alice Novák" in listed
    assert "You look at this as an administrator" in listed
    assert "/approve" not in shown
    assert "/refuse" not in shown
    assert pushed.status_code == 403
    assert state_of(database, case_id) == CaseState.CHECKED


def test_an_administrator_without_a_platform_may_look(
    database: Database, enters: Callable[..., Window]
) -> None:
    put(database, "Alice Novák")

    assert "Alice Novák" in enters("nobody", Role.ADMINISTRATOR).reads(CASES)


@pytest.mark.parametrize("role", [Role.LEARNER, Role.INSTRUCTOR, Role.ASSESSOR, Role.ANALYST])
def test_nobody_else_comes_in(enters: Callable[..., Window], role: Role) -> None:
    assert enters("Olga", role).get(CASES).status_code == 403


@pytest.mark.parametrize(
    ("hand", "why"),
    [
        ("entered_human", "You entered this candidate yourself"),
        ("assessed_human", "You assessed this candidate yourself"),
    ],
)
def test_why_somebody_may_not_approve_is_said_in_place_of_a_button(
    database: Database, office: Office, enters: Callable[..., Window], hand: str, why: str
) -> None:
    (case_id,) = put(database, "Alice", **{hand: office.officers["Olga"]})
    olga = enters("Olga")

    page = olga.text(f"{CASES}/{case_id}")
    pushed = olga.does(f"{CASES}/{case_id}/approve")

    assert why in words(page)
    assert f"{case_id}/approve" not in page
    assert pushed.status_code == 422
    assert why in words(pushed.text)
    assert state_of(database, case_id) == CaseState.CHECKED


def test_four_eyes_count_humans_and_not_accounts(
    database: Database, office: Office, enters: Callable[..., Window]
) -> None:
    office.hire("Olga at work")
    with database.begin() as session:
        human = shelve_holder(session, name="Olga")
    is_also(office, "Olga", human)
    is_also(office, "Olga at work", human)
    (case_id,) = put(database, "Alice", scheme_id=FOUR_EYES)
    enters("Olga").text(CASES)
    first = enters("Olga")
    first.text(f"{CASES}/{case_id}")
    first.does(f"{CASES}/{case_id}/approve")

    page = enters("Olga at work").reads(f"{CASES}/{case_id}")

    assert "You approved it yourself" in page


# One case


def test_a_case_tells_all_that_is_to_be_seen(
    database: Database, office: Office, enters: Callable[..., Window]
) -> None:
    evidence = {
        "sittings": [
            {
                "course_id": "capitals",
                "on": "2026-10-30",
                "number": 2,
                "receipt_hash": "abcdef0123456789",
            }
        ],
        "done": [{"title": "Capitals", "on": "2026-10-29"}],
    }
    with database.begin() as session:
        alice = office.stage.people["Alice"]
        holder = shelve_holder(session, alice, name="Alice Novák")
        case_id = waits(
            session,
            "Alice Nováková",
            holder_id=holder,
            evidence=evidence,
            particulars={"exam_body": "Body of Brno", "checklist": ["Saw the passport"]},
        ).id

    page = enters("Olga").reads(f"{CASES}/{case_id}")

    for told in (
        "Alice Nováková: Capitals of the world",
        "moodle.example.org Alice",
        "All 1 elements are passed, each with at least 2/3 of the points",
        "Burden shifting 2.5 of 3 83 % Passed",
        "Exam of the course capitals on 30 October 2026, attempt 2; receipt abcdef012345.",
        "The course Capitals was done as a whole on 29 October 2026.",
        "Examination body Body of Brno",
        "Confirmed Saw the passport",
        "confirmed by command line",
        "Made for tests.",
    ):
        assert told in page, told


def test_one_officer_approves_and_it_goes_on_to_the_worker(
    database: Database, enters: Callable[..., Window]
) -> None:
    (case_id,) = put(database, "Alice")
    olga = enters("Olga")
    olga.text(f"{CASES}/{case_id}")

    came = olga.does(f"{CASES}/{case_id}/approve")

    assert state_of(database, case_id) == CaseState.APPROVED
    assert "1 case is approved." in words(came.text)
    assert "Approved together" in came.text
    assert "Approved by Olga" in words(came.text)


def test_two_officers_approve_where_the_scheme_asks_for_them(
    database: Database, enters: Callable[..., Window]
) -> None:
    (case_id,) = put(database, "Alice", scheme_id=FOUR_EYES)
    olga, oskar = enters("Olga"), enters("Oskar")
    olga.text(f"{CASES}/{case_id}")

    first = olga.does(f"{CASES}/{case_id}/approve")
    between = olga.reads(f"{CASES}/{case_id}")
    seen = oskar.reads(f"{CASES}/{case_id}")
    oskar.does(f"{CASES}/{case_id}/approve")

    assert "waits for a second officer" in words(first.text)
    assert "You approved it yourself" in between
    assert "Approved by Olga" in seen
    assert "Approve as second officer" in seen
    assert state_of(database, case_id) == CaseState.APPROVED
    with database.read() as session:
        assert acts_of(session)[-2:] == ["case.approved", "case.seconded"]


def test_what_warns_has_to_be_ticked(database: Database, enters: Callable[..., Window]) -> None:
    with database.begin() as session:
        holder = shelve_holder(session, name="Alice")
        shelve(session, holder, holder_name="Alice", number="ASA-EX-2026-000777")
        case_id = waits(session, "Alice", holder_id=holder, sitting="again").id
    olga = enters("Olga")

    page = olga.reads(f"{CASES}/{case_id}")
    without = olga.does(f"{CASES}/{case_id}/approve")
    kept = state_of(database, case_id)
    olga.does(f"{CASES}/{case_id}/approve", accept="yes")

    assert "There is a valid certificate of this scheme already: ASA-EX-2026-000777." in page
    assert without.status_code == 422
    assert kept == CaseState.CHECKED
    assert state_of(database, case_id) == CaseState.APPROVED


def test_a_name_that_cannot_be_printed_stops_it(
    database: Database, enters: Callable[..., Window]
) -> None:
    (case_id,) = put(database, "გიორგი")
    olga = enters("Olga")

    page = olga.text(f"{CASES}/{case_id}")
    named = olga.does(f"{CASES}/{case_id}/name", name="Giorgi")
    other = enters("Oskar").text(f"{CASES}/{case_id}")

    assert "Cannot be printed" in page
    assert f"{case_id}/approve" not in page
    assert "The name is confirmed" in named.text
    assert "Cannot be printed" not in named.text
    assert "You changed the name that is printed" in named.text
    assert f"{case_id}/approve" not in named.text
    assert f"{case_id}/approve" in other


def test_a_wrong_name_is_told_with_what_was_typed(
    database: Database, enters: Callable[..., Window]
) -> None:
    (case_id,) = put(database, "Alice")
    olga = enters("Olga")
    olga.text(f"{CASES}/{case_id}")

    came = olga.does(f"{CASES}/{case_id}/name", name="გიორგი")

    assert came.status_code == 422
    assert "Use the Latin spelling" in came.text
    assert 'value="გიორგი"' in came.text


def test_refusing_needs_a_reason_which_stands_with_the_case(
    database: Database, enters: Callable[..., Window]
) -> None:
    (case_id,) = put(database, "Alice")
    olga = enters("Olga")
    olga.text(f"{CASES}/{case_id}")

    without = olga.does(f"{CASES}/{case_id}/refuse", reason="  ")
    came = olga.does(f"{CASES}/{case_id}/refuse", reason="The exam was sat by somebody else.")

    assert without.status_code == 422
    assert "Give a reason" in without.text
    assert state_of(database, case_id) == CaseState.REFUSED
    assert "Refused by Olga" in words(came.text)
    assert "The exam was sat by somebody else." in came.text


# Many at once


def test_many_are_looked_at_before_they_are_approved(
    database: Database, office: Office, enters: Callable[..., Window]
) -> None:
    ready = put(database, "Alice", "Bob")
    (stopped,) = put(database, "გიორგი")
    (own,) = put(database, "Own", entered_human=office.officers["Olga"])
    with database.begin() as session:
        holder = shelve_holder(session, name="Twin")
        shelve(session, holder, holder_name="Twin")
        warned = waits(session, "Twin", holder_id=holder, sitting="again").id
    olga = enters("Olga")
    olga.text(f"{CASES}?waiting=approval")
    chosen = [str(each) for each in (*ready, stopped, own, warned)]

    looked = olga.does(f"{CASES}/look", case=chosen, waiting="approval")
    page = words(looked.text)

    assert "2 without a warning" in page
    assert "1 with a warning" in page
    assert "2 cannot be approved by you now" in page
    assert "You entered this candidate yourself" in page
    assert "Cannot be printed" in page
    assert all(state_of(database, UUID(each)) == CaseState.CHECKED for each in chosen)


def test_of_many_those_that_are_ready_and_those_ticked_are_approved(
    database: Database, enters: Callable[..., Window]
) -> None:
    ready = put(database, "Alice", "Bob")
    with database.begin() as session:
        twins = []
        for name in ("Twin One", "Twin Two"):
            holder = shelve_holder(session, name=name)
            shelve(session, holder, holder_name=name)
            twins.append(waits(session, name, holder_id=holder, sitting="again").id)
    olga = enters("Olga")
    olga.text(CASES)
    looked = olga.does(f"{CASES}/look", everything="yes", waiting="mine")
    cases = re.search(r'name="cases" value="([^"]+)"', looked.text)
    assert cases

    came = olga.does(f"{CASES}/approve", cases=cases[1], accept=[seen(database, twins[0])])

    assert [state_of(database, each) for each in (*ready, twins[0])] == [CaseState.APPROVED] * 3
    assert state_of(database, twins[1]) == CaseState.CHECKED
    assert "3 cases are approved." in came.text
    assert "0 of 3 are issued." in came.text


def test_choosing_nothing_says_what_to_do(
    database: Database, enters: Callable[..., Window]
) -> None:
    put(database, "Alice")
    olga = enters("Olga")
    olga.text(CASES)

    came = olga.does(f"{CASES}/look", waiting="mine")

    assert "Choose at least one case" in came.text


def test_a_second_officer_takes_many_that_another_approved(
    database: Database, enters: Callable[..., Window]
) -> None:
    ids = put(database, "Alice", "Bob", scheme_id=FOUR_EYES)
    olga, oskar = enters("Olga"), enters("Oskar")
    olga.text(CASES)
    olga.does(f"{CASES}/approve", cases=seen(database, *ids))
    oskar.text(CASES)

    looked = oskar.does(f"{CASES}/look", everything="yes", waiting="mine")
    oskar.does(f"{CASES}/approve", cases=seen(database, *ids))

    assert "For 2 of them you are the second officer" in words(looked.text)
    assert [state_of(database, each) for each in ids] == [CaseState.APPROVED] * 2


# What changed since it was looked at


def renames(database: Database, case_id: UUID, name: str) -> None:
    with database.begin() as session:
        case = session.get_one(Case, case_id)
        case.name = name


def test_a_name_that_was_changed_since_is_not_approved_unseen(
    database: Database, enters: Callable[..., Window]
) -> None:
    (case_id,) = put(database, "Alice Novák")
    olga = enters("Olga")
    olga.text(f"{CASES}/{case_id}")
    renames(database, case_id, "Mallory")

    refused = olga.does(f"{CASES}/{case_id}/approve")
    kept = state_of(database, case_id)
    olga.does(f"{CASES}/{case_id}/approve")

    assert refused.status_code == 422
    assert "It changed since you looked at it" in refused.text
    assert '<strong class="printed-name">Mallory</strong>' in refused.text
    assert kept == CaseState.CHECKED
    assert state_of(database, case_id) == CaseState.APPROVED


@pytest.mark.parametrize(
    "changed",
    [
        {"language": "cs"},
        {"scheme_fingerprint": "e" * 64},
        {"decision": {"outcome": "granted", "reasons": [], "units": []}},
    ],
    ids=lambda changed: next(iter(changed)),
)
def test_language_decision_and_scheme_are_part_of_what_was_seen(
    database: Database, changed: dict[str, object]
) -> None:
    (case_id,) = put(database, "Alice Novák")
    before = seen(database, case_id)

    with database.begin() as session:
        session.execute(update(Case).values(**changed))

    assert seen(database, case_id) != before


def test_of_many_only_those_are_approved_that_are_as_they_were_seen(
    database: Database, enters: Callable[..., Window]
) -> None:
    same, other = put(database, "Alice Novák", "Bob Kovács")
    olga = enters("Olga")
    olga.text(CASES)
    looked = olga.does(f"{CASES}/look", everything="yes", waiting="mine")
    cases = re.search(r'name="cases" value="([^"]+)"', looked.text)
    assert cases
    renames(database, other, "Mallory")

    came = olga.does(f"{CASES}/approve", cases=cases[1])

    assert state_of(database, same) == CaseState.APPROVED
    assert state_of(database, other) == CaseState.CHECKED
    assert "Not approved: It changed since you looked at it" in came.text


def test_a_second_officer_approves_only_what_they_saw(
    database: Database, enters: Callable[..., Window]
) -> None:
    (case_id,) = put(database, "Alice Novák", scheme_id=FOUR_EYES)
    olga, oskar = enters("Olga"), enters("Oskar")
    olga.text(f"{CASES}/{case_id}")
    olga.does(f"{CASES}/{case_id}/approve")
    oskar.text(f"{CASES}/{case_id}")
    renames(database, case_id, "Mallory")

    refused = oskar.does(f"{CASES}/{case_id}/approve")

    assert refused.status_code == 422
    assert state_of(database, case_id) == CaseState.CHECKED


def test_a_form_that_tells_nothing_of_what_was_seen_approves_nothing(
    database: Database, enters: Callable[..., Window]
) -> None:
    (case_id,) = put(database, "Alice Novák")
    olga = enters("Olga")
    olga.text(CASES)

    one = olga.does(f"{CASES}/{case_id}/approve", seen="")
    many = olga.does(f"{CASES}/approve", cases=str(case_id))

    assert one.status_code == 422
    assert "It changed since you looked at it" in many.text
    assert state_of(database, case_id) == CaseState.CHECKED


# How far it is


def test_a_batch_shows_how_far_the_worker_is(
    database: Database, enters: Callable[..., Window]
) -> None:
    ids = put(database, "Alice", "Bob")
    olga = enters("Olga")
    olga.text(CASES)
    olga.does(f"{CASES}/approve", cases=seen(database, *ids))
    with database.read() as session:
        batch_id = session.scalars(select(Case.batch_id).where(Case.id == ids[0])).one()

    plain = olga.get(f"{CASES}/approved/{batch_id}")
    followed = olga.get(f"{CASES}/approved/{batch_id}?follow=yes")

    assert "0 of 2 are issued." in plain.text
    assert "Refresh" not in plain.headers
    assert followed.headers["Refresh"] == "10"
    assert "Stop reloading by itself" in followed.text


def test_a_batch_of_other_schemes_is_not_shown(
    database: Database, office: Office, enters: Callable[..., Window]
) -> None:
    office.hire("Otto", scheme_id=FOUR_EYES)
    ids = put(database, "Alice")
    olga = enters("Olga")
    olga.text(CASES)
    olga.does(f"{CASES}/approve", cases=seen(database, ids[0]))
    with database.read() as session:
        batch_id = session.scalars(select(Case.batch_id)).one()

    assert enters("Otto").get(f"{CASES}/approved/{batch_id}").status_code == 404
