"""Turning the pages of a long list: on from the last row seen, so that no rows are counted off."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lti_tool.errors import BadRequestError

PAGE = 50
PARTING = "~"


@dataclass(frozen=True, slots=True)
class Turn:
    """Where a page begins: behind a row that was seen, or before it."""

    at: Any
    """What the list is in order of: a day or a moment."""
    key: Any
    """What tells rows of the same moment apart."""
    back: bool = False
    """Whether the page before is wanted."""

    @property
    def told(self) -> dict[str, str]:
        """Give what stands in the address of that page."""
        return {"before" if self.back else "after": f"{self.at.isoformat()}{PARTING}{self.key}"}


@dataclass(frozen=True, slots=True)
class Turned:
    """The rows of one page, and where those beside it begin."""

    rows: Sequence[Any]
    before: Turn | None
    """None: this is the first page."""
    after: Turn | None
    """None: this is the last page."""


def read_turn(
    given: Mapping[str, str], read_at: Callable[[str], Any], read_key: Callable[[str], Any]
) -> Turn | None:
    """Read from an address where a page begins; None: it is the first.

    Raises:
        BadRequestError: it cannot be read.
    """
    back = "before" in given
    text = given.get("before" if back else "after", "")
    if not text:
        return None
    at, _, key = text.partition(PARTING)
    try:
        return Turn(read_at(at), read_key(key), back)
    except ValueError as error:
        raise BadRequestError("where a page begins") from error


def turned(
    rows: Sequence[Any], turn: Turn | None, size: int, place: Callable[[Any], tuple[Any, Any]]
) -> Turned:
    """Make a page of rows that were asked for with one more than it holds.

    Args:
        rows: in the order asked for; turned round where the page before was wanted.
        turn: where it began.
        size: how many it holds.
        place: gives a row's place in the order.
    """
    back = turn is not None and turn.back
    more, kept = len(rows) > size, list(rows[:size])
    if back:
        kept.reverse()
    if not kept:
        return Turned((), None, None)
    first, last = Turn(*place(kept[0]), back=True), Turn(*place(kept[-1]))
    has_before, has_after = (more, True) if back else (turn is not None, more)
    return Turned(kept, first if has_before else None, last if has_after else None)
