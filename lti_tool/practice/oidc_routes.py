"""From a click to the tool: login initiation, authorisation, the form with the signed token."""

from __future__ import annotations

import re
from collections.abc import Mapping

from flask import Blueprint, jsonify, make_response, render_template, request
from flask.typing import ResponseReturnValue

from lti_tool.practice.claims import claims_of, target_of
from lti_tool.practice.model import Hint, Tool
from lti_tool.practice.quirks import Quirk
from lti_tool.practice.session import (
    acting,
    find_activity,
    find_course,
    find_tool,
    is_seen_as_learner,
    platform,
    session_id,
)
from lti_tool.practice.state import State

bp = Blueprint("oidc", __name__)

TAG = re.compile(r"<[^>]*>?")
HINT_TOKEN = re.compile(r'"launchid":"([\w-]+)"')


@bp.get("/launch/<int:activity_id>")
def launch(activity_id: int) -> ResponseReturnValue:
    """Begin a launch: a form that posts itself to the tool's login address."""
    state = platform()
    activity = find_activity(activity_id)
    tool = state.tools[activity.tool_id]
    return _initiation(tool, activity.course_id, activity_id)


@bp.get("/select/<int:course_id>/<int:tool_id>")
def select(course_id: int, tool_id: int) -> ResponseReturnValue:
    """Begin deep linking the same way."""
    return _initiation(find_tool(tool_id), find_course(course_id).id, None)


def _initiation(tool: Tool, course_id: int, activity_id: int | None) -> ResponseReturnValue:
    state = platform()
    activity = None if activity_id is None else state.activities[activity_id]
    hint = Hint(
        acting().id,
        tool.id,
        course_id,
        activity_id,
        session_id(),
        is_seen_as_learner(),
        target_of(state, tool, activity),
    )
    return _posting("Opening the tool", tool.login_url, state.begin_launch(hint))


@bp.route("/auth", methods=["GET", "POST"])
def authorize() -> ResponseReturnValue:
    """Answer the tool's authorisation request."""
    state = platform()
    asked = {**request.args, **request.form}
    again = asked.pop("repost", "")
    if state.has(Quirk.REPOST) and not session_id() and not again:
        return _posting("One moment", f"{state.issuer}/auth", {**asked, "repost": "1"})
    tool = state.tool_of(asked.get("client_id", ""))
    redirect_url = asked.get("redirect_uri", "")
    hint = _take_hint(state, asked.get("lti_message_hint", ""))
    if hint is None or not _is_registered(state, hint, redirect_url):
        return _invalid(
            "This page belongs to a launch that is over, or to another browser. "
            "Go back to the course and open the activity again."
        )
    fault = _page_fault(state, asked)
    if fault:
        return _invalid(fault)
    state_text = asked.get("state", "")
    if state.has(Quirk.STRIPPED_STATE):
        state_text = TAG.sub("", state_text)
    error = _told_error(asked, tool, hint)
    if error:
        fields = {"error": error, "state": state_text}
        return _posting("Opening the tool", redirect_url, fields)
    claims = claims_of(state, hint, nonce=asked.get("nonce", ""))
    fields = {"id_token": state.key.sign(claims), "state": state_text}
    if state.options.storage and not state.has(Quirk.NO_STORAGE):
        fields["lti_storage_target"] = "_parent"
    return _posting("Opening the tool", redirect_url, fields)


@bp.get("/certs")
def keys() -> ResponseReturnValue:
    """Give the platform's public keys."""
    state = platform()
    with state.lock:
        state.key_fetches += 1
        published = [key.jwk for key in state.keys]
    return jsonify(keys=published)


def _take_hint(state: State, text: str) -> Hint | None:
    """Give what a hint stands for; once, and only in the browser where it began."""
    found = HINT_TOKEN.search(text)
    token = found[1] if found else text
    with state.lock:
        hint = state.hints.get(token)
        if hint is None or not state.has(Quirk.ONE_USE_HINT):
            return hint
        if hint.session and hint.session != session_id():
            return None
        return state.hints.pop(token)


def _is_registered(state: State, hint: Hint, redirect_url: str) -> bool:
    known = state.tools[hint.tool_id].redirect_urls
    if state.has(Quirk.EXACT_REDIRECT):
        return redirect_url in known
    return redirect_url.partition("?")[0].rstrip("/") in {each.rstrip("/") for each in known}


def _page_fault(state: State, asked: Mapping[str, str]) -> str:
    scope = asked.get("scope", "")
    if state.has(Quirk.STRICT_AUTH):
        if scope != "openid":
            return f"The tool asked for the scope {scope!r}; it must be exactly openid."
    elif "openid" not in scope.split():
        return "The tool did not ask for the scope openid."
    if asked.get("response_type") != "id_token":
        return "The tool must ask for the response type id_token."
    if not asked.get("nonce"):
        return "The tool sent no nonce."
    return ""


def _told_error(asked: Mapping[str, str], tool: Tool | None, hint: Hint) -> str:
    if asked.get("response_mode") != "form_post" or asked.get("prompt", "none") != "none":
        return "invalid_request"
    if tool is None or tool.id != hint.tool_id:
        return "unauthorized_client"
    if asked.get("login_hint") != str(hint.person_id):
        return "access_denied"
    return ""


def _posting(title: str, target: str, fields: Mapping[str, str]) -> ResponseReturnValue:
    page = render_template("practice/posting.html", title=title, target=target, fields=fields)
    answer = make_response(page)
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _invalid(words: str) -> ResponseReturnValue:
    return render_template("practice/message.html", title="Invalid request", words=words), 404
