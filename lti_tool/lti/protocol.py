"""Our subclasses of the library: what a platform is to it, and every check of a launch.

The library's own checks accept a message twice, and one without ``exp``, and never look at the
target; ``validate`` is replaced as a whole. No network, no database: what is needed is handed in.
"""

from __future__ import annotations

import binascii
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import jwt
import requests
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from pylti1p3.message_launch import MessageLaunch
from pylti1p3.registration import Registration as LibraryRegistration
from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_tool.errors import NotFoundError, ToolError
from lti_tool.lti import keys
from lti_tool.lti.checks import Check
from lti_tool.lti.models import Platform
from lti_tool.vault import Vault, digest

CLAIM = "https://purl.imsglobal.org/spec/lti/claim/"
DL_SETTINGS = "https://purl.imsglobal.org/spec/lti-dl/claim/deep_linking_settings"
AGS = "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"
NRPS = "https://purl.imsglobal.org/spec/lti-nrps/claim/namesroleservice"

RESOURCE_LINK = "LtiResourceLinkRequest"
DEEP_LINKING = "LtiDeepLinkingRequest"

LEEWAY = timedelta(seconds=30)
END_OF_TIME = 10**12
MOST_SKEW_S = 10**9
TOKEN_BYTES = 64 * 1024
ID_LENGTH = 255


class RefusedError(ToolError):
    """A login or launch that does not fulfil a check; becomes a page with a code."""

    message_id = "refused"

    def __init__(self, check: Check, **detail: object) -> None:
        super().__init__(f"refused by {check.value}")
        self.check = check
        self.detail = detail
        """Found and expected, as far as they name nobody."""


class Registration(LibraryRegistration):
    """A platform as the library sees it, with our key as an object and its kid beside it.

    The library takes the object as it is, and so does not check the private key anew (30 ms) for
    each signature; of the public key it would only compute the kid.
    """

    def __init__(self, platform: Platform, key: keys.SigningKey) -> None:
        self._kid = key.kid
        self.set_issuer(platform.issuer).set_client_id(platform.client_id)
        self.set_auth_login_url(platform.auth_url).set_auth_token_url(platform.token_url)
        self.set_key_set_url(platform.keys_url)
        if platform.token_audience:
            self.set_auth_audience(platform.token_audience)
        self.set_tool_private_key(key.private)  # type: ignore[arg-type]  # handed on as it is

    def get_kid(self) -> str:
        """Give the kid of the key that signs."""
        return self._kid


def registration_of(
    session: Session, vault: Vault, issuer: str, client_id: str, *, now: datetime
) -> Registration:
    """Give the library's picture of a platform.

    Raises:
        NotFoundError: there is none of that issuer and client id.
    """
    platform = session.scalar(
        select(Platform).where(Platform.issuer == issuer, Platform.client_id == client_id)
    )
    if platform is None:
        raise NotFoundError("platform")
    return Registration(platform, keys.signing_key(session, vault, now=now))


@dataclass(frozen=True, slots=True)
class Expected:
    """What a token must fit, from our own rows."""

    platform_id: UUID
    issuer: str
    client_id: str
    nonce_hash: str
    target_link_uri: str
    login_at: datetime
    origin: str
    """Scheme, host and port of the tool."""
    allow_http: bool
    """Whether a platform may be reached without TLS."""


@dataclass(frozen=True, slots=True)
class Token:
    """A token taken apart, not yet believed."""

    kid: str
    claims: Mapping[str, Any]
    signed: bytes
    signature: bytes


def take_apart(text: str) -> Token:
    """Read a token without believing it.

    Raises:
        RefusedError: it is no JWT (RFC 7519), is not signed by RS256, or names no key.
    """
    if not text or len(text) > TOKEN_BYTES:
        raise RefusedError(Check.FORMAT, size_bytes=len(text))
    try:
        head, body, signature = (each.encode("ascii") for each in text.split("."))
        header, claims = json.loads(_decoded(head)), json.loads(_decoded(body))
        signed, proof = head + b"." + body, _decoded(signature)
    except (ValueError, RecursionError) as error:
        raise RefusedError(Check.FORMAT, fault=type(error).__name__) from error
    if not isinstance(header, dict) or not isinstance(claims, dict):
        raise RefusedError(Check.FORMAT, fault="no object")
    if header.get("alg") != "RS256" or "crit" in header:
        raise RefusedError(Check.ALGORITHM, found=str(header.get("alg"))[:20], expected="RS256")
    kid = header.get("kid")
    if not isinstance(kid, str) or not kid or len(kid) > ID_LENGTH:
        raise RefusedError(Check.KEY, found="no kid")
    return Token(kid, claims, signed, proof)


