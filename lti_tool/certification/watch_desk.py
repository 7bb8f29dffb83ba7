"""Officers' desk: the log of acts about certification, and how keys and lists do; to be read."""

from __future__ import annotations

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from lti_tool import db
from lti_tool.certification import watching
from lti_tool.certification.desk_frame import PREFIX, READERS
from lti_tool.certification.watching import Looked
from lti_tool.errors import BadRequestError
from lti_tool.visit import Role
from lti_tool.web import DeskPage, open_to, settings

bp = Blueprint("certification_watch", __name__, template_folder="templates")

LOG = f"{PREFIX}/log"
HEALTH = f"{PREFIX}/health"
DESK_PAGES = (
    DeskPage("certification_watch.log", "Log of acts", READERS),
    DeskPage("certification_watch.health", "Keys and lists", READERS),
)
"""What of these pages stands in the desks' navigation."""
LONGEST = 18
"""Digits of a number of a line."""


@bp.get(LOG)
@open_to(Role.OFFICER, Role.ADMINISTRATOR)
def log() -> ResponseReturnValue:
    """Show what was done, the newest first."""
    return _log(None)


@bp.post(LOG)
@open_to(Role.OFFICER, Role.ADMINISTRATOR)
def look() -> ResponseReturnValue:
    """Look whether anybody changed the log."""
    with db.read() as session:
        looked = watching.look_at_log(session, now=db.utcnow())
    return _log(looked)


def _log(looked: Looked | None) -> ResponseReturnValue:
    given = request.args.get("before", "")
    if given and not (given.isascii() and given.isdigit() and len(given) <= LONGEST):
        raise BadRequestError("line of the log")
    group = request.args.get("about", "")
    with db.read() as session:
        found, after = watching.list_acts(
            session, group=group, before=int(given) if given else None
        )
    return render_template(
        "certification/desk/log.html",
        found=found,
        after=after,
        is_first=not given,
        group=group,
        groups=watching.GROUPS,
        looked=looked,
    )


@bp.get(HEALTH)
@open_to(Role.OFFICER, Role.ADMINISTRATOR)
def health() -> ResponseReturnValue:
    """Show how keys, status lists and the worker do."""
    now = db.utcnow()
    with db.read() as session:
        found = watching.health_of(session, settings().public_url, now=now)
    return render_template(
        "certification/desk/health.html",
        found=found,
        now=now,
        key_state=watching.key_state,
        is_late=watching.is_late,
    )
