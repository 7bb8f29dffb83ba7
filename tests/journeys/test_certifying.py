"""From a passed exam to a certificate that an employer checks; a fraud, and a wrong name."""

from __future__ import annotations

import base64
import json
import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import zxingcpp
from PIL import Image
from playwright.sync_api import Browser, Frame, expect

from tests import told
from tests.journeys.solving import course, questions_of, solve
from tests.journeys.town import Town, Visitor, axe, running_town, sideways, visitor
from tests.lti_tool.certification.papers import picture_of

EXAM = "Automotive Cybersecurity Manager: Final exam"
TITLE = "Automotive Cybersecurity Manager"
FETCH = """async (link) => {
  const bytes = new Uint8Array(await (await fetch(link.href)).arrayBuffer());
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
}"""
"""A browser that is driven from outside keeps no downloads; it gives what the link leads to."""
PHONE = {"viewport": {"width": 390, "height": 844}}


@pytest.fixture(scope="module")
def town() -> Iterator[Town]:
    """Give a demo of its own: what is passed and opened here, others would find done."""
    with running_town() as running:
        yield running
        statements = running.statements()
    assert statements
    told.check(statements)
    told.check_enrolments(statements)


def goes(frame: Frame, path: str) -> None:
    """Open another page of the same visit."""
    visit = re.match(r".*/v/[^/]+", frame.url)
    assert visit
    frame.goto(visit[0] + path)


def at_desk(come: Visitor, person: str, page: str) -> Frame:
    """Come as an officer, and open a page of the desk."""
    come.become(person)
    frame = come.open(EXAM)
    goes(frame, f"/desk/certification/{page}")
    return frame


def approves(browser: Browser, town: Town, person: str, name: str) -> None:
    """Approve a case as an officer; wait for it, since the worker decides it first."""
    with visitor(browser, town) as officer:
        frame = at_desk(officer, person, "cases")
        wait_for(frame, name)
        frame.get_by_role("link", name=name).first.click()
        expect(frame.locator("h1")).to_contain_text(name)
        assert axe(frame) == []
        frame.get_by_role("button", name="Approve").first.click()
        expect(frame.locator(".flash")).to_contain_text("approved")


def wait_for(frame: Frame, words: str, seconds: float = 40) -> None:
    """Load a page again until it says something."""
    until = time.monotonic() + seconds
    while words not in frame.locator("main").inner_text():
        assert time.monotonic() < until, frame.locator("main").inner_text()
        frame.wait_for_timeout(500)
        frame.goto(frame.url.partition("?")[0])


def checks(browser: Browser, town: Town, code: str, name: str = "") -> str:
    """Check a certificate as an employer does, on a phone; give what the page says."""
    context = browser.new_context(**PHONE)
    try:
        page = context.new_page()
        page.goto(f"{town.tool_url}/verify")
        page.get_by_label("Code on the certificate").fill(code.lower())
        page.get_by_role("button", name="Check").click()
        expect(page.locator("h1")).to_contain_text("ASA-")
        assert axe(page) == []
        assert sideways(page) == 0
        if name:
            page.get_by_label("Family name").fill(name)
            page.get_by_role("button", name="Show").click()
            expect(page.locator("main")).to_contain_text("What stands on it")
        told: str = page.locator("main").inner_text()
        return told
    finally:
        context.close()


def shows_it_to_others(browser: Browser, frame: Frame, name: str) -> None:
    """Make a link as its holder; somebody without an account opens it, until it is ended."""
    goes(frame, "/certificates/share")
    assert axe(frame) == []
    assert sideways(frame) == 0
    frame.get_by_role("button", name="Make the link").click()
    address = frame.get_by_label("Its address").input_value()
    context = browser.new_context(**PHONE)
    try:
        page = context.new_page()
        page.goto(address)
        expect(page.locator("h1")).to_have_text(f"A certificate of {name}")
        expect(page.locator("main")).to_contain_text("Valid")
        assert axe(page) == []
        assert sideways(page) == 0
        page.get_by_role("link", name="Check this certificate by yourself").click()
        expect(page.locator("h1")).to_contain_text("ASA-EX-")
        frame.get_by_role("button", name="End it").click()
        expect(frame.locator("main")).to_contain_text("There is none.")
        page.goto(address)
        expect(page.locator("h1")).to_have_text("This link shows nothing")
    finally:
        context.close()


