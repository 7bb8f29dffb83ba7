"""One-time links on the desk, and the door for an administrator who comes with one."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from lti_tool import db
from lti_tool.errors import BadRequestError
from lti_tool.i18n import gettext as _
from lti_tool.lti import binding, links, visits
from lti_tool.lti.links import LinkRefusedError, LinkTerms, Purpose, state_of, who_of
from lti_tool.lti.models import DeploymentPolicy
from lti_tool.lti.particulars import countries
from lti_tool.vault import new_token
from lti_tool.visit import Role
from lti_tool.web import (
    VISIT_PREFIX,
    current_visit,
    limit_rate,
    open_to,
    open_to_all,
    settings,
    with_note,
)

bp = Blueprint("links", __name__)

PREFIX = f"{VISIT_PREFIX}/desk/links"


@bp.route("/lti/admin", methods=["GET", "POST"])
@open_to_all
def enter() -> ResponseReturnValue:
    """Open the desks to whoever brings an administrator's link.

    A GET only shows a button: what looks at links before people do must not use one up.
    """
    limit_rate("admin")
    token = request.values.get("link", "")
    try:
        if request.method == "POST":
            return _enter(token)
        with db.read() as session:
            links.find_open(session, token, Purpose.ADMIN, now=db.utcnow())
    except LinkRefusedError as error:
        return render_template("lti/link_refused.html", words=error.words), int(error.status)
    return render_template("lti/admin.html", token=token, hours=settings().visit_hours)


def _enter(token: str) -> ResponseReturnValue:
    hours = settings().visit_hours
    secret = new_token()
    with db.begin() as session:
        links.use(session, token, Purpose.ADMIN, now=db.utcnow())
        visit_id = visits.begin_desk_visit(session, cookie=secret, now=db.utcnow(), hours=hours)
    answer = redirect(url_for("lti_desk.platforms", visit=visit_id), 303)
    wish = binding.visit_cookie(visit_id, secret, max_age_s=hours * 3600)
    answer.set_cookie(
        wish.name,
        wish.value,
        max_age=wish.max_age_s,
        path="/",
        secure=True,
        httponly=True,
        samesite="None",
        partitioned=True,
    )
    return answer


@bp.get(PREFIX)
@open_to(Role.ADMINISTRATOR)
def show() -> ResponseReturnValue:
    """List the links, and offer to make one."""
    return _page(None)


@bp.post(PREFIX)
@open_to(Role.ADMINISTRATOR)
def make() -> ResponseReturnValue:
    """Make a link and show it, this once: only its hash is kept."""
    form = request.form
    is_admin = form.get("purpose") == Purpose.ADMIN
    purpose = Purpose.ADMIN if is_admin else Purpose.REGISTRATION
    policy = DeploymentPolicy.AUTOMATIC
    if form.get("policy") == DeploymentPolicy.APPROVE:
        policy = DeploymentPolicy.APPROVE
    hours = form.get("hours", "").strip()
    terms = LinkTerms(
        label=form.get("label", ""),
        policy=policy,
        country=form.get("country", ""),
        ask_names="ask_names" in form,
    )
    try:
        with db.begin() as session:
            token = links.make(
                session,
                purpose,
                terms,
                hours=links.read_hours(hours),
                who=who_of(current_visit()),
                now=db.utcnow(),
            )
    except BadRequestError as error:
        return _page(error.words)
    url = links.url_of(settings().public_url, purpose, token)
    return render_template("lti/desk/link_made.html", url=url, is_admin=is_admin)


@bp.post(f"{PREFIX}/<uuid:link_id>/withdraw")
@open_to(Role.ADMINISTRATOR)
def withdraw(link_id: UUID) -> ResponseReturnValue:
    """Take a link back."""
    with db.begin() as session:
        done = links.withdraw(session, link_id, who=who_of(current_visit()), now=db.utcnow())
    words = _("The link is good for nothing from now on.")
    if not done:
        words = _("The link was good for nothing already.")
    return redirect(with_note(url_for("lti_desk.links.show"), words), 303)


def _page(fault: str | None) -> ResponseReturnValue:
    now = db.utcnow()
    with db.read() as session:
        found = [(link, state_of(link, now).value) for link in links.list_links(session)]
    page = render_template(
        "lti/desk/links.html",
        found=found,
        given=request.form if fault else {},
        fault=fault,
        countries=countries(),
    )
    return page, 422 if fault else 200
