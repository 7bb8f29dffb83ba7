"""What may be kept of a platform: ids, addresses, countries, origins; checked as they come in."""

from __future__ import annotations

import re
from collections.abc import Iterable

from babel import Locale

from lti_tool.errors import BadRequestError
from lti_tool.i18n import gettext as _
from lti_tool.i18n import page_language
from lti_tool.lti.calls import CallError, Calls

ID_LENGTH = 255
ORIGIN = re.compile(r"https?://[A-Za-z0-9.-]+(:\d{1,5})?|https?://\[[0-9A-Fa-f:]+\](:\d{1,5})?")
COUNTRY = re.compile(r"(?!EU|EZ|QO|UN|XA|XB|ZZ)[A-Z]{2}")
"""Codes as Unicode lists them, without those that are no country."""


def check_id(given: str, label: str) -> str:
    """Give an id as it is kept.

    Raises:
        BadRequestError: it is empty or longer than 255 characters.
    """
    text = given.strip()
    if not text or len(text) > ID_LENGTH:
        raise BadRequestError(
            "empty or too long",
            words=_("%(label)s: give 1 to 255 characters.") % {"label": label},
        )
    return text


def check_address(calls: Calls, given: str, label: str) -> str:
    """Give an address that we may call or send browsers to.

    Raises:
        BadRequestError: it is none, or leads where we do not go; the words say which and why.
    """
    address = given.strip()
    try:
        calls.check_address(address)
    except CallError as error:
        raise BadRequestError("address", words=f"{label}: {error}") from error
    return address


def check_country(given: str) -> str:
    """Give a country as ISO 3166-1 alpha-2 in capitals; empty stays empty.

    Raises:
        BadRequestError: there is no such country.
    """
    code = given.strip().upper()
    if code and not (COUNTRY.fullmatch(code) and code in Locale("en").territories):
        raise BadRequestError(
            f"country {code!r}",
            words=_("Give a country by its two letters, such as CZ (ISO 3166-1)."),
        )
    return code


def check_origins(given: Iterable[str]) -> list[str]:
    """Give origins (scheme, host, port) as they may stand in a header.

    Raises:
        BadRequestError: one of them is no origin.
    """
    origins: list[str] = []
    for each in given:
        origin = each.strip().rstrip("/")
        if not ORIGIN.fullmatch(origin):
            raise BadRequestError(
                "frame origin",
                words=_(
                    "Give each further origin as scheme and host only, such as "
                    "https://portal.example.org."
                ),
            )
        if origin not in origins:
            origins.append(origin)
    return origins


def countries() -> list[tuple[str, str]]:
    """Give all countries as code and name in the language of this page, by name."""
    names = Locale.parse(page_language(), sep="-").territories
    known = ((code, name) for code, name in names.items() if COUNTRY.fullmatch(code))
    return sorted(known, key=lambda each: each[1])
