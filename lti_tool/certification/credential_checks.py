"""Somebody shows a credential: is it ours, and as we signed it? JSON, JWT or picture."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any
from uuid import UUID

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers
from cryptography.hazmat.primitives.hashes import SHA256

from lti_tool.certification import baking, cryptosuite
from lti_tool.certification.badge_keys import BadgePurpose
from lti_tool.certification.contexts import NotCoveredError
from lti_tool.certification.credential import WORDS, key_address
from lti_tool.certification.did import did_of, method_of
from lti_tool.certification.register_models import KeyRecord

LIMIT_BYTES = 256 * 1024
"""Ours have some 10 kB; a larger one is not looked at."""
LIMIT_NODES = 2000
"""Values in a document, at any depth; reading more would keep a process busy."""
LIMIT_LETTERS = 20_000
"""In one text or address of a document."""
URN = "urn:uuid:"


class CredentialFinding(StrEnum):
    """What a credential turned out to be."""

    GENUINE = "genuine"
    """Signed by us, and unchanged. Whether it still counts stands in the register."""
    CHANGED = "changed"
    """It names a key of ours, whose signature does not cover what it says."""
    DISTRUSTED = "distrusted"
    """Signed by a key that somebody else may have."""
    FOREIGN = "foreign"
    """Nothing of ours."""


@dataclass(frozen=True, slots=True)
class CredentialReport:
    """What was found."""

    finding: CredentialFinding
    kid: str = ""
    """Of our key that it names; empty: none."""
    credential_id: UUID | None = None
    """As in the facts of its certificate; only of what is genuine."""
    is_test: bool = False
    """Whether a development key signed."""
    document: Mapping[str, Any] = field(default_factory=dict, repr=False)
    """What it says; only of what is genuine."""


FOREIGN = CredentialReport(CredentialFinding.FOREIGN)


def check_credential(
    content: bytes, records: Iterable[KeyRecord], base_url: str
) -> CredentialReport:
    """Check a credential; nothing is fetched, and no content raises.

    Args:
        content: of a file: the JSON, the JWT, or a picture with one of them inside.
        records: of all badge keys, also of compromised ones.
        base_url: public address of the tool.
    """
    if content.startswith(baking.SIGNATURE):
        content = baking.unbake(content) or b""
    if not content or len(content) > LIMIT_BYTES:
        return FOREIGN
    known = {record.kid: record for record in records}
    try:
        if content.lstrip().startswith(b"{"):
            return _check_json(content, known, base_url)
        return _check_jwt(content.decode("ascii").strip(), known, base_url)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return FOREIGN


def _check_json(content: bytes, known: Mapping[str, KeyRecord], base_url: str) -> CredentialReport:
    document = _read(content)
    proof = cryptosuite.proof_of(document)
    if proof is None:
        return FOREIGN
    record = known.get(proof["verificationMethod"].rpartition("#")[2])
    if (
        record is None
        or record.purpose != BadgePurpose.ED25519
        or proof["verificationMethod"] != method_of(base_url, record.kid)
    ):
        return FOREIGN
    public = cryptosuite.key_of(record.public["multibase"])
    return _report(record, document, base_url, is_whole=_is_whole(document, public))


def _is_whole(document: Mapping[str, Any], public: Any) -> bool:
    """Say whether a signature covers everything that a document says."""
    if tuple(document.get("@context", ())) != WORDS:
        return False
    try:
        return cryptosuite.is_signed(document, public)
    except NotCoveredError:
        return False


def _check_jwt(text: str, known: Mapping[str, KeyRecord], base_url: str) -> CredentialReport:
    head, body, signature = text.split(".")
    header = _read(_decode(head))
    record = known.get(str(header.get("kid", "")).rpartition("/")[2])
    if record is None or record.purpose != BadgePurpose.RSA:
        return FOREIGN
    wanted = {"alg": "RS256", "kid": key_address(base_url, record.kid), "typ": "JWT"}
    if header != wanted:
        return FOREIGN
    jwk = record.public["jwk"]
    exponent, modulus = (int.from_bytes(_decode(jwk[part])) for part in ("e", "n"))
    public = RSAPublicNumbers(exponent, modulus).public_key()
    try:
        public.verify(_decode(signature), f"{head}.{body}".encode(), PKCS1v15(), SHA256())
    except InvalidSignature:
        return _report(record, {}, base_url, is_whole=False)
    return _report(record, _read(_decode(body)), base_url, is_whole=True)


def _report(
    record: KeyRecord, document: Mapping[str, Any], base_url: str, *, is_whole: bool
) -> CredentialReport:
    if record.compromised_at is not None:
        return CredentialReport(CredentialFinding.DISTRUSTED, record.kid)
    if not is_whole:
        return CredentialReport(CredentialFinding.CHANGED, record.kid)
    if document["issuer"]["id"] != did_of(base_url) or not document["id"].startswith(URN):
        return FOREIGN
    credential_id = UUID(document["id"].removeprefix(URN))
    finding = CredentialFinding.GENUINE
    return CredentialReport(finding, record.kid, credential_id, record.is_test, document)


def _read(content: bytes) -> dict[str, Any]:
    """Read an object of JSON in which no name stands twice and nothing is out of proportion.

    Raises:
        ValueError: it is none.
    """
    read = json.loads(content, object_pairs_hook=_once)
    if not isinstance(read, dict):
        raise TypeError("no object")
    left: list[Any] = [read]
    count = 0
    while left:
        value = left.pop()
        count += 1
        if count > LIMIT_NODES or (isinstance(value, str) and len(value) > LIMIT_LETTERS):
            raise ValueError("too much of it")
        if isinstance(value, dict):
            left += (*value, *value.values())
        elif isinstance(value, list):
            left += value
    return read


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise ValueError("a name stands twice")
    return made


def _decode(text: str) -> bytes:
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except binascii.Error as error:
        raise ValueError("not base64url") from error
