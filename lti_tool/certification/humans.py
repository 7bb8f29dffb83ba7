"""Which human stands behind a person: four eyes count humans, not accounts."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_tool.certification.models import Holder, HolderPerson


@dataclass(frozen=True, slots=True)
class Hand:
    """Whose act something is."""

    who: str
    """A person's id, ``worker`` or ``command line``; kept with what was done, and in the audit."""
    human: UUID | None
    """The human behind it; None: the rules alone, or somebody at the command line."""
    person_id: UUID | None = None
    """The person of a platform that it is, by whom roles are held."""


WORKER = Hand("worker", None)
AT_COMMAND_LINE = "command line "
"""Stands before a person's id where somebody at the command line acted under their name."""


def human_of(session: Session, person_id: UUID) -> UUID:
    """Give the human behind a person: their holder, the one that stays where two were merged."""
    holder_id = session.scalar(
        select(HolderPerson.holder_id).where(HolderPerson.person_id == person_id)
    )
    return staying(session, person_id if holder_id is None else holder_id)


def human_now(session: Session, human: UUID | None) -> UUID | None:
    """Give who a human kept earlier is by now: persons get linked, and holders merged."""
    return None if human is None else human_of(session, human)


def staying(session: Session, holder_id: UUID) -> UUID:
    """Give the holder that stays, where this one was merged into another."""
    merged = session.scalar(select(Holder.merged_into_id).where(Holder.id == holder_id))
    return holder_id if merged is None else staying(session, merged)


def merged_holders(session: Session) -> dict[UUID, UUID]:
    """Give for each holder that was merged the one that stays; they are few."""
    query = select(Holder.id, Holder.merged_into_id).where(Holder.merged_into_id.is_not(None))
    into = {row.id: row.merged_into_id for row in session.execute(query)}

    def last(holder_id: UUID) -> UUID:
        return last(into[holder_id]) if holder_id in into else holder_id

    return {each: last(each) for each in into}


def hand_of(session: Session, person_id: UUID | None, *, who: str = "") -> Hand:
    """Give whose act it is for a person of a visit.

    Args:
        session: open.
        person_id: None for an administrator who came by a link, without a platform.
        who: what to write instead of the person's id.
    """
    if person_id is None:
        return Hand(who or "desk link", None)
    return Hand(who or str(person_id), human_of(session, person_id), person_id)
