"""Attachments as clients send them, and signatures made with a real key."""

from __future__ import annotations

import base64
import functools
import hashlib
import json
from datetime import UTC, datetime
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15

BOUNDARY = "a-boundary'()+_,-./:=?"
MIXED = f'multipart/mixed; boundary="{BOUNDARY}"'
USAGE = "https://x.example/usage"
SIGNATURE = "http://adlnet.gov/expapi/attachments/signature"
HASHES: dict[str, hashes.HashAlgorithm] = {
    "RS256": hashes.SHA256(),
    "RS384": hashes.SHA384(),
    "RS512": hashes.SHA512(),
}


def attachment(content: bytes, **more: Any) -> dict[str, Any]:
    """Describe a content as a statement does."""
    return {
        "usageType": USAGE,
        "display": {"en": "A file"},
        "contentType": "text/plain",
        "length": len(content),
        "sha2": hashlib.sha256(content).hexdigest(),
        **more,
    }


def part(content: bytes, **headers: str) -> bytes:
    """Give a part with its headers; an empty one takes a header away."""
    told = {
        "Content-Type": "text/plain",
        "Content-Transfer-Encoding": "binary",
        "X-Experience-API-Hash": hashlib.sha256(content).hexdigest(),
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    lines = "".join(f"{name}: {value}\r\n" for name, value in told.items() if value)
    return f"--{BOUNDARY}\r\n{lines}\r\n".encode() + content + b"\r\n"


def first(statements: Any, kind: str = "application/json") -> bytes:
    """Give the part with the statements."""
    return f"--{BOUNDARY}\r\nContent-Type: {kind}\r\n\r\n{json.dumps(statements)}\r\n".encode()


def mixed(statements: Any, *contents: bytes) -> bytes:
    """Give a whole body: statements, and parts as they are."""
    return first(statements) + b"".join(contents) + f"--{BOUNDARY}--\r\n".encode()


@functools.cache
def key() -> rsa.RSAPrivateKey:
    """Give a key."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@functools.cache
def certificate() -> str:
    """Give the key's own certificate as ``x5c`` has it."""
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "a signer")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key().public_key())
        .serial_number(1)
        .not_valid_before(datetime(2026, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2027, 1, 1, tzinfo=UTC))
        .sign(key(), hashes.SHA256())
    )
    return base64.b64encode(made.public_bytes(serialization.Encoding.DER)).decode()


def jws(payload: Any, *, with_certificate: bool = True, **header: Any) -> bytes:
    """Sign something; a header can be anything."""
    told: dict[str, Any] = {"alg": "RS256", **header}
    if with_certificate:
        told.setdefault("x5c", [certificate()])
    parts = [_encoded(json.dumps(each).encode()) for each in (told, payload)]
    signed = b".".join(parts)
    algorithm = HASHES.get(told["alg"], hashes.SHA256())
    return signed + b"." + _encoded(key().sign(signed, PKCS1v15(), algorithm))


def signed(statement: dict[str, Any], signature: bytes, **more: Any) -> bytes:
    """Give a body of a statement with its signature."""
    kind = "application/octet-stream"
    told = attachment(signature, usageType=SIGNATURE, **{"contentType": kind, **more})
    content = part(signature, Content_Type=told["contentType"])
    return mixed({**statement, "attachments": [told]}, content)


def _encoded(content: bytes) -> bytes:
    return base64.urlsafe_b64encode(content).rstrip(b"=")
