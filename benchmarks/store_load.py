"""Clients of a record store that cost as little as they can: bytes made before, one socket each."""

from __future__ import annotations

import base64
import socket
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from benchmarks.load import LaunchFailedError, Result

ADDRESS = "/xapi/statements"


@dataclass(frozen=True)
class Key:
    """Where a store is, and what lets a client in."""

    url: str
    key: str = "nobody"
    secret: str = "nothing"

    def post(self, body: bytes, kind: str = "application/json") -> bytes:
        """Give a request that sends statements."""
        headers = f"Content-Type: {kind}\r\nContent-Length: {len(body)}\r\n"
        return self._request("POST", ADDRESS, headers.encode()) + body

    def get(self, query: str) -> bytes:
        """Give a request that asks for statements."""
        return self._request("GET", f"{ADDRESS}?{query}", b"")

    def _request(self, method: str, path: str, headers: bytes) -> bytes:
        host = urlsplit(self.url).netloc
        word = base64.b64encode(f"{self.key}:{self.secret}".encode()).decode()
        lines = (
            f"{method} {path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Basic {word}\r\n"
            "X-Experience-API-Version: 1.0.3\r\n"
        )
        return lines.encode() + headers + b"\r\n"


class Line:
    """One connection, kept open."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._address = (str(parts.hostname), int(parts.port or 80))
        self._socket = self._open()

    def _open(self) -> socket.socket:
        made = socket.create_connection(self._address, timeout=60)
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return made

    def ask(self, request: bytes) -> tuple[int, bytes]:
        """Send a request; give status and body of its answer."""
        self._socket.sendall(request)
        held = self._socket.recv(65536)
        if not held:  # the server closed what it had kept open
            self._socket = self._open()
            self._socket.sendall(request)
            held = self._socket.recv(65536)
        while b"\r\n\r\n" not in held:
            held += self._socket.recv(65536)
        head, _, body = held.partition(b"\r\n\r\n")
        small = head.lower()
        length = int(small.partition(b"content-length:")[2].partition(b"\r\n")[0])
        parts = [body]
        left = length - len(body)
        while left > 0:
            parts.append(self._socket.recv(min(left, 1 << 20)))
            left -= len(parts[-1])
        if b"connection: close" in small:
            self._socket.close()
            self._socket = self._open()
        return int(head[9:12]), b"".join(parts)

    def close(self) -> None:
        """Close it."""
        self._socket.close()


def send(url: str, requests: Sequence[bytes], *, clients: int) -> Result:
    """Send requests from so many clients at once, each as fast as it is answered.

    Raises:
        LaunchFailedError: one was not answered with 200.
    """
    latencies: list[float] = []
    faults: list[str] = []

    def run(mine: Sequence[bytes]) -> None:
        line = Line(url)
        for request in mine:
            began = time.perf_counter()
            status, body = line.ask(request)
            latencies.append((time.perf_counter() - began) * 1000)
            if status != 200:
                faults.append(f"{status}: {body[:300]!r}")
                break
        line.close()

    return _crew(run, [requests[number::clients] for number in range(clients)], latencies, faults)


def _crew(
    run: Callable[[Sequence[bytes]], None],
    shares: list[Sequence[bytes]],
    latencies: list[float],
    faults: list[str],
) -> Result:
    crew = [threading.Thread(target=run, args=(share,)) for share in shares]
    began = time.perf_counter()
    for each in crew:
        each.start()
    for each in crew:
        each.join()
    seconds = time.perf_counter() - began
    if faults:
        raise LaunchFailedError(faults[0])
    return Result(len(latencies), seconds, latencies)
