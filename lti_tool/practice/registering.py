"""What a registration must say, and the tool that comes of it (Dynamic Registration 1.0)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit
from uuid import uuid4

from lti_tool.practice.claims import AGS_SCOPES, SCOPE_LINEITEM, SCOPE_ROSTER, scopes_of
from lti_tool.practice.model import Admission, Tool
from lti_tool.practice.quirks import Quirk
from lti_tool.practice.signing import SignatureError, verify_own
from lti_tool.practice.state import State

TOOL_CONFIGURATION = "https://purl.imsglobal.org/spec/lti-tool-configuration"
PLATFORM_CONFIGURATION = "https://purl.imsglobal.org/spec/lti-platform-configuration"
LIFETIME_S = 3600
NAME_CLAIMS = frozenset({"name", "given_name", "family_name"})
VARIABLES = (
    "User.id",
    "User.username",
    "Person.sourcedId",
    "Person.address.timezone",
    "Context.id",
    "Context.id.history",
    "Context.title",
    "ResourceLink.id",
    "Moodle.Person.userGroupIds",
)


class RegistrationError(Exception):
    """A registration is refused: status, then the words the tool gets."""


def configuration(state: State) -> dict[str, Any]:
    """Give the document that says where everything is."""
    document: dict[str, Any] = {
        "issuer": state.issuer,
        "token_endpoint": f"{state.issuer}/token",
        "token_endpoint_auth_methods_supported": ["private_key_jwt"],
        "token_endpoint_auth_signing_alg_values_supported": ["RS256"],
        "jwks_uri": f"{state.issuer}/certs",
        "authorization_endpoint": f"{state.issuer}/auth",
        "registration_endpoint": f"{state.issuer}/register",
        "scopes_supported": [*AGS_SCOPES, SCOPE_ROSTER, "openid"],
        "response_types_supported": ["id_token"],
        "subject_types_supported": ["public", "pairwise"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "claims_supported": ["sub", "iss", "name", "given_name", "family_name", "email"],
        PLATFORM_CONFIGURATION: {
            "product_family_code": state.options.product,
            "version": "4.5 (practice)",
            "messages_supported": [
                {"type": "LtiResourceLinkRequest"},
                {"type": "LtiDeepLinkingRequest", "placements": ["ContentArea"]},
            ],
            "variables": list(VARIABLES),
        },
    }
    if not state.has(Quirk.REQUIRED_ATTRIBUTES):
        document["authorization_server"] = state.issuer
    return document


def admit(state: State, *, updates: int | None = None) -> str:
    """Give the token for one registration.

    Args:
        state: of the platform.
        updates: the tool to update; None: a new one.
    """
    token_id, client_id = uuid4().hex, uuid4().hex[:15]
    until = state.now() + LIFETIME_S
    with state.lock:
        state.admissions[token_id] = Admission(client_id, updates, until)
    return state.key.sign(
        {
            "sub": client_id if updates is None else str(updates),
            "scope": "reg" if updates is None else "reg-update",
            "iat": int(state.now()),
            "exp": int(until),
            "jti": token_id,
        }
    )


def register(state: State, token: str, given: Any) -> dict[str, Any]:
    """Take a tool in, or update one; give what the tool is told.

    Raises:
        RegistrationError: the token is no good, or something needed is missing.
    """
    token_id = _token_id(state, token)
    with state.lock:
        admission = state.admissions.get(token_id)
        if admission is None or admission.expires_at < state.now():
            raise RegistrationError(404, "")
        if token_id in state.used_admissions and state.has(Quirk.ONE_REGISTRATION):
            raise RegistrationError(401, "token_already_used")
        if not isinstance(given, dict) or len(str(given.get("client_name", ""))) > 255:
            raise RegistrationError(404, "")
        _check(state, given)
        tool = _made(state, admission, given)
        state.tools[tool.id] = tool
        state.used_admissions.add(token_id)
    return _answer(state, tool, given)


def domain_of(url: str) -> str:
    """Give host and port as a tool's domain is compared."""
    parts = urlsplit(url if "://" in url else f"https://{url}")
    return parts.netloc.lower().removeprefix("www.")


def page_url(issuer: str, link: str, token: str) -> str:
    """Give the tool's page with the two parameters; a query of the link stays."""
    parts = urlsplit(link)
    query = [
        *parse_qsl(parts.query, keep_blank_values=True),
        ("openid_configuration", f"{issuer}/openid-configuration"),
        ("registration_token", token),
    ]
    return urlunsplit(parts._replace(query=urlencode(query)))


def _token_id(state: State, token: str) -> str:
    try:
        return str(verify_own(token, state.keys)["jti"])
    except (SignatureError, KeyError) as error:
        raise RegistrationError(404, "") from error


