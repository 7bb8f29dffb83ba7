"""How a certificate stops counting: suspended, revoked by a second human, or given up.

Nothing of what it says changes. Its status lists are signed anew by the worker; verification shows
it at once.
"""

from __future__ import annotations

import functools
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from lti_tool import audit
from lti_tool.certification.approving import needed_reason
from lti_tool.certification.evidence import look_at_cases
from lti_tool.certification.humans import Hand, human_now, is_by, taken_for
from lti_tool.certification.mandates import need_another, need_mandate, not_covered
from lti_tool.certification.register import want_lists
from lti_tool.certification.register_models import Certificate, CertificateState, RevokeCode
from lti_tool.certification.telling import tell_revoked
from lti_tool.errors import ConflictingError, NotAllowedError, NotFoundError
from lti_tool.i18n import gettext as _
from lti_tool.iri import Names

SUPERSEDED = "superseded"
WITHDRAWN = "withdrawn"


class WrongStateError(ConflictingError):
    """The certificate stands where this cannot be done."""


class SecondHumanError(NotAllowedError):
    """Somebody else has to do this."""


def suspend(
    session: Session, certificate_id: UUID, reason: str, hand: Hand, *, now: datetime
) -> Certificate:
    """Let a certificate rest, with a reason for the register.

    Raises:
        NotFoundError: there is no such certificate.
        WrongStateError: it is not issued, or has ended.
        OtherSchemeError: the officer's role does not cover its scheme.
        OwnCertificateError: it is the officer's own.
        BadRequestError: no reason is given.
    """
    certificate = find_to_end(session, certificate_id, hand)
    need_state(
        certificate, CertificateState.ISSUED, _("Only a certificate that holds can be suspended.")
    )
    told = needed_reason(reason)
    certificate.state = CertificateState.SUSPENDED
    certificate.suspended_at, certificate.suspended_by = now, hand.who
    certificate.suspended_human, certificate.suspend_reason = hand.human, told
    _settle(session, certificate, "certificate.suspended", hand, now=now)
    return certificate


def resume(
    session: Session, certificate_id: UUID, reason: str, hand: Hand, *, now: datetime
) -> Certificate:
    """Let a suspended certificate hold again; raises as :func:`suspend` does."""
    certificate = find_to_end(session, certificate_id, hand)
    need_state(
        certificate, CertificateState.SUSPENDED, _("Only a suspended certificate can be resumed.")
    )
    needed_reason(reason)
    certificate.state = CertificateState.ISSUED
    certificate.suspended_at, certificate.suspended_by = None, ""
    certificate.suspended_human, certificate.suspend_reason = None, ""
    _settle(session, certificate, "certificate.resumed", hand, now=now)
    return certificate


def revoke(
    session: Session,
    certificate_id: UUID,
    code: RevokeCode,
    reason: str,
    hand: Hand,
    *,
    names: Names,
    now: datetime,
) -> Certificate:
    """Revoke a certificate for ever, as a second human after the one who suspended it.

    Args:
        session: of the act.
        certificate_id: which.
        code: why, as it is shown to whoever checks it and knows the holder's name.
        reason: for the register.
        hand: whose act it is; another human than the one who suspended it.
        names: of statements.
        now: the moment.

    Raises:
        NotFoundError: there is no such certificate.
        WrongStateError: nobody has suspended it.
        SecondHumanError: the same human suspended it.
        OtherSchemeError: the officer's role does not cover its scheme.
        OwnCertificateError: it is the officer's own.
        BadRequestError: no reason is given.
    """
    certificate = find_to_end(session, certificate_id, hand)
    words = _("One officer suspends a certificate first; another one then revokes it.")
    need_state(certificate, CertificateState.SUSPENDED, words)
    words = _("You suspended it yourself: another officer has to revoke it.")
    need_second(session, certificate, hand, words)
    told = needed_reason(reason)
    certificate.state = CertificateState.REVOKED
    certificate.revoked_at, certificate.revoked_by = now, hand.who
    certificate.revoked_human = hand.human
    certificate.revoke_code, certificate.revoke_reason = RevokeCode(code).value, told
    tell_revoked(session, certificate, certificate.revoke_code, names, now=now)
    _settle(session, certificate, "certificate.revoked", hand, code=code.value, now=now)
    return certificate


