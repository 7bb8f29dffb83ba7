"""Markdown -> safe HTML; the only place where HTML becomes trusted.

The renderer escapes all HTML of the author. What it puts in itself (formulas, figures) is made by
a library or read from a file, and passes an allow-list first. Addresses of a course's own pages
and media begin with ``__COURSE__/`` and ``__MEDIA__/``; whoever shows the page puts the real
beginning there.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from markdown_it import MarkdownIt
from markupsafe import Markup
from mdit_py_plugins.dollarmath import dollarmath_plugin
from mdit_py_plugins.footnote import footnote_plugin

from courses.blocks import CALLOUTS, blocks_plugin, video_html
from courses.elements import (
    COURSE,
    MEDIA,
    PLUGGED,
    Reading,
    Renderer,
    plain_text,
)
from courses.model import Steps, Video

__all__ = [
    "CALLOUTS", "COURSE", "MEDIA", "Rendered", "plain_html", "plain_text", "render_fragment",
    "render_page", "render_text", "video_html",
]  # fmt: skip

PLAIN = re.compile(
    r"(?!\d+[.)])[^\W_]"
    r"(?:[^\W_]++|[ ?!±,.;:'\"()%/€°–−×·…≈≤≥→“”‘’+=-]++)*+"
)
"""A line without anything that Markdown or HTML would read: most options and feedbacks. It takes
what it can and never steps back: each character belongs to one of the two kinds alone."""


@dataclass(frozen=True, slots=True)
class Rendered:
    """HTML of a text, and what was met on the way."""

    html: Markup
    headings: tuple[tuple[str, str], ...]
    links: tuple[tuple[str, int], ...]
    """Addresses inside the course with the line of their paragraph."""
    media: tuple[tuple[str, int], ...]
    faults: tuple[tuple[int, str, str], ...]
    """Line, message, hint."""
    has_steps: bool = False


def _no_video(_text: str, _line: int) -> None:
    return None


def _no_steps(_title: str, _text: str, _line: int) -> None:
    return None


def render_page(
    text: str,
    *,
    media_dir: Path,
    read_video: Callable[[str, int], Video | None] = _no_video,
    read_steps: Callable[[str, str, int], Steps | None] = _no_steps,
    first_line: int = 1,
) -> Rendered:
    """Render the body of a page.

    Args:
        text: Markdown with our additions (docs/authoring.md).
        media_dir: folder from which figures are read.
        read_video: reads the YAML of a video block at a line; None where it is faulty.
        read_steps: the same for a figure in steps, with its title first.
        first_line: line of the file at which the text begins.
    """
    return _render(text, Reading(media_dir, read_video, read_steps), first_line)


def render_fragment(text: str) -> Rendered:
    """Render the text of a question, option or feedback; a single paragraph goes without ``<p>``.

    Figures and links to pages of the course are faults here.
    """
    plain = plain_html(text)
    if plain is not None:
        return Rendered(plain, (), (), (), ())
    rendered = _render(text, Reading(None, _no_video, _no_steps), 1)
    made = str(rendered.html).strip()
    if made.startswith("<p>") and made.endswith("</p>") and made.count("<p>") == 1:
        made = made[3:-4]
    safe = Markup(made)  # noqa: S704  # came out of _render
    return Rendered(safe, rendered.headings, rendered.links, rendered.media, rendered.faults)


def plain_html(text: str) -> Markup | None:
    """Give the HTML of a text that holds no Markdown at all; None where there may be some."""
    if not PLAIN.fullmatch(text) or text.endswith(" "):
        return None
    return Markup(text.replace('"', "&quot;"))  # noqa: S704  # nothing else to escape in it


def render_text(text: str) -> Markup:
    """Give the HTML of :func:`render_fragment`."""
    return render_fragment(text).html


def _render(text: str, reading: Reading, first_line: int) -> Rendered:
    made = str(_parser().render(text, {"reading": reading}))
    before = first_line - 1
    return Rendered(
        Markup(made),  # noqa: S704  # made by our renderer, which escapes
        tuple(reading.headings),
        tuple((link, line + before) for link, line in reading.links),
        tuple((name, line + before) for name, line in reading.media),
        tuple((line + before, message, hint) for line, message, hint in reading.faults),
        reading.has_steps,
    )


@functools.cache
def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False}, renderer_cls=Renderer)
    parser.enable(["table", "strikethrough"])
    parser.use(footnote_plugin, inline=False)
    parser.use(dollarmath_plugin, allow_labels=False, double_inline=False, allow_digits=False)
    parser.use(blocks_plugin)
    for name in PLUGGED:
        parser.add_render_rule(name, getattr(Renderer, name))
    return parser
