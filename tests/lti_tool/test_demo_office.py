"""The demo's officers leave something on every desk, by the doors that real ones go through."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import func, select

from lti_tool.audit import AuditLine
from lti_tool.certification import checking
from lti_tool.certification.checking import Concern
from lti_tool.certification.models import Case, CaseState
from lti_tool.certification.register_models import Certificate, CertificateState, RevokeCode
from lti_tool.db import Database
from lti_tool.demo_candidates import CANDIDATES, TWO_OFFICERS
from lti_tool.demo_office import OFFICERS, Office
from lti_tool.grants import list_grants
from lti_tool.lti import granting
from lti_tool.lti.models import Person
from lti_tool.settings import CONTENT
from lti_tool.visit import Role
from tests.cast import NOON, set_stage
from tests.lti_tool.certification.office import ISSUER, all_schemes, issue_all, trial_settings

LATER = NOON + timedelta(minutes=1)


@pytest.fixture
def office(database: Database, tmp_path: Path) -> Office:
    """Give the office of a demo that begins."""
    settings = trial_settings(database, tmp_path, content_dirs=(CONTENT,))
    opened = Office(database, settings, ISSUER)
    opened.appoint(now=NOON)
    return opened


@pytest.fixture
def bring(database: Database) -> Callable[[], None]:
    """Give what has the officers come, as their first launch does."""
    platform_id = set_stage(database).platform_id

    def come() -> None:
        with database.begin() as session:
            session.add_all(
                Person(
                    id=uuid4(),
                    platform_id=platform_id,
                    subject=subject,
                    name=name.title(),
                    actor_name=f"{name}-{uuid4().hex}",
                    created_at=NOON,
                    seen_at=NOON,
                )
                for name, subject in OFFICERS.items()
            )

    return come


def test_something_waits_on_every_desk(office: Office, bring: Callable[[], None]) -> None:
    office.enter_candidates(bring, now=NOON)

    with office.database.read() as session:
        cases = session.scalars(select(Case).order_by(Case.name)).all()
    states = Counter(case.state for case in cases)
    second = [case.name for case in cases if case.approved_at and case.state == CaseState.CHECKED]
    entered = {case.entered_by for case in cases if case.state == CaseState.CHECKED}
    assert states == {CaseState.APPROVED: 4, CaseState.CHECKED: 5, CaseState.COLLECTING: 1}
    assert second == ["Jürgen Muster"]
    assert len(entered) == len(OFFICERS)


def test_certificates_are_issued_and_some_end(
    office: Office, bring: Callable[[], None], tmp_path: Path
) -> None:
    office.enter_candidates(bring, now=NOON)
    office.go_on(now=NOON)
    before = dict(office.left)
    issue_all(office.database, tmp_path)

    office.go_on(now=LATER)

    with office.database.read() as session:
        found = {row.facts["holder_name"]: row for row in session.scalars(select(Certificate))}
    assert len(before) == 2
    assert office.left == {}
    assert {name: row.state for name, row in found.items()} == {
        "Åsa Exempel": CertificateState.ISSUED,
        "Σοφία Δείγμα": CertificateState.ISSUED,
        "Noëlle Exemple": CertificateState.SUSPENDED,
        "Мария Примерова": CertificateState.REVOKED,
    }
    assert found["Мария Примерова"].revoke_code == RevokeCode.FRAUD


def test_one_candidate_comes_with_a_warning(
    office: Office, bring: Callable[[], None], tmp_path: Path
) -> None:
    office.enter_candidates(bring, now=NOON)
    issue_all(office.database, tmp_path)

    with office.database.read() as session:
        waiting = session.scalars(select(Case).where(Case.state == CaseState.CHECKED)).all()
        found = checking.check(session, waiting, all_schemes(), on=NOON.date())

    told = [(case.name, each.concern) for case in waiting for each in found[case.id]]
    assert told == [("Åsa Exempel", Concern.DUPLICATE_CERTIFICATE)]


def test_a_demo_that_is_started_again_enters_nobody_twice(
    office: Office, bring: Callable[[], None]
) -> None:
    office.enter_candidates(bring, now=NOON)
    again = Office(office.database, office.settings, ISSUER)
    again.appoint(now=LATER)

    again.enter_candidates(bring, now=LATER)
    again.go_on(now=LATER)

    with office.database.read() as session:
        assert session.scalar(select(func.count()).select_from(Case)) == len(CANDIDATES)
        lines = select(func.count()).select_from(AuditLine).where(AuditLine.at == LATER)
        assert session.scalar(lines) == 0


def test_a_role_that_was_taken_away_stays_so(office: Office) -> None:
    olga, tom = OFFICERS["olga"], OFFICERS["tom"]
    with office.database.begin() as session:
        granting.withdraw(session, Role.OFFICER, ISSUER, olga, who="command line", now=NOON)

    office.appoint(now=LATER)

    with office.database.read() as session:
        held = {(each.subject, each.scheme_id) for each in list_grants(session, Role.OFFICER)}
    assert held == {(OFFICERS["oskar"], ""), (tom, TWO_OFFICERS)}
