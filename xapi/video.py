"""One builder for each thing that happens in a film (video profile 1.0.3)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from fractions import Fraction
from typing import Any, Unpack
from uuid import UUID

from xapi import vocabulary as words
from xapi.measures import decimals
from xapi.statements import Built, Context, Occasion, build

THRESHOLD = 0.95
"""Share of a film from which on it counts as seen."""


@dataclass(frozen=True, slots=True)
class Seen:
    """Where a film stands and what of it was seen, over the whole enrolment."""

    time_s: float
    progress: float
    """Share of the film, 0 to 1."""
    segments: tuple[tuple[float, float], ...] = ()
    """From second, to second; none: nothing was seen yet."""


@dataclass(frozen=True, slots=True)
class Screen:
    """How a film is shown, as far as the page tells; None: it does not."""

    speed: float | None = None
    """1 as recorded, 2 twice as fast."""
    volume: float | None = None
    """0 to 1; 0 where it is muted."""
    captions: bool | None = None
    captions_language: str | None = None
    """BCP 47 tag; of those that could be shown, where none are."""
    full_screen: bool | None = None
    size: tuple[int, int] | None = None
    """Width and height of the film on the page, in pixels of the style sheet."""
    room: tuple[int, int] | None = None
    """Width and height of the window that the page has."""
    lines: int | None = None
    """Height of the film itself, in its own pixels."""


def in_film(
    context: Context, *, session: UUID, seconds: Fraction, screen: Screen | None = None
) -> Context:
    """Give the context that every statement about a film has.

    Args:
        context: of the page that shows the film.
        session: made by the page (version 4); also the id of its ``initialized``.
        seconds: how long the film is.
        screen: how it is shown; for what opens a film and what changes how it is shown.
    """
    extensions = {
        **context.extensions,
        words.VIDEO_SESSION.iri: str(session),
        words.VIDEO_LENGTH.iri: decimals(seconds),
        words.VIDEO_THRESHOLD.iri: THRESHOLD,
        **(_shown(screen) if screen else {}),
    }
    return replace(context, category=(*context.category, words.VIDEO), extensions=extensions)


def initialized(*, session: UUID, **occasion: Unpack[Occasion]) -> Built:
    """Say that a film was opened; its id is the session's, as the profile has it."""
    return build(words.INITIALIZED, occasion, given_id=session)


def played(*, time_s: float, **occasion: Unpack[Occasion]) -> Built:
    """Say that a film runs from a second on."""
    return build(words.PLAYED, occasion, {"extensions": {words.VIDEO_TIME.iri: decimals(time_s)}})


def paused(*, seen: Seen, **occasion: Unpack[Occasion]) -> Built:
    """Say that a film was stopped for a while."""
    return build(words.PAUSED, occasion, {"extensions": _seen(seen)})


def seeked(*, from_s: float, to_s: float, seen: Seen, **occasion: Unpack[Occasion]) -> Built:
    """Say that somebody jumped in a film."""
    told = _seen(seen)
    del told[words.VIDEO_TIME.iri]
    jump = {words.VIDEO_FROM.iri: decimals(from_s), words.VIDEO_TO.iri: decimals(to_s)}
    return build(words.SEEKED, occasion, {"extensions": {**jump, **told}})


def interacted(*, time_s: float, **occasion: Unpack[Occasion]) -> Built:
    """Say that somebody changed how a film is shown: captions, volume, size or speed.

    What it is now stands in the context: see :func:`in_film`.
    """
    told = {words.VIDEO_TIME.iri: decimals(time_s)}
    return build(words.INTERACTED, occasion, {"extensions": told})


def completed(*, seen: Seen, duration: timedelta, **occasion: Unpack[Occasion]) -> Built:
    """Say that enough of a film was seen."""
    result = {"completion": True, "extensions": _seen(seen)}
    return build(words.COMPLETED, occasion, result, duration)


def terminated(*, seen: Seen, **occasion: Unpack[Occasion]) -> Built:
    """Say that a film was left."""
    return build(words.TERMINATED, occasion, {"extensions": _seen(seen)})


def _seen(seen: Seen) -> dict[str, Any]:
    pairs = (f"{start:.3f}[.]{end:.3f}" for start, end in seen.segments)
    return {
        words.VIDEO_TIME.iri: decimals(seen.time_s),
        words.VIDEO_PROGRESS.iri: decimals(min(1.0, max(0.0, seen.progress))),
        words.VIDEO_SEGMENTS.iri: "[,]".join(pairs),
    }


def _shown(screen: Screen) -> Mapping[str, object]:
    told = {
        words.VIDEO_SPEED: None if screen.speed is None else f"{decimals(screen.speed)}x",
        words.VIDEO_VOLUME: None if screen.volume is None else decimals(screen.volume),
        words.VIDEO_CAPTIONS: screen.captions,
        words.VIDEO_CAPTIONS_LANGUAGE: screen.captions_language or None,
        words.VIDEO_FULL_SCREEN: screen.full_screen,
        words.VIDEO_SIZE: "{}x{}".format(*screen.size) if screen.size else None,
        words.VIDEO_ROOM: "{}x{}".format(*screen.room) if screen.room else None,
        words.VIDEO_QUALITY: screen.lines,
    }
    return {term.iri: value for term, value in told.items() if value is not None}
