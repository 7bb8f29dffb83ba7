"""Records become one human, and are parted: whose address counts, who decides, and two at once."""

from __future__ import annotations

import threading
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import select

from lti_tool.certification import contact, letters, linking
from lti_tool.certification.approving import Approval, approve
from lti_tool.certification.humans import hand_of, staying
from lti_tool.certification.models import Holder
from lti_tool.db import Database
from lti_tool.errors import ConflictingError
from lti_tool.vault import Vault, new_token
from tests.cast import NOON
from tests.lti_tool.certification.office import (
    ONE,
    Office,
    all_schemes,
    candidate,
    open_office,
    trial_settings,
)
from tests.lti_tool.certification.shelves import shelve_holder

WHY = "Said on the telephone."
LATER = NOON + timedelta(days=1)
ADDRESS = "zoe@example.org"


@pytest.fixture
def office(database: Database) -> Office:
    """Give an office with Olga and Oskar."""
    return open_office(database)


@pytest.fixture
def vault(database: Database, tmp_path: Path) -> Vault:
    return Vault(trial_settings(database, tmp_path).secret_key)


def confirms(office: Office, holder_id: UUID, vault: Vault) -> str:
    """Confirm an address; give the token of a link that was sent to it."""
    with office.database.begin() as session:
        contact.take(session, session.get_one(Holder, holder_id), ADDRESS, vault, now=NOON)
        token = new_token()
        letters.open_door(session, holder_id, token, now=NOON)
    return token


def opens(office: Office, token: str) -> UUID | None:
    with office.database.read() as session:
        return contact.holder_of(session, token, now=LATER)


def merges(office: Office, kept: UUID, gone: UUID, who: str = "Oskar") -> None:
    with office.database.begin() as session:
        hand = hand_of(session, office.officers[who])
        linking.merge(session, kept, gone, WHY, hand, now=LATER)


def address_of(office: Office, holder_id: UUID) -> str:
    with office.database.read() as session:
        return session.get_one(Holder, holder_id).email


@pytest.mark.parametrize("entered_stays", [True, False])
def test_an_address_that_an_officer_gave_opens_nothing_of_the_account_that_joins(
    office: Office, vault: Vault, *, entered_stays: bool
) -> None:
    with office.database.begin() as session:
        entered = shelve_holder(session, name="Alice Entered")
        known = shelve_holder(session, office.stage.people["Alice"], name="Alice")
    token = confirms(office, entered, vault)

    merges(office, *((entered, known) if entered_stays else (known, entered)))

    assert address_of(office, entered) == ""
    assert opens(office, token) is None


def test_an_address_confirmed_from_an_account_stays_when_a_record_joins(
    office: Office, vault: Vault
) -> None:
    with office.database.begin() as session:
        entered = shelve_holder(session, name="Alice Entered")
        known = shelve_holder(session, office.stage.people["Alice"], name="Alice")
    token = confirms(office, known, vault)

    merges(office, known, entered)

    assert address_of(office, known) == ADDRESS
    assert opens(office, token) == known


def test_an_account_that_is_linked_does_not_come_under_an_address_that_an_officer_gave(
    office: Office, vault: Vault
) -> None:
    with office.database.begin() as session:
        entered = shelve_holder(session, name="Alice Entered")
    token = confirms(office, entered, vault)

    with office.database.begin() as session:
        hand = hand_of(session, office.officers["Oskar"])
        linking.link(session, office.stage.people["Alice"], entered, WHY, hand, now=LATER)

    assert address_of(office, entered) == ""
    assert opens(office, token) is None


def test_an_address_confirmed_while_two_were_one_goes_when_they_are_parted(
    office: Office, vault: Vault
) -> None:
    with office.database.begin() as session:
        first = shelve_holder(session, office.stage.people["Alice"], name="Alice")
        second = shelve_holder(session, office.stage.people["Bob"], name="Alice B")
        oskar = hand_of(session, office.officers["Oskar"])
        linking.merge(session, first, second, WHY, oskar, now=NOON)
    token = confirms(office, first, vault)

    with office.database.begin() as session:
        linking.split(session, second, WHY, oskar, now=LATER)

    assert address_of(office, first) == ""
    assert opens(office, token) is None


def approves(office: Office, case_id: UUID, who: str) -> Approval:
    with office.database.begin() as session:
        hand = hand_of(session, office.officers[who])
        done = approve(
            session, [case_id], hand, schemes=all_schemes(), accept_warnings=True, now=LATER
        )
    assert isinstance(done, Approval)
    return done


def parts_pat(office: Office) -> UUID:
    """Have Pat's two accounts taken for one human, and parted again; give the case of the other."""
    office.hire("Pat")
    office.hire("Pat at home")
    with office.database.begin() as session:
        holder = shelve_holder(
            session, office.officers["Pat"], office.officers["Pat at home"], name="Pat"
        )
        entered = candidate(session, ONE, entered_by=str(office.officers["Pat"]),
                            entered_human=holder)  # fmt: skip
        oskar = hand_of(session, office.officers["Oskar"])
        linking.part(session, office.officers["Pat at home"], WHY, oskar, now=NOON)
        return entered.id


def test_whoever_was_one_human_with_another_approves_neither_their_certificate_nor_their_entries(
    office: Office,
) -> None:
    entered = parts_pat(office)
    with office.database.begin() as session:
        theirs = candidate(session, ONE)
        theirs.holder_id = hand_of(session, office.officers["Pat at home"]).human
        case_id = theirs.id

    own = approves(office, case_id, "Pat")
    before = approves(office, entered, "Pat at home")

    assert "your own certificate" in " ".join(own.left[0].words)
    assert "You entered this candidate yourself" in " ".join(before.left[0].words)


@pytest.mark.parametrize("is_crossed", [True, False])
def test_of_two_officers_who_join_records_at_once_one_is_told_to_look_again(
    office: Office, *, is_crossed: bool
) -> None:
    with office.database.begin() as session:
        a, b, c = sorted(shelve_holder(session, name=name) for name in "ABC")
    told = (a, b), (b, a) if is_crossed else (c, b)
    start, faults = threading.Barrier(2), []

    def join(kept: UUID, gone: UUID, who: str) -> None:
        start.wait()
        try:
            merges(office, kept, gone, who)
        except ConflictingError as error:
            faults.append(error.words)

    threads = [
        threading.Thread(target=join, args=(*pair, who))
        for pair, who in zip(told, ("Olga", "Oskar"), strict=True)
    ]
    for each in threads:
        each.start()
    for each in threads:
        each.join()

    with office.database.read() as session:
        query = select(Holder.id).where(Holder.merged_into_id.is_not(None))
        joined = session.scalars(query).all()
        ends = {staying(session, each) for each in (a, b)}
    if is_crossed:
        assert len(faults) == 1
        assert len(ends) == 1
    assert len(joined) + len(faults) == 2
