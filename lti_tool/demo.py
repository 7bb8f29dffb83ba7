"""The command `lti-tool demo`: tool, worker and practice platform, ready to click through."""

from __future__ import annotations

import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

import click

from lti_tool.db import Database, utcnow
from lti_tool.demo_office import OFFICERS, Office
from lti_tool.practice.browser import Browser, BrowserError
from lti_tool.practice.journey import act_as, open_activity, register_tool, select_content
from lti_tool.settings import PREFIX, Settings

COMMAND = (sys.executable, "-c", "from lti_tool.cli import main; main()")
"""`lti-tool`, wherever its script may lie."""
THREADS = "48"
"""Of each web process: a browser opens connections ahead of need, and each holds one of them."""
START_S = 60.0
STOP_S = 15.0
COURSE = "alifeca"
OTHER_COURSE = "cybereng-manager"
"""Whose certificate needs a second officer."""


class DemoError(click.ClickException):
    """The demo cannot go on; the text says why and what to do."""


@dataclass(slots=True)
class Demo:
    """Where everything is, and what runs."""

    tool_port: int
    platform_port: int
    folder: Path
    children: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    @property
    def tool_url(self) -> str:
        """Give the tool's address; another site than the platform's, as in real life."""
        return f"http://127.0.0.1:{self.tool_port}"

    @property
    def platform_url(self) -> str:
        """Give the practice platform's address."""
        return f"http://localhost:{self.platform_port}"

    @property
    def database(self) -> Path:
        """Give the tool's database."""
        return self.folder / "tool.db"

    @property
    def kept(self) -> Path:
        """Give the file of the practice platform; another one for other ports."""
        return self.folder / f"practice-{self.platform_port}-{self.tool_port}.json"

    def environ(self) -> dict[str, str]:
        """Give the environment of all that runs."""
        others = {name: text for name, text in os.environ.items() if not name.startswith(PREFIX)}
        return {
            **others,
            f"{PREFIX}PUBLIC_URL": self.tool_url,
            f"{PREFIX}SECRET_KEY": _secret(self.folder / "secret"),
            f"{PREFIX}DATABASE_URL": f"sqlite:///{self.database}",
            f"{PREFIX}ALLOW_PRIVATE_ADDRESSES": "yes",
            f"{PREFIX}FILES_URL": str(self.folder / "files"),
            f"{PREFIX}KEYS_DIR": str(self.folder / "keys"),
            f"{PREFIX}DEVELOPMENT_KEYS": "yes",
            f"{PREFIX}MAIL_URL": f"file:{self.folder / 'mail'}",
            f"{PREFIX}MAIL_FROM": "certificates@tool.example",
            "PYTHONUNBUFFERED": "1",
        }


@click.command("demo")
@click.option("--tool-port", type=click.IntRange(1, 65535), default=8765, show_default=True)
@click.option("--platform-port", type=click.IntRange(1, 65535), default=8766, show_default=True)
@click.option(
    "--data",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("var/demo"),
    show_default=True,
    help="Where everything is kept; remove it to begin anew.",
)
def demo(tool_port: int, platform_port: int, folder: Path) -> None:
    """Start the tool with a practice platform around it, and say where to click."""
    _need_ports({"--tool-port": tool_port, "--platform-port": platform_port})
    folder.mkdir(parents=True, exist_ok=True)
    running = Demo(tool_port, platform_port, folder.resolve())
    with _stopping(running), ExitStack() as opened:
        click.echo("Starting the tool, its worker and the practice platform ...")
        _prepare(running)
        _start(running)
        if not _is_registered(running):
            _furnish(running)
        office = _open_office(running)
        opened.callback(office.database.dispose)
        _tell(running)
        _watch(running, office)


def _need_ports(ports: Mapping[str, int]) -> None:
    if len(set(ports.values())) < len(ports):
        raise DemoError("tool and platform need two different ports: --tool-port, --platform-port")
    for option, port in ports.items():
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError as error:
                raise DemoError(f"port {port} is taken; give another one with {option}") from error


def _prepare(running: Demo) -> None:
    if not running.database.exists():  # what the platform knows would be of a tool that is gone
        for kept in running.folder.glob("practice-*.json"):
            kept.unlink()
    try:
        _command(running, "db", "upgrade")
    except DemoError as error:
        if "does not know" not in str(error):
            raise
        _put_aside(running)
        _command(running, "db", "upgrade")


def _put_aside(running: Demo) -> None:
    """Begin anew where the demo's tables are those of another version; the old ones are kept."""
    aside = running.folder.with_name(f"{running.folder.name}-before")
    number = 1
    while aside.exists():
        number += 1
        aside = aside.with_name(f"{running.folder.name}-before-{number}")
    running.folder.rename(aside)
    running.folder.mkdir()
    click.echo(
        f"The demo's data was made by another version. It lies in {aside}; this one begins anew."
    )


def _start(running: Demo) -> None:
    gunicorn = (sys.executable, "-m", "gunicorn", "--workers", "2", "--threads", THREADS)
    # its control socket has one path for all: two demos would take it from one another
    kind = ("--worker-class", "gthread", "--no-control-socket")
    bind = ("--bind", f"127.0.0.1:{running.tool_port}")
    _child(running, "tool", (*gunicorn, *kind, *bind, "lti_tool.app:create_app()"))
    platform = ("practice", "run", "--port", str(running.platform_port))
    _child(running, "platform", (*COMMAND, *platform, "--keep", str(running.kept)))
    _child(running, "worker", (*COMMAND, "worker"))
    _wait(running, f"{running.tool_url}/readyz", "tool")
    _wait(running, f"{running.platform_url}/", "platform")


