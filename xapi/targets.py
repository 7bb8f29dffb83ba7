"""The stores that statements go to: added, changed, paused; and how each does.

Besides those kept here there may be the one next door and one that the application's settings name.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from xapi import settling
from xapi.models import Delivery, OutboxEntry, StatementRow, Target
from xapi.passing import newest
from xapi.sealing import Seal
from xapi.store import take_turn

NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
RESERVED = frozenset({"embedded", "external"})
VERSIONS = ("1.0.3", "2.0.0")
LEFT = "comes by a backfill"
"""Reason of a delivery that was none."""
FAULTS: Mapping[str, str] = {
    "name": "Give a name of small letters, digits and hyphens, at most 40, such as archive.",
    "taken": "There is a store of this name already; choose another name.",
    "leaving": "A store of this name is just being removed; wait a minute, or choose another name.",
    "url": "Give the store's xAPI address, such as https://lrs.example.org/xapi.",
    "user": "Leave user name and password out of the address; they have fields of their own.",
    "plain": "The address is not encrypted; give one that begins with https.",
    "self": "This is the address of this very store; give another one's.",
    "version": "Choose version 1.0.3 or 2.0.0.",
    "unknown": "There is no such store; look at the list of stores.",
    "next door": "The store next door takes what it gets by itself; name a store elsewhere.",
    "setting": "This store is named by the settings; change it there.",
    "same": "Choose another store than the one that is redirected.",
}
"""What can be wrong with what somebody wants, in words for them."""


class StoreFaultError(ValueError):
    """What is wanted cannot be; ``fault`` is one of :data:`FAULTS`."""

    def __init__(self, fault: str) -> None:
        super().__init__(FAULTS[fault])
        self.fault = fault


@dataclass(frozen=True, slots=True)
class Wanted:
    """A store as somebody describes it."""

    url: str
    key: str = ""
    secret: str = ""
    version: str = VERSIONS[0]


@dataclass(frozen=True, slots=True)
class Standing:
    """How a store does."""

    target: Target
    waiting: int
    """What has not arrived there, refused statements with it."""
    stuck: int
    oldest_at: datetime | None
    """Since when the oldest that was not refused waits."""

    @property
    def is_kept(self) -> bool:
        """Say whether it can be changed and removed here."""
        return bool(self.target.url)

    @property
    def state(self) -> str:
        """Give ``paused``, ``locked out``, ``rests`` or ``takes statements``."""
        if self.target.paused_at is not None:
            return "locked out" if self.target.reason else "paused"
        return "rests" if self.target.reason else "takes statements"


# One after the other


def add(
    session: Session, name: str, wanted: Wanted, *, seal: Seal, own_url: str = "", now: datetime
) -> Target:
    """Add a store; it is sent what happens from now on, and what still waits for others.

    Args:
        session: of a transaction that writes.
        name: how it is called here.
        wanted: the rest.
        seal: encrypts its password.
        own_url: where the store next door answers; a store cannot be sent to itself.
        now: the moment.

    Raises:
        StoreFaultError: something of it cannot be.
    """
    if not NAME.fullmatch(name) or name in RESERVED:
        raise StoreFaultError("name")
    known = session.get(Target, name)
    if known is not None:
        raise StoreFaultError("taken" if known.url else "leaving")
    url = read_address(wanted.url, own_url)
    if wanted.version not in VERSIONS:
        raise StoreFaultError("version")
    held = _held_next_door(session)
    target = Target(
        name=name,
        url=url,
        key=wanted.key,
        sealed_secret=seal(wanted.secret),
        version=wanted.version,
        paused_at=None,
        due_at=now,
        leased_until=now,
        tries=0,
        reason="",
        settled_through=0,
        doubt_through=0,
        kept_before=newest(session),
        forwarded_through=0,
    )
    session.add(target)
    session.flush()
    settling.note(session, [settled(name, seq, LEFT, now) for seq in held])
    return target


def change(
    session: Session, name: str, wanted: Wanted, *, seal: Seal, own_url: str = "", now: datetime
) -> Target:
    """Change address, user name, version and (unless it is empty) password; try it at once.

    Raises:
        StoreFaultError: something of it cannot be, or the settings name it.
    """
    target = find_kept(session, name)
    target.url = read_address(wanted.url, own_url)
    if wanted.version not in VERSIONS:
        raise StoreFaultError("version")
    target.key, target.version = wanted.key, wanted.version
    if wanted.secret:
        target.sealed_secret = seal(wanted.secret)
    if target.reason:
        resume(session, name, now=now)
    return target


def pause(session: Session, name: str, *, now: datetime) -> bool:
    """Send a store nothing until it is resumed; say False where it was paused before."""
    target = find(session, name)
    if target.paused_at is not None and not target.reason:
        return False
    target.paused_at, target.reason, target.tries = now, "", 0
    return True


def resume(session: Session, name: str, *, now: datetime) -> None:
    """Send to a store again, at once, whether it was paused, rested or locked us out."""
    target = find(session, name)
    target.paused_at, target.reason, target.tries, target.due_at = None, "", 0, now


def find(session: Session, name: str) -> Target:
    """Give a store that is sent to.

    Raises:
        StoreFaultError: there is none.
    """
    target = session.get(Target, name)
    if target is None:
        raise StoreFaultError("unknown")
    return target


def find_kept(session: Session, name: str) -> Target:
    """Give a store that can be changed here.

    Raises:
        StoreFaultError: there is none, or the settings name it.
    """
    target = find(session, name)
    if not target.url:
        raise StoreFaultError("setting")
    return target


def find_elsewhere(session: Session, name: str) -> Target:
    """Give a store that is not the one next door.

    Raises:
        StoreFaultError: there is none, or it is the one next door.
    """
    if name == "embedded":
        raise StoreFaultError("next door")
    return find(session, name)


# All of them


def list_standings(session: Session) -> list[Standing]:
    """Give how each store does, by name."""
    found = session.scalars(select(Target).order_by(Target.name))
    return [_standing(session, each) for each in found]


def standing_of(session: Session, name: str) -> Standing:
    """Give how a store does.

    Raises:
        StoreFaultError: there is none.
    """
    return _standing(session, find(session, name))


def read_address(given: str, own_url: str = "") -> str:
    """Read the xAPI address of a store.

    Raises:
        StoreFaultError: it is none, is not encrypted on its way through
            public networks, or is ours.
    """
    url = given.strip().rstrip("/").removesuffix("/statements").rstrip("/")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise StoreFaultError("url") from error
    if parts.scheme not in {"http", "https"} or not host or parts.query or parts.fragment:
        raise StoreFaultError("url")
    if parts.username or parts.password:
        raise StoreFaultError("user")
    if parts.scheme == "http" and not _is_inside(host):
        raise StoreFaultError("plain")
    own = urlsplit(own_url)
    if own_url and (host, port, parts.path) == (own.hostname, own.port, own.path.rstrip("/")):
        raise StoreFaultError("self")
    return url


def _is_inside(host: str) -> bool:
    """Say whether a name leads to this machine or a private network."""
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        return "." not in host or host.endswith((".localhost", ".local", ".internal"))


def _standing(session: Session, target: Target) -> Standing:
    waiting = waiting_at(target.name).subquery()
    stuck = select(func.count()).select_from(waiting).where(waiting.c.stuck_at.is_not(None))
    fresh = select(func.count(), func.min(waiting.c.queued_at)).where(waiting.c.stuck_at.is_(None))
    number, oldest_at = session.execute(fresh).one()
    refused = session.scalar(stuck) or 0
    return Standing(target, number + refused, refused, oldest_at)


def waiting_at(name: str) -> Any:
    """Ask for the entries that a store has not taken, refused ones with them."""
    told = and_(Delivery.seq == OutboxEntry.seq, Delivery.target == name)
    return (
        select(OutboxEntry.seq, OutboxEntry.queued_at, Delivery.stuck_at)
        .outerjoin(Delivery, told)
        .where(OutboxEntry.target.in_(["", name]), Delivery.delivered_at.is_(None))
    )


def _held_next_door(session: Session) -> list[int]:
    """Give the numbers of waiting entries whose statement the store next door holds already.

    From here to the end of the transaction it takes no other.
    """
    general = select(OutboxEntry.seq, OutboxEntry.statement_id).where(OutboxEntry.target == "")
    session.execute(general.order_by(OutboxEntry.seq).with_for_update())
    take_turn(session)
    kept = select(StatementRow.id).where(StatementRow.id == OutboxEntry.statement_id)
    held = select(OutboxEntry.seq).where(
        OutboxEntry.target == "", kept.correlate(OutboxEntry).exists()
    )
    return list(session.scalars(held.order_by(OutboxEntry.seq)))


def settled(name: str, seq: int, reason: str, now: datetime) -> dict[str, Any]:
    """Give a row of :class:`Delivery` for an entry that a store need not be sent."""
    return {"target": name, "seq": seq, "delivered_at": now, "stuck_at": None, "reason": reason}
