"""A candidate's work evidence: files for the elements of a skill card, handed in for assessment."""

from __future__ import annotations

import hashlib
import mimetypes
import posixpath
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from courses.scheme_reading import Schemes
from courses.schemes import CertificateScheme, Route
from lti_tool import audit
from lti_tool.certification.evidence import circle
from lti_tool.certification.humans import Hand
from lti_tool.certification.models import Appeal, Case, CaseState, EvidenceFile, Holder
from lti_tool.errors import BadRequestError, ConflictingError, NotFoundError
from lti_tool.i18n import gettext as _

MOST_FILES = 60
MOST_BYTES = 4_000_000
"""Of one file."""
NOTE_LENGTH = 2000
KINDS = frozenset(
    {".pdf", ".png", ".jpg", ".jpeg", ".docx", ".xlsx", ".pptx", ".odt", ".ods", ".odp", ".txt",
     ".md", ".csv", ".zip"}
)  # fmt: skip
"""Ends of the names of files that are taken; none is ever shown inside a page."""
HANDED_IN = "handed_in_at"
"""In a case's particulars, while assessors have it: since when."""
JUDGED_UNTIL = "judged_until"
"""In a case's particulars: when the evidence was handed in that was given back."""


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as it was sent."""

    name: str
    content: bytes
    elements: tuple[str, ...]
    note: str = ""

    @property
    def sha256(self) -> str:
        """Give the digest of its bytes, in hex."""
        return hashlib.sha256(self.content).hexdigest()


def read_upload(
    name: str, content: bytes, elements: Sequence[str], note: str, scheme: CertificateScheme
) -> Upload:
    """Read a file that was sent, with what it is for.

    Raises:
        BadRequestError: it is empty, too large, of a kind that is not taken, or for no element.
    """
    bare = re.sub(r"[\x00-\x1f]", "", posixpath.basename(name.replace("\\", "/"))).strip()
    if not bare or not content:
        raise BadRequestError("empty file", words=_("Choose a file that is not empty."))
    if len(content) > MOST_BYTES:
        raise BadRequestError("large file", words=_("The file is larger than 4 MB."))
    if posixpath.splitext(bare)[1].lower() not in KINDS:
        known = ", ".join(sorted(each.removeprefix(".") for each in KINDS))
        words = _("Files of this kind are not taken. Taken are: %(kinds)s.") % {"kinds": known}
        raise BadRequestError("kind of file", words=words)
    codes = [each.code for each in scheme.card.elements] if scheme.card else []
    chosen = tuple(code for code in codes if code in set(elements))
    if not chosen:
        words = _("Say for which element the file is meant: tick at least one.")
        raise BadRequestError("no element", words=words)
    stem, end = posixpath.splitext(bare)
    return Upload(stem[: 255 - len(end)] + end, content, chosen, note.strip()[:NOTE_LENGTH])


def place_of(case_id: UUID, file_id: UUID) -> str:
    """Give where a file lies in the tool's files."""
    return f"evidence/{case_id}/{file_id}"


def find_case(
    session: Session, holder_id: UUID, scheme_id: str, *, locked: bool = False
) -> Case | None:
    """Give the case in which a holder's evidence for a scheme is gathered; None: none yet."""
    query = (
        select(Case)
        .where(
            Case.holder_id.in_(circle(session, holder_id)),
            Case.scheme_id == scheme_id,
            Case.route == Route.ASSESSMENT.value,
            Case.state != CaseState.WITHDRAWN,
        )
        .order_by(Case.entered_at.desc())
        .limit(1)
    )
    return session.scalar(query.with_for_update() if locked else query)


def own_case(session: Session, holder_id: UUID, scheme_id: str) -> Case:
    """Give the case in which a holder gathers evidence for a scheme, locked.

    Raises:
        NotFoundError: there is none.
    """
    found = find_case(session, holder_id, scheme_id, locked=True)
    if found is None:
        raise NotFoundError(f"evidence of holder {holder_id} for scheme {scheme_id!r}")
    return found


def open_case(
    session: Session, holder_id: UUID, scheme: CertificateScheme, hand: Hand, *, now: datetime
) -> Case:
    """Give the case in which a holder's evidence for a scheme is gathered; begin it if need be.

    Raises:
        NotFoundError: the scheme is not proven by work evidence.
    """
    if Route.ASSESSMENT not in scheme.routes or scheme.card is None:
        raise NotFoundError(f"evidence for scheme {scheme.id!r}")
    session.get(Holder, holder_id, with_for_update=True)  # two windows begin one case, not two
    found = find_case(session, holder_id, scheme.id)
    if found is not None and found.state != CaseState.NUMBERED:
        return found
    name = session.scalar(select(Holder.name).where(Holder.id == holder_id)) or ""
    number = 1 + (
        session.scalar(
            select(func.count())
            .select_from(Case)
            .where(
                Case.holder_id == holder_id,
                Case.scheme_id == scheme.id,
                Case.route == Route.ASSESSMENT.value,
            )
        )
        or 0
    )
    case = Case(
        id=uuid4(),
        holder_id=holder_id,
        scheme_id=scheme.id,
        scheme_fingerprint=scheme.fingerprint,
        sitting=f"assessment:{number}",
        route=Route.ASSESSMENT.value,
        state=CaseState.COLLECTING,
        approvers=scheme.approvers,
        name=name,
        language=scheme.languages[0],
        particulars={},
        entered_at=now,
        entered_by=hand.who,
    )
    session.add(case)
    session.flush()
    audit.note(session, "case.begun", who=hand.who, about=str(case.id), now=now)
    return case


