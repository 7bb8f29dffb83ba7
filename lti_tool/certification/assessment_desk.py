"""Assessors' desk: work evidence that waits, and one case to be judged element by element."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from courses.schemes import CertificateScheme, Route
from lti_tool import db
from lti_tool.certification import assessing, evidence_dossiers, evidencing
from lti_tool.certification.assessing import Judgement, NotTheirsError
from lti_tool.certification.desk_frame import PREFIX, zone
from lti_tool.certification.evidence_routes import handed_out
from lti_tool.certification.histories import history
from lti_tool.certification.humans import Hand, hand_of
from lti_tool.certification.mandates import schemes_of
from lti_tool.certification.models import Case, CaseState
from lti_tool.certification.proofs import Rating
from lti_tool.errors import BadRequestError, ConflictingError, NotFoundError
from lti_tool.i18n import gettext as _
from lti_tool.i18n import ngettext
from lti_tool.visit import Role
from lti_tool.web import DeskPage, catalogue, current_visit, open_to, schemes, with_note

bp = Blueprint("certification_assessment", __name__, template_folder="templates")

ALL = f"{PREFIX}/assessment"
ONE = f"{ALL}/<uuid:case_id>"
READERS = frozenset({Role.ASSESSOR, Role.OFFICER})
DESK_PAGES = (DeskPage("certification_assessment.show_all", "Work evidence", READERS),)
"""What of these pages stands in the desks' navigation."""


@dataclass(frozen=True, slots=True)
class Chair:
    """Who sits at the assessors' desk."""

    hand: Hand
    assesses: frozenset[str] | None
    """Schemes that they assess; None: all."""
    looks: frozenset[str] | None
    """Schemes that they answer for as an officer; None: all."""

    @property
    def within(self) -> frozenset[str] | None:
        """Give the schemes whose evidence they see; None: all."""
        if self.assesses is None or self.looks is None:
            return None
        return self.assesses | self.looks

    def looks_at(self, scheme_id: str) -> bool:
        """Say whether they see a scheme's evidence as an officer."""
        return self.looks is None or scheme_id in self.looks


def _take_chair(session: Session) -> Chair:
    visit = current_visit()
    hand = hand_of(session, visit.person_id)

    def held(role: Role) -> frozenset[str] | None:
        if visit.person_id is None or not visit.has(role):
            return frozenset()
        return schemes_of(session, visit.person_id, role)

    return Chair(hand, held(Role.ASSESSOR), held(Role.OFFICER))


@bp.get(ALL)
@open_to(Role.ASSESSOR, Role.OFFICER)
def show_all() -> ResponseReturnValue:
    """List the evidence that waits, first what waits for the one who looks."""
    with db.read() as session:
        chair = _take_chair(session)
        waiting = evidence_dossiers.waiting_for(session, chair.hand, schemes(), chair.within)
        judged = assessing.list_judged(session, chair.hand) if chair.hand.human else []
    return render_template(
        "certification/desk/assessments.html",
        mine=[each for each in waiting if each.is_mine],
        others=[each for each in waiting if not each.is_mine],
        judged=judged,
        scheme_by=schemes().get,
        is_assessor=chair.assesses is None or bool(chair.assesses),
    )


@bp.get(ONE)
@open_to(Role.ASSESSOR, Role.OFFICER)
def show(case_id: UUID) -> ResponseReturnValue:
    """Show one case: criteria, files and judgements by element."""
    return _page(case_id)


def _page(case_id: UUID, *, fault: str = "") -> ResponseReturnValue:
    with db.read() as session:
        chair = _take_chair(session)
        case, scheme = _case(session, case_id, chair)
        looks = chair.looks_at(scheme.id)
        desk = evidence_dossiers.desk_of(session, case, scheme, chair.hand, looks=looks)
        happened = history(session, [str(case.id)])
    page = render_template(
        "certification/desk/assessment.html",
        desk=desk,
        case=case,
        scheme=scheme,
        history=happened,
        is_officer=looks and current_visit().has(Role.OFFICER),
        given=request.form,
        fault=fault,
    )
    return page, 422 if fault else 200


@bp.post(ONE)
@open_to(Role.ASSESSOR, Role.OFFICER)
def judge(case_id: UUID) -> ResponseReturnValue:
    """Take what an assessor found; the case is decided once all of them are done."""
    try:
        with db.begin() as session:
            chair = _take_chair(session)
            _case_found, scheme = _case(session, case_id, chair)
            case = assessing.assess(
                session,
                case_id,
                _judgements(scheme),
                chair.hand,
                schemes=schemes(),
                catalogue=catalogue(),
                now=db.utcnow(),
                zone=zone(),
            )
            looks = chair.looks_at(scheme.id)
            desk = evidence_dossiers.desk_of(session, case, scheme, chair.hand, looks=looks)
    except (BadRequestError, ConflictingError, NotTheirsError) as error:
        return _page(case_id, fault=error.words or str(error))
    url = url_for("certification_assessment.show", case_id=case_id)
    return redirect(with_note(url, _after(desk)), 303)


def _after(desk: evidence_dossiers.Desk) -> str:
    if desk.case.state != CaseState.COLLECTING:
        return _("Kept. All elements are met: the case goes on to its approval.")
    if not desk.is_waiting:
        return _("Kept. All is judged: the candidate reads the comments and may add to it.")
    if desk.apart:
        return _("Kept. The two assessors do not agree yet.")
    if desk.is_own_part_done:
        return _("Kept. Your part is done; another assessor judges it, too.")
    left = sum(each.is_due for unit in desk.units for each in unit.elements)
    words = ngettext("Kept. %(num)d element is left.", "Kept. %(num)d elements are left.", left)
    return words % {"num": left}


def _judgements(scheme: CertificateScheme) -> dict[str, Judgement]:
    found: dict[str, Judgement] = {}
    for element in scheme.card.elements if scheme.card else ():
        rating = request.form.get(f"rating.{element.code}", "")
        comment = request.form.get(f"comment.{element.code}", "")
        if rating in set(Rating):
            found[element.code] = Judgement(Rating(rating), comment)
        elif comment.strip():
            words = _("%(code)s: choose a rating beside the comment.") % {"code": element.code}
            raise BadRequestError("comment without a rating", words=words)
    return found


@bp.get(f"{ONE}/files/<uuid:file_id>")
@open_to(Role.ASSESSOR, Role.OFFICER)
def file(case_id: UUID, file_id: UUID) -> ResponseReturnValue:
    """Give one file of a case to somebody who assesses it or answers for its scheme."""
    with db.read() as session:
        case, _scheme = _case(session, case_id, _take_chair(session))
        found = evidencing.find_file(session, case.id, file_id)
    return handed_out(found)


def _case(session: Session, case_id: UUID, chair: Chair) -> tuple[Case, CertificateScheme]:
    """Give a case of work evidence that was handed in at least once.

    Raises:
        NotFoundError: there is none, or the one who asks does not see its scheme.
    """
    case = session.get(Case, case_id)
    scheme = schemes().get(case.scheme_id) if case is not None else None
    is_theirs = scheme is not None and (chair.within is None or scheme.id in chair.within)
    if case is None or scheme is None or not is_theirs or case.route != Route.ASSESSMENT.value:
        raise NotFoundError(f"evidence of case {case_id} for {chair.hand.who}")
    if not evidencing.was_handed_in(case):
        raise NotFoundError(f"evidence of case {case_id} is not handed in")
    return case, scheme
