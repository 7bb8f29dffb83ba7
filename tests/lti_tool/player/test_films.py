"""Films: what was seen is kept over all visits, and told by the video profile."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import pytest

from courses.model import Course, Page
from lti_tool.errors import BadRequestError
from lti_tool.player import films
from lti_tool.player.recording import Watching
from tests.cast import NOON, Stage
from tests.lti_tool.player.conftest import Learner

TIME = "https://w3id.org/xapi/video/extensions/time"
SEGMENTS = "https://w3id.org/xapi/video/extensions/played-segments"
PROGRESS = "https://w3id.org/xapi/video/extensions/progress"


def watching(learner: Learner, course: Course, session: UUID) -> Watching:
    """Open the film of the course."""
    page = next(item for item in course.items() if isinstance(item, Page) and item.videos)
    return Watching(learner.place, course, page, page.videos[0], session)


def tell(stage: Stage, opened: Watching, number: int, event: str, **more: Any) -> float:
    """Tell what happens."""
    given = {"event": event, "number": number, **more}
    read = films.read_event(given, float(opened.video.seconds))
    with stage.database.begin() as session:
        return films.tell(session, opened, read, now=NOON)


def test_a_film_seen_in_two_visits_is_complete_once(
    stage: Stage,
    arrives: Callable[..., Learner],
    capitals: Course,
    told: Callable[[], list[dict[str, Any]]],
) -> None:
    alice = arrives()
    first = watching(alice, capitals, uuid4())
    length = float(first.video.seconds)

    tell(stage, first, 0, "initialized")
    tell(stage, first, 1, "played")
    half = tell(stage, first, 2, "paused", time=length / 2, segments=[[0, length / 2]])
    second = watching(alice, capitals, uuid4())
    tell(stage, second, 0, "initialized")
    whole = tell(stage, second, 1, "paused", time=length, segments=[[length / 2, length]])
    tell(stage, second, 2, "terminated", time=length, segments=[[length / 2, length]])

    assert (half, whole) == (0.5, 1.0)
    statements = told()[2:]
    verbs = [each["verb"]["id"].rsplit("/", 1)[1] for each in statements]
    assert verbs == [
        "initialized",
        "played",
        "paused",
        "initialized",
        "completed",
        "paused",
        "terminated",
    ]
    assert statements[0]["id"] == str(first.session)
    completed = statements[4]
    assert completed["result"]["completion"] is True
    assert completed["result"]["extensions"][PROGRESS] == 1
    assert completed["result"]["extensions"][SEGMENTS] == f"0.000[.]{length:.3f}"
    assert completed["context"]["contextActivities"]["category"] == [
        {
            "id": "https://w3id.org/xapi/video",
            "definition": {"type": "http://adlnet.gov/expapi/activities/profile"},
            "objectType": "Activity",
        }
    ]


def test_a_jump_says_from_where_to_where_and_stays_inside_the_film(
    stage: Stage,
    arrives: Callable[..., Learner],
    capitals: Course,
    told: Callable[[], list[dict[str, Any]]],
) -> None:
    opened = watching(arrives(), capitals, uuid4())

    tell(stage, opened, 3, "seeked", **{"from": 0.5, "to": 1e9})

    jump = told()[-1]["result"]["extensions"]
    assert jump == {
        "https://w3id.org/xapi/video/extensions/time-from": 0.5,
        "https://w3id.org/xapi/video/extensions/time-to": pytest.approx(
            float(opened.video.seconds)
        ),
    }


def test_stretches_that_touch_become_one() -> None:
    merged = films.merged([(5.0, 6.0), (0.0, 2.0), (1.0, 3.0), (3.0, 3.0), (3.0, 4.0)])

    assert merged == [(0.0, 4.0), (5.0, 6.0)]


@pytest.mark.parametrize(
    "told",
    [
        {},
        {"event": "exploded", "number": 1},
        {"event": "played", "number": "x"},
        {"event": "paused", "number": 1, "segments": [[1]]},
        {"event": "paused", "number": 1, "segments": 3},
    ],
)
def test_what_no_page_of_ours_tells_is_refused(told: dict[str, Any]) -> None:
    with pytest.raises(BadRequestError):
        films.read_event(told, 10.0)


@pytest.mark.parametrize("text", ["", "x", str(UUID(int=1))])
def test_a_session_is_a_uuid_made_by_chance(text: str) -> None:
    with pytest.raises(BadRequestError):
        films.session_of(text)
