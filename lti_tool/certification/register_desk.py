"""Officers' desk: the register, one certificate with its history and acts, and exports."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any, cast
from uuid import UUID

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from courses.schemes import SchemeKind
from lti_tool import audit, db
from lti_tool.certification import (
    correcting,
    desk_frame,
    ending,
    exporting,
    letters,
    progress,
    queries,
    renewing,
    voiding,
)
from lti_tool.certification.certificate_dossiers import (
    certificate_dossier,
    find_seen,
    words_of_letter,
)
from lti_tool.certification.codes import spaced
from lti_tool.certification.desk_frame import PREFIX, READERS, Seat, seen_schemes, take_seat
from lti_tool.certification.downloads import MEDIA, content_of, known_as
from lti_tool.certification.letters import Post
from lti_tool.certification.models import Holder
from lti_tool.certification.paging import read_turn
from lti_tool.certification.queries import Sought
from lti_tool.certification.register_models import RevokeCode
from lti_tool.errors import BadRequestError, ConflictingError, NotAllowedError
from lti_tool.i18n import gettext as _
from lti_tool.visit import Role
from lti_tool.web import (
    DeskPage,
    files,
    names,
    open_to,
    schemes,
    settings,
    vault,
    with_note,
)

bp = Blueprint("certification_register", __name__, template_folder="templates")

REGISTER = f"{PREFIX}/register"
ONE = f"{REGISTER}/<uuid:certificate_id>"
DESK_PAGES = (DeskPage("certification_register.show_all", "Register", READERS),)
"""What of these pages stands in the desks' navigation."""

Act = Callable[[Session, Seat], str | None]
"""What is done to a certificate; gives the sentence of the next page, or where it leads to."""


# The list


@bp.get(REGISTER)
@open_to(Role.OFFICER, Role.ADMINISTRATOR)
def show_all() -> ResponseReturnValue:
    """Search the register."""
    today = desk_frame.day_at(db.utcnow())
    turn = read_turn(request.args, date.fromisoformat, str)
    fault = None
    with db.read() as session:
        seat = take_seat(session)
        try:
            sought = _sought(seat)
        except BadRequestError as error:
            sought, fault = Sought(within=seat.within), error.words
        found = queries.find(session, sought, today=today, turn=turn)
        number = queries.number_of(session, sought, found, today=today)
    page = render_template(
        "certification/desk/register.html",
        found=found,
        sought=sought,
        given=request.args,
        number=number,
        most=queries.MOST_COUNTED,
        most_xlsx=exporting.MOST_XLSX,
        states=queries.STATES,
        kinds=[each.value for each in SchemeKind],
        schemes=seen_schemes(seat),
        fault=fault,
    )
    return page, 422 if fault else 200


def _sought(seat: Seat) -> Sought:
    given = request.values
    return Sought(
        text=given.get("q", "").strip()[:200],
        scheme_id=given.get("scheme", ""),
        kind=given.get("kind", ""),
        state=given.get("state", ""),
        since=desk_frame.read_day(given.get("since", ""), _("Issued from")),
        until=desk_frame.read_day(given.get("until", ""), _("Issued until")),
        within=seat.within,
    )


# Taking it away


@bp.post(f"{REGISTER}/export")
@open_to(Role.OFFICER, Role.ADMINISTRATOR)
def export() -> ResponseReturnValue:
    """Give what is found as CSV or as a workbook; the log keeps that it was taken."""
    shape = "xlsx" if request.form.get("shape") == "xlsx" else "csv"
    now = db.utcnow()
    today = desk_frame.day_at(now)
    with db.begin() as session:
        seat = take_seat(session)
        sought = _sought(seat)
        number = exporting.count(session, sought, today=today)
        if shape == "xlsx" and number > exporting.MOST_XLSX:
            return _too_many(number)
        audit.note(
            session,
            "register.exported",
            who=seat.hand.who,
            about="register",
            detail={"shape": shape, "rows": number, **_filters(sought)},
            now=now,
        )
    rows = exporting.rows_of(
        db.current_database().read, sought, today=today, zone=desk_frame.zone()
    )
    name = f"register-{today.isoformat()}.{shape}"
    if shape == "csv":
        answer = Response(exporting.csv_of(rows), mimetype="text/csv")
    else:
        answer = Response(exporting.xlsx_of(rows), mimetype=XLSX)
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def _too_many(number: int) -> ResponseReturnValue:
    words = _(
        "These are %(number)s certificates; a workbook takes %(most)s. Narrow the search, or take "
        "CSV."
    ) % {"number": f"{number:,}", "most": f"{exporting.MOST_XLSX:,}"}
    given = {
        name: text for name, text in request.form.items() if name not in {"csrf_token", "shape"}
    }
    url = url_for("certification_register.show_all", **cast(dict[str, Any], given))
    return redirect(with_note(url, words, "warning"), 303)


