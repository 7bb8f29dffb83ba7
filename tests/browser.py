"""A real Chromium for the journeys: the one that is installed, started by us, driven over CDP."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--no-default-browser-check",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-domain-reliability",
    "--disable-sync",
    "--metrics-recording-only",
    "--autoplay-policy=no-user-gesture-required",
    "--mute-audio",
    "--remote-debugging-port=0",
)


def find_chromium() -> str:
    """Give the path of the browser.

    Raises:
        FileNotFoundError: none is installed; `make test` says how.
    """
    for name in NAMES:
        path = shutil.which(name)
        if path:
            return path
    raise FileNotFoundError("no Chromium: run `make chromium`")


@contextmanager
def running_browser(*flags: str) -> Iterator[Browser]:
    """Start a browser with a profile of its own, and stop it afterwards.

    Args:
        flags: more of Chromium's own, such as ``--test-third-party-cookie-phaseout``.
    """
    profile = Path(tempfile.mkdtemp(prefix="tool-chromium-"))
    log = (profile / "log").open("wb")
    process = subprocess.Popen(
        [find_chromium(), *FLAGS, *flags, f"--user-data-dir={profile}", "about:blank"],
        stdout=log,
        stderr=log,
    )
    try:
        port = _port(profile, process)
        with sync_playwright() as playwright:
            browser = playwright.chromium.connect_over_cdp(f"http://127.0.0.1:{port}")
            yield browser
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        log.close()
        shutil.rmtree(profile, ignore_errors=True)


def _port(profile: Path, process: subprocess.Popen[bytes]) -> int:
    told = profile / "DevToolsActivePort"
    until = time.monotonic() + 60
    while time.monotonic() < until:
        if told.exists() and told.read_text().strip():
            return int(told.read_text().split()[0])
        if process.poll() is not None:
            break
        time.sleep(0.05)
    raise RuntimeError(
        f"Chromium did not start: {(profile / 'log').read_text(errors='replace')[-2000:]}"
    )
