"""What the people who run the tool may set, read once from the environment."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel import Locale, UnknownLocaleError

from xapi.host import FIRST
from xapi.settings import LIMITS, read_origins, read_version

PREFIX = "LTI_TOOL_"
CONTENT = Path(__file__).resolve().parent.parent / "courses" / "content"
DEMONSTRATION = Path(__file__).resolve().parent / "certification" / "demonstration.yaml"
MIN_SECRET = 32
USUAL_PORTS = {"http": 80, "https": 443}
FRAMED_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})
TRIAL_HOSTS = re.compile(r"(.*\.)?(localhost|test|example|example\.(com|net|org))|127\.0\.0\.1|::1")
"""Hosts that nobody else reaches (RFC 6761, RFC 2606): there certificates may be of no worth."""


class SettingsError(Exception):
    """One or more settings cannot be used; the text tells all of them, each with what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything that may be set, each with its default. See docs/settings.md."""

    public_url: str
    """Scheme, host and port under which browsers and platforms reach the tool; no path."""
    secret_key: str = field(repr=False)
    """At least 32 characters; encrypts what is secret at rest and signs forms."""
    old_secret_keys: tuple[str, ...] = field(default=(), repr=False)
    """Earlier secrets, still good for reading."""
    database_url: str = "sqlite:///var/lti-tool.db"
    content_dirs: tuple[Path, ...] = (CONTENT,)
    tool_name: str = "ASA Courses"
    organisation: str = "Automotive Skills Alliance"
    contact_url: str = ""
    """Where learners get help; an address of a page or ``mailto:``."""
    allow_private_addresses: bool = False
    """Whether platforms may live at private or loopback addresses."""
    iri_base: str = ""
    """Beginning of the names that last (courses, actors); the public address unless set."""
    log_level: str = "INFO"
    languages: tuple[str, ...] = ("en",)
    visit_hours: int = 12
    login_minutes: int = 10
    launches_per_minute: int = 300
    """How many logins or launches one address may begin in a minute, in each web process."""
    trusted_proxies: int = 0
    """How many proxies in front add X-Forwarded-* headers."""
    lrs_url: str = ""
    """External record store; empty: the embedded one alone."""
    lrs_key: str = ""
    lrs_secret: str = field(default="", repr=False)
    lrs_keep_embedded: bool = True
    """Whether the embedded store receives statements too when an external one is set."""
    xapi_assumed_version: str = FIRST
    """What the embedded store names to a request that names no version of xAPI."""
    xapi_origins: tuple[str, ...] = ()
    """Origins of content that may call the embedded store from a browser; ``*`` for all."""
    xapi_body_limit_bytes: int = LIMITS.body_bytes
    xapi_document_limit_bytes: int = LIMITS.document_bytes
    xapi_requests_per_minute: int = LIMITS.requests_per_minute
    """Of one credential, in each web process."""
    xapi_token_requests_per_minute: int = LIMITS.token_requests_per_minute
    """Of one token of a content player, likewise."""
    files_url: str = "var/files"
    """Where sealed documents and uploads lie: a folder, or an address that fsspec knows."""
    keys_dir: Path = Path("var/keys")
    """Folder of the keys that sign and seal certificates; read by the worker alone."""
    development_keys: bool = False
    """Whether the worker makes keys of its own, whose certificates carry TEST across the page."""
    seal_key: str = ""
    """PEM or PKCS#12 file, or ``pkcs11:`` address, of the seal; empty: ``keys_dir/seal.pem``."""
    seal_key_password: str = field(default="", repr=False)
    time_stamp_url: str = ""
    """Time-stamp service (RFC 3161) for seals of level B-LT; empty: level B-B."""
    issuers_file: Path = DEMONSTRATION
    """YAML file of who issues and signs, by scheme; see docs/operating.md."""
    register_prefix: str = "ASA"
    """How numbers in the register begin, such as ``ASA-EX-2026-000123``."""
    register_time_zone: str = "Europe/Brussels"
    """IANA name of the time zone in which days of issue and validity are told."""
    mail_url: str = ""
    """``smtp://user:password@host:587``, ``smtps://...``, or a folder ``file:var/mail``; empty:
    no mail is sent, and pages offer none."""
    mail_from: str = ""
    """Address that mail comes from."""
    verifications_per_minute: int = 60
    """How many checks of certificates one address may make in a minute, in each web process."""

    @property
    def origin(self) -> str:
        """Give scheme and host of the tool."""
        parts = urlsplit(self.public_url)
        return f"{parts.scheme}://{parts.netloc}"

    @property
    def names_base(self) -> str:
        """Give the beginning of the names that last."""
        return self.iri_base or self.public_url

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> Settings:
        """Read all settings and check them.

        Raises:
            SettingsError: something is missing, unknown or unusable; all faults are told at once.
        """
        given = {
            name.removeprefix(PREFIX).lower(): text.strip()
            for name, text in environ.items()
            if name.startswith(PREFIX)
        }
        faults: list[str] = []
        values: dict[str, object] = {}
        for name, text in sorted(given.items()):
            reader = READERS.get(name)
            if reader is None:
                faults.append(f"{PREFIX}{name.upper()}: no such setting; see docs/settings.md")
                continue
            try:
                values[name] = reader(text)
            except ValueError as error:
                faults.append(f"{PREFIX}{name.upper()}: {error}")
        for name in ("public_url", "secret_key"):
            if name not in given:
                faults.append(f"{PREFIX}{name.upper()} is not set: {MISSING[name]}")
        faults += _together(values)
        if faults:
            raise SettingsError("\n".join(faults))
        return cls(**values)  # type: ignore[arg-type]  # each reader gives its field's type


