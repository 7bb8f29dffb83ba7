"""One attempt on the instructor's desk: read it, declare it void, rule on an appeal."""

from __future__ import annotations

from fractions import Fraction
from uuid import UUID

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from courses.grading import read_number
from lti_tool import db
from lti_tool.errors import BadRequestError, ConflictingError
from lti_tool.i18n import gettext as _
from lti_tool.player import appeals, dossiers, views
from lti_tool.player.desk_frame import PREFIX, act_of, context_id
from lti_tool.visit import Role
from lti_tool.web import catalogue, names, open_to, with_note

bp = Blueprint("attempts", __name__)

ONE = f"{PREFIX}/attempts/<uuid:attempt_id>"


@bp.get(ONE)
@open_to(Role.INSTRUCTOR, Role.ADMINISTRATOR)
def show(attempt_id: UUID) -> ResponseReturnValue:
    """Show every question as it was shown, what was answered, what it earned and why."""
    return _show(attempt_id)


def _show(attempt_id: UUID, fault: str | None = None, at: str = "") -> ResponseReturnValue:
    with db.read() as session:
        found = dossiers.attempt_dossier(session, attempt_id, context_id())
    course = catalogue().get(found.owned.course_id)
    item = course.item(found.owned.facts.item_id) if course else None
    shown = views.views_of((line.asked for line in found.lines), told=True)
    page = render_template(
        "player/desk_attempt.html",
        found=found,
        attempt=found.owned.facts,
        course_title=course.title if course else found.owned.course_id,
        item_title=item.title if item else found.owned.facts.item_id,
        lines=tuple(zip(found.lines, shown, strict=True)),
        fault=fault,
        fault_at=at,
        given=request.form,
    )
    return page, 422 if fault else 200


@bp.post(f"{ONE}/void")
@open_to(Role.INSTRUCTOR, Role.ADMINISTRATOR)
def void(attempt_id: UUID) -> ResponseReturnValue:
    """Declare an attempt void; its scores are sent again without it."""
    try:
        with db.begin() as session:
            appeals.void(
                session,
                attempt_id,
                context_id=context_id(),
                act=act_of(request.form.get("reason", "")),
                catalogue=catalogue(),
                names=names(),
                now=db.utcnow(),
            )
    except BadRequestError as error:
        return _show(attempt_id, error.words, "void")
    words = _("The attempt is void. It counts neither for nor against the learner.")
    return redirect(with_note(_url(attempt_id), words), 303)


@bp.post(f"{ONE}/rulings/<question_id>")
@open_to(Role.INSTRUCTOR, Role.ADMINISTRATOR)
def rule(attempt_id: UUID, question_id: str) -> ResponseReturnValue:
    """Award points for one question by hand, or take that back."""
    try:
        points = None if "take-back" in request.form else _points()
        with db.begin() as session:
            changes = appeals.rule(
                session,
                attempt_id,
                question_id,
                points,
                context_id=context_id(),
                act=act_of(request.form.get("reason", "")),
                catalogue=catalogue(),
                names=names(),
                now=db.utcnow(),
            )
    except (BadRequestError, ConflictingError) as error:
        if error.words is None:
            raise
        return _show(attempt_id, error.words, question_id)
    if changes:
        words = _("Decided. The attempt was marked again, and the score is sent again if it moved.")
    else:
        words = _("Decided. The result of the attempt stays as it was.")
    return redirect(with_note(_url(attempt_id), words), 303)


def _points() -> Fraction:
    found = read_number(request.form.get("points", ""))
    if found is None:
        words = _("Write the points as a number such as 1 or 0.5.")
        raise BadRequestError("points of a ruling", words=words)
    return found


def _url(attempt_id: UUID) -> str:
    return url_for("player_desk.attempts.show", attempt_id=attempt_id)
