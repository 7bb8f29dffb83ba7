"""What the web process of the store holds while a client sends it much."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable

import orjson

from benchmarks.sentences import HOME, Sentences
from benchmarks.servers import Server
from benchmarks.store_load import Key, send

ATTACHED_BYTES = 50_000_000
STATEMENTS = 10_000
AT_ONCE = 1_000
ROUNDS = 3
BOUNDARY = b"between"


def hold(server: Server, key: Key, say: Callable[[str], None]) -> None:
    """Send the same again and again; what a bound is stays where it is."""
    source = Sentences(4)
    said = [f"{server.memory_mib():.0f} before"]
    for clients in (1, 8):
        for _ in range(ROUNDS):
            count = STATEMENTS // AT_ONCE * clients
            requests = [key.post(source.batch(AT_ONCE)) for _ in range(count)]
            send(server.url, requests, clients=clients)
            said.append(f"{server.memory_mib():.0f} after {STATEMENTS:,} of {clients}")
    for _ in range(ROUNDS):
        send(server.url, [key.post(*_attached(source))], clients=1)
        said.append(f"{server.memory_mib():.0f} after an attachment")
    say(f"  memory of the web process, MiB: {', '.join(said)}")


def _attached(source: Sentences) -> tuple[bytes, str]:
    """Give a statement with a large attachment, and its type."""
    content = os.urandom(ATTACHED_BYTES)
    sha2 = hashlib.sha256(content).hexdigest()
    named = {
        "usageType": f"{HOME}/id/attachment",
        "display": {"en": "a film"},
        "contentType": "application/octet-stream",
        "length": len(content),
        "sha2": sha2,
    }
    first = b"Content-Type: application/json\r\n\r\n"
    second = (
        "Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: binary\r\n"
        f"X-Experience-API-Hash: {sha2}\r\n\r\n"
    ).encode()
    parts = (first + orjson.dumps({**source.make(), "attachments": [named]}), second + content)
    lines = b"".join(b"--%s\r\n%s\r\n" % (BOUNDARY, part) for part in parts)
    return lines + b"--%s--\r\n" % BOUNDARY, f"multipart/mixed; boundary={BOUNDARY.decode()}"
