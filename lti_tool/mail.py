"""Mail through a table of its own: written with what happened, sent by the worker.

What is queued is kept encrypted, address and content alike, since a link in it opens doors. Both
leave the table some days after they were sent; what was sent about what, and when, stays.
"""

from __future__ import annotations

import json
import random
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import String, Text, or_, select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from lti_tool import audit
from lti_tool.db import Base, Begin, Erasure
from lti_tool.mail_ways import Parcel, RefusedError, TroubleError, opened
from lti_tool.settings import Settings
from lti_tool.vault import Vault, VaultError

PURPOSE = "mail"
LEASE = timedelta(minutes=10)
FIRST_WAIT = timedelta(minutes=1)
LONGEST_WAIT = timedelta(hours=6)
GIVE_UP = timedelta(days=7)
ROUND_S = 30.0
"""How long one round sends; other jobs wait meanwhile."""
KEEP_SENT = timedelta(days=7)
KEEP_STUCK = timedelta(days=30)
"""After which address and content leave the table."""


class Mail(Base):
    """One letter to one address, on its way or sent."""

    __tablename__ = "mail"
    on_erasure = Erasure.EMPTIED

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    key: Mapped[str] = mapped_column(String(160), unique=True)
    """What it says about what, such as ``ready:<certificate>``: nothing is sent twice."""
    about: Mapped[UUID | None] = mapped_column(index=True)
    """Id of what it is about; the table has no key to it."""
    to_sealed: Mapped[str] = mapped_column(Text)
    """Empty once it was forgotten."""
    subject: Mapped[str] = mapped_column(String(200))
    """Never personal."""
    content_sealed: Mapped[str] = mapped_column(Text)
    """Text and HTML; empty once they were forgotten."""
    queued_at: Mapped[datetime]
    """When it was written, or put back for another round of tries."""
    due_at: Mapped[datetime | None] = mapped_column(index=True)
    """When it is tried next; moved ahead by a lease. None: sent, or given up."""
    tries: Mapped[int] = mapped_column(default=0)
    reason: Mapped[str] = mapped_column(String(400), default="")
    """Why the newest try failed, without the address."""
    stuck_at: Mapped[datetime | None]
    """When it was given up."""
    sent_at: Mapped[datetime | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """What is to be sent."""

    key: str
    to: str
    subject: str
    text: str
    html: str
    about: UUID | None = None


@dataclass(frozen=True, slots=True)
class ShownMail:
    """How a letter stands, for desks and the command line; nothing personal."""

    id: UUID
    key: str
    subject: str
    state: str
    """``sent``, ``stuck`` or ``waiting``."""
    queued_at: datetime
    due_at: datetime | None
    sent_at: datetime | None
    tries: int
    reason: str


def queue(session: Session, letter: Letter, vault: Vault, *, now: datetime) -> bool:
    """Queue a letter in the caller's transaction; False where one of its key was queued before."""
    content = json.dumps([letter.text, letter.html])
    is_postgresql = session.get_bind().dialect.name == "postgresql"
    insert = postgresql_insert if is_postgresql else sqlite_insert
    made = insert(Mail).values(
        key=letter.key,
        about=letter.about,
        to_sealed=vault.encrypt(letter.to, purpose=PURPOSE),
        subject=letter.subject,
        content_sealed=vault.encrypt(content, purpose=PURPOSE),
        queued_at=now,
        due_at=now,
    )
    made = made.on_conflict_do_nothing(index_elements=[Mail.key])
    return session.execute(made.returning(Mail.id)).first() is not None


# What the worker does


@dataclass(frozen=True, slots=True)
class _Claim:
    id: UUID
    to_sealed: str
    subject: str
    content_sealed: str
    tries: int
    queued_at: datetime


def send_due(
    begin: Begin, settings: Settings, vault: Vault, *, now: datetime, limit: int = 50
) -> int:
    """Send what is due; give how many letters were tried.

    T{ claim } send T{ settle }: a worker that dies in between sends a letter again, under the
    same message id. What concerns the server and not the letter ends the round for all.
    """
    if not settings.mail_url:
        return 0
    with begin() as session:
        claims = _claim(session, now=now, limit=limit)
    if not claims:
        return 0
    ends = time.monotonic() + ROUND_S
    left = list(claims)
    try:
        with opened(settings) as send:
            while left and time.monotonic() < ends:
                try:
                    send(_parcel(left[0], settings, vault, now))
                except RefusedError as error:
                    _refused(begin, left[0], error, now=now)
                except VaultError as error:
                    _rest(begin, left[0], f"It cannot be read: {error}.", now=now)
                else:
                    _settle(begin, left[0].id, sent_at=now, due_at=None, reason="")
                left.pop(0)
    except TroubleError as error:
        for claim in left:
            _wait(begin, claim, str(error), now=now)
        return len(claims)
    for claim in left:  # the round was over
        _settle(begin, claim.id, due_at=now)
    return len(claims) - len(left)


def forget(session: Session, *, now: datetime) -> int:
    """Remove address and content of what was sent or given up some days ago; give how many."""
    old = or_(Mail.sent_at < now - KEEP_SENT, Mail.stuck_at < now - KEEP_STUCK)
    gone = session.scalars(
        update(Mail)
        .where(old, Mail.to_sealed != "")
        .values(to_sealed="", content_sealed="")
        .returning(Mail.id)
        .execution_options(synchronize_session=False)
    )
    return len(gone.all())


# What desks and commands show


def list_mail(
    session: Session, *, about: Collection[UUID] = (), sent: bool = False, limit: int = 200
) -> list[ShownMail]:
    """Give letters, the newest first.

    Args:
        session: open.
        about: ids of what they are about; empty: whatever they are about.
        sent: whether those that were sent are wanted too.
        limit: the most.
    """
    wanted = select(Mail).order_by(Mail.queued_at.desc(), Mail.id).limit(limit)
    if about:
        wanted = wanted.where(Mail.about.in_(about))
    if not sent:
        wanted = wanted.where(Mail.sent_at.is_(None))
    return [_shown(each) for each in session.scalars(wanted)]


def retry(session: Session, ids: Sequence[UUID] = (), *, who: str, now: datetime) -> int:
    """Give letters that are stuck or wait another round of tries; give how many.

    Args:
        session: open.
        ids: which; empty: all that are stuck.
        who: whose act it is.
        now: the moment.
    """
    those = Mail.id.in_(ids) if ids else Mail.stuck_at.is_not(None)
    again = session.scalars(
        update(Mail)
        .where(those, Mail.sent_at.is_(None), Mail.to_sealed != "")
        .values(due_at=now, queued_at=now, tries=0, stuck_at=None)
        .returning(Mail.id)
        .execution_options(synchronize_session=False)
    ).all()
    if again:
        told = {"letters": sorted(str(each) for each in again)}
        audit.note(session, "mail.retried", who=who, about="mail", detail=told, now=now)
    return len(again)


def _shown(mail: Mail) -> ShownMail:
    state = "sent" if mail.sent_at else "stuck" if mail.stuck_at else "waiting"
    return ShownMail(
        mail.id,
        mail.key,
        mail.subject,
        state,
        mail.queued_at,
        mail.due_at,
        mail.sent_at,
        mail.tries,
        mail.reason,
    )


def _claim(session: Session, *, now: datetime, limit: int) -> list[_Claim]:
    due = select(Mail.id).where(Mail.due_at <= now).order_by(Mail.due_at).limit(limit).cte("due")
    rows = session.execute(
        update(Mail)
        .where(Mail.id.in_(select(due.c.id)), Mail.due_at <= now)
        .values(due_at=now + LEASE)
        .returning(
            Mail.id, Mail.to_sealed, Mail.subject, Mail.content_sealed, Mail.tries, Mail.queued_at
        )
        .execution_options(synchronize_session=False)
    )
    return [_Claim(*row) for row in rows]


def _parcel(claim: _Claim, settings: Settings, vault: Vault, now: datetime) -> Parcel:
    text, html = json.loads(vault.decrypt(claim.content_sealed, purpose=PURPOSE))
    return Parcel(
        id=claim.id,
        sender=settings.mail_from,
        sender_name=settings.organisation,
        to=vault.decrypt(claim.to_sealed, purpose=PURPOSE),
        subject=claim.subject,
        text=text,
        html=html,
        at=now,
    )


def _refused(begin: Begin, claim: _Claim, error: RefusedError, *, now: datetime) -> None:
    if error.is_final:
        _rest(begin, claim, str(error), now=now)
    else:
        _wait(begin, claim, str(error), now=now)


def _wait(begin: Begin, claim: _Claim, reason: str, *, now: datetime) -> None:
    if now - claim.queued_at >= GIVE_UP:
        _rest(begin, claim, f"{reason} Given up after seven days.", now=now)
        return
    wait = min(FIRST_WAIT * 2 ** min(claim.tries, 12), LONGEST_WAIT)
    wait *= random.uniform(0.8, 1.0)  # noqa: S311  # spreads the load, keeps no secret
    _settle(begin, claim.id, due_at=now + wait, tries=claim.tries + 1, reason=reason[:400])


def _rest(begin: Begin, claim: _Claim, reason: str, *, now: datetime) -> None:
    told = reason[:400]
    _settle(begin, claim.id, due_at=None, stuck_at=now, tries=claim.tries + 1, reason=told)


def _settle(begin: Begin, mail_id: UUID, **values: object) -> None:
    with begin() as session:
        session.execute(
            update(Mail).where(Mail.id == mail_id).values(**values),
            execution_options={"synchronize_session": False},
        )
