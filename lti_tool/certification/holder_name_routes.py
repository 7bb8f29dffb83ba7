"""The name that will be printed: asked for, shown as printed, confirmed; by both doors."""

from __future__ import annotations

from uuid import UUID

from flask import redirect, render_template, request
from flask.typing import ResponseReturnValue

from lti_tool import db
from lti_tool.certification import approving, naming
from lti_tool.certification.approving import UnprintableNameError
from lti_tool.certification.holder_frame_routes import Door, hand_at
from lti_tool.certification.naming import NameToConfirm
from lti_tool.i18n import gettext as _
from lti_tool.web import schemes, with_note


def name_page(door: Door, case_id: UUID) -> ResponseReturnValue:
    """Ask for a name, show it as it will be printed, and take it as confirmed."""
    with db.read() as session:
        found = naming.find_case(session, door.holder, case_id, door.person_id, schemes())
    given = request.form.get("name", found.name)
    language = request.form.get("language", found.language)
    is_sent = request.method == "POST"
    fault = name_fault(given) if given or is_sent else ""
    if is_sent and not fault:
        given = approving.read_name(given)
        if request.form.get("do") == "confirm":
            return _confirm(door, found, given, language)
    page = render_template(
        "certification/holder/name.html",
        base=door.base,
        case=found,
        given=given,
        language=language,
        step="look" if is_sent and not fault else "ask",
        fault=fault,
    )
    return page, 422 if is_sent and fault else 200


def _confirm(door: Door, found: NameToConfirm, given: str, language: str) -> ResponseReturnValue:
    with db.begin() as session:
        naming.confirm(
            session,
            door.holder,
            found,
            given,
            hand_at(session, door),
            language=language,
            schemes=schemes(),
            behind=door.behind,
            now=db.utcnow(),
        )
    told = [_("Your name is confirmed as it will be printed."), found.why_looked_at(given)]
    return redirect(with_note(door.base, " ".join(filter(None, told))), 303)


def name_fault(given: str) -> str:
    """Say why a name cannot be printed; nothing where it can."""
    try:
        approving.read_name(given)
    except UnprintableNameError as error:
        return error.words or ""
    return ""
