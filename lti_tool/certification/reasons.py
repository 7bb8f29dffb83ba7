"""Reasons of a decision: a code with values, and a plain sentence made of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from fractions import Fraction
from typing import Any

from lti_tool.i18n import day_words
from lti_tool.i18n import gettext as _

DAYS = ("on", "until")
"""Values that are days, by name."""
POINTS = ("points", "needed")
"""Values that are exact numbers, by name."""


class Code(StrEnum):
    """Why a decision came out as it did."""

    COURSE_DONE = "course-done"
    COURSE_OPEN = "course-open"
    ATTENDED = "attended"
    NO_EXAM = "no-exam"
    ALL_PASSED = "all-passed"
    ELEMENT_PASSED = "element-passed"
    ELEMENT_PASSED_WITHOUT_POINTS = "element-passed-without-points"
    ELEMENT_KEPT = "element-kept"
    ELEMENT_FAILED = "element-failed"
    ELEMENT_FAILED_WITHOUT_POINTS = "element-failed-without-points"
    ELEMENT_LAPSED = "element-lapsed"
    ELEMENT_OPEN = "element-open"
    ELEMENT_EMPTY = "element-empty"
    NOT_JUDGED = "not-judged"
    JUDGED_MET = "judged-met"
    JUDGED_SHORT = "judged-short"
    JUDGED_APART = "judged-apart"
    JUDGEMENT_MISSING = "judgement-missing"
    NOT_ENTERED = "not-entered"
    CHECKED = "checked"
    UNCHECKED = "unchecked"
    HELD = "held"
    NOT_HELD = "not-held"
    TAKEN_OVER = "taken-over"
    EARLIER_UNKNOWN = "earlier-unknown"
    RECOGNITION_MISSING = "recognition-missing"


SENTENCES: Mapping[Code, Callable[[], str]] = {
    Code.COURSE_DONE: lambda: _("The course %(title)s was done as a whole on %(on)s."),
    Code.COURSE_OPEN: lambda: _("The course is not yet done as a whole."),
    Code.ATTENDED: lambda: _("An officer entered the attendance on %(on)s."),
    Code.NO_EXAM: lambda: _("No exam has been taken to its end yet, or none that counts."),
    Code.ALL_PASSED: lambda: _(
        "All %(number)s elements are passed, each with at least %(share)s of the points; "
        "the last exam was on %(on)s."
    ),
    Code.ELEMENT_PASSED: lambda: _(
        "%(code)s %(title)s: passed on %(on)s, %(points)s of %(asked)s points."
    ),
    Code.ELEMENT_PASSED_WITHOUT_POINTS: lambda: _("%(code)s %(title)s: passed on %(on)s."),
    Code.ELEMENT_KEPT: lambda: _(
        "%(code)s %(title)s is kept: passed on %(on)s, it counts towards exams until %(until)s."
    ),
    Code.ELEMENT_FAILED: lambda: _(
        "%(code)s %(title)s: not passed, %(points)s of %(asked)s points; needed are %(needed)s."
    ),
    Code.ELEMENT_FAILED_WITHOUT_POINTS: lambda: _("%(code)s %(title)s: not passed."),
    Code.ELEMENT_LAPSED: lambda: _(
        "%(code)s %(title)s was passed on %(on)s, but counted only until %(until)s."
    ),
    Code.ELEMENT_OPEN: lambda: _("%(code)s %(title)s: not examined yet."),
    Code.ELEMENT_EMPTY: lambda: _(
        "%(code)s %(title)s: all its questions were withdrawn, so that nothing shows whether it "
        "is met. Another exam, or an entry by an officer, can show it."
    ),
    Code.NOT_JUDGED: lambda: _("No assessor has judged the work evidence yet."),
    Code.JUDGED_MET: lambda: _("%(code)s %(title)s: met, as judged on %(on)s."),
    Code.JUDGED_SHORT: lambda: _("%(code)s %(title)s: judged as not or only partly met."),
    Code.JUDGED_APART: lambda: _("%(code)s %(title)s: the assessors do not agree."),
    Code.JUDGEMENT_MISSING: lambda: _("%(code)s %(title)s: %(number)s more assessment is needed."),
    Code.NOT_ENTERED: lambda: _("No officer has entered the day and what is needed with it."),
    Code.CHECKED: lambda: _("Confirmed by an officer: %(text)s."),
    Code.UNCHECKED: lambda: _("Not confirmed yet: %(text)s."),
    Code.HELD: lambda: _("Holds the certificate that is asked for: %(number)s."),
    Code.NOT_HELD: lambda: _("Holds no valid certificate of the scheme %(scheme)s."),
    Code.TAKEN_OVER: lambda: _("Taken over from %(register)s, number %(number)s."),
    Code.EARLIER_UNKNOWN: lambda: _(
        "Register, number and day of the earlier record are not all entered."
    ),
    Code.RECOGNITION_MISSING: lambda: _(
        "The scheme does not declare %(element)s, without which there is no micro-credential."
    ),
}


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason."""

    code: Code
    values: Mapping[str, str] = field(default_factory=dict)
    """Exact, and days as in ISO 8601."""

    def words(self) -> str:
        """Say it in the language of this page."""
        return SENTENCES[self.code]() % {
            name: _said(name, told) for name, told in self.values.items()
        }

    def to_json(self) -> dict[str, Any]:
        """Write it as plain JSON values."""
        return {"code": self.code.value, "values": dict(self.values)}

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Reason:
        """Read what :meth:`to_json` wrote."""
        return cls(Code(document["code"]), dict(document["values"]))


def _said(name: str, told: str) -> str:
    if name in DAYS:
        return day_words(date.fromisoformat(told))
    if name in POINTS:
        return f"{float(Fraction(told)):.2f}".rstrip("0").rstrip(".")
    return told
