"""A platform's services: a token kept until it expires, one fresh one after a 401."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID, uuid4

from pylti1p3.service_connector import ServiceConnector
from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from lti_tool.db import Begin
from lti_tool.lti.calls import CallAnswer, CallError, Calls
from lti_tool.lti.models import Platform, PlatformToken
from lti_tool.lti.protocol import Registration, registration_of
from lti_tool.vault import Vault, VaultError

PURPOSE = "platform-token"
EARLY = timedelta(seconds=60)
"""A token is left alone this long before it expires."""
SHORTEST = timedelta(seconds=30)
BACKDATED_S = 10
"""Moodle refuses a request for a token whose ``iat`` is ahead of its clock by a second."""
LIFETIME_S = 60
LONGEST = timedelta(days=1)
TOKEN = re.compile(r"[\x21-\x7e]{1,8000}")
"""What may stand in a header (RFC 6750, 2.1, and what platforms make of it)."""
INSERTS: dict[str, Any] = {"sqlite": sqlite_insert, "postgresql": postgresql_insert}


@dataclass(frozen=True, slots=True)
class ServiceAnswer:
    """What a service answered, whatever the status."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    retry_after: timedelta | None


class ServiceError(Exception):
    """A service could not be asked; the text is a sentence for staff, without the answer's text."""

    def __init__(self, words: str, *, is_final: bool = False) -> None:
        super().__init__(words)
        self.is_final = is_final
        """Whether asking again makes no sense until somebody changes something."""


class TokenRequest(ServiceConnector):
    """The library's signed request for a token, dated back a little; sent by :class:`Calls`."""

    def __init__(self, registration: Registration) -> None:
        self._registration = registration

    def form(self, scopes: Sequence[str], *, now: datetime) -> bytes:
        """Give the form that asks for a token (RFC 7523, 2.2)."""
        registration = self._registration
        client_id = registration.get_client_id() or ""
        issued = int(now.timestamp()) - BACKDATED_S
        claims: dict[str, str | int] = {
            "iss": client_id,
            "sub": client_id,
            "aud": registration.get_auth_audience() or registration.get_auth_token_url() or "",
            "iat": issued,
            "exp": issued + BACKDATED_S + LIFETIME_S,
            "jti": uuid4().hex,
        }
        headers = {"kid": registration.get_kid() or ""}
        private: Any = registration.get_tool_private_key()
        fields = {
            "grant_type": "client_credentials",
            "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            "client_assertion": self.encode_jwt(claims, private, headers),
            "scope": " ".join(sorted(scopes)),
        }
        return urlencode(fields).encode()


@dataclass(frozen=True, slots=True)
class _Asked:
    platform_id: UUID
    scopes: tuple[str, ...]

    @property
    def key(self) -> str:
        return " ".join(sorted(self.scopes))


