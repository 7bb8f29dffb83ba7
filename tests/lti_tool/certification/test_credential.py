"""What a credential says, and what we find when somebody shows one."""

from __future__ import annotations

import base64
import itertools
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest

from courses.schemes import SchemeKind
from lti_tool.certification import badge_keys, baking, key_acts
from lti_tool.certification.credential import credential_of, make_credential, make_jwt
from lti_tool.certification.credential_checks import (
    CredentialFinding,
    CredentialReport,
    check_credential,
)
from lti_tool.certification.did import did_of, method_of
from lti_tool.certification.facts import ElementFact, Issuer, UnitFact
from lti_tool.certification.humans import WORKER
from lti_tool.db import Database
from lti_tool.settings import Settings
from tests.cast import NOON
from tests.lti_tool.certification.badges import Body
from tests.lti_tool.certification.shelves import make_facts

URL = "https://tool.example.org"
GENUINE, CHANGED = CredentialFinding.GENUINE, CredentialFinding.CHANGED
FOREIGN, DISTRUSTED = CredentialFinding.FOREIGN, CredentialFinding.DISTRUSTED


@pytest.fixture
def body(settings: Settings, database: Database, tmp_path: Path) -> Body:
    """Give a body that issues."""
    own = replace(settings, keys_dir=tmp_path / "keys", development_keys=True)
    return Body(own, database, NOON)


@pytest.fixture
def check(body: Body) -> Callable[[bytes], CredentialReport]:
    """Give what finds out about a file, with the keys as they stand."""

    def look(content: bytes) -> CredentialReport:
        with body.database.read() as session:
            records = badge_keys.list_records(session, badge_keys.BADGE_PURPOSES)
        return check_credential(content, records, body.url)

    return look


# What it says


def test_a_credential_says_who_what_when_and_where_to_ask() -> None:
    facts = make_facts(
        uuid4(),
        time_zone="Europe/Brussels",
        level="EQF level 6",
        ects="2.5",
        esco=(("ICT security engineer", "http://data.europa.eu/esco/occupation/1"),),
        status_index=94_567,
        issuer=Issuer("Demonstration body", "BE", email="office@body.example"),
    )

    made = credential_of(facts, URL)

    subject, achieved = made["credentialSubject"], made["credentialSubject"]["achievement"]
    assert made["@context"] == [
        "https://www.w3.org/ns/credentials/v2",
        "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json",
        "https://purl.imsglobal.org/spec/ob/v3p0/extensions.json",
    ]
    assert made["id"] == f"urn:uuid:{facts.credential_id}"
    assert made["issuer"] == {
        "id": "did:web:tool.example.org",
        "type": ["Profile"],
        "name": "Demonstration body",
        "url": URL,
        "email": "office@body.example",
    }
    assert (made["validFrom"], made["validUntil"]) == (
        "2026-11-01T23:00:00Z",
        "2029-11-01T22:59:59Z",
    )
    assert made["credentialStatus"] == {
        "id": f"{URL}/status/1/revocation#94567",
        "type": "BitstringStatusListEntry",
        "statusPurpose": "revocation",
        "statusListIndex": "94567",
        "statusListCredential": f"{URL}/status/1/revocation",
    }
    assert subject["id"] == f"urn:uuid:{facts.subject_id}"
    assert subject["licenseNumber"] == facts.number
    assert subject["identifier"][0]["identityHash"] == facts.holder_name
    assert subject["result"] == [
        {
            "type": ["Result"],
            "resultDescription": f"{achieved['id']}#U1.E1",
            "status": "Completed",
            "value": "83.33",
        },
        {
            "type": ["Result"],
            "resultDescription": f"{achieved['id']}#U1.E2",
            "status": "Completed",
            "value": "100",
        },
    ]
    assert [each["requiredValue"] for each in achieved["resultDescription"]] == ["66.66"] * 2
    assert achieved["id"] == f"{URL}/achievements/capitals-exam/1.0-ffffffff"
    assert [(each["targetType"], each["targetUrl"]) for each in achieved["alignment"]] == [
        ("ext:SkillCard", f"{achieved['id']}#card"),
        ("ext:EQFLevel", "http://data.europa.eu/snb/eqf/6"),
        ("ext:ESCOOccupation", "http://data.europa.eu/esco/occupation/1"),
    ]
    assert (achieved["creditsAvailable"], subject["creditsEarned"]) == (2.5, 2.5)


