"""Work evidence as its candidate and its assessors see it, element by element."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy.orm import Session

from courses.cards import CardElement, CardUnit
from courses.scheme_reading import Schemes
from courses.schemes import CertificateScheme
from lti_tool.certification import appealing, assessing, evidencing
from lti_tool.certification.assessing import Place, is_waiting
from lti_tool.certification.humans import Hand
from lti_tool.certification.models import Assessment, Case, CaseState, EvidenceFile
from lti_tool.certification.proofs import Rating
from lti_tool.certification.rules import Outcome


class Stage(StrEnum):
    """How far a candidate is with their evidence."""

    OPEN = "open"
    """Files are being gathered."""
    WAITING = "waiting"
    """Handed in; assessors have it."""
    SHORT = "short"
    """Judged: something is missing, and more can be handed in."""
    MET = "met"
    """All elements are met; the certificate is on its way."""
    REFUSED = "refused"
    HELD = "held"
    """There is a certificate."""


@dataclass(frozen=True, slots=True)
class ElementDossier:
    """One element with what proves it and how it was judged."""

    element: CardElement
    files: tuple[EvidenceFile, ...]
    judged: tuple[Assessment, ...]
    """What the reader may see of it."""
    own: Assessment | None = None
    """By the assessor who looks."""
    is_due: bool = False
    """Whether the assessor who looks has to judge it."""

    @property
    def is_met(self) -> bool:
        """Say whether all judgements that are seen find it met."""
        return bool(self.judged) and all(each.rating == Rating.MET for each in self.judged)


@dataclass(frozen=True, slots=True)
class UnitDossier:
    """A unit of the card with its elements."""

    unit: CardUnit
    elements: tuple[ElementDossier, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Folder:
    """A candidate's own evidence for one scheme."""

    scheme: CertificateScheme
    stage: Stage
    case: Case | None = None
    units: tuple[UnitDossier, ...] = ()
    files: tuple[EvidenceFile, ...] = ()
    judged_files: frozenset[UUID] = frozenset()
    """Those that stay, since they were judged."""
    under_review: bool = False
    may_appeal: bool = False

    @property
    def may_change(self) -> bool:
        """Say whether files can be added."""
        return self.stage in {Stage.OPEN, Stage.SHORT, Stage.HELD}

    @property
    def may_hand_in(self) -> bool:
        """Say whether there is something new to hand in."""
        is_new = any(each.id not in self.judged_files for each in self.files)
        return self.stage in {Stage.OPEN, Stage.SHORT} and is_new and not self.under_review

    @property
    def without_files(self) -> tuple[CardElement, ...]:
        """Give the elements that are neither met nor have a file yet."""
        return tuple(
            each.element
            for unit in self.units
            for each in unit.elements
            if not each.files and not each.is_met
        )


@dataclass(frozen=True, slots=True)
class Waiting:
    """A case whose evidence waits for assessors, as a list shows it."""

    case: Case
    scheme: CertificateScheme
    place: Place
    is_own_part_done: bool

    @property
    def is_mine(self) -> bool:
        """Say whether it waits for the one who looks."""
        return self.place.number is not None and not self.is_own_part_done

    @property
    def since(self) -> datetime | None:
        """Give since when it is handed in."""
        return evidencing.handed_in_at(self.case)


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """A case as it lies before somebody who assesses it, or looks."""

    case: Case
    scheme: CertificateScheme
    place: Place
    units: tuple[UnitDossier, ...]
    files: tuple[EvidenceFile, ...]
    is_waiting: bool
    is_own_part_done: bool
    """Whether the one who looks has judged every element."""
    sees_others: bool
    apart: tuple[str, ...]
    """Elements about which the assessors do not agree; empty while not both are done."""

    @property
    def may_judge(self) -> bool:
        """Say whether the one who looks may judge now."""
        return self.is_waiting and self.place.number is not None


def folder_of(session: Session, holder_id: UUID | None, scheme: CertificateScheme) -> Folder:
    """Give what a holder has gathered for a scheme; judgements only once the case is decided."""
    case = evidencing.find_case(session, holder_id, scheme.id) if holder_id else None
    if case is None or case.state == CaseState.NUMBERED:
        stage = Stage.OPEN if case is None else Stage.HELD
        return Folder(scheme=scheme, stage=stage, units=_units(scheme, (), _nothing))
    files = tuple(evidencing.list_files(session, case.id))
    found = assessing.judgements_of(session, case.id)

    def seen(element: CardElement, own_files: tuple[EvidenceFile, ...]) -> ElementDossier:
        judged = (each for _place, each in sorted(found.get(element.code, {}).items()))
        told = tuple(each for each in judged if _is_told(case, each))
        return ElementDossier(element, own_files, told)

    return Folder(
        scheme=scheme,
        stage=stage_of(case),
        case=case,
        units=_units(scheme, files, seen),
        files=files,
        judged_files=frozenset(each.id for each in files if evidencing.is_judged(case, each)),
        under_review=appealing.find_open(session, case.id) is not None,
        may_appeal=appealing.may_appeal(case) and not appealing.was_reviewed(session, case),
    )


