"""What every route stands on: who may enter, forgery, notes, limits, headers, static files."""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from flask import Flask, redirect, render_template_string, request, url_for
from flask.testing import FlaskClient
from flask.typing import ResponseReturnValue

from lti_tool import app as tool_app
from lti_tool import web
from lti_tool.db import Database, utcnow
from lti_tool.lti import visits
from lti_tool.settings import Settings
from lti_tool.vault import Vault
from lti_tool.visit import Role
from tests.conftest import PUBLIC_URL
from tests.pages import CarefulClient
from tests.services_platform import SECRET

PAGE = (
    '{% extends "base.html" %}{% block title %}Toy{% endblock %}'
    "{% block main %}<h1>Toy</h1><p>{{ csrf_token() }}</p>{% endblock %}"
)


def add_toys(app: Flask) -> None:
    """Add routes as a room would."""

    @web.open_to(Role.ADMINISTRATOR)
    def form() -> ResponseReturnValue:
        if request.method in web.UNSAFE:
            return redirect(web.with_note(url_for("toy") + "?a=b#c", "Saved <b>& well</b>.", "ok"))
        return render_template_string(PAGE)

    @web.open_to(Role.LEARNER)
    def learner() -> ResponseReturnValue:
        return "in"

    @web.open_to_all
    def public() -> ResponseReturnValue:
        return web.csrf_token() if request.method == "GET" else "done"

    @web.open_to_all
    @web.no_csrf
    def foreign() -> ResponseReturnValue:
        return "done"

    @web.open_to_all
    def counted() -> ResponseReturnValue:
        web.limit_rate("toy")
        return "in"

    @web.open_to_all
    def framed() -> ResponseReturnValue:
        web.allow_frames("https://lms.example.org", "")
        web.allow_forms_to("https://lms.example.org:8443/return?a=b")
        return "in"

    every = ["GET", "POST", "PUT", "PATCH", "DELETE"]
    app.add_url_rule("/v/<visit>/toy", "toy", form, methods=every)
    app.add_url_rule("/v/<visit>/learner", "learner", learner)
    app.add_url_rule("/public", "public", public, methods=every)
    app.add_url_rule("/foreign", "foreign", foreign, methods=["POST"])
    app.add_url_rule("/counted", "counted", counted)
    app.add_url_rule("/framed", "framed", framed)


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """Give one database: nothing here depends on which."""
    return sqlite_url


@pytest.fixture
def toys(app: Flask) -> FlaskClient:
    """Give a browser at the tool with routes of its own."""
    add_toys(app)
    return app.test_client()


@pytest.fixture
def visit(database: Database, toys: FlaskClient) -> str:
    """Give the beginning of the addresses of an administrator's visit."""
    return begin_visit(database, toys)


def begin_visit(database: Database, browser: FlaskClient) -> str:
    with database.begin() as session:
        visit_id = visits.begin_desk_visit(session, cookie="secret", now=utcnow(), hours=1)
    browser.set_cookie(f"__Host-visit-{visit_id[:8]}", "secret", secure=True, domain="localhost")
    return f"/v/{visit_id}"


def token_of(browser: FlaskClient, address: str) -> str:
    found = re.search(r"<p>([\w-]{22})</p>", browser.get(address).get_data(as_text=True))
    assert found is not None
    return found[1]


# Characters that nothing can keep


@pytest.mark.parametrize("control", ["%00", "%01", "%08", "%0B", "%0C", "%0E", "%1F"])
def test_control_characters_in_an_address_are_refused_with_words(
    toys: FlaskClient, visit: str, control: str
) -> None:
    for address in (
        f"/public?q=a{control}b",
        f"/public?q{control}=a",
        f"{visit}/toy?q={control}",
        f"/static/{control}",
    ):
        answer = toys.get(address)

        assert answer.status_code == 400, address
        assert "There are control characters in the text" in answer.text


