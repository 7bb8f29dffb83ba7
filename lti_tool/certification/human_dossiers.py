"""Who stands behind a holder: finding people, and one human with all that is known of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias
from uuid import UUID

from sqlalchemy import Select, exists, or_, select
from sqlalchemy.orm import Session

from lti_tool.certification import linking
from lti_tool.certification.desk_frame import Seat
from lti_tool.certification.evidence import circle
from lti_tool.certification.histories import names_of
from lti_tool.certification.humans import staying
from lti_tool.certification.linking import Act
from lti_tool.certification.models import Case, Holder, HolderChange, HolderPerson
from lti_tool.certification.register_models import Certificate
from lti_tool.certification.searching import has_words, words_of
from lti_tool.errors import NotFoundError
from lti_tool.lti.models import Person, Platform

Rows: TypeAlias = "Select[*tuple[Any, ...]]"
MOST_FOUND = 30


@dataclass(frozen=True, slots=True)
class Account:
    """A person of a platform."""

    person_id: UUID
    name: str
    email: str
    platform: str
    seen_at: datetime


@dataclass(frozen=True, slots=True)
class Record:
    """A holder with what was made for it."""

    holder: Holder
    accounts: tuple[Account, ...]
    cases: tuple[Case, ...]
    certificates: tuple[Certificate, ...]


@dataclass(frozen=True, slots=True)
class Told:
    """What an officer said about who somebody is."""

    act: Act
    name: str
    """Of the person or holder that it is about; empty: not known any more."""
    reason: str
    who: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Found:
    """People who were looked for."""

    records: tuple[Record, ...]
    accounts: tuple[Account, ...]
    """Persons of platforms who hold nothing yet."""

    @property
    def is_empty(self) -> bool:
        """Say whether there is nobody."""
        return not self.records and not self.accounts


@dataclass(frozen=True, slots=True, kw_only=True)
class HumanDossier:
    """One human."""

    holder: Holder
    """The one that stays."""
    records: tuple[Record, ...]
    """That one first, then those that were merged into it."""
    history: tuple[Told, ...]
    obstacle: str
    """Why the reader may not say who it is; empty where they may."""

    @property
    def name(self) -> str:
        """Give a name, as far as one is known."""
        named = (each.holder.name for each in self.records if each.holder.name)
        known = (account.name for each in self.records for account in each.accounts if account.name)
        return next(named, "") or next(known, "")


def find(session: Session, text: str, seat: Seat, *, without: UUID | None = None) -> Found:
    """Find people by the beginnings of their names.

    An officer of some schemes finds those who have to do with one of them, or with none; persons
    of platforms who hold nothing are found by officers of all schemes.

    Args:
        session: open.
        text: beginnings of names.
        seat: who looks.
        without: a human who is left out.
    """
    words = words_of(text)
    if not words:
        return Found((), ())
    query = select(Holder.id).where(
        has_words(session, Holder.name_search, words), Holder.erased_at.is_(None)
    )
    if seat.within is not None:
        own = exists().where(Case.holder_id == Holder.id, Case.scheme_id.in_(seat.within))
        query = query.where(own | ~exists().where(Case.holder_id == Holder.id))
    ids = session.scalars(query.order_by(Holder.created_at.desc()).limit(MOST_FOUND)).all()
    ids = [*ids, *_by_account(session, text, seat)]
    kept = dict.fromkeys(staying(session, each) for each in ids)
    left_out = staying(session, without) if without is not None else None
    records = records_of(session, [each for each in kept if each != left_out], seat)
    return Found(tuple(records), tuple(_alone(session, text, seat)))


def _by_account(session: Session, text: str, seat: Seat) -> Sequence[UUID]:
    """Give holders whose persons bear the name on their platform."""
    if seat.within is not None:
        return ()
    query = select(HolderPerson.holder_id).join(Person, Person.id == HolderPerson.person_id)
    return session.scalars(_named(query, text)).all()


def _alone(session: Session, text: str, seat: Seat) -> list[Account]:
    if seat.within is not None:
        return []
    holds = exists().where(HolderPerson.person_id == Person.id)
    query = _named(_accounts().where(~holds), text)
    return [_account(row) for row in session.execute(query)]


def _named(query: Rows, text: str) -> Rows:
    """Narrow to persons whose name holds all words; platforms' names are kept as they are sent."""
    words = (word.replace("\\", "").replace("%", "").replace("_", "") for word in text.split())
    held = [
        or_(Person.name.ilike(f"{word}%"), Person.name.ilike(f"% {word}%"))
        for word in words
        if word
    ]
    return query.where(*held).order_by(Person.name, Person.id).limit(MOST_FOUND)


