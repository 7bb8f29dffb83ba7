"""What did not arrive: scores that rest, statements that wait or were refused; of all platforms."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from lti_tool import db
from lti_tool.errors import BadRequestError
from lti_tool.i18n import gettext as _
from lti_tool.i18n import ngettext
from lti_tool.lti import scores as wanted
from lti_tool.lti import waiting
from lti_tool.lti.links import who_of
from lti_tool.visit import Role
from lti_tool.web import VISIT_PREFIX, current_visit, open_to, with_note

bp = Blueprint("waiting", __name__)

SCORES = f"{VISIT_PREFIX}/desk/scores"
STATEMENTS = f"{VISIT_PREFIX}/desk/statements"


@bp.get(SCORES)
@open_to(Role.ADMINISTRATOR)
def scores() -> ResponseReturnValue:
    """List the scores that no platform took, with the reason; without names."""
    with db.read() as session:
        found = wanted.list_stuck(session)
    return render_template("lti/desk/scores.html", found=found)


@bp.post(SCORES)
@open_to(Role.ADMINISTRATOR)
def resend() -> ResponseReturnValue:
    """Put scores back in line."""
    try:
        chosen = [UUID(each) for each in request.form.getlist("score")]
    except ValueError as error:
        raise BadRequestError("score id") from error
    if not chosen:
        words = _("Choose at least one score, then press the button.")
        return redirect(with_note(url_for("lti_desk.waiting.scores"), words, "warning"), 303)
    with db.begin() as session:
        done = waiting.resend(session, chosen, who=who_of(current_visit()), now=db.utcnow())
    words = ngettext("%(num)d score goes out again.", "%(num)d scores go out again.", done)
    return redirect(with_note(url_for("lti_desk.waiting.scores"), words % {"num": done}), 303)


@bp.get(STATEMENTS)
@open_to(Role.ADMINISTRATOR)
def statements() -> ResponseReturnValue:
    """Show how many statements wait, for which store and why, and those that were refused."""
    with db.read() as session:
        found = waiting.look(session)
    return render_template("lti/desk/statements.html", found=found)


@bp.post(STATEMENTS)
@open_to(Role.ADMINISTRATOR)
def retry() -> ResponseReturnValue:
    """Put refused statements back in line and end the rest of stores that did not answer."""
    with db.begin() as session:
        done = waiting.retry(session, who=who_of(current_visit()), now=db.utcnow())
    words = ngettext("%(num)d statement goes out again.", "%(num)d statements go out again.", done)
    return redirect(with_note(url_for("lti_desk.waiting.statements"), words % {"num": done}), 303)
