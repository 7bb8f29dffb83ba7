"""The members of a course, as a tool is told them."""

from __future__ import annotations

from typing import Any

from lti_tool.practice.claims import ASSISTANT, MEMBERSHIP, names_of
from lti_tool.practice.model import Course, CourseRole, Person, Tool
from lti_tool.practice.quirks import Quirk
from lti_tool.practice.state import State

UNREGISTERED_ADMIN = "http://purl.imsglobal.org/vocab/lis/v2/person#Administrator"
"""No role of the standard; Moodle sends one like it for an enrolled administrator."""


def members_of(state: State, tool: Tool, course: Course, *, role: str = "") -> list[dict[str, Any]]:
    """Give the members sorted by family name.

    Args:
        state: of the platform.
        tool: who asks; decides which names are told.
        course: whose.
        role: a role as word or URI to filter by; one that nobody knows filters nothing.
    """
    people = sorted((state.people[each] for each in course.roles), key=lambda person: person.family)
    shown = [
        _member(state, tool, course, person)
        for person in people
        if person.id not in course.suspended or not state.has(Quirk.ONLY_ACTIVE)
    ]
    word = role.rpartition("#")[2]
    if word not in {"Learner", "Instructor"}:
        return shown
    return [each for each in shown if word in {said.rpartition("#")[2] for said in each["roles"]}]


def _member(state: State, tool: Tool, course: Course, person: Person) -> dict[str, Any]:
    member: dict[str, Any] = {
        "status": "Inactive" if person.id in course.suspended else "Active",
        "user_id": str(person.id),
        "roles": _roles(state, course, person),
        "lis_person_sourcedid": person.sis_number,
        **names_of(state, tool, person),
    }
    if tool.share_name and state.has(Quirk.EXTRA_CLAIMS):
        member["ext_user_username"] = person.username
    return member


def _roles(state: State, course: Course, person: Person) -> list[str]:
    role = course.roles[person.id]
    prefix = "" if state.has(Quirk.SHORT_ROLES) else f"{MEMBERSHIP}#"
    teaches = role is CourseRole.TEACHER
    if role is CourseRole.ASSISTANT and not state.has(Quirk.ASSISTANT_TEACHES):
        return [f"{prefix}Instructor", ASSISTANT]
    roles = [f"{prefix}{'Instructor' if teaches else 'Learner'}"]
    if person.is_site_admin and state.has(Quirk.ADMIN_ROLES):
        roles.append(UNREGISTERED_ADMIN)
    return roles
