"""Settings of the store when it runs alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

PREFIX = "XAPI_"


class SettingsError(ValueError):
    """Settings that cannot be used; tells all faults together."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What is set, read once."""

    database_url: str = field(default="sqlite:///xapi.db", repr=False)
    public_url: str = "http://localhost:8090"
    """Address of the store; home page of its authorities' accounts."""
    body_limit_bytes: int = 16 * 1024 * 1024

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> Settings:
        """Read ``XAPI_DATABASE_URL``, ``XAPI_PUBLIC_URL`` and ``XAPI_BODY_LIMIT_BYTES``.

        Raises:
            SettingsError: a variable is unknown, or its value cannot be used.
        """
        given = {
            name.removeprefix(PREFIX).lower(): value
            for name, value in environ.items()
            if name.startswith(PREFIX)
        }
        names = tuple(cls.__dataclass_fields__)
        faults = [
            f"{PREFIX}{name.upper()} is not known; there are "
            + ", ".join(f"{PREFIX}{each.upper()}" for each in names)
            for name in sorted(given)
            if name not in names
        ]
        limit = given.get("body_limit_bytes", "16777216")
        if not limit.isdigit() or int(limit) == 0:
            faults.append(f"{PREFIX}BODY_LIMIT_BYTES must be a whole number above 0")
        if not given.get("public_url", "https://").startswith(("http://", "https://")):
            faults.append(f"{PREFIX}PUBLIC_URL must begin with https:// or http://")
        if faults:
            raise SettingsError("\n".join(faults))
        return cls(
            database_url=given.get("database_url", "sqlite:///xapi.db"),
            public_url=given.get("public_url", "http://localhost:8090").rstrip("/"),
            body_limit_bytes=int(limit),
        )
