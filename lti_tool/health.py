"""Alive? Ready? What is late?"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from flask import Blueprint, current_app, jsonify
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from lti_tool import beats, db
from lti_tool.web import open_to_all
from migrations.standing import BRANCHES, current, newest

bp = Blueprint("health", __name__)

LATE = timedelta(minutes=5)
"""How long a job of the worker may be silent before it counts as late."""


@bp.get("/healthz")
@open_to_all
def alive() -> ResponseReturnValue:
    """Say that this process answers."""
    return jsonify(status="ok")


@bp.get("/readyz")
@open_to_all
def ready() -> ResponseReturnValue:
    """Say whether this process can serve (database reached, tables up to date), and what is late.

    503 where it cannot. A worker that is late is told and does not make the web process unready.
    """
    faults: list[str] = []
    late: dict[str, Any] = {}
    try:
        with db.read() as session:
            faults += [
                f"branch {name} is not upgraded: lti-tool db upgrade" for name in _old(session)
            ]
            late = {} if faults else _late(session, db.utcnow())
    except SQLAlchemyError:
        faults.append("the database cannot be reached")
    body = {
        "status": "unready" if faults else "ok",
        "faults": faults,
        "late": late,
        "courses": len(current_app.extensions["lti_tool.catalogue"].all()),
    }
    return jsonify(body), 503 if faults else 200


def _old(session: Session) -> list[str]:
    connection = session.connection()
    return [branch for branch in BRANCHES if current(connection, branch) != newest(branch)]


def _late(session: Session, now: datetime) -> dict[str, Any]:
    lines = beats.list_beats(session)
    late: dict[str, Any] = {
        line.job: {"at": line.at.isoformat(), "failing_since": _iso(line.failing_since)}
        for line in lines
        if now - line.at > LATE or line.failing_since
    }
    if not lines:
        late["worker"] = "has never run: lti-tool worker"
    return late


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
