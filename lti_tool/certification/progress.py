"""How far the worker is with cases that were approved together, and another try at what failed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import and_, func, select, update
from sqlalchemy.orm import Session

from lti_tool.certification.models import ApprovalBatch, Case, CaseState
from lti_tool.certification.register_models import Certificate, CertificateState
from lti_tool.errors import NotFoundError


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the worker is with cases that were approved together."""

    batch_id: UUID
    approved_by: str
    approved_at: datetime
    size: int
    waiting: int
    """Approved, not yet numbered."""
    numbered: int
    """Numbered, not yet issued; those with a fault among them."""
    issued: int
    """Issued, whatever became of them since."""
    faults: int
    put_back: int
    """Given back to the officers, since they could not be numbered."""

    @property
    def percent(self) -> int:
        """Give the whole percent that is issued."""
        return self.issued * 100 // self.size if self.size else 100

    @property
    def is_over(self) -> bool:
        """Say whether nothing more happens by itself."""
        return self.issued + self.put_back >= self.size


def progress_of(session: Session, batch_id: UUID) -> Progress:
    """Give how far a batch is.

    Raises:
        NotFoundError: there is no such batch.
    """
    batch = session.get(ApprovalBatch, batch_id)
    if batch is None:
        raise NotFoundError(f"batch {batch_id}")
    with_fault = func.count().filter(Certificate.fault != "")
    rows = session.execute(
        select(Case.state, Certificate.state, func.count(), with_fault)
        .outerjoin(
            Certificate,
            and_(Certificate.case_id == Case.id, Certificate.state != CertificateState.VOID),
        )
        .where(Case.batch_id == batch_id)
        .group_by(Case.state, Certificate.state)
    ).all()
    waiting = numbered = issued = faults = 0
    for case_state, state, count, faulty in rows:
        if case_state == CaseState.APPROVED:
            waiting += count
        elif state == CertificateState.NUMBERED:
            numbered += count
            faults += faulty
        elif state is not None:
            issued += count
    return Progress(
        batch_id=batch.id,
        approved_by=batch.approved_by,
        approved_at=batch.approved_at,
        size=batch.size,
        waiting=waiting,
        numbered=numbered,
        issued=issued,
        faults=faults,
        put_back=max(0, batch.size - waiting - numbered - issued),
    )


def try_again(session: Session, certificate_ids: Sequence[UUID], *, now: datetime) -> int:
    """Make certificates that wait after a fault, and that nobody stopped, due; give how many."""
    result = session.execute(
        update(Certificate)
        .where(
            Certificate.id.in_(certificate_ids),
            Certificate.state == CertificateState.NUMBERED,
            Certificate.fault != "",
            Certificate.suspended_human.is_(None),
        )
        .values(due_at=now)
        .execution_options(synchronize_session=False)
    )
    return int(result.rowcount)  # type: ignore[attr-defined]  # of an update
