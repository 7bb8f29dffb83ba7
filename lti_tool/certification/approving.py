"""Officers approve, second or refuse cases; holders confirm the name that will be printed."""

from __future__ import annotations

import functools
import unicodedata
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from courses.scheme_reading import Schemes
from lti_tool import audit
from lti_tool.certification.checking import AT_ONCE, check
from lti_tool.certification.evidence import look_at_cases
from lti_tool.certification.four_eyes import Eyes, eyes_of, own_part
from lti_tool.certification.glyphs import missing_glyphs
from lti_tool.certification.humans import WORKER, Hand, human_now, is_by, taken_for
from lti_tool.certification.issuers import Issuers
from lti_tool.certification.mandates import need_mandate, not_covered
from lti_tool.certification.models import ApprovalBatch, Case, CaseState
from lti_tool.certification.sights import Chosen, changed
from lti_tool.errors import BadRequestError, ConflictingError, NotFoundError
from lti_tool.i18n import gettext as _

NAME_LENGTH = 400
BEFORE_APPROVAL = (CaseState.COLLECTING, CaseState.DRAFT, CaseState.CHECKED)


Accepted = bool | Collection[UUID]
"""Whether warnings are accepted, or for which cases."""


class CaseClosedError(ConflictingError):
    """The case has gone on too far for this."""


class UnprintableNameError(BadRequestError):
    """A name cannot be printed as it is."""


@dataclass(frozen=True, slots=True)
class Left:
    """A case that was not approved, and why."""

    case_id: UUID
    words: tuple[str, ...]
    may_accept: bool = False
    """Whether an officer may approve it in spite of that."""


@dataclass(frozen=True, slots=True)
class Approval:
    """What became of the cases that were to be approved."""

    batch_id: UUID | None
    """Of those that go on to the worker; None: none does."""
    approved: tuple[UUID, ...]
    """They go on to the worker."""
    need_second: tuple[UUID, ...]
    """Approved; a second officer has to follow."""
    left: tuple[Left, ...]


# Approval


def approve(
    session: Session,
    case_ids: Chosen,
    hand: Hand,
    *,
    schemes: Schemes,
    issuers: Issuers | None = None,
    accept_warnings: Accepted = False,
    now: datetime,
) -> Approval:
    """Approve cases, as far as they can be; what cannot is left with the reason.

    Args:
        session: of the act.
        case_ids: which; or of each what was seen of it: what changed since is left.
        hand: whose act it is.
        schemes: as they are now.
        issuers: as they are now; None: not looked at before the worker needs them.
        accept_warnings: whether the officer has seen the warnings and approves in spite of them, or
            of which cases.
        now: the moment.
    """
    return _go_through(_First(schemes, issuers, accept_warnings), session, case_ids, hand, now=now)


def second(
    session: Session,
    case_ids: Chosen,
    hand: Hand,
    *,
    schemes: Schemes,
    issuers: Issuers | None = None,
    accept_warnings: Accepted = False,
    now: datetime,
) -> Approval:
    """Approve as a second officer what another one has approved; see :func:`approve`."""
    return _go_through(_Second(schemes, issuers, accept_warnings), session, case_ids, hand, now=now)


@dataclass(frozen=True, slots=True)
class _First:
    """The first approval."""

    schemes: Schemes
    issuers: Issuers | None
    accept_warnings: Accepted
    act = "case.approved"

    def obstacle(self, case: Case, eyes: Eyes) -> str:
        if case.approved_at is not None:
            return _("It is approved already and waits for a second officer.")
        return own_part(case, eyes)

    def put_down(self, case: Case, hand: Hand, now: datetime) -> None:
        case.approved_at, case.approved_by, case.approved_human = now, hand.who, hand.human
        if case.approvers < 2:
            case.state = CaseState.APPROVED


@dataclass(frozen=True, slots=True)
class _Second:
    """The second approval."""

    schemes: Schemes
    issuers: Issuers | None
    accept_warnings: Accepted
    act = "case.seconded"

    def obstacle(self, case: Case, eyes: Eyes) -> str:
        if case.approvers < 2:
            return _("This scheme asks for one officer only.")
        if case.approved_at is None:
            return _("No officer has approved it yet.")
        if eyes.did(case.approved_human, case.approved_by):
            return _("You approved it yourself: somebody else has to confirm it.")
        return own_part(case, eyes)

    def put_down(self, case: Case, hand: Hand, now: datetime) -> None:
        case.seconded_at, case.seconded_by, case.seconded_human = now, hand.who, hand.human
        case.state = CaseState.APPROVED


