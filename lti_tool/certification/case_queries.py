"""Cases as officers list them: what waits for whom, filtered, a page at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    exists,
    false,
    func,
    or_,
    select,
    true,
    tuple_,
    union_all,
)
from sqlalchemy.orm import Session

from lti_tool.certification.checking import AT_ONCE
from lti_tool.certification.decisions import Outcome
from lti_tool.certification.models import Appeal, Case, CaseState, Holder
from lti_tool.certification.paging import PAGE, Turn, turned
from lti_tool.certification.register_models import Certificate, CertificateState
from lti_tool.certification.searching import has_words, words_of

MOST_AT_ONCE = 2_000
"""The most cases that are approved with one click."""


class Waiting(StrEnum):
    """Which cases are listed, by what they wait for."""

    MINE = "mine"
    """What this officer can go on with."""
    NAME = "name"
    """The holder's name, or whatever else a draft lacks."""
    APPROVAL = "approval"
    SECOND = "second"
    """Another officer."""
    REFERRED = "referred"
    """A person, where the rules cannot say."""
    WORKER = "worker"
    COLLECTING = "collecting"
    """Something that the scheme asks for."""
    REFUSED = "refused"
    ALL = "all"


COUNTED = (Waiting.MINE, Waiting.NAME, Waiting.APPROVAL, Waiting.SECOND, Waiting.REFERRED,
           Waiting.WORKER)  # fmt: skip
"""Those of which it matters how many there are."""
OLDEST_FIRST = frozenset(COUNTED)


@dataclass(frozen=True, slots=True)
class CasesSought:
    """What is looked for."""

    waiting: Waiting = Waiting.MINE
    text: str = ""
    """Beginnings of names."""
    scheme_id: str = ""
    within: frozenset[str] | None = None
    """Schemes whose cases the reader sees; None: all."""
    covered: frozenset[str] | None = None
    """Schemes for which the reader decides; None: all."""
    selves: frozenset[UUID] = field(default_factory=frozenset)
    """The reader's human, with all its persons and holders."""


@dataclass(frozen=True, slots=True)
class CaseEntry:
    """A case, as a list shows it."""

    id: UUID
    name: str
    """As it will be printed, else as it is known; empty: it is not known."""
    scheme_id: str
    route: str
    state: str
    waiting: Waiting
    """What it waits for; ``ALL``: for nothing any more."""
    since: datetime
    examined_on: date | None
    is_correction: bool
    is_renewal: bool
    is_own: bool
    """Whether the reader entered, assessed or approved it, or is its candidate."""
    has_appeal: bool


@dataclass(frozen=True, slots=True)
class FoundCases:
    """One page of cases."""

    entries: tuple[CaseEntry, ...]
    before: Turn | None
    after: Turn | None


def find(
    session: Session, sought: CasesSought, *, turn: Turn | None = None, size: int = PAGE
) -> FoundCases:
    """Give one page: what waits from the oldest on, all else from the newest on."""
    ascends = (sought.waiting in OLDEST_FIRST) != (turn is not None and turn.back)
    statement = _columns().where(*_conditions(session, sought))
    if turn is not None:
        here, there = tuple_(Case.entered_at, Case.id), tuple_(turn.at, turn.key)
        statement = statement.where(here > there if ascends else here < there)
    order = (Case.entered_at, Case.id) if ascends else (Case.entered_at.desc(), Case.id.desc())
    rows = session.execute(statement.order_by(*order).limit(size + 1)).all()
    page = turned(rows, turn, size, lambda row: (row.entered_at, row.id))
    entries = tuple(_entry(row, sought.selves) for row in page.rows)
    return FoundCases(entries, page.before, page.after)


def ids_of(session: Session, sought: CasesSought) -> list[UUID]:
    """Give all cases that are looked for, the oldest first, as far as one click goes."""
    statement = select(Case.id).join(Holder, Holder.id == Case.holder_id)
    statement = statement.where(*_conditions(session, sought))
    ordered = statement.order_by(Case.entered_at, Case.id).limit(MOST_AT_ONCE)
    return list(session.scalars(ordered))


def count(session: Session, sought: CasesSought) -> Mapping[Waiting, int]:
    """Count what waits for whom, among all that the reader sees."""
    found = {}
    for waiting in COUNTED:
        wanted = CasesSought(
            waiting, within=sought.within, covered=sought.covered, selves=sought.selves
        )
        statement = select(func.count()).select_from(Case).where(*_conditions(session, wanted))
        found[waiting] = session.scalar(statement) or 0
    return found


def _columns() -> Select[*tuple[Any, ...]]:
    appeal = exists().where(Appeal.case_id == Case.id, Appeal.decided_at.is_(None))
    return select(
        Case.id,
        Case.name,
        Holder.name.label("known_as"),
        Case.holder_id,
        Case.scheme_id,
        Case.route,
        Case.state,
        Case.entered_at,
        Case.examined_on,
        Case.corrects,
        Case.predecessor_id,
        Case.approved_at,
        Case.decision["outcome"].as_string().label("outcome"),
        Case.entered_human,
        Case.assessed_human,
        Case.second_assessed_human,
        Case.approved_human,
        Case.named_human,
        appeal.label("has_appeal"),
    ).join(Holder, Holder.id == Case.holder_id)


