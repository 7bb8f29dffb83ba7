"""What a teacher does: add activities by hand or by deep linking, read and change grades."""

from __future__ import annotations

import secrets

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from lti_tool.practice import selecting
from lti_tool.practice.model import Column, CourseRole, Grade, Hold, Tool
from lti_tool.practice.quirks import Quirk
from lti_tool.practice.selecting import AnswerError, Draft
from lti_tool.practice.session import (
    acting,
    find_course,
    find_tool,
    is_teaching,
    need_teacher,
    platform,
)

bp = Blueprint("teaching", __name__)


@bp.get("/course/<int:course_id>/add")
def add(course_id: int) -> ResponseReturnValue:
    """Offer the tools that may be added."""
    course = find_course(course_id)
    need_teacher(course)
    tools = [tool for tool in platform().tools.values() if tool.is_active]
    return render_template("practice/add.html", course=course, tools=tools)


@bp.get("/course/<int:course_id>/select/<int:tool_id>")
def dialogue(course_id: int, tool_id: int) -> ResponseReturnValue:
    """Open the tool's own choice of content in a frame."""
    course, tool = find_course(course_id), find_tool(tool_id)
    need_teacher(course)
    state = platform()
    return render_template(
        "practice/select.html",
        course=course,
        tool=tool,
        source=url_for("oidc.select", course_id=course_id, tool_id=tool_id),
        has_storage=state.options.storage and not state.has(Quirk.NO_STORAGE),
    )


@bp.post("/contentitem_return")
def take_answer() -> ResponseReturnValue:
    """Take what was chosen in the tool, and leave the frame."""
    state = platform()
    course = find_course(request.args.get("course", type=int, default=0))
    tool = find_tool(request.args.get("id", type=int, default=0))
    if state.has(Quirk.REPOST) and "practice_session" not in request.cookies:
        if request.form.get("repost"):
            abort(401)
        return render_template(
            "practice/posting.html",
            title="One moment",
            target=f"{state.issuer}{request.full_path}",
            fields={"JWT": request.form.get("JWT", ""), "repost": "1"},
        )
    need_teacher(course)
    try:
        drafts, shown = selecting.read_answer(state, tool, course, request.form.get("JWT", ""))
    except AnswerError as error:
        return render_template(
            "practice/message.html",
            title="The tool's answer was not taken",
            words=f"The platform could not read what the tool sent: {error}.",
        ), 400
    target = url_for("course.show", course_id=course.id)
    if drafts or shown:
        word = secrets.token_urlsafe(9)
        with state.lock:
            state.drafts[word] = [tool.id, course.id, drafts, shown]
        target = url_for("teaching.draft", word=word)
    return render_template(
        "practice/posting.html",
        title="Back to the course",
        target=target,
        fields={},
        method="get",
        frame="_top",
    )


@bp.get("/draft/<word>")
def draft(word: str) -> ResponseReturnValue:
    """Show what was chosen, to be saved."""
    tool, course_id, drafts, shown = _find_draft(word)
    course = find_course(course_id)
    need_teacher(course)
    return render_template(
        "practice/draft.html", word=word, course=course, tool=tool, drafts=drafts, shown=shown
    )


@bp.post("/draft/<word>")
def save(word: str) -> ResponseReturnValue:
    """Save what was chosen: one activity as edited, or several as they came."""
    tool, course_id, drafts, _ = _find_draft(word)
    state, course = platform(), find_course(course_id)
    need_teacher(course)
    if len(drafts) == 1:
        drafts[0].title = request.form.get("title", drafts[0].title).strip() or tool.name
        fault = selecting.fault_of(state, drafts[0])
        if fault:
            page = render_template(
                "practice/draft.html",
                word=word,
                course=course,
                tool=tool,
                drafts=drafts,
                shown="",
                fault=fault,
            )
            return page, 422
    selecting.save(state, tool, course, drafts)
    state.drafts.pop(word, None)
    return redirect(url_for("course.show", course_id=course_id), 303)


def _find_draft(word: str) -> tuple[Tool, int, list[Draft], str]:
    held = platform().drafts.get(word) or abort(404)
    return find_tool(held[0]), held[1], held[2], held[3]


@bp.post("/course/<int:course_id>/add/<int:tool_id>")
def add_by_hand(course_id: int, tool_id: int) -> ResponseReturnValue:
    """Add an activity without deep linking; it has a column only where one is asked for."""
    state, course, tool = platform(), find_course(course_id), find_tool(tool_id)
    need_teacher(course)
    lines = (line.partition("=") for line in request.form.get("custom", "").splitlines())
    column = None
    if request.form.get("maximum"):
        column = {
            "scoreMaximum": request.form.get("maximum", type=float, default=0.0),
            "resourceId": request.form.get("resource_id", ""),
            "tag": request.form.get("tag", ""),
        }
    made = Draft(
        request.form.get("title", "").strip() or tool.name,
        request.form.get("text", "").strip(),
        request.form.get("url", "").strip(),
        {key.strip(): value.strip() for key, sign, value in lines if sign},
        column,
    )
    fault = selecting.fault_of(state, made)
    if fault:
        tools = [each for each in state.tools.values() if each.is_active]
        return render_template("practice/add.html", course=course, tools=tools, fault=fault), 422
    selecting.save(state, tool, course, [made])
    return redirect(url_for("course.show", course_id=course_id), 303)


# Grades


@bp.get("/course/<int:course_id>/grades")
def grades(course_id: int) -> ResponseReturnValue:
    """Show the grade book; a learner sees their own line."""
    state, course, person = platform(), find_course(course_id), acting()
    teaches = is_teaching(person, course)
    columns = [each for each in state.columns.values() if each.course_id == course_id]
    learners = [
        state.people[each]
        for each, role in course.roles.items()
        if role is CourseRole.LEARNER and (teaches or each == person.id)
    ]
    return render_template(
        "practice/grades.html", course=course, columns=columns, learners=learners, teaches=teaches
    )


@bp.post("/course/<int:course_id>/grades/<int:column_id>/<int:person_id>")
def change_grade(course_id: int, column_id: int, person_id: int) -> ResponseReturnValue:
    """Override a grade, lock it, or let the tool have it again."""
    state, course = platform(), find_course(course_id)
    need_teacher(course)
    column: Column = state.columns.get(column_id) or abort(404)
    try:
        hold = Hold(request.form.get("hold", ""))
    except ValueError:
        abort(400)
    with state.lock:
        grade = column.grades.setdefault(person_id, Grade(None))
        grade.hold = hold
        if hold is Hold.OVERRIDDEN:
            grade.points = request.form.get("points", type=float, default=0.0)
    return redirect(url_for("teaching.grades", course_id=course_id), 303)
