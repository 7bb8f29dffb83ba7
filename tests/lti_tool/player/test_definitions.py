"""Who asks at the name of what we teach is told what it is, and never what is right."""

from __future__ import annotations

import json
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from courses.interactions import definition
from courses.kinds import Scenario
from courses.model import Course, Exam, Page, Quiz
from lti_tool.player import definitions
from lti_tool.web import Limiter
from tests.lti_tool.player.conftest import NAMES
from xapi import vocabulary as words
from xapi.validation import check_statement

COURSE = "/id/course/capitals"
AS_JSON = {"Accept": "application/json"}
AS_PAGE = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
SECRETS = ("correctResponsesPattern", "source", "target")


def questions_of(item: Quiz | Exam) -> list[tuple[str, Any]]:
    """Give the questions that statements name, with their names."""
    asked = item.questions if isinstance(item, Quiz) else [q for e in item.elements for q in e.pool]
    return [
        each
        for question in asked
        for each in (
            [(f"{question.id}.{part.id}", part) for part in question.questions]
            if isinstance(question, Scenario)
            else [(question.id, question)]
        )
    ]


def addresses(course: Course) -> dict[str, str]:
    """Give the address of everything that has a name in a course, with its type."""
    found = {COURSE: words.COURSE.iri}
    found |= {f"{COURSE}/{module.id}": words.MODULE.iri for module in course.modules}
    for item in course.items():
        here = f"{COURSE}/{item.id}"
        found[here] = words.PAGE.iri if isinstance(item, Page) else words.ASSESSMENT.iri
        if isinstance(item, Page):
            found |= {f"{here}/v/{film.id}": words.FILM.iri for film in item.videos}
        else:
            found |= {f"{here}/q/{name}": words.INTERACTION.iri for name, _ in questions_of(item)}
        if isinstance(item, Exam):
            found |= {f"{here}/e/{element.id}": words.ELEMENT.iri for element in item.elements}
    return found


def test_everything_that_statements_are_about_is_told_at_its_name(
    client: FlaskClient, capitals: Course
) -> None:
    for address, kind in addresses(capitals).items():
        answer = client.get(address, headers=AS_JSON)

        assert (answer.status_code, answer.mimetype) == (200, "application/json"), address
        told = answer.get_json()
        assert told["type"] == kind
        assert told.get("name") or "/exam/q/" in address, address
        check_statement(
            {
                "actor": {"mbox": "mailto:alice@example.org"},
                "verb": {"id": words.EXPERIENCED.iri},
                "object": {"id": f"https://tool.example.org{address}", "definition": told},
            }
        )


def test_everything_that_statements_are_about_has_a_page_for_people(
    client: FlaskClient, capitals: Course
) -> None:
    for address in addresses(capitals):
        answer = client.get(address, headers=AS_PAGE)

        assert (answer.status_code, answer.mimetype) == (200, "text/html"), address
        assert f"https://tool.example.org{address}" in answer.text
        assert capitals.title in answer.text


def test_a_course_is_told_with_what_it_is_about(client: FlaskClient, capitals: Course) -> None:
    assert client.get(COURSE, headers=AS_JSON).get_json() == {
        "type": words.COURSE.iri,
        "name": {"en": capitals.title},
        "description": {"en": capitals.summary},
    }


def test_an_exam_is_told_with_its_time_limit(client: FlaskClient, capitals: Course) -> None:
    assert capitals.exam is not None

    told = client.get(f"{COURSE}/exam", headers=AS_JSON).get_json()

    assert told["extensions"] == {words.TIME_LIMIT.iri: f"PT{capitals.exam.minutes}M"}


def test_no_question_tells_what_is_right(client: FlaskClient, capitals: Course) -> None:
    quizzes = [item for item in capitals.items() if isinstance(item, Quiz)]
    for quiz in quizzes:
        for name, question in questions_of(quiz):
            text = client.get(f"{COURSE}/{quiz.id}/q/{name}", headers=AS_JSON).text
            told, whole = json.loads(text), definition(question, "en")

            assert not set(told) & set(SECRETS), name
            assert told["description"] == whole["description"]
            assert told.get("choices") == (
                whole["choices"] if whole["interactionType"] == "choice" else None
            )


def test_choices_come_in_an_order_that_gives_nothing_away(
    client: FlaskClient, capitals: Course
) -> None:
    told = client.get(f"{COURSE}/01-europe/quiz/q/single", headers=AS_JSON).get_json()
    ids = [each["id"] for each in told["choices"]]

    assert ids == sorted(ids)


def test_of_the_questions_of_an_exam_nothing_is_told(client: FlaskClient, capitals: Course) -> None:
    exam = capitals.exam
    assert exam is not None
    for name, question in questions_of(exam):
        address = f"{COURSE}/exam/q/{name}"

        assert client.get(address, headers=AS_JSON).get_json() == {"type": words.INTERACTION.iri}
        assert str(question.text) not in client.get(address, headers=AS_PAGE).text


@pytest.mark.parametrize(
    "path",
    [
        "/id/course/rivers",
        f"{COURSE}/09-moon",
        f"{COURSE}/01-europe/09-moon",
        f"{COURSE}/01-europe/quiz/q/nothing",
        f"{COURSE}/01-europe/quiz/q/scenario",
        f"{COURSE}/01-europe/quiz/q",
        f"{COURSE}/01-europe/quiz/v/single",
        f"{COURSE}/01-europe/quiz/x/single",
        f"{COURSE}/01-europe/quiz/e/m1",
        f"{COURSE}/01-europe/01-west/q/single",
        "/id/context/8f14e45f-ceea-467a-9a36-dedd4bea2543",
        "/id/people",
        "/id",
    ],
)
def test_where_nothing_has_a_name_nothing_is_there(client: FlaskClient, path: str) -> None:
    assert client.get(path, headers=AS_JSON).status_code == 404


def test_answers_are_kept_by_caches_and_read_by_pages_of_others(client: FlaskClient) -> None:
    answer = client.get(COURSE, headers=AS_JSON)
    again = client.get(COURSE, headers={**AS_JSON, "If-None-Match": answer.headers["ETag"]})

    assert answer.headers["Cache-Control"] == "public, max-age=3600"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "Accept" in answer.headers["Vary"]
    assert "Set-Cookie" not in answer.headers
    assert again.status_code == 304


def test_whoever_asks_without_end_is_told_to_wait(app: Flask, client: FlaskClient) -> None:
    app.extensions["lti_tool.limiter"] = Limiter(2)

    statuses = [client.get(COURSE, headers=AS_JSON).status_code for _ in range(6)]

    assert statuses[0] == 200
    assert statuses[-1] == 429


def test_a_name_that_a_statement_carries_is_the_one_that_is_answered(capitals: Course) -> None:
    for address in addresses(capitals):
        path = address.removeprefix(COURSE).removeprefix("/")

        told = definitions.find(NAMES, capitals, path)

        assert told is not None
        assert told.id == f"https://tool.example.org{address}"
