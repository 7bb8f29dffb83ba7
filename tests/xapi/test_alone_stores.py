"""`python -m xapi store` and `worker`: a store that runs alone sends on to another."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.xapi.doors import Door, sentence
from tests.xapi.other_store import OtherStore
from xapi.app import create_app
from xapi.db import Base
from xapi.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
SECRET = "a secret for tests only, forty-two letters"


def run(url: str, *arguments: str, secret: str = SECRET) -> subprocess.CompletedProcess[str]:
    """Run a command of the store."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("XAPI_")}
    told = {"XAPI_DATABASE_URL": url, "XAPI_PUBLIC_URL": "https://store.example.org"}
    return subprocess.run(
        [sys.executable, "-m", "xapi", *arguments],
        cwd=ROOT,
        env={**environ, **told, **({"XAPI_SECRET_KEY": secret} if secret else {})},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_store_alone_copies_and_forwards_to_another(tmp_path: Path, other: OtherStore) -> None:
    url = f"sqlite:///{tmp_path / 'store.db'}"
    app = create_app(Settings(database_url=url))
    database = app.extensions["xapi.db"]
    Base.metadata.create_all(database.engine)
    door = Door.open(app, database.begin)
    early, late = sentence(), sentence()
    assert door.post(early).status_code == 200

    added = run(
        url, "store", "add", "archive", other.url, "--key", other.key, "--secret", other.secret
    )
    ruled = run(url, "store", "rule", "add", "archive", "--everything")
    begun = run(url, "store", "backfill", "archive")
    assert door.post(late).status_code == 200
    worked = run(url, "worker", "--once")
    shown = run(url, "store", "show", "archive")

    for done in (added, ruled, begun, worked, shown):
        assert done.returncode == 0, done.stderr
    assert other.secret not in added.stdout + shown.stdout
    assert "1 statement to look at" in begun.stdout
    assert sorted(other.kept()) == sorted([early["id"], late["id"]])
    assert "archive: takes statements; 0 statements waiting" in shown.stdout
    assert "backfill: done, 1 statement copied" in shown.stdout
    assert "forwards everything" in shown.stdout
    database.dispose()


def test_without_a_secret_no_password_is_kept(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'store.db'}"

    done = run(url, "store", "add", "a", "https://lrs.example.org", "--secret", "x", secret="")
    short = run(url, "worker", "--once", secret="short")

    assert (done.returncode, short.returncode) == (1, 1)
    assert "XAPI_SECRET_KEY" in done.stderr
    assert "at least 32 characters" in short.stderr
