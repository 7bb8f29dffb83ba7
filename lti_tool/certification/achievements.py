"""What was achieved, as every credential says it: the Achievement of Open Badges 3.0.

It is the same for all holders of a scheme in one state of its content, lies at an address of its
own, and is kept in a table from the first certificate on, so that the address answers for as long
as certificates lead there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from typing import Any

from sqlalchemy.orm import Session

from courses.schemes import SchemeKind
from lti_tool.certification.facts import ElementFact, Facts
from lti_tool.certification.register_models import Achievement

TYPES = {
    SchemeKind.ATTENDANCE: "CertificateOfCompletion",
    SchemeKind.EXAM: "Certification",
    SchemeKind.EVIDENCE: "Certification",
    SchemeKind.MICRO_CREDENTIAL: "MicroCredential",
    SchemeKind.TRAINER: "Certification",
    SchemeKind.TRAINING_BODY: "QualityAssuranceCredential",
}
"""Of Open Badges' own list of kinds."""
SAYS = {
    SchemeKind.ATTENDANCE: "Certificate of attendance: the holder took part. Nothing was examined.",
    SchemeKind.EXAM: "Certificate of an exam: the holder passed every element of it.",
    SchemeKind.EVIDENCE: "Certificate by work evidence: assessors judged the holder's own work.",
    SchemeKind.MICRO_CREDENTIAL: "Micro-credential (Council Recommendation 2022/C 243/02).",
    SchemeKind.TRAINER: "Certificate of a trainer: the holder may train for the titled programme.",
    SchemeKind.TRAINING_BODY: "Certificate of a training body.",
}
EQF = re.compile(r"EQF(?: level)? ?([1-8])", re.IGNORECASE)
EQF_URL = "http://data.europa.eu/snb/eqf/"
OCCUPATIONS = "/esco/occupation/"
VERSION = re.compile(r"[^A-Za-z0-9._-]+")


def version_of(facts: Facts) -> str:
    """Give the name of one state of a scheme's content in addresses, such as ``1.0-9f86d081``."""
    return f"{VERSION.sub('-', facts.scheme_version)}-{facts.scheme_fingerprint[:8]}"


def address_of(facts: Facts, base_url: str) -> str:
    """Give the address of what a certificate's scheme asks for."""
    return f"{base_url}/achievements/{facts.scheme_id}/{version_of(facts)}"


def achievement_of(facts: Facts, base_url: str) -> dict[str, Any]:
    """Give the Achievement of a certificate; nothing in it is about its holder.

    Source: Open Badges 3.0, B.1.2 (Achievement), B.1.4 (Alignment), B.1.22 (ResultDescription).
    """
    address = address_of(facts, base_url)
    made: dict[str, Any] = {
        "id": address,
        "type": ["Achievement"],
        "name": facts.title,
        "description": SAYS[facts.kind],
        "achievementType": TYPES[facts.kind],
        "criteria": {"id": f"{address}#criteria", "narrative": criteria_of(facts)},
        "humanCode": facts.card_id or facts.scheme_id,
        "version": facts.scheme_version,
        "inLanguage": facts.language,
        "image": {
            "id": f"{base_url}/badge-image/{facts.scheme_id}.png",
            "type": "Image",
            "caption": facts.title,
        },
    }
    if facts.ects:
        made["creditsAvailable"] = number_of(facts.ects)
    alignments = list(_alignments(facts, base_url, address))
    if alignments:
        made["alignment"] = alignments
    asked = [_asked(facts, element, address) for element in elements_of(facts)]
    if asked:
        made["resultDescription"] = asked
    return made


def criteria_of(facts: Facts) -> str:
    """Say in Markdown what must be proven, and how it is; of no holder's own proof."""
    lines, declared = [SAYS[facts.kind]], dict(facts.declared)
    if facts.pass_share:
        share = percent(Fraction(facts.pass_share))
        lines.append(f"At least {share} % of the points in every element.")
    if facts.outcomes:
        lines.append("Learning outcomes:\n" + "\n".join(f"- {each}" for each in facts.outcomes))
    told = (
        ("Skill card", " ".join((facts.card_title, facts.card_version)).strip()),
        ("Notional workload", f"{facts.workload_hours} hours" if facts.workload_hours else ""),
        ("Level", facts.level),
        ("Assessment", declared.get("assessment", "")),
        ("Participation", declared.get("participation", "")),
        ("Supervision and identity", declared.get("supervision", "")),
        ("Quality assurance", declared.get("quality", "")),
        ("Prerequisites", facts.prerequisites),
    )
    lines += [f"{name}: {text}" for name, text in told if text]
    return "\n\n".join((*lines, *facts.notices))


def elements_of(facts: Facts) -> list[ElementFact]:
    """Give the elements of all units, in order."""
    return [element for unit in facts.units for element in unit.elements]


def result_id(address: str, element: ElementFact) -> str:
    """Give the address of what is asked in one element."""
    return f"{address}#{VERSION.sub('-', element.code)}"


def percent(share: Fraction) -> str:
    """Write a share in percent with up to two decimals, rounded down, such as ``66.66``."""
    hundredths = int(share * 10_000)
    return f"{Decimal(hundredths) / 100:f}"


def number_of(text: str) -> int | float:
    """Read a number such as ``2`` or ``2.5``."""
    value = float(text)
    return int(value) if value.is_integer() else value


def keep(session: Session, facts: Facts, base_url: str) -> None:
    """Keep what a certificate's scheme asks for, where it is not kept yet; cheap."""
    version = version_of(facts)
    if session.get(Achievement, (facts.scheme_id, version)) is None:
        made = Achievement(
            scheme_id=facts.scheme_id,
            version=version,
            kind=facts.kind.value,
            first_used_on=facts.issued_on,
            document=achievement_of(facts, base_url),
        )
        session.merge(made)
        session.flush()


def _alignments(facts: Facts, base_url: str, address: str) -> Iterator[dict[str, Any]]:
    if facts.card_id:
        yield {
            "type": ["Alignment"],
            "targetName": facts.card_title or facts.card_id,
            "targetUrl": f"{address}#card",
            "targetType": "ext:SkillCard",
            "targetFramework": "Skill cards",
            "targetCode": f"{facts.card_id} {facts.card_version}".strip(),
        }
    declared = EQF.search(facts.level)
    if declared:
        level = declared.group(1)
        yield {
            "type": ["Alignment"],
            "targetName": f"EQF level {level}",
            "targetUrl": f"{EQF_URL}{level}",
            "targetType": "ext:EQFLevel",
            "targetFramework": "European Qualifications Framework",
            "targetCode": level,
        }
    for title, esco in facts.esco:
        yield {
            "type": ["Alignment"],
            "targetName": title,
            "targetUrl": esco,
            "targetType": "ext:ESCOOccupation" if OCCUPATIONS in esco else "ext:ESCOSkill",
            "targetFramework": "ESCO",
        }


def _asked(facts: Facts, element: ElementFact, address: str) -> dict[str, Any]:
    asked = {
        "id": result_id(address, element),
        "type": ["ResultDescription"],
        "name": f"{element.code} {element.title}".strip(),
    }
    if not facts.pass_share:
        return {**asked, "resultType": "Status"}
    required = percent(Fraction(facts.pass_share))
    return {
        **asked,
        "resultType": "Percent",
        "valueMin": "0",
        "valueMax": "100",
        "requiredValue": required,
    }
