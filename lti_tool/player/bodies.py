"""Texts of a course with the real addresses in them."""

from __future__ import annotations

import functools

from markupsafe import Markup

COURSE = "__COURSE__/"
MEDIA = "__MEDIA__/"


def with_addresses(html: Markup, *, course_url: str, media_url: str) -> Markup:
    """Put addresses into a text of a course.

    Args:
        html: from the course.
        course_url: of the course's page in this visit, without a slash at its end.
        media_url: of its media files, likewise; the same for everybody, so that most of the work
            is done once.
    """
    placed = _with_media(html, media_url)
    if COURSE not in placed:
        return placed
    return Markup(str(placed).replace(COURSE, f"{course_url}/"))  # noqa: S704  # made safe by courses.markup


@functools.lru_cache(maxsize=2048)
def _with_media(html: Markup, media_url: str) -> Markup:
    return Markup(str(html).replace(MEDIA, f"{media_url}/"))  # noqa: S704  # made safe by courses.markup
