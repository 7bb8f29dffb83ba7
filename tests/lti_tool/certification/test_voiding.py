"""A number that never became a certificate: stopped by one officer, ended by another one."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from lti_tool import audit
from lti_tool.certification import issuing
from lti_tool.certification.approving import confirm_name
from lti_tool.certification.ending import SecondHumanError, WrongStateError, revoke, suspend
from lti_tool.certification.facts import digest_of
from lti_tool.certification.holdings import list_holdings
from lti_tool.certification.humans import Hand
from lti_tool.certification.mandates import OtherSchemeError, OwnCertificateError
from lti_tool.certification.models import Case, CaseState
from lti_tool.certification.progress import progress_of, try_again
from lti_tool.certification.register import number_case
from lti_tool.certification.register_models import (
    Certificate,
    CertificateState,
    RevokeCode,
    StatusList,
)
from lti_tool.certification.status_lists import decode, sign_due
from lti_tool.certification.verifying import Answer, check_code
from lti_tool.certification.voiding import stop, take_up, void
from lti_tool.db import Database
from lti_tool.errors import BadRequestError
from lti_tool.iri import Names
from tests.cast import NOON
from tests.lti_tool.certification.office import (
    ATTENDANCE,
    ONE,
    TWO,
    Office,
    acts_of,
    all_schemes,
    approved,
    candidates,
    files_in,
    issue_all,
    open_office,
    trial_settings,
    workshop,
)

LATER = NOON + timedelta(days=3)
UNPRINTABLE = "ქართული"
Act = Callable[..., Any]


@pytest.fixture
def office(database: Database) -> Office:
    """Give an office with Olga and Oskar."""
    return open_office(database)


@pytest.fixture
def unmade(office: Office, tmp_path: Path) -> UUID:
    """Give a certificate that cannot be made: a name without glyphs came past the checks."""
    with office.database.begin() as session:
        case = approved(session, ATTENDANCE, name=UNPRINTABLE)
    issue_all(office.database, tmp_path)
    with office.database.read() as session:
        return session.scalars(select(Certificate.id).where(Certificate.case_id == case.id)).one()


def row(office: Office, certificate_id: UUID) -> Certificate:
    with office.database.read() as session:
        return session.get_one(Certificate, certificate_id)


def does(office: Office, act: Act, certificate_id: UUID, who: str | Hand) -> None:
    """Have somebody stop, take up or end."""
    hand = office.hand(who) if isinstance(who, str) else who
    told = () if act is take_up else ("It has no letters for it.",)
    with office.database.begin() as session:
        act(session, certificate_id, *told, hand, now=LATER)


def ends(office: Office, certificate_id: UUID) -> None:
    """Have Olga stop it and Oskar end it."""
    does(office, stop, certificate_id, "Olga")
    does(office, void, certificate_id, "Oskar")


def test_one_officer_stops_and_another_ends_what_cannot_be_made(
    office: Office, unmade: UUID
) -> None:
    does(office, stop, unmade, "Olga")
    stopped = row(office, unmade)
    does(office, void, unmade, "Oskar")

    ended = row(office, unmade)
    with office.database.read() as session:
        case = session.get_one(Case, ended.case_id)
        acts = acts_of(session)
        broken = audit.find_break(session)
    assert (stopped.state, stopped.due_at) == (CertificateState.NUMBERED, None)
    assert (ended.state, ended.issued_at, ended.revoked_at) == (CertificateState.VOID, None, LATER)
    assert ended.suspended_human != ended.revoked_human
    assert (case.state, case.approved_at, case.look_due_at) == (CaseState.CHECKED, None, LATER)
    assert acts[-3:] == ["certificate.stopped", "case.put-back", "certificate.voided"]
    assert broken is None


def test_the_case_gets_another_number_and_the_series_has_no_gap(
    office: Office, unmade: UUID, tmp_path: Path
) -> None:
    ends(office, unmade)
    case_id, hand = row(office, unmade).case_id, office.hand("Olga")
    with office.database.begin() as session:
        confirm_name(session, case_id, "Kartuli", hand, schemes=all_schemes(), now=LATER)
    office.approves([case_id], "Oskar", now=LATER)

    issue_all(office.database, tmp_path, now=LATER)

    with office.database.read() as session:
        rows = session.scalars(select(Certificate).order_by(Certificate.serial)).all()
    assert [(each.serial, each.state) for each in rows] == [
        (1, CertificateState.VOID), (2, CertificateState.ISSUED),
    ]  # fmt: skip
    assert rows[1].facts["holder_name"] == "Kartuli"
    assert rows[1].case_id == case_id


def test_an_officer_looks_at_it_before_it_gets_another_number(
    office: Office, unmade: UUID, tmp_path: Path
) -> None:
    ends(office, unmade)

    made = issue_all(office.database, tmp_path, now=LATER)

    with office.database.read() as session:
        case = session.get_one(Case, row(office, unmade).case_id)
    assert (case.state, case.approvers) == (CaseState.CHECKED, 1)
    assert made.number(LATER) == 0


def test_a_check_answers_as_for_a_code_that_is_not_known(office: Office, unmade: UUID) -> None:
    ends(office, unmade)

    with office.database.read() as session:
        found = check_code(session, row(office, unmade).code, zone="UTC", now=LATER)

    assert (found.answer, found.facts) == (Answer.NOT_FOUND, None)


def test_its_place_in_the_list_is_marked_as_revoked(
    office: Office, unmade: UUID, tmp_path: Path
) -> None:
    shop = workshop(trial_settings(office.database, tmp_path), office.database)
    ends(office, unmade)

    sign_due(office.database.begin, shop.badge_keys(LATER), "https://tool.example.org", now=LATER)

    ended = row(office, unmade)
    with office.database.read() as session:
        signed = session.get_one(StatusList, (ended.status_list, "revocation"))
    marked = json.loads(signed.credential)["credentialSubject"]["encodedList"]
    assert decode(marked) == {ended.status_index}


def test_whoever_stopped_it_does_not_end_it(office: Office, unmade: UUID) -> None:
    does(office, stop, unmade, "Olga")

    with pytest.raises(SecondHumanError) as caught:
        does(office, void, unmade, "Olga")

    assert "another officer has to end it" in (caught.value.words or "")
    assert row(office, unmade).state == CertificateState.NUMBERED


def test_the_database_refuses_an_end_by_one_human(office: Office, unmade: UUID) -> None:
    does(office, stop, unmade, "Olga")

    with pytest.raises(IntegrityError), office.database.begin() as session:
        session.execute(
            text(
                "UPDATE certificate SET state = 'void', revoked_at = suspended_at,"
                " revoked_by = 'somebody', revoked_human = suspended_human"
            )
        )
    with pytest.raises(IntegrityError), office.database.begin() as session:
        session.execute(text("UPDATE certificate SET state = 'void', issued_at = suspended_at"))


def test_the_database_refuses_two_certificates_of_one_case(
    office: Office, unmade: UUID, tmp_path: Path
) -> None:
    by = workshop(trial_settings(office.database, tmp_path), office.database).registrar(NOON)
    with office.database.read() as session:
        case = session.get_one(Case, row(office, unmade).case_id)

    with pytest.raises(IntegrityError), office.database.begin() as session:
        number_case(session, case, by, now=NOON)


@pytest.mark.parametrize("act", [stop, void, take_up])
def test_what_is_issued_is_not_ended_in_this_way(office: Office, tmp_path: Path, act: Act) -> None:
    with office.database.begin() as session:
        approved(session, ATTENDANCE)
    issue_all(office.database, tmp_path)
    with office.database.read() as session:
        issued = session.scalars(select(Certificate.id)).one()

    with pytest.raises(WrongStateError):
        does(office, act, issued, "Olga")

    assert row(office, issued).state == CertificateState.ISSUED


def test_nothing_is_stopped_that_did_not_fail(office: Office, tmp_path: Path) -> None:
    with office.database.begin() as session:
        approved(session, ATTENDANCE)
    workshop(trial_settings(office.database, tmp_path), office.database).number(NOON)
    with office.database.read() as session:
        fresh = session.scalars(select(Certificate.id)).one()

    with pytest.raises(WrongStateError, match="not stopped"):
        does(office, stop, fresh, "Olga")
    with pytest.raises(WrongStateError):
        does(office, void, fresh, "Oskar")


def test_what_is_stopped_or_ended_is_not_made(office: Office, unmade: UUID, tmp_path: Path) -> None:
    shop = workshop(trial_settings(office.database, tmp_path), office.database)
    does(office, stop, unmade, "Olga")
    with office.database.begin() as session:
        pushed = try_again(session, [unmade], now=LATER)
    stopped = shop.issue(LATER + timedelta(days=2))
    does(office, void, unmade, "Oskar")
    shop.issue(LATER + timedelta(days=2))

    ended = row(office, unmade)
    assert (pushed, stopped) == (0, 0)
    assert (ended.state, ended.tries, ended.due_at) == (CertificateState.VOID, 1, None)
    assert [path for path in files_in(tmp_path / "files") if path.suffix == ".pdf"] == []


def test_a_worker_in_the_middle_does_not_issue_what_was_stopped(
    office: Office, tmp_path: Path
) -> None:
    with office.database.begin() as session:
        approved(session, ATTENDANCE)
    shop = workshop(trial_settings(office.database, tmp_path), office.database)
    shop.number(NOON)
    with office.database.begin() as session:
        [claim] = issuing._claim(session, now=NOON, limit=1)
        session.execute(text("UPDATE certificate SET fault = 'It was late.'"))
    does(office, stop, claim.id, "Olga")

    issuing._issue(office.database.begin, shop.maker(NOON), claim, now=LATER)

    made = row(office, claim.id)
    assert (made.state, made.pdf_path, made.due_at) == (CertificateState.NUMBERED, "", None)
    assert [path for path in files_in(tmp_path / "files") if path.suffix == ".pdf"] == []


def test_what_was_stopped_is_made_after_all(office: Office, unmade: UUID, tmp_path: Path) -> None:
    does(office, stop, unmade, "Olga")
    with office.database.begin() as session:
        held = session.get_one(Certificate, unmade)
        held.facts = {**held.facts, "holder_name": "Kartuli"}  # as if the fonts had its letters now
        held.facts_hash = digest_of(held.facts)

    does(office, take_up, unmade, "Oskar")
    issue_all(office.database, tmp_path, now=LATER)

    made = row(office, unmade)
    assert (made.state, made.suspended_human, made.suspend_reason) == ("issued", None, "")
    with office.database.read() as session:
        assert "certificate.taken-up" in acts_of(session)


def test_it_takes_a_reason_a_role_and_somebody_else_than_the_holder(
    office: Office, tmp_path: Path
) -> None:
    office.hire("Otto", scheme_id=TWO)
    with office.database.begin() as session:
        approved(session, ATTENDANCE, name=UNPRINTABLE, person_id=office.officers["Olga"])
    issue_all(office.database, tmp_path)
    with office.database.read() as session:
        own = session.scalars(select(Certificate.id)).one()
    oskar = office.hand("Oskar")

    with pytest.raises(OwnCertificateError):
        does(office, stop, own, "Olga")
    with pytest.raises(OtherSchemeError):
        does(office, stop, own, "Otto")
    with pytest.raises(OtherSchemeError):
        does(office, stop, own, Hand("command line", None))
    with office.database.begin() as session, pytest.raises(BadRequestError):
        stop(session, own, "  ", oskar, now=LATER)


def test_a_batch_counts_it_as_given_back(office: Office, tmp_path: Path) -> None:
    ids = candidates(office.database, 2, ONE)
    batch = office.approves(ids, "Olga")
    assert batch is not None
    with office.database.begin() as session:
        session.get_one(Case, ids[0]).name = UNPRINTABLE
    issue_all(office.database, tmp_path)
    with office.database.read() as session:
        query = select(Certificate.id).where(Certificate.case_id == ids[0])
        unmade = session.scalars(query).one()
    ends(office, unmade)

    with office.database.read() as session:
        progress = progress_of(session, batch)

    assert (progress.issued, progress.put_back, progress.faults) == (1, 1, 0)
    assert progress.is_over


def test_a_correction_that_cannot_be_made_may_be_made_again(office: Office, tmp_path: Path) -> None:
    with office.database.begin() as session:
        approved(session, ATTENDANCE)
    issue_all(office.database, tmp_path)
    with office.database.begin() as session:
        before = session.scalars(select(Certificate)).one()
        first = _correction(session, before, name=UNPRINTABLE)
    issue_all(office.database, tmp_path, now=LATER)
    with office.database.read() as session:
        query = select(Certificate.id).where(Certificate.case_id == first)
        unmade = session.scalars(query).one()

    ends(office, unmade)
    with office.database.begin() as session:
        session.get_one(Case, first).name = "Kartuli"
    office.approves([first], "Oskar", now=LATER)
    issue_all(office.database, tmp_path, now=LATER)

    old = row(office, before.id)
    with office.database.read() as session:
        query = select(Certificate).where(Certificate.supersedes_id == before.id)
        new = session.scalars(query).one()
    assert (old.state, new.state) == (CertificateState.SUPERSEDED, CertificateState.ISSUED)
    assert row(office, unmade).supersedes_id is None


def _correction(session: Session, before: Certificate, name: str) -> UUID:
    """Write an approved correction under a name that came past the checks."""
    first = session.get_one(Case, before.case_id)
    case = Case(
        id=uuid4(),
        holder_id=before.holder_id,
        scheme_id=before.scheme_id,
        scheme_fingerprint=first.scheme_fingerprint,
        sitting=f"corrects:{before.number}",
        route=first.route,
        state=CaseState.APPROVED,
        approvers=1,
        name=name,
        name_confirmed_at=NOON,
        name_confirmed_by="an officer",
        particulars={},
        decision=first.decision,
        entered_at=NOON,
        entered_by="an officer",
        entered_human=uuid4(),
        approved_at=NOON,
        approved_by="another",
        approved_human=uuid4(),
        predecessor_id=before.id,
        corrects=True,
    )
    session.add(case)
    session.flush()
    return case.id


def test_its_holder_sees_it_as_on_its_way_and_then_as_issued(
    office: Office, unmade: UUID, tmp_path: Path
) -> None:
    ends(office, unmade)
    case_id, holder_id = row(office, unmade).case_id, row(office, unmade).holder_id
    with office.database.read() as session:
        early = list_holdings(session, holder_id, all_schemes(), zone="UTC", now=LATER)
    with office.database.begin() as session:
        session.get_one(Case, case_id).name = "Kartuli"
    office.approves([case_id], "Oskar", now=LATER)
    issue_all(office.database, tmp_path, now=LATER)

    with office.database.read() as session:
        late = list_holdings(session, holder_id, all_schemes(), zone="UTC", now=LATER)

    assert (len(early.certificates), len(early.coming)) == (0, 1)
    assert (len(late.certificates), len(late.coming)) == (1, 0)


def test_what_is_ended_is_neither_suspended_nor_revoked(office: Office, unmade: UUID) -> None:
    ends(office, unmade)
    hand = office.hand("Olga")

    with office.database.begin() as session, pytest.raises(WrongStateError):
        suspend(session, unmade, "Once more.", hand, now=LATER)
    with office.database.begin() as session, pytest.raises(WrongStateError):
        revoke(
            session, unmade, RevokeCode.OTHER, "Once more.", hand,
            names=Names("https://tool.example.org"), now=LATER,
        )  # fmt: skip
