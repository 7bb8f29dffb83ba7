"""The demo's officers: appointed, at work on candidates that are made up, and done."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_tool.app import schemes_of
from lti_tool.certification.humans import Hand, hand_of
from lti_tool.certification.models import Case
from lti_tool.cli_frame import WHO
from lti_tool.cli_officer import Officer, hand_at
from lti_tool.db import Database
from lti_tool.demo_candidates import OLGA, OSKAR, TOM, TWO_OFFICERS, Ending, end_some, enter_all
from lti_tool.grants import Grant
from lti_tool.iri import Names
from lti_tool.lti import granting
from lti_tool.settings import Settings
from lti_tool.visit import Role

ADMINISTRATOR = "2"
"""What the practice platform calls Adam (``sub``)."""
OFFICERS = {OLGA: "7", OSKAR: "8", TOM: "4"}
"""What it calls its officers, by their user names."""
ONE_SCHEME = {TOM: TWO_OFFICERS}
"""Officers whose role is limited to a scheme."""


@dataclass(slots=True)
class Office:
    """The demo's officers, and what is left for them to do."""

    database: Database
    settings: Settings
    issuer: str
    """Of the practice platform."""
    left: Mapping[UUID, Ending] = field(default_factory=dict)
    """By case: what becomes of certificates that the worker has not issued yet."""

    def appoint(self, *, now: datetime) -> None:
        """Make Adam the administrator and the others officers.

        A role that was taken away stays so.
        """
        wanted = [(Role.ADMINISTRATOR, ADMINISTRATOR, "")]
        wanted += [(Role.OFFICER, who, ONE_SCHEME.get(name, "")) for name, who in OFFICERS.items()]
        with self.database.begin() as session:
            held = select(Grant.role, Grant.subject).where(Grant.issuer == self.issuer)
            before = {(row.role, row.subject) for row in session.execute(held)}
            for role, who, scheme_id in wanted:
                if (role.value, who) not in before:
                    granting.grant(
                        session, role, self.issuer, who, scheme_id=scheme_id, who=WHO, now=now
                    )

    def enter_candidates(self, bring: Callable[[], None], *, now: datetime) -> None:
        """Enter candidates and approve some, unless anybody is a candidate already.

        Args:
            bring: has each officer open the tool, before which nobody acts under their name.
            now: the moment.
        """
        with self.database.read() as session:
            if session.scalar(select(Case.id).limit(1)) is not None:
                return
        bring()
        schemes = schemes_of(self.settings.content_dirs)
        zone = ZoneInfo(self.settings.register_time_zone)
        with self.database.begin() as session:
            self.left = enter_all(session, schemes, self._staff(session), now=now, zone=zone)

    def go_on(self, *, now: datetime) -> None:
        """Suspend and revoke what the worker has issued meanwhile."""
        if self.left:
            names = Names(self.settings.names_base)
            with self.database.begin() as session:
                self.left = end_some(session, self.left, self._staff(session), names=names, now=now)

    def _staff(self, session: Session) -> dict[str, Hand]:
        found = {
            name: hand_at(session, Officer(self.issuer, who)) for name, who in OFFICERS.items()
        }
        return {name: hand_of(session, hand.person_id) for name, hand in found.items()}
