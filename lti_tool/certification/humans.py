"""Which human stands behind a person: four eyes count humans, not accounts."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Collection
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_tool.certification.models import AT_COMMAND_LINE, Holder, HolderChange, HolderPerson

Humans = Callable[[UUID | None], UUID | None]
"""Gives who a human or person that was kept earlier is by now."""


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


def human_of(session: Session, person_id: UUID) -> UUID:
    """Give the human behind a person: their holder, the one that stays where two were merged."""
    holder_id = session.scalar(
        select(HolderPerson.holder_id).where(HolderPerson.person_id == person_id)
    )
    return staying(session, person_id if holder_id is None else holder_id)


def human_now(session: Session, human: UUID | None) -> UUID | None:
    """Give who a human kept earlier is by now: persons get linked, and holders merged."""
    return None if human is None else human_of(session, human)


def person_in(who: str) -> UUID | None:
    """Give the person by whom something was done, of what is kept as ``*_by``; None: nobody."""
    with contextlib.suppress(ValueError):
        return UUID(who.removeprefix(AT_COMMAND_LINE))
    return None


def is_by(hand: Hand, own: Collection[UUID], human: UUID | None, who: str, now_is: Humans) -> bool:
    """Say whether a human did something themselves.

    The person counts as well as the human who they were then: officers may have found since that
    they are somebody else.

    Args:
        hand: theirs.
        own: see ``taken_for``.
        human: as kept with what was done; None: no human, or not known.
        who: as kept with it.
        now_is: see ``human_now``.
    """
    person_id = person_in(who)
    if person_id is not None and person_id == hand.person_id:
        return True
    if human in own:
        return True
    return hand.human is not None and hand.human in {now_is(human), now_is(person_id)}


def taken_for(session: Session, hand: Hand) -> frozenset[UUID]:
    """Give all holders that officers take, or once took, a human for.

    Whoever was taken for the holder of a certificate decides nothing about it: that they are
    another human after all may be the very thing that is wrong.
    """
    if hand.human is None:
        return frozenset()
    found = {hand.human}
    if hand.person_id is not None:
        query = select(HolderChange.holder_id, HolderChange.other_id)
        rows = session.execute(query.where(HolderChange.person_id == hand.person_id))
        found |= {each for row in rows for each in row if each is not None}
    while more := _beside(session, found) - found:
        found |= more
    return frozenset(found)


def _beside(session: Session, holder_ids: set[UUID]) -> set[UUID]:
    """Give the holders that are, or once were, one human with some of these."""
    pairs = (
        select(Holder.id, Holder.merged_into_id).where(
            Holder.merged_into_id.is_not(None),
            Holder.id.in_(holder_ids) | Holder.merged_into_id.in_(holder_ids),
        ),
        select(HolderChange.holder_id, HolderChange.other_id).where(
            HolderChange.other_id.is_not(None),
            HolderChange.holder_id.in_(holder_ids) | HolderChange.other_id.in_(holder_ids),
        ),
    )
    return {each for pair in pairs for row in session.execute(pair) for each in row}


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
