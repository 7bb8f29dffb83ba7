"""What the vault encrypted for holders, encrypted again with the present secret."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import InstrumentedAttribute, Session

from lti_tool import audit, mail
from lti_tool.certification import contact, share_links
from lti_tool.certification.models import Holder
from lti_tool.certification.register_models import HolderLink, LinkWish, ShareLink
from lti_tool.mail import Mail
from lti_tool.vault import Vault

SEALED: tuple[tuple[InstrumentedAttribute[str], str], ...] = (
    (ShareLink.token_sealed, share_links.PURPOSE),
    (HolderLink.email_sealed, contact.PURPOSE),
    (LinkWish.email_sealed, contact.PURPOSE),
    (Mail.to_sealed, mail.PURPOSE),
    (Mail.content_sealed, mail.PURPOSE),
)
"""Columns, with the purpose for which each is encrypted."""


def reseal(session: Session, vault: Vault, *, who: str, now: datetime) -> int:
    """Bring what an earlier secret encrypted, and what is found by it, to the present one.

    Returns:
        How many texts were encrypted again.

    Raises:
        VaultError: one of them cannot be read.
    """
    done = 0
    for column, purpose in SEALED:
        for row in session.scalars(select(column.class_).where(column != "")):
            sealed = getattr(row, column.key)
            if vault.needs_renewal(sealed):
                text = vault.decrypt(sealed, purpose=purpose)
                setattr(row, column.key, vault.encrypt(text, purpose=purpose))
                done += 1
    for holder in session.scalars(select(Holder).where(Holder.email != "")):
        holder.email_search = contact.search_key(holder.email, vault)[0]
    if done:
        told = {"number": done}
        audit.note(session, "holders.resealed", who=who, about="holders", detail=told, now=now)
    return done
