"""Those whom officers entered confirm their address, and the name that will be printed, by a link.

An officer gives the address. It counts only once its reader has followed the link, which works
once, for fourteen days, and until a newer one is sent for the same case. An address that a holder
has confirmed is never replaced this way: the letter then goes there.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from courses.scheme_reading import Schemes
from lti_tool import audit, mail
from lti_tool.certification import contact, letters, naming
from lti_tool.certification.evidence import circle, list_persons
from lti_tool.certification.humans import Hand, staying
from lti_tool.certification.letters import INVITATION, MY_CERTIFICATES, Post
from lti_tool.certification.mandates import need_mandate
from lti_tool.certification.models import Case, CaseState, Holder, HolderKind
from lti_tool.certification.naming import NameToConfirm, may_name
from lti_tool.certification.register_models import HolderLink
from lti_tool.errors import BadRequestError, ConflictingError, NotFoundError, TooManyError
from lti_tool.i18n import gettext as _
from lti_tool.vault import Vault, digest, new_token

MOST_A_DAY = 5
"""Letters about one case."""
A_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Asked:
    """Whom to write to, and about what."""

    case: Case
    title: str
    """Of the certificate."""
    address: str = ""
    """As an officer gave it; empty: only to an address that the holder has confirmed."""
    again: bool = False
    """Whether a letter about this case may have been sent before."""


@dataclass(frozen=True, slots=True)
class Opened:
    """What a link asks for."""

    address: str
    is_known: bool
    """Whether the address is confirmed already."""
    is_organisation: bool
    title: str
    kind: str
    name: NameToConfirm | None
    """None: the name can no longer be changed."""


@dataclass(frozen=True, slots=True)
class Sent:
    """The newest letter about a case, as officers see it."""

    address: str
    """Empty: the link was used, or the letter is forgotten."""
    at: datetime
    until: datetime
    is_waiting: bool
    """Whether its link works and was not used."""


def invite(session: Session, asked: Asked, hand: Hand, post: Post, *, now: datetime) -> bool:
    """Queue a letter to whoever was entered; give whether one was queued.

    It belongs to the caller's transaction. None is queued where no address is known, where nothing
    is left to confirm, where no mail is sent from here, or where the holder comes from a platform:
    they give their address themselves.

    Raises:
        BadAddressError: mail cannot be sent to the address.
    """
    case = asked.case
    holder = session.get_one(Holder, staying(session, case.holder_id))
    needs_name = may_name(case) and case.name_confirmed_at is None
    if not post.is_on or not (asked.address or holder.email):
        return False
    is_settled = not needs_name if holder.email else _is_reached(session, holder)
    if is_settled:
        return False
    address = holder.email or contact.needed_address(asked.address)
    told = letters.Invitation(
        key=f"invite:{case.id}" + (f":{now:%Y%m%d%H%M%S}" if asked.again else ""),
        about=case.id,
        title=asked.title,
        needs_name=needs_name,
        needs_address=not holder.email,
    )
    token = new_token()
    letter = letters.invitation(told, address, token, post)
    if not mail.queue(session, letter, post.vault, now=now):
        return False
    end_links(session, case.id, now=now)
    session.add(
        HolderLink(
            token_hash=digest(token),
            holder_id=holder.id,
            case_id=case.id,
            purpose=INVITATION,
            email_sealed=post.vault.encrypt(address, purpose=contact.PURPOSE),
            sent_by=hand.who,
            sent_human=hand.human,
            created_at=now,
            expires_at=now + letters.INVITED_FOR,
        )
    )
    session.flush()
    audit.note(session, "case.invited", who=hand.who, about=str(case.id), now=now)
    return True


def invite_again(
    session: Session,
    case_id: UUID,
    address: str,
    hand: Hand,
    post: Post,
    *,
    schemes: Schemes,
    now: datetime,
) -> None:
    """Send a letter about a case, once more or for the first time; earlier links of it end.

    Raises:
        NotFoundError: there is no such case.
        OtherSchemeError: the officer's role does not cover its scheme.
        BadAddressError: mail cannot be sent to the address.
        ConflictingError: it was taken back, or nothing is left to confirm.
        TooManyError: too many letters about it today.
    """
    case = session.scalar(select(Case).where(Case.id == case_id).with_for_update())
    if case is None:
        raise NotFoundError(f"case {case_id}")
    need_mandate(session, hand, case.scheme_id)
    if case.state == CaseState.WITHDRAWN:
        words = _("This case was taken back; nobody is written to about it.")
        raise ConflictingError(f"case {case_id} is withdrawn", words=words)
    if _number_of(session, case.id, since=now - A_DAY) >= MOST_A_DAY:
        words = _("Five letters were sent about this case today. Go on tomorrow.")
        raise TooManyError(f"invitations of case {case_id}", words=words)
    holder = session.get_one(Holder, staying(session, case.holder_id))
    if not holder.email:
        contact.needed_address(address)
        if _is_reached(session, holder):
            words = _("This holder has an account at a learning platform, and confirms name and "
                      "address from there.")  # fmt: skip
            raise ConflictingError(f"holder {holder.id} comes from a platform", words=words)
    asked = Asked(case, _title(case, schemes), address, again=True)
    if not invite(session, asked, hand, post, now=now):
        words = _("No letter was sent: name and address are confirmed already, or one has just "
                  "been sent.")  # fmt: skip
        raise ConflictingError(f"nothing to confirm in case {case_id}", words=words)


def find(
    session: Session, token: str, vault: Vault, *, schemes: Schemes, now: datetime
) -> Opened | None:
    """Give what a link asks its reader to confirm; None where it is over, used or unknown."""
    link = contact.find_link(session, token, INVITATION, now=now)
    found = _open(session, link, vault) if link is not None else None
    if found is None:
        return None
    case, holder, address = found
    scheme = schemes.get(case.scheme_id)
    return Opened(
        address,
        bool(holder.email),
        holder.kind == HolderKind.ORGANISATION,
        _title(case, schemes),
        scheme.kind.value if scheme else "",
        naming.find_case(session, holder.id, case.id, None, schemes) if may_name(case) else None,
    )


def accept(
    session: Session,
    token: str,
    name: str,
    *,
    language: str,
    vault: Vault,
    schemes: Schemes,
    now: datetime,
) -> str | None:
    """Take address and name as confirmed by whoever has the link; it works no more then.

    An officer stands behind both, since it is their word that the address is the holder's: the one
    who gave it, or who had this letter sent to an address that the holder gave. They do not approve
    the name.

    Args:
        session: of the act.
        token: of the link.
        name: as it is to be printed; left out of account where it can no longer be changed.
        language: of the certificate; likewise.
        vault: of the tool.
        schemes: as they are now.
        now: the moment.

    Returns:
        Token of a link to the holder's certificates, to go on by; None: this one is over.

    Raises:
        UnprintableNameError: the name cannot be printed.
        BadRequestError: the certificate is not printed in that language.
    """
    link = _locked_link(session, token, now=now)
    found = _open(session, link, vault) if link is not None else None
    if link is None or found is None:
        return None
    case, holder, address = found
    link.used_at, link.email_sealed = now, ""
    if not holder.email:
        holder.email_by, holder.email_human = link.sent_by, link.sent_human
    onward = contact.take(session, holder, address, vault, now=now)
    if may_name(case):
        asked = naming.find_case(session, holder.id, case.id, None, schemes)
        hand = Hand(str(holder.id), holder.id)
        naming.confirm(
            session,
            holder.id,
            asked,
            name,
            hand,
            language=language,
            schemes=schemes,
            behind=_officer(holder.email_by, holder.email_human)
            or _officer(link.sent_by, link.sent_human),
            now=now,
        )
    return onward


def behind_door(session: Session, token: str, *, now: datetime) -> Hand | None:
    """Give the officer on whose word a link to one's certificates went where it did; None: none."""
    link = contact.find_link(session, token, MY_CERTIFICATES, now=now)
    return _officer(link.sent_by, link.sent_human) if link is not None else None


