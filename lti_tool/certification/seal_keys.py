"""Keys that seal documents, as files: read, and made for those who have not bought a seal."""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import NameOID

from lti_tool.certification.register_models import KeyRecord
from lti_tool.errors import ToolError
from lti_tool.i18n import gettext as _

SEAL_FILE = "seal.pem"
CHAIN_FILE = "seal-ca.pem"
DEVELOPMENT_FILE = "development-seal.pem"
TEST_ORGANISATION = "TEST - NOT VALID"
"""Organisation in the certificate of every development key; no real seal carries it."""
DEVELOPMENT_DAYS = (datetime(2020, 1, 1, tzinfo=UTC), datetime(2049, 12, 31, tzinfo=UTC))
KEY_BITS = 3072
SEAL_YEARS = 3
AUTHORITY_YEARS = 20

DIGESTS = {"sha256": hashes.SHA256(), "sha384": hashes.SHA384(), "sha512": hashes.SHA512()}

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
Span = tuple[datetime, datetime]


class SealKeyError(ToolError):
    """The key of the seal is missing or cannot be used."""

    status = HTTPStatus.INTERNAL_SERVER_ERROR
    message_id = "unexpected"

    def __init__(self, words: str) -> None:
        super().__init__(words, words=words)


@dataclass(frozen=True, slots=True)
class SealMaterial:
    """A private key with its certificate and the certificates above it."""

    key: PrivateKey = field(repr=False)
    certificate: x509.Certificate
    chain: tuple[x509.Certificate, ...]

    def sign(self, content: bytes, digest: str) -> bytes:
        """Sign bytes, hashed by ``sha256``, ``sha384`` or ``sha512``."""
        if isinstance(self.key, ec.EllipticCurvePrivateKey):
            return self.key.sign(content, ec.ECDSA(DIGESTS[digest]))
        return self.key.sign(content, PKCS1v15(), DIGESTS[digest])


def is_test(certificate: x509.Certificate) -> bool:
    """Say whether a certificate belongs to a development key."""
    names = certificate.subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)
    return any(each.value == TEST_ORGANISATION for each in names)


def may_seal(record: KeyRecord, now: datetime) -> bool:
    """Say whether a seal may still be used, by what the register knows of it."""
    is_over = record.retired_at is not None and record.retired_at <= now
    return record.compromised_at is None and not is_over


def need_sealing(record: KeyRecord, now: datetime) -> None:
    """Make sure that a seal may still be used.

    Raises:
        SealKeyError: it is retired or compromised; the words say what to do.
    """
    if may_seal(record, now):
        return
    words = _(
        "The seal %(kid)s is retired: it seals no more. Move its file out of the folder of keys "
        "and make the next one (lti-tool keys make seal), or set LTI_TOOL_SEAL_KEY to another."
    )
    if record.compromised_at is not None:
        words = _(
            "The seal %(kid)s is compromised: nothing may be sealed with it. Move its file out of "
            "the folder of keys and make the next one (lti-tool keys make seal), or set "
            "LTI_TOOL_SEAL_KEY to another."
        )
    raise SealKeyError(words % {"kid": record.kid})


