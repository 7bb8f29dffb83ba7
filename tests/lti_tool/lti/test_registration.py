"""Dynamic registration over real HTTP: with the practice platform, and with one that misbehaves."""

from __future__ import annotations

import html
import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from lti_tool.db import Database, utcnow
from lti_tool.lti import links, platforms
from lti_tool.lti.links import LinkTerms, Purpose, state_of
from lti_tool.lti.models import (
    Deployment,
    DeploymentPolicy,
    DeploymentStatus,
    OneTimeLink,
    Platform,
)
from lti_tool.practice import registering
from lti_tool.practice.app import Options, Practice, serve
from tests.conftest import PUBLIC_URL

TOOL = "https://purl.imsglobal.org/spec/lti-tool-configuration"


@pytest.fixture(scope="module")
def practice() -> Iterator[Practice]:
    """Give a practice platform that behaves as a Moodle."""
    with serve(Options(product="moodle")) as running:
        yield running


@pytest.fixture
def make_link(database: Database) -> Callable[..., str]:
    """Give what makes registration links."""

    def make(**terms: Any) -> str:
        with database.begin() as session:
            token = links.make(
                session, Purpose.REGISTRATION, LinkTerms(**terms), who="test", now=utcnow()
            )
        return links.url_of(PUBLIC_URL, Purpose.REGISTRATION, token)

    return make


def open_page(client: FlaskClient, address: str) -> TestResponse:
    parts = urlsplit(address)
    return client.get(f"{parts.path}?{parts.query}", base_url=PUBLIC_URL)


def press(client: FlaskClient, page: TestResponse) -> TestResponse:
    """Send the form of a page as a browser does; another client is a browser without cookies."""
    fields = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page.text)
    form = {name: html.unescape(value) for name, value in fields}
    headers = {"Origin": PUBLIC_URL, "Sec-Fetch-Site": "same-origin"}
    return client.post("/lti/register", data=form, base_url=PUBLIC_URL, headers=headers)


def arrive(practice: Practice, link: str, *, updates: int | None = None) -> str:
    token = registering.admit(practice.state, updates=updates)
    return registering.page_url(practice.issuer, link, token)


def link_states(database: Database) -> list[str]:
    with database.read() as session:
        found = session.scalars(select(OneTimeLink).order_by(OneTimeLink.created_at))
        return [state_of(each, utcnow()).value for each in found]


def test_a_moodle_is_connected_by_one_link_and_one_button(
    client: FlaskClient, database: Database, practice: Practice, make_link: Callable[..., str]
) -> None:
    link = make_link(label="Moodle of the academy", country="CZ")

    page = open_page(client, arrive(practice, link))
    done = press(client, page)

    assert page.status_code == 200
    assert practice.issuer in page.text
    assert "No names and no e-mail addresses" in page.text
    assert "write scores" in page.text
    assert done.status_code == 200
    assert "<h1>Connected</h1>" in done.text
    assert "org.imsglobal.lti.close" in done.text
    assert "press Activate" in done.text
    with database.read() as session:
        platform = session.scalars(select(Platform)).one()
        deployment = session.scalars(select(Deployment)).one()
        assert platform.issuer == practice.issuer
        assert platform.auth_url == f"{practice.issuer}/auth"
        assert (platform.name, platform.country) == ("Moodle of the academy", "CZ")
        assert platform.product == "moodle"
        assert deployment.status == DeploymentStatus.APPROVED
    tool = next(
        each for each in practice.state.tools.values() if each.client_id == platform.client_id
    )
    assert deployment.deployment_id == tool.deployment_id
    assert (tool.login_url, tool.keys_url) == (f"{PUBLIC_URL}/lti/login", f"{PUBLIC_URL}/lti/keys")
    assert tool.redirect_urls == (f"{PUBLIC_URL}/lti/launch",)
    assert tool.deep_linking_url == f"{PUBLIC_URL}/lti/launch"
    assert (tool.share_name, tool.share_email) == (False, False)
    assert (tool.use_columns, tool.manage_columns, tool.use_roster) == (True, False, True)
    assert link_states(database) == ["used"]


def test_the_page_may_be_framed_by_the_platform_and_by_nobody_else(
    client: FlaskClient, practice: Practice, make_link: Callable[..., str]
) -> None:
    page = open_page(client, arrive(practice, make_link()))

    policy = page.headers["Content-Security-Policy"]
    assert policy.endswith(f"frame-ancestors 'self' {practice.issuer}")


def test_an_address_cannot_write_into_the_headers(
    client: FlaskClient, make_link: Callable[..., str]
) -> None:
    evil = "https://a.example.org;script-src%20*;/openid-configuration"

    page = open_page(client, f"{make_link()}&openid_configuration={evil}")

    assert page.status_code == 400
    assert "script-src *" not in page.headers["Content-Security-Policy"]


def test_it_works_without_any_cookie(
    app: Flask, practice: Practice, make_link: Callable[..., str]
) -> None:
    page = open_page(app.test_client(), arrive(practice, make_link()))

    done = press(app.test_client(), page)

    assert "Set-Cookie" not in page.headers
    assert done.status_code == 200


