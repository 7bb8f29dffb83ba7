"""One builder for each thing that happens; the only user of tincan.

A builder takes the occasion (who, where in the course, when) and what happened, and gives a
statement ready for the outbox. Its id is computed from the verb and the occasion's key, so that the
same happening, told twice, is one statement.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any
from uuid import UUID, uuid5

import orjson
import tincan
from tincan import activity_definition, agent_account

from xapi import vocabulary as words
from xapi.vocabulary import Verb

NAMESPACE = UUID("6f0c5a0e-7d1a-5b6c-9a53-1f3f0f2f7a11")
"""Of the ids that are computed; never changes."""
VERSION = "1.0.3"
THRESHOLD = 0.95
"""Share of a film after which it counts as seen."""


@dataclass(frozen=True, slots=True)
class Actor:
    """A person in statements: our home page and a random name."""

    home_page: str
    name: str


@dataclass(frozen=True, slots=True)
class Activity:
    """What a statement is about, or stands in."""

    id: str
    type: str
    name: str
    language: str = "en"
    definition: str = ""
    """A whole definition as JSON text, in place of type and name; for questions."""
    extensions: tuple[tuple[str, str], ...] = ()
    """Of the definition."""


@dataclass(frozen=True, slots=True)
class Context:
    """Where something happened."""

    registration: UUID
    """One for each enrolment."""
    session_id: str
    language: str
    platform: str = ""
    parent: tuple[Activity, ...] = ()
    grouping: tuple[Activity, ...] = ()
    category: tuple[str, ...] = ()
    """IRIs of profiles."""
    extensions: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Occasion:
    """Who, where and when, and what makes the happening one."""

    actor: Actor
    context: Context
    at: datetime
    key: str
    """Stable text, such as the id of the attempt and the question; with the verb it gives the id."""


@dataclass(frozen=True, slots=True)
class Built:
    """A statement ready for the outbox."""

    id: UUID
    actor_key: str
    payload: str


@dataclass(frozen=True, slots=True)
class Score:
    """What was earned: 0 <= points <= maximum, exact."""

    points: Fraction
    maximum: int


@dataclass(frozen=True, slots=True)
class VideoMoment:
    """Where a film stands; seconds, with at most three decimals kept."""

    time_s: float = 0.0
    from_s: float = 0.0
    to_s: float = 0.0
    progress: float = 0.0
    """Share seen of the whole, 0 to 1, over the registration."""
    segments: str = ""
    """``0[.]12[,]14[.]21`` as the video profile has it."""


def statement_id(verb: Verb, key: str) -> UUID:
    """Compute the id of a statement."""
    return uuid5(NAMESPACE, f"{verb.iri} {key}")


# What happens in a course


def launched(occasion: Occasion, course: Activity) -> Built:
    """Say that a platform launched a course."""
    return _build(words.LAUNCHED, occasion, course)


def initialized(occasion: Occasion, course: Activity) -> Built:
    """Say that a visit to a course began."""
    return _build(words.INITIALIZED, occasion, course)


def terminated(occasion: Occasion, course: Activity, duration: timedelta) -> Built:
    """Say that a visit ended, and how long it was."""
    return _build(words.TERMINATED, occasion, course, {"duration": duration})


def viewed(occasion: Occasion, page: Activity) -> Built:
    """Say that a page was opened."""
    return _build(words.EXPERIENCED, occasion, page)


def progressed(occasion: Occasion, whole: Activity, percent: int) -> Built:
    """Say which share of a course or module is done, as a whole percent from 0 to 100."""
    return _build(words.PROGRESSED, occasion, whole, {"extensions": {words.PROGRESS: percent}})


def completed(occasion: Occasion, whole: Activity, duration: timedelta | None = None) -> Built:
    """Say that a course or module is done as a whole."""
    result: dict[str, Any] = {"completion": True}
    if duration is not None:
        result["duration"] = duration
    return _build(words.COMPLETED, occasion, whole, result)


# Questions, quizzes, exams


def answered(
    occasion: Occasion, question: Activity, response: str, score: Score, *, success: bool
) -> Built:
    """Say what was answered, and what it earned."""
    result: dict[str, Any] = {"success": success, "score": _score(score)}
    if response:
        result["response"] = response
    return _build(words.ANSWERED, occasion, question, result)


def attempted(occasion: Occasion, assessment: Activity) -> Built:
    """Say that an attempt began."""
    return _build(words.ATTEMPTED, occasion, assessment)


def scored(
    occasion: Occasion, assessment: Activity, score: Score, duration: timedelta | None = None
) -> Built:
    """Say what an attempt earned, where nobody passes or fails."""
    return _build(words.SCORED, occasion, assessment, _result(score, duration))


def passed(
    occasion: Occasion, assessment: Activity, score: Score, duration: timedelta | None = None
) -> Built:
    """Say that an attempt reached the pass mark."""
    return _build(words.PASSED, occasion, assessment, _result(score, duration, success=True))


def failed(
    occasion: Occasion, assessment: Activity, score: Score, duration: timedelta | None = None
) -> Built:
    """Say that an attempt missed the pass mark."""
    return _build(words.FAILED, occasion, assessment, _result(score, duration, success=False))


# Films (video profile 1.0.3)


def video_initialized(occasion: Occasion, video: Activity, session: UUID) -> Built:
    """Say that a film was opened; takes the id that the page made, as the profile wants it."""
    return _build(words.INITIALIZED, occasion, video, {}, given_id=session)


def video_played(occasion: Occasion, video: Activity, moment: VideoMoment) -> Built:
    """Say that a film runs from a moment on."""
    return _build(
        words.PLAYED, occasion, video, {"extensions": {words.VIDEO_TIME: _s(moment.time_s)}}
    )


def video_paused(occasion: Occasion, video: Activity, moment: VideoMoment) -> Built:
    """Say that a film was stopped for a while."""
    return _build(words.PAUSED, occasion, video, {"extensions": _seen(moment)})


def video_seeked(occasion: Occasion, video: Activity, moment: VideoMoment) -> Built:
    """Say that somebody jumped in a film."""
    jump = {words.VIDEO_FROM: _s(moment.from_s), words.VIDEO_TO: _s(moment.to_s)}
    return _build(words.SEEKED, occasion, video, {"extensions": jump})


def video_completed(
    occasion: Occasion, video: Activity, moment: VideoMoment, duration: timedelta
) -> Built:
    """Say that enough of a film was seen."""
    result = {"completion": True, "duration": duration, "extensions": _seen(moment)}
    return _build(words.COMPLETED, occasion, video, result)


def video_terminated(occasion: Occasion, video: Activity, moment: VideoMoment) -> Built:
    """Say that a film was left."""
    return _build(words.TERMINATED, occasion, video, {"extensions": _seen(moment)})


def video_context(session: UUID, seconds: Fraction) -> dict[str, object]:
    """Give the extensions that the context of every statement about a film has."""
    return {
        words.VIDEO_SESSION: str(session),
        words.VIDEO_LENGTH: round(float(seconds)),
        words.VIDEO_THRESHOLD: THRESHOLD,
    }


# How a statement is made


def _s(seconds: float) -> float:
    return round(float(seconds), 3)


def _seen(moment: VideoMoment) -> dict[str, object]:
    seen: dict[str, object] = {
        words.VIDEO_TIME: _s(moment.time_s),
        words.VIDEO_PROGRESS: _s(moment.progress),
    }
    if moment.segments:
        seen[words.VIDEO_SEGMENTS] = moment.segments
    return seen


def _score(score: Score) -> dict[str, float]:
    if not 0 <= score.points <= score.maximum or score.maximum <= 0:
        raise ValueError(f"{score.points} of {score.maximum} points")
    return {
        "scaled": round(float(score.points / score.maximum), 6),
        "raw": _number(score.points),
        "min": 0,
        "max": score.maximum,
    }


def _number(points: Fraction) -> float:
    return int(points) if points.denominator == 1 else round(float(points), 6)


def _result(
    score: Score, duration: timedelta | None, *, success: bool | None = None
) -> dict[str, Any]:
    result: dict[str, Any] = {"score": _score(score), "completion": True}
    if success is not None:
        result["success"] = success
    if duration is not None:
        result["duration"] = duration
    return result


def iso_duration(duration: timedelta) -> str:
    """Give a duration as ISO 8601 with at most two decimals, such as ``PT1H2M3.45S``."""
    hundredths = max(0, round(duration.total_seconds() * 100))
    minutes, rest = divmod(hundredths, 6000)
    hours, minutes = divmod(minutes, 60)
    seconds = f"{rest // 100}.{rest % 100:02d}".rstrip("0").rstrip(".")
    parts = f"{hours}H" if hours else ""
    parts += f"{minutes}M" if minutes else ""
    return f"PT{parts}{seconds}S" if seconds != "0" or not parts else f"PT{parts}"


def _build(
    verb: Verb,
    occasion: Occasion,
    activity: Activity,
    result: Mapping[str, Any] | None = None,
    *,
    given_id: UUID | None = None,
) -> Built:
    made_id = given_id or statement_id(verb, occasion.key)
    given = dict(result or {})
    duration = given.pop("duration", None)
    statement = tincan.Statement(
        id=made_id,
        actor=_agent(occasion.actor),
        verb=_verb(verb),
        object=_activity(activity),
        context=_context(occasion.context),
        timestamp=occasion.at.astimezone(UTC),
    )
    if given:
        statement.result = tincan.Result(**given)
    plain = statement.as_version()
    if duration is not None:  # the library rewrites durations
        plain.setdefault("result", {})["duration"] = iso_duration(duration)
    plain["version"] = VERSION
    return Built(made_id, actor_key(occasion.actor), orjson.dumps(plain).decode())


def actor_key(actor: Actor) -> str:
    """Give the text by which an actor's statements are kept in order."""
    return f"{actor.home_page}|{actor.name}"


