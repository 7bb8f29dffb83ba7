"""Work evidence, reviews and people in Chromium: readable in light and dark, and on a phone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Thread
from uuid import UUID

import pytest
from flask import Flask
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import Page, expect
from sqlalchemy import select
from werkzeug.serving import make_server

from lti_tool.certification.models import Appeal
from lti_tool.db import Database
from lti_tool.settings import Settings
from lti_tool.visit import Role
from tests.journeys.looking import Look
from tests.lti_tool.certification.deskside import DESK, waits, window
from tests.lti_tool.certification.office import Office, open_office
from tests.lti_tool.certification.shelves import shelve, shelve_holder
from tests.lti_tool.certification.workpieces import (
    ASSESSMENT,
    EVIDENCE,
    MINE,
    assessors,
    handed_in,
    judges,
    learner,
    proves,
)


@dataclass
class Scene:
    """Where evidence that Alice handed in waits to be judged."""

    app: Flask
    office: Office
    url: str
    case_id: UUID
    holder_id: UUID

    def at(self, visit_id: str) -> str:
        """Give the address of somebody's visit."""
        return f"{self.url}/v/{visit_id}"


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """Give one database: nothing here depends on which."""
    return sqlite_url


@pytest.fixture
def settings(settings: Settings, tmp_path: Path) -> Settings:
    """Give settings by which files lie in a folder of the test."""
    return replace(settings, files_url=str(tmp_path / "files"))


@pytest.fixture
def scene(app: Flask, database: Database) -> Iterator[Scene]:
    """Serve a tool in which Alice handed in evidence, and Zoë has a twin."""
    office = open_office(database)
    _alice, case_id = handed_in(app, office)
    with database.begin() as session:
        holder_id = shelve_holder(session, office.stage.people["Bob"], name="Zoë Twin")
        shelve(session, holder_id, holder_name="Zoë Twin")
        waits(session, "Zoë Twin")
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    url = f"http://127.0.0.1:{server.server_port}"
    yield Scene(app, office, url, case_id, holder_id)
    server.shutdown()
    server.server_close()
    thread.join()


def short(scene: Scene) -> None:
    """Let two assessors find one element not met."""
    for each in assessors(scene.app, scene.office, "Anna", "Ben"):
        judges(each, scene.case_id, M1="met: Clear", M2="partly: Where is Asia?")


@pytest.mark.browser
def test_every_page_of_a_candidate_can_be_read(chromium: Chromium, scene: Scene) -> None:
    page = chromium.new_page()
    look = Look(page)
    alice = scene.at(learner(scene.app, scene.office).visit.id)
    bob = scene.at(learner(scene.app, scene.office, "Bob").visit.id)

    look.at("offered", f"{bob}{EVIDENCE}")
    look.at("nothing yet", f"{bob}{MINE}")
    look.at("handed in", f"{alice}{MINE}")
    short(scene)
    look.at("something missing", f"{alice}{MINE}")
    look.at("mine", f"{alice}/certificates")
    look.at("asking for a review", f"{alice}/certificates/appeal/{scene.case_id}")
    page.get_by_label("What should be looked at again").fill("Asia is on page 3.")
    page.get_by_role("button", name="Ask for a review").click()
    look.at("asked for a review")
    page.close()

    assert look.found == []


@pytest.mark.browser
def test_every_page_of_the_desks_can_be_read(chromium: Chromium, scene: Scene) -> None:
    page = chromium.new_page()
    look = Look(page)
    olga = scene.at(window(scene.app, scene.office, "Olga").visit.id)
    scene.office.hire("Ida", role=Role.ASSESSOR)
    ida = scene.at(window(scene.app, scene.office, "Ida", Role.ASSESSOR).visit.id)

    look.at("evidence that waits", f"{ida}{ASSESSMENT}")
    look.at("to be judged", f"{ida}{ASSESSMENT}/{scene.case_id}")
    short(scene)
    look.at("not theirs", f"{ida}{ASSESSMENT}/{scene.case_id}")
    look.at("an officer looks", f"{olga}{ASSESSMENT}/{scene.case_id}")
    appeal_id = _asked(scene)
    look.at("reviews", f"{olga}{DESK}/appeals")
    look.at("a review", f"{olga}{DESK}/appeals/{appeal_id}")
    page.get_by_label("Rejected").check()
    page.get_by_role("textbox", name="Why").fill("It is not there.")
    page.get_by_role("button", name="Answer").click()
    look.at("an answered review")
    look.at("people", f"{olga}{DESK}/people?q=zo")
    look.at("persons without a record", f"{olga}{DESK}/people?q=carol")
    look.at("one human", f"{olga}{DESK}/people/{scene.holder_id}")
    _join(page)
    look.at("joined")
    page.close()

    assert look.found == []


def _asked(scene: Scene) -> UUID:
    alice = learner(scene.app, scene.office)
    proves(alice)
    alice.does(f"/certificates/appeal/{scene.case_id}", words="Asia is on page 3.")
    with scene.office.database.read() as session:
        return session.scalars(select(Appeal.id)).one()


def _join(page: Page) -> None:
    page.get_by_role("radio").first.check()
    page.locator("#join-reason").fill("One passport.")
    page.get_by_role("button", name="They are one human").click()


@pytest.mark.browser
def test_evidence_is_gathered_and_judged_without_script(
    chromium: Chromium, scene: Scene, tmp_path: Path
) -> None:
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    report = tmp_path / "plan.txt"
    report.write_text("A plan.")
    scene.office.hire("Ida", role=Role.ASSESSOR)
    ida = scene.at(window(scene.app, scene.office, "Ida", Role.ASSESSOR).visit.id)
    bob = scene.at(learner(scene.app, scene.office, "Bob").visit.id)

    page.goto(f"{bob}/certificates")
    page.get_by_role("link", name="Proof by work evidence").click()
    page.get_by_role("link", name="Capitals of the world").click()
    page.get_by_label("File", exact=True).set_input_files(report)
    page.get_by_label("M1 Europe").check()
    page.get_by_role("button", name="Upload").click()
    expect(page.get_by_role("link", name="plan.txt")).to_be_visible()
    page.get_by_role("button", name="Hand in for assessment").click()
    expect(page.get_by_text("stays as it is")).to_be_visible()
    page.goto(f"{ida}{ASSESSMENT}")
    page.get_by_role("link", name="Zoë Twin").click()
    page.get_by_role("group", name="Your rating of M1").get_by_label("met", exact=True).check()
    page.get_by_role("button", name="Keep these ratings").click()

    expect(page.get_by_text("1 element is left.")).to_be_visible()
    context.close()
