"""Public keys of platforms: held by kid, fetched again when a new one turns up.

A launch that meets a key we hold asks nobody. For an unknown kid the key set is fetched, at most
once a minute for each platform, however many processes meet it; where the platform does not answer,
the keys we hold stay good.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from jwt.algorithms import RSAAlgorithm
from sqlalchemy import Update, bindparam, delete, or_, select, update

from lti_tool.db import Begin
from lti_tool.lti.calls import CallError, Calls
from lti_tool.lti.models import Platform, PlatformKey
from lti_tool.lti.protocol import ID_LENGTH
from xapi.prepared import Prepared, Running

ONCE_IN = timedelta(minutes=1)
OLD = timedelta(days=1)
"""Age from which the worker fetches a key set again, so that a key taken back is noticed."""
IN_FLIGHT = timedelta(seconds=15)
"""How long a fetch may be under way; longer, and whoever began it died."""
PATIENCE_S = 8.0
LOOK_S = 0.1
MAX_KEYS = 50
MIN_BITS = 2048


class KeySetError(Exception):
    """A key set cannot be fetched or read; the text is a sentence for administrators."""


@dataclass(frozen=True, slots=True)
class _Held:
    version: int
    keys: Mapping[str, RSAPublicKey]


OWN_KEYS = Prepared(
    select(PlatformKey.kid, PlatformKey.jwk).where(
        PlatformKey.platform_id == bindparam("platform_id")
    )
)
_held: dict[UUID, _Held] = {}
"""What this process holds, under the version that the platform's row had when it was read."""


def find_key(session: Running, platform_id: UUID, version: int, kid: str) -> RSAPublicKey | None:
    """Give the key of a kid as far as it is known here; asks the database at most, nobody else.

    Args:
        session: of the caller.
        platform_id: whose key.
        version: of the platform's row, as just read.
        kid: as the token names it.
    """
    held = _held.get(platform_id)
    if held is None or held.version != version:
        rows = OWN_KEYS.all(session, {"platform_id": platform_id})
        keys = {row.kid: key for row in rows if (key := _key(row.jwk)) is not None}
        held = _held[platform_id] = _Held(version, keys)
    return held.keys.get(kid)


def fetch(begin: Begin, calls: Calls, platform_id: UUID, *, now: datetime) -> bool:
    """Fetch a platform's key set unless somebody did within the minute; say whether we did.

    Where somebody else is at it just now, their answer is waited for.

    Raises:
        KeySetError: the platform does not answer with a key set; what is held stays.
    """
    with begin() as session:
        url = session.scalar(
            update(Platform)
            .where(
                Platform.id == platform_id,
                or_(Platform.keys_tried_at.is_(None), Platform.keys_tried_at <= now - ONCE_IN),
            )
            .values(keys_tried_at=now, keys_fault="")
            .returning(Platform.keys_url)
            .execution_options(synchronize_session=False)
        )
    if url is None:
        _wait_for_other(begin, platform_id, now=now)
        return False
    try:
        keys = read_set(calls, url)
    except KeySetError as error:
        with begin() as session:
            session.execute(_of(platform_id).values(keys_fault=str(error)))
        raise
    _keep(begin, platform_id, keys, now=now)
    return True


def _of(platform_id: UUID) -> Update:
    return (
        update(Platform)
        .where(Platform.id == platform_id)
        .execution_options(synchronize_session=False)
    )


def _keep(
    begin: Begin, platform_id: UUID, keys: Mapping[str, Mapping[str, Any]], *, now: datetime
) -> None:
    with begin() as session:
        session.execute(delete(PlatformKey).where(PlatformKey.platform_id == platform_id))
        session.add_all(
            PlatformKey(platform_id=platform_id, kid=kid, jwk=dict(jwk), fetched_at=now)
            for kid, jwk in keys.items()
        )
        session.execute(
            _of(platform_id).values(
                keys_fetched_at=now, keys_fault="", version=Platform.version + 1
            )
        )


def _wait_for_other(begin: Begin, platform_id: UUID, *, now: datetime) -> None:
    """Wait while another launch fetches the key set: a class comes in within a second."""
    query = select(Platform.keys_tried_at, Platform.keys_fetched_at, Platform.keys_fault).where(
        Platform.id == platform_id
    )
    for _ in range(int(PATIENCE_S / LOOK_S)):
        with begin() as session:
            row = session.execute(query).one_or_none()
        if row is None or row.keys_tried_at is None or now - row.keys_tried_at > IN_FLIGHT:
            return
        if row.keys_fault:
            raise KeySetError(row.keys_fault)
        if row.keys_fetched_at is not None and row.keys_fetched_at >= row.keys_tried_at:
            return
        time.sleep(LOOK_S)


def fetch_old(begin: Begin, calls: Calls, *, now: datetime) -> int:
    """Fetch the key sets that are older than a day; give how many were tried."""
    with begin() as session:
        due = session.scalars(
            select(Platform.id)
            .where(
                Platform.keys_fetched_at <= now - OLD,
                Platform.keys_tried_at <= now - OLD / 24,
                Platform.withdrawn_at.is_(None),
            )
            .limit(20)
        ).all()
    for platform_id in due:
        try:
            fetch(begin, calls, platform_id, now=now)
        except KeySetError:
            continue
    return len(due)


def read_set(calls: Calls, url: str) -> dict[str, dict[str, Any]]:
    """Ask for a key set; give its RSA keys for signatures by kid.

    Raises:
        KeySetError: no answer, or none that holds such a key.
    """
    try:
        answer = calls.request("GET", url, headers={"Accept": "application/json"})
    except CallError as error:
        raise KeySetError(str(error)) from error
    if answer.status != 200:
        raise KeySetError(f"The platform's key set answers {answer.status}.")
    try:
        listed = json.loads(answer.body)["keys"]
        usable = {
            str(jwk["kid"]): jwk
            for jwk in listed[:MAX_KEYS]
            if isinstance(jwk, dict) and _is_kid(jwk.get("kid")) and _key(jwk) is not None
        }
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise KeySetError("The platform's key set cannot be read.") from error
    if not usable:
        raise KeySetError("The platform's key set holds no RSA key with a key id.")
    return usable


def _is_kid(given: object) -> bool:
    """Say whether a key id can be kept; tokens that name another are refused as well."""
    return 0 < len(str(given or "")) <= ID_LENGTH and "\x00" not in str(given)


def _key(jwk: Mapping[str, Any]) -> RSAPublicKey | None:
    """Give an RSA key of at least 2048 bits meant for RS256; ``alg`` may be missing."""
    if jwk.get("kty") != "RSA" or jwk.get("alg", "RS256") != "RS256":
        return None
    if jwk.get("use", "sig") != "sig":
        return None
    try:
        public = {name: jwk[name] for name in ("kty", "n", "e")}
        key = RSAAlgorithm.from_jwk(public)
    except (jwt.InvalidKeyError, KeyError, ValueError, TypeError):
        return None
    return key if isinstance(key, RSAPublicKey) and key.key_size >= MIN_BITS else None
