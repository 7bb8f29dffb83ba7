"""A module that two courses hold: what is done in one counts in both, for the same person."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, update

from courses.catalogue import Catalogue
from courses.model import Course, Quiz
from lti_tool.db import Database
from lti_tool.lti.models import LineItem
from lti_tool.player import attempts, enrolling, progress
from lti_tool.player.models import Attempt, Enrolment
from lti_tool.player.places import Place
from lti_tool.player.standings import Standing
from lti_tool.vault import digest
from lti_tool.visit import Visit
from tests.cast import NOON, Stage
from tests.conftest import CAPITALS
from tests.courses.rivers import write_rivers
from tests.lti_tool.player.conftest import NAMES, right

WEST, QUIZ = "01-europe/01-west", "01-europe/quiz"
LATER = NOON + timedelta(hours=1)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Catalogue:
    """Give two courses that hold one module."""
    folder: Path = tmp_path_factory.mktemp("courses")
    shutil.copytree(CAPITALS / "capitals", folder / "capitals")
    write_rivers(folder)
    return Catalogue((folder,))


class Alice:
    """Alice, who takes both courses."""

    def __init__(self, stage: Stage, catalogue: Catalogue) -> None:
        self.stage, self.catalogue = stage, catalogue

    def course(self, course_id: str) -> Course:
        found = self.catalogue.get(course_id)
        assert found is not None
        return found

    def enters(self, course_id: str, name: str = "Alice") -> tuple[Visit, Place]:
        """Launch a course, and give the place in it."""
        self.stage.course_id = course_id
        visit = self.stage.visit(name, now=NOON)
        with self.stage.database.begin() as session:
            enrolling.arrive(session, visit, catalogue=self.catalogue, names=NAMES, now=NOON)
            place = enrolling.find_enrolment(session, visit, self.course(course_id), names=NAMES)
        return visit, place

    def reads(self, course_id: str, place: Place, item_id: str) -> None:
        """Open a page."""
        course = self.course(course_id)
        item = course.item(item_id)
        assert item is not None
        with self.stage.database.begin() as session:
            progress.open_item(session, place, course, item, now=NOON)

    def solves(self, course_id: str, visit: Visit, place: Place, *, rightly: bool = True) -> UUID:
        """Take the quiz of the shared module, and give the attempt's id."""
        course = self.course(course_id)
        quiz = course.item(QUIZ)
        assert isinstance(quiz, Quiz)
        form = {k: v for q in quiz.questions for k, v in right(q).items()} if rightly else {}
        with self.stage.database.begin() as session:
            attempts.start(session, place, course, quiz, now=NOON)
            current = attempts.quiz_state(session, place, quiz).open
            assert current is not None
            attempts.submit(
                session, visit, course, quiz, current.id, form=form, names=NAMES, now=LATER
            )
        return current.id

    def stands(self, place: Place) -> Standing:
        """Give how far the course is."""
        with self.stage.database.begin() as session:
            return progress.standing_of(session, progress.lock(session, place))


@pytest.fixture
def alice(stage: Stage, shared: Catalogue) -> Alice:
    """Give Alice."""
    return Alice(stage, shared)


def test_a_page_read_in_one_course_is_read_in_the_other(alice: Alice) -> None:
    _, capitals = alice.enters("capitals")
    _, rivers = alice.enters("rivers")

    alice.reads("rivers", rivers, WEST)

    there = alice.stands(capitals)
    assert there.is_done(WEST)
    assert not there.is_viewed(WEST)
    assert there.place.percent == 16
    assert alice.stands(rivers).place.percent == 20


def test_a_quiz_taken_in_one_course_counts_in_the_other(
    alice: Alice, wished: Callable[[UUID], dict[str, str]]
) -> None:
    visit, rivers = alice.enters("rivers")
    _, capitals = alice.enters("capitals")

    alice.solves("rivers", visit, rivers)

    there = alice.stands(capitals).items[QUIZ]
    assert there.is_done
    assert there.points == there.maximum == 14
    assert wished(capitals.person_id)["01-europe/quiz"] == "14 of 14"


