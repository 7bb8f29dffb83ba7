"""When an exam is met: by each element of the card by itself, over one or several sittings; pure.

It is met on the first day on which every element is passed, each in that sitting or in an earlier
one that still counted then. What is met once stays met: later sittings never take it back.
"""

from __future__ import annotations

import calendar
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction

from courses.cards import CardElement, SkillCard
from courses.scheme_reading import missing_recognition
from courses.schemes import CertificateScheme, Route, SchemeKind
from lti_tool.certification.decisions import (
    Decision,
    Outcome,
    Stand,
    card_of,
    course_done,
    units_of,
)
from lti_tool.certification.facts import ElementFact
from lti_tool.certification.proofs import ElementSeen, Evidence, Sitting
from lti_tool.certification.reasons import Code, Reason

PASSED_CODES = frozenset(
    {Code.ELEMENT_PASSED, Code.ELEMENT_PASSED_WITHOUT_POINTS, Code.ELEMENT_KEPT}
)


@dataclass(frozen=True, slots=True)
class Pass:
    """An element that was passed in a sitting."""

    seen: ElementSeen
    on: date

    @property
    def share(self) -> Fraction:
        """Give which part of the points was reached; all where no points are known."""
        points = self.seen.points
        return Fraction(1) if points is None else points / self.seen.asked


def examined(scheme: CertificateScheme, evidence: Evidence, on: date) -> Decision:
    """Ask that every element is passed; a micro-credential may ask for the whole course as well."""
    card = card_of(scheme)
    found = _met(scheme, card, evidence.sittings)
    if found is None:
        return _examined_short(scheme, card, evidence.sittings, on)
    closing, passes = found
    share = {"share": str(scheme.pass_share), "number": str(len(passes)), "on": closing.isoformat()}
    reasons = [Reason(Code.ALL_PASSED, share)]
    reasons += [_passed_reason(each, passes[each.code]) for each in card.elements]
    missing = missing_recognition(scheme) if scheme.kind is SchemeKind.MICRO_CREDENTIAL else ()
    reasons += [Reason(Code.RECOGNITION_MISSING, {"element": each}) for each in missing]
    outcome, day = Outcome.REFUSED if missing else Outcome.GRANTED, closing
    if scheme.kind is SchemeKind.MICRO_CREDENTIAL and Route.COURSE in scheme.routes:
        if evidence.done:
            reasons.append(course_done(evidence))
            day = max(closing, evidence.done[0].on)
        else:
            reasons.append(Reason(Code.COURSE_OPEN))
            outcome = Outcome.REFUSED if missing else Outcome.INCOMPLETE
    facts = {code: _fact(card, code, passing=each) for code, each in passes.items()}
    return Decision(outcome, tuple(reasons), units_of(card, facts), day)


def _met(
    scheme: CertificateScheme, card: SkillCard, sittings: Sequence[Sitting]
) -> tuple[date, dict[str, Pass]] | None:
    """Find the first sitting with which every element was passed, and the best passes by then."""
    for place, closing in enumerate(sittings):
        counting = [
            each
            for each in sittings[: place + 1]
            if each is closing or _kept_until(scheme, each.on) >= closing.on
        ]
        if scheme.keep_elements_months == 0:
            counting = [closing]
        passes = _best(scheme, counting)
        if card.elements and all(each.code in passes for each in card.elements):
            return closing.on, {each.code: passes[each.code] for each in card.elements}
    return None


def _best(scheme: CertificateScheme, sittings: Sequence[Sitting]) -> dict[str, Pass]:
    """Give the best pass of each element; of two alike the earlier one."""
    best: dict[str, Pass] = {}
    for sitting in sittings:
        for seen in sitting.elements:
            if seen.reaches(scheme.pass_share):
                passing = Pass(seen, sitting.on)
                before = best.get(seen.code)
                if before is None or passing.share > before.share:
                    best[seen.code] = passing
    return best


def _kept_until(scheme: CertificateScheme, on: date) -> date:
    """Give the last day on which an element that was passed counts towards an exam."""
    return months_after(on, scheme.keep_elements_months)


