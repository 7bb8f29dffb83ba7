"""Officers' desk: requests for a review, and answering one."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from lti_tool import db
from lti_tool.certification import appealing, holdings
from lti_tool.certification.desk_frame import PREFIX, READERS, take_seat
from lti_tool.errors import BadRequestError, NotAllowedError
from lti_tool.i18n import gettext as _
from lti_tool.visit import Role
from lti_tool.web import DeskPage, open_to, schemes, with_note

bp = Blueprint("certification_appeals", __name__, template_folder="templates")

ALL = f"{PREFIX}/appeals"
ONE = f"{ALL}/<uuid:appeal_id>"
DESK_PAGES = (DeskPage("certification_appeals.show_all", "Reviews", READERS),)
"""What of these pages stands in the desks' navigation."""


@bp.get(ALL)
@open_to(Role.OFFICER, Role.ADMINISTRATOR)
def show_all() -> ResponseReturnValue:
    """List the requests that nobody answered yet, then those answered last."""
    with db.read() as session:
        seat = take_seat(session)
        waiting = [
            (appeal, case, seat.decides and appealing.had_a_part(session, case, seat.hand))
            for appeal, case in appealing.list_open(session, seat.within)
        ]
        answered = appealing.list_answered(session, seat.within)
    return render_template(
        "certification/desk/appeals.html",
        waiting=waiting,
        answered=answered,
        scheme_by=schemes().get,
    )


@bp.get(ONE)
@open_to(Role.OFFICER, Role.ADMINISTRATOR)
def show(appeal_id: UUID) -> ResponseReturnValue:
    """Show one request with what was decided, and answer it."""
    return _page(appeal_id)


def _page(appeal_id: UUID, *, fault: str = "") -> ResponseReturnValue:
    with db.read() as session:
        seat = take_seat(session)
        appeal, case = appealing.find_appeal(session, appeal_id)
        seat.need(case.scheme_id)
        obstacle = ""
        if not seat.decides_on(case.scheme_id):
            obstacle = _("You look at this as an administrator. An officer decides.")
        elif appealing.had_a_part(session, case, seat.hand):
            obstacle = appealing.had_a_part_words()
    scheme = schemes().get(case.scheme_id)
    page = render_template(
        "certification/desk/appeal.html",
        appeal=appeal,
        case=case,
        title=scheme.title if scheme else case.scheme_id,
        missing=holdings.missing_in(case),
        obstacle=obstacle,
        given=request.form,
        fault=fault,
    )
    return page, 422 if fault else 200


@bp.post(ONE)
@open_to(Role.OFFICER)
def answer(appeal_id: UUID) -> ResponseReturnValue:
    """Answer a request: the candidate is right, or the decision stands."""
    outcome, words = request.form.get("outcome", ""), request.form.get("answer", "")
    try:
        with db.begin() as session:
            hand = take_seat(session).hand
            appealing.decide_appeal(session, appeal_id, outcome, words, hand, now=db.utcnow())
    except (BadRequestError, NotAllowedError) as error:
        return _page(appeal_id, fault=error.words or str(error))
    url = url_for("certification_appeals.show", appeal_id=appeal_id)
    return redirect(with_note(url, _("Answered. The candidate reads it.")), 303)
