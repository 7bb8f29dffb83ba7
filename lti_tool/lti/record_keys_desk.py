"""Keys with which other programs come to the record store, on the desk."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from lti_tool import db
from lti_tool.errors import BadRequestError
from lti_tool.i18n import gettext as _
from lti_tool.lti import record_keys
from lti_tool.lti.links import who_of
from lti_tool.visit import Role
from lti_tool.web import VISIT_PREFIX, current_visit, open_to, settings, with_note
from xapi import credentials

bp = Blueprint("record_keys", __name__)

PREFIX = f"{VISIT_PREFIX}/desk/record-keys"


@bp.get(PREFIX)
@open_to(Role.ADMINISTRATOR)
def show() -> ResponseReturnValue:
    """List the keys, and offer to make one."""
    return _page(None)


@bp.post(PREFIX)
@open_to(Role.ADMINISTRATOR)
def make() -> ResponseReturnValue:
    """Make a key and show its secret, this once."""
    form = request.form
    try:
        with db.begin() as session:
            made = record_keys.add(
                session,
                form.get("label", ""),
                form.getlist("scope"),
                who=who_of(current_visit()),
                now=db.utcnow(),
            )
    except BadRequestError as error:
        return _page(error.words)
    return render_template(
        "lti/desk/record_key_made.html", made=made, address=f"{settings().public_url}/xapi"
    )


@bp.post(f"{PREFIX}/<key>/withdraw")
@open_to(Role.ADMINISTRATOR)
def withdraw(key: str) -> ResponseReturnValue:
    """End a key, here at once, in other processes within a second."""
    with db.begin() as session:
        ended = record_keys.withdraw(session, key, who=who_of(current_visit()), now=db.utcnow())
    words = _("The key is withdrawn; within a second whoever comes with it is refused.")
    if not ended:
        words = _("This key was withdrawn before.")
    return redirect(with_note(url_for("lti_desk.record_keys.show"), words), 303)


def _page(fault: str | None) -> ResponseReturnValue:
    with db.read() as session:
        found = credentials.list_credentials(session)
    page = render_template(
        "lti/desk/record_keys.html",
        found=found,
        chosen=request.form.getlist("scope") if fault else list(credentials.DEFAULT_SCOPES),
        label=request.form.get("label", "") if fault else "",
        fault=fault,
    )
    return page, 422 if fault else 200
