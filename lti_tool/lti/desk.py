"""Administrator's desk: platforms and their deployments; the desks' other pages hang below it."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from lti_tool import db
from lti_tool.errors import BadRequestError, ConflictingError
from lti_tool.i18n import gettext as _
from lti_tool.lti import (
    deployments,
    doctor,
    doctor_desk,
    links_desk,
    people_desk,
    platforms,
    record_keys_desk,
    standing,
    stores_desk,
    waiting_desk,
)
from lti_tool.lti.doctor import TraceFilter
from lti_tool.lti.links import who_of
from lti_tool.lti.models import DeploymentPolicy, DeploymentStatus
from lti_tool.lti.particulars import countries
from lti_tool.lti.platforms import PlatformChange, PlatformDetails
from lti_tool.lti.routes import calls, forget_visits
from lti_tool.visit import Role
from lti_tool.web import VISIT_PREFIX, DeskPage, current_visit, open_to, settings, with_note

bp = Blueprint("lti_desk", __name__, template_folder="templates")
for _desk in (links_desk, doctor_desk, people_desk, waiting_desk, stores_desk, record_keys_desk):
    bp.register_blueprint(_desk.bp)

PREFIX = f"{VISIT_PREFIX}/desk/platforms"
ADMINISTRATOR = frozenset({Role.ADMINISTRATOR})
DESK_PAGES = (
    DeskPage("lti_desk.platforms", "Platforms", ADMINISTRATOR),
    DeskPage("lti_desk.links.show", "Registration links", ADMINISTRATOR),
    DeskPage("lti_desk.doctor.show", "Launch doctor", ADMINISTRATOR),
    DeskPage("lti_desk.waiting.scores", "Scores that rest", ADMINISTRATOR),
    DeskPage("lti_desk.waiting.statements", "Statements waiting", ADMINISTRATOR),
    DeskPage("lti_desk.stores.show", "Record stores", ADMINISTRATOR),
    DeskPage("lti_desk.record_keys.show", "Record store keys", ADMINISTRATOR),
    DeskPage("lti_desk.people.roles", "Roles", ADMINISTRATOR),
    DeskPage("lti_desk.people.keys", "Tool keys", ADMINISTRATOR),
)
"""What of this room stands in the desks' navigation."""
REFUSED_SHOWN = 5


@bp.get(PREFIX, endpoint="platforms")
@open_to(Role.ADMINISTRATOR)
def list_all() -> ResponseReturnValue:
    """List the platforms with how they go."""
    with db.read() as session:
        found = standing.list_platforms(session, now=db.utcnow())
    return render_template("lti/desk/platforms.html", found=found)


@bp.route(f"{PREFIX}/new", methods=["GET", "POST"])
@open_to(Role.ADMINISTRATOR)
def add() -> ResponseReturnValue:
    """Take in a platform by hand: a Moodle by its address, another by all of its own."""
    fault = None
    if request.method == "POST":
        try:
            return _add()
        except (BadRequestError, ConflictingError) as error:
            fault = error.words
    page = render_template(
        "lti/desk/platform_new.html",
        given=request.form,
        fault=fault,
        public_url=settings().public_url,
        countries=countries(),
    )
    return page, 422 if fault else 200


def _add() -> ResponseReturnValue:
    form = request.form
    client_id = form.get("client_id", "")
    if form.get("preset") == "moodle":
        details = platforms.moodle(
            form.get("site", ""),
            client_id,
            name=form.get("name", ""),
            country=form.get("country", ""),
        )
    else:
        details = PlatformDetails(
            issuer=form.get("issuer", ""),
            client_id=client_id,
            auth_url=form.get("auth_url", ""),
            token_url=form.get("token_url", ""),
            keys_url=form.get("keys_url", ""),
            token_audience=form.get("token_audience", ""),
            name=form.get("name", ""),
            country=form.get("country", ""),
            policy=_policy(form.get("policy", "")),
        )
    named = form.get("deployment", "").split()
    with db.begin() as session:
        platform = platforms.add(
            session, calls(), details, deployments=named, who=_who(), now=db.utcnow()
        )
    return _back(platform.id, _("The platform is known now; its launches are taken."))


