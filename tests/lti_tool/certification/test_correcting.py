"""A certificate in place of another: the old one stands until the new one is there."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.exc import IntegrityError

from lti_tool.certification.approving import UnprintableNameError, approve, refuse
from lti_tool.certification.correcting import CannotReplaceError, begin_correction, begin_renewal
from lti_tool.certification.facts import Facts
from lti_tool.certification.mandates import OtherSchemeError, OwnCertificateError
from lti_tool.certification.models import Case, CaseState
from lti_tool.certification.register_models import Certificate, CertificateState, StatusList
from lti_tool.db import Database
from lti_tool.errors import NotFoundError
from tests.cast import NOON
from tests.lti_tool.certification.office import (
    ATTENDANCE,
    ONE,
    TWO,
    Office,
    acts_of,
    all_schemes,
    approved,
    issue_all,
    open_office,
)
from xapi.models import OutboxEntry

LATER = NOON + timedelta(days=40)


@pytest.fixture
def office(database: Database) -> Office:
    """Give an office with Olga, Oskar and Otto."""
    made = open_office(database)
    made.hire("Otto")
    return made


def issued(office: Office, folder: Path, scheme_id: str = TWO) -> Certificate:
    """Give Alice's certificate, under a wrong name."""
    with office.database.begin() as session:
        approved(session, scheme_id, person_id=office.stage.people["Alice"], name="Alcie Liddell")
    issue_all(office.database, folder)
    return newest(office)


def newest(office: Office) -> Certificate:
    query = select(Certificate).order_by(Certificate.numbered_at.desc(), Certificate.serial.desc())
    with office.database.read() as session:
        return session.scalars(query.limit(1)).one()


def row(office: Office, certificate_id: UUID) -> Certificate:
    with office.database.read() as session:
        return session.get_one(Certificate, certificate_id)


def corrects(
    office: Office, before: Certificate, name: str = "Alice Liddell", who: str = "Olga"
) -> Case:
    hand = office.hand(who)
    with office.database.begin() as session:
        return begin_correction(
            session, before.id, name, "Two letters were swapped.", hand,
            schemes=all_schemes(), now=LATER,
        )  # fmt: skip


def test_a_wrong_name_is_corrected_by_a_new_certificate(office: Office, tmp_path: Path) -> None:
    before = issued(office, tmp_path)
    case = corrects(office, before)
    waiting = row(office, before.id).state
    office.approves([case.id], "Oskar", now=LATER)
    approved_yet = row(office, before.id).state

    issue_all(office.database, tmp_path, now=LATER)

    old, new = row(office, before.id), newest(office)
    first, second = Facts.from_json(old.facts), Facts.from_json(new.facts)
    assert (waiting, approved_yet) == (CertificateState.ISSUED, CertificateState.ISSUED)
    assert (old.state, old.ended_at) == (CertificateState.SUPERSEDED, LATER)
    assert (new.state, new.supersedes_id) == (CertificateState.ISSUED, old.id)
    assert (second.holder_name, second.supersedes) == ("Alice Liddell", old.number)
    assert (second.issued_on, first.issued_on) == (date(2026, 12, 12), date(2026, 11, 2))
    same = ("title", "units", "examined_on", "valid_from", "valid_until", "scheme_fingerprint",
            "issuer", "pass_share")  # fmt: skip
    assert all(getattr(first, name) == getattr(second, name) for name in same)
    other = ("number", "code", "credential_id", "subject_id", "status_index", "certificate_id")
    assert all(getattr(first, name) != getattr(second, name) for name in other)
    assert old.facts == before.facts


def test_the_old_one_is_told_to_be_forfeited_when_the_new_one_is_earned(
    office: Office, tmp_path: Path
) -> None:
    case = corrects(office, issued(office, tmp_path))
    office.approves([case.id], "Oskar", now=LATER)

    issue_all(office.database, tmp_path, now=LATER)

    with office.database.read() as session:
        texts = session.scalars(select(OutboxEntry.payload).order_by(OutboxEntry.seq)).all()
        acts = acts_of(session)
        wanted = set(session.scalars(select(StatusList.wanted_at)))
    told = [json.loads(each) for each in texts]
    verbs = [each["verb"]["display"]["en"] for each in told]
    assert verbs == ["earned", "earned", "forfeited"]
    assert told[2]["context"]["statement"]["id"] == told[0]["id"]
    reason = told[2]["context"]["extensions"]["https://tool.example.org/id/extension/reason"]
    assert reason == "superseded"
    assert acts[-3:] == ["certificate.numbered", "certificate.superseded", "certificate.issued"]
    assert wanted == {LATER}


