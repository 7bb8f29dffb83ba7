"""A class as CSV for spreadsheets."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from courses.model import Course
from lti_tool.player.classlist import ClassList, Reached, Who, graded_items

RISKY = ("=", "+", "-", "@", "\t", "\r", "\n")
"""What a spreadsheet takes for the beginning of a formula."""


def csv_of(found: ClassList, course: Course, *, heads: Sequence[str], learner: str) -> str:
    """Write a class as CSV for spreadsheets.

    Args:
        found: the class.
        course: for its quizzes and exam, each with a column of its own.
        heads: words for the first six columns: name, in the class, last seen, done, last page,
            grade book.
        learner: word that stands before the code of those without a name.
    """
    items = graded_items(course)
    out = io.StringIO()
    writer = csv.writer(out)
    titles = [f"{item.title} ({item.id})" for item in items]
    writer.writerow([safe_cell(each) for each in (*heads, *titles)])
    for row in (*found.present, *found.gone):
        name = _name(row.who, learner)
        seen = row.last_seen_at.isoformat(timespec="minutes") if row.last_seen_at else ""
        cells = [name, "yes" if row.is_active else "no", seen, f"{row.percent}%"]
        cells += [row.last_item, row.score.value]
        cells += [_points_cell(row.reached.get(item.id)) for item in items]
        writer.writerow([safe_cell(each) for each in cells])
    for who in found.absent:
        name = _name(who, learner)
        writer.writerow([safe_cell(each) for each in (name, "yes", "", "0%", "", "none")])
    return out.getvalue()


def _name(who: Who, learner: str) -> str:
    return who.name or f"{learner} {who.code}"


def _points_cell(reached: Reached | None) -> str:
    if reached is None:
        return ""
    points = reached.points
    exact = str(points) if points.denominator == 1 else f"{float(points):.4g}"
    return f"{exact} of {reached.maximum}"


def safe_cell(text: str) -> str:
    """Give a text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(RISKY) else text