def test_control_characters_in_a_form_are_refused(toys: FlaskClient, visit: str) -> None:
    token = token_of(toys, f"{visit}/toy")
    plain = {"csrf_token": token, "reason": "Tab\tand\r\nnew lines."}

    kept = toys.post(f"{visit}/toy", data=plain)
    text = toys.post(f"{visit}/toy", data={**plain, "reason": "\x00"})
    name = toys.post(f"{visit}/toy", data={**plain, "a\x00": "b"})
    several = toys.post(f"{visit}/toy", data={**plain, "reason": ["a", "\x1b[0m"]})
    foreign = toys.post("/foreign", data={"a": "\x00"})  # it checks forms itself

    assert (kept.status_code, foreign.status_code) == (302, 200)
    assert [each.status_code for each in (text, name, several)] == [400] * 3


def test_the_content_of_a_file_may_hold_any_byte_and_its_name_may_not(
    toys: FlaskClient, visit: str
) -> None:
    token = token_of(toys, f"{visit}/toy")

    kept = toys.post(
        f"{visit}/toy", data={"csrf_token": token, "file": (io.BytesIO(b"\x00"), "a.pdf")}
    )
    named = toys.post(
        f"{visit}/toy", data={"csrf_token": token, "file": (io.BytesIO(b"a"), "a\x01.pdf")}
    )

    assert (kept.status_code, named.status_code) == (302, 400)


def test_programs_are_told_in_json_and_the_record_store_keeps_its_own_rules(
    toys: FlaskClient,
) -> None:
    told = toys.get("/public?q=%00", headers={"Accept": "application/json"})
    store = toys.get("/xapi/about?q=%00")

    assert (told.status_code, told.json["error"]) == (400, "bad_request")
    assert "control characters in the text" not in store.text


# Who may enter


def test_a_visit_enters_where_its_roles_may(toys: FlaskClient, visit: str) -> None:
    assert toys.get(f"{visit}/toy").status_code == 200
    assert toys.get(f"{visit}/learner").status_code == 403
    assert toys.get("/v/unknown/toy").status_code == 401


def test_a_route_without_a_visit_has_none(app: Flask) -> None:
    with app.test_request_context("/"), pytest.raises(web.VisitEndedError):
        web.current_visit()


def test_a_course_that_is_not_there_is_not_found(app: Flask) -> None:
    with app.app_context():
        assert web.find_course("capitals").id == "capitals"
        with pytest.raises(web.NotFoundError):
            web.find_course("another")


# Forms of ours only


def test_a_form_with_its_token_is_taken_in_field_or_header(toys: FlaskClient, visit: str) -> None:
    token = token_of(toys, f"{visit}/toy")

    by_field = toys.post(f"{visit}/toy", data={"csrf_token": token})
    by_header = toys.post(f"{visit}/toy", json={}, headers={"X-CSRF-Token": token})

    assert (by_field.status_code, by_header.status_code) == (302, 302)


def test_a_form_without_its_token_is_refused(toys: FlaskClient, visit: str) -> None:
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        for form in ({}, {"csrf_token": ""}, {"csrf_token": "wrong"}, {"csrf_token": "wröng"}):
            answer = toys.open(f"{visit}/toy", method=method, data=form)

            assert answer.status_code == 403
            assert "This form could not be checked" in answer.get_data(as_text=True)


def test_the_token_of_another_visit_is_refused(
    toys: FlaskClient, visit: str, database: Database
) -> None:
    other = begin_visit(database, toys)
    token = token_of(toys, f"{other}/toy")

    answer = toys.post(f"{visit}/toy", data={"csrf_token": token})

    assert answer.status_code == 403


def test_the_token_of_a_public_page_is_good_there_alone(toys: FlaskClient, visit: str) -> None:
    token = toys.get("/public").get_data(as_text=True)

    here = toys.post("/public", data={"csrf_token": token})
    there = toys.post(f"{visit}/toy", data={"csrf_token": token})

    assert (here.status_code, there.status_code) == (200, 403)


