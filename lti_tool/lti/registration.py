"""Dynamic registration: a platform and this tool tell each other what they need.

Source: 1EdTech LTI Dynamic Registration 1.0; what Moodle demands beside it stands where it is met.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy.orm import Session

from lti_tool.db import Begin
from lti_tool.errors import ToolError
from lti_tool.i18n import gettext as _
from lti_tool.lti import deployments, links, platforms
from lti_tool.lti.calls import CallError, Calls
from lti_tool.lti.configuration import (
    PlatformConfiguration,
    RegistrationError,
    read_configuration,
    read_object,
    refused,
)
from lti_tool.lti.links import BY_REGISTRATION, Purpose
from lti_tool.lti.models import (
    Deployment,
    DeploymentPolicy,
    DeploymentStatus,
    OneTimeLink,
    Platform,
)
from lti_tool.lti.particulars import ID_LENGTH
from lti_tool.lti.platforms import PlatformChange, PlatformDetails
from lti_tool.lti.protocol import DEEP_LINKING, RESOURCE_LINK

TOOL_CONFIGURATION = "https://purl.imsglobal.org/spec/lti-tool-configuration"
NAMES = ("name", "given_name", "family_name")


@dataclass(frozen=True, slots=True)
class RegistrationRequest:
    """What a platform's administrator came with."""

    link: str
    """Secret of our one-time link."""
    configuration_url: str
    token: str
    """Of the platform; lets us register once. Empty: the platform gave none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolFacts:
    """What the tool tells of itself."""

    public_url: str
    name: str
    organisation: str

    @property
    def launch_url(self) -> str:
        """Give the one address of launches; Moodle compares it byte for byte."""
        return f"{self.public_url}/lti/launch"


@dataclass(frozen=True, slots=True)
class RegistrationAnswer:
    """What a platform gave us."""

    client_id: str
    deployment_id: str
    """Empty where it comes with the first launch."""


@dataclass(frozen=True, slots=True)
class KeptRegistration:
    """What came of it."""

    platform: Platform
    deployment: Deployment | None
    is_new: bool


def connect(
    begin: Begin,
    calls: Calls,
    request: RegistrationRequest,
    tool: ToolFacts,
    *,
    now: datetime,
) -> KeptRegistration:
    """Register with a platform: T{ the link is used } call T{ the platform is kept }.

    Raises:
        LinkRefusedError: the link is not good; the platform was not asked.
        RegistrationError: the platform refused or could not be asked; the link is good again.
    """
    configuration = read_configuration(calls, request.configuration_url)
    with begin() as session:
        link = links.use(session, request.link, Purpose.REGISTRATION, now=now)
    try:
        body = client_registration(tool, configuration, ask_names=link.ask_names)
        answer = _register(calls, configuration, request.token, body)
        with begin() as session:
            return keep(session, calls, configuration, answer, link, now=now)
    except ToolError:
        with begin() as session:
            links.give_back(session, link.id, now=now)
        raise


def client_registration(
    tool: ToolFacts, configuration: PlatformConfiguration, *, ask_names: bool
) -> dict[str, Any]:
    """Give what the tool tells a platform (RFC 7591 with the standard's tool configuration).

    Moodle demands ``domain`` with its port, one redirect address and ``private_key_jwt``, and
    sends names only where ``claims`` asks for them.
    """
    message: dict[str, Any] = {"target_link_uri": tool.launch_url, "label": tool.name}
    messages = [{"type": RESOURCE_LINK, **message}]
    if configuration.takes_deep_links:
        messages.append({"type": DEEP_LINKING, **message, "placements": ["ContentArea"]})
    return {
        "application_type": "web",
        "response_types": ["id_token"],
        "grant_types": ["implicit", "client_credentials"],
        "initiate_login_uri": f"{tool.public_url}/lti/login",
        "redirect_uris": [tool.launch_url],
        "client_name": tool.name[:ID_LENGTH],
        "jwks_uri": f"{tool.public_url}/lti/keys",
        "logo_uri": f"{tool.public_url}/static/icon.svg",
        "token_endpoint_auth_method": "private_key_jwt",
        "scope": " ".join(configuration.scopes),
        TOOL_CONFIGURATION: {
            "domain": urlsplit(tool.public_url).netloc,
            "description": _("Courses of %(organisation)s") % {"organisation": tool.organisation},
            "target_link_uri": tool.launch_url,
            "custom_parameters": {},
            "claims": ["iss", "sub", *(NAMES if ask_names else ())],
            "messages": messages,
        },
    }


def keep(
    session: Session,
    calls: Calls,
    configuration: PlatformConfiguration,
    answer: RegistrationAnswer,
    link: OneTimeLink,
    *,
    now: datetime,
) -> KeptRegistration:
    """Keep a platform with its deployment; a known issuer and client id is brought up to date.

    Where the link says that deployments wait, the one that the platform named waits too.

    Raises:
        BadRequestError: something of it cannot be kept.
    """
    found = platforms.find_by(session, configuration.issuer, answer.client_id)
    if found is None:
        platform = _add(session, calls, configuration, answer.client_id, link, now=now)
    else:
        platform = _update(session, calls, configuration, found, link, now=now)
    deployment = None
    if answer.deployment_id:
        let_in = link.deployment_policy == DeploymentPolicy.AUTOMATIC
        deployment = deployments.meet(
            session,
            platform.id,
            answer.deployment_id,
            status=DeploymentStatus.APPROVED if let_in else DeploymentStatus.PENDING,
            who=BY_REGISTRATION,
            now=now,
        )
    return KeptRegistration(platform, deployment, found is None)


def _add(
    session: Session,
    calls: Calls,
    configuration: PlatformConfiguration,
    client_id: str,
    link: OneTimeLink,
    *,
    now: datetime,
) -> Platform:
    details = PlatformDetails(
        issuer=configuration.issuer,
        client_id=client_id,
        auth_url=configuration.auth_url,
        token_url=configuration.token_url,
        keys_url=configuration.keys_url,
        token_audience=configuration.token_audience,
        name=link.label,
        product=configuration.product,
        country=link.country,
        policy=link.deployment_policy,
    )
    return platforms.add(session, calls, details, who=BY_REGISTRATION, now=now)


def _update(
    session: Session,
    calls: Calls,
    configuration: PlatformConfiguration,
    found: Platform,
    link: OneTimeLink,
    *,
    now: datetime,
) -> Platform:
    wanted = PlatformChange(
        auth_url=configuration.auth_url,
        token_url=configuration.token_url,
        keys_url=configuration.keys_url,
        token_audience=configuration.token_audience,
        product=configuration.product,
        country=link.country or None,
    )
    platforms.change(session, calls, found.id, wanted, who=BY_REGISTRATION, now=now)
    platforms.restore(session, found.id, who=BY_REGISTRATION, now=now)
    return found


# Asking the platform


def _register(
    calls: Calls, configuration: PlatformConfiguration, token: str, body: Mapping[str, Any]
) -> RegistrationAnswer:
    headers = {"Content-Type": "application/json", "Accept": "application/json"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    try:
        answer = calls.request(
            "POST", configuration.registration_url, headers=headers, body=json.dumps(body).encode()
        )
    except (CallError, ValueError) as error:
        raise RegistrationError("registration", words=str(error)) from error
    if answer.status not in {200, 201}:
        raise refused(_("The platform refused to register the tool"), answer)
    given = read_object(answer)
    client_id = str(given.get("client_id") or "")
    if not client_id or len(client_id) > ID_LENGTH:
        raise RegistrationError(
            "no client id", words=_("The platform registered the tool but gave no client id.")
        )
    told = given.get(TOOL_CONFIGURATION)
    deployment_id = str(told.get("deployment_id") or "") if isinstance(told, dict) else ""
    return RegistrationAnswer(client_id, deployment_id or str(given.get("deployment_id") or ""))
