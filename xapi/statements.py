"""One builder for each thing that happens; the only user of tincan.

A builder takes the occasion (who, about what, where in the course, when) and what came of it, and
gives a statement ready for the outbox. Its id is computed from the verb and the occasion's key: the
same happening, told twice, is one statement.
"""
# mypy: untyped-calls-exclude=tincan

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypedDict, Unpack
from uuid import UUID, uuid5

import orjson
from orjson import Fragment
from tincan import activity as tincan_activity
from tincan import activity_definition, agent, agent_account
from tincan import context as tincan_context
from tincan import result as tincan_result
from tincan import verb as tincan_verb

from xapi import vocabulary as words
from xapi.measures import Score, iso_duration, iso_moment, scaled
from xapi.vocabulary import Verb

SHORT = 200
"""Bytes up to which a result is kept for the next one like it."""
NAMESPACE = UUID("6f0c5a0e-7d1a-5b6c-9a53-1f3f0f2f7a11")
"""Of the ids that are computed; never changes."""
VERSION = "1.0.3"

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
    """Empty for what has none of ours, such as a group of the platform."""
    language: str
    definition: Mapping[str, Any] | None = None
    """A whole definition in the standard's JSON form, in place of type and name; for questions."""
    extensions: Mapping[str, object] = field(default_factory=dict)
    """Of the definition."""


@dataclass(frozen=True, slots=True)
class Context:
    """Where something happened."""

    registration: UUID | None
    """One for each enrolment; None: it belongs to none."""
    session_id: str
    """Empty: outside any visit."""
    language: str
    platform: str | None = None
    parent: tuple[Activity, ...] = ()
    grouping: tuple[Activity, ...] = ()
    category: tuple[str, ...] = ()
    """IRIs of profiles."""
    extensions: Mapping[str, object] = field(default_factory=dict)
    statement: UUID | None = None
    """Another statement that this one follows."""


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


def statement_id(verb: Verb, key: str) -> UUID:
    """Compute the id of a statement."""
    return uuid5(NAMESPACE, f"{verb.iri} {key}")


# A visit


def launched(**occasion: Unpack[Occasion]) -> Built:
    """Say that a platform launched a course."""
    return build(words.LAUNCHED, occasion)


def initialized(**occasion: Unpack[Occasion]) -> Built:
    """Say that a visit to a course began."""
    return build(words.INITIALIZED, occasion)


def terminated(*, duration: timedelta, **occasion: Unpack[Occasion]) -> Built:
    """Say that a visit ended, and how long it was."""
    return build(words.TERMINATED, occasion, {}, duration)


# What is read and done


def viewed(*, duration: timedelta | None = None, **occasion: Unpack[Occasion]) -> Built:
    """Say that a page was opened."""
    return build(words.EXPERIENCED, occasion, {}, duration)


def progressed(*, percent: int, **occasion: Unpack[Occasion]) -> Built:
    """Say which share of a course or module is done.

    Args:
        percent: a whole number from 0 to 100.
        occasion: what every builder is told.
    """
    if not 0 <= percent <= 100:
        raise ValueError(f"{percent} percent")
    return build(words.PROGRESSED, occasion, {"extensions": {words.PROGRESS.iri: percent}})


def completed(*, duration: timedelta | None = None, **occasion: Unpack[Occasion]) -> Built:
    """Say that a course, a module or an item is done."""
    return build(words.COMPLETED, occasion, {"completion": True}, duration)


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
    return build(words.ANSWERED, occasion, result, duration)


def attempted(**occasion: Unpack[Occasion]) -> Built:
    """Say that an attempt began."""
    return build(words.ATTEMPTED, occasion)


def suspended(*, duration: timedelta | None = None, **occasion: Unpack[Occasion]) -> Built:
    """Say that an attempt was left open."""
    return build(words.SUSPENDED, occasion, {}, duration)


def resumed(**occasion: Unpack[Occasion]) -> Built:
    """Say that somebody came back to an open attempt."""
    return build(words.RESUMED, occasion)


def scored(
    *, score: Score, duration: timedelta | None = None, **occasion: Unpack[Occasion]
) -> Built:
    """Say what an attempt earned, where nobody passes or fails, or after it was marked again."""
    return build(words.SCORED, occasion, {"score": scaled(score)}, duration)


