"""Append-only log of acts, each line hashed with the one before; no personal data."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import DDL, FromClause, String, event, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from lti_tool.db import Base, Erasure

START = "0" * 64
LOCK = 0x6C74695F_61756469 & 0x7FFFFFFFFFFFFFFF
AT_ONCE = 2000
"""Lines read together where the whole log is looked through."""
GUARDS = {
    "postgresql": (
        "CREATE OR REPLACE FUNCTION only_added_to() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "RAISE EXCEPTION USING MESSAGE = TG_TABLE_NAME || ' is only added to'; END $$",
        "CREATE TRIGGER %(table)s_only_added_to BEFORE UPDATE OR DELETE OR TRUNCATE ON %(table)s "
        "FOR EACH STATEMENT EXECUTE FUNCTION only_added_to()",
    ),
    "sqlite": (
        "CREATE TRIGGER %(table)s_no_update BEFORE UPDATE ON %(table)s "
        "BEGIN SELECT RAISE(ABORT, '%(table)s is only added to'); END",
        "CREATE TRIGGER %(table)s_no_delete BEFORE DELETE ON %(table)s "
        "BEGIN SELECT RAISE(ABORT, '%(table)s is only added to'); END",
    ),
}
"""What each database is told, so that it refuses to change or remove a row of a table."""


def guard(table: FromClause) -> None:
    """Have a table made with triggers that refuse to change or remove its rows.

    They stop mistakes and whoever came in through the tool; who owns the table can take them away.
    """
    for dialect, statements in GUARDS.items():
        for statement in statements:
            made = DDL(statement)  # type: ignore[no-untyped-call]  # untyped there
            event.listen(table, "after_create", made.execute_if(dialect=dialect))


class AuditLine(Base):
    """One act of one person at one moment."""

    __tablename__ = "audit_line"
    on_erasure = Erasure.KEPT

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    act: Mapped[str] = mapped_column(String(60), index=True)
    """What was done, such as ``platform.added``."""
    who: Mapped[str] = mapped_column(String(80))
    """Id of a person, ``command line``, ``worker`` or ``desk link``."""
    about: Mapped[str] = mapped_column(String(120), index=True)
    """Id of what it was done to."""
    detail: Mapped[dict[str, Any]]
    before_hash: Mapped[str] = mapped_column(String(64))
    line_hash: Mapped[str] = mapped_column(String(64), unique=True)


guard(AuditLine.__table__)


def note(
    session: Session,
    act: str,
    *,
    who: str,
    about: str,
    detail: Mapping[str, Any] | None = None,
    now: datetime,
) -> AuditLine:
    """Add a line in the caller's transaction.

    Writers queue up behind one another, so that the chain has no fork; keep what follows short.
    """
    return note_each(session, act, who=who, about={about: detail or {}}, now=now)[0]


def note_each(
    session: Session,
    act: str,
    *,
    who: str,
    about: Mapping[str, Mapping[str, Any]],
    now: datetime,
) -> list[AuditLine]:
    """Add a line for each of several things that one act was done to.

    Args:
        session: of the act.
        act: what was done.
        who: by whom.
        about: id of each thing -> detail.
        now: the moment.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
    last = session.scalar(select(AuditLine).order_by(AuditLine.number.desc()).limit(1))
    number, before = (last.number, last.line_hash) if last else (0, START)
    lines = []
    for each, detail in about.items():
        number += 1
        line = AuditLine(
            number=number,
            at=now,
            act=act,
            who=who,
            about=each,
            detail=dict(detail),
            before_hash=before,
        )
        before = line.line_hash = _hash(line)
        lines.append(line)
    session.add_all(lines)
    session.flush()
    return lines


def find_break(session: Session, *, since: int = 1) -> int | None:
    """Give the number of the first line that was changed, removed or put in; None: all is whole.

    Args:
        session: reads.
        since: the first line that is looked at; the one before it is taken as it is.
    """
    before = START
    if since > 1:
        earlier = select(AuditLine.line_hash).where(AuditLine.number == since - 1)
        before = session.scalar(earlier) or ""
    for number, line in enumerate(_lines_since(session, since), start=since):
        whole = line.number == number and line.before_hash == before
        if not whole or line.line_hash != _hash(line):
            return number
        before = line.line_hash
    return None


def _lines_since(session: Session, number: int) -> Iterator[AuditLine]:
    """Give the lines from a number on, some at a time: a long log is never in memory whole."""
    query = select(AuditLine).order_by(AuditLine.number).limit(AT_ONCE)
    lines = session.scalars(query.where(AuditLine.number >= number)).all()
    while lines:
        yield from lines
        lines = session.scalars(query.where(AuditLine.number > lines[-1].number)).all()


def _hash(line: AuditLine) -> str:
    content = [
        line.number,
        line.at.astimezone(UTC).isoformat(timespec="microseconds"),
        line.act,
        line.who,
        line.about,
        line.detail,
        line.before_hash,
    ]
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()