def _filters(sought: Sought) -> dict[str, str | bool]:
    """Say for the log what was asked for, without a name."""
    told = {
        "scheme": sought.scheme_id,
        "kind": sought.kind,
        "state": sought.state,
        "since": str(sought.since or ""),
        "until": str(sought.until or ""),
    }
    return {**{name: text for name, text in told.items() if text}, "text": bool(sought.text)}


# One certificate


@bp.get(ONE)
@open_to(Role.OFFICER, Role.ADMINISTRATOR)
def show(certificate_id: UUID) -> ResponseReturnValue:
    """Show one certificate, its history, and what can be done with it."""
    return _show(certificate_id)


def _show(certificate_id: UUID, fault: str | None = None, at: str = "") -> ResponseReturnValue:
    today = desk_frame.day_at(db.utcnow())
    with db.read() as session:
        found = certificate_dossier(session, certificate_id, take_seat(session), today=today)
    page = render_template(
        "certification/desk/certificate.html",
        found=found,
        row=found.row,
        facts=found.facts,
        code=spaced(found.row.code),
        codes=[each.value for each in RevokeCode],
        has_mail=bool(settings().mail_url),
        fault=fault,
        fault_at=at,
        given=request.form,
        points_words=desk_frame.points_words,
    )
    return page, 422 if fault else 200


@bp.get(f"{ONE}/<name>")
@open_to(Role.OFFICER, Role.ADMINISTRATOR)
def file(certificate_id: UUID, name: str) -> ResponseReturnValue:
    """Give one of a certificate's files, as its holder has it."""
    with db.read() as session:
        row = find_seen(session, certificate_id, take_seat(session))
    content = content_of(row, name, files())
    answer = Response(content, mimetype=MEDIA[name])
    filename = known_as(row, name)
    answer.headers["Content-Disposition"] = f'attachment; filename="{filename}"'
    return answer


@bp.post(f"{ONE}/suspend")
@open_to(Role.OFFICER)
def suspend(certificate_id: UUID) -> ResponseReturnValue:
    """Let a certificate rest."""

    def act(session: Session, seat: Seat) -> str:
        reason = request.form.get("reason", "")
        ending.suspend(session, certificate_id, reason, seat.hand, now=db.utcnow())
        return _("Suspended. Whoever checks it learns so from now on.")

    return _act(certificate_id, "suspend", act)


@bp.post(f"{ONE}/resume")
@open_to(Role.OFFICER)
def resume(certificate_id: UUID) -> ResponseReturnValue:
    """Let a suspended certificate hold again."""

    def act(session: Session, seat: Seat) -> str:
        reason = request.form.get("reason", "")
        ending.resume(session, certificate_id, reason, seat.hand, now=db.utcnow())
        return _("It holds again.")

    return _act(certificate_id, "resume", act)


@bp.post(f"{ONE}/revoke")
@open_to(Role.OFFICER)
def revoke(certificate_id: UUID) -> ResponseReturnValue:
    """Revoke a certificate for ever, as the second officer."""

    def act(session: Session, seat: Seat) -> str:
        given = request.form.get("code", "")
        if given not in set(RevokeCode):
            words = _("Choose why it is revoked: whoever checks it and knows the name is told.")
            raise BadRequestError("code of a revocation", words=words)
        ending.revoke(
            session,
            certificate_id,
            RevokeCode(given),
            request.form.get("reason", ""),
            seat.hand,
            names=names(),
            now=db.utcnow(),
        )
        return _("Revoked for ever. Whoever checks it learns so from now on.")

    return _act(certificate_id, "revoke", act)


@bp.post(f"{ONE}/correct")
@open_to(Role.OFFICER)
def correct(certificate_id: UUID) -> ResponseReturnValue:
    """Begin a correction: a new certificate of another name, or the same one anew."""
    begun: list[UUID] = []

    def act(session: Session, seat: Seat) -> str:
        case = correcting.begin_correction(
            session,
            certificate_id,
            request.form.get("name", ""),
            request.form.get("reason", ""),
            seat.hand,
            schemes=schemes(),
            now=db.utcnow(),
        )
        begun.append(case.id)
        return _("The correction is begun. Another officer approves it.")

    return _act(certificate_id, "correct", act, lambda: _case_url(begun[0]))


