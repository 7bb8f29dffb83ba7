"""One statement of each kind, told about the small course of capitals.

`python -m tests.xapi.occasions` writes them into `golden/`, where they are to be read before they
are committed.
"""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from uuid import UUID

from xapi import profile, statements, video
from xapi import vocabulary as words
from xapi.measures import Score
from xapi.statements import Activity, Actor, Built, Context, Occasion
from xapi.video import Screen, Seen

GOLDEN = Path(__file__).parent / "golden"
HOME = "https://learn.example.org"
BASE = f"{HOME}/id"
COURSE_IRI = f"{BASE}/course/capitals"
NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
ALICE = Actor(f"{BASE}/people", "5f2b8c0e9d7a4b1c8e6f3a2d1c0b9a87")
BOB = Actor(f"{BASE}/people", "0a1b2c3d4e5f60718293a4b5c6d7e8f9")
ENROLMENT = UUID("11111111-2222-4333-8444-555555555555")
GROUPING = (words.COURSE.iri, words.MODULE.iri, words.ELEMENT.iri)
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
ELEMENT = Activity(f"{COURSE_IRI}/exam/e/europe", words.ELEMENT.iri, "Capitals of Europe", "en")
GROUP = Activity(f"{BASE}/context/99999999-8888-4777-8666-555555555555", words.GROUP.iri, "", "")
FILM = Activity(f"{COURSE_IRI}/01-europe/01-west/v/paris", words.FILM.iri, "A walk in Paris", "en")
CERTIFICATE = Activity(
    f"{BASE}/certificate/capitals-exam", words.CERTIFICATE.iri, "Capitals of the world", "en"
)
SCREEN = Screen(
    speed=1.25,
    volume=0.8,
    captions=True,
    captions_language="en",
    full_screen=False,
    size=(1280, 720),
    room=(1440, 900),
    lines=1080,
)
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


