"""How a store over HTTP is reached: certificates are checked, proxies used, answers bounded."""

from __future__ import annotations

import ipaddress
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.xapi import occasions
from tests.xapi.careless_store import CarelessStore
from xapi.external import ExternalStore
from xapi.settling import Entry

BUILT = occasions.viewed(1)
ENTRY = Entry(1, BUILT.id, BUILT.json)


def certificate_in(folder: Path) -> Path:
    """Make a certificate of this machine that nobody vouches for, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a store")])
    now = datetime.now(UTC)
    address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([address]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = folder / "certificate.pem"
    file.write_bytes(
        made.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return file


@pytest.mark.parametrize("is_vouched_for", [False, True])
def test_a_store_is_told_nothing_unless_its_certificate_is_vouched_for(
    careless: CarelessStore,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    *,
    is_vouched_for: bool,
) -> None:
    file = certificate_in(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    careless.socket = context.wrap_socket(
        careless.socket, server_side=True, do_handshake_on_connect=False
    )
    if is_vouched_for:
        monkeypatch.setenv("SSL_CERT_FILE", str(file))

    with ExternalStore(careless.url.replace("http:", "https:"), "key", "secret") as store:
        made = store.send([ENTRY])

    assert made.delivered == ([ENTRY] if is_vouched_for else [])
    assert ("cannot be reached" in made.pause) is not is_vouched_for
    assert careless.ids() == ([str(BUILT.id)] if is_vouched_for else [])
    assert made.doubt_through == 0


def test_a_proxy_that_the_environment_names_is_used(
    careless: CarelessStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", careless.url.removesuffix("/xapi"))
    monkeypatch.delenv("no_proxy", raising=False)

    with ExternalStore("http://lrs.nowhere.internal/xapi", "key", "secret") as store:
        made = store.send([ENTRY])

    assert made.delivered == [ENTRY]
    assert careless.ids() == [str(BUILT.id)]


def test_user_name_and_password_may_hold_any_letters(careless: CarelessStore) -> None:
    with ExternalStore(careless.url, "jméno", "heslo s mezerou: ň") as store:
        assert store.send([ENTRY]).delivered == [ENTRY]
