"""Officers' desk: what was proven this time, for the renewal of what an officer entered."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from courses.schemes import Route
from lti_tool import db
from lti_tool.certification import renewing
from lti_tool.certification.cases_desk import ONE, case_page
from lti_tool.certification.desk_frame import take_seat, zone
from lti_tool.certification.entering import Entry, EntryError
from lti_tool.certification.entry_desk import read_entry
from lti_tool.certification.models import Case
from lti_tool.errors import BadRequestError, ConflictingError, NotFoundError
from lti_tool.i18n import gettext as _
from lti_tool.visit import Role
from lti_tool.web import catalogue, open_to, schemes, with_note

bp = Blueprint("certification_renewals", __name__, template_folder="templates")


@bp.post(f"{ONE}/proof")
@open_to(Role.OFFICER)
def enter_proof(case_id: UUID) -> ResponseReturnValue:
    """Enter what was proven this time; the case is decided anew at once."""
    try:
        with db.begin() as session:
            renewing.enter_proof(
                session,
                case_id,
                _entry(session, case_id),
                take_seat(session).hand,
                schemes=schemes(),
                catalogue=catalogue(),
                zone=zone(),
                now=db.utcnow(),
            )
    except (BadRequestError, ConflictingError) as error:
        return case_page(case_id, error.words, "proof")
    words = _("Entered. Another officer approves; you cannot approve what you entered.")
    return redirect(with_note(url_for("certification_cases.show", case_id=case_id), words), 303)


def _entry(session: Session, case_id: UUID) -> Entry:
    case = session.get(Case, case_id)
    scheme = schemes().get(case.scheme_id) if case is not None else None
    if case is None or scheme is None:
        raise NotFoundError(f"case {case_id}, or its scheme")
    return replace(read_entry(scheme, _way()), name=case.name)


def _way() -> Route:
    try:
        return Route(request.form.get("way", ""))
    except ValueError as error:
        words = _("Say how it was proven this time.")
        raise EntryError("way of a renewal", words=words) from error
