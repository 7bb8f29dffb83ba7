"""What is measured side by side: the tool, the floor, and others as their documents say."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from sqlalchemy import create_engine, make_url, text

from benchmarks.platform import Platform
from benchmarks.servers import Server, free_port, gunicorn, running
from tests import postgres

LTI_TOOL = str(Path(sys.executable).with_name("lti-tool"))
LTIJS = Path(__file__).with_name("ltijs")


@dataclass(frozen=True)
class Contestant:
    """A server by name, and how it is started on which database."""

    name: str
    database: str
    """``sqlite``, ``postgresql``, ``Redis`` (a cache of launches, nothing durable) or nothing."""


TOOL_SQLITE = Contestant("tool", "sqlite")
TOOL_POSTGRESQL = Contestant("tool", "postgresql")
FLOOR_SQLITE = Contestant("floor", "sqlite")
FLOOR_POSTGRESQL = Contestant("floor", "postgresql")
EXAMPLE = Contestant("PyLTI1p3 example", "Redis" if shutil.which("redis-server") else "")
LTIJS_POSTGRESQL = Contestant("ltijs", "postgresql")


@contextmanager
def database_of(kind: str) -> Iterator[tuple[str, list[int]]]:
    """Give a fresh database's address, and the processes that count as its own."""
    if kind == "sqlite":
        with tempfile.TemporaryDirectory(prefix="bench-db-") as folder:
            yield f"sqlite:///{folder}/bench.db", []
        return
    with postgres.fresh_database(postgres.shared_server()) as url:
        yield url, [_postmaster(url)]


def _postmaster(url: str) -> int:
    engine = create_engine(url)
    with engine.connect() as connection:
        backend = int(connection.execute(text("SELECT pg_backend_pid()")).scalar_one())
        found = psutil.Process(backend).ppid()
    engine.dispose()
    return found


def tool_environ(url: str, base: str) -> dict[str, str]:
    """Give the settings of a tool for loads."""
    return {
        "LTI_TOOL_PUBLIC_URL": base,
        "LTI_TOOL_SECRET_KEY": "a secret for benchmarks only, forty-two letters",
        "LTI_TOOL_DATABASE_URL": url,
        "LTI_TOOL_ALLOW_PRIVATE_ADDRESSES": "yes",
        "LTI_TOOL_LAUNCHES_PER_MINUTE": "1000000",
        "LTI_TOOL_VERIFICATIONS_PER_MINUTE": "1000000",
        "LTI_TOOL_LOG_LEVEL": "WARNING",
    }


@contextmanager
def started(contestant: Contestant, platform: Platform, *, workers: int = 2) -> Iterator[Server]:
    """Start a contestant on a fresh database, registered with the platform."""
    starters = {
        "tool": _tool,
        "floor": _floor,
        EXAMPLE.name: _example,
        LTIJS_POSTGRESQL.name: _ltijs,
    }
    with ExitStack() as stack:
        url, pids = "", []
        if contestant.database in {"sqlite", "postgresql"}:
            url, pids = stack.enter_context(database_of(contestant.database))
        start = starters[contestant.name]
        server = stack.enter_context(start(platform, url, pids, workers))
        server.database_url = url
        yield server


@contextmanager
def _tool(platform: Platform, url: str, pids: list[int], workers: int) -> Iterator[Server]:
    port = free_port()
    environ = tool_environ(url, f"http://127.0.0.1:{port}")
    _run([LTI_TOOL, "db", "upgrade"], environ)
    _run(
        [
            LTI_TOOL, "platform", "add",
            "--issuer", platform.url, "--client-id", platform.client_id,
            "--auth-url", f"{platform.url}/auth", "--token-url", f"{platform.url}/token",
            "--keys-url", f"{platform.url}/keys", "--deployment", platform.deployment_id,
        ],
        environ,
    )  # fmt: skip
    command = gunicorn("lti_tool.app:create_app()", port=port, workers=workers)
    with running(command, port=port, environ=environ, others=pids) as server:
        yield server


@contextmanager
def _floor(platform: Platform, url: str, pids: list[int], workers: int) -> Iterator[Server]:
    port = free_port()
    environ = {
        "BENCH_DATABASE_URL": url,
        "BENCH_ISSUER": platform.url,
        "BENCH_CLIENT_ID": platform.client_id,
        "BENCH_PUBLIC_PEM": platform.public_pem(),
    }
    _run([sys.executable, "-m", "benchmarks.floor"], environ)
    command = gunicorn("benchmarks.floor:app", port=port, workers=workers)
    with running(command, port=port, environ=environ, others=pids) as server:
        yield server


@contextmanager
def _example(platform: Platform, _url: str, _pids: list[int], workers: int) -> Iterator[Server]:
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-example-"))
        config = Path(folder) / "tool.json"
        _write_example(config, platform)
        environ = {"BENCH_TOOL_CONFIG": str(config)}
        others: list[int] = []
        redis = shutil.which("redis-server")
        if redis is not None:
            held = free_port()
            command = [redis, "--port", str(held), "--bind", "127.0.0.1", "--save", ""]
            cache = stack.enter_context(running(command, port=held))
            environ["BENCH_REDIS_PORT"] = str(held)
            others = [cache.process.pid]
        port = free_port()
        command = gunicorn(
            "benchmarks.pylti1p3_example:app", port=port, workers=workers if redis else 1
        )
        yield stack.enter_context(running(command, port=port, environ=environ, others=others))


def _write_example(config: Path, platform: Platform) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    private, public = config.with_name("private.key"), config.with_name("public.key")
    private.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.TraditionalOpenSSL,
            serialization.NoEncryption(),
        )
    )
    public.write_bytes(
        key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
    )
    told = {
        "default": True,
        "client_id": platform.client_id,
        "auth_login_url": f"{platform.url}/auth",
        "auth_token_url": f"{platform.url}/token",
        "key_set_url": f"{platform.url}/keys",
        "key_set": None,
        "private_key_file": private.name,
        "public_key_file": public.name,
        "deployment_ids": [platform.deployment_id],
    }
    config.write_text(json.dumps({platform.url: [told]}))


@contextmanager
def _ltijs(platform: Platform, url: str, pids: list[int], _workers: int) -> Iterator[Server]:
    if not (LTIJS / "node_modules").is_dir():
        raise SystemExit("ltijs is not installed: npm install --prefix benchmarks/ltijs")
    port = free_port()
    parts = make_url(url)
    environ = {
        "BENCH_PG_NAME": str(parts.database),
        "BENCH_PG_SOCKET": str(parts.query.get("host") or parts.host),
        "BENCH_PORT": str(port),
        "BENCH_ISSUER": platform.url,
        "BENCH_CLIENT_ID": platform.client_id,
    }
    with running(
        ["node", "server.js"], port=port, environ=environ, cwd=LTIJS, others=pids
    ) as server:
        time.sleep(4.0)  # it answers before it knows the platform
        yield server


def _run(command: list[str], environ: dict[str, str]) -> None:
    done = subprocess.run(
        command, env={**os.environ, **environ}, capture_output=True, text=True, check=False
    )
    if done.returncode:
        name = re.sub(r".*/", "", command[0])
        raise SystemExit(f"{name} {command[1]} failed:\n{done.stdout}{done.stderr}")
