"""The launch doctor: a trace for each launch, explained; no personal data."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest

from lti_tool.db import Database
from lti_tool.errors import NotFoundError
from lti_tool.lti import doctor
from lti_tool.lti.checks import Check
from lti_tool.lti.doctor import TraceFilter
from lti_tool.lti.models import LaunchTrace
from lti_tool.lti.remedies import REMEDIES

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def record(database: Database, check: Check | None, **given: object) -> str:
    code = doctor.new_code()
    with database.begin() as session:
        doctor.record(
            session,
            accepted=check is None,
            check=check,
            code=code,
            **{"now": NOON, **given},  # type: ignore[arg-type]
        )
    return code


@pytest.mark.parametrize("check", list(Check), ids=lambda check: check.value)
def test_every_check_is_explained_with_cause_and_remedy(check: Check) -> None:
    trace = LaunchTrace(accepted=False, check_name=check.value, skew_s=None)

    explanation = doctor.explain(trace)

    assert explanation == REMEDIES[check]
    assert len(explanation.cause) > 20
    assert explanation.cause.endswith(".")
    assert len(explanation.remedy) > 20
    assert explanation.remedy.endswith(".")


def test_nothing_is_explained_that_is_no_check_and_no_two_alike() -> None:
    assert set(REMEDIES) == set(Check)
    assert len({each.cause for each in REMEDIES.values()}) == len(REMEDIES)


def test_an_accepted_launch_and_a_check_of_another_version_are_explained_too() -> None:
    accepted = doctor.explain(LaunchTrace(accepted=True, check_name="", skew_s=0))
    unknown = doctor.explain(LaunchTrace(accepted=False, check_name="from-tomorrow", skew_s=None))

    assert "accepted" in accepted.cause
    assert "does not know" in unknown.cause


@pytest.mark.parametrize(
    ("skew_s", "told"), [(41, "41 s ahead"), (-90, "90 s behind"), (4, None), (None, None)]
)
def test_clocks_that_differ_are_told(skew_s: int | None, told: str | None) -> None:
    trace = LaunchTrace(accepted=False, check_name=Check.ISSUED_AT, skew_s=skew_s)

    remedy = doctor.explain(trace).remedy

    assert told in remedy if told else "clock is" not in remedy


def test_a_code_is_read_out_without_mistakes() -> None:
    codes = {doctor.new_code() for _ in range(300)}

    assert len(codes) == 300
    assert all(re.fullmatch(r"[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}", each) for each in codes)


@pytest.mark.parametrize("typed", ["K1QF-2M0T", "k1qf2m0t", " kiqf 2mot ", "KLQF-2M0T"])
def test_a_code_is_found_however_it_is_typed(typed: str) -> None:
    assert doctor.read_code(typed) == "K1QF-2M0T"


def test_a_trace_is_found_again_with_all_it_holds(database: Database) -> None:
    code = record(
        database,
        Check.AUDIENCE,
        kid="k" * 400,
        skew_s=3,
        binding="cookie",
        deployment="4",
        detail={"found": "another", "expected": "AbC123"},
    )

    with database.read() as session:
        shown = doctor.find(session, code.lower())

    assert shown.trace.at == NOON
    assert (shown.trace.check_name, shown.trace.binding) == ("audience", "cookie")
    assert shown.trace.detail == {"found": "another", "expected": "AbC123"}
    assert len(shown.trace.kid) == 255
    assert shown.explanation == REMEDIES[Check.AUDIENCE]
    assert shown.platform_name == ""


def test_a_code_nobody_was_given_is_not_found(database: Database) -> None:
    with database.read() as session, pytest.raises(NotFoundError):
        doctor.find(session, "0000-0000")


def test_a_code_that_is_taken_costs_the_trace_and_not_the_launch(database: Database) -> None:
    code = record(database, Check.NONCE)

    with database.begin() as session:
        doctor.record(session, accepted=True, code=code, now=NOON)

    with database.read() as session:
        assert doctor.find(session, code).trace.accepted is False


def test_traces_are_listed_by_what_is_asked_for(database: Database) -> None:
    old = record(database, Check.NONCE, now=NOON - timedelta(days=2))
    refused = record(database, Check.STATE)
    accepted = record(database, None, now=NOON + timedelta(minutes=1))

    def codes(wanted: TraceFilter) -> list[str]:
        with database.read() as session:
            return [each.trace.code for each in doctor.list_traces(session, wanted)]

    assert codes(TraceFilter()) == [accepted, refused, old]
    assert codes(TraceFilter(refused_only=True)) == [refused, old]
    assert codes(TraceFilter(check=Check.NONCE)) == [old]
    assert codes(TraceFilter(since=NOON - timedelta(days=1))) == [accepted, refused]
    assert codes(TraceFilter(limit=1)) == [accepted]


def test_old_traces_are_forgotten(database: Database) -> None:
    record(database, Check.NONCE, now=NOON - timedelta(days=31))
    kept = record(database, None, now=NOON - timedelta(days=29))

    with database.begin() as session:
        gone = doctor.forget(session, NOON - timedelta(days=30))

    assert gone == 1
    with database.read() as session:
        assert doctor.find(session, kept).trace.accepted


def test_a_trace_has_no_column_for_anybodys_id_or_name() -> None:
    columns = set(LaunchTrace.__table__.columns.keys())

    assert not columns & {"person_id", "subject", "name", "email", "login_hint"}
