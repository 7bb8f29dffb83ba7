"""How a certificate stops counting: who may do it, what is told, and what stays as it was."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from lti_tool import audit
from lti_tool.certification.ending import (
    SecondHumanError,
    WrongStateError,
    resume,
    revoke,
    suspend,
    withdraw_by_holder,
)
from lti_tool.certification.humans import Hand
from lti_tool.certification.mandates import OtherSchemeError, OwnCertificateError
from lti_tool.certification.models import Holder, HolderPerson
from lti_tool.certification.register_models import (
    Certificate,
    CertificateState,
    RevokeCode,
    StatusList,
)
from lti_tool.db import Database
from lti_tool.errors import BadRequestError, NotFoundError
from lti_tool.iri import Names
from tests.cast import NOON
from tests.lti_tool.certification.office import (
    ATTENDANCE,
    TWO,
    Office,
    acts_of,
    approved,
    issue_all,
    open_office,
)
from xapi.models import OutboxEntry

NAMES = Names("https://tool.example.org")
LATER = NOON + timedelta(days=3)


@pytest.fixture
def office(database: Database) -> Office:
    """Give an office with Olga and Oskar."""
    return open_office(database)


@pytest.fixture
def issued(office: Office, tmp_path: Path) -> UUID:
    """Give Alice's certificate."""
    with office.database.begin() as session:
        approved(session, ATTENDANCE, person_id=office.stage.people["Alice"])
    issue_all(office.database, tmp_path)
    with office.database.read() as session:
        return session.scalars(select(Certificate.id)).one()


def row(office: Office, certificate_id: UUID) -> Certificate:
    with office.database.read() as session:
        return session.get_one(Certificate, certificate_id)


def suspends(office: Office, certificate_id: UUID, who: str = "Olga") -> None:
    hand = office.hand(who)
    with office.database.begin() as session:
        suspend(session, certificate_id, "A complaint came in.", hand, now=LATER)


def revokes(office: Office, certificate_id: UUID, who: str | Hand = "Oskar") -> None:
    hand = office.hand(who) if isinstance(who, str) else who
    with office.database.begin() as session:
        revoke(
            session, certificate_id, RevokeCode.FRAUD, "Somebody else sat the exam.", hand,
            names=NAMES, now=LATER,
        )  # fmt: skip


def test_who_looked_before_a_revocation_cannot_take_it_back(office: Office, issued: UUID) -> None:
    if office.database.engine.dialect.name == "sqlite":
        pytest.skip("there, one who writes looks after the other")
    suspends(office, issued)
    hand = office.hand("Olga")

    with office.database.begin() as session:
        seen = session.get_one(Certificate, issued)
        revokes(office, issued)
        with pytest.raises(WrongStateError):
            resume(session, seen.id, "The complaint was groundless.", hand, now=LATER)

    assert row(office, issued).state == CertificateState.REVOKED


def lists_wanted(office: Office) -> set[object]:
    with office.database.read() as session:
        return set(session.scalars(select(StatusList.wanted_at)))


def statements(office: Office) -> list[dict[str, object]]:
    with office.database.read() as session:
        texts = session.scalars(select(OutboxEntry.payload).order_by(OutboxEntry.seq))
        return [json.loads(each) for each in texts]


def test_one_officer_suspends_and_resumes(office: Office, issued: UUID) -> None:
    before = row(office, issued)
    lists_before = lists_wanted(office)

    suspends(office, issued)
    between = row(office, issued)
    hand = office.hand("Oskar")
    with office.database.begin() as session:
        resume(session, issued, "The complaint was groundless.", hand, now=LATER)

    after = row(office, issued)
    assert (between.state, between.suspended_at) == (CertificateState.SUSPENDED, LATER)
    assert between.suspend_reason == "A complaint came in."
    assert (after.state, after.suspended_at, after.suspended_human, after.suspend_reason) == (
        CertificateState.ISSUED, None, None, "",
    )  # fmt: skip
    assert (after.facts, after.pdf_sha256, after.badge) == (
        before.facts, before.pdf_sha256, before.badge,
    )  # fmt: skip
    assert (lists_before, lists_wanted(office)) == ({NOON}, {LATER})
    with office.database.read() as session:
        assert acts_of(session)[-2:] == ["certificate.suspended", "certificate.resumed"]


def test_another_officer_revokes_what_one_suspended(office: Office, issued: UUID) -> None:
    suspends(office, issued)

    revokes(office, issued)

    made = row(office, issued)
    assert (made.state, made.revoked_at, made.revoke_code) == (
        CertificateState.REVOKED, LATER, "fraud",
    )  # fmt: skip
    assert made.revoked_human != made.suspended_human
    with office.database.read() as session:
        line = session.scalars(
            select(audit.AuditLine).where(audit.AuditLine.act == "certificate.revoked")
        ).one()
        assert audit.find_break(session) is None
    assert (line.who, line.detail) == (str(office.officers["Oskar"]), {"code": "fraud"})


def test_a_revocation_is_told_to_the_record_store_with_the_statement_it_ends(
    office: Office, issued: UUID
) -> None:
    suspends(office, issued)
    revokes(office, issued)

    earned, forfeited = statements(office)

    assert forfeited["verb"]["id"] == "https://w3id.org/xapi/tla/verbs/forfeited"  # type: ignore[index]
    assert forfeited["actor"] == earned["actor"]
    assert forfeited["object"] == earned["object"]
    context = forfeited["context"]
    assert context["statement"]["id"] == earned["id"]  # type: ignore[index]
    assert context["extensions"]["https://tool.example.org/id/extension/reason"] == "fraud"  # type: ignore[index]
    assert "Somebody else sat" not in json.dumps(forfeited)


