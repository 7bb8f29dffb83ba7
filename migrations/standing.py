"""Where a database stands: asked at every look whether the tool is ready, so without Alembic."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, column, inspect, select, table

FOLDER = Path(__file__).parent
BRANCHES = ("tool", "xapi")


def newest(branch: str) -> str:
    """Give the newest revision of a branch, from the file HEAD."""
    for line in (FOLDER / "HEAD").read_text().splitlines():
        name, _, revision = line.partition(" ")
        if name == branch:
            return revision
    raise ValueError(f"no branch {branch!r} in HEAD")


def current(connection: Connection, branch: str) -> str | None:
    """Give the revision that a database is at; None: the branch was never brought there."""
    name = version_table(branch)
    if not inspect(connection).has_table(name):
        return None
    return connection.scalar(select(column("version_num")).select_from(table(name)))


def version_table(branch: str) -> str:
    """Name the table that keeps a branch's revision."""
    return f"{branch}_version"
