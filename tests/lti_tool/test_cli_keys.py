"""`lti-tool keys`: made, listed, rotated, compromised, from the command line."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from lti_tool.audit import AuditLine
from lti_tool.certification import badge_keys
from lti_tool.certification.badge_keys import BadgeKeys
from lti_tool.certification.register_models import KeyRecord
from lti_tool.cli import main
from lti_tool.db import Database, utcnow
from lti_tool.settings import Settings
from tests.conftest import CAPITALS, PUBLIC_URL
from tests.lti_tool.certification.badges import Body


class Desk:
    """Where commands on keys are typed."""

    def __init__(self, database: Database, url: str, folder: Path) -> None:
        self.database, self.folder = database, folder
        self.environ = {
            "LTI_TOOL_PUBLIC_URL": PUBLIC_URL,
            "LTI_TOOL_SECRET_KEY": "a secret for tests only, forty-two letters",
            "LTI_TOOL_DATABASE_URL": url,
            "LTI_TOOL_CONTENT_DIRS": str(CAPITALS),
            "LTI_TOOL_KEYS_DIR": str(folder),
            "LTI_TOOL_LOG_LEVEL": "ERROR",
        }

    @property
    def settings(self) -> Settings:
        """Give the settings as the commands read them."""
        return Settings.from_environ(self.environ)

    def told(self, *words: str, code: int = 0, typed: str = "") -> str:
        """Run a command; give what it printed."""
        done = CliRunner().invoke(main, ["keys", *words], env=self.environ, input=typed)
        assert done.exit_code == code, done.output
        return done.output

    def kids(self) -> list[str]:
        """Give the ids that are listed, the newest first."""
        return re.findall(r"^(\d{4}-\w+)", self.told("list"), re.MULTILINE)


@pytest.fixture
def desk(database: Database, database_url: str, tmp_path: Path) -> Desk:
    """Give a place to type at, with no keys yet."""
    return Desk(database, database_url, tmp_path / "keys")


def test_real_keys_are_made_and_listed(desk: Desk) -> None:
    empty = desk.told("list")
    made = desk.told("make", "badge")
    listed = desk.told("list")

    keys = BadgeKeys.load(desk.settings, desk.database.begin, utcnow())
    assert "for certificates" not in empty
    assert not keys.is_test
    assert keys.rsa.key_size == badge_keys.REAL_BITS
    for kid in (keys.kid, keys.rsa_kid):
        assert kid in made
        assert re.search(rf"^{kid}  badge-\w+  signs  0 certificates$", listed, re.MULTILINE)
    assert "TEST" not in listed
    with desk.database.read() as session:
        lines = session.execute(select(AuditLine.act, AuditLine.who, AuditLine.about)).all()
    assert {tuple(each) for each in lines} == {
        ("key.made", "command line", keys.kid),
        ("key.made", "command line", keys.rsa_kid),
    }


def test_next_year_s_keys_are_made_early(desk: Desk) -> None:
    desk.told("make", "badge")
    now = utcnow()
    first = BadgeKeys.load(desk.settings, desk.database.begin, now)
    day = (now + timedelta(days=30)).strftime("%Y-%m-%d")

    desk.told("make", "badge", "--from", day)
    listed = desk.told("list")

    again = BadgeKeys.load(desk.settings, desk.database.begin, utcnow())
    later = BadgeKeys.load(desk.settings, desk.database.begin, now + timedelta(days=31))
    assert again.kid == first.kid
    assert later.kid != first.kid
    assert listed.count(f"signs from {day} 00:00 UTC") == 2
    assert listed.count(f"signs until {day} 00:00 UTC") == 2


def test_a_key_is_retired_when_another_signs(desk: Desk) -> None:
    desk.told("make", "badge")
    kid = BadgeKeys.load(desk.settings, desk.database.begin, utcnow()).kid
    refused = desk.told("retire", kid, code=1)
    desk.told("make", "badge")

    done = desk.told("retire", kid)

    assert "Make the next key first" in refused
    assert f"{kid}: signs no more, stays published" in done
    assert re.search(rf"^{kid}  badge-ed25519  retired", desk.told("list"), re.MULTILINE)
    assert "no such key" in desk.told("retire", "2020-none", code=1)


def test_a_compromised_key_lists_what_must_be_reissued(desk: Desk) -> None:
    desk.told("make", "badge")
    facts, _badge, _jwt = Body(desk.settings, desk.database, utcnow()).issue()
    kid = BadgeKeys.load(desk.settings, desk.database.begin, utcnow()).kid

    stopped = desk.told("compromise", kid, code=1, typed="n\n")
    with desk.database.read() as session:
        before = session.get_one(KeyRecord, kid).compromised_at
    done = desk.told("compromise", kid, "--yes")

    assert "will fail when it is checked" in stopped
    assert before is None
    assert "1 certificate to be reissued with another key" in done
    assert done.splitlines()[-1] == facts.number
    listed = desk.told("list")
    assert re.search(
        rf"^{kid}  badge-ed25519  compromised .*  1 certificate$", listed, re.MULTILINE
    )


def test_a_seal_of_one_s_own_is_made_and_listed(desk: Desk) -> None:
    made = desk.told("make", "seal", "--organisation", "Demonstration body", "--country", "BE")
    again = desk.told(
        "make", "seal", "--organisation", "Demonstration body", "--country", "BE", code=1
    )

    assert (desk.folder / "seal.pem").stat().st_mode & 0o777 == 0o600
    assert re.search(r"^seal-\w+: seal, in ", made)
    assert "pdf-seal  signs" in desk.told("list")
    assert "exists" in again
