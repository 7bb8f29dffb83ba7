"""The picker that a teacher sees inside the platform's dialogue, and the way back."""

from __future__ import annotations

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from courses import finding
from courses.finding import Wanted
from lti_tool import db
from lti_tool.errors import BadRequestError
from lti_tool.i18n import gettext as _
from lti_tool.lti import deep_linking, protocol
from lti_tool.lti.deep_linking import Choice, CourseChoices, LinkingRequest
from lti_tool.visit import Role
from lti_tool.web import (
    VISIT_PREFIX,
    allow_forms_to,
    catalogue,
    current_visit,
    open_to,
    settings,
    vault,
)

bp = Blueprint("lti_choosing", __name__, url_prefix=VISIT_PREFIX, template_folder="templates")


@bp.get("/choose")
@open_to(Role.INSTRUCTOR, Role.ADMINISTRATOR)
def choose() -> ResponseReturnValue:
    """Show the courses with everything of them that can be linked."""
    with db.read() as session:
        asked = deep_linking.find_request(session, current_visit().launch_id)
    return _page(asked, finding.wanted_of(request.args))


@bp.post("/choose")
@open_to(Role.INSTRUCTOR, Role.ADMINISTRATOR)
def answer() -> ResponseReturnValue:
    """Sign what was chosen and carry it back to the platform."""
    wanted = request.form.getlist("choice")
    courses = _offered()
    known = {choice.key: choice for each in courses for choice in each}
    if not set(wanted) <= set(known):
        raise BadRequestError("unknown choice")
    chosen: list[Choice] = [choice for key, choice in known.items() if key in wanted]
    with db.begin() as session:  # our first key may be made here
        asked = deep_linking.find_request(session, current_visit().launch_id)
        registration = protocol.registration_of(
            session, vault(), asked.issuer, asked.client_id, now=db.utcnow()
        )
    fault = _fault(asked, chosen, leaving="leave" in request.form)
    if fault:
        return _page(asked, finding.wanted_of(request.form), fault=fault), 422
    signed = deep_linking.sign_answer(
        asked, chosen, registration, launch_url=f"{settings().public_url}/lti/launch"
    )
    allow_forms_to(asked.return_url)
    return render_template("lti/return.html", target=asked.return_url, signed=signed)


def _page(asked: LinkingRequest, wanted: Wanted, fault: str | None = None) -> str:
    offered = catalogue().all()
    fitting = finding.matching(offered, wanted)
    return render_template(
        "lti/choose.html",
        asked=asked,
        courses=[deep_linking.choices_of(course) for course in fitting],
        facets=finding.facets_of(offered),
        wanted=wanted,
        fault=fault,
    )


def _offered() -> list[CourseChoices]:
    return [deep_linking.choices_of(course) for course in catalogue().all()]


def _fault(asked: LinkingRequest, chosen: list[Choice], *, leaving: bool) -> str | None:
    if leaving:
        chosen.clear()
        return None
    if not chosen:
        return _("Choose at least one part, then press Add.")
    if len(chosen) > 1 and not asked.takes_several:
        return _("Your platform takes one part at a time here. Choose one.")
    return None
