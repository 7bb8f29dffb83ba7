"""A correction while the certificate that it corrects is suspended or ended."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import select

from lti_tool.certification.approving import approve
from lti_tool.certification.correcting import CannotReplaceError, begin_correction
from lti_tool.certification.ending import resume, revoke, suspend, withdraw_by_holder
from lti_tool.certification.issuing import issue_due
from lti_tool.certification.models import Case, CaseState
from lti_tool.certification.register_models import Certificate, CertificateState, RevokeCode
from lti_tool.db import Database
from lti_tool.files import Files
from lti_tool.iri import Names
from tests.cast import NOON
from tests.lti_tool.certification.office import (
    ONE,
    Office,
    acts_of,
    all_schemes,
    approved,
    files_in,
    issue_all,
    open_office,
    trial_settings,
    workshop,
)

NAMES = Names("https://tool.example.org")
LATER = NOON + timedelta(days=40)
SOON = LATER + timedelta(hours=1)


@pytest.fixture
def office(database: Database) -> Office:
    """Give an office with Olga, Oskar and Otto."""
    made = open_office(database)
    made.hire("Otto")
    return made


@pytest.fixture
def before(office: Office, tmp_path: Path) -> UUID:
    """Give Alice's certificate, under a wrong name."""
    with office.database.begin() as session:
        approved(session, ONE, person_id=office.stage.people["Alice"], name="Alcie Liddell")
    issue_all(office.database, tmp_path)
    with office.database.read() as session:
        return session.scalars(select(Certificate.id)).one()


@pytest.fixture
def correction(office: Office, before: UUID) -> UUID:
    """Give a case that corrects it."""
    hand = office.hand("Olga")
    with office.database.begin() as session:
        return begin_correction(
            session, before, "Alice Liddell", "Two letters were swapped.", hand,
            schemes=all_schemes(), now=LATER,
        ).id  # fmt: skip


@pytest.fixture
def numbered(office: Office, correction: UUID, tmp_path: Path) -> UUID:
    """Give the correction's certificate, which has its number and no documents yet."""
    office.approves([correction], "Oskar", now=LATER)
    workshop(trial_settings(office.database, tmp_path), office.database).number(LATER)
    with office.database.read() as session:
        by_case = select(Certificate.id).where(Certificate.case_id == correction)
        return session.scalars(by_case).one()


def row(office: Office, certificate_id: UUID) -> Certificate:
    with office.database.read() as session:
        return session.get_one(Certificate, certificate_id)


def states(office: Office, *certificate_ids: UUID) -> list[str]:
    return [row(office, each).state for each in certificate_ids]


def suspends(office: Office, certificate_id: UUID) -> None:
    hand = office.hand("Otto")
    with office.database.begin() as session:
        suspend(session, certificate_id, "Somebody else sat the exam?", hand, now=SOON)


def resumes(office: Office, certificate_id: UUID) -> None:
    hand = office.hand("Otto")
    with office.database.begin() as session:
        resume(session, certificate_id, "It was Alice.", hand, now=SOON)


def revokes(office: Office, certificate_id: UUID, code: RevokeCode = RevokeCode.FRAUD) -> None:
    hand = office.hand("Oskar")
    with office.database.begin() as session:
        revoke(session, certificate_id, code, "It was so.", hand, names=NAMES, now=SOON)


def test_what_is_suspended_is_not_corrected(office: Office, before: UUID) -> None:
    suspends(office, before)
    hand = office.hand("Olga")

    with office.database.begin() as session, pytest.raises(CannotReplaceError) as told:
        begin_correction(
            session, before, "Alice", "Swapped.", hand, schemes=all_schemes(), now=SOON
        )

    assert "Let a suspended one hold again first." in (told.value.words or "")


def test_a_correction_is_not_approved_while_the_old_one_is_suspended(
    office: Office, before: UUID, correction: UUID, tmp_path: Path
) -> None:
    suspends(office, before)
    hand = office.hand("Oskar")

    with office.database.begin() as session:
        done = approve(
            session, [correction], hand, schemes=all_schemes(), accept_warnings=True, now=SOON
        )
    resumes(office, before)
    office.approves([correction], "Oskar", now=SOON)
    issue_all(office.database, tmp_path, now=SOON)

    assert "is suspended. Decide about that one first" in done.left[0].words[0]
    assert not done.approved
    assert row(office, before).state == CertificateState.SUPERSEDED