@bp.get(f"{PREFIX}/<uuid:platform_id>")
@open_to(Role.ADMINISTRATOR)
def platform(platform_id: UUID) -> ResponseReturnValue:
    """Show one platform: how it goes, its deployments, what can be changed."""
    return _page(platform_id, None)


@bp.post(f"{PREFIX}/<uuid:platform_id>")
@open_to(Role.ADMINISTRATOR)
def change(platform_id: UUID) -> ResponseReturnValue:
    """Change what an administrator sets of a platform."""
    form = request.form
    wanted = PlatformChange(
        name=form.get("name"),
        country=form.get("country"),
        policy=_policy(form["policy"]) if "policy" in form else None,
        frame_origins=tuple(form["frame_origins"].split()) if "frame_origins" in form else None,
        auth_url=form.get("auth_url"),
        token_url=form.get("token_url"),
        keys_url=form.get("keys_url"),
        token_audience=form.get("token_audience"),
    )
    try:
        with db.begin() as session:
            platforms.change(session, calls(), platform_id, wanted, who=_who(), now=db.utcnow())
    except BadRequestError as error:
        return _page(platform_id, error.words)
    return _back(platform_id, _("The platform is changed."))


@bp.post(f"{PREFIX}/<uuid:platform_id>/deployments")
@open_to(Role.ADMINISTRATOR)
def decide(platform_id: UUID) -> ResponseReturnValue:
    """Approve or refuse a deployment, or take in one that was never seen."""
    named, decision = request.form.get("deployment", ""), request.form.get("decision", "")
    status = DeploymentStatus.REFUSED if decision == "refuse" else DeploymentStatus.APPROVED
    who, now = _who(), db.utcnow()
    with db.begin() as session:
        if decision == "add":
            deployments.add_deployment(session, platform_id, named, who=who, now=now)
        else:
            deployments.decide_deployment(session, platform_id, named, status, who=who, now=now)
    if status is DeploymentStatus.REFUSED:
        return _back(platform_id, _("Launches of this deployment are refused from now on."))
    return _back(platform_id, _("Launches of this deployment are taken."))


@bp.post(f"{PREFIX}/<uuid:platform_id>/standing")
@open_to(Role.ADMINISTRATOR)
def set_standing(platform_id: UUID) -> ResponseReturnValue:
    """Withdraw a platform, or restore one."""
    restoring = request.form.get("act") == "restore"
    act = platforms.restore if restoring else platforms.withdraw
    with db.begin() as session:
        act(session, platform_id, who=_who(), now=db.utcnow())
    forget_visits()
    if restoring:
        return _back(platform_id, _("Launches of this platform are taken again."))
    return _back(platform_id, _("Launches of this platform are refused from now on."))


def _page(platform_id: UUID, fault: str | None) -> ResponseReturnValue:
    wanted = TraceFilter(platform_id=platform_id, refused_only=True, limit=REFUSED_SHOWN)
    with db.read() as session:
        health = standing.health_of(session, platform_id, now=db.utcnow())
        refused = doctor.list_traces(session, wanted)
    page = render_template(
        "lti/desk/platform.html",
        health=health,
        refused=refused,
        given=request.form if fault else None,
        fault=fault,
        countries=countries(),
    )
    return page, 422 if fault else 200


def _policy(given: str) -> DeploymentPolicy:
    return DeploymentPolicy.AUTOMATIC if given == "automatic" else DeploymentPolicy.APPROVE


def _who() -> str:
    return who_of(current_visit())


def _back(platform_id: UUID, words: str) -> ResponseReturnValue:
    return redirect(with_note(url_for("lti_desk.platform", platform_id=platform_id), words), 303)
