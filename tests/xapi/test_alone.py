"""`python -m xapi`: a record store and nothing else."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.xapi.doors import Door, sentence
from xapi.app import create_app
from xapi.settings import Settings, SettingsError

ROOT = Path(__file__).resolve().parents[2]


def run(url: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command of the store."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("XAPI_")}
    return subprocess.run(
        [sys.executable, "-m", "xapi", *arguments],
        cwd=ROOT,
        env={**environ, "XAPI_DATABASE_URL": url},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_store_is_set_up_and_entered_with_its_own_commands_alone(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'store.db'}"

    upgraded = run(url, "db", "upgrade")
    again = run(url, "db", "upgrade")
    added = run(url, "credentials", "add", "--label", "LMS of the school")
    listed = run(url, "credentials", "list")

    assert upgraded.returncode == again.returncode == 0, upgraded.stderr
    assert "already" in again.stdout
    words = added.stdout.split()
    key, secret = words[1], words[3]
    assert key in listed.stdout
    assert "LMS of the school" in listed.stdout
    assert secret not in listed.stdout
    app = create_app(Settings(database_url=url))
    door = Door(app, key, secret)
    sent = sentence()
    assert door.post(sent).status_code == 200
    assert door.ids() == [sent["id"]]
    assert run(url, "credentials", "withdraw", key).returncode == 0
    assert door.get().status_code == 401
    refused = run(url, "credentials", "withdraw", key)
    assert refused.returncode == 1
    assert "no such key" in refused.stderr
    app.extensions["xapi.db"].dispose()


def test_settings_are_read_and_all_faults_told_at_once() -> None:
    made = Settings.from_environ(
        {"XAPI_PUBLIC_URL": "https://lrs.example.org/", "XAPI_BODY_LIMIT_BYTES": "1000"}
    )

    with pytest.raises(SettingsError) as caught:
        Settings.from_environ(
            {"XAPI_COLOUR": "red", "XAPI_BODY_LIMIT_BYTES": "none", "XAPI_PUBLIC_URL": "lrs"}
        )

    assert (made.public_url, made.body_limit_bytes) == ("https://lrs.example.org", 1000)
    assert len(str(caught.value).splitlines()) == 3


def test_a_password_in_the_address_of_the_database_is_not_printed() -> None:
    assert "open sesame" not in repr(Settings(database_url="postgresql://u:open sesame@h/d"))
