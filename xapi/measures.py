"""What statements measure, in the standard's words: scores, durations, moments; pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any


@dataclass(frozen=True, slots=True)
class Score:
    """What was earned: 0 <= points <= maximum, exact."""

    points: Fraction
    maximum: int


def scaled(score: Score) -> dict[str, Any]:
    """Say in the standard's words what was earned: each number as near as a JSON number can be.

    Raises:
        ValueError: points lie outside 0 to maximum.
    """
    if not 0 <= score.points <= score.maximum or score.maximum <= 0:
        raise ValueError(f"{score.points} of {score.maximum} points")
    return {
        "scaled": float(Fraction(score.points, score.maximum)),
        "raw": float(score.points),
        "min": 0,
        "max": score.maximum,
    }


def iso_duration(duration: timedelta) -> str:
    """Give a duration by ISO 8601 with at most two decimals, such as ``PT1H2M3.45S``."""
    hundredths = max(0, round(duration.total_seconds() * 100))
    minutes, rest = divmod(hundredths, 6000)
    hours, minutes = divmod(minutes, 60)
    parts = (f"{hours}H" if hours else "") + (f"{minutes}M" if minutes else "")
    if rest or not parts:
        parts += f"{rest // 100}.{rest % 100:02d}".rstrip("0").rstrip(".") + "S"
    return f"PT{parts}"


def iso_moment(moment: datetime) -> str:
    """Give a moment by RFC 3339 in UTC, to the millisecond."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def decimals(number: float | Fraction) -> float:
    """Give a number with three decimals at most, as the video profile has it for all of its own."""
    rounded = round(float(number), 3)
    return int(rounded) if rounded.is_integer() else rounded
