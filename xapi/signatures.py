"""Is the signature of a statement well formed, and is it of this statement? Pure.

A JSON web signature (RFC 7515) that comes as an attachment. Source: xAPI 1.0.3, part two, 2.6. Who
signed is not looked into: the check catches mistakes, and is no proof.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any

import orjson
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.x509 import load_der_x509_certificate

from xapi.contents import is_same, without_signature
from xapi.host import SECOND
from xapi.validation import check_statement
from xapi.values import StatementError

ALGORITHMS: Mapping[str, hashes.HashAlgorithm] = {
    "RS256": hashes.SHA256(),
    "RS384": hashes.SHA384(),
    "RS512": hashes.SHA512(),
}
CONTENT_TYPE = "application/octet-stream"
SECTION = "2.6"
LARGEST_BYTES = 1024 * 1024


def check_signature(statement: Mapping[str, Any], signature: bytes, *, version: str | None) -> None:
    """Refuse a signature that is malformed, or of another statement.

    Args:
        statement: one that ``validation.py`` has let through, with the signature among its
            attachments.
        signature: as sent, in compact serialisation.
        version: of the standard whose rules the statement keeps to.

    Raises:
        StatementError: what is wrong.
    """
    parts = signature.strip().split(b".")
    if len(parts) != 3:
        raise _wrong("must be a JSON web signature in compact serialisation")
    header, payload = (_json(_decoded(part)) for part in parts[:2])
    algorithm = ALGORITHMS.get(str(header.get("alg")))
    if algorithm is None:
        raise _wrong(f"its algorithm must be one of {', '.join(ALGORITHMS)}")
    given = _decoded(parts[2])
    if "x5c" in header:
        _verify(header["x5c"], given, b".".join(parts[:2]), algorithm)
    try:
        check_statement(payload, version=version)
    except StatementError as error:
        raise _wrong(f"must be of a statement: {error}") from error
    first, second = without_signature(payload), without_signature(statement)
    if not is_same(first, second, hundredths=version == SECOND):
        raise _wrong("must be of this statement, as it was before it was signed")


def _verify(chain: object, given: bytes, signed: bytes, algorithm: hashes.HashAlgorithm) -> None:
    if not isinstance(chain, list) or not chain or not isinstance(chain[0], str):
        raise _wrong("its x5c must be a list of certificates")
    try:
        key = load_der_x509_certificate(base64.b64decode(chain[0], validate=True)).public_key()
    except ValueError as error:
        raise _wrong("its x5c must hold certificates by X.509") from error
    if not isinstance(key, RSAPublicKey):
        raise _wrong("its certificate must be of an RSA key")
    try:
        key.verify(given, signed, PKCS1v15(), algorithm)
    except InvalidSignature as error:
        raise _wrong("was not made with the key of its certificate") from error


def _decoded(part: bytes) -> bytes:
    try:
        return base64.b64decode(part + b"=" * (-len(part) % 4), altchars=b"-_", validate=True)
    except binascii.Error as error:
        raise _wrong("must be a JSON web signature in compact serialisation") from error


def _json(text: bytes) -> dict[str, Any]:
    try:
        found = orjson.loads(text)
    except ValueError as error:
        raise _wrong("header and payload must be JSON") from error
    if not isinstance(found, dict):
        raise _wrong("header and payload must be objects")
    return found


def _wrong(message: str) -> StatementError:
    return StatementError("the signature", message, SECTION)