FORMS: list[tuple[dict[str, str], int]] = [
    ({"Origin": PUBLIC_URL}, 302),
    ({"Origin": "null"}, 302),
    ({"Origin": "https://evil.example.org"}, 403),
    ({"Origin": "http://tool.example.org"}, 403),
    ({"Origin": f"{PUBLIC_URL}:8443"}, 403),
    ({"Origin": f"{PUBLIC_URL}.evil.example.org"}, 403),
    ({"Origin": ""}, 403),
    ({"Sec-Fetch-Site": "same-origin"}, 302),
    ({"Sec-Fetch-Site": "none"}, 302),
    ({"Sec-Fetch-Site": "cross-site"}, 403),
    ({"Origin": PUBLIC_URL, "Sec-Fetch-Site": "cross-site"}, 403),
]


def test_a_form_of_another_site_is_refused_even_with_the_token(
    toys: FlaskClient, visit: str
) -> None:
    token = token_of(toys, f"{visit}/toy")

    for headers, status in FORMS:
        answer = toys.post(f"{visit}/toy", data={"csrf_token": token}, headers=headers)

        assert answer.status_code == status, headers


def test_a_route_that_takes_forms_of_others_takes_them(toys: FlaskClient) -> None:
    headers = {"Origin": "https://lms.example.org", "Sec-Fetch-Site": "cross-site"}

    assert toys.post("/foreign", headers=headers).status_code == 200


def test_a_form_to_nowhere_is_not_found(toys: FlaskClient) -> None:
    assert toys.post("/nowhere").status_code == 404


# Notes


def test_a_note_is_shown_on_the_next_page_and_escaped(toys: FlaskClient, visit: str) -> None:
    token = token_of(toys, f"{visit}/toy")

    there = toys.post(f"{visit}/toy", data={"csrf_token": token}).location
    text = toys.get(there).get_data(as_text=True)

    assert there.endswith("#c")
    assert parse_qs(urlsplit(there).query)["a"] == ["b"]
    assert "callout-ok" in text
    assert "Saved &lt;b&gt;&amp; well&lt;/b&gt;." in text


def test_a_note_cannot_be_forged(toys: FlaskClient, visit: str) -> None:
    own = token_of(toys, f"{visit}/toy")
    genuine = parse_qs(urlsplit(toys.post(f"{visit}/toy", data={"csrf_token": own}).location).query)
    forged = base64.urlsafe_b64encode(b"bad Call this number.").decode()
    tries = [
        {"note": forged},
        {"note": forged, "proof": genuine["proof"][0]},
        {"note": forged, "proof": own},
        {"note": forged, "proof": Vault("x" * 40).sign(f"note:{forged}")},
        {"note": genuine["note"][0] + "x", "proof": genuine["proof"][0]},
        {"note": "%%%", "proof": "é"},
        {"proof": genuine["proof"][0]},
    ]

    for query in tries:
        text = toys.get(f"{visit}/toy?{urlencode(query)}").get_data(as_text=True)

        assert "callout" not in text, query


def test_a_note_of_ours_is_believed(toys: FlaskClient, visit: str) -> None:
    body = base64.urlsafe_b64encode("warning Grüße".encode()).decode()
    query = urlencode({"note": body, "proof": Vault(SECRET).sign(f"note:{body}")})

    text = toys.get(f"{visit}/toy?{query}").get_data(as_text=True)

    assert "callout-warning" in text
    assert "Grüße" in text


# Limits


@pytest.fixture
def limited(settings: Settings, database: Database) -> Iterator[Flask]:
    """Give a tool behind a proxy that lets one address begin two launches a minute."""
    made = tool_app.create_app(replace(settings, launches_per_minute=2, trusted_proxies=1))
    made.test_client_class = CarefulClient
    add_toys(made)
    yield made
    made.extensions["lti_tool.db"].dispose()


