"""The officers' desk in Chromium: readable in light and dark, on a phone, and without script."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Thread
from uuid import UUID, uuid4

import pytest
from flask import Flask
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import expect
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.serving import make_server

from courses.schemes import SchemeKind
from lti_tool import audit
from lti_tool.certification import approving
from lti_tool.certification.humans import Hand
from lti_tool.certification.models import Appeal, Case, CaseState, Holder
from lti_tool.certification.register_models import KeyRecord, Serial, StatusList
from lti_tool.db import Database
from lti_tool.settings import Settings
from tests.cast import NOON
from tests.journeys.looking import Look
from tests.lti_tool.certification.deskside import DESK, FOUR_EYES, SCHEMES, waits, window
from tests.lti_tool.certification.office import Office, open_office
from tests.lti_tool.certification.shelves import shelve, shelve_holder

EVIDENCE = {
    "sittings": [
        {"course_id": "capitals", "on": "2026-10-30", "number": 2, "receipt_hash": "abcdef012345"}
    ]
}
STOPPED = {
    "state": "numbered",
    "issued_at": None,
    "fault": "No letter for it.",
    "suspended_at": NOON,
    "suspended_human": uuid4(),
    "suspended_by": "command line",
    "suspend_reason": "It has no letters.",
}
STATES = {
    "issued": {},
    "suspended": {"state": "suspended", "suspended_at": NOON, "suspend_reason": "A doubt."},
    "revoked": {
        "state": "revoked",
        "suspended_human": uuid4(),
        "revoked_human": uuid4(),
        "suspended_by": "command line",
        "revoked_by": str(uuid4()),
        "suspended_at": NOON,
        "revoked_at": NOON,
        "revoke_code": "fraud",
        "suspend_reason": "A doubt.",
        "revoke_reason": "Somebody else sat the exam.",
    },
    "numbered": {"state": "numbered", "issued_at": None, "fault": "The token does not answer."},
    "superseded": {"state": "superseded", "ended_at": NOON},
    "stopped": STOPPED,
    "void": {
        **STOPPED,
        "state": "void",
        "revoked_at": NOON,
        "revoked_human": uuid4(),
        "revoked_by": str(uuid4()),
        "revoke_reason": "Nor do I know any.",
    },
}


@dataclass
class Scene:
    """Where a desk is on which something of everything lies."""

    database: Database
    url: str = ""
    certificates: dict[str, UUID] = field(default_factory=dict)
    cases: dict[str, UUID] = field(default_factory=dict)
    batch_id: UUID = field(default_factory=uuid4)


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """Give one database: nothing here depends on which."""
    return sqlite_url


@pytest.fixture
def settings(settings: Settings, tmp_path: Path) -> Settings:
    """Give settings by which mail is sent."""
    return replace(settings, mail_url=f"file:{tmp_path}/post", mail_from="a@tool.example.org")


@pytest.fixture
def scene(app: Flask, database: Database) -> Iterator[Scene]:
    """Serve a desk."""
    office = open_office(database)
    made = Scene(database)
    _fill(made, office)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    visit = window(app, office, "Olga").visit
    made.url = f"http://127.0.0.1:{server.server_port}/v/{visit.id}{DESK}"
    yield made
    server.shutdown()
    server.server_close()
    thread.join()


def _fill(scene: Scene, office: Office) -> None:
    with scene.database.begin() as session:
        for state, columns in STATES.items():
            holder = shelve_holder(session, name="Žofie Šťastná")
            session.get_one(Holder, holder).email = "zofie@example.org"
            row = shelve(session, holder, columns=columns)
            session.merge(Serial(series=row.series, year=row.year, newest=row.serial))
            scene.certificates[state] = row.id
            audit.note(session, "certificate.numbered", who="worker", about=str(row.id), now=NOON)
        shelve(session, shelve_holder(session), kind=SchemeKind.TRAINING_BODY)
        _cases(scene, office, session)
        _behind(session)


def _cases(scene: Scene, office: Office, session: Session) -> None:
    known = shelve_holder(session, office.stage.people["Alice"], name="Alice Nováková")
    shelve(session, known, holder_name="Alice Nováková")
    former = shelve_holder(session, name="Zoë Former")
    renewed = {
        "holder_id": former, "route": "entry", "state": CaseState.COLLECTING, "decision": None,
        "predecessor_id": shelve(session, former, holder_name="Zoë Former").id,
    }  # fmt: skip
    made = {
        "ready": waits(session, "Bob Kovács", evidence=EVIDENCE),
        "warned": waits(session, "Alice Nováková", holder_id=known, evidence=EVIDENCE),
        "unprintable": waits(session, "გიორგი"),
        "own": waits(session, "Own Entry", entered_human=office.officers["Olga"]),
        "second": waits(
            session, "Dana", FOUR_EYES, approved_at=NOON, approved_by=str(office.officers["Oskar"]),
            approved_human=office.officers["Oskar"],
        ),
        "draft": waits(session, "Eva", state=CaseState.DRAFT, name_confirmed_at=None),
        "refused": waits(
            session, "Rita", state=CaseState.REFUSED, refused_at=NOON, refused_by="command line",
            refuse_reason="Somebody else sat the exam.",
        ),
        "entered": waits(
            session, "Tomáš", route="entry",
            particulars={"day": "2026-10-30", "trainer": "T. Rainer", "checklist": ["Seen."]},
        ),
        "renewal": waits(session, "Zoë Former", sitting="renews:1", **renewed),
        "renewal of a trainer": waits(
            session, "Zoë Former", "capitals-trainer", sitting="renews:2", **renewed
        ),
    }  # fmt: skip
    session.add(Appeal(case_id=made["refused"].id, words="I sat it myself.", opened_at=NOON))
    scene.cases = {name: case.id for name, case in made.items()}
    together = [waits(session, f"Together {number}").id for number in range(3)]
    oskar = office.officers["Oskar"]
    hand = Hand(str(oskar), oskar, oskar)
    done = approving.approve(session, together, hand, schemes=SCHEMES, now=NOON)
    assert done.batch_id is not None
    scene.batch_id = done.batch_id


def _behind(session: Session) -> None:
    now = datetime.now(UTC)
    for kid, purpose, retired_at in (
        ("badge-1", "badge-ed25519", None),
        ("badge-0", "badge-ed25519", NOON),
        ("seal-1", "pdf-seal", None),
    ):
        session.add(
            KeyRecord(
                kid=kid, purpose=purpose, public={}, signs_from=NOON, retired_at=retired_at,
                is_test=True,
            )
        )  # fmt: skip
    session.add(StatusList(number=1, purpose="revocation", signed_at=now, wanted_at=NOON))
    session.add(StatusList(number=1, purpose="suspension", wanted_at=now - timedelta(hours=1)))


@pytest.mark.browser
def test_every_page_of_the_desk_can_be_read(chromium: Chromium, scene: Scene) -> None:
    page = chromium.new_page()
    look = Look(page)

    for waiting in ("mine", "approval", "second", "name", "worker", "refused", "all", "referred"):
        look.at(f"cases, {waiting}", f"{scene.url}/cases?waiting={waiting}")
    for name, case_id in scene.cases.items():
        look.at(f"case, {name}", f"{scene.url}/cases/{case_id}")
    look.at("register", f"{scene.url}/register")
    look.at("register, nothing", f"{scene.url}/register?q=nobody")
    look.at("register, no day", f"{scene.url}/register?since=x")
    for state, certificate_id in scene.certificates.items():
        look.at(f"certificate, {state}", f"{scene.url}/register/{certificate_id}")
    look.at("log", f"{scene.url}/log")
    page.get_by_role("button", name="Look whether anybody changed it").click()
    look.at("log, looked at")
    look.at("keys and lists", f"{scene.url}/health")
    look.at("enter candidates", f"{scene.url}/enter")
    for way in ("capitals-exam/entry", "capitals-body/entry", "capitals-exam/taken-over"):
        look.at(f"enter, {way}", f"{scene.url}/enter/{way}")
    look.at("letter to a holder", f"{scene.url}/cases/{scene.cases['draft']}/letter")
    page.get_by_label("E-mail address of the holder").fill("eva@example.org")
    page.get_by_role("button", name="Send the letter").click()
    look.at("letter was sent", f"{scene.url}/cases/{scene.cases['draft']}/letter")
    look.at("batch", f"{scene.url}/cases/approved/{scene.batch_id}")
    page.close()

    assert look.found == []


@pytest.mark.browser
def test_many_are_approved_without_script(chromium: Chromium, scene: Scene) -> None:
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{scene.url}/cases")

    page.get_by_role("button", name="Look at all").click()
    heading = page.get_by_role("heading", level=1).inner_text()
    page.get_by_label("Approve Alice Nováková in spite of the warning").check()
    page.get_by_role("button", name="cases and those ticked").click()

    assert heading == "Look before you approve"
    assert "are issued." in page.locator(".batch-line").inner_text()
    page.get_by_role("link", name="Reload by itself").click()
    expect(page.get_by_role("link", name="Stop reloading by itself")).to_be_visible()
    with scene.database.read() as session:
        states = session.execute(select(Case.name, Case.state).where(Case.batch_id.is_not(None)))
        assert {"Alice Nováková", "Bob Kovács", "Tomáš"} < {name for name, _ in states}
    context.close()


@pytest.mark.browser
def test_the_page_before_approval_can_be_read(chromium: Chromium, scene: Scene) -> None:
    page = chromium.new_page()
    look = Look(page)
    page.goto(f"{scene.url}/cases?waiting=approval")

    page.get_by_role("button", name="Look at all").click()
    look.at("look before you approve")
    page.close()

    assert look.found == []


@pytest.mark.browser
def test_a_batch_moves_on_by_itself(chromium: Chromium, scene: Scene) -> None:
    page = chromium.new_page()
    page.goto(f"{scene.url}/cases/approved/{scene.batch_id}")
    before = page.locator(".batch-line").inner_text()
    with scene.database.begin() as session:
        waiting = session.scalars(select(Case).where(Case.batch_id == scene.batch_id)).all()
        for case in waiting:
            case.state = CaseState.REFUSED
            row = shelve(session, case.holder_id, holder_name=case.name)
            session.flush()
            own = session.get_one(Case, row.case_id)
            own.batch_id, case.batch_id = scene.batch_id, None

    expect(page.locator(".batch-line")).to_have_text("Done: 3 of 3 are issued.", timeout=15_000)
    assert before == "0 of 3 are issued."
    expect(page.get_by_role("link", name="Reload")).to_have_count(0)
    page.close()


@pytest.mark.browser
def test_moments_are_written_in_the_readers_zone_as_the_server_writes_days(
    chromium: Chromium, scene: Scene
) -> None:
    context = chromium.new_context(locale="en-US", timezone_id="America/New_York")
    page = context.new_page()

    page.goto(f"{scene.url}/register/{scene.certificates['suspended']}")

    expect(page.locator(".callout time")).to_have_text("2 November 2026, 07:00")
    expect(page.locator("#facts + dl")).to_contain_text("2 November 2026")
    context.close()


@pytest.mark.browser
def test_without_script_moments_are_written_in_the_same_way(
    chromium: Chromium, scene: Scene
) -> None:
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()

    page.goto(f"{scene.url}/register/{scene.certificates['suspended']}")

    expect(page.locator(".callout time")).to_have_text("2 November 2026, 12:00 UTC")
    context.close()
