"""Builders against whole statements to be read, and the pieces they are made of."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.xapi import occasions
from xapi import measures, statements, video
from xapi import vocabulary as words
from xapi.measures import Score
from xapi.statements import Built
from xapi.validation import check_statement
from xapi.values import read_moment
from xapi.video import Screen, Seen

HERE = Path(__file__).parent
KINDS = sorted(occasions.each_kind())
MOMENTS = st.integers(min_value=10**11, max_value=7 * 10**15).map(
    lambda microseconds: datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=microseconds)
)


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_of_statement_is_as_its_golden_file_has_it(kind: str) -> None:
    golden = json.loads((occasions.GOLDEN / f"{kind}.json").read_text())

    built = occasions.each_kind()[kind]

    assert json.loads(built.json) == golden
    assert str(built.id) == golden["id"]
    assert built.actor.key == f"{occasions.BASE}/people|{golden['actor']['account']['name']}"
    assert built.timestamp == occasions.NOON


def test_there_is_a_golden_file_for_each_kind_and_no_other() -> None:
    assert sorted(path.stem for path in occasions.GOLDEN.glob("*.json")) == KINDS


def test_every_verb_of_ours_is_used_and_no_other() -> None:
    used = {json.loads(built.json)["verb"]["id"] for built in occasions.each_kind().values()}

    assert used == {verb.iri for verb in words.VERBS}


@pytest.mark.parametrize("kind", KINDS)
def test_what_we_build_is_a_statement_by_our_own_rules(kind: str) -> None:
    check_statement(json.loads(occasions.each_kind()[kind].json))


def test_what_we_build_is_a_statement_by_the_rules_of_others(tmp_path: Path) -> None:
    bad = json.loads(occasions.answered().json)
    bad["result"]["score"]["scaled"] = 3
    (tmp_path / "bad.json").write_text(json.dumps(bad))

    good = _second_opinion(*sorted(occasions.GOLDEN.glob("*.json")))
    spoilt = _second_opinion(tmp_path / "bad.json")

    assert good == ""
    assert "result.score.scaled" in spoilt


def test_the_same_happening_told_twice_has_one_id_and_another_has_another() -> None:
    first, again, other = occasions.viewed(1), occasions.viewed(1), occasions.viewed(2)

    assert first.id == again.id
    assert first.id != other.id
    assert first.id != occasions.answered().id


def test_a_statement_built_later_does_not_change_one_built_before() -> None:
    before = occasions.viewed(1).json

    for built in occasions.each_kind().values():
        json.loads(built.json)["context"]["extensions"].clear()

    assert occasions.viewed(1).json == before


def test_a_film_opened_has_the_id_of_its_session() -> None:
    built = occasions.each_kind()["film-initialized"]

    assert built.id == occasions.FILM_SESSION


def test_stretches_of_a_long_film_keep_their_decimals() -> None:
    seen = Seen(4321.125, 0.75, ((1234.567, 4321.125),))

    built = video.paused(seen=seen, **occasions.about(occasions.FILM, where=occasions.in_film()))

    told = json.loads(built.json)["result"]["extensions"]
    assert told[words.VIDEO_SEGMENTS.iri] == "1234.567[.]4321.125"
    assert told[words.VIDEO_TIME.iri] == 4321.125


def test_a_film_that_tells_nothing_of_its_screen_says_nothing_of_it() -> None:
    bare, silent = occasions.in_film(), occasions.in_film(Screen())

    assert silent.extensions == bare.extensions


def test_a_third_is_told_as_exactly_as_a_number_of_json_can_tell_it() -> None:
    told = json.loads(occasions.each_kind()["failed"].json)["result"]["score"]

    assert told == {"scaled": 1 / 3, "raw": 20 / 3, "min": 0, "max": 20}


@pytest.mark.parametrize("percent", [-1, 101])
def test_a_share_outside_the_whole_is_refused(percent: int) -> None:
    with pytest.raises(ValueError, match="percent"):
        statements.progressed(percent=percent, **occasions.about(occasions.COURSE))


@given(st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=400)))
def test_a_duration_is_read_back_to_a_hundredth_of_a_second(duration: timedelta) -> None:
    text = measures.iso_duration(duration)

    assert abs(_seconds(text) - duration.total_seconds()) <= 0.005001
    assert not re.search(r"\.\d{3,}", text)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "PT0S"), (0.004, "PT0S"), (0.5, "PT0.5S"), (9.999, "PT10S"), (59.999, "PT1M"),
        (60, "PT1M"), (3600, "PT1H"), (3723.45, "PT1H2M3.45S"), (90000, "PT25H"), (-3, "PT0S"),
    ],
)  # fmt: skip
def test_a_duration_is_written_in_one_way(seconds: float, text: str) -> None:
    assert measures.iso_duration(timedelta(seconds=seconds)) == text


@given(MOMENTS, st.integers(min_value=-14 * 60, max_value=14 * 60))
def test_a_moment_is_read_back_to_a_millisecond_whatever_its_zone(
    moment: datetime, minutes: int
) -> None:
    elsewhere = moment.astimezone(timezone(timedelta(minutes=minutes)))

    text = measures.iso_moment(elsewhere)

    assert text.endswith("Z")
    assert timedelta(0) <= moment - read_moment(text) < timedelta(milliseconds=1)


@given(st.fractions(min_value=0, max_value=1), st.integers(min_value=1, max_value=10_000))
def test_a_score_lies_within_its_bounds_and_says_the_same_twice(
    share: Fraction, maximum: int
) -> None:
    told = measures.scaled(Score(share * maximum, maximum))

    assert told["min"] == 0 <= told["raw"] <= told["max"] == maximum
    assert 0 <= told["scaled"] <= 1
    assert told["scaled"] == float(share)
    assert told["raw"] == float(share * maximum)


@given(st.fractions(min_value=0, max_value=1), st.integers(min_value=1, max_value=1000))
def test_whatever_is_earned_makes_a_statement(share: Fraction, maximum: int) -> None:
    built = statements.scored(
        score=Score(share * maximum, maximum), **occasions.about(occasions.QUIZ)
    )

    check_statement(json.loads(built.json))


@pytest.mark.parametrize(("points", "maximum"), [(-1, 3), (4, 3), (0, 0), (1, -1)])
def test_points_outside_their_bounds_are_a_programmers_mistake(points: int, maximum: int) -> None:
    with pytest.raises(ValueError, match="points"):
        measures.scaled(Score(Fraction(points), maximum))


@pytest.mark.parametrize(
    "tell",
    [occasions.answered, lambda **_: occasions.each_kind()["failed"]],
    ids=["answered", "failed"],
)
def test_the_text_of_a_statement_is_plain_json_in_one_line(tell: Callable[..., Built]) -> None:
    text = tell().json

    assert "\n" not in text
    assert json.loads(text)["version"] == "1.0.3"


def _second_opinion(*files: Path) -> str:
    made = subprocess.run(
        ["node", HERE / "second_opinion.cjs", *files],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return made.stdout


def _seconds(text: str) -> float:
    found = re.fullmatch(r"PT(?:(\d+)H)?(?:(\d+)M)?(?:([\d.]+)S)?", text)
    assert found, text
    hours, minutes, seconds = (float(part or 0) for part in found.groups())
    return hours * 3600 + minutes * 60 + seconds
