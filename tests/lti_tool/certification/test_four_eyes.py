"""Four eyes count humans and accounts: who somebody is found to be later changes nothing."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from lti_tool.certification import assessing, linking
from lti_tool.certification.approving import Approval, approve, second
from lti_tool.certification.ending import SecondHumanError, revoke, suspend
from lti_tool.certification.humans import AT_COMMAND_LINE, Hand, hand_of, human_of, taken_for
from lti_tool.certification.mandates import OwnCertificateError
from lti_tool.certification.models import Case, CaseState
from lti_tool.certification.register_models import Certificate, RevokeCode
from lti_tool.db import Database
from lti_tool.errors import ConflictingError
from lti_tool.iri import Names
from lti_tool.visit import Role
from tests.cast import NOON
from tests.lti_tool.certification.deskside import SCHEMES
from tests.lti_tool.certification.office import (
    ONE,
    TWO,
    Office,
    all_schemes,
    approved,
    candidate,
    issue_all,
    open_office,
)
from tests.lti_tool.certification.shelves import shelve_case, shelve_holder

NAMES = Names("https://tool.example.org")
WHY = "Said on the telephone."


@pytest.fixture
def office(database: Database) -> Office:
    """Give an office with Olga and Oskar."""
    return open_office(database)


def is_merged(office: Office, name: str = "Olga") -> UUID:
    """Have an officer taken for one human with another record; give that officer's own."""
    with office.database.begin() as session:
        own = shelve_holder(session, office.officers[name], name=name)
        other = shelve_holder(session, name=f"{name} at work")
        linking.merge(
            session, other, own, WHY, hand_of(session, office.officers["Oskar"]), now=NOON
        )
    return own


def is_split(office: Office, holder_id: UUID) -> None:
    """Have Oskar find that it is another human after all."""
    with office.database.begin() as session:
        linking.split(session, holder_id, WHY, hand_of(session, office.officers["Oskar"]), now=NOON)


def does(office: Office, step: object, case_id: UUID, hand: Hand) -> Approval:
    with office.database.begin() as session:
        done = step(  # type: ignore[operator]  # approve or second
            session, [case_id], hand, schemes=all_schemes(), accept_warnings=True, now=NOON
        )
    assert isinstance(done, Approval)
    return done


def why_not(done: Approval) -> str:
    [left] = done.left
    return " ".join(left.words)


def one(office: Office, scheme_id: str = ONE, **changed: object) -> UUID:
    with office.database.begin() as session:
        return candidate(session, scheme_id, **changed).id


@pytest.mark.parametrize("prefix", ["", AT_COMMAND_LINE])
def test_nobody_seconds_their_own_approval_as_another_human(office: Office, prefix: str) -> None:
    case_id, own, olga = one(office, TWO), is_merged(office), office.officers["Olga"]
    with office.database.read() as session:
        hand = hand_of(session, olga, who=f"{prefix}{olga}")
    does(office, approve, case_id, hand)

    is_split(office, own)
    again = does(office, second, case_id, office.hand("Olga"))

    with office.database.read() as session:
        case = session.get_one(Case, case_id)
        assert case.approved_human != human_of(session, olga)
    assert "You approved it yourself" in why_not(again)
    assert case.state == CaseState.CHECKED


def test_nobody_approves_their_own_entry_as_another_human(office: Office) -> None:
    own = is_merged(office)
    before = office.hand("Olga")
    case_id = one(office, entered_by=before.who, entered_human=before.human)

    is_split(office, own)

    assert "You entered" in why_not(does(office, approve, case_id, office.hand("Olga")))


def test_nobody_approves_what_they_assessed_as_another_human(office: Office) -> None:
    own = is_merged(office)
    before = office.hand("Olga")
    case_id = one(office, assessed_by=before.who, assessed_human=before.human)

    is_split(office, own)

    assert "You assessed" in why_not(does(office, approve, case_id, office.hand("Olga")))


def test_nobody_is_the_second_assessor_as_another_human(office: Office) -> None:
    office.hire("Ada", role=Role.ASSESSOR)
    own = is_merged(office, "Ada")
    scheme = SCHEMES.get("capitals-evidence")
    assert scheme is not None
    before = office.hand("Ada")
    with office.database.begin() as session:
        case = shelve_case(
            session, shelve_holder(session), scheme_id=scheme.id, route="assessment",
            assessed_by=before.who, assessed_human=before.human,
        )  # fmt: skip
        case_id = case.id

    is_split(office, own)

    with office.database.read() as session:
        case = session.get_one(Case, case_id)
        place = assessing.place_of(session, case, scheme, hand_of(session, office.officers["Ada"]))
    assert scheme.assessors == 2
    assert place.number == 1


