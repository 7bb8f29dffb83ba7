"""Who sits in front of the platform, and what an address names."""

from __future__ import annotations

from flask import abort, current_app, request

from lti_tool.practice.model import Activity, Course, CourseRole, Person, Tool
from lti_tool.practice.state import State

COOKIE = "practice_session"
"""Holds a random word, the user name, and whether they look as a learner does."""


def platform() -> State:
    """Give the state of the platform that answers."""
    held: State = current_app.extensions["practice"]
    return held


def session_id() -> str:
    """Give the browser's session; empty where its cookie did not come."""
    return request.cookies.get(COOKIE, "").partition(".")[0]


def acting_or_none() -> Person | None:
    """Give the person that was chosen in this browser."""
    _, _, rest = request.cookies.get(COOKIE, "").partition(".")
    name = rest.partition(".")[0]
    return next((each for each in platform().people.values() if each.username == name), None)


def acting() -> Person:
    """Give the person that was chosen in this browser; else lead to where one is chosen."""
    person = acting_or_none()
    if person is None:
        abort(401)
    return person


def is_seen_as_learner() -> bool:
    """Say whether a teacher looks at the course as a learner does."""
    return request.cookies.get(COOKIE, "").endswith(".learner")


def is_teaching(person: Person, course: Course) -> bool:
    """Say whether somebody may add activities and read grades."""
    return course.roles.get(person.id) is CourseRole.TEACHER or person.is_site_admin


def need_teacher(course: Course) -> Person:
    """Give who acts, or refuse them."""
    person = acting()
    if not is_teaching(person, course):
        abort(403)
    return person


def need_administrator() -> Person:
    """Give who acts, or refuse them."""
    person = acting()
    if not person.is_site_admin:
        abort(403)
    return person


def find_course(course_id: int) -> Course:
    """Give a course, or answer 404."""
    return platform().courses.get(course_id) or abort(404)


def find_activity(activity_id: int) -> Activity:
    """Give an activity, or answer 404."""
    return platform().activities.get(activity_id) or abort(404)


def find_tool(tool_id: int) -> Tool:
    """Give a tool, or answer 404."""
    return platform().tools.get(tool_id) or abort(404)
