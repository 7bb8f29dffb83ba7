"""Ask a server over HTTP, within a time that nothing stretches.

The library's own time limits begin anew with every byte; here a request has one end, whether the
server hangs while it connects, drips its headers or never ends its answer.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from ssl import SSLContext
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import httpcore
import httpx

CONNECT_S = 5.0
REQUEST_S = 15.0
"""How long one request may take altogether."""
KEPT_OPEN_S = 5.0
ANSWER_LIMIT = 1024 * 1024
"""The most bytes of an answer that are read."""
REASON_LENGTH = 500
NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.UnsupportedProtocol, httpx.InvalidURL)
"""After these the server has seen nothing of the request."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; status 0: nothing."""

    status: int
    content: bytes = b""
    reason: str = ""
    retry_after: timedelta | None = None
    is_seen: bool = True
    """Whether the server may have seen the request."""


class Caller:
    """Asks one server, on a connection kept open; its certificate is checked."""

    def __init__(self, url: str, key: str, secret: str, headers: dict[str, str]) -> None:
        self._url = url
        self._client = httpx.Client(
            auth=(key.encode(), secret.encode()),
            timeout=httpx.Timeout(REQUEST_S, connect=CONNECT_S),
            headers=headers,
            follow_redirects=False,
            transport=_BoundedTransport(_proxy_for(url)),
        )

    def close(self) -> None:
        """Close the connection."""
        self._client.close()

    def ask(
        self,
        method: str,
        *,
        content: bytes | None = None,
        params: dict[str, str] | None = None,
        headers: dict[str, str] | None = None,
    ) -> Answer:
        """Give what the server answers, or why it did not."""
        try:
            with self._client.stream(
                method, self._url, content=content, params=params, headers=headers
            ) as response:
                read = b""
                for chunk in response.iter_bytes():
                    read += chunk
                    if len(read) > ANSWER_LIMIT:
                        return Answer(0, reason="The store's answer is longer than expected.")
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            words = f"The store cannot be reached: {type(error).__name__}."
            return Answer(0, reason=words, is_seen=not isinstance(error, NOT_SENT))
        words = _printable(read[:REASON_LENGTH].decode(errors="replace"))
        return Answer(
            response.status_code,
            read,
            f"The store answered {response.status_code}: {words}",
            _retry_after(response),
        )


class _Stream(httpcore.NetworkStream):
    """A connection that is read and written until the end of the request."""

    def __init__(self, inner: httpcore.NetworkStream, transport: _BoundedTransport) -> None:
        self._inner = inner
        self._transport = transport

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Read what there is."""
        return self._inner.read(max_bytes, self._transport.left(timeout, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Write all of it."""
        self._inner.write(buffer, self._transport.left(timeout, httpcore.WriteTimeout))

    def close(self) -> None:
        """Close it."""
        self._inner.close()

    def start_tls(
        self,
        ssl_context: SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        """Speak TLS from here on."""
        left = self._transport.left(timeout, httpcore.ConnectTimeout)
        return _Stream(self._inner.start_tls(ssl_context, server_hostname, left), self._transport)

    def get_extra_info(self, info: str) -> Any:
        """Tell about the connection."""
        return self._inner.get_extra_info(info)


class _Network(httpcore.NetworkBackend):
    """Makes such connections."""

    def __init__(self, transport: _BoundedTransport) -> None:
        self._inner = httpcore.SyncBackend()
        self._transport = transport

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect to a server."""
        left = self._transport.left(timeout, httpcore.ConnectTimeout)
        made = self._inner.connect_tcp(host, port, left, local_address, socket_options)
        return _Stream(made, self._transport)


class _BoundedTransport(httpx.HTTPTransport):
    """Speaks HTTP as usual, but each request has one end."""

    def __init__(self, proxy: str | None) -> None:
        certificates = httpx.create_ssl_context()
        super().__init__(verify=certificates)
        self._end = 0.0
        self._pool = httpcore.ConnectionPool(
            ssl_context=certificates,
            proxy=_proxy(proxy) if proxy else None,
            max_connections=1,
            keepalive_expiry=KEPT_OPEN_S,
            network_backend=_Network(self),
        )

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request; its time begins."""
        self._end = time.monotonic() + REQUEST_S
        return super().handle_request(request)

    def left(self, timeout: float | None, over: type[Exception]) -> float:
        """Give how long the request may still take, or say that its time is over."""
        left = self._end - time.monotonic()
        if left <= 0:
            raise over
        return left if timeout is None else min(left, timeout)


def _proxy_for(url: str) -> str | None:
    """Give the proxy that the environment names, as the library does unless told otherwise."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return None
    return None if proxy_bypass(host) else getproxies().get(parts.scheme)


def _proxy(address: str) -> httpcore.Proxy:
    told = httpx.Proxy(address)
    url = httpcore.URL(
        scheme=told.url.raw_scheme, host=told.url.raw_host, port=told.url.port, target=b"/"
    )
    return httpcore.Proxy(url, auth=told.raw_auth)


def _retry_after(response: httpx.Response) -> timedelta | None:
    """Read how long the server wants to be left alone: seconds, or a date by its own clock."""
    told = response.headers.get("Retry-After", "")
    if told.isdigit():
        return timedelta(seconds=int(told)) if len(told) < 6 else None
    try:
        until = parsedate_to_datetime(told)
        here = parsedate_to_datetime(response.headers.get("Date", ""))
    except (ValueError, TypeError, IndexError):
        return None
    wait = _in_utc(until) - _in_utc(here)
    return wait if wait > timedelta(0) else None


def _in_utc(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _printable(text: str) -> str:
    return "".join(each if each.isprintable() else " " for each in text)