def read_seal_file(path: Path, password: str = "") -> SealMaterial:
    """Read a PEM file (key, certificate and those above it, in any order) or a PKCS#12 file.

    Raises:
        SealKeyError: it is missing, the password is wrong, or it is no such file.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise SealKeyError(
            _(
                "The seal's key %(path)s cannot be read. `lti-tool keys make seal` makes one; or "
                "set LTI_TOOL_SEAL_KEY to a PEM or PKCS#12 file or a pkcs11: address that this "
                "account may read."
            )
            % {"path": path}
        ) from error
    try:
        if b"-----BEGIN" in content:
            key, certificates = _read_pem(content, password)
        else:
            key, certificates = _read_pkcs12(content, password)
    except (ValueError, TypeError) as error:
        raise SealKeyError(
            _(
                "The seal's key %(path)s cannot be opened. Look whether it is a PEM or PKCS#12 "
                "file with key and certificate, and whether LTI_TOOL_SEAL_KEY_PASSWORD fits."
            )
            % {"path": path}
        ) from error
    return _material(key, certificates, path)


def development_seal(folder: Path) -> SealMaterial:
    """Give the development key of a folder; made when it is first asked for.

    Several workers may ask at once: one of them makes it, all get the same.
    """
    path = folder / DEVELOPMENT_FILE
    if not path.exists():
        authority = _make_authority(TEST_ORGANISATION, "", DEVELOPMENT_DAYS)
        name = _name(TEST_ORGANISATION, "", "Seal of a development key")
        made = _make_seal(name, authority, DEVELOPMENT_DAYS)
        folder.mkdir(parents=True, exist_ok=True)
        _write_once(path, _as_pem(made.key) + _certificates((made.certificate, *made.chain)))
    return read_seal_file(path)


def make_seal_key(
    folder: Path,
    organisation: str,
    country: str,
    *,
    identifier: str = "",
    password: str = "",
    now: datetime,
) -> Path:
    """Make a seal for an organisation that has not bought one: an authority, and a seal under it.

    Readers of documents will show "issuer unknown" until they trust ``seal-ca.pem``, which may be
    published; a seal from a trust list is bought, not made. The authority's key is thrown away:
    nobody can make a second seal in its name.

    Args:
        folder: gets ``seal.pem`` (secret) and ``seal-ca.pem``.
        organisation: legal name, as it stands in the certificate.
        country: ISO 3166-1 alpha-2.
        identifier: legal identifier, such as ``VATAT-U12345678``; empty: none.
        password: encrypts the key in its file; empty: only the file's rights guard it.
        now: validity begins then, and lasts three years.

    Returns:
        Where the key was written.

    Raises:
        SealKeyError: there is a key already.
    """
    path = folder / SEAL_FILE
    if path.exists():
        raise SealKeyError(
            _("%(path)s exists. Move it to a safe place first; what it sealed stays valid.")
            % {"path": path}
        )
    begin = now - timedelta(minutes=5)
    authority = _make_authority(organisation, country, _years(begin, AUTHORITY_YEARS))
    name = _name(organisation, country, f"{organisation} eSeal {now.year}", identifier)
    made = _make_seal(name, authority, _years(begin, SEAL_YEARS))
    folder.mkdir(parents=True, exist_ok=True)
    _write_once(path, _as_pem(made.key, password) + _certificates((made.certificate, *made.chain)))
    (folder / CHAIN_FILE).write_bytes(_certificates(made.chain))
    return path


def _read_pem(content: bytes, password: str) -> tuple[object, list[x509.Certificate]]:
    encrypted = b"ENCRYPTED" in content
    key = serialization.load_pem_private_key(content, password.encode() if encrypted else None)
    return key, x509.load_pem_x509_certificates(content)


def _read_pkcs12(content: bytes, password: str) -> tuple[object, list[x509.Certificate]]:
    key, certificate, others = pkcs12.load_key_and_certificates(
        content, password.encode() if password else None
    )
    return key, [*([certificate] if certificate else []), *others]


def _material(key: object, certificates: list[x509.Certificate], path: Path) -> SealMaterial:
    if not isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
        raise SealKeyError(
            _("%(path)s: a seal needs an RSA or elliptic curve key.") % {"path": path}
        )
    own = _public(key.public_key())
    fitting = [each for each in certificates if _public(each.public_key()) == own]
    if not fitting:
        raise SealKeyError(_("%(path)s holds no certificate of its key.") % {"path": path})
    return SealMaterial(key, fitting[0], tuple(c for c in certificates if c != fitting[0]))


def _public(key: CertificatePublicKeyTypes) -> bytes:
    return key.public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def _make_authority(organisation: str, country: str, span: Span) -> SealMaterial:
    key = _new_key()
    name = _name(organisation, country, f"{organisation} seal authority")
    usage = _usage(key_cert_sign=True, crl_sign=True)
    builder = (
        _builder(name, name, key, span)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
    )
    return SealMaterial(key, builder.sign(key, hashes.SHA256()), ())


def _make_seal(name: x509.Name, authority: SealMaterial, span: Span) -> SealMaterial:
    """Make a seal's certificate.

    Source: ETSI EN 319 412-3 (certificates of legal persons): organisationIdentifier, keyUsage.
    """
    key = _new_key()
    above = authority.certificate
    builder = (
        _builder(name, above.subject, key, span)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(digital_signature=True, content_commitment=True), critical=True)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.key.public_key()),
            critical=False,
        )
    )
    return SealMaterial(key, builder.sign(authority.key, hashes.SHA256()), (above,))


def _new_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=KEY_BITS)


def _builder(
    subject: x509.Name, issuer: x509.Name, key: PrivateKey, span: Span
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(span[0])
        .not_valid_after(span[1])
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _usage(**wanted: bool) -> x509.KeyUsage:
    none = dict.fromkeys(
        (
            "digital_signature",
            "content_commitment",
            "key_encipherment",
            "data_encipherment",
            "key_agreement",
            "key_cert_sign",
            "crl_sign",
            "encipher_only",
            "decipher_only",
        ),
        False,
    )
    return x509.KeyUsage(**{**none, **wanted})


def _name(organisation: str, country: str, common: str, identifier: str = "") -> x509.Name:
    given = [
        (NameOID.COUNTRY_NAME, country),
        (NameOID.ORGANIZATION_NAME, organisation),
        (NameOID.ORGANIZATION_IDENTIFIER, identifier),
        (NameOID.COMMON_NAME, common),
    ]
    return x509.Name([x509.NameAttribute(oid, _short(text)) for oid, text in given if text])


def _short(text: str) -> str:
    """Cut a text to the 64 bytes that names in certificates may have (X.520)."""
    return text.encode()[:64].decode(errors="ignore")


def _years(begin: datetime, years: int) -> Span:
    return begin, begin + timedelta(days=365 * years)


def _as_pem(key: PrivateKey, password: str = "") -> bytes:
    lock: serialization.KeySerializationEncryption = (
        serialization.BestAvailableEncryption(password.encode())
        if password
        else serialization.NoEncryption()
    )
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, lock)


def _certificates(certificates: tuple[x509.Certificate, ...]) -> bytes:
    return b"".join(each.public_bytes(serialization.Encoding.PEM) for each in certificates)


def _write_once(path: Path, content: bytes) -> None:
    """Write a secret file whole, for its owner alone; one that is there already stays."""
    handle, aside = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(path).hardlink_to(aside)
    except FileExistsError:
        return
    finally:
        Path(aside).unlink()