def records_of(session: Session, holder_ids: Sequence[UUID], seat: Seat) -> list[Record]:
    """Give holders with their persons, and their cases and certificates of the reader's schemes."""
    query = select(Holder).where(Holder.id.in_(holder_ids))
    by_id = {each.id: each for each in session.scalars(query)}
    accounts = _grouped_accounts(session, holder_ids)
    cases = _grouped(session, Case, holder_ids, seat, Case.entered_at.desc())
    certificates = _grouped(session, Certificate, holder_ids, seat, Certificate.numbered_at.desc())
    return [
        Record(
            by_id[each],
            tuple(accounts.get(each, ())),
            tuple(cases.get(each, ())),
            tuple(certificates.get(each, ())),
        )
        for each in holder_ids
        if each in by_id
    ]


def dossier_of(session: Session, holder_id: UUID, seat: Seat) -> HumanDossier:
    """Give one human.

    Raises:
        NotFoundError: there is none, the data were erased, or the reader does not see them.
    """
    kept = staying(session, holder_id)
    holder = session.get(Holder, kept)
    if holder is None or holder.erased_at is not None:
        raise NotFoundError(f"holder {holder_id}")
    members = [kept, *(each for each in circle(session, kept) if each != kept)]
    if seat.within is not None:
        held = set(session.scalars(select(Case.scheme_id).where(Case.holder_id.in_(members))))
        if held and not held & seat.within:
            raise NotFoundError(f"holder {holder_id} at the desk of {seat.hand.who}")
    return HumanDossier(
        holder=holder,
        records=tuple(records_of(session, members, seat)),
        history=tuple(_told(session, kept)),
        obstacle=linking.obstacle_of(session, seat.hand, (kept,)),
    )


def _told(session: Session, holder_id: UUID) -> list[Told]:
    changes = linking.changes_of(session, holder_id)
    who = names_of(session, {each.changed_by for each in changes})
    persons = {each.person_id for each in changes if each.person_id is not None}
    others = {each.other_id for each in changes if each.other_id is not None}
    person_names = _names(session, select(Person.id, Person.name).where(Person.id.in_(persons)))
    holder_names = _names(session, select(Holder.id, Holder.name).where(Holder.id.in_(others)))
    return [
        Told(
            Act(each.act),
            _name_in(each, person_names, holder_names),
            each.reason,
            who[each.changed_by],
            each.changed_at,
        )
        for each in changes
    ]


def _names(session: Session, query: Rows) -> dict[UUID, str]:
    return {row[0]: row[1] for row in session.execute(query)}


def _name_in(change: HolderChange, persons: Mapping[UUID, str], holders: Mapping[UUID, str]) -> str:
    if change.person_id is not None:
        return persons.get(change.person_id, "")
    return holders.get(change.other_id, "") if change.other_id is not None else ""


def _accounts() -> Rows:
    return select(
        Person.id, Person.name, Person.email, Person.seen_at, Platform.name.label("platform"),
        Platform.issuer,
    ).join(Platform, Platform.id == Person.platform_id)  # fmt: skip


def _account(row: Any) -> Account:
    return Account(row.id, row.name, row.email, row.platform or row.issuer, row.seen_at)


def _grouped_accounts(session: Session, holder_ids: Sequence[UUID]) -> dict[UUID, list[Account]]:
    query = (
        _accounts()
        .add_columns(HolderPerson.holder_id)
        .join(HolderPerson, HolderPerson.person_id == Person.id)
        .where(HolderPerson.holder_id.in_(holder_ids))
        .order_by(Person.name, Person.id)
    )
    found: dict[UUID, list[Account]] = {}
    for row in session.execute(query):
        found.setdefault(row.holder_id, []).append(_account(row))
    return found


def _grouped(
    session: Session, model: Any, holder_ids: Sequence[UUID], seat: Seat, order: Any
) -> dict[UUID, list[Any]]:
    query = select(model).where(model.holder_id.in_(holder_ids)).order_by(order)
    if seat.within is not None:
        query = query.where(model.scheme_id.in_(seat.within))
    found: dict[UUID, list[Any]] = {}
    for row in session.scalars(query):
        found.setdefault(row.holder_id, []).append(row)
    return found
