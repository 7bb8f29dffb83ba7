"""Glossary and self-test through HTTP, which keep nothing; figures in steps in Chromium."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from threading import Thread

import pytest
from flask import Flask
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import Page
from sqlalchemy import func, select
from werkzeug.serving import make_server

from lti_tool.db import Database, utcnow
from lti_tool.player.models import Answer, Attempt, Enrolment, Progress
from tests.lti_tool.player.window import Browser
from xapi.models import OutboxEntry

GLOSSARY, SELF_TEST = "/learn/capitals/glossary", "/learn/capitals/self-test"
NORTH = "/learn/capitals/01-europe/02-north"
RIGHT = {"r__s1": "a", "r__s2": "true", "r__s3": "1923", "r__s4": "false"}


@pytest.fixture
def moment() -> datetime:
    """Give the present, since pages read the clock."""
    return utcnow()


def rows(database: Database) -> list[int]:
    """Count what is kept of a learner."""
    with database.read() as session:
        return [
            session.scalar(select(func.count()).select_from(kept)) or 0
            for kept in (Enrolment, Progress, Attempt, Answer, OutboxEntry)
        ]


def test_the_course_leads_to_its_glossary_and_self_test(enters: Callable[[str], Browser]) -> None:
    text = enters("Alice").text("/learn/capitals")

    assert 'learn/capitals/self-test">What do I know already?</a>' in text
    assert 'learn/capitals/glossary">Glossary</a>' in text


def test_the_glossary_explains_each_term(enters: Callable[[str], Browser]) -> None:
    text = enters("Alice").text(GLOSSARY)

    assert 'id="term-latitude"><dt>Latitude</dt>' in text
    assert "<strong>government</strong>" in text


def test_a_term_on_a_page_leads_to_its_place_in_the_glossary(
    enters: Callable[[str], Browser],
) -> None:
    alice = enters("Alice")

    text = alice.text(NORTH)

    address = f"/v/{alice.visit.id}{GLOSSARY}#term-latitude"
    assert f'<a class="term" href="{address}">latitude</a>' in text


@pytest.mark.parametrize("name", ["Alice", "Carol"])
def test_a_self_test_says_where_to_start_and_keeps_nothing(
    enters: Callable[[str], Browser], database: Database, name: str
) -> None:
    window = enters(name)
    window.get(SELF_TEST)
    before = rows(database)

    text = window.post(SELF_TEST, **(RIGHT | {"r__s4": "true"})).get_data(as_text=True)

    assert "Start here: Capitals of the world" in text
    assert "1 of 2 right" in text
    assert text.count("badge-ok") == 1
    assert rows(database) == before


def test_who_answers_nothing_starts_at_the_beginning(enters: Callable[[str], Browser]) -> None:
    alice = enters("Alice")
    alice.get(SELF_TEST)

    text = alice.post(SELF_TEST).get_data(as_text=True)

    assert "Start here: Capitals of Europe" in text
    assert text.count("0 of 2 right") == 2


def test_who_knows_all_is_told_so(enters: Callable[[str], Browser]) -> None:
    alice = enters("Alice")
    alice.get(SELF_TEST)

    text = alice.post(SELF_TEST, **RIGHT).get_data(as_text=True)

    assert "You know all of this already" in text


def test_an_answer_that_cannot_be_read_is_asked_again(enters: Callable[[str], Browser]) -> None:
    alice = enters("Alice")
    alice.get(SELF_TEST)

    answer = alice.post(SELF_TEST, r__s1="z")

    assert answer.status_code == 422
    assert "This answer is not one of those offered." in answer.get_data(as_text=True)


def test_a_course_of_others_shows_neither(enters: Callable[[str], Browser]) -> None:
    alice = enters("Alice")

    assert alice.get("/learn/alifeca/glossary").status_code == 404
    assert alice.get("/learn/alifeca/self-test").status_code == 404


# Figures in steps


@pytest.fixture
def north(app: Flask, enters: Callable[[str], Browser], chromium: Chromium) -> Iterator[Page]:
    """Give a window of Chromium on the page with the figure."""
    visit = enters("Alice").visit
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    page = chromium.new_page(viewport={"width": 360, "height": 800})
    page.goto(f"http://127.0.0.1:{server.server_port}/v/{visit.id}{NORTH}")
    yield page
    page.close()
    server.shutdown()
    server.server_close()
    thread.join()


SHOWN = """() => [
  [...document.querySelectorAll(".stepwise-list > li")].map((each) => !each.hidden),
  [...document.querySelectorAll("svg .is-part")].map((part) => {
    return getComputedStyle(part).opacity === "1";
  }),
  document.querySelector(".stepwise-place").textContent,
]"""


@pytest.mark.browser
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_figure_is_walked_step_by_step_with_buttons_and_keys(north: Page) -> None:
    north.emulate_media(reduced_motion="reduce")
    at_first = north.evaluate(SHOWN)

    north.get_by_role("button", name="Next step").click()
    after_one = north.evaluate(SHOWN)
    north.keyboard.press("End")
    at_last = north.evaluate(SHOWN)
    north.get_by_role("button", name="Show all").click()

    assert at_first == [[True] * 3, [True] * 3, "All 3 steps"]
    assert after_one == [[True, False, False], [True, False, False], "Step 1 of 3"]
    assert at_last == [[False, False, True], [False, False, True], "Step 3 of 3"]
    assert north.evaluate(SHOWN) == at_first


BOX = """() => {
  const box = document.querySelector(".figure-scroll");
  const frame = box.getBoundingClientRect();
  const shown = document.querySelector("svg .is-shown")?.getBoundingClientRect();
  const middle = shown ? shown.left + shown.width / 2 : 0;
  return {
    wider: box.scrollWidth > box.clientWidth,
    page: document.documentElement.scrollWidth - document.documentElement.clientWidth,
    seen: middle > frame.left && middle < frame.right,
    words: Math.min(...[...box.querySelectorAll("text")].map((text) => {
      return text.getScreenCTM().a * parseFloat(getComputedStyle(text).fontSize);
    })),
  };
}"""


@pytest.mark.browser
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_on_a_phone_a_drawing_keeps_its_words_readable_and_moves_in_its_box(north: Page) -> None:
    north.emulate_media(reduced_motion="reduce")

    north.get_by_role("button", name="Next step").click()
    at_first = north.evaluate(BOX)
    north.keyboard.press("End")
    at_last = north.evaluate(BOX)

    assert at_first["wider"]
    assert at_first["page"] == 0
    assert at_first["words"] >= 11
    assert at_first["seen"]
    assert at_last["seen"]
