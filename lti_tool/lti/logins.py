"""The first step of a launch: a platform says that somebody comes, we say where to sign that."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode, urlsplit
from uuid import UUID

from sqlalchemy import Connection, bindparam, delete, insert, select
from sqlalchemy.orm import Session

from lti_tool.lti.checks import Check
from lti_tool.lti.models import Launch, Login, Platform
from lti_tool.lti.protocol import RefusedError, is_ours
from lti_tool.vault import digest, new_token
from xapi.prepared import Prepared

HINT_LENGTH = 4_000
HOLD = timedelta(seconds=10)
MOST_HELD = 500
KEEP_LOGINS = timedelta(days=1)
KEEP_LAUNCHES = timedelta(days=90)

PLATFORMS = Prepared(
    select(
        Platform.id, Platform.issuer, Platform.client_id, Platform.auth_url, Platform.frame_origins
    ).where(Platform.issuer == bindparam("issuer"), Platform.withdrawn_at.is_(None))
)
INSERT = Prepared(
    insert(Login).values(
        {
            name: bindparam(name)
            for name in (
                "state_hash",
                "nonce_hash",
                "platform_id",
                "target_link_uri",
                "cookie_hash",
                "storage_hash",
                "storage_target",
                "created_at",
            )
        }
    )
)


@dataclass(frozen=True, slots=True)
class BegunLogin:
    """A login that was begun, and what its page needs."""

    auth_url: str
    """Where the browser goes on, with every parameter."""
    state: str
    cookie_secret: str
    storage_secret: str
    storage_target: str
    """Frame of the platform that keeps secrets; empty: it offers none."""
    platform_id: UUID
    frame_ancestors: tuple[str, ...]


def begin(
    connection: Connection, asked: Mapping[str, str], *, origin: str, launch_url: str, now: datetime
) -> BegunLogin:
    """Begin a login.

    Args:
        connection: in the caller's transaction.
        asked: parameters of the third-party initiated login (OpenID Connect core, 4; LTI 1.3
            core, 5.1.1), by GET or POST.
        origin: of the tool.
        launch_url: our one redirect address; platforms compare it byte for byte.
        now: the moment.

    Raises:
        RefusedError: something is missing, the platform is unknown or the target is not ours.
    """
    missing = [name for name in ("iss", "login_hint", "target_link_uri") if not asked.get(name)]
    if missing or any(len(text) > HINT_LENGTH for text in asked.values()):
        raise RefusedError(Check.LOGIN_REQUEST, missing=", ".join(missing) or "nothing; too long")
    if not is_ours(asked["target_link_uri"], origin):
        raise RefusedError(Check.LOGIN_REQUEST, target=asked["target_link_uri"][:200])
    platform = _platform(connection, asked["iss"], asked.get("client_id", ""), now)
    state, nonce, cookie, storage = new_token(), new_token(), new_token(), new_token()
    target = asked.get("lti_storage_target", "")[:80]
    INSERT.run(
        connection,
        {
            "state_hash": digest(state),
            "nonce_hash": digest(nonce),
            "platform_id": platform.id,
            "target_link_uri": asked["target_link_uri"],
            "cookie_hash": digest(cookie),
            "storage_hash": digest(storage),
            "storage_target": target,
            "created_at": now,
        },
    )
    query = {
        "scope": "openid",
        "response_type": "id_token",
        "response_mode": "form_post",
        "prompt": "none",
        "client_id": platform.client_id,
        "redirect_uri": launch_url,
        "login_hint": asked["login_hint"],
        "state": state,
        "nonce": nonce,
    }
    if asked.get("lti_message_hint"):
        query["lti_message_hint"] = asked["lti_message_hint"]
    mark = "&" if urlsplit(platform.auth_url).query else "?"
    return BegunLogin(
        f"{platform.auth_url}{mark}{urlencode(query)}",
        state,
        cookie,
        storage,
        target,
        platform.id,
        frame_ancestors(platform.issuer, platform.auth_url, platform.frame_origins),
    )


def _platform(connection: Connection, issuer: str, client_id: str, now: datetime) -> Any:
    """Find the platform of a login; by issuer alone where that names one.

    One that was found is held for a moment: whether it was withdrawn since is asked at the launch.
    """
    key = (connection.engine.url, issuer, client_id)
    until, row = _held.get(key, (now, None))
    if row is not None and now < until:
        return row
    found = PLATFORMS.all(connection, {"issuer": issuer})
    if client_id:
        found = [each for each in found if each.client_id == client_id]
    if len(found) != 1:
        raise RefusedError(
            Check.PLATFORM, issuer=issuer[:200], client_id=client_id[:200], found=len(found)
        )
    if len(_held) >= MOST_HELD:
        _held.clear()
    _held[key] = (now + HOLD, found[0])
    return found[0]


_held: dict[tuple[Any, str, str], tuple[datetime, Any]] = {}


def forget_platforms() -> None:
    """Look every platform up again from now on."""
    _held.clear()


@dataclass(frozen=True, slots=True)
class WaitingLogin:
    """What the page that asks the storages needs to know of a login."""

    storage_target: str
    auth_url: str
    frame_ancestors: tuple[str, ...]


def find_waiting(session: Session, state: str) -> WaitingLogin | None:
    """Give the login of a state that is still to be used; nothing is changed by asking."""
    row = session.execute(
        select(Login.storage_target, Platform.issuer, Platform.auth_url, Platform.frame_origins)
        .join(Platform, Platform.id == Login.platform_id)
        .where(Login.state_hash == digest(state), Login.used_at.is_(None))
    ).one_or_none()
    if row is None:
        return None
    ancestors = frame_ancestors(row.issuer, row.auth_url, row.frame_origins)
    return WaitingLogin(row.storage_target, row.auth_url, ancestors)


def frame_ancestors(issuer: str, auth_url: str, more: list[Any]) -> tuple[str, ...]:
    """Give the origins that may frame the pages of a platform's visits."""
    origins: dict[str, None] = {}
    for address in (issuer, auth_url, *(str(each) for each in more)):
        parts = urlsplit(address)
        if parts.scheme in {"http", "https"} and parts.netloc:
            origins[f"{parts.scheme}://{parts.netloc}"] = None
    return tuple(origins)


def forget(session: Session, *, now: datetime) -> int:
    """Remove logins after a day and launches long after their end; give how many."""
    old = session.execute(delete(Login).where(Login.created_at < now - KEEP_LOGINS))
    past = session.execute(delete(Launch).where(Launch.ends_at < now - KEEP_LAUNCHES))
    return int(old.rowcount) + int(past.rowcount)  # type: ignore[attr-defined]
