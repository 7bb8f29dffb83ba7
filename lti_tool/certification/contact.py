"""A holder's own e-mail address: confirmed by a link, removed at will; and their link by mail.

Whoever asks for their link gets one answer, known or not: the page only writes the wish down, and
the worker looks whether it knows the address.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from lti_tool import audit, mail
from lti_tool.addresses import read_address
from lti_tool.certification import letters
from lti_tool.certification.evidence import circle, list_persons
from lti_tool.certification.humans import staying
from lti_tool.certification.letters import CONFIRM_EMAIL, INVITATION, MY_CERTIFICATES, Post
from lti_tool.certification.models import Holder
from lti_tool.certification.register_models import HolderLink, LinkWish
from lti_tool.db import Begin
from lti_tool.errors import BadRequestError, TooManyError
from lti_tool.i18n import gettext as _
from lti_tool.vault import Vault, VaultError, digest, new_token

PURPOSE = "holder-email"
MOST_A_DAY = 5
"""Letters of one kind that one holder may cause in a day."""
A_DAY = timedelta(days=1)
KEEP_LINKS = timedelta(days=30)
"""After their end; then nothing of them is of use."""


class BadAddressError(BadRequestError):
    """What was given is no address."""


def ask(session: Session, holder_id: UUID, given: str, post: Post, *, now: datetime) -> None:
    """Send a link to an address by which its reader confirms it; earlier ones end.

    Raises:
        BadAddressError: mail cannot be sent to it.
        TooManyError: too many today.
    """
    address = needed_address(given)
    if _number_of(session, holder_id, CONFIRM_EMAIL, since=now - A_DAY) >= MOST_A_DAY:
        words = _(
            "Five letters were sent today already. Look into your mailbox, or go on tomorrow."
        )
        raise TooManyError(f"confirmations of holder {holder_id}", words=words)
    _end_links(session, holder_id, CONFIRM_EMAIL, now=now)
    token = new_token()
    session.add(
        HolderLink(
            token_hash=digest(token),
            holder_id=holder_id,
            purpose=CONFIRM_EMAIL,
            email_sealed=post.vault.encrypt(address, purpose=PURPOSE),
            created_at=now,
            expires_at=now + letters.CONFIRM_FOR,
        )
    )
    mail.queue(session, letters.confirmation(address, token, post), post.vault, now=now)


def needed_address(given: str) -> str:
    """Read an address.

    Raises:
        BadAddressError: mail cannot be sent to it.
    """
    address = read_address(given)
    if address is None:
        words = _("That is no e-mail address. Write it as in alice@example.org.")
        raise BadAddressError("address of a holder", words=words)
    return address


def asked_address(session: Session, token: str, vault: Vault, *, now: datetime) -> str | None:
    """Give the address that a link would confirm; None where the link is over or unknown."""
    link = find_link(session, token, CONFIRM_EMAIL, now=now)
    return unsealed(link.email_sealed, vault) if link is not None else None


def confirm(session: Session, token: str, vault: Vault, *, now: datetime) -> str | None:
    """Take an address as confirmed, in place of an earlier one.

    Returns:
        Token of a link to the holder's certificates, to go on by; None: this one is over.
    """
    link = find_link(session, token, CONFIRM_EMAIL, now=now)
    address = unsealed(link.email_sealed, vault) if link is not None else None
    if link is None or address is None:
        return None
    holder = session.get_one(Holder, staying(session, link.holder_id))
    if holder.erased_at is not None:
        return None
    link.used_at, link.email_sealed = now, ""
    holder.email_by, holder.email_human = "", None
    return take(session, holder, address, vault, now=now)


def take(session: Session, holder: Holder, address: str, vault: Vault, *, now: datetime) -> str:
    """Take an address that its reader has confirmed; links that went to an earlier one end.

    Returns:
        Token of a link to the holder's certificates, to go on by.
    """
    if holder.email != address:
        holder.email, holder.email_confirmed_at = address, now
        holder.email_search = search_key(address, vault)[0]
        _end_links(session, holder.id, MY_CERTIFICATES, now=now)
        about = str(holder.id)
        audit.note(session, "holder.address-confirmed", who=about, about=about, now=now)
    onward = new_token()
    letters.open_door(session, holder.id, onward, now=now)
    return onward


def remove(session: Session, holder_id: UUID, *, who: str, now: datetime) -> None:
    """Remove a holder's address; links that were sent to it, or to one not confirmed yet, end."""
    for purpose in (MY_CERTIFICATES, CONFIRM_EMAIL, INVITATION):
        _end_links(session, holder_id, purpose, now=now)
    holder = session.get_one(Holder, holder_id)
    if not holder.email:
        return
    holder.email, holder.email_confirmed_at, holder.email_search = "", None, ""
    holder.email_by, holder.email_human = "", None
    audit.note(session, "holder.address-removed", who=who, about=str(holder_id), now=now)


