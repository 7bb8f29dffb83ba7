"""A record store and nothing else: ``python -m xapi serve``."""

from __future__ import annotations

import os
from datetime import UTC, datetime

import click

from migrations import upgrading
from xapi import credentials
from xapi.app import create_app
from xapi.db import Database
from xapi.settings import Settings


@click.group()
def main() -> None:
    """A learning record store for xAPI 1.0.3 and 2.0."""


@main.command("serve")
@click.option("--port", type=click.IntRange(1, 65535), default=8090, show_default=True)
def serve(port: int) -> None:
    """Serve the store on this machine; for service put `xapi.app:create_app()` behind gunicorn."""
    click.echo(f"The store answers at http://127.0.0.1:{port}/xapi")
    create_app(_settings()).run(port=port, threaded=True)


@main.group("db")
def db_cli() -> None:
    """The store's tables."""


@db_cli.command("upgrade")
def upgrade() -> None:
    """Bring the store's tables up to date."""
    before, after = upgrading.upgrade(_database().engine, "xapi")
    told = f"from {before} to {after}" if before != after else f"at {after} already"
    click.echo(f"The store's tables are {told}.")


@main.group("credentials")
def credentials_cli() -> None:
    """Keys with which clients come to the store."""


@credentials_cli.command("add")
@click.option("--label", required=True, help="Who it is for.")
@click.option(
    "--scope",
    "scopes",
    type=click.Choice(credentials.SCOPES),
    multiple=True,
    default=("statements/write", "statements/read"),
    show_default=True,
)
def add(label: str, scopes: tuple[str, ...]) -> None:
    """Make a key; its secret is shown once."""
    with _database().begin() as session:
        key, secret = credentials.create(session, label=label, scopes=scopes, now=datetime.now(UTC))
    click.echo(f"key     {key}\nsecret  {secret}")


@credentials_cli.command("list")
def list_all() -> None:
    """Show the keys that are good."""
    with _database().read() as session:
        for each in credentials.list_credentials(session):
            scopes = " ".join(each.scopes)
            click.echo(f"{each.key}  {each.created_at:%Y-%m-%d}  {scopes}  {each.label}")


@credentials_cli.command("withdraw")
@click.argument("key")
def withdraw(key: str) -> None:
    """End a key at once."""
    with _database().begin() as session:
        if not credentials.withdraw(session, key, now=datetime.now(UTC)):
            raise click.ClickException("There is no such key, or it was withdrawn before.")
    click.echo(f"{key} is withdrawn.")


def _settings() -> Settings:
    try:
        return Settings.from_environ(os.environ)
    except ValueError as error:
        raise click.ClickException(str(error)) from error


def _database() -> Database:
    return Database(_settings().database_url)


if __name__ == "__main__":
    main()
