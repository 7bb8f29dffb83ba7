"""Officers' desk: cases, from what waits to what was approved; one by one or many at once."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from lti_tool import db
from lti_tool.certification import approving, case_queries, desk_frame
from lti_tool.certification.approving import Approval
from lti_tool.certification.batches import Lined, batch_dossier, line_up
from lti_tool.certification.case_dossiers import CaseDossier, case_dossier
from lti_tool.certification.case_queries import CasesSought, Waiting
from lti_tool.certification.desk_frame import PREFIX, READERS, Seat, seen_schemes, take_seat
from lti_tool.certification.paging import read_turn
from lti_tool.certification.renewing import find_renewal
from lti_tool.errors import BadRequestError, ConflictingError, NotAllowedError
from lti_tool.i18n import gettext as _
from lti_tool.i18n import ngettext
from lti_tool.visit import Role
from lti_tool.web import DeskPage, open_to, schemes, with_note

bp = Blueprint("certification_cases", __name__, template_folder="templates")

CASES = f"{PREFIX}/cases"
ONE = f"{CASES}/<uuid:case_id>"
BATCH = f"{CASES}/approved/<uuid:batch_id>"
DESK_PAGES = (DeskPage("certification_cases.show_all", "Cases", READERS),)
"""What of these pages stands in the desks' navigation."""
RELOAD_S = 10


# What waits


@bp.get(CASES)
@open_to(Role.OFFICER, Role.ADMINISTRATOR)
def show_all() -> ResponseReturnValue:
    """List cases: first what waits for the one who looks."""
    turn = read_turn(request.args, datetime.fromisoformat, UUID)
    with db.read() as session:
        seat = take_seat(session)
        sought = _sought(seat, request.args.get("waiting", ""))
        found = case_queries.find(session, sought, turn=turn)
        counts = case_queries.count(session, sought)
    return render_template(
        "certification/desk/cases.html",
        found=found,
        sought=sought,
        counts=counts,
        seat=seat,
        schemes=seen_schemes(seat),
        scheme_by=schemes().get,
        most=case_queries.MOST_AT_ONCE,
    )


def _sought(seat: Seat, waiting: str) -> CasesSought:
    usual = Waiting.MINE if seat.decides else Waiting.APPROVAL
    return CasesSought(
        waiting=Waiting(waiting) if waiting in set(Waiting) else usual,
        text=request.values.get("q", "").strip()[:200],
        scheme_id=request.values.get("scheme", ""),
        within=seat.within,
        covered=seat.covered,
        selves=seat.selves,
    )


# Many at once


@bp.post(f"{CASES}/look")
@open_to(Role.OFFICER)
def look() -> ResponseReturnValue:
    """Show what approving these cases would do, before it is done."""
    with db.read() as session:
        seat = take_seat(session)
        lined = _line_up(session, seat)
    if not lined.all:
        words = _("Choose at least one case: tick it in the list.")
        return redirect(with_note(url_for("certification_cases.show_all"), words, "warning"), 303)
    return render_template(
        "certification/desk/approve.html",
        lined=lined,
        waiting=request.form.get("waiting", ""),
        scheme_by=schemes().get,
    )


def _line_up(session: Session, seat: Seat) -> Lined:
    chosen = _ids(request.form.getlist("case"))
    if "everything" in request.form:
        sought = _sought(seat, request.form.get("waiting", ""))
        chosen = case_queries.ids_of(session, sought)
    now = db.utcnow()
    issuers, today = desk_frame.issuers(), desk_frame.day_at(now)
    return line_up(session, chosen, seat, schemes(), issuers=issuers, today=today)


@bp.post(f"{CASES}/approve")
@open_to(Role.OFFICER)
def approve() -> ResponseReturnValue:
    """Approve cases, as first or as second officer, each as it needs."""
    chosen = _sights(request.form.get("cases", "").split())
    accepted = _sights(request.form.getlist("accept"))
    done = _approve({**chosen, **accepted}, accepted.keys())
    back = url_for("certification_cases.show_all", waiting=request.form.get("waiting", ""))
    return _after(done, back)


@dataclass(frozen=True, slots=True)
class _Done:
    """What became of cases that were approved, as first and as second officer."""

    batches: tuple[UUID, ...]
    approved: int
    need_second: int
    left: tuple[str, ...]
    """Why some were not, each once."""


def _approve(chosen: Mapping[UUID, str], accepted: Collection[UUID]) -> _Done:
    """Approve cases that are still what was seen of them."""
    now, issuers = db.utcnow(), desk_frame.issuers()
    with db.begin() as session:
        seat = take_seat(session)
        firsts, seconds = case_queries.parted(session, list(chosen), seat.within)
        steps = ((approving.approve, firsts), (approving.second, seconds))
        made = [
            step(
                session,
                {each: chosen[each] for each in ids},
                seat.hand,
                schemes=schemes(),
                issuers=issuers,
                accept_warnings=accepted,
                now=now,
            )
            for step, ids in steps
            if ids
        ]
    return _summed(made)


def _summed(made: Iterable[Approval]) -> _Done:
    all_of = list(made)
    left = [words for each in all_of for one in each.left for words in one.words]
    return _Done(
        batches=tuple(each.batch_id for each in all_of if each.batch_id is not None),
        approved=sum(len(each.approved) for each in all_of),
        need_second=sum(len(each.need_second) for each in all_of),
        left=tuple(dict.fromkeys(left)),
    )


