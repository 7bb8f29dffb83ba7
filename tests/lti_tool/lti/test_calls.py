"""Calls to other servers end, stay small, and never lead into our own network."""

from __future__ import annotations

import gzip
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from lti_tool.lti import calls as calls_module
from lti_tool.lti.calls import CallError, Calls
from tests.services_platform import NOON
from tests.signing_platform import SigningPlatform, answer_json, rsa_key, running_platform


@pytest.fixture
def server() -> Iterator[SigningPlatform]:
    """Give a server on this machine; no database."""
    with running_platform() as running:
        yield running


@pytest.fixture
def calls() -> Calls:
    """Give calls that may reach this machine."""
    return Calls(allow_private=True)


@contextmanager
def raw_server(serve: Callable[[socket.socket], None]) -> Iterator[int]:
    """Give the port of a server that does with a connection what a test wants."""
    listening = socket.create_server(("127.0.0.1", 0))

    def run() -> None:
        try:
            connection, _ = listening.accept()
        except OSError:
            return
        with connection:
            try:
                serve(connection)
            except OSError:
                return

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield listening.getsockname()[1]
    finally:
        listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        thread.join(5)


def test_an_answer_has_status_headers_and_body(server: SigningPlatform, calls: Calls) -> None:
    server.answers["POST /x"] = lambda heard: (418, {"X-Word": heard.body.decode()}, b"tea")

    answer = calls.request("POST", f"{server.url}/x", headers={"A": "b"}, body=b"pot")

    assert (answer.status, answer.headers["x-word"], answer.body) == (418, "pot", b"tea")
    assert server.heard[0].headers["A"] == "b"
    assert server.heard[0].headers["User-Agent"] == "asa-lti-tool"


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("ftp://lms.example.org/x", "begins with https"),
        ("file:///etc/passwd", "begins with https"),
        ("//lms.example.org/x", "begins with https"),
        ("https:///x", "begins with https"),
        ("", "begins with https"),
        ("https://user@lms.example.org/x", "user name"),
        ("https://user:secret@lms.example.org/x", "user name"),
        ("http://lms.example.org/x", "not encrypted"),
        ("https://[::1/x", "cannot be read"),
        ("https://lms.example.org:99999/x", "cannot be read"),
        ("https://lms.example.org:0/x", "cannot be read"),
    ],
)
def test_what_is_no_public_address_over_tls_is_refused(url: str, words: str) -> None:
    with pytest.raises(CallError, match=words):
        Calls().request("GET", url)


def test_a_refusal_shows_neither_password_nor_query() -> None:
    with pytest.raises(CallError) as caught:
        Calls().request("GET", "https://user:secret@lms.example.org/x?token=abc")

    assert "secret" not in str(caught.value)
    assert "abc" not in str(caught.value)


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "10.0.0.8",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "0.0.0.0",
        "100.64.0.1",
        "[::1]",
        "[fe80::1]",
        "[fc00::1]",
        "[::ffff:127.0.0.1]",
        "localhost",
        "LOCALHOST",
        "tool.localhost",
        "printer.local",
        "db.internal",
    ],
)
def test_a_private_address_is_refused_before_anybody_is_asked(host: str) -> None:
    with pytest.raises(CallError, match="private network"):
        Calls().check_address(f"https://{host}/x")


@pytest.mark.parametrize("host", ["127.1", "2130706433", "0x7f.1", "0"])
def test_a_name_that_leads_into_our_network_is_refused_before_a_byte_is_sent(host: str) -> None:
    heard: list[bytes] = []

    serving = raw_server(lambda connection: heard.append(connection.recv(10)))
    with serving as port, pytest.raises(CallError, match="private network"):
        Calls().request("GET", f"https://{host}:{port}/x")

    assert heard in ([], [b""])


def test_a_name_looked_up_anew_is_judged_by_the_address_it_then_has(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    heard: list[bytes] = []

    with raw_server(lambda connection: heard.append(connection.recv(10))) as port:
        here = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_kwargs: here)
        with pytest.raises(CallError, match="private network"):
            Calls().request("GET", f"https://lms.example.org:{port}/x")

    assert heard in ([], [b""])


