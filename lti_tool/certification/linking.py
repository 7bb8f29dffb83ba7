"""Officers say that two holders, or a person and a holder, are one human; and take it back.

Nothing moves: cases and certificates stay with the holder that they were made for, and all that
is one human is found from the holder that stays (``evidence.circle``). So it can be undone.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from lti_tool import audit
from lti_tool.certification import contact
from lti_tool.certification.deciding import holder_for, look_again
from lti_tool.certification.evidence import circle, list_persons
from lti_tool.certification.humans import Hand, human_of, staying, taken_for
from lti_tool.certification.mandates import OtherSchemeError, not_covered, schemes_of
from lti_tool.certification.models import Case, Holder, HolderChange, HolderPerson
from lti_tool.errors import BadRequestError, ConflictingError, NotAllowedError, NotFoundError
from lti_tool.i18n import gettext as _
from lti_tool.lti.models import Person

REASON_LENGTH = 2000


class Act(StrEnum):
    """What was said of two."""

    MERGED = "merged"
    """Two holders are one human."""
    SPLIT = "split"
    """They are not, after all."""
    LINKED = "linked"
    """A person of a platform is this human."""
    PARTED = "parted"
    """It is not, after all."""


class OneselfError(NotAllowedError):
    """Who one is oneself is said by somebody else: four eyes count humans."""


def merge(
    session: Session, holder_id: UUID, other_id: UUID, reason: str, hand: Hand, *, now: datetime
) -> UUID:
    """Say that two holders are one human; give the one that stays, that of ``holder_id``.

    Raises:
        NotFoundError: one of them is not there, or erased.
        ConflictingError: they are one already, or a person and an organisation.
        OneselfError: one of them is who says it.
        OtherSchemeError: the officer's role does not cover all that they hold.
        BadRequestError: no reason is given.
    """
    told = _reason(reason)
    kept, gone = staying(session, holder_id), staying(session, other_id)
    if kept == gone:
        words = _("These are one human already.")
        raise ConflictingError(f"holder {other_id} is {holder_id}", words=words)
    there = _locked(session, {kept, gone})
    _need_standing(there.values())
    if there[kept].kind != there[gone].kind:
        words = _("A person and an organisation are never the same.")
        raise ConflictingError(f"holders {kept} and {gone}", words=words)
    _need_right(session, hand, (kept, gone))
    for each in (kept, gone):
        contact.doubt(session, there[each].id, who=hand.who, now=now)
    there[gone].merged_into_id = kept
    _keep(session, Act.MERGED, kept, other_id=gone, reason=told, hand=hand, now=now)
    _note(
        session, "holder.merged", {kept: {"with": str(gone)}, gone: {"into": str(kept)}}, hand, now
    )
    look_again(session, kept, now=now)
    return kept


def split(
    session: Session, holder_id: UUID, reason: str, hand: Hand, *, now: datetime
) -> tuple[UUID, UUID]:
    """Say that a holder that was merged is another human after all.

    What was merged into it before stays with it.

    Returns:
        The human from whom it was parted, and the holder.

    Raises:
        NotFoundError: it is not there.
        ConflictingError: it stands by itself.
        OneselfError: one of them is who says it.
        OtherSchemeError: the officer's role does not cover all that they hold.
        BadRequestError: no reason is given.
    """
    told = _reason(reason)
    kept = staying(session, holder_id)
    holder = _locked(session, {holder_id, kept})[holder_id]
    if holder.merged_into_id is None:
        words = _("This record stands by itself; there is nothing to part.")
        raise ConflictingError(f"holder {holder_id} is not merged", words=words)
    _need_right(session, hand, (kept,))
    since = _since(session, HolderChange.act == Act.MERGED, HolderChange.other_id == holder_id)
    contact.forget_since(session, kept, since, who=hand.who, now=now)
    holder.merged_into_id = None
    _keep(session, Act.SPLIT, kept, other_id=holder_id, reason=told, hand=hand, now=now)
    about = {kept: {"from": str(holder_id)}, holder_id: {"from": str(kept)}}
    _note(session, "holder.parted", about, hand, now)
    for each in (kept, holder_id):
        look_again(session, each, now=now)
    return kept, holder_id


def link(
    session: Session, person_id: UUID, holder_id: UUID, reason: str, hand: Hand, *, now: datetime
) -> UUID:
    """Say that a person of a platform who has no holder yet is this one; give the one that stays.

    Whoever has one already is found to be the same human by :func:`merge`: so nobody leaves behind
    the holder by whom their acts and certificates are known.

    Raises:
        NotFoundError: one of them is not there.
        ConflictingError: it is so already, or the person has another holder.
        OneselfError: one of them is who says it.
        OtherSchemeError: the officer's role does not cover all that they hold.
        BadRequestError: no reason is given.
    """
    told = _reason(reason)
    kept = staying(session, holder_id)
    if session.get(Person, person_id) is None:
        raise NotFoundError(f"person {person_id}")
    holder = _locked(session, {kept})[kept]
    _need_standing([holder])
    before = human_of(session, person_id)
    if before == kept:
        words = _("This person is this human already.")
        raise ConflictingError(f"person {person_id} is {kept}", words=words)
    _need_right(session, hand, (kept, before))
    if session.get(HolderPerson, person_id, with_for_update=True) is not None:
        words = _("This account has a record of its own: say that the two records are one human.")
        raise ConflictingError(f"person {person_id} is {before}", words=words)
    contact.doubt(session, holder.id, who=hand.who, now=now)
    _add(session, person_id, holder.id, hand, now=now)
    _keep(session, Act.LINKED, kept, other_id=None, person_id=person_id, reason=told,
          hand=hand, now=now)  # fmt: skip
    _note(session, "person.linked", {kept: {"person": str(person_id)}}, hand, now)
    look_again(session, kept, now=now)
    return kept


def part(session: Session, person_id: UUID, reason: str, hand: Hand, *, now: datetime) -> UUID:
    """Say that a person of a platform is another human; give the holder that it is now.

    Raises:
        NotFoundError: the person has no holder.
        OneselfError: the person is who says it.
        OtherSchemeError: the officer's role does not cover all that the holder holds.
        BadRequestError: no reason is given.
    """
    told = _reason(reason)
    row = session.get(HolderPerson, person_id, with_for_update=True)
    if row is None:
        raise NotFoundError(f"holder behind person {person_id}")
    kept = staying(session, row.holder_id)
    _need_right(session, hand, (kept,))
    contact.forget_since(session, kept, row.linked_at, who=hand.who, now=now)
    session.delete(row)
    session.flush()
    holder_for(session, person_id, now=now)
    row = session.get_one(HolderPerson, person_id)
    row.linked_by, row.linked_at = hand.who, now
    session.flush()
    _keep(session, Act.PARTED, kept, other_id=row.holder_id, person_id=person_id, reason=told,
          hand=hand, now=now)  # fmt: skip
    about = {kept: {"person": str(person_id)}, row.holder_id: {"person": str(person_id)}}
    _note(session, "person.parted", about, hand, now)
    for each in (kept, row.holder_id):
        look_again(session, each, now=now)
    return staying(session, row.holder_id)


def begin(session: Session, person_id: UUID, hand: Hand, *, now: datetime) -> UUID:
    """Give the holder behind a person, so that others can be linked with it.

    Raises:
        NotFoundError: there is no such person.
    """
    if session.get(Person, person_id) is None:
        raise NotFoundError(f"person {person_id}")
    return holder_for(session, person_id, now=now)


def changes_of(session: Session, holder_id: UUID) -> list[HolderChange]:
    """Give what was said about who a human is, the newest first."""
    human = circle(session, holder_id)
    concerns = HolderChange.holder_id.in_(human) | HolderChange.other_id.in_(human)
    query = select(HolderChange).where(concerns)
    return list(session.scalars(query.order_by(HolderChange.changed_at.desc(), HolderChange.id)))


def obstacle_of(session: Session, hand: Hand, humans: Iterable[UUID]) -> str:
    """Say why somebody may not say who these humans are; empty where they may."""
    if hand.human is None or hand.person_id is None:
        return not_covered(hand)
    known = {each for human in humans for each in circle(session, human)}
    if known & taken_for(session, hand) or hand.person_id in list_persons(session, known):
        return _("This is about yourself: another officer says who you are.")
    covered = schemes_of(session, hand.person_id)
    if covered is not None:
        held = set(session.scalars(select(Case.scheme_id).where(Case.holder_id.in_(known))))
        if not held <= covered:
            return not_covered(hand)
    return ""


def _need_right(session: Session, hand: Hand, humans: Iterable[UUID]) -> None:
    held = tuple(humans)
    words = obstacle_of(session, hand, held)
    if not words:
        return
    about = f"humans {held} by {hand.who}"
    if words == not_covered(hand):
        raise OtherSchemeError(about, words=words)
    raise OneselfError(about, words=words)


def _add(session: Session, person_id: UUID, holder_id: UUID, hand: Hand, *, now: datetime) -> None:
    row = HolderPerson(person_id=person_id, holder_id=holder_id, linked_by=hand.who, linked_at=now)
    try:
        with session.begin_nested():
            session.add(row)
            session.flush()
    except IntegrityError as error:
        words = _("This account has just got a record: look at it again.")
        raise ConflictingError(f"person {person_id} has a holder", words=words) from error


def _since(session: Session, *when: ColumnElement[bool]) -> datetime | None:
    query = select(HolderChange.changed_at).where(*when)
    return session.scalar(query.order_by(HolderChange.changed_at.desc()).limit(1))


def _need_standing(holders: Iterable[Holder]) -> None:
    """Make sure that records still stand by themselves, once they are locked."""
    if any(each.merged_into_id is not None for each in holders):
        words = _("Another officer has just joined one of these records: look again.")
        raise ConflictingError("holder was merged meanwhile", words=words)


def _reason(reason: str) -> str:
    told = reason.strip()[:REASON_LENGTH]
    if not told:
        words = _("Give a reason: how do you know? It stands in the history.")
        raise BadRequestError("reason", words=words)
    return told


def _locked(session: Session, holder_ids: set[UUID]) -> dict[UUID, Holder]:
    """Give holders with their rows locked, in the order of their ids.

    Raises:
        NotFoundError: one is not there, or erased.
    """
    query = select(Holder).where(Holder.id.in_(holder_ids), Holder.erased_at.is_(None))
    found = {each.id: each for each in session.scalars(query.order_by(Holder.id).with_for_update())}
    if set(found) != holder_ids:
        raise NotFoundError(f"holders {holder_ids - set(found)}")
    return found


def _keep(
    session: Session,
    act: Act,
    holder_id: UUID,
    *,
    other_id: UUID | None,
    person_id: UUID | None = None,
    reason: str,
    hand: Hand,
    now: datetime,
) -> None:
    session.add(
        HolderChange(
            id=uuid4(),
            holder_id=holder_id,
            other_id=other_id,
            person_id=person_id,
            act=act.value,
            reason=reason,
            changed_by=hand.who,
            changed_at=now,
        )
    )
    session.flush()


def _note(
    session: Session, act: str, about: dict[UUID, dict[str, str]], hand: Hand, now: datetime
) -> None:
    told = {str(each): detail for each, detail in about.items()}
    audit.note_each(session, act, who=hand.who, about=told, now=now)