def _after(done: _Done, back: str) -> ResponseReturnValue:
    told, kind = [], "ok"
    if done.approved:
        words = ngettext("%(num)d case is approved.", "%(num)d cases are approved.", done.approved)
        told.append(words % {"num": done.approved})
    if done.need_second:
        words = ngettext(
            "%(num)d case is approved and waits for a second officer.",
            "%(num)d cases are approved and wait for a second officer.",
            done.need_second,
        )
        told.append(words % {"num": done.need_second})
    if done.left:
        told.append(_("Not approved: %(why)s") % {"why": " ".join(done.left)})
        kind = "warning"
    url = url_for("certification_cases.batch", batch_id=done.batches[0]) if done.batches else back
    return redirect(with_note(url, " ".join(told) or _("Nothing was approved."), kind), 303)


@bp.get(BATCH)
@open_to(Role.OFFICER, Role.ADMINISTRATOR)
def batch(batch_id: UUID) -> ResponseReturnValue:
    """Show how far the worker is with cases that were approved together."""
    with db.read() as session:
        found = batch_dossier(session, batch_id, take_seat(session))
    follows = "follow" in request.args and not found.progress.is_over
    page = render_template(
        "certification/desk/batch.html", found=found, follows=follows, every_s=RELOAD_S
    )
    answer = make_response(page)
    if follows:
        answer.headers["Refresh"] = str(RELOAD_S)
    return answer


# One case


@bp.get(ONE)
@open_to(Role.OFFICER, Role.ADMINISTRATOR)
def show(case_id: UUID) -> ResponseReturnValue:
    """Show one case with its reasons, evidence and warnings, and what can be done."""
    return case_page(case_id)


def case_page(case_id: UUID, fault: str | None = None, at: str = "") -> ResponseReturnValue:
    """Show one case, after an act with the fault and where it stands."""
    with db.read() as session:
        seat = take_seat(session)
        found = _dossier(session, case_id, seat)
        renewal = find_renewal(session, found.case, seat.hand, schemes()) if found.decides else None
    page = render_template(
        "certification/desk/case.html",
        found=found,
        case=found.case,
        renewal=renewal,
        title=found.scheme.title if found.scheme else found.case.scheme_id,
        fault=fault,
        fault_at=at,
        given=request.form,
        points_words=desk_frame.points_words,
    )
    return page, 422 if fault else 200


def _dossier(session: Session, case_id: UUID, seat: Seat) -> CaseDossier:
    today = desk_frame.day_at(db.utcnow())
    issuers = desk_frame.issuers()
    return case_dossier(session, case_id, seat, schemes(), issuers=issuers, today=today)


@bp.post(f"{ONE}/approve")
@open_to(Role.OFFICER)
def approve_one(case_id: UUID) -> ResponseReturnValue:
    """Approve one case."""
    seen = {case_id: request.form.get("seen", "")}
    done = _approve(seen, {case_id} if "accept" in request.form else ())
    if done.left:
        return case_page(case_id, " ".join(done.left), "approve")
    return _after(done, url_for("certification_cases.show", case_id=case_id))


@bp.post(f"{ONE}/refuse")
@open_to(Role.OFFICER)
def refuse(case_id: UUID) -> ResponseReturnValue:
    """Refuse one case, with a reason."""
    try:
        with db.begin() as session:
            seat = _decider(session, case_id)
            reason = request.form.get("reason", "")
            approving.refuse(session, case_id, reason, seat.hand, now=db.utcnow())
    except (BadRequestError, ConflictingError) as error:
        return case_page(case_id, error.words, "refuse")
    return _back(case_id, _("Refused. The candidate sees the reason with their certificates."))


@bp.post(f"{ONE}/name")
@open_to(Role.OFFICER)
def name(case_id: UUID) -> ResponseReturnValue:
    """Confirm the name, by what an officer saw."""
    try:
        with db.begin() as session:
            seat = _decider(session, case_id)
            approving.confirm_name(
                session,
                case_id,
                request.form.get("name", ""),
                seat.hand,
                schemes=schemes(),
                now=db.utcnow(),
            )
    except (BadRequestError, ConflictingError) as error:
        return case_page(case_id, error.words, "name")
    return _back(case_id, _("The name is confirmed as it will be printed."))


def _decider(session: Session, case_id: UUID) -> Seat:
    """Give who decides on a case.

    Raises:
        NotFoundError: there is no such case, or they do not see it.
        NotAllowedError: their role does not cover its scheme.
    """
    seat = take_seat(session)
    found = _dossier(session, case_id, seat)
    if not found.decides:
        raise NotAllowedError(f"case {case_id} by {seat.hand.who}", words=found.obstacle or None)
    return seat


def _back(case_id: UUID, words: str) -> ResponseReturnValue:
    return redirect(with_note(url_for("certification_cases.show", case_id=case_id), words), 303)


def _ids(given: Iterable[str]) -> list[UUID]:
    try:
        return [UUID(each) for each in given]
    except ValueError as error:
        raise BadRequestError("id of a case") from error


def _sights(given: Iterable[str]) -> dict[UUID, str]:
    """Read cases with what was seen of them, as a form gives both back."""
    pairs = [each.partition(":")[::2] for each in given]
    return dict(
        zip(_ids(each for each, _seen in pairs), (seen for _each, seen in pairs), strict=True)
    )