def test_one_more_officer_approves_a_correction_even_where_the_scheme_asks_for_two(
    office: Office, tmp_path: Path
) -> None:
    case = corrects(office, issued(office, tmp_path))
    own = office.hand("Olga")

    with office.database.begin() as session:
        done = approve(session, [case.id], own, schemes=all_schemes(), now=LATER)
    batch = office.approves([case.id], "Oskar", now=LATER)

    assert (case.state, case.approvers, case.entered_human) == (CaseState.CHECKED, 1, own.human)
    assert "You entered" in done.left[0].words[0]
    assert batch is not None


def test_another_officer_approves_a_correction_even_where_the_scheme_asks_for_nobody(
    office: Office, tmp_path: Path
) -> None:
    before = issued(office, tmp_path, ATTENDANCE)
    case = corrects(office, before)
    issue_all(office.database, tmp_path, now=LATER)
    alone = newest(office)

    office.approves([case.id], "Oskar", now=LATER)
    issue_all(office.database, tmp_path, now=LATER)

    assert (case.state, case.approvers) == (CaseState.CHECKED, 1)
    assert alone.id == before.id
    assert newest(office).facts["holder_name"] == "Alice Liddell"


def test_the_database_refuses_a_correction_that_nobody_else_has_to_look_at(
    office: Office, tmp_path: Path
) -> None:
    case = corrects(office, issued(office, tmp_path, ATTENDANCE))

    for values in ("approvers = 0", "entered_human = NULL", "entered_human = holder_id"):
        with pytest.raises(IntegrityError), office.database.begin() as session:
            session.execute(text(f"UPDATE certification_case SET {values} WHERE corrects"))

    with office.database.read() as session:
        assert session.get_one(Case, case.id).approvers == 1


def test_nobody_corrects_or_renews_their_own_certificate(office: Office, tmp_path: Path) -> None:
    with office.database.begin() as session:
        approved(session, TWO, person_id=office.officers["Olga"], name="Olga")
    issue_all(office.database, tmp_path)
    own = newest(office)

    with pytest.raises(OwnCertificateError) as caught:
        corrects(office, own, "Olga of Ostrava")
    with pytest.raises(OwnCertificateError):
        renews(office, own)

    assert "your own certificate: another officer" in (caught.value.words or "")
    with office.database.read() as session:
        assert session.scalars(select(Case.sitting)).all() == ["first"]


def test_a_correction_may_itself_be_corrected(office: Office, tmp_path: Path) -> None:
    first = issued(office, tmp_path, ATTENDANCE)
    wrong = corrects(office, first, "Alica Liddell")
    office.approves([wrong.id], "Oskar", now=LATER)
    issue_all(office.database, tmp_path, now=LATER)
    second = newest(office)

    right = corrects(office, second)
    office.approves([right.id], "Oskar", now=LATER)
    issue_all(office.database, tmp_path, now=LATER + timedelta(hours=1))

    third = newest(office)
    states = [row(office, each.id).state for each in (first, second, third)]
    assert states == ["superseded", "superseded", "issued"]
    assert third.supersedes_id == second.id


def test_there_is_one_correction_at_a_time_and_another_after_it_was_refused(
    office: Office, tmp_path: Path
) -> None:
    before = issued(office, tmp_path)
    case = corrects(office, before)

    with pytest.raises(CannotReplaceError, match="corrects"):
        corrects(office, before)
    hand = office.hand("Oskar")
    with office.database.begin() as session:
        refuse(session, case.id, "It is spelt so.", hand, now=LATER)
    again = corrects(office, before, "Alice P. Liddell")

    assert again.state == CaseState.CHECKED
    assert again.sitting == f"corrects:{before.number}:2"


def test_what_has_ended_is_not_corrected(office: Office, tmp_path: Path) -> None:
    before = issued(office, tmp_path)
    for values in ({"state": "withdrawn"}, {"state": "superseded"}, {"erased_at": NOON}):
        with office.database.begin() as session:
            session.execute(update(Certificate).values(**values))

        with pytest.raises(CannotReplaceError):
            corrects(office, before)


