"""Films: what of them was seen, and the statements about it (video profile 1.0.3)."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Executable, bindparam, select
from sqlalchemy.orm import Session

from lti_tool.errors import BadRequestError
from lti_tool.player import progress
from lti_tool.player.places import FILM_PROGRESS
from lti_tool.player.recording import Watching, film
from xapi import outbox
from xapi import video as statements
from xapi.prepared import Prepared
from xapi.statements import Built
from xapi.values import LANGUAGE
from xapi.video import THRESHOLD, Screen, Seen

EVENTS = frozenset({"initialized", "played", "paused", "seeked", "interacted", "terminated"})
SHOWING = frozenset({"initialized", "interacted"})
"""Events whose statement says how the film is shown."""
MOST_EVENTS = 50
"""In one request; a page that waited for an answer sends what happened meanwhile at once."""
MOST_SEGMENTS = 200
MOST_PIXELS = 100_000
MOST_SPEED = 16.0
Segment = tuple[float, float]


@dataclass(frozen=True, slots=True)
class FilmEvent:
    """What a page tells of a film."""

    name: str
    number: int
    """Counts what is told in one opening of the film."""
    time_s: float
    from_s: float
    to_s: float
    segments: tuple[Segment, ...]
    """Seen in this opening so far."""
    screen: Screen
    """How the film is shown just now."""


def read_events(told: Mapping[str, Any], length_s: float) -> list[FilmEvent]:
    """Read what a page tells of a film at once: one event, or several in ``events``.

    Raises:
        BadRequestError: it is nothing that our page tells.
    """
    listed = told.get("events", [told])
    if not isinstance(listed, list) or not 0 < len(listed) <= MOST_EVENTS:
        raise BadRequestError("events of a film")
    if not all(isinstance(each, dict) for each in listed):
        raise BadRequestError("event of a film")
    return [read_event(each, length_s) for each in listed]


def read_event(told: Mapping[str, Any], length_s: float) -> FilmEvent:
    """Read what a page tells; moments outside the film are drawn to its ends.

    Raises:
        BadRequestError: it is nothing that our page tells.
    """

    def second(value: Any) -> float:
        return round(_within(value, length_s), 3)

    try:
        segments = tuple((second(start), second(end)) for start, end in told.get("segments", ()))
        event = FilmEvent(
            str(told["event"]),
            int(told["number"]),
            second(told.get("time", 0)),
            second(told.get("from", 0)),
            second(told.get("to", 0)),
            segments[:MOST_SEGMENTS],
            read_screen(told.get("screen") or {}),
        )
    except (KeyError, TypeError, ValueError, OverflowError, AttributeError) as error:
        raise BadRequestError("event of a film") from error
    if event.name not in EVENTS or not 0 <= event.number < 100_000:
        raise BadRequestError(f"event {event.name!r} of a film")
    return event


def read_screen(told: Mapping[str, Any]) -> Screen:
    """Read how a page says that a film is shown; what lies outside its bounds is drawn to them."""

    def number(name: str, most: float) -> float | None:
        return _within(told[name], most) if name in told else None

    def size(width: str, height: str) -> tuple[int, int] | None:
        across, down = number(width, MOST_PIXELS), number(height, MOST_PIXELS)
        return None if across is None or down is None else (round(across), round(down))

    lines = number("lines", MOST_PIXELS)
    language = str(told.get("language", ""))
    return Screen(
        speed=number("speed", MOST_SPEED),
        volume=number("volume", 1.0),
        captions=bool(told["captions"]) if "captions" in told else None,
        captions_language=language if LANGUAGE.fullmatch(language) else None,
        full_screen=bool(told["full"]) if "full" in told else None,
        size=size("width", "height"),
        room=size("room_width", "room_height"),
        lines=None if lines is None else round(lines),
    )


def _within(value: Any, most: float) -> float:
    number = float(value)
    if math.isnan(number):
        raise ValueError("not a number")
    return min(max(number, 0.0), most)


def _watch(insert: type) -> Executable:
    fields = ("enrolment_id", "item_id", "video_id", "segments", "completed_at")
    statement = insert(FILM_PROGRESS).values({name: bindparam(name) for name in fields})
    made: Executable = statement.on_conflict_do_update(
        index_elements=[
            FILM_PROGRESS.c.enrolment_id,
            FILM_PROGRESS.c.item_id,
            FILM_PROGRESS.c.video_id,
        ],
        set_={name: statement.excluded[name] for name in ("segments", "completed_at")},
    )
    return made


WATCH = Prepared.for_both(_watch)
WATCHED = Prepared(
    select(FILM_PROGRESS.c.segments, FILM_PROGRESS.c.completed_at)
    .where(
        FILM_PROGRESS.c.enrolment_id == bindparam("enrolment_id"),
        FILM_PROGRESS.c.item_id == bindparam("item_id"),
        FILM_PROGRESS.c.video_id == bindparam("video_id"),
    )
    .with_for_update()
)


def tell_all(
    session: Session, watching: Watching, events: list[FilmEvent], *, now: datetime
) -> float:
    """Tell several events, each a millisecond after the one before and the last one now."""
    share = 0.0
    for ago, event in zip(range(len(events) - 1, -1, -1), events, strict=True):
        share = tell(session, watching, event, now=now - timedelta(milliseconds=ago))
    return share


def tell(session: Session, watching: Watching, event: FilmEvent, *, now: datetime) -> float:
    """Keep what was seen and queue what happened; give the share of the film seen by now.

    The film is complete, once for each enrolment, when enough of it was seen over all visits.
    """
    place = watching.place
    given = {
        "enrolment_id": place.enrolment_id,
        "item_id": watching.page.id,
        "video_id": watching.video.id,
    }
    row = WATCHED.first(session, given)
    before = [(start, end) for start, end in row.segments] if row else []
    segments = merged([*before, *event.segments])
    seen_s = sum(end - start for start, end in segments)
    share = min(1.0, seen_s / max(float(watching.video.seconds), 0.001))
    seen = Seen(event.time_s, share, tuple(segments))
    told = [_statement(watching, event, seen, at=now)]
    completed_at = row.completed_at if row else None
    if completed_at is None and share >= THRESHOLD:
        completed_at = now
        occasion = film(watching, "completed", at=now)
        duration = timedelta(seconds=seen_s)
        told.insert(0, statements.completed(seen=seen, duration=duration, **occasion))
    if row is None or segments != before or completed_at != row.completed_at:
        values = {**given, "segments": [list(each) for each in segments]}
        WATCH.run(session, {**values, "completed_at": completed_at})
    progress.is_here(session, place, now=now)
    outbox.enqueue(session, told, now=now)
    return share


def _statement(watching: Watching, event: FilmEvent, seen: Seen, *, at: datetime) -> Built:
    screen = event.screen if event.name in SHOWING else None
    occasion = film(watching, str(event.number), screen=screen, at=at)
    match event.name:
        case "initialized":
            return statements.initialized(session=watching.session, **occasion)
        case "played":
            return statements.played(time_s=event.time_s, **occasion)
        case "paused":
            return statements.paused(seen=seen, **occasion)
        case "seeked":
            jump = {"from_s": event.from_s, "to_s": event.to_s}
            return statements.seeked(**jump, seen=seen, **occasion)
        case "interacted":
            return statements.interacted(time_s=event.time_s, **occasion)
        case _:
            return statements.terminated(seen=seen, **occasion)


def merged(segments: Iterable[Segment]) -> list[Segment]:
    """Put stretches of a film together that touch or overlap, in order."""
    found: list[Segment] = []
    for start, end in sorted(segment for segment in segments if segment[1] > segment[0]):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((start, end))
    return found


def session_of(text: object) -> UUID:
    """Read the id that the page made for one opening of a film.

    Raises:
        BadRequestError: it is no UUID of version 4.
    """
    try:
        made = UUID(str(text))
    except ValueError as error:
        raise BadRequestError("session of a film") from error
    if made.version != 4:
        raise BadRequestError("session of a film")
    return made
