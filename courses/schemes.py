"""CertificateScheme: what is certified, what must be proven, who approves, how long it holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from courses.cards import SkillCard


class SchemeKind(StrEnum):
    """What a certificate says; each kind has words, colour and numbers of its own."""

    ATTENDANCE = "attendance"
    EXAM = "exam"
    EVIDENCE = "evidence"
    """Work evidence, judged by an assessor."""
    MICRO_CREDENTIAL = "micro-credential"
    """With all mandatory elements of the Council Recommendation 2022/C 243/02, annex I."""
    TRAINER = "trainer"
    TRAINING_BODY = "training-body"


SERIES: Mapping[SchemeKind, str] = {
    SchemeKind.ATTENDANCE: "AT",
    SchemeKind.EXAM: "EX",
    SchemeKind.EVIDENCE: "EV",
    SchemeKind.MICRO_CREDENTIAL: "MC",
    SchemeKind.TRAINER: "TR",
    SchemeKind.TRAINING_BODY: "TB",
}
"""The middle of a number in the register, such as ``ASA-EX-2026-000123``."""


class Route(StrEnum):
    """How somebody proves what a scheme asks for."""

    COURSE = "course"
    """Every item of a course done, seen by the tool itself."""
    EXAM = "exam"
    """The exam of a course, taken in the tool."""
    ASSESSMENT = "assessment"
    """Work evidence, uploaded and judged by an assessor."""
    ENTRY = "entry"
    """Entered by an officer: a classroom list, a paper exam, a checklist."""
    TAKEN_OVER = "taken-over"
    """An earlier record of another register, taken over."""


@dataclass(frozen=True, slots=True)
class Recognition:
    """What the Council Recommendation wants to be told; empty where nobody has declared it.

    Source: Council Recommendation of 16 June 2022 (2022/C 243/02), annex I.
    """

    workload_hours: Fraction | None = None
    ects: Fraction | None = None
    level: str = ""
    """EQF or QF-EHEA level as declared by its owner, such as ``EQF 5``, or ``not applicable``."""
    assessment: str = ""
    """Type of assessment."""
    participation: str = ""
    """Form of participation, such as ``online``."""
    quality: str = ""
    """Type of quality assurance."""
    supervision: str = ""
    """How the assessment was supervised and identity verified; optional there, always told here."""
    prerequisites: str = ""


@dataclass(frozen=True, slots=True)
class CertificateScheme:
    """A scheme in one state of its content."""

    id: str
    version: str
    kind: SchemeKind
    title: str
    """What the certificate is about, such as ``Automotive Cybersecurity Engineer``."""
    languages: tuple[str, ...]
    """In which certificates can be printed; the first one unless the holder chooses."""
    card: SkillCard | None
    """None for attendance without a card, and for training bodies."""
    courses: tuple[str, ...]
    """Ids of courses of which any one proves it by its exam or by being done."""
    routes: frozenset[Route]
    pass_share: Fraction
    """Of each element, compared exactly: points >= share x asked."""
    exam_elements: Mapping[str, str]
    """Code of each of the card's elements -> id of the exam's element that proves it."""
    keep_elements_months: int
    """How long a passed element counts towards a later exam; 0: all in one sitting."""
    approvers: int
    """0 nobody, 1 one officer, 2 a second officer as well."""
    assessors: int
    """How many assessors judge work evidence; 0 where there is none."""
    validity_months: int | None
    """None: no end."""
    retention_years: int
    """How long personal content is kept after the end of validity, or after issue where none is."""
    outcomes: tuple[str, ...]
    """Learning outcomes, in sentences."""
    requires: tuple[str, ...]
    """Ids of schemes whose certificate the holder must hold (trainers)."""
    checklist: tuple[str, ...]
    """What an officer confirms at entry, in sentences (trainers, training bodies)."""
    recognition: Recognition
    notices: tuple[str, ...]
    """Sentences printed on it, such as that it does not authorise practical work."""
    source: str
    """Where its rules come from, in a sentence for officers."""
    fingerprint: str
    """SHA-256 of its content and its card's, in hex."""

    @property
    def series(self) -> str:
        """Give the middle of its numbers."""
        return SERIES[self.kind]
