"""Another record store: our own `xapi`, alone on a SQLite file, behind real HTTP.

In front of it stands a gate that can have its moods, as stores out there have.
"""

from __future__ import annotations

import io
import threading
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from xapi import credentials
from xapi.app import create_app
from xapi.db import Base
from xapi.external import ExternalStore
from xapi.models import StatementRow
from xapi.settings import Settings

Mood = Callable[[str, bytes], tuple[int, dict[str, str], bytes] | None]
"""From method and body to an answer; None: let it through."""


class Quiet(WSGIRequestHandler):
    """A handler that writes no lines, and keeps connections open as servers do."""

    protocol_version = "HTTP/1.1"

    def log(self, *_: object) -> None:  # type: ignore[override]  # nothing is logged
        """Say nothing."""


class OtherStore:
    """The store, its gate, its server."""

    def __init__(self, file: Path) -> None:
        self.app = create_app(Settings(database_url=f"sqlite:///{file}"))
        self.database = self.app.extensions["xapi.db"]
        Base.metadata.create_all(self.database.engine)
        with self.database.begin() as session:
            self.key, self.secret = credentials.create(
                session, label="the tool", scopes=("all",), now=datetime.now(UTC)
            )
        self.mood: Mood | None = None
        self.asked: list[str] = []
        self.port = 0
        self._server: BaseWSGIServer | None = None
        self._thread: threading.Thread | None = None
        self._inner = self.app.wsgi_app
        self.app.wsgi_app = self._gate  # type: ignore[method-assign]  # how Flask is wrapped

    @property
    def url(self) -> str:
        """Give its xAPI address."""
        return f"http://127.0.0.1:{self.port}/xapi"

    def start(self) -> None:
        """Begin to answer, on the same port as before."""
        self._server = make_server(
            "127.0.0.1", self.port, self.app, threaded=True, request_handler=Quiet
        )
        self.port = self._server.port
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()

    def stop(self) -> None:
        """Answer no more."""
        if self._server and self._thread:
            self._server.shutdown()
            self._server.server_close()
            self._thread.join()
        self._server = self._thread = None

    def close(self) -> None:
        """Stop and close its database."""
        self.stop()
        self.database.dispose()

    def seen_from_here(self, *, secret: str | None = None) -> ExternalStore:
        """Give it as a target of deliveries."""
        return ExternalStore(self.url, self.key, secret or self.secret)

    def kept(self) -> list[str]:
        """Give the ids it keeps, in the order in which they came."""
        with self.database.read() as session:
            return [str(each) for each in session.scalars(select(StatementRow.id).order_by("seq"))]

    def _gate(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        method = environ["REQUEST_METHOD"]
        self.asked.append(method)
        length = int(environ.get("CONTENT_LENGTH") or 0)
        body = environ["wsgi.input"].read(length) if length else b""
        answer = self.mood(method, body) if self.mood else None
        if answer is None:
            return self._inner({**environ, "wsgi.input": io.BytesIO(body)}, start_response)
        status, headers, content = answer
        told = {"Content-Length": str(len(content)), **headers}
        start_response(f"{status} Mood", list(told.items()))
        return [content]
