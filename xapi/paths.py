"""Places in a statement, as the rules of xAPI Profiles name them: JSONPath without its scripts.

Source: xAPI Profiles 1.0, part two, 8.1: children, ``*``, unions by comma, and whole paths joined
by ``|``. Filters, scripts and recursive descent are not allowed there.
"""

from __future__ import annotations

import functools
import re
from typing import Any

STEP = re.compile(r"\.?([A-Za-z_][\w-]*)|\.(\*)|\[([^\[\]]+)\]")
NAME = re.compile(r"\s*(?:'([^']*)'|\"([^\"]*)\"|(\d+)|(\*))\s*(?:,|$)")
BETWEEN = re.compile(r"\s*\|\s*(?=\$|[A-Za-z])")

Step = tuple[str | int | None, ...]
"""What is taken of a value: names of children, numbers of members; None stands for all."""


def select(value: Any, path: str) -> list[Any]:
    """Give every value that stands at a place.

    Raises:
        ValueError: the path is none that xAPI Profiles allow.
    """
    found = []
    for steps in _parsed(path):
        here = [value]
        for step in steps:
            here = [child for each in here for key in step for child in _children(each, key)]
        found += here
    return found


def _children(value: Any, key: str | int | None) -> list[Any]:
    if isinstance(value, dict):
        if key is None:
            return list(value.values())
        return [value[key]] if key in value else []
    if isinstance(value, list):
        if key is None:
            return value
        return [value[key]] if isinstance(key, int) and key < len(value) else []
    return []


@functools.lru_cache(maxsize=1024)
def _parsed(path: str) -> tuple[tuple[Step, ...], ...]:
    return tuple(_steps(each) for each in BETWEEN.split(path.strip()))


def _steps(path: str) -> tuple[Step, ...]:
    steps: list[Step] = []
    position = 1 if path.startswith("$") else 0
    while position < len(path):
        found = STEP.match(path, position)
        if found is None:
            raise ValueError(f"{path!r} is no path of a profile")
        name, star, inside = found.groups()
        steps.append(_names(path, inside) if inside else ((None,) if star else (name,)))
        position = found.end()
    return tuple(steps)


def _names(path: str, inside: str) -> Step:
    names: list[str | int | None] = []
    position = 0
    while position < len(inside):
        found = NAME.match(inside, position)
        if found is None:
            raise ValueError(f"{path!r} is no path of a profile")
        single, double, number, _ = found.groups()
        text = single if single is not None else double
        names.append(text if text is not None else (int(number) if number else None))
        position = found.end()
    return tuple(names)
