"""The platform's doors for tools: tokens, columns of the grade book, the roster."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, abort, request
from flask.typing import ResponseReturnValue

from lti_tool.practice import grading
from lti_tool.practice.access import TokenError, grant, need_access, need_media_type
from lti_tool.practice.claims import (
    SCOPE_LINEITEM,
    SCOPE_LINEITEM_READ,
    SCOPE_RESULT,
    SCOPE_ROSTER,
    SCOPE_SCORE,
    columns_url,
    roster_url,
)
from lti_tool.practice.model import Column, Course, Tool
from lti_tool.practice.quirks import Quirk
from lti_tool.practice.roster import members_of
from lti_tool.practice.session import find_course, platform
from lti_tool.practice.state import State

bp = Blueprint("services", __name__)

COLUMN_TYPE = "application/vnd.ims.lis.v2.lineitem+json"
COLUMNS_TYPE = "application/vnd.ims.lis.v2.lineitemcontainer+json"
SCORE_TYPE = "application/vnd.ims.lis.v1.score+json"
RESULTS_TYPE = "application/vnd.ims.lis.v2.resultcontainer+json"
ROSTER_TYPE = "application/vnd.ims.lti-nrps.v2.membershipcontainer+json"

COLUMNS = "/services.php/<int:course_id>/lineitems"
COLUMN = f"{COLUMNS}/<int:column_id>/lineitem"


@bp.post("/token")
def token() -> ResponseReturnValue:
    """Give an access token for a signed assertion."""
    state = platform()
    text = state.has(Quirk.TEXT_TOKEN)
    kind = "text/html; charset=utf-8" if text else "application/json"
    try:
        return Response(json.dumps(grant(state, request.form)), content_type=kind)
    except TokenError as error:
        word, more = error.args
        body = json.dumps({"error": word, "error_description": more})
        if text and more:  # as Moodle does: what it quotes is not escaped
            body = f'{{"error": "{word}", "error_description": "{more}"}}'
        return Response(body, 400, content_type=kind)


# Columns


@bp.get(COLUMNS)
def list_columns(course_id: int) -> ResponseReturnValue:
    """Give the tool's columns in a course."""
    state, course = platform(), find_course(course_id)
    tool = need_access(SCOPE_LINEITEM, SCOPE_LINEITEM_READ)
    need_media_type(request.headers.get("Accept", ""), COLUMNS_TYPE)
    _need_use(state, tool, course)
    asked = request.args
    with state.lock:
        found = [
            each
            for each in state.columns.values()
            if each.course_id == course_id
            and each.tool_id == tool.id
            and asked.get("resource_id", each.resource_id) == each.resource_id
            and asked.get("tag", each.tag) == each.tag
            and asked.get("resource_link_id", str(each.activity_id)) == str(each.activity_id)
        ]
        shown = [_column(state, tool, course, each) for each in found]
    url = columns_url(state, tool, course)
    page, link = _paged(url, shown, dict(asked), curly=state.has(Quirk.CURLY_LINK))
    return _json(page, COLUMNS_TYPE, link=link)


@bp.post(COLUMNS)
def add_column(course_id: int) -> ResponseReturnValue:
    """Make a column; never looks whether there is one like it."""
    state, course = platform(), find_course(course_id)
    tool = need_access(SCOPE_LINEITEM)
    need_media_type(request.headers.get("Content-Type", ""), COLUMN_TYPE)
    _need_use(state, tool, course)
    given = _body()
    with state.lock:
        column = Column(state.next_id(), course_id, tool.id, "", 0, by_tool=True)
        _fill(state, column, given)
        state.columns[column.id] = column
    if len(column.label) > 255 and state.has(Quirk.LONG_LABEL):
        return Response("<p>Error writing to database</p>", 500, content_type="text/html")
    return _json(_column(state, tool, course, column), COLUMN_TYPE, 201)


@bp.get(COLUMN)
def show_column(course_id: int, column_id: int) -> ResponseReturnValue:
    """Give one column."""
    tool = need_access(SCOPE_LINEITEM, SCOPE_LINEITEM_READ)
    need_media_type(request.headers.get("Accept", ""), COLUMN_TYPE)
    column = _find_column(tool, course_id, column_id)
    return _json(_column(platform(), tool, find_course(course_id), column), COLUMN_TYPE)


