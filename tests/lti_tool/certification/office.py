"""A certification office for tests: officers, candidates, and what numbers and documents need."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from courses.scheme_reading import Schemes
from courses.skills import framework
from lti_tool.audit import AuditLine
from lti_tool.certificate_jobs import Workshop
from lti_tool.certification.approving import approve, second
from lti_tool.certification.humans import Hand, hand_of
from lti_tool.certification.issuers import read_issuers
from lti_tool.certification.models import Case, CaseState, Holder, HolderPerson
from lti_tool.certification.register import Registrar
from lti_tool.certification.searching import folded
from lti_tool.db import Database
from lti_tool.grants import Grant
from lti_tool.lti.models import Person
from lti_tool.settings import CONTENT, DEMONSTRATION, Settings
from lti_tool.vault import Vault
from lti_tool.visit import Role
from tests.cast import NOON, Stage, set_stage

ATTENDANCE, ONE, TWO = "alifeca-attendance", "alifeca-credential", "cybereng-engineer-exam"
"""Schemes that ask for nobody, for one officer, and for a second one."""
ISSUER = "https://moodle.example.org"
UNITS = [
    {
        "code": "U1",
        "title": "Foundations",
        "elements": [
            {
                "code": "U1.E1",
                "title": "Burden shifting",
                "passed": True,
                "points": "5/2",
                "asked": 3,
                "rating": "",
                "passed_on": "2026-10-30",
            }
        ],
    }
]
_names = itertools.count(1)


def all_schemes() -> Schemes:
    """Give the schemes that are delivered with the tool."""
    return _SCHEMES


_SCHEMES = Schemes((CONTENT,))


def registrar(*, is_test: bool = True, **changed: Any) -> Registrar:
    """Give what numbering goes by."""
    return Registrar(
        **{
            "schemes": all_schemes(),
            "issuers": read_issuers(DEMONSTRATION),
            "framework": framework(),
            "prefix": "ASA",
            "zone": ZoneInfo("Europe/Brussels"),
            "public_url": "https://tool.example.org",
            "is_test": is_test,
            **changed,
        }
    )


@dataclass
class Office:
    """A platform with Alice, Bob, Carol and these officers."""

    stage: Stage
    officers: dict[str, UUID] = field(default_factory=dict)

    @property
    def database(self) -> Database:
        """Give the database."""
        return self.stage.database

    def hire(self, name: str, *, role: Role = Role.OFFICER, scheme_id: str = "") -> UUID:
        """Make somebody an officer, with a person on the platform."""
        person_id = uuid4()
        with self.database.begin() as session:
            session.add(
                Person(
                    id=person_id,
                    platform_id=self.stage.platform_id,
                    subject=f"{name.lower()}-{person_id.hex[:6]}",
                    name=name,
                    actor_name=f"{name.lower()}-{person_id.hex}",
                    created_at=NOON,
                    seen_at=NOON,
                )
            )
            session.flush()
            session.add(
                Grant(
                    role=role.value,
                    issuer=ISSUER,
                    subject=session.get_one(Person, person_id).subject,
                    scheme_id=scheme_id,
                    granted_by="command line",
                    granted_at=NOON,
                )
            )
        self.officers[name] = person_id
        return person_id

    def hand(self, name: str) -> Hand:
        """Give whose act it is when an officer acts."""
        with self.database.begin() as session:
            return hand_of(session, self.officers[name])

    def approves(self, case_ids: Iterable[UUID], *names: str, now: datetime = NOON) -> UUID | None:
        """Approve cases by one officer, and by a second one where two are named."""
        batch = None
        for step, name in zip((approve, second), names, strict=False):
            with self.database.begin() as session:
                done = step(
                    session,
                    list(case_ids),
                    hand_of(session, self.officers[name]),
                    schemes=all_schemes(),
                    accept_warnings=True,
                    now=now,
                )
            assert not done.left
            batch = done.batch_id
        return batch


def open_office(database: Database) -> Office:
    """Set the stage, with Olga and Oskar as officers."""
    office = Office(set_stage(database))
    office.hire("Olga")
    office.hire("Oskar")
    return office


def candidate(
    session: Session, scheme_id: str = ONE, *, person_id: UUID | None = None, **changed: Any
) -> Case:
    """Write a case that is ready for approval, with a holder of its own."""
    name = str(changed.get("name", f"Zoë Candidate {next(_names)}"))
    holder = Holder(id=uuid4(), name=name, name_search=folded(name), created_at=NOON)
    session.add(holder)
    session.flush()
    if person_id is not None:
        session.add(
            HolderPerson(
                person_id=person_id, holder_id=holder.id, linked_by="worker", linked_at=NOON
            )
        )
    scheme = all_schemes().get(scheme_id)
    assert scheme is not None
    values: dict[str, Any] = {
        "id": uuid4(),
        "holder_id": holder.id,
        "scheme_id": scheme_id,
        "scheme_fingerprint": scheme.fingerprint,
        "sitting": "first",
        "route": "exam",
        "state": CaseState.CHECKED,
        "approvers": scheme.approvers,
        "name": name,
        "name_confirmed_at": NOON,
        "name_confirmed_by": "somebody",
        "decision": {
            "outcome": "granted",
            "reasons": [],
            "units": UNITS,
            "examined_on": "2026-10-30",
            "look_on": None,
        },
        "examined_on": NOON.date(),
        "particulars": {},
        "entered_at": NOON,
        "entered_by": "worker",
        **changed,
    }
    case = Case(**values)
    session.add(case)
    session.flush()
    return case


def approved(session: Session, scheme_id: str = ONE, **changed: Any) -> Case:
    """Write a case that as many officers have approved as its scheme asks for."""
    case = candidate(session, scheme_id, **changed)
    if case.approvers > 0:
        case.approved_by, case.approved_human = "an officer", uuid4()
    if case.approvers > 1:
        case.seconded_at, case.seconded_by, case.seconded_human = NOON, "another", uuid4()
    case.state, case.approved_at = CaseState.APPROVED, NOON
    session.flush()
    return case


def candidates(database: Database, number: int, scheme_id: str = ONE) -> list[UUID]:
    """Write several cases that are ready for approval."""
    with database.begin() as session:
        return [candidate(session, scheme_id).id for _ in range(number)]


def acts_of(session: Session) -> list[str]:
    """Give the acts in the log, in order."""
    return list(session.scalars(select(AuditLine.act).order_by(AuditLine.number)))


def trial_settings(database: Database, folder: Path, **changed: Any) -> Settings:
    """Give the settings of a tool that certifies with development keys, in a folder."""
    return Settings(
        **{
            "public_url": "https://tool.example.org",
            "secret_key": "a secret for tests only, forty-two letters",
            "database_url": database.engine.url.render_as_string(hide_password=False),
            "files_url": str(folder / "files"),
            "keys_dir": folder / "keys",
            "development_keys": True,
            "allow_private_addresses": True,
            **changed,
        }
    )


def workshop(settings: Settings, database: Database) -> Workshop:
    """Give what a worker makes certificates with."""
    vault = Vault(settings.secret_key, settings.old_secret_keys)
    return Workshop(settings, database, vault)


def issue_all(database: Database, folder: Path, *, now: datetime = NOON) -> Workshop:
    """Number and issue all that waits."""
    made = workshop(trial_settings(database, folder), database)
    while made.number(now) + made.issue(now):
        pass
    return made


def files_in(folder: Path) -> list[Path]:
    """Give all files below a folder."""
    return sorted(path for path in folder.rglob("*") if path.is_file())
