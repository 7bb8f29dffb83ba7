"""Officers enter candidates: a classroom list, a paper exam, an earlier record, a trainer."""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from fractions import Fraction
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from courses.scheme_reading import Schemes
from courses.schemes import CertificateScheme, Route, SchemeKind
from lti_tool import audit
from lti_tool.certification import inviting
from lti_tool.certification.approving import read_name
from lti_tool.certification.evidence import circle, look_at_cases
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


def enter(
    session: Session,
    entry: Entry,
    hand: Hand,
    *,
    schemes: Schemes,
    post: Post | None = None,
    now: datetime,
) -> Case:
    """Enter a candidate: a holder, unless one was chosen, and a case that is due for a decision.

    Args:
        session: of the act.
        entry: what was entered.
        hand: whose act it is; somebody else has to approve.
        schemes: as they are now.
        post: what the letter to the holder is made with; None: none is sent.
        now: the moment.

    Raises:
        BadAddressError: mail cannot be sent to the address.
        EntryError: the scheme does not take it, or something in it cannot be used.
        EnteredAlreadyError: it was entered before.
        OtherSchemeError: the officer's role does not cover the scheme.
        UnprintableNameError: the name cannot be printed.
    """
    scheme = schemes.get(entry.scheme_id)
    if scheme is None:
        raise NotFoundError(f"scheme {entry.scheme_id!r}")
    need_mandate(session, hand, scheme.id)
    name = read_name(entry.name)
    _need_sense(scheme, entry, now)
    holder_id, sitting = _place(session, entry, name, hand, now=now)
    case = _case(scheme, entry, name, hand, now)
    case.holder_id, case.sitting = holder_id, sitting
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
        particulars=_particulars(entry, name, hand, now),
        examined_on=entry.day,
        look_due_at=now,
        entered_at=now,
        entered_by=hand.who,
        entered_human=hand.human,
    )


def _particulars(entry: Entry, name: str, hand: Hand, now: datetime) -> dict[str, Any]:
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


def _need_sense(scheme: CertificateScheme, entry: Entry, now: datetime) -> None:
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


def _place(
    session: Session, entry: Entry, name: str, hand: Hand, *, now: datetime
) -> tuple[UUID, str]:
    """Give the holder of a new case, made where none was chosen, and its sitting.

    Raises:
        EnteredAlreadyError: it was entered before.
    """
    sitting = _sitting(entry)
    known = _known(session, entry.holder_id)
    before = _find_before(session, entry.scheme_id, sitting, name, known)
    if before is not None:
        words = _("%(name)s was entered before, for the same day; the case is there already.")
        raise EnteredAlreadyError(f"case {before}", words=words % {"name": name})
    if known is None:
        return _new_holder(session, entry, name, hand, now=now), sitting
    return known, _free(session, known, entry.scheme_id, sitting)


def _free(session: Session, holder_id: UUID, scheme_id: str, sitting: str) -> str:
    """Give a sitting that no case has: those that were taken back or refused keep theirs."""
    query = select(Case.sitting).where(
        Case.holder_id == holder_id, Case.scheme_id == scheme_id, _is_of(sitting)
    )
    taken = set(session.scalars(query))
    numbered = (f"{sitting}:{number}" for number in itertools.count(2))
    return next(each for each in itertools.chain([sitting], numbered) if each not in taken)


def _is_of(sitting: str) -> ColumnElement[bool]:
    return or_(Case.sitting == sitting, Case.sitting.startswith(f"{sitting}:", autoescape=True))


def _find_before(
    session: Session, scheme_id: str, sitting: str, name: str, holder_id: UUID | None
) -> UUID | None:
    query = (
        select(Case.id, Case.holder_id, Case.name)
        .join(Holder, Holder.id == Case.holder_id)
        .where(
            Case.scheme_id == scheme_id,
            _is_of(sitting),
            Case.state.not_in([CaseState.REFUSED, CaseState.WITHDRAWN]),
        )
    )
    human = circle(session, holder_id) if holder_id is not None else ()
    for row in session.execute(query):
        if row.holder_id in human or (holder_id is None and folded(row.name) == folded(name)):
            found: UUID = row.id
            return found
    return None


def _known(session: Session, holder_id: UUID | None) -> UUID | None:
    """Give the one as which a chosen holder stays, its row locked: it is entered once at a time."""
    if holder_id is None:
        return None
    if session.get(Holder, holder_id) is None:
        raise NotFoundError(f"holder {holder_id}")
    kept = staying(session, holder_id)
    session.scalar(select(Holder.id).where(Holder.id == kept).with_for_update())
    return kept


def _new_holder(session: Session, entry: Entry, name: str, hand: Hand, *, now: datetime) -> UUID:
    made = Holder(
        id=uuid4(),
        kind=HolderKind.ORGANISATION if entry.is_organisation else HolderKind.PERSON,
        name=name,
        name_search=folded(name)[:400],
        entered_by=hand.who,
        created_at=now,
    )
    session.add(made)
    session.flush()
    return made.id
