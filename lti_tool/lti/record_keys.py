"""Keys of the record store made and withdrawn by an administrator: each act is noted."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from lti_tool import audit
from lti_tool.errors import BadRequestError
from lti_tool.i18n import gettext as _
from xapi import credentials

LONGEST_LABEL = 200


def add(
    session: Session, label: str, scopes: Sequence[str], *, who: str, now: datetime
) -> tuple[str, str]:
    """Make a credential; give its key and its secret, which is never shown again.

    Raises:
        BadRequestError: nobody is named, or nothing is allowed.
    """
    label = label.strip()
    if not label or len(label) > LONGEST_LABEL:
        raise BadRequestError("label", words=_("Say who the key is for, in at most 200 letters."))
    if not scopes or set(scopes) - set(credentials.SCOPES):
        raise BadRequestError("scopes", words=_("Choose at least one thing that the key may do."))
    key, secret = credentials.create(session, label=label, scopes=scopes, now=now)
    detail = {"scopes": sorted(scopes)}
    audit.note(session, "credential.added", who=who, about=key, detail=detail, now=now)
    return key, secret


def withdraw(session: Session, key: str, *, who: str, now: datetime) -> bool:
    """End a credential at once; say False where there is none that is good."""
    ended = credentials.withdraw(session, key, now=now)
    if ended:
        audit.note(session, "credential.withdrawn", who=who, about=key, now=now)
    return ended
