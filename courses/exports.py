"""The catalogue for other catalogues: JSON-LD in two vocabularies, and CSV.

Each course is a ``Course`` of schema.org, and a ``LearningOpportunity`` of the European Learning
Model 3 with what is achieved by it. EQF levels and credits are left out: nobody has declared any.

Source: https://schema.org/Course; http://data.europa.eu/snb/model/elm/ (ELM 3, learning
opportunities).
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from courses.model import Course
from courses.scheme_reading import Schemes
from courses.schemes import SchemeKind
from courses.skills import framework

CONTEXT: dict[str, Any] = {
    "@vocab": "https://schema.org/",
    "elm": "http://data.europa.eu/snb/model/elm/",
    "dcterms": "http://purl.org/dc/terms/",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}
LANGUAGES = {
    "en": "ENG", "de": "DEU", "fr": "FRA", "es": "SPA", "it": "ITA", "pl": "POL", "cs": "CES",
    "sk": "SLK", "ro": "RON", "pt": "POR", "sv": "SWE", "hu": "HUN", "fi": "FIN", "nl": "NLD",
}  # fmt: skip
LANGUAGE = "http://publications.europa.eu/resource/authority/language/"
ESCO = "http://data.europa.eu/esco/"
COLUMNS = (
    "id", "title", "summary", "project", "topic", "level", "hours", "language",
    "certificates", "skills", "skill_uris", "job_roles", "job_role_uris", "audience", "licence",
    "version", "legal_status_on", "url",
)  # fmt: skip
CERTIFICATES = {
    SchemeKind.ATTENDANCE: "Certificate of attendance",
    SchemeKind.EXAM: "Certificate (exam)",
    SchemeKind.MICRO_CREDENTIAL: "Micro-credential",
}
"""Kinds that a course proves."""
NO_SCHEMES = Schemes(())


@dataclass(frozen=True, slots=True)
class Addresses:
    """How things of the catalogue are named and found."""

    name_of: Callable[[str], str]
    """Gives the name that lasts of a course by its id."""
    page_of: Callable[[str], str]
    """Gives the address of its public page."""
    provider: str
    """Name of the organisation."""
    provider_id: str
    """Address that stands for it."""


def json_ld(
    courses: Iterable[Course], addresses: Addresses, schemes: Schemes = NO_SCHEMES
) -> dict[str, Any]:
    """Give the whole catalogue as JSON-LD.

    Args:
        courses: in order.
        addresses: how they are named.
        schemes: what they lead to.
    """
    provider = {
        "@id": f"{addresses.provider_id}#provider",
        "@type": ["Organization", "elm:Organisation"],
        "name": addresses.provider,
        "elm:legalName": addresses.provider,
    }
    graph: list[dict[str, Any]] = [provider]
    for course in courses:
        told = _course(course, addresses)
        awarded = certificates_of(course, schemes)
        told |= {"educationalCredentialAwarded": awarded} if awarded else {}
        graph += [told, *_opportunity(course, addresses)]
    return {"@context": CONTEXT, "@graph": graph}


def _course(course: Course, addresses: Addresses) -> dict[str, Any]:
    made: dict[str, Any] = {
        "@id": addresses.name_of(course.id),
        "@type": "Course",
        "name": course.title,
        "description": course.summary,
        "url": addresses.page_of(course.id),
        "inLanguage": course.language,
        "version": course.version,
        "license": _licence(course),
        "educationalLevel": course.level.value,
        "timeRequired": duration(course.hours),
        "teaches": [_skill(each.skill, each.level.value) for each in course.teaches],
        "provider": {"@id": f"{addresses.provider_id}#provider"},
        "hasCourseInstance": {
            "@type": "CourseInstance",
            "courseMode": "online",
            "courseWorkload": duration(course.hours),
        },
        "syllabusSections": [
            {"@type": "Syllabus", "name": module.title, "timeRequired": duration(module.hours)}
            for module in course.modules
        ],
        "audience": _audiences(course),
    }
    told = {
        "about": course.topic.value if course.topic else "",
        "coursePrerequisites": course.prior_knowledge,
        "funding": course.funding,
    }
    return {**made, **{name: text for name, text in told.items() if text}}


def certificates_of(course: Course, schemes: Schemes) -> list[str]:
    """Give the words for what a course leads to; none where no scheme names it."""
    kinds = {each.kind for each in schemes.for_course(course.id)}
    return [words for kind, words in CERTIFICATES.items() if kind in kinds]


def _skill(skill_id: str, level: str) -> dict[str, Any]:
    skill = framework().skills[skill_id]
    made: dict[str, Any] = {
        "@type": "DefinedTerm",
        "name": skill.title,
        "termCode": skill.id,
        "educationalLevel": level,
    }
    if skill.esco:
        made |= {"@id": skill.esco, "inDefinedTermSet": ESCO}
    return made


def _audiences(course: Course) -> list[dict[str, Any]]:
    known = framework().job_roles
    made: list[dict[str, Any]] = []
    if course.audience:
        made.append({"@type": "EducationalAudience", "audienceType": course.audience})
    for role in (known[each] for each in course.job_roles if each in known):
        occupation: dict[str, Any] = {"@type": "Occupation", "name": role.title}
        if role.esco:
            occupation |= {"@id": role.esco, "occupationalCategory": role.esco_code}
        made.append({"@type": "EducationalAudience", "educationalRole": occupation})
    return made


def _opportunity(course: Course, addresses: Addresses) -> list[dict[str, Any]]:
    name = addresses.name_of(course.id)
    language = {"@id": f"{LANGUAGE}{LANGUAGES.get(course.language.partition('-')[0], 'ENG')}"}
    title = {"@language": course.language, "@value": course.title}
    achieved = {
        "@id": f"{name}#achievement",
        "@type": "elm:LearningAchievementSpecification",
        "dcterms:title": title,
        "dcterms:language": language,
        "elm:volumeOfLearning": {"@type": "xsd:duration", "@value": duration(course.hours)},
        "elm:learningOutcome": [*_outcomes(course, name)],
    }
    opportunity = {
        "@id": f"{name}#opportunity",
        "@type": "elm:LearningOpportunity",
        "dcterms:title": title,
        "dcterms:description": {"@language": course.language, "@value": course.summary},
        "elm:defaultLanguage": language,
        "elm:providedBy": {"@id": f"{addresses.provider_id}#provider"},
        "foaf:homepage": {"@id": addresses.page_of(course.id)},
        "elm:learningAchievementSpecification": {"@id": achieved["@id"]},
    }
    return [opportunity, achieved]


def _outcomes(course: Course, name: str) -> Iterable[dict[str, Any]]:
    known = framework().skills
    for module in course.modules:
        for outcome in module.outcomes:
            yield {
                "@id": f"{name}#{module.id}-{outcome.id}",
                "@type": "elm:LearningOutcome",
                "dcterms:title": {"@language": course.language, "@value": outcome.text},
            }
    for taught in course.teaches:
        skill = known[taught.skill]
        made: dict[str, Any] = {
            "@id": f"{name}#skill-{skill.id}",
            "@type": "elm:LearningOutcome",
            "dcterms:title": {"@language": "en", "@value": f"{skill.title} ({taught.level})"},
        }
        yield made | ({"elm:relatedESCOSkill": {"@id": skill.esco}} if skill.esco else {})


def as_csv(courses: Iterable[Course], addresses: Addresses, schemes: Schemes = NO_SCHEMES) -> str:
    """Give the catalogue as CSV, one course a line; lists are parted by semicolons."""
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    known = framework()
    for course in courses:
        skills = [(known.skills[each.skill], each.level.value) for each in course.teaches]
        roles = [known.job_roles[each] for each in course.job_roles if each in known.job_roles]
        row = {
            "id": course.id,
            "title": course.title,
            "summary": course.summary,
            "project": course.project,
            "topic": course.topic or "",
            "level": course.level.value,
            "hours": f"{float(course.hours):g}",
            "language": course.language,
            "certificates": "; ".join(certificates_of(course, schemes)),
            "skills": "; ".join(f"{skill.title} ({level})" for skill, level in skills),
            "skill_uris": "; ".join(skill.esco for skill, _ in skills if skill.esco),
            "job_roles": "; ".join(role.title for role in roles) or "; ".join(course.job_roles),
            "job_role_uris": "; ".join(role.esco for role in roles if role.esco),
            "audience": course.audience,
            "licence": course.licence,
            "version": course.version,
            "legal_status_on": course.legal_status_on or "",
            "url": addresses.page_of(course.id),
        }
        writer.writerow([_harmless(str(row[name])) for name in COLUMNS])
    return written.getvalue()


def _harmless(text: str) -> str:
    """Give a text that no spreadsheet takes for a formula."""
    return f"'{text}" if text[:1] in {"=", "+", "-", "@", "\t", "\r"} else text


def duration(hours: Fraction) -> str:
    """Give hours as ISO 8601 has them: ``PT24H``, ``PT1H30M``."""
    minutes = int(hours * 60)
    whole, rest = divmod(minutes, 60)
    return f"PT{whole}H" + (f"{rest}M" if rest else "") if whole or not rest else f"PT{rest}M"


def _licence(course: Course) -> str:
    known = {
        "CC-BY-4.0": "https://creativecommons.org/licenses/by/4.0/",
        "CC0-1.0": "https://creativecommons.org/publicdomain/zero/1.0/",
    }
    return known.get(course.licence, course.licence)
