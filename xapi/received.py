"""Statements as received: parsed to be looked at, and their text to be kept as it is; pure.

Numbers, times and durations stay as they were written. Only what the store itself must say (id,
stored, authority, and a time and version where none were given) is put in.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

import orjson

from xapi.values import StatementError

SPACE = " \t\n\r"
SECTION = "2.2"
DEEPEST = 100
"""How many objects and lists may stand in one another."""


@dataclass(frozen=True, slots=True)
class Received:
    """One statement with its text."""

    parsed: Mapping[str, Any]
    text: str


def read(body: bytes | str) -> list[Received]:
    """Read one statement or a list of them.

    Raises:
        StatementError: this is no JSON, holds a key twice, half a character or a number that is
            none, is nested too deeply, or is neither an object nor a list of objects.
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


def with_fields(received: Received, fields: Mapping[str, Any]) -> str:
    """Give the text with fields of the store; one that is there already is replaced."""
    if fields.keys() & received.parsed.keys():
        whole = {**received.parsed, **fields}
        return json.dumps(whole, ensure_ascii=False, separators=(",", ":"))
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
    except StatementError:
        raise
    except (ValueError, RecursionError) as error:  # ValueError: also a number of 5000 digits
        raise StatementError("", "this is not JSON", SECTION) from error
    if not isinstance(parsed, dict):
        raise StatementError("", "a statement must be an object", SECTION)
    own = text[start:end]
    if own.count("{") + own.count("[") > DEEPEST:
        _check_depth(parsed, DEEPEST)
    if "\\u" in own:
        _check_characters(parsed)
    return Received(parsed, own), end


def _check_depth(value: object, left: int) -> None:
    if isinstance(value, dict | list):
        if left == 0:
            raise StatementError("", f"is nested deeper than {DEEPEST}", SECTION)
        for each in value.values() if isinstance(value, dict) else value:
            _check_depth(each, left - 1)


def _check_characters(parsed: Mapping[str, Any]) -> None:
    try:
        json.dumps(parsed, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        raise StatementError("", "holds half of a character (a surrogate)", SECTION) from error


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


def _finite(text: str) -> float:
    found = float(text)
    return found if math.isfinite(found) else _no_number(text)


DECODER = json.JSONDecoder(object_pairs_hook=_once, parse_constant=_no_number, parse_float=_finite)
