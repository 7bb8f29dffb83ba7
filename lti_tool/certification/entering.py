"""Officers enter candidates: a classroom list, a paper exam, an earlier record, a trainer."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from fractions import Fraction
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from courses.scheme_reading import Schemes
from courses.schemes import CertificateScheme, Route, SchemeKind
from lti_tool import audit
from lti_tool.certification import inviting
from lti_tool.certification.approving import read_name
from lti_tool.certification.entered_before import Roll, free_sitting, queue_up
from lti_tool.certification.evidence import look_at_cases
from lti_tool.certification.humans import Hand, staying
from lti_tool.certification.letters import Post
from lti_tool.certification.mandates import need_mandate
from lti_tool.certification.models import Case, CaseState, Holder, HolderKind
from lti_tool.certification.searching import folded
from lti_tool.errors import BadRequestError, ConflictingError, NotFoundError
from lti_tool.i18n import gettext as _

ENTRY_ROUTES = (Route.ENTRY, Route.TAKEN_OVER)
HOW = ("assessment", "participation", "supervision", "quality")
"""How a proof outside this tool came about, as the certificate tells it."""
TOLD = ("exam_body", "training_body", "trainer", "earlier_register", "earlier_number", *HOW)
"""What may be told of a candidate in words, as in a case's particulars."""
LENGTH = 200
SITTING_LENGTH = 110
"""Of 120 that a case keeps: a running number may follow."""
POINTS = re.compile(r"(\d{1,3}(?:[.,]\d{1,2})?)\s*/\s*(\d{1,3})")
PASSED = {"passed": True, "yes": True, "x": True, "failed": False, "no": False}


class EntryError(BadRequestError):
    """Something that was entered cannot be used; the words say what."""


class EnteredAlreadyError(ConflictingError):
    """This candidate was entered before, for the same scheme and day."""

    holder_ids: tuple[UUID, ...] = ()
    """Those whom the cases that are there already are about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One candidate as an officer enters them."""

    scheme_id: str
    route: Route
    name: str
    day: date
    """Of the exam, of the end of the course, of the earlier record."""
    is_organisation: bool = False
    name_seen: bool = False
    """Whether the officer saw the name on a document, so that nobody has to confirm it."""
    results: Mapping[str, Any] = field(default_factory=dict)
    """Code of an element -> ``{"points": "5/2", "asked": 3}`` or ``{"passed": true}``."""
    checklist: tuple[str, ...] = ()
    """The scheme's sentences that were confirmed."""
    told: Mapping[str, str] = field(default_factory=dict)
    """By the keys of ``TOLD``."""
    language: str = ""
    address: str = ""
    """To which a letter goes, by whose link the holder confirms it and the name; empty: none."""
    holder_id: UUID | None = None
    """Somebody who is known already; None: a new holder."""
    others: frozenset[UUID] = frozenset()
    """Holders of the same name that the officer saw, and said that it is none of them."""


def enter(
    session: Session,
    entry: Entry,
    hand: Hand,
    *,
    schemes: Schemes,
    post: Post | None = None,
    roll: Roll | None = None,
    now: datetime,
) -> Case:
    """Enter a candidate: a holder, unless one was chosen, and a case that is due for a decision.

    Args:
        session: of the act.
        entry: what was entered.
        hand: whose act it is; somebody else has to approve.
        schemes: as they are now.
        post: what the letter to the holder is made with; None: none is sent.
        roll: of those who were entered before, where many are entered in one transaction.
        now: the moment.

    Raises:
        BadAddressError: mail cannot be sent to the address.
        EntryError: the scheme does not take it, or something in it cannot be used.
        EnteredAlreadyError: it was entered before.
        NotFoundError: there is no such scheme; no such holder, or they were erased.
        OtherSchemeError: the officer's role does not cover the scheme.
        UnprintableNameError: the name cannot be printed.
    """
    scheme = schemes.get(entry.scheme_id)
    if scheme is None:
        raise NotFoundError(f"scheme {entry.scheme_id!r}")
    need_mandate(session, hand, scheme.id)
    name = read_name(entry.name)
    need_sense(scheme, entry, now)
    queue_up(session, scheme.id)
    roll = Roll() if roll is None else roll
    known = _known(session, entry)
    _need_first(session, entry, name, known, roll)
    case = _case(scheme, entry, name, hand, now)
    case.sitting = sitting = _sitting(entry)
    if known is None:
        case.holder_id = _new_holder(session, entry, name, hand, now=now)
    else:
        case.holder_id = known
        case.sitting = free_sitting(session, known, scheme.id, sitting)
    roll.add(case, sitting)
    session.add(case)
    session.flush()
    detail = {"scheme": scheme.id, "route": entry.route.value}
    audit.note(session, "case.entered", who=hand.who, about=str(case.id), detail=detail, now=now)
    if post is not None:
        asked = inviting.Asked(case, scheme.title, entry.address)
        inviting.invite(session, asked, hand, post, now=now)
    return case