def _decoded(part: bytes) -> bytes:
    """Decode base64url without padding (RFC 7515, 2); anything else in it is refused."""
    padded = part.translate(URL_ALPHABET) + b"=" * (-len(part) % 4)
    return binascii.a2b_base64(padded, strict_mode=True)


class _Nothing:
    """Stands where the library wants a request, a session and cookies; none of them is asked."""


NOTHING: Any = _Nothing()
NO_REQUESTS = requests.Session()
RS256 = jwt.get_algorithm_by_name("RS256")
URL_ALPHABET = bytes.maketrans(b"-_+/=", b"+/   ")
"""To the alphabet of the standard library; what must not stand in a token becomes a blank."""


class CheckedLaunch(MessageLaunch[Any, Any, Any, Any]):
    """A launch message whose every check is ours."""

    def __init__(
        self, token: Token, expected: Expected, key: RSAPublicKey, *, now: datetime
    ) -> None:
        super().__init__(NOTHING, NOTHING, NOTHING, NOTHING, requests_session=NO_REQUESTS)
        self._token = token
        self._expected = expected
        self._key = key
        self._now = now

    def validate(self) -> CheckedLaunch:
        """Check everything that a token says.

        Raises:
            RefusedError: with the first check that failed.

        Source: LTI 1.3 core, 5 and 6; 1EdTech Security Framework 1.0, 5.1.3.
        """
        if not RS256.verify(self._token.signed, self._key, self._token.signature):
            raise RefusedError(Check.SIGNATURE)
        claims, expected = self._token.claims, self._expected
        _check_parties(claims, expected)
        _check_times(claims, expected, self._now)
        _check_nonce(claims, expected)
        _check_message(claims, expected)
        _check_subject(claims)
        self.set_jwt({"body": dict(claims)})  # type: ignore[typeddict-item]
        self._validated = True
        return self

    def _get_request_param(self, key: str) -> str:
        raise NotImplementedError(key)  # the library's way to a request, which is not walked

    @property
    def claims(self) -> Mapping[str, Any]:
        """Give what the platform says; only after :meth:`validate`."""
        claims: Mapping[str, Any] = self.get_launch_data()
        return claims


def _check_parties(claims: Mapping[str, Any], expected: Expected) -> None:
    if claims.get("iss") != expected.issuer:
        raise RefusedError(Check.ISSUER, found=_shown(claims.get("iss")), expected=expected.issuer)
    given = claims.get("aud")
    audiences = given if isinstance(given, list) else [given]
    if expected.client_id not in audiences:
        raise RefusedError(Check.AUDIENCE, found=_shown(audiences[:1]), expected=expected.client_id)
    azp = claims.get("azp")
    if (len(audiences) > 1 or azp is not None) and azp != expected.client_id:
        raise RefusedError(Check.AUTHORIZED_PARTY, found=_shown(azp), expected=expected.client_id)


def _check_times(claims: Mapping[str, Any], expected: Expected, now: datetime) -> None:
    moment = now.timestamp()
    leeway = LEEWAY.total_seconds()
    expires, issued = _number(claims.get("exp")), _number(claims.get("iat"))
    if expires is None or moment > expires + leeway:
        late = None if expires is None else round(moment - expires)
        raise RefusedError(Check.EXPIRED, late_s=late)
    not_before = _number(claims.get("nbf", issued))
    if issued is None or not_before is None or max(issued, not_before) > moment + leeway:
        ahead = None if issued is None else round(issued - moment)
        raise RefusedError(Check.ISSUED_AT, ahead_s=ahead)
    if issued < expected.login_at.timestamp() - leeway - 1:
        older = round(expected.login_at.timestamp() - issued)
        raise RefusedError(Check.ISSUED_AT, older_than_login_s=older)


