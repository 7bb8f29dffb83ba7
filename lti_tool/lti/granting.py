"""Roles given and taken, keys made, by an administrator: each act is noted.

What rests on a role that is taken away ends at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from lti_tool import audit, grants
from lti_tool.errors import BadRequestError
from lti_tool.i18n import gettext as _
from lti_tool.lti import keys, visits
from lti_tool.lti.models import ToolKey
from lti_tool.lti.particulars import check_id
from lti_tool.vault import Vault
from lti_tool.visit import Role

GRANTABLE = tuple(role for role in Role if role not in {Role.LEARNER, Role.INSTRUCTOR})
"""Learner and instructor come from the platform alone, anew at each launch."""


def read_role(given: str) -> Role:
    """Read a role that can be given here.

    Raises:
        BadRequestError: it cannot.
    """
    if given not in {role.value for role in GRANTABLE}:
        raise BadRequestError("role", words=_("Choose one of the roles that are given here."))
    return Role(given)


def grant(
    session: Session,
    role: Role,
    issuer: str,
    subject: str,
    *,
    scheme_id: str = "",
    who: str,
    now: datetime,
) -> bool:
    """Give somebody a role from their next launch on; say False where they hold it already.

    Raises:
        BadRequestError: issuer or subject is empty or too long.
    """
    issuer, subject = check_id(issuer, _("Issuer")), check_id(subject, _("Subject"))
    scheme = scheme_id.strip()[:60]
    given = grants.grant(session, role, issuer, subject, scheme_id=scheme, granted_by=who, now=now)
    if given:
        session.flush()
        _note(session, "role.granted", role, (issuer, subject, scheme), who=who, now=now)
    return given


def withdraw(
    session: Session,
    role: Role,
    issuer: str,
    subject: str,
    *,
    scheme_id: str = "",
    who: str,
    now: datetime,
) -> bool:
    """Take a role away and end the visits that rest on it; say False where it was not held."""
    issuer, subject, scheme = issuer.strip(), subject.strip(), scheme_id.strip()
    _note(session, "role.withdrawn", role, (issuer, subject, scheme), who=who, now=now)
    taken = grants.withdraw(session, role, issuer, subject, scheme_id=scheme, now=now)
    if taken:
        visits.end_visits(session, issuer, subject, now=now)
    return taken


def rotate_keys(
    session: Session, vault: Vault, *, at_once: bool = False, who: str, now: datetime
) -> str:
    """Make a new key of the tool; give its kid."""
    kid = keys.rotate(session, vault, now=now, at_once=at_once)
    audit.note(session, "key.made", who=who, about=kid, detail={"at_once": at_once}, now=now)
    return kid


def reseal_keys(session: Session, vault: Vault, *, who: str, now: datetime) -> int:
    """Encrypt the tool's keys with the present secret; give how many were not.

    Raises:
        VaultError: one of them cannot be read.
    """
    done = keys.reseal(session, vault)
    audit.note(session, "keys.resealed", who=who, about="keys", detail={"number": done}, now=now)
    return done


def signing_kid(found: Sequence[ToolKey], now: datetime) -> str | None:
    """Say which of the keys signs now, as :func:`keys.signing_key` chooses; None: there is none."""
    ready = [key for key in found if key.signs_from <= now]
    if ready:
        return max(ready, key=lambda key: key.signs_from).kid
    return min(found, key=lambda key: key.created_at).kid if found else None


def _note(
    session: Session,
    act: str,
    role: Role,
    held_by: tuple[str, str, str],
    *,
    who: str,
    now: datetime,
) -> None:
    """Name the grant by its row: the log holds nobody's id of a platform."""
    for each in grants.list_grants(session, role):
        if (each.issuer, each.subject, each.scheme_id) == held_by:
            told = {"role": role.value, "scheme": each.scheme_id}
            audit.note(session, act, who=who, about=str(each.id), detail=told, now=now)