def passed(
    *, score: Score, duration: timedelta | None = None, **occasion: Unpack[Occasion]
) -> Built:
    """Say that an attempt reached the pass mark."""
    return build(words.PASSED, occasion, {"success": True, "score": scaled(score)}, duration)


def failed(
    *, score: Score, duration: timedelta | None = None, **occasion: Unpack[Occasion]
) -> Built:
    """Say that an attempt missed the pass mark."""
    return build(words.FAILED, occasion, {"success": False, "score": scaled(score)}, duration)


# Certificates


def earned(**occasion: Unpack[Occasion]) -> Built:
    """Say that a certificate was issued."""
    return build(words.EARNED, occasion)


def revoked(**occasion: Unpack[Occasion]) -> Built:
    """Say that a certificate counts no more: revoked, superseded, or given up by its holder.

    The first statement was true, so it is not voided; the context names it.
    """
    return build(words.FORFEITED, occasion)


# How a statement is made. Its parts come again and again, so each is made by the library once and
# kept as the text that it writes; ids, times and durations are written by us: the library changes
# some.


def build(
    verb: Verb,
    occasion: Occasion,
    result: Plain | None = None,
    duration: timedelta | None = None,
    *,
    given_id: UUID | None = None,
) -> Built:
    """Make the statement that an actor did something on an occasion.

    Args:
        verb: what was done.
        occasion: who, about what, where and when.
        result: what came of it, in the standard's words, without the duration.
        duration: how long it took; None where that is not known.
        given_id: in place of the computed one.
    """
    made_id = given_id or statement_id(verb, occasion["key"])
    actor, at = occasion["actor"], occasion["at"]
    told = _result(result) if result else {}
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


def _result(result: Plain) -> Plain:
    given = orjson.dumps(result)
    if len(given) > SHORT:  # an answer in words, which nobody else gives
        return _plain(tincan_result.Result(**result))
    return dict(_kept_result(given))


@functools.lru_cache(maxsize=4096)
def _kept_result(given: bytes) -> Plain:
    return _plain(tincan_result.Result(**orjson.loads(given)))


@functools.lru_cache(maxsize=2048)
def _actor(actor: Actor) -> Fragment:
    account = agent_account.AgentAccount(name=actor.name, home_page=actor.home_page)
    return _written(agent.Agent(account=account))


@functools.cache
def _verb(verb: Verb) -> Fragment:
    return _written(tincan_verb.Verb(id=verb.iri, display={"en": verb.word}))


def _context(context: Context) -> Plain:
    plain = {**_around(context.language, context.platform)}
    if context.registration is not None:
        plain["registration"] = str(context.registration)
    if context.statement is not None:
        plain["statement"] = {"objectType": "StatementRef", "id": str(context.statement)}
    listed = {
        role: activities
        for role, activities in (
            ("parent", [_activity(each) for each in context.parent]),
            ("grouping", [_activity(each) for each in context.grouping]),
            ("category", [_profile(each) for each in context.category]),
        )
        if activities
    }
    if listed:
        plain["contextActivities"] = listed
    session = {words.SESSION_ID.iri: context.session_id} if context.session_id else {}
    if session or context.extensions:
        plain["extensions"] = {**session, **context.extensions}
    return plain


@functools.lru_cache(maxsize=256)
def _around(language: str, platform: str | None) -> Plain:
    return _plain(tincan_context.Context(language=language, platform=platform))


def _activity(activity: Activity) -> Fragment:
    given = b""
    if activity.definition or activity.extensions:
        given = orjson.dumps([activity.definition, activity.extensions])
    return _kept_activity(activity.id, activity.type, activity.name, activity.language, given)


@functools.lru_cache(maxsize=4096)
def _kept_activity(iri: str, kind: str, name: str, language: str, given: bytes) -> Fragment:
    whole, extensions = orjson.loads(given) if given else (None, None)
    named = {"name": {language: name}} if name else {}
    definition = activity_definition.ActivityDefinition(whole or {"type": kind, **named})
    if extensions:
        definition.extensions = extensions
    return _written(tincan_activity.Activity(id=iri, definition=definition))


@functools.cache
def _profile(iri: str) -> Fragment:
    definition = activity_definition.ActivityDefinition(type=words.PROFILE.iri)
    return _written(tincan_activity.Activity(id=iri, definition=definition))


def _plain(made: Any) -> Plain:
    plain: Plain = made.as_version()
    return plain


def _written(made: Any) -> Fragment:
    return Fragment(orjson.dumps(_plain(made)))