def end_links(session: Session, case_id: UUID, *, now: datetime) -> None:
    """End the links of all letters about a case."""
    session.execute(
        update(HolderLink)
        .where(HolderLink.case_id == case_id, HolderLink.used_at.is_(None))
        .values(used_at=now, email_sealed="")
        .execution_options(synchronize_session=False)
    )


def newest(session: Session, case_id: UUID, vault: Vault, *, now: datetime) -> Sent | None:
    """Give the newest letter about a case; None where none is known."""
    link = session.scalar(
        select(HolderLink)
        .where(HolderLink.case_id == case_id)
        .order_by(HolderLink.created_at.desc())
        .limit(1)
    )
    if link is None:
        return None
    address = contact.unsealed(link.email_sealed, vault) or ""
    is_waiting = link.used_at is None and link.expires_at > now
    return Sent(address, link.created_at, link.expires_at, is_waiting)


def read_address(text: str) -> str:
    """Read an address that an officer gave; empty where none is given.

    Raises:
        BadRequestError: it is none.
    """
    if not text.strip():
        return ""
    try:
        return contact.needed_address(text)
    except contact.BadAddressError as error:
        words = _("%(text)s is no e-mail address. Write it as in alice@example.org, or leave it "
                  "empty.")  # fmt: skip
        raise BadRequestError("address", words=words % {"text": text.strip()[:80]}) from error


