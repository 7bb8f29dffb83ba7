"""What a certificate prints, arranged for web pages: the very words and values of the paper."""

from __future__ import annotations

import functools
from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from lti_tool.certification.facts import KEPT, Facts
from lti_tool.certification.printed import page_of, public_page_of

Line = tuple[str, str]
"""A label and what stands beside it."""


@dataclass(frozen=True, slots=True)
class Row:
    """A unit or an element in the table of results."""

    code: str
    """Empty where the title says it already."""
    title: str
    score: str
    result: str
    is_unit: bool
    """Whether elements of it follow."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A certificate's words for a web page."""

    page: Mapping[str, Any]
    """All of it, as the typesetter is given it, or the part that is public."""
    words: Mapping[str, str]
    language: str
    title_language: str
    title: str
    code: str
    basics: tuple[Line, ...]
    """Numbers, issuer and days."""
    rows: tuple[Row, ...]
    has_scores: bool
    is_passed: bool
    """Whether all units were."""

    def details(self) -> Iterator[Line]:
        """Give what is printed beside the basics, but for what has no label on paper."""
        page, words = self.page, self.words
        yield words["identifier"], page["issuer"]["identifier"]
        if page["level"]:
            yield words["eqf"], words["level_of"].format(level=page["level"])
        yield from _lines(page["particulars"])

    def elements(self) -> Iterator[Line]:
        """Give the elements of a micro-credential."""
        return _lines(self.page["elements"])


@functools.lru_cache(maxsize=KEPT)
def sheet_of(facts: Facts) -> Sheet:
    """Arrange all that a certificate prints."""
    return _sheet(page_of(facts))


def public_sheet_of(facts: Facts) -> Sheet:
    """Arrange what everybody may read of it; its details, elements and results are not there."""
    return _sheet(public_page_of(facts, with_units=False))


def public_results_of(facts: Facts) -> Sheet:
    """Arrange what everybody may read of it, with the results of its units and elements."""
    return _sheet(public_page_of(facts, with_units=True))


def results_key_of(facts: Facts) -> Hashable:
    """Give all that its public table of results depends on: of many certificates it is the same."""
    return (
        facts.language,
        facts.kind.value,
        *(
            (
                unit.code,
                unit.title,
                *((each.code, each.title, each.passed) for each in unit.elements),
            )
            for unit in facts.units
        ),
    )


def _sheet(page: Mapping[str, Any]) -> Sheet:
    words = page["words"]
    rows = tuple(_rows(page["units"]))
    return Sheet(
        page,
        words,
        page["language"],
        page["title_language"],
        page["title"],
        page["code"],
        (
            (words["number"], page["number"]),
            (words["code"], page["code"]),
            (words["issuer"], page["issuer"]["name"]),
            (words["country"], page["issuer"]["country"]),
            *_lines(page["dates"]),
        ),
        rows,
        "score" in words and any(row.score for row in rows),
        all(unit["passed"] for unit in page["units"]),
    )


def _rows(units: list[dict[str, Any]]) -> Iterator[Row]:
    """Give units and elements as on paper: a unit without code only holds its elements.

    Where every unit has no element but one of its own title, the units alone are told.
    """
    is_single = all(
        len(unit["elements"]) < 2
        and all(each["title"] == unit["title"] for each in unit["elements"])
        for unit in units
    )
    for unit in units:
        if unit["code"] or is_single:
            yield _row(unit, is_unit=not is_single)
        if not is_single:
            for element in unit["elements"]:
                yield _row(element, is_unit=False)


def _row(entry: Mapping[str, Any], *, is_unit: bool) -> Row:
    code = "" if entry["code"] in entry["title"] else entry["code"]
    return Row(code, entry["title"], entry["score"], entry["result"], is_unit)


def _lines(pairs: list[dict[str, str]]) -> Iterator[Line]:
    return ((each["label"], each["value"]) for each in pairs)
