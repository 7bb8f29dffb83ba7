"""A record store and nothing else: ``python -m xapi serve``."""

from __future__ import annotations

import functools
import os
import sys
from pathlib import Path

import click

from migrations import upgrading
from xapi import cli_keys, cli_stores, settings
from xapi.cli_keeping import Keeping
from xapi.cli_profile import profile_cli
from xapi.db import Database
from xapi.host import authority_of
from xapi.sealing import Sealer
from xapi.settings import Settings, SettingsError
from xapi.worker import Forwarder

LINE_BYTES = 8190
"""The longest first line of a request: agents and filters stand in it."""
PATIENCE_S = 120
"""How long one request may take, a large attachment on a slow line."""
FEW_ARENAS = ("MALLOC_ARENA_MAX", "2")
"""Keeps glibc from setting memory aside for each thread anew, which only one of uses at a time."""
SHARED_MEMORY = Path("/dev/shm")  # noqa: S108  # gunicorn names its file there as tempfile does


@click.group(
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=f"\b\nSettings are read from the environment:\n{settings.explained()}",
)
def main() -> None:
    """A learning record store for xAPI 1.0.3 and 2.0 (docs/record-store.md)."""


@main.command("serve")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen at.")
@click.option("--port", type=click.IntRange(1, 65535), default=8090, show_default=True)
@click.option("--workers", type=click.IntRange(1, 64), default=1, show_default=True)
@click.option("--threads", type=click.IntRange(1, 128), default=8, show_default=True)
def serve(host: str, port: int, workers: int, threads: int) -> None:
    """Serve the store with gunicorn, behind a proxy that speaks TLS.

    One worker is best on SQLite, two for each core on PostgreSQL.
    """
    _settings()
    click.echo(f"The store answers at http://{host}:{port}/xapi")
    sys.stdout.flush()
    told = {
        "--bind": f"{host}:{port}",
        "--workers": str(workers),
        "--threads": str(threads),
        "--timeout": str(PATIENCE_S),
        "--limit-request-line": str(LINE_BYTES),
    }
    if SHARED_MEMORY.is_dir():  # a sign of life is a write of the file system, twice a request
        told["--worker-tmp-dir"] = str(SHARED_MEMORY)
    options = [part for pair in told.items() for part in pair]
    os.environ.setdefault(*FEW_ARENAS)
    command = [sys.executable, "-m", "gunicorn", *options, "xapi.app:create_app()"]
    os.execv(sys.executable, command)  # noqa: S606  # our own interpreter, numbers checked by click


@main.group("db")
def db_cli() -> None:
    """The store's tables."""


@db_cli.command("upgrade")
def upgrade() -> None:
    """Bring the store's tables up to date."""
    before, after = upgrading.upgrade(_database().engine, "xapi")
    told = f"from {before} to {after}" if before != after else f"at {after} already"
    click.echo(f"The store's tables are {told}.")


def _settings() -> Settings:
    try:
        return Settings.from_environ(os.environ)
    except SettingsError as error:
        raise click.ClickException(str(error)) from error


@functools.cache
def _database() -> Database:
    return Database(_settings().database_url)


def _sealer() -> Sealer:
    secret = _settings().secret_key
    if not secret:
        raise click.ClickException(
            "Set XAPI_SECRET_KEY, which encrypts the passwords of other stores; "
            "`openssl rand -hex 32` makes one."
        )
    return Sealer(secret)


def _keeping() -> Keeping:
    database = _database()
    own_url = f"{_settings().public_url}/xapi"
    seal = _sealer().seal
    return Keeping(database.begin, database.read, seal, own_url, has_own=False)


@main.command("worker")
@click.option("--once", is_flag=True, help="Go round until nothing is left to do now, then end.")
def worker(once: bool) -> None:
    """Send statements on to other stores, as rules and copying say; needed only for that."""
    database, authority = _database(), authority_of(_settings().public_url)
    forwarder = Forwarder(database.begin, authority, _sealer().unseal)
    if not once:
        forwarder.listen()
    forwarder.run(once=once)
    database.dispose()


for _command in (
    *cli_keys.make_commands(_database),
    cli_stores.make_commands(_keeping),
    profile_cli,
):
    main.add_command(_command)


if __name__ == "__main__":
    main()
