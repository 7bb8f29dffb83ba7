"""Links by which holders show certificates: made for some days or until ended, told again, ended.

The address holds a random token; the table keeps its hash, by which it is found, and the token
encrypted, so that its holder can copy it again.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from lti_tool import audit
from lti_tool.certification.evidence import circle
from lti_tool.certification.facts import Facts, frozen_facts
from lti_tool.certification.register_models import Certificate, SharedCertificate, ShareLink
from lti_tool.certification.verifying import Standing, standing_of
from lti_tool.errors import BadRequestError, ConflictingError, NotFoundError
from lti_tool.i18n import gettext as _
from lti_tool.vault import Vault, VaultError, digest, new_token

PURPOSE = "share-link"
MOST_LINKS = 50
"""Of one holder at a time."""
TITLE_LENGTH = 200


class Lasting(StrEnum):
    """How long a link shows something."""

    WEEK = "7"
    MONTH = "30"
    QUARTER = "90"
    YEAR = "365"
    OPEN = "open"
    """Until its holder ends it."""

    @property
    def time(self) -> timedelta | None:
        """Give how long; None: it has no end."""
        return None if self is Lasting.OPEN else timedelta(days=int(self))


@dataclass(frozen=True, slots=True)
class OwnLink:
    """A link that works, as its holder sees it."""

    id: UUID
    token: str
    """Empty where it cannot be read any more."""
    title: str
    shows_scores: bool
    created_at: datetime
    expires_at: datetime | None
    certificates: tuple[tuple[str, str], ...]
    """Pairs of number and title."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A certificate as a link shows it."""

    facts: Facts
    standing: Standing
    revoke_code: str


