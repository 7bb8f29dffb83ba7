"""Officers say which persons and records are one human, and take it back: through HTTP."""

from __future__ import annotations

from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select

from lti_tool.audit import AuditLine
from lti_tool.certification.evidence import circle, list_persons
from lti_tool.certification.humans import human_of
from lti_tool.certification.models import Case, CaseState, Holder, HolderChange, HolderPerson
from lti_tool.db import Database
from lti_tool.visit import Role
from tests.lti_tool.certification.deskside import DESK, Window, waits, window, words
from tests.lti_tool.certification.office import Office, acts_of, open_office
from tests.lti_tool.certification.shelves import shelve, shelve_holder
from tests.lti_tool.certification.workpieces import learner, proves

PEOPLE = f"{DESK}/people"


@pytest.fixture
def office(database: Database) -> Office:
    """Give an office with Olga and Oskar."""
    return open_office(database)


@pytest.fixture
def olga(app: Flask, office: Office) -> Window:
    """Give Olga's window."""
    return window(app, office, "Olga")


def holds(database: Database, *person_ids: UUID, name: str = "Žofie Šťastná") -> UUID:
    with database.begin() as session:
        return shelve_holder(session, *person_ids, name=name)


def joins(
    at: Window, holder_id: UUID, other: str, reason: str = "Both showed the same passport."
) -> str:
    at.get(f"{PEOPLE}/{holder_id}")
    proves(at)
    return words(at.does(f"{PEOPLE}/{holder_id}/join", other=other, reason=reason).text)


def parts(at: Window, holder_id: UUID, other: str, reason: str = "Two passports.") -> str:
    at.get(f"{PEOPLE}/{holder_id}")
    proves(at)
    return words(at.does(f"{PEOPLE}/{holder_id}/part", other=other, reason=reason).text)


def humans(database: Database, *holder_ids: UUID) -> set[tuple[UUID, ...]]:
    with database.read() as session:
        return {circle(session, each) for each in holder_ids}


def test_people_are_found_by_the_beginnings_of_their_names(
    office: Office, database: Database, olga: Window
) -> None:
    holder_id = holds(database, office.stage.people["Alice"])
    with database.begin() as session:
        number = shelve(session, holder_id).number

    found = olga.reads(f"{PEOPLE}?q=zof+sta")
    alone = olga.reads(f"{PEOPLE}?q=bob")
    nobody = olga.reads(f"{PEOPLE}?q=nemo")
    page = olga.reads(f"{PEOPLE}/{holder_id}")

    assert "Žofie Šťastná" in found
    assert "1 certificate, 1 case" in found
    assert "Persons without any record Bob" in alone
    assert "Nobody of this name is known." in nobody
    assert f"{number} Capitals of the world Valid" in page
    assert "Alice" in page


def test_two_records_of_one_human_count_together_and_nothing_moves(
    office: Office, database: Database, olga: Window
) -> None:
    first = holds(database, office.stage.people["Alice"])
    second = holds(database, office.stage.people["Bob"], name="Zofie Stastna")
    with database.begin() as session:
        case_id = waits(session, holder_id=second, state=CaseState.DRAFT).id

    suggested = olga.reads(f"{PEOPLE}/{first}")
    page = joins(olga, first, f"holder:{second}")

    with database.read() as session:
        case = session.get_one(Case, case_id)
        persons = list_persons(session, circle(session, second))
        acts = acts_of(session)
    assert "Zofie Stastna" in suggested
    assert "These are one human now." in page
    assert "One human with Zofie Stastna." in page
    assert "Both showed the same passport." in page
    assert humans(database, first, second) == {tuple(sorted((first, second)))}
    assert set(persons) == {office.stage.people["Alice"], office.stage.people["Bob"]}
    assert case.holder_id == second
    assert case.look_due_at is not None
    assert acts == ["holder.merged", "holder.merged"]


def test_what_was_merged_is_parted_again(office: Office, database: Database, olga: Window) -> None:
    first, second, third = (holds(database) for _ in range(3))
    joins(olga, second, f"holder:{third}")
    joins(olga, first, f"holder:{second}")

    page = parts(olga, first, f"holder:{second}")

    assert "Parted." in page
    assert "Another human than" in page
    assert humans(database, first) == {(first,)}
    assert humans(database, second, third) == {tuple(sorted((second, third)))}


