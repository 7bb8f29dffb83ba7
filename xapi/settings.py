"""Settings of the store when it runs alone, read once from the environment."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from urllib.parse import urlsplit

from xapi.host import FIRST, SECOND, Limits

PREFIX = "XAPI_"
LIMITS = Limits()
SECRET_LENGTH = 32


class SettingsError(ValueError):
    """Settings that cannot be used; tells all faults together."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What is set. See docs/record-store.md."""

    database_url: str = field(
        default="sqlite:///xapi.db",
        repr=False,
        metadata={"help": "sqlite:///file.db or postgresql://user:password@host/name"},
    )
    secret_key: str = field(
        default="",
        repr=False,
        metadata={"help": "at least 32 characters; encrypts the passwords of other stores"},
    )
    public_url: str = field(
        default="http://localhost:8090",
        metadata={"help": "address of the store; home page of its authorities' accounts"},
    )
    assumed_version: str = field(
        default=FIRST,
        metadata={"help": f"version named to whom names none: {FIRST} or {SECOND}"},
    )
    origins: tuple[str, ...] = field(
        default=(),
        metadata={"help": "origins of pages that may call the store, with spaces between; * all"},
    )
    body_limit_bytes: int = field(
        default=LIMITS.body_bytes,
        metadata={"help": "the most bytes of a request, after it was unpacked"},
    )
    document_limit_bytes: int = field(
        default=LIMITS.document_bytes,
        metadata={"help": "the most bytes of a state or profile document"},
    )
    statements_limit: int = field(
        default=LIMITS.statements,
        metadata={"help": "the most statements of a request"},
    )
    requests_per_minute: int = field(
        default=LIMITS.requests_per_minute,
        metadata={"help": "the most requests of a credential, in each web process"},
    )
    token_requests_per_minute: int = field(
        default=LIMITS.token_requests_per_minute,
        metadata={"help": "the most requests of a token, in each web process"},
    )
    trusted_proxies: int = field(
        default=0,
        metadata={"help": "how many proxies in front add X-Forwarded-* headers (0 to 5)"},
    )

    @property
    def limits(self) -> Limits:
        """Give the most that one request or one minute may hold."""
        return Limits(
            self.body_limit_bytes,
            self.document_limit_bytes,
            self.statements_limit,
            self.requests_per_minute,
            self.token_requests_per_minute,
        )

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> Settings:
        """Read all variables whose names begin with ``XAPI_``.

        Raises:
            SettingsError: a variable is unknown, or its value cannot be used.
        """
        given = {
            name.removeprefix(PREFIX).lower(): value.strip()
            for name, value in environ.items()
            if name.startswith(PREFIX)
        }
        values: dict[str, object] = {}
        faults: list[str] = []
        for name, text in sorted(given.items()):
            reader = READERS.get(name)
            if reader is None:
                known = ", ".join(f"{PREFIX}{each.upper()}" for each in READERS)
                faults.append(f"{PREFIX}{name.upper()} is not known; there are {known}")
                continue
            try:
                values[name] = reader(text)
            except ValueError as error:
                faults.append(f"{PREFIX}{name.upper()} {error}")
        if faults:
            raise SettingsError("\n".join(faults))
        return cls(**values)  # type: ignore[arg-type]  # each reader gives its field's type


def explained() -> str:
    """Tell every setting with its default and its meaning, for the terminal."""
    told = []
    for each in fields(Settings):
        default = "none" if each.default in {(), ""} else each.default
        told.append(f"{PREFIX}{each.name.upper()} (default {default}): {each.metadata['help']}.")
    return "\n\n".join(told)


def read_origins(text: str) -> tuple[str, ...]:
    """Read origins of pages, with spaces between them, or ``*``.

    Raises:
        ValueError: one is no origin.
    """
    listed = tuple(text.split())
    for each in listed:
        parts = urlsplit(each)
        if each != "*" and (parts.scheme not in {"http", "https"} or each.count("/") != 2):
            raise ValueError("must hold origins such as https://content.example.org, or *")
    return listed


def read_version(text: str) -> str:
    """Read a version of the standard.

    Raises:
        ValueError: it is not spoken.
    """
    if text not in {FIRST, SECOND}:
        raise ValueError(f"must be {FIRST} or {SECOND}")
    return text


def _address(text: str) -> str:
    if urlsplit(text).scheme not in {"http", "https"}:
        raise ValueError("must begin with https:// or http://")
    return text.rstrip("/")


def _secret(text: str) -> str:
    if len(text) < SECRET_LENGTH:
        raise ValueError(
            f"needs at least {SECRET_LENGTH} characters; `openssl rand -hex 32` makes one"
        )
    return text


def _database(text: str) -> str:
    if not re.match(r"(sqlite|postgresql)(\+\w+)?://", text):
        raise ValueError("must be sqlite:///file.db or postgresql://user:password@host/name")
    return text


def _whole(low: int, high: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        if not re.fullmatch(r"[0-9]{1,12}", text) or not low <= int(text) <= high:
            raise ValueError(f"must be a whole number from {low} to {high}")
        return int(text)

    return read


BYTES = _whole(1, 10**11)
READERS: Mapping[str, Callable[[str], object]] = {
    "database_url": _database,
    "secret_key": _secret,
    "public_url": _address,
    "assumed_version": read_version,
    "origins": read_origins,
    "body_limit_bytes": BYTES,
    "document_limit_bytes": BYTES,
    "statements_limit": _whole(1, 100_000),
    "requests_per_minute": _whole(1, 10**9),
    "token_requests_per_minute": _whole(1, 10**9),
    "trusted_proxies": _whole(0, 5),
}
