"""One builder for each thing that happens; the only user of tincan.

A builder takes the occasion (who, about what, where in the course, when) and what came of it, and
gives a statement ready for the outbox. Its id is computed from the verb and the occasion's key: the
same happening, told twice, is one statement.
"""
# mypy: untyped-calls-exclude=tincan

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any, TypedDict, Unpack
from uuid import UUID, uuid5

import orjson
from tincan import activity as tincan_activity
from tincan import activity_definition, agent, agent_account, context_activities
from tincan import context as tincan_context
from tincan import result as tincan_result
from tincan import verb as tincan_verb

from xapi import vocabulary as words
from xapi.vocabulary import Verb

NAMESPACE = UUID("6f0c5a0e-7d1a-5b6c-9a53-1f3f0f2f7a11")
"""Of the ids that are computed; never changes."""
VERSION = "1.0.3"
THRESHOLD = 0.95
"""Share of a film from which on it counts as seen."""

Plain = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Actor:
    """A person in statements: our home page and a random name."""

    home_page: str
    name: str

    @property
    def key(self) -> str:
        """Give the text by which an actor's statements are kept together."""
        return f"{self.home_page}|{self.name}"


@dataclass(frozen=True, slots=True)
class Activity:
    """What a statement is about, or stands in."""

    id: str
    type: str
    """IRI, such as ``vocabulary.PAGE.iri``."""
    name: str
    language: str
    definition: Mapping[str, Any] | None = None
    """A whole definition in the standard's JSON form, in place of type and name; for questions."""
    extensions: Mapping[str, object] = field(default_factory=dict)
    """Of the definition."""


@dataclass(frozen=True, slots=True)
class Context:
    """Where something happened."""

    registration: UUID
    """One for each enrolment."""
    session_id: str
    language: str
    platform: str | None = None
    parent: tuple[Activity, ...] = ()
    grouping: tuple[Activity, ...] = ()
    category: tuple[str, ...] = ()
    """IRIs of profiles."""
    extensions: Mapping[str, object] = field(default_factory=dict)


class Occasion(TypedDict):
    """What every builder is told."""

    actor: Actor
    activity: Activity
    context: Context
    at: datetime
    key: str
    """Stable text, such as attempt and question; together with the verb it makes the id."""


@dataclass(frozen=True, slots=True)
class Built:
    """A statement ready for the outbox."""

    id: UUID
    json: str
    actor: Actor
    timestamp: datetime


@dataclass(frozen=True, slots=True)
class Score:
    """What was earned: 0 <= points <= maximum, exact."""

    points: Fraction
    maximum: int


@dataclass(frozen=True, slots=True)
class Seen:
    """Where a film stands and what of it was seen, over the whole enrolment."""

    time_s: float
    progress: float
    """Share of the film, 0 to 1."""
    segments: tuple[tuple[float, float], ...] = ()
    """From second, to second."""


def statement_id(verb: Verb, key: str) -> UUID:
    """Compute the id of a statement."""
    return uuid5(NAMESPACE, f"{verb.iri} {key}")


# A visit


def launched(**occasion: Unpack[Occasion]) -> Built:
    """Say that a platform launched a course."""
    return _build(words.LAUNCHED, occasion)


def initialized(**occasion: Unpack[Occasion]) -> Built:
    """Say that a visit to a course began."""
    return _build(words.INITIALIZED, occasion)


def terminated(*, duration: timedelta, **occasion: Unpack[Occasion]) -> Built:
    """Say that a visit ended, and how long it was."""
    return _build(words.TERMINATED, occasion, {}, duration)


# What is read and done


def viewed(*, duration: timedelta | None = None, **occasion: Unpack[Occasion]) -> Built:
    """Say that a page was opened."""
    return _build(words.EXPERIENCED, occasion, {}, duration)


def progressed(*, percent: int, **occasion: Unpack[Occasion]) -> Built:
    """Say which share of a course or module is done.

    Args:
        percent: a whole number from 0 to 100.
        occasion: what every builder is told.
    """
    if not 0 <= percent <= 100:
        raise ValueError(f"{percent} percent")
    return _build(words.PROGRESSED, occasion, {"extensions": {words.PROGRESS.iri: percent}})


def completed(*, duration: timedelta | None = None, **occasion: Unpack[Occasion]) -> Built:
    """Say that a course, a module or an item is done."""
    return _build(words.COMPLETED, occasion, {"completion": True}, duration)


# Questions, quizzes, exams


