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

VIDEO = "https://w3id.org/xapi/video/extensions"
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
            "id": iri,
            "definition": {"type": "http://adlnet.gov/expapi/activities/profile"},
            "objectType": "Activity",
        }
        for iri in ("https://tool.example.org/id/profile/1.0", "https://w3id.org/xapi/video")
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
        PROGRESS: 0,
        SEGMENTS: "",
        "https://w3id.org/xapi/video/extensions/time-from": 0.5,
        "https://w3id.org/xapi/video/extensions/time-to": pytest.approx(
            float(opened.video.seconds)
        ),
    }


def test_several_events_told_at_once_keep_their_order(
    stage: Stage,
    arrives: Callable[..., Learner],
    capitals: Course,
    told: Callable[[], list[dict[str, Any]]],
) -> None:
    opened = watching(arrives(), capitals, uuid4())
    names = ["initialized", "played", "paused", "terminated"]
    listed = [{"event": name, "number": number} for number, name in enumerate(names)]
    events = films.read_events({"events": listed}, float(opened.video.seconds))

    with stage.database.begin() as session:
        films.tell_all(session, opened, events, now=NOON)

    statements = sorted(told()[2:], key=lambda each: str(each["timestamp"]))
    assert [each["verb"]["id"].rpartition("/")[2] for each in statements] == names
    assert len({each["timestamp"] for each in statements}) == len(names)
    assert statements[-1]["timestamp"] == told()[0]["timestamp"]


@pytest.mark.parametrize("events", [[], [1], {}, "played", [{"event": "played", "number": 1}] * 51])
def test_events_that_no_page_of_ours_tells_are_refused(events: object) -> None:
    with pytest.raises(BadRequestError):
        films.read_events({"events": events}, 10.0)


def test_what_opens_a_film_and_what_changes_it_says_how_it_is_shown(
    stage: Stage,
    arrives: Callable[..., Learner],
    capitals: Course,
    told: Callable[[], list[dict[str, Any]]],
) -> None:
    opened = watching(arrives(), capitals, uuid4())
    screen = {
        "speed": 1,
        "volume": 0.33333,
        "captions": True,
        "language": "en",
        "full": False,
        "width": 640.4,
        "height": 360,
        "room_width": 1e12,
        "room_height": 900,
        "lines": 1080,
    }

    tell(stage, opened, 0, "initialized", screen=screen)
    tell(stage, opened, 1, "played", screen=screen)
    tell(stage, opened, 2, "interacted", screen={**screen, "captions": False, "speed": 1.5})

    first, running, changed = (each["context"]["extensions"] for each in told()[2:])
    assert {name.rpartition("/")[2]: value for name, value in first.items() if VIDEO in name} == {
        "session-id": str(opened.session),
        "length": float(opened.video.seconds),
        "completion-threshold": 0.95,
        "speed": "1x",
        "volume": 0.333,
        "cc-enabled": True,
        "cc-subtitle-lang": "en",
        "full-screen": False,
        "video-playback-size": "640x360",
        "screen-size": "100000x900",
        "quality": 1080,
    }
    assert f"{VIDEO}/volume" not in running
    assert (changed[f"{VIDEO}/cc-enabled"], changed[f"{VIDEO}/speed"]) == (False, "1.5x")


@pytest.mark.parametrize("language", ["", "e", "en us", "<b>", "x" * 90])
def test_a_language_of_captions_that_is_none_is_left_out(language: str) -> None:
    screen = films.read_screen({"captions": True, "language": language})

    assert (screen.captions, screen.captions_language) == (True, None)


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
        {"event": "played", "number": 1, "time": float("nan")},
        {"event": "paused", "number": 1, "segments": [[0, float("nan")]]},
        {"event": "interacted", "number": 1, "screen": {"volume": float("nan")}},
        {"event": "interacted", "number": 1, "screen": {"speed": "fast"}},
        {"event": "interacted", "number": 1, "screen": [1]},
    ],
)
def test_what_no_page_of_ours_tells_is_refused(told: dict[str, Any]) -> None:
    with pytest.raises(BadRequestError):
        films.read_event(told, 10.0)


@pytest.mark.parametrize("text", ["", "x", str(UUID(int=1))])
def test_a_session_is_a_uuid_made_by_chance(text: str) -> None:
    with pytest.raises(BadRequestError):
        films.session_of(text)
