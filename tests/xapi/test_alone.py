"""`python -m xapi`: a record store and nothing else."""

from __future__ import annotations

import base64
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.conftest import METADATA
from tests.xapi.doors import Door, sentence
from tests.xapi.shelves import ACTIVITY, ALICE, STATE
from xapi.app import create_app
from xapi.credentials import Remembered
from xapi.db import Database
from xapi.settings import READERS, Settings, SettingsError, explained

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
    scope = ("--scope", "statements/write", "--scope", "statements/read")
    added = run(url, "credentials", "add", "--label", "LMS of the school", *scope)
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
    time.sleep(Remembered.LASTS_S)  # another process may let it in for that long
    assert door.get().status_code == 401
    refused = run(url, "credentials", "withdraw", key)
    assert refused.returncode == 1
    assert "no such key" in refused.stderr
    app.extensions["xapi.db"].dispose()


def test_a_token_is_made_by_command_and_is_good_for_its_actor(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'store.db'}"
    make_tables(url)
    asked = ("--actor", json.dumps(ALICE), "--activity", ACTIVITY, "--minutes", "5")

    added = run(url, "token", "add", *asked)
    wrong = run(url, "token", "add", "--actor", "alice", "--activity", ACTIVITY)
    nobody = run(url, "token", "add", "--actor", "{}", "--activity", ACTIVITY)

    assert added.returncode == 0, added.stderr
    key, secret, header = re.findall(r"^(?:key|secret|header) +(.*)$", added.stdout, re.M)
    basic = base64.b64encode(f"{key}:{secret}".encode()).decode()
    assert header == f"Authorization: Basic {basic}"
    app = create_app(Settings(database_url=url))
    assert STATE.write(Door(app, key, secret)).status_code == 204
    assert run(url, "token", "withdraw", key).returncode == 0
    time.sleep(Remembered.LASTS_S)
    assert STATE.write(Door(app, key, secret)).status_code == 401
    assert run(url, "token", "withdraw", key).returncode == 1
    assert (wrong.returncode, nobody.returncode) == (1, 1)
    assert "JSON" in wrong.stderr
    assert "identifier" in nobody.stderr
    app.extensions["xapi.db"].dispose()


def test_the_store_is_served_with_one_date_and_takes_pieces_of_unknown_length(
    tmp_path: Path,
) -> None:
    url = f"sqlite:///{tmp_path / 'store.db'}"
    make_tables(url)
    key, secret = run(url, "credentials", "add", "--label", "x", "--scope", "all").stdout.split()[
        1::2
    ]

    with served(url, XAPI_DOCUMENT_LIMIT_BYTES="200000") as address:
        headers = {"X-Experience-API-Version": "1.0.3"}
        with httpx.Client(auth=(key, secret), headers=headers, base_url=address) as client:
            about = client.get("/about")
            put = client.put("/activities/state", params=STATE.params(), content=pieces(3))
            got = client.get("/activities/state", params=STATE.params())
            large = client.put("/activities/state", params=STATE.params(), content=pieces(4))
            kept = client.get("/activities/state", params=STATE.params())
            long = client.get("/activities/state", params=STATE.params("x" * 6000))

    assert len(about.headers.get_list("Date")) == 1
    assert (put.status_code, len(got.content)) == (204, 150_000)
    assert (large.status_code, kept.content) == (413, got.content)
    assert long.status_code == 404


def pieces(count: int) -> Iterator[bytes]:
    """Give a body in pieces, whose length is not told before."""
    for _ in range(count):
        yield b"x" * 50_001 if count > 3 else b"x" * 50_000


def make_tables(url: str) -> None:
    """Make the tables as the models have them."""
    database = Database(url)
    METADATA[0].create_all(database.engine)
    database.dispose()


@contextmanager
def served(url: str, **more: str) -> Iterator[str]:
    """Serve a store by its own command; give its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environ = {name: value for name, value in os.environ.items() if not name.startswith("XAPI_")}
    process = subprocess.Popen(
        [sys.executable, "-m", "xapi", "serve", "--port", str(port)],
        cwd=ROOT,
        env={**environ, "XAPI_DATABASE_URL": url, **more},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_for(port)
        yield f"http://127.0.0.1:{port}/xapi"
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def wait_for(port: int) -> None:
    """Wait until somebody listens."""
    for _ in range(300):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise TimeoutError(f"nobody listens at {port}")


def test_settings_are_read_and_all_faults_told_at_once() -> None:
    made = Settings.from_environ(
        {
            "XAPI_PUBLIC_URL": "https://lrs.example.org/",
            "XAPI_BODY_LIMIT_BYTES": "1000",
            "XAPI_ASSUMED_VERSION": "2.0.0",
            "XAPI_ORIGINS": "https://a.example https://b.example:8443",
        }
    )

    with pytest.raises(SettingsError) as caught:
        Settings.from_environ(
            {
                "XAPI_COLOUR": "red",
                "XAPI_BODY_LIMIT_BYTES": "none",
                "XAPI_PUBLIC_URL": "lrs",
                "XAPI_ASSUMED_VERSION": "0.95",
                "XAPI_ORIGINS": "https://a.example/page",
                "XAPI_DATABASE_URL": "store.db",
            }
        )

    assert (made.public_url, made.body_limit_bytes) == ("https://lrs.example.org", 1000)
    assert made.assumed_version == "2.0.0"
    assert made.origins == ("https://a.example", "https://b.example:8443")
    assert made.limits.body_bytes == 1000
    assert len(str(caught.value).splitlines()) == 6


@pytest.mark.parametrize("document", ["docs/record-store.md", "--help"])
def test_every_setting_is_told_and_no_other(document: str) -> None:
    text = explained() if document == "--help" else (ROOT / document).read_text()

    told = set(re.findall(r"\bXAPI_[A-Z_]+\b", text))

    assert told == {f"XAPI_{name.upper()}" for name in READERS}
    assert set(READERS) == set(Settings.__dataclass_fields__)


def test_a_password_in_the_address_of_the_database_is_not_printed() -> None:
    assert "open sesame" not in repr(Settings(database_url="postgresql://u:open sesame@h/d"))