def _open(session: Session, link: HolderLink, vault: Vault) -> tuple[Case, Holder, str] | None:
    """Give what a link is about; None where it has been overtaken since it was sent."""
    case = session.get(Case, link.case_id) if link.case_id else None
    address = contact.unsealed(link.email_sealed, vault)
    if case is None or case.state == CaseState.WITHDRAWN or not address:
        return None
    holder = session.get_one(Holder, staying(session, case.holder_id))
    if holder.erased_at is not None or holder.email not in {"", address}:
        return None
    if not holder.email and _is_reached(session, holder):
        return None
    return case, holder, address


def _locked_link(session: Session, token: str, *, now: datetime) -> HolderLink | None:
    """Give a link that works, with its row, its case and its holder locked.

    In the order in which others lock them: linking begins with the holder, a letter with the case.
    """
    link = contact.find_link(session, token, INVITATION, now=now)
    if link is None or link.case_id is None:
        return None
    holder_id = session.scalars(select(Case.holder_id).where(Case.id == link.case_id)).one()
    _lock_staying(session, holder_id)
    session.scalars(select(Case.id).where(Case.id == link.case_id).with_for_update()).one()
    return contact.find_link(session, token, INVITATION, now=now, lock=True)


def _lock_staying(session: Session, holder_id: UUID) -> None:
    """Lock the one as which a holder stays, against changes; what refers to it may be added."""
    kept = staying(session, holder_id)
    lock = select(Holder.merged_into_id).where(Holder.id == kept).with_for_update(key_share=True)
    if session.scalars(lock).one() is not None:  # merged while the lock was waited for
        _lock_staying(session, kept)


def _officer(who: str, human: UUID | None) -> Hand | None:
    return Hand(who, human) if who else None


def _is_reached(session: Session, holder: Holder) -> bool:
    """Say whether a holder comes from a platform: then no officer says which address is theirs."""
    return bool(list_persons(session, circle(session, holder.id)))


def _title(case: Case, schemes: Schemes) -> str:
    scheme = schemes.get(case.scheme_id)
    return scheme.title if scheme else case.scheme_id


def _number_of(session: Session, case_id: UUID, *, since: datetime) -> int:
    counted = select(func.count()).select_from(HolderLink)
    counted = counted.where(HolderLink.case_id == case_id, HolderLink.created_at > since)
    return session.scalar(counted) or 0