def _check(state: State, given: Mapping[str, Any]) -> None:
    if "id_token" not in (given.get("response_types") or []):
        raise RegistrationError(400, "missing required attribute response_types")
    for name in ("initiate_login_uri", "redirect_uris", "client_name", "jwks_uri"):
        if not given.get(name):
            raise RegistrationError(400, f"missing required attribute {name}")
    if not isinstance(given["redirect_uris"], list):
        raise RegistrationError(400, "missing required attribute redirect_uris")
    if not state.has(Quirk.REQUIRED_ATTRIBUTES):
        return
    if given.get("token_endpoint_auth_method") != "private_key_jwt":
        raise RegistrationError(400, "missing required attribute token_endpoint_auth_method")
    if given.get("application_type", "web") != "web":
        raise RegistrationError(400, "application_type must be web")
    _check_domain(state, given)


def _check_domain(state: State, given: Mapping[str, Any]) -> None:
    about = given.get(TOOL_CONFIGURATION)
    if not isinstance(about, dict):
        raise RegistrationError(400, f"missing required attribute {TOOL_CONFIGURATION}")
    domain = str(about.get("domain") or "")
    if not domain:
        raise RegistrationError(400, "missing_domain")
    target = str(about.get("target_link_uri") or "")
    mismatch = target and domain_of(target) != domain_of(domain)
    if mismatch and state.has(Quirk.DOMAIN_WITH_PORT):
        raise RegistrationError(400, "domain_targetlinkuri_mismatch")


def _made(state: State, admission: Admission, given: Mapping[str, Any]) -> Tool:
    about = given.get(TOOL_CONFIGURATION) or {}
    messages = {
        each.get("type"): each for each in about.get("messages") or () if isinstance(each, dict)
    }
    target = str(about.get("target_link_uri") or f"https://{about.get('domain', '')}")
    scopes = set(str(given.get("scope") or "").split())
    claims = set(about.get("claims") or ())
    picker = messages.get("LtiDeepLinkingRequest")
    tool_id = state.next_id()
    made = Tool(
        tool_id,
        admission.client_id,
        str(given["client_name"]),
        str(given["initiate_login_uri"]),
        target,
        tuple(str(each) for each in given["redirect_uris"]),
        str(given["jwks_uri"]),
        str(tool_id),
        is_active=not state.has(Quirk.PENDING),
        deep_linking_url="" if picker is None else str(picker.get("target_link_uri") or target),
        share_name=bool(claims & NAME_CLAIMS),
        share_email="email" in claims,
        use_columns=bool(scopes & set(AGS_SCOPES)),
        manage_columns=SCOPE_LINEITEM in scopes,
        use_roster=SCOPE_ROSTER in scopes,
        custom=dict(about.get("custom_parameters") or {}),
        description=str(about.get("description") or ""),
    )
    return made if admission.updates is None else _updated(state, admission.updates, made)


def _updated(state: State, tool_id: int, made: Tool) -> Tool:
    """Keep who the tool is and whether it is active; the rest is what it asks for now."""
    before = state.tools.get(tool_id)
    if before is None:
        raise RegistrationError(404, "")
    kept = replace(
        made,
        id=before.id,
        client_id=before.client_id,
        deployment_id=before.deployment_id,
        is_active=before.is_active,
    )
    if state.has(Quirk.UPDATE_RESETS):
        return kept
    return replace(
        kept,
        share_name=before.share_name,
        share_email=before.share_email,
        in_new_window=before.in_new_window,
    )


def _answer(state: State, tool: Tool, given: Mapping[str, Any]) -> dict[str, Any]:
    scopes = scopes_of(tool)
    if tool.use_columns and state.has(Quirk.GENEROUS_SCOPES):
        scopes = [*AGS_SCOPES, *(scope for scope in scopes if scope == SCOPE_ROSTER)]
    about = dict(given.get(TOOL_CONFIGURATION) or {})
    custom = dict(tool.custom)
    if state.has(Quirk.CUT_CUSTOM):
        custom = {key: "=".join(str(value).split("=")[:2]) for key, value in custom.items()}
    about |= {"deployment_id": tool.deployment_id, "custom_parameters": custom}
    return {
        "client_id": tool.client_id,
        "client_name": tool.name,
        "response_types": ["id_token"],
        "grant_types": ["client_credentials", "implicit"],
        "application_type": "web",
        "initiate_login_uri": tool.login_url,
        "redirect_uris": list(tool.redirect_urls),
        "jwks_uri": tool.keys_url,
        "token_endpoint_auth_method": "private_key_jwt",
        "scope": " ".join(scopes),
        TOOL_CONFIGURATION: about,
    }
