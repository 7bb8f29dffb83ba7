"""What was done to a case or a certificate, by whom and when: the log of acts in words."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_tool.audit import AuditLine
from lti_tool.certification.codes import spaced
from lti_tool.certification.models import AT_COMMAND_LINE, Holder
from lti_tool.certification.putting_back import PutBack
from lti_tool.i18n import gettext as _
from lti_tool.lti.models import Person

ACTS: Mapping[str, Callable[[], str]] = {
    "case.opened": lambda: _("The case began."),
    "case.entered": lambda: _("The candidate was entered."),
    "case.invited": lambda: _("The holder was asked by mail to confirm name and address."),
    "case.met": lambda: _("The rules of the scheme are met."),
    "case.unmet": lambda: _("The rules of the scheme are not met any more."),
    "case.name-confirmed": lambda: _("The name to be printed was confirmed."),
    "case.approved": lambda: _("Approved."),
    "case.seconded": lambda: _("Approved by a second officer."),
    "case.refused": lambda: _("Refused."),
    "case.withdrawn": lambda: _("Taken back."),
    "case.put-back": lambda: _("Given back to the officers, with no approval."),
    "case.correction-begun": lambda: _("A correction was begun."),
    "case.renewal-begun": lambda: _("A renewal was begun."),
    "case.renewal-proven": lambda: _("What was proven this time was entered."),
    "case.assessed": lambda: _("An assessor judged the work evidence."),
    "case.begun": lambda: _("The candidate began to hand in work evidence."),
    "evidence.handed-in": lambda: _("The work evidence was handed in."),
    "appeal.opened": lambda: _("The candidate asked for a review."),
    "appeal.decided": lambda: _("The review was decided."),
    "certificate.numbered": lambda: _("It received its number, and what it says was frozen."),
    "certificate.issued": lambda: _("Sealed and issued."),
    "certificate.stopped": lambda: _("Its making was stopped."),
    "certificate.taken-up": lambda: _("Its making was taken up again."),
    "certificate.voided": lambda: _("Ended without being issued; its number stays taken."),
    "certificate.suspended": lambda: _("Suspended."),
    "certificate.resumed": lambda: _("Holds again."),
    "certificate.revoked": lambda: _("Revoked for ever."),
    "certificate.superseded": lambda: _("A correction took its place."),
    "certificate.withdrawn": lambda: _("Given up by its holder."),
    "certificate.sent-again": lambda: _("The letter to the holder was sent again."),
    "register.exported": lambda: _("The register was exported."),
    "holder.merged": lambda: _("Two records were found to be one human."),
    "holder.parted": lambda: _("Two records were found to be different humans after all."),
    "person.linked": lambda: _("An account was found to be this human."),
    "person.parted": lambda: _("An account was found to be another human after all."),
    "holder.address-confirmed": lambda: _("The holder confirmed an address for letters."),
    "holder.address-removed": lambda: _("The address for letters was removed."),
    "share.made": lambda: _("The holder made a link."),
    "share.ended": lambda: _("The holder ended a link."),
    "key.made": lambda: _("A key was made."),
    "key.retired": lambda: _("A key signs no more."),
    "key.compromised": lambda: _("A key is trusted no more."),
    "role.granted": lambda: _("A role was given."),
    "role.withdrawn": lambda: _("A role was taken away."),
}
"""Sentences for what this room does; other acts are told by their own name."""
WHY_PUT_BACK: Mapping[str, Callable[[], str]] = {
    PutBack.SCHEME_GONE: lambda: _("The scheme is no longer offered: its file is gone."),
    PutBack.SCHEME_CHANGED: lambda: _("The scheme changed after the decision."),
    PutBack.PREDECESSOR: lambda: _("The certificate that it corrects does not stand."),
    PutBack.NO_ISSUER: lambda: _("Nobody issues certificates of this scheme."),
    PutBack.NEVER_MADE: lambda: _("Its certificate could not be made, and was ended."),
}
"""Why a case was given back, by what stands in the detail of the act."""
HANDS: Mapping[str, Callable[[], str]] = {
    "worker": lambda: _("the tool by itself"),
    "command line": lambda: _("command line"),
    "desk link": lambda: _("an administrator by a link"),
}


@dataclass(frozen=True, slots=True)
class Happening:
    """One act."""

    number: int
    at: datetime
    words: str
    who: str
    """A name, or ``the tool by itself`` and the like."""
    about: str
    """Id of what it was done to."""
    act: str
    detail: Mapping[str, Any]


def history(session: Session, about: Collection[str]) -> list[Happening]:
    """Give what was done to these things, in order."""
    lines = session.scalars(
        select(AuditLine).where(AuditLine.about.in_(about)).order_by(AuditLine.number)
    ).all()
    return in_words(session, lines)


def in_words(session: Session, lines: Iterable[AuditLine]) -> list[Happening]:
    """Say lines of the log in the language of this page, with the names of who acted."""
    held = list(lines)
    senders = {str(line.detail["letter_by"]) for line in held if "letter_by" in line.detail}
    names = names_of(session, {line.who for line in held} | senders)
    return [
        Happening(
            line.number,
            line.at,
            words_of_act(line.act, line.detail, names),
            names[line.who],
            line.about,
            line.act,
            line.detail,
        )
        for line in held
    ]


def words_of_act(act: str, detail: Mapping[str, Any], names: Mapping[str, str]) -> str:
    """Give the sentence of an act, with its reason; its own name where there is none."""
    words = ACTS[act]() if act in ACTS else act
    if act == "case.name-confirmed" and "letter_by" in detail:
        words = _("The name to be printed was confirmed through a letter that %(name)s had sent.")
        return words % {"name": names[detail["letter_by"]]}
    why = str(detail.get("reason", "")) if act == "case.put-back" else ""
    return f"{words} {WHY_PUT_BACK[why]()}" if why in WHY_PUT_BACK else words


def names_of(session: Session, hands: Collection[str]) -> dict[str, str]:
    """Give the name of each whose act something was, as far as it is known."""
    ids = {hand: found for hand in hands if (found := _id(hand)) is not None}
    query = select(Person.id, Person.name).where(Person.id.in_(ids.values()))
    known = {row.id: row.name for row in session.execute(query)} if ids else {}
    rest = set(ids.values()) - known.keys()
    holders = select(Holder.id, Holder.name).where(Holder.id.in_(rest))
    known |= {row.id: row.name for row in session.execute(holders)} if rest else {}
    return {hand: _name(hand, ids.get(hand), known) for hand in hands}


def _name(hand: str, person_id: UUID | None, known: Mapping[UUID, str]) -> str:
    if person_id is None:
        return HANDS[hand]() if hand in HANDS else hand
    unknown = _("somebody whose name is not known (%(code)s)")
    name = known.get(person_id) or unknown % {"code": spaced(str(person_id)[:8])}
    if hand.startswith(AT_COMMAND_LINE):
        return _("%(name)s, at the command line") % {"name": name}
    return name


def _id(hand: str) -> UUID | None:
    return as_id(hand.removeprefix(AT_COMMAND_LINE))


def as_id(text: str) -> UUID | None:
    """Read an id; None where the text is none."""
    try:
        return UUID(text)
    except ValueError:
        return None
