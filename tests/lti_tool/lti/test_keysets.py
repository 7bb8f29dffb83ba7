"""Public keys of platforms: fetched again when old, and once for a class that comes together."""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, update

from lti_tool.db import Database
from lti_tool.lti import keysets
from lti_tool.lti.calls import Calls
from lti_tool.lti.keysets import KeySetError
from lti_tool.lti.models import Platform, PlatformKey
from tests.services_platform import NOON, Given, asked
from tests.signing_platform import Heard, SigningPlatform, answer_json, begin, post

CALLS = Calls(allow_private=True)
DAY = timedelta(days=1)


def held(database: Database) -> list[str]:
    with database.read() as session:
        return sorted(session.scalars(select(PlatformKey.kid)))


def row_of(database: Database) -> Platform:
    with database.read() as session:
        return session.scalars(select(Platform)).one()


def test_an_old_key_set_is_fetched_again_so_that_a_key_taken_back_is_noticed(
    database: Database, platform: SigningPlatform
) -> None:
    platform.publish("k1", "leaked")
    keysets.fetch(database.begin, CALLS, platform.row_id, now=NOON)
    platform.publish("k1")

    early = keysets.fetch_old(database.begin, CALLS, now=NOON + DAY - timedelta(seconds=1))
    late = keysets.fetch_old(database.begin, CALLS, now=NOON + DAY)

    assert (early, late) == (0, 1)
    assert held(database) == ["k1"]


def test_a_set_that_was_never_fetched_or_is_of_a_withdrawn_platform_is_left_alone(
    database: Database, platform: SigningPlatform
) -> None:
    never = keysets.fetch_old(database.begin, CALLS, now=NOON + DAY)
    keysets.fetch(database.begin, CALLS, platform.row_id, now=NOON)
    with database.begin() as session:
        session.execute(update(Platform).values(withdrawn_at=NOON))

    withdrawn = keysets.fetch_old(database.begin, CALLS, now=NOON + 2 * DAY)

    assert (never, withdrawn) == (0, 0)
    assert len(platform.heard) == 1


def test_where_the_platform_is_away_its_keys_stay_and_it_is_asked_again_in_an_hour(
    database: Database, platform: SigningPlatform
) -> None:
    keysets.fetch(database.begin, CALLS, platform.row_id, now=NOON)
    platform.answers["GET /keys"] = lambda _heard: (503, {}, b"")

    tried = [
        keysets.fetch_old(database.begin, CALLS, now=NOON + DAY + timedelta(minutes=minutes))
        for minutes in (0, 30, 60)
    ]

    assert tried == [1, 0, 1]
    assert held(database) == ["k1"]
    assert "503" in row_of(database).keys_fault


def test_a_set_is_asked_for_once_a_minute(database: Database, platform: SigningPlatform) -> None:
    outcomes = [
        keysets.fetch(database.begin, CALLS, platform.row_id, now=NOON + timedelta(seconds=s))
        for s in (0, 1, 59, 60)
    ]

    assert outcomes == [True, False, False, True]
    assert len(platform.heard) == 2


def test_a_fetch_that_failed_is_told_to_whoever_asks_within_the_minute(
    database: Database, platform: SigningPlatform
) -> None:
    platform.answers["GET /keys"] = lambda _heard: (500, {}, b"")
    for seconds in (0, 1):
        with pytest.raises(KeySetError, match="500"):
            keysets.fetch(
                database.begin, CALLS, platform.row_id, now=NOON + timedelta(seconds=seconds)
            )

    assert len(platform.heard) == 1


def test_a_fetch_whose_process_died_is_not_waited_for(
    database: Database, platform: SigningPlatform
) -> None:
    with database.begin() as session:
        session.execute(update(Platform).values(keys_tried_at=NOON))
    began = time.monotonic()

    done = keysets.fetch(database.begin, CALLS, platform.row_id, now=NOON + timedelta(seconds=16))

    assert not done
    assert time.monotonic() - began < 1


def test_of_a_class_that_comes_together_one_launch_fetches_and_the_others_wait(
    app: Flask, database: Database, platform: SigningPlatform
) -> None:
    def slowly(_heard: Heard) -> Given:
        time.sleep(0.3)
        return answer_json({"keys": platform.published})

    platform.answers["GET /keys"] = slowly

    def come(_number: int) -> int:
        browser = app.test_client()
        begun = begin(browser, platform)
        return post(browser, begun.state, platform.sign(platform.claims(begun.nonce))).status_code

    with ThreadPoolExecutor(3) as pool:
        statuses = list(pool.map(come, range(3)))

    assert statuses == [303, 303, 303]
    assert len(asked(platform, "GET /keys")) == 1


def test_a_key_is_found_without_asking_anybody_and_anew_after_a_change(
    database: Database, platform: SigningPlatform
) -> None:
    keysets.fetch(database.begin, CALLS, platform.row_id, now=NOON)
    first = row_of(database).version
    with database.read() as session:
        before = keysets.find_key(session, platform.row_id, first, "k2")

    platform.publish("k2")
    keysets.fetch(database.begin, CALLS, platform.row_id, now=NOON + DAY)
    second = row_of(database).version
    with database.read() as session:
        old = keysets.find_key(session, platform.row_id, second, "k1")
        new = keysets.find_key(session, platform.row_id, second, "k2")

    assert second > first
    assert (before, old) == (None, None)
    assert new is not None


def test_a_key_that_cannot_be_used_is_passed_over(
    database: Database, platform: SigningPlatform
) -> None:
    changes: list[dict[str, object]] = [
        {"kty": "EC"},
        {"alg": "RS512"},
        {"use": "enc"},
        {"n": "AQAB"},
        {"n": "***"},
        {"n": None},
        {"kid": ""},
        {"kid": None},
        {"kid": "x" * 256},
        {"kid": "a\x00b"},
    ]
    for minutes, change in enumerate(changes):
        platform.publish("good", "other")
        platform.published[1] |= change

        keysets.fetch(database.begin, CALLS, platform.row_id, now=NOON + timedelta(minutes=minutes))

        assert held(database) == ["good"], change


def test_what_is_no_key_set_is_a_sentence(database: Database, platform: SigningPlatform) -> None:
    bodies = [b"[" * 100_000, b'{"keys": {}}', b'{"keys": null}', b"\xff", b""]
    for minutes, body in enumerate(bodies):
        platform.answers["GET /keys"] = lambda _heard, body=body: (200, {}, body)

        with pytest.raises(KeySetError, match=r"cannot be read|holds no RSA key"):
            keysets.fetch(
                database.begin, CALLS, platform.row_id, now=NOON + timedelta(minutes=minutes)
            )

        assert row_of(database).keys_fault


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(["kty", "n", "e", "kid", "alg", "use", "d"]), JSON))
def test_no_key_whatever_it_holds_is_more_than_passed_over(jwk: dict[str, object]) -> None:
    assert keysets._key({"kty": "RSA", **json.loads(json.dumps(jwk))}) is None
