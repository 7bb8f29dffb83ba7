"""The ways out for mail: a server (SMTP, always encrypted beyond this machine), or a folder."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from pathlib import Path
from urllib.parse import SplitResult, unquote, urlsplit
from uuid import UUID

from lti_tool.settings import FRAMED_HOSTS, Settings

TIMEOUT_S = 15.0
"""For each answer of the server."""
USUAL_PORTS = {"smtp": 587, "smtps": 465}


class RefusedError(Exception):
    """The server will not take this letter; the text says why, without the address."""

    def __init__(self, reason: str, *, is_final: bool) -> None:
        super().__init__(reason)
        self.is_final = is_final
        """Whether trying again is of no use."""


class TroubleError(Exception):
    """No letter can be sent now; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """A letter with all that is written on it."""

    id: UUID
    sender: str
    sender_name: str
    to: str
    subject: str
    text: str
    html: str
    at: datetime


Send = Callable[[Parcel], None]


def opened(settings: Settings) -> AbstractContextManager[Send]:
    """Open the way that is set; what it gives sends one letter after the other.

    Raises:
        RefusedError: by what it gives: a letter is not taken.
        TroubleError: the way itself cannot be used.
    """
    parts = urlsplit(settings.mail_url)
    host = urlsplit(settings.public_url).hostname or "localhost"
    if parts.scheme == "file":
        return _folder(Path(unquote(parts.path)), host)
    return _server(parts, host)


@contextmanager
def _folder(folder: Path, host: str) -> Iterator[Send]:
    def send(parcel: Parcel) -> None:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            path = folder / f"{parcel.at:%Y%m%d-%H%M%S}-{parcel.id}.eml"
            aside = path.with_suffix(".part")
            aside.write_bytes(_message(parcel, host).as_bytes())
            aside.replace(path)
        except OSError as error:
            raise TroubleError(
                f"The folder for mail cannot be written: {error.strerror}."
            ) from error

    yield send


@contextmanager
def _server(parts: SplitResult, host: str) -> Iterator[Send]:
    server = _connected(parts, host)

    def send(parcel: Parcel) -> None:
        try:
            server.send_message(_message(parcel, host), parseaddr(parcel.sender)[1], [parcel.to])
        except smtplib.SMTPRecipientsRefused as error:
            code, told = next(iter(error.recipients.values()))
            raise _refusal(code, told, parcel) from error
        except smtplib.SMTPDataError as error:
            raise _refusal(error.smtp_code, error.smtp_error, parcel) from error
        except smtplib.SMTPNotSupportedError as error:
            reason = "The mail server cannot write to addresses with letters beyond ASCII."
            raise RefusedError(reason, is_final=True) from error
        except smtplib.SMTPSenderRefused as error:
            said = _said(error.smtp_code, error.smtp_error, parcel)
            raise TroubleError(f"The mail server does not let us send as we are: {said}") from error
        except (smtplib.SMTPException, OSError) as error:
            raise TroubleError(_broken(error)) from error

    try:
        yield send
    finally:
        with suppress(smtplib.SMTPException, OSError):
            server.quit()
        server.close()


def _connected(parts: SplitResult, host: str) -> smtplib.SMTP:
    """Give a server that was spoken to in secret, and that knows us where a name is set."""
    name, port = parts.hostname or "", parts.port or USUAL_PORTS[parts.scheme]
    context = ssl.create_default_context()
    server: smtplib.SMTP | None = None
    try:
        if parts.scheme == "smtps":
            server = smtplib.SMTP_SSL(
                name, port, local_hostname=host, timeout=TIMEOUT_S, context=context
            )
            server.ehlo()
        else:
            server = smtplib.SMTP(name, port, local_hostname=host, timeout=TIMEOUT_S)
            _encrypt(server, name, context)
        if parts.username:
            server.login(unquote(parts.username), unquote(parts.password or ""))
    except smtplib.SMTPAuthenticationError as error:
        _close(server)
        reason = f"The mail server refused our name and password ({error.smtp_code})."
        raise TroubleError(reason) from error
    except (smtplib.SMTPException, OSError) as error:
        _close(server)
        raise TroubleError(_broken(error)) from error
    except TroubleError:
        _close(server)
        raise
    return server


def _encrypt(server: smtplib.SMTP, name: str, context: ssl.SSLContext) -> None:
    server.ehlo()
    if server.has_extn("starttls"):
        server.starttls(context=context)
        server.ehlo()
    elif name not in FRAMED_HOSTS:  # hosts of this machine: nobody listens in between
        raise TroubleError(
            "The mail server offers no STARTTLS, and nothing is sent in the open. Give smtps:// "
            "or another server."
        )


def _close(server: smtplib.SMTP | None) -> None:
    if server is not None:
        server.close()


def _broken(error: Exception) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"The mail server's certificate cannot be trusted: {error.verify_message}."
    if isinstance(error, TimeoutError):
        return "The mail server did not answer in time."
    if isinstance(error, OSError) and not isinstance(error, smtplib.SMTPException):
        return f"The mail server cannot be reached: {error.strerror or type(error).__name__}."
    return f"The mail server broke off ({type(error).__name__})."


def _refusal(code: int, told: bytes | str, parcel: Parcel) -> RefusedError:
    return RefusedError(
        f"The mail server refused it: {_said(code, told, parcel)}", is_final=code >= 500
    )


def _said(code: int, told: bytes | str, parcel: Parcel) -> str:
    """Give what a server said, without the address that it likes to repeat."""
    text = told.decode(errors="replace") if isinstance(told, bytes) else told
    words = " ".join(text.split())
    return f"{code} {words.replace(parcel.to, '…')}"[:300]


def _message(parcel: Parcel, host: str) -> EmailMessage:
    message = EmailMessage(policy=SMTP)
    name, address = parseaddr(parcel.sender)
    message["From"] = Address(name or parcel.sender_name, addr_spec=address)
    message["To"] = Address(addr_spec=parcel.to)
    message["Subject"] = parcel.subject
    message["Date"] = format_datetime(parcel.at)
    message["Message-ID"] = f"<{parcel.id}@{host}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(parcel.text)
    message.add_alternative(parcel.html, subtype="html")
    return message
