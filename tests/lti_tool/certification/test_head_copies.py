"""A copy of the published heads that lies elsewhere shows when all was written anew."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import delete, text, update

from lti_tool import audit
from lti_tool.audit import AuditLine
from lti_tool.certification import heads
from lti_tool.certification.badge_keys import BadgeKeys
from lti_tool.certification.cryptosuite import multibase_of
from lti_tool.certification.head_copies import (
    CopyFault,
    CopyReport,
    compare,
    read_copy,
    read_keys,
)
from lti_tool.certification.register_models import AuditHead, KeyRecord
from lti_tool.db import Database
from lti_tool.errors import BadRequestError
from tests.cast import NOON
from tests.lti_tool.certification.office import trial_settings
from tests.lti_tool.test_cli import Terminal
from tests.tampering import tamper

URL = "https://tool.example.org"
DAYS = 3


@pytest.fixture
def keys(database: Database, tmp_path: Path) -> BadgeKeys:
    """Give keys that sign."""
    return BadgeKeys.load(trial_settings(database, tmp_path), database.begin, NOON)


def acts(database: Database, number: int, who: str = "worker") -> None:
    with database.begin() as session:
        for each in range(number):
            audit.note(session, "case.approved", who=who, about=f"case {each}", now=NOON)


def publish(database: Database, keys: BadgeKeys, who: str = "worker") -> None:
    """Write some lines and a head on each of some days."""
    for day in range(DAYS):
        acts(database, 2, who)
        heads.publish_due(database.begin, keys, URL, now=NOON + timedelta(days=day))


@pytest.fixture
def copy(database: Database, keys: BadgeKeys, client: FlaskClient) -> bytes:
    """Give what somebody elsewhere kept of three days."""
    publish(database, keys)
    return client.get("/.well-known/audit-heads.json").data


def held(database: Database, copy: bytes, key: str = "") -> CopyReport:
    """Hold the log against a copy."""
    read = read_copy(copy, read_keys(key) if key else None)
    with database.read() as session:
        return compare(session, read)


def test_a_log_that_nobody_touched_fits_its_copy(database: Database, copy: bytes) -> None:
    acts(database, 2)

    report = held(database, copy)

    assert report.is_good
    assert (report.heads, report.unsigned, report.covered) == (DAYS, 0, 2 + 2 * DAYS)


def test_a_log_and_heads_written_anew_with_the_tool_s_own_key_do_not_fit(
    database: Database, keys: BadgeKeys, copy: bytes
) -> None:
    tamper(database, delete(AuditHead), delete(AuditLine).where(AuditLine.act == "case.approved"))
    publish(database, keys, who="Mallory")
    with database.read() as session:
        alone = heads.verify(session)

    report = held(database, copy)

    assert alone.is_whole
    assert [fault for _day, fault in report.wrong] == [CopyFault.REWRITTEN] * DAYS
    assert report.covered == 0


def test_a_head_that_was_removed_is_missed(database: Database, copy: bytes) -> None:
    tamper(database, delete(AuditHead).where(AuditHead.day == NOON.date()))

    report = held(database, copy)

    assert report.wrong == ((NOON.date(), CopyFault.REMOVED),)


def test_lines_cut_off_behind_are_missed(database: Database, copy: bytes) -> None:
    tamper(database, delete(AuditLine).where(AuditLine.number > 6))
    acts(database, 2, who="Mallory")

    report = held(database, copy)

    assert report.wrong == ((NOON.date() + timedelta(days=2), CopyFault.REWRITTEN),)
    assert report.covered == 6


def test_a_copy_that_was_changed_itself_is_told(database: Database, copy: bytes) -> None:
    told = json.loads(copy)
    told["heads"][0]["hash"] = "0" * 64

    report = held(database, json.dumps(told).encode())

    assert report.wrong == ((NOON.date() + timedelta(days=2), CopyFault.FORGED),)


def test_a_key_that_is_another_one_now_is_told(
    database: Database, keys: BadgeKeys, copy: bytes
) -> None:
    tamper(database, update(KeyRecord).values(public={"multibase": "z6MkOther"}))

    report = held(database, copy)

    assert report.other_keys == (keys.kid,)


def test_a_copy_without_keys_is_compared_by_its_lines_or_by_a_key_that_is_given(
    database: Database, keys: BadgeKeys, copy: bytes, client: FlaskClient
) -> None:
    told = json.loads(copy)
    del told["verificationMethod"]
    bare = json.dumps(told).encode()
    document = client.get("/.well-known/did.json").text

    by_lines = held(database, bare)
    by_key = held(database, bare, multibase_of(keys.ed25519.public_key()))
    by_document = held(database, bare, document)
    by_another = held(database, bare, "z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK")

    assert (by_lines.is_good, by_lines.unsigned) == (True, DAYS)
    assert (by_key.is_good, by_key.unsigned) == (True, 0)
    assert (by_document.is_good, by_document.unsigned) == (True, 0)
    assert [fault for _day, fault in by_another.wrong] == [CopyFault.FORGED] * DAYS


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b'{"heads": [{}]}', b"\xff\x00"])
def test_what_is_no_copy_is_refused_with_words(content: bytes) -> None:
    with pytest.raises(BadRequestError) as caught:
        read_copy(content)

    assert "audit-heads.json" in str(caught.value.words)


@pytest.mark.parametrize("given", ["", "z6Mk", "somewhere.json", "{}", "{nothing"])
def test_what_is_no_key_is_refused_with_words(given: str) -> None:
    with pytest.raises(BadRequestError) as caught:
        read_keys(given)

    assert "z6Mk" in str(caught.value.words)


# At the command line


@pytest.fixture
def terminal(database: Database, database_url: str) -> Terminal:
    """Give a terminal."""
    return Terminal(database_url)


def test_copies_are_held_against_the_log_at_the_command_line(
    database: Database, terminal: Terminal, keys: BadgeKeys, copy: bytes, tmp_path: Path
) -> None:
    path = tmp_path / "audit-heads.json"
    path.write_bytes(copy)
    key = tmp_path / "key"
    key.write_text(multibase_of(keys.ed25519.public_key()))
    verify = ("audit", "verify", "--heads", str(path), "--key", str(key))

    whole = terminal.run(*verify)
    tamper(database, delete(AuditHead).where(AuditHead.day == NOON.date()))
    missing = terminal.run(*verify)
    wrong = terminal.run("audit", "verify", "--heads", str(key))

    assert whole.exit_code == 0, whole.output
    assert f"heads cover the log up to line {2 + 2 * DAYS} of {2 + 2 * DAYS}" in whole.stdout
    assert f"{path}: 3 heads, good up to line 8" in whole.stdout
    assert missing.exit_code == 1
    assert "no head was published on 2026-11-02: the worker" in missing.stdout
    assert f"{path}: 2026-11-02: the head that is published" in missing.stdout
    assert (wrong.exit_code, "This is no copy" in wrong.stderr) == (1, True)


def test_a_forged_certificate_and_a_changed_key_are_told_at_the_command_line(
    database: Database, terminal: Terminal, keys: BadgeKeys, copy: bytes
) -> None:
    with database.begin() as session:
        session.execute(text("UPDATE certification_key SET purpose = 'pdf-seal'"))

    done = terminal.run("audit", "verify")

    assert done.exit_code == 1
    assert f"key {keys.kid}: its record is not as the log tells of it" in done.stdout
    assert "the head of 2026-11-02 does not fit" in done.stdout
    assert done.stdout.splitlines()[-1] == "NOT WHOLE: change nothing, and keep the backups"
    assert copy