def test_the_best_of_all_attempts_counts_in_both(alice: Alice) -> None:
    visit, capitals = alice.enters("capitals")
    alice.solves("capitals", visit, capitals, rightly=False)
    visit, rivers = alice.enters("rivers")
    alice.solves("rivers", visit, rivers)
    visit, capitals = alice.enters("capitals")

    alice.solves("capitals", visit, capitals, rightly=False)

    assert alice.stands(capitals).items[QUIZ].points == 14
    assert alice.stands(rivers).items[QUIZ].points == 14


def test_who_comes_to_the_second_course_later_finds_what_was_done(alice: Alice) -> None:
    visit, capitals = alice.enters("capitals")
    alice.reads("capitals", capitals, WEST)
    alice.solves("capitals", visit, capitals)

    _, rivers = alice.enters("rivers")

    found = alice.stands(rivers)
    assert found.is_done(WEST)
    assert found.items[QUIZ].points == 14
    assert found.place.percent == 40
    assert not found.is_viewed(WEST)


def test_an_attempt_that_is_voided_counts_in_neither(alice: Alice, database: Database) -> None:
    visit, capitals = alice.enters("capitals")
    _, rivers = alice.enters("rivers")
    attempt_id = alice.solves("capitals", visit, capitals)
    course = alice.course("capitals")
    quiz = course.item(QUIZ)
    assert isinstance(quiz, Quiz)

    with database.begin() as session:
        session.execute(update(Attempt).where(Attempt.id == attempt_id).values(voided_at=LATER))
        progress.recount(session, capitals, course, quiz, now=LATER)

    assert not alice.stands(capitals).is_done(QUIZ)
    assert not alice.stands(rivers).is_done(QUIZ)
    assert alice.stands(rivers).items[QUIZ].points is None


def test_what_one_person_does_counts_for_nobody_else(alice: Alice) -> None:
    _, capitals = alice.enters("capitals")
    _, bob = alice.enters("rivers", "Bob")

    alice.reads("capitals", capitals, WEST)

    assert not alice.stands(bob).is_done(WEST)


def test_items_of_one_course_only_stay_in_it(alice: Alice, database: Database) -> None:
    _, capitals = alice.enters("capitals")
    _, rivers = alice.enters("rivers")

    alice.reads("capitals", capitals, "02-world/01-asia")

    with database.read() as session:
        percents = dict(session.execute(select(Enrolment.course_id, Enrolment.percent)).all())
    assert percents == {"capitals": 16, "rivers": 0}
    assert alice.stands(rivers).items == {}


def test_what_is_recorded_bears_the_name_of_the_owning_course(
    alice: Alice, told: Callable[[], list[dict[str, Any]]]
) -> None:
    visit, rivers = alice.enters("rivers")
    alice.reads("rivers", rivers, WEST)
    alice.solves("rivers", visit, rivers)

    names = {each["object"]["id"] for each in told()}

    base = "https://tool.example.org/id/course"
    assert f"{base}/capitals/{WEST}" in names
    assert f"{base}/capitals/{QUIZ}" in names
    assert any(name.startswith(f"{base}/capitals/{QUIZ}/q/") for name in names)
    assert not any(name.startswith(f"{base}/rivers/01-europe") for name in names)
    groups = [
        group["id"]
        for each in told()
        if each["object"]["id"] == f"{base}/capitals/{WEST}"
        for group in each["context"]["contextActivities"]["grouping"]
    ]
    assert f"{base}/rivers" in groups


def test_the_column_of_the_other_course_is_wished_too(
    alice: Alice, stage: Stage, database: Database, wished: Callable[[UUID], dict[str, str]]
) -> None:
    url = "https://moodle.example.org/rivers-module"
    with database.begin() as session:
        session.add(
            LineItem(
                context_id=stage.context_id,
                resource_link_id=stage.link_id,
                url=url,
                url_hash=digest(url),
                course_id="rivers",
                item_path="01-europe",
                created_at=NOON,
            )
        )
        session.execute(
            update(LineItem).where(LineItem.course_id == "capitals").values(course_id="elsewhere")
        )
    visit, capitals = alice.enters("capitals")
    alice.enters("rivers")

    alice.solves("capitals", visit, capitals)

    assert wished(capitals.person_id) == {"01-europe": "14 of 14"}