def add(session: Session, case: Case, upload: Upload, file_id: UUID, *, now: datetime) -> None:
    """Note a file whose bytes lie in the tool's files already.

    Raises:
        ConflictingError: the evidence is handed in, or the case closed.
        BadRequestError: too many files, or this one is there already.
    """
    need_open(case)
    there = list_files(session, case.id)
    if len(there) >= MOST_FILES:
        raise BadRequestError("too many files", words=_("At most 60 files for one certificate."))
    if any(each.sha256 == upload.sha256 for each in there):
        words = _("This very file is there already. Remove it first if it is for another element.")
        raise BadRequestError("file twice", words=words)
    session.add(
        EvidenceFile(
            id=file_id,
            case_id=case.id,
            elements=list(upload.elements),
            file_name=upload.name,
            media_type=mimetypes.guess_type(upload.name)[0] or "application/octet-stream",
            size_bytes=len(upload.content),
            sha256=upload.sha256,
            path=place_of(case.id, file_id),
            note=upload.note,
            uploaded_at=now,
        )
    )
    session.flush()


def remove(session: Session, case: Case, file_id: UUID) -> str:
    """Forget a file; give where its bytes lie, for the caller to remove after the transaction.

    Raises:
        ConflictingError: the evidence is handed in, the case closed, or the file judged.
        NotFoundError: no such file of this case.
    """
    need_open(case)
    found = find_file(session, case.id, file_id)
    if is_judged(case, found):
        words = _("This file was judged already, so it stays. Add a better one beside it.")
        raise ConflictingError(f"evidence file {file_id} was judged", words=words)
    path = found.path
    session.delete(found)
    session.flush()
    return path


def hand_in(session: Session, case: Case, hand: Hand, *, now: datetime) -> None:
    """Hand the evidence in: assessors see it, and it stays as it is.

    Raises:
        ConflictingError: it is handed in already, the case closed, or a review under way.
        BadRequestError: there is nothing to hand in.
    """
    need_open(case)
    there = list_files(session, case.id)
    if not there:
        raise BadRequestError("no evidence", words=_("Upload at least one file first."))
    if all(is_judged(case, each) for each in there):
        words = _("Add at least one file to what was judged before.")
        raise BadRequestError("no new evidence", words=words)
    asked = select(Appeal.id).where(Appeal.case_id == case.id, Appeal.decided_at.is_(None))
    if session.scalar(asked) is not None:
        words = _("You asked for a review of the decision. Hand in once it is answered.")
        raise ConflictingError(f"case {case.id} is under review", words=words)
    case.particulars = {**case.particulars, HANDED_IN: now.isoformat()}
    session.flush()
    audit.note(session, "evidence.handed-in", who=hand.who, about=str(case.id), now=now)


def need_open(case: Case) -> None:
    """Make sure that evidence may be changed.

    Raises:
        ConflictingError: it may not.
    """
    if case.state != CaseState.COLLECTING:
        words = _("This case is decided or closed; nothing can be added to it.")
        raise ConflictingError(f"case {case.id} is {case.state}", words=words)
    if is_handed_in(case):
        words = _("The evidence is handed in and being assessed; it stays as it is until then.")
        raise ConflictingError(f"case {case.id} is handed in", words=words)


def is_handed_in(case: Case) -> bool:
    """Say whether assessors have it."""
    return bool(case.particulars.get(HANDED_IN))


def was_handed_in(case: Case) -> bool:
    """Say whether assessors have it, or had it before."""
    return is_handed_in(case) or bool(case.particulars.get(JUDGED_UNTIL))


def handed_in_at(case: Case) -> datetime | None:
    """Give since when assessors have it."""
    told = case.particulars.get(HANDED_IN)
    return datetime.fromisoformat(told) if told else None


def is_judged(case: Case, file: EvidenceFile) -> bool:
    """Say whether a file was among those that assessors judged before they gave it back."""
    told = case.particulars.get(JUDGED_UNTIL)
    return told is not None and file.uploaded_at <= datetime.fromisoformat(str(told))


def give_back(case: Case) -> None:
    """Let the candidate add to the evidence again."""
    told = dict(case.particulars)
    since = told.pop(HANDED_IN, None)
    case.particulars = {**told, JUDGED_UNTIL: since} if since else told


def list_files(session: Session, case_id: UUID) -> list[EvidenceFile]:
    """Give the files of a case, as they came."""
    query = select(EvidenceFile).where(EvidenceFile.case_id == case_id)
    return list(session.scalars(query.order_by(EvidenceFile.uploaded_at, EvidenceFile.id)))


def find_file(session: Session, case_id: UUID, file_id: UUID) -> EvidenceFile:
    """Give a file of a case.

    Raises:
        NotFoundError: no such file of this case.
    """
    found = session.scalar(
        select(EvidenceFile).where(EvidenceFile.id == file_id, EvidenceFile.case_id == case_id)
    )
    if found is None:
        raise NotFoundError(f"evidence file {file_id}")
    return found


def find_own_file(session: Session, holder_id: UUID, scheme_id: str, file_id: UUID) -> EvidenceFile:
    """Give a file that a holder uploaded for a scheme.

    Raises:
        NotFoundError: no such file of this holder.
    """
    found = session.scalar(
        select(EvidenceFile)
        .join(Case, Case.id == EvidenceFile.case_id)
        .where(
            EvidenceFile.id == file_id,
            Case.scheme_id == scheme_id,
            Case.holder_id.in_(circle(session, holder_id)),
        )
    )
    if found is None:
        raise NotFoundError(f"evidence file {file_id} of holder {holder_id}")
    return found


def offered_schemes(schemes: Schemes) -> list[CertificateScheme]:
    """Give the schemes that are proven by work evidence, by title."""
    found = [each for each in schemes.all() if Route.ASSESSMENT in each.routes and each.card]
    return sorted(found, key=lambda each: each.title.casefold())
