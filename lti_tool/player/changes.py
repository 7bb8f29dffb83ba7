"""What changed in an enrolment that others decide by: noted as it happens, for the worker."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import Executable, bindparam

from lti_tool.player.models import StandingChange
from lti_tool.player.places import table_of
from xapi.prepared import Prepared, Running

STANDING_CHANGE = table_of(StandingChange)


def _note(insert: type) -> Executable:
    statement = insert(STANDING_CHANGE).values(
        {name: bindparam(name) for name in ("enrolment_id", "due_at")}
    )
    made: Executable = statement.on_conflict_do_update(
        index_elements=[STANDING_CHANGE.c.enrolment_id],
        set_={"due_at": statement.excluded.due_at},
    )
    return made


NOTE = Prepared.for_both(_note)


def note(session: Running, enrolment_id: UUID, *, now: datetime) -> None:
    """Note that an exam came out in this enrolment, or that its course is done."""
    NOTE.run(session, {"enrolment_id": enrolment_id, "due_at": now})
