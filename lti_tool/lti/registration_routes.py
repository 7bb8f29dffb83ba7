"""Where a platform's administrator arrives with a registration link: look, press Connect, done."""

from __future__ import annotations

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from lti_tool import db
from lti_tool.errors import BadRequestError, ToolError
from lti_tool.i18n import gettext as _
from lti_tool.lti import configuration, links, registration
from lti_tool.lti.configuration import PlatformConfiguration, RegistrationError
from lti_tool.lti.links import LinkRefusedError, Purpose
from lti_tool.lti.models import OneTimeLink
from lti_tool.lti.particulars import check_origins
from lti_tool.lti.registration import RegistrationRequest, ToolFacts
from lti_tool.lti.routes import calls
from lti_tool.web import allow_frames, limit_rate, open_to_all, origin_of, settings

bp = Blueprint("lti_registration", __name__, template_folder="templates")


@bp.route("/lti/register", methods=["GET", "POST"])
@open_to_all
def register() -> ResponseReturnValue:
    """Show what platform and tool will tell each other; on POST, have them do it.

    One address for both, so that the form's proof fits; works in the platform's frame, without
    cookies.
    """
    limit_rate("register")
    asked = RegistrationRequest(
        link=request.values.get("link", ""),
        configuration_url=request.values.get("openid_configuration", ""),
        token=request.values.get("registration_token", ""),
    )
    if asked.configuration_url:
        allow_frames(*_frame_of(asked.configuration_url))
    try:
        return _connect(asked) if request.method == "POST" else _show(asked)
    except LinkRefusedError as error:
        return render_template("lti/link_refused.html", words=error.words), int(error.status)


def _show(asked: RegistrationRequest) -> ResponseReturnValue:
    with db.read() as session:
        link = links.find_open(session, asked.link, Purpose.REGISTRATION, now=db.utcnow())
    if not asked.configuration_url:
        return render_template("lti/register_paste.html", expires_at=link.expires_at)
    try:
        found = configuration.read_configuration(calls(), asked.configuration_url)
    except RegistrationError as error:
        return _page(asked, link, None, error)
    return _page(asked, link, found, None)


def _connect(asked: RegistrationRequest) -> ResponseReturnValue:
    own = settings()
    tool = ToolFacts(public_url=own.public_url, name=own.tool_name, organisation=own.organisation)
    try:
        kept = registration.connect(
            db.current_database().begin, calls(), asked, tool, now=db.utcnow()
        )
    except LinkRefusedError:
        raise
    except ToolError as error:
        with db.read() as session:
            link = links.find_open(session, asked.link, Purpose.REGISTRATION, now=db.utcnow())
        return _page(asked, link, None, error)
    return render_template("lti/registered.html", kept=kept)


def _page(
    asked: RegistrationRequest,
    link: OneTimeLink,
    found: PlatformConfiguration | None,
    fault: ToolError | None,
) -> ResponseReturnValue:
    page = render_template(
        "lti/register.html",
        asked=asked,
        link=link,
        platform=found,
        fault=(fault.words or str(fault)) if fault else None,
    )
    return page, int(fault.status) if fault else 200


def _frame_of(address: str) -> list[str]:
    """Give the platform's origin as it may stand in a header; it is not ours to trust."""
    try:
        return check_origins([origin_of(address)])
    except ValueError as error:  # no address at all
        raise BadRequestError("openid_configuration", words=_("This is no address.")) from error
