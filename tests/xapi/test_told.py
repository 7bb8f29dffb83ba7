"""The look at what tests tell finds what is wrong with it."""

from __future__ import annotations

import json

import pytest

from tests import told
from tests.xapi import occasions


@pytest.fixture(autouse=True)
def _apart(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep what is told here away from what the session looks at in the end."""
    monkeypatch.setattr(told, "SEEN", {})


def test_a_statement_that_breaks_the_profile_fails_the_test_that_made_it() -> None:
    whole = occasions.each_kind()["passed"].json
    spoilt = json.loads(whole)
    del spoilt["result"]["success"]

    told.check([whole])

    with pytest.raises(AssertionError, match=r"passed: \$\.result\.success must be there"):
        told.check([json.dumps(spoilt)])
    assert set(told.SEEN) == {spoilt["id"]}


def test_an_enrolment_that_does_not_begin_with_a_launch_is_found() -> None:
    kinds = occasions.each_kind()

    told.check_enrolments(
        [kinds["page-viewed"].json.replace("12:00", "12:01"), kinds["launched"].json]
    )

    with pytest.raises(AssertionError, match="page-viewed"):
        told.check_enrolments([kinds["page-viewed"].json])


def test_the_validator_of_others_looks_at_every_line() -> None:
    whole = occasions.viewed(1).json
    spoilt = whole.replace("2026-03-02", "2026-33-02")

    assert told.second_opinion([whole, whole]) == ""
    assert "timestamp" in told.second_opinion([whole, spoilt])
