"""Questions and responses kept as JSON."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from courses.kinds import Response
from courses.loader import load_course
from courses.snapshot import SnapshotError, freeze, freeze_response, thaw, thaw_response
from tests.courses.answers import all_questions, question
from tests.courses.conftest import ALIFECA, CAPITALS

TEXTS = st.lists(st.text(max_size=20), max_size=4).map(tuple)
RESPONSES = st.recursive(
    st.builds(Response, st.text(max_size=10), TEXTS),
    lambda inner: st.builds(
        Response, st.text(max_size=10), TEXTS, st.lists(inner, max_size=3).map(tuple)
    ),
    max_leaves=6,
)


@pytest.mark.parametrize("course", [CAPITALS, ALIFECA], ids=lambda course: course.name)
def test_every_question_comes_back_equal(course: Path) -> None:
    for asked in all_questions(load_course(course)):
        kept = json.loads(json.dumps(freeze(asked)))

        assert thaw(kept) == asked
        assert type(thaw(kept).text) is type(asked.text)


@given(RESPONSES)
def test_every_response_comes_back_equal(response: Response) -> None:
    kept = json.loads(json.dumps(freeze_response(response)))

    assert thaw_response(kept) == response


def test_numbers_are_kept_exactly() -> None:
    asked = question("kind: numeric\nanswer: 2/3\ntolerance: 0.1\nunits: {kg: 1, t: 1000}")

    kept = freeze(asked)

    assert (kept["answer"], kept["tolerance"]) == ("2/3", "1/10")
    assert kept["units"] == [["kg", "1"], ["t", "1000"]]
    assert thaw(kept) == asked


def test_what_a_newer_version_kept_is_refused() -> None:
    kept = freeze(question("kind: true-false\ncorrect: true"))

    with pytest.raises(SnapshotError, match="version 2"):
        thaw({**kept, "v": 2})


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(SnapshotError, match="hotspot"):
        thaw({"v": 1, "kind": "hotspot"})


def test_a_field_that_came_later_takes_its_default() -> None:
    kept = freeze(question("kind: true-false\ncorrect: true\nfeedback: x"))
    del kept["feedback"]

    assert thaw(kept) == question("kind: true-false\ncorrect: true")
