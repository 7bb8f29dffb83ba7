"""Bring the tables of a database up to date, one branch at a time."""

from __future__ import annotations

from typing import Any

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import Connection, Engine, text

from migrations.standing import BRANCHES, FOLDER, current, newest, version_table

__all__ = [
    "BRANCHES",
    "FOLDER",
    "UnknownRevisionError",
    "config",
    "current",
    "downgrade",
    "locked",
    "newest",
    "upgrade",
    "version_table",
]

LOCK = 0x6C74695F6D696772
"""Advisory lock of PostgreSQL: two upgrades at once wait for each other."""


class UnknownRevisionError(Exception):
    """A database was made by a version of the tool whose revisions this one does not have."""


def upgrade(engine: Engine, branch: str, target: str = "head") -> tuple[str | None, str | None]:
    """Upgrade one branch in one transaction, under a lock; give the revisions before and after.

    Raises:
        UnknownRevisionError: nothing was changed.
    """
    with locked(engine) as connection, connection.begin():
        if engine.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
        before = current(connection, branch)
        try:
            command.upgrade(config(connection, branch), f"{branch}@{target}")
        except CommandError as error:
            raise UnknownRevisionError(
                f"the tables of {branch!r} stand at {before!r}, which this version does not know: "
                "they were made by a newer version, or by one before the first release"
            ) from error
        return before, current(connection, branch)


def downgrade(engine: Engine, branch: str, target: str = "base") -> None:
    """Take a branch back to an earlier revision, or to nothing."""
    with locked(engine) as connection, connection.begin():
        command.downgrade(config(connection, branch), f"{branch}@{target}")


def locked(engine: Engine) -> Connection:
    """Give a connection whose transactions on SQLite lock the file from their beginning."""
    return engine.connect().execution_options(sqlite_begin="IMMEDIATE")


def config(connection: Connection, branch: str, **attributes: Any) -> Config:
    """Make what Alembic's commands want."""
    made = Config()
    made.set_main_option("script_location", str(FOLDER))
    made.set_main_option("path_separator", "os")
    made.attributes.update(connection=connection, branch=branch, **attributes)
    return made