def test_whoever_suspended_it_does_not_revoke_it(office: Office, issued: UUID) -> None:
    suspends(office, issued)

    with pytest.raises(SecondHumanError) as caught:
        revokes(office, issued, "Olga")

    assert "another officer" in (caught.value.words or "")
    assert row(office, issued).state == CertificateState.SUSPENDED


def test_two_persons_that_are_one_human_do_not_revoke_together(
    office: Office, issued: UUID
) -> None:
    office.hire("Olga at work")
    suspends(office, issued)
    with office.database.begin() as session:
        olga = Holder(id=uuid4(), name="Olga", name_search="olga", created_at=NOON)
        session.add(olga)
        session.flush()
        for name in ("Olga", "Olga at work"):
            person_id = office.officers[name]
            session.add(
                HolderPerson(person_id=person_id, holder_id=olga.id, linked_by="x", linked_at=NOON)
            )

    with pytest.raises(SecondHumanError):
        revokes(office, issued, "Olga at work")


def test_the_database_refuses_a_revocation_by_one_human(office: Office, issued: UUID) -> None:
    suspends(office, issued)

    with pytest.raises(IntegrityError), office.database.begin() as session:
        session.execute(
            text(
                "UPDATE certificate SET state = 'revoked', revoked_at = suspended_at,"
                " revoked_human = suspended_human"
            )
        )
    with pytest.raises(IntegrityError), office.database.begin() as session:
        session.execute(text("UPDATE certificate SET state = 'revoked'"))


def test_nothing_is_revoked_that_nobody_suspended(office: Office, issued: UUID) -> None:
    with pytest.raises(WrongStateError) as caught:
        revokes(office, issued)

    assert "suspends a certificate first" in (caught.value.words or "")


def test_what_is_revoked_stays_revoked(office: Office, issued: UUID) -> None:
    suspends(office, issued)
    revokes(office, issued)
    hand = office.hand("Olga")

    with office.database.begin() as session, pytest.raises(WrongStateError):
        resume(session, issued, "Sorry", hand, now=LATER)
    with office.database.begin() as session, pytest.raises(WrongStateError):
        suspend(session, issued, "Again", hand, now=LATER)
    with pytest.raises(WrongStateError):
        revokes(office, issued)


def test_every_end_needs_a_reason_a_person_and_a_role_that_covers_it(
    office: Office, issued: UUID
) -> None:
    office.hire("Otto", scheme_id=TWO)
    olga, otto = office.hand("Olga"), office.hand("Otto")

    with office.database.begin() as session, pytest.raises(BadRequestError):
        suspend(session, issued, "   ", olga, now=LATER)
    with office.database.begin() as session, pytest.raises(OtherSchemeError):
        suspend(session, issued, "Because", otto, now=LATER)
    with office.database.begin() as session, pytest.raises(OtherSchemeError):
        suspend(session, issued, "Because", Hand("command line", None), now=LATER)
    with office.database.begin() as session, pytest.raises(NotFoundError):
        suspend(session, uuid4(), "Because", olga, now=LATER)
    assert row(office, issued).state == CertificateState.ISSUED


def test_nobody_ends_their_own_certificate(office: Office, tmp_path: Path) -> None:
    with office.database.begin() as session:
        approved(session, ATTENDANCE, person_id=office.officers["Olga"])
    issue_all(office.database, tmp_path)
    with office.database.read() as session:
        own = session.scalars(select(Certificate.id)).one()
    olga = office.hand("Olga")

    with pytest.raises(OwnCertificateError) as caught:
        suspends(office, own)
    suspends(office, own, "Oskar")
    with office.database.begin() as session, pytest.raises(OwnCertificateError):
        resume(session, own, "All is well with me.", olga, now=LATER)
    with pytest.raises(OwnCertificateError):
        revokes(office, own, "Olga")

    assert "your own certificate: another officer" in (caught.value.words or "")
    assert row(office, own).state == CertificateState.SUSPENDED


def test_the_database_lets_no_holder_end_their_certificate(office: Office, issued: UUID) -> None:
    suspends(office, issued)

    for column in ("suspended_human", "revoked_human"):
        with pytest.raises(IntegrityError), office.database.begin() as session:
            session.execute(text(f"UPDATE certificate SET {column} = holder_id"))

    assert row(office, issued).revoked_human is None


# Given up by its holder


def gives_up(office: Office, certificate_id: UUID, holder_id: UUID) -> None:
    hand = Hand(str(office.stage.people["Alice"]), holder_id, office.stage.people["Alice"])
    with office.database.begin() as session:
        withdraw_by_holder(session, certificate_id, holder_id, hand, names=NAMES, now=LATER)


def test_a_holder_gives_up_a_certificate(office: Office, issued: UUID) -> None:
    holder_id = row(office, issued).holder_id

    gives_up(office, issued, holder_id)

    made = row(office, issued)
    assert (made.state, made.ended_at) == (CertificateState.WITHDRAWN, LATER)
    told = statements(office)[-1]["context"]["extensions"]  # type: ignore[index]
    assert told["https://tool.example.org/id/extension/reason"] == "withdrawn"
    assert lists_wanted(office) == {LATER}


def test_nobody_gives_up_the_certificate_of_another(office: Office, issued: UUID) -> None:
    with pytest.raises(NotFoundError):
        gives_up(office, issued, uuid4())

    assert row(office, issued).state == CertificateState.ISSUED


def test_a_suspended_certificate_is_not_given_up(office: Office, issued: UUID) -> None:
    suspends(office, issued)

    with pytest.raises(WrongStateError):
        gives_up(office, issued, row(office, issued).holder_id)

    assert row(office, issued).state == CertificateState.SUSPENDED
