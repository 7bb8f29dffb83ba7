"""The published heads of the log of acts: open to all, to be kept by whoever wants to check us."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import Blueprint, json, make_response, request
from flask.typing import ResponseReturnValue

from lti_tool import db
from lti_tool.certification import heads
from lti_tool.certification.credential import key_address
from lti_tool.certification.did import document_of
from lti_tool.certification.register_models import AuditHead
from lti_tool.errors import BadRequestError
from lti_tool.i18n import gettext as _
from lti_tool.web import limit_rate, open_to_all, settings

JSON = "application/json"
A_MINUTE = "public, max-age=60"
LIMIT = "audit heads"

bp = Blueprint("certification_heads", __name__)


@bp.get("/.well-known/audit-heads.json")
@open_to_all
def audit_heads() -> ResponseReturnValue:
    """Give the newest signed heads, one a day, and the keys that signed them.

    ``before=2026-11-01`` gives those before a day.
    """
    limit_rate(LIMIT)
    base_url = settings().public_url
    with db.read() as session:
        found = heads.list_heads(session, before=_day(request.args.get("before", "")))
        keys = heads.keys_of(session, found)
    told: dict[str, Any] = {
        "issuer": base_url,
        "heads": [_told(each, base_url) for each in found],
        "next": None,
        "verificationMethod": document_of(base_url, keys)["verificationMethod"],
    }
    if len(found) == heads.SHOWN:
        told["next"] = f"{base_url}{request.path}?before={found[-1].day.isoformat()}"
    answer = make_response(json.dumps(told, sort_keys=False))
    answer.mimetype = JSON
    answer.headers["Cache-Control"] = A_MINUTE
    answer.headers["Access-Control-Allow-Origin"] = "*"
    answer.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return answer


def _told(head: AuditHead, base_url: str) -> dict[str, Any]:
    return {
        "day": head.day.isoformat(),
        "line": head.line_number,
        "hash": head.line_hash,
        "key": key_address(base_url, head.kid),
        "jws": head.jws,
    }


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        raise BadRequestError("before", words=_("Give a day such as 2026-11-01.")) from error
