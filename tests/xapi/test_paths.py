"""Places in statements, by the part of JSONPath that xAPI Profiles allow (part two, 8.1)."""

from __future__ import annotations

from typing import Any

import pytest

from xapi.paths import select

STATEMENT = {
    "id": "s",
    "result": {"score": {"raw": 3, "max": 5}, "extensions": {"https://example.org/a.b": 7}},
    "context": {"contextActivities": {"parent": [{"id": "p"}], "grouping": [{"id": "g"}, {}]}},
}


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("$.id", ["s"]),
        ("id", ["s"]),
        ("$['id']", ["s"]),
        ('$["id"]', ["s"]),
        ("$.result.score.raw", [3]),
        ("$.result.score['raw', 'max']", [3, 5]),
        ("$.result.score.*", [3, 5]),
        ("$.result.score[*]", [3, 5]),
        ("$.result.extensions['https://example.org/a.b']", [7]),
        ("$.context.contextActivities.grouping[*].id", ["g"]),
        ("$.context.contextActivities.grouping[0].id", ["g"]),
        ("$.context.contextActivities.grouping[0,1]", [{"id": "g"}, {}]),
        ("$.context.contextActivities.grouping[7]", []),
        ("$.context.contextActivities.*[*].id", ["p", "g"]),
        ("$.result.score.raw | $.id", [3, "s"]),
        ("$.result.score.raw|$.nothing", [3]),
        ("$.result.duration", []),
        ("$.id.id", []),
        ("$.context.contextActivities.grouping.id", []),
    ],
)
def test_a_place_gives_what_stands_there(path: str, found: list[Any]) -> None:
    assert select(STATEMENT, path) == found


@pytest.mark.parametrize("path", ["$..id", "$.a[?(@.b)]", "$.a[(1)]", "$.a[]", "$.a[-1]", "$.é"])
def test_what_profiles_do_not_allow_is_refused(path: str) -> None:
    with pytest.raises(ValueError, match="no path of a profile"):
        select(STATEMENT, path)
