"""Launches that a tool must refuse."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Iterator
from typing import Any

from lti_tool.practice.browser import Answer, Browser
from lti_tool.practice.claims import DEEP_LINKING, LTI
from lti_tool.practice.signing import KeyPair
from lti_tool.practice.target import Target

Fire = Callable[[Target], Answer]
Changes = Callable[[Target], dict[str, Any]]

ELSEWHERE = "https://elsewhere.example/launch"


def launches() -> Iterator[tuple[str, Fire]]:
    """Give each with its name; those with unknown keys last, so that they disturb no other."""
    for name, changes in CLAIMS:
        yield name, _with_claims(changes)
    for name, changes in DEEP_LINKS:
        yield name, _with_claims(changes, deep_linking=True)
    yield from TOKENS
    yield from BROWSERS
    yield from LOGINS
    yield from KEYS


def unknown_deployment(target: Target) -> Answer:
    """Launch from a deployment that was never named; whether that is let in is a tool's policy."""
    return target.launch({f"{LTI}deployment_id": "unheard-of"})


def _with_claims(changes: Changes, *, deep_linking: bool = False) -> Fire:
    def fire(target: Target) -> Answer:
        if deep_linking:
            return target.launch(changes(target), person="carol", link=target.tool)
        return target.launch(changes(target))

    return fire


CLAIMS: tuple[tuple[str, Changes], ...] = (
    ("issuer of another platform", lambda _: {"iss": "https://elsewhere.example"}),
    ("no issuer", lambda _: {"iss": None}),
    ("audience is another tool", lambda _: {"aud": "another-tool"}),
    ("no audience", lambda _: {"aud": None}),
    ("a second audience, no azp", lambda t: {"aud": [t.tool.client_id, "another-tool"]}),
    (
        "a second audience that is the azp",
        lambda t: {"aud": [t.tool.client_id, "another-tool"], "azp": "another-tool"},
    ),
    ("azp is another tool", lambda _: {"azp": "another-tool"}),
    ("expired two minutes ago", lambda t: {"exp": t.now - 120}),
    ("no exp", lambda _: {"exp": None}),
    ("exp is no number", lambda _: {"exp": "tomorrow"}),
    ("issued ten minutes from now", lambda t: {"iat": t.now + 600, "exp": t.now + 900}),
    ("no iat", lambda _: {"iat": None}),
    ("no nonce", lambda _: {"nonce": None}),
    ("another nonce", lambda _: {"nonce": "not-the-one-you-sent"}),
    ("version 1.1", lambda _: {f"{LTI}version": "LTI-1p0"}),
    ("no version", lambda _: {f"{LTI}version": None}),
    ("an unknown kind of message", lambda _: {f"{LTI}message_type": "LtiUnheardOfRequest"}),
    ("no kind of message", lambda _: {f"{LTI}message_type": None}),
    ("no deployment", lambda _: {f"{LTI}deployment_id": None}),
    ("an empty deployment", lambda _: {f"{LTI}deployment_id": ""}),
    ("target on another site", lambda _: {f"{LTI}target_link_uri": ELSEWHERE}),
    ("no target", lambda _: {f"{LTI}target_link_uri": None}),
    ("no resource link", lambda _: {f"{LTI}resource_link": None}),
    ("a resource link without id", lambda _: {f"{LTI}resource_link": {"title": "Trial"}}),
    ("nobody (no sub)", lambda _: {"sub": None}),
    ("an empty sub", lambda _: {"sub": ""}),
    ("a sub of 300 characters", lambda _: {"sub": "5" * 300}),
    ("a sub that is a number", lambda _: {"sub": 5}),
    ("no roles", lambda _: {f"{LTI}roles": None}),
)

DEEP_LINKS: tuple[tuple[str, Changes], ...] = (
    ("selecting content without its settings", lambda _: {DEEP_LINKING: None}),
    (
        "selecting content without a return address",
        lambda _: {DEEP_LINKING: {"accept_types": ["ltiResourceLink"]}},
    ),
    (
        "selecting content with a script for a return address",
        lambda _: {
            DEEP_LINKING: {
                "accept_types": ["ltiResourceLink"],
                "accept_presentation_document_targets": ["iframe"],
                "deep_link_return_url": "javascript:alert(1)",
            }
        },
    ),
)


# Tokens


def _sent(make: Callable[[Target, dict[str, Any]], str | None]) -> Fire:
    def fire(target: Target) -> Answer:
        begun = target.begin()
        return target.send(begun, make(target, target.claims(begun)))

    return fire


def _tampered(target: Target, claims: dict[str, Any]) -> str:
    header, _, signature = target.practice.sign(claims).split(".")
    return f"{header}.{_part({**claims, 'sub': '2'})}.{signature}"


def _half_signature(target: Target, claims: dict[str, Any]) -> str:
    header, body, signature = target.practice.sign(claims).split(".")
    return f"{header}.{body}.{signature[: len(signature) // 2]}"


def _unsigned(target: Target, claims: dict[str, Any]) -> str:
    kid = target.practice.state.key.kid
    return f"{_part({'alg': 'none', 'kid': kid, 'typ': 'JWT'})}.{_part(claims)}."


def _without_signature(target: Target, claims: dict[str, Any]) -> str:
    return target.practice.sign(claims).rpartition(".")[0] + "."


