"""A certificate in place of another: with another name, or for another time."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from courses.scheme_reading import Schemes
from lti_tool import audit
from lti_tool.certification.approving import move_on, needed_reason, read_name
from lti_tool.certification.humans import Hand
from lti_tool.certification.mandates import need_another, need_mandate
from lti_tool.certification.models import Case, CaseState
from lti_tool.certification.register import may_be_corrected
from lti_tool.certification.register_models import Certificate, CertificateState
from lti_tool.errors import ConflictingError, NotFoundError
from lti_tool.i18n import gettext as _

CLOSED = (CaseState.REFUSED, CaseState.WITHDRAWN)
"""Cases that stand in nobody's way."""


class CannotReplaceError(ConflictingError):
    """Nothing can take the place of this certificate."""


def begin_correction(
    session: Session,
    certificate_id: UUID,
    name: str,
    reason: str,
    hand: Hand,
    *,
    schemes: Schemes,
    now: datetime,
) -> Case:
    """Begin a case for a certificate that says the same under another name.

    The old certificate stands until the new one is issued, and is then superseded. Whoever begins
    it is the first pair of eyes; another officer approves it, whatever the scheme asks for.
    The same name again is a reissue, such as after a key was compromised.

    Args:
        session: of the act.
        certificate_id: of the one to be corrected.
        name: as it will be printed; the officer has seen what proves it.
        reason: for the register.
        hand: whose act it is.
        schemes: as they are now.
        now: the moment.

    Raises:
        NotFoundError: there is no such certificate.
        CannotReplaceError: it has ended, or a correction is under way.
        UnprintableNameError: the name cannot be printed.
        OtherSchemeError: the officer's role does not cover its scheme.
        OwnCertificateError: it is the officer's own.
    """
    before = _locked(session, certificate_id)
    need_mandate(session, hand, before.scheme_id)
    need_another(session, hand, before.holder_id)
    printed, told = read_name(name), needed_reason(reason)
    if not may_be_corrected(before):
        words = _("Only a certificate that holds, or one whose key was compromised, is corrected. "
                  "Let a suspended one hold again first.")  # fmt: skip
        raise CannotReplaceError(f"certificate {before.id} is {before.state}", words=words)
    first = session.get_one(Case, before.case_id)
    case = _case(session, before, first, f"corrects:{before.number}", hand, now=now)
    case.state, case.approvers, case.corrects = CaseState.DRAFT, 1, True
    case.name, case.name_confirmed_at, case.name_confirmed_by = printed, now, hand.who
    case.evidence, case.decision, case.decided_at = first.evidence, first.decision, now
    case.examined_on = first.examined_on
    case.particulars = {**first.particulars, "reason": told, "names": []}
    session.add(case)
    session.flush()
    _note(session, "case.correction-begun", case, hand, now=now)
    move_on(session, [case], schemes, now=now)
    return case


def begin_renewal(
    session: Session, certificate_id: UUID, hand: Hand, *, schemes: Schemes, now: datetime
) -> Case:
    """Begin a case for a new certificate of the same scheme; the old one is left as it is.

    The rules decide anew, by what they see now: nothing that was entered for the old one is taken
    along, and what was proven since is entered by ``renewing.enter_proof``.

    Raises:
        NotFoundError: there is no such certificate.
        CannotReplaceError: it is not issued, its scheme is gone, or a renewal is under way.
        OtherSchemeError: the officer's role does not cover its scheme.
        OwnCertificateError: it is the officer's own.
    """
    before = _locked(session, certificate_id)
    need_mandate(session, hand, before.scheme_id)
    need_another(session, hand, before.holder_id)
    scheme = schemes.get(before.scheme_id)
    if before.state != CertificateState.ISSUED or before.erased_at or scheme is None:
        words = _("Only an issued certificate of a scheme that is still offered can be renewed.")
        raise CannotReplaceError(f"certificate {before.id} is {before.state}", words=words)
    first = session.get_one(Case, before.case_id)
    case = _case(session, before, first, f"renews:{before.number}", hand, now=now)
    case.scheme_fingerprint, case.approvers = scheme.fingerprint, scheme.approvers
    case.name, case.look_due_at = first.name, now
    case.particulars = {"names": first.particulars.get("names", [])}
    session.add(case)
    session.flush()
    _note(session, "case.renewal-begun", case, hand, now=now)
    return case


def _case(
    session: Session, before: Certificate, first: Case, sitting: str, hand: Hand, *, now: datetime
) -> Case:
    earlier = list(
        session.scalars(
            select(Case).where(
                Case.holder_id == before.holder_id,
                Case.scheme_id == before.scheme_id,
                (Case.sitting == sitting) | Case.sitting.like(f"{sitting}:%"),
            )
        )
    )
    if any(each.state not in CLOSED for each in earlier):
        words = _("A case that takes its place has been begun already.")
        raise CannotReplaceError(f"certificate {before.id}: {sitting}", words=words)
    return Case(
        id=uuid4(),
        holder_id=before.holder_id,
        scheme_id=before.scheme_id,
        scheme_fingerprint=first.scheme_fingerprint,
        sitting=f"{sitting}:{len(earlier) + 1}" if earlier else sitting,
        route=first.route,
        state=CaseState.COLLECTING,
        language=first.language,
        approvers=first.approvers,
        particulars=dict(first.particulars),
        entered_at=now,
        entered_by=hand.who,
        entered_human=hand.human,
        predecessor_id=before.id,
    )


def _locked(session: Session, certificate_id: UUID) -> Certificate:
    query = select(Certificate).where(Certificate.id == certificate_id).with_for_update()
    certificate = session.scalar(query)
    if certificate is None:
        raise NotFoundError(f"certificate {certificate_id}")
    return certificate


def _note(session: Session, act: str, case: Case, hand: Hand, *, now: datetime) -> None:
    detail = {"certificate": str(case.predecessor_id)}
    audit.note(session, act, who=hand.who, about=str(case.id), detail=detail, now=now)