def _is_told(case: Case, judgement: Assessment) -> bool:
    """Say whether the candidate sees a judgement: not while assessors are at work on it."""
    is_decided = case.decision is not None
    return is_decided and not (is_waiting(case) and assessing.is_new(case, judgement))


def stage_of(case: Case) -> Stage:
    """Give how far a candidate is with a case of work evidence."""
    by_state = {CaseState.REFUSED: Stage.REFUSED, CaseState.NUMBERED: Stage.HELD}
    if case.state in by_state:
        return by_state[case.state]
    if case.state != CaseState.COLLECTING:
        return Stage.MET
    if is_waiting(case):
        return Stage.WAITING
    refused = (case.decision or {}).get("outcome") == Outcome.REFUSED
    return Stage.SHORT if refused else Stage.OPEN


def folders_of(
    session: Session, holder_id: UUID | None, schemes: Schemes
) -> list[tuple[CertificateScheme, Stage | None]]:
    """Give the schemes that can be proven by work evidence, with how far a holder is in each."""
    found: list[tuple[CertificateScheme, Stage | None]] = []
    for scheme in evidencing.offered_schemes(schemes):
        case = evidencing.find_case(session, holder_id, scheme.id) if holder_id else None
        found.append((scheme, stage_of(case) if case is not None else None))
    return found


def waiting_for(
    session: Session, hand: Hand, schemes: Schemes, covered: frozenset[str] | None
) -> list[Waiting]:
    """Give the cases of schemes that wait for assessors, with what somebody has to do there."""
    found: list[Waiting] = []
    for case in assessing.list_waiting(session, covered):
        scheme = schemes.get(case.scheme_id)
        if scheme is None:
            continue
        place = assessing.place_of(session, case, scheme, hand)
        number = place.number
        is_done = number is not None and assessing.is_complete(session, case, scheme, place=number)
        found.append(Waiting(case, scheme, place, is_done))
    return found


def desk_of(
    session: Session, case: Case, scheme: CertificateScheme, hand: Hand, *, looks: bool
) -> Desk:
    """Give a case as somebody sees it who assesses it, or looks.

    Whoever may still judge sees nothing of another's judgement before their own is complete.

    Args:
        session: open.
        case: of work evidence.
        scheme: of the case.
        hand: who looks.
        looks: whether somebody who may not assess it sees what others judged.
    """
    place = assessing.place_of(session, case, scheme, hand)
    files = tuple(evidencing.list_files(session, case.id))
    found = assessing.judgements_of(session, case.id)
    waits = is_waiting(case)
    number = place.number
    is_done = number is not None and assessing.is_complete(session, case, scheme, place=number)
    sees = not place.is_candidate and (is_done or not waits or (number is None and looks))

    def seen(element: CardElement, own_files: tuple[EvidenceFile, ...]) -> ElementDossier:
        by_place = found.get(element.code, {})
        own = by_place.get(number) if number is not None else None
        others = (by_place[each] for each in sorted(by_place) if each != number)
        judged = tuple(others) if sees else ()
        is_due = waits and number is not None and not assessing.counts(case, own)
        return ElementDossier(element, own_files, judged, own, is_due)

    is_whole = assessing.is_complete(session, case, scheme)
    return Desk(
        case=case,
        scheme=scheme,
        place=place,
        units=_units(scheme, files, seen),
        files=files,
        is_waiting=waits,
        is_own_part_done=is_done,
        sees_others=sees,
        apart=assessing.are_apart(session, case) if waits and is_whole and sees else (),
    )


def _units(
    scheme: CertificateScheme,
    files: tuple[EvidenceFile, ...],
    seen: Callable[[CardElement, tuple[EvidenceFile, ...]], ElementDossier],
) -> tuple[UnitDossier, ...]:
    by_code: Mapping[str, tuple[EvidenceFile, ...]] = {
        element.code: tuple(each for each in files if element.code in each.elements)
        for element in (scheme.card.elements if scheme.card else ())
    }
    return tuple(
        UnitDossier(unit, tuple(seen(each, by_code[each.code]) for each in unit.elements))
        for unit in (scheme.card.units if scheme.card else ())
    )


def _nothing(element: CardElement, files: tuple[EvidenceFile, ...]) -> ElementDossier:
    return ElementDossier(element, files, ())
