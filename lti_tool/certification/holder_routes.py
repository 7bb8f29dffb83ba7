"""Pages of a visit for those who hold certificates: the name that is printed, files, links, end."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from lti_tool import db
from lti_tool.certification import contact, ending, holdings
from lti_tool.certification.contact import BadAddressError
from lti_tool.certification.holder_appeal_routes import appeal_page
from lti_tool.certification.holder_frame_routes import (
    Door,
    address_page,
    certificate_page,
    file_answer,
    hand_at,
    mine_page,
    share_page,
)
from lti_tool.certification.holder_name_routes import name_page
from lti_tool.certification.letters import Post
from lti_tool.certification.register_models import CertificateState
from lti_tool.errors import BadRequestError, NotFoundError
from lti_tool.i18n import gettext as _
from lti_tool.visit import Role
from lti_tool.web import (
    VISIT_PREFIX,
    current_visit,
    names,
    open_to,
    settings,
    vault,
    with_note,
)

bp = Blueprint(
    "certification_holder",
    __name__,
    url_prefix=f"{VISIT_PREFIX}/certificates",
    template_folder="templates",
)


@bp.get("")
@open_to(*Role)
def mine() -> ResponseReturnValue:
    """Show the visitor's certificates, and what is on its way to them."""
    return mine_page(_door())


@bp.get("/<uuid:certificate_id>")
@open_to(*Role)
def certificate(certificate_id: UUID) -> ResponseReturnValue:
    """Show one of them."""
    return certificate_page(_door(), certificate_id)


@bp.get("/<uuid:certificate_id>/<name>")
@open_to(*Role)
def file(certificate_id: UUID, name: str) -> ResponseReturnValue:
    """Give one of its files."""
    return file_answer(_door(), certificate_id, name)


@bp.route("/share", methods=["GET", "POST"])
@open_to(*Role)
def share() -> ResponseReturnValue:
    """Show the links by which others see certificates; make and end them."""
    return share_page(_door())


@bp.route("/appeal/<uuid:case_id>", methods=["GET", "POST"])
@open_to(*Role)
def appeal(case_id: UUID) -> ResponseReturnValue:
    """Ask for a review of a decision by a person who had no part in it."""
    return appeal_page(_door(), case_id)


@bp.route("/name/<uuid:case_id>", methods=["GET", "POST"])
@open_to(*Role)
def name(case_id: UUID) -> ResponseReturnValue:
    """Ask for the name that will be printed, show it as printed, and take it as confirmed."""
    return name_page(_door(), case_id)


@bp.route("/<uuid:certificate_id>/withdraw", methods=["GET", "POST"])
@open_to(*Role)
def withdraw(certificate_id: UUID) -> ResponseReturnValue:
    """Say what follows when a certificate is given up; then do it."""
    door = _door()
    is_sure = request.form.get("sure") == "yes"
    if request.method == "POST" and is_sure:
        with db.read() as session:
            row = holdings.find_row(session, door.holder, certificate_id)
        with db.begin() as session:
            ending.withdraw_by_holder(
                session,
                row.id,
                row.holder_id,
                hand_at(session, door),
                names=names(),
                now=db.utcnow(),
            )
        words = _("The certificate is given up. Whoever checks it learns so from now on.")
        return redirect(with_note(f"{door.base}/{certificate_id}", words), 303)
    with db.read() as session:
        own = holdings.find_own(
            session,
            door.holder,
            certificate_id,
            zone=settings().register_time_zone,
            now=db.utcnow(),
        )
    if own.row.state != CertificateState.ISSUED:
        raise NotFoundError(f"certificate {certificate_id} cannot be given up")
    page = render_template(
        "certification/holder/withdraw.html",
        base=door.base,
        own=own,
        is_unsure=request.method == "POST",
    )
    return page, 422 if request.method == "POST" else 200


@bp.post("/address")
@open_to(*Role)
def address() -> ResponseReturnValue:
    """Send a link to an address that the visitor gives, or remove the one that is known."""
    door = _door()
    if request.form.get("do") == "remove":
        return address_page(door)
    given = request.form.get("email", "")
    post = Post.of(settings(), vault())
    if not post.is_on:
        raise BadRequestError("address where no mail is sent")
    try:
        with db.begin() as session:
            contact.ask(session, door.holder, given, post, now=db.utcnow())
    except BadAddressError as error:
        return mine_page(door, email_given=given, email_fault=error.words or "")
    words = _("A letter is on its way to that address. Open the link in it within 48 hours.")
    return redirect(with_note(f"{door.base}#mail", words), 303)


def _door() -> Door:
    visit = current_visit()
    holder_id = None
    if visit.person_id is not None:
        with db.read() as session:
            holder_id = holdings.find_holder(session, visit.person_id)
    base = url_for("certification_holder.mine")
    return Door(holder_id, visit.person_id, base, is_visit=True)