def test_a_correction_that_was_approved_is_not_numbered_while_the_old_one_is_suspended(
    office: Office, before: UUID, correction: UUID, tmp_path: Path
) -> None:
    office.approves([correction], "Oskar", now=LATER)
    suspends(office, before)

    issue_all(office.database, tmp_path, now=SOON)

    with office.database.read() as session:
        case = session.get_one(Case, correction)
        assert (case.state, case.approved_at) == (CaseState.CHECKED, None)
        assert session.scalars(select(Certificate.id)).all() == [before]
    assert row(office, before).state == CertificateState.SUSPENDED


def test_a_numbered_correction_waits_while_the_old_one_is_suspended(
    office: Office, before: UUID, numbered: UUID, tmp_path: Path
) -> None:
    suspends(office, before)

    issue_all(office.database, tmp_path, now=SOON)
    waiting = row(office, numbered)
    between = states(office, before, numbered)
    files_between = files_in(tmp_path / "files")
    resumes(office, before)
    issue_all(office.database, tmp_path, now=SOON)

    assert between == ["suspended", "numbered"]
    assert "is suspended: it waits" in waiting.fault
    assert len(files_between) == 1
    assert states(office, before, numbered) == ["superseded", "issued"]


@pytest.mark.parametrize("has_waited", [False, True], ids=["at once", "after it waited"])
def test_a_numbered_correction_ends_when_the_old_one_is_revoked(
    office: Office, before: UUID, numbered: UUID, tmp_path: Path, *, has_waited: bool
) -> None:
    suspends(office, before)
    if has_waited:
        issue_all(office.database, tmp_path, now=SOON)
    revokes(office, before)

    issue_all(office.database, tmp_path, now=SOON)

    ended = row(office, numbered)
    assert states(office, before, numbered) == ["revoked", "void"]
    assert (ended.issued_at, ended.due_at, ended.revoked_by) == (None, None, "worker")
    assert "was revoked, given up or erased" in ended.revoke_reason
    assert len(files_in(tmp_path / "files")) == 1
    with office.database.read() as session:
        case = session.get_one(Case, ended.case_id)
        acts = acts_of(session)
    assert (case.state, case.approved_at) == (CaseState.CHECKED, None)
    assert acts[-2:] == ["case.put-back", "certificate.voided"]
    assert issue_all(office.database, tmp_path, now=SOON).number(SOON) == 0


def test_a_numbered_correction_ends_when_the_holder_gave_up_the_old_one(
    office: Office, before: UUID, numbered: UUID, tmp_path: Path
) -> None:
    hand = office.hand("Otto")
    with office.database.begin() as session:
        holder_id = session.get_one(Certificate, before).holder_id
        withdraw_by_holder(session, before, holder_id, hand, names=NAMES, now=SOON)

    issue_all(office.database, tmp_path, now=SOON)

    assert states(office, before, numbered) == ["withdrawn", "void"]


def test_a_numbered_correction_is_issued_when_only_the_key_was_compromised(
    office: Office, before: UUID, numbered: UUID, tmp_path: Path
) -> None:
    suspends(office, before)
    revokes(office, before, RevokeCode.KEY_COMPROMISED)

    issue_all(office.database, tmp_path, now=SOON)

    assert states(office, before, numbered) == ["revoked", "issued"]


class WatchedFiles(Files):
    """Files that let something happen as soon as a document was written."""

    then: Callable[[], None]

    def write(self, path: str, content: bytes) -> None:
        super().write(path, content)
        self.then()


def test_what_ends_while_documents_are_made_is_not_superseded(
    office: Office, before: UUID, numbered: UUID, tmp_path: Path
) -> None:
    def ends() -> None:
        suspends(office, before)
        revokes(office, before)

    maker = workshop(trial_settings(office.database, tmp_path), office.database).maker(SOON)
    files = WatchedFiles(str(tmp_path / "files"))
    files.then = ends

    issue_due(office.database.begin, replace(maker, files=files), now=SOON)

    assert states(office, before, numbered) == ["revoked", "void"]
    assert len(files_in(tmp_path / "files")) == 1