def test_private_addresses_are_reached_where_that_is_allowed(
    server: SigningPlatform, calls: Calls
) -> None:
    calls.check_address("https://192.168.1.1/x")

    assert calls.request("GET", f"{server.url}/keys").status == 200


def test_a_redirect_on_the_same_host_is_followed(server: SigningPlatform, calls: Calls) -> None:
    server.answers["GET /a"] = lambda _heard: (302, {"Location": "/keys"}, b"")

    answer = calls.request("GET", f"{server.url}/a")

    assert answer.status == 200
    assert server.paths() == ["GET /a", "GET /keys"]


@pytest.mark.parametrize(
    "target",
    ["http://127.0.0.2:{port}/keys", "http://localhost:{port}/keys", "//127.0.0.1:1/keys"],
)
def test_a_redirect_to_another_host_is_not_followed(
    server: SigningPlatform, calls: Calls, target: str
) -> None:
    address = target.format(port=server.url.rpartition(":")[2])
    server.answers["GET /a"] = lambda _heard: (302, {"Location": address}, b"")

    with pytest.raises(CallError, match="another server"):
        calls.request("GET", f"{server.url}/a")

    assert server.paths() == ["GET /a"]


@pytest.mark.parametrize("target", ["http://[::1/x", "http://127.0.0.1:99999/"])
def test_a_redirect_to_no_address_at_all_is_told(
    server: SigningPlatform, calls: Calls, target: str
) -> None:
    server.answers["GET /a"] = lambda _heard: (302, {"Location": target}, b"")

    with pytest.raises(CallError, match=r"another server|could not be reached"):
        calls.request("GET", f"{server.url}/a")


def test_redirects_in_circles_end(server: SigningPlatform, calls: Calls) -> None:
    server.answers["GET /a"] = lambda _heard: (302, {"Location": "/a"}, b"")

    with pytest.raises(CallError, match="circles"):
        calls.request("GET", f"{server.url}/a")

    assert len(server.heard) == 4


def test_what_was_posted_is_not_posted_again_elsewhere(
    server: SigningPlatform, calls: Calls
) -> None:
    server.answers["POST /a"] = lambda _heard: (307, {"Location": "/b"}, b"")

    answer = calls.request("POST", f"{server.url}/a", body=b"grade")

    assert answer.status == 307
    assert server.paths() == ["POST /a"]


def test_an_answer_that_is_too_large_is_cut_off(
    server: SigningPlatform, calls: Calls, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calls_module, "SIZE_BYTES", 1_000)
    server.answers["GET /a"] = lambda _heard: (200, {}, b"x" * 1_000)
    server.answers["GET /b"] = lambda _heard: (200, {}, b"x" * 1_001)

    assert len(calls.request("GET", f"{server.url}/a").body) == 1_000
    with pytest.raises(CallError, match="more than 1000 bytes"):
        calls.request("GET", f"{server.url}/b")


def test_the_size_counts_after_unpacking(
    server: SigningPlatform, calls: Calls, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calls_module, "SIZE_BYTES", 100_000)
    packed = gzip.compress(b"x" * 1_000_000)
    server.answers["GET /a"] = lambda _heard: (200, {"Content-Encoding": "gzip"}, packed)

    with pytest.raises(CallError, match="more than"):
        calls.request("GET", f"{server.url}/a")


def test_a_packed_answer_is_read(server: SigningPlatform, calls: Calls) -> None:
    packed = gzip.compress(b'{"keys": []}')
    server.answers["GET /a"] = lambda _heard: (200, {"Content-Encoding": "gzip"}, packed)

    assert calls.request("GET", f"{server.url}/a").body == b'{"keys": []}'


def test_a_server_that_does_not_answer_is_given_up(
    server: SigningPlatform, calls: Calls, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calls_module, "READ_S", 0.1)
    server.answers["GET /a"] = lambda _heard: time.sleep(0.5) or (200, {}, b"")

    with pytest.raises(CallError, match="in time"):
        calls.request("GET", f"{server.url}/a")


