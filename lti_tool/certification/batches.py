"""Many cases at once: what approving them would do, and how far the worker is with them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from courses.scheme_reading import Schemes
from lti_tool.certification.approving import obstacles_of
from lti_tool.certification.checking import AT_ONCE, check
from lti_tool.certification.desk_frame import Seat
from lti_tool.certification.histories import names_of
from lti_tool.certification.issuers import Issuers
from lti_tool.certification.models import Case, CaseState
from lti_tool.certification.progress import Progress, progress_of
from lti_tool.certification.register_models import Certificate, CertificateState
from lti_tool.certification.sights import sight_of
from lti_tool.errors import NotFoundError

SHOWN = 100
"""How many of a batch's certificates are listed."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One case of many, with what has to be said about it."""

    case_id: UUID
    name: str
    scheme_id: str
    is_second: bool
    """Whether another officer has approved it already."""
    words: tuple[str, ...]
    sight: str
    """What is seen of it, for the form."""


@dataclass(frozen=True, slots=True)
class Lined:
    """Cases, by what approving them would do."""

    ready: tuple[Candidate, ...]
    warned: tuple[Candidate, ...]
    """They may be approved in spite of a warning."""
    stopped: tuple[Candidate, ...]
    """They cannot be approved, or not by this officer."""

    @property
    def all(self) -> int:
        """Count them."""
        return len(self.ready) + len(self.warned) + len(self.stopped)

    @property
    def seconds(self) -> int:
        """Count those that are ready and that another officer approved."""
        return sum(each.is_second for each in self.ready)


@dataclass(frozen=True, slots=True)
class Made:
    """A certificate of a batch."""

    id: UUID
    number: str
    name: str
    state: str
    fault: str


@dataclass(frozen=True, slots=True)
class BatchDossier:
    """Cases that were approved together, as far as they are."""

    progress: Progress
    approved_by: str
    """A name."""
    made: tuple[Made, ...]
    """The first certificates, those with a fault before all others."""


def line_up(
    session: Session,
    case_ids: Sequence[UUID],
    seat: Seat,
    schemes: Schemes,
    *,
    issuers: Issuers | None = None,
    today: date,
) -> Lined:
    """Look at cases before they are approved together; those that are not seen are left out."""
    cases: list[Case] = []
    for start in range(0, len(case_ids), AT_ONCE):
        query = select(Case).where(Case.id.in_(case_ids[start : start + AT_ONCE]))
        cases += session.scalars(query)
    if seat.within is not None:
        cases = [case for case in cases if case.scheme_id in seat.within]
    cases.sort(key=lambda case: (case.scheme_id, case.name.casefold(), case.entered_at))
    findings = check(session, cases, schemes, issuers=issuers, on=today)
    obstacles = obstacles_of(session, cases, seat.hand, schemes=schemes)
    lined: tuple[list[Candidate], ...] = ([], [], [])
    for case in cases:
        stops = [each.words for each in findings[case.id] if each.stops]
        warnings = [each.words for each in findings[case.id] if not each.stops]
        own = [obstacles[case.id]] if obstacles[case.id] else stops
        lined[2 if own else 1 if warnings else 0].append(_candidate(case, own or warnings))
    ready, warned, stopped = lined
    return Lined(tuple(ready), tuple(warned), tuple(stopped))


def batch_dossier(session: Session, batch_id: UUID, seat: Seat) -> BatchDossier:
    """Give how far a batch is.

    Raises:
        NotFoundError: there is none, or the reader does not see what is in it.
    """
    progress = progress_of(session, batch_id)
    if seat.within is not None:
        of_batch = select(Case.id).where(Case.batch_id == batch_id)
        if session.scalar(of_batch.where(Case.scheme_id.not_in(sorted(seat.within))).limit(1)):
            raise NotFoundError(f"batch {batch_id} at the desk of {seat.hand.who}")
    query = (
        select(Certificate.id, Certificate.number, Case.name, Certificate.state, Certificate.fault)
        .join(Case, Case.id == Certificate.case_id)
        .where(Case.batch_id == batch_id, Case.state == CaseState.NUMBERED)
        .where(Certificate.state != CertificateState.VOID)
        .order_by(Certificate.fault.desc(), Certificate.number)
        .limit(SHOWN)
    )
    made = tuple(Made(*row) for row in session.execute(query))
    names = names_of(session, [progress.approved_by])
    return BatchDossier(progress, names[progress.approved_by], made)


def _candidate(case: Case, words: Sequence[str]) -> Candidate:
    is_second = case.approved_at is not None
    return Candidate(case.id, case.name, case.scheme_id, is_second, tuple(words), sight_of(case))
