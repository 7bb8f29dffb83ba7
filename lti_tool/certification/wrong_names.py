"""Names that strangers try for a certificate's code: so many a day, whoever they are.

Codes stand in logs and links, so a name is the second thing that opens a certificate. Most family
names are guessed in some thousand tries; at this pace that takes years.
"""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import bindparam, delete, select
from sqlalchemy.orm import Session

from lti_tool.certification.register import INSERTS
from lti_tool.certification.register_models import WrongNames
from xapi.prepared import Prepared, Running

MOST_A_DAY = 20
"""For one code, in all web processes together."""
_TRIES = Prepared(
    select(WrongNames.tries).where(
        WrongNames.code == bindparam("code"), WrongNames.given_on == bindparam("given_on")
    )
)


def are_used_up(running: Running, code: str, *, on: date) -> bool:
    """Say whether no more names are taken for a code on a day."""
    row = _TRIES.first(running, {"code": code, "given_on": on})
    return row is not None and row.tries >= MOST_A_DAY


def count(session: Session, code: str, *, on: date) -> None:
    """Count a wrong name."""
    made = INSERTS[session.get_bind().dialect.name](WrongNames)
    made = made.values(code=code, given_on=on, tries=1)
    made = made.on_conflict_do_update(
        index_elements=[WrongNames.code, WrongNames.given_on],
        set_={"tries": WrongNames.tries + 1},
    )
    session.execute(made)


def forget(session: Session, *, now: datetime) -> int:
    """Remove what was counted on days that are over; give how many rows."""
    over = delete(WrongNames).where(WrongNames.given_on < now.date())
    return len(session.scalars(over.returning(WrongNames.code)).all())