def _together(values: Mapping[str, object]) -> list[str]:
    """Look at what only several settings together show."""
    faults = []
    host = urlsplit(str(values.get("public_url", ""))).hostname or ""
    if values.get("development_keys") and not TRIAL_HOSTS.fullmatch(host):
        faults.append(
            f"{PREFIX}DEVELOPMENT_KEYS: certificates of development keys prove nothing, so they "
            "are made at this machine's own addresses only; `lti-tool keys make` makes real keys"
        )
    if values.get("mail_url") and not values.get("mail_from"):
        faults.append(f"{PREFIX}MAIL_FROM is not set: the address that mail comes from")
    return faults


def _address(text: str) -> str:
    """Read an origin as browsers write it (RFC 6454, 6.2): small letters, no usual port."""
    parts = urlsplit(text)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("give an address such as https://learn.example.org")
    if parts.path.strip("/") or parts.query or parts.fragment:
        raise ValueError("give scheme and host only, without a path")
    if parts.username or parts.password:
        raise ValueError("leave the user name out")
    if parts.scheme == "http" and parts.hostname not in FRAMED_HOSTS | _local(parts.hostname):
        raise ValueError("use https: browsers refuse the cookies of a tool in a frame over http")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    if parts.port not in {None, USUAL_PORTS[parts.scheme]}:
        host = f"{host}:{parts.port}"
    return f"{parts.scheme}://{host}"


def _local(host: str) -> frozenset[str]:
    return frozenset({host}) if host.endswith(".localhost") else frozenset()


def _link(text: str) -> str:
    if text and urlsplit(text).scheme not in {"http", "https", "mailto"}:
        raise ValueError("give an address that begins with https: or mailto:")
    return text


def _store(text: str) -> str:
    if text and urlsplit(text).scheme not in {"http", "https"}:
        raise ValueError("give the store's xAPI address, such as https://lrs.example.org/xapi")
    return text.rstrip("/")


def _secret(text: str) -> str:
    if len(text) < MIN_SECRET:
        raise ValueError(
            f"needs at least {MIN_SECRET} characters; `openssl rand -hex 32` makes one"
        )
    return text


def _secrets(text: str) -> tuple[str, ...]:
    return tuple(_secret(part) for part in text.split())