def context(*above: Activity, **more: object) -> Context:
    """Give the context of something in the course, with extensions of ours.

    Args:
        above: what it stands in: its parent last, the course first.
        more: extensions by name.
    """
    own = {"course-version": "3f9a1c", "platform": PLATFORM, **more}
    return Context(
        registration=ENROLMENT,
        session_id=LAUNCH,
        language="en",
        parent=above[-1:],
        grouping=(*(each for each in above if each.type in GROUPING), GROUP),
        category=(profile.iri_of(HOME),),
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


def in_film(screen: Screen | None = None) -> Context:
    """Give the context of something in the film."""
    return video.in_film(
        context(COURSE, MODULE, PAGE),
        session=FILM_SESSION,
        seconds=Fraction(183, 2),
        screen=screen,
    )


def viewed(number: int, *, actor: Actor = ALICE, at: datetime = NOON) -> Built:
    """Give one of many statements that differ in their number."""
    return statements.viewed(
        **about(PAGE, f"visit {number}", where=context(COURSE, MODULE), actor=actor, at=at)
    )


def answered(
    *,
    response: str = "paris",
    points: int = 1,
    attempt: str = ATTEMPT,
    where: Context | None = None,
) -> Built:
    """Give an answer to the question."""
    where = where or context(COURSE, MODULE, QUIZ, attempt=1)
    return statements.answered(
        response=response,
        score=Score(Fraction(points), 1),
        success=points == 1,
        duration=timedelta(seconds=8.25),
        **about(QUESTION, f"{attempt} france", where=where),
    )


def each_kind() -> dict[str, Built]:
    """Give one statement of each kind, by name."""
    sitting = context(COURSE, attempt=2)
    in_quiz = context(COURSE, MODULE, attempt=2)
    in_exam = context(COURSE, ELEMENT, EXAM, attempt=2, element="europe")
    minutes = timedelta(minutes=31, seconds=7)
    return {
        "launched": statements.launched(**about(COURSE)),
        "initialized": statements.initialized(**about(COURSE)),
        "terminated": statements.terminated(duration=timedelta(minutes=42), **about(COURSE)),
        "page-viewed": viewed(1),
        "assessment-viewed": statements.viewed(**about(QUIZ, where=context(COURSE, MODULE))),
        "progressed": statements.progressed(percent=40, **about(COURSE, "40")),
        "module-completed": statements.completed(**about(MODULE, where=context(COURSE))),
        "course-completed": statements.completed(
            duration=timedelta(hours=3), **about(COURSE, "course")
        ),
        "answered": answered(),
        "answered-in-exam": answered(
            points=0, response="lyon", attempt=f"{ATTEMPT} exam", where=in_exam
        ),
        "answered-nothing": answered(response="", points=0, attempt=LAUNCH),
        "attempted": statements.attempted(**about(EXAM, ATTEMPT, where=sitting)),
        "suspended": statements.suspended(
            duration=timedelta(seconds=61), **about(EXAM, ATTEMPT, where=sitting)
        ),
        "resumed": statements.resumed(**about(EXAM, ATTEMPT, where=sitting)),
        "scored": statements.scored(
            score=Score(Fraction(7, 2), 5),
            duration=timedelta(minutes=4),
            **about(QUIZ, ATTEMPT, where=in_quiz),
        ),
        "passed": statements.passed(
            score=Score(Fraction(17), 20), duration=minutes, **about(EXAM, ATTEMPT, where=sitting)
        ),
        "failed": statements.failed(
            score=Score(Fraction(20, 3), 20),
            duration=minutes,
            **about(EXAM, ATTEMPT, where=sitting),
        ),
        **each_kind_of_film(),
        **each_kind_of_certificate(),
    }


def each_kind_of_certificate() -> dict[str, Built]:
    """Give one statement of each kind about certificates, by name."""
    by_exam, by_list = (
        "11111111-0000-4000-8000-000000000001",
        "11111111-0000-4000-8000-000000000002",
    )
    earned = certified(COURSE)
    return {
        "earned": statements.earned(**about(CERTIFICATE, by_exam, where=earned)),
        "earned-by-list": statements.earned(**about(CERTIFICATE, by_list, where=certified())),
        "revoked": statements.revoked(
            **about(CERTIFICATE, by_exam, where=certified(COURSE, ends=by_exam, reason="fraud"))
        ),
    }


def certified(*courses: Activity, ends: str = "", **more: object) -> Context:
    """Give the context of a certificate.

    Args:
        courses: the one that it rests on, if any.
        ends: key of the statement that told that it was earned.
        more: extensions by name.
    """
    own = {"platform": PLATFORM, **more}
    return Context(
        registration=ENROLMENT if courses else None,
        session_id="",
        language="en",
        parent=courses,
        category=(profile.iri_of(HOME),),
        extensions={f"{BASE}/extension/{name}": value for name, value in own.items()},
        statement=statements.statement_id(words.EARNED, ends) if ends else None,
    )


def each_kind_of_film() -> dict[str, Built]:
    """Give one statement of each kind about films, by name."""
    seen = Seen(61.5, 0.5, ((0.0, 30.25), (45.0, 61.5)))
    whole = Seen(91.5, 0.98, ((0.0, 89.67),))
    film = about(FILM, f"{FILM_SESSION} 1", where=in_film())
    opened = about(FILM, f"{FILM_SESSION} 0", where=in_film(SCREEN))
    louder = replace(SCREEN, volume=1.0, captions=False)
    changed = about(FILM, f"{FILM_SESSION} 2", where=in_film(louder))
    return {
        "film-initialized": video.initialized(session=FILM_SESSION, **opened),
        "film-played": video.played(time_s=0.0, **film),
        "film-paused": video.paused(seen=seen, **film),
        "film-seeked": video.seeked(from_s=30.25, to_s=45.0, seen=seen, **film),
        "film-interacted": video.interacted(time_s=12.5, **changed),
        "film-completed": video.completed(seen=whole, duration=timedelta(seconds=89.67), **film),
        "film-terminated": video.terminated(seen=whole, **film),
    }


def write() -> None:
    """Write the golden files."""
    GOLDEN.mkdir(exist_ok=True)
    for name, built in each_kind().items():
        text = json.dumps(json.loads(built.json), indent=2, ensure_ascii=False)
        (GOLDEN / f"{name}.json").write_text(f"{text}\n")


if __name__ == "__main__":
    write()
