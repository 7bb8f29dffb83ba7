"""Statements as received: parsed to be looked at, and their text to be kept as it is; pure.

Numbers, times and durations stay as they were written. Only what the store itself must say (id,
stored, authority, and a time and version where none were given) is put in.
"""

from __future__ import annotations

import json
import math
from collections.abc import Collection, Iterator, Mapping
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
    return list(read_each(body))


def read_each(body: bytes | str) -> Iterator[Received]:
    """Read one statement or a list of them, one after the other, so that none need be held."""
    try:
        text = body.decode() if isinstance(body, bytes) else body
    except UnicodeDecodeError as error:
        raise StatementError("", "the body is not UTF-8", SECTION) from error
    start = _skip(text, 0)
    if text[start : start + 1] == "[":
        yield from _read_list(text, start + 1)
        return
    received, end = _read_one(text, start)
    _check_end(text, end)
    yield received


def is_list(body: bytes) -> bool:
    """Say whether a list was sent, be it of one."""
    return body[:64].lstrip()[:1] == b"["


def from_own(text: str) -> Received:
    """Take a statement that this library wrote."""
    return Received(orjson.loads(text), text)


def open_text(received: Received, *, without: Collection[str]) -> str:
    """Give the text without its last brace, for fields of the store to follow.

    Fields in their place are left out, and one activity where a list of them belongs becomes a
    list of one (1.0.3, part two, 2.4.6.2); otherwise nothing is touched.
    """
    parsed = received.parsed
    if not parsed.keys().isdisjoint(without) or _is_single(parsed):
        whole = json.loads(received.text, parse_float=orjson.Fragment, parse_int=orjson.Fragment)
        kept = {key: value for key, value in whole.items() if key not in without}
        _make_lists(kept)
        return orjson.dumps(kept).decode()[:-1]
    return received.text.rstrip(SPACE)[:-1].rstrip(SPACE)


def _is_single(statement: Mapping[str, Any]) -> bool:
    around = statement.get("context", {}).get("contextActivities", {})
    if any(isinstance(each, dict) for each in around.values()):
        return True
    thing = statement["object"]
    return thing.get("objectType") == "SubStatement" and _is_single(thing)


def _make_lists(statement: dict[str, Any]) -> None:
    around = statement.get("context", {}).get("contextActivities", {})
    for role, each in around.items():
        if isinstance(each, dict):
            around[role] = [each]
    if statement["object"].get("objectType") == "SubStatement":
        _make_lists(statement["object"])


def _read_list(text: str, start: int) -> Iterator[Received]:
    here = _skip(text, start)
    if text[here : here + 1] == "]":
        _check_end(text, here + 1)
        return
    while True:
        received, here = _read_one(text, here)
        yield received
        here = _skip(text, here)
        mark = text[here : here + 1]
        if mark == "]":
            _check_end(text, here + 1)
            return
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
