"""Quizzes: begin, answer with feedback at once or all together, and look at what came out."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import replace
from uuid import UUID

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from courses import grading
from courses.forms import ResponseError, read_response
from courses.kinds import MultipleChoice, SingleChoice
from courses.model import Course, Quiz
from lti_tool import db
from lti_tool.errors import NotFoundError
from lti_tool.i18n import gettext as _
from lti_tool.i18n import ngettext, page_language
from lti_tool.lti import scores
from lti_tool.player import attempts, outline, pieces, results, views
from lti_tool.player.attempts import NoAttemptLeftError
from lti_tool.player.enrolling import find_enrolment
from lti_tool.player.routes import course_url, find_own_course, open_item, side_of
from lti_tool.player.sheets import Asked, AttemptClosedError, Sheet, preview_of, read_sheet
from lti_tool.player.views import QuestionView
from lti_tool.visit import Role
from lti_tool.web import VISIT_PREFIX, current_visit, names, open_to, with_note

bp = Blueprint(
    "player_quizzes",
    __name__,
    url_prefix=f"{VISIT_PREFIX}/quiz/<course_id>/<module_id>/<name>",
    template_folder="templates",
)

PART_HEADER = "X-Part"
"""Sent by the page's script, with the question's number: it puts the answer in its place."""


@bp.get("")
@open_to(*Role)
def quiz(course_id: str, module_id: str, name: str) -> ResponseReturnValue:
    """Show a quiz as it stands: not begun, going on, or with its result."""
    course, found = _find(course_id, module_id, name)
    if current_visit().is_preview:
        return _preview(course, found)
    return _page(course, found)


@bp.post("/attempts")
@open_to(Role.LEARNER)
def begin(course_id: str, module_id: str, name: str) -> ResponseReturnValue:
    """Begin an attempt."""
    course, found = _find(course_id, module_id, name)
    back = _url(course, found)
    try:
        with db.begin() as session:
            place = find_enrolment(session, current_visit(), course, names=names())
            attempts.start(session, place, course, found, now=db.utcnow())
    except NoAttemptLeftError:
        return redirect(with_note(back, _("All attempts at this quiz are used."), "warning"), 303)
    return redirect(f"{back}#questions", 303)


@bp.post("/attempts/<uuid:attempt_id>")
@open_to(Role.LEARNER)
def answer(course_id: str, module_id: str, name: str, attempt_id: UUID) -> ResponseReturnValue:
    """Take one answer and show what it earned, or all of them and end the attempt."""
    course, found = _find(course_id, module_id, name)
    do = request.form.get("do", "")
    try:
        if do.startswith("check:"):
            return _check(course, found, attempt_id, do.removeprefix("check:"))
        if do in {"submit", "submit-anyway"}:
            return _submit(course, found, attempt_id, anyway=do == "submit-anyway")
    except AttemptClosedError:
        return redirect(
            with_note(_url(course, found), _("This attempt is over already."), "warning"), 303
        )
    return _page(course, found, form=_form())


@bp.post("/preview")
@open_to(*(set(Role) - {Role.LEARNER}))
def preview(course_id: str, module_id: str, name: str) -> ResponseReturnValue:
    """Mark what a member of staff tries out; nothing is kept."""
    course, found = _find(course_id, module_id, name)
    return _preview(course, found, form=_form())


def _check(course: Course, found: Quiz, attempt_id: UUID, question_id: str) -> ResponseReturnValue:
    fault, taken = None, None
    try:
        with db.write() as connection:
            taken = attempts.answer(
                connection,
                current_visit(),
                course,
                found,
                attempt_id,
                question_id=question_id,
                form=_form(),
                names=names(),
                now=db.utcnow(),
            )
    except ResponseError as error:
        fault = _fault(error)
    if PART_HEADER in request.headers:
        return _part(taken, fault)
    if taken is not None and taken.is_last:
        return redirect(f"{_url(course, found)}#result", 303)
    faults = {question_id: fault} if fault else None
    return _page(course, found, form=_form(), faults=faults, focus=question_id)


def _part(taken: attempts.Taken | None, fault: str | None) -> ResponseReturnValue:
    """Give one question alone, as the page's script asks for it."""
    if taken is None:
        answer = make_response(fault or "", 422)
        answer.mimetype = "text/plain"
        return answer
    answer = make_response(_told(taken, request.headers.get(PART_HEADER, type=int) or 1))
    if taken.is_last:
        answer.headers["X-Over"] = "1"
    return answer


def _told(taken: attempts.Taken, number: int) -> str:
    """Give a question with its answer and what it earned."""
    question = taken.question
    asked = Asked(number, question, "", taken.response, taken.seed)
    if not isinstance(question, SingleChoice | MultipleChoice):
        return render_template("player/_part.html", view=views.view_of(asked, told=True))

    def make() -> str:
        view = replace(views.view_of(asked, told=True), cut=pieces.CUT)
        return render_template("player/_part.html", view=view)

    key = (page_language(), taken.fingerprint, taken.item_id, question.id, number)
    return pieces.answered(question, (*key, taken.response.given), make)


