"""What the rules say: a decision with its reasons, and what all rules make it of."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from courses.cards import SkillCard
from courses.schemes import CertificateScheme
from lti_tool.certification.facts import ElementFact, UnitFact, unit_from_json
from lti_tool.certification.proofs import Evidence
from lti_tool.certification.reasons import Code, Reason


class Outcome(StrEnum):
    """What the rules say."""

    GRANTED = "granted"
    REFUSED = "refused"
    """All was examined or judged, and it was not enough; what is passed is kept."""
    INCOMPLETE = "incomplete"
    REFERRED = "referred"
    """The rules cannot say; a person has to look."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What the rules say of one holder and one scheme, with all that a certificate tells of it."""

    outcome: Outcome
    reasons: tuple[Reason, ...]
    units: tuple[UnitFact, ...] = ()
    examined_on: date | None = None
    look_on: date | None = None
    """The next day on which it would come out differently by itself; None: on no day."""

    @property
    def is_granted(self) -> bool:
        """Say whether the scheme is met."""
        return self.outcome is Outcome.GRANTED

    def to_json(self) -> dict[str, Any]:
        """Write it as plain JSON values."""
        made = {
            "outcome": self.outcome.value,
            "reasons": [each.to_json() for each in self.reasons],
            "units": [asdict(each) for each in self.units],
            "examined_on": self.examined_on,
            "look_on": self.look_on,
        }
        plain: dict[str, Any] = json.loads(json.dumps(made, default=date.isoformat))
        return plain

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Decision:
        """Read what :meth:`to_json` wrote."""
        return cls(
            Outcome(document["outcome"]),
            tuple(Reason.from_json(each) for each in document["reasons"]),
            tuple(unit_from_json(each) for each in document["units"]),
            _day(document["examined_on"]),
            _day(document["look_on"]),
        )


@dataclass(frozen=True, slots=True)
class Stand:
    """Where one element stands while not all are passed."""

    fact: ElementFact
    reason: Reason
    until: date | None = None
    """The last day on which a pass is kept."""


def units_of(card: SkillCard, facts: Mapping[str, ElementFact]) -> tuple[UnitFact, ...]:
    """Put how each element came out in the order of the card."""
    return tuple(
        UnitFact(unit.code, unit.title, tuple(facts[each.code] for each in unit.elements))
        for unit in card.units
    )


def card_of(scheme: CertificateScheme) -> SkillCard:
    """Give the scheme's skill card; the reader has made sure that there is one."""
    if scheme.card is None:
        raise ValueError(f"scheme {scheme.id!r} has no skill card")
    return scheme.card


def course_done(evidence: Evidence) -> Reason:
    """Say that a course was done, and when."""
    first = evidence.done[0]
    return Reason(Code.COURSE_DONE, {"title": first.title, "on": first.on.isoformat()})


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
