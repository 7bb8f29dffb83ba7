"""A platform for loads: signs launches itself, gives its key set over HTTP, slowly if asked."""

from __future__ import annotations

import base64
import json
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from uuid import uuid4

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

LTI = "https://purl.imsglobal.org/spec/lti/claim/"
KID = "bench"


def b64(raw: bytes) -> str:
    """Encode as JOSE does."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


@dataclass
class Platform:
    """One signing platform with a key set at an address of its own."""

    client_id: str = "bench-client"
    deployment_id: str = "1"
    delay_s: float = 0.0
    fetches: int = 0
    key: rsa.RSAPrivateKey = field(
        default_factory=lambda: rsa.generate_private_key(public_exponent=65537, key_size=2048)
    )

    def __post_init__(self) -> None:
        platform = self

        class Keys(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                platform.fetches += 1
                time.sleep(platform.delay_s)
                body = json.dumps({"keys": [platform.jwk()]}).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                return

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Keys)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def close(self) -> None:
        """Stop answering."""
        self._server.shutdown()
        self._server.server_close()

    def jwk(self) -> dict[str, str]:
        """Give the public key."""
        numbers = self.key.public_key().public_numbers()
        return {
            "kty": "RSA",
            "alg": "RS256",
            "use": "sig",
            "kid": KID,
            "n": b64(numbers.n.to_bytes(256, "big")),
            "e": b64(numbers.e.to_bytes(3, "big")),
        }

    def public_pem(self) -> str:
        """Give the public key as PEM."""
        return (
            self.key.public_key()
            .public_bytes(
                serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
            )
            .decode()
        )

    def id_token(self, nonce: str, target: str, subject: str) -> str:
        """Sign a launch of about 2 kB as Moodle sends it."""
        now = int(time.time())
        claims: dict[str, Any] = {
            "iss": self.url,
            "aud": self.client_id,
            "sub": subject,
            "nonce": nonce,
            "iat": now,
            "exp": now + 60,
            "name": "Alice Example",
            "given_name": "Alice",
            "family_name": "Example",
            "email": f"{subject}@example.org",
            f"{LTI}deployment_id": self.deployment_id,
            f"{LTI}message_type": "LtiResourceLinkRequest",
            f"{LTI}version": "1.3.0",
            f"{LTI}target_link_uri": target,
            f"{LTI}roles": ["http://purl.imsglobal.org/vocab/lis/v2/membership#Learner"],
            f"{LTI}context": {
                "id": "c1",
                "label": "LCA",
                "title": "Life cycle assessment",
                "type": ["CourseSection"],
            },
            f"{LTI}resource_link": {"id": "r1", "title": "aLIFEca"},
            f"{LTI}custom": {"course": "alifeca"},
            f"{LTI}tool_platform": {
                "name": "Bench",
                "product_family_code": "moodle",
                "version": "2024100700",
            },
            f"{LTI}launch_presentation": {
                "locale": "en",
                "document_target": "iframe",
                "return_url": f"{self.url}/return",
            },
            "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint": {
                "scope": [
                    "https://purl.imsglobal.org/spec/lti-ags/scope/score",
                    "https://purl.imsglobal.org/spec/lti-ags/scope/lineitem",
                ],
                "lineitems": f"{self.url}/services.php/2/lineitems?type_id=1",
                "lineitem": f"{self.url}/services.php/2/lineitems/1/lineitem?type_id=1",
            },
            "https://purl.imsglobal.org/spec/lti-nrps/claim/namesroleservice": {
                "context_memberships_url": f"{self.url}/services.php/2/memberships",
                "service_versions": ["1.0", "2.0"],
            },
            f"{LTI}ext": {"user_username": "alice", "lms": "moodle-2", "jti": uuid4().hex},
        }
        head = b64(json.dumps({"typ": "JWT", "alg": "RS256", "kid": KID}).encode())
        body = f"{head}.{b64(json.dumps(claims).encode())}"
        signature = self.key.sign(body.encode(), padding.PKCS1v15(), hashes.SHA256())
        return f"{body}.{b64(signature)}"
