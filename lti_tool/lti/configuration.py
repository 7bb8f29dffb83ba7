"""What a platform tells of itself when the tool is to register with it, and reading its answers.

Source: 1EdTech LTI Dynamic Registration 1.0, 3.5; OpenID Connect Discovery 1.0.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from lti_tool.errors import ToolError
from lti_tool.i18n import gettext as _
from lti_tool.lti import columns, pushing, roster
from lti_tool.lti.calls import CallAnswer, CallError, Calls
from lti_tool.lti.protocol import DEEP_LINKING

PLATFORM_CONFIGURATION = "https://purl.imsglobal.org/spec/lti-platform-configuration"
SCOPES = (pushing.SCOPE, columns.READ, roster.SCOPE)
"""What the tool uses, and no more."""
ADDRESSES = ("authorization_endpoint", "token_endpoint", "jwks_uri", "registration_endpoint")
TOLD_LENGTH = 300
TAGS = re.compile(r"<(script|style|head)\b.*?</\1>|<[^>]*>", re.DOTALL | re.IGNORECASE)


class RegistrationError(ToolError):
    """The platform and the tool did not come together; the words say why and what to do."""

    status = HTTPStatus.BAD_GATEWAY
    message_id = "registration_failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlatformConfiguration:
    """What a platform tells of itself, as far as we use it."""

    issuer: str
    auth_url: str
    token_url: str
    keys_url: str
    registration_url: str
    token_audience: str
    product: str
    version: str
    scopes: tuple[str, ...]
    """Those of ours that it knows; all of ours where it does not say."""
    takes_deep_links: bool
    """Whether content can be selected there."""

    @property
    def host(self) -> str:
        """Give the name that an administrator knows it by."""
        return urlsplit(self.issuer).netloc


def read_configuration(calls: Calls, url: str) -> PlatformConfiguration:
    """Fetch what a platform tells of itself.

    The issuer and the address to register at must live where the configuration does, so that
    nobody registers in the name of another site (standard, 3.5.1).

    Raises:
        RegistrationError: it cannot be fetched or used.
    """
    try:
        answer = calls.request("GET", url, headers={"Accept": "application/json"})
    except CallError as error:
        raise RegistrationError("configuration", words=str(error)) from error
    if answer.status != 200:
        raise refused(_("The platform did not give its configuration"), answer)
    given = read_object(answer)
    addresses = {name: str(given.get(name) or "") for name in ("issuer", *ADDRESSES)}
    missing = [name for name, address in addresses.items() if not address]
    if missing:
        words = _("The platform's configuration lacks: %(names)s.") % {"names": ", ".join(missing)}
        raise RegistrationError("configuration incomplete", words=words)
    _check_sites(calls, url, addresses)
    about = given.get(PLATFORM_CONFIGURATION)
    about = about if isinstance(about, dict) else {}
    known = _words(given.get("scopes_supported"))
    spoken = _messages(about.get("messages_supported"))
    return PlatformConfiguration(
        issuer=addresses["issuer"],
        auth_url=addresses["authorization_endpoint"],
        token_url=addresses["token_endpoint"],
        keys_url=addresses["jwks_uri"],
        registration_url=addresses["registration_endpoint"],
        token_audience=str(given.get("authorization_server") or ""),
        product=str(about.get("product_family_code") or ""),
        version=str(about.get("version") or "")[:80],
        scopes=_scopes(known),
        takes_deep_links=not spoken or DEEP_LINKING in spoken,
    )


def _scopes(known: Sequence[str]) -> tuple[str, ...]:
    """Give what to ask for; where columns cannot be read alone, leave to change them does it."""
    if not known:
        return SCOPES
    asked = [scope for scope in SCOPES if scope in known]
    if columns.READ not in known and columns.WRITE in known:
        asked.append(columns.WRITE)
    return tuple(asked)


def refused(what: str, answer: CallAnswer) -> RegistrationError:
    """Tell what the platform said: Moodle answers in plain words or with a page, never in JSON."""
    text = TAGS.sub(" ", answer.body.decode("utf-8", "replace"))
    told = " ".join(html.unescape(text).split())[:TOLD_LENGTH]
    words = _("%(what)s (%(status)s): %(told)s") % {
        "what": what,
        "status": answer.status,
        "told": told or _("it did not say why."),
    }
    return RegistrationError(f"status {answer.status}", words=words)


def read_object(answer: CallAnswer) -> dict[str, Any]:
    """Read an answer as a JSON object.

    Raises:
        RegistrationError: it is none.
    """
    try:
        given = json.loads(answer.body)
    except ValueError:
        given = None
    if not isinstance(given, dict):
        raise RegistrationError(
            "no JSON object", words=_("The platform's answer cannot be read: it is no JSON object.")
        )
    return given


def _check_sites(calls: Calls, url: str, addresses: Mapping[str, str]) -> None:
    for name, address in addresses.items():
        try:
            calls.check_address(address)
        except (CallError, ValueError) as error:
            raise RegistrationError(name, words=f"{name}: {error}") from error
    for name in ("issuer", "registration_endpoint"):
        if _site(addresses[name]) != _site(url):
            words = _(
                "The platform's configuration comes from %(here)s but names %(there)s as its "
                "%(name)s. Both must be the same site."
            ) % {
                "here": urlsplit(url).netloc,
                "there": urlsplit(addresses[name]).netloc,
                "name": name,
            }
            raise RegistrationError(f"{name} at another site", words=words)


def _site(address: str) -> tuple[str, int]:
    parts = urlsplit(address)
    return parts.hostname or "", parts.port or {"https": 443}.get(parts.scheme, 80)


def _words(given: object) -> Sequence[str]:
    return [each for each in given if isinstance(each, str)] if isinstance(given, list) else []


def _messages(given: object) -> Sequence[str]:
    """Give the kinds of message; old Moodles list them as words, the standard as objects."""
    if not isinstance(given, list):
        return []
    return [str(each.get("type")) if isinstance(each, dict) else str(each) for each in given]
