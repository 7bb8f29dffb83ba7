"""One-time links by an administrator: to register a platform, or to the desks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from http import HTTPStatus
from typing import NoReturn
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from lti_tool import audit
from lti_tool.errors import BadRequestError, NotFoundError, ToolError
from lti_tool.i18n import gettext as _
from lti_tool.lti.models import DeploymentPolicy, OneTimeLink
from lti_tool.lti.particulars import check_country
from lti_tool.vault import digest, new_token
from lti_tool.visit import Visit

BY_DESK = "desk link"
BY_REGISTRATION = "registration link"
"""Who did what a link let them do, for the log of acts."""
WHO = {"registration": BY_REGISTRATION, "admin": BY_DESK}
HOURS = {"registration": 48, "admin": 1}
LONGEST_HOURS = 24 * 30
LABEL_LENGTH = 200


class Purpose(StrEnum):
    """What a link is good for."""

    REGISTRATION = "registration"
    ADMIN = "admin"


class LinkState(StrEnum):
    """How a link stands."""

    OPEN = "open"
    USED = "used"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"


class LinkRefusedError(ToolError):
    """A link that is good for nothing (any more)."""

    status = HTTPStatus.GONE
    message_id = "link_refused"


class LinkUnknownError(LinkRefusedError):
    """We gave out no such link."""

    status = HTTPStatus.NOT_FOUND
    message_id = "link_unknown"


class LinkUsedError(LinkRefusedError):
    """It was used before."""

    message_id = "link_used"


class LinkExpiredError(LinkRefusedError):
    """Its time is over."""

    message_id = "link_expired"


class LinkWithdrawnError(LinkRefusedError):
    """An administrator took it back."""

    message_id = "link_withdrawn"


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkTerms:
    """What a link says about the platform that will use it."""

    label: str = ""
    policy: DeploymentPolicy = DeploymentPolicy.AUTOMATIC
    country: str = ""
    ask_names: bool = False


def who_of(visit: Visit) -> str:
    """Say whose act it is that is done during a visit, for the log of acts."""
    return str(visit.person_id) if visit.person_id else BY_DESK


def url_of(public_url: str, purpose: Purpose, token: str) -> str:
    """Give the address that a link is handed out as."""
    path = "admin" if purpose is Purpose.ADMIN else "register"
    return f"{public_url}/lti/{path}?link={token}"


def read_hours(given: str) -> int | None:
    """Read for how many hours a link is wanted; None: nothing was said.

    Raises:
        BadRequestError: it is no whole number.
    """
    if not given:
        return None
    if not given.isascii() or not given.isdigit() or len(given) > 4:
        raise BadRequestError("hours", words=_("Give the hours as a whole number, such as 48."))
    return int(given)


def make(
    session: Session,
    purpose: Purpose,
    terms: LinkTerms | None = None,
    *,
    hours: int | None = None,
    who: str,
    now: datetime,
) -> str:
    """Make a link; give its secret, of which only the hash is kept.

    Args:
        session: of the caller.
        purpose: what it is good for.
        terms: of a link to register.
        hours: how long it is good, 1 to 720; two days to register and an hour to the desks unless
            told.
        who: for the log of acts.
        now: the moment.

    Raises:
        BadRequestError: no such country, or too many hours.
    """
    told = terms or LinkTerms()
    lasts = HOURS[purpose] if hours is None else hours
    if not 1 <= lasts <= LONGEST_HOURS:
        raise BadRequestError(
            f"{lasts} hours", words=_("A link is good for 1 to 720 hours; give a number of these.")
        )
    token = new_token()
    link = OneTimeLink(
        purpose=purpose.value,
        token_hash=digest(token),
        label=told.label.strip()[:LABEL_LENGTH],
        deployment_policy=told.policy,
        country=check_country(told.country),
        ask_names=told.ask_names,
        created_at=now,
        expires_at=now + timedelta(hours=lasts),
    )
    session.add(link)
    session.flush()
    audit.note(
        session,
        "link.made",
        who=who,
        about=str(link.id),
        detail={"purpose": purpose.value, "policy": told.policy.value, "hours": lasts},
        now=now,
    )
    return token


def use(session: Session, token: str, purpose: Purpose, *, now: datetime) -> OneTimeLink:
    """Use a link up in one statement, so that of two at once one is refused.

    Raises:
        LinkRefusedError: one of its children, by what is wrong.
    """
    used = session.scalars(
        update(OneTimeLink)
        .where(
            OneTimeLink.token_hash == digest(token),
            OneTimeLink.purpose == purpose.value,
            OneTimeLink.used_at.is_(None),
            OneTimeLink.withdrawn_at.is_(None),
            OneTimeLink.expires_at > now,
        )
        .values(used_at=now)
        .returning(OneTimeLink),
        execution_options={"synchronize_session": False, "populate_existing": True},
    ).one_or_none()
    if used is None:
        _refuse(session, token, purpose, now)
    audit.note(session, "link.used", who=WHO[purpose], about=str(used.id), now=now)
    return used


def give_back(session: Session, link_id: UUID, *, now: datetime) -> None:
    """Make a link good again whose use came to nothing."""
    session.execute(
        update(OneTimeLink).where(OneTimeLink.id == link_id).values(used_at=None),
        execution_options={"synchronize_session": False},
    )
    audit.note(session, "link.given_back", who=BY_REGISTRATION, about=str(link_id), now=now)


def find_open(session: Session, token: str, purpose: Purpose, *, now: datetime) -> OneTimeLink:
    """Give a link that is still good, without using it.

    Raises:
        LinkRefusedError: one of its children, by what is wrong.
    """
    link = _find(session, token, purpose)
    if link is None or state_of(link, now) is not LinkState.OPEN:
        _refuse(session, token, purpose, now)
    return link


def state_of(link: OneTimeLink, now: datetime) -> LinkState:
    """Say how a link stands."""
    if link.used_at is not None:
        return LinkState.USED
    if link.withdrawn_at is not None:
        return LinkState.WITHDRAWN
    return LinkState.EXPIRED if link.expires_at <= now else LinkState.OPEN


def list_links(session: Session, *, limit: int = 200) -> list[OneTimeLink]:
    """Give the links, the newest first."""
    query = select(OneTimeLink).order_by(OneTimeLink.created_at.desc()).limit(limit)
    return list(session.scalars(query))


def withdraw(session: Session, link_id: UUID, *, who: str, now: datetime) -> bool:
    """Take a link back; say False where it is good for nothing any more.

    Raises:
        NotFoundError: no such link.
    """
    link = session.get(OneTimeLink, link_id)
    if link is None:
        raise NotFoundError(f"link {link_id}", words=_("There is no such link."))
    if state_of(link, now) is not LinkState.OPEN:
        return False
    link.withdrawn_at = now
    audit.note(session, "link.withdrawn", who=who, about=str(link_id), now=now)
    return True


def _find(session: Session, token: str, purpose: Purpose) -> OneTimeLink | None:
    return session.scalar(
        select(OneTimeLink).where(
            OneTimeLink.token_hash == digest(token), OneTimeLink.purpose == purpose.value
        )
    )


def _refuse(session: Session, token: str, purpose: Purpose, now: datetime) -> NoReturn:
    link = _find(session, token, purpose)
    if link is None:
        raise LinkUnknownError(
            words=_(
                "This link is not complete, or it was not made here. Copy the whole address and "
                "open it again, or ask for a new link."
            )
        )
    state = state_of(link, now)
    if state is LinkState.WITHDRAWN:
        raise LinkWithdrawnError(
            f"link {link.id}",
            words=_("This link was taken back by an administrator. Ask for a new one."),
        )
    if state is LinkState.EXPIRED:
        raise LinkExpiredError(
            f"link {link.id}", words=_("The time of this link is over. Ask for a new one.")
        )
    raise LinkUsedError(
        f"link {link.id}",
        words=_("This link was used already; each is good for one use. Ask for a new one."),
    )
