"""Instructor's desk: the class of a course and its learners; other pages hang below it."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from courses.model import Exam, Quiz
from lti_tool import db
from lti_tool.errors import BadRequestError, ConflictingError, NotFoundError
from lti_tool.i18n import gettext as _
from lti_tool.i18n import ngettext
from lti_tool.lti import roster
from lti_tool.lti import scores as wanted
from lti_tool.lti.links import who_of
from lti_tool.player import (
    allowing,
    attempts_desk,
    class_csv,
    classlist,
    dossiers,
    questions_desk,
    resending,
)
from lti_tool.player.allowances import Allowed
from lti_tool.player.allowing import LearnerAt
from lti_tool.player.classlist import SortKey
from lti_tool.player.desk_frame import PREFIX, act_of, context_id
from lti_tool.visit import Role
from lti_tool.web import DeskPage, catalogue, current_visit, find_course, names, open_to, with_note

bp = Blueprint("player_desk", __name__, template_folder="templates")
for _desk in (attempts_desk, questions_desk):
    bp.register_blueprint(_desk.bp)

TEACHER = frozenset({Role.INSTRUCTOR})
DESK_PAGES = (
    DeskPage("player_desk.classes", "Class", TEACHER),
    DeskPage("player_desk.scores", "Scores sent", TEACHER),
)
"""What of this room stands in the desks' navigation."""


# The class


@bp.get(PREFIX)
@open_to(Role.INSTRUCTOR, Role.ADMINISTRATOR)
def classes() -> ResponseReturnValue:
    """List the courses of this context; where it is one, show its class."""
    with db.read() as session:
        used = classlist.courses_in(session, context_id())
    found = [course for course in catalogue().all() if course.id in used]
    if len(found) == 1:
        return redirect(url_for("player_desk.show", course_id=found[0].id), 303)
    return render_template("player/desk_classes.html", found=found)


@bp.get(f"{PREFIX}/course/<course_id>")
@open_to(Role.INSTRUCTOR, Role.ADMINISTRATOR)
def show(course_id: str) -> ResponseReturnValue:
    """Show who is where in a course."""
    course = find_course(course_id)
    given = request.args.get("sort", "")
    sort = SortKey(given) if given in set(SortKey) else SortKey.NAME
    with db.begin() as session:
        roster.wish(session, context_id(), now=db.utcnow())
    with db.read() as session:
        found = classlist.list_class(session, context_id(), course, sort=sort)
    return render_template("player/desk_class.html", course=course, found=found, sort=sort.value)


@bp.get(f"{PREFIX}/course/<course_id>/class.csv")
@open_to(Role.INSTRUCTOR, Role.ADMINISTRATOR)
def export(course_id: str) -> ResponseReturnValue:
    """Give the class as CSV."""
    course = find_course(course_id)
    with db.read() as session:
        found = classlist.list_class(session, context_id(), course)
    heads = (
        _("Name"),
        _("In the class"),
        _("Last seen"),
        _("Done"),
        _("Last page"),
        _("Grade book"),
    )
    text = class_csv.csv_of(found, course, heads=heads, learner=_("Learner"))
    answer = Response("\ufeff" + text, mimetype="text/csv")
    answer.headers["Content-Disposition"] = f'attachment; filename="class-{course.id}.csv"'
    return answer


# One learner


@bp.get(f"{PREFIX}/course/<course_id>/people/<uuid:person_id>")
@open_to(Role.INSTRUCTOR, Role.ADMINISTRATOR)
def learner(course_id: str, person_id: UUID) -> ResponseReturnValue:
    """Show one learner: items, attempts, what they are allowed."""
    return _learner(course_id, person_id)


