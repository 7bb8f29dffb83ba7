"""What a holder does with certificates, at the command line: links, and giving one up."""

from __future__ import annotations

from uuid import UUID

import pytest

from lti_tool.certification import share_links
from lti_tool.certification.register_models import Certificate, CertificateState
from lti_tool.certification.share_links import Lasting, NewLink
from lti_tool.db import Database, utcnow
from lti_tool.vault import Vault
from tests.lti_tool.certification.office import ISSUER, Office, acts_of, open_office
from tests.lti_tool.certification.shelves import shelve, shelve_holder
from tests.lti_tool.test_cli import SECRET, Terminal
from tests.lti_tool.test_cli_certificates import refused, tells, under

ZONE = "Europe/Brussels"


@pytest.fixture
def terminal(database: Database, database_url: str) -> Terminal:
    """Give a terminal on a database with all tables."""
    return Terminal(database_url)


@pytest.fixture
def office(database: Database) -> Office:
    """Give an office with Olga and Oskar."""
    return open_office(database)


@pytest.fixture
def alice(office: Office) -> UUID:
    """Give the holder that Alice is."""
    with office.database.begin() as session:
        return shelve_holder(session, office.stage.people["Alice"])


@pytest.fixture
def shelf(database: Database, alice: UUID) -> tuple[Certificate, Certificate]:
    """Give two certificates of Alice's."""
    with database.begin() as session:
        return shelve(session, alice), shelve(session, alice)


def shows(database: Database, holder_id: UUID, *certificates: Certificate) -> str:
    """Make a link, and give its token."""
    wanted = NewLink(certificate_ids=[each.id for each in certificates], lasting=Lasting.OPEN,
                     title="For the audit")  # fmt: skip
    with database.begin() as session:
        return share_links.make(
            session, holder_id, wanted, Vault(SECRET), who="alice", now=utcnow()
        )


def holder(name: str) -> tuple[str, ...]:
    return ("--issuer", ISSUER, "--subject", name)


def test_links_are_listed_without_their_address_and_ended(
    terminal: Terminal,
    office: Office,
    database: Database,
    alice: UUID,
    shelf: tuple[Certificate, Certificate],
) -> None:
    first, second = shelf
    token = shows(database, alice, first)

    listed = tells(terminal, "links", str(alice))
    of_first = tells(terminal, "links", first.number)
    of_second = tells(terminal, "links", second.number)
    link_id = listed.split(" ", 1)[0]
    told = tells(terminal, "end-link", link_id, *under(office, "Olga"))
    again = tells(terminal, "end-link", link_id, *under(office, "Olga"))

    assert f"'For the audit': {first.number}, made " in listed
    assert listed.endswith("until it is ended\n")
    assert token not in listed
    assert of_first == listed
    assert of_second == "no link works\n"
    assert told == again
    assert told.startswith(f"{link_id}: ended ")
    assert tells(terminal, "links", str(alice)) == "no link works\n"
    with database.read() as session:
        assert share_links.look_at(session, token, zone=ZONE, now=utcnow()) is None
        assert acts_of(session) == ["share.made", "share.ended"]


def test_an_officer_of_other_schemes_ends_no_link(
    terminal: Terminal,
    office: Office,
    database: Database,
    alice: UUID,
    shelf: tuple[Certificate, Certificate],
) -> None:
    token = shows(database, alice, *shelf)
    office.hire("Otto", scheme_id="capitals-four-eyes")
    link_id = tells(terminal, "links", str(alice)).split(" ", 1)[0]

    otto = refused(terminal, "end-link", link_id, *under(office, "Otto"))
    unknown = refused(terminal, "end-link", str(alice), *under(office, "Olga"))

    assert "Your role does not cover this scheme" in otto
    assert "no link" in unknown
    with database.read() as session:
        assert share_links.look_at(session, token, zone=ZONE, now=utcnow()) is not None


def test_whose_links_are_asked_for_must_be_known(terminal: Terminal, office: Office) -> None:
    told = [refused(terminal, "links", given) for given in ("nobody", str(office.officers["Olga"]))]

    assert all("neither a certificate nor a holder" in each for each in told)


def test_a_holder_gives_up_their_own_certificate_and_nobody_elses(
    terminal: Terminal,
    office: Office,
    database: Database,
    shelf: tuple[Certificate, Certificate],
) -> None:
    first, second = shelf
    with database.begin() as session:
        shelve_holder(session, office.stage.people["Bob"], name="Bob")

    bob = terminal.run("certificate", "give-up", first.number, "--yes", *holder("bob"))
    olga = refused(terminal, "give-up", first.number, "--yes", *under(office, "Olga"))
    unsure = refused(terminal, "give-up", first.number, *holder("alice"))
    told = tells(terminal, "give-up", first.number, "--yes", *holder("alice"))
    again = refused(terminal, "give-up", first.number, "--yes", *holder("alice"))

    assert bob.exit_code == 1
    assert "holds no such certificate" in bob.stderr
    assert "holds no certificate" in olga
    assert "Aborted" in unsure
    assert told == f"{first.number}: given up by its holder, for ever\n"
    assert "Only a certificate that holds can be given up" in again
    with database.read() as session:
        states = [session.get_one(Certificate, each.id).state for each in (first, second)]
        acts = acts_of(session)
    assert states == [CertificateState.WITHDRAWN, CertificateState.ISSUED]
    assert acts == ["certificate.withdrawn"]