def obstacles_of(
    session: Session, cases: Sequence[Case], hand: Hand, *, schemes: Schemes
) -> dict[UUID, str]:
    """Say why somebody may not take the next step to each case's approval; empty: they may."""
    eyes = eyes_of(session, hand)
    first, second_step = _First(schemes, None, False), _Second(schemes, None, False)
    return {
        case.id: _obstacle(first if case.approved_at is None else second_step, case, eyes)
        for case in cases
    }


def _accepts(accepted: Accepted, case_id: UUID) -> bool:
    return accepted if isinstance(accepted, bool) else case_id in accepted


def _go_through(
    step: _First | _Second, session: Session, case_ids: Chosen, hand: Hand, *, now: datetime
) -> Approval:
    cases = _locked(session, case_ids)
    known = {case.id for case in cases}
    left = [Left(each, (_("There is no such case."),)) for each in case_ids if each not in known]
    findings = check(session, cases, step.schemes, issuers=step.issuers, on=now.date())
    eyes = eyes_of(session, hand)
    done: list[Case] = []
    for case in cases:
        obstacle = _obstacle(step, case, eyes) or changed(case_ids, case)
        concerns = findings[case.id]
        stopping = tuple(each.words for each in concerns if each.stops)
        if obstacle or stopping:
            left.append(Left(case.id, (obstacle,) if obstacle else stopping))
        elif concerns and not _accepts(step.accept_warnings, case.id):
            words = tuple(each.words for each in concerns)
            left.append(Left(case.id, words, may_accept=True))
        else:
            step.put_down(case, hand, now)
            done.append(case)
    ready = [case for case in done if case.state == CaseState.APPROVED]
    batch_id = _batch(session, ready, hand, now=now)
    about = {str(case.id): {"batch": str(case.batch_id)} if case.batch_id else {} for case in done}
    if about:
        audit.note_each(session, step.act, who=hand.who, about=about, now=now)
    return Approval(
        batch_id,
        tuple(case.id for case in ready),
        tuple(case.id for case in done if case.state != CaseState.APPROVED),
        tuple(left),
    )


def _obstacle(step: _First | _Second, case: Case, eyes: Eyes) -> str:
    if case.state in {CaseState.APPROVED, CaseState.NUMBERED}:
        return _("It is approved already.")
    if case.state in {CaseState.REFUSED, CaseState.WITHDRAWN}:
        return _("The case is closed.")
    if eyes.covered is not None and case.scheme_id not in eyes.covered:
        return not_covered(eyes.hand)
    return step.obstacle(case, eyes)


def _batch(session: Session, ready: list[Case], hand: Hand, *, now: datetime) -> UUID | None:
    """Put what goes on to the worker together, so that its way can be shown; write it down."""
    if not ready:
        session.flush()
        return None
    batch = ApprovalBatch(id=uuid4(), approved_by=hand.who, approved_at=now, size=len(ready))
    session.add(batch)
    session.flush()
    for case in ready:
        case.batch_id = batch.id
    session.flush()
    return batch.id


def _locked(session: Session, case_ids: Iterable[UUID]) -> list[Case]:
    """Give cases with their rows locked, in the order of their ids: two officers never block."""
    ids = sorted(set(case_ids))
    found: list[Case] = []
    for start in range(0, len(ids), AT_ONCE):
        query = select(Case).where(Case.id.in_(ids[start : start + AT_ONCE])).order_by(Case.id)
        found += session.scalars(query.with_for_update())
    return found


# One case


def refuse(session: Session, case_id: UUID, reason: str, hand: Hand, *, now: datetime) -> Case:
    """Refuse a case, with a reason that its candidate is told.

    Raises:
        NotFoundError: there is no such case.
        CaseClosedError: it is approved, refused or withdrawn already.
        BadRequestError: no reason is given.
        OtherSchemeError: the officer's role does not cover its scheme.
    """
    case = _one(session, case_id)
    need_mandate(session, hand, case.scheme_id)
    if case.state not in BEFORE_APPROVAL:
        words = _("It is approved, refused or withdrawn already and can no longer be refused.")
        raise CaseClosedError(f"case {case_id} is {case.state}", words=words)
    told = needed_reason(reason)
    case.state, case.look_due_at = CaseState.REFUSED, None
    case.refused_at, case.refused_by, case.refuse_reason = now, hand.who, told
    session.flush()
    look_at_cases(session, case.holder_id, now=now)  # what was entered with it counts no more
    audit.note(session, "case.refused", who=hand.who, about=str(case.id), now=now)
    return case


