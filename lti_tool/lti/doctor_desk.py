"""The launch doctor on the desk: newest traces, and one by its code."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from lti_tool import db
from lti_tool.errors import NotFoundError
from lti_tool.lti import doctor, platforms
from lti_tool.lti.doctor import TraceFilter
from lti_tool.visit import Role
from lti_tool.web import VISIT_PREFIX, open_to, with_note

bp = Blueprint("doctor", __name__)

PREFIX = f"{VISIT_PREFIX}/desk/launches"


@bp.get(PREFIX)
@open_to(Role.ADMINISTRATOR)
def show() -> ResponseReturnValue:
    """List the newest launches that fit what is asked for."""
    platform_id = _uuid(request.args.get("platform", ""))
    every = request.args.get("show") == "all"
    with db.read() as session:
        traces = doctor.list_traces(
            session, TraceFilter(platform_id=platform_id, refused_only=not every)
        )
        known = platforms.list_all(session)
    return render_template(
        "lti/desk/launches.html",
        traces=traces,
        platforms=known,
        platform_id=platform_id,
        every=every,
    )


@bp.get(f"{PREFIX}/find")
@open_to(Role.ADMINISTRATOR)
def find() -> ResponseReturnValue:
    """Lead to the trace of a code that was typed in."""
    typed = request.args.get("code", "")
    try:
        with db.read() as session:
            found = doctor.find(session, typed)
    except NotFoundError as error:
        return redirect(with_note(url_for("lti_desk.doctor.show"), str(error.words), "bad"), 303)
    return redirect(url_for("lti_desk.doctor.trace", code=found.trace.code), 303)


@bp.get(f"{PREFIX}/<code>")
@open_to(Role.ADMINISTRATOR)
def trace(code: str) -> ResponseReturnValue:
    """Show one launch: what was found, why, and what helps."""
    with db.read() as session:
        shown = doctor.find(session, code)
    return render_template("lti/desk/launch.html", shown=shown)


def _uuid(given: str) -> UUID | None:
    try:
        return UUID(given)
    except ValueError:
        return None
