"""What is done, where to go on, and what the grade book should show."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from fractions import Fraction
from typing import Any

from sqlalchemy import select

from courses.model import Course
from lti_tool.player import progress
from lti_tool.player.models import EnrolmentVisit
from lti_tool.player.standings import Earned, ItemState, Standing, earned, go_on
from tests.cast import NOON, Stage
from tests.lti_tool.player.conftest import NAMES, Learner


def read(stage: Stage, learner: Learner, course: Course, item_id: str) -> Standing:
    """Open an item."""
    item = course.item(item_id)
    assert item is not None
    with stage.database.begin() as session:
        return progress.open_item(session, learner.place, course, item, now=NOON)


def test_a_page_is_done_by_being_opened_and_told_once_in_a_visit(
    stage: Stage,
    arrives: Callable[..., Learner],
    capitals: Course,
    verbs: Callable[[], list[str]],
) -> None:
    alice = arrives()

    first = read(stage, alice, capitals, "01-europe/01-west")
    again = read(stage, alice, capitals, "01-europe/01-west")

    assert first.is_done("01-europe/01-west")
    assert first.place.percent == again.place.percent == 16
    assert verbs()[2:] == ["experienced", "progressed"]


def test_a_page_is_told_again_in_another_visit_but_is_done_only_once(
    stage: Stage, arrives: Callable[..., Learner], capitals: Course, verbs: Callable[[], list[str]]
) -> None:
    read(stage, arrives(), capitals, "01-europe/01-west")
    read(stage, arrives(), capitals, "01-europe/01-west")

    assert verbs().count("experienced") == 2
    assert verbs().count("progressed") == 1


def test_pages_opened_at_once_all_count(
    stage: Stage, arrives: Callable[..., Learner], capitals: Course
) -> None:
    alice = arrives()
    pages = ["01-europe/01-west", "01-europe/02-north", "02-world/01-asia"]

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda page: read(stage, alice, capitals, page), pages))

    with stage.database.read() as session:
        standing = progress.find_near(session, alice.visit, capitals.id, "", NAMES)
    assert standing is not None
    assert standing.place.percent == 50


def test_one_goes_on_where_one_left_off(
    stage: Stage, arrives: Callable[..., Learner], capitals: Course
) -> None:
    alice = arrives()
    nothing = go_on(capitals, None)

    standing = read(stage, alice, capitals, "01-europe/02-north")

    after = go_on(capitals, standing)
    assert nothing is not None
    assert nothing.id == "01-europe/01-west"
    assert after is not None
    assert after.id == "01-europe/quiz"


def test_everything_done_leads_nowhere_and_completes_module_and_course(
    stage: Stage,
    arrives: Callable[..., Learner],
    capitals: Course,
    told: Callable[[], list[dict[str, Any]]],
) -> None:
    pages = replace(
        capitals,
        exam=None,
        modules=(replace(capitals.modules[0], items=capitals.modules[0].items[:2]),),
    )
    alice = arrives()

    read(stage, alice, pages, "01-europe/01-west")
    standing = read(stage, alice, pages, "01-europe/02-north")

    assert go_on(pages, standing) is None
    assert standing.place.is_completed
    completed = [each for each in told() if each["verb"]["id"].endswith("/completed")]
    assert [each["object"]["id"].split("/id/course/")[1] for each in completed] == [
        "capitals/01-europe",
        "capitals",
    ]


def test_the_course_shows_the_exam_and_a_module_the_sum_of_its_quizzes(capitals: Course) -> None:
    items = {
        "01-europe/quiz": ItemState(True, True, Fraction(7, 2), 14),
        "exam": ItemState(False, True, Fraction(3), 4),
    }

    found = list(earned(capitals, items))

    assert found == [
        Earned("01-europe/quiz", Fraction(7, 2), 14),
        Earned("exam", Fraction(3), 4),
        Earned("01-europe", Fraction(7, 2), 14),
        Earned("", Fraction(3), 4),
    ]


def test_without_an_exam_the_course_shows_the_mean_of_its_quizzes(capitals: Course) -> None:
    items = {"02-world/quiz": ItemState(True, True, Fraction(4), 5)}

    found = list(earned(replace(capitals, exam=None), items))

    assert found[-1] == Earned("", Fraction(40), 100)


def test_a_visit_is_seen_last_when_something_was_done(
    stage: Stage, arrives: Callable[..., Learner], capitals: Course
) -> None:
    alice = arrives()

    with stage.database.begin() as session:
        progress.is_here(session, alice.place, now=NOON + timedelta(minutes=5))

    with stage.database.read() as session:
        seen = session.scalar(select(EnrolmentVisit.seen_at))
    assert seen == NOON + timedelta(minutes=5)
