"""Holders confirm the name that will be printed, and choose among the scheme's languages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from courses.scheme_reading import Schemes
from lti_tool.certification.approving import BEFORE_APPROVAL, confirm_name
from lti_tool.certification.evidence import circle
from lti_tool.certification.humans import Hand
from lti_tool.certification.known_names import KnownNames, names_known, together
from lti_tool.certification.models import Case, Holder
from lti_tool.certification.printed import has_words
from lti_tool.errors import BadRequestError, NotFoundError
from lti_tool.lti.models import Person

ENGLISH = "en"
"""In which every certificate can be printed."""


@dataclass(frozen=True, slots=True)
class NameToConfirm:
    """A case whose name its holder may still confirm or correct."""

    case_id: UUID
    title: str
    kind: str
    name: str
    """As it stands now; before anybody touched it, as the platform told it."""
    is_confirmed: bool
    language: str
    languages: tuple[str, ...]
    """In which it can be printed."""
    known: KnownNames | None = None
    """Names that need no officer; None: one looks at every name."""

    def why_looked_at(self, name: str) -> str:
        """Say why an officer looks at a name first, where none would otherwise."""
        return self.known.why_looked_at(name) if self.known is not None else ""


def may_name(case: Case) -> bool:
    """Say whether a case's name can still be confirmed or corrected by its holder."""
    return case.state in BEFORE_APPROVAL and case.approved_at is None and not case.corrects


def find_case(
    session: Session, holder_id: UUID, case_id: UUID, person_id: UUID | None, schemes: Schemes
) -> NameToConfirm:
    """Give a case of a holder whose name may still be confirmed.

    Args:
        session: open.
        holder_id: the one that stays.
        case_id: which.
        person_id: of the visit; its platform's name is proposed where none is known yet.
        schemes: for title and languages.

    Raises:
        NotFoundError: it is not theirs, or has gone on too far.
    """
    case = _find(session, holder_id, case_id)
    scheme = schemes.get(case.scheme_id)
    told = session.scalar(select(Person.name).where(Person.id == person_id)) or ""
    offered = scheme.languages if scheme else (case.language,)
    languages = tuple(filter(has_words, offered)) or (ENGLISH,)
    return NameToConfirm(
        case_id=case.id,
        title=scheme.title if scheme else case.scheme_id,
        kind=scheme.kind.value if scheme else "",
        name=case.name or told or session.get_one(Holder, holder_id).name,
        is_confirmed=case.name_confirmed_at is not None,
        language=case.language if case.language in languages else languages[0],
        languages=languages,
        known=_known(session, case) if case.approvers == 0 else None,
    )


def confirm(
    session: Session,
    holder_id: UUID,
    found: NameToConfirm,
    name: str,
    hand: Hand,
    *,
    language: str,
    schemes: Schemes,
    behind: Hand | None = None,
    now: datetime,
) -> None:
    """Confirm a name for one of the holder's cases; ``behind`` as in ``approving.confirm_name``.

    Raises:
        NotFoundError: it is not theirs, or has gone on too far.
        BadRequestError: the scheme's certificates are not printed in that language.
        UnprintableNameError: the name cannot be printed.
    """
    case = _find(session, holder_id, found.case_id, lock=True)
    if language not in found.languages:
        raise BadRequestError(f"language {language!r} of case {case.id}")
    case.language = language
    confirm_name(session, case.id, name, hand, schemes=schemes, behind=behind, now=now)


def _known(session: Session, case: Case) -> KnownNames:
    return together(names_known(session, circle(session, case.holder_id)).values())


def _find(session: Session, holder_id: UUID, case_id: UUID, *, lock: bool = False) -> Case:
    case = session.get(Case, case_id, with_for_update=lock)
    if case is None or case.holder_id not in circle(session, holder_id) or not may_name(case):
        raise NotFoundError(f"name of case {case_id} of holder {holder_id}")
    return case