def _number(given: object) -> float | None:
    """Read a NumericDate; what is no moment of the next ten thousand years is none."""
    if isinstance(given, bool) or not isinstance(given, (int, float)):
        return None
    return float(given) if 0 <= given < END_OF_TIME else None


def _check_nonce(claims: Mapping[str, Any], expected: Expected) -> None:
    nonce = claims.get("nonce")
    if not isinstance(nonce, str) or digest(nonce) != expected.nonce_hash:
        raise RefusedError(Check.NONCE, found="another" if nonce else "none")


def _check_message(claims: Mapping[str, Any], expected: Expected) -> None:
    if claims.get(f"{CLAIM}version") != "1.3.0":
        raise RefusedError(
            Check.VERSION, found=_shown(claims.get(f"{CLAIM}version")), expected="1.3.0"
        )
    kind = claims.get(f"{CLAIM}message_type")
    if kind not in {RESOURCE_LINK, DEEP_LINKING}:
        raise RefusedError(Check.MESSAGE_TYPE, found=_shown(kind))
    deployment = claims.get(f"{CLAIM}deployment_id")
    if not isinstance(deployment, str) or not 0 < len(deployment) <= ID_LENGTH:
        raise RefusedError(Check.DEPLOYMENT, found=type(deployment).__name__)
    if not isinstance(claims.get(f"{CLAIM}roles"), list):
        raise RefusedError(Check.ROLES, found=type(claims.get(f"{CLAIM}roles")).__name__)
    target = claims.get(f"{CLAIM}target_link_uri")
    if kind == RESOURCE_LINK:
        _check_target(target, expected)
        _check_link(claims)
    else:
        if target is not None:
            _check_target(target, expected)
        _check_settings(claims, expected)


def _check_target(target: object, expected: Expected) -> None:
    if not isinstance(target, str) or not is_ours(target, expected.origin):
        raise RefusedError(Check.TARGET, found=_shown(target), expected=expected.origin)
    if target != expected.target_link_uri:
        raise RefusedError(
            Check.TARGET, found=_shown(target), expected=_shown(expected.target_link_uri)
        )


def is_ours(address: str, origin: str) -> bool:
    """Say whether an address lies at the tool's own origin."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    return f"{parts.scheme}://{parts.netloc}".lower() == origin.lower()


def _check_link(claims: Mapping[str, Any]) -> None:
    link = claims.get(f"{CLAIM}resource_link")
    given = link.get("id") if isinstance(link, dict) else None
    if not isinstance(given, str) or not 0 < len(given) <= ID_LENGTH:
        raise RefusedError(Check.RESOURCE_LINK, found=type(given).__name__)


def _check_settings(claims: Mapping[str, Any], expected: Expected) -> None:
    given = claims.get(DL_SETTINGS)
    address = given.get("deep_link_return_url") if isinstance(given, dict) else None
    schemes = {"https", "http"} if expected.allow_http else {"https"}
    if not isinstance(address, str) or urlsplit(address).scheme not in schemes:
        raise RefusedError(Check.DEEP_LINKING, found="no return address over https")


def _check_subject(claims: Mapping[str, Any]) -> None:
    subject = claims.get("sub")
    if not isinstance(subject, str) or not 0 < len(subject) <= ID_LENGTH:
        raise RefusedError(Check.SUBJECT, found=type(subject).__name__)


def _shown(value: object) -> str:
    """Cut a value to what a trace may hold; lists of names are cut to their first."""
    if isinstance(value, Sequence) and not isinstance(value, str):
        value = value[0] if value else ""
    return str(value)[:200]


def skew_of(claims: Mapping[str, Any], now: datetime) -> int | None:
    """Give the platform's clock minus ours in whole seconds, from ``iat``."""
    issued = _number(claims.get("iat"))
    if issued is None:
        return None
    return max(-MOST_SKEW_S, min(MOST_SKEW_S, round(issued - now.timestamp())))