@pytest.mark.parametrize("level", ["", "not applicable", "QF-EHEA second cycle"])
def test_no_level_is_claimed_that_nobody_declared(level: str) -> None:
    made = credential_of(make_facts(uuid4(), level=level), URL)

    aligned = made["credentialSubject"]["achievement"]["alignment"]
    assert [each["targetType"] for each in aligned] == ["ext:SkillCard"]


def test_a_share_that_just_passed_never_looks_like_one_that_failed() -> None:
    element = ElementFact("U1.E1", "Just passed", True, "2", 3)
    made = credential_of(make_facts(uuid4(), units=(UnitFact("U1", "", (element,)),)), URL)

    subject = made["credentialSubject"]
    required = subject["achievement"]["resultDescription"][0]["requiredValue"]
    assert subject["result"][0]["value"] == required == "66.66"


def test_the_last_day_counts_whole_where_the_clocks_change_in_between() -> None:
    day = date(2027, 3, 28)
    made = credential_of(make_facts(uuid4(), valid_until=day, time_zone="Europe/Brussels"), URL)

    assert made["validUntil"] == "2027-03-28T21:59:59Z"
    assert ZoneInfo("Europe/Brussels").key == "Europe/Brussels"


def test_attendance_and_exam_are_never_confused() -> None:
    said = {}
    for kind in (SchemeKind.ATTENDANCE, SchemeKind.EXAM):
        made = credential_of(make_facts(uuid4(), kind=kind, units=(), pass_share=""), URL)
        said[kind] = made["credentialSubject"]["achievement"]

    assert said[SchemeKind.ATTENDANCE]["achievementType"] == "CertificateOfCompletion"
    assert "Nothing was examined" in said[SchemeKind.ATTENDANCE]["description"]
    assert said[SchemeKind.EXAM]["achievementType"] == "Certification"
    assert "result" not in made["credentialSubject"]


def test_what_has_no_end_says_none_and_what_development_keys_sign_says_test() -> None:
    made = credential_of(make_facts(uuid4(), valid_until=None, is_test=True), URL)

    assert "validUntil" not in made
    assert made["name"] == "TEST, not valid: Capitals of the world"


@pytest.mark.parametrize(
    ("url", "did"),
    [
        ("https://learn.example.org", "did:web:learn.example.org"),
        ("http://127.0.0.1:8000", "did:web:127.0.0.1%3A8000"),
    ],
)
def test_our_name_is_made_of_our_host(url: str, did: str) -> None:
    assert did_of(url) == did
    assert method_of(url, "2026-a") == f"{did}#2026-a"


# The same as a JWT


def test_the_jwt_says_the_same_and_its_claims_agree(body: Body) -> None:
    facts = make_facts(uuid4())
    keys = body.keys()

    head, claims, _signature = make_jwt(facts, URL, keys).split(".")
    header, said = (
        json.loads(base64.urlsafe_b64decode(each + "=" * (-len(each) % 4)))
        for each in (head, claims)
    )

    own = {name: said.pop(name) for name in ("iss", "jti", "sub", "nbf", "exp")}
    assert header == {"alg": "RS256", "kid": f"{URL}/keys/{keys.rsa_kid}", "typ": "JWT"}
    assert said == credential_of(facts, URL)
    assert own == {
        "iss": "did:web:tool.example.org",
        "jti": f"urn:uuid:{facts.credential_id}",
        "sub": f"urn:uuid:{facts.subject_id}",
        "nbf": 1793577600,
        "exp": 1888271999,
    }


# Somebody shows one


