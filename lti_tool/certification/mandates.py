"""On what somebody may act: a role may be limited to one scheme, and nobody acts on their own."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_tool.certification.humans import Hand, taken_for
from lti_tool.errors import NotAllowedError
from lti_tool.grants import Grant
from lti_tool.i18n import gettext as _
from lti_tool.lti.models import Person, Platform
from lti_tool.visit import Role


class OtherSchemeError(NotAllowedError):
    """The role that somebody holds does not cover this scheme."""


class OwnCertificateError(NotAllowedError):
    """Somebody else has to do this to one's own certificate."""


def schemes_of(
    session: Session, person_id: UUID, role: Role = Role.OFFICER
) -> frozenset[str] | None:
    """Give for which schemes a person holds a role; None: for all of them."""
    found = frozenset(
        session.scalars(
            select(Grant.scheme_id)
            .join(Platform, Platform.issuer == Grant.issuer)
            .join(Person, (Person.platform_id == Platform.id) & (Person.subject == Grant.subject))
            .where(Person.id == person_id, Grant.role == role.value, Grant.withdrawn_at.is_(None))
        )
    )
    return None if "" in found else found


def may_act(
    session: Session, person_id: UUID | None, scheme_id: str, role: Role = Role.OFFICER
) -> bool:
    """Say whether somebody may act for a scheme; nobody without a person may."""
    if person_id is None:
        return False
    covered = schemes_of(session, person_id, role)
    return covered is None or scheme_id in covered


def need_mandate(session: Session, hand: Hand, scheme_id: str, role: Role = Role.OFFICER) -> None:
    """Make sure that somebody may act for a scheme.

    Raises:
        OtherSchemeError: they may not.
    """
    if not may_act(session, hand.person_id, scheme_id, role):
        raise OtherSchemeError(f"{role} of {scheme_id!r}: {hand.who}", words=not_covered(hand))


def need_another(session: Session, hand: Hand, holder_id: UUID) -> None:
    """Make sure that an officer does not act on their own certificate.

    Raises:
        OwnCertificateError: they are its holder, or were once taken for them.
    """
    if holder_id in taken_for(session, hand):
        words = _("This is your own certificate: another officer has to do this.")
        raise OwnCertificateError(f"holder {holder_id}: {hand.who}", words=words)


def not_covered(hand: Hand) -> str:
    """Say why somebody may not act for a scheme."""
    if hand.person_id is None:
        return _(
            "This is done under the name of an officer. Open the tool from your learning platform "
            "as an officer, or name the officer at the command line."
        )
    return _("Your role does not cover this scheme. Ask an officer whose role does.")
