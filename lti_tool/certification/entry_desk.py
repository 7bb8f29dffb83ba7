"""Officers' desk: candidates entered by form, or many from a list."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from courses.schemes import CertificateScheme, Route, SchemeKind
from lti_tool import db, mail
from lti_tool.certification import entering, entry_lists, inviting
from lti_tool.certification.deciding import decide_case
from lti_tool.certification.desk_frame import PREFIX, points_words, take_seat, zone
from lti_tool.certification.entering import ENTRY_ROUTES, TOLD, Entry
from lti_tool.certification.entry_lists import EntryList
from lti_tool.certification.humans import staying
from lti_tool.certification.letters import Post
from lti_tool.certification.models import Case, Holder
from lti_tool.certification.namesakes import list_namesakes
from lti_tool.errors import BadRequestError, ConflictingError, NotFoundError, TooManyError
from lti_tool.i18n import gettext as _
from lti_tool.i18n import ngettext
from lti_tool.visit import Role
from lti_tool.web import DeskPage, catalogue, open_to, schemes, settings, vault, with_note

bp = Blueprint("certification_entry", __name__, template_folder="templates")

ENTER = f"{PREFIX}/enter"
FORM = f"{ENTER}/<scheme_id>/<way>"
DESK_PAGES = (
    DeskPage("certification_entry.choose", "Enter candidates", frozenset({Role.OFFICER})),
)
"""What of these pages stands in the desks' navigation."""


@bp.get(ENTER)
@open_to(Role.OFFICER)
def choose() -> ResponseReturnValue:
    """Choose for which scheme candidates are entered."""
    with db.read() as session:
        seat = take_seat(session)
    offered = [each for each in entering.entry_schemes(schemes()) if seat.decides_on(each.id)]
    return render_template("certification/desk/enter.html", offered=offered, ways=ENTRY_ROUTES)


@bp.get(FORM)
@open_to(Role.OFFICER)
def form(scheme_id: str, way: str) -> ResponseReturnValue:
    """Show the form for one candidate, and that for a list."""
    return _page(*_chosen(scheme_id, way))


def _page(
    scheme: CertificateScheme, route: Route, *, fault: str = "", **shown: object
) -> ResponseReturnValue:
    page = render_template(
        "certification/desk/enter_candidate.html",
        scheme=scheme,
        route=route,
        columns=entry_lists.columns_of(scheme, route, has_mail=_post().is_on),
        has_results=route is Route.ENTRY and scheme.kind in WITH_RESULTS,
        given=request.form,
        fault=fault,
        has_mail=_post().is_on,
        points_words=points_words,
        scheme_by=schemes().get,
        **{"alike": (), "listed": None, "left": (), **shown},
    )
    return page, 422 if fault else 200


WITH_RESULTS = {SchemeKind.EXAM, SchemeKind.MICRO_CREDENTIAL}


@bp.post(FORM)
@open_to(Role.OFFICER)
def enter(scheme_id: str, way: str) -> ResponseReturnValue:
    """Enter one candidate; where somebody of that name is known, ask first whether it is them."""
    scheme, route = _chosen(scheme_id, way)
    now = db.utcnow()
    try:
        entry = read_entry(scheme, route)
        with db.begin() as session:
            seat = take_seat(session)
            alike = (
                list_namesakes(session, entry.name, within=seat.within) if not _is_told() else []
            )
            if not alike:
                case = entering.enter(
                    session, entry, seat.hand, schemes=schemes(), post=_post(), now=now
                )
                _decide(session, case)
                url = url_for("certification_cases.show", case_id=case.id)
                return redirect(with_note(url, _entered_words(session, case)), 303)
    except (BadRequestError, ConflictingError) as error:
        return _page(scheme, route, fault=error.words or str(error))
    return _page(scheme, route, alike=alike)


def _decide(session: Session, case: Case) -> None:
    case.look_due_at = None
    decide_case(session, case, schemes(), catalogue(), now=db.utcnow(), zone=zone())


def _entered_words(session: Session, case: Case) -> str:
    words = [_("Entered. Another officer approves; you cannot approve what you entered.")]
    if mail.list_mail(session, about=[case.id]):
        words.append(_("A letter to the holder is on its way."))
    elif case.name_confirmed_at is None:
        words.append(
            _(
                "The name is not confirmed yet: ask the holder by mail, or confirm it by a "
                "document that you saw."
            )
        )
    return " ".join(words)


def _post() -> Post:
    return Post.of(settings(), vault())


def _is_told() -> bool:
    return bool(request.form.get("holder"))


def read_entry(scheme: CertificateScheme, route: Route) -> Entry:
    """Read what an officer typed of one candidate.

    Raises:
        BadRequestError: something in it cannot be read.
    """
    given = request.form
    holder = given.get("holder", "")
    others = given.getlist("other") if holder == "new" else []
    codes = [each.code for each in scheme.card.elements] if scheme.card else []
    results = {code: entering.read_result(given.get(f"result.{code}", "")) for code in codes}
    ticked = given.getlist("check")
    return Entry(
        scheme_id=scheme.id,
        route=route,
        name=given.get("name", ""),
        day=entering.read_day(given.get("day", ""), db.utcnow()),
        is_organisation=scheme.kind is SchemeKind.TRAINING_BODY,
        name_seen="name_seen" in given,
        results={code: result for code, result in results.items() if result is not None},
        checklist=tuple(
            each for place, each in enumerate(scheme.checklist, 1) if str(place) in ticked
        ),
        told={key: given.get(key, "") for key in TOLD},
        address=inviting.read_address(given.get("email", "")),
        holder_id=_holder_id(holder) if holder not in {"", "new"} else None,
        others=frozenset(_holder_id(each) for each in others),
    )