def test_a_person_is_linked_with_a_record_and_parted_again(
    app: Flask, office: Office, database: Database, olga: Window
) -> None:
    alice = office.stage.people["Alice"]
    record = holds(database)
    with database.begin() as session:
        shelve(session, record)

    joins(olga, record, f"person:{alice}")
    linked = learner(app, office).reads("/certificates")
    parts(olga, record, f"person:{alice}")
    parted = learner(app, office).reads("/certificates")

    assert "Capitals of the world" in linked
    assert "You have no certificate yet" in parted
    with database.read() as session:
        assert human_of(session, alice) != record
        assert acts_of(session) == ["person.linked", "person.parted", "person.parted"]


def test_a_person_who_has_a_record_is_joined_by_it_and_not_alone(
    office: Office, database: Database, olga: Window
) -> None:
    alice = office.stage.people["Alice"]
    record, own = holds(database), holds(database, alice, name="Alice")

    page = joins(olga, record, f"person:{alice}")

    assert "say that the two records are one human" in page
    with database.read() as session:
        assert human_of(session, alice) == own


def test_a_person_without_a_record_before_gets_one_when_parted(
    office: Office, database: Database, olga: Window
) -> None:
    alice = office.stage.people["Alice"]
    record = holds(database)
    joins(olga, record, f"person:{alice}")

    parts(olga, record, f"person:{alice}")

    with database.read() as session:
        now = session.get_one(HolderPerson, alice)
        assert now.holder_id != record
        assert now.linked_by == str(office.officers["Olga"])
        assert session.get_one(Holder, now.holder_id).name == "Alice"


def test_nonsense_is_refused_in_words(office: Office, database: Database, olga: Window) -> None:
    first, second = holds(database), holds(database)
    with database.begin() as session:
        body = Holder(kind="organisation", name="School", name_search="school",
                      created_at=session.get_one(Holder, first).created_at)  # fmt: skip
        session.add(body)
        session.flush()
        body_id = body.id

    itself = joins(olga, first, f"holder:{first}")
    no_reason = joins(olga, first, f"holder:{second}", " ")
    nobody = joins(olga, first, "")
    school = joins(olga, first, f"holder:{body_id}")
    alone = parts(olga, first, f"holder:{first}")
    joins(olga, first, f"holder:{second}")
    round_about = joins(olga, second, f"holder:{first}")

    assert "one human already" in itself
    assert "Give a reason" in no_reason
    assert "Choose who is the same" in nobody
    assert "never the same" in school
    assert "stands by itself" in alone
    assert "one human already" in round_about
    with database.read() as session:
        assert session.get_one(Holder, first).merged_into_id is None
        assert len(session.scalars(select(HolderChange)).all()) == 1


def test_an_officer_does_not_say_who_they_are_themselves(
    office: Office, database: Database, olga: Window
) -> None:
    record, own = holds(database), holds(database, office.officers["Olga"], name="Olga")
    olga_id = office.officers["Olga"]

    tries = [
        joins(olga, record, f"holder:{own}"),
        joins(olga, own, f"holder:{record}"),
        joins(olga, record, f"person:{olga_id}"),
        parts(olga, own, f"person:{olga_id}"),
    ]

    assert all("This is about yourself" in each for each in tries)
    with database.read() as session:
        assert session.scalars(select(HolderChange)).all() == []
        assert human_of(session, olga_id) == own


def test_an_officer_whom_another_linked_cannot_undo_it(
    app: Flask, office: Office, database: Database, olga: Window
) -> None:
    record = holds(database)
    joins(window(app, office, "Oskar"), record, f"person:{office.officers['Olga']}")

    page = parts(olga, record, f"person:{office.officers['Olga']}")

    assert "This is about yourself" in page
    with database.read() as session:
        assert human_of(session, office.officers["Olga"]) == record


