"""Every page, every quiz and every question of every course, in Chromium; run by `make crawl`."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask, render_template_string
from playwright.sync_api import Browser, Page, Route

from courses.catalogue import Catalogue
from courses.kinds import Question
from courses.model import Course, Exam, Quiz
from courses.model import Page as CoursePage
from lti_tool.app import create_app
from lti_tool.player import exams
from lti_tool.player.sheets import preview_of
from lti_tool.player.views import views_of
from lti_tool.settings import Settings
from tests.journeys.looking import Look, launch_alone
from tests.journeys.solving import CONTENT
from tests.journeys.town import Town, visitor

pytestmark = pytest.mark.crawl

COURSES = Catalogue((CONTENT,)).all()
SHEET = """{% extends "base.html" %}{% from "player/_questions.html" import question %}
{% block title %}Questions{% endblock %}
{% block main %}<div class="reading"><h1>Questions</h1>
<form class="questions">{% for view in views %}{{ question(view) }}{% endfor %}</form>
</div>{% endblock %}
{% block scripts %}
<script type="module" src="{{ static_url('js/steps.js') }}"></script>
{% endblock %}
"""
LOAD_FILMS = """async () => {
  const loads = (film) => film.readyState > 0 || new Promise((resolve) => {
    film.addEventListener("loadedmetadata", () => resolve(true), { once: true });
    film.addEventListener("error", () => resolve(false), { once: true });
    setTimeout(() => resolve(false), 10000);
    film.preload = "metadata";
    film.load();
  });
  const films = [...document.querySelectorAll("video")];
  const loaded = await Promise.all(films.map(loads));
  return films.filter((film, at) => !loaded[at] || !(film.duration > 0) || !film.textTracks.length)
    .length;
}"""


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """Give the application itself, to show questions by themselves."""
    folder = tmp_path_factory.mktemp("crawl")
    made = create_app(
        Settings(
            public_url="http://127.0.0.1:1",
            secret_key="a secret for tests only, forty-two letters",
            database_url=f"sqlite:///{folder / 'tool.db'}",
            allow_private_addresses=True,
        )
    )
    yield made
    made.extensions["lti_tool.db"].dispose()


@pytest.mark.parametrize("course", COURSES, ids=lambda course: course.id)
def test_every_page_and_quiz_of_a_course(chromium: Browser, town: Town, course: Course) -> None:
    with visitor(chromium, town) as carol:
        carol.become("carol")
        add_link(carol.page, town, course)
        visit = launch_alone(carol, title_of(course))
        look = Look(carol.page)
        look.at("course", f"{visit}/learn/{course.id}")
        for module in course.modules:
            look.at(module.id, f"{visit}/learn/{course.id}/{module.id}")
        for item in course.items():
            if isinstance(item, CoursePage):
                look.at(item.id, f"{visit}/learn/{course.id}/{item.id}")
                if item.videos and carol.page.evaluate(LOAD_FILMS):
                    look.found.append(f"{item.id}: a film or its captions do not load")
            elif isinstance(item, Quiz):
                look.at(item.id, f"{visit}/quiz/{course.id}/{item.id}")
                carol.page.get_by_role("button", name="Check all answers").click()
                look.at(f"{item.id} told")
            else:
                for number, seed in enumerate(seeds_for_all(item)):
                    url = f"{visit}/learn/{course.id}/exam/preview/{seed}"
                    look.at(f"exam, draw {number}", url)

    assert look.found == []


@pytest.mark.parametrize("course", COURSES, ids=lambda course: course.id)
def test_every_question_of_an_exam_can_be_seen_as_it_is_asked(
    chromium: Browser, town: Town, course: Course, app: Flask
) -> None:
    with visitor(chromium, town) as carol:
        look = Look(carol.page)
        for element in course.exam.elements if course.exam else ():
            for told in (False, True):
                show(carol.page, town, sheet_of(app, element.pool, told=told))
                word = "told" if told else "asked"
                look.at(f"{element.id} {word}", f"{town.tool_url}/pool/{element.id}")
                seen = carol.page.locator("section.question").count()
                assert seen == len(element.pool)

    assert look.found == []


def title_of(course: Course) -> str:
    return f"{course.id}, whole"


def add_link(page: Page, town: Town, course: Course) -> None:
    page.goto(f"{town.platform_url}/course/2/add")
    page.locator("summary").click()
    page.get_by_label("Name", exact=True).fill(title_of(course))
    page.get_by_label("Custom parameters").fill(f"course={course.id}")
    page.get_by_role("button", name="Save").click()


def seeds_for_all(exam: Exam) -> list[str]:
    """Give seeds of draws that show every question of every pool at least once."""
    left = {question.id for element in exam.elements for question in element.pool}
    seeds: list[str] = []
    number = 0
    while left:
        seed, number = f"crawl{number}", number + 1
        drawn = exams.drawn_of(exam, seed)
        new = left & {question.id for element in drawn for question in element.questions}
        if new:
            seeds.append(seed)
            left -= new
    return seeds


def sheet_of(app: Flask, questions: tuple[Question, ...], *, told: bool) -> str:
    with app.test_request_context("/"):
        views = views_of(preview_of(questions, "crawl"), told=told)
        return render_template_string(SHEET, views=views)


def show(page: Page, town: Town, html: str) -> None:
    """Let the next page be this one, with the tool's own styles and scripts around it."""

    def answer(route: Route) -> None:
        route.fulfill(body=html, content_type="text/html; charset=utf-8")

    page.route(f"{town.tool_url}/pool/*", answer, times=1)
