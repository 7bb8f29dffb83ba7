"""The worker makes the documents of certificates that have their number, through any crash.

T{ serial, code, status index, frozen facts, audit line } -> credential, PDF, seal, file ->
T{ hashes, state, audit line, statement, letter }. Both transactions ask for the state that they
begin from, so that each happens once. Between them a certificate is claimed by moving its
``due_at`` ahead: a worker that dies leaves it due again. Every claim writes a file of its own; who
comes second removes theirs, so that the one that stands always has the hash that is kept. Where it
took several tries, what the others may have left is looked for once more when the lease is over.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import and_, select, update
from sqlalchemy.orm import Session

from lti_tool import audit
from lti_tool.certification.badge_keys import BadgeKeys
from lti_tool.certification.credential import make_credential, make_jwt
from lti_tool.certification.document import Typesetter
from lti_tool.certification.ending import supersede
from lti_tool.certification.facts import Facts, frozen_facts
from lti_tool.certification.humans import WORKER
from lti_tool.certification.letters import Post, tell_ready
from lti_tool.certification.numbering import FIRST_WAIT, LONGEST_WAIT, fault_words
from lti_tool.certification.register import (
    may_be_corrected,
)
from lti_tool.certification.register_models import Certificate, CertificateState
from lti_tool.certification.sealing import SealKey, seal
from lti_tool.certification.telling import tell_earned
from lti_tool.certification.voiding import void_correction
from lti_tool.db import Begin
from lti_tool.errors import ToolError
from lti_tool.files import Files
from lti_tool.i18n import gettext as _
from lti_tool.iri import Names

log = logging.getLogger(__name__)

ISSUED_AT_ONCE = 10
"""Certificates claimed together; a worker that dies delays so many by the lease."""
CLEARED_AT_ONCE = 50
"""Certificates whose leftovers are removed in one round."""
LEASE = timedelta(minutes=2)


class DevelopmentKeysError(ToolError):
    """A real certificate would be signed by development keys."""


class PredecessorRestsError(ToolError):
    """What a correction takes the place of is suspended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Maker:
    """What the documents of a certificate are made with."""

    typesetter: Typesetter
    seal_key: SealKey
    badge_keys: BadgeKeys
    files: Files
    public_url: str
    names: Names
    post: Post

    @property
    def is_test(self) -> bool:
        """Say whether development keys sign."""
        return self.seal_key.is_test or self.badge_keys.is_test


@dataclass(frozen=True, slots=True)
class Claim:
    """A certificate that this worker makes now."""

    id: UUID
    tries: int
    """With this one: no other claim of the certificate has the same."""
    issued_on: date
    document: dict[str, Any] = field(repr=False)
    """Its facts, as they are kept."""
    facts_hash: str

    @property
    def facts(self) -> Facts:
        """Read its facts.

        Raises:
            ChangedFactsError: they are not those that were frozen.
        """
        return frozen_facts(self.document, self.facts_hash)

    def path(self, tries: int | None = None) -> str:
        """Give where a claim's document lies in the tool's files."""
        return place_of(self.id, self.issued_on, tries or self.tries)


def place_of(certificate_id: UUID, issued_on: date, tries: int) -> str:
    """Give where the document of a try lies in the tool's files."""
    name = str(certificate_id)
    return f"certificates/{issued_on.year}/{name[:2]}/{name}.{tries}.pdf"


@dataclass(frozen=True, slots=True)
class Made:
    """The documents of a certificate."""

    pdf: bytes
    badge: bytes
    jwt: str


def is_issuing_due(read: Begin, *, now: datetime) -> bool:
    """Say whether the worker has to do with a certificate, before anybody looks for keys."""
    with read() as session:
        waits = select(Certificate.id).where(Certificate.due_at <= now).limit(1)
        return session.scalar(waits) is not None


def issue_due(begin: Begin, maker: Maker, *, now: datetime, limit: int = ISSUED_AT_ONCE) -> int:
    """Make the documents of certificates that are due; give how many were tried.

    A fault is kept with the certificate and tried again, later each time; the others go on.
    """
    with begin() as session:
        claims = _claim(session, now=now, limit=limit)
    for claim in claims:
        try:
            _issue(begin, maker, claim, now=now)
        except Exception as error:  # of five libraries; one certificate never stops the others
            log.exception("certificate not made", extra={"certificate": str(claim.id)})
            with begin() as session:
                _wait(session, claim, error, now=now)
    return len(claims)


def clear_due(begin: Begin, files: Files, *, now: datetime, limit: int = CLEARED_AT_ONCE) -> int:
    """Remove what other tries left of certificates that are made or void; give of how many.

    A worker that died between two steps leaves a document with a name on it that no row leads to.
    """
    is_due = and_(Certificate.state != CertificateState.NUMBERED, Certificate.due_at <= now)
    with begin() as session:
        query = select(
            Certificate.id, Certificate.issued_on, Certificate.tries, Certificate.pdf_path
        )
        rows = session.execute(query.where(is_due).limit(limit)).all()
    for row in rows:
        places = {place_of(row.id, row.issued_on, each + 1) for each in range(row.tries)}
        for each in sorted(places - {row.pdf_path}):
            files.remove(each)
    if rows:
        with begin() as session:
            session.execute(
                update(Certificate)
                .where(Certificate.id.in_([row.id for row in rows]), is_due)
                .values(due_at=None)
                .execution_options(synchronize_session=False)
            )
    return len(rows)


