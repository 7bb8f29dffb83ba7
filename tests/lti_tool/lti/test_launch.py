"""Every check of a launch, through the real door; each fault of the library has its test here."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import jwt
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, update
from werkzeug.test import TestResponse

from lti_tool.db import Database, utcnow
from lti_tool.lti import logins
from lti_tool.lti.models import (
    Context,
    Deployment,
    DeploymentPolicy,
    DeploymentStatus,
    Launch,
    LaunchTrace,
    LineItem,
    Login,
    Membership,
    Person,
    Platform,
    PlatformKey,
    ResourceLink,
)
from tests.signing_platform import (
    AGS,
    CLIENT_ID,
    DL,
    LTI,
    MEMBERSHIP,
    NRPS,
    SigningPlatform,
    ask_login,
    begin,
    launch,
    post,
    rsa_key,
    running_platform,
)

SERVICES = "https://lms.example.org/services.php/2"


def count(database: Database, model: type[Any]) -> int:
    with database.read() as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


def newest_trace(database: Database) -> LaunchTrace:
    with database.read() as session:
        return session.scalars(select(LaunchTrace).order_by(LaunchTrace.at.desc())).first()


def assert_refused(answer: TestResponse, database: Database, check: str) -> None:
    assert 400 <= answer.status_code < 500, answer.status_code
    trace = newest_trace(database)
    assert (trace.accepted, trace.check_name) == (False, check)
    assert trace.code in answer.get_data(as_text=True)
    assert count(database, Launch) == 0


# The good way


def test_a_launch_leads_to_an_address_of_our_own(
    client: FlaskClient, platform: SigningPlatform, database: Database
) -> None:
    answer = launch(client, platform)

    assert answer.status_code == 303
    assert answer.location.startswith("/v/")
    trace = newest_trace(database)
    assert (trace.accepted, trace.binding, trace.kid) == (True, "cookie", "k1")
    assert abs(trace.skew_s) <= 1


def test_a_launch_keeps_person_context_link_and_roles(
    client: FlaskClient, platform: SigningPlatform, database: Database
) -> None:
    launch(client, platform)

    with database.read() as session:
        person = session.scalars(select(Person)).one()
        context = session.scalars(select(Context)).one()
        link = session.scalars(select(ResourceLink)).one()
        membership = session.scalars(select(Membership)).one()
    assert (person.subject, person.name) == ("7", "Alice Andersson")
    assert (context.context_key, context.title) == ("2", "Capitals")
    assert (link.link_key, link.course_id, link.item_path) == ("3", "capitals", None)
    assert (membership.roles, membership.is_active) == (["learner"], True)


def test_what_the_platform_withholds_is_forgotten(
    client: FlaskClient, platform: SigningPlatform, database: Database
) -> None:
    launch(client, platform)

    launch(client, platform, name=None, given_name=None, family_name=None)

    with database.read() as session:
        person = session.scalars(select(Person)).one()
    assert (person.name, person.given_name, person.family_name) == ("", "", "")


def test_a_login_may_come_by_get(client: FlaskClient, platform: SigningPlatform) -> None:
    asked = {"iss": platform.url, "login_hint": "7", "target_link_uri": begin_target()}

    answer = client.get("/lti/login", query_string=asked)

    assert answer.status_code == 200


def begin_target() -> str:
    return "https://tool.example.org/lti/launch"


def test_the_login_asks_the_platform_as_the_standard_has_it(
    client: FlaskClient, platform: SigningPlatform
) -> None:
    begun = begin(client, platform)

    fixed = {"scope": "openid", "response_type": "id_token", "response_mode": "form_post"}
    assert fixed.items() <= begun.auth.items()
    assert begun.auth["prompt"] == "none"
    assert begun.auth["redirect_uri"] == "https://tool.example.org/lti/launch"
    assert begun.auth["client_id"] == CLIENT_ID
    assert begun.auth["login_hint"] == "7"
    assert begun.auth["lti_message_hint"] == '{"cmid": 3}'


def test_the_cookie_works_in_a_frame_of_another_site(
    client: FlaskClient, platform: SigningPlatform
) -> None:
    cookie = ask_login(client, platform).headers["Set-Cookie"]

    for word in ("__Host-", "Secure", "HttpOnly", "SameSite=None", "Partitioned", "Path=/"):
        assert word in cookie


def test_an_audience_may_be_a_list_and_claims_may_be_new(
    client: FlaskClient, platform: SigningPlatform
) -> None:
    answer = launch(client, platform, aud=[CLIENT_ID], **{"https://example.org/new": {"a": 1}})

    assert answer.status_code == 303


@pytest.mark.parametrize("ahead_s", [-25, 2, 25])
def test_half_a_minute_of_skew_is_forgiven(
    client: FlaskClient, platform: SigningPlatform, ahead_s: int
) -> None:
    moment = int(time.time()) + ahead_s

    answer = launch(client, platform, iat=moment, exp=moment + 60)

    assert answer.status_code == 303


def test_a_key_without_alg_is_taken_as_rs256(
    client: FlaskClient, platform: SigningPlatform
) -> None:
    del platform.published[0]["alg"]

    answer = launch(client, platform)

    assert answer.status_code == 303


# Used once, by one browser


def test_the_same_message_is_not_taken_twice(
    client: FlaskClient, platform: SigningPlatform, database: Database
) -> None:
    begun = begin(client, platform)
    token = platform.sign(platform.claims(begun.nonce))
    cookie = client.get_cookie(f"__Host-login-{begun.state[:8]}")
    first = post(client, begun.state, token)
    client.set_cookie(cookie.key, cookie.value, secure=True)

    second = post(client, begun.state, token)

    assert first.status_code == 303
    assert second.status_code == 401
    assert newest_trace(database).check_name == "replay"
    assert count(database, Launch) == 1


def test_an_old_token_is_not_taken_under_a_new_state(
    client: FlaskClient, platform: SigningPlatform, database: Database
) -> None:
    old = begin(client, platform)
    new = begin(client, platform)

    answer = post(client, new.state, platform.sign(platform.claims(old.nonce)))

    assert_refused(answer, database, "nonce")


def test_of_two_posts_at_once_one_is_taken(
    app: Flask, platform: SigningPlatform, database: Database
) -> None:
    client = app.test_client()
    begun = begin(client, platform)
    token = platform.sign(platform.claims(begun.nonce))
    cookie = client.get_cookie(f"__Host-login-{begun.state[:8]}")

    def send(_number: int) -> int:
        other = app.test_client()
        other.set_cookie(cookie.key, cookie.value, secure=True)
        return post(other, begun.state, token).status_code

    with ThreadPoolExecutor(4) as pool:
        statuses = sorted(pool.map(send, range(4)))

    assert statuses == [303, 401, 401, 401]
    assert count(database, Launch) == 1


def test_a_foreign_browser_is_refused_and_spoils_nothing(
    app: Flask, client: FlaskClient, platform: SigningPlatform, database: Database
) -> None:
    begun = begin(client, platform)
    token = platform.sign(platform.claims(begun.nonce))
    mallory = app.test_client()

    without_cookie = post(mallory, begun.state, token)
    refused = post(mallory, begun.state, token, proof="guessed", proof_by="tab")
    own = post(client, begun.state, token)

    assert without_cookie.status_code == 401
    assert "prove" in without_cookie.get_data(as_text=True)
    assert refused.status_code == 401
    assert own.status_code == 303


def test_another_browsers_cookie_does_not_help(
    app: Flask, client: FlaskClient, platform: SigningPlatform, database: Database
) -> None:
    mallory = app.test_client()
    begun, other = begin(client, platform), begin(mallory, platform)
    stolen = mallory.get_cookie(f"__Host-login-{other.state[:8]}")
    mallory.set_cookie(f"__Host-login-{begun.state[:8]}", stolen.value, secure=True)

    answer = post(mallory, begun.state, platform.sign(platform.claims(begun.nonce)))

    assert_refused(answer, database, "browser")


def test_without_cookies_the_tabs_own_storage_proves_the_browser(
    app: Flask, client: FlaskClient, platform: SigningPlatform, database: Database
) -> None:
    begun = begin(client, platform)
    cookieless = app.test_client(use_cookies=False)
    token = platform.sign(platform.claims(begun.nonce))

    answer = post(cookieless, begun.state, token, proof=begun.storage_secret, proof_by="tab")

    assert answer.status_code == 303
    assert newest_trace(database).binding == "storage"
    assert "__Host-visit" not in "".join(answer.headers.getlist("Set-Cookie"))
    assert cookieless.get(answer.location).status_code == 200


def test_a_visit_with_a_cookie_needs_it_on_every_page(
    app: Flask, client: FlaskClient, platform: SigningPlatform
) -> None:
    address = launch(client, platform).location

    assert client.get(address).status_code == 200
    assert app.test_client().get(address).status_code == 401


def test_two_tabs_are_two_visits(client: FlaskClient, platform: SigningPlatform) -> None:
    first, second = begin(client, platform), begin(client, platform)
    one = post(client, second.state, platform.sign(platform.claims(second.nonce))).location
    two = post(client, first.state, platform.sign(platform.claims(first.nonce))).location

    assert one != two
    assert client.get(one).status_code == client.get(two).status_code == 200


def test_a_login_that_took_too_long_is_refused(
    client: FlaskClient, platform: SigningPlatform, database: Database
) -> None:
    begun = begin(client, platform)
    with database.begin() as session:
        session.execute(update(Login).values(created_at=utcnow() - timedelta(minutes=11)))

    answer = launch(client, platform, begun=begun)

    assert_refused(answer, database, "login-expired")


@pytest.mark.parametrize("state", ["", "unknown-state"])
def test_a_state_we_did_not_give_out_is_refused(
    client: FlaskClient, platform: SigningPlatform, database: Database, state: str
) -> None:
    begun = begin(client, platform)
    client.set_cookie(f"__Host-login-{state[:8]}", "x", secure=True)

    answer = post(client, state, platform.sign(platform.claims(begun.nonce)))

    assert_refused(answer, database, "state")


# What a token must say


@pytest.mark.parametrize(
    ("changes", "check"),
    [
        ({"iss": "https://evil.example.org"}, "issuer"),
        ({"aud": "another-client"}, "audience"),
        ({"aud": None}, "audience"),
        ({"aud": [CLIENT_ID, "foreign"]}, "authorized-party"),
        ({"azp": "foreign"}, "authorized-party"),
        ({"aud": [CLIENT_ID, "foreign"], "azp": "foreign"}, "authorized-party"),
        ({"exp": None}, "expired"),
        ({"iat": None}, "issued-at"),
        ({"exp": 1_700_000_000}, "expired"),
        ({"exp": "soon"}, "expired"),
        ({"exp": 10**400}, "expired"),
        ({"iat": float("inf")}, "issued-at"),
        ({"iat": float("nan")}, "issued-at"),
        ({"iat": 4_000_000_000, "exp": 4_000_000_060}, "issued-at"),
        ({"iat": 1_700_000_000}, "issued-at"),
        ({"nbf": 4_000_000_000}, "issued-at"),
        ({"nonce": None}, "nonce"),
        ({"nonce": "another"}, "nonce"),
        ({"sub": None}, "subject"),
        ({"sub": ""}, "subject"),
        ({"sub": 7}, "subject"),
        ({"sub": "x" * 256}, "subject"),
        ({f"{LTI}version": None}, "version"),
        ({f"{LTI}version": "1.1"}, "version"),
        ({f"{LTI}message_type": None}, "message-type"),
        ({f"{LTI}message_type": "LtiEulaRequest"}, "message-type"),
        ({f"{LTI}message_type": "LtiDataPrivacyLaunchRequest"}, "message-type"),
        ({f"{LTI}message_type": "LtiReportReviewRequest"}, "message-type"),
        ({f"{LTI}deployment_id": None}, "deployment"),
        ({f"{LTI}deployment_id": ""}, "deployment"),
        ({f"{LTI}deployment_id": 1}, "deployment"),
        ({f"{LTI}roles": None}, "roles"),
        ({f"{LTI}resource_link": None}, "resource-link"),
        ({f"{LTI}resource_link": {"title": "no id"}}, "resource-link"),
        ({f"{LTI}target_link_uri": None}, "target-link-uri"),
        ({f"{LTI}target_link_uri": "https://evil.example.org/lti/launch"}, "target-link-uri"),
        ({f"{LTI}target_link_uri": "https://tool.example.org.evil.org/"}, "target-link-uri"),
        ({f"{LTI}target_link_uri": "https://tool.example.org/other"}, "target-link-uri"),
        ({f"{LTI}target_link_uri": "https://[broken"}, "target-link-uri"),
        ({f"{LTI}message_type": "LtiDeepLinkingRequest"}, "deep-linking"),
        (
            {
                f"{LTI}message_type": "LtiDeepLinkingRequest",
                DL: {"deep_link_return_url": "javascript:alert(1)"},
            },
            "deep-linking",
        ),
    ],
)
def test_a_token_that_does_not_fit_is_refused(
    client: FlaskClient,
    platform: SigningPlatform,
    database: Database,
    changes: dict[str, Any],
    check: str,
) -> None:
    answer = launch(client, platform, **changes)

    assert_refused(answer, database, check)


def unsigned(claims: dict[str, Any], algorithm: str) -> str:
    head = {"alg": algorithm, "kid": "k1", "typ": "JWT"}
    parts = [json.dumps(head).encode(), json.dumps(claims).encode()]
    text = ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)
    return f"{text}."


def test_an_unsigned_token_is_refused(
    client: FlaskClient, platform: SigningPlatform, database: Database
) -> None:
    begun = begin(client, platform)

    answer = post(client, begun.state, unsigned(platform.claims(begun.nonce), "none"))

    assert_refused(answer, database, "algorithm")


def test_a_token_signed_with_the_public_key_as_a_secret_is_refused(
    client: FlaskClient, platform: SigningPlatform, database: Database
) -> None:
    begun = begin(client, platform)
    text = unsigned(platform.claims(begun.nonce), "HS256").rstrip(".")
    secret = json.dumps(platform.published[0]).encode()
    mac = hmac.new(secret, text.encode(), hashlib.sha256).digest()
    forged = f"{text}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"

    answer = post(client, begun.state, forged)

    assert_refused(answer, database, "algorithm")


def test_a_tampered_token_is_refused(
    client: FlaskClient, platform: SigningPlatform, database: Database
) -> None:
    begun = begin(client, platform)
    head, _, signature = platform.sign(platform.claims(begun.nonce)).split(".")
    other = platform.sign(platform.claims(begun.nonce, sub="8")).split(".")[1]

    answer = post(client, begun.state, f"{head}.{other}.{signature}")

    assert_refused(answer, database, "signature")


def test_another_key_under_the_same_id_is_refused(
    client: FlaskClient, platform: SigningPlatform, database: Database
) -> None:
    begun = begin(client, platform)
    token = platform.sign(platform.claims(begun.nonce), key="mallory")

    answer = post(client, begun.state, token)

    assert_refused(answer, database, "signature")


@pytest.mark.parametrize("token", ["", "garbage", "a.b", "a.b.c", "x" * 70_000, "\x00.\x00.\x00"])
def test_what_is_no_token_is_refused(
    client: FlaskClient, platform: SigningPlatform, database: Database, token: str
) -> None:
    begun = begin(client, platform)

    answer = post(client, begun.state, token)

    assert_refused(answer, database, "format")


def test_a_token_without_kid_is_refused(
    client: FlaskClient, platform: SigningPlatform, database: Database
) -> None:
    begun = begin(client, platform)
    token = jwt.encode(platform.claims(begun.nonce), rsa_key("platform-k1"), algorithm="RS256")

    answer = post(client, begun.state, token)

    assert_refused(answer, database, "key")


def test_a_token_of_another_platform_is_refused(
    client: FlaskClient, platform: SigningPlatform, database: Database
) -> None:
    with running_platform() as other:
        other.key_name = "other"
        other.publish("k1")
        other.register(database)
        begun = begin(client, platform)

        answer = post(client, begun.state, other.sign(other.claims(begun.nonce)))

    assert_refused(answer, database, "signature")


def test_the_platforms_own_refusal_is_told(
    client: FlaskClient, platform: SigningPlatform, database: Database
) -> None:
    begun = begin(client, platform)

    answer = client.post("/lti/launch", data={"error": "login_required", "state": begun.state})

    assert_refused(answer, database, "platform-error")


# The login


@pytest.mark.parametrize("name", ["iss", "login_hint", "target_link_uri"])
def test_a_login_without_what_it_needs_is_refused(
    client: FlaskClient, platform: SigningPlatform, database: Database, name: str
) -> None:
    answer = ask_login(client, platform, **{name: None})

    assert_refused(answer, database, "login-request")


def test_a_login_that_aims_elsewhere_is_refused(
    client: FlaskClient, platform: SigningPlatform, database: Database
) -> None:
    answer = ask_login(client, platform, target_link_uri="https://evil.example.org/")

    assert_refused(answer, database, "login-request")


@pytest.mark.parametrize(
    "changes", [{"iss": "https://unknown.example.org"}, {"client_id": "another"}]
)
def test_a_login_of_an_unknown_platform_is_refused(
    client: FlaskClient, platform: SigningPlatform, database: Database, changes: dict[str, str]
) -> None:
    answer = ask_login(client, platform, **changes)

    assert_refused(answer, database, "platform")


def test_two_tools_of_one_issuer_are_told_apart_by_client_id(
    client: FlaskClient, platform: SigningPlatform, database: Database
) -> None:
    platform.row_id = None
    with database.begin() as session:
        session.add(
            Platform(
                issuer=platform.url,
                client_id="client-2",
                auth_url=f"{platform.url}/auth2",
                token_url=f"{platform.url}/token",
                keys_url=f"{platform.url}/keys",
                created_at=utcnow(),
            )
        )

    known = ask_login(client, platform)
    unclear = ask_login(client, platform, client_id=None)

    assert known.status_code == 200
    assert f"{platform.url}/auth?" in known.get_data(as_text=True)
    assert unclear.status_code == 403


def test_a_withdrawn_platform_is_refused(
    client: FlaskClient, platform: SigningPlatform, database: Database
) -> None:
    begun = begin(client, platform)
    with database.begin() as session:
        session.execute(update(Platform).values(withdrawn_at=utcnow()))

    assert_refused(launch(client, platform, begun=begun), database, "platform")
    logins.forget_platforms()  # what ten seconds do
    assert_refused(ask_login(client, platform), database, "platform")


# Keys of the platform


def test_a_warm_launch_asks_nobody(client: FlaskClient, platform: SigningPlatform) -> None:
    launch(client, platform)
    asked = list(platform.paths())

    for _ in range(3):
        assert launch(client, platform).status_code == 303

    assert asked == ["GET /keys"]
    assert platform.paths() == asked


def test_a_new_key_is_fetched_at_once(
    client: FlaskClient, platform: SigningPlatform, database: Database
) -> None:
    launch(client, platform)
    platform.publish("k2", "k1")
    forget_minute(database)

    answer = launch(client, platform)

    assert answer.status_code == 303
    assert platform.paths() == ["GET /keys", "GET /keys"]


def forget_minute(database: Database) -> None:
    with database.begin() as session:
        session.execute(update(Platform).values(keys_tried_at=utcnow() - timedelta(minutes=2)))


def test_unknown_keys_are_asked_for_once_a_minute(
    client: FlaskClient, platform: SigningPlatform, database: Database
) -> None:
    launch(client, platform)
    forget_minute(database)

    for _ in range(5):
        begun = begin(client, platform)
        token = platform.sign(platform.claims(begun.nonce), kid="unknown")
        assert post(client, begun.state, token).status_code == 400

    assert newest_trace(database).check_name == "key"
    assert len(platform.paths()) == 2


def test_a_key_set_that_fails_leaves_the_old_keys_good(
    client: FlaskClient, platform: SigningPlatform, database: Database
) -> None:
    launch(client, platform)
    forget_minute(database)
    platform.answers["GET /keys"] = lambda _heard: (500, {}, b'{"error": "down"}')
    begun = begin(client, platform)
    unknown = post(client, begun.state, platform.sign(platform.claims(begun.nonce), kid="new"))

    known = launch(client, platform)

    assert unknown.status_code == 503
    assert newest_trace(database).accepted
    assert known.status_code == 303
    assert count(database, PlatformKey) == 1


@pytest.mark.parametrize("body", [b"<html>", b"{}", b'{"keys": []}', b'{"keys": "x"}', b"[]"])
def test_a_key_set_that_is_none_is_told_and_not_kept(
    client: FlaskClient, platform: SigningPlatform, database: Database, body: bytes
) -> None:
    good = platform.answers["GET /keys"]
    platform.answers["GET /keys"] = lambda _heard: (200, {}, body)
    first = launch(client, platform)
    platform.answers["GET /keys"] = good
    forget_minute(database)

    second = launch(client, platform)

    assert first.status_code == 503
    assert second.status_code == 303


# Deployments


def test_a_new_deployment_waits_for_approval(
    client: FlaskClient, platform: SigningPlatform, database: Database
) -> None:
    answer = launch(client, platform, **{f"{LTI}deployment_id": "9"})

    assert_refused(answer, database, "deployment-pending")
    with database.read() as session:
        waiting = session.scalars(select(Deployment).where(Deployment.deployment_id == "9")).one()
    assert waiting.status == DeploymentStatus.PENDING


def test_an_automatic_platform_takes_new_deployments_in(
    client: FlaskClient, platform: SigningPlatform, database: Database
) -> None:
    with database.begin() as session:
        session.execute(update(Platform).values(deployment_policy=DeploymentPolicy.AUTOMATIC))

    answer = launch(client, platform, **{f"{LTI}deployment_id": "9"})

    assert answer.status_code == 303


def test_a_refused_deployment_stays_out(
    client: FlaskClient, platform: SigningPlatform, database: Database
) -> None:
    with database.begin() as session:
        session.execute(update(Deployment).values(status=DeploymentStatus.REFUSED))

    assert_refused(launch(client, platform), database, "deployment-refused")


# What is kept of services and content


def graded(lineitem: str) -> dict[str, Any]:
    return {
        AGS: {
            "scope": ["https://purl.imsglobal.org/spec/lti-ags/scope/score"],
            "lineitems": f"{SERVICES}/lineitems?type_id=1",
            "lineitem": lineitem,
        },
        NRPS: {
            "context_memberships_url": f"{SERVICES}/memberships?type_id=1",
            "service_versions": ["2.0"],
        },
    }


def test_a_column_is_kept_with_what_it_shows(
    client: FlaskClient, platform: SigningPlatform, database: Database
) -> None:
    column = f"{SERVICES}/lineitems/5/lineitem?type_id=1"

    launch(client, platform, **graded(column))

    with database.read() as session:
        kept = session.scalars(select(LineItem)).one()
        context = session.scalars(select(Context)).one()
    assert (kept.url, kept.course_id, kept.item_path) == (column, "capitals", "")
    assert context.lineitems_url == f"{SERVICES}/lineitems?type_id=1"
    assert context.memberships_url == f"{SERVICES}/memberships?type_id=1"


def test_an_empty_column_is_none(
    client: FlaskClient, platform: SigningPlatform, database: Database
) -> None:
    launch(client, platform, **graded(""))

    assert count(database, LineItem) == 0


def test_an_address_of_a_service_that_this_launch_leaves_out_stays(
    client: FlaskClient, platform: SigningPlatform, database: Database
) -> None:
    launch(client, platform, **graded(""))

    launch(client, platform)

    with database.read() as session:
        context = session.scalars(select(Context)).one()
    assert context.memberships_url == f"{SERVICES}/memberships?type_id=1"


@pytest.mark.parametrize(
    ("custom", "expected"),
    [
        ({"course": "capitals", "item": "01-europe"}, ("capitals", "01-europe")),
        ({"course": "capitals", "item": "01-europe/quiz"}, ("capitals", "01-europe/quiz")),
        ({"course": "capitals", "item": "exam"}, ("capitals", "exam")),
        ({"course": "capitals", "item": "no-such"}, ("capitals", None)),
        ({"course": "$Course.unknown"}, (None, None)),
        ({}, (None, None)),
    ],
)
def test_content_is_recognised_by_custom(
    client: FlaskClient,
    platform: SigningPlatform,
    database: Database,
    custom: dict[str, str],
    expected: tuple[str | None, str | None],
) -> None:
    launch(client, platform, **{f"{LTI}custom": custom})

    with database.read() as session:
        link = session.scalars(select(ResourceLink)).one()
    assert (link.course_id, link.item_path) == expected


def test_roles_are_computed_anew_at_each_launch(
    client: FlaskClient, platform: SigningPlatform, database: Database
) -> None:
    launch(client, platform, **{f"{LTI}roles": [f"{MEMBERSHIP}Instructor"]})

    launch(client, platform)

    with database.read() as session:
        launches = session.scalars(select(Launch).order_by(Launch.created_at)).all()
        membership = session.scalars(select(Membership)).one()
    assert [each.roles for each in launches] == [["instructor"], ["learner"]]
    assert membership.roles == ["learner"]


def test_a_launch_without_a_context_is_taken(
    client: FlaskClient, platform: SigningPlatform, database: Database
) -> None:
    answer = launch(client, platform, **{f"{LTI}context": None})

    assert answer.status_code == 303
    assert count(database, Context) == 0


def test_the_trace_of_a_refusal_names_nobody(
    client: FlaskClient, platform: SigningPlatform, database: Database
) -> None:
    launch(client, platform, **{f"{LTI}version": "1.1"})

    trace = newest_trace(database)
    text = json.dumps([trace.detail, trace.kid, trace.deployment, trace.binding])
    for personal in ("Alice", "Andersson", '"7"'):
        assert personal not in text


def test_pages_of_a_visit_may_be_framed_by_their_platform_only(
    client: FlaskClient, platform: SigningPlatform
) -> None:
    page = client.get(launch(client, platform).location)

    policy = page.headers["Content-Security-Policy"]
    assert f"frame-ancestors 'self' {platform.url};" in f"{policy};"
