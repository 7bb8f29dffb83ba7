"""The lists in which programs look up whether a certificate still counts."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from lti_tool.certification import cryptosuite, register, status_lists
from lti_tool.certification.register_models import Certificate, CertificateState, StatusList
from lti_tool.db import Database
from lti_tool.settings import Settings
from tests.cast import NOON
from tests.lti_tool.certification.badges import Body

PATHS = {each: f"/status/1/{each}" for each in ("revocation", "suspension")}


@pytest.fixture
def body(settings: Settings, database: Database, tmp_path: Path) -> Body:
    """Give a body that issues."""
    own = replace(settings, keys_dir=tmp_path / "keys", development_keys=True)
    return Body(own, database, NOON)


def read(client: FlaskClient, purpose: str) -> dict[str, Any]:
    """Give a list as others get it."""
    answer = client.get(PATHS[purpose])
    assert answer.status_code == 200
    told: dict[str, Any] = json.loads(answer.text)
    return told


def marked(client: FlaskClient, purpose: str) -> set[int]:
    """Give the places that a list marks."""
    return status_lists.decode(read(client, purpose)["credentialSubject"]["encodedList"])


def end(body: Body, state: str) -> int:
    """Issue a certificate and end it; give its place."""
    facts, _badge, _jwt = body.issue()
    human = {"suspended_human": facts.subject_id, "revoked_human": facts.credential_id}
    moments = {"suspended_at": body.now, "revoked_at": body.now, "ended_at": body.now}
    body.change(facts.certificate_id, state=CertificateState(state), **human, **moments)
    return facts.status_index


@given(st.sets(st.integers(0, register.PLACES - 1), max_size=60))
def test_every_place_is_read_back(places: set[int]) -> None:
    encoded = status_lists.encode(places)

    assert encoded.startswith("u")
    assert "=" not in encoded
    assert status_lists.decode(encoded) == places


def test_the_first_place_is_the_leftmost_bit_of_many() -> None:
    text = status_lists.encode([0, 9])

    bits = status_lists.unpack(text)
    assert len(bits) * 8 == 131_072
    assert bits[:2] == bytes([0b1000_0000, 0b0100_0000])


def test_a_list_marks_what_no_longer_counts(body: Body, client: FlaskClient) -> None:
    kept, _badge, _jwt = body.issue()
    states = ("revoked", "superseded", "withdrawn", "suspended")
    places = {state: end(body, state) for state in states}

    signed = body.sign_lists()

    assert signed == 2
    assert marked(client, "revocation") == set(places.values())
    assert marked(client, "suspension") == {places["suspended"]}
    assert kept.status_index not in places.values()


def test_a_list_is_a_credential_of_ours_with_days_of_its_own(
    body: Body, client: FlaskClient
) -> None:
    body.issue()
    body.sign_lists()

    told = read(client, "revocation")

    assert told["id"] == told["credentialSubject"]["id"].removesuffix("#list")
    assert told["id"] == f"{body.url}/status/1/revocation"
    assert told["type"] == ["VerifiableCredential", "BitstringStatusListCredential"]
    assert told["issuer"] == "did:web:tool.example.org"
    assert told["credentialSubject"]["statusPurpose"] == "revocation"
    assert datetime.fromisoformat(told["validFrom"]) < NOON
    assert datetime.fromisoformat(told["validUntil"]) == NOON + status_lists.HOLDS
    assert cryptosuite.is_signed(told, body.keys().ed25519.public_key())


def test_a_list_is_signed_when_it_changed_and_every_day(body: Body, client: FlaskClient) -> None:
    body.issue()
    assert body.sign_lists() == 2
    assert body.sign_lists() == 0
    assert body.later(hours=23).sign_lists() == 0

    later = body.later(days=1, minutes=1)
    assert later.sign_lists() == 2
    assert later.sign_lists() == 0
    until = datetime.fromisoformat(read(client, "revocation")["validUntil"])
    assert until == later.now + status_lists.HOLDS

    place = end(later, "suspended")
    assert later.sign_lists() == 2
    assert marked(client, "suspension") == {place}


def test_what_is_resumed_is_marked_no_more(body: Body, client: FlaskClient) -> None:
    facts, _badge, _jwt = body.issue()
    body.change(facts.certificate_id, state=CertificateState.SUSPENDED, suspended_at=NOON)
    body.sign_lists()
    before = marked(client, "revocation"), marked(client, "suspension")

    body.change(facts.certificate_id, state=CertificateState.ISSUED, suspended_at=None)
    body.sign_lists()

    assert before == ({facts.status_index}, {facts.status_index})
    assert (marked(client, "revocation"), marked(client, "suspension")) == (set(), set())


def test_a_change_is_signed_even_if_its_clock_was_behind_the_worker_s(
    body: Body, client: FlaskClient
) -> None:
    facts, _badge, _jwt = body.issue()
    body.later(seconds=30).sign_lists()

    body.change(
        facts.certificate_id, state=CertificateState.WITHDRAWN, ended_at=NOON, issued_at=NOON
    )
    signed = body.later(seconds=31).sign_lists()

    assert signed == 2
    assert marked(client, "revocation") == {facts.status_index}


def test_several_workers_never_leave_an_older_content_behind(
    body: Body, client: FlaskClient, database: Database
) -> None:
    issued = [body.issue()[0] for _ in range(8)]
    keys = body.keys()
    body.sign_lists()

    def work(turn: int) -> None:
        now = NOON + timedelta(seconds=turn % 3)
        if turn % 2:
            status_lists.sign_due(database.begin, keys, body.url, now=now)
            return
        with database.begin() as session:
            row = session.get_one(Certificate, issued[turn // 2].certificate_id)
            row.state = CertificateState.WITHDRAWN
            session.flush()
            register.want_lists(session, row, now=now)

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(work, range(16)))
    body.later(seconds=5).sign_lists()

    assert marked(client, "revocation") == {each.status_index for each in issued}


def test_a_list_is_kept_for_a_minute_and_read_by_any_page(body: Body, client: FlaskClient) -> None:
    body.issue()
    body.sign_lists()

    answer = client.get(PATHS["revocation"])
    again = client.get(PATHS["revocation"], headers={"If-None-Match": answer.headers["ETag"]})

    assert answer.headers["Cache-Control"] == "public, max-age=60"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert answer.mimetype == "application/ld+json"
    assert (again.status_code, again.data) == (304, b"")


def test_no_list_is_told_before_it_is_signed(body: Body, client: FlaskClient) -> None:
    body.issue()

    paths = (*PATHS.values(), "/status/2/revocation", "/status/1/other")
    assert [client.get(path).status_code for path in paths] == [404] * 4
    with body.database.read() as session:
        assert session.get_one(StatusList, (1, "revocation")).signed_at is None
