"""Seals whose key lies in a token (PKCS#11): smart card, security module, SoftHSM."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote

import pkcs11
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from pkcs11 import Attribute, KeyType, Mechanism, ObjectClass
from pkcs11.exceptions import PKCS11Error, UserAlreadyLoggedIn
from pkcs11.util.ec import encode_ecdsa_signature

from lti_tool.certification.seal_keys import SealKeyError
from lti_tool.i18n import gettext as _

CERTIFICATE_FILE = "seal-certificate.pem"
FAULTS = (PKCS11Error,)
RSA_MECHANISMS = {
    "sha256": Mechanism.SHA256_RSA_PKCS,
    "sha384": Mechanism.SHA384_RSA_PKCS,
    "sha512": Mechanism.SHA512_RSA_PKCS,
}

Sign = Callable[[bytes, str], bytes]
"""Bytes and the name of a digest -> signature, as CMS writes it."""


@dataclass(frozen=True, slots=True)
class TokenAddress:
    """Where a key lies (RFC 7512): ``pkcs11:token=ASA;object=seal?module-path=/usr/lib/x.so``."""

    module: str
    token: str
    label: str
    pin: str = ""

    @classmethod
    def read(cls, address: str) -> TokenAddress:
        """Read an address.

        Raises:
            SealKeyError: module, token or object are missing.
        """
        path, _mark, query = address.removeprefix("pkcs11:").partition("?")
        pairs = (part.partition("=") for part in path.split(";") if part)
        named = {name: unquote(text) for name, _equals, text in pairs}
        asked = {name: texts[0] for name, texts in parse_qs(query).items()}
        if not (asked.get("module-path") and named.get("token") and named.get("object")):
            raise SealKeyError(
                _(
                    "LTI_TOOL_SEAL_KEY: write the token's address as "
                    "pkcs11:token=NAME;object=LABEL?module-path=/path/to/module.so"
                )
            )
        return cls(
            asked["module-path"], named["token"], named["object"], asked.get("pin-value", "")
        )


def open_token(address: str, pin: str, folder: Path) -> tuple[Sign, list[x509.Certificate]]:
    """Open a token, which stays open, and give what signs with its key.

    Args:
        address: see :class:`TokenAddress`.
        pin: of the token; one in the address goes first.
        folder: ``seal-certificate.pem`` there holds the seal's certificate and those above it;
            without that file the certificate lies in the token, under the key's label.

    Raises:
        SealKeyError: no such module, token, key or certificate, or the PIN is wrong.
    """
    place = TokenAddress.read(address)
    try:
        token = pkcs11.lib(place.module).get_token(token_label=place.token)
        session = _session(token, place.pin or pin)
        key = session.get_key(object_class=ObjectClass.PRIVATE_KEY, label=place.label)
        certificates = _read_certificates(folder / CERTIFICATE_FILE) or _held(session, place.label)
    except (PKCS11Error, ValueError, OSError, RuntimeError) as error:
        raise SealKeyError(
            _(
                "The seal's token does not open (%(fault)s). Look at the module's path, the names "
                "of token and key in LTI_TOOL_SEAL_KEY, and the PIN in LTI_TOOL_SEAL_KEY_PASSWORD."
            )
            % {"fault": type(error).__name__}
        ) from error
    if not certificates:
        raise SealKeyError(
            _("No certificate of the seal: put it into %(path)s, as PEM, with those above it.")
            % {"path": folder / CERTIFICATE_FILE}
        )
    sign = _signing_with(key)
    if not _fits(sign, certificates[0]):
        raise SealKeyError(_("The certificate of the seal is not the one of the token's key."))
    return sign, certificates


def _fits(sign: Sign, certificate: x509.Certificate) -> bool:
    """Try whether what is signed is proven by the certificate."""
    public, trial = certificate.public_key(), b"trial"
    try:
        if isinstance(public, ec.EllipticCurvePublicKey):
            public.verify(sign(trial, "sha256"), trial, ec.ECDSA(SHA256()))
        elif isinstance(public, rsa.RSAPublicKey):
            public.verify(sign(trial, "sha256"), trial, PKCS1v15(), SHA256())
        else:
            return False
    except InvalidSignature:
        return False
    return True


def _session(token: Any, pin: str) -> Any:
    """Log in; a process that did so before is in already."""
    try:
        return token.open(user_pin=pin or None)
    except UserAlreadyLoggedIn:
        return token.open()


def _signing_with(key: Any) -> Sign:
    def sign(content: bytes, digest: str) -> bytes:
        if key.key_type is KeyType.EC:
            # Some modules cannot hash for elliptic curves (SoftHSM 2.6.1); all sign a digest.
            hashed = hashlib.new(digest, content).digest()
            return encode_ecdsa_signature(key.sign(hashed, mechanism=Mechanism.ECDSA))
        return bytes(key.sign(content, mechanism=RSA_MECHANISMS[digest]))

    return sign


def _read_certificates(path: Path) -> list[x509.Certificate]:
    return x509.load_pem_x509_certificates(path.read_bytes()) if path.exists() else []


def _held(session: pkcs11.Session, label: str) -> list[x509.Certificate]:
    wanted = {Attribute.CLASS: ObjectClass.CERTIFICATE, Attribute.LABEL: label}
    found = list(session.get_objects(wanted))
    return [x509.load_der_x509_certificate(bytes(each[Attribute.VALUE])) for each in found]