def _entry(row: Any, selves: frozenset[UUID]) -> CaseEntry:
    hands = {
        row.entered_human, row.assessed_human, row.second_assessed_human, row.approved_human,
        row.named_human, row.holder_id,
    }  # fmt: skip
    return CaseEntry(
        id=row.id,
        name=row.name or row.known_as,
        scheme_id=row.scheme_id,
        route=row.route,
        state=str(row.state),
        waiting=waits_for(row.state, row.outcome, is_approved=row.approved_at is not None),
        since=row.entered_at,
        examined_on=row.examined_on,
        is_correction=row.corrects,
        is_renewal=row.predecessor_id is not None and not row.corrects,
        is_own=not selves.isdisjoint(hands),
        has_appeal=row.has_appeal,
    )


def waits_for(state: CaseState, outcome: str | None, *, is_approved: bool) -> Waiting:
    """Say what a case waits for; ``ALL``: for nothing any more."""
    if state == CaseState.COLLECTING:
        return Waiting.REFERRED if outcome == Outcome.REFERRED else Waiting.COLLECTING
    if state == CaseState.CHECKED:
        return Waiting.SECOND if is_approved else Waiting.APPROVAL
    told = {
        CaseState.DRAFT: Waiting.NAME,
        CaseState.APPROVED: Waiting.WORKER,
        CaseState.REFUSED: Waiting.REFUSED,
    }
    return told.get(CaseState(state), Waiting.ALL)


# What is looked for


def _conditions(session: Session, sought: CasesSought) -> list[ColumnElement[bool]]:
    found = [_waiting(sought)]
    if sought.within is not None:
        found.append(Case.scheme_id.in_(sorted(sought.within)))
    if sought.scheme_id:
        found.append(Case.scheme_id == sought.scheme_id)
    if sought.text.strip():
        words = words_of(sought.text)
        named = select(Holder.id).where(has_words(session, Holder.name_search, words))
        found.append(Case.holder_id.in_(named) if words else false())
    return found


def _waiting(sought: CasesSought) -> ColumnElement[bool]:
    waiting = sought.waiting
    if waiting is Waiting.MINE:
        return and_(or_(_READY, _REFERRED), *_not_own(sought))
    if waiting is Waiting.WORKER:
        return _in_hand()
    return _PLAIN[waiting]


def _in_hand() -> ColumnElement[bool]:
    """Ask for what the worker has in hand.

    It is two short lists, and not one question to all cases that were ever numbered.
    """
    approved = select(Case.id).where(Case.state == CaseState.APPROVED)
    numbered = select(Certificate.case_id).where(Certificate.state == CertificateState.NUMBERED)
    return Case.id.in_(union_all(approved, numbered))


_READY = Case.state == CaseState.CHECKED
_REFERRED = and_(
    Case.state == CaseState.COLLECTING,
    Case.decision["outcome"].as_string() == Outcome.REFERRED.value,
)
_PLAIN: Mapping[Waiting, ColumnElement[bool]] = {
    Waiting.NAME: Case.state == CaseState.DRAFT,
    Waiting.APPROVAL: and_(_READY, Case.approved_at.is_(None)),
    Waiting.SECOND: and_(_READY, Case.approved_at.is_not(None)),
    Waiting.REFERRED: _REFERRED,
    Waiting.COLLECTING: Case.state == CaseState.COLLECTING,
    Waiting.REFUSED: Case.state == CaseState.REFUSED,
    Waiting.ALL: true(),
}


def _not_own(sought: CasesSought) -> list[ColumnElement[bool]]:
    """Leave out what the reader has had a hand in, and what is not theirs to decide."""
    hands = (
        Case.entered_human, Case.assessed_human, Case.second_assessed_human, Case.approved_human,
        Case.named_human, Case.holder_id,
    )  # fmt: skip
    own = sorted(sought.selves)
    found: list[ColumnElement[bool]] = [
        or_(hand.is_(None), hand.not_in(own)) for hand in hands if own
    ]
    if sought.covered is not None:
        found.append(Case.scheme_id.in_(sorted(sought.covered)))
    return found


def parted(
    session: Session, case_ids: Sequence[UUID], within: frozenset[str] | None
) -> tuple[list[UUID], list[UUID]]:
    """Part cases into those that nobody has approved and those that one officer has.

    Cases that the reader does not see are left out.
    """
    found: tuple[list[UUID], list[UUID]] = ([], [])
    for start in range(0, len(case_ids), AT_ONCE):
        some = case_ids[start : start + AT_ONCE]
        query = select(Case.id, Case.scheme_id, Case.approved_at).where(Case.id.in_(some))
        for row in session.execute(query):
            if within is None or row.scheme_id in within:
                found[0 if row.approved_at is None else 1].append(row.id)
    return found