@bp.put(COLUMN)
def replace_column(course_id: int, column_id: int) -> ResponseReturnValue:
    """Replace a column; what is left out is gone, the link to its activity too."""
    state = platform()
    tool = need_access(SCOPE_LINEITEM)
    need_media_type(request.headers.get("Content-Type", ""), COLUMN_TYPE)
    column = _find_column(tool, course_id, column_id)
    given = _body()
    with state.lock:
        before = column.maximum
        _fill(state, column, given)
        if state.has(Quirk.RESCALES) and before and column.maximum != before:
            grading.rescale(column, before)
    return _json(_column(state, tool, find_course(course_id), column), COLUMN_TYPE)


@bp.delete(COLUMN)
def remove_column(course_id: int, column_id: int) -> ResponseReturnValue:
    """Remove a column with its grades."""
    tool = need_access(SCOPE_LINEITEM)
    column = _find_column(tool, course_id, column_id)
    platform().columns.pop(column.id, None)
    return Response(status=204)


@bp.post(f"{COLUMN}/scores")
def take_score(course_id: int, column_id: int) -> ResponseReturnValue:
    """Take one score."""
    state = platform()
    tool = need_access(SCOPE_SCORE)
    need_media_type(request.headers.get("Content-Type", ""), SCORE_TYPE)
    column = _find_column(tool, course_id, column_id)
    given = _body()
    with state.lock:
        status = grading.take_score(state, column, given)
    if status == 500:
        return Response("<p>Error writing to database</p>", 500, content_type="text/html")
    if status >= 400:
        return Response("[]", status, content_type="application/json")
    if state.has(Quirk.EMPTY_ANSWER):
        return Response(b"", 200, content_type="text/html")
    url = columns_url(state, tool, find_course(course_id), f"/{column.id}/lineitem/results")
    return _json({"resultUrl": _with_person(url, given["userId"])}, "application/json")


@bp.get(f"{COLUMN}/results")
def list_results(course_id: int, column_id: int) -> ResponseReturnValue:
    """Give the grades of a column as the grade book shows them."""
    state = platform()
    tool = need_access(SCOPE_RESULT)
    need_media_type(request.headers.get("Accept", ""), RESULTS_TYPE)
    column = _find_column(tool, course_id, column_id)
    if "limit" in request.args and state.has(Quirk.RESULTS_LIMIT):
        return Response("<h1>Not found</h1>", 404, content_type="text/html")
    url = columns_url(state, tool, find_course(course_id), f"/{column.id}/lineitem/results")
    with state.lock:
        shown = [
            _result(url, column, person_id, grade.points, grade.comment)
            for person_id, grade in column.grades.items()
            if (grade.points is not None or column.activity_id is None)
            and request.args.get("user_id", str(person_id)) == str(person_id)
        ]
    page, link = _paged(url, shown, dict(request.args), curly=False)
    return _json(page, RESULTS_TYPE, link=link)


def _column(state: State, tool: Tool, course: Course, column: Column) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "id": columns_url(state, tool, course, f"/{column.id}/lineitem"),
        "label": column.label,
        "scoreMaximum": column.maximum,
        "resourceId": column.resource_id,
        "tag": column.tag,
    }
    if column.activity_id is not None:
        shown["resourceLinkId"] = shown["ltiLinkId"] = str(column.activity_id)
    if column.submission_review is not None:
        shown["submissionReview"] = column.submission_review
    return shown


def _fill(state: State, column: Column, given: dict[str, Any]) -> None:
    label, maximum = given.get("label"), given.get("scoreMaximum")
    lowest = 0 if state.has(Quirk.ANY_COURSE) else 0.001
    if not label or not isinstance(maximum, (int, float)) or maximum < lowest:
        abort(Response("label and scoreMaximum are needed", 400, content_type="text/plain"))
    link = str(given.get("resourceLinkId") or "")
    activity = state.activities.get(int(link)) if link.isdigit() else None
    if link and (activity is None or activity.course_id != column.course_id):
        abort(Response("no such resource link in this course", 403, content_type="text/plain"))
    column.label, column.maximum = str(label), float(maximum)
    column.activity_id = activity.id if activity else None
    column.resource_id = str(given.get("resourceId") or "")
    column.tag = str(given.get("tag") or "")
    column.submission_review = given.get("submissionReview")


