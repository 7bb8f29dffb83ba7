"""Questions and responses as JSON, exactly, so that an attempt keeps what was shown."""

from __future__ import annotations

import functools
import types
import typing
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from enum import Enum
from fractions import Fraction
from typing import Any, cast

from markupsafe import Markup

from courses.kinds import KINDS, Question, Response

VERSION = 1
BY_KIND: dict[str, type[Question]] = {kind: cls for cls, kind in KINDS.items()}


class SnapshotError(ValueError):
    """What was kept cannot be read by this version."""


def freeze(question: Question) -> dict[str, Any]:
    """Give a question as JSON."""
    return {"v": VERSION, **cast("dict[str, Any]", _plain(question))}


def thaw(kept: dict[str, Any]) -> Question:
    """Give the question again.

    Raises:
        SnapshotError: it was kept by a newer version, or is of an unknown kind.
    """
    if kept.get("v", VERSION) != VERSION:
        raise SnapshotError(f"question kept by version {kept.get('v')}")
    cls = BY_KIND.get(kept.get("kind", ""))
    if cls is None:
        raise SnapshotError(f"question of kind {kept.get('kind')!r}")
    return cast(Question, _made(cls, kept))


def freeze_response(response: Response) -> dict[str, Any]:
    """Give a response as JSON."""
    made: dict[str, Any] = {"question": response.question_id, "given": list(response.given)}
    if response.parts:
        made["parts"] = [freeze_response(part) for part in response.parts]
    return made


def thaw_response(kept: dict[str, Any]) -> Response:
    """Give the response again."""
    parts = tuple(thaw_response(part) for part in kept.get("parts", ()))
    return Response(kept["question"], tuple(kept["given"]), parts)


def _plain(value: object) -> object:
    if is_dataclass(value) and not isinstance(value, type):
        made = {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
        return {"kind": value.kind, **made} if isinstance(value, Question) else made
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    if isinstance(value, Fraction):
        return str(value)
    if isinstance(value, Enum):
        return value.value
    return str(value) if isinstance(value, str) else value


@functools.cache
def _readers(cls: type) -> dict[str, Callable[[Any], object]]:
    hints = typing.get_type_hints(cls)
    return {field.name: _reader(hints[field.name]) for field in fields(cls)}


def _made(cls: type, kept: dict[str, Any]) -> object:
    return cls(**{name: read(kept[name]) for name, read in _readers(cls).items() if name in kept})


def _reader(hint: Any) -> Callable[[Any], object]:
    if isinstance(hint, types.UnionType):
        inner = _reader(next(each for each in typing.get_args(hint) if each is not types.NoneType))
        return lambda value: None if value is None else inner(value)
    if typing.get_origin(hint) is tuple:
        return _tuple_reader(typing.get_args(hint))
    if hint is Question:
        return thaw
    if isinstance(hint, type) and is_dataclass(hint):
        return lambda value: _made(hint, value)
    if hint in {Fraction, Markup} or (isinstance(hint, type) and issubclass(hint, Enum)):
        return cast("Callable[[Any], object]", hint)
    return lambda value: value


def _tuple_reader(arguments: tuple[Any, ...]) -> Callable[[Any], object]:
    if arguments[-1] is Ellipsis:
        each = _reader(arguments[0])
        return lambda values: tuple(each(value) for value in values)
    readers = [_reader(argument) for argument in arguments]
    return lambda values: tuple(read(v) for read, v in zip(readers, values, strict=True))
