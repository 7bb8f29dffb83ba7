"""Asking for a review of a decision, and what became of it; by both doors."""

from __future__ import annotations

from uuid import UUID

from flask import redirect, render_template, request
from flask.typing import ResponseReturnValue

from lti_tool import db
from lti_tool.certification import appealing, holdings
from lti_tool.certification.holder_frame_routes import Door, hand_at
from lti_tool.errors import BadRequestError, ConflictingError
from lti_tool.i18n import gettext as _
from lti_tool.web import schemes, with_note


def appeal_page(door: Door, case_id: UUID) -> ResponseReturnValue:
    """Show what was decided in a case, and take a request that somebody looks at it again."""
    if request.method == "GET":
        return _shown(door, case_id)
    try:
        with db.begin() as session:
            words = request.form.get("words", "")
            hand = hand_at(session, door)
            appealing.open_appeal(session, door.holder, case_id, words, hand, now=db.utcnow())
    except (BadRequestError, ConflictingError) as error:
        return _shown(door, case_id, fault=error.words or str(error))
    told = _("Your request is kept. Somebody who had no part in the decision looks at it.")
    return redirect(with_note(f"{door.base}/appeal/{case_id}", told), 303)


def _shown(door: Door, case_id: UUID, *, fault: str = "") -> ResponseReturnValue:
    with db.read() as session:
        case, appeals, may_ask = appealing.own_appeals(session, door.holder, case_id)
    scheme = schemes().get(case.scheme_id)
    page = render_template(
        "certification/holder/appeal.html",
        base=door.base,
        case=case,
        title=scheme.title if scheme else case.scheme_id,
        missing=holdings.missing_in(case),
        appeals=appeals,
        may_ask=may_ask,
        given=request.form,
        fault=fault,
    )
    return page, 422 if fault else 200