def _holder_id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise NotFoundError("holder that was chosen") from error


# Lists


@bp.get(f"{FORM}/list.csv")
@open_to(Role.OFFICER)
def example(scheme_id: str, way: str) -> ResponseReturnValue:
    """Give an empty list to fill in."""
    scheme, route = _chosen(scheme_id, way)
    text = entry_lists.example_of(scheme, route, has_mail=_post().is_on)
    answer = Response("\ufeff" + text, mimetype="text/csv")
    answer.headers["Content-Disposition"] = f'attachment; filename="candidates-{scheme.id}.csv"'
    return answer


@bp.post(f"{FORM}/list")
@open_to(Role.OFFICER)
def read(scheme_id: str, way: str) -> ResponseReturnValue:
    """Read a list and show what would be entered; enter it once that was looked at."""
    scheme, route = _chosen(scheme_id, way)
    upload = request.files.get("list")
    text = request.form.get("text", "")
    content = upload.read() if upload is not None else text.encode()
    if not content.strip():
        return _page(scheme, route, fault=_("Choose a file first."))
    seen = "name_seen" in request.form
    listed = entry_lists.read_list(
        content, scheme, route, name_seen=seen, has_mail=_post().is_on, now=db.utcnow()
    )
    if listed.fault:
        return _page(scheme, route, fault=listed.fault)
    if not text or not listed.entries:
        return _page(scheme, route, listed=listed, text=entry_lists.decoded(content))
    return _enter_list(scheme, route, listed)


def _enter_list(scheme: CertificateScheme, route: Route, listed: EntryList) -> ResponseReturnValue:
    now = db.utcnow()
    try:
        with db.begin() as session:
            seat = take_seat(session)
            done = entry_lists.enter_all(
                session, listed.entries, seat.hand, schemes=schemes(), post=_post(), now=now
            )
    except (BadRequestError, ConflictingError) as error:
        return _page(scheme, route, fault=error.words or str(error))
    number = len(done.case_ids)
    words = ngettext("%(num)d candidate was entered.", "%(num)d candidates were entered.", number)
    words = words % {"num": number}
    if done.left:
        left = ngettext(
            "%(num)d was there before and is left as it was.",
            "%(num)d were there before and are left as they were.",
            len(done.left),
        )
        words = f"{words} {left % {'num': len(done.left)}} {entry_lists.words_on_namesakes()}"
    words = f"{words} {_('Another officer approves them.')}"
    if any(entry.address for entry in listed.entries):
        words = f"{words} {_('Those with an address get a letter.')}"
    url = url_for("certification_cases.show_all", waiting="all", scheme=scheme.id)
    return redirect(with_note(url, words), 303)


@bp.post(f"{PREFIX}/cases/<uuid:case_id>/take-back")
@open_to(Role.OFFICER)
def take_back(case_id: UUID) -> ResponseReturnValue:
    """Take back a case that was entered by mistake."""
    with db.begin() as session:
        entering.withdraw(session, case_id, take_seat(session).hand, now=db.utcnow())
    url = url_for("certification_cases.show", case_id=case_id)
    return redirect(with_note(url, _("Taken back. Nothing is issued from it.")), 303)


# Letters to holders


@bp.route(f"{PREFIX}/cases/<uuid:case_id>/letter", methods=["GET", "POST"])
@open_to(Role.OFFICER)
def letter(case_id: UUID) -> ResponseReturnValue:
    """Ask a holder by mail to confirm their address and the name that will be printed."""
    if request.method == "GET":
        return _letter_page(case_id)
    post, fault = _post(), None
    if not post.is_on:
        raise BadRequestError("letter where no mail is sent")
    try:
        with db.begin() as session:
            hand = take_seat(session).hand
            given = request.form.get("email", "")
            inviting.invite_again(
                session, case_id, given, hand, post, schemes=schemes(), now=db.utcnow()
            )
    except (BadRequestError, ConflictingError, TooManyError) as error:
        fault = error.words
    if fault:
        return _letter_page(case_id, fault)
    url = url_for("certification_cases.show", case_id=case_id)
    return redirect(with_note(url, _("A letter to the holder is on its way.")), 303)


def _letter_page(case_id: UUID, fault: str = "") -> ResponseReturnValue:
    with db.read() as session:
        case = session.get(Case, case_id)
        if case is None or not take_seat(session).decides_on(case.scheme_id):
            raise NotFoundError(f"letter about case {case_id}")
        holder = session.get_one(Holder, staying(session, case.holder_id))
        newest = inviting.newest(session, case_id, vault(), now=db.utcnow())
        letters = mail.list_mail(session, about=[case_id], sent=True)
    scheme = schemes().get(case.scheme_id)
    page = render_template(
        "certification/desk/enter_letter.html",
        case=case,
        title=scheme.title if scheme else case.scheme_id,
        holder=holder,
        newest=newest,
        letters=letters,
        has_mail=_post().is_on,
        given=request.form,
        fault=fault,
    )
    return page, 422 if fault else 200


def _chosen(scheme_id: str, way: str) -> tuple[CertificateScheme, Route]:
    scheme = schemes().get(scheme_id)
    route = next((each for each in ENTRY_ROUTES if each.value == way), None)
    if scheme is None or route is None or route not in scheme.routes:
        raise NotFoundError(f"entry for {scheme_id!r} by {way!r}")
    with db.read() as session:
        if not take_seat(session).decides_on(scheme.id):
            raise NotFoundError(f"scheme {scheme_id!r} is not this officer's")
    return scheme, route
