"""The electronic seal of a document: set, and checked. The only user of pyHanko and of the key."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from io import BytesIO
from pathlib import Path

from asn1crypto import x509
from cryptography import x509 as pyca
from cryptography.hazmat.primitives import hashes, serialization
from pyhanko.pdf_utils.decode_limits import (
    DecodeLimits,
    DocumentDecodeBudget,
    StreamDecodeLimits,
)
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign import PdfSignatureMetadata, PdfSigner, Signer
from pyhanko.sign.diff_analysis import DiffResult, ModificationLevel
from pyhanko.sign.fields import MDPPerm, SigFieldSpec, SigSeedSubFilter
from pyhanko.sign.general import SigningError
from pyhanko.sign.timestamps import TimestampRequestError
from pyhanko.sign.timestamps.requests_client import RequestsHTTPTimeStamper
from pyhanko.sign.validation.errors import SignatureValidationError
from pyhanko.sign.validation.generic_cms import validate_sig_integrity
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko.sign.validation.status import SignatureCoverageLevel
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.errors import ValidationError
from pyhanko_certvalidator.registry import SimpleCertificateStore
from sqlalchemy.orm import Session

from lti_tool import audit
from lti_tool.certification import seal_keys, tokens
from lti_tool.certification.facts import digest_of
from lti_tool.certification.humans import WORKER
from lti_tool.certification.register_models import KeyRecord
from lti_tool.certification.seal_keys import SealKeyError, SealMaterial
from lti_tool.certification.tokens import Sign
from lti_tool.errors import ToolError
from lti_tool.i18n import gettext as _
from lti_tool.settings import Settings

FIELD = "Seal"
PURPOSE = "pdf-seal"
TIME_STAMP_ROOTS = "time-stamp-roots.pem"
TIME_STAMP_TIMEOUT_S = 20
MOST_BYTES = 512
"""Of a signature: RSA with 4096 bits."""
OTHER_BYTES = 2048
"""Of a seal, besides signature, certificates and the issuer's name, which stands there twice."""
LIMITS = DecodeLimits(
    per_stream=StreamDecodeLimits(max_output_size=4 * 1024 * 1024),
    document_budget=DocumentDecodeBudget(base_allowance=8 * 1024 * 1024, max_ratio=1),
)
"""What a stranger's file may unpack to; the seal of one of ours needs some hundred kB."""
UNREADABLE = (
    zlib.error,
    PdfError,
    SignatureValidationError,
    ValidationError,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    AssertionError,
    RuntimeError,
    ArithmeticError,
    MemoryError,
)
"""What a file made to deceive, or no PDF at all, may raise in the reader."""


class SealError(ToolError):
    """A document could not be sealed now; it may work later."""

    status = 500
    message_id = "unexpected"


class _KeptKeySigner(Signer):
    """Signs with a key that was loaded once.

    pyHanko's own signer reads and checks the key anew for each signature, which takes ten times
    as long as the signature.
    """

    def __init__(self, sign: Sign, certificates: tuple[x509.Certificate, ...]) -> None:
        store = SimpleCertificateStore()  # type: ignore[no-untyped-call]  # untyped there
        store.register_multiple(certificates)
        super().__init__(signing_cert=certificates[0], cert_registry=store)
        self._sign = sign

    async def async_sign_raw(
        self,
        data: bytes,
        digest_algorithm: str,
        dry_run: bool = False,
    ) -> bytes:
        """Sign bytes; where only the length matters, give that many."""
        return bytes(MOST_BYTES) if dry_run else self._sign(data, digest_algorithm)


