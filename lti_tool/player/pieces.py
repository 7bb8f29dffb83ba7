"""Pieces of pages that are the same for many learners: made once, then given their addresses.

A piece is rendered with ``__BASE__`` where the address of the course in a visit goes. What else it
depends on (course, language, what is done) stands in its key.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable

from markupsafe import Markup

from courses.kinds import MultipleChoice, SingleChoice

BASE = "__BASE__"
VISIT = "__VISIT__"
"""Stands for the beginning of all addresses of the visit."""
OF_A_VISIT = re.compile(r"/v/[\w-]{20,}")
MOST = 4096
"""Pieces kept; a few thousand bytes each."""
MOST_PUBLIC = 512
"""Of pages outside all visits, which may be whole ones."""

COURSE = "__COURSE__/"
MEDIA = "__MEDIA__/"
"""How a course's own texts begin addresses of its items and of its media."""

CUT = "\x1e"
"""Stands where a piece is put together anew: for a hole, or between the options of a choice."""

_kept: dict[Hashable, str] = {}
_kept_frames: dict[Hashable, tuple[str, ...]] = {}
_kept_public: dict[Hashable, tuple[str, ...]] = {}
_kept_answers: dict[Hashable, tuple[str, dict[str, str], str]] = {}


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
        found = _kept[key] = _for_all(make())
    return placed(found, base)


def placed(html: str, base: str) -> Markup:
    """Give a piece that nobody else needs, with its addresses."""
    visit = base.partition("/learn/")[0]
    placed = html.replace(BASE, base).replace(VISIT, visit)
    return Markup(placed)  # noqa: S704  # rendered by a template of ours


def frame(
    key: Hashable, make: Callable[[], str], holes: tuple[str, ...], *, is_public: bool = False
) -> Markup:
    """Give a page whose frame is the same for many, with what goes into its holes.

    Args:
        key: everything that the frame depends on.
        make: renders it with :data:`CUT` for each hole.
        holes: HTML for them, in their order.
        is_public: whether it stands outside all visits, so that no address can lead into one.
    """
    kept, most = (_kept_public, MOST_PUBLIC) if is_public else (_kept_frames, MOST)
    parts = kept.get(key)
    if parts is None:
        if len(kept) >= most:
            kept.clear()
        made = make() if is_public else _for_all(make())
        parts = kept[key] = tuple(made.split(CUT))
    pairs = zip(parts, (*holes, ""), strict=True)
    filled = "".join([each for pair in pairs for each in pair])
    return Markup(filled)  # noqa: S704  # rendered by a template of ours


def _for_all(html: str) -> str:
    """Give what others read too, which must lead to nobody's visit."""
    if OF_A_VISIT.search(html):
        raise ValueError("a piece that others read holds the address of a visit")
    return html


def answered(
    question: SingleChoice | MultipleChoice, key: Hashable, make: Callable[[], str]
) -> Markup:
    """Give a choice that was answered, its options in the order in which they were shown.

    Whoever gives the same answer reads the same, but for the order of the options: it is rendered
    once, with :data:`CUT` before each option and after the last, and put together again.

    Args:
        question: as it was shown.
        key: everything that the piece depends on, but for that order.
        make: renders it.
    """
    found = _kept_answers.get(key)
    if found is None:
        if len(_kept_answers) >= MOST:
            _kept_answers.clear()
        head, *options, tail = _for_all(make()).split(CUT)
        told = dict(zip((each.id for each in question.options), options, strict=True))
        found = _kept_answers[key] = head, told, tail
    head, told, tail = found
    middle = "".join([told[each.id] for each in question.options])
    return Markup(head + middle + tail)  # noqa: S704  # rendered by a template of ours


def body_of(html: Markup, *, media_url: str) -> Markup:
    """Give a text of a course for a piece.

    Args:
        html: from the course.
        media_url: where its media files lie, without a slash at its end.
    """
    placed = str(html).replace(MEDIA, f"{media_url}/").replace(COURSE, f"{BASE}/")
    return Markup(placed)  # noqa: S704  # made safe by courses.markup
