"""What programs ask of us as an issuer: who we are, our keys, what was achieved, what still counts.

All of it is read from the database: the web process has no key that signs certificates.
"""

from __future__ import annotations

import re
from typing import Any

from flask import Blueprint, Response, json, make_response, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from courses.schemes import SchemeKind
from lti_tool import db
from lti_tool.certification import badge_keys, baking, contexts, did
from lti_tool.certification.badge_keys import BadgePurpose
from lti_tool.certification.register_models import Achievement, KeyRecord, StatusList
from lti_tool.errors import NotFoundError
from lti_tool.web import open_to_all, settings

JSON_LD, JSON, PAGE = "application/ld+json", "application/json", "text/html"
DID_JSON = "application/did+ld+json"
A_MINUTE = "public, max-age=60"
AN_HOUR = "public, max-age=3600"
ENDING = ".json"
PLAIN = re.compile(r"[A-Za-z0-9._-]{1,80}")
"""Names of ours; a database refuses some others with an error."""

bp = Blueprint("certification_issuer", __name__, template_folder="templates")


@bp.get("/.well-known/did.json")
@open_to_all
def did_document() -> ResponseReturnValue:
    """Give the document of our name: the keys that others may trust."""
    with db.read() as session:
        told = did.document_of(settings().public_url, badge_keys.published(session))
    return _public(_json(told, DID_JSON), A_MINUTE)


@bp.get("/status/<int(max=999999):number>/<any(revocation, suspension):purpose>")
@open_to_all
def status_list(number: int, purpose: str) -> ResponseReturnValue:
    """Give a signed list of what no longer counts, as the worker wrote it."""
    with db.read() as session:
        row = session.get(StatusList, (number, purpose))
        text = row.credential if row is not None else ""
    if not text:
        raise NotFoundError(f"status list {number} {purpose!r}")
    return _public(Response(text, mimetype=JSON_LD), A_MINUTE)


@bp.get("/achievements/<scheme_id>/<version>")
@open_to_all
def achievement(scheme_id: str, version: str) -> ResponseReturnValue:
    """Say what a scheme asked for in one state of its content: to programs, or as a page."""
    _look_plain(scheme_id, version)
    with db.read() as session:
        kept = session.get(Achievement, (scheme_id, version.removesuffix(ENDING)))
    if kept is None:
        raise NotFoundError(f"achievement {scheme_id!r} {version!r}")
    wanted = request.accept_mimetypes.best_match([JSON_LD, JSON, PAGE], default=JSON_LD)
    if wanted == PAGE and not version.endswith(ENDING):
        told = kept.document
        page = render_template(
            "certification/achievement.html",
            told=told,
            word=baking.WORDS[SchemeKind(kept.kind)],
            paragraphs=told["criteria"]["narrative"].split("\n\n"),
        )
        return _public(make_response(page), AN_HOUR, varies="Accept, Accept-Language")
    words = [contexts.CREDENTIALS, contexts.OPEN_BADGES]
    told = {"@context": words, **kept.document}
    return _public(_json(told, JSON_LD), AN_HOUR, varies="Accept")


@bp.get("/keys/<kid>")
@open_to_all
def key(kid: str) -> ResponseReturnValue:
    """Give a public key: a JWK, or the certificates of a seal."""
    _look_plain(kid)
    with db.read() as session:
        record = session.get(KeyRecord, kid)
    if record is None or record.compromised_at is not None:
        raise NotFoundError(f"key {kid!r}")
    if record.purpose in tuple(BadgePurpose):
        return _public(_json(badge_keys.jwk_of(record), "application/jwk+json"), AN_HOUR)
    pem = Response(record.public["certificate_pem"], mimetype="application/x-pem-file")
    return _public(pem, AN_HOUR)


@bp.get("/badge-image/<scheme_id>.png")
@open_to_all
def badge_image(scheme_id: str) -> ResponseReturnValue:
    """Give the picture of a scheme's badge, without anybody's credential."""
    _look_plain(scheme_id)
    newest = select(Achievement).where(Achievement.scheme_id == scheme_id)
    with db.read() as session:
        kept = session.scalar(newest.order_by(Achievement.first_used_on.desc()).limit(1))
    if kept is None:
        raise NotFoundError(f"badge of {scheme_id!r}")
    drawn = baking.picture(SchemeKind(kept.kind), kept.document["name"])
    return _public(Response(drawn, mimetype="image/png"), AN_HOUR)


def _look_plain(*names: str) -> None:
    for name in names:
        if not PLAIN.fullmatch(name):
            raise NotFoundError(f"{name!r} is no name of ours")


def _json(told: dict[str, Any], mimetype: str) -> Response:
    return Response(json.dumps(told, ensure_ascii=False, sort_keys=False), mimetype=mimetype)


def _public(answer: Response, kept: str, *, varies: str = "") -> Response:
    """Let any page read an answer, keep it for a while, and ask whether it changed."""
    answer.headers["Cache-Control"] = kept
    answer.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    if answer.mimetype != PAGE:
        answer.headers["Access-Control-Allow-Origin"] = "*"
    if varies:
        answer.headers["Vary"] = varies
    answer.add_etag()
    answer.make_conditional(request)
    return answer
