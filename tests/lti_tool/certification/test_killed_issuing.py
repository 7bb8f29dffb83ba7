"""Workers killed in the middle of a batch: all is issued, no number is missing or given twice.

A thousand candidates and two killings on PostgreSQL, where many workers are at home; 120 and one on
SQLite, to stay quick. `KILLED_CERTIFICATES=1000` makes it a thousand on both.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from sqlalchemy import select, update

from lti_tool.certification import heads
from lti_tool.certification.progress import Progress, progress_of
from lti_tool.certification.register_models import Certificate, CertificateState
from lti_tool.db import Database
from lti_tool.settings import PREFIX, Settings
from tests.lti_tool.certification.office import (
    ONE,
    acts_of,
    candidates,
    files_in,
    open_office,
    trial_settings,
)

ROOT = Path(__file__).resolve().parents[3]
COMMAND = (sys.executable, "-c", "from lti_tool.cli import main; main()", "worker")
MANY = {"sqlite": 120, "postgresql": 1_000}
WORKERS = 2
KILLED_AT = {"sqlite": (40,), "postgresql": (10, 45)}
"""Percent of the batch at which all workers are killed."""
PATIENCE_S = 600


def environ(settings: Settings) -> dict[str, str]:
    """Give the environment of a worker."""
    others = {name: text for name, text in os.environ.items() if not name.startswith(PREFIX)}
    told = {
        "PUBLIC_URL": settings.public_url,
        "SECRET_KEY": settings.secret_key,
        "DATABASE_URL": settings.database_url,
        "FILES_URL": settings.files_url,
        "KEYS_DIR": str(settings.keys_dir),
        "DEVELOPMENT_KEYS": "yes",
        "LOG_LEVEL": "ERROR",
    }
    return {**others, **{f"{PREFIX}{name}": text for name, text in told.items()}}


@contextmanager
def workers(settings: Settings) -> Iterator[list[subprocess.Popen[bytes]]]:
    """Run workers; kill them at the end, wherever they are."""
    running = [
        subprocess.Popen(COMMAND, cwd=ROOT, env=environ(settings), stdout=subprocess.DEVNULL)
        for _ in range(WORKERS)
    ]
    try:
        yield running
    finally:
        for each in running:
            each.kill()
        for each in running:
            each.wait()


@dataclass
class Watch:
    """Somebody who looks at the page of a batch while it runs."""

    database: Database
    batch_id: UUID
    seen: list[Progress] = field(default_factory=list)

    def until(self, percent: int, running: list[subprocess.Popen[bytes]]) -> None:
        """Look until so much is issued."""
        give_up = time.monotonic() + PATIENCE_S
        while time.monotonic() < give_up:
            with self.database.read() as session:
                self.seen.append(progress_of(session, self.batch_id))
            if self.seen[-1].percent >= percent:
                return
            assert all(each.poll() is None for each in running), "a worker ended by itself"
            time.sleep(0.05)
        raise AssertionError(f"still {self.seen[-1]}")


def after_the_lease(database: Database) -> None:
    """Let the leases of the dead be over."""
    with database.begin() as session:
        session.execute(
            update(Certificate)
            .where(Certificate.state == CertificateState.NUMBERED)
            .values(due_at=datetime.now(UTC))
        )


def test_a_batch_is_issued_whole_however_often_all_workers_are_killed(
    database: Database, tmp_path: Path
) -> None:
    dialect = database.engine.dialect.name
    many = int(os.environ.get("KILLED_CERTIFICATES", MANY[dialect]))
    office = open_office(database)
    settings = trial_settings(database, tmp_path)
    batch_id = office.approves(candidates(database, many, ONE), "Olga")
    assert batch_id is not None
    watch = Watch(database, batch_id)

    for percent in (*KILLED_AT[dialect], 100):
        with workers(settings) as running:
            watch.until(percent, running)
        after_the_lease(database)

    with database.read() as session:
        made = session.scalars(select(Certificate).order_by(Certificate.serial)).all()
        report = heads.verify(session)
        acts = acts_of(session)
    killed = [progress for progress in watch.seen if 0 < progress.percent < 100]
    assert [each.serial for each in made] == list(range(1, many + 1))
    assert len({each.code for each in made}) == many
    assert len({(each.status_list, each.status_index) for each in made}) == many
    assert {each.state for each in made} == {CertificateState.ISSUED}
    assert report.is_whole
    assert acts.count("certificate.numbered") == acts.count("certificate.issued") == many
    assert [each.issued for each in watch.seen] == sorted(each.issued for each in watch.seen)
    assert len(killed) > 3
    assert killed[0].size == many
    _look_at_files(made, Path(settings.files_url))


def _look_at_files(made: list[Certificate], folder: Path) -> None:
    """Look whether every document is there and whole; what a dead worker left names nobody's."""
    for each in made:
        content = (folder / each.pdf_path).read_bytes()
        assert hashlib.sha256(content).hexdigest() == each.pdf_sha256
        assert content.rstrip().endswith(b"%%EOF")
    named = {str(each.pdf_path) for each in made}
    left = {str(path.relative_to(folder)) for path in files_in(folder / "certificates")} - named
    assert left == set()
