"""The worker numbers approved cases and makes their documents, through any crash.

T{ serial, code, status index, frozen facts, audit line } -> credential, PDF, seal, file ->
T{ hashes, state, audit line, statement, letter }. Both transactions ask for the state that they
begin from, so that each happens once. Between them a certificate is claimed by moving its
``due_at`` ahead: a worker that dies leaves it due again. Every claim writes a file of its own; who
comes second removes theirs, so that the one that stands always has the hash that is kept.
"""

from __future__ import annotations

import hashlib
import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from lti_tool import audit
from lti_tool.certification.badge_keys import BadgeKeys
from lti_tool.certification.credential import make_credential, make_jwt
from lti_tool.certification.document import Typesetter
from lti_tool.certification.ending import supersede
from lti_tool.certification.facts import Facts
from lti_tool.certification.humans import WORKER
from lti_tool.certification.letters import Post, tell_ready
from lti_tool.certification.models import Case, CaseState
from lti_tool.certification.register import CannotNumberError, Registrar, number_case
from lti_tool.certification.register_models import Certificate, CertificateState
from lti_tool.certification.sealing import SealKey, seal
from lti_tool.certification.telling import tell_earned
from lti_tool.db import Begin
from lti_tool.errors import ToolError
from lti_tool.files import Files
from lti_tool.i18n import gettext as _
from lti_tool.iri import Names

log = logging.getLogger(__name__)

NUMBERED_AT_ONCE = 50
"""Cases numbered in one round, each in a transaction of its own."""
ISSUED_AT_ONCE = 10
"""Certificates claimed together; a worker that dies delays so many by the lease."""
LEASE = timedelta(minutes=2)
FIRST_WAIT = timedelta(minutes=1)
LONGEST_WAIT = timedelta(days=1)


class DevelopmentKeysError(ToolError):
    """A real certificate would be signed by development keys."""


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
    facts: Facts

    def path(self, tries: int | None = None) -> str:
        """Give where a claim's document lies in the tool's files."""
        name = str(self.id)
        return (
            f"certificates/{self.facts.issued_on.year}/{name[:2]}/{name}.{tries or self.tries}.pdf"
        )


@dataclass(frozen=True, slots=True)
class Made:
    """The documents of a certificate."""

    pdf: bytes
    badge: bytes
    jwt: str


# Numbers


def is_numbering_due(read: Begin) -> bool:
    """Say whether a case waits for its number, before anybody looks for keys."""
    with read() as session:
        waits = select(Case.id).where(Case.state == CaseState.APPROVED).limit(1)
        return session.scalar(waits) is not None


def number_due(
    begin: Begin, registrar: Registrar, *, now: datetime, limit: int = NUMBERED_AT_ONCE
) -> int:
    """Number cases that are approved, oldest first; give how many were looked at."""
    for done in range(limit):
        with begin() as session:
            if not _number_one(session, registrar, now=now):
                return done
    return limit


def _number_one(session: Session, registrar: Registrar, *, now: datetime) -> bool:
    case = session.scalar(
        select(Case)
        .where(Case.state == CaseState.APPROVED)
        .order_by(Case.approved_at, Case.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    if case is None:
        return False
    try:
        number_case(session, case, registrar, now=now)
    except CannotNumberError as error:
        _put_back(session, case, str(error), now=now)
    return True


def _put_back(session: Session, case: Case, reason: str, *, now: datetime) -> None:
    """Give a case back to the officers, with no approval, to be decided anew."""
    log.warning("case put back", extra={"detail": reason})
    case.state, case.look_due_at = CaseState.CHECKED, None if case.corrects else now
    case.approved_at, case.approved_by, case.approved_human = None, "", None
    case.seconded_at, case.seconded_by, case.seconded_human = None, "", None
    session.flush()
    audit.note(session, "case.put-back", who=WORKER.who, about=str(case.id), now=now)


# Documents


def is_issuing_due(read: Begin, *, now: datetime) -> bool:
    """Say whether a certificate waits for its documents, before anybody looks for keys."""
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


def _claim(session: Session, *, now: datetime, limit: int) -> list[Claim]:
    due = (
        select(Certificate.id)
        .where(Certificate.state == CertificateState.NUMBERED, Certificate.due_at <= now)
        .order_by(Certificate.due_at, Certificate.number)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    rows = session.execute(
        update(Certificate)
        .where(Certificate.id.in_(due), Certificate.due_at <= now)
        .values(due_at=now + LEASE, tries=Certificate.tries + 1)
        .returning(Certificate.id, Certificate.tries, Certificate.facts)
        .execution_options(synchronize_session=False)
    )
    claims = [Claim(row.id, row.tries, Facts.from_json(row.facts)) for row in rows]
    return sorted(claims, key=lambda each: each.facts.number)


def _issue(begin: Begin, maker: Maker, claim: Claim, *, now: datetime) -> None:
    made = _make(maker, claim.facts, now=now)
    maker.files.write(claim.path(), made.pdf)
    with begin() as session:
        issued = _settle(session, maker, claim, made, now=now)
    if issued:
        for earlier in range(1, claim.tries):
            maker.files.remove(claim.path(earlier))
    else:  # another worker was quicker
        maker.files.remove(claim.path())


def _make(maker: Maker, facts: Facts, *, now: datetime) -> Made:
    if maker.is_test and not facts.is_test:
        words = _("It was numbered for real keys, and only development keys are there.")
        raise DevelopmentKeysError(facts.number, words=words)
    badge = make_credential(facts, maker.public_url, maker.badge_keys, now)
    pdf = seal(maker.typesetter.make(facts, badge), maker.seal_key)
    return Made(pdf, badge, make_jwt(facts, maker.public_url, maker.badge_keys))


def _settle(session: Session, maker: Maker, claim: Claim, made: Made, *, now: datetime) -> bool:
    """Write down what was made; say False where it was issued meanwhile."""
    pdf_sha256 = hashlib.sha256(made.pdf).hexdigest()
    badge_sha256 = hashlib.sha256(made.badge).hexdigest()
    issued = session.scalar(
        update(Certificate)
        .where(Certificate.id == claim.id, Certificate.state == CertificateState.NUMBERED)
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
        return False
    certificate = session.get_one(Certificate, claim.id)
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
    return True


def _wait(session: Session, claim: Claim, error: Exception, *, now: datetime) -> None:
    """Keep why it failed, and try again later; a later claim's own outcome is left alone."""
    words = error.words if isinstance(error, ToolError) else None
    wait = min(FIRST_WAIT * 2 ** min(claim.tries - 1, 12), LONGEST_WAIT)
    session.execute(
        update(Certificate)
        .where(
            Certificate.id == claim.id,
            Certificate.state == CertificateState.NUMBERED,
            Certificate.tries == claim.tries,
        )
        .values(due_at=now + wait, fault=words or f"{type(error).__name__}: {error}"[:500])
        .execution_options(synchronize_session=False)
    )