def test_a_server_that_stops_in_the_middle_is_given_up(
    calls: Calls, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calls_module, "READ_S", 0.1)
    done = threading.Event()

    def stop(connection: socket.socket) -> None:
        connection.recv(1_000)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
        done.wait(2)

    with raw_server(stop) as port:
        with pytest.raises(CallError, match="in time"):
            calls.request("GET", f"http://127.0.0.1:{port}/")
        done.set()


def test_a_server_that_drips_for_ever_is_given_up(
    calls: Calls, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calls_module, "TOTAL_S", 0.2)

    def drip(connection: socket.socket) -> None:
        connection.recv(1_000)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n")
        for _ in range(100):
            connection.sendall(b"x")
            time.sleep(0.05)

    began = time.monotonic()
    with raw_server(drip) as port, pytest.raises(CallError, match="in time"):
        calls.request("GET", f"http://127.0.0.1:{port}/")

    assert time.monotonic() - began < 3


def test_an_answer_that_breaks_off_is_told(calls: Calls) -> None:
    def break_off(connection: socket.socket) -> None:
        connection.recv(1_000)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")

    with raw_server(break_off) as port, pytest.raises(CallError, match="could not be reached"):
        calls.request("GET", f"http://127.0.0.1:{port}/")


def test_an_answer_in_chunks_is_read_whole(calls: Calls) -> None:
    def chunks(connection: socket.socket) -> None:
        connection.recv(1_000)
        connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        for part in (b"4\r\none,\r\n", b"3\r\ntwo\r\n", b"0\r\n\r\n"):
            connection.sendall(part)
            time.sleep(0.01)

    with raw_server(chunks) as port:
        assert calls.request("GET", f"http://127.0.0.1:{port}/").body == b"one,two"


@pytest.mark.parametrize("said", [b"", b"nonsense\r\n\r\n", b"HTTP/1.1 abc\r\n\r\n"])
def test_what_does_not_speak_http_is_told(calls: Calls, said: bytes) -> None:
    def speak(connection: socket.socket) -> None:
        connection.recv(1_000)
        connection.sendall(said)

    with raw_server(speak) as port, pytest.raises(CallError, match="could not be reached"):
        calls.request("GET", f"http://127.0.0.1:{port}/")


def test_a_server_that_is_not_there_is_told(calls: Calls) -> None:
    with socket.create_server(("127.0.0.1", 0)) as held:
        port = held.getsockname()[1]

    with pytest.raises(CallError, match="could not be reached"):
        calls.request("GET", f"http://127.0.0.1:{port}/")


@pytest.mark.parametrize("host", [f"{'a' * 70}.example.org", "exa mple.org", "a..b", "-", "*"])
def test_a_name_that_no_server_can_have_is_told(host: str) -> None:
    with pytest.raises(CallError):
        Calls().request("GET", f"https://{host}/x")


def test_a_certificate_that_nobody_vouches_for_is_refused(calls: Calls, tmp_path: Path) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(own_certificate(tmp_path / "own.pem"))

    def greet(connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True) as secured:
            secured.recv(10)

    with raw_server(greet) as port, pytest.raises(CallError, match="no valid certificate"):
        calls.request("GET", f"https://127.0.0.1:{port}/")


def own_certificate(path: Path) -> Path:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    key = rsa_key("server")
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(NOON - timedelta(days=900))
        .not_valid_after(NOON + timedelta(days=9_000))
        .sign(key, hashes.SHA256())
    )
    path.write_bytes(
        made.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return path


def test_cookies_of_platforms_are_not_kept(server: SigningPlatform, calls: Calls) -> None:
    server.answers["GET /a"] = lambda _heard: answer_json({}, **{"Set-Cookie": "session=1; Path=/"})

    calls.request("GET", f"{server.url}/a")
    calls.request("GET", f"{server.url}/a")

    assert "Cookie" not in server.heard[1].headers


def test_proxies_of_the_environment_are_not_used(
    server: SigningPlatform, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")

    assert Calls(allow_private=True).request("GET", f"{server.url}/keys").status == 200


@given(st.text(max_size=60))
def test_whatever_an_address_is_the_only_error_is_a_sentence(rest: str) -> None:
    words = "."
    try:
        Calls().check_address(f"https://{rest}")
    except CallError as error:
        words = str(error)

    assert words.endswith(".")
