"""The profile of our statements, its parts and our extensions, each at its own IRI; open to all."""

from __future__ import annotations

from typing import Any

import orjson
from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue

from xapi import profile
from xapi.lrs.web import host
from xapi.profile import Profile

LINKED, JSON = "application/ld+json", "application/json"
A_DAY = "public, max-age=86400"

bp = Blueprint("xapi_profile", __name__)


@bp.get("/xapi/profile")
@bp.get("/id/profile")
@bp.get(f"/id/profile/{profile.VERSION}")
def whole() -> ResponseReturnValue:
    """Give the profile."""
    return _answer(_own().text)


@bp.get("/id/profile/<any(template, pattern):kind>/<name>")
@bp.get("/id/<any(extension):kind>/<name>")
def part(kind: str, name: str) -> ResponseReturnValue:
    """Give a template, a pattern or an extension of the profile."""
    own = _own()
    folder = kind if kind == "extension" else f"profile/{kind}"
    found = own.part(f"{own.base}/id/{folder}/{name}")
    if found is None:
        return _answer(orjson.dumps({"error": "The profile holds nothing of this name."}), 404)
    context: dict[str, Any] = {"@context": own.parsed["@context"]}
    return _answer(orjson.dumps({**context, **found}))


def _own() -> Profile:
    return profile.profile_of(host().authority_home)


def _answer(body: bytes, status: int = 200) -> Response:
    """Answer in linked data; in plain JSON to whoever asks for no more, such as a browser."""
    accepted = request.accept_mimetypes
    linked = accepted.best_match([LINKED, JSON], default=JSON)
    answer = Response(body, status, mimetype=linked if status == 200 else JSON)
    answer.headers["Access-Control-Allow-Origin"] = "*"
    answer.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    answer.headers["Cache-Control"] = A_DAY if status == 200 else "no-store"
    answer.vary.add("Accept")
    answer.add_etag()
    answer.make_conditional(request)
    return answer
