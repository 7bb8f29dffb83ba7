"""The player through HTTP: what learners and staff see, and what is kept of it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from datetime import datetime
from fractions import Fraction

import pytest
from flask import Flask, render_template_string
from flask.testing import FlaskClient
from sqlalchemy import func, select

from lti_tool.db import Database, utcnow
from lti_tool.player.models import Answer, Attempt, Enrolment, Progress
from tests.cast import set_stage
from tests.lti_tool.player.window import Browser
from xapi.models import OutboxEntry

CAPITALS = "/learn/capitals"
QUIZ = "/quiz/capitals/02-world/quiz"
KEPT = (Enrolment, Progress, Attempt, Answer, OutboxEntry)


@pytest.fixture
def moment() -> datetime:
    """Give the present, since pages read the clock."""
    return utcnow()


def kept(database: Database) -> dict[str, int]:
    """Count what is kept."""
    with database.read() as session:
        return {
            table.__tablename__: session.scalar(select(func.count()).select_from(table)) or 0
            for table in KEPT
        }


def test_a_launch_leads_to_the_course_with_a_way_to_begin(
    enters: Callable[[str], Browser],
) -> None:
    html = enters("Alice").text("/")

    assert "Capitals of the world" in html
    assert ">Begin</a>" in html
    assert "Done: 0%" in html


@pytest.mark.parametrize(
    ("length", "told"), [("1", "1 hour"), ("5/2", "2.5 hours"), ("1/2", "0.5 hours")]
)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_hours_are_told_as_people_write_them(app: Flask, length: str, told: str) -> None:
    page = '{% from "player/_macros.html" import hours %}{{ hours(length) }}'

    with app.test_request_context("/"):
        assert render_template_string(page, length=Fraction(length)) == told


def test_the_frame_that_learners_share_holds_the_name_of_each(
    enters: Callable[[str], Browser],
) -> None:
    pages = {name: enters(name).text("/") for name in ("Alice", "Bob")}

    for name, other in (("Alice", "Bob"), ("Bob", "Alice")):
        html = pages[name]
        assert re.search(rf'<span class="site-who">{name}[^<]*</span>', html)
        assert f">{other}" not in html
        assert html.count('<main id="main"') == html.count("</main>") == 1
        assert "&lt;" not in html


def test_a_page_shows_its_text_with_addresses_that_work(enters: Callable[[str], Browser]) -> None:
    alice = enters("Alice")

    html = alice.text(f"{CAPITALS}/01-europe/01-west")

    assert "__MEDIA__" not in html
    assert "__COURSE__" not in html
    assert "16%" in html
    assert "page 1 of 3 in this module" in html
    pages = [page for page in re.findall(r'href="(/v/[^"#]+)"', html) if "/quiz/" not in page]
    assert pages
    for page in set(pages):
        assert alice.get(page).status_code in {200, 302}


def test_a_page_says_where_in_its_module_it_stands(enters: Callable[[str], Browser]) -> None:
    alice = enters("Alice")

    first, second = (
        alice.text(f"/learn/capitals/01-europe/{name}") for name in ("01-west", "02-north")
    )

    assert "page 1 of 3" in first
    assert "page 2 of 3" in second


def test_media_is_open_to_all_and_kept_for_ever_under_its_fingerprint(
    app: Flask, client: FlaskClient
) -> None:
    course = app.extensions["lti_tool.catalogue"].get("capitals")

    base = f"/media/capitals/{course.fingerprint[:16]}"

    good = client.get(f"{base}/west-to-east.en.vtt", buffered=True)
    old = client.get("/media/capitals/0123456789abcdef/west-to-east.en.vtt", buffered=True)
    part = client.get(f"{base}/west-to-east.webm", headers={"Range": "bytes=0-9"}, buffered=True)

    assert good.mimetype == "text/vtt"
    assert good.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert old.headers["Cache-Control"] == "no-cache"
    assert (part.status_code, len(part.data)) == (206, 10)
    assert client.get("/media/capitals/x/..%2fcourse.yaml").status_code == 404


def test_an_answer_comes_back_with_its_feedback(enters: Callable[[str], Browser]) -> None:
    alice = enters("Alice")
    alice.get(QUIZ)
    alice.post(f"{QUIZ}/attempts")
    action = re.search(r'action="([^"]+/attempts/[^"]+)"', alice.text(QUIZ))
    assert action is not None

    whole = alice.post(action[1], do="check:q1", r__q1="a", r__q3="Isl")
    part = alice.post(action[1], {"X-Part": "2"}, do="check:q2", r__q2="false")
    fault = alice.post(action[1], {"X-Part": "3"}, do="check:q3", r__q3="")

    html = whole.get_data(as_text=True)
    assert "It is the largest city, but not the capital." in html
    assert 'value="Isl"' in html  # what was typed elsewhere is still there
    assert part.get_data(as_text=True).lstrip().startswith("<section")
    assert "Question 2" in part.get_data(as_text=True)
    assert fault.status_code == 422
    assert "Answer the question first." in fault.get_data(as_text=True)


def test_a_quiz_asks_before_it_ends_with_questions_left_out(
    enters: Callable[[str], Browser],
) -> None:
    alice = enters("Alice")
    alice.get(QUIZ)
    alice.post(f"{QUIZ}/attempts")
    action = re.search(r'action="([^"]+/attempts/[^"]+)"', alice.text(QUIZ))
    assert action is not None

    asked = alice.post(action[1], do="submit", r__q1="b")
    ended = alice.post(action[1], do="submit-anyway", r__q1="b")

    assert "4 questions have no answer yet." in asked.get_data(as_text=True)
    assert ended.status_code == 303
    html = alice.text(QUIZ)
    assert "Not passed" in html
    assert "On its way to the gradebook." in html
    assert "1 attempt left" in html


def test_an_exam_from_its_rules_to_the_receipt(enters: Callable[[str], Browser]) -> None:
    alice = enters("Alice")
    rules = alice.text(f"{CAPITALS}/exam")
    running = alice.post(f"{CAPITALS}/exam/attempts").headers["Location"]
    html = alice.text(running)
    question = re.search(r'data-question="([^"]+)"', html)
    assert question is not None

    saved = alice.post(f"{running}/answers", sequence="1", question=question[1])
    asked = alice.post(running, do="submit", sequence="2")
    ended = alice.post(running, do="submit-anyway", sequence="3")

    assert "2 of 2 left" in rules
    assert "Right answer" not in html
    assert saved.json is not None
    assert 1700 < saved.json["left_s"] <= 1800
    assert "4 questions have no answer yet." in asked.get_data(as_text=True)
    result = alice.text(ended.headers["Location"])
    assert "Not passed" in result
    receipt = alice.text(f"{running}/receipt")
    document = alice.get(f"{running}/receipt.json")
    assert hashlib.sha256(document.data).hexdigest() in receipt
    waiting = alice.text(f"{CAPITALS}/exam")
    assert "The next attempt is possible from" in waiting
    assert "1 of 2 left" in waiting


def test_an_exam_that_is_over_takes_no_answer_and_leads_to_the_result(
    enters: Callable[[str], Browser],
) -> None:
    alice = enters("Alice")
    alice.get(f"{CAPITALS}/exam")
    running = alice.post(f"{CAPITALS}/exam/attempts").headers["Location"]
    alice.text(running)
    alice.post(running, do="submit-anyway", sequence="1")

    late = alice.post(running, do="save", sequence="2")
    saving = alice.post(f"{running}/answers", sequence="3", question="m1-q1")

    assert late.status_code == 303
    assert late.headers["Location"].split("?")[0].endswith("/result")
    assert saving.status_code == 409


def test_staff_walk_everything_and_leave_no_row(
    enters: Callable[[str], Browser], database: Database
) -> None:
    carol = enters("Carol")

    for path in ("/", f"{CAPITALS}/01-europe", f"{CAPITALS}/01-europe/02-north"):
        assert "Preview" in carol.text(path)
    carol.text("/quiz/capitals/01-europe/quiz")
    marked = carol.post("/quiz/capitals/01-europe/quiz/preview", r__single="b", seed="x")
    exam = carol.text(f"{CAPITALS}/exam")
    drawn = carol.text(f"{CAPITALS}/exam/preview/abc")

    assert "The government sits there" in marked.get_data(as_text=True)
    assert "Look at a draw" in exam
    assert drawn.count('class="question card"') == 4
    assert "Right answer" in drawn
    assert set(kept(database).values()) == {0}


def test_learners_see_no_preview_and_no_course_that_is_not_theirs(
    enters: Callable[[str], Browser],
) -> None:
    alice = enters("Alice")

    assert alice.get(f"{CAPITALS}/exam/preview/abc").status_code == 403
    assert alice.get("/learn/other").status_code == 404


def test_nobody_sees_the_attempt_of_another(enters: Callable[[str], Browser]) -> None:
    alice, bob = enters("Alice"), enters("Bob")
    alice.get(f"{CAPITALS}/exam")
    running = alice.post(f"{CAPITALS}/exam/attempts").headers["Location"]
    path = running.split(alice.visit.id)[1]

    assert bob.get(path).status_code == 404
    assert bob.get(f"{path}/result").status_code == 404


def test_a_form_without_its_proof_is_refused(enters: Callable[[str], Browser]) -> None:
    alice = enters("Alice")
    alice.get(f"{CAPITALS}/exam")
    alice.token = "forged"

    assert alice.post(f"{CAPITALS}/exam/attempts").status_code == 403


def test_a_teacher_chooses_what_an_unbound_link_opens(
    app: Flask, client: FlaskClient, database: Database
) -> None:
    stage = set_stage(database, course_id=None, now=utcnow())
    alice = Browser(client, stage.visit("Alice", now=utcnow()))
    carol = Browser(client, stage.visit("Carol", now=utcnow()))

    before = alice.text("/")
    carol.text("/")
    carol.post("/bind", choice="capitals/01-europe")
    after = alice.get("/")

    assert "has not been connected to a course" in before
    assert after.headers["Location"].endswith("/learn/capitals/01-europe")
    assert alice.text(f"{CAPITALS}/01-europe/01-west")  # enrolled on the way


def test_a_film_tells_what_happens_in_it(
    enters: Callable[[str], Browser], database: Database
) -> None:
    alice = enters("Alice")
    course = alice.client.application.extensions["lti_tool.catalogue"].get("capitals")
    page = next(item for item in course.items() if getattr(item, "videos", ()))
    html = alice.text(f"{CAPITALS}/{page.id}")
    token = re.search(r'data-token="([^"]+)"', html)
    assert token is not None
    before = kept(database)["xapi_outbox"]
    url = f"/v/{alice.visit.id}{CAPITALS}/{page.id}/films/{page.videos[0].id}"
    told = {
        "session": "6f0c5a0e-7d1a-4b6c-9a53-1f3f0f2f7a11",
        "event": "paused",
        "number": 2,
        "time": 1,
        "segments": [[0, 1]],
    }

    good = alice.client.post(url, json=told, headers={"X-CSRF-Token": token[1]})
    bad = alice.client.post(url, json={"event": "x"}, headers={"X-CSRF-Token": token[1]})
    forged = alice.client.post(url, json=told)

    assert good.json is not None
    assert good.json["seen"] > 0
    assert (bad.status_code, forged.status_code) == (400, 403)
    assert kept(database)["xapi_outbox"] == before + 1