def test_names_are_asked_for_where_the_link_says_so(
    client: FlaskClient, practice: Practice, make_link: Callable[..., str]
) -> None:
    page = open_page(client, arrive(practice, make_link(ask_names=True)))
    press(client, page)

    tool = list(practice.state.tools.values())[-1]
    assert "Their name." in page.text
    assert (tool.share_name, tool.share_email) == (True, False)


def test_a_link_may_let_deployments_wait_for_an_administrator(
    client: FlaskClient, database: Database, practice: Practice, make_link: Callable[..., str]
) -> None:
    link = make_link(policy=DeploymentPolicy.APPROVE)

    done = press(client, open_page(client, arrive(practice, link)))

    assert "must let your platform in" in done.text
    with database.read() as session:
        assert session.scalars(select(Deployment)).one().status == DeploymentStatus.PENDING


def test_a_used_link_is_refused_and_the_platform_not_asked(
    client: FlaskClient, database: Database, practice: Practice, make_link: Callable[..., str]
) -> None:
    link = make_link()
    first = open_page(client, arrive(practice, link))
    press(client, first)
    known = len(practice.state.tools)

    again = press(client, first)
    late = open_page(client, arrive(practice, link))

    assert (again.status_code, late.status_code) == (410, 410)
    assert "used already" in again.text
    assert len(practice.state.tools) == known
    with database.read() as session:
        assert len(session.scalars(select(Platform)).all()) == 1


def test_a_link_whose_time_is_over_is_refused(
    client: FlaskClient, database: Database, practice: Practice, make_link: Callable[..., str]
) -> None:
    first = open_page(client, arrive(practice, make_link()))
    with database.begin() as session:
        session.scalars(select(OneTimeLink)).one().expires_at = utcnow()

    late = press(client, first)

    assert late.status_code == 410
    assert "time of this link is over" in late.text
    with database.read() as session:
        assert session.scalars(select(Platform)).all() == []


def test_a_link_that_nobody_made_is_refused(client: FlaskClient, practice: Practice) -> None:
    page = open_page(client, arrive(practice, f"{PUBLIC_URL}/lti/register?link=made-up"))

    assert page.status_code == 404
    assert "not made here" in page.text


def test_the_link_opened_by_itself_says_where_it_belongs_and_stays_good(
    client: FlaskClient, database: Database, make_link: Callable[..., str]
) -> None:
    page = open_page(client, make_link())

    assert page.status_code == 200
    assert "Add LTI Advantage" in page.text
    assert link_states(database) == ["open"]


def test_a_token_used_before_is_told_in_the_platforms_words_and_the_link_is_good_again(
    client: FlaskClient, database: Database, practice: Practice, make_link: Callable[..., str]
) -> None:
    address = arrive(practice, make_link())
    press(client, open_page(client, address))
    given = dict(parse_qsl(urlsplit(address).query))
    second = f"{make_link()}&openid_configuration={given['openid_configuration']}"
    second += f"&registration_token={given['registration_token']}"

    refused = press(client, open_page(client, second))

    assert refused.status_code == 502
    assert "refused to register the tool (401): token_already_used" in refused.text
    assert link_states(database) == ["used", "open"]


def test_registering_again_brings_a_platform_up_to_date(
    client: FlaskClient, database: Database, practice: Practice, make_link: Callable[..., str]
) -> None:
    press(client, open_page(client, arrive(practice, make_link(country="CZ"))))
    tool = list(practice.state.tools.values())[-1]
    with database.begin() as session:
        before = session.scalars(select(Platform)).one()
        before.token_url = "https://old.example.org/token"
        platforms.withdraw(session, before.id, who="test", now=utcnow())

    done = press(client, open_page(client, arrive(practice, make_link(), updates=tool.id)))

    assert "up to date again" in done.text
    assert "look at all three" in done.text
    with database.read() as session:
        after = session.scalars(select(Platform)).one()
        assert after.token_url == f"{practice.issuer}/token"
        assert (after.country, after.withdrawn_at) == ("CZ", None)
        assert len(session.scalars(select(Deployment)).all()) == 1


# A platform that misbehaves


class Double:
    """What a platform answers, and what it was asked."""

    def __init__(self) -> None:
        self.configuration: Any = {}
        self.answer: tuple[int, str, str] = (200, "application/json", "{}")
        self.asked: list[dict[str, Any]] = []
        self.bearers: list[str | None] = []
        self.url = ""