def answered(
    *,
    response: str,
    score: Score,
    success: bool,
    duration: timedelta | None = None,
    **occasion: Unpack[Occasion],
) -> Built:
    """Say what was answered, and what it earned.

    Args:
        response: in the standard's form for the kind of question; empty where nothing was given.
        score: of this question.
        success: whether it was right as a whole.
        duration: from showing the question to the answer.
        occasion: what every builder is told.
    """
    result: Plain = {"success": success, "score": scaled(score)}
    if response:
        result["response"] = response
    return _build(words.ANSWERED, occasion, result, duration)


def attempted(**occasion: Unpack[Occasion]) -> Built:
    """Say that an attempt began."""
    return _build(words.ATTEMPTED, occasion)


def suspended(*, duration: timedelta | None = None, **occasion: Unpack[Occasion]) -> Built:
    """Say that an attempt was left open."""
    return _build(words.SUSPENDED, occasion, {}, duration)


def resumed(**occasion: Unpack[Occasion]) -> Built:
    """Say that somebody came back to an open attempt."""
    return _build(words.RESUMED, occasion)


def scored(
    *, score: Score, duration: timedelta | None = None, **occasion: Unpack[Occasion]
) -> Built:
    """Say what an attempt earned, where nobody passes or fails, or after it was marked again."""
    return _build(words.SCORED, occasion, {"score": scaled(score)}, duration)


def passed(
    *, score: Score, duration: timedelta | None = None, **occasion: Unpack[Occasion]
) -> Built:
    """Say that an attempt reached the pass mark."""
    return _build(words.PASSED, occasion, {"success": True, "score": scaled(score)}, duration)


def failed(
    *, score: Score, duration: timedelta | None = None, **occasion: Unpack[Occasion]
) -> Built:
    """Say that an attempt missed the pass mark."""
    return _build(words.FAILED, occasion, {"success": False, "score": scaled(score)}, duration)


# Films (video profile 1.0.3)


def in_film(context: Context, *, session: UUID, seconds: Fraction) -> Context:
    """Give the context that every statement about a film has.

    Args:
        context: of the page that shows the film.
        session: made by the page (version 4); also the id of its ``initialized``.
        seconds: how long the film is.
    """
    extensions = {
        **context.extensions,
        words.VIDEO_SESSION.iri: str(session),
        words.VIDEO_LENGTH.iri: _second(seconds),
        words.VIDEO_THRESHOLD.iri: THRESHOLD,
    }
    return replace(context, category=(*context.category, words.VIDEO), extensions=extensions)


def video_initialized(*, session: UUID, **occasion: Unpack[Occasion]) -> Built:
    """Say that a film was opened; its id is the session's, as the profile has it."""
    return _build(words.INITIALIZED, occasion, given_id=session)


def video_played(*, time_s: float, **occasion: Unpack[Occasion]) -> Built:
    """Say that a film runs from a second on."""
    return _build(words.PLAYED, occasion, {"extensions": {words.VIDEO_TIME.iri: _second(time_s)}})


def video_paused(*, seen: Seen, **occasion: Unpack[Occasion]) -> Built:
    """Say that a film was stopped for a while."""
    return _build(words.PAUSED, occasion, {"extensions": _seen(seen)})


def video_seeked(*, from_s: float, to_s: float, **occasion: Unpack[Occasion]) -> Built:
    """Say that somebody jumped in a film."""
    jump = {words.VIDEO_FROM.iri: _second(from_s), words.VIDEO_TO.iri: _second(to_s)}
    return _build(words.SEEKED, occasion, {"extensions": jump})


def video_completed(*, seen: Seen, duration: timedelta, **occasion: Unpack[Occasion]) -> Built:
    """Say that enough of a film was seen."""
    result: Plain = {"completion": True, "extensions": _seen(seen)}
    return _build(words.COMPLETED, occasion, result, duration)


def video_terminated(*, seen: Seen, **occasion: Unpack[Occasion]) -> Built:
    """Say that a film was left."""
    return _build(words.TERMINATED, occasion, {"extensions": _seen(seen)})


# Pieces


def scaled(score: Score) -> Plain:
    """Say in the standard's words what was earned.

    Raises:
        ValueError: points lie outside 0 to maximum.
    """
    if not 0 <= score.points <= score.maximum or score.maximum <= 0:
        raise ValueError(f"{score.points} of {score.maximum} points")
    return {
        "scaled": round(float(score.points / score.maximum), 6),
        "raw": _decimal(score.points),
        "min": 0,
        "max": score.maximum,
    }


