"""Holders of the name of a candidate, told so that an officer knows them apart."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_tool.certification.evidence import circle
from lti_tool.certification.models import Case, Holder, HolderPerson
from lti_tool.certification.register_models import Certificate
from lti_tool.certification.searching import folded
from lti_tool.lti.models import Person, Platform

MOST = 5
MOST_NUMBERS = 3


@dataclass(frozen=True, slots=True)
class Namesake:
    """Somebody of the same name."""

    id: UUID
    name: str
    since: datetime
    """From when on they are known here."""
    platforms: tuple[str, ...]
    """From which they come."""
    numbers: tuple[str, ...]
    """Of their newest certificates."""
    scheme_ids: tuple[str, ...]
    """Of their cases, where they have no certificate yet."""


def list_namesakes(
    session: Session, name: str, *, within: Collection[str] | None, limit: int = MOST
) -> list[Namesake]:
    """Give holders of the same name, newest first, of whom a candidate may be one.

    Args:
        session: open.
        name: of the candidate; accents and capitals do not count.
        within: schemes whose certificates and cases the reader sees; None: all.
        limit: the most.
    """
    key = folded(name)[:400]
    if not key:
        return []
    query = (
        select(Holder)
        .where(
            Holder.name_search == key,
            Holder.merged_into_id.is_(None),
            Holder.erased_at.is_(None),
        )
        .order_by(Holder.created_at.desc(), Holder.id)
        .limit(limit)
    )
    return [_told(session, each, within) for each in session.scalars(query)]


def _told(session: Session, holder: Holder, within: Collection[str] | None) -> Namesake:
    human = circle(session, holder.id)
    platforms = (
        select(Platform.name, Platform.issuer)
        .join(Person, Person.platform_id == Platform.id)
        .join(HolderPerson, HolderPerson.person_id == Person.id)
        .where(HolderPerson.holder_id.in_(human))
        .distinct()
    )
    numbers = (
        select(Certificate.number)
        .where(Certificate.holder_id.in_(human), Certificate.erased_at.is_(None))
        .order_by(Certificate.issued_on.desc(), Certificate.number.desc())
        .limit(MOST_NUMBERS)
    )
    cases = select(Case.scheme_id).where(Case.holder_id.in_(human)).distinct()
    if within is not None:
        numbers = numbers.where(Certificate.scheme_id.in_(within))
        cases = cases.where(Case.scheme_id.in_(within))
    held = tuple(session.scalars(numbers))
    return Namesake(
        holder.id,
        holder.name,
        holder.created_at,
        tuple(sorted({row.name or row.issuer for row in session.execute(platforms)})),
        held,
        () if held else tuple(sorted(session.scalars(cases))),
    )
