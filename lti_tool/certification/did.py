"""Who we are to programs: a name made of our host (``did:web``) and the keys that speak for it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

from lti_tool.certification.badge_keys import BadgePurpose
from lti_tool.certification.register_models import KeyRecord

CONTEXTS = (
    "https://www.w3.org/ns/did/v1",
    "https://w3id.org/security/multikey/v1",
    "https://w3id.org/security/jwk/v1",
)


def did_of(base_url: str) -> str:
    """Give the name of an address's host, such as ``did:web:learn.example.org``.

    A port stands in it as ``%3A8000`` (did:web method, 2.1).
    """
    return "did:web:" + urlsplit(base_url).netloc.replace(":", "%3A")


def method_of(base_url: str, kid: str) -> str:
    """Give the address of a key in our document."""
    return f"{did_of(base_url)}#{kid}"


def document_of(base_url: str, records: Iterable[KeyRecord]) -> dict[str, Any]:
    """Give the document that lies at ``/.well-known/did.json``.

    Args:
        base_url: public address of the tool.
        records: of every badge key that others may trust; retired ones too, or all that they
            signed would fail.
    """
    did = did_of(base_url)
    methods = [_method(did, record) for record in records]
    return {
        "@context": list(CONTEXTS),
        "id": did,
        "verificationMethod": methods,
        "assertionMethod": [each["id"] for each in methods],
    }


def _method(did: str, record: KeyRecord) -> dict[str, Any]:
    named = {"id": f"{did}#{record.kid}", "controller": did}
    if record.purpose == BadgePurpose.ED25519:
        return {**named, "type": "Multikey", "publicKeyMultibase": record.public["multibase"]}
    return {**named, "type": "JsonWebKey", "publicKeyJwk": record.public["jwk"]}
