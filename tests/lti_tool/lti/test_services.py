"""Tokens of platforms: kept over processes, one fresh one after a 401; exact media types."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from urllib.parse import parse_qs

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, text, update

from lti_tool.db import Database
from lti_tool.lti.calls import CallAnswer
from lti_tool.lti.models import Platform, PlatformToken
from lti_tool.lti.services import (
    ServiceAnswer,
    ServiceError,
    _read_token,
    _retry_after,
)
from tests.services_platform import NOON, Given, asked, in_turn, keep_tool_key, services_of
from tests.signing_platform import CLIENT_ID, SigningPlatform, answer_json, rsa_key

SCOPES = ("https://purl.imsglobal.org/spec/lti-ags/scope/score", "another")
TYPE = "application/vnd.ims.lis.v1.score+json"


@pytest.fixture
def platform(platform: SigningPlatform, database: Database) -> SigningPlatform:
    """Give the platform a service, and the tool a key."""
    keep_tool_key(database)
    platform.answers["GET /service"] = lambda _heard: answer_json({"a": 1})
    return platform


def ask(
    database: Database,
    platform: SigningPlatform,
    *,
    now: datetime = NOON,
    scopes: tuple[str, ...] = SCOPES,
) -> ServiceAnswer:
    return services_of(database).request(
        platform.row_id, scopes, "GET", f"{platform.url}/service", accept=TYPE, now=now
    )


def token_form(platform: SigningPlatform) -> Mapping[str, str]:
    form = parse_qs(asked(platform, "POST /token")[-1].body.decode())
    return {name: listed[0] for name, listed in form.items()}


def test_a_service_is_asked_with_a_token(database: Database, platform: SigningPlatform) -> None:
    answer = ask(database, platform)

    assert (answer.status, answer.body, answer.retry_after) == (200, b'{"a": 1}', None)
    assert platform.paths() == ["POST /token", "GET /service"]
    assert platform.heard[1].headers["Authorization"] == "Bearer token-1"


def test_the_request_for_a_token_is_signed_as_the_standard_has_it(
    database: Database, platform: SigningPlatform
) -> None:
    ask(database, platform)

    form = token_form(platform)
    assertion = form["client_assertion"]
    header = jwt.get_unverified_header(assertion)
    claims = jwt.decode(
        assertion,
        rsa_key("tool").public_key(),
        algorithms=["RS256"],
        audience=f"{platform.url}/token",
        options={"verify_exp": False},
    )
    assert platform.heard[0].headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert form["grant_type"] == "client_credentials"
    assert form["client_assertion_type"] == "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
    assert form["scope"] == " ".join(sorted(SCOPES))
    assert (header["alg"], header["kid"]) == ("RS256", "tool-1")
    assert claims["iss"] == claims["sub"] == CLIENT_ID
    assert claims["jti"]


def test_the_request_is_dated_back_and_holds_for_a_minute(
    database: Database, platform: SigningPlatform
) -> None:
    ask(database, platform)

    claims = jwt.decode(
        token_form(platform)["client_assertion"], options={"verify_signature": False}
    )
    assert claims["iat"] == NOON.timestamp() - 10
    assert claims["exp"] == NOON.timestamp() + 60


def test_a_platform_may_want_another_audience(
    database: Database, platform: SigningPlatform
) -> None:
    with database.begin() as session:
        session.execute(update(Platform).values(token_audience="https://auth.example.org"))

    ask(database, platform)

    claims = jwt.decode(
        token_form(platform)["client_assertion"], options={"verify_signature": False}
    )
    assert claims["aud"] == "https://auth.example.org"


def test_the_media_types_are_exactly_those_asked_for(
    database: Database, platform: SigningPlatform
) -> None:
    platform.answers["POST /service"] = lambda _heard: (200, {}, b"")

    ask(database, platform)
    services_of(database).request(
        platform.row_id,
        SCOPES,
        "POST",
        f"{platform.url}/service",
        body=b"{}",
        content_type=TYPE,
        now=NOON,
    )

    read, written = asked(platform, "GET /service")[0], asked(platform, "POST /service")[0]
    assert read.headers["Accept"] == TYPE
    assert "Content-Type" not in read.headers
    assert written.headers["Content-Type"] == TYPE


def test_a_token_is_used_by_every_process_until_it_expires(
    database: Database, platform: SigningPlatform
) -> None:
    ask(database, platform)
    ask(database, platform, now=NOON + timedelta(minutes=58))
    ask(database, platform, now=NOON + timedelta(minutes=59))

    tokens = [each.headers["Authorization"] for each in asked(platform, "GET /service")]
    assert len(asked(platform, "POST /token")) == 2
    assert tokens[0] == tokens[1] != tokens[2]


def test_a_token_is_kept_for_its_scopes_only(database: Database, platform: SigningPlatform) -> None:
    ask(database, platform)
    ask(database, platform, scopes=tuple(reversed(SCOPES)))
    ask(database, platform, scopes=SCOPES[:1])

    assert len(asked(platform, "POST /token")) == 2


def test_a_token_is_sealed_in_the_database(database: Database, platform: SigningPlatform) -> None:
    ask(database, platform)

    with database.read() as session:
        row = str(session.execute(text("SELECT * FROM platform_token")).all())
    assert "token-1" not in row


def test_a_token_sealed_with_a_secret_that_is_gone_is_fetched_anew(
    database: Database, platform: SigningPlatform
) -> None:
    ask(database, platform)
    with database.begin() as session:
        session.execute(update(PlatformToken).values(token_sealed="00000000.AAAA"))

    answer = ask(database, platform)

    assert answer.status == 200
    assert len(asked(platform, "POST /token")) == 2


def test_after_a_401_one_fresh_token_is_tried(
    database: Database, platform: SigningPlatform
) -> None:
    platform.answers["GET /service"] = in_turn((401, {}, b""), answer_json({"a": 1}))

    answer = ask(database, platform)

    tokens = [each.headers["Authorization"] for each in asked(platform, "GET /service")]
    assert answer.status == 200
    assert len(set(tokens)) == 2
    assert len(asked(platform, "POST /token")) == 2


def test_a_second_401_is_the_answer(database: Database, platform: SigningPlatform) -> None:
    platform.answers["GET /service"] = lambda _heard: (401, {}, b"")

    answer = ask(database, platform)

    assert answer.status == 401
    assert len(asked(platform, "GET /service")) == 2
    assert len(asked(platform, "POST /token")) == 2


REFUSALS: list[tuple[Given, str]] = [
    ((400, {}, b'{"error": "invalid_scope"}'), r"\(400\): check"),
    ((401, {}, b""), r"\(401\): check"),
    ((403, {}, b""), r"\(403\): check"),
    ((404, {}, b""), r"\(404\): check"),
    ((302, {"Location": "/elsewhere"}, b""), r"\(302\): check"),
    ((429, {}, b""), r"\(429\)\."),
    ((500, {}, b""), r"\(500\)\."),
    ((200, {}, b"{broken"), "cannot be read"),
    ((200, {}, b"[]"), "cannot be read"),
    ((200, {}, b"[" * 100_000), "cannot be read"),
    ((200, {}, b"{}"), "cannot be read"),
    ((200, {}, b'{"access_token": null}'), "cannot be read"),
    ((200, {}, b'{"access_token": ""}'), "cannot be read"),
    ((200, {}, b'{"access_token": {"a": 1}}'), "cannot be read"),
    ((200, {}, b'{"access_token": "a\\r\\nb: c"}'), "cannot be read"),
    ((200, {}, b'{"access_token": "\\u2603"}'), "cannot be read"),
    ((200, {}, b'{"access_token": "a", "expires_in": "soon"}'), "cannot be read"),
    ((200, {}, b'{"access_token": "a", "expires_in": Infinity}'), "cannot be read"),
    ((200, {}, b'{"access_token": "a", "expires_in": [1]}'), "cannot be read"),
]


def test_where_no_token_is_given_the_reason_is_a_sentence_without_the_answers_text(
    database: Database, platform: SigningPlatform
) -> None:
    for given_answer, words in REFUSALS:
        platform.answers["POST /token"] = in_turn(given_answer)

        with pytest.raises(ServiceError, match=words) as caught:
            ask(database, platform)

        assert not caught.value.is_final
        assert "invalid_scope" not in str(caught.value)
    assert asked(platform, "GET /service") == []


def test_moodle_gives_its_token_as_html(database: Database, platform: SigningPlatform) -> None:
    body = b'{"access_token": "abc", "token_type": "Bearer", "expires_in": 3600, "scope": ""}'
    html = {"Content-Type": "text/html; charset=utf-8"}
    platform.answers["POST /token"] = lambda _heard: (200, html, body)

    ask(database, platform)

    assert asked(platform, "GET /service")[0].headers["Authorization"] == "Bearer abc"


@pytest.mark.parametrize(
    ("told", "kept_s"),
    [
        (3600, 3540),
        ("3600", 3540),
        (3600.0, 3540),
        (None, 3540),
        (61, 30),
        (-5, 30),
        (10**9, 86_400),
    ],
)
def test_a_token_is_left_alone_a_minute_before_it_expires(told: object, kept_s: int) -> None:
    _, _, body = answer_json({"access_token": "a", "expires_in": told})

    token, expires_at = _read_token(CallAnswer(200, {}, body), NOON)

    assert token == "a"
    assert expires_at == NOON + timedelta(seconds=kept_s)


@given(st.integers() | st.floats() | st.text() | st.none() | st.lists(st.integers()))
def test_whatever_lifetime_is_told_a_token_is_kept_for_a_moment_or_refused(told: object) -> None:
    _, _, body = answer_json({"access_token": "a", "expires_in": told})

    try:
        _, expires_at = _read_token(CallAnswer(200, {}, body), NOON)
    except ServiceError:
        return

    assert timedelta(seconds=30) <= expires_at - NOON <= timedelta(days=1)


def test_a_service_that_cannot_be_reached_is_told(
    database: Database, platform: SigningPlatform
) -> None:
    with pytest.raises(ServiceError, match="could not be reached") as caught:
        services_of(database).request(
            platform.row_id, SCOPES, "GET", "http://127.0.0.1:1/x", now=NOON
        )

    assert not caught.value.is_final


def test_a_platform_whose_tokens_cannot_be_asked_for_is_told(
    database: Database, platform: SigningPlatform
) -> None:
    with database.begin() as session:
        session.execute(update(Platform).values(token_url="http://127.0.0.1:1/token"))

    with pytest.raises(ServiceError, match=r"No access token: .*could not be reached"):
        ask(database, platform)


@pytest.mark.parametrize("has_token", [True, False])
def test_a_withdrawn_platform_is_asked_nothing_more(
    database: Database, platform: SigningPlatform, has_token: bool
) -> None:
    if has_token:
        ask(database, platform)
    before = len(platform.heard)
    with database.begin() as session:
        session.execute(update(Platform).values(withdrawn_at=NOON))

    with pytest.raises(ServiceError, match="withdrawn") as caught:
        ask(database, platform)

    assert caught.value.is_final
    assert len(platform.heard) == before


def test_of_several_platforms_each_has_its_own_token(
    database: Database, platform: SigningPlatform
) -> None:
    ask(database, platform)

    with database.read() as session:
        kept = session.scalars(select(PlatformToken)).one()
    assert kept.platform_id == platform.row_id
    assert kept.scopes == " ".join(sorted(SCOPES))


def test_retry_after_in_seconds_is_spread_a_little() -> None:
    waits = {_retry_after("120", NOON) for _ in range(50)}

    assert len(waits) > 1
    assert all(timedelta(seconds=120) <= wait <= timedelta(seconds=132) for wait in waits if wait)


@pytest.mark.parametrize(
    ("given_header", "wait"),
    [
        ("Mon, 02 Mar 2026 12:05:00 GMT", timedelta(minutes=5)),
        ("Mon, 02 Mar 2026 11:05:00 GMT", timedelta(0)),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("²", None),
        ("9" * 5_000, None),
        ("Mon, 02 Mar 99999 12:05:00 GMT", None),
    ],
)
def test_retry_after_may_be_a_date_or_nonsense(given_header: str, wait: timedelta | None) -> None:
    assert _retry_after(given_header, NOON) == wait


@given(st.text(max_size=40))
def test_no_retry_after_is_more_than_nonsense(header: str) -> None:
    wait = _retry_after(header, NOON)

    assert wait is None or wait >= timedelta(0)


def test_retry_after_of_an_answer_is_handed_on(
    database: Database, platform: SigningPlatform
) -> None:
    platform.answers["GET /service"] = lambda _heard: (503, {"Retry-After": "60"}, b"")

    answer = ask(database, platform)

    assert answer.retry_after is not None
    assert answer.retry_after >= timedelta(seconds=60)