@contextmanager
def running(double: Double) -> Iterator[None]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._say(200, "application/json", json.dumps(double.configuration))

        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            double.asked.append(json.loads(self.rfile.read(length)))
            double.bearers.append(self.headers.get("Authorization"))
            self._say(*double.answer)

        def _say(self, status: int, kind: str, text: str) -> None:
            body = text.encode()
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_args: Any) -> None:
            """Keep quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    double.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def double() -> Iterator[Double]:
    """Give a platform that answers what a test says."""
    made = Double()
    with running(made):
        made.configuration = {
            "issuer": made.url,
            "authorization_endpoint": f"{made.url}/auth",
            "token_endpoint": f"{made.url}/token",
            "jwks_uri": f"{made.url}/certs",
            "registration_endpoint": f"{made.url}/register",
        }
        made.answer = (201, "application/json", json.dumps({"client_id": "c1"}))
        yield made


def with_double(link: str, double: Double, token: str = "") -> str:
    more = f"&registration_token={token}" if token else ""
    return f"{link}&openid_configuration={double.url}/openid{more}"


def test_a_bare_platform_gets_all_that_the_standard_asks(
    client: FlaskClient, database: Database, double: Double, make_link: Callable[..., str]
) -> None:
    done = press(client, open_page(client, with_double(make_link(), double)))

    assert done.status_code == 200
    body = double.asked[0]
    assert double.bearers == [None]
    assert body["application_type"] == "web"
    assert body["response_types"] == ["id_token"]
    assert body["grant_types"] == ["implicit", "client_credentials"]
    assert body["token_endpoint_auth_method"] == "private_key_jwt"
    assert body["client_name"] == "ASA Courses"
    assert body[TOOL]["domain"] == "tool.example.org"
    assert body[TOOL]["claims"] == ["iss", "sub"]
    kinds = [each["type"] for each in body[TOOL]["messages"]]
    assert kinds == ["LtiResourceLinkRequest", "LtiDeepLinkingRequest"]
    assert {scope.rpartition("/")[2] for scope in body["scope"].split()} == {
        "score",
        "lineitem.readonly",
        "contextmembership.readonly",
    }
    with database.read() as session:
        assert session.scalars(select(Platform)).one().client_id == "c1"
        assert session.scalars(select(Deployment)).all() == []


def test_only_what_a_platform_knows_is_asked_of_it(
    client: FlaskClient, double: Double, make_link: Callable[..., str]
) -> None:
    ags = "https://purl.imsglobal.org/spec/lti-ags/scope"
    double.configuration["scopes_supported"] = ["openid", f"{ags}/score", f"{ags}/lineitem"]
    double.configuration["authorization_server"] = "urn:their-server"
    double.configuration["https://purl.imsglobal.org/spec/lti-platform-configuration"] = {
        "messages_supported": [{"type": "LtiResourceLinkRequest"}]
    }

    page = open_page(client, with_double(make_link(), double, token="t0k"))
    press(client, page)

    assert "cannot select content" in page.text
    assert double.bearers == ["Bearer t0k"]
    assert double.asked[0]["scope"].split() == [f"{ags}/score", f"{ags}/lineitem"]
    assert [each["type"] for each in double.asked[0][TOOL]["messages"]] == [
        "LtiResourceLinkRequest"
    ]


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ((400, "text/html", "missing_domain"), "(400): missing_domain"),
        (
            (404, "text/html", "<head><title>x</title></head><p>Not <b>found</b> &amp; gone</p>"),
            "(404): Not found &amp; gone",
        ),
        ((500, "text/html", ""), "(500): it did not say why."),
        ((200, "application/json", "[]"), "it is no JSON object"),
        ((200, "application/json", "{}"), "gave no client id"),
    ],
)
def test_a_refusal_is_shown_with_status_and_text_and_keeps_nothing(
    client: FlaskClient,
    database: Database,
    double: Double,
    make_link: Callable[..., str],
    *,
    answer: tuple[int, str, str],
    told: str,
) -> None:
    double.answer = answer

    page = press(client, open_page(client, with_double(make_link(), double)))

    assert page.status_code == 502
    assert told in page.text
    assert "paste the same link" in page.text
    assert link_states(database) == ["open"]
    with database.read() as session:
        assert session.scalars(select(Platform)).all() == []


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"issuer": "https://lms.example.org"}, "Both must be the same site"),
        ({"registration_endpoint": "https://evil.example.org/r"}, "Both must be the same site"),
        ({"jwks_uri": ""}, "lacks: jwks_uri"),
        ({"token_endpoint": "ftp://x.example.org"}, "token_endpoint"),
    ],
)
def test_a_configuration_that_does_not_fit_is_refused_before_anything_is_sent(
    client: FlaskClient,
    database: Database,
    double: Double,
    make_link: Callable[..., str],
    *,
    changed: dict[str, str],
    told: str,
) -> None:
    double.configuration |= changed

    page = open_page(client, with_double(make_link(), double))

    assert page.status_code == 502
    assert told in page.text
    assert "Connect</button>" not in page.text
    assert double.asked == []
    assert link_states(database) == ["open"]


def test_a_platform_that_does_not_answer_is_told(
    client: FlaskClient, double: Double, make_link: Callable[..., str]
) -> None:
    double.url = "http://127.0.0.1:9"

    page = open_page(client, with_double(make_link(), double))

    assert page.status_code == 502
    assert "could not be reached" in page.text


def test_a_form_of_another_site_is_refused(
    client: FlaskClient, double: Double, make_link: Callable[..., str]
) -> None:
    token = make_link().partition("link=")[2]
    form = {"link": token, "openid_configuration": f"{double.url}/openid"}

    answer = client.post(
        "/lti/register", data=form, base_url=PUBLIC_URL, headers={"Origin": double.url}
    )

    assert answer.status_code == 403
    assert double.asked == []
