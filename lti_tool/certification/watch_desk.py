"""Officers' desk: the log of acts about certification, and how keys and lists do; to be read."""

from __future__ import annotations

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from lti_tool import db
from lti_tool.certification import desk_frame, watching
from lti_tool.certification.desk_frame import PREFIX, READERS, take_seat
from lti_tool.certification.watching import Looked
from lti_tool.errors import BadRequestError
from lti_tool.visit import Role
from lti_tool.web import DeskPage, open_to, schemes, settings

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
        within = take_seat(session).within
        looked = watching.look_at_log(session, within=within, now=db.utcnow())
    return _log(looked)


def _log(looked: Looked | None) -> ResponseReturnValue:
    given = request.args.get("before", "")
    if given and not (given.isascii() and given.isdigit() and len(given) <= LONGEST):
        raise BadRequestError("line of the log")
    group = request.args.get("about", "")
    with db.read() as session:
        within = take_seat(session).within
        found, after = watching.list_acts(
            session, group=group, before=int(given) if given else None, within=within
        )
    return render_template(
        "certification/desk/log.html",
        found=found,
        after=after,
        is_first=not given,
        group=group,
        groups=watching.groups_for(within),
        is_narrow=within is not None,
        looked=looked,
    )


@bp.get(HEALTH)
@open_to(Role.OFFICER, Role.ADMINISTRATOR)
def health() -> ResponseReturnValue:
    """Show how keys, status lists and the worker do, and for what nobody issues."""
    now, issuers = db.utcnow(), desk_frame.issuers()
    with db.read() as session:
        within = take_seat(session).within
        found = watching.health_of(session, settings().public_url, within=within, now=now)
    return render_template(
        "certification/desk/health.html",
        found=found,
        is_narrow=within is not None,
        unissued=issuers.lacking(schemes()),
        issuers_fault=issuers.fault,
        now=now,
        key_state=watching.key_state,
        is_late=watching.is_late,
    )
