"""Public pages that letters lead to: confirm an address, my certificates, and send me my link."""

from __future__ import annotations

from uuid import UUID

from flask import (
    Blueprint,
    Response,
    current_app,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue

from lti_tool import db
from lti_tool.certification import contact, inviting
from lti_tool.certification.holder_appeal_routes import appeal_page
from lti_tool.certification.holder_frame_routes import (
    Door,
    address_page,
    certificate_page,
    file_answer,
    mine_page,
    share_page,
)
from lti_tool.certification.holder_name_routes import name_fault, name_page
from lti_tool.certification.inviting import Opened
from lti_tool.errors import NotFoundError
from lti_tool.i18n import gettext as _
from lti_tool.web import (
    Limiter,
    limit_rate,
    open_to_all,
    schemes,
    settings,
    vault,
    with_note,
)

bp = Blueprint(
    "certification_link", __name__, url_prefix="/certificates", template_folder="templates"
)

WISHES_PER_MINUTE = 5
"""How often one network address may ask for a link in a minute, in each web process."""


@bp.route("/link", methods=["GET", "POST"])
@open_to_all
def ask() -> ResponseReturnValue:
    """Take an address to which the link goes, if it is known; the answer is the same if not."""
    is_asked = request.method == "POST"
    if is_asked:
        limiter: Limiter = current_app.extensions["lti_tool.link_wishes"]
        limiter.hit("link", request.remote_addr or "?")
        with db.begin() as session:
            contact.wish(session, request.form.get("email", ""), vault(), now=db.utcnow())
    return _private(
        render_template(
            "certification/holder/ask_link.html",
            is_asked=is_asked,
            has_mail=bool(settings().mail_url),
        )
    )


@bp.route("/confirm/<token>", methods=["GET", "POST"])
@open_to_all
def confirm(token: str) -> ResponseReturnValue:
    """Ask whether an address is to be used, since programs open links too; then take it.

    Whoever was entered by an officer confirms with it the name that will be printed.
    """
    limit_rate("confirm")
    with db.read() as session:
        found = inviting.find(session, token, vault(), schemes=schemes(), now=db.utcnow())
    return _address(token) if found is None else _invited(token, found)


def _address(token: str) -> ResponseReturnValue:
    onward = None
    if request.method == "POST":
        with db.begin() as session:
            onward = contact.confirm(session, token, vault(), now=db.utcnow())
        state, email = ("done" if onward else "over"), ""
    else:
        with db.read() as session:
            email = contact.asked_address(session, token, vault(), now=db.utcnow()) or ""
        state = "ask" if email else "over"
    page = render_template(
        "certification/holder/confirm.html", state=state, email=email, onward=onward
    )
    return _private(page, 404 if state == "over" else 200)


def _invited(token: str, found: Opened) -> ResponseReturnValue:
    given = request.form.get("name", found.name.name if found.name else "")
    language = request.form.get("language", found.name.language if found.name else "")
    fault = name_fault(given) if request.method == "POST" and found.name else ""
    if request.form.get("do") == "confirm" and not fault:
        with db.begin() as session:
            onward = inviting.accept(
                session,
                token,
                given,
                language=language,
                vault=vault(),
                schemes=schemes(),
                now=db.utcnow(),
            )
        if onward is None:  # somebody was quicker
            return _address(token)
        words = _("Thank you: it is confirmed.")
        mine = url_for("certification_link.mine", token=onward)
        return redirect(with_note(mine, words), 303)
    page = render_template(
        "certification/holder/invited.html",
        found=found,
        given=" ".join(given.split()),
        language=language,
        fault=fault,
    )
    return _private(page, 422 if fault else 200)


@bp.get("/mine/<token>")
@open_to_all
def mine(token: str) -> ResponseReturnValue:
    """Show the certificates of whoever got this link by mail."""
    return mine_page(_door(token))


@bp.get("/mine/<token>/<uuid:certificate_id>")
@open_to_all
def certificate(token: str, certificate_id: UUID) -> ResponseReturnValue:
    """Show one of them."""
    return certificate_page(_door(token), certificate_id)


@bp.get("/mine/<token>/<uuid:certificate_id>/<name>")
@open_to_all
def file(token: str, certificate_id: UUID, name: str) -> ResponseReturnValue:
    """Give one of its files."""
    return file_answer(_door(token), certificate_id, name)


@bp.route("/mine/<token>/share", methods=["GET", "POST"])
@open_to_all
def share(token: str) -> ResponseReturnValue:
    """Show the links by which others see certificates; make and end them."""
    return share_page(_door(token))


@bp.route("/mine/<token>/name/<uuid:case_id>", methods=["GET", "POST"])
@open_to_all
def name(token: str, case_id: UUID) -> ResponseReturnValue:
    """Ask for the name that will be printed, show it as printed, and take it as confirmed."""
    return name_page(_door(token), case_id)


@bp.route("/mine/<token>/appeal/<uuid:case_id>", methods=["GET", "POST"])
@open_to_all
def appeal(token: str, case_id: UUID) -> ResponseReturnValue:
    """Ask for a review of a decision by a person who had no part in it."""
    return appeal_page(_door(token), case_id)


@bp.route("/mine/<token>/address", methods=["GET", "POST"])
@open_to_all
def address(token: str) -> ResponseReturnValue:
    """Ask whether the address is to be removed; then do it."""
    door = _door(token)
    if request.method == "POST":
        return address_page(door)
    return _private(render_template("certification/holder/address.html", base=door.base))


def _door(token: str) -> Door:
    """Give the way of whoever came by a link.

    Raises:
        NotFoundError: it is over or unknown.
    """
    limit_rate("mine")
    now = db.utcnow()
    with db.read() as session:
        holder_id = contact.holder_of(session, token, now=now)
        behind = inviting.behind_door(session, token, now=now)
    if holder_id is None:
        words = _(
            "This link no longer works. Ask for a new one: it takes a minute. Go to %(address)s."
        )
        address = f"{settings().public_url}{url_for('certification_link.ask')}"
        raise NotFoundError("link of a holder", words=words % {"address": address})
    base = url_for("certification_link.mine", token=token)
    return Door(holder_id, None, base, is_visit=False, behind=behind)


def _private(page: str, status: int = 200) -> Response:
    answer = make_response(page, status)
    answer.headers["X-Robots-Tag"] = "noindex, nofollow"
    return answer
