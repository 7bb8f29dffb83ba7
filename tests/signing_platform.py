"""A platform for tests: signs what it is told to, and answers over real HTTP as it is told."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from html import unescape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID, uuid4

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from lti_tool.db import Database, utcnow
from lti_tool.lti.keys import public_jwk
from lti_tool.lti.models import Deployment, DeploymentPolicy, DeploymentStatus, Platform

LTI = "https://purl.imsglobal.org/spec/lti/claim/"
DL = "https://purl.imsglobal.org/spec/lti-dl/claim/deep_linking_settings"
AGS = "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"
NRPS = "https://purl.imsglobal.org/spec/lti-nrps/claim/namesroleservice"
MEMBERSHIP = "http://purl.imsglobal.org/vocab/lis/v2/membership#"
CLIENT_ID = "client-1"
TARGET = "https://tool.example.org/lti/launch"


@cache
def rsa_key(name: str) -> rsa.RSAPrivateKey:
    """Give a key pair by name; made once for each process."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@dataclass
class Heard:
    """A request that the platform heard."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


Answering = Callable[[Heard], tuple[int, dict[str, str], bytes]]


@dataclass
class SigningPlatform:
    """One platform with a key set, tokens, and whatever else a test lets it answer."""

    url: str = ""
    kid: str = "k1"
    key_name: str = "platform"
    published: list[dict[str, Any]] = field(default_factory=list)
    heard: list[Heard] = field(default_factory=list)
    answers: dict[str, Answering] = field(default_factory=dict)
    """By method and path, such as ``"POST /token"``."""
    row_id: UUID = field(default_factory=uuid4)

    def publish(self, *kids: str) -> None:
        """Publish the keys of these ids, each a key of its own; the first one signs."""
        self.published = [public_jwk(rsa_key(self._name(kid)).public_key(), kid) for kid in kids]
        self.kid = kids[0]

    def _name(self, kid: str) -> str:
        return f"{self.key_name}-{kid}"

    def paths(self) -> list[str]:
        """Give what was asked for, in order."""
        return [f"{each.method} {each.path}" for each in self.heard]

    def register(self, database: Database, **changes: Any) -> Platform:
        """Write the platform into the tool's database, with deployment ``1`` approved."""
        values: dict[str, Any] = {
            "id": self.row_id,
            "issuer": self.url,
            "client_id": CLIENT_ID,
            "auth_url": f"{self.url}/auth",
            "token_url": f"{self.url}/token",
            "keys_url": f"{self.url}/keys",
            "deployment_policy": DeploymentPolicy.APPROVE,
            "created_at": utcnow(),
        }
        platform = Platform(**{**values, **changes})
        with database.begin() as session:
            session.add(platform)
            session.flush()
            session.add(
                Deployment(
                    platform_id=platform.id,
                    deployment_id="1",
                    status=DeploymentStatus.APPROVED,
                    first_seen_at=utcnow(),
                )
            )
        return platform

    def claims(self, nonce: str, /, **changes: Any) -> dict[str, Any]:
        """Give the claims of a learner's launch as Moodle sends it; ``None`` takes one out."""
        now = int(time.time())
        made = {
            "iss": self.url,
            "aud": CLIENT_ID,
            "sub": "7",
            "iat": now,
            "exp": now + 60,
            "nonce": nonce,
            "name": "Alice Andersson",
            "given_name": "Alice",
            "family_name": "Andersson",
            f"{LTI}message_type": "LtiResourceLinkRequest",
            f"{LTI}version": "1.3.0",
            f"{LTI}deployment_id": "1",
            f"{LTI}target_link_uri": TARGET,
            f"{LTI}roles": [f"{MEMBERSHIP}Learner"],
            f"{LTI}context": {"id": "2", "label": "C", "title": "Capitals", "type": ["Course"]},
            f"{LTI}resource_link": {"id": "3", "title": "Capitals of Europe"},
            f"{LTI}custom": {"course": "capitals"},
            f"{LTI}launch_presentation": {"locale": "en", "document_target": "iframe"},
        }
        made.update(changes)
        return {name: value for name, value in made.items() if value is not None}

    def sign(
        self, claims: Mapping[str, Any], *, kid: str | None = None, key: str | None = None
    ) -> str:
        """Sign claims; by default with the key that is published first."""
        used = self.kid if kid is None else kid
        private = rsa_key(key or self._name(used))
        headers = {"kid": used} if used else {}
        return jwt.encode(dict(claims), private, algorithm="RS256", headers=headers)


