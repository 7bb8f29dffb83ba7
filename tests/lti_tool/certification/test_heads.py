"""Heads of the log of acts: signed once a day, published, and held against the log."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from flask.testing import FlaskClient
from sqlalchemy import delete, update

from lti_tool import audit
from lti_tool.audit import AuditLine
from lti_tool.certification import heads
from lti_tool.certification.badge_keys import BadgeKeys
from lti_tool.certification.cryptosuite import multibase_of
from lti_tool.certification.humans import WORKER
from lti_tool.certification.key_acts import compromise
from lti_tool.certification.register_models import AuditHead, KeyRecord
from lti_tool.db import Database
from tests.cast import NOON
from tests.lti_tool.certification.office import trial_settings
from tests.tampering import tamper

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
    assert [each["id"] for each in answer.json["verificationMethod"]] == [
        f"did:web:tool.example.org#{keys.kid}"
    ]
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
    tamper(database, update(AuditLine).where(AuditLine.number == 4).values({column: "x"}))

    with database.read() as session:
        report = heads.verify(session)

    assert (report.is_whole, report.broken_at) == (False, 4)
    assert keys.kid


def test_a_log_written_anew_as_a_whole_does_not_fit_the_published_head(
    database: Database, keys: BadgeKeys
) -> None:
    acts(database, 4)
    heads.publish_due(database.begin, keys, URL, now=NOON)
    tamper(database, delete(AuditLine))
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
    with database.read() as session:
        first = session.get_one(AuditLine, 1)
    tamper(database, update(AuditHead).values(line_number=1, line_hash=first.line_hash))

    with database.read() as session:
        report = heads.verify(session)

    assert report.wrong_heads == (NOON.date(),)


def test_without_a_log_or_without_a_key_no_head_is_due(database: Database) -> None:
    empty = heads.is_due(database.read, now=NOON)
    acts(database, 1)

    assert not empty
    assert not heads.is_due(database.read, now=NOON)


def verified(database: Database, **given: object) -> heads.LogReport:
    """Verify, without files."""
    with database.read() as session:
        return heads.verify(session, **given)  # type: ignore[arg-type]  # a day or none


def published_on(database: Database, keys: BadgeKeys, *days: int) -> None:
    """Publish heads on days after noon's, each over a line of its own."""
    for day in days:
        acts(database, 1)
        heads.publish_due(database.begin, keys, URL, now=NOON + timedelta(days=day))


def test_it_is_said_up_to_where_heads_cover_the_log(database: Database, keys: BadgeKeys) -> None:
    acts(database, 4)
    before = verified(database)
    heads.publish_due(database.begin, keys, URL, now=NOON)
    acts(database, 2)

    after = verified(database)

    assert (before.covered, before.lines) == (0, 6)
    assert (after.covered, after.lines) == (6, 8)


def test_days_without_a_head_are_told(database: Database, keys: BadgeKeys) -> None:
    published_on(database, keys, 0, 1, 4, 5)
    day = NOON.date()

    report = verified(database, now=NOON + timedelta(days=8))

    assert report.is_whole
    assert report.missing_days == (
        (day + timedelta(days=2), day + timedelta(days=3)),
        (day + timedelta(days=6), day + timedelta(days=7)),
    )
    assert verified(database, now=NOON + timedelta(days=5)).missing_days == (
        (day + timedelta(days=2), day + timedelta(days=3)),
    )


def test_heads_removed_from_the_beginning_are_told(database: Database, keys: BadgeKeys) -> None:
    published_on(database, keys, 0, 1, 2)

    tamper(database, delete(AuditHead).where(AuditHead.day < NOON.date() + timedelta(days=2)))

    day = NOON.date()
    assert verified(database).missing_days == ((day, day + timedelta(days=1)),)


@pytest.mark.parametrize("purpose", ["badge-ed25519", "badge-rsa"])
def test_a_key_that_somebody_put_in_signs_no_good_head(
    database: Database, keys: BadgeKeys, purpose: str
) -> None:
    acts(database, 2)
    own = Ed25519PrivateKey.generate()
    with database.begin() as session:
        session.add(
            KeyRecord(
                kid="2026-own",
                purpose=purpose,
                public={"multibase": multibase_of(own.public_key())},
                signs_from=NOON,
            )
        )

    forger = replace(keys, kid="2026-own", ed25519=own)
    heads.publish_due(database.begin, forger, URL, now=NOON)

    report = verified(database)
    assert report.wrong_keys == ("2026-own",)
    assert not report.is_whole
    assert (report.wrong_heads != ()) == (purpose == "badge-rsa")


@pytest.mark.parametrize(
    "changed",
    [{"public": {"multibase": "z6MkNothing"}}, {"purpose": "pdf-seal"}, {"kid": "2026-renamed"}],
)
def test_a_key_that_was_changed_is_found(
    database: Database, keys: BadgeKeys, changed: dict[str, object]
) -> None:
    published_on(database, keys, 0)

    tamper(database, update(KeyRecord).where(KeyRecord.kid == keys.kid).values(**changed))

    report = verified(database)
    assert keys.kid in report.wrong_keys
    assert report.wrong_heads == (NOON.date(),)


def test_a_compromised_key_proves_nothing_and_signs_no_later_head(
    database: Database, keys: BadgeKeys
) -> None:
    published_on(database, keys, 0)
    with database.begin() as session:
        compromise(session, keys.kid, URL, hand=WORKER, now=NOON + timedelta(hours=1))
    after = verified(database)

    published_on(database, keys, 3)

    later = verified(database)
    assert (after.is_whole, after.unproven, after.covered) == (True, 1, 0)
    assert (later.is_whole, later.wrong_heads) == (False, (NOON.date() + timedelta(days=3),))


def test_a_compromised_key_that_is_trusted_again_is_found(
    database: Database, keys: BadgeKeys
) -> None:
    with database.begin() as session:
        compromise(session, keys.kid, URL, hand=WORKER, now=NOON)

    tamper(database, update(KeyRecord).values(compromised_at=None))

    assert verified(database).wrong_keys == (keys.kid,)


def test_a_head_from_before_its_key_is_found(database: Database, keys: BadgeKeys) -> None:
    acts(database, 1)
    heads.publish_due(database.begin, keys, URL, now=NOON - timedelta(days=3))

    assert verified(database).wrong_heads == (NOON.date() - timedelta(days=3),)
