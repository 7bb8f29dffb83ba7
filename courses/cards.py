"""SkillCard: what a job role or a course asks for, as units and elements with their criteria."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Criterion:
    """One performance criterion of an element."""

    id: str
    """Such as ``PC1``."""
    text: str


@dataclass(frozen=True, slots=True)
class CardElement:
    """The part of a skill card that is passed or failed by itself."""

    code: str
    """As it is printed, such as ``U1.E3``."""
    title: str
    criteria: tuple[Criterion, ...]
    portal_id: str = ""
    """Element of the certification portal; empty: not known."""
    is_ours: bool = False
    """Whether title or criteria are our own proposal, not the published skill card's."""


@dataclass(frozen=True, slots=True)
class CardUnit:
    """A part of a skill card, in order."""

    code: str
    title: str
    elements: tuple[CardElement, ...]
    is_ours: bool = False


@dataclass(frozen=True, slots=True)
class SkillCard:
    """A skill card in one state of its content."""

    id: str
    version: str
    title: str
    job_role: str
    """Id in ``job-roles.yaml``; empty: the card of a course without a job role."""
    portal_domain: str
    """Domain of the certification portal, such as ``169``; empty: none is known."""
    skills: tuple[str, ...]
    """Ids in ``skills.yaml`` that it aligns with."""
    units: tuple[CardUnit, ...]
    source: str
    """Where it comes from, in a sentence for officers."""
    fingerprint: str
    """SHA-256 of its content's canonical JSON, in hex."""

    @property
    def elements(self) -> tuple[CardElement, ...]:
        """Give the elements of all units, in order."""
        return tuple(element for unit in self.units for element in unit.elements)

    def element(self, code: str) -> CardElement | None:
        """Give an element by its code."""
        return next((each for each in self.elements if each.code == code), None)