@dataclass(frozen=True, slots=True)
class SealKey:
    """The seal, ready for use; loaded once, kept by the worker."""

    signer: Signer = field(repr=False)
    certificate: pyca.Certificate
    chain: tuple[pyca.Certificate, ...]
    time_stamp_url: str = ""
    time_stamp_roots: tuple[pyca.Certificate, ...] = ()

    @classmethod
    def load(cls, settings: Settings, *, now: datetime | None = None) -> SealKey:
        """Load the seal that the settings name; the development key where they ask for it.

        Args:
            settings: ``seal_key``, ``seal_key_password``, ``keys_dir``, ``development_keys``,
                ``time_stamp_url``.
            now: the certificate must hold then; None: that is not looked at.

        Raises:
            SealKeyError: there is none, or it cannot be used; the words say what to do.
        """
        roots = _time_stamp_roots(settings)
        if settings.seal_key.startswith("pkcs11:") and not settings.development_keys:
            sign, certificates = tokens.open_token(
                settings.seal_key, settings.seal_key_password, settings.keys_dir
            )
        else:
            material = _material(settings)
            sign, certificates = material.sign, [material.certificate, *material.chain]
        signer = _KeptKeySigner(sign, tuple(_translate(each) for each in certificates))
        made = cls(signer, certificates[0], tuple(certificates[1:]), settings.time_stamp_url, roots)
        made._check(settings, now)
        return made

    @property
    def kid(self) -> str:
        """Give its id: a hash of the certificate."""
        return f"seal-{self.certificate.fingerprint(hashes.SHA256()).hex()[:32]}"

    @property
    def is_test(self) -> bool:
        """Say whether it is a development key."""
        return seal_keys.is_test(self.certificate)

    @property
    def certificate_pem(self) -> str:
        """Give the certificate and those above it."""
        return "".join(_pem(each) for each in (self.certificate, *self.chain))

    @property
    def reserved(self) -> int:
        """Give the hexadecimal digits to keep free for a seal of level B-B.

        pyHanko would make each seal twice to find out.
        """
        held = (self.certificate, *self.chain)
        der = sum(len(each.public_bytes(serialization.Encoding.DER)) for each in held)
        names = len(self.certificate.issuer.public_bytes())
        return 2 * (der + MOST_BYTES + OTHER_BYTES + 3 * names)

    def _check(self, settings: Settings, now: datetime | None) -> None:
        if self.is_test and not settings.development_keys:
            raise SealKeyError(
                _(
                    "The seal's key is a development key, whose certificates prove nothing. Set "
                    "LTI_TOOL_SEAL_KEY to a real seal; `lti-tool keys make seal` makes one."
                )
            )
        if now is not None and not (
            self.certificate.not_valid_before_utc <= now <= self.certificate.not_valid_after_utc
        ):
            raise SealKeyError(
                _(
                    "The seal's certificate holds from %(begin)s to %(end)s. Set LTI_TOOL_SEAL_KEY "
                    "to one that holds today."
                )
                % {
                    "begin": self.certificate.not_valid_before_utc.date(),
                    "end": self.certificate.not_valid_after_utc.date(),
                }
            )


@dataclass(frozen=True, slots=True)
class SealReport:
    """What the seal of a file says."""

    is_sealed: bool
    """Whether there is a seal at all, by whomever."""
    is_intact: bool = False
    """Whether what was sealed is as it was, and nothing but proofs of time was added since."""
    kid: str = ""
    """Which of the trusted keys sealed it; empty: none of them."""
    sealed_by: str = ""
    """Name in the certificate, as it says of itself: worth nothing where ``kid`` is empty."""
    certificate_sha256: str = ""

    @property
    def is_genuine(self) -> bool:
        """Say whether it is exactly as one of the trusted keys sealed it."""
        return self.is_intact and bool(self.kid)


def record_key(
    session: Session, key: SealKey, *, who: str = WORKER.who, now: datetime
) -> KeyRecord:
    """Note the public part of the seal, so that documents can be checked with it for ever."""
    record = session.get(KeyRecord, key.kid)
    if record is None:
        public = {"certificate_pem": key.certificate_pem}
        record = KeyRecord(
            kid=key.kid, purpose=PURPOSE, public=public, is_test=key.is_test, signs_from=now
        )
        session.add(record)
        session.flush()
        detail = {"purpose": PURPOSE, "test": key.is_test, "public": digest_of(public)}
        audit.note(session, "key.made", who=who, about=key.kid, detail=detail, now=now)
    return record


def seal(pdf: bytes, key: SealKey) -> bytes:
    """Seal a document invisibly, so that no change is allowed afterwards.

    Level B-B of PAdES; B-LT (with time stamp and proofs of the certificates) where the key names
    a time-stamp service, which is then asked over the network.

    Raises:
        SealError: the token or the time-stamp service does not answer as it should.
    """
    proofs = bool(key.time_stamp_url)
    meta = PdfSignatureMetadata(
        field_name=FIELD,
        md_algorithm="sha256",
        subfilter=SigSeedSubFilter.PADES,
        certify=True,
        docmdp_permissions=MDPPerm.NO_CHANGES,
        embed_validation_info=proofs,
        validation_context=_context_of(key) if proofs else None,
    )
    stamper = (
        RequestsHTTPTimeStamper(  # type: ignore[no-untyped-call]  # untyped there
            key.time_stamp_url, timeout=TIME_STAMP_TIMEOUT_S
        )
        if proofs
        else None
    )
    signer = PdfSigner(meta, key.signer, timestamper=stamper, new_field_spec=SigFieldSpec(FIELD))
    sealed = BytesIO()
    try:
        with ThreadPoolExecutor(1) as alone:  # it begins an event loop: this thread may have one
            alone.submit(
                signer.sign_pdf,
                IncrementalPdfFileWriter(BytesIO(pdf)),
                output=sealed,
                bytes_reserved=None if proofs else key.reserved,
            ).result()
    except (SigningError, TimestampRequestError, ValidationError, *tokens.FAULTS) as error:
        raise SealError(f"{type(error).__name__}: {error}") from error
    return sealed.getvalue()