@dataclass(frozen=True, slots=True)
class Shelf:
    """What a link shows."""

    title: str
    shows_scores: bool
    expires_at: datetime | None
    certificates: tuple[Shown, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewLink:
    """What a holder wants to show, and for how long."""

    certificate_ids: Sequence[UUID]
    lasting: Lasting
    title: str = ""
    shows_scores: bool = False


def make(
    session: Session, holder_id: UUID, wanted: NewLink, vault: Vault, *, who: str, now: datetime
) -> str:
    """Make a link and give its token.

    Raises:
        BadRequestError: no certificate is named.
        NotFoundError: one of them is not this holder's, or not issued.
        ConflictingError: the holder has very many links.
    """
    ids = sorted(set(wanted.certificate_ids))
    if not ids:
        words = _("Choose at least one certificate to show.")
        raise BadRequestError("link that shows nothing", words=words)
    if len(_own(session, ids, circle(session, holder_id))) != len(ids):
        raise NotFoundError(f"certificates to be shown by holder {holder_id}")
    if _number_of(session, holder_id, now=now) >= MOST_LINKS:
        words = _("You have fifty links already. End those that nobody needs any more.")
        raise ConflictingError(f"links of holder {holder_id}", words=words)
    token, time = new_token(), wanted.lasting.time
    link = ShareLink(
        id=uuid4(),
        holder_id=holder_id,
        token_hash=digest(token),
        token_sealed=vault.encrypt(token, purpose=PURPOSE),
        title=" ".join(wanted.title.split())[:TITLE_LENGTH],
        shows_scores=wanted.shows_scores,
        created_at=now,
        expires_at=now + time if time is not None else None,
    )
    session.add(link)
    session.flush()
    session.add_all(SharedCertificate(share_link_id=link.id, certificate_id=each) for each in ids)
    detail = {"certificates": [str(each) for each in ids], "scores": wanted.shows_scores}
    audit.note(session, "share.made", who=who, about=str(link.id), detail=detail, now=now)
    return token


def list_links(session: Session, holder_id: UUID, vault: Vault, *, now: datetime) -> list[OwnLink]:
    """Give a holder's links that work, the newest first."""
    human = circle(session, holder_id)
    links = session.scalars(
        select(ShareLink)
        .where(ShareLink.holder_id.in_(human), *_working(now))
        .order_by(ShareLink.created_at.desc(), ShareLink.id)
    ).all()
    rows = session.execute(
        select(SharedCertificate.share_link_id, Certificate.number, Certificate.title)
        .join(Certificate, Certificate.id == SharedCertificate.certificate_id)
        .where(
            SharedCertificate.share_link_id.in_([each.id for each in links]),
            Certificate.holder_id.in_(human),
        )
        .order_by(Certificate.number)
    )
    shown: dict[UUID, list[tuple[str, str]]] = {}
    for row in rows:
        shown.setdefault(row.share_link_id, []).append((row.number, row.title))
    return [
        OwnLink(
            each.id,
            _unsealed(each.token_sealed, vault),
            each.title,
            each.shows_scores,
            each.created_at,
            each.expires_at,
            tuple(shown.get(each.id, ())),
        )
        for each in links
    ]


def end(session: Session, holder_id: UUID, link_id: UUID, *, who: str, now: datetime) -> None:
    """End a link; one that has ended stays so.

    Raises:
        NotFoundError: the holder has no such link.
    """
    link = session.get(ShareLink, link_id)
    if link is None or link.holder_id not in circle(session, holder_id):
        raise NotFoundError(f"link {link_id} of holder {holder_id}")
    if link.ended_at is None:
        link.ended_at = now
        audit.note(session, "share.ended", who=who, about=str(link.id), now=now)


def look_at(session: Session, token: str, *, zone: str, now: datetime) -> Shelf | None:
    """Give what a link shows now; None where it is unknown, over or ended.

    A certificate of somebody who was found to be another human since is not shown any more.
    """
    link = session.scalar(
        select(ShareLink).where(ShareLink.token_hash == digest(token), *_working(now))
    )
    if link is None:
        return None
    rows = session.scalars(
        select(Certificate)
        .join(SharedCertificate, SharedCertificate.certificate_id == Certificate.id)
        .where(
            SharedCertificate.share_link_id == link.id,
            Certificate.holder_id.in_(circle(session, link.holder_id)),
            Certificate.issued_at.is_not(None),
            Certificate.erased_at.is_(None),
        )
        .order_by(Certificate.issued_on.desc(), Certificate.number)
    )
    shown = tuple(_shown(each, zone, now) for each in rows)
    return Shelf(link.title, link.shows_scores, link.expires_at, shown) if shown else None


def standing_now(certificate: Certificate, *, zone: str, now: datetime) -> Standing:
    """Say whether a certificate holds at a moment."""
    there = ZoneInfo(zone)
    ended_at = certificate.revoked_at or certificate.ended_at or certificate.suspended_at
    return standing_of(
        certificate.state,
        certificate.valid_from,
        certificate.valid_until,
        today=now.astimezone(there).date(),
        ended_on=ended_at.astimezone(there).date() if ended_at else None,
    )


def _shown(certificate: Certificate, zone: str, now: datetime) -> Shown:
    facts = frozen_facts(certificate.facts, certificate.facts_hash)
    return Shown(facts, standing_now(certificate, zone=zone, now=now), certificate.revoke_code)


def _own(session: Session, ids: Sequence[UUID], holder_ids: Collection[UUID]) -> list[UUID]:
    return list(
        session.scalars(
            select(Certificate.id).where(
                Certificate.id.in_(ids),
                Certificate.holder_id.in_(holder_ids),
                Certificate.issued_at.is_not(None),
                Certificate.erased_at.is_(None),
            )
        )
    )


def _number_of(session: Session, holder_id: UUID, *, now: datetime) -> int:
    counted = select(func.count()).select_from(ShareLink)
    return session.scalar(counted.where(ShareLink.holder_id == holder_id, *_working(now))) or 0


def _working(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return (
        ShareLink.ended_at.is_(None),
        or_(ShareLink.expires_at.is_(None), ShareLink.expires_at > now),
    )


def _unsealed(sealed: str, vault: Vault) -> str:
    try:
        return vault.decrypt(sealed, purpose=PURPOSE)
    except VaultError:
        return ""
