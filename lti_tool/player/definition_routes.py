"""The names that last, answered: who asks at the name of what we teach is told what it is."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify, make_response, render_template, request
from flask.typing import ResponseReturnValue

from lti_tool.errors import NotFoundError
from lti_tool.i18n import gettext
from lti_tool.player import definitions
from lti_tool.web import find_course, limit_rate, names, open_to_all
from xapi import vocabulary as words

JSON, PAGE = "application/json", "text/html"
AN_HOUR = "public, max-age=3600"
LIMIT = "definitions"

bp = Blueprint("player_definitions", __name__, template_folder="templates")


@bp.get("/id/course/<course_id>")
@bp.get("/id/course/<course_id>/<path:path>")
@open_to_all
def definition(course_id: str, path: str = "") -> ResponseReturnValue:
    """Give the definition of a course or of something in it: JSON to programs, a page to people."""
    limit_rate(LIMIT)
    course = find_course(course_id)
    told = definitions.find(names(), course, path)
    if told is None:
        raise NotFoundError(f"{path!r} in {course_id!r}")
    if request.accept_mimetypes.best_match([JSON, PAGE], default=JSON) == PAGE:
        kind = _kinds()[told.type]
        page = render_template(
            "player/definition.html", told=told, course=course, kind=kind, is_course=not path
        )
        return _kept(make_response(page))
    answer = jsonify(told.definition())
    answer.headers["Access-Control-Allow-Origin"] = "*"
    answer.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return _kept(answer)


def _kept(answer: Response) -> Response:
    answer.headers["Cache-Control"] = AN_HOUR
    answer.vary.add("Accept")
    if answer.mimetype == PAGE:
        answer.vary.add("Accept-Language")
    answer.add_etag()
    answer.make_conditional(request)
    return answer


def _kinds() -> dict[str, str]:
    return {
        words.COURSE.iri: gettext("Course"),
        words.MODULE.iri: gettext("Module"),
        words.PAGE.iri: gettext("Page"),
        words.ASSESSMENT.iri: gettext("Quiz or exam"),
        words.INTERACTION.iri: gettext("Question"),
        words.FILM.iri: gettext("Film"),
        words.ELEMENT.iri: gettext("Element of an exam"),
    }