class PlatformServices:
    """Asks the services of all platforms; no transaction is open while it waits for an answer."""

    def __init__(self, begin: Begin, vault: Vault, calls: Calls) -> None:
        self._begin = begin
        self._vault = vault
        self._calls = calls

    def request(
        self,
        platform_id: UUID,
        scopes: Sequence[str],
        method: str,
        url: str,
        *,
        body: bytes | None = None,
        content_type: str = "",
        accept: str = "",
        now: datetime,
    ) -> ServiceAnswer:
        """Ask a service of a platform.

        Args:
            platform_id: whose service.
            scopes: what the token must allow.
            method: of HTTP.
            url: of the service, as a signed launch gave it.
            body: what is sent.
            content_type: exactly what the service wants; Moodle refuses anything else.
            accept: likewise.
            now: the moment.

        Raises:
            ServiceError: no token, no answer, or no such platform any more.
        """
        asked = _Asked(platform_id, tuple(scopes))
        headers = {"Content-Type": content_type, "Accept": accept}
        headers = {name: value for name, value in headers.items() if value}
        token = self._kept_token(asked, now=now) or self._fresh_token(asked, now=now)
        answer = self._call(method, url, headers, body, token)
        if answer.status == 401:
            self._drop(asked)
            token = self._fresh_token(asked, now=now)
            answer = self._call(method, url, headers, body, token)
        retry_after = _retry_after(answer.headers.get("Retry-After", ""), now)
        return ServiceAnswer(answer.status, answer.headers, answer.body, retry_after)

    def _call(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None, token: str
    ) -> CallAnswer:
        try:
            return self._calls.request(
                method, url, headers={**headers, "Authorization": f"Bearer {token}"}, body=body
            )
        except CallError as error:
            raise ServiceError(str(error)) from error

    def _kept_token(self, asked: _Asked, *, now: datetime) -> str | None:
        with self._begin() as session:
            kept = session.scalar(
                select(PlatformToken)
                .join(Platform, Platform.id == PlatformToken.platform_id)
                .where(
                    PlatformToken.platform_id == asked.platform_id,
                    PlatformToken.scopes == asked.key,
                    PlatformToken.expires_at > now,
                    Platform.withdrawn_at.is_(None),
                )
            )
            if kept is None:
                return None
            try:
                return self._vault.decrypt(kept.token_sealed, purpose=PURPOSE)
            except VaultError:
                return None

    def _fresh_token(self, asked: _Asked, *, now: datetime) -> str:
        with self._begin() as session:
            platform = session.get(Platform, asked.platform_id)
            if platform is None or platform.withdrawn_at is not None:
                raise ServiceError("The platform is withdrawn.", is_final=True)
            registration = registration_of(
                session, self._vault, platform.issuer, platform.client_id, now=now
            )
        url = registration.get_auth_token_url() or ""
        form = TokenRequest(registration).form(asked.scopes, now=now)
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "*/*"}
        try:
            answer = self._calls.request("POST", url, headers=headers, body=form)
        except CallError as error:
            raise ServiceError(f"No access token: {error}") from error
        token, expires_at = _read_token(answer, now)
        with self._begin() as session:
            _keep(session, asked, self._vault.encrypt(token, purpose=PURPOSE), expires_at)
        return token

    def _drop(self, asked: _Asked) -> None:
        with self._begin() as session:
            session.execute(
                delete(PlatformToken).where(
                    PlatformToken.platform_id == asked.platform_id,
                    PlatformToken.scopes == asked.key,
                )
            )


def _keep(session: Session, asked: _Asked, sealed: str, expires_at: datetime) -> None:
    insert = INSERTS[session.get_bind().dialect.name](PlatformToken).values(
        id=uuid4(),
        platform_id=asked.platform_id,
        scopes=asked.key,
        token_sealed=sealed,
        expires_at=expires_at,
    )
    session.execute(
        insert.on_conflict_do_update(
            index_elements=[PlatformToken.platform_id, PlatformToken.scopes],
            set_={"token_sealed": sealed, "expires_at": expires_at},
        )
    )


def _read_token(answer: CallAnswer, now: datetime) -> tuple[str, datetime]:
    if answer.status == 429 or answer.status >= 500:
        raise ServiceError(f"The platform gave no access token ({answer.status}).")
    if not 200 <= answer.status < 300:
        raise ServiceError(
            f"The platform gave no access token ({answer.status}): check that the tool's client "
            "id, keys and services are switched on there."
        )
    try:
        given = json.loads(answer.body)
        token = given["access_token"]
        lifetime = timedelta(seconds=int(given.get("expires_in") or 3600))
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError) as error:
        raise ServiceError("The platform's access token cannot be read.") from error
    if not isinstance(token, str) or not TOKEN.fullmatch(token):
        raise ServiceError("The platform's access token cannot be read.")
    return token, now + min(max(lifetime - EARLY, SHORTEST), LONGEST)


def _retry_after(given: str, now: datetime) -> timedelta | None:
    """Read ``Retry-After`` (RFC 9110, 10.2.3): seconds or a date."""
    if re.fullmatch(r"\s*[0-9]{1,9}\s*", given):
        return timedelta(seconds=min(int(given), 86_400)) * random.uniform(1.0, 1.1)  # noqa: S311  # spreads the load
    try:
        return max(parsedate_to_datetime(given) - now, timedelta(0))
    except (ValueError, TypeError, OverflowError):
        return None
