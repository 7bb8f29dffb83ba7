"""After a scheme changed or is new: which cases and enrolments have to be decided again."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Executable, bindparam, select, update
from sqlalchemy.orm import Session

from courses.scheme_reading import Schemes
from courses.schemes import CertificateScheme
from lti_tool.certification.models import Case, CaseState, SchemeSeen
from lti_tool.db import Begin
from lti_tool.player import changes
from lti_tool.player.models import Enrolment
from xapi.prepared import Prepared

OPEN = (CaseState.COLLECTING, CaseState.DRAFT, CaseState.CHECKED, CaseState.APPROVED)
"""States in which a case is decided again."""
SWEEP = 500
"""How many enrolments are looked through in one round."""


def _see(insert: type) -> Executable:
    statement = insert(SchemeSeen).values(
        {name: bindparam(name) for name in ("scheme_id", "fingerprint")}
    )
    made: Executable = statement.on_conflict_do_nothing()
    return made


SEE = Prepared.for_both(_see)


def look_at_schemes(begin: Begin, schemes: Schemes, *, now: datetime) -> int:
    """Note what a new or changed scheme may decide otherwise; enrolments in parts."""
    known = {scheme.id: scheme for scheme in schemes.all()}
    with begin() as session:
        seen = {row.scheme_id: row for row in session.scalars(select(SchemeSeen))}
        due = [
            scheme
            for scheme in known.values()
            if scheme.id not in seen
            or seen[scheme.id].fingerprint != scheme.fingerprint
            or seen[scheme.id].finished_at is None
        ]
    for scheme in due:
        with begin() as session:
            _sweep(session, scheme, now=now)
    return len(due)


def _sweep(session: Session, scheme: CertificateScheme, *, now: datetime) -> None:
    SEE.run(session, {"scheme_id": scheme.id, "fingerprint": ""})
    row = session.get_one(SchemeSeen, scheme.id, with_for_update=True)
    if row.fingerprint != scheme.fingerprint:
        row.fingerprint, row.after_id, row.finished_at = scheme.fingerprint, None, None
        session.execute(
            update(Case)
            .where(
                Case.scheme_id == scheme.id,
                Case.state.in_(OPEN),
                Case.scheme_fingerprint != scheme.fingerprint,
            )
            .values(look_due_at=now)
        )
    query = select(Enrolment.id).where(Enrolment.course_id.in_(scheme.courses))
    if row.after_id is not None:
        query = query.where(Enrolment.id > row.after_id)
    ids = session.scalars(query.order_by(Enrolment.id).limit(SWEEP)).all()
    for enrolment_id in ids:
        changes.note(session, enrolment_id, now=now)
    row.after_id = ids[-1] if ids else row.after_id
    row.finished_at = now if len(ids) < SWEEP else None