def test_one_too_many_gets_a_page_that_says_so(limited: Flask) -> None:
    browser = limited.test_client()

    answers = [browser.get("/counted") for _ in range(4)]

    assert [answer.status_code for answer in answers] == [200, 200, 429, 429]
    assert "Too many requests" in answers[-1].get_data(as_text=True)


def test_each_address_is_counted_for_itself_as_the_proxy_tells_it(limited: Flask) -> None:
    browser = limited.test_client()

    def ask(forwarded: str) -> int:
        return browser.get("/counted", headers={"X-Forwarded-For": forwarded}).status_code

    statuses = [ask("192.0.2.1"), ask("192.0.2.1"), ask("192.0.2.2"), ask("192.0.2.1")]
    spoofed = [ask("198.51.100.9, 192.0.2.1")]

    assert statuses == [200, 200, 200, 429]
    assert spoofed == [429]


def test_logins_and_launches_are_counted_apart(limited: Flask) -> None:
    browser = limited.test_client()

    logins = [browser.get("/lti/login").status_code for _ in range(3)]
    launches = [browser.post("/lti/launch", data={}).status_code for _ in range(3)]

    assert logins == [400, 400, 429]
    assert launches == [401, 401, 429]


# Headers


ANSWERS = [
    ("get", "/", 200),
    ("get", "/healthz", 200),
    ("get", "/nowhere", 404),
    ("get", "/foreign", 405),
    ("post", "/public", 403),
    ("get", "/static/css/app.css", 200),
    ("get", "/v/unknown/toy", 401),
]


def test_every_answer_is_guarded(toys: FlaskClient) -> None:
    for method, path, status in ANSWERS:
        answer = toys.open(path, method=method)

        assert answer.status_code == status
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "script-src 'self';" in policy
        assert "unsafe" not in policy
        assert "base-uri 'none'" in policy
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert answer.headers["Strict-Transport-Security"].startswith("max-age=")
        assert "camera=()" in answer.headers["Permissions-Policy"]
        assert "Server" not in answer.headers
        answer.close()


def test_pages_of_visits_are_not_kept_and_public_ones_not_framed(
    toys: FlaskClient, visit: str
) -> None:
    answer = toys.get(f"{visit}/toy")

    assert answer.headers["Cache-Control"] == "no-store"
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
    assert "Set-Cookie" not in answer.headers


def test_a_page_says_who_may_frame_it_and_where_its_forms_go(toys: FlaskClient) -> None:
    policy = toys.get("/framed").headers["Content-Security-Policy"]

    assert "frame-ancestors 'self' https://lms.example.org" in policy
    assert "form-action 'self' https://lms.example.org:8443;" in policy
    assert "return" not in policy


def test_without_tls_browsers_are_not_told_to_insist_on_it(
    settings: Settings, database: Database
) -> None:
    app = tool_app.create_app(replace(settings, public_url="http://localhost:8000"))

    answer = app.test_client().get("/healthz")

    assert "Strict-Transport-Security" not in answer.headers


# Static files


def test_a_static_file_is_kept_for_ever_under_its_fingerprint_only(
    app: Flask, toys: FlaskClient
) -> None:
    with app.test_request_context():
        address = web.static_url("css/app.css")

    def kept(path: str) -> str:
        with toys.get(path) as answer:
            return answer.headers["Cache-Control"]

    ever = kept(address)
    plain = kept("/static/css/app.css")
    wrong = kept("/static/css/app.css?v=000000000000")

    assert re.fullmatch(r"/static/css/app\.css\?v=[0-9a-f]{12}", address)
    assert ever == "public, max-age=31536000, immutable"
    assert plain == wrong == "public, max-age=86400"


def test_nothing_but_static_files_is_given(toys: FlaskClient) -> None:
    for path in ("missing.css", "../app.py", "..%2fapp.py", "css/../../app.py", "css", "", "%00"):
        answer = toys.get(f"/static/{path}")

        assert answer.status_code in {400, 404, 308}, path
        assert "create_app" not in answer.get_data(as_text=True)
