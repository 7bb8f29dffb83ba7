"""Questions of a course on the instructor's desk: withdraw a faulty one, take it in again."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from lti_tool import db
from lti_tool.errors import BadRequestError, NotAllowedError
from lti_tool.i18n import gettext as _
from lti_tool.i18n import ngettext
from lti_tool.player import regrading, views, withdrawing
from lti_tool.player.classlist import graded_items
from lti_tool.player.desk_frame import PREFIX, act_of, context_id
from lti_tool.player.regrading import QuestionAt
from lti_tool.player.sheets import preview_of
from lti_tool.player.withdrawing import NothingLeftError, Regrading
from lti_tool.visit import Role
from lti_tool.web import catalogue, current_visit, find_course, names, open_to, with_note

bp = Blueprint("questions", __name__)

ALL = f"{PREFIX}/course/<course_id>/questions"
ONE = f"{ALL}/<question_id>/of/<path:item_id>"
EVERYWHERE = "everywhere"


@bp.get(ALL)
@open_to(Role.INSTRUCTOR, Role.ADMINISTRATOR)
def show_all(course_id: str) -> ResponseReturnValue:
    """List the questions of every quiz and of the exam, with those that are withdrawn."""
    course = find_course(course_id)
    with db.read() as session:
        withdrawn = withdrawing.list_withdrawals(session, course.id, context_id())
    items = [(item, withdrawing.questions_of(item)) for item in graded_items(course)]
    known = {(item.id, question.id) for item, several in items for question in several}
    return render_template(
        "player/desk_questions.html",
        course=course,
        items=items,
        withdrawn={(each.item_id, each.question_id): each for each in withdrawn},
        left_over=[each for each in withdrawn if (each.item_id, each.question_id) not in known],
    )


@bp.get(ONE)
@open_to(Role.INSTRUCTOR, Role.ADMINISTRATOR)
def show(course_id: str, item_id: str, question_id: str) -> ResponseReturnValue:
    """Show a question with its right answer, and what would come of withdrawing it."""
    return _show(_where(course_id, item_id, question_id, request.args.get("scope", "")))


def _show(where: QuestionAt, fault: str | None = None) -> ResponseReturnValue:
    course = find_course(where.course_id)
    with db.read() as session:
        question = withdrawing.find_question(session, where, catalogue())
        here = withdrawing.find_withdrawal(session, where)
        forecast = regrading.forecast(session, where, withdrawing=here is None)
        all_of_it = withdrawing.list_withdrawals(
            session, course.id, where.context_id, item_id=where.item_id
        )
    item = course.item(where.item_id)
    elsewhere = [
        each
        for each in all_of_it
        if each.question_id == where.question_id and (here is None or each.id != here.id)
    ]
    page = render_template(
        "player/desk_question.html",
        course=course,
        item_title=item.title if item else where.item_id,
        where=where,
        view=views.answer_key(preview_of([question], ""))[0],
        here=here,
        elsewhere=elsewhere[0] if elsewhere else None,
        forecast=forecast,
        fault=fault,
        given=request.form,
    )
    return page, 422 if fault else 200


@bp.post(ONE)
@open_to(Role.INSTRUCTOR, Role.ADMINISTRATOR)
def change(course_id: str, item_id: str, question_id: str) -> ResponseReturnValue:
    """Withdraw a question, or take it in again; attempts are marked again."""
    where = _where(course_id, item_id, question_id, request.form.get("scope", ""))
    carry_out = withdrawing.restore if "restore" in request.form else withdrawing.withdraw
    tools = Regrading(db.begin, catalogue(), names())
    try:
        act = act_of(request.form.get("reason", ""))
        changes = carry_out(tools, where, act, now=db.utcnow())
    except BadRequestError as error:
        return _show(where, error.words)
    except NothingLeftError:
        words = _(
            "This is the last question that counts in some attempts. "
            "Declare those attempts void instead."
        )
        return _show(where, words)
    done = ngettext(
        "Done. %(num)d attempt has another result now.",
        "Done. %(num)d attempts have another result now.",
        len(changes),
    )
    url = url_for(
        "player_desk.questions.show",
        course_id=course_id,
        item_id=item_id,
        question_id=question_id,
        scope=EVERYWHERE if where.context_id is None else None,
    )
    return redirect(with_note(url, done % {"num": len(changes)}), 303)


def _where(course_id: str, item_id: str, question_id: str, scope: str) -> QuestionAt:
    own = context_id()
    if scope != EVERYWHERE:
        return QuestionAt(course_id, item_id, question_id, own)
    if not current_visit().has(Role.ADMINISTRATOR):
        raise NotAllowedError("everywhere is for administrators")
    return QuestionAt(course_id, item_id, question_id, None)
