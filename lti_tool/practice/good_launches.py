"""Launches that a tool must take."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from lti_tool.practice.browser import Answer, Browser
from lti_tool.practice.claims import LTI
from lti_tool.practice.target import Target

Fire = Callable[[Target], Answer]

PRESENTATION = f"{LTI}launch_presentation"
SKEW_S = 20


def _login_by_get(target: Target) -> Answer:
    begun = target.begin(method="GET")
    return target.send(begun, target.practice.sign(target.claims(begun)))


def _nameless(target: Target) -> Answer:
    names = ("name", "given_name", "family_name", "email")
    return target.launch(dict.fromkeys(names), person="bob")


def _two_tabs(target: Target) -> Answer:
    first = target.begin("alice")
    second = target.begin("alice")
    answer = target.send(second, target.practice.sign(target.claims(second)))
    if not answer.is_page:
        return answer
    return target.send(first, target.practice.sign(target.claims(first)))


def _new_key(target: Target) -> Answer:
    """Sign with the other one of two published keys, as a platform does when it rotates.

    Both were published before the first launch: a tool may fetch a key set once a minute only.
    """
    return target.launch(key=target.practice.state.keys[0])


def _slow_clock(target: Target) -> Answer:
    now = target.now
    return target.launch({"iat": now - SKEW_S, "exp": now + 60 - SKEW_S})


def _fast_clock(target: Target) -> Answer:
    now = target.now
    return target.launch({"iat": now + SKEW_S, "exp": now + 60 + SKEW_S})


def _unknown_claims(target: Target) -> Answer:
    return target.launch(
        {
            "https://example.org/claim/weather": {"today": ["rain", 3.5]},
            "jti": "something",
            "locale": "en",
            f"{LTI}role_scope_mentor": ["5"],
        }
    )


def _fresh_browser(target: Target) -> Answer:
    return replace(target, browser=Browser()).launch()


LAUNCHES: tuple[tuple[str, Fire], ...] = (
    ("a learner", lambda target: target.launch()),
    ("a teacher", lambda target: target.launch(person="carol")),
    ("a new key that was published beforehand", _new_key),
    ("login by GET", _login_by_get),
    ("somebody without a name or address", _nameless),
    (
        "in a new window",
        lambda target: target.launch({PRESENTATION: {"document_target": "window"}}),
    ),
    ("no word about the window", lambda target: target.launch({PRESENTATION: None})),
    (
        "the audience as a list of one",
        lambda target: target.launch({"aud": [target.tool.client_id]}),
    ),
    (
        "an authorised party that is the tool",
        lambda target: target.launch({"azp": target.tool.client_id}),
    ),
    ("claims that nobody knows", _unknown_claims),
    (f"the platform's clock {SKEW_S} s ahead", _fast_clock),
    (f"the platform's clock {SKEW_S} s behind", _slow_clock),
    ("two tabs at once", _two_tabs),
    ("a browser that was never here", _fresh_browser),
    (
        "a teacher who selects content",
        lambda target: target.launch(person="carol", link=target.tool),
    ),
)
