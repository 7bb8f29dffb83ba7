from __future__ import annotations

import shutil
import stat
import subprocess
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import typst
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import ExtensionOID, NameOID

from lti_tool.certification.seal_keys import (
    DEVELOPMENT_FILE,
    SealKeyError,
    make_seal_key,
    read_seal_file,
)
from lti_tool.certification.sealing import SealKey, check_seal, seal
from lti_tool.certification.tokens import TokenAddress
from lti_tool.settings import Settings
from tests.cast import NOON

SOFTHSM = next(
    (
        path
        for path in (
            "/usr/lib/softhsm/libsofthsm2.so",
            "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
            "/usr/lib64/softhsm/libsofthsm2.so",
            "/usr/local/lib/softhsm/libsofthsm2.so",
        )
        if Path(path).exists()
    ),
    "",
)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Give settings whose folder of keys is empty."""
    return Settings(
        public_url="https://tool.example.org", secret_key="x" * 40, keys_dir=tmp_path / "keys"
    )


def seals(key: SealKey) -> bool:
    """Say whether what a key seals is genuine."""
    page = typst.compile(b"#set document(title: [A]); A")
    assert isinstance(page, bytes)
    return check_seal(seal(page + b"\n", key), {"own": key.certificate_pem}).is_genuine


# Development keys


def test_a_development_key_is_made_once_and_says_test(settings: Settings) -> None:
    tried = replace(settings, development_keys=True)

    first, second = SealKey.load(tried, now=NOON), SealKey.load(tried, now=NOON)

    assert first.is_test
    assert first.kid == second.kid
    assert "TEST" in first.certificate.subject.rfc4514_string()
    assert seals(first)


def test_many_workers_that_begin_at_once_get_the_same_development_key(settings: Settings) -> None:
    tried = replace(settings, development_keys=True)

    with ThreadPoolExecutor(4) as workers:
        kids = {key.kid for key in workers.map(lambda _n: SealKey.load(tried), range(4))}

    assert len(kids) == 1
    assert [path.name for path in tried.keys_dir.iterdir()] == [DEVELOPMENT_FILE]


def test_a_development_key_is_refused_elsewhere(settings: Settings) -> None:
    SealKey.load(replace(settings, development_keys=True))
    path = settings.keys_dir / DEVELOPMENT_FILE

    with pytest.raises(SealKeyError, match=r"development key.*lti-tool keys make seal"):
        SealKey.load(replace(settings, seal_key=str(path)), now=NOON)


# Keys in files


def test_without_a_key_it_is_told_what_to_do(settings: Settings) -> None:
    with pytest.raises(SealKeyError, match=r"keys make seal.*LTI_TOOL_SEAL_KEY") as caught:
        SealKey.load(settings, now=NOON)

    assert str(settings.keys_dir / "seal.pem") in str(caught.value.words)


def test_a_key_of_ones_own_seals_and_is_for_its_owner_alone(settings: Settings) -> None:
    path = make_seal_key(settings.keys_dir, "Example Body", "BE", identifier="VATBE-1", now=NOON)

    key = SealKey.load(settings, now=NOON)

    assert not key.is_test
    assert seals(key)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    names = {each.oid: each.value for each in key.certificate.subject}
    assert names[NameOID.ORGANIZATION_NAME] == "Example Body"
    assert names[NameOID.ORGANIZATION_IDENTIFIER] == "VATBE-1"
    usage = key.certificate.extensions.get_extension_for_oid(ExtensionOID.KEY_USAGE)
    assert usage.critical
    assert usage.value.digital_signature  # type: ignore[attr-defined]
    assert usage.value.content_commitment  # type: ignore[attr-defined]
    (authority,) = x509.load_pem_x509_certificates((settings.keys_dir / "seal-ca.pem").read_bytes())
    key.certificate.verify_directly_issued_by(authority)


def test_a_seal_finds_room_however_long_names_are(settings: Settings) -> None:
    name = "Ψ" * 64
    make_seal_key(settings.keys_dir, name, "BE", identifier="VATBE-" + "9" * 58, now=NOON)

    assert seals(SealKey.load(settings, now=NOON))


def test_a_key_is_never_written_over(settings: Settings) -> None:
    path = make_seal_key(settings.keys_dir, "Example Body", "BE", now=NOON)
    before = path.read_bytes()

    with pytest.raises(SealKeyError, match="exists"):
        make_seal_key(settings.keys_dir, "Example Body", "BE", now=NOON)

    assert path.read_bytes() == before


@pytest.mark.parametrize("moment", [NOON - timedelta(days=1), NOON + timedelta(days=365 * 4)])
def test_a_certificate_that_does_not_hold_is_refused(settings: Settings, moment: datetime) -> None:
    make_seal_key(settings.keys_dir, "Example Body", "BE", now=NOON)

    with pytest.raises(SealKeyError, match="holds from"):
        SealKey.load(settings, now=moment)


def test_a_key_behind_a_password_needs_it(settings: Settings) -> None:
    make_seal_key(settings.keys_dir, "Example Body", "BE", password="open sesame", now=NOON)

    key = SealKey.load(replace(settings, seal_key_password="open sesame"), now=NOON)

    assert seals(key)
    for wrong in ("", "sesame"):
        with pytest.raises(SealKeyError, match="LTI_TOOL_SEAL_KEY_PASSWORD"):
            SealKey.load(replace(settings, seal_key_password=wrong), now=NOON)


def test_a_pkcs12_file_is_read(settings: Settings, tmp_path: Path) -> None:
    made = read_seal_file(make_seal_key(settings.keys_dir, "Example Body", "BE", now=NOON))
    path = tmp_path / "seal.p12"
    lock = serialization.BestAvailableEncryption(b"open sesame")
    path.write_bytes(
        pkcs12.serialize_key_and_certificates(
            b"seal", made.key, made.certificate, list(made.chain), lock
        )
    )
    named = replace(settings, seal_key=str(path), seal_key_password="open sesame")

    key = SealKey.load(named, now=NOON)

    assert seals(key)
    assert key.chain == made.chain
    with pytest.raises(SealKeyError, match="PASSWORD"):
        SealKey.load(replace(named, seal_key_password="other"), now=NOON)


def test_an_elliptic_curve_key_seals(settings: Settings, tmp_path: Path) -> None:
    private = ec.generate_private_key(ec.SECP256R1())
    path = tmp_path / "curve.pem"
    path.write_bytes(_pem(private) + _self_signed(private))

    assert seals(SealKey.load(replace(settings, seal_key=str(path)), now=NOON))


@pytest.mark.parametrize("content", [b"", b"no key", b"-----BEGIN CERTIFICATE-----\nAA\n"])
def test_what_is_no_key_is_told_so(settings: Settings, tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "seal.pem"
    path.write_bytes(content)

    with pytest.raises(SealKeyError, match="cannot be opened"):
        SealKey.load(replace(settings, seal_key=str(path)), now=NOON)


def test_a_key_with_the_certificate_of_another_is_told_so(
    settings: Settings, tmp_path: Path
) -> None:
    one, another = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    path = tmp_path / "seal.pem"
    path.write_bytes(_pem(one) + _self_signed(another))

    with pytest.raises(SealKeyError, match="no certificate of its key"):
        SealKey.load(replace(settings, seal_key=str(path)), now=NOON)


def test_a_time_stamp_service_needs_its_roots(settings: Settings) -> None:
    make_seal_key(settings.keys_dir, "Example Body", "BE", now=NOON)

    with pytest.raises(SealKeyError, match=r"time-stamp-roots\.pem"):
        SealKey.load(replace(settings, time_stamp_url="http://127.0.0.1:9/"), now=NOON)


# Tokens


def test_the_address_of_a_token_is_read() -> None:
    read = TokenAddress.read(
        "pkcs11:token=My%20token;object=seal?module-path=/usr/lib/x.so&pin-value=12"
    )

    assert read == TokenAddress("/usr/lib/x.so", "My token", "seal", "12")


@pytest.mark.parametrize(
    "address", ["pkcs11:", "pkcs11:token=a;object=b", "pkcs11:token=a?module-path=/x.so"]
)
def test_an_address_that_lacks_something_is_told_so(address: str) -> None:
    with pytest.raises(SealKeyError, match="pkcs11:token=NAME"):
        TokenAddress.read(address)


def test_a_module_that_is_missing_is_told_so(settings: Settings) -> None:
    address = "pkcs11:token=a;object=b?module-path=/no/such/module.so"

    with pytest.raises(SealKeyError, match="token does not open"):
        SealKey.load(replace(settings, seal_key=address), now=NOON)


@pytest.mark.skipif(
    not (SOFTHSM and shutil.which("softhsm2-util")), reason="SoftHSM is not installed (softhsm2)"
)
def test_keys_in_a_token_seal(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_seal_key(settings.keys_dir, "Example Body", "BE", now=NOON)
    rsa_pem = (settings.keys_dir / "seal.pem").read_bytes()
    curve = ec.generate_private_key(ec.SECP256R1())
    monkeypatch.setenv("SOFTHSM2_CONF", str(_token(tmp_path)))
    for label, pem in (("rsa", rsa_pem), ("curve", _pem(curve) + _self_signed(curve))):
        _bring_in(tmp_path, label, pem)
        certificates = x509.load_pem_x509_certificates(pem)
        (settings.keys_dir / "seal-certificate.pem").write_bytes(
            b"".join(each.public_bytes(serialization.Encoding.PEM) for each in certificates)
        )
        address = f"pkcs11:token=Test%20token;object={label}?module-path={SOFTHSM}"
        named = replace(settings, seal_key=address, seal_key_password="1234")

        if label == "rsa":  # who is in once stays in
            with pytest.raises(SealKeyError, match="PIN"):
                SealKey.load(replace(named, seal_key_password="4321"), now=NOON)
        assert seals(SealKey.load(named, now=NOON))

    other = replace(named, seal_key=named.seal_key.replace("curve", "rsa"))
    with pytest.raises(SealKeyError, match="not the one of the token's key"):
        SealKey.load(other, now=NOON)


def _token(folder: Path) -> Path:
    (folder / "tokens").mkdir()
    conf = folder / "softhsm2.conf"
    conf.write_text(f"directories.tokendir = {folder / 'tokens'}\nlog.level = ERROR\n")
    _softhsm(folder, "--init-token", "--free", "--label", "Test token", "--so-pin", "0000")
    return conf


def _bring_in(folder: Path, label: str, pem: bytes) -> None:
    path = folder / f"{label}.p8"
    path.write_bytes(pem.partition(b"-----BEGIN CERTIFICATE")[0])
    number = label.encode().hex()
    _softhsm(
        folder, "--import", str(path), "--token", "Test token", "--label", label, "--id", number
    )


def _softhsm(folder: Path, *args: str) -> None:
    env = {"SOFTHSM2_CONF": str(folder / "softhsm2.conf"), "PATH": "/usr/bin:/bin:/usr/local/bin"}
    subprocess.run(
        ["softhsm2-util", *args, "--pin", "1234"],
        check=True,
        capture_output=True,
        env=env,
        timeout=60,
    )


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def _self_signed(key: ec.EllipticCurvePrivateKey) -> bytes:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Curve")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(datetime(2026, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2029, 1, 1, tzinfo=UTC))
        .sign(key, hashes.SHA256())
    )
    return made.public_bytes(serialization.Encoding.PEM)