def iso_duration(duration: timedelta) -> str:
    """Give a duration by ISO 8601 with at most two decimals, such as ``PT1H2M3.45S``."""
    hundredths = max(0, round(duration.total_seconds() * 100))
    minutes, rest = divmod(hundredths, 6000)
    hours, minutes = divmod(minutes, 60)
    parts = (f"{hours}H" if hours else "") + (f"{minutes}M" if minutes else "")
    if rest or not parts:
        parts += f"{rest // 100}.{rest % 100:02d}".rstrip("0").rstrip(".") + "S"
    return f"PT{parts}"


def iso_moment(moment: datetime) -> str:
    """Give a moment by RFC 3339 in UTC, to the millisecond."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _decimal(points: Fraction) -> float:
    return int(points) if points.denominator == 1 else round(float(points), 6)


def _second(seconds: float | Fraction) -> float:
    rounded = round(float(seconds), 3)
    return int(rounded) if rounded.is_integer() else rounded


def _seen(seen: Seen) -> Plain:
    told: Plain = {
        words.VIDEO_TIME.iri: _second(seen.time_s),
        words.VIDEO_PROGRESS.iri: _second(min(1.0, max(0.0, seen.progress))),
    }
    if seen.segments:
        pairs = (f"{start:.3f}[.]{end:.3f}" for start, end in seen.segments)
        told[words.VIDEO_SEGMENTS.iri] = "[,]".join(pairs)
    return told


# How a statement is made. Its parts come again and again, so each is made by the library once and
# kept as it writes it; ids, times and durations are written by us: the library changes some.


def _build(
    verb: Verb,
    occasion: Occasion,
    result: Plain | None = None,
    duration: timedelta | None = None,
    *,
    given_id: UUID | None = None,
) -> Built:
    made_id = given_id or statement_id(verb, occasion["key"])
    actor, at = occasion["actor"], occasion["at"]
    told = _plain(tincan_result.Result(**result)) if result else {}
    if duration is not None:
        told["duration"] = iso_duration(duration)
    plain: Plain = {
        "id": str(made_id),
        "actor": _actor(actor),
        "verb": _verb(verb),
        "object": _activity(occasion["activity"]),
        **({"result": told} if told else {}),
        "context": _context(occasion["context"]),
        "timestamp": iso_moment(at),
        "version": VERSION,
    }
    return Built(made_id, orjson.dumps(plain).decode(), actor, at)


@functools.lru_cache(maxsize=2048)
def _actor(actor: Actor) -> Plain:
    account = agent_account.AgentAccount(name=actor.name, home_page=actor.home_page)
    return _plain(agent.Agent(account=account))


@functools.cache
def _verb(verb: Verb) -> Plain:
    return _plain(tincan_verb.Verb(id=verb.iri, display={"en": verb.word}))


def _context(context: Context) -> Plain:
    plain = {**_around(context.language, context.platform)}
    plain["registration"] = str(context.registration)
    if context.parent or context.grouping or context.category:
        plain["contextActivities"] = {
            role: listed
            for role, listed in (
                ("parent", [_activity(each) for each in context.parent]),
                ("grouping", [_activity(each) for each in context.grouping]),
                ("category", [_profile(each) for each in context.category]),
            )
            if listed
        }
    plain["extensions"] = {words.SESSION_ID.iri: context.session_id, **context.extensions}
    return plain


@functools.lru_cache(maxsize=256)
def _around(language: str, platform: str | None) -> Plain:
    return _plain(tincan_context.Context(language=language, platform=platform))


def _activity(activity: Activity) -> Plain:
    given = orjson.dumps([activity.definition, activity.extensions])
    return _kept_activity(activity.id, activity.type, activity.name, activity.language, given)


@functools.lru_cache(maxsize=4096)
def _kept_activity(iri: str, kind: str, name: str, language: str, given: bytes) -> Plain:
    whole, extensions = orjson.loads(given)
    definition = activity_definition.ActivityDefinition(
        whole or {"type": kind, "name": {language: name}}
    )
    if extensions:
        definition.extensions = extensions
    return _plain(tincan_activity.Activity(id=iri, definition=definition))


@functools.cache
def _profile(iri: str) -> Plain:
    definition = activity_definition.ActivityDefinition(type=words.PROFILE.iri)
    activity = tincan_activity.Activity(id=iri, definition=definition)
    around = context_activities.ContextActivities(category=[activity])
    return dict(_plain(around)["category"][0])


def _plain(made: Any) -> Plain:
    plain: Plain = made.as_version()
    return plain
