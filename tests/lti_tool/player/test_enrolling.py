"""A place in a course: made once, told at each launch, ended by the worker."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any

from sqlalchemy import func, select

from courses.catalogue import Catalogue
from courses.model import Course
from lti_tool.lti.models import Launch
from lti_tool.player import enrolling, leaving, progress
from lti_tool.player.models import Enrolment, EnrolmentVisit
from tests.cast import NOON, Stage
from tests.lti_tool.player.conftest import NAMES, Learner


def count(stage: Stage, table: type[Any]) -> int:
    """Count the rows of a table."""
    with stage.database.read() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def test_a_second_launch_finds_the_place_of_the_first(
    stage: Stage, arrives: Callable[..., Learner], verbs: Callable[[], list[str]]
) -> None:
    first = arrives()
    second = arrives()

    assert first.place.registration == second.place.registration
    assert count(stage, Enrolment) == 1
    assert verbs() == ["launched", "initialized"] * 2


def test_two_launches_at_once_make_one_place(
    stage: Stage, catalogue: Catalogue, verbs: Callable[[], list[str]]
) -> None:
    visits = [stage.visit("Alice") for _ in range(6)]

    def arrive(visit: Any) -> None:
        with stage.database.begin() as session:
            enrolling.arrive(session, visit, catalogue=catalogue, names=NAMES, now=NOON)

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(arrive, visits))

    assert count(stage, Enrolment) == 1
    assert count(stage, EnrolmentVisit) == 6
    assert sorted(verbs()) == ["initialized"] * 6 + ["launched"] * 6


def test_two_launches_without_a_context_make_one_place(stage: Stage, catalogue: Catalogue) -> None:
    for _ in range(2):
        visit = replace(stage.visit("Alice"), context_id=None)
        with stage.database.begin() as session:
            enrolling.arrive(session, visit, catalogue=catalogue, names=NAMES, now=NOON)

    assert count(stage, Enrolment) == 1


def test_staff_and_unbound_links_leave_no_trace(
    stage: Stage, catalogue: Catalogue, verbs: Callable[[], list[str]]
) -> None:
    carol, alice = stage.visit("Carol"), replace(stage.visit("Alice"), course_id=None)

    with stage.database.begin() as session:
        for visit in (carol, alice):
            enrolling.arrive(session, visit, catalogue=catalogue, names=NAMES, now=NOON)

    assert count(stage, Enrolment) == 0
    assert verbs() == []


def test_a_statement_says_who_where_and_in_which_visit_without_a_name(
    arrives: Callable[..., Learner], stage: Stage, told: Callable[[], list[dict[str, Any]]]
) -> None:
    alice = arrives()

    launched = told()[0]

    assert launched["actor"]["account"] == {
        "homePage": "https://tool.example.org/id/people",
        "name": stage.actor_name("Alice"),
    }
    assert launched["object"]["id"] == "https://tool.example.org/id/course/capitals"
    assert launched["context"]["registration"] == str(alice.place.registration)
    extensions = launched["context"]["extensions"]
    assert extensions["https://w3id.org/xapi/cmi5/context/extensions/sessionid"] == str(
        alice.visit.launch_id
    )
    assert extensions["https://tool.example.org/id/extension/course-version"] == "1.0"
    assert extensions["https://tool.example.org/id/extension/platform"] == str(stage.platform_id)


def test_a_visit_that_is_over_is_told_once_with_its_length(
    stage: Stage,
    arrives: Callable[..., Learner],
    catalogue: Catalogue,
    capitals: Course,
    told: Callable[[], list[dict[str, Any]]],
) -> None:
    alice = arrives(hours=1)
    arrives("Bob", hours=12)
    page = capitals.modules[0].items[0]
    with stage.database.begin() as session:
        progress.open_item(session, alice.place, capitals, page, now=NOON + timedelta(minutes=20))
    later = NOON + timedelta(hours=2)

    begin = stage.database.begin
    ended = [leaving.end_visits(begin, catalogue, NAMES, now=later) for _ in range(2)]

    assert ended == [1, 0]
    terminated = told()[-1]
    assert terminated["verb"]["id"].endswith("/terminated")
    assert terminated["result"]["duration"] == "PT20M"
    assert terminated["timestamp"] == "2026-11-02T12:20:00.000Z"


def test_a_visit_that_somebody_ended_is_told_too(
    stage: Stage, arrives: Callable[..., Learner], catalogue: Catalogue
) -> None:
    alice = arrives()
    with stage.database.begin() as session:
        launch = session.get(Launch, alice.visit.launch_id)
        assert launch is not None
        launch.ended_at = NOON

    ended = leaving.end_visits(stage.database.begin, catalogue, NAMES, now=NOON)

    assert ended == 1
