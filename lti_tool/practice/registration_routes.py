"""Dynamic registration: the configuration, the endpoint, and the administrator's pages."""

from __future__ import annotations

import json
from urllib.parse import urlsplit

from flask import Blueprint, Response, abort, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from lti_tool.practice import registering
from lti_tool.practice.model import Tool
from lti_tool.practice.quirks import Quirk
from lti_tool.practice.registering import RegistrationError
from lti_tool.practice.session import find_tool, need_administrator, platform

bp = Blueprint("registration", __name__)


@bp.get("/openid-configuration")
def configuration() -> ResponseReturnValue:
    """Say where everything is."""
    return jsonify(registering.configuration(platform()))


@bp.post("/register")
def register() -> ResponseReturnValue:
    """Take a tool in."""
    state = platform()
    token = request.headers.get("Authorization", "").partition(" ")[2].strip()
    try:
        given = json.loads(request.get_data() or b"null")
    except ValueError:
        given = None
    try:
        return jsonify(registering.register(state, token, given))
    except RegistrationError as error:
        status, words = error.args
        if not state.has(Quirk.PLAIN_WORD_ERRORS):
            body = {"error": "invalid_client_metadata", "error_description": words or "refused"}
            return jsonify(body), 400 if status == 404 else status
        if status == 404:
            page = render_template(
                "practice/message.html",
                title="Not found",
                words="This registration cannot be read, or its token is no good.",
            )
            return page, 404
        return Response(words, status, content_type="text/html; charset=utf-8")


@bp.get("/tools")
def tools() -> ResponseReturnValue:
    """Show the tools and where to add one."""
    need_administrator()
    return render_template("practice/tools.html", tools=list(platform().tools.values()))


@bp.post("/tools/register")
def begin() -> ResponseReturnValue:
    """Open the tool's own page in a frame, with all it needs to register.

    Where the address belongs to a tool that is known, ask first what is meant.
    """
    need_administrator()
    state = platform()
    link = request.form.get("url", "").strip()
    if urlsplit(link).scheme not in {"http", "https"}:
        return render_template(
            "practice/tools.html",
            tools=list(state.tools.values()),
            fault="Paste the whole registration link; it begins with http.",
        ), 422
    meant = request.form.get("meant", "")
    known = _known(link)
    if known is not None and not meant:
        return render_template("practice/again.html", link=link, tool=known)
    updates = known.id if known is not None and meant == "update" else None
    return render_template(
        "practice/register.html",
        page=registering.page_url(state.issuer, link, registering.admit(state, updates=updates)),
    )


def _known(link: str) -> Tool | None:
    domain = registering.domain_of(link)
    return next(
        (
            tool
            for tool in platform().tools.values()
            if registering.domain_of(tool.launch_url) == domain
        ),
        None,
    )


@bp.post("/tools/<int:tool_id>/activate")
def activate(tool_id: int) -> ResponseReturnValue:
    """Let the tool be used."""
    need_administrator()
    find_tool(tool_id).is_active = True
    return redirect(url_for("registration.tools"), 303)


@bp.post("/tools/<int:tool_id>/settings")
def change(tool_id: int) -> ResponseReturnValue:
    """Keep what the administrator allows the tool."""
    need_administrator()
    tool = find_tool(tool_id)
    with platform().lock:
        for name in ("share_name", "share_email", "use_columns", "manage_columns", "use_roster"):
            setattr(tool, name, name in request.form)
        tool.in_new_window = request.form.get("container") == "window"
    return redirect(url_for("registration.tools"), 303)


@bp.post("/tools/<int:tool_id>/remove")
def remove(tool_id: int) -> ResponseReturnValue:
    """Remove a tool with its activities and columns."""
    need_administrator()
    state = platform()
    find_tool(tool_id)
    with state.lock:
        del state.tools[tool_id]
        for things in (state.activities, state.columns):
            for key in [key for key, each in things.items() if each.tool_id == tool_id]:
                del things[key]
    return redirect(url_for("registration.tools"), 303)


@bp.post("/tools/by-hand")
def by_hand() -> ResponseReturnValue:
    """Add a tool from addresses typed in; it is active at once."""
    need_administrator()
    state = platform()
    given = {
        name: request.form.get(name, "").strip() for name in ("name", "login", "launch", "keys")
    }
    if not all(given.values()):
        abort(422)
    with state.lock:
        number = state.next_id()
        state.tools[number] = Tool(
            number,
            f"practice-{number}",
            given["name"],
            given["login"],
            given["launch"],
            (given["launch"],),
            given["keys"],
            str(number),
            deep_linking_url=given["launch"],
        )
    return redirect(url_for("registration.tools"), 303)
