"""From a scheme and evidence to a decision with reasons: pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, timedelta

from courses.cards import CardElement
from courses.schemes import CertificateScheme, Route, SchemeKind
from lti_tool.certification.decisions import (
    Decision,
    Outcome,
    Stand,
    card_of,
    course_done,
    units_of,
)
from lti_tool.certification.exam_rules import examined
from lti_tool.certification.facts import ElementFact, UnitFact
from lti_tool.certification.proofs import Entry, Evidence, Judged, Rating
from lti_tool.certification.reasons import Code, Reason

__all__ = ["Decision", "Outcome", "decide"]


def decide(scheme: CertificateScheme, evidence: Evidence, on: date) -> Decision:
    """Say whether a scheme is met by what there is, and why.

    Args:
        scheme: with its skill card.
        evidence: all of one human.
        on: the day of the decision.
    """
    entry = evidence.entry
    if entry is not None and entry.route is Route.TAKEN_OVER and Route.TAKEN_OVER in scheme.routes:
        return _taken_over(scheme, evidence)
    return BY_KIND[scheme.kind](scheme, evidence, on)


# Attendance


def _attended(scheme: CertificateScheme, evidence: Evidence, on: date) -> Decision:
    if evidence.done:
        first = evidence.done[0]
        units = (_modules(first.title, first.modules),) if first.modules else ()
        return Decision(Outcome.GRANTED, (course_done(evidence),), units, first.on)
    entry = evidence.entry
    if entry is not None and entry.on is not None and Route.ENTRY in scheme.routes:
        reason = Reason(Code.ATTENDED, {"on": entry.on.isoformat()})
        return Decision(Outcome.GRANTED, (reason,), (), entry.on)
    code = Code.COURSE_OPEN if entry is None else Code.NOT_ENTERED
    return Decision(Outcome.INCOMPLETE, (Reason(code),))


def _modules(title: str, modules: Sequence[str]) -> UnitFact:
    """Give what was attended; the codes are the numbers of the modules."""
    elements = (
        ElementFact(str(place), module, passed=True) for place, module in enumerate(modules, 1)
    )
    return UnitFact("", title, tuple(elements))


# Assessment of work evidence


def _assessed(scheme: CertificateScheme, evidence: Evidence, on: date) -> Decision:
    """Ask that every assessor found every element met."""
    card = card_of(scheme)
    if not evidence.judged:
        return Decision(Outcome.INCOMPLETE, (Reason(Code.NOT_JUDGED),))
    by_code: dict[str, list[Judged]] = {}
    for each in evidence.judged:
        by_code.setdefault(each.code, []).append(each)
    standings = [_judge(scheme, each, by_code.get(each.code, [])) for each in card.elements]
    codes = {each.reason.code for each in standings}
    outcome = Outcome.GRANTED
    for code, worse in (
        (Code.JUDGED_SHORT, Outcome.REFUSED),
        (Code.JUDGED_APART, Outcome.REFERRED),
        (Code.JUDGEMENT_MISSING, Outcome.INCOMPLETE),
    ):
        outcome = worse if code in codes else outcome
    return Decision(
        outcome,
        tuple(each.reason for each in standings),
        units_of(card, {each.fact.code: each.fact for each in standings}),
        max(each.on for each in evidence.judged),
    )


def _judge(scheme: CertificateScheme, element: CardElement, judged: Sequence[Judged]) -> Stand:
    named = {"code": element.code, "title": element.title}
    missing = scheme.assessors - len({each.position for each in judged})
    ratings = {each.rating for each in judged}
    worst = max(ratings, key=list(Rating).index).value if ratings else ""
    fact = ElementFact(element.code, element.title, passed=False, rating=worst)
    if missing > 0:
        return Stand(fact, Reason(Code.JUDGEMENT_MISSING, {**named, "number": str(missing)}))
    if ratings == {Rating.MET}:
        last = max(each.on for each in judged)
        met = ElementFact(
            element.code, element.title, passed=True, rating=Rating.MET.value, passed_on=last
        )
        return Stand(met, Reason(Code.JUDGED_MET, {**named, "on": last.isoformat()}))
    code = Code.JUDGED_APART if Rating.MET in ratings else Code.JUDGED_SHORT
    return Stand(fact, Reason(code, named))


# Trainers, training bodies, earlier records


def _listed(scheme: CertificateScheme, evidence: Evidence, on: date) -> Decision:
    """Ask for the certificates that are required and for every point of the list."""
    entry = evidence.entry
    if entry is None or entry.on is None:
        return Decision(Outcome.INCOMPLETE, (Reason(Code.NOT_ENTERED),))
    reasons = [*_required(scheme, evidence, on), *_confirmed(scheme, entry.checklist)]
    short = {Code.NOT_HELD, Code.UNCHECKED} & {each.code for each in reasons}
    outcome = Outcome.INCOMPLETE if short else Outcome.GRANTED
    ends = [
        each.valid_until for each in evidence.held if each.valid_until and each.valid_until >= on
    ]
    look_on = min(ends) + timedelta(days=1) if ends else None
    return Decision(outcome, tuple(reasons), _requirements(scheme, entry), entry.on, look_on)


def _requirements(scheme: CertificateScheme, entry: Entry) -> tuple[UnitFact, ...]:
    """Give the points of the list; the codes are their numbers."""
    elements = tuple(
        ElementFact(str(place), text, passed=text in entry.checklist, passed_on=entry.on)
        for place, text in enumerate(scheme.checklist, 1)
    )
    return (UnitFact("", scheme.title, elements),)


def _required(scheme: CertificateScheme, evidence: Evidence, on: date) -> Iterator[Reason]:
    valid = {
        each.scheme_id: each.number
        for each in evidence.held
        if each.valid_from <= on and (each.valid_until is None or each.valid_until >= on)
    }
    for needed in scheme.requires:
        if needed in valid:
            yield Reason(Code.HELD, {"number": valid[needed], "scheme": needed})
        else:
            yield Reason(Code.NOT_HELD, {"scheme": needed})


def _confirmed(scheme: CertificateScheme, told: Sequence[str]) -> Iterator[Reason]:
    for text in scheme.checklist:
        yield Reason(Code.CHECKED if text in told else Code.UNCHECKED, {"text": text})


def _taken_over(scheme: CertificateScheme, evidence: Evidence) -> Decision:
    """Trust an earlier record: it says that all of its elements were passed."""
    entry = evidence.entry
    if entry is None or not (entry.earlier_register and entry.earlier_number and entry.on):
        return Decision(Outcome.INCOMPLETE, (Reason(Code.EARLIER_UNKNOWN),))
    values = {"register": entry.earlier_register, "number": entry.earlier_number}
    card = scheme.card
    elements = card.elements if card else ()
    facts = {
        each.code: ElementFact(each.code, each.title, passed=True, passed_on=entry.on)
        for each in elements
    }
    units = units_of(card, facts) if card else ()
    return Decision(Outcome.GRANTED, (Reason(Code.TAKEN_OVER, values),), units, entry.on)


BY_KIND: Mapping[SchemeKind, Callable[[CertificateScheme, Evidence, date], Decision]] = {
    SchemeKind.ATTENDANCE: _attended,
    SchemeKind.EXAM: examined,
    SchemeKind.MICRO_CREDENTIAL: examined,
    SchemeKind.EVIDENCE: _assessed,
    SchemeKind.TRAINER: _listed,
    SchemeKind.TRAINING_BODY: _listed,
}
