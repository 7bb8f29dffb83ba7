"""The plain values that statements are made of, each with its rule; pure.

Each check names where in the statement something is wrong and by which section of the standard:
xAPI 1.0.3, part two (data).
"""

from __future__ import annotations

import functools
import math
import re
from collections.abc import Container, Mapping
from datetime import UTC, datetime
from typing import Any

UUID_PATTERN = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)
IRI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s\x00-\x1f\x7f<>\"{}|\\^`]+")
LANGUAGE = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*|[ixIX](-[A-Za-z0-9]{1,8})+")
MOMENT = re.compile(
    r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(\.\d+)?"
    r"([Zz]|(?!-00(:?00)?$)[+-]\d{2}(:?\d{2})?)?"
)
LONG_MOMENT = len("2026-11-05T08:15:30.123456")
FINEST = re.compile(r"(\.\d{6})\d+")
"""Digits of a time up to a microsecond, and those past it."""
DURATION = re.compile(
    r"P(?=.)(\d+(?:\.\d+)?W|(\d+(?:\.\d+)?Y)?(\d+(?:\.\d+)?M)?(\d+(?:\.\d+)?D)?"
    r"(T(?=.)(\d+(?:\.\d+)?H)?(\d+(?:\.\d+)?M)?(\d+(?:\.\d+)?S)?)?)"
)


class StatementError(ValueError):
    """What is wrong with a statement, where in it, and by which section of the standard."""

    def __init__(self, path: str, message: str, section: str) -> None:
        super().__init__(f"{path or 'statement'}: {message} (xAPI 1.0.3, part two, {section})")
        self.path = path
        self.section = section


def as_object(value: object, path: str, section: str) -> dict[str, Any]:
    """Give the value, which must be an object."""
    if not isinstance(value, dict):
        raise StatementError(path, "must be an object", section)
    return value


def as_list(value: object, path: str, section: str) -> list[Any]:
    """Give the value, which must be a list."""
    if not isinstance(value, list):
        raise StatementError(path, "must be a list", section)
    return value


def as_text(value: object, path: str, section: str) -> str:
    """Give the value, which must be a text."""
    if not isinstance(value, str):
        raise StatementError(path, "must be a text", section)
    return value


def as_number(value: object, path: str, section: str) -> float:
    """Give the value, which must be a number (infinity is none)."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise StatementError(path, "must be a number", section)
    if isinstance(value, float) and not math.isfinite(value):
        raise StatementError(path, "must be a number", section)
    return value


def kind_of(value: Mapping[str, Any], path: str, default: str) -> str:
    """Give the ``objectType`` of a value, or what it is where that is left out."""
    return as_text(value.get("objectType", default), f"{path}.objectType", "2.4.4")


def matches(pattern: re.Pattern[str], value: object) -> bool:
    """Say whether a value is a text of this form."""
    return isinstance(value, str) and pattern.fullmatch(value) is not None


def check_keys(
    value: Mapping[str, Any],
    path: str,
    section: str,
    *,
    needed: tuple[str, ...] = (),
    allowed: Container[str] = (),
) -> None:
    """Refuse an object that lacks a key, or has one that the standard does not know."""
    for key in needed:
        if key not in value:
            raise StatementError(path, f"{key!r} is missing", section)
    for key in value:
        if key not in needed and key not in allowed:
            raise StatementError(path, f"{key!r} is not known here", section)


def check_nulls(value: Any, path: str) -> None:
    """Refuse null, except in extensions (2.2)."""
    if isinstance(value, dict):
        for key, each in value.items():
            here = f"{path}.{key}" if path else key
            if each is None:
                raise StatementError(here, "must not be null", "2.2")
            if key != "extensions":
                check_nulls(each, here)
    elif isinstance(value, list):
        for number, each in enumerate(value):
            if each is None:
                raise StatementError(f"{path}[{number}]", "must not be null", "2.2")
            check_nulls(each, f"{path}[{number}]")


def check_uuid(value: object, path: str, section: str) -> None:
    """Refuse what is not a UUID in its one written form."""
    if not matches(UUID_PATTERN, value):
        raise StatementError(path, "must be a UUID", section)


def check_iri(value: object, path: str, section: str) -> None:
    """Refuse what is not an IRI."""
    if not matches(IRI, value):
        raise StatementError(path, "must be an IRI with its scheme", section)


def check_moment(value: object, path: str, section: str) -> None:
    """Refuse what is not a time by RFC 3339."""
    try:
        read_moment(as_text(value, path, section))
    except StatementError:
        raise
    except ValueError as error:
        raise StatementError(
            path, "must be a time by RFC 3339, its offset not -00:00", section
        ) from error


@functools.lru_cache(maxsize=64)  # what is checked now is read once more in a moment
def read_moment(text: str) -> datetime:
    """Read a time by RFC 3339 as UTC; digits past a microsecond are cut.

    Raises:
        ValueError: it is none, or lies outside the years 1 to 9999.
    """
    if not MOMENT.fullmatch(text):
        raise ValueError("not a time by RFC 3339")
    clean = text.upper().replace(" ", "T")
    if len(clean) > LONG_MOMENT:
        clean = FINEST.sub(r"\1", clean)
    found = datetime.fromisoformat(clean)
    try:
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except OverflowError as error:
        raise ValueError("outside the years 1 to 9999") from error


def check_duration(value: object, path: str) -> None:
    """Refuse what is not a duration by ISO 8601."""
    if not matches(DURATION, value):
        raise StatementError(path, "must be a duration by ISO 8601", "2.4.5")


def check_flag(value: object, path: str, section: str) -> None:
    """Refuse what is neither true nor false."""
    if not isinstance(value, bool):
        raise StatementError(path, "must be true or false", section)


def check_language(value: object, path: str) -> None:
    """Refuse what is not a language tag."""
    if not matches(LANGUAGE, value):
        raise StatementError(path, "must be a language tag by RFC 5646", "2.4.6")


def check_languages(value: object, path: str) -> None:
    """Refuse what is not a map from language tags to texts."""
    for tag, text in as_object(value, path, "4.2").items():
        if not LANGUAGE.fullmatch(tag):
            raise StatementError(path, f"{tag!r} is no language tag", "4.2")
        as_text(text, f"{path}.{tag}", "4.2")


def check_extensions(value: object, path: str) -> None:
    """Refuse extensions whose keys are not IRIs; their values are free."""
    for key in as_object(value, path, "4.1"):
        check_iri(key, f"{path}.{key}", "4.1")
