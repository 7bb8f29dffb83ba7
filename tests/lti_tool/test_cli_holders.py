"""Holders on the command line: finding them, and saying who is one human."""

from __future__ import annotations

import pytest

from lti_tool.certification.humans import human_of, staying
from lti_tool.certification.models import Holder
from lti_tool.db import Database
from lti_tool.lti.models import Person
from tests.lti_tool.certification.office import ISSUER, Office, acts_of, open_office
from tests.lti_tool.certification.shelves import shelve_holder
from tests.lti_tool.test_cli import Terminal


@pytest.fixture
def terminal(database: Database, database_url: str) -> Terminal:
    """Give a terminal on a database with all tables."""
    return Terminal(database_url)


@pytest.fixture
def office(database: Database) -> Office:
    """Give an office with Olga and Oskar."""
    return open_office(database)


def under(office: Office, name: str) -> tuple[str, ...]:
    with office.database.read() as session:
        subject = session.get_one(Person, office.officers[name]).subject
    return ("--issuer", ISSUER, "--subject", subject)


def test_holders_are_found_merged_and_split(terminal: Terminal, office: Office) -> None:
    with office.database.begin() as session:
        first = shelve_holder(session, office.stage.people["Alice"], name="Žofie Šťastná")
        second = shelve_holder(session, name="Zofie Stastna")
    why = ("--reason", "One passport.", *under(office, "Olga"))

    listed = terminal.told("holder", "list", "zof")
    merged = terminal.told("holder", "merge", str(first), str(second), *why)
    shown = terminal.told("holder", "show", str(second))
    with office.database.read() as session:
        together = staying(session, second)
    split = terminal.told("holder", "split", str(second), *why)

    assert f"{first} Žofie Šťastná: person, 1 account" in listed
    assert f"{second} Zofie Stastna: person, 0 accounts" in listed
    assert merged == f"{first}: one human with {second}\n"
    assert f"merged {second}, Olga, at the command line: One passport." in shown
    assert together == first
    assert split == f"{second}: another human than {first}\n"
    with office.database.read() as session:
        assert staying(session, second) == second


def test_a_person_is_linked_and_parted(terminal: Terminal, office: Office) -> None:
    bob = office.stage.people["Bob"]
    with office.database.begin() as session:
        holder_id = shelve_holder(session, name="Robert")
    why = ("--reason", "He wrote.", *under(office, "Olga"))

    terminal.told("holder", "link", str(bob), str(holder_id), *why)
    with office.database.read() as session:
        linked = human_of(session, bob)
    terminal.told("holder", "part", str(bob), *why)

    assert linked == holder_id
    with office.database.read() as session:
        assert human_of(session, bob) != holder_id
        assert acts_of(session)[0] == "person.linked"


def test_officers_do_not_say_here_either_who_they_are(terminal: Terminal, office: Office) -> None:
    olga = office.officers["Olga"]
    with office.database.begin() as session:
        holder_id = shelve_holder(session, name="Olga")
    why = ("--reason", "It is me.", *under(office, "Olga"))

    done = terminal.run("holder", "link", str(olga), str(holder_id), *why)

    assert done.exit_code == 1
    assert "This is about yourself" in done.stderr
    with office.database.read() as session:
        assert human_of(session, olga) == olga


def test_a_record_is_begun_for_somebody_who_holds_nothing(
    terminal: Terminal, office: Office
) -> None:
    bob = office.stage.people["Bob"]
    alice = ("--issuer", ISSUER, "--subject", "alice")

    stranger = terminal.run("holder", "begin", str(bob), *alice)
    told = terminal.told("holder", "begin", str(bob), *under(office, "Olga"))
    again = terminal.told("holder", "begin", str(bob), *under(office, "Olga"))

    assert stranger.exit_code == 1
    assert "under the name of an officer" in stranger.stderr
    with office.database.read() as session:
        assert told == again == f"{bob}: is {human_of(session, bob)}\n"


def test_an_address_is_removed(terminal: Terminal, office: Office) -> None:
    with office.database.begin() as session:
        holder_id = shelve_holder(session, name="Zoë")
        session.get_one(Holder, holder_id).email = "zoe@example.org"

    told = terminal.told("holder", "remove-address", str(holder_id), *under(office, "Olga"))
    again = terminal.told("holder", "remove-address", str(holder_id), *under(office, "Olga"))

    assert told == f"{holder_id}: no mail goes there any more\n"
    assert again == f"{holder_id}: has no address\n"
    with office.database.read() as session:
        assert session.get_one(Holder, holder_id).email == ""
        assert acts_of(session) == ["holder.address-removed"]


def test_nobody_found_is_said(terminal: Terminal, office: Office) -> None:
    assert terminal.told("holder", "list", "nemo") == "no holder\n"
