"""The public page that shows the certificates behind a holder's link."""

from __future__ import annotations

from flask import Blueprint, make_response, render_template
from flask.typing import ResponseReturnValue

from lti_tool import db
from lti_tool.certification import share_links
from lti_tool.web import limit_rate, open_to_all, settings

bp = Blueprint("certification_share", __name__, template_folder="templates")


@bp.get("/s/<token>")
@open_to_all
def show(token: str) -> ResponseReturnValue:
    """Show what a link shows at this moment; unknown, over and ended look the same."""
    limit_rate("share")
    now = db.utcnow()
    with db.read() as session:
        shelf = share_links.look_at(session, token, zone=settings().register_time_zone, now=now)
    page = render_template("certification/share/show.html", shelf=shelf, checked_at=now)
    answer = make_response(page, 200 if shelf is not None else 404)
    answer.headers["X-Robots-Tag"] = "noindex, nofollow"
    return answer
