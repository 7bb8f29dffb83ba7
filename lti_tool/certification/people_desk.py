"""Officers' desk: who stands behind a holder, and which of them are one human."""

from __future__ import annotations

import functools
from collections.abc import Callable
from uuid import UUID

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from lti_tool import db
from lti_tool.certification import human_dossiers, linking, queries
from lti_tool.certification.desk_frame import PREFIX, day_at, take_seat
from lti_tool.certification.humans import Hand
from lti_tool.errors import BadRequestError, ConflictingError, NotAllowedError
from lti_tool.i18n import gettext as _
from lti_tool.visit import Role
from lti_tool.web import DeskPage, open_to, schemes, with_note

bp = Blueprint("certification_people", __name__, template_folder="templates")

ALL = f"{PREFIX}/people"
ONE = f"{ALL}/<uuid:holder_id>"
DESK_PAGES = (DeskPage("certification_people.show_all", "People", frozenset({Role.OFFICER})),)
"""What of these pages stands in the desks' navigation."""


@bp.get(ALL)
@open_to(Role.OFFICER)
def show_all() -> ResponseReturnValue:
    """Find people by name."""
    text = request.args.get("q", "").strip()[:200]
    with db.read() as session:
        found = human_dossiers.find(session, text, take_seat(session))
    return render_template("certification/desk/people.html", found=found, text=text)


@bp.post(ALL)
@open_to(Role.OFFICER)
def begin() -> ResponseReturnValue:
    """Begin a record for a person of a platform who holds nothing yet."""
    person_id = _id(request.form.get("person", ""))
    with db.begin() as session:
        hand = take_seat(session).hand
        holder_id = linking.begin(session, person_id, hand, now=db.utcnow())
    return redirect(url_for("certification_people.show", holder_id=holder_id), 303)


@bp.get(ONE)
@open_to(Role.OFFICER)
def show(holder_id: UUID) -> ResponseReturnValue:
    """Show one human: persons, cases, certificates; and who may be the same."""
    return _page(holder_id)


def _page(holder_id: UUID, *, fault: str = "") -> ResponseReturnValue:
    with db.read() as session:
        seat = take_seat(session)
        human = human_dossiers.dossier_of(session, holder_id, seat)
        text = request.args.get("with", human.name).strip()[:200]
        alike = human_dossiers.find(session, text, seat, without=human.holder.id)
    page = render_template(
        "certification/desk/person.html",
        human=human,
        alike=alike,
        text=text,
        scheme_by=schemes().get,
        state_on=functools.partial(queries.state_on, today=day_at(db.utcnow())),
        given=request.form,
        fault=fault,
    )
    return page, 422 if fault else 200


@bp.post(f"{ONE}/join")
@open_to(Role.OFFICER)
def join(holder_id: UUID) -> ResponseReturnValue:
    """Say that another holder, or a person of a platform, is this human."""

    def act(session: Session, reason: str, hand: Hand) -> UUID:
        what, _colon, other = request.form.get("other", "").partition(":")
        if what not in {"holder", "person"}:
            raise BadRequestError("nobody chosen", words=_("Choose who is the same."))
        if what == "person":
            return linking.link(session, _id(other), holder_id, reason, hand, now=db.utcnow())
        return linking.merge(session, holder_id, _id(other), reason, hand, now=db.utcnow())

    words = _("These are one human now. Their cases are looked at again.")
    return _change(holder_id, act, words)


@bp.post(f"{ONE}/part")
@open_to(Role.OFFICER)
def part(holder_id: UUID) -> ResponseReturnValue:
    """Say that a person, or a holder that was merged, is another human after all."""

    def act(session: Session, reason: str, hand: Hand) -> UUID:
        what, _colon, other = request.form.get("other", "").partition(":")
        if what == "person":
            linking.part(session, _id(other), reason, hand, now=db.utcnow())
            return holder_id
        return linking.split(session, _id(other), reason, hand, now=db.utcnow())[0]

    return _change(holder_id, act, _("Parted. The cases of both are looked at again."))


def _change(
    holder_id: UUID, act: Callable[[Session, str, Hand], UUID], words: str
) -> ResponseReturnValue:
    """Make one change, and show the human again."""
    try:
        with db.begin() as session:
            seat = take_seat(session)
            human_dossiers.dossier_of(session, holder_id, seat)
            kept = act(session, request.form.get("reason", ""), seat.hand)
    except (BadRequestError, ConflictingError, NotAllowedError) as error:
        return _page(holder_id, fault=error.words or str(error))
    return redirect(with_note(url_for("certification_people.show", holder_id=kept), words), 303)


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise BadRequestError("id in a form", words=_("Choose who is the same.")) from error
