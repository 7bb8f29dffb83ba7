"""The words that credentials are written in: JSON-LD contexts, bundled and never fetched."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "assets" / "contexts"

CREDENTIALS = "https://www.w3.org/ns/credentials/v2"
OPEN_BADGES = "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"
EXTENSIONS = "https://purl.imsglobal.org/spec/ob/v3p0/extensions.json"

FILES: Mapping[str, str] = {
    CREDENTIALS: "credentials-v2.json",
    OPEN_BADGES: "open-badges-3.0.3.json",
    EXTENSIONS: "open-badges-extensions.json",
}

Loader = Callable[[str, Any], dict[str, Any]]
"""What gives PyLD a document by its address."""


class UnknownContextError(LookupError):
    """A document is written in words that are not bundled."""


class NotCoveredError(ValueError):
    """A document says something that no signature would cover."""


@functools.cache
def find(address: str) -> dict[str, Any]:
    """Give a context by its address.

    Raises:
        UnknownContextError: it is not one of ours.
    """
    if address not in FILES:
        raise UnknownContextError(address)
    read: dict[str, Any] = json.loads((FOLDER / FILES[address]).read_bytes())
    return read


def load(address: str, _options: Any = None) -> dict[str, Any]:
    """Give a context in the form that PyLD asks for; the tag lets it keep what it made of it."""
    return {
        "contentType": "application/ld+json",
        "contextUrl": None,
        "documentUrl": address,
        "document": find(address),
        "tag": "static",
    }