def _by_public_key(target: Target, claims: dict[str, Any]) -> str:
    key = target.practice.state.key
    signed = f"{_part({'alg': 'HS256', 'kid': key.kid, 'typ': 'JWT'})}.{_part(claims)}"
    mac = hmac.new(key.public_pem.encode(), signed.encode(), hashlib.sha256).digest()
    return f"{signed}.{_text(mac)}"


def _part(value: dict[str, Any]) -> str:
    return _text(json.dumps(value).encode())


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _no_object(target: Target, _: dict[str, Any]) -> str:
    header = _part({"alg": "RS256", "kid": target.practice.state.key.kid})
    return f"{header}.{_text(b'[1, 2]')}.{_text(b'signature')}"


TOKENS: tuple[tuple[str, Fire], ...] = (
    ("another person written into a signed token", _sent(_tampered)),
    ("half a signature", _sent(_half_signature)),
    ("a token of three parts without a signature", _sent(_without_signature)),
    ("algorithm none", _sent(_unsigned)),
    ("HS256 with the public key as its secret", _sent(_by_public_key)),
    ("no token", _sent(lambda _target, _claims: None)),
    ("an empty token", _sent(lambda _target, _claims: "")),
    ("garbage for a token", _sent(lambda _target, _claims: "certainly.not.a-token")),
    (
        "a token of two parts",
        _sent(lambda target, claims: target.practice.sign(claims).rpartition(".")[0]),
    ),
    ("a token that holds a list", _sent(_no_object)),
    ("no key id", _sent(lambda target, claims: target.practice.sign(claims, kid=None))),
)


# States, replays and browsers


def _replayed(target: Target) -> Answer:
    begun = target.begin()
    token = target.practice.sign(target.claims(begun))
    target.send(begun, token)
    return target.send(begun, token)


def _old_token(target: Target) -> Answer:
    begun = target.begin()
    token = target.practice.sign(target.claims(begun))
    target.send(begun, token)
    return target.send(target.begin(), token)


def _old_nonce(target: Target) -> Answer:
    used = target.begin()
    target.send(used, target.practice.sign(target.claims(used)))
    begun = target.begin()
    return target.send(begun, target.practice.sign(target.claims(used)))


def _old_state(target: Target) -> Answer:
    used = target.begin()
    target.send(used, target.practice.sign(target.claims(used)))
    return target.send(used, target.practice.sign(target.claims(target.begin())))


def _no_state(target: Target) -> Answer:
    begun = target.begin()
    token = target.practice.sign(target.claims(begun))
    return target.browser.post(begun.redirect_url, {"id_token": token})


def _unknown_state(target: Target) -> Answer:
    begun = target.begin()
    return target.send(begun, target.practice.sign(target.claims(begun)), state="never-given")


def _no_cookies(target: Target) -> Answer:
    begun = target.begin()
    token = target.practice.sign(target.claims(begun))
    return target.send(begun, token, browser=Browser())


def _other_browser(target: Target) -> Answer:
    other = Browser()
    target.begin("bob", browser=other)
    begun = target.begin()
    return target.send(begun, target.practice.sign(target.claims(begun)), browser=other)


def _error_form(target: Target) -> Answer:
    begun = target.begin()
    return target.send(begun, None, error="access_denied", error_description="Not this time")


def _by_get(target: Target) -> Answer:
    begun = target.begin()
    token = target.practice.sign(target.claims(begun))
    sign = "&" if "?" in begun.redirect_url else "?"
    return target.browser.get(f"{begun.redirect_url}{sign}state={begun.state}&id_token={token}")


BROWSERS: tuple[tuple[str, Fire], ...] = (
    ("the same form sent twice", _replayed),
    ("an old token under a new state", _old_token),
    ("a new token with an old nonce", _old_nonce),
    ("a new token under an old state", _old_state),
    ("no state", _no_state),
    ("a state that was never given", _unknown_state),
    ("another browser, without cookies", _no_cookies),
    ("another browser, with its own cookies", _other_browser),
    ("the platform's own error instead of a token", _error_form),
    ("a launch by GET", _by_get),
)


# Logins


def _login(**changes: str | None) -> Fire:
    return lambda target: target.login(changes=changes)


LOGINS: tuple[tuple[str, Fire], ...] = (
    ("login without issuer", _login(iss=None)),
    ("login without login hint", _login(login_hint=None)),
    ("login without target", _login(target_link_uri=None)),
    ("login of a platform nobody knows", _login(iss="https://elsewhere.example")),
    ("login with a client id nobody knows", _login(client_id="another-tool")),
    ("login to a target on another site", _login(target_link_uri=ELSEWHERE)),
)


# Keys


def _foreign_key(target: Target) -> Answer:
    kid = target.practice.state.key.kid
    return target.launch(key=KeyPair.make(), kid=kid)


def _unknown_kid(target: Target) -> Answer:
    return target.launch(kid="never-published")


def _unpublished_key(target: Target) -> Answer:
    return target.launch(key=KeyPair.make())


KEYS: tuple[tuple[str, Fire], ...] = (
    ("a stranger's key under our key's id", _foreign_key),
    ("a key id that was never published", _unknown_kid),
    ("a key that was never published", _unpublished_key),
)
