"""What somebody can do who owns the tables: take the guards away, and put them back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from lti_tool.db import Database

_TRIGGERS = text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")


@contextmanager
def unguarded(session: Session) -> Iterator[None]:
    """Let rows be changed that are only added to; within the transaction of the session."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SET LOCAL session_replication_role = replica"))
        yield
        session.execute(text("SET LOCAL session_replication_role = origin"))
        return
    connection = session.connection()
    found = connection.execute(_TRIGGERS).all()
    for each in found:
        connection.exec_driver_sql(f"DROP TRIGGER {each.name}")
    yield
    session.flush()
    for each in found:
        connection.exec_driver_sql(each.sql)


def tamper(database: Database, *statements: Any) -> None:
    """Run statements as the owner of the tables, past their guards."""
    with database.begin() as session, unguarded(session):
        for each in statements:
            session.execute(each, execution_options={"synchronize_session": False})
