"""The catalogue: public pages to find a course by, the path to a job role, and exports.

A visit has the path under its own address too, where it begins with what the visitor has passed.
"""

from __future__ import annotations

import json

from flask import Blueprint, Response, render_template, request, url_for
from flask.typing import ResponseReturnValue

from courses import exports, finding
from courses.exports import Addresses
from courses.model import Course
from courses.skills import JobRole, framework, path_to
from lti_tool import db
from lti_tool.errors import NotFoundError
from lti_tool.player.passed import list_passed
from lti_tool.visit import Role
from lti_tool.web import (
    VISIT_PREFIX,
    catalogue,
    current_visit,
    find_course,
    names,
    open_to,
    open_to_all,
    schemes,
    settings,
)

bp = Blueprint("catalogue", __name__, template_folder="templates")
visit_bp = Blueprint(
    "own_catalogue", __name__, url_prefix=VISIT_PREFIX, template_folder="templates"
)

AN_HOUR = "public, max-age=3600"


@bp.get("/courses")
@open_to_all
def courses() -> ResponseReturnValue:
    """Show all courses, or those that are looked for."""
    offered = catalogue().all()
    wanted = finding.wanted_of(request.args)
    return render_template(
        "catalogue/courses.html",
        courses=finding.matching(offered, wanted),
        total=len(offered),
        wanted=wanted,
        facets=finding.facets_of(offered),
        roles=_roles(),
    )


@bp.get("/courses/<course_id>")
@open_to_all
def course(course_id: str) -> ResponseReturnValue:
    """Show what a course is, for whom, and how to take it."""
    found = find_course(course_id)
    known = framework()
    return render_template(
        "catalogue/course.html",
        course=found,
        skills=[(known.skills[each.skill], each.level) for each in found.teaches],
        roles=[known.job_roles[each] for each in found.job_roles if each in known.job_roles],
        schemes=schemes().for_course(course_id),
    )


@bp.get("/courses/path")
@open_to_all
def paths() -> ResponseReturnValue:
    """Show the job roles to which a path leads."""
    return render_template("catalogue/roles.html", roles=_roles())


@bp.get("/courses/path/<role_id>")
@open_to_all
def path(role_id: str) -> ResponseReturnValue:
    """Show which courses lead to a job role, for somebody who has passed none."""
    return _path(role_id, (), has_visit=False)


@bp.get("/courses.jsonld")
@open_to_all
def as_json_ld() -> Response:
    """Give the catalogue in the vocabularies of schema.org and the European Learning Model."""
    made = exports.json_ld(catalogue().all(), _addresses(), schemes())
    body = json.dumps(made, ensure_ascii=False, indent=1)
    return _export(body, "application/ld+json")


@bp.get("/courses.csv")
@open_to_all
def as_csv() -> Response:
    """Give the catalogue as a table."""
    return _export(exports.as_csv(catalogue().all(), _addresses(), schemes()), "text/csv")


@visit_bp.get("/path")
@open_to(*Role)
def own_paths() -> ResponseReturnValue:
    """Show the job roles to which a path leads, inside a visit."""
    return render_template("catalogue/roles.html", roles=_roles())


@visit_bp.get("/path/<role_id>")
@open_to(*Role)
def own_path(role_id: str) -> ResponseReturnValue:
    """Show which courses close the gap between what the visitor has passed and a job role."""
    visit = current_visit()
    passed: tuple[Course, ...] = ()
    if visit.person_id is not None and not visit.is_preview:
        with db.read() as session:
            passed = list_passed(session, visit.person_id, catalogue())
    return _path(role_id, passed, has_visit=True)


def _path(role_id: str, passed: tuple[Course, ...], *, has_visit: bool) -> str:
    role = framework().job_roles.get(role_id)
    if role is None or not role.requires:
        raise NotFoundError(f"job role {role_id!r}")
    return render_template(
        "catalogue/path.html",
        path=path_to(role, catalogue().all(), passed),
        skills=framework().skills,
        passed=passed,
        has_visit=has_visit,
    )


def _roles() -> list[JobRole]:
    """Give the job roles that ask for something, by title."""
    known = framework().job_roles.values()
    return sorted((role for role in known if role.requires), key=lambda role: role.title)


def _addresses() -> Addresses:
    base = settings().public_url
    return Addresses(
        name_of=names().course,
        page_of=lambda course_id: f"{base}{url_for('catalogue.course', course_id=course_id)}",
        provider=settings().organisation,
        provider_id=base,
    )


def _export(body: str, kind: str) -> Response:
    answer = Response(body, mimetype=kind)
    answer.headers["Cache-Control"] = AN_HOUR
    answer.headers["Access-Control-Allow-Origin"] = "*"
    answer.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return answer
