"""A holder's pages in Chromium: readable in light and dark, on a phone, and without script."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from threading import Thread
from uuid import UUID, uuid4

import pytest
from flask import Flask
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import expect
from sqlalchemy import select
from werkzeug.serving import make_server

from courses.schemes import SchemeKind
from lti_tool.certification import inviting, letters, share_links
from lti_tool.certification.humans import WORKER
from lti_tool.certification.letters import Post
from lti_tool.certification.models import CaseState, Holder
from lti_tool.certification.share_links import Lasting, NewLink
from lti_tool.db import Database, utcnow
from lti_tool.mail import Mail
from lti_tool.settings import Settings
from lti_tool.vault import Vault
from tests.cast import set_stage
from tests.journeys.looking import Look
from tests.lti_tool.certification.office import all_schemes, candidate
from tests.lti_tool.certification.shelves import shelve, shelve_holder

TOKEN = "b" * 43
REASONS = [
    {
        "code": "element-passed",
        "values": {
            "code": "U1.E1", "title": "Law", "on": "2026-10-30", "points": "5/2", "asked": "3",
        },
    },
    {
        "code": "element-failed",
        "values": {
            "code": "U1.E2", "title": "Plan", "points": "1", "asked": "3", "needed": "2",
        },
    },
]  # fmt: skip


@dataclass(frozen=True)
class Shelf:
    """Where the pages of a holder with all kinds of certificates are."""

    url: str
    visit: str
    certificates: dict[str, UUID]
    case_id: UUID
    shared: str
    invited: str
    """Path of a link by which somebody else confirms name and address."""


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """Give one database: nothing here depends on which."""
    return sqlite_url


@pytest.fixture
def settings(settings: Settings, tmp_path: Path) -> Settings:
    """Give settings by which mail is sent."""
    return replace(settings, mail_url=f"file:{tmp_path}/post", mail_from="a@tool.example.org")


@pytest.fixture
def shelf(app: Flask, database: Database, settings: Settings) -> Iterator[Shelf]:
    """Serve a tool with a holder who has, awaits and shares certificates."""
    app.extensions["lti_tool.schemes"] = all_schemes()
    stage = set_stage(database, now=utcnow())
    visit = stage.visit("Alice", now=utcnow())
    with database.begin() as session:
        alice = shelve_holder(session, stage.people["Alice"])
        session.get_one(Holder, alice).email = "alice@example.org"
        today = utcnow().date()
        ended = {
            "state": "revoked",
            "suspended_human": uuid4(),
            "revoked_human": uuid4(),
            "revoked_at": utcnow(),
            "revoke_code": "wrong-person",
        }
        rests = {"state": "suspended", "suspended_at": utcnow()}
        made = {
            "exam": shelve(session, alice, valid_until=today + timedelta(days=20)),
            "attendance": shelve(session, alice, kind=SchemeKind.ATTENDANCE, notices=("Not HV.",)),
            "evidence": shelve(session, alice, kind=SchemeKind.EVIDENCE, columns=rests),
            "micro": shelve(session, alice, kind=SchemeKind.MICRO_CREDENTIAL, columns=ended),
            "trainer": shelve(
                session,
                alice,
                kind=SchemeKind.TRAINER,
                valid_from=date(2024, 1, 1),
                valid_until=date(2025, 1, 1),
            ),
            "body": shelve(session, alice, kind=SchemeKind.TRAINING_BODY, is_test=True),
        }
        case = candidate(session, name_confirmed_at=None, state=CaseState.DRAFT)
        case.holder_id = alice
        open_case = candidate(
            session,
            "cybereng-engineer-exam",
            state=CaseState.COLLECTING,
            decision={"outcome": "incomplete", "reasons": REASONS},
        )
        open_case.holder_id = alice
        wanted = NewLink(
            certificate_ids=[each.id for each in made.values()],
            lasting=Lasting.MONTH,
            title="Training evidence",
            shows_scores=True,
        )
        vault = Vault(settings.secret_key)
        shared = share_links.make(session, alice, wanted, vault, who="alice", now=utcnow())
        letters.open_door(session, alice, TOKEN, now=utcnow())
        invited = candidate(session, name_confirmed_at=None, state=CaseState.DRAFT)
        asked = inviting.Asked(invited, "Life cycles", "zoe@example.org")
        post = Post.of(settings, vault)
        assert inviting.invite(session, asked, WORKER, post, now=utcnow())
        (row,) = session.scalars(select(Mail))
        text = vault.decrypt(row.content_sealed, purpose="mail")
        path = re.search(r"/certificates/confirm/[\w-]{43}", text)
        assert path is not None
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    url = f"http://127.0.0.1:{server.server_port}"
    ids = {name: each.id for name, each in made.items()}
    yield Shelf(url, f"{url}/v/{visit.id}", ids, case.id, shared, path[0])
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.mark.browser
def test_every_page_of_a_holder_can_be_read(chromium: Chromium, shelf: Shelf) -> None:
    page = chromium.new_page()
    look = Look(page)
    mine = f"{shelf.visit}/certificates"

    look.at("mine", mine)
    for name, each in shelf.certificates.items():
        look.at(name, f"{mine}/{each}")
    look.at("name", f"{mine}/name/{shelf.case_id}")
    page.get_by_role("button", name="See it as printed").click()
    look.at("name as printed")
    look.at("share", f"{mine}/share")
    look.at("give up", f"{mine}/{shelf.certificates['exam']}/withdraw")
    look.at("shared", f"{shelf.url}/s/{shelf.shared}")
    look.at("shared nothing", f"{shelf.url}/s/nothing")
    look.at("by a link", f"{shelf.url}/certificates/mine/{TOKEN}")
    look.at("remove my address", f"{shelf.url}/certificates/mine/{TOKEN}/address")
    look.at("send me my link", f"{shelf.url}/certificates/link")
    look.at("a link that is over", f"{shelf.url}/certificates/confirm/over")
    look.at("name and address", f"{shelf.url}{shelf.invited}")
    page.get_by_label("Full name").fill("გიორგი")
    page.get_by_role("button", name="See it as printed").click()
    look.at("a name that cannot be printed")
    page.close()

    assert look.found == []


@pytest.mark.browser
def test_name_and_address_are_confirmed_without_script_and_account(
    chromium: Chromium, shelf: Shelf
) -> None:
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(shelf.url + shelf.invited)

    page.get_by_text("The name is not right").click()
    page.get_by_label("Full name").fill("Žofie Šťastná")
    page.get_by_role("button", name="See it as printed").click()
    shown = page.locator(".cert-preview").inner_text()
    page.get_by_role("button", name="Yes, confirm name and address").click()

    assert shown == "Žofie Šťastná"
    expect(page.get_by_role("heading", level=1)).to_have_text("My certificates")
    expect(page.get_by_text("Thank you: it is confirmed.")).to_be_visible()
    context.close()


@pytest.mark.browser
def test_a_link_is_made_shown_and_ended_without_script(chromium: Chromium, shelf: Shelf) -> None:
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()

    page.goto(f"{shelf.visit}/certificates/{shelf.certificates['exam']}")
    page.get_by_role("link", name="Make a link").click()
    page.get_by_label("How long it works").select_option("7")
    page.get_by_label("A note to the reader").fill("For my boss")
    page.get_by_role("button", name="Make the link").click()
    made = page.get_by_role("listitem").filter(has_text="For my boss")
    address = made.get_by_label("Its address").input_value()
    reader = context.new_page()
    reader.goto(shelf.url + address.removeprefix("https://tool.example.org"))
    seen = reader.locator("main").inner_text()
    made.get_by_role("button", name="End it").click()
    reader.reload()

    assert "For my boss" in seen
    assert "Valid" in seen
    expect(reader.get_by_role("heading", level=1)).to_have_text("This link shows nothing")
    context.close()


@pytest.mark.browser
def test_an_address_is_copied_with_one_press(chromium: Chromium, shelf: Shelf) -> None:
    context = chromium.new_context(permissions=["clipboard-read", "clipboard-write"])
    page = context.new_page()
    page.goto(f"{shelf.visit}/certificates/share")

    page.get_by_role("button", name="Copy").first.click()

    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    kept = page.evaluate("navigator.clipboard.readText()")
    assert kept == f"https://tool.example.org/s/{shelf.shared}"
    context.close()
