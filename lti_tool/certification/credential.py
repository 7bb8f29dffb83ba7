"""A certificate as a program reads it: Open Badges 3.0, signed inside, and the same as a JWT.

Source: Open Badges 3.0 (1EdTech, 2024), B.1 and 8.2; Verifiable Credentials Data Model 2.0 (W3C).
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256

from courses.schemes import Route
from lti_tool.certification import contexts, cryptosuite
from lti_tool.certification.achievements import (
    achievement_of,
    address_of,
    elements_of,
    number_of,
    percent,
    result_id,
)
from lti_tool.certification.badge_keys import BadgeKeys
from lti_tool.certification.did import did_of, method_of
from lti_tool.certification.facts import ElementFact, Facts, Issuer

WORDS = (contexts.CREDENTIALS, contexts.OPEN_BADGES, contexts.EXTENSIONS)
"""In this order; without the third, verifiers refuse the kind of schema that we name."""
SCHEMA = (
    "https://purl.imsglobal.org/spec/ob/v3p0/schema/json/ob_v3p0_achievementcredential_schema.json"
)
TEST = "TEST, not valid: "
"""Stands before the name of what development keys sign."""
PROVEN_BY = {
    Route.COURSE: "The course was done in the learning tool, every part of it.",
    Route.EXAM: "Exam in the learning tool.",
    Route.ASSESSMENT: "Work evidence, judged by assessors element by element.",
    Route.ENTRY: "Entered by an officer of the issuer from a paper or classroom record.",
    Route.TAKEN_OVER: "Taken over from an earlier register.",
}


def make_credential(facts: Facts, base_url: str, keys: BadgeKeys, now: datetime) -> bytes:
    """Give the signed credential of a certificate, as it is attached and handed out.

    Args:
        facts: what it says.
        base_url: public address of the tool; its host is the issuer's name.
        keys: that sign now.
        now: moment of signing.

    Raises:
        NotCoveredError: it would say something that no signature covers.
    """
    method = method_of(base_url, keys.kid)
    signed = cryptosuite.sign(credential_of(facts, base_url), keys.ed25519, method=method, now=now)
    return json.dumps(signed, ensure_ascii=False, indent=1).encode()


def make_jwt(facts: Facts, base_url: str, keys: BadgeKeys) -> str:
    """Give the credential of a certificate as a JWT (RS256), for programs that take only that.

    Source: Open Badges 3.0, 8.2.2: the header holds ``alg``, ``kid`` and ``typ`` and nothing else.
    """
    credential = credential_of(facts, base_url)
    claims = {
        **credential,
        "iss": credential["issuer"]["id"],
        "jti": credential["id"],
        "sub": credential["credentialSubject"]["id"],
        "nbf": _seconds(credential["validFrom"]),
    }
    if "validUntil" in credential:
        claims["exp"] = _seconds(credential["validUntil"])
    signed = jwt_beginning(base_url, keys.rsa_kid) + _part(claims)
    signature = keys.rsa.sign(signed.encode(), PKCS1v15(), SHA256())
    return f"{signed}.{_base64url(signature)}"


def jwt_beginning(base_url: str, kid: str) -> str:
    """Give how every JWT that a key signed begins."""
    return _part({"alg": "RS256", "kid": key_address(base_url, kid), "typ": "JWT"}) + "."


def key_address(base_url: str, kid: str) -> str:
    """Give the address of a public key as a JWK."""
    return f"{base_url}/keys/{kid}"


def status_address(base_url: str, number: int, purpose: str) -> str:
    """Give the address of a status list."""
    return f"{base_url}/status/{number}/{purpose}"


def credential_of(facts: Facts, base_url: str) -> dict[str, Any]:
    """Give the credential of a certificate, not yet signed."""
    zone = ZoneInfo(facts.time_zone)
    made: dict[str, Any] = {
        "@context": list(WORDS),
        "id": f"urn:uuid:{facts.credential_id}",
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "name": f"{TEST if facts.is_test else ''}{facts.title}",
        "description": _description(facts),
        "issuer": _issuer(facts.issuer, base_url),
        "validFrom": _begin_of(facts.valid_from, zone),
        "awardedDate": _begin_of(facts.issued_on, zone),
    }
    if facts.valid_until is not None:
        made["validUntil"] = _end_of(facts.valid_until, zone)
    return {
        **made,
        "credentialSubject": _subject(facts, base_url, zone),
        "evidence": [_evidence(facts)],
        "credentialStatus": _status(facts, base_url),
        "credentialSchema": [{"id": SCHEMA, "type": "1EdTechJsonSchemaValidator2019"}],
    }


def _description(facts: Facts) -> str:
    told = [f"Certificate {facts.number}. Check it at {facts.verify_url}"]
    if facts.supersedes:
        told.append(f"It takes the place of {facts.supersedes}, which was corrected.")
    if facts.renews:
        told.append(f"It renews {facts.renews}.")
    return "\n\n".join((*told, *facts.notices))


def _issuer(issuer: Issuer, base_url: str) -> dict[str, Any]:
    told = {"name": issuer.name, "url": issuer.url or base_url, "email": issuer.email}
    named = {key: value for key, value in told.items() if value}
    return {"id": did_of(base_url), "type": ["Profile"], **named}


def _subject(facts: Facts, base_url: str, zone: ZoneInfo) -> dict[str, Any]:
    """Give who achieved what; the id is random, so that badges of one holder cannot be joined."""
    made: dict[str, Any] = {
        "id": f"urn:uuid:{facts.subject_id}",
        "type": ["AchievementSubject"],
        "identifier": [
            {
                "type": "IdentityObject",
                "hashed": False,
                "identityHash": facts.holder_name,
                "identityType": "name",
            }
        ],
        "licenseNumber": facts.number,
        "achievement": achievement_of(facts, base_url),
    }
    if facts.examined_on is not None:
        made["activityEndDate"] = _begin_of(facts.examined_on, zone)
    if facts.ects:
        made["creditsEarned"] = number_of(facts.ects)
    address = address_of(facts, base_url)
    results = [_result(element, address) for element in elements_of(facts)]
    if results:
        made["result"] = results
    return made


def _result(element: ElementFact, address: str) -> dict[str, Any]:
    made: dict[str, Any] = {
        "type": ["Result"],
        "resultDescription": result_id(address, element),
        "status": "Completed" if element.passed else "Failed",
    }
    if element.points and element.asked:
        made["value"] = percent(Fraction(element.points) / element.asked)
    elif element.rating:
        made["value"] = element.rating
    return made


def _evidence(facts: Facts) -> dict[str, Any]:
    told = (
        ("", PROVEN_BY[Route(facts.route)] if facts.route else ""),
        ("Earlier record", facts.taken_over_from),
        ("Assessment", facts.assessment),
        ("Participation", facts.participation),
        ("Supervision and identity", facts.supervision),
        ("Quality assurance", facts.quality),
        ("Examination body", facts.exam_body),
        ("Training body", facts.training_body),
        ("Trainer", facts.trainer),
    )
    lines = [f"{name}: {text}" if name else text for name, text in told if text]
    return {
        "type": ["Evidence"],
        "name": f"Register entry {facts.number}",
        "narrative": "\n\n".join(lines) or "As it stands in the issuer's register.",
    }


def _status(facts: Facts, base_url: str) -> dict[str, Any]:
    """Say where to look whether it still counts; Open Badges 3.0 allows for one place."""
    listed = status_address(base_url, facts.status_list, "revocation")
    return {
        "id": f"{listed}#{facts.status_index}",
        "type": "BitstringStatusListEntry",
        "statusPurpose": "revocation",
        "statusListIndex": str(facts.status_index),
        "statusListCredential": listed,
    }


def _begin_of(day: date, zone: ZoneInfo) -> str:
    return cryptosuite.written(datetime.combine(day, time(), zone))


def _end_of(day: date, zone: ZoneInfo) -> str:
    """Write the last second of a day: the last day counts whole."""
    after = datetime.combine(day + timedelta(days=1), time(), zone).astimezone(UTC)
    return cryptosuite.written(after - timedelta(seconds=1))


def _seconds(moment: str) -> int:
    return int(datetime.fromisoformat(moment).timestamp())


def _part(content: Mapping[str, Any]) -> str:
    return _base64url(json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode())


def _base64url(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()