def _case(scheme: CertificateScheme, entry: Entry, name: str, hand: Hand, now: datetime) -> Case:
    return Case(
        id=uuid4(),
        scheme_id=scheme.id,
        scheme_fingerprint=scheme.fingerprint,
        route=entry.route.value,
        state=CaseState.COLLECTING,
        approvers=max(1, scheme.approvers),
        name=name,
        name_confirmed_at=now if entry.name_seen else None,
        name_confirmed_by=hand.who if entry.name_seen else "",
        language=entry.language or scheme.languages[0],
        particulars=particulars_of(entry, name, hand, now),
        examined_on=entry.day,
        look_due_at=now,
        entered_at=now,
        entered_by=hand.who,
        entered_human=hand.human,
    )


def particulars_of(entry: Entry, name: str, hand: Hand, now: datetime) -> dict[str, Any]:
    """Give what a case keeps of an entry; see ``certification/evidence.py``."""
    told: dict[str, Any] = {"day": entry.day.isoformat()}
    told |= {key: text.strip() for key, text in entry.told.items() if text.strip()}
    if entry.results:
        told["results"] = dict(entry.results)
    if entry.checklist:
        told["checklist"] = list(entry.checklist)
    told["names"] = [{"name": name, "by": hand.who, "at": now.isoformat()}]
    return told


def withdraw(session: Session, case_id: UUID, hand: Hand, *, now: datetime) -> Case:
    """Take back a case that was entered by mistake; only before anybody approved it.

    Raises:
        NotFoundError: there is no such case.
        ConflictingError: it was not entered by an officer, or is approved or closed.
    """
    case = session.scalar(select(Case).where(Case.id == case_id).with_for_update())
    if case is None:
        raise NotFoundError(f"case {case_id}")
    need_mandate(session, hand, case.scheme_id)
    open_states = {CaseState.COLLECTING, CaseState.DRAFT, CaseState.CHECKED}
    if case.route not in ENTRY_ROUTES or case.state not in open_states or case.approved_at:
        words = _("Only a case that an officer entered, and nobody approved yet, is taken back.")
        raise ConflictingError(f"case {case_id} is {case.state}", words=words)
    case.state, case.look_due_at = CaseState.WITHDRAWN, None
    session.flush()
    look_at_cases(session, case.holder_id, now=now)  # what was entered with it counts no more
    inviting.end_links(session, case.id, now=now)
    audit.note(session, "case.withdrawn", who=hand.who, about=str(case.id), now=now)
    return case


def entry_schemes(schemes: Schemes) -> list[CertificateScheme]:
    """Give the schemes for which candidates may be entered, by title."""
    found = [each for each in schemes.all() if each.routes & set(ENTRY_ROUTES)]
    return sorted(found, key=lambda each: (each.title.casefold(), each.kind.value))


def read_result(text: str) -> dict[str, Any] | None:
    """Read how an element came out: ``2.5/3``, ``passed`` or ``failed``; None: not taken.

    Raises:
        EntryError: it is none of them.
    """
    told = text.strip().lower()
    if told in {"", "-", "–"}:
        return None
    if told in PASSED:
        return {"passed": PASSED[told]}
    found = POINTS.fullmatch(told)
    if found is not None:
        points, asked = Fraction(found[1].replace(",", ".")), int(found[2])
        if asked and points <= asked:
            return {"points": str(points), "asked": asked}
    words = _("%(text)s is no result: write 2/3 (points reached / points "
              "possible), passed, failed, or nothing.")  # fmt: skip
    raise EntryError("result", words=words % {"text": text.strip()[:40]})