def _yes_no(text: str) -> bool:
    if text.lower() in {"1", "true", "yes", "on"}:
        return True
    if text.lower() in {"", "0", "false", "no", "off"}:
        return False
    raise ValueError("give yes or no")


def _whole(low: int, high: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        if not re.fullmatch(r"\d{1,9}", text) or not low <= int(text) <= high:
            raise ValueError(f"give a whole number from {low} to {high}")
        return int(text)

    return read


def _dirs(text: str) -> tuple[Path, ...]:
    folders = tuple(Path(part) for part in text.split(":") if part)
    missing = [str(folder) for folder in folders if not folder.is_dir()]
    if missing or not folders:
        raise ValueError(f"no such folder: {', '.join(missing) or text!r}")
    return folders


def _database(text: str) -> str:
    if not re.match(r"(sqlite|postgresql)(\+\w+)?://", text):
        raise ValueError("give sqlite:///path/to/file.db or postgresql://user:password@host/name")
    return text


def _languages(text: str) -> tuple[str, ...]:
    tags = tuple(text.replace(",", " ").split()) or ("en",)
    for tag in tags:
        try:
            Locale.parse(tag, sep="-")
        except (UnknownLocaleError, ValueError) as error:
            raise ValueError(
                f"{tag!r} is no language; give tags such as en, de or pt-BR"
            ) from error
    return tags


def _mail(text: str) -> str:
    parts = urlsplit(text)
    if text and not (
        (parts.scheme in {"smtp", "smtps"} and parts.hostname) or parts.scheme == "file"
    ):
        raise ValueError("give smtp://user:password@host:587, smtps://... or file:folder")
    return text


def _file(text: str) -> Path:
    if not Path(text).is_file():
        raise ValueError(f"no such file: {text!r}")
    return Path(text)


def _prefix(text: str) -> str:
    if not re.fullmatch(r"[A-Z][A-Z0-9]{1,9}", text):
        raise ValueError("give 2 to 10 capital letters and digits, such as ASA")
    return text


def _time_zone(text: str) -> str:
    try:
        ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ValueError("give a name such as Europe/Brussels") from error
    return text


def _level(text: str) -> str:
    if text.upper() not in {"DEBUG", "INFO", "WARNING", "ERROR"}:
        raise ValueError("give DEBUG, INFO, WARNING or ERROR")
    return text.upper()


READERS: Mapping[str, Callable[[str], object]] = {
    "public_url": _address,
    "secret_key": _secret,
    "old_secret_keys": _secrets,
    "database_url": _database,
    "content_dirs": _dirs,
    "tool_name": str,
    "organisation": str,
    "contact_url": _link,
    "allow_private_addresses": _yes_no,
    "iri_base": _link,
    "log_level": _level,
    "languages": _languages,
    "visit_hours": _whole(1, 72),
    "login_minutes": _whole(1, 60),
    "launches_per_minute": _whole(1, 1_000_000),
    "trusted_proxies": _whole(0, 5),
    "lrs_url": _store,
    "lrs_key": str,
    "lrs_secret": str,
    "lrs_keep_embedded": _yes_no,
    "xapi_assumed_version": read_version,
    "xapi_origins": read_origins,
    "xapi_body_limit_bytes": _whole(1, 999_999_999),
    "xapi_document_limit_bytes": _whole(1, 999_999_999),
    "xapi_requests_per_minute": _whole(1, 999_999_999),
    "xapi_token_requests_per_minute": _whole(1, 999_999_999),
    "files_url": str,
    "keys_dir": Path,
    "development_keys": _yes_no,
    "seal_key": str,
    "seal_key_password": str,
    "time_stamp_url": _link,
    "issuers_file": _file,
    "register_prefix": _prefix,
    "register_time_zone": _time_zone,
    "mail_url": _mail,
    "mail_from": str,
    "verifications_per_minute": _whole(1, 999_999_999),
}

MISSING: Mapping[str, str] = {
    "public_url": "the address of the tool as browsers see it, such as https://learn.example.org",
    "secret_key": "a secret of at least 32 characters; `openssl rand -hex 32` makes one",
}