def _agent(actor: Actor) -> tincan.Agent:
    account = agent_account.AgentAccount(name=actor.name, home_page=actor.home_page)
    return tincan.Agent(account=account)


@functools.cache
def _verb(verb: Verb) -> tincan.Verb:
    return tincan.Verb(id=verb.iri, display=tincan.LanguageMap({"en": verb.name}))


@functools.lru_cache(maxsize=4096)
def _activity(activity: Activity) -> tincan.Activity:
    if activity.definition:
        definition = activity_definition.ActivityDefinition(**orjson.loads(activity.definition))
    else:
        definition = activity_definition.ActivityDefinition(
            type=activity.type, name=tincan.LanguageMap({activity.language: activity.name})
        )
    if activity.extensions:
        definition.extensions = tincan.Extensions(dict(activity.extensions))
    return tincan.Activity(id=activity.id, definition=definition)


def _context(context: Context) -> tincan.Context:
    made = tincan.Context(
        registration=context.registration,
        language=context.language,
        extensions=tincan.Extensions({words.SESSION_ID: context.session_id, **context.extensions}),
        context_activities=_around(context.parent, context.grouping, context.category),
    )
    if context.platform:
        made.platform = context.platform
    return made


@functools.lru_cache(maxsize=4096)
def _around(
    parent: Sequence[Activity], grouping: Sequence[Activity], category: Sequence[str]
) -> tincan.ContextActivities:
    made = tincan.ContextActivities()
    if parent:
        made.parent = [_activity(each) for each in parent]
    if grouping:
        made.grouping = [_activity(each) for each in grouping]
    if category:
        made.category = [_profile(each) for each in category]
    return made


@functools.cache
def _profile(iri: str) -> tincan.Activity:
    definition = activity_definition.ActivityDefinition(type=words.PROFILE_TYPE)
    return tincan.Activity(id=iri, definition=definition)
