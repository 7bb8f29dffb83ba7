"""Short-lived keys for content players: each for one actor, one activity and what lies below it."""

from __future__ import annotations

import base64
import re
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from xapi.contents import identifier_of
from xapi.credentials import PLAYER, Bound, Client, hash_of
from xapi.models import Token
from xapi.people import check_asked_actor
from xapi.values import check_iri
from xapi.vocabulary import VOIDED

KEY = re.compile(r"t-[0-9a-f]{32}")
SCOPES = frozenset({"statements/write", "state", PLAYER})
KEPT = timedelta(days=1)
"""How long an expired token stays, so that its player is told why it is refused."""
BELOW = ("/", "#", "?")
"""What follows an activity's id in the ids of what lies below it."""


class NotBoundError(Exception):
    """A token was used for something else than it is for."""


@dataclass(frozen=True, slots=True)
class Made:
    """A new token; its secret is never shown again."""

    key: str
    secret: str
    expires_at: datetime

    @property
    def basic(self) -> str:
        """Give what follows ``Basic`` in the header Authorization (cmi5's ``auth-token``)."""
        return base64.b64encode(f"{self.key}:{self.secret}".encode()).decode()


def create(
    session: Session,
    *,
    actor: Mapping[str, Any],
    activity: str,
    registration: UUID | None = None,
    lasts: timedelta,
    now: datetime,
) -> Made:
    """Make a token; those that are long over are removed on the way.

    Args:
        session: of a transaction that writes.
        actor: an agent as in statements; the only one the token may speak of.
        activity: IRI; statements may be about it and what lies below it.
        registration: where given, every statement and state must name it.
        lasts: how long it is good.
        now: the present moment.

    Raises:
        xapi.values.StatementError: actor or activity are not as the standard has them.
        ValueError: the actor is an anonymous group, or it would last no time.
    """
    check_asked_actor(dict(actor), "actor")
    check_iri(activity, "activity", "2.4.4.1")
    identifier = identifier_of(actor)
    if identifier is None:
        raise ValueError("the actor needs an identifier")
    if lasts <= timedelta():
        raise ValueError("a token must last some time")
    session.execute(delete(Token).where(Token.expires_at < now - KEPT))
    made = Made(f"t-{secrets.token_hex(16)}", secrets.token_urlsafe(32), now + lasts)
    session.add(
        Token(
            key=made.key,
            secret_hash=hash_of(made.secret),
            actor=identifier,
            activity=activity,
            registration=registration,
            created_at=now,
            expires_at=made.expires_at,
        )
    )
    return made


def is_token(key: str) -> bool:
    """Say whether a key has the form of a token's."""
    return KEY.fullmatch(key) is not None


def find_client(session: Session, key: str, secret: str, *, now: datetime) -> Client | None:
    """Give the client of a token; None where it is not good, or over."""
    row = session.execute(
        select(Token.secret_hash, Token.actor, Token.activity, Token.registration).where(
            Token.key == key, Token.expires_at > now
        )
    ).one_or_none()
    held = row.secret_hash if row else "-" * 64
    same = secrets.compare_digest(held, hash_of(secret))
    if row is None or not same:
        return None
    return Client(key, "token", SCOPES, Bound(row.actor, row.activity, row.registration))


def withdraw(session: Session, key: str) -> bool:
    """End a token before its time; say False where there is none."""
    ended = session.execute(delete(Token).where(Token.key == key).returning(Token.key))
    return ended.first() is not None


def remove_of_actor(session: Session, actor: str) -> None:
    """End all tokens of an actor, by its identifier."""
    session.execute(delete(Token).where(Token.actor == actor))


def check_statement(bound: Bound, statement: Mapping[str, Any]) -> None:
    """Refuse a statement that is not of the actor, the activity and the registration.

    It may be about the activity or what lies below it, or name one of them as parent or grouping.

    Args:
        bound: whom and what the token is for.
        statement: one that ``validation.py`` has let through.

    Raises:
        NotBoundError: it is somebody else's, or about something else.
    """
    if identifier_of(statement["actor"]) != bound.actor:
        raise NotBoundError("this token speaks of another actor")
    if statement["verb"]["id"] == VOIDED:
        raise NotBoundError("a token voids nothing")
    context = statement.get("context", {})
    named = str(context.get("registration", "")).lower()
    if bound.registration is not None and named != str(bound.registration):
        raise NotBoundError("this token is for another registration")
    if not any(is_below(bound.activity, each) for each in _activities(statement)):
        raise NotBoundError("this token is for another activity")


def check_owner(bound: Bound, *, agent: str | None, activity: str | None) -> None:
    """Refuse what is of another actor or activity; None: it is of none.

    Raises:
        NotBoundError: it is somebody else's, or about something else.
    """
    if agent is not None and agent != bound.actor:
        raise NotBoundError("this token speaks of another actor")
    if activity is not None and not is_below(bound.activity, activity):
        raise NotBoundError("this token is for another activity")


def check_registration(bound: Bound, registration: UUID | None) -> None:
    """Refuse a state of another registration, or of none.

    Raises:
        NotBoundError: it is.
    """
    if bound.registration is not None and registration != bound.registration:
        raise NotBoundError("this token is for another registration")


def is_below(activity: str, iri: str) -> bool:
    """Say whether an IRI is the activity's, or of what lies below it."""
    return iri == activity or iri.startswith(tuple(f"{activity}{sign}" for sign in BELOW))


def _activities(statement: Mapping[str, Any]) -> Iterator[str]:
    thing = statement["object"]
    if thing.get("objectType", "Activity") == "Activity":
        yield thing["id"]
    above = statement.get("context", {}).get("contextActivities", {})
    for role in ("parent", "grouping"):
        listed = above.get(role, [])
        for each in listed if isinstance(listed, list) else [listed]:
            yield each["id"]