def test_after_a_key_was_compromised_the_same_is_issued_again(
    office: Office, tmp_path: Path
) -> None:
    before = issued(office, tmp_path)
    with office.database.begin() as session:
        session.execute(
            update(Certificate).values(
                state="revoked", revoke_code="key-compromised", revoked_at=NOON,
                suspended_human=uuid4(), suspended_by="one",
                revoked_human=uuid4(), revoked_by="two",
            )
        )  # fmt: skip
    case = corrects(office, before, "Alcie Liddell")
    office.approves([case.id], "Oskar", now=LATER)

    issue_all(office.database, tmp_path, now=LATER)

    new = newest(office)
    assert (row(office, before.id).state, new.state) == ("revoked", "issued")
    assert new.supersedes_id == before.id


def test_a_certificate_that_ended_meanwhile_is_not_replaced(office: Office, tmp_path: Path) -> None:
    before = issued(office, tmp_path)
    case = corrects(office, before)
    office.approves([case.id], "Oskar", now=LATER)
    with office.database.begin() as session:
        session.execute(update(Certificate).values(state="withdrawn"))

    issue_all(office.database, tmp_path, now=LATER)

    assert newest(office).id == before.id
    with office.database.read() as session:
        assert session.get_one(Case, case.id).state == CaseState.CHECKED
        assert acts_of(session)[-1] == "case.put-back"


def test_a_correction_needs_a_name_that_can_be_printed_and_a_role_that_covers_it(
    office: Office, tmp_path: Path
) -> None:
    before = issued(office, tmp_path)
    office.hire("Ottilie", scheme_id=ONE)

    with pytest.raises(UnprintableNameError):
        corrects(office, before, "გიორგი")
    with pytest.raises(OtherSchemeError):
        corrects(office, before, who="Ottilie")
    hand = office.hand("Olga")
    with office.database.begin() as session, pytest.raises(NotFoundError):
        begin_correction(session, uuid4(), "A", "b", hand, schemes=all_schemes(), now=LATER)


# Renewal


def renews(office: Office, before: Certificate, who: str = "Olga") -> Case:
    hand = office.hand(who)
    with office.database.begin() as session:
        return begin_renewal(session, before.id, hand, schemes=all_schemes(), now=LATER)


def test_a_renewal_is_a_case_of_its_own_that_the_rules_decide_anew(
    office: Office, tmp_path: Path
) -> None:
    before = issued(office, tmp_path)

    case = renews(office, before)

    assert (case.state, case.decision, case.look_due_at) == (CaseState.COLLECTING, None, LATER)
    assert (case.predecessor_id, case.corrects) == (before.id, False)
    assert case.sitting == f"renews:{before.number}"
    assert row(office, before.id).state == CertificateState.ISSUED
    with pytest.raises(CannotReplaceError):
        renews(office, before)


def test_a_renewed_certificate_leaves_the_old_one_as_it_is(office: Office, tmp_path: Path) -> None:
    before = issued(office, tmp_path)
    case = renews(office, before)
    with office.database.begin() as session:
        kept = session.get_one(Case, case.id)
        kept.state, kept.decision = CaseState.CHECKED, {"outcome": "granted", "units": []}
        kept.name, kept.name_confirmed_at = "Alice Liddell", LATER
    office.approves([case.id], "Oskar", "Otto", now=LATER)

    issue_all(office.database, tmp_path, now=LATER)

    old, new = row(office, before.id), newest(office)
    assert (old.state, new.state) == ("issued", "issued")
    assert (new.renews_id, new.supersedes_id, new.facts["renews"]) == (old.id, None, old.number)


def test_what_does_not_hold_is_not_renewed(office: Office, tmp_path: Path) -> None:
    before = issued(office, tmp_path)
    with office.database.begin() as session:
        session.execute(update(Certificate).values(state="withdrawn"))

    with pytest.raises(CannotReplaceError):
        renews(office, before)


def test_a_renewal_needs_a_role_that_covers_it(office: Office, tmp_path: Path) -> None:
    before = issued(office, tmp_path)
    office.hire("Ottilie", scheme_id=ONE)

    with pytest.raises(OtherSchemeError):
        renews(office, before, "Ottilie")


def test_a_certificate_whose_scheme_is_gone_can_still_be_corrected(
    office: Office, tmp_path: Path
) -> None:
    before = issued(office, tmp_path)
    with office.database.begin() as session:
        session.execute(update(Certificate).values(scheme_id="gone"))

    case = corrects(office, before)
    office.approves([case.id], "Oskar", now=LATER)
    issue_all(office.database, tmp_path, now=LATER)

    new = newest(office)
    assert (new.supersedes_id, new.series, new.serial) == (before.id, before.series, 2)
