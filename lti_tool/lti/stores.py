"""Other record stores, kept by an administrator: each act is noted, passwords are encrypted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_tool import audit
from lti_tool.errors import BadRequestError, NotFoundError
from lti_tool.i18n import gettext as _
from lti_tool.vault import Vault, VaultError
from xapi import backfill, forwarding, outbox, targets
from xapi.backfill import Progress
from xapi.models import ForwardingRule, Target
from xapi.outbox import StuckEntry
from xapi.sealing import Seal, Unseal, UnsealError
from xapi.targets import Standing, StoreFaultError, Wanted

PURPOSE = "record store"
SHOWN = 50
"""How many refused statements are shown of each store."""
Change = Callable[[Session], object]


@dataclass(frozen=True, slots=True)
class StorePage:
    """One store with all that is known of it."""

    standing: Standing
    stuck: tuple[StuckEntry, ...]
    rules: tuple[ForwardingRule, ...]
    progress: Progress | None
    others: tuple[str, ...]
    """Stores that its statements may be redirected to."""


def seal_with(vault: Vault) -> Seal:
    """Give what encrypts the password of a store."""
    return lambda text: vault.encrypt(text, purpose=PURPOSE)


def unseal_with(vault: Vault) -> Unseal:
    """Give what reads it again."""

    def unseal(sealed: str) -> str:
        try:
            return vault.decrypt(sealed, purpose=PURPOSE)
        except VaultError as error:
            raise UnsealError from error

    return unseal


def reseal(session: Session, vault: Vault, *, who: str, now: datetime) -> int:
    """Encrypt passwords with the present secret that an earlier one encrypted; give how many.

    Raises:
        VaultError: one of them cannot be read.
    """
    done = 0
    for target in session.scalars(select(Target).where(Target.sealed_secret != "")):
        if vault.needs_renewal(target.sealed_secret):
            secret = vault.decrypt(target.sealed_secret, purpose=PURPOSE)
            target.sealed_secret = vault.encrypt(secret, purpose=PURPOSE)
            done += 1
    if done:
        told = {"number": done}
        audit.note(session, "stores.resealed", who=who, about="stores", detail=told, now=now)
    return done


def look_at(session: Session, name: str) -> StorePage:
    """Give a store with what it refused, its rules and its backfill.

    Raises:
        NotFoundError: there is none of this name.
    """
    try:
        standing = targets.standing_of(session, name)
    except StoreFaultError as error:
        raise NotFoundError(f"store {name!r}", words=words_of(error.fault)) from error
    others = [each.name for each in session.scalars(select(Target).order_by(Target.name))]
    return StorePage(
        standing,
        tuple(outbox.list_stuck(session, target=name, limit=SHOWN)),
        tuple(forwarding.list_rules(session, name)),
        backfill.progress_of(session, name),
        tuple(each for each in others if each not in {name, "embedded"}),
    )


def act(session: Session, name: str, done: str, change: Change, *, who: str, now: datetime) -> None:
    """Do something to a store, and note it.

    Args:
        session: of a transaction that writes.
        name: of the store.
        done: how the act is called in the log, such as ``store.paused``.
        change: what is done.
        who: for the log of acts.
        now: the moment.

    Raises:
        BadRequestError: it cannot be done; says why.
    """
    try:
        change(session)
    except StoreFaultError as error:
        raise BadRequestError(
            f"store {name!r}: {error.fault}", words=words_of(error.fault)
        ) from error
    audit.note(session, done, who=who, about=name[:120], now=now)


def add(
    session: Session,
    vault: Vault,
    name: str,
    wanted: Wanted,
    *,
    own_url: str,
    who: str,
    now: datetime,
) -> None:
    """Send statements to one more store from now on.

    Raises:
        BadRequestError: something of it cannot be; says what.
    """
    put = partial(targets.add, seal=seal_with(vault), own_url=own_url, now=now)
    act(session, name, "store.added", lambda its: put(its, name, wanted), who=who, now=now)


def change(
    session: Session,
    vault: Vault,
    name: str,
    wanted: Wanted,
    *,
    own_url: str,
    who: str,
    now: datetime,
) -> None:
    """Change address, user name, version and, unless it is empty, password of a store.

    Raises:
        BadRequestError: something of it cannot be; says what.
    """
    put = partial(targets.change, seal=seal_with(vault), own_url=own_url, now=now)
    act(session, name, "store.changed", lambda its: put(its, name, wanted), who=who, now=now)


def put_back(
    session: Session, name: str, statement_ids: set[UUID], *, who: str, now: datetime
) -> int:
    """Put refused statements of a store back in line, all unless some are named; give how many."""
    stuck = outbox.list_stuck(session, target=name)
    chosen = [each for each in stuck if not statement_ids or each.statement_id in statement_ids]
    done = outbox.put_back(session, chosen)
    told = {"number": done}
    audit.note(session, "outbox.retried", who=who, about=name[:120], detail=told, now=now)
    return done


def words_of(fault: str) -> str:
    """Say what is wrong with what is wanted of a store, in the reader's language."""
    words = {
        "name": _("Give a name of small letters, digits and hyphens, at most 40, such as archive."),
        "taken": _("There is a store of this name already; choose another name."),
        "leaving": _(
            "A store of this name is just being removed; wait a minute, or choose another name."
        ),
        "url": _("Give the store's xAPI address, such as https://lrs.example.org/xapi."),
        "user": _(
            "Leave user name and password out of the address; they have fields of their own."
        ),
        "plain": _("The address is not encrypted; give one that begins with https."),
        "self": _("This is the address of the tool's own store; give another one's."),
        "version": _("Choose version 1.0.3 or 2.0.0."),
        "unknown": _("There is no such store; look at the list of stores."),
        "next door": _("The tool's own store takes what it gets by itself; choose another one."),
        "setting": _("This store is named by the settings; change it there."),
        "same": _("Choose another store than the one that is redirected."),
    }
    return words[fault]
