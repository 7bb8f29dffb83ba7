"""What every page of the officers' desk stands on: who is here, and what they may see and do."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from courses.schemes import CertificateScheme
from lti_tool.certification.evidence import circle, list_persons
from lti_tool.certification.freezing import decimal
from lti_tool.certification.humans import Hand, hand_of
from lti_tool.certification.issuers import Issuers, look_at_issuers
from lti_tool.certification.mandates import schemes_of
from lti_tool.errors import BadRequestError, NotFoundError
from lti_tool.i18n import gettext as _
from lti_tool.visit import Role
from lti_tool.web import VISIT_PREFIX, current_visit, schemes, settings

PREFIX = f"{VISIT_PREFIX}/desk/certification"
READERS = frozenset({Role.OFFICER, Role.ADMINISTRATOR})


@dataclass(frozen=True, slots=True)
class Seat:
    """Who sits at the desk."""

    hand: Hand
    within: frozenset[str] | None
    """Schemes whose cases and certificates they see; None: all."""
    covered: frozenset[str] | None
    """Schemes for which they decide; None: all. An administrator only looks."""
    selves: frozenset[UUID]
    """The human and all persons and holders that are this human."""

    @property
    def decides(self) -> bool:
        """Say whether they decide on anything."""
        return self.covered is None or bool(self.covered)

    def decides_on(self, scheme_id: str) -> bool:
        """Say whether they decide on a scheme's cases and certificates."""
        return self.covered is None or scheme_id in self.covered

    def need(self, scheme_id: str) -> None:
        """Make sure that they see a scheme's things.

        Raises:
            NotFoundError: they do not.
        """
        if self.within is not None and scheme_id not in self.within:
            raise NotFoundError(f"scheme {scheme_id!r} at the desk of {self.hand.who}")


def take_seat(session: Session) -> Seat:
    """Give who sits here: an officer, for the schemes of their role, or an administrator."""
    visit = current_visit()
    hand = hand_of(session, visit.person_id)
    covered: frozenset[str] | None = frozenset()
    if visit.has(Role.OFFICER) and visit.person_id is not None:
        covered = schemes_of(session, visit.person_id)
    within = None if visit.has(Role.ADMINISTRATOR) else covered
    return Seat(hand, within, covered, _selves(session, hand))


def seen_schemes(seat: Seat) -> list[CertificateScheme]:
    """Give the schemes whose things somebody sees, by title."""
    found = [each for each in schemes().all() if seat.within is None or each.id in seat.within]
    return sorted(found, key=lambda each: (each.title.casefold(), each.kind.value))


def issuers() -> Issuers:
    """Give who issues, as the worker reads it."""
    return look_at_issuers(settings().issuers_file)


def points_words(exact: str) -> str:
    """Write an exact number of points, such as ``5/2``, as people do."""
    return decimal(Fraction(exact))


def zone() -> ZoneInfo:
    """Give the time zone of the register."""
    return ZoneInfo(settings().register_time_zone)


def day_at(now: datetime) -> date:
    """Give the day of a moment where the register stands."""
    return now.astimezone(zone()).date()


def read_day(given: str, label: str) -> date | None:
    """Read a day from a form; None: none is given.

    Raises:
        BadRequestError: it is no day.
    """
    text = given.strip()
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        words = _("%(label)s: write a day such as 2026-11-30.") % {"label": label}
        raise BadRequestError("day of a filter", words=words) from error


def _selves(session: Session, hand: Hand) -> frozenset[UUID]:
    if hand.human is None:
        return frozenset()
    human = circle(session, hand.human)
    known = {hand.human, *human, *list_persons(session, human)}
    return frozenset(known | {hand.person_id} if hand.person_id else known)
