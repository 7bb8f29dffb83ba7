"""A number that never became a certificate: its documents cannot be made, and officers end it.

One officer stops the making, another one voids the number; the tool by itself does so with a
correction of what stands no more. It stays taken, so that its series has no gap; nobody ever held
it, so a check answers as for a code that is not known. Its case goes back to the officers.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from lti_tool import audit
from lti_tool.certification.approving import needed_reason
from lti_tool.certification.ending import WrongStateError, find_to_end, need_second, need_state
from lti_tool.certification.humans import WORKER, Hand
from lti_tool.certification.models import Case
from lti_tool.certification.putting_back import PutBack, put_back
from lti_tool.certification.register import want_lists
from lti_tool.certification.register_models import Certificate, CertificateState
from lti_tool.i18n import gettext as _


def stop(
    session: Session, certificate_id: UUID, reason: str, hand: Hand, *, now: datetime
) -> Certificate:
    """Have the worker try no more to make a certificate, with a reason for the register.

    Raises:
        NotFoundError: there is no such certificate.
        WrongStateError: it is issued, has ended, is stopped already, or nothing failed yet.
        OtherSchemeError: the officer's role does not cover its scheme.
        OwnCertificateError: it is the officer's own.
        BadRequestError: no reason is given.
    """
    certificate = find_to_end(session, certificate_id, hand)
    words = _("Only a certificate that could not be made is stopped; this one is issued or over.")
    need_state(certificate, CertificateState.NUMBERED, words)
    if not certificate.fault or certificate.suspended_human is not None:
        words = _("Nothing has failed in its making, or it is stopped already. Load the page anew.")
        raise WrongStateError(f"certificate {certificate.id} is not stopped", words=words)
    told = needed_reason(reason)
    certificate.due_at = None
    certificate.suspended_at, certificate.suspended_by = now, hand.who
    certificate.suspended_human, certificate.suspend_reason = hand.human, told
    _note(session, "certificate.stopped", certificate, hand, now=now)
    return certificate


def take_up(session: Session, certificate_id: UUID, hand: Hand, *, now: datetime) -> Certificate:
    """Have a certificate made after all whose making was stopped; raises as :func:`stop` does."""
    certificate = find_to_end(session, certificate_id, hand)
    _need_stopped(certificate)
    certificate.due_at = now
    certificate.suspended_at, certificate.suspended_by = None, ""
    certificate.suspended_human, certificate.suspend_reason = None, ""
    _note(session, "certificate.taken-up", certificate, hand, now=now)
    return certificate


def void(
    session: Session, certificate_id: UUID, reason: str, hand: Hand, *, now: datetime
) -> Certificate:
    """End a number for ever that was never issued, as a second human after the one who stopped it.

    An officer looks at its case from then on, whatever the scheme asks for.

    Raises:
        NotFoundError: there is no such certificate.
        WrongStateError: nobody has stopped it.
        SecondHumanError: the same human stopped it.
        OtherSchemeError: the officer's role does not cover its scheme.
        OwnCertificateError: it is the officer's own.
        BadRequestError: no reason is given.
    """
    certificate = find_to_end(session, certificate_id, hand)
    _need_stopped(certificate)
    words = _("You stopped it yourself: another officer has to end it.")
    need_second(session, certificate, hand, words)
    told = needed_reason(reason)
    certificate.state, certificate.due_at = CertificateState.VOID, now  # tries may have left files
    certificate.revoked_at, certificate.revoked_by = now, hand.who
    certificate.revoked_human, certificate.revoke_reason = hand.human, told
    certificate.supersedes_id = certificate.renews_id = None
    case = session.get_one(Case, certificate.case_id, with_for_update=True)
    want_lists(session, certificate, now=now)
    session.flush()
    put_back(session, case, PutBack.NEVER_MADE, hand=hand, now=now)
    _note(session, "certificate.voided", certificate, hand, now=now)
    return certificate


def void_correction(session: Session, certificate_id: UUID, *, now: datetime) -> None:
    """End the number of a correction, not issued yet, since what it corrects stands no more."""
    certificate = session.get_one(Certificate, certificate_id, with_for_update=True)
    if certificate.state != CertificateState.NUMBERED:
        return
    certificate.state, certificate.due_at = CertificateState.VOID, now  # tries may have left files
    certificate.revoked_at, certificate.revoked_by = now, WORKER.who
    certificate.revoke_reason = certificate.fault = _(
        "What it was to correct was revoked, given up or erased before this one was issued."
    )
    certificate.supersedes_id = None
    case = session.get_one(Case, certificate.case_id, with_for_update=True)
    want_lists(session, certificate, now=now)
    session.flush()
    put_back(session, case, PutBack.PREDECESSOR, now=now)
    _note(session, "certificate.voided", certificate, WORKER, now=now)


def _need_stopped(certificate: Certificate) -> None:
    words = _("One officer stops its making first.")
    need_state(certificate, CertificateState.NUMBERED, words)
    if certificate.suspended_human is None:
        raise WrongStateError(f"certificate {certificate.id} is not stopped", words=words)


def _note(
    session: Session, act: str, certificate: Certificate, hand: Hand, *, now: datetime
) -> None:
    session.flush()
    about, detail = str(certificate.id), {"number": certificate.number}
    audit.note(session, act, who=hand.who, about=about, detail=detail, now=now)
