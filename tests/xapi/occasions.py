"""One statement of each kind, told about the small course of capitals.

`python -m tests.xapi.occasions` writes them into `golden/`, where they are to be read before they
are committed.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from uuid import UUID

from xapi import statements
from xapi import vocabulary as words
from xapi.statements import Activity, Actor, Built, Context, Occasion, Score, Seen

GOLDEN = Path(__file__).parent / "golden"
BASE = "https://learn.example.org/id"
COURSE_IRI = f"{BASE}/course/capitals"
NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
ALICE = Actor(f"{BASE}/people", "5f2b8c0e9d7a4b1c8e6f3a2d1c0b9a87")
BOB = Actor(f"{BASE}/people", "0a1b2c3d4e5f60718293a4b5c6d7e8f9")
ENROLMENT = UUID("11111111-2222-4333-8444-555555555555")
LAUNCH = "66666666-7777-4888-8999-aaaaaaaaaaaa"
ATTEMPT = "bbbbbbbb-cccc-4ddd-8eee-ffffffffffff"
FILM_SESSION = UUID("0f8fad5b-d9cb-469f-a165-70867728950e")
PLATFORM = "12345678-90ab-4cde-8f01-234567890abc"

COURSE = Activity(COURSE_IRI, words.COURSE.iri, "Capitals of the world", "en")
MODULE = Activity(f"{COURSE_IRI}/01-europe", words.MODULE.iri, "Europe", "en")
PAGE = Activity(f"{COURSE_IRI}/01-europe/01-west", words.PAGE.iri, "The west", "en")
QUIZ = Activity(f"{COURSE_IRI}/01-europe/quiz", words.ASSESSMENT.iri, "Quiz: Europe", "en")
EXAM = Activity(
    f"{COURSE_IRI}/exam",
    words.ASSESSMENT.iri,
    "Exam",
    "en",
    extensions={words.TIME_LIMIT.iri: "PT45M"},
)
FILM = Activity(f"{COURSE_IRI}/01-europe/01-west/v/paris", words.FILM.iri, "A walk in Paris", "en")
QUESTION = Activity(
    f"{COURSE_IRI}/01-europe/quiz/q/france",
    words.INTERACTION.iri,
    "france",
    "en",
    definition={
        "type": words.INTERACTION.iri,
        "name": {"en": "What is the capital of France?"},
        "interactionType": "choice",
        "correctResponsesPattern": ["paris"],
        "choices": [
            {"id": "lyon", "description": {"en": "Lyon"}},
            {"id": "paris", "description": {"en": "Paris"}},
        ],
    },
)


def context(*, parent: tuple[Activity, ...] = (), **more: object) -> Context:
    """Give the context of something in the course, with extensions of ours."""
    own = {"course-version": "3f9a1c", "platform": PLATFORM, **more}
    return Context(
        registration=ENROLMENT,
        session_id=LAUNCH,
        language="en",
        parent=parent,
        grouping=(COURSE,) if parent else (),
        extensions={f"{BASE}/extension/{name}": value for name, value in own.items()},
    )


def about(
    activity: Activity,
    key: str = "first",
    *,
    where: Context | None = None,
    actor: Actor = ALICE,
    at: datetime = NOON,
) -> Occasion:
    """Give an occasion."""
    return {
        "actor": actor,
        "activity": activity,
        "context": where or context(),
        "at": at,
        "key": key,
    }


def in_film() -> Context:
    """Give the context of something in the film."""
    return statements.in_film(
        context(parent=(PAGE,)), session=FILM_SESSION, seconds=Fraction(183, 2)
    )


def viewed(number: int, *, actor: Actor = ALICE, at: datetime = NOON) -> Built:
    """Give one of many statements that differ in their number."""
    return statements.viewed(
        **about(PAGE, f"visit {number}", where=context(parent=(MODULE,)), actor=actor, at=at)
    )


def answered(*, response: str = "paris", points: int = 1, attempt: str = ATTEMPT) -> Built:
    """Give an answer to the question."""
    return statements.answered(
        response=response,
        score=Score(Fraction(points), 1),
        success=points == 1,
        duration=timedelta(seconds=8.25),
        **about(
            QUESTION, f"{attempt} france", where=context(parent=(QUIZ,), attempt=1, element="m1")
        ),
    )


def each_kind() -> dict[str, Built]:
    """Give one statement of each kind, by name."""
    sitting = context(parent=(COURSE,), attempt=2)
    seen = Seen(61.5, 0.5, ((0.0, 30.25), (45.0, 61.5)))
    whole = Seen(91.5, 0.98, ((0.0, 89.67),))
    film = about(FILM, f"{FILM_SESSION} 1", where=in_film())
    return {
        "launched": statements.launched(**about(COURSE)),
        "initialized": statements.initialized(**about(COURSE)),
        "terminated": statements.terminated(duration=timedelta(minutes=42), **about(COURSE)),
        "viewed": viewed(1),
        "progressed": statements.progressed(percent=40, **about(COURSE, "40")),
        "completed-module": statements.completed(**about(MODULE, where=context(parent=(COURSE,)))),
        "completed-course": statements.completed(
            duration=timedelta(hours=3), **about(COURSE, "course")
        ),
        "answered": answered(),
        "answered-nothing": answered(response="", points=0, attempt=LAUNCH),
        "attempted": statements.attempted(**about(EXAM, ATTEMPT, where=sitting)),
        "suspended": statements.suspended(
            duration=timedelta(seconds=61), **about(EXAM, ATTEMPT, where=sitting)
        ),
        "resumed": statements.resumed(**about(EXAM, ATTEMPT, where=sitting)),
        "scored": statements.scored(
            score=Score(Fraction(7, 2), 5), **about(QUIZ, ATTEMPT, where=sitting)
        ),
        "passed": statements.passed(
            score=Score(Fraction(17), 20),
            duration=timedelta(minutes=31, seconds=7),
            **about(EXAM, ATTEMPT, where=sitting),
        ),
        "failed": statements.failed(
            score=Score(Fraction(20, 3), 20), **about(EXAM, ATTEMPT, where=sitting)
        ),
        "film-initialized": statements.video_initialized(session=FILM_SESSION, **film),
        "film-played": statements.video_played(time_s=0.0, **film),
        "film-paused": statements.video_paused(seen=seen, **film),
        "film-seeked": statements.video_seeked(from_s=30.25, to_s=45.0, **film),
        "film-completed": statements.video_completed(
            seen=whole, duration=timedelta(seconds=89.67), **film
        ),
        "film-terminated": statements.video_terminated(seen=whole, **film),
    }


def write() -> None:
    """Write the golden files."""
    GOLDEN.mkdir(exist_ok=True)
    for name, built in each_kind().items():
        text = json.dumps(json.loads(built.json), indent=2, ensure_ascii=False)
        (GOLDEN / f"{name}.json").write_text(f"{text}\n")


if __name__ == "__main__":
    write()