def _result(
    url: str, column: Column, person_id: int, points: float | None, comment: str
) -> dict[str, Any]:
    return {
        "id": _with_person(url, person_id),
        "userId": str(person_id),
        "resultScore": points,
        "resultMaximum": column.maximum,
        "comment": comment,
        "scoreOf": url.replace("/results", ""),
    }


def _with_person(url: str, person_id: object) -> str:
    return f"{url}{'&' if '?' in url else '?'}user_id={person_id}"


def _find_column(tool: Tool, course_id: int, column_id: int) -> Column:
    column = platform().columns.get(column_id)
    if column is None or column.course_id != course_id or column.tool_id != tool.id:
        abort(Response("no such line item", 404, content_type="text/plain"))
    return column


def _need_use(state: State, tool: Tool, course: Course) -> None:
    if not state.has(Quirk.ANY_COURSE) and not state.is_used(tool, course.id):
        abort(Response("the tool is not used in this course", 403, content_type="text/plain"))


def _body() -> dict[str, Any]:
    given = request.get_json(force=True, silent=True)
    if not isinstance(given, dict):
        abort(Response("a JSON object is needed", 400, content_type="text/plain"))
    return given


# The roster


@bp.get("/services.php/CourseSection/<int:course_id>/bindings/<int:tool_id>/memberships")
def list_members(course_id: int, tool_id: int) -> ResponseReturnValue:
    """Give the members of a course."""
    state, course = platform(), find_course(course_id)
    tool = need_access(SCOPE_ROSTER, tool_id=tool_id)
    need_media_type(request.headers.get("Accept", ""), ROSTER_TYPE, or_any=True)
    asked = dict(request.args)
    rlid = asked.get("rlid", "")
    known = {str(each.id) for each in state.activities_of(course_id)}
    if rlid and rlid not in known and state.has(Quirk.UNKNOWN_LINK):
        return Response("<h1>Not found</h1>", 404, content_type="text/html")
    with state.lock:
        members = members_of(state, tool, course, role=asked.get("role", ""))
    url = roster_url(state, tool, course)
    if state.has(Quirk.NEXT_DROPS_ROLE):
        asked.pop("role", None)
    page, link = _paged(url, members, asked, curly=False)
    container = {
        "id": url,
        "context": {"id": str(course.id), "label": course.short_name, "title": course.title},
        "members": page,
    }
    return _json(container, ROSTER_TYPE, link=link)


def _paged(
    url: str, rows: list[dict[str, Any]], asked: dict[str, str], *, curly: bool
) -> tuple[list[dict[str, Any]], str]:
    """Give one page and the ``Link`` header to the next one; everything where no limit is asked."""
    limit = int(asked.get("limit", "0") or "0") if asked.get("limit", "0").isdigit() else 0
    start = int(asked["from"]) if asked.get("from", "").isdigit() else 0
    if not limit:
        return rows, ""
    if start + limit >= len(rows):
        return rows[start:], ""
    kept = {name: value for name, value in asked.items() if name not in {"from", "type_id"}}
    query = urlencode({**kept, "from": start + limit})
    following = f"{url}{'&' if '?' in url else '?'}{query}"
    if not curly:
        return rows[start : start + limit], f'<{following}>; rel="next"'
    raw = f"<{following.replace('&', '&amp;')}>; rel=“next”"
    # headers are written as Latin-1; this way the bytes on the wire are UTF-8, as Moodle's are
    return rows[start : start + limit], raw.encode().decode("latin-1")


def _json(body: object, kind: str, status: int = 200, *, link: str = "") -> Response:
    answer = Response(json.dumps(body), status, content_type=kind)
    if link:
        answer.headers["Link"] = link
    return answer
