"""Questions of every kind, what is given to them, and what it earns: frozen values.

Texts of type :class:`markupsafe.Markup` are HTML that `courses/markup.py` has made safe.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from markupsafe import Markup


class Scoring(StrEnum):
    """Whether a question that is partly right earns a part of its points."""

    ALL_OR_NOTHING = "all-or-nothing"
    PARTIAL = "partial"


@dataclass(frozen=True, slots=True)
class Option:
    """One choice of a choice question."""

    id: str
    text: Markup
    correct: bool = False
    feedback: Markup | None = None


@dataclass(frozen=True, slots=True)
class Pair:
    """Two things that belong together; ``id`` names the left one."""

    id: str
    left: Markup
    right: Markup


@dataclass(frozen=True, slots=True)
class Question:
    """One thing asked. Only its children, one for each kind, are ever made."""

    id: str
    text: Markup
    points: int
    outcome: str | None
    explanation: Markup | None

    @property
    def kind(self) -> str:
        """Say the kind as authors write it, such as ``"fill-in"``."""
        return KINDS[type(self)]


@dataclass(frozen=True, slots=True)
class SingleChoice(Question):
    """Exactly one option is right."""

    options: tuple[Option, ...]
    shuffle: bool = True


@dataclass(frozen=True, slots=True)
class MultipleChoice(Question):
    """One or more options are right."""

    options: tuple[Option, ...]
    scoring: Scoring = Scoring.ALL_OR_NOTHING
    shuffle: bool = True


@dataclass(frozen=True, slots=True)
class TrueFalse(Question):
    """A statement to agree with or not."""

    correct: bool
    feedback: Markup | None = None


@dataclass(frozen=True, slots=True)
class Numeric(Question):
    """A number, within a tolerance, in one of the units offered."""

    answer: Fraction
    tolerance: Fraction
    units: tuple[tuple[str, Fraction], ...] = ()
    """Unit and how many of the first unit it is; the first has factor 1. Empty: no unit.
    One: shown beside the field. Several: the learner chooses."""
    feedback: Markup | None = None


@dataclass(frozen=True, slots=True)
class Matching(Question):
    """Pairs to be put together again. Targets are named ``t1``, ``t2`` … in ``targets``."""

    pairs: tuple[Pair, ...]
    distractors: tuple[Markup, ...] = ()
    scoring: Scoring = Scoring.ALL_OR_NOTHING
    feedback: Markup | None = None

    @property
    def targets(self) -> tuple[tuple[str, Markup], ...]:
        """Give all right-hand sides with their ids in the author's order, distractors last.

        The target of the n-th pair is ``t<n>``; distractors go on counting.
        """
        texts = [pair.right for pair in self.pairs] + list(self.distractors)
        return tuple((f"t{number}", text) for number, text in enumerate(texts, start=1))


@dataclass(frozen=True, slots=True)
class Ordering(Question):
    """Steps to be put in order; ``items`` stand in the right one."""

    items: tuple[Option, ...]
    scoring: Scoring = Scoring.ALL_OR_NOTHING
    feedback: Markup | None = None


@dataclass(frozen=True, slots=True)
class FillIn(Question):
    """A word or a short text."""

    accept: tuple[str, ...]
    case_matters: bool = False
    feedback: Markup | None = None


@dataclass(frozen=True, slots=True)
class Scenario(Question):
    """A case with several questions about it; its points are theirs, added up."""

    questions: tuple[Question, ...]


KINDS: Mapping[type[Question], str] = {
    SingleChoice: "single",
    MultipleChoice: "multiple",
    TrueFalse: "true-false",
    Numeric: "numeric",
    Matching: "matching",
    Ordering: "ordering",
    FillIn: "fill-in",
    Scenario: "scenario",
}

# What is given to a question, and what it earns


@dataclass(frozen=True, slots=True)
class Response:
    """What was given to a question, not yet judged.

    ``given`` by kind: option ids (single, multiple), ``("true",)`` or ``("false",)`` (true-false),
    ``(number, unit)`` as typed (numeric), ``("<pair id>=<target id>", ...)`` (matching), item ids
    in the order given (ordering), ``(text,)`` (fill-in). A scenario has ``parts`` instead, one for
    each question answered. Empty: nothing was given.
    """

    question_id: str
    given: tuple[str, ...] = ()
    parts: tuple[Response, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Say whether nothing was given at all."""
        return not self.given and all(part.is_empty for part in self.parts)


@dataclass(frozen=True, slots=True)
class Mark:
    """What a response earned: 0 <= points <= maximum, exact."""

    question_id: str
    points: Fraction
    maximum: int
    correct: bool
    feedback: tuple[Markup, ...] = ()
    parts: tuple[Mark, ...] = ()