def _is_registered(running: Demo) -> bool:
    if not running.kept.exists():
        return False
    try:
        kept = json.loads(running.kept.read_text())
        active = [tool for tool in kept["tools"] if tool["is_active"]]
    except (ValueError, KeyError, TypeError) as error:
        raise DemoError(f"{running.kept} cannot be read; remove it and start again") from error
    return bool(active and kept["activities"])


def _furnish(running: Demo) -> None:
    """Register the tool and fill the course, all over HTTP."""
    told = _command(running, "registration-link", "--label", "Practice platform", "--ask-names")
    links = [line.strip() for line in told.splitlines() if line.strip().startswith("http")]
    if not links:
        raise DemoError(f"no registration link was made:\n{told}")
    browser = Browser()
    try:
        register_tool(browser, running.platform_url, links[0])
        select_content(browser, running.platform_url, _chosen)
    except BrowserError as error:
        raise DemoError(
            f"the tool could not be registered with the practice platform: {error}\n"
            f"{_last_words(running, 'tool')}"
        ) from error


def _open_office(running: Demo) -> Office:
    """Appoint officers, and have them enter and approve candidates the first time."""
    settings = Settings.from_environ(running.environ())
    office = Office(Database(settings.database_url), settings, running.platform_url)
    office.appoint(now=utcnow())
    office.enter_candidates(lambda: _bring_officers(running), now=utcnow())
    return office


def _bring_officers(running: Demo) -> None:
    """Have each officer open the tool once: before that, nobody can act under their name."""
    activity = json.loads(running.kept.read_text())["activities"][0]["id"]
    for name in OFFICERS:
        browser = Browser()
        try:
            act_as(browser, running.platform_url, name)
            open_activity(browser, running.platform_url, activity)
        except BrowserError as error:
            raise DemoError(
                f"{name} could not open the tool: {error}\n{_last_words(running, 'tool')}"
            ) from error


def _chosen(offered: Sequence[str]) -> list[str]:
    """Choose the whole course, its first quiz and exam, and an exam that two officers confirm."""
    quizzes = [each for each in offered if each.startswith(f"{COURSE}/") and "quiz" in each]
    wanted = [COURSE, *quizzes[:1], f"{COURSE}/exam", f"{OTHER_COURSE}/exam"]
    return [each for each in offered if each in wanted] or list(offered[:1])


def _tell(running: Demo) -> None:
    click.echo(
        f"""
Open {running.platform_url}

It is a small learning platform with the tool already in it. Choose who you are:
  Alice or Bob   learn: open a part of aLIFEca; the grade shows under Grades a moment later
  Carol          teaches: sees the class in the tool, adds parts of a course, reads the grades
  Olga, Oskar    answer for certificates: open any part and follow Cases; candidates wait there,
                 all made up. One approves, and where a scheme asks for it the other confirms; one
                 suspends, the other revokes
  Tom            assists, and enters who sat the exam of cybersecurity managers on paper
  Adam           runs both: Tools on the platform, and the desks inside the tool

Certificates are signed by development keys: TEST stands across them. Letters to their holders are
put into {running.folder / "mail"}.

The tool itself is at {running.tool_url}, kept in {running.folder}.
Ctrl-C stops everything; the same command goes on from here. Remove the folder to begin anew.
"""
    )


def _watch(running: Demo, office: Office) -> None:
    while True:
        office.go_on(now=utcnow())
        for name, child in running.children.items():
            if child.poll() is not None:
                raise DemoError(f"the {name} stopped:\n{_last_words(running, name)}")
        time.sleep(0.5)


def _secret(path: Path) -> str:
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(secrets.token_hex(32))
    return path.read_text().strip()


def _command(running: Demo, *words: str) -> str:
    """Run one of the tool's own commands; give what it printed."""
    done = subprocess.run(  # noqa: S603  # our own command with words of our own
        [*COMMAND, *words], env=running.environ(), capture_output=True, text=True, check=False
    )
    if done.returncode:
        told = (done.stderr or done.stdout).strip()
        raise DemoError(f"lti-tool {' '.join(words)} did not work:\n{told}")
    return done.stdout


def _child(running: Demo, name: str, words: Sequence[str]) -> None:
    """Start a part of the demo, in a group of its own: Ctrl-C reaches this process alone."""
    with (running.folder / f"{name}.log").open("wb") as log:
        running.children[name] = subprocess.Popen(  # noqa: S603  # our own programs
            words,
            env=running.environ(),
            stdout=log,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )


def _wait(running: Demo, url: str, name: str) -> None:
    until = time.monotonic() + START_S
    browser = Browser()
    while time.monotonic() < until:
        if running.children[name].poll() is not None:
            break
        try:
            if browser.get(url).is_page:
                return
        except BrowserError:
            pass  # not yet
        time.sleep(0.1)
    raise DemoError(f"the {name} did not start:\n{_last_words(running, name)}")


def _last_words(running: Demo, name: str) -> str:
    log = running.folder / f"{name}.log"
    lines = log.read_text(errors="replace").splitlines() if log.exists() else []
    return "\n".join([*lines[-15:], f"(more in {log})"])


@contextmanager
def _stopping(running: Demo) -> Iterator[None]:
    """Stop every child at the end, whatever ended it."""

    def stop(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    except KeyboardInterrupt:
        click.echo("\nStopping ...")
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        _stop(running.children.values())
        signal.signal(signal.SIGTERM, before)


def _stop(children: Iterable[subprocess.Popen[bytes]]) -> None:
    held = list(children)
    for child in held:
        child.terminate()
    until = time.monotonic() + STOP_S
    for child in held:
        try:
            child.wait(max(0.1, until - time.monotonic()))
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