def test_nobody_approves_a_certificate_whose_holder_they_were_taken_for(office: Office) -> None:
    with office.database.begin() as session:
        own = shelve_holder(session, office.officers["Olga"], name="Olga")
    case_id = one(office)
    with office.database.begin() as session:
        holder_id = session.get_one(Case, case_id).holder_id
        oskar = hand_of(session, office.officers["Oskar"])
        linking.merge(session, holder_id, own, WHY, oskar, now=NOON)
        linking.split(session, own, WHY, oskar, now=NOON)

    told = why_not(does(office, approve, case_id, office.hand("Olga")))

    assert "your own certificate" in told


def test_nobody_approves_the_certificate_of_the_record_from_which_they_were_parted(
    office: Office,
) -> None:
    case_id = one(office, person_id=office.officers["Olga"])
    with office.database.begin() as session:
        oskar = hand_of(session, office.officers["Oskar"])
        linking.part(session, office.officers["Olga"], WHY, oskar, now=NOON)

    told = why_not(does(office, approve, case_id, office.hand("Olga")))

    assert "your own certificate" in told


def test_whoever_has_nothing_to_do_with_it_is_taken_for_nobody_else(office: Office) -> None:
    is_merged(office)

    with office.database.read() as session:
        oskar = hand_of(session, office.officers["Oskar"])
        assert taken_for(session, oskar) == {office.officers["Oskar"]}
        assert taken_for(session, Hand("desk link", None)) == frozenset()
        assert taken_for(session, Hand("by mail", oskar.human)) == {oskar.human}


def issued(office: Office, folder: Path, **changed: object) -> UUID:
    with office.database.begin() as session:
        approved(session, ONE, **changed)
    issue_all(office.database, folder)
    with office.database.read() as session:
        return session.scalars(select(Certificate.id)).one()


def test_nobody_revokes_what_they_suspended_as_another_human(
    office: Office, tmp_path: Path
) -> None:
    certificate_id, own = issued(office, tmp_path), is_merged(office)
    before = office.hand("Olga")
    with office.database.begin() as session:
        suspend(session, certificate_id, WHY, before, now=NOON)

    is_split(office, own)
    after = office.hand("Olga")

    assert after.human != before.human
    with office.database.begin() as session, pytest.raises(SecondHumanError):
        revoke(
            session, certificate_id, RevokeCode.FRAUD, WHY, after, names=NAMES, now=NOON
        )  # fmt: skip


def test_nobody_ends_the_certificate_of_the_record_from_which_they_were_parted(
    office: Office, tmp_path: Path
) -> None:
    certificate_id = issued(office, tmp_path, person_id=office.officers["Olga"])
    with office.database.begin() as session:
        oskar = hand_of(session, office.officers["Oskar"])
        linking.part(session, office.officers["Olga"], WHY, oskar, now=NOON)
    olga = office.hand("Olga")

    with office.database.begin() as session, pytest.raises(OwnCertificateError):
        suspend(session, certificate_id, WHY, olga, now=NOON)


def test_whoever_has_a_record_is_not_linked_with_another_one(office: Office) -> None:
    with office.database.begin() as session:
        own = shelve_holder(session, office.officers["Olga"], name="Olga")
        other = shelve_holder(session)
        oskar = hand_of(session, office.officers["Oskar"])

        with pytest.raises(ConflictingError) as caught:
            linking.link(session, office.officers["Olga"], other, WHY, oskar, now=NOON)

        assert human_of(session, office.officers["Olga"]) == own
    assert "the two records are one human" in (caught.value.words or "")


@pytest.mark.parametrize(
    "values",
    [
        "approved_by = entered_by",
        "approved_by = 'command line x', entered_by = 'x'",
        "approved_by = 'x', assessed_by = 'x'",
        "approved_by = 'x', second_assessed_by = 'command line x'",
        "approved_by = 'x', named_by = 'x', named_human = holder_id",
        "approved_by = 'a', seconded_by = 'command line a'",
        "approved_by = 'a', seconded_by = 'b', entered_by = 'b'",
        "approved_by = 'a', assessed_by = 'b', second_assessed_by = 'b'",
    ],
)
def test_the_database_refuses_one_account_for_two(office: Office, values: str) -> None:
    with office.database.begin() as session:
        approved(session, TWO)

    with pytest.raises(IntegrityError), office.database.begin() as session:
        session.execute(text(f"UPDATE certification_case SET {values}"))


def test_the_database_refuses_one_account_for_both_at_a_revocation(
    office: Office, tmp_path: Path
) -> None:
    issued(office, tmp_path)

    with pytest.raises(IntegrityError), office.database.begin() as session:
        session.execute(
            text("UPDATE certificate SET suspended_by = 'x', revoked_by = 'command line x'")
        )