@bp.post(f"{ONE}/renew")
@open_to(Role.OFFICER)
def renew(certificate_id: UUID) -> ResponseReturnValue:
    """Begin a renewal."""
    begun: list[UUID] = []

    def act(session: Session, seat: Seat) -> str:
        now = db.utcnow()
        case = correcting.begin_renewal(
            session, certificate_id, seat.hand, schemes=schemes(), now=now
        )
        begun.append(case.id)
        if renewing.lacks_proof(session, case):
            return _("The renewal is begun. Enter what was proven this time.")
        return _("The renewal is begun. The rules look at it within a minute.")

    return _act(certificate_id, "renew", act, lambda: _case_url(begun[0]))


@bp.post(f"{ONE}/send")
@open_to(Role.OFFICER)
def send(certificate_id: UUID) -> ResponseReturnValue:
    """Send the letter to the holder once more."""

    def act(session: Session, seat: Seat) -> str:
        row, now = find_seen(session, certificate_id, seat), db.utcnow()
        if row.issued_at is None:
            words = _("It is not issued, so there is nothing to tell its holder.")
            raise ConflictingError(f"letter about {certificate_id}, {row.state}", words=words)
        post = Post.of(settings(), vault())
        is_queued = letters.tell_ready(session, row, post, now=now, again=True)
        if is_queued:
            about = str(certificate_id)
            audit.note(session, "certificate.sent-again", who=seat.hand.who, about=about, now=now)
        email = session.get_one(Holder, row.holder_id).email
        return words_of_letter(is_queued=is_queued, has_mail=post.is_on, email=email)

    return _act(certificate_id, "send", act)


@bp.post(f"{ONE}/again")
@open_to(Role.OFFICER)
def make_again(certificate_id: UUID) -> ResponseReturnValue:
    """Make the documents at once that could not be made before."""

    def act(session: Session, seat: Seat) -> str:
        progress.try_again(session, [certificate_id], now=db.utcnow())
        return _("It is tried again now.")

    return _act(certificate_id, "again", act)


@bp.post(f"{ONE}/stop")
@open_to(Role.OFFICER)
def stop(certificate_id: UUID) -> ResponseReturnValue:
    """Try no more to make a certificate that could not be made."""

    def act(session: Session, seat: Seat) -> str:
        reason = request.form.get("reason", "")
        voiding.stop(session, certificate_id, reason, seat.hand, now=db.utcnow())
        return _("Stopped. Another officer ends it, or has it made after all.")

    return _act(certificate_id, "stop", act)


@bp.post(f"{ONE}/take-up")
@open_to(Role.OFFICER)
def take_up(certificate_id: UUID) -> ResponseReturnValue:
    """Make a certificate after all whose making was stopped."""

    def act(session: Session, seat: Seat) -> str:
        voiding.take_up(session, certificate_id, seat.hand, now=db.utcnow())
        return _("It is tried again now.")

    return _act(certificate_id, "take-up", act)


@bp.post(f"{ONE}/void")
@open_to(Role.OFFICER)
def void(certificate_id: UUID) -> ResponseReturnValue:
    """End a certificate for ever that could not be made, as the second officer."""

    def act(session: Session, seat: Seat) -> str:
        reason = request.form.get("reason", "")
        voiding.void(session, certificate_id, reason, seat.hand, now=db.utcnow())
        return _("Ended without being issued. Its case is given back: look at it there.")

    return _act(certificate_id, "void", act)


def _act(
    certificate_id: UUID, at: str, act: Act, leads_to: Callable[[], str] | None = None
) -> ResponseReturnValue:
    """Do something to a certificate that the officer decides on; show it, or what came of it."""
    try:
        with db.begin() as session:
            seat = take_seat(session)
            row = find_seen(session, certificate_id, seat)
            if not seat.decides_on(row.scheme_id):
                raise NotAllowedError(f"certificate {certificate_id} by {seat.hand.who}")
            words = act(session, seat)
    except (BadRequestError, ConflictingError, NotAllowedError) as error:
        if error.words is None:
            raise
        return _show(certificate_id, error.words, at)
    here = url_for("certification_register.show", certificate_id=certificate_id)
    return redirect(with_note(leads_to() if leads_to else here, words or ""), 303)


def _case_url(case_id: UUID) -> str:
    return url_for("certification_cases.show", case_id=case_id)
