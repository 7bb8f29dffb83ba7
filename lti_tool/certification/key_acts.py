"""Acts on keys that sign certificates: retired, or compromised with all that follows."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from lti_tool import audit
from lti_tool.certification import status_lists
from lti_tool.certification.badge_keys import BadgePurpose, list_records, signs
from lti_tool.certification.credential import jwt_beginning
from lti_tool.certification.humans import Hand
from lti_tool.certification.register_models import Certificate, CertificateState, KeyRecord
from lti_tool.errors import ConflictingError, NotFoundError
from lti_tool.i18n import gettext as _

COUNTING = (CertificateState.ISSUED, CertificateState.SUSPENDED)


@dataclass(frozen=True, slots=True)
class Uses:
    """A key, and how many certificates that may still count it signed."""

    record: KeyRecord
    certificates: int


def list_uses(session: Session, base_url: str, within: Collection[str] | None = None) -> list[Uses]:
    """Give all keys, the newest first; counted are certificates of these schemes, None: of all."""
    found = []
    for record in list_records(session):
        signed = select(func.count()).select_from(Certificate)
        signed = signed.where(_signed_by(record, base_url), Certificate.state.in_(COUNTING))
        if within is not None:
            signed = signed.where(Certificate.scheme_id.in_(within))
        found.append(Uses(record, session.scalar(signed) or 0))
    return found


def retire(session: Session, kid: str, *, hand: Hand, now: datetime) -> KeyRecord:
    """Let a key sign no more; it stays published, so that what it signed can be checked.

    Raises:
        NotFoundError: no such key.
        ConflictingError: no other key of its purpose signs now.
    """
    record = _find(session, kid)
    others = [each for each in list_records(session, [record.purpose]) if each is not record]
    if not any(signs(each, now) for each in others):
        words = _(
            "No other key would sign: nothing could be issued any more. Make the next key first, "
            "then retire this one: lti-tool keys make"
        )
        raise ConflictingError(f"key {kid} is the only one", words=words)
    if record.retired_at is None or record.retired_at > now:
        record.retired_at = now
        audit.note(session, "key.retired", who=hand.who, about=kid, now=now)
    return record


def compromise(
    session: Session, kid: str, base_url: str, *, hand: Hand, now: datetime
) -> list[str]:
    """Trust a key no more: it is published no more, and its status lists are signed anew.

    Returns:
        Numbers of the certificates that it signed and that still count: they must be reissued.

    Raises:
        NotFoundError: no such key.
    """
    record = _find(session, kid)
    if record.compromised_at is None:
        record.compromised_at = now
        record.retired_at = min(record.retired_at or now, now)
        status_lists.want_all(session, now=now)
        audit.note(session, "key.compromised", who=hand.who, about=kid, now=now)
    return list_signed(session, record, base_url)


def list_signed(session: Session, record: KeyRecord, base_url: str) -> list[str]:
    """Give the numbers of the certificates that a key signed and that still count."""
    query = select(Certificate.number).where(Certificate.state.in_(COUNTING))
    return list(
        session.scalars(query.where(_signed_by(record, base_url)).order_by(Certificate.number))
    )


def _find(session: Session, kid: str) -> KeyRecord:
    record = session.get(KeyRecord, kid)
    if record is None:
        words = _("There is no such key. All keys: lti-tool keys list")
        raise NotFoundError(f"key {kid!r}", words=words)
    return record


def _signed_by(record: KeyRecord, base_url: str) -> ColumnElement[bool]:
    if record.purpose == BadgePurpose.ED25519:
        return Certificate.badge_kid == record.kid
    if record.purpose == BadgePurpose.RSA:
        beginning = jwt_beginning(base_url, record.kid)
        return Certificate.badge_jwt.startswith(beginning, autoescape=True)
    return Certificate.seal_kid == record.kid