def _claim(session: Session, *, now: datetime, limit: int) -> list[Claim]:
    due = (
        select(Certificate.id)
        .where(Certificate.state == CertificateState.NUMBERED, Certificate.due_at <= now)
        .order_by(Certificate.due_at, Certificate.number)
        .limit(limit)
        .with_for_update(skip_locked=True)
        .cte("due")  # asked once: as a plain subquery PostgreSQL may ask again, past the limit
    )
    rows = session.execute(
        update(Certificate)
        .where(Certificate.id.in_(select(due.c.id)), Certificate.due_at <= now)
        .values(due_at=now + LEASE, tries=Certificate.tries + 1)
        .returning(
            Certificate.id,
            Certificate.number,
            Certificate.tries,
            Certificate.issued_on,
            Certificate.facts,
            Certificate.facts_hash,
        )
        .execution_options(synchronize_session=False)
    )
    ordered = sorted(rows, key=lambda row: row.number)
    return [Claim(row.id, row.tries, row.issued_on, row.facts, row.facts_hash) for row in ordered]


def _issue(begin: Begin, maker: Maker, claim: Claim, *, now: datetime) -> None:
    facts = claim.facts
    with begin() as session:
        is_wanted = not facts.supersedes or _is_wanted(session, claim, now=now)
    stale: Iterable[int] = range(1, claim.tries)
    if is_wanted:
        made = _make(maker, facts, now=now)
        maker.files.write(claim.path(), made.pdf)
        with begin() as session:
            stale = _settle(session, maker, claim, made, now=now)
    for tries in stale:
        maker.files.remove(claim.path(tries))


def _is_wanted(session: Session, claim: Claim, *, now: datetime) -> bool:
    """Say whether a certificate may be issued, by what it corrects; that is locked from here on.

    The correction of what stands no more is ended.

    Raises:
        PredecessorRestsError: what it corrects is suspended.
    """
    own = select(Certificate.supersedes_id, Certificate.state).where(Certificate.id == claim.id)
    before_id = session.execute(own).one().supersedes_id
    if before_id is None:
        return True
    before = session.get_one(Certificate, before_id, with_for_update=True)
    is_over = session.execute(own).one().state != CertificateState.NUMBERED
    if may_be_corrected(before) or is_over:
        return True
    if before.state == CertificateState.SUSPENDED:
        words = _("The certificate that it corrects is suspended: it waits until that is decided.")
        raise PredecessorRestsError(f"{claim.id} corrects {before.id}", words=words)
    void_correction(session, claim.id, now=now)
    return False


def _make(maker: Maker, facts: Facts, *, now: datetime) -> Made:
    if maker.is_test and not facts.is_test:
        words = _("It was numbered for real keys, and only development keys are there.")
        raise DevelopmentKeysError(facts.number, words=words)
    badge = make_credential(facts, maker.public_url, maker.badge_keys, now)
    pdf = seal(maker.typesetter.make(facts, badge), maker.seal_key)
    return Made(pdf, badge, make_jwt(facts, maker.public_url, maker.badge_keys))


def _settle(
    session: Session, maker: Maker, claim: Claim, made: Made, *, now: datetime
) -> Iterable[int]:
    """Write down what was made, unless it was issued, stopped or ended meanwhile.

    Returns:
        Of which tries the documents are not kept.
    """
    if not _is_wanted(session, claim, now=now):
        return range(1, claim.tries + 1)
    pdf_sha256 = hashlib.sha256(made.pdf).hexdigest()
    badge_sha256 = hashlib.sha256(made.badge).hexdigest()
    issued = session.scalar(
        update(Certificate)
        .where(
            Certificate.id == claim.id,
            Certificate.state == CertificateState.NUMBERED,
            Certificate.due_at.is_not(None),  # an officer stopped it meanwhile
        )
        .values(
            state=CertificateState.ISSUED,
            issued_at=now,
            due_at=None,
            fault="",
            pdf_path=claim.path(),
            pdf_sha256=pdf_sha256,
            badge=made.badge.decode(),
            badge_sha256=badge_sha256,
            badge_jwt=made.jwt,
            seal_kid=maker.seal_key.kid,
            badge_kid=maker.badge_keys.kid,
        )
        .returning(Certificate.id)
        .execution_options(synchronize_session=False)
    )
    if issued is None:
        return (claim.tries,)
    certificate = session.get_one(Certificate, claim.id)
    if certificate.tries > 1:  # another try may have left a file, or be under way
        certificate.due_at = now + LEASE
    tell_earned(session, certificate, maker.names, now=now)
    tell_ready(session, certificate, maker.post, now=now)
    if certificate.supersedes_id is not None:
        supersede(
            session, certificate.supersedes_id, certificate.id, WORKER, names=maker.names, now=now
        )
    session.flush()
    detail = {"pdf": pdf_sha256, "badge": badge_sha256, "facts": certificate.facts_hash}
    about = str(certificate.id)
    audit.note(session, "certificate.issued", who=WORKER.who, about=about, detail=detail, now=now)
    return range(1, claim.tries)


def _wait(session: Session, claim: Claim, error: Exception, *, now: datetime) -> None:
    """Keep why it failed, and try again later; a later claim's own outcome is left alone."""
    wait = min(FIRST_WAIT * 2 ** min(claim.tries - 1, 12), LONGEST_WAIT)
    session.execute(
        update(Certificate)
        .where(
            Certificate.id == claim.id,
            Certificate.state == CertificateState.NUMBERED,
            Certificate.tries == claim.tries,
            Certificate.due_at.is_not(None),
        )
        .values(due_at=now + wait, fault=fault_words(error))
        .execution_options(synchronize_session=False)
    )