def read_day(text: str, now: datetime) -> date:
    """Read a day, such as ``2026-11-02`` or ``02.11.2026``; not in the future.

    Raises:
        EntryError: it is none.
    """
    told = text.strip()
    found = re.fullmatch(r"(\d{1,2})\.(\d{1,2})\.(\d{4})", told)
    try:
        day = date(*(int(part) for part in reversed(found.groups()))) if found else None
        day = day or date.fromisoformat(told)
    except ValueError as error:
        words = _("%(text)s is no day: write it as 2026-11-02.")
        raise EntryError("day", words=words % {"text": told[:40] or _("Nothing")}) from error
    if day > now.date():
        raise EntryError("day", words=_("The day lies in the future."))
    return day


def need_sense(scheme: CertificateScheme, entry: Entry, now: datetime) -> None:
    """Make sure that a scheme takes what was entered, and that it can be used.

    Raises:
        EntryError: it does not, or cannot.
    """
    if entry.route not in ENTRY_ROUTES or entry.route not in scheme.routes:
        words = _("This scheme does not take candidates this way.")
        raise EntryError(f"route {entry.route} of {scheme.id}", words=words)
    if entry.day > now.date():
        raise EntryError("day", words=_("The day lies in the future."))
    if entry.is_organisation != (scheme.kind is SchemeKind.TRAINING_BODY):
        words = _("Training bodies are organisations; everything else is for persons.")
        raise EntryError("kind of holder", words=words)
    codes = {each.code for each in scheme.card.elements} if scheme.card else set()
    unknown = sorted(set(entry.results) - codes)
    if unknown:
        words = _("The skill card has no element %(code)s.") % {"code": unknown[0]}
        raise EntryError("element", words=words)
    if any(len(text) > LENGTH for text in entry.told.values()):
        raise EntryError("length", words=_("At most 200 characters in each of these fields."))
    earlier = entry.told.get("earlier_register", "").strip()
    if entry.route is Route.TAKEN_OVER and not (
        earlier and entry.told.get("earlier_number", "").strip()
    ):
        words = _("An earlier record needs the register it comes from, and its number there.")
        raise EntryError("earlier record", words=words)


def _sitting(entry: Entry) -> str:
    if entry.route is Route.TAKEN_OVER:
        return f"taken-over:{entry.told['earlier_number'].strip()}"[:SITTING_LENGTH]
    return f"entry:{entry.day.isoformat()}"


def _need_first(session: Session, entry: Entry, name: str, known: UUID | None, roll: Roll) -> None:
    sitting = _sitting(entry)
    if known is None:
        before = roll.of_name(session, entry.scheme_id, sitting, name, others=entry.others)
    else:
        before = roll.of_human(session, entry.scheme_id, sitting, known)
    if before:
        words = _("%(name)s was entered before, for the same day; the case is there already.")
        error = EnteredAlreadyError(f"case {before[0].case_id}", words=words % {"name": name})
        error.holder_ids = tuple(each.holder_id for each in before)
        raise error


def _known(session: Session, entry: Entry) -> UUID | None:
    """Give the one as which a chosen holder stays, its row locked: it is entered once at a time."""
    if entry.holder_id is None:
        return None
    if session.get(Holder, entry.holder_id) is None:
        raise NotFoundError(f"holder {entry.holder_id}")
    kept = staying(session, entry.holder_id)
    query = select(Holder.kind, Holder.erased_at).where(Holder.id == kept).with_for_update()
    row = session.execute(query).one()
    if row.erased_at is not None:
        raise NotFoundError(f"holder {kept} was erased")
    if row.kind != _kind(entry):
        words = _("What you chose is an organisation, and this certificate is for persons. Choose "
                  "a person, or enter somebody new.")  # fmt: skip
        if entry.is_organisation:
            words = _("Whom you chose is a person, and this certificate is for organisations. "
                      "Choose an organisation, or enter a new one.")  # fmt: skip
        raise EntryError(f"holder {kept} is of kind {row.kind}", words=words)
    return kept


def _kind(entry: Entry) -> HolderKind:
    return HolderKind.ORGANISATION if entry.is_organisation else HolderKind.PERSON


def _new_holder(session: Session, entry: Entry, name: str, hand: Hand, *, now: datetime) -> UUID:
    made = Holder(
        id=uuid4(),
        kind=_kind(entry),
        name=name,
        name_search=folded(name)[:400],
        entered_by=hand.who,
        created_at=now,
    )
    session.add(made)
    session.flush()
    return made.id
