"""From a case and its scheme to the facts of a certificate: pure, and for ever."""

from __future__ import annotations

import calendar
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from fractions import Fraction
from typing import Any
from uuid import UUID

from courses.cards import SkillCard
from courses.schemes import CertificateScheme, Recognition, Route, SchemeKind
from courses.skills import Framework
from lti_tool.certification.facts import Facts, Issuer, UnitFact

ELSEWHERE = frozenset({Route.ENTRY.value, Route.TAKEN_OVER.value})
OF_THE_PROOF = ("assessment", "participation", "supervision", "quality")
"""What is declared of how a proof comes about."""
DECLARED_OF_THE_TOOL = frozenset(SchemeKind) - {SchemeKind.TRAINER, SchemeKind.TRAINING_BODY}


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """What the register gave a certificate, and the random names that go with it."""

    certificate_id: UUID
    number: str
    code: str
    verify_url: str
    issued_on: date
    time_zone: str
    """In which its days are told."""
    status_list: int
    status_index: int
    credential_id: UUID
    subject_id: UUID
    is_test: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """What a case says of its candidate."""

    name: str
    is_organisation: bool
    language: str
    route: str
    units: tuple[UnitFact, ...]
    examined_on: date | None
    particulars: dict[str, Any]
    """As an officer entered them."""
    renews: str = ""
    """Number of the certificate that it renews."""


def facts_of(
    place: Place,
    candidate: Candidate,
    scheme: CertificateScheme,
    issuer: Issuer,
    framework: Framework,
) -> Facts:
    """Freeze everything that a certificate says."""
    card, told, languages = scheme.card, candidate.particulars, scheme.languages
    recognition = recognition_of(scheme, candidate.route, told)
    return Facts(
        certificate_id=place.certificate_id,
        kind=scheme.kind,
        language=candidate.language if candidate.language in languages else languages[0],
        number=place.number,
        code=place.code,
        verify_url=place.verify_url,
        holder_name=candidate.name,
        holder_is_organisation=candidate.is_organisation,
        title=scheme.title,
        scheme_id=scheme.id,
        scheme_version=scheme.version,
        scheme_fingerprint=scheme.fingerprint,
        card_id=card.id if card else "",
        card_version=card.version if card else "",
        card_title=card.title if card else "",
        card_fingerprint=card.fingerprint if card else "",
        esco=esco_of(card, framework),
        issuer=issuer,
        exam_body=_told(told, "exam_body"),
        training_body=_told(told, "training_body"),
        trainer=_told(told, "trainer"),
        route=candidate.route,
        taken_over_from=_taken_over(candidate.route, told),
        units=candidate.units,
        pass_share=str(scheme.pass_share) if is_examined(scheme, candidate.route) else "",
        outcomes=scheme.outcomes,
        workload_hours=decimal(recognition.workload_hours),
        ects=decimal(recognition.ects),
        level=recognition.level,
        assessment=recognition.assessment,
        participation=recognition.participation,
        supervision=recognition.supervision,
        quality=recognition.quality,
        declared=tuple((name, getattr(scheme.recognition, name)) for name in OF_THE_PROOF),
        prerequisites=recognition.prerequisites,
        notices=scheme.notices,
        examined_on=candidate.examined_on,
        issued_on=place.issued_on,
        valid_from=place.issued_on,
        time_zone=place.time_zone,
        valid_until=last_day(place.issued_on, scheme.validity_months),
        renews=candidate.renews,
        status_list=place.status_list,
        status_index=place.status_index,
        credential_id=place.credential_id,
        subject_id=place.subject_id,
        is_test=place.is_test,
    )


def corrected(place: Place, before: Facts, *, name: str, language: str) -> Facts:
    """Freeze a correction: another name, number and day of issue; all else as it was."""
    return replace(
        before,
        certificate_id=place.certificate_id,
        language=language,
        number=place.number,
        code=place.code,
        verify_url=place.verify_url,
        holder_name=name,
        issued_on=place.issued_on,
        supersedes=before.number,
        status_list=place.status_list,
        status_index=place.status_index,
        credential_id=place.credential_id,
        subject_id=place.subject_id,
        is_test=place.is_test,
    )


def last_day(begins: date, months: int | None) -> date | None:
    """Give the last day of a time of whole months; None: it has no end.

    It is the day before the same day of the month; where that month has no such day, its last one.
    """
    if months is None:
        return None
    year, month = divmod(begins.year * 12 + begins.month - 1 + months, 12)
    days = calendar.monthrange(year, month + 1)[1]
    if begins.day > days:
        return date(year, month + 1, days)
    return date(year, month + 1, begins.day) - timedelta(days=1)


def decimal(number: Fraction | None) -> str:
    """Write a number as it is printed: ``20``, ``2.5``; two decimals at most."""
    if number is None:
        return ""
    return f"{float(number):.2f}".rstrip("0").rstrip(".")


def recognition_of(scheme: CertificateScheme, route: str, told: dict[str, Any]) -> Recognition:
    """Give what is declared of the proof: of one made elsewhere, only what an officer entered.

    What a scheme declares is true of the courses and exams of the tool, and of nothing else.
    """
    if route not in ELSEWHERE or scheme.kind not in DECLARED_OF_THE_TOOL:
        return scheme.recognition
    own: dict[str, Any] = {name: _told(told, name) for name in OF_THE_PROOF}
    return replace(scheme.recognition, **own)


def esco_of(card: SkillCard | None, framework: Framework) -> tuple[tuple[str, str], ...]:
    """Give what a card aligns with in the European classification: the job role, then skills."""
    if card is None:
        return ()
    role = framework.job_roles.get(card.job_role)
    skills = (framework.skills.get(each) for each in card.skills)
    found = [(each.title, each.esco) for each in (role, *skills) if each is not None and each.esco]
    return tuple(found)


def is_examined(scheme: CertificateScheme, route: str) -> bool:
    """Say whether elements are passed by points, so that the share is printed."""
    kinds = {SchemeKind.EXAM, SchemeKind.MICRO_CREDENTIAL}
    return scheme.kind in kinds and route != Route.ASSESSMENT and scheme.card is not None


def _taken_over(route: str, told: dict[str, Any]) -> str:
    if route != Route.TAKEN_OVER:
        return ""
    return _joined((_told(told, "earlier_register"), _told(told, "earlier_number")))


def _joined(parts: Iterable[str]) -> str:
    return " ".join(part for part in parts if part)


def _told(told: dict[str, Any], key: str) -> str:
    return str(told.get(key) or "")
