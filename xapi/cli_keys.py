"""Commands about credentials and tokens: for the store alone, and for an application around it."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Protocol
from uuid import UUID

import click
from sqlalchemy.orm import Session

from xapi import credentials, tokens
from xapi.db import Begin, utcnow


class Opened(Protocol):
    """A database that holds the store's tables."""

    @property
    def begin(self) -> Begin:
        """Open a transaction that writes."""

    @property
    def read(self) -> Begin:
        """Open a transaction that only reads."""


Open = Callable[[], Opened]
Note = Callable[[Session, str, str, datetime], None]
"""Writes down an act, what it was done to, and when, in the transaction of the act."""


def unnoted(session: Session, act: str, about: str, now: datetime) -> None:
    """Write down nothing."""


def make_commands(open_database: Open, note: Note = unnoted) -> tuple[click.Group, click.Group]:
    """Give the groups ``credentials`` and ``token``.

    Args:
        open_database: gives the database when a command runs.
        note: writes down what was done.
    """
    return _credentials(open_database, note), _token(open_database, note)


def _credentials(open_database: Open, note: Note) -> click.Group:
    group = click.Group("credentials", help="Keys with which clients come to the record store.")

    @group.command("add")
    @click.option("--label", required=True, help="Who it is for.")
    @click.option(
        "--scope",
        "scopes",
        type=click.Choice(list(credentials.SCOPES)),
        multiple=True,
        default=credentials.DEFAULT_SCOPES,
        show_default=True,
        help="What it may do; give it several times for several.",
    )
    def add(label: str, scopes: tuple[str, ...]) -> None:
        """Make a key; its secret is shown once."""
        now = utcnow()
        with open_database().begin() as session:
            key, secret = credentials.create(session, label=label, scopes=scopes, now=now)
            note(session, "credential.added", key, now)
        click.echo(f"key     {key}\nsecret  {secret}")

    @group.command("list")
    def list_all() -> None:
        """Show the keys that are good."""
        with open_database().read() as session:
            for each in credentials.list_credentials(session):
                scopes = " ".join(each.scopes)
                click.echo(f"{each.key}  {each.created_at:%Y-%m-%d}  {scopes}  {each.label}")

    @group.command("withdraw")
    @click.argument("key")
    def withdraw(key: str) -> None:
        """End a key at once."""
        now = utcnow()
        with open_database().begin() as session:
            if not credentials.withdraw(session, key, now=now):
                raise click.ClickException("There is no such key, or it was withdrawn before.")
            note(session, "credential.withdrawn", key, now)
        click.echo(f"{key} is withdrawn.")

    return group


def _token(open_database: Open, note: Note) -> click.Group:
    group = click.Group("token", help="Short-lived keys for content players.")

    @group.command("add")
    @click.option("--actor", required=True, metavar="JSON", help="The agent it speaks of.")
    @click.option("--activity", required=True, metavar="IRI", help="The activity it is for.")
    @click.option("--registration", type=click.UUID, help="The only one it may name.")
    @click.option("--minutes", type=click.IntRange(1, 60 * 24 * 31), default=120, show_default=True)
    def add(actor: str, activity: str, registration: UUID | None, minutes: int) -> None:
        """Make a token for one actor and one activity with what lies below it."""
        now = utcnow()
        try:
            with open_database().begin() as session:
                made = tokens.create(
                    session,
                    actor=_agent(actor),
                    activity=activity,
                    registration=registration,
                    lasts=timedelta(minutes=minutes),
                    now=now,
                )
                note(session, "token.added", made.key, now)
        except ValueError as error:
            raise click.ClickException(f"{error}.") from error
        click.echo(f"key     {made.key}\nsecret  {made.secret}")
        click.echo(f"header  Authorization: Basic {made.basic}")
        click.echo(f"until   {made.expires_at:%Y-%m-%d %H:%M} UTC")

    @group.command("withdraw")
    @click.argument("key")
    def withdraw(key: str) -> None:
        """End a token before its time."""
        now = utcnow()
        with open_database().begin() as session:
            if not tokens.withdraw(session, key):
                raise click.ClickException("There is no such token, or it is over.")
            note(session, "token.withdrawn", key, now)
        click.echo(f"{key} is withdrawn.")

    return group


def _agent(text: str) -> dict[str, Any]:
    try:
        given = json.loads(text)
    except ValueError as error:
        raise click.ClickException("The actor must be JSON, as in a statement.") from error
    if not isinstance(given, dict):
        raise click.ClickException("The actor must be an object, as in a statement.")
    return given