def _submit(course: Course, found: Quiz, attempt_id: UUID, *, anyway: bool) -> ResponseReturnValue:
    form = _form()
    if not anyway:
        left = _left_out(course, found, form)
        if left:
            return _page(course, found, form=form, left_out=left)
    with db.begin() as session:
        faults = attempts.submit(
            session,
            current_visit(),
            course,
            found,
            attempt_id,
            form=form,
            names=names(),
            now=db.utcnow(),
        )
    if faults:
        return _page(course, found, form=form, faults=faults)
    return redirect(f"{_url(course, found)}#result", 303)


def _left_out(course: Course, found: Quiz, form: Mapping[str, Sequence[str]]) -> int:
    with db.read() as session:
        place = find_enrolment(session, current_visit(), course, names=names())
        current = attempts.quiz_state(session, place, found).open
        asked = read_sheet(session, current).asked if current else ()
    left = 0
    for each in asked:
        if each.response is None:
            try:
                left += read_response(each.question, form).is_empty
            except ResponseError:
                continue
    return left


def _page(
    course: Course,
    found: Quiz,
    *,
    form: Mapping[str, Sequence[str]] | None = None,
    faults: Mapping[str, str] | None = None,
    focus: str = "",
    left_out: int = 0,
) -> ResponseReturnValue:
    standing = open_item(course, found)
    visit = current_visit()
    with db.read() as session:
        place = find_enrolment(session, visit, course, names=names())
        state = attempts.quiz_state(session, place, found)
        shown = state.open or state.last
        sheet = read_sheet(session, shown) if shown else None
        withdrawn = results.withdrawn_in(session, place, found.id)
        score = scores.sent_score(
            session,
            person_id=place.person_id,
            context_id=place.context_id,
            course_id=course.id,
            item_path=found.id,
        )
    if faults:
        faults = {key: _(text) for key, text in faults.items()}
    neighbours = outline.neighbours_of(course, found)
    part = outline.part_around(course, found, standing)
    base = course_url(course)
    return render_template(
        "player/quiz.html",
        course=course,
        quiz=found,
        state=state,
        sheet=sheet,
        views=_views(sheet, form, faults),
        withdrawn=withdrawn,
        earned=standing.items.get(found.id) if standing else None,
        score=score,
        part=part,
        side=side_of(course, part, found, base) if part else "",
        before=neighbours.before,
        after=neighbours.after,
        base=base,
        action=_url(course, found),
        focus=focus,
        fault_count=len(faults or ()),
        left_out=left_out,
        notice=_left_out_words(left_out) if left_out else "",
    ), (422 if faults else 200)


def _views(
    sheet: Sheet | None,
    form: Mapping[str, Sequence[str]] | None,
    faults: Mapping[str, str] | None,
) -> tuple[QuestionView, ...]:
    if sheet is None:
        return ()
    told = True if sheet.attempt.is_submitted else None
    return views.views_of(sheet.asked, told=told, form=form, faults=faults)


def _left_out_words(number: int) -> str:
    words = ngettext(
        "One question has no answer yet. You can still answer it, or submit without it.",
        "%(number)s questions have no answer yet. You can still answer them, or submit as it is.",
        number,
    )
    return words % {"number": number}


def _preview(
    course: Course, found: Quiz, form: Mapping[str, Sequence[str]] | None = None
) -> ResponseReturnValue:
    seed = request.form.get("seed", "")[:64] or secrets.token_hex(8)
    shown, faults = [], {}
    for asked in preview_of(found.questions, seed):
        response = None
        if form is not None:
            try:
                response = read_response(asked.question, form)
            except ResponseError as error:
                faults[asked.question.id] = _fault(error)
        shown.append(Asked(asked.number, asked.question, "", response, seed))
    told = None if form is None or "again" in form else True
    marks = [grading.mark(each.question, each.response) for each in shown if each.response]
    neighbours = outline.neighbours_of(course, found)
    part = outline.part_around(course, found, None)
    base = course_url(course)
    return render_template(
        "player/quiz_preview.html",
        course=course,
        quiz=found,
        views=views.views_of(shown, told=bool(told), faults=faults),
        is_marked=bool(told),
        points=sum(mark.points for mark in marks),
        seed=seed,
        part=part,
        side=side_of(course, part, found, base) if part else "",
        before=neighbours.before,
        after=neighbours.after,
        base=base,
        action=f"{_url(course, found)}/preview",
    )


def _find(course_id: str, module_id: str, name: str) -> tuple[Course, Quiz]:
    course = find_own_course(course_id)
    found = course.item(f"{module_id}/{name}")
    if not isinstance(found, Quiz):
        raise NotFoundError(f"quiz {module_id}/{name} of {course_id!r}")
    return course, found


def _url(course: Course, found: Quiz) -> str:
    module_id, _slash, name = found.id.partition("/")
    return url_for("player_quizzes.quiz", course_id=course.id, module_id=module_id, name=name)


def _form() -> dict[str, list[str]]:
    return request.form.to_dict(flat=False)


def _fault(error: ResponseError) -> str:
    return _(str(error))
