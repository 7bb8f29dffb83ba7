"""Heads of the log of acts: signed once a day, published, and held against the log."""

from __future__ import annotations

import base64
import json
from datetime import timedelta
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import delete, update

from lti_tool import audit
from lti_tool.audit import AuditLine
from lti_tool.certification import heads
from lti_tool.certification.badge_keys import BadgeKeys
from lti_tool.certification.register_models import AuditHead
from lti_tool.db import Database
from tests.cast import NOON
from tests.lti_tool.certification.office import trial_settings

URL = "https://tool.example.org"


@pytest.fixture
def keys(database: Database, tmp_path: Path) -> BadgeKeys:
    """Give keys that sign."""
    return BadgeKeys.load(trial_settings(database, tmp_path), database.begin, NOON)


def acts(database: Database, number: int) -> None:
    """Write some lines."""
    with database.begin() as session:
        for each in range(number):
            audit.note(session, "case.approved", who="worker", about=f"case {each}", now=NOON)


def test_a_head_is_signed_once_a_day_by_whichever_worker_comes_first(
    database: Database, keys: BadgeKeys
) -> None:
    acts(database, 3)
    tomorrow = NOON + timedelta(days=1)

    told = [heads.is_due(database.read, now=NOON)]
    done = [heads.publish_due(database.begin, keys, URL, now=NOON)]
    told.append(heads.is_due(database.read, now=NOON))
    done.append(heads.publish_due(database.begin, keys, URL, now=NOON + timedelta(hours=3)))
    told.append(heads.is_due(database.read, now=tomorrow))
    done.append(heads.publish_due(database.begin, keys, URL, now=tomorrow))

    assert (told, done) == ([True, False, True], [1, 0, 1])


def test_a_head_is_published_with_a_signature_that_anybody_can_check(
    database: Database, keys: BadgeKeys, client: FlaskClient
) -> None:
    acts(database, 3)
    heads.publish_due(database.begin, keys, URL, now=NOON)

    answer = client.get("/.well-known/audit-heads.json")

    [head] = answer.json["heads"]
    with database.read() as session:
        newest = session.query(AuditLine).order_by(AuditLine.number.desc()).first()
    assert newest is not None
    assert (head["day"], head["line"], head["hash"]) == (
        "2026-11-02", newest.number, newest.line_hash,
    )  # fmt: skip
    header, payload, signature = head["jws"].split(".")
    keys.ed25519.public_key().verify(
        base64.urlsafe_b64decode(signature + "=="), f"{header}.{payload}".encode()
    )
    told = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    assert told == {"iss": URL, "day": "2026-11-02", "line": head["line"], "hash": head["hash"]}
    assert client.get(head["key"].removeprefix(URL)).status_code == 200
    assert answer.headers["Access-Control-Allow-Origin"] == "*"


def test_older_heads_are_asked_for_by_day(
    database: Database, keys: BadgeKeys, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    acts(database, 1)
    for day in range(5):
        heads.publish_due(database.begin, keys, URL, now=NOON + timedelta(days=day))
    monkeypatch.setattr(heads, "SHOWN", 2)

    first = client.get("/.well-known/audit-heads.json").json
    second = client.get(first["next"].removeprefix(URL)).json
    wrong = client.get("/.well-known/audit-heads.json?before=soon")

    assert [each["day"] for each in first["heads"]] == ["2026-11-06", "2026-11-05"]
    assert [each["day"] for each in second["heads"]] == ["2026-11-04", "2026-11-03"]
    assert wrong.status_code == 400


def test_a_log_that_nobody_touched_is_whole(database: Database, keys: BadgeKeys) -> None:
    acts(database, 4)
    heads.publish_due(database.begin, keys, URL, now=NOON)
    acts(database, 2)

    with database.read() as session:
        report = heads.verify(session)

    assert report.is_whole
    assert (report.lines, report.heads) == (6 + 2, 1)  # two keys were made


@pytest.mark.parametrize("column", ["act", "who", "about", "line_hash"])
def test_a_line_that_was_changed_is_found(database: Database, keys: BadgeKeys, column: str) -> None:
    acts(database, 4)
    with database.begin() as session:
        session.execute(update(AuditLine).where(AuditLine.number == 4).values({column: "x"}))

    with database.read() as session:
        report = heads.verify(session)

    assert (report.is_whole, report.broken_at) == (False, 4)
    assert keys.kid


def test_a_log_written_anew_as_a_whole_does_not_fit_the_published_head(
    database: Database, keys: BadgeKeys
) -> None:
    acts(database, 4)
    heads.publish_due(database.begin, keys, URL, now=NOON)
    with database.begin() as session:
        session.execute(delete(AuditLine))
    acts(database, 6)

    with database.read() as session:
        report = heads.verify(session)

    assert report.broken_at is None
    assert report.wrong_heads == (NOON.date(),)


def test_a_head_put_in_by_somebody_without_the_key_is_found(
    database: Database, keys: BadgeKeys
) -> None:
    acts(database, 4)
    heads.publish_due(database.begin, keys, URL, now=NOON)
    with database.begin() as session:
        first = session.get_one(AuditLine, 1)
        session.execute(
            update(AuditHead).values(line_number=first.number, line_hash=first.line_hash)
        )

    with database.read() as session:
        report = heads.verify(session)

    assert report.wrong_heads == (NOON.date(),)


def test_without_a_log_or_without_a_key_no_head_is_due(database: Database) -> None:
    empty = heads.is_due(database.read, now=NOON)
    acts(database, 1)

    assert not empty
    assert not heads.is_due(database.read, now=NOON)
