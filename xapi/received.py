"""Statements as received: parsed to be looked at, and their text to be kept as it is; pure.

Numbers, times and durations stay as they were written. Only what the store itself must say (id,
stored, authority, and a time and version where none were given) is put in.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

import orjson

from xapi.validation import StatementError

SPACE = " \t\n\r"
SECTION = "2.2"


@dataclass(frozen=True, slots=True)
class Received:
    """One statement with its text."""

    parsed: Mapping[str, Any]
    text: str


def read(body: bytes | str) -> list[Received]:
    """Read one statement or a list of them.

    Raises:
        StatementError: this is no JSON, holds a key twice or a number that is none, or is neither
            an object nor a list of objects.
    """
    try:
        text = body.decode() if isinstance(body, bytes) else body
    except UnicodeDecodeError as error:
        raise StatementError("", "the body is not UTF-8", SECTION) from error
    start = _skip(text, 0)
    if text[start : start + 1] == "[":
        return _read_list(text, start + 1)
    received, end = _read_one(text, start)
    _check_end(text, end)
    return [received]


def from_own(text: str) -> Received:
    """Take a statement that this library wrote."""
    return Received(orjson.loads(text), text)


def from_parsed(parsed: Mapping[str, Any]) -> Received:
    """Take a statement that exists only as values."""
    return Received(parsed, orjson.dumps(parsed).decode())


def with_fields(received: Received, fields: Mapping[str, Any]) -> str:
    """Give the text with fields of the store; one that is there already is replaced."""
    if fields.keys() & received.parsed.keys():
        return orjson.dumps({**received.parsed, **fields}).decode()
    added = orjson.dumps(fields).decode()
    return f"{received.text.rstrip(SPACE)[:-1].rstrip(SPACE)},{added[1:]}"


def _read_list(text: str, start: int) -> list[Received]:
    found: list[Received] = []
    here = _skip(text, start)
    if text[here : here + 1] == "]":
        _check_end(text, here + 1)
        return found
    while True:
        received, here = _read_one(text, here)
        found.append(received)
        here = _skip(text, here)
        mark = text[here : here + 1]
        if mark == "]":
            _check_end(text, here + 1)
            return found
        if mark != ",":
            raise StatementError("", "a comma is missing between statements", SECTION)
        here = _skip(text, here + 1)


def _read_one(text: str, start: int) -> tuple[Received, int]:
    try:
        parsed, end = DECODER.raw_decode(text, start)
    except (json.JSONDecodeError, RecursionError) as error:
        raise StatementError("", "this is not JSON", SECTION) from error
    if not isinstance(parsed, dict):
        raise StatementError("", "a statement must be an object", SECTION)
    return Received(parsed, text[start:end]), end


def _skip(text: str, start: int) -> int:
    while text[start : start + 1] and text[start] in SPACE:
        start += 1
    return start


def _check_end(text: str, end: int) -> None:
    if _skip(text, end) != len(text):
        raise StatementError("", "there is something after the JSON", SECTION)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise StatementError(twice, "stands there twice", SECTION)
    return found


def _no_number(word: str) -> NoReturn:
    raise StatementError("", f"{word} is no number", SECTION)


DECODER = json.JSONDecoder(object_pairs_hook=_once, parse_constant=_no_number)