def scanned(browser: Browser, sealed: Path) -> str:
    """Scan the square code on a printed certificate with a phone; give what the page says."""
    printed = picture_of(sealed.read_bytes(), sealed.parent, dpi=150)
    (code,) = zxingcpp.read_barcodes(Image.open(printed))
    context = browser.new_context(**PHONE)
    try:
        page = context.new_page()
        page.goto(code.text)
        expect(page.locator("main")).to_contain_text("Valid")
        told: str = page.locator("main").inner_text()
        return told
    finally:
        context.close()


def test_a_certificate_is_earned_confirmed_twice_checked_and_revoked(
    chromium: Browser, town: Town, tmp_path: Path
) -> None:
    exam = course("cybereng-manager").exam
    assert exam is not None
    with visitor(chromium, town) as alice:
        alice.become("alice")
        frame = alice.open(EXAM)
        frame.get_by_role("button", name="Begin attempt 1 now").click()
        expect(frame.locator("[data-clock]")).to_contain_text("left")
        solve(frame, questions_of(exam))
        expect(frame.locator("[data-saved]")).to_contain_text("Saved")
        frame.get_by_role("button", name="Submit the exam").click()
        expect(frame.locator("main")).to_contain_text("Passed")

        frame.get_by_role("link", name="My certificates").click()
        expect(frame.locator("h1")).to_have_text("My certificates")
        wait_for(frame, "Confirm my name")
        assert axe(frame) == []
        frame.get_by_role("link", name="Confirm my name").click()
        name = frame.get_by_label("Full name").input_value()
        frame.get_by_role("button", name="See it as printed").click()
        expect(frame.locator("main")).to_contain_text(name)
        frame.get_by_role("button", name="Yes, confirm this name").click()
        expect(frame.locator("main")).to_contain_text("An officer looks at it")

    approves(chromium, town, "olga", name)
    approves(chromium, town, "oskar", name)

    with visitor(chromium, town, **PHONE) as alice:
        alice.become("alice")
        frame = alice.open(EXAM)
        goes(frame, "/certificates")
        wait_for(frame, "ASA-EX-")
        frame.get_by_role("link", name=TITLE).click()
        expect(frame.locator("h1")).to_contain_text(TITLE)
        assert axe(frame) == []
        assert sideways(frame) == 0
        link = frame.get_by_role("link", name="Certificate (PDF)")
        sealed = tmp_path / "certificate.pdf"
        sealed.write_bytes(base64.b64decode(link.evaluate(FETCH)))
        told = frame.locator("main").inner_text()
        shows_it_to_others(chromium, frame, name)
    number = re.search(r"ASA-EX-\d{4}-\d{6}", told)
    code = re.search(r"[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]", told)
    assert number
    assert code

    assert scanned(chromium, sealed).startswith("Certificate " + number[0])
    first = checks(chromium, town, code[0])
    known = checks(chromium, town, code[0], name)

    assert "Valid" in first
    assert name not in first
    assert name in known
    assert "100 %" in known
    with visitor(chromium, town) as employer:
        employer.page.goto(f"{town.tool_url}/verify/file")
        employer.page.get_by_label("File").set_input_files(sealed)
        employer.page.get_by_role("button", name="Check the fingerprint only").click()
        expect(employer.page.locator("main")).to_contain_text("exactly the one that was issued")
        changed = tmp_path / "changed.pdf"
        flipped = bytearray(sealed.read_bytes())
        flipped[len(flipped) // 3] ^= 1
        changed.write_bytes(flipped)
        employer.page.get_by_label("File").set_input_files(changed)
        employer.page.get_by_role("button", name="Send it and check").click()
        expect(employer.page.locator("main")).to_contain_text("the file was changed")

    with visitor(chromium, town) as olga:
        frame = at_desk(olga, "olga", f"register?q={number[0]}")
        frame.get_by_role("link", name=name).first.click()
        expect(frame.locator("h1")).to_contain_text(number[0])
        frame.get_by_text("Suspend", exact=True).first.click()
        frame.locator("#suspend-reason").fill("Somebody else sat the exam.")
        frame.get_by_role("button", name="Suspend it").click()
        expect(frame.locator("main")).to_contain_text("Suspended")
        assert axe(frame) == []
    assert "Suspended since" in checks(chromium, town, code[0])
    with visitor(chromium, town) as oskar:
        frame = at_desk(oskar, "oskar", f"register?q={number[0]}")
        frame.get_by_role("link", name=name).first.click()
        expect(frame.locator("h1")).to_contain_text(number[0])
        frame.get_by_text("Revoke for ever, as second officer").click()
        frame.locator("#revoke-code").select_option("fraud")
        frame.locator("#revoke-reason").fill("The invigilator's report.")
        frame.get_by_role("button", name="Revoke it for ever").click()
        expect(frame.locator("main")).to_contain_text("Revoked")

    assert "Revoked on" in checks(chromium, town, code[0])
    assert "fraud" in checks(chromium, town, code[0], name)
    assert town.command("audit", "verify")
    verbs = [
        json.loads(row[0])["verb"]["id"]
        for row in town.rows(
            "SELECT payload FROM xapi_statement WHERE payload LIKE ?", f"%{TITLE}%"
        )
    ]
    assert "http://id.tincanapi.com/verb/earned" in verbs


def test_a_new_demo_has_something_on_every_desk(chromium: Browser, town: Town) -> None:
    with visitor(chromium, town) as olga:
        frame = at_desk(olga, "olga", "cases")
        waiting = frame.locator("main").inner_text()
        goes(frame, "/desk/certification/register?q=Примерова")
        wait_for_register(frame, "Мария Примерова", "Revoked")
        frame.get_by_role("link", name="Мария Примерова").first.click()
        expect(frame.locator("h1")).to_contain_text("ASA-EX-")
        code = code_on(frame)
    with visitor(chromium, town) as oskar:
        second = at_desk(oskar, "oskar", "cases").locator("main").inner_text()

    assert "Ștefan Exemplu" in waiting
    assert "Žofie Vzorová" not in waiting  # Olga entered her
    assert "Žofie Vzorová" in second
    assert "Jürgen Muster" in second
    assert "Revoked on" in checks(chromium, town, code)
    assert "fraud" in checks(chromium, town, code, "Примерова")


def test_a_wrong_name_is_corrected_by_a_new_certificate(chromium: Browser, town: Town) -> None:
    with visitor(chromium, town) as olga:
        frame = at_desk(olga, "olga", "enter/alifeca-attendance/entry")
        frame.get_by_label("Name as it will be printed").fill("Zoe Weiss")
        frame.get_by_label("I saw this name on a document").check()
        frame.locator("#day").fill("2026-10-02")
        frame.get_by_role("button", name="Enter", exact=True).click()
        expect(frame.locator("main")).to_contain_text("somebody else has to approve it")
        assert axe(frame) == []
    approves(chromium, town, "oskar", "Zoe Weiss")
    with visitor(chromium, town) as olga:
        frame = at_desk(olga, "olga", "register?q=Zoe")
        wait_for_register(frame, "Zoe Weiss", "Valid")
        frame.get_by_role("link", name="Zoe Weiss").first.click()
        expect(frame.locator("h1")).to_contain_text("ASA-AT-")
        old = code_on(frame)
        frame.get_by_text("Correct the name, or issue it anew").click()
        frame.locator("#correct-name").fill("Zoë Weiß")
        frame.locator("#correct-reason").fill("Passport seen.")
        frame.get_by_role("button", name="Begin the correction").click()
        expect(frame.locator("main")).to_contain_text("Zoë Weiß")

    approves(chromium, town, "oskar", "Zoë Weiß")

    with visitor(chromium, town) as olga:
        frame = at_desk(olga, "olga", "register?q=Weiss&state=issued")
        wait_for_register(frame, "Zoë Weiß", "Valid")
        frame.get_by_role("link", name="Zoë Weiß").first.click()
        expect(frame.locator("h1")).to_contain_text("ASA-AT-")
        new = code_on(frame)
    before, after = checks(chromium, town, old), checks(chromium, town, new, "Weiss")
    assert "Replaced on" in before
    assert "Ask the holder for the newer one" in before
    assert "Valid" in after
    assert "Zoë Weiß" in after
    assert "Replaces" in after


def wait_for_register(frame: Frame, *words: str) -> None:
    """Search again until the register shows it."""
    until = time.monotonic() + 40
    address = frame.url
    while not all(each in frame.locator("main").inner_text() for each in words):
        assert time.monotonic() < until, frame.locator("main").inner_text()
        frame.wait_for_timeout(500)
        frame.goto(address)


def code_on(frame: Frame) -> str:
    """Give the check code that a page shows."""
    text = frame.locator("main").inner_text()
    found = re.search(r"[0-9A-Z]{4}[- ][0-9A-Z]{4}[- ][0-9A-Z]{4}[- ][0-9A-Z]\b", text)
    assert found, text
    return found[0]


@pytest.mark.parametrize("path", ["/verify", "/verify/file", "/verify/many", "/certificates/link"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_public_pages_are_open_to_everybody(
    chromium: Browser, town: Town, path: str, scheme: str
) -> None:
    with visitor(
        chromium, town, color_scheme=scheme, viewport={"width": 360, "height": 800}
    ) as own:
        own.page.goto(town.tool_url + path)

        assert axe(own.page) == []
        assert sideways(own.page) == 0
