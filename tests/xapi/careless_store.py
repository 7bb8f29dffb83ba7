"""A store that takes whatever it is sent, an id twice as well, and has bad manners when told to."""

from __future__ import annotations

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit


class CarelessStore(ThreadingHTTPServer):
    """What it was sent, in order; how it behaves."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.kept: list[dict[str, Any]] = []
        self.asked: list[str] = []
        self.sizes: list[int] = []
        self.manners: list[str] = []
        """Of the next POSTs: ``lose``, ``hang``, ``drip header``, ``drip body`` or good ones."""
        self.most = 10_000
        """How many statements it stores before a client's patience is over."""
        self.released = threading.Event()
        self.url = f"http://127.0.0.1:{self.server_port}/xapi"
        self._thread = threading.Thread(target=self.serve_forever, args=(0.01,))
        self._thread.start()

    def ids(self) -> list[str]:
        """Give the ids of what it keeps, in order."""
        return [each["id"] for each in self.kept]

    def handle_error(self, *_: object) -> None:
        """Say nothing of clients that hang up."""

    def close(self) -> None:
        """Answer no more."""
        self.released.set()
        self.shutdown()
        self.server_close()
        self._thread.join()


class Handler(BaseHTTPRequestHandler):
    """How it answers."""

    protocol_version = "HTTP/1.1"
    wbufsize = 65_536
    server: CarelessStore

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        """Look for a statement."""
        self.server.asked.append("GET")
        wanted = parse_qs(urlsplit(self.path).query)["statementId"][0]
        found = next((each for each in self.server.kept if each["id"] == wanted), None)
        self._answer(404 if found is None else 200, found or {})

    def do_POST(self) -> None:
        """Take statements."""
        store = self.server
        store.asked.append("POST")
        sent = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        manner = store.manners.pop(0) if store.manners else ""
        store.sizes.append(len(sent))
        if manner == "hang" or len(sent) > store.most:
            self.close_connection = True
            store.released.wait(20)
            return
        store.kept += sent
        if manner.startswith("drip"):
            self._drip(header=manner == "drip header")
        elif manner == "lose":
            self.close_connection = True
        else:
            self._answer(200, [each["id"] for each in sent])

    def _answer(self, status: int, content: Any) -> None:
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _drip(self, *, header: bool) -> None:
        self.close_connection = True
        self.wfile.write(b"HTTP/1.1 200 OK\r\n")
        if not header:
            self.wfile.write(b"Content-Length: 1000000\r\n\r\n")
        while not self.server.released.is_set():
            try:
                self.connection.sendall(b"x")
            except OSError:
                return
            time.sleep(0.01)