@dataclass(frozen=True)
class Begun:
    """A login that the tool began."""

    state: str
    nonce: str
    storage_secret: str
    auth: Mapping[str, str]


def begin(client: FlaskClient, platform: SigningPlatform, **changes: Any) -> Begun:
    """Begin a login as a platform does; read the page that the tool answers with."""
    answer = ask_login(client, platform, **changes)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return read_login(answer)


def ask_login(client: FlaskClient, platform: SigningPlatform, **changes: Any) -> TestResponse:
    """Send a login initiation; ``None`` takes a parameter out."""
    asked = {
        "iss": platform.url,
        "client_id": CLIENT_ID,
        "login_hint": "7",
        "lti_message_hint": '{"cmid": 3}',
        "target_link_uri": TARGET,
        "lti_deployment_id": "1",
    } | changes
    return client.post("/lti/login", data={k: v for k, v in asked.items() if v is not None})


def read_login(answer: TestResponse) -> Begun:
    """Read what a login's page is about to do."""
    text = answer.get_data(as_text=True)
    attributes = dict(
        part.split('="', 1) for part in text.split('id="login" ', 1)[1].split(">", 1)[0].split('" ')
    )
    values = {name: unescape(value).strip('"') for name, value in attributes.items()}
    query = parse_qs(urlsplit(values["data-auth-url"]).query)
    auth = {name: listed[0] for name, listed in query.items()}
    return Begun(auth["state"], auth["nonce"], values["data-secret"], auth)


def launch(
    client: FlaskClient, platform: SigningPlatform, *, begun: Begun | None = None, **claims: Any
) -> TestResponse:
    """Launch as a learner; changed claims by name, ``None`` takes one out."""
    login = begun or begin(client, platform)
    return post(client, login.state, platform.sign(platform.claims(login.nonce, **claims)))


def post(client: FlaskClient, state: str, token: str, **more: str) -> TestResponse:
    """Post a token as the platform's form does."""
    return client.post("/lti/launch", data={"state": state, "id_token": token, **more})


@contextmanager
def running_platform() -> Iterator[SigningPlatform]:
    """Start a platform on a free port of this machine; stop it afterwards."""
    platform = SigningPlatform()
    platform.publish("k1")

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            heard = Heard(self.command, self.path, dict(self.headers), self.rfile.read(length))
            platform.heard.append(heard)
            path = urlsplit(self.path).path
            answering = platform.answers.get(f"{self.command} {path}", _not_found)
            status, headers, body = answering(heard)
            self.send_response(status)
            for name, value in {"Content-Length": str(len(body)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = do_PUT = _answer  # noqa: N815  # the library's names

        def log_message(self, *_: Any) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    platform.url = f"http://127.0.0.1:{server.server_port}"
    platform.answers["GET /keys"] = lambda _heard: answer_json({"keys": platform.published})
    platform.answers["POST /token"] = lambda _heard: answer_json(
        {"access_token": f"token-{len(platform.heard)}", "expires_in": 3600, "token_type": "Bearer"}
    )
    try:
        yield platform
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _not_found(_heard: Heard) -> tuple[int, dict[str, str], bytes]:
    return 404, {}, b""


def answer_json(
    body: object, status: int = 200, **headers: str
) -> tuple[int, dict[str, str], bytes]:
    """Answer with JSON."""
    return status, {"Content-Type": "application/json", **headers}, json.dumps(body).encode()
