"""The course as people see it: who I am, activities, members, and where a tool leads back to."""

from __future__ import annotations

import re
import secrets

from flask import Blueprint, abort, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from lti_tool.practice.claims import opens_window
from lti_tool.practice.model import COURSE, Activity, CourseRole, Person
from lti_tool.practice.quirks import Quirk
from lti_tool.practice.session import (
    COOKIE,
    acting,
    acting_or_none,
    find_activity,
    find_course,
    need_teacher,
    platform,
    session_id,
)

bp = Blueprint("course", __name__)

TAG = re.compile(r"<[^>]*>?")
ROLE_WORDS = {
    CourseRole.LEARNER: "learner",
    CourseRole.TEACHER: "teacher",
    CourseRole.ASSISTANT: "non-editing teacher",
}
ORDER = ("alice", "bob", "carol", "tom", "olga", "oskar", "adam")
SHOWN_AS = {"olga": "certification officer", "oskar": "certification officer"}
"""Whom the demo's tool gives a role that no platform knows."""


@bp.get("/")
def start() -> ResponseReturnValue:
    """Let a newcomer choose who to be."""
    state = platform()
    course = state.courses[COURSE]
    people = [
        (person, _word(person, course.roles[person.id]))
        for person in sorted(state.people.values(), key=lambda each: ORDER.index(each.username))
    ]
    return render_template("practice/start.html", people=people, course=course)


def _word(person: Person, role: CourseRole) -> str:
    if person.is_site_admin:
        return "administrator"
    return SHOWN_AS.get(person.username, ROLE_WORDS[role])


@bp.post("/act")
def act() -> ResponseReturnValue:
    """Become somebody; a teacher may look as a learner does."""
    name = request.form.get("person", "")
    if name not in {person.username for person in platform().people.values()}:
        abort(404)
    as_learner = ".learner" if "as_learner" in request.form else ""
    session = session_id() or secrets.token_urlsafe(12)
    answer = make_response(redirect(url_for("course.show", course_id=COURSE), 303))
    # no SameSite attribute, as Moodle's own cookie over http has none
    answer.set_cookie(COOKIE, f"{session}.{name}{as_learner}", httponly=True)
    return answer


@bp.get("/course/<int:course_id>")
def show(course_id: int) -> ResponseReturnValue:
    """Show a course with its activities."""
    acting()
    state, course = platform(), find_course(course_id)
    activities = [
        (activity, opens_window(state, state.tools[activity.tool_id], activity))
        for activity in state.activities_of(course_id)
    ]
    return render_template("practice/course.html", course=course, activities=activities)


@bp.get("/activity/<int:activity_id>")
def activity(activity_id: int) -> ResponseReturnValue:
    """Show an activity: the tool in a frame, or a link to its window."""
    acting()
    state, found = platform(), find_activity(activity_id)
    return render_template(
        "practice/activity.html",
        course=find_course(found.course_id),
        activity=found,
        in_window=opens_window(state, state.tools[found.tool_id], found),
        source=url_for("oidc.launch", activity_id=activity_id),
        has_storage=state.options.storage and not state.has(Quirk.NO_STORAGE),
    )


@bp.post("/activity/<int:activity_id>/copy")
def copy(activity_id: int) -> ResponseReturnValue:
    """Duplicate an activity with its columns: a new resource link, the rest the same."""
    state, found = platform(), find_activity(activity_id)
    need_teacher(find_course(found.course_id))
    with state.lock:
        made = Activity(
            state.next_id(),
            found.course_id,
            found.tool_id,
            f"{found.title} (copy)",
            found.text,
            found.url,
            dict(found.custom),
            found.in_new_window,
        )
        state.copy_activity(found, made)
    return redirect(url_for("course.show", course_id=found.course_id), 303)


@bp.post("/activity/<int:activity_id>/remove")
def remove(activity_id: int) -> ResponseReturnValue:
    """Remove an activity with its columns."""
    state, found = platform(), find_activity(activity_id)
    need_teacher(find_course(found.course_id))
    with state.lock:
        for column in state.columns_of(activity_id):
            del state.columns[column.id]
        del state.activities[activity_id]
    return redirect(url_for("course.show", course_id=found.course_id), 303)


@bp.get("/course/<int:course_id>/people")
def people(course_id: int) -> ResponseReturnValue:
    """Show who is in the course."""
    acting()
    state, course = platform(), find_course(course_id)
    rows = [
        (state.people[each], ROLE_WORDS[role], each in course.suspended)
        for each, role in course.roles.items()
    ]
    return render_template("practice/people.html", course=course, rows=rows)


@bp.post("/course/<int:course_id>/people/<int:person_id>/suspend")
def suspend(course_id: int, person_id: int) -> ResponseReturnValue:
    """Suspend an enrolment, or bring it back."""
    course = find_course(course_id)
    need_teacher(course)
    with platform().lock:
        course.suspended ^= {person_id} & set(course.roles)
    return redirect(url_for("course.people", course_id=course_id), 303)


@bp.get("/return")
def returned() -> ResponseReturnValue:
    """Take somebody back from the tool: its message inside the frame, else out of the frame."""
    words = request.args.get("lti_errormsg") or request.args.get("lti_msg")
    if words:
        return render_template(
            "practice/message.html", title="Message from the tool", words=TAG.sub("", words)
        )
    course_id = request.args.get("course", type=int, default=COURSE)
    return render_template(
        "practice/posting.html",
        title="Back to the course",
        target=url_for("course.show", course_id=course_id),
        fields={},
        method="get",
        frame="_top",
    )


@bp.app_context_processor
def _who() -> dict[str, object]:
    person = acting_or_none()
    return {"person": person, "options": platform().options, "main_course": COURSE}