def _learner(
    course_id: str,
    person_id: UUID,
    *,
    fault: str | None = None,
    item_id: str = "",
    given: MultiDict[str, str] | None = None,
) -> ResponseReturnValue:
    course = find_course(course_id)
    with db.read() as session:
        who = LearnerAt(person_id, context_id(), course.id)
        found = dossiers.learner_dossier(session, who, course)
    page = render_template(
        "player/desk_learner.html",
        course=course,
        found=found,
        fault=fault,
        fault_item=item_id,
        given=given,
    )
    return page, 422 if fault else 200


@bp.post(f"{PREFIX}/course/<course_id>/people/<uuid:person_id>/allowances")
@open_to(Role.INSTRUCTOR, Role.ADMINISTRATOR)
def allow(course_id: str, person_id: UUID) -> ResponseReturnValue:
    """Allow a learner more than the rules of a quiz or of the exam."""
    course = find_course(course_id)
    item = course.item(request.form.get("item", ""))
    if not isinstance(item, Quiz | Exam):
        raise NotFoundError("item of an allowance")
    try:
        allowed, percent = _allowed(item)
        with db.begin() as session:
            allowing.allow(
                session,
                LearnerAt(person_id, context_id(), course.id),
                course,
                item,
                allowed,
                extra_percent=percent,
                act=act_of(request.form.get("reason", "")),
                names=names(),
                now=db.utcnow(),
            )
    except (BadRequestError, ConflictingError) as error:
        if error.words is None:
            raise
        return _learner(
            course_id, person_id, fault=error.words, item_id=item.id, given=request.form
        )
    url = url_for("player_desk.learner", course_id=course.id, person_id=person_id)
    words = _("Saved. It holds for %(item)s from now on.") % {"item": item.title}
    return redirect(with_note(url, words), 303)


def _allowed(item: Quiz | Exam) -> tuple[Allowed, int | None]:
    attempts = _number("attempts", _("More attempts"))
    if isinstance(item, Quiz):
        return Allowed(attempts=attempts), None
    allowed = Allowed(
        attempts=attempts,
        minutes=_number("minutes", _("More minutes")),
        opens_at=_moment("opens_at"),
        closes_at=_moment("closes_at"),
        waives_wait="waives_wait" in request.form,
    )
    percent = _number("percent", _("More time in percent")) if "percent" in request.form else None
    return allowed, percent


def _number(field: str, label: str) -> int:
    given = request.form.get(field, "").strip() or "0"
    if not given.isascii() or not given.isdigit() or len(given) > 6:
        words = _("%(label)s: write a whole number such as 10.") % {"label": label}
        raise BadRequestError(f"{field} is no number", words=words)
    return int(given)


def _moment(field: str) -> datetime | None:
    given = request.form.get(field, "").strip()
    if not given:
        return None
    try:
        moment = datetime.fromisoformat(given)
    except ValueError as error:
        words = _("Write day and time such as 2026-12-01T09:30; the time is in UTC.")
        raise BadRequestError(f"{field} is no moment", words=words) from error
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


# Scores


@bp.get(f"{PREFIX}/scores")
@open_to(Role.INSTRUCTOR, Role.ADMINISTRATOR)
def scores() -> ResponseReturnValue:
    """List the scores of this context with how they stand in the grade book."""
    with db.read() as session:
        found = wanted.list_scores(session, context_id())
        people = classlist.people_of(session, {each.person_id for each in found})
    return render_template("player/desk_scores.html", found=found, people=people)


@bp.post(f"{PREFIX}/scores")
@open_to(Role.INSTRUCTOR, Role.ADMINISTRATOR)
def resend() -> ResponseReturnValue:
    """Send one score again, or all that rest."""
    try:
        chosen = [UUID(each) for each in request.form.getlist("score")]
    except ValueError as error:
        raise BadRequestError("score id") from error
    with db.begin() as session:
        done = resending.resend(
            session,
            chosen,
            context_id=context_id(),
            who=who_of(current_visit()),
            now=db.utcnow(),
        )
    words = ngettext("%(num)d score goes out again.", "%(num)d scores go out again.", done)
    return redirect(with_note(url_for("player_desk.scores"), words % {"num": done}), 303)
