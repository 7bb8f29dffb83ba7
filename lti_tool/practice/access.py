"""Access tokens of the services: how one is asked for, and what one opens."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

import jwt
from flask import Response, abort, request

from lti_tool.practice.claims import scopes_of
from lti_tool.practice.model import Access, Tool
from lti_tool.practice.quirks import Quirk
from lti_tool.practice.session import platform
from lti_tool.practice.signing import SignatureError, verify
from lti_tool.practice.state import State

LIFETIME_S = 3600
LEEWAY_S = 60
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


class TokenError(Exception):
    """A token is refused; the first argument is the OAuth word, the second says more."""


def grant(state: State, asked: Mapping[str, str]) -> dict[str, Any]:
    """Give the answer to a token request.

    Raises:
        TokenError: the request or its assertion is not acceptable.
    """
    if asked.get("grant_type") != "client_credentials":
        raise TokenError("unsupported_grant_type", "grant_type must be client_credentials")
    if asked.get("client_assertion_type") != ASSERTION_TYPE:
        raise TokenError("invalid_request", "client_assertion_type is missing or unknown")
    tool = _tool_of(state, asked.get("client_assertion", ""))
    wanted = set(asked.get("scope", "").split())
    allowed = set(scopes_of(tool))
    if not wanted & allowed or (wanted - allowed and not state.has(Quirk.CUT_SCOPES)):
        raise TokenError("invalid_scope", "")
    granted = frozenset(wanted & allowed)
    token = secrets.token_urlsafe(24)
    with state.lock:
        state.tokens[token] = Access(tool.id, granted, state.now() + LIFETIME_S)
    return {
        "access_token": token,
        "token_type": "Bearer",
        "expires_in": LIFETIME_S,
        "scope": " ".join(sorted(granted)),
    }


def _tool_of(state: State, assertion: str) -> Tool:
    try:
        unproven = jwt.decode(assertion, options={"verify_signature": False})
    except jwt.InvalidTokenError as error:
        raise TokenError("invalid_request", f'the assertion is no "JWT": {error}') from error
    tool = state.tool_of(str(unproven.get("sub", "")))
    if tool is None or not tool.is_active:
        raise TokenError("invalid_client", "no such client id (sub)")
    try:
        claims = verify_tool(state, tool, assertion)
    except SignatureError as error:
        raise TokenError("invalid_client", f'the "assertion" is refused: {error}') from error
    fault = _fault(state, claims)
    if fault:
        raise TokenError("invalid_client", fault)
    return tool


def verify_tool(state: State, tool: Tool, token: str) -> Any:
    """Check what a tool signed and give the claims.

    Raises:
        SignatureError: it did not sign this, or its keys cannot be fetched.
    """
    return verify(
        token,
        tool.keys_url,
        tool.kept_keys,
        keep=state.has(Quirk.KEPT_KEYS),
        need_kid=state.has(Quirk.KID_NEEDED),
    )


def _fault(state: State, claims: Mapping[str, Any]) -> str:
    now = state.now()
    leeway = 0 if state.has(Quirk.NO_LEEWAY) else LEEWAY_S
    if float(claims.get("iat", 0)) > now + leeway:
        return "Cannot handle token with iat prior to now: the tool's clock is ahead"
    if "exp" in claims and float(claims["exp"]) < now - leeway:
        return "Expired token"
    return "" if state.has(Quirk.LOOSE_ASSERTION) else _strict_fault(state, claims)


def _strict_fault(state: State, claims: Mapping[str, Any]) -> str:
    audience = claims.get("aud", ())
    named = [audience] if isinstance(audience, str) else list(audience)
    if f"{state.issuer}/token" not in named:
        return "aud is not the address of this token service"
    if claims.get("iss") != claims.get("sub"):
        return "iss and sub differ"
    jti = str(claims.get("jti", ""))
    if "exp" not in claims or not jti:
        return "exp and jti are needed"
    with state.lock:
        if jti in state.used_assertions:
            return "this assertion was used before"
        state.used_assertions.add(jti)
    return ""


def need_access(*scopes: str, tool_id: int | None = None) -> Tool:
    """Give the tool whose token came with this request, or refuse.

    Args:
        scopes: one of them is enough.
        tool_id: the tool that the address names, where it does.
    """
    state = platform()
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    access = state.tokens.get(token.strip())
    if kind.lower() != "bearer" or access is None or access.expires_at < state.now():
        abort(Response("Unauthorized", 401, content_type="text/plain"))
    if not access.scopes & set(scopes):
        missing = 401 if state.has(Quirk.CUT_SCOPES) else 403
        abort(Response("The token lacks the scope", missing, content_type="text/plain"))
    if tool_id is None and state.has(Quirk.TYPE_IN_QUERY):
        tool_id = request.args.get("type_id", type=int, default=0)
    tool = state.tools.get(access.tool_id)
    if tool is None or (tool_id is not None and tool_id != tool.id):
        abort(Response("The token is of another tool", 401, content_type="text/plain"))
    return tool


def need_media_type(given: str, wanted: str, *, or_any: bool = False) -> None:
    """Refuse a request that does not name the one media type, where the platform is strict."""
    kind = given.partition(";")[0].strip().lower()
    if kind == wanted or (or_any and kind in {"*/*", ""}):
        return
    if platform().has(Quirk.EXACT_MEDIA_TYPES):
        abort(
            Response(
                f"No handler found for {request.path} with the type {given!r}",
                400,
                content_type="text/plain",
            )
        )
