"""Who was entered before for a scheme and a day, so that nobody is entered twice."""

from __future__ import annotations

import itertools
from collections.abc import Set
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import ColumnElement, Select, or_, select, text
from sqlalchemy.orm import Session, aliased

from lti_tool.certification.evidence import circle
from lti_tool.certification.humans import staying
from lti_tool.certification.models import Case, CaseState
from lti_tool.certification.searching import folded

LOCK = 0x656E74657265646C
"""Parts these locks on PostgreSQL from those of others."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Somebody who was entered, and neither refused nor taken back since."""

    case_id: UUID
    holder_id: UUID


@dataclass(frozen=True, slots=True)
class Roll:
    """Those who were entered before, looked up once for each scheme and sitting.

    It is good for one transaction, and from :func:`queue_up` on: nobody else enters meanwhile.
    """

    _names: dict[tuple[str, str], dict[str, list[Standing]]] = field(default_factory=dict)
    """Scheme and sitting -> folded name -> who."""

    def add(self, case: Case, sitting: str) -> None:
        """Keep up with a case that was just entered for a sitting that was looked up."""
        names = self._names[case.scheme_id, sitting]
        names.setdefault(folded(case.name), []).append(Standing(case.id, case.holder_id))

    def of_human(
        self, session: Session, scheme_id: str, sitting: str, holder_id: UUID
    ) -> list[Standing]:
        """Give the cases of one human, under whatever name."""
        human = circle(session, holder_id)
        named = self._names_in(session, scheme_id, sitting).values()
        return [each for each in itertools.chain(*named) if each.holder_id in human]

    def of_name(
        self, session: Session, scheme_id: str, sitting: str, name: str, *, others: Set[UUID]
    ) -> list[Standing]:
        """Give the cases of a name, but not those of others who are known to bear it."""
        named = self._names_in(session, scheme_id, sitting).get(folded(name), [])
        if not (named and others):
            return named
        known = {staying(session, each) for each in others}
        return [each for each in named if staying(session, each.holder_id) not in known]

    def _names_in(
        self, session: Session, scheme_id: str, sitting: str
    ) -> dict[str, list[Standing]]:
        if (scheme_id, sitting) not in self._names:
            found: dict[str, list[Standing]] = {}
            for row in session.execute(standing_for(scheme_id, sitting)):
                found.setdefault(folded(row.name), []).append(Standing(row.id, row.holder_id))
            self._names[scheme_id, sitting] = found
        return self._names[scheme_id, sitting]


def queue_up(session: Session, scheme_id: str) -> None:
    """Let those who enter candidates for a scheme do so one after the other, until they are done.

    Not by day as well: a list goes over several days, and writes to the log of acts from its first
    line on; it would wait for whoever enters one of its days, and they for the log.
    """
    if session.get_bind().dialect.name == "postgresql":  # SQLite has one writer
        lock = text("SELECT pg_advisory_xact_lock(hashtextextended(:scheme_id, :lock))")
        session.execute(lock, {"scheme_id": scheme_id, "lock": LOCK})


def standing_for(scheme_id: str, sitting: str) -> Select[UUID, UUID, str]:
    """Ask for the cases of a sitting: id, holder and name.

    Who is entered once more has a number behind the sitting, and an earlier case without one. So
    all are found through that one, by a plain index.
    """
    first = aliased(Case, name="first_case")
    entered = select(first.holder_id).where(first.scheme_id == scheme_id, first.sitting == sitting)
    return select(Case.id, Case.holder_id, Case.name).where(
        Case.holder_id.in_(entered),
        Case.scheme_id == scheme_id,
        _is_of(sitting),
        Case.state.not_in([CaseState.REFUSED, CaseState.WITHDRAWN]),
    )


def free_sitting(session: Session, holder_id: UUID, scheme_id: str, sitting: str) -> str:
    """Give a sitting that no case has: those that were taken back or refused keep theirs."""
    query = select(Case.sitting).where(
        Case.holder_id == holder_id, Case.scheme_id == scheme_id, _is_of(sitting)
    )
    taken = set(session.scalars(query))
    numbered = (f"{sitting}:{number}" for number in itertools.count(2))
    return next(each for each in itertools.chain([sitting], numbered) if each not in taken)


def _is_of(sitting: str) -> ColumnElement[bool]:
    return or_(Case.sitting == sitting, Case.sitting.startswith(f"{sitting}:", autoescape=True))
