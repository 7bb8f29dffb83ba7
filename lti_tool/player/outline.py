"""A course as a list to walk along: modules and items with what is done; pure."""

from __future__ import annotations

from dataclasses import dataclass

from courses.model import Course, Item, Module, Page, Quiz
from lti_tool.player.standings import Standing


@dataclass(frozen=True, slots=True)
class Entry:
    """One item in an outline."""

    item: Item
    kind: str
    """``page``, ``quiz`` or ``exam``."""
    is_done: bool
    is_current: bool
    number: int = 1
    """From 1, in its module."""


@dataclass(frozen=True, slots=True)
class Part:
    """One module in an outline; the exam stands by itself, without a module."""

    number: int
    module: Module
    entries: tuple[Entry, ...]

    @property
    def done(self) -> int:
        """Count the items that are done."""
        return sum(self.flags)

    @property
    def flags(self) -> tuple[bool, ...]:
        """Say of each item whether it is done."""
        return tuple(entry.is_done for entry in self.entries)


@dataclass(frozen=True, slots=True)
class Neighbours:
    """What comes before and after an item; None at the ends."""

    before: Item | None
    after: Item | None


def kind_of(item: Item) -> str:
    """Name what an item is."""
    if isinstance(item, Page):
        return "page"
    return "quiz" if isinstance(item, Quiz) else "exam"


def parts_of(course: Course, standing: Standing | None) -> tuple[Part, ...]:
    """Give all modules."""
    return tuple(
        part_of(module, number, standing) for number, module in enumerate(course.modules, start=1)
    )


def part_of(
    module: Module, number: int, standing: Standing | None, current: str | None = None
) -> Part:
    """Give one module."""
    entries = (
        entry_of(item, standing, current, place) for place, item in enumerate(module.items, start=1)
    )
    return Part(number, module, tuple(entries))


def entry_of(
    item: Item, standing: Standing | None, current: str | None = None, number: int = 1
) -> Entry:
    """Give one item."""
    is_done = standing is not None and standing.is_done(item.id)
    return Entry(item, kind_of(item), is_done, item.id == current, number)


def part_around(course: Course, item: Item, standing: Standing | None) -> Part | None:
    """Give the module that an item stands in; None for the exam."""
    for number, module in enumerate(course.modules, start=1):
        if item.id.startswith(f"{module.id}/"):
            return part_of(module, number, standing, item.id)
    return None


def neighbours_of(course: Course, item: Item) -> Neighbours:
    """Give what comes before and after an item."""
    items = list(course.items())
    place = next(number for number, each in enumerate(items) if each.id == item.id)
    return Neighbours(
        items[place - 1] if place else None,
        items[place + 1] if place + 1 < len(items) else None,
    )
