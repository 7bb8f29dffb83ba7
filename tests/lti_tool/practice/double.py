"""A tiny tool to try the platform with: it keeps what comes, and believes anything."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import jwt
import requests
from flask import Flask, Response, jsonify, redirect, request
from werkzeug.serving import make_server

from lti_tool.practice.access import ASSERTION_TYPE
from lti_tool.practice.app import Practice
from lti_tool.practice.model import Tool
from lti_tool.practice.signing import KeyPair

CONFIGURATION = "https://purl.imsglobal.org/spec/lti-tool-configuration"
AGS = "https://purl.imsglobal.org/spec/lti-ags/scope"
NRPS = "https://purl.imsglobal.org/spec/lti-nrps/scope/contextmembership.readonly"


@dataclass
class Double:
    """What the tool is, and what it was sent."""

    key: KeyPair
    url: str = ""
    launches: list[dict[str, str]] = field(default_factory=list)
    key_fetches: int = 0
    asks: dict[str, str] = field(default_factory=dict)
    """What its authorisation request says otherwise."""
    wanted: dict[str, Any] = field(default_factory=dict)
    """What its registration says otherwise; None: nothing."""
    answers: list[requests.Response] = field(default_factory=list)
    """What the platform said to registrations."""
    has_alg: bool = True

    @property
    def claims(self) -> dict[str, Any]:
        """Give what the last launch said."""
        read: dict[str, Any] = jwt.decode(
            self.launches[-1]["id_token"], options={"verify_signature": False}
        )
        return read

    def registration(self) -> dict[str, Any]:
        """Give what it registers with."""
        host = self.url.removeprefix("http://")
        whole = {
            "application_type": "web",
            "response_types": ["id_token"],
            "grant_types": ["client_credentials", "implicit"],
            "initiate_login_uri": f"{self.url}/login",
            "redirect_uris": [f"{self.url}/launch"],
            "client_name": "Tiny tool",
            "jwks_uri": f"{self.url}/keys",
            "token_endpoint_auth_method": "private_key_jwt",
            "scope": f"{AGS}/score {NRPS}",
            CONFIGURATION: {
                "domain": host,
                "target_link_uri": f"{self.url}/launch",
                "claims": ["iss", "sub"],
                "messages": [
                    {"type": "LtiDeepLinkingRequest", "target_link_uri": f"{self.url}/launch"}
                ],
            },
            **self.wanted,
        }
        return {name: value for name, value in whole.items() if value is not None}


def make_app(double: Double) -> Flask:
    """Give the tool's pages."""
    app = Flask("double")

    @app.route("/login", methods=["GET", "POST"])
    def login() -> Any:
        given = request.values
        asked = {
            "scope": "openid",
            "response_type": "id_token",
            "response_mode": "form_post",
            "client_id": given.get("client_id", ""),
            "redirect_uri": f"{double.url}/launch",
            "login_hint": given.get("login_hint", ""),
            "lti_message_hint": given.get("lti_message_hint", ""),
            "state": "some-state",
            "nonce": "some-nonce",
            "prompt": "none",
            **double.asks,
        }
        return redirect(f"{given['iss']}/auth?{urlencode(asked)}")

    @app.post("/launch")
    def launch() -> Any:
        double.launches.append(dict(request.form))
        return "<!doctype html><title>In</title><h1>In</h1>"

    @app.get("/launch")
    def launch_by_get() -> Any:
        return "<!doctype html><title>In</title><h1>In</h1>"

    @app.get("/keys")
    def keys() -> Any:
        double.key_fetches += 1
        jwk = double.key.jwk
        if not double.has_alg:
            del jwk["alg"]
        return jsonify(keys=[jwk])

    @app.get("/register")
    def register() -> Any:
        return Response(
            '<form method="post" action="/register"><input type="hidden" name="where" '
            f'value="{request.args["openid_configuration"]}"><input type="hidden" name="token" '
            f'value="{request.args["registration_token"]}"><button>Connect</button></form>',
            content_type="text/html",
        )

    @app.post("/register")
    def connect() -> Any:
        where = ask("GET", request.form["where"]).json()
        told = ask(
            "POST",
            where["registration_endpoint"],
            {"Authorization": f"Bearer {request.form['token']}"},
            json.dumps(double.registration()).encode(),
        )
        double.answers.append(told)
        return "<!doctype html><title>Done</title><h1>Done</h1>"

    return app


@contextmanager
def running_double(key: KeyPair) -> Iterator[Double]:
    """Run the tool while the block lasts; another site than the platform's."""
    double = Double(key)
    server = make_server("127.0.0.1", 0, make_app(double), threaded=True)
    double.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield double
    server.shutdown()
    thread.join()
    server.server_close()


def ask(
    method: str,
    url: str,
    headers: Mapping[str, str] | None = None,
    body: bytes | Mapping[str, str] | None = None,
) -> requests.Response:
    """Ask for something, past any proxy."""
    with requests.Session() as session:
        session.trust_env = False
        return session.request(
            method, url, data=body, headers=dict(headers or {}), timeout=10, allow_redirects=False
        )


@dataclass
class Caller:
    """The tool calling the platform's services."""

    practice: Practice
    double: Double
    tool: Tool

    def assertion(self, *, kid: str | None = "", **changes: Any) -> str:
        """Give what a token is asked for with; a change of None leaves a claim out."""
        now = int(time.time())
        claims = {
            "iss": self.tool.client_id,
            "sub": self.tool.client_id,
            "aud": f"{self.practice.url}/token",
            "iat": now - 5,
            "exp": now + 60,
            "jti": f"jti-{time.monotonic_ns()}",
            **changes,
        }
        return self.double.key.sign(
            {name: value for name, value in claims.items() if value is not None}, kid=kid
        )

    def ask_token(self, scope: str, assertion: str | None = None) -> requests.Response:
        """Ask for a token."""
        return ask(
            "POST",
            f"{self.practice.url}/token",
            body={
                "grant_type": "client_credentials",
                "client_assertion_type": ASSERTION_TYPE,
                "client_assertion": assertion or self.assertion(),
                "scope": scope,
            },
        )

    def call(
        self, method: str, url: str, kind: str, body: Any = None, *, scope: str | None = None
    ) -> requests.Response:
        """Call a service with a token of its own; ``kind`` goes where the method wants it."""
        scopes = scope or f"{AGS}/lineitem {AGS}/result.readonly {AGS}/score {NRPS}"
        token = self.ask_token(scopes).json()["access_token"]
        name = "Accept" if method == "GET" else "Content-Type"
        return ask(
            method,
            url,
            {"Authorization": f"Bearer {token}", name: kind},
            None if body is None else json.dumps(body).encode(),
        )
