"""The name by which statements speak of a certificate, answered: what it stands for."""

from __future__ import annotations

from flask import Blueprint, jsonify, redirect, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from lti_tool import db
from lti_tool.certification.register_models import Achievement
from lti_tool.errors import NotFoundError
from lti_tool.web import limit_rate, open_to_all
from xapi import vocabulary as words

JSON, PAGE = "application/json", "text/html"
AN_HOUR = "public, max-age=3600"
LIMIT = "definitions"

bp = Blueprint("certification_definitions", __name__)


@bp.get("/id/certificate/<scheme_id>")
@open_to_all
def definition(scheme_id: str) -> ResponseReturnValue:
    """Give the definition of a certificate: JSON to programs; people are led to its page."""
    limit_rate(LIMIT)
    query = select(Achievement).where(Achievement.scheme_id == scheme_id)
    with db.read() as session:
        newest = session.scalar(query.order_by(Achievement.first_used_on.desc()).limit(1))
    if newest is None:
        raise NotFoundError(f"certificate {scheme_id!r}")
    page = url_for("certification_issuer.achievement", scheme_id=scheme_id, version=newest.version)
    if request.accept_mimetypes.best_match([JSON, PAGE], default=JSON) == PAGE:
        answer = redirect(page)
    else:
        told, language = newest.document, str(newest.document.get("inLanguage") or "en")
        answer = jsonify(
            type=words.CERTIFICATE.iri,
            name={language: told["name"]},
            description={language: told["description"]},
            moreInfo=told["id"],
        )
        answer.headers["Access-Control-Allow-Origin"] = "*"
        answer.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    answer.headers["Cache-Control"] = AN_HOUR
    answer.vary.add("Accept")
    return answer
