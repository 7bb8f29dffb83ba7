"""What the tests of the player share: the stage, the small course, what was told and wished."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from courses.catalogue import Catalogue
from courses.kinds import (
    FillIn,
    Matching,
    MultipleChoice,
    Numeric,
    Ordering,
    Question,
    Scenario,
    SingleChoice,
    TrueFalse,
)
from courses.model import Course
from lti_tool.db import Database
from lti_tool.iri import Names
from lti_tool.lti.models import LineItem, WantedScore
from lti_tool.player import enrolling
from lti_tool.player.places import Place
from lti_tool.visit import Visit
from tests.cast import NOON, Stage, set_stage
from tests.conftest import CAPITALS
from tests.lti_tool.player.window import Browser
from xapi.models import OutboxEntry
from xapi.validation import check_statement

NAMES = Names("https://tool.example.org")


@pytest.fixture(scope="session")
def catalogue() -> Catalogue:
    """Give the small course."""
    return Catalogue((CAPITALS,))


@pytest.fixture
def capitals(catalogue: Catalogue) -> Course:
    """Give the course of capitals."""
    course = catalogue.get("capitals")
    assert course is not None
    return course


@pytest.fixture
def moment() -> datetime:
    """Give the moment at which all happens; tests of pages take the present."""
    return NOON


@pytest.fixture
def stage(database: Database, moment: datetime) -> Stage:
    """Give a platform with people and a link to the course of capitals."""
    return set_stage(database, now=moment)


@pytest.fixture
def enters(
    app: Flask, stage: Stage, client: FlaskClient, moment: datetime
) -> Callable[[str], Browser]:
    """Launch as somebody, and give their window."""

    def enter(name: str) -> Browser:
        visit = stage.visit(name, now=moment)
        with stage.database.begin() as session:
            enrolling.arrive(
                session,
                visit,
                catalogue=app.extensions["lti_tool.catalogue"],
                names=app.extensions["lti_tool.names"],
                now=moment,
            )
        return Browser(client, visit)

    return enter


@dataclass
class Learner:
    """Somebody in a visit, with their place in the course."""

    visit: Visit
    place: Place


@pytest.fixture
def arrives(stage: Stage, catalogue: Catalogue, capitals: Course) -> Callable[..., Learner]:
    """Launch as somebody, and give their place."""

    def arrive(name: str = "Alice", *, now: datetime = NOON, hours: int = 12) -> Learner:
        visit = stage.visit(name, now=now, hours=hours)
        with stage.database.begin() as session:
            enrolling.arrive(session, visit, catalogue=catalogue, names=NAMES, now=now)
            place = enrolling.find_enrolment(session, visit, capitals, names=NAMES)
        return Learner(visit, place)

    return arrive


@pytest.fixture
def told(database: Database) -> Callable[[], list[dict[str, Any]]]:
    """Give the statements in the outbox, each of valid shape."""

    def read() -> list[dict[str, Any]]:
        with database.read() as session:
            payloads = session.scalars(select(OutboxEntry.payload).order_by(OutboxEntry.seq)).all()
        statements = [json.loads(payload) for payload in payloads]
        for statement in statements:
            check_statement(statement)
        return statements

    return read


@pytest.fixture
def verbs(told: Callable[[], list[dict[str, Any]]]) -> Callable[[], list[str]]:
    """Give the verbs in the outbox, in order."""
    return lambda: [statement["verb"]["id"].rsplit("/", 1)[1] for statement in told()]


@pytest.fixture
def wished(database: Database) -> Callable[[UUID], dict[str, str]]:
    """Give what the grade book should show for somebody, by path."""

    def read(person_id: UUID) -> dict[str, str]:
        with database.read() as session:
            rows = session.execute(
                select(LineItem.item_path, WantedScore.points, WantedScore.maximum)
                .join(LineItem, LineItem.id == WantedScore.line_item_id)
                .where(WantedScore.person_id == person_id)
            )
            return {path: f"{points} of {maximum}" for path, points, maximum in rows}

    return read


def right(question: Question, scenario: str = "") -> dict[str, list[str]]:
    """Give a form with the right answer to a question."""
    field = f"r.{scenario}.{question.id}" if scenario else f"r.{question.id}"
    if isinstance(question, Scenario):
        parts = [right(part, question.id) for part in question.questions]
        return {name: given for part in parts for name, given in part.items()}
    if isinstance(question, Matching):
        pairs = enumerate(question.pairs, start=1)
        return {f"{field}.{pair.id}": [f"t{number}"] for number, pair in pairs}
    if isinstance(question, Ordering):
        items = enumerate(question.items, start=1)
        return {f"{field}.{item.id}": [str(number)] for number, item in items}
    if isinstance(question, Numeric):
        unit = question.units[0][0] if question.units else ""
        return {field: [f"{float(question.answer):g}"], f"{field}.unit": [unit]}
    return {field: _chosen(question)}


def _chosen(question: Question) -> list[str]:
    match question:
        case SingleChoice() | MultipleChoice():
            return [option.id for option in question.options if option.correct]
        case TrueFalse():
            return ["true" if question.correct else "false"]
        case FillIn():
            return [question.accept[0]]
    raise TypeError(question.kind)