def confirm_name(
    session: Session,
    case_id: UUID,
    name: str,
    hand: Hand,
    *,
    schemes: Schemes,
    behind: Hand | None = None,
    now: datetime,
) -> Case:
    """Confirm the name as it will be printed, by its holder or by an officer who saw a paper.

    The case goes on from there where nothing else is missing. An officer who gives it another form
    than it had does not approve the case, unless somebody else confirms it after them; neither do
    the rules alone where an officer gave it. The same goes for the officer through whose letter a
    holder confirms it.

    Args:
        session: of the act.
        case_id: which.
        name: as it is to be printed.
        hand: whose act it is.
        schemes: as they are now.
        behind: of a holder who came by a letter: the officer on whose word the letter went there.
        now: the moment.

    Raises:
        NotFoundError: there is no such case.
        CaseClosedError: it is approved or closed already.
        UnprintableNameError: the name is empty, too long, or has characters that cannot be printed.
    """
    case = _one(session, case_id)
    if case.state not in BEFORE_APPROVAL or case.approved_at is not None:
        words = _("The name can no longer be changed: the certificate is approved. "
                  "If it is wrong, ask for a correction once it is issued.")  # fmt: skip
        raise CaseClosedError(f"case {case_id} is {case.state}", words=words)
    printed = read_name(name)
    through = {"letter_by": behind.who} if behind is not None else {}
    told = {"name": printed, "by": hand.who, "at": now.isoformat(), **through}
    case.particulars = {
        **case.particulars, "names": [*case.particulars.get("names", ()), told]
    }  # fmt: skip
    namer = _namer(session, case, printed, hand, behind)
    case.named_by, case.named_human = (namer.who, namer.human) if namer else ("", None)
    case.name, case.name_confirmed_at, case.name_confirmed_by = printed, now, hand.who
    if case.named_human is not None:
        case.approvers = max(1, case.approvers)
    session.flush()
    about = str(case.id)
    audit.note(session, "case.name-confirmed", who=hand.who, about=about, detail=through, now=now)
    move_on(session, [case], schemes, now=now)
    return case


def _namer(session: Session, case: Case, name: str, hand: Hand, behind: Hand | None) -> Hand | None:
    """Give the officer who alone answers for a name; None: two do, or holder or platform."""
    own = taken_for(session, hand)
    if case.holder_id in own:
        return _human(behind)
    if name != case.name or case.approvers == 0:
        return _human(hand)
    now_is = functools.partial(human_now, session)
    is_again = is_by(hand, own, case.named_human, case.named_by, now_is)
    return _human(Hand(case.named_by, case.named_human)) if is_again else None


def _human(hand: Hand | None) -> Hand | None:
    return hand if hand is not None and hand.human is not None else None


def read_name(name: str) -> str:
    """Read a name as it is printed: composed characters, single spaces.

    Raises:
        UnprintableNameError: it is empty, too long, or has characters that cannot be printed.
    """
    printed = " ".join(unicodedata.normalize("NFC", name).split())
    if not printed or len(printed) > NAME_LENGTH:
        words = _("Give the name as it stands in the passport, at most 400 characters.")
        raise UnprintableNameError("name", words=words)
    missing = missing_glyphs(printed)
    if missing:
        words = _("Cannot be printed: %(characters)s. Use the Latin spelling of the passport.")
        raise UnprintableNameError("glyphs", words=words % {"characters": " ".join(missing)})
    return printed


def needed_reason(reason: str) -> str:
    """Read a reason.

    Raises:
        BadRequestError: there is none.
    """
    told = reason.strip()[:2000]
    if not told:
        raise BadRequestError("reason", words=_("Give a reason: it stands in the register."))
    return told


def move_on(
    session: Session, cases: Sequence[Case], schemes: Schemes, *, now: datetime
) -> list[Case]:
    """Bring cases as far as they can go without an officer; give those that moved.

    A draft about which nothing is missing is checked; where the scheme asks for nobody, it is
    approved at once, unless there is anything that somebody should look at.
    """
    early = [case for case in cases if case.state in {CaseState.DRAFT, CaseState.CHECKED}]
    findings = check(session, early, schemes, on=now.date())
    moved: list[Case] = []
    for case in early:
        before = case.state
        concerns = findings[case.id]
        stopped = any(each.stops for each in concerns)
        case.state = CaseState.DRAFT if stopped else CaseState.CHECKED
        if not concerns and case.approvers == 0:
            case.state = CaseState.APPROVED
            case.approved_at, case.approved_by = now, WORKER.who
        if case.state != before:
            moved.append(case)
    session.flush()
    about: dict[str, dict[str, str]] = {
        str(case.id): {} for case in moved if case.state == CaseState.APPROVED
    }
    if about:
        audit.note_each(session, "case.approved", who=WORKER.who, about=about, now=now)
    return moved


def _one(session: Session, case_id: UUID) -> Case:
    case = session.scalar(select(Case).where(Case.id == case_id).with_for_update())
    if case is None:
        raise NotFoundError(f"case {case_id}")
    return case