def test_two_persons_of_one_human_do_not_approve_each_others_entries(
    app: Flask, office: Office, database: Database, olga: Window
) -> None:
    way = f"{DESK}/enter/capitals-exam/entry"
    told = {"name": "Zoë Paper", "day": "2026-10-01", "result.M1": "3/3", "result.M2": "3/3"}
    olga.get(way)
    olga.does(way, **told, name_seen="yes")
    with database.read() as session:
        case_id = session.scalars(select(Case.id)).one()
    office.hire("Otto")
    otto = window(app, office, "Otto")
    otto.get(f"{PEOPLE}?q=olga")
    otto.does(PEOPLE, person=str(office.officers["Olga"]))
    with database.read() as session:
        own = human_of(session, office.officers["Olga"])
    joins(otto, own, f"person:{office.officers['Oskar']}")
    oskar = window(app, office, "Oskar")

    page = oskar.reads(f"{DESK}/cases/{case_id}")
    proves(oskar)
    oskar.does(f"{DESK}/cases/{case_id}/approve")
    with database.read() as session:
        refused = session.get_one(Case, case_id).state
    otto.get(f"{DESK}/cases/{case_id}")
    otto.does(f"{DESK}/cases/{case_id}/approve")

    assert "You entered this candidate yourself: somebody else has to approve it." in page
    assert refused == CaseState.CHECKED
    with database.read() as session:
        assert session.get_one(Case, case_id).state == CaseState.APPROVED


def test_an_officer_of_some_schemes_links_nobody_of_others(
    app: Flask, office: Office, database: Database
) -> None:
    theirs, other, mixed = holds(database), holds(database), holds(database)
    with database.begin() as session:
        waits(session, scheme_id="capitals-body", holder_id=theirs)
        waits(session, scheme_id="capitals-exam", holder_id=other)
        waits(session, scheme_id="capitals-body", holder_id=mixed)
        waits(session, scheme_id="capitals-exam", holder_id=mixed)
    office.hire("Petra", scheme_id="capitals-body")
    petra = window(app, office, "Petra")

    found = petra.text(f"{PEOPLE}?q=zof")
    refused = joins(petra, theirs, f"holder:{mixed}")

    assert str(theirs) in found
    assert str(other) not in found
    assert petra.get(f"{PEOPLE}/{other}").status_code == 404
    assert "Your role does not cover this scheme." in refused
    assert "Persons without any record" not in petra.reads(f"{PEOPLE}?q=bob")


def test_learners_and_administrators_link_nobody(
    app: Flask, office: Office, database: Database
) -> None:
    record = holds(database)
    alice = learner(app, office)
    admin = window(app, office, "Nobody", Role.ADMINISTRATOR)
    for each in (alice, admin):
        proves(each)

    assert {each.get(PEOPLE).status_code for each in (alice, admin)} == {403}
    answers = [
        each.does(f"{PEOPLE}/{record}/join", other="x", reason="x") for each in (alice, admin)
    ]
    assert {each.status_code for each in answers} == {403}


def test_the_case_leads_to_who_stands_behind_it(
    office: Office, database: Database, olga: Window
) -> None:
    with database.begin() as session:
        one, two = waits(session, "Zoë Twin"), waits(session, "Zoë Twin")
        case_id, holder_id = one.id, one.holder_id

    page = olga.text(f"{DESK}/cases/{case_id}")

    assert two.holder_id != holder_id
    assert f'href="{olga._url(PEOPLE)}/{holder_id}"' in page
    assert "Are they one human?" in words(page)


def test_a_certificate_of_the_same_human_under_another_name_is_a_warning(
    office: Office, database: Database, olga: Window
) -> None:
    first, second = holds(database, name="Zoë Single"), holds(database, name="Zoë Married")
    with database.begin() as session:
        number = shelve(session, first, holder_name="Zoë Single", valid_until=None).number
        case_id = waits(session, "Zoë Married", holder_id=second).id
    before = olga.reads(f"{DESK}/cases/{case_id}")

    joins(olga, first, f"holder:{second}")

    assert number not in before
    assert f"already: {number}" in olga.reads(f"{DESK}/cases/{case_id}")


def test_linking_stands_in_no_log_by_name(office: Office, database: Database, olga: Window) -> None:
    first, second = holds(database), holds(database)
    joins(olga, first, f"holder:{second}", "Žofie wrote a letter.")

    with database.read() as session:
        told = [str(each.detail) for each in session.scalars(select(AuditLine))]
    assert told
    assert not any("ofie" in each for each in told)
