"""One certificate with all that an officer has to see before doing anything to it."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from lti_tool.certification.case_dossiers import KnownPerson, people_of
from lti_tool.certification.desk_frame import Seat
from lti_tool.certification.facts import Facts, is_as_frozen
from lti_tool.certification.histories import Happening, history, names_of
from lti_tool.certification.humans import human_now, is_by, staying
from lti_tool.certification.models import Case, CaseState, Holder
from lti_tool.certification.queries import state_on
from lti_tool.certification.register import may_be_corrected
from lti_tool.certification.register_models import Certificate, CertificateState
from lti_tool.errors import NotFoundError
from lti_tool.i18n import gettext as _
from lti_tool.mail import ShownMail, list_mail

CLOSED = (CaseState.REFUSED, CaseState.WITHDRAWN)


@dataclass(frozen=True, slots=True)
class Beside:
    """Another certificate, or a case, that has to do with one."""

    id: UUID
    number: str
    """Empty: a case, without a number yet."""
    how: str
    """``corrects``, ``corrected``, ``renews``, ``renewed``, ``correction`` or ``renewal``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateDossier:
    """All of one certificate."""

    row: Certificate
    facts: Facts | None
    """None: its holder's data were erased."""
    is_changed: bool
    """Whether they are not those that were frozen."""
    state: str
    """As kept, or ``expired``."""
    email: str
    """Where letters to the holder go; empty: none is known."""
    letters: tuple[ShownMail, ...]
    """About it, the newest first."""
    people: tuple[KnownPerson, ...]
    beside: tuple[Beside, ...]
    history: tuple[Happening, ...]
    who: Mapping[str, str]
    decides: bool
    """Whether the reader decides on this scheme."""
    is_first: bool
    """Whether the reader is the human who suspended it, or stopped its making."""
    is_own: bool
    """Whether the reader is its holder."""

    @property
    def is_open(self) -> bool:
        """Say whether anything can still be done to it."""
        return self.row.erased_at is None and (
            self.may_suspend or self.may_resume or self.may_correct or self.may_stop
            or self.is_stopped
        )  # fmt: skip

    @property
    def may_suspend(self) -> bool:
        """Say whether it can be suspended."""
        return self.row.state == CertificateState.ISSUED

    @property
    def may_resume(self) -> bool:
        """Say whether it is suspended, and so can hold again or be revoked."""
        return self.row.state == CertificateState.SUSPENDED

    @property
    def may_stop(self) -> bool:
        """Say whether it could not be made, so that its making can be stopped."""
        is_numbered = self.row.state == CertificateState.NUMBERED
        return is_numbered and bool(self.row.fault) and not self.is_stopped

    @property
    def is_stopped(self) -> bool:
        """Say whether its making was stopped, so that it can be taken up or ended."""
        is_numbered = self.row.state == CertificateState.NUMBERED
        return is_numbered and self.row.suspended_human is not None

    @property
    def may_correct(self) -> bool:
        """Say whether another one can take its place."""
        return may_be_corrected(self.row) and not self._has("correction", "corrected")

    @property
    def may_renew(self) -> bool:
        """Say whether a renewal can be begun."""
        return self.may_suspend and not self._has("renewal")

    @property
    def is_made(self) -> bool:
        """Say whether its documents are there."""
        return self.row.issued_at is not None and self.row.erased_at is None

    def _has(self, *ways: str) -> bool:
        return any(each.how in ways for each in self.beside)


def certificate_dossier(
    session: Session, certificate_id: UUID, seat: Seat, *, today: date
) -> CertificateDossier:
    """Give one certificate.

    Raises:
        NotFoundError: there is none, or the reader does not see it.
    """
    row = find_seen(session, certificate_id, seat)
    holder = session.get_one(Holder, staying(session, row.holder_id))
    hands = {row.suspended_by, row.revoked_by} - {""}
    is_erased = row.erased_at is not None
    return CertificateDossier(
        row=row,
        facts=None if is_erased or not row.facts else Facts.from_json(row.facts),
        is_changed=not is_erased and not is_as_frozen(row.facts, row.facts_hash),
        state=state_on(row.state, row.valid_until, today),
        email=holder.email,
        letters=tuple(list_mail(session, about=[row.id], sent=True)),
        people=() if is_erased else people_of(session, row.holder_id),
        beside=tuple(_beside(session, row)),
        history=tuple(history(session, [str(row.id), str(row.case_id)])),
        who=names_of(session, hands),
        decides=seat.decides_on(row.scheme_id),
        is_first=is_by(
            seat.hand,
            seat.selves,
            row.suspended_human,
            row.suspended_by,
            functools.partial(human_now, session),
        ),
        is_own=row.holder_id in seat.selves,
    )


def find_seen(session: Session, certificate_id: UUID, seat: Seat) -> Certificate:
    """Give a certificate's row.

    Raises:
        NotFoundError: there is none, or the reader does not see it.
    """
    row = session.get(Certificate, certificate_id)
    if row is None:
        raise NotFoundError(f"certificate {certificate_id}")
    seat.need(row.scheme_id)
    return row


def _beside(session: Session, row: Certificate) -> list[Beside]:
    earlier = [each for each in (row.supersedes_id, row.renews_id) if each is not None]
    query = select(
        Certificate.id, Certificate.number, Certificate.supersedes_id, Certificate.renews_id
    ).where(
        or_(
            Certificate.id.in_(earlier),
            Certificate.supersedes_id == row.id,
            Certificate.renews_id == row.id,
        )
    )
    found = []
    for each in session.execute(query.order_by(Certificate.numbered_at)):
        if each.id == row.supersedes_id:
            how = "corrects"
        elif each.id == row.renews_id:
            how = "renews"
        else:
            how = "corrected" if each.supersedes_id == row.id else "renewed"
        found.append(Beside(each.id, each.number, how))
    under_way = select(Case.id, Case.corrects).where(
        Case.predecessor_id == row.id, Case.state.not_in((*CLOSED, CaseState.NUMBERED))
    )
    for case in session.execute(under_way):
        found.append(Beside(case.id, "", "correction" if case.corrects else "renewal"))
    return found


def words_of_letter(*, is_queued: bool, has_mail: bool, email: str) -> str:
    """Say what became of the wish to send the letter again."""
    if is_queued:
        return _("The letter is on its way to the holder again.")
    if not has_mail:
        return _("No mail is sent from here: mail is not set up; ask whoever runs the tool.")
    if not email:
        return _("The holder has confirmed no address, so there is nowhere to send it to.")
    return _("The letter was sent a moment ago.")
