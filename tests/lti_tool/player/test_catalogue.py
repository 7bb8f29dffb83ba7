"""The catalogue: public pages, the path to a job role with and without a visit, exports."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

import lti_tool.app as tool_app
from lti_tool.db import Database, utcnow
from lti_tool.player.models import Enrolment, Progress
from lti_tool.settings import Settings
from tests.cast import Stage
from tests.conftest import CAPITALS, PUBLIC_URL
from tests.courses.conftest import ALIFECA
from tests.lti_tool.player.window import Browser
from tests.pages import CarefulClient

RECYCLING = "/path/recycling-specialist"


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Give the settings of a tool with two courses."""
    return replace(settings, content_dirs=(CAPITALS, ALIFECA))


def text_of(client: FlaskClient, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, answer.status
    return answer.get_data(as_text=True)


def offers(text: str) -> list[str]:
    return re.findall(r'<h2><a href="/courses/([^"]+)">', text)


def test_anybody_finds_the_courses(client: FlaskClient) -> None:
    text = text_of(client, "/courses")

    assert offers(text) == ["alifeca", "capitals"]
    assert "2 courses" in text
    assert '<option value="recycling-specialist">Recycling specialist</option>' in text


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("level=awareness", ["capitals"]),
        ("level=awareness&project=aLIFEca", []),
        ("job_role=recycling-specialist", ["capitals"]),
        ("skill=circular-economy", ["capitals"]),
        ("project=Tests&topic=sustainability", ["capitals"]),
        ("colour=red", ["alifeca", "capitals"]),
        ("topic=nonsense", []),
    ],
)
def test_courses_are_narrowed_by_what_is_wanted(
    client: FlaskClient, query: str, found: list[str]
) -> None:
    text = text_of(client, f"/courses?{query}")

    assert offers(text) == found
    assert ("No course is all of this." in text) is (not found)


def test_what_was_chosen_stays_chosen(client: FlaskClient) -> None:
    text = text_of(client, "/courses?level=awareness")

    assert '<option value="awareness" selected>Awareness</option>' in text
    assert 'href="/courses">Show all</a>' in text


def test_a_course_tells_what_it_brings_and_how_to_take_it(client: FlaskClient) -> None:
    text = text_of(client, "/courses/capitals")

    for words in (
        "Name the capitals of western Europe and their rivers",
        "When you pass the exam",
        "2 hours in all: about 1 hour of reading, then quizzes, the exam and own work",
        "30 minutes, 2 elements",
        "This course exists for tests.",
        "Circular economy",
        "How to take it",
        "It says that you took part, not that you passed an exam.",
        "An officer approves it.",
        'href="/courses/path/recycling-specialist"',
    ):
        assert words in text
    assert client.get("/courses/atlantis").status_code == 404


def test_job_roles_that_ask_for_something_have_a_path(client: FlaskClient) -> None:
    text = text_of(client, "/courses/path")

    assert 'href="/courses/path/recycling-specialist"' in text
    assert "chief-ict-security-officer" not in text
    assert client.get("/courses/path/chief-ict-security-officer").status_code == 404
    assert client.get("/courses/path/astronaut").status_code == 404


def test_a_public_path_begins_with_nothing(client: FlaskClient) -> None:
    text = text_of(client, f"/courses{RECYCLING}")

    assert "somebody who has passed no course yet" in text
    assert '<h3><a href="/courses/capitals">Capitals of the world</a></h3>' in text
    assert "Yours" not in text
    assert "none yet" in text


@pytest.fixture
def moment() -> datetime:
    """Give the present, since pages read the clock."""
    return utcnow()


def test_a_path_inside_a_visit_begins_with_what_was_passed(
    enters: Callable[[str], Browser], stage: Stage
) -> None:
    alice = enters("Alice")
    before = alice.text(RECYCLING)
    with stage.database.begin() as session:
        enrolment = session.scalars(select(Enrolment)).one()
        now = utcnow()
        session.add(Progress(enrolment_id=enrolment.id, item_id="exam", begun_at=now, done_at=now))

    after = alice.text(RECYCLING)
    bobs = enters("Bob").text(RECYCLING)

    assert "You have passed no course yet." in before
    assert "You have passed 1 course so far." in after
    assert before.count("not yet") - after.count("not yet") == 1
    assert '<span class="badge badge-ok">Awareness</span>' in after
    assert "You have passed no course yet." in bobs


def test_pages_read_do_not_pass_a_course_with_an_exam(
    enters: Callable[[str], Browser],
) -> None:
    alice = enters("Alice")

    alice.text("/learn/capitals/01-europe/01-west")

    assert "You have passed no course yet." in alice.text(RECYCLING)


def test_job_roles_lead_on_inside_the_visit(enters: Callable[[str], Browser]) -> None:
    alice = enters("Alice")
    base = f"/v/{alice.visit.id}"

    text = alice.text("/path")

    assert f'href="{base}{RECYCLING}"' in text
    assert f'href="{base}/path">Paths to a job</a>' in alice.text("/learn/capitals")


def test_other_catalogues_read_the_courses_as_linked_data(client: FlaskClient) -> None:
    answer = client.get("/courses.jsonld")

    assert answer.mimetype == "application/ld+json"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    graph = json.loads(answer.get_data())["@graph"]
    pages = [each["url"] for each in graph if each["@type"] == "Course"]
    assert pages == [f"{PUBLIC_URL}/courses/alifeca", f"{PUBLIC_URL}/courses/capitals"]


def test_other_catalogues_read_the_courses_as_a_table(client: FlaskClient) -> None:
    answer = client.get("/courses.csv")

    assert answer.mimetype == "text/csv"
    table = list(csv.DictReader(io.StringIO(answer.get_data(as_text=True))))
    assert [row["id"] for row in table] == ["alifeca", "capitals"]


def test_drafts_are_in_no_catalogue(settings: Settings, tmp_path: Path, database: Database) -> None:
    (tmp_path / "draft").mkdir()
    (tmp_path / "draft" / "course.yaml").write_text("id: draft\ntitle: Unready\ndraft: true\n")
    app = tool_app.create_app(replace(settings, content_dirs=(CAPITALS, tmp_path)))
    app.test_client_class = CarefulClient

    assert offers(text_of(app.test_client(), "/courses")) == ["capitals"]
    app.extensions["lti_tool.db"].dispose()