def doubt(session: Session, holder_id: UUID, *, who: str, now: datetime) -> None:
    """Remove an address that an officer gave, before more comes to its record than was there.

    Whoever reads its letters would be taken for somebody whose account is theirs by no more than
    another officer's word. The holder confirms it again.
    """
    if not list_persons(session, circle(session, holder_id)):
        remove(session, holder_id, who=who, now=now)


def forget_since(
    session: Session, holder_id: UUID, since: datetime | None, *, who: str, now: datetime
) -> None:
    """Remove an address that was confirmed while two were taken for one: whose it is is open.

    Args:
        session: of the act that parts them.
        holder_id: of the one that stays.
        since: when they were taken for one; None: never.
        who: parts them.
        now: the moment.
    """
    confirmed_at = session.get_one(Holder, holder_id).email_confirmed_at
    if since is not None and confirmed_at is not None and confirmed_at >= since:
        remove(session, holder_id, who=who, now=now)


def search_key(address: str, vault: Vault) -> tuple[str, ...]:
    """Give what an address is found by; capital letters do not count."""
    return vault.hashes(address.lower(), purpose=PURPOSE)


# The link by mail


def holder_of(session: Session, token: str, *, now: datetime) -> UUID | None:
    """Give the holder whose certificates a link shows; None where it is over or unknown."""
    link = find_link(session, token, MY_CERTIFICATES, now=now)
    return staying(session, link.holder_id) if link is not None else None


def wish(session: Session, given: str, vault: Vault, *, now: datetime) -> None:
    """Write down that somebody asks for their link; what is no address is forgotten.

    Nothing is looked up here, so that neither answer nor time tell whether it is known.
    """
    address = read_address(given)
    sealed = vault.encrypt(address or "", purpose=PURPOSE)
    session.add(LinkWish(email_sealed=sealed, wished_at=now))


def answer_wishes(begin: Begin, post: Post, *, now: datetime, limit: int = 50) -> int:
    """Send their link to those who asked and are known; give how many asked."""
    with begin() as session:
        due = select(LinkWish.id).order_by(LinkWish.wished_at).limit(limit).cte("due")
        wishes = session.scalars(
            delete(LinkWish)
            .where(LinkWish.id.in_(select(due.c.id)))
            .returning(LinkWish.email_sealed)
            .execution_options(synchronize_session=False)
        ).all()
        for sealed in wishes:
            _answer(session, sealed, post, now=now)
    return len(wishes)


def forget(session: Session, *, now: datetime) -> int:
    """Remove links that ended long ago; give how many."""
    gone = session.scalars(
        delete(HolderLink)
        .where(HolderLink.expires_at < now - KEEP_LINKS)
        .returning(HolderLink.token_hash)
        .execution_options(synchronize_session=False)
    )
    return len(gone.all())


def find_link(
    session: Session, token: str, purpose: str, *, now: datetime, lock: bool = False
) -> HolderLink | None:
    """Give a link that works; None where it is over, used or unknown."""
    query = select(HolderLink).where(
        HolderLink.token_hash == digest(token),
        HolderLink.purpose == purpose,
        HolderLink.used_at.is_(None),
        HolderLink.expires_at > now,
    )
    return session.scalar(query.with_for_update() if lock else query)


def unsealed(sealed: str, vault: Vault) -> str | None:
    """Give an address that was kept encrypted; None where it cannot be read, or is none."""
    try:
        return vault.decrypt(sealed, purpose=PURPOSE) or None
    except VaultError:
        return None


def _answer(session: Session, sealed: str, post: Post, *, now: datetime) -> None:
    address = unsealed(sealed, post.vault)
    if not address or not post.is_on:
        return
    known = Holder.email_search.in_(search_key(address, post.vault))
    for holder in session.scalars(select(Holder).where(known, Holder.merged_into_id.is_(None))):
        if _number_of(session, holder.id, MY_CERTIFICATES, since=now - A_DAY) >= MOST_A_DAY:
            continue
        token = new_token()
        letter = letters.own_link(holder.email, token, post)
        mail.queue(session, letter, post.vault, now=now)
        letters.open_door(session, holder.id, token, now=now)
        session.flush()


def _end_links(session: Session, holder_id: UUID, purpose: str, *, now: datetime) -> None:
    session.execute(
        update(HolderLink)
        .where(
            HolderLink.holder_id == holder_id,
            HolderLink.purpose == purpose,
            HolderLink.used_at.is_(None),
        )
        .values(used_at=now, email_sealed="")
        .execution_options(synchronize_session=False)
    )


def _number_of(session: Session, holder_id: UUID, purpose: str, *, since: datetime) -> int:
    counted = (
        select(func.count())
        .select_from(HolderLink)
        .where(
            HolderLink.holder_id == holder_id,
            HolderLink.purpose == purpose,
            HolderLink.created_at > since,
        )
    )
    return session.scalar(counted) or 0
