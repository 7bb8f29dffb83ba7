"""Roles given here, and the tool's own keys."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from lti_tool import db, grants
from lti_tool.errors import BadRequestError
from lti_tool.i18n import gettext as _
from lti_tool.lti import granting, keys, platforms
from lti_tool.lti.granting import GRANTABLE
from lti_tool.lti.links import who_of
from lti_tool.lti.routes import forget_visits
from lti_tool.visit import Role
from lti_tool.web import VISIT_PREFIX, current_visit, open_to, vault, with_note

bp = Blueprint("people", __name__)

ROLES = f"{VISIT_PREFIX}/desk/roles"
KEYS = f"{VISIT_PREFIX}/desk/keys"


@bp.get(ROLES)
@open_to(Role.ADMINISTRATOR)
def roles() -> ResponseReturnValue:
    """List who holds which role by grant, and offer to give one."""
    return _roles(None)


@bp.post(ROLES)
@open_to(Role.ADMINISTRATOR)
def grant() -> ResponseReturnValue:
    """Give somebody a role, perhaps before they ever came."""
    form = request.form
    try:
        role = granting.read_role(form.get("role", ""))
        with db.begin() as session:
            given = granting.grant(
                session,
                role,
                form.get("issuer", ""),
                form.get("subject", ""),
                scheme_id=form.get("scheme", ""),
                who=who_of(current_visit()),
                now=db.utcnow(),
            )
    except BadRequestError as error:
        return _roles(error.words)
    words = _("The role is given; it counts from their next launch on.")
    if not given:
        words = _("They hold this role already.")
    return redirect(with_note(url_for("lti_desk.people.roles"), words), 303)


@bp.post(f"{ROLES}/withdraw")
@open_to(Role.ADMINISTRATOR)
def withdraw() -> ResponseReturnValue:
    """Take a role away; visits that rest on it end."""
    form = request.form
    with db.begin() as session:
        taken = granting.withdraw(
            session,
            granting.read_role(form.get("role", "")),
            form.get("issuer", ""),
            form.get("subject", ""),
            scheme_id=form.get("scheme", ""),
            who=who_of(current_visit()),
            now=db.utcnow(),
        )
    forget_visits()
    words = _("The role is taken away, and their visits are ended.")
    if not taken:
        words = _("They did not hold this role any more.")
    return redirect(with_note(url_for("lti_desk.people.roles"), words), 303)


@bp.get(KEYS, endpoint="keys")
@open_to(Role.ADMINISTRATOR)
def list_keys() -> ResponseReturnValue:
    """List the tool's keys with what each is good for now."""
    now = db.utcnow()
    with db.read() as session:
        found = keys.list_keys(session)
    signing = granting.signing_kid(found, now)
    return render_template("lti/desk/keys.html", found=found, now=now, signing=signing)


@bp.post(KEYS)
@open_to(Role.ADMINISTRATOR)
def rotate() -> ResponseReturnValue:
    """Make a new key."""
    at_once = "at_once" in request.form
    with db.begin() as session:
        granting.rotate_keys(
            session, vault(), at_once=at_once, who=who_of(current_visit()), now=db.utcnow()
        )
    words = _("A new key is made and published. It signs from tomorrow on.")
    if at_once:
        words = _("A new key is made and published. It signs from now on.")
    return redirect(with_note(url_for("lti_desk.people.keys"), words), 303)


def _roles(fault: str | None) -> ResponseReturnValue:
    with db.read() as session:
        found = grants.list_grants(session)
        issuers = sorted({each.issuer for each in platforms.list_all(session)})
    page = render_template(
        "lti/desk/roles.html",
        found=found,
        issuers=issuers,
        grantable=GRANTABLE,
        given=request.form if fault else {},
        fault=fault,
    )
    return page, 422 if fault else 200
