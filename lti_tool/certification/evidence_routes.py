"""Pages of a visit for candidates: work evidence for a certificate."""

from __future__ import annotations

import contextlib
from urllib.parse import quote
from uuid import UUID, uuid4

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from courses.schemes import CertificateScheme
from lti_tool import db
from lti_tool.certification import evidence_dossiers, evidencing, holdings
from lti_tool.certification.deciding import holder_for
from lti_tool.certification.evidencing import Upload
from lti_tool.certification.humans import Hand, hand_of
from lti_tool.certification.models import Case, EvidenceFile
from lti_tool.errors import BadRequestError, ConflictingError, NotFoundError
from lti_tool.i18n import gettext as _
from lti_tool.visit import Role
from lti_tool.web import VISIT_PREFIX, current_visit, files, open_to, schemes, with_note

bp = Blueprint(
    "certification_evidence",
    __name__,
    url_prefix=f"{VISIT_PREFIX}/certificates/evidence",
    template_folder="templates",
)


# What can be proven, and how far one is


@bp.get("")
@open_to(*Role)
def offered() -> ResponseReturnValue:
    """Show which certificates are given for work evidence."""
    with db.read() as session:
        found = evidence_dossiers.folders_of(session, _holder(session), schemes())
    return render_template(
        "certification/holder/evidence_offered.html",
        base=url_for("certification_holder.mine"),
        found=found,
    )


@bp.get("/<scheme_id>")
@open_to(*Role)
def show(scheme_id: str) -> ResponseReturnValue:
    """Show what one asks for, what was uploaded, and how it was judged."""
    return _page(_scheme(scheme_id))


def _page(scheme: CertificateScheme, *, fault: str = "") -> ResponseReturnValue:
    with db.read() as session:
        folder = evidence_dossiers.folder_of(session, _holder(session), scheme)
    page = render_template(
        "certification/holder/evidence.html",
        base=url_for("certification_holder.mine"),
        scheme=scheme,
        folder=folder,
        kinds=sorted(evidencing.KINDS),
        most=evidencing.MOST_FILES,
        given=request.form,
        fault=fault,
    )
    return page, 422 if fault else 200


# Gathering it


@bp.post("/<scheme_id>/files")
@open_to(*Role)
def upload(scheme_id: str) -> ResponseReturnValue:
    """Take one file."""
    scheme = _scheme(scheme_id)
    try:
        read = _read(scheme)
        _keep(scheme, read)
    except (BadRequestError, ConflictingError) as error:
        return _page(scheme, fault=error.words or str(error))
    words = _("%(name)s is uploaded.") % {"name": read.name}
    return _back(scheme, words, "files")


def _read(scheme: CertificateScheme) -> Upload:
    given = request.files.get("file")
    if given is None or not given.filename:
        raise BadRequestError("no file", words=_("Choose a file first."))
    elements, note = request.form.getlist("element"), request.form.get("note", "")
    with contextlib.closing(given):
        content = given.read()
    return evidencing.read_upload(given.filename, content, elements, note, scheme)


def _keep(scheme: CertificateScheme, read: Upload) -> None:
    """Write a file's bytes, then note it: what is noted is there, come what may."""
    now = db.utcnow()
    with db.begin() as session:
        hand = _hand(session)
        holder_id = holder_for(session, _person(), now=now)
        case = evidencing.open_case(session, holder_id, scheme, hand, now=now)
        evidencing.need_open(case)
        case_id = case.id
    file_id = uuid4()
    path = evidencing.place_of(case_id, file_id)
    files().write(path, read.content)
    try:
        with db.begin() as session:
            case = session.get_one(Case, case_id, with_for_update=True)
            evidencing.add(session, case, read, file_id, now=now)
    except Exception:  # whatever it was, nothing leads to the bytes
        files().remove(path)
        raise


@bp.post("/<scheme_id>/files/<uuid:file_id>/remove")
@open_to(*Role)
def remove(scheme_id: str, file_id: UUID) -> ResponseReturnValue:
    """Remove a file that was not judged yet."""
    scheme = _scheme(scheme_id)
    try:
        with db.begin() as session:
            case = evidencing.own_case(session, _own_holder(session), scheme.id)
            path = evidencing.remove(session, case, file_id)
    except ConflictingError as error:
        return _page(scheme, fault=error.words or str(error))
    files().remove(path)
    return _back(scheme, _("The file is removed."), "files")


@bp.get("/<scheme_id>/files/<uuid:file_id>")
@open_to(*Role)
def file(scheme_id: str, file_id: UUID) -> ResponseReturnValue:
    """Give one of the visitor's own files back."""
    with db.read() as session:
        found = evidencing.find_own_file(session, _own_holder(session), scheme_id, file_id)
    return handed_out(found)


def handed_out(found: EvidenceFile) -> Response:
    """Answer with a file that somebody uploaded: to be kept, never to be shown by the browser."""
    try:
        content = files().read(found.path)
    except FileNotFoundError as error:
        words = _("The file is missing in our storage, which should not be. Upload it again.")
        raise NotFoundError(f"bytes of evidence file {found.id}", words=words) from error
    answer = Response(content, mimetype="application/octet-stream")
    name = quote(found.file_name, safe="")
    answer.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{name}"
    answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    answer.headers["X-Content-Type-Options"] = "nosniff"
    return answer


@bp.post("/<scheme_id>/hand-in")
@open_to(*Role)
def hand_in(scheme_id: str) -> ResponseReturnValue:
    """Hand the evidence in for assessment."""
    scheme = _scheme(scheme_id)
    try:
        with db.begin() as session:
            case = evidencing.own_case(session, _own_holder(session), scheme.id)
            evidencing.hand_in(session, case, _hand(session), now=db.utcnow())
    except (BadRequestError, ConflictingError) as error:
        return _page(scheme, fault=error.words or str(error))
    return _back(scheme, _("Handed in. Assessors look at it; you see here what they find."), "")


# Who is here


def _scheme(scheme_id: str) -> CertificateScheme:
    offered_now = {each.id: each for each in evidencing.offered_schemes(schemes())}
    if scheme_id not in offered_now:
        raise NotFoundError(f"evidence for scheme {scheme_id!r}")
    return offered_now[scheme_id]


def _person() -> UUID:
    person_id = current_visit().person_id
    if person_id is None:
        raise NotFoundError("evidence of a visit without a person")
    return person_id


def _holder(session: Session) -> UUID | None:
    return holdings.find_holder(session, _person())


def _own_holder(session: Session) -> UUID:
    found = _holder(session)
    if found is None:
        raise NotFoundError(f"holder behind person {_person()}")
    return found


def _hand(session: Session) -> Hand:
    return hand_of(session, _person())


def _back(scheme: CertificateScheme, words: str, anchor: str) -> ResponseReturnValue:
    url = url_for("certification_evidence.show", scheme_id=scheme.id, _anchor=anchor or None)
    return redirect(with_note(url, words), 303)