def withdraw_by_holder(
    session: Session,
    certificate_id: UUID,
    holder_id: UUID,
    hand: Hand,
    *,
    names: Names,
    now: datetime,
) -> Certificate:
    """Give up one's own certificate, for ever.

    Raises:
        NotFoundError: the holder has no such certificate.
        WrongStateError: it is not issued, is suspended, or has ended.
    """
    certificate = _locked(session, certificate_id)
    if certificate.holder_id != holder_id:
        raise NotFoundError(f"certificate {certificate_id} of holder {holder_id}")
    words = _("Only a certificate that holds can be given up. Ask the certification office.")
    need_state(certificate, CertificateState.ISSUED, words)
    certificate.state, certificate.ended_at = CertificateState.WITHDRAWN, now
    tell_revoked(session, certificate, WITHDRAWN, names, now=now)
    _settle(session, certificate, "certificate.withdrawn", hand, now=now)
    return certificate


def supersede(
    session: Session, certificate_id: UUID, by_id: UUID, hand: Hand, *, names: Names, now: datetime
) -> None:
    """End a certificate in whose place a correction is issued.

    One that was revoked, as its key was compromised, stays so. The caller has made sure that
    another may take its place (``register.may_be_corrected``).
    """
    certificate = _locked(session, certificate_id)
    if certificate.state == CertificateState.REVOKED:
        return
    certificate.state, certificate.ended_at = CertificateState.SUPERSEDED, now
    tell_revoked(session, certificate, SUPERSEDED, names, now=now)
    _settle(session, certificate, "certificate.superseded", hand, by=str(by_id), now=now)


def find_to_end(session: Session, certificate_id: UUID, hand: Hand) -> Certificate:
    """Give a certificate, its row locked, to an officer who may end it.

    Raises:
        NotFoundError: there is no such certificate.
        OtherSchemeError: the officer's role does not cover its scheme.
        OwnCertificateError: it is the officer's own.
    """
    certificate = _locked(session, certificate_id)
    need_mandate(session, hand, certificate.scheme_id)
    if hand.human is None:
        raise SecondHumanError(hand.who, words=not_covered(hand))
    need_another(session, hand, certificate.holder_id)
    return certificate


def need_second(session: Session, certificate: Certificate, hand: Hand, words: str) -> None:
    """Make sure that an officer is another human than the one who suspended or stopped it.

    Raises:
        SecondHumanError: it is the same one.
    """
    first, who = certificate.suspended_human, certificate.suspended_by
    own, now_is = taken_for(session, hand), functools.partial(human_now, session)
    if hand.human is None or first is None or is_by(hand, own, first, who, now_is):
        raise SecondHumanError(f"certificate {certificate.id}: {hand.who}", words=words)


def _locked(session: Session, certificate_id: UUID) -> Certificate:
    query = select(Certificate).where(Certificate.id == certificate_id).with_for_update()
    certificate = session.scalar(query)
    if certificate is None:
        raise NotFoundError(f"certificate {certificate_id}")
    return certificate


def need_state(certificate: Certificate, state: CertificateState, words: str) -> None:
    """Make sure that a certificate stands where something can be done.

    Raises:
        WrongStateError: it does not.
    """
    if certificate.state != state:
        log_text = f"certificate {certificate.id} is {certificate.state}"
        raise WrongStateError(log_text, words=words)


def _settle(
    session: Session, certificate: Certificate, act: str, hand: Hand, *, now: datetime, **told: str
) -> None:
    want_lists(session, certificate, now=now)
    session.flush()
    _wake_correction(session, certificate, now=now)
    look_at_cases(session, certificate.holder_id, now=now)
    audit.note(session, act, who=hand.who, about=str(certificate.id), detail=told, now=now)


def _wake_correction(session: Session, certificate: Certificate, *, now: datetime) -> None:
    """Have a correction that waits for what became of a certificate looked at again at once."""
    session.execute(
        update(Certificate)
        .where(
            Certificate.supersedes_id == certificate.id,
            Certificate.state == CertificateState.NUMBERED,
            Certificate.fault != "",
            Certificate.due_at.is_not(None),
        )
        .values(due_at=now)
        .execution_options(synchronize_session=False)
    )
