"""Servers under test: started as their documentation shows, their CPU time read from the system."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

GUNICORN = str(Path(sys.executable).with_name("gunicorn"))


def free_port() -> int:
    """Give a port of the loopback address that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Server:
    """A running server, with whatever else counts as its own (a database)."""

    def __init__(self, process: subprocess.Popen[bytes], port: int, others: Sequence[int]) -> None:
        self.process = process
        self.port = port
        self.url = f"http://127.0.0.1:{port}"
        self.database_url = ""
        """Of the database that it works on; empty: it has none."""
        self._others = others

    def cpu_s(self) -> float:
        """Give the CPU seconds of all its processes, dead children with them."""
        return sum(_tree_s(pid) for pid in (self.process.pid, *self._others))

    def memory_mib(self) -> float:
        """Give the proportional memory of its own processes."""
        root = psutil.Process(self.process.pid)
        total = 0
        for process in (root, *root.children(recursive=True)):
            with suppress(psutil.NoSuchProcess):  # it ended since it was listed
                total += process.memory_full_info().pss
        return total / 2**20


def _tree_s(pid: int) -> float:
    """Give the CPU seconds of a process and its children; those of a dead one its parent keeps."""
    root = psutil.Process(pid)
    total = 0.0
    for process in root.children(recursive=True):
        with suppress(psutil.NoSuchProcess):  # it ended since it was listed: the root has it below
            times = process.cpu_times()
            total += times.user + times.system
    own = root.cpu_times()
    return total + own.user + own.system + own.children_user + own.children_system


@contextmanager
def running(
    command: Sequence[str],
    *,
    port: int,
    environ: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    others: Sequence[int] = (),
) -> Iterator[Server]:
    """Start a server, wait until its port answers, and stop it afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="bench-"))
    log = (folder / "log").open("wb")
    process = subprocess.Popen(
        command, env={**os.environ, **(environ or {})}, cwd=cwd, stdout=log, stderr=log
    )
    try:
        _wait(process, port, folder / "log")
        yield Server(process, port, others)
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
        log.close()
        shutil.rmtree(folder, ignore_errors=True)


def _wait(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until and process.poll() is None:
        with socket.socket() as probe:
            probe.settimeout(1)
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                time.sleep(1.0)  # all workers are up
                return
        time.sleep(0.1)
    raise RuntimeError(f"did not start: {log.read_text(errors='replace')[-3000:]}")


def gunicorn(application: str, *, port: int, workers: int = 2) -> list[str]:
    """Give the command that serves a Python application, the same for all."""
    return [
        GUNICORN,
        "--bind",
        f"127.0.0.1:{port}",
        "--workers",
        str(workers),
        "--log-level",
        "error",
        application,
    ]
