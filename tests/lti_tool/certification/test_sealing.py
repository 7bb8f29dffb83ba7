from __future__ import annotations

import asyncio
import io
import shutil
import subprocess
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pikepdf
import pytest
from asn1crypto import keys as asn1_keys
from asn1crypto import tsp
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from pyhanko.pdf_utils.generic import NameObject, NumberObject
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.timestamps import DummyTimeStamper
from pyhanko_certvalidator.registry import SimpleCertificateStore

from lti_tool.certification.document import Typesetter
from lti_tool.certification.seal_keys import make_seal_key
from lti_tool.certification.sealing import (
    TIME_STAMP_ROOTS,
    SealError,
    SealKey,
    SealReport,
    check_seal,
    record_key,
    seal,
)
from lti_tool.db import Database
from lti_tool.files import Files
from lti_tool.settings import Settings
from tests.cast import NOON
from tests.lti_tool.certification.papers import CREDENTIAL, paper, run, tags_of

NOW = datetime.now(tz=UTC)
"""pyHanko writes the moment of sealing by itself."""


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Give the settings of a body with a seal of its own."""
    folder = tmp_path_factory.mktemp("keys")
    make_seal_key(folder, "Demonstration body", "BE", identifier="VATBE-1", now=NOW)
    return Settings(public_url="https://tool.example.org", secret_key="x" * 40, keys_dir=folder)


@pytest.fixture(scope="module")
def key(own: Settings) -> SealKey:
    return SealKey.load(own, now=NOW)


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    files = Files(str(tmp_path_factory.mktemp("files")))
    return Typesetter(files).make(paper(), CREDENTIAL)


@pytest.fixture(scope="module")
def sealed(plain: bytes, key: SealKey) -> bytes:
    return seal(plain, key)


@pytest.fixture
def trusted(key: SealKey) -> dict[str, str]:
    return {key.kid: key.certificate_pem}


def test_a_seal_is_genuine_and_covers_the_whole_file(
    sealed: bytes, key: SealKey, trusted: dict[str, str], tmp_path: Path
) -> None:
    report = check_seal(sealed, trusted)

    assert report.is_genuine
    assert (report.kid, report.sealed_by) == (key.kid, f"Demonstration body eSeal {NOW.year}")
    (tmp_path / "sealed.pdf").write_bytes(sealed)
    told = run("pdfsig", str(tmp_path / "sealed.pdf"))
    assert "Signature is Valid" in told
    assert "Total document signed" in told
    assert "ETSI.CAdES.detached" in told


def test_a_sealed_document_is_what_it_was(sealed: bytes, plain: bytes) -> None:
    before, after = (pikepdf.open(io.BytesIO(each)) for each in (plain, sealed))

    assert sealed.startswith(plain)
    assert after.attachments["credential.json"].get_file().read_bytes() == CREDENTIAL
    assert list(tags_of(after)) == list(tags_of(before))
    assert after.check_pdf_syntax() == []
    with after.open_metadata() as told:
        assert (told["pdfaid:part"], told["pdfuaid:part"]) == ("3", "1")
    (field,) = after.Root.AcroForm.Fields
    assert [float(each) for each in field.Rect] == [0, 0, 0, 0]
    assert int(after.Root.Perms.DocMDP.Reference[0].TransformParams.P) == 1


@pytest.mark.parametrize("share", [0.001, 0.2, 0.5, 0.8])
def test_one_flipped_bit_is_seen(
    sealed: bytes, plain: bytes, trusted: dict[str, str], share: float, tmp_path: Path
) -> None:
    changed = bytearray(sealed)
    changed[int(len(plain) * share)] ^= 1
    path = tmp_path / "changed.pdf"
    path.write_bytes(changed)

    assert not check_seal(bytes(changed), trusted).is_genuine
    found = subprocess.run(["pdfsig", str(path)], capture_output=True, check=False, timeout=60)
    assert b"Signature is Valid" not in found.stdout


def test_a_flipped_bit_in_what_is_shown_is_a_wrong_digest(
    sealed: bytes, trusted: dict[str, str], tmp_path: Path
) -> None:
    changed = sealed.replace(b"/DisplayDocTitle true", b"/DisplayDocTitle trud", 1)
    path = tmp_path / "changed.pdf"
    path.write_bytes(changed)

    assert changed != sealed
    assert not check_seal(changed, trusted).is_intact
    assert "Digest Mismatch" in run("pdfsig", str(path))


def test_a_change_after_sealing_is_refused(sealed: bytes, trusted: dict[str, str]) -> None:
    writer = IncrementalPdfFileWriter(io.BytesIO(sealed))
    page = writer.root["/Pages"]["/Kids"][0]
    page[NameObject("/Rotate")] = NumberObject(90)
    writer.mark_update(page.container_ref)
    changed = io.BytesIO()
    writer.write(changed)

    report = check_seal(changed.getvalue(), trusted)

    assert changed.getvalue().startswith(sealed)
    assert (report.is_sealed, report.is_intact) == (True, False)


def test_words_behind_the_end_are_refused(sealed: bytes, trusted: dict[str, str]) -> None:
    assert not check_seal(sealed + b"% more\n", trusted).is_genuine


def test_the_seal_of_another_body_is_none_of_ours(
    plain: bytes, trusted: dict[str, str], tmp_path: Path
) -> None:
    make_seal_key(tmp_path, "Demonstration body", "BE", identifier="VATBE-1", now=NOW)
    mallory = SealKey.load(
        Settings(public_url="https://x.example", secret_key="x" * 40, keys_dir=tmp_path)
    )

    report = check_seal(seal(plain, mallory), trusted)

    assert report.is_intact
    assert report.kid == ""
    assert not report.is_genuine


def test_a_second_seal_on_top_does_not_hide_the_first(
    sealed: bytes, trusted: dict[str, str], key: SealKey
) -> None:
    with pytest.raises(SealError):
        seal(sealed, key)
    assert check_seal(sealed, trusted).is_genuine


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"%PDF-1.7\n",
        b"%PDF-1.7\n1 0 obj\n<<\n" * 500,
        b"%PDF-1.7\nxref\n0 1\ntrailer\n<</Root 1 0 R/Prev 9>>\nstartxref\n9\n%%EOF",
        b"[" * 20_000,
        bytes(range(256)) * 40,
    ],
)
def test_what_is_no_sealed_document_is_told_so(content: bytes, trusted: dict[str, str]) -> None:
    assert check_seal(content, trusted) == SealReport(is_sealed=False)


def test_a_document_without_seal_or_cut_short_is_told_so(
    plain: bytes, sealed: bytes, trusted: dict[str, str]
) -> None:
    assert check_seal(plain, trusted) == SealReport(is_sealed=False)
    assert not check_seal(sealed[: len(sealed) // 2], trusted).is_genuine
    assert not check_seal(sealed[:-400], trusted).is_genuine


def test_the_public_part_is_written_down_once(database: Database, key: SealKey) -> None:
    with database.begin() as session:
        record_key(session, key, now=NOON)
    with database.begin() as session:
        record = record_key(session, key, now=NOON + timedelta(days=1))
        assert (record.kid, record.purpose, record.signs_from) == (key.kid, "pdf-seal", NOON)
        assert not record.is_test
        assert record.public["certificate_pem"].count("BEGIN CERTIFICATE") == 2
        assert "PRIVATE" not in record.public["certificate_pem"]


# Time stamps (PAdES B-LT)


class _Stamps(BaseHTTPRequestHandler):
    """Answers requests for time stamps (RFC 3161)."""

    stamper: DummyTimeStamper

    def do_POST(self) -> None:
        """Stamp what is asked for."""
        asked = tsp.TimeStampReq.load(self.rfile.read(int(self.headers["Content-Length"])))
        answer = self.stamper.request_tsa_response(asked).dump()
        self.send_response(200)
        self.send_header("Content-Type", "application/timestamp-reply")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_args: object) -> None:
        """Say nothing."""


@pytest.fixture
def stamping(own: Settings) -> Iterator[Settings]:
    """Give the settings of a body that uses a time-stamp service on this machine."""
    key = rsa.generate_private_key(65537, 2048)
    certificate = _stamp_certificate(key)
    (own.keys_dir / TIME_STAMP_ROOTS).write_bytes(
        certificate.public_bytes(serialization.Encoding.PEM)
    )
    handler = type("Stamps", (_Stamps,), {"stamper": _stamper(key, certificate)})
    server = HTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield replace(own, time_stamp_url=f"http://127.0.0.1:{server.server_port}/")
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_time_stamp_and_proofs_go_in_where_a_service_is_set(
    plain: bytes, stamping: Settings, trusted: dict[str, str], tmp_path: Path
) -> None:
    key = SealKey.load(stamping, now=NOW)

    stamped = seal(plain, key)

    assert check_seal(stamped, trusted).is_genuine
    reader = PdfFileReader(io.BytesIO(stamped))
    assert "/DSS" in reader.root
    attributes = reader.embedded_signatures[0].signer_info["unsigned_attrs"]
    assert "signature_time_stamp_token" in {each["type"].native for each in attributes}
    (tmp_path / "stamped.pdf").write_bytes(stamped)
    assert "Signature is Valid" in run("pdfsig", str(tmp_path / "stamped.pdf"))


def test_a_change_after_the_proofs_is_refused(
    plain: bytes, stamping: Settings, trusted: dict[str, str]
) -> None:
    stamped = bytearray(seal(plain, SealKey.load(stamping, now=NOW)))
    stamped[len(plain) // 2] ^= 1

    assert not check_seal(bytes(stamped), trusted).is_genuine


def test_a_silent_time_stamp_service_is_an_error_that_may_pass(
    plain: bytes, stamping: Settings
) -> None:
    silent = replace(stamping, time_stamp_url="http://127.0.0.1:9/")

    with pytest.raises(SealError):
        seal(plain, SealKey.load(silent, now=NOW))


@pytest.mark.skipif(not shutil.which("verapdf"), reason="veraPDF is not on the PATH")
@pytest.mark.parametrize("flavour", ["3a", "ua1"])
def test_verapdf_accepts_a_sealed_document(sealed: bytes, flavour: str, tmp_path: Path) -> None:
    path = tmp_path / "sealed.pdf"
    path.write_bytes(sealed)

    told = run("verapdf", "--flavour", flavour, str(path))

    assert 'isCompliant="true"' in told


def _stamp_certificate(key: rsa.RSAPrivateKey) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Stamps of a test")])
    usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING])
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW - timedelta(days=1))
        .not_valid_after(NOW + timedelta(days=30))
        .add_extension(usage, critical=True)
        .sign(key, hashes.SHA256())
    )


def _stamper(key: rsa.RSAPrivateKey, certificate: x509.Certificate) -> DummyTimeStamper:
    der = key.private_bytes(
        serialization.Encoding.DER,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    loaded = asn1_x509.Certificate.load(certificate.public_bytes(serialization.Encoding.DER))
    store = SimpleCertificateStore()
    store.register(loaded)
    return DummyTimeStamper(
        tsa_cert=loaded,
        tsa_key=asn1_keys.PrivateKeyInfo.load(der),
        certs_to_embed=store,
    )


def test_a_document_is_sealed_where_an_event_loop_runs_already(plain: bytes, key: SealKey) -> None:
    async def inside() -> bytes:
        return seal(plain, key)

    with ThreadPoolExecutor(1) as apart:  # a browser of another test may hold a loop in this one
        sealed = apart.submit(lambda: asyncio.run(inside())).result()

    assert check_seal(sealed, {}).is_intact