def _examined_short(
    scheme: CertificateScheme, card: SkillCard, sittings: Sequence[Sitting], on: date
) -> Decision:
    """Tell what is passed and kept, and what is missing."""
    if not sittings:
        return Decision(Outcome.INCOMPLETE, (Reason(Code.NO_EXAM),))
    if scheme.keep_elements_months == 0:
        sittings = sittings[-1:]
    standings = [_stand(scheme, each, sittings, on) for each in card.elements]
    codes = {each.reason.code for each in standings} - PASSED_CODES
    if codes == {Code.ELEMENT_EMPTY}:
        outcome = Outcome.REFERRED
    elif codes & {Code.ELEMENT_OPEN, Code.ELEMENT_LAPSED}:
        outcome = Outcome.INCOMPLETE
    else:
        outcome = Outcome.REFUSED
    ends = [each.until for each in standings if each.until is not None]
    return Decision(
        outcome,
        tuple(each.reason for each in standings),
        units_of(card, {each.fact.code: each.fact for each in standings}),
        sittings[-1].on,
        min(ends) + timedelta(days=1) if ends else None,
    )


def _stand(
    scheme: CertificateScheme, element: CardElement, sittings: Sequence[Sitting], on: date
) -> Stand:
    """Say where one element stands: the pass that is kept longest, else the best of all results."""
    told = [
        (sitting.on, seen)
        for sitting in sittings
        for seen in sitting.elements
        if seen.code == element.code
    ]
    named = {"code": element.code, "title": element.title}
    passes = [(day, seen) for day, seen in told if seen.reaches(scheme.pass_share)]
    if passes:
        day, seen = max(passes, key=lambda each: each[0])
        passing = Pass(seen, day)
        if scheme.keep_elements_months == 0:
            return Stand(_element_fact(element, passing), _passed_reason(element, passing))
        until = _kept_until(scheme, day)
        days = {"on": day.isoformat(), "until": until.isoformat()}
        if until >= on:
            kept = Reason(Code.ELEMENT_KEPT, {**named, **days})
            return Stand(_element_fact(element, passing), kept, until)
        fact = ElementFact(element.code, element.title, passed=False)
        return Stand(fact, Reason(Code.ELEMENT_LAPSED, {**named, **days}))
    return _failed(scheme, element, [seen for _day, seen in told])


def _failed(scheme: CertificateScheme, element: CardElement, told: Sequence[ElementSeen]) -> Stand:
    named = {"code": element.code, "title": element.title}
    scored = [seen for seen in told if seen.points is not None and seen.asked]
    if scored:
        best = max(scored, key=lambda seen: (seen.points or Fraction(0)) / seen.asked)
        needed = scheme.pass_share * best.asked
        values = {"points": str(best.points), "asked": str(best.asked), "needed": str(needed)}
        fact = ElementFact(
            element.code, element.title, passed=False, points=str(best.points), asked=best.asked
        )
        return Stand(fact, Reason(Code.ELEMENT_FAILED, {**named, **values}))
    code = Code.ELEMENT_OPEN
    if told:
        by_points = any(seen.points is not None for seen in told)
        code = Code.ELEMENT_EMPTY if by_points else Code.ELEMENT_FAILED_WITHOUT_POINTS
    return Stand(ElementFact(element.code, element.title, passed=False), Reason(code, named))


def _passed_reason(element: CardElement, passing: Pass) -> Reason:
    values = {"code": element.code, "title": element.title, "on": passing.on.isoformat()}
    if passing.seen.points is None:
        return Reason(Code.ELEMENT_PASSED_WITHOUT_POINTS, values)
    points = {"points": str(passing.seen.points), "asked": str(passing.seen.asked)}
    return Reason(Code.ELEMENT_PASSED, {**values, **points})


def _fact(card: SkillCard, code: str, *, passing: Pass) -> ElementFact:
    element = card.element(code)
    if element is None:
        raise ValueError(f"no element {code!r} in card {card.id!r}")
    return _element_fact(element, passing)


def _element_fact(element: CardElement, passing: Pass) -> ElementFact:
    points = passing.seen.points
    return ElementFact(
        element.code,
        element.title,
        passed=True,
        points="" if points is None else str(points),
        asked=None if points is None else passing.seen.asked,
        passed_on=passing.on,
    )


def months_after(day: date, months: int) -> date:
    """Give the same day some months later; the last of the month where it has no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))
