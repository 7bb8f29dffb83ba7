"""Verifiers that nobody here wrote accept our badges, refuse changed ones, see revoked ones."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from lti_tool.certification import key_acts
from lti_tool.certification.badge_keys import BadgePurpose, make
from lti_tool.certification.humans import WORKER
from lti_tool.certification.register_models import CertificateState
from lti_tool.db import Database, utcnow
from lti_tool.settings import Settings
from tests.lti_tool.certification.badges import Body, fetched, judged

GOOD = {"valid_signature": True, "expiration": True, "revocation_status": True}


@pytest.fixture
def body(settings: Settings, database: Database, tmp_path: Path) -> Body:
    """Give a body that issues; the verifiers' clock is the real one."""
    own = replace(settings, keys_dir=tmp_path / "keys", development_keys=True)
    return Body(own, database, utcnow())


def changed(badge: bytes, old: str, new: str) -> dict[str, Any]:
    """Give a credential in which somebody wrote something else."""
    text = badge.decode()
    assert old in text
    made: dict[str, Any] = json.loads(text.replace(old, new))
    return made


def test_a_badge_is_accepted_and_every_change_of_it_refused(
    body: Body, client: FlaskClient
) -> None:
    facts, badge, jwt = body.issue()
    body.sign_lists()
    keys = body.keys()
    good = json.loads(badge)
    better = changed(badge, '"value": "83.33"', '"value": "100.00"')
    longer = changed(badge, '"validUntil": "2', '"validUntil": "3')
    adorned = {**good, "distinction": "summa cum laude"}
    head, claims, signature = jwt.split(".")
    forged = f"{head}.{claims[:-6]}{'A' if claims[-6] != 'A' else 'B'}{claims[-5:]}.{signature}"
    after = (body.now + timedelta(days=901)).isoformat()

    found = judged(
        fetched(client, body.url, keys.rsa_kid),
        {"with": "vc", "credential": good},
        {"with": "vc", "credential": better},
        {"with": "vc", "credential": longer},
        {"with": "vc", "credential": adorned},
        {"with": "vc", "credential": good, "now": after},
        {"with": "jose", "jwt": jwt},
        {"with": "jose", "jwt": forged},
        {"with": "jose", "jwt": jwt, "now": after},
        {"with": "core", "credential": good},
        {"with": "core", "credential": better},
        {"with": "core", "credential": adorned},
    )
    taken, scored, extended, praised, expired, token, token_forged, token_expired, *core = found

    assert taken == {"verified": True, "statuses": [False], "error": ""}
    assert (scored["verified"], extended["verified"]) == (False, False)
    assert "Invalid signature" in scored["error"]
    assert praised["verified"] is False
    assert expired["verified"] is False
    assert "validUntil" in expired["error"]
    assert token["verified"] is True
    assert token["header"] == {
        "alg": "RS256",
        "kid": f"{body.url}/keys/{keys.rsa_kid}",
        "typ": "JWT",
    }
    assert token["payload"]["credentialSubject"] == good["credentialSubject"]
    assert token["payload"]["sub"] == f"urn:uuid:{facts.subject_id}"
    assert token_forged == {"verified": False, "error": "ERR_JWS_SIGNATURE_VERIFICATION_FAILED"}
    assert token_expired == {"verified": False, "error": "ERR_JWT_EXPIRED"}
    assert GOOD.items() <= core[0]["steps"].items()
    assert core[1]["errors"] == ["invalid_signature"]
    assert core[2]["steps"].get("valid_signature") is not True


def test_a_badge_that_no_longer_counts_is_seen_by_its_status(
    body: Body, client: FlaskClient
) -> None:
    states = [
        CertificateState(each) for each in ("revoked", "suspended", "superseded", "withdrawn")
    ]
    issued = [body.issue() for _ in (*states, "kept")]
    body.sign_lists()

    for (facts, _badge, _jwt), state in zip(issued, states, strict=False):
        humans = {"suspended_human": facts.subject_id, "revoked_human": facts.credential_id}
        marks = {"suspended_at": body.now, "revoked_at": body.now, **humans}
        body.change(facts.certificate_id, state=state, **marks)
    body.sign_lists()
    badges = [json.loads(badge) for _facts, badge, _jwt in issued]
    found = judged(
        fetched(client, body.url),
        *({"with": kind, "credential": each} for kind in ("vc", "core") for each in badges),
    )

    by_vc, by_core = found[:5], found[5:]
    assert [each["statuses"] for each in by_vc] == [[True]] * 4 + [[False]]
    assert [each["steps"]["revocation_status"] for each in by_core] == [False] * 4 + [True]


def test_what_a_retired_key_signed_stays_good_and_a_compromised_one_takes_it_down(
    body: Body, client: FlaskClient, database: Database
) -> None:
    _facts, badge, _jwt = body.issue()
    old = body.keys().kid
    with database.begin() as session:
        folder, later = body.settings.keys_dir, body.now + timedelta(minutes=1)
        for purpose in BadgePurpose:
            make(session, folder, purpose, signs_from=later, is_test=True, now=body.now)
    after = body.later(minutes=2)
    _facts, newer, _jwt = after.issue(valid_from=body.now.date() - timedelta(days=1))
    after.sign_lists()
    checks = [
        {"with": kind, "credential": json.loads(each)}
        for kind in ("vc", "core")
        for each in (badge, newer)
    ]

    retired = judged(fetched(client, body.url), *checks)
    with database.begin() as session:
        key_acts.compromise(session, old, body.url, hand=WORKER, now=after.now)
    after.sign_lists()
    gone = judged(fetched(client, body.url), *checks)

    assert after.keys().kid != old
    assert [each["verified"] for each in retired[:2]] == [True, True]
    assert all(GOOD.items() <= each["steps"].items() for each in retired[2:])
    assert [each["verified"] for each in gone[:2]] == [False, True]
    assert gone[2]["errors"]
    assert GOOD.items() <= gone[3]["steps"].items()


def test_a_badge_of_another_key_in_our_name_is_refused(
    body: Body, client: FlaskClient, tmp_path: Path
) -> None:
    body.issue()
    body.sign_lists()
    mallory = replace(body, settings=replace(body.settings, keys_dir=tmp_path / "mallory"))
    honest = fetched(client, body.url)

    _facts, badge, _jwt = mallory.issue()
    own = json.loads(badge)
    method = json.loads(honest[f"{body.url}/.well-known/did.json"])["assertionMethod"][0]
    posing = {**own, "proof": [{**own["proof"][0], "verificationMethod": method}]}
    found = judged(
        honest,
        {"with": "vc", "credential": own},
        {"with": "vc", "credential": posing},
    )

    assert [each["verified"] for each in found] == [False, False]


def test_a_list_that_cannot_be_fetched_is_not_taken_for_no_revocation(
    body: Body, client: FlaskClient
) -> None:
    _facts, badge, _jwt = body.issue()
    documents = fetched(client, body.url)

    found = judged(
        documents,
        {"with": "vc", "credential": json.loads(badge)},
        {"with": "core", "credential": json.loads(badge)},
    )

    assert "/status/1/revocation" not in " ".join(documents)
    assert found[0]["verified"] is False
    assert found[1]["steps"]["revocation_status"] == "status_list_not_found"