def check_seal(pdf: bytes, trusted: Mapping[str, str]) -> SealReport:
    """Look at the seal of a file that anybody may have made.

    Which key sealed it is told by its very certificate, not by who signed that: it need not hold
    any more today. Nothing is fetched.

    Args:
        pdf: any bytes.
        trusted: id of each key -> its certificate, as PEM (those above it may follow).
    """
    try:
        embedded = _seal_of(pdf)
        if embedded is None:
            return SealReport(is_sealed=False)
        signed_by = embedded.signer_cert
        digest: str = signed_by.sha256.hex()
        return SealReport(
            is_sealed=True,
            is_intact=_is_intact(embedded),
            kid=next((kid for kid, pem in trusted.items() if _digest(pem) == digest), ""),
            sealed_by=str(signed_by.subject.native.get("common_name", "")),
            certificate_sha256=digest,
        )
    except UNREADABLE:
        return SealReport(is_sealed=False)


def _is_intact(embedded: EmbeddedPdfSignature) -> bool:
    """Say whether all of the file was sealed; proofs of time may stand behind it (PAdES B-LT)."""
    embedded.compute_integrity_info()  # type: ignore[no-untyped-call]  # untyped there
    found = embedded.summarise_integrity_info()
    unchanged, signed = validate_sig_integrity(
        embedded.signer_info, embedded.signer_cert, "data", embedded.compute_digest()
    )
    if not (unchanged and signed):
        return False
    changes = found["diff_result"]
    proofs_alone = (
        isinstance(changes, DiffResult)
        and changes.modification_level is ModificationLevel.LTA_UPDATES
    )
    # Whatever else stands behind the seal, were it a comment, is a change.
    return found["coverage"] is SignatureCoverageLevel.ENTIRE_FILE or proofs_alone


def _seal_of(pdf: bytes) -> EmbeddedPdfSignature | None:
    reader = PdfFileReader(BytesIO(pdf), decode_limits=LIMITS)
    found: list[EmbeddedPdfSignature] = reader.embedded_regular_signatures
    return found[0] if found else None


def _context_of(key: SealKey) -> ValidationContext:
    """Give what proves seal and time stamp: fetched where their certificates name a place."""
    tops = key.chain or (key.certificate,)
    return ValidationContext(
        trust_roots=[_translate(each) for each in (*tops, *key.time_stamp_roots)],
        allow_fetching=True,
    )


def _material(settings: Settings) -> SealMaterial:
    if settings.development_keys:
        return seal_keys.development_seal(settings.keys_dir)
    path = Path(settings.seal_key) if settings.seal_key else settings.keys_dir / seal_keys.SEAL_FILE
    return seal_keys.read_seal_file(path, settings.seal_key_password)


def _time_stamp_roots(settings: Settings) -> tuple[pyca.Certificate, ...]:
    if not settings.time_stamp_url:
        return ()
    path = settings.keys_dir / TIME_STAMP_ROOTS
    try:
        return tuple(pyca.load_pem_x509_certificates(path.read_bytes()))
    except (OSError, ValueError) as error:
        raise SealKeyError(
            _(
                "%(path)s cannot be read. Put the root certificates of the time-stamp service "
                "there, as PEM; or unset LTI_TOOL_TIME_STAMP_URL."
            )
            % {"path": path}
        ) from error


def _translate(certificate: pyca.Certificate) -> x509.Certificate:
    der = certificate.public_bytes(serialization.Encoding.DER)
    loaded: x509.Certificate = x509.Certificate.load(der)  # type: ignore[no-untyped-call]  # there
    return loaded


def _pem(certificate: pyca.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


def _digest(pem: str) -> str:
    return pyca.load_pem_x509_certificate(pem.encode()).fingerprint(hashes.SHA256()).hex()
