"""Calls to other servers: a time limit, a size limit, no way into our own network."""

from __future__ import annotations

import ipaddress
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass
from http.cookiejar import DefaultCookiePolicy
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import HTTPError, ReadTimeoutError

CONNECT_S = 3.0
READ_S = 10.0
TOTAL_S = 20.0
SIZE_BYTES = 4 * 1024 * 1024
REDIRECTS = 3
AGENT = "asa-lti-tool"


class CallError(Exception):
    """A server could not be asked; the text is a sentence for administrators."""


@dataclass(frozen=True, slots=True)
class CallAnswer:
    """What a server answered, whatever the status."""

    status: int
    headers: Mapping[str, str]
    """By name, in any case."""
    body: bytes


class _PrivateAddressError(HTTPError):
    """The name leads to an address that is not public."""


def _refuse_private(sock: socket.socket) -> None:
    address = sock.getpeername()[0]
    if not ipaddress.ip_address(address.partition("%")[0]).is_global:
        sock.close()
        raise _PrivateAddressError(address)


class _PublicHTTPConnection(HTTPConnection):
    """Looks at the address it is really connected to: a name may change between two look-ups."""

    def _new_conn(self) -> socket.socket:
        sock = super()._new_conn()
        _refuse_private(sock)
        return sock


class _PublicHTTPSConnection(HTTPSConnection):
    """The same with TLS, before the first byte is sent."""

    def _new_conn(self) -> socket.socket:
        sock = super()._new_conn()
        _refuse_private(sock)
        return sock


class _PublicHTTPPool(HTTPConnectionPool):
    ConnectionCls = _PublicHTTPConnection


class _PublicHTTPSPool(HTTPSConnectionPool):
    ConnectionCls = _PublicHTTPSConnection


class _PublicAdapter(HTTPAdapter):
    """Reaches public addresses only."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {
            "http": _PublicHTTPPool,
            "https": _PublicHTTPSPool,
        }


class Calls:
    """What keeps connections open and asks other servers; one for each process."""

    def __init__(self, *, allow_private: bool = False) -> None:
        self._allow_private = allow_private
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        self._session.headers["User-Agent"] = AGENT
        self._session.max_redirects = REDIRECTS
        adapter = HTTPAdapter(pool_maxsize=8) if allow_private else _PublicAdapter(pool_maxsize=8)
        self._session.mount("http://", adapter)
        self._session.mount("https://", adapter)

    def check_address(self, url: str) -> None:
        """Say whether an address may be asked at all; names are looked up when it is asked.

        Raises:
            CallError: no such scheme, no host, a user name in it, plain http to a public server.
        """
        if not is_address(url):
            raise CallError("An address cannot be read: it has a host or a port that cannot be.")
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise CallError(f"{_shown(url)} is no address that begins with https://.")
        if parts.username or parts.password:
            raise CallError(f"{_shown(url)} holds a user name; leave it out.")
        if parts.scheme == "http" and not self._allow_private:
            raise CallError(f"{_shown(url)} is not encrypted; an https address is needed.")
        if not self._allow_private and _is_private(parts.hostname):
            raise CallError(
                f"{_shown(url)} is an address inside a private network. If the platform really "
                "lives there, set LTI_TOOL_ALLOW_PRIVATE_ADDRESSES=yes."
            )

    def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
    ) -> CallAnswer:
        """Ask a server; follow redirects of a GET on the same host only.

        Raises:
            CallError: it cannot be reached, does not answer in time, answers too much, or leads to
                another host or a private address.
        """
        for _ in range(REDIRECTS + 1):
            self.check_address(url)
            answer, leads_to = self._once(method, url, headers or {}, body)
            if leads_to is None or method != "GET":
                return answer
            if not is_address(leads_to) or urlsplit(leads_to).netloc != urlsplit(url).netloc:
                raise CallError(f"{_shown(url)} leads to another server.")
            url = leads_to
        raise CallError(f"{_shown(url)} leads in circles.")

    def _once(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None
    ) -> tuple[CallAnswer, str | None]:
        until = time.monotonic() + TOTAL_S
        try:
            with self._session.request(
                method,
                url,
                headers=dict(headers),
                data=body,
                timeout=(CONNECT_S, READ_S),
                allow_redirects=False,
                stream=True,
            ) as given:
                content = _read(given, until)
        except _TooMuchError as error:
            raise CallError(f"{_shown(url)} answered more than {SIZE_BYTES} bytes.") from error
        except (requests.RequestException, HTTPError, ValueError) as error:
            # the library hands on bare what happens while it connects or reads
            raise CallError(_words(url, error)) from error
        leads_to = given.headers.get("Location") if given.is_redirect else None
        answer = CallAnswer(given.status_code, given.headers, content)
        return answer, _joined(url, leads_to) if leads_to else None


class _TooMuchError(requests.RequestException):
    """The answer is larger than anything that we ask for."""


def _read(given: requests.Response, until: float) -> bytes:
    """Read piece by piece as it comes; a server that drips must not hold us for hours."""
    parts: list[bytes] = []
    size = 0
    while part := given.raw.read1(65_536, decode_content=True):
        size += len(part)
        if size > SIZE_BYTES:
            raise _TooMuchError
        if time.monotonic() > until:
            raise requests.Timeout
        parts.append(part)
    return b"".join(parts)


def _joined(url: str, leads_to: str) -> str:
    try:
        return urljoin(url, leads_to)
    except ValueError:
        return leads_to


def _words(url: str, error: Exception) -> str:
    if any(isinstance(each, _PrivateAddressError) for each in _causes(error)):
        return (
            f"{_shown(url)} leads to an address inside a private network. If the platform really "
            "lives there, set LTI_TOOL_ALLOW_PRIVATE_ADDRESSES=yes."
        )
    if isinstance(error, requests.exceptions.SSLError):
        return f"{_shown(url)} has no valid certificate."
    if isinstance(error, (requests.Timeout, ReadTimeoutError)):
        return f"{_shown(url)} did not answer in time."
    return f"{_shown(url)} could not be reached ({type(error).__name__})."


def _causes(error: BaseException) -> list[BaseException]:
    """Give an error and what caused it, also where a library hands it on as an argument."""
    found: list[BaseException] = []
    waiting: list[object] = [error]
    while waiting and len(found) < 20:
        each = waiting.pop()
        if isinstance(each, BaseException) and each not in found:
            found.append(each)
            waiting += [each.__cause__, each.__context__, *each.args]
            waiting.append(getattr(each, "reason", None))
    return found


def _is_private(host: str) -> bool:
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        return host == "localhost" or host.endswith((".localhost", ".local", ".internal"))


def is_address(url: str) -> bool:
    """Say whether an address can be taken apart: a bracket or a port may be none."""
    try:
        port = urlsplit(url).port
    except ValueError:
        return False
    return port != 0


def _shown(url: str) -> str:
    """Cut an address to what may stand in a log or on a page: scheme, host and path."""
    parts = urlsplit(url)
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.scheme}://{parts.hostname or ''}{port}{parts.path}"
