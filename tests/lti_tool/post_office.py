"""A real SMTP server for tests (aiosmtpd), which does as it is told with each letter."""

from __future__ import annotations

import email
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session


@dataclass
class Office:
    """What came in, and what the server answers."""

    letters: list[EmailMessage] = field(default_factory=list)
    encrypted: list[bool] = field(default_factory=list)
    to: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    says: dict[str, str] = field(default_factory=dict)
    """Answer to each address, in place of taking it."""
    says_of_content: str = ""
    port: int = 0

    async def handle_RCPT(  # noqa: N802  # called so by the server
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: Any
    ) -> str:
        self.asked.append(address)
        if address in self.says:
            return self.says[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802  # likewise
        self, _server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        if self.says_of_content:
            return self.says_of_content
        assert isinstance(envelope.content, bytes)
        message = email.message_from_bytes(envelope.content, policy=default)
        assert isinstance(message, EmailMessage)
        self.letters.append(message)
        self.encrypted.append(session.ssl is not None)
        self.to += envelope.rcpt_tos
        return "250 Taken"


def _knows(_server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> AuthResult:
    good = isinstance(data, LoginPassword) and data == LoginPassword(b"tool", b"open sesame")
    return AuthResult(success=good, handled=False)


def _free_port() -> int:
    with socket.socket() as tried:
        tried.bind(("127.0.0.1", 0))
        port: int = tried.getsockname()[1]
        return port


@contextmanager
def open_office(certificate: Path | None = None, *, with_names: bool = False) -> Iterator[Office]:
    """Open a server on a free port.

    Args:
        certificate: with its key; the server then demands STARTTLS. None: it has none.
        with_names: whether it wants a name and a password first.
    """
    office = Office()
    context = None
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
    controller = Controller(
        office,
        hostname="127.0.0.1",
        port=_free_port(),
        server_hostname="post.example.org",
        tls_context=context,
        require_starttls=context is not None,
        auth_required=with_names,
        authenticator=_knows if with_names else None,
        auth_require_tls=context is not None,
    )
    office.port = controller.port
    controller.start()
    try:
        yield office
    finally:
        controller.stop()
