"""The public pages of checks in Chromium: readable by anybody, with and without script, printed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from threading import Thread

import pytest
from flask import Flask
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import expect
from werkzeug.serving import make_server

from courses.schemes import SchemeKind
from lti_tool.certification.codes import new_code
from lti_tool.certification.register_models import CertificateState
from lti_tool.db import Database, utcnow
from tests.journeys.looking import Look
from tests.lti_tool.certification.papers import paper
from tests.lti_tool.certification.shelves import shelve, shelve_holder

OWN = ("certificate_id", "number", "code", "verify_url", "status_index")
FILE = b"%PDF-1.7 as it was issued"
NAMES = {SchemeKind.TRAINING_BODY: "Vysoká škola báňská"}


@dataclass(frozen=True)
class Public:
    """A tool that strangers come to, and codes of its certificates."""

    url: str
    codes: dict[str, str]


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """Give one database: nothing here depends on which."""
    return sqlite_url


@pytest.fixture
def public(app: Flask, database: Database) -> Iterator[Public]:
    """Serve a tool with a certificate of each kind, some of which have ended."""
    codes = {}
    columns = {
        SchemeKind.EXAM: {"pdf_sha256": sha256(FILE).hexdigest()},
        SchemeKind.EVIDENCE: {"state": CertificateState.SUSPENDED, "suspended_at": utcnow()},
        SchemeKind.TRAINER: {"state": CertificateState.WITHDRAWN, "ended_at": utcnow()},
    }
    with database.begin() as session:
        for kind in SchemeKind:
            facts = paper(kind, is_test=kind is SchemeKind.MICRO_CREDENTIAL)
            given = {each.name: getattr(facts, each.name) for each in fields(facts)}
            certificate = shelve(
                session,
                shelve_holder(session, name=facts.holder_name),
                columns=columns.get(kind),
                **{name: value for name, value in given.items() if name not in OWN},
            )
            certificate.valid_until = utcnow().date() + timedelta(days=100)
            codes[kind.value] = certificate.code
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield Public(f"http://127.0.0.1:{server.server_port}", codes)
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.mark.browser
def test_every_page_of_a_check_can_be_read(chromium: Chromium, public: Public) -> None:
    page = chromium.new_page()
    look = Look(page)

    look.at("ask", f"{public.url}/verify")
    look.at("mistyped", f"{public.url}/verify?code=nonsense")
    look.at("unknown", f"{public.url}/verify/{new_code()}")
    for kind, code in public.codes.items():
        look.at(kind, f"{public.url}/verify/{code}")
        page.get_by_role("textbox").fill("Mallory")
        page.get_by_role("button", name="Show").click()
        look.at(f"{kind}, another name")
        page.get_by_role("textbox").fill(NAMES.get(SchemeKind(kind), "Stastna"))
        page.get_by_role("button", name="Show").click()
        expect(page.get_by_role("heading", name="What stands on it")).to_be_visible()
        look.at(f"{kind}, known")
    look.at("file", f"{public.url}/verify/file")
    look.at("many", f"{public.url}/verify/many")
    page.get_by_label("Codes").fill("\n".join([*public.codes.values(), "<b>" + "x" * 200]))
    page.get_by_role("button", name="Check all").click()
    look.at("many checked")
    page.close()

    assert look.found == []


@pytest.mark.browser
def test_a_certificate_is_checked_in_every_way_without_script(
    chromium: Chromium, public: Public, tmp_path: Path
) -> None:
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    sent = tmp_path / "certificate.pdf"
    sent.write_bytes(FILE)

    page.goto(f"{public.url}/verify")
    page.get_by_label("Code on the certificate").fill(public.codes["exam"].lower())
    page.get_by_role("button", name="Check").click()
    by_code = page.locator("main").inner_text()
    page.get_by_role("textbox").fill("Šťastná")
    page.get_by_role("button", name="Show").click()
    by_name = page.locator("main").inner_text()
    page.get_by_role("link", name="File").click()
    fingerprints = page.get_by_role("button", name="fingerprint").count()
    page.get_by_label("File").set_input_files(sent)
    page.get_by_role("button", name="Send it").click()
    by_file = page.locator("main").inner_text()
    page.get_by_role("link", name="Many").click()
    page.get_by_label("Codes").fill("\n".join(public.codes.values()))
    page.get_by_role("button", name="Check all").click()
    rows = page.get_by_role("row").count()
    context.close()

    assert "Valid" in by_code
    assert "Žofie" not in by_code
    assert "Žofie Šťastná-Łukasz" in by_name
    assert "66.66 %" in by_name
    assert fingerprints == 0
    assert "exactly the one that was issued" in by_file
    assert rows == 1 + len(public.codes)


@pytest.mark.browser
def test_a_file_is_known_by_its_fingerprint_and_stays_where_it_is(
    chromium: Chromium, public: Public, tmp_path: Path
) -> None:
    page = chromium.new_page()
    sent = tmp_path / "certificate.pdf"
    sent.write_bytes(FILE)
    bodies: list[bytes] = []
    page.on("request", lambda each: bodies.append(each.post_data_buffer or b""))

    page.goto(f"{public.url}/verify/file")
    page.get_by_label("File").set_input_files(sent)
    page.get_by_role("button", name="fingerprint").click()
    expect(page.get_by_text("exactly the one that was issued")).to_be_visible()
    page.close()

    assert any(sha256(FILE).hexdigest().encode() in each for each in bodies)
    assert not any(FILE in each for each in bodies)


@pytest.mark.browser
def test_what_is_printed_names_the_moment_of_checking(chromium: Chromium, public: Public) -> None:
    page = chromium.new_page()
    moment = re.compile(rf"Checked in the register on {utcnow():%Y-%m}-\d\d \d\d:\d\d UTC")

    page.emulate_media(media="print")
    page.goto(f"{public.url}/verify/{public.codes['exam']}")
    one = page.get_by_text(moment)
    expect(one).to_be_visible()
    expect(page.get_by_role("button")).to_have_count(0)
    page.goto(f"{public.url}/verify/many")
    page.emulate_media(media="screen")
    page.get_by_label("Codes").fill(public.codes["exam"])
    page.get_by_role("button", name="Check all").click()
    page.emulate_media(media="print")
    many = page.get_by_text(moment)
    expect(many).to_be_visible()
    expect(page.locator("form:visible")).to_have_count(0)
    expect(page.locator("header.site")).to_be_hidden()
    page.close()
