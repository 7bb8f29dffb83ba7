"""Pieces of pages that are the same for many learners: made once, then given their addresses.

A piece is rendered with ``__BASE__`` where the address of the course in a visit goes. What else it
depends on (course, language, what is done) stands in its key.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable

from markupsafe import Markup

BASE = "__BASE__"
MOST = 4096
"""Pieces kept; a few thousand bytes each."""

COURSE = "__COURSE__/"
MEDIA = "__MEDIA__/"
"""How a course's own texts begin addresses of its items and of its media."""

_kept: dict[Hashable, str] = {}


def piece(key: Hashable, make: Callable[[], str], base: str) -> Markup:
    """Give a piece, made where it is not there yet, with its addresses.

    Args:
        key: everything that the piece depends on.
        make: renders it.
        base: address of the course in this visit, without a slash at its end.
    """
    found = _kept.get(key)
    if found is None:
        if len(_kept) >= MOST:
            _kept.clear()
        found = _kept[key] = make()
    return Markup(found.replace(BASE, base))  # noqa: S704  # rendered by a template of ours


def body_of(html: Markup, *, media_url: str) -> Markup:
    """Give a text of a course for a piece.

    Args:
        html: from the course.
        media_url: where its media files lie, without a slash at its end.
    """
    placed = str(html).replace(MEDIA, f"{media_url}/").replace(COURSE, f"{BASE}/")
    return Markup(placed)  # noqa: S704  # made safe by courses.markup