def test_a_credential_of_ours_is_known_in_all_its_forms(
    body: Body, check: Callable[[bytes], CredentialReport]
) -> None:
    facts, badge, jwt = body.issue()
    keys = body.keys()

    found = [
        check(content)
        for content in (badge, jwt.encode(), baking.bake_badge(facts, badge), b"\n " + badge)
    ]

    assert [each.finding for each in found] == [GENUINE] * 4
    assert {each.credential_id for each in found} == {facts.credential_id}
    assert [each.kid for each in found] == [keys.kid, keys.rsa_kid, keys.kid, keys.kid]
    assert all(each.is_test for each in found)
    assert found[0].document["credentialSubject"]["licenseNumber"] == facts.number


def test_a_credential_that_somebody_changed_is_told_apart(
    body: Body, check: Callable[[bytes], CredentialReport]
) -> None:
    _facts, badge, jwt = body.issue()
    document = json.loads(badge)
    head, claims, signature = jwt.split(".")

    found = [
        check(content)
        for content in (
            badge.replace(b"83.33", b"99.99"),
            json.dumps({**document, "distinction": "summa cum laude"}).encode(),
            json.dumps({**document, "@context": document["@context"][::-1]}).encode(),
            f"{head}.{claims[:-4]}AAAA.{signature}".encode(),
        )
    ]

    assert [each.finding for each in found] == [CHANGED] * 4
    assert all(each.credential_id is None and not each.document for each in found)


def test_a_word_that_stands_twice_fools_nobody(
    body: Body, check: Callable[[bytes], CredentialReport]
) -> None:
    _facts, badge, _jwt = body.issue()
    doubled = badge.replace(b'"licenseNumber"', b'"licenseNumber": "ASA-1", "licenseNumber"', 1)

    assert json.loads(doubled) == json.loads(badge)
    assert check(doubled).finding is FOREIGN


def test_what_a_key_signed_that_others_may_have_is_distrusted(
    body: Body, check: Callable[[bytes], CredentialReport]
) -> None:
    _facts, badge, jwt = body.issue()
    keys = body.keys()

    with body.database.begin() as session:
        for kid in (keys.kid, keys.rsa_kid):
            key_acts.compromise(session, kid, body.url, hand=WORKER, now=NOON)

    assert [check(each).finding for each in (badge, jwt.encode())] == [DISTRUSTED] * 2


def test_a_credential_of_somebody_else_is_none_of_ours(
    body: Body, check: Callable[[bytes], CredentialReport]
) -> None:
    facts, badge, jwt = body.issue()
    keys = body.keys()
    elsewhere = make_credential(facts, "https://other.example.org", keys, NOON)
    stranger = replace(keys, kid="2026-unknown")
    unknown = make_credential(facts, body.url, stranger, NOON)
    _head, claims, signature = jwt.split(".")
    none = base64.urlsafe_b64encode(b'{"alg":"none","typ":"JWT"}').decode().rstrip("=")

    found = [
        check(content)
        for content in (
            elsewhere,
            unknown,
            f"{none}.{claims}.".encode(),
            f"{none}.{claims}.{signature}".encode(),
            badge[:-40],
        )
    ]

    assert [each.finding for each in found] == [FOREIGN] * 5


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{}",
        b"[]",
        b"{",
        b"a.b.c",
        b"\xff\xfe",
        b"{" * 5000,
        b'{"a":' * 5000 + b"1" + b"}" * 5000,
        b'{"proof": 7}',
        b'{"proof": [{"verificationMethod": 3}]}',
        b"x" * 300_000,
        baking.SIGNATURE,
        baking.SIGNATURE + b"\0\0\0\xffiTXt",
        baking.SIGNATURE + b"\xff\xff\xff\xffiTXt" + b"\0" * 40,
    ],
    ids=itertools.count(),
)
def test_no_file_makes_the_check_fall(
    check: Callable[[bytes], CredentialReport], content: Any
) -> None:
    assert check(content).finding is FOREIGN
