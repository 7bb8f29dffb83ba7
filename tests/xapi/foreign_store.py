"""Ralph, a record store that we did not write, as a process that can be killed."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import time
from pathlib import Path
from typing import Any

import httpx

ROOT = Path(__file__).resolve().parents[2]
PYTHON = ROOT / "var" / "ralph" / "bin" / "python"
KEY = "tool"
SECRET = "a password for tests"
HASH = "$2b$04$wO.yO7M8vODimth31X32RexAc2iERVwD8T4VhQTvJsCEkewHYv6fS"
PATIENCE_S = 60


class Ralph:
    """Its file, its process."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.file = folder / "statements.jsonl"
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        account = {"name": KEY, "homePage": "https://ralph.example.org"}
        user = {"username": KEY, "hash": HASH, "scopes": ["all"], "agent": {"account": account}}
        (folder / "auth.json").write_text(json.dumps([user]))
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Give its xAPI address."""
        return f"http://127.0.0.1:{self.port}/xAPI"

    def start(self) -> None:
        """Begin to answer, on the same port as before."""
        assert PYTHON.exists(), "Ralph is not installed; `make var/ralph/.installed` does it"
        told = {
            "RALPH_APP_DIR": str(self._folder),
            "RALPH_AUTH_FILE": str(self._folder / "auth.json"),
            "RALPH_RUNSERVER_BACKEND": "fs",
            "RALPH_BACKENDS__LRS__FS__DEFAULT_DIRECTORY_PATH": str(self._folder),
            "RALPH_BACKENDS__LRS__FS__DEFAULT_LRS_FILE": self.file.name,
        }
        starter = Path(__file__).with_name("start_ralph.py")
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [PYTHON, starter, str(self.port), self.file],
                env={**os.environ, **told},
                stdout=log,
                stderr=log,
            )
        until = time.monotonic() + PATIENCE_S
        while not self._answers():
            assert self._process.poll() is None, (self._folder / "log").read_text()
            assert time.monotonic() < until, "Ralph does not answer"
            time.sleep(0.05)

    def kill(self) -> None:
        """Kill it, whatever it does."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        self._process = None

    def kept(self) -> list[dict[str, Any]]:
        """Give what it keeps, in the order in which it came."""
        if not self.file.exists():
            return []
        whole = self.file.read_bytes()
        return [json.loads(line) for line in whole[: whole.rfind(b"\n") + 1].splitlines()]

    def wait_for(self, number: int) -> None:
        """Wait until it keeps so many."""
        until = time.monotonic() + PATIENCE_S
        while len(self.kept()) < number:
            assert time.monotonic() < until, f"{len(self.kept())} of {number} came"
            time.sleep(0.01)

    def _answers(self) -> bool:
        try:
            return httpx.get(f"http://127.0.0.1:{self.port}/__lbheartbeat__").status_code == 200
        except httpx.HTTPError:
            return False
