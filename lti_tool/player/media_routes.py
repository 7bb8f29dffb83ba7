"""Media files of the courses: open content, kept by browsers for ever; and what films tell."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify, request, send_from_directory
from flask.typing import ResponseReturnValue

from courses.model import Course, Page, Video
from lti_tool import db
from lti_tool.errors import BadRequestError, NotFoundError
from lti_tool.player import films
from lti_tool.player.enrolling import find_enrolment
from lti_tool.player.recording import Watching
from lti_tool.player.routes import find_own_course
from lti_tool.visit import Role
from lti_tool.web import VISIT_PREFIX, current_visit, find_course, names, open_to, open_to_all

bp = Blueprint("player_media", __name__)

FOREVER = "public, max-age=31536000, immutable"
TYPES = {".vtt": "text/vtt", ".webm": "video/webm", ".svg": "image/svg+xml"}


@bp.get("/media/<course_id>/<fingerprint>/<name>")
@open_to_all
def media(course_id: str, fingerprint: str, name: str) -> Response:
    """Give a media file; under its course's fingerprint it never changes."""
    course = find_course(course_id)
    ending = name[name.rfind(".") :]
    answer = send_from_directory(course.media_dir, name, mimetype=TYPES.get(ending))
    known = course.fingerprint.startswith(fingerprint) and len(fingerprint) >= 16
    answer.headers["Cache-Control"] = FOREVER if known else "no-cache"
    return answer


@bp.post(f"{VISIT_PREFIX}/learn/<course_id>/<module_id>/<name>/films/<video_id>")
@open_to(*Role)
def film(course_id: str, module_id: str, name: str, video_id: str) -> ResponseReturnValue:
    """Take what a page tells of a film; staff leave no trace."""
    course = find_own_course(course_id)
    page, video = _find_film(course, f"{module_id}/{name}", video_id)
    told = request.get_json(silent=True)
    if not isinstance(told, dict):
        raise BadRequestError("event of a film")
    events = films.read_events(told, float(video.seconds))
    session_id = films.session_of(told.get("session"))
    visit = current_visit()
    if visit.is_preview:
        return jsonify(seen=None)
    with db.begin() as session:
        place = find_enrolment(session, visit, course, names=names())
        watching = Watching(place, course, page, video, session_id)
        share = films.tell_all(session, watching, events, now=db.utcnow())
    return jsonify(seen=share)


def _find_film(course: Course, item_id: str, video_id: str) -> tuple[Page, Video]:
    page = course.item(item_id)
    if isinstance(page, Page):
        for video in page.videos:
            if video.id == video_id:
                return page, video
    raise NotFoundError(f"film {video_id!r} on {item_id!r} of {course.id!r}")
