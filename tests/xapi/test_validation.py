"""What is a statement and what is none, rule by rule."""

from __future__ import annotations

import copy
import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.xapi import occasions
from xapi.people import check_asked_actor
from xapi.validation import check_statement
from xapi.values import StatementError, read_moment

AGENT = {"mbox": "mailto:bob@example.org"}
GROUP = {"objectType": "Group", "member": [AGENT]}
NAMED_GROUP = {"objectType": "Group", "account": {"homePage": "https://x.example", "name": "g"}}
REF = {"objectType": "StatementRef", "id": "df216b5a-7448-586c-b8da-a426aa6451a8"}
SUB: dict[str, Any] = {
    "objectType": "SubStatement",
    "actor": AGENT,
    "verb": {"id": "https://verbs.example/planned"},
    "object": {"id": "https://x.example/thing"},
}
VOIDED = {"id": "http://adlnet.gov/expapi/verbs/voided"}
ATTACHMENT = {
    "usageType": "https://x.example/usage",
    "display": {"en": "A file"},
    "contentType": "text/plain",
    "length": 3,
    "sha2": "0" * 64,
    "fileUrl": "https://x.example/file",
}


def plain(**changes: Any) -> dict[str, Any]:
    """Give a small statement; a dotted name (with __) changes a part, None takes it away."""
    made: dict[str, Any] = {
        "actor": {"account": {"homePage": "https://x.example", "name": "alice"}},
        "verb": {"id": "https://verbs.example/did"},
        "object": {"id": "https://x.example/thing"},
    }
    for name, value in changes.items():
        *path, last = name.split("__")
        part = made
        for step in path:
            part = part.setdefault(step, {})
        part[last] = value
    return copy.deepcopy(made)


GOOD: dict[str, dict[str, Any]] = {
    "the least": plain(),
    "an id in capitals": plain(id="DF216B5A-7448-586C-B8DA-A426AA6451A8"),
    "an id of version 7": plain(id="01908c6f-8ee5-7cbd-b1c4-41e6f1b41fc9"),
    "an agent by mail": plain(actor=AGENT),
    "an agent by the hash of mail": plain(actor={"mbox_sha1sum": "A" * 40}),
    "an agent by OpenID": plain(actor={"openid": "https://id.example/bob", "name": "Bob"}),
    "a group without a name": plain(actor=GROUP),
    "a group with a name and no members": plain(actor=NAMED_GROUP),
    "an object that is an agent": plain(object={"objectType": "Agent", **AGENT}),
    "an object that is a group": plain(object=NAMED_GROUP),
    "a reference": plain(object=REF),
    "a statement within a statement": plain(object=SUB),
    "a void": plain(verb=VOIDED, object=REF),
    "a time with an offset": plain(timestamp="2026-01-05T08:00:00.123456789+02:00"),
    "a time without a zone": plain(timestamp="2026-01-05T08:00:00"),
    "a time with a blank": plain(timestamp="2026-01-05 08:00:00Z"),
    "the version 1.0": plain(version="1.0"),
    "the version 2.0.0": plain(version="2.0.0"),
    "a duration in weeks": plain(result__duration="P2W"),
    "a duration with everything": plain(result__duration="P1Y2M3DT4H5M6.789S"),
    "a score below nothing": plain(result__score={"scaled": -1, "raw": -3.5, "min": -4, "max": 0}),
    "a score without bounds": plain(result__score={"raw": -3}),
    "null within an extension": plain(result__extensions={"https://x.example/e": None}),
    "null deep within an extension": plain(context__extensions={"e:x": {"a": [None]}}),
    "one activity in place of a list": plain(
        context__contextActivities={"parent": {"id": "https://x.example/parent"}}
    ),
    "languages": plain(
        verb__display={"en-GB": "did", "de": "tat", "i-klingon": "x", "zh-Hant": ""}
    ),
    "a team": plain(context__team=GROUP, context__instructor=AGENT),
    "a platform": plain(context__platform="Moodle", context__revision="2"),
    "an authority of two": plain(
        authority={"objectType": "Group", "member": [AGENT, {"openid": "https://id.example/o"}]}
    ),
    "agents of the context": plain(
        context__contextAgents=[
            {"objectType": "contextAgent", "agent": AGENT, "relevantTypes": ["https://t.example/a"]}
        ]
    ),
    "groups of the context": plain(
        context__contextGroups=[{"objectType": "contextGroup", "group": GROUP}]
    ),
    "an attachment": plain(attachments=[ATTACHMENT]),
    "a question": json.loads(occasions.answered().json),
    "an IRI with letters of the world": plain(object__id="https://x.example/größe/日本"),
    "a number beyond 64 bits": plain(result__score={"raw": 10**400}),
}

BAD: dict[str, tuple[dict[str, Any] | list[Any] | str, str]] = {
    "a text": ("did", ""),
    "a list": ([], ""),
    "no actor": ({"verb": {}, "object": {}}, ""),
    "an unknown key": (plain(mood="good"), ""),
    "a key in the wrong case": (plain(Timestamp="2026-01-05T08:00:00Z"), ""),
    "an id that is none": (plain(id="1"), "id"),
    "an id with braces": (plain(id="{df216b5a-7448-586c-b8da-a426aa6451a8}"), "id"),
    "null": (plain(result=None), "result"),
    "null in a list": (plain(attachments=[None]), "attachments[0]"),
    "an actor that is a text": (plain(actor="alice"), "actor"),
    "an actor of no kind": (plain(actor={"objectType": "Person", **AGENT}), "actor"),
    "an actor whose kind is a list": (plain(actor={"objectType": []}), "actor.objectType"),
    "an actor without an identifier": (plain(actor={"name": "Alice"}), "actor"),
    "an actor with two identifiers": (
        plain(actor={**AGENT, "openid": "https://id.example/bob"}),
        "actor",
    ),
    "a mail address that is none": (plain(actor={"mbox": "mailto:alice"}), "actor.mbox"),
    "a mail address without its scheme": (plain(actor={"mbox": "a@b.example"}), "actor.mbox"),
    "a hash that is none": (plain(actor={"mbox_sha1sum": "xyz"}), "actor.mbox_sha1sum"),
    "an OpenID that is none": (plain(actor={"openid": "bob"}), "actor.openid"),
    "an account without its home": (plain(actor={"account": {"name": "a"}}), "actor.account"),
    "an account whose name is a number": (
        plain(actor={"account": {"homePage": "https://x.example", "name": 1}}),
        "actor.account.name",
    ),
    "an account with NUL in its name": (
        plain(actor={"account": {"homePage": "https://x.example", "name": "a\0b"}}),
        "actor.account.name",
    ),
    "an agent with members": (plain(actor={**AGENT, "member": []}), "actor"),
    "a group of nobody": (plain(actor={"objectType": "Group"}), "actor"),
    "a group of groups": (
        plain(actor={"objectType": "Group", "member": [GROUP]}),
        "actor.member[0]",
    ),
    "a verb without an id": (plain(verb={"display": {"en": "did"}}), "verb"),
    "a verb that is no IRI": (plain(verb={"id": "did"}), "verb.id"),
    "a verb with a blank": (plain(verb={"id": "https://x.example/did it"}), "verb.id"),
    "a verb with NUL": (plain(verb={"id": "https://x.example/\0"}), "verb.id"),
    "words in no language": (plain(verb__display={"english language": "did"}), "verb.display"),
    "words that are a number": (plain(verb__display={"en": 1}), "verb.display.en"),
    "an object without an id": (plain(object={"definition": {}}), "object"),
    "an object of no kind": (plain(object={"objectType": "Thing", "id": "a:b"}), "object"),
    "an object whose kind is an object": (plain(object={"objectType": {}}), "object.objectType"),
    "a reference to nothing": (plain(object={"objectType": "StatementRef"}), "object"),
    "a statement in a statement in a statement": (
        plain(object={**SUB, "object": SUB}),
        "object.object",
    ),
    "an id within a statement within": (
        plain(object={**SUB, "id": "df216b5a-7448-586c-b8da-a426aa6451a8"}),
        "object",
    ),
    "a void of a thing": (plain(verb=VOIDED), "object"),
    "a definition with an unknown key": (
        plain(object__definition={"title": "x"}),
        "object.definition",
    ),
    "a type that is no IRI": (
        plain(object__definition={"type": "course"}),
        "object.definition.type",
    ),
    "choices without a kind of interaction": (
        plain(object__definition={"choices": [{"id": "a"}]}),
        "object.definition",
    ),
    "a kind of interaction that is a list": (
        plain(object__definition={"interactionType": ["choice"]}),
        "object.definition.interactionType",
    ),
    "a kind of interaction that is none": (
        plain(object__definition={"interactionType": "essay"}),
        "object.definition.interactionType",
    ),
    "the same choice twice": (
        plain(
            object__definition={"interactionType": "choice", "choices": [{"id": "a"}, {"id": "a"}]}
        ),
        "object.definition.choices",
    ),
    "success as a text": (plain(result__success="true"), "result.success"),
    "completion as a number": (plain(result__completion=1), "result.completion"),
    "a response that is a list": (plain(result__response=["a"]), "result.response"),
    "a duration that is none": (plain(result__duration="5 minutes"), "result.duration"),
    "a duration of nothing": (plain(result__duration="PT"), "result.duration"),
    "an extension that is no IRI": (
        plain(result__extensions={"note": 1}),
        "result.extensions.note",
    ),
    "scaled above 1": (plain(result__score={"scaled": 1.01}), "result.score.scaled"),
    "scaled as a text": (plain(result__score={"scaled": "1"}), "result.score.scaled"),
    "scaled as true": (plain(result__score={"scaled": True}), "result.score.scaled"),
    "no room between min and max": (plain(result__score={"min": 3, "max": 3}), "result.score"),
    "raw above max": (plain(result__score={"raw": 4, "max": 3}), "result.score.raw"),
    "raw below min": (plain(result__score={"raw": -1, "min": 0}), "result.score.raw"),
    "a registration that is none": (plain(context__registration="1"), "context.registration"),
    "a team that is an agent": (plain(context__team=AGENT), "context.team"),
    "an instructor that is a text": (plain(context__instructor="System"), "context.instructor"),
    "a language that is none": (plain(context__language="English language"), "context.language"),
    "a platform where there is no activity": (
        plain(object=REF, context__platform="Moodle"),
        "context.platform",
    ),
    "a role of activities that is none": (
        plain(context__contextActivities={"sibling": []}),
        "context.contextActivities",
    ),
    "an activity around that is an agent": (
        plain(context__contextActivities={"parent": [{"objectType": "Agent", **AGENT}]}),
        "context.contextActivities.parent[0]",
    ),
    "a reference in the context that is a text": (
        plain(context__statement="x"),
        "context.statement",
    ),
    "an agent of the context that is a number": (
        plain(context__contextAgents=[1]),
        "context.contextAgents[0]",
    ),
    "an agent of the context without types": (
        plain(
            context__contextAgents=[
                {"objectType": "contextAgent", "agent": AGENT, "relevantTypes": []}
            ]
        ),
        "context.contextAgents[0].relevantTypes",
    ),
    "a time that is none": (plain(timestamp="yesterday"), "timestamp"),
    "a day that is none": (plain(timestamp="2026-02-30T08:00:00Z"), "timestamp"),
    "a day alone": (plain(timestamp="2026-02-03"), "timestamp"),
    "an offset of minus nothing": (plain(timestamp="2026-02-03T08:00:00-00:00"), "timestamp"),
    "a time before all times": (plain(timestamp="0001-01-01T00:00:00+01:00"), "timestamp"),
    "a version that is none": (plain(version="0.95"), "version"),
    "a version that is a number": (plain(version=1.0), "version"),
    "an authority of three": (
        plain(authority={"objectType": "Group", "member": [AGENT, AGENT, AGENT]}),
        "authority",
    ),
    "an attachment without its hash": (
        plain(attachments=[{key: ATTACHMENT[key] for key in ATTACHMENT if key != "sha2"}]),
        "attachments[0]",
    ),
    "an attachment of length -1": (
        plain(attachments=[{**ATTACHMENT, "length": -1}]),
        "attachments[0].length",
    ),
}


@pytest.mark.parametrize("name", GOOD)
def test_a_statement_is_let_through(name: str) -> None:
    check_statement(GOOD[name])


@pytest.mark.parametrize("name", BAD)
def test_what_is_none_is_refused_and_the_place_named(name: str) -> None:
    given_, path = BAD[name]

    with pytest.raises(StatementError) as caught:
        check_statement(given_)

    assert caught.value.path == path
    assert "part two" in str(caught.value)


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
PARTS = (
    "actor", "verb", "object", "result", "context", "id", "timestamp", "version", "authority",
    "attachments", "object__definition", "context__contextActivities", "context__contextAgents",
    "result__score", "actor__account", "object__objectType", "object__definition__interactionType",
)  # fmt: skip


@given(st.sampled_from(PARTS), JSON_VALUES)
def test_nothing_put_in_place_of_a_part_breaks_the_check(part: str, value: Any) -> None:
    made = plain(**{part: value})

    with suppress(StatementError):
        check_statement(made)


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2026-01-05T08:00:00Z", "2026-01-05T08:00:00+00:00"),
        ("2026-01-05T08:00:00.5+02:00", "2026-01-05T06:00:00.500000+00:00"),
        ("2026-01-05t08:00:00.1234567z", "2026-01-05T08:00:00.123456+00:00"),
        ("2026-01-05T08:00:00+0230", "2026-01-05T05:30:00+00:00"),
        ("2026-01-05T08:00:00", "2026-01-05T08:00:00+00:00"),
    ],
)
def test_a_time_is_read_as_utc(text: str, utc: str) -> None:
    assert read_moment(text).isoformat() == utc


def test_an_actor_asked_for_alone_is_checked_like_one_in_a_statement() -> None:
    check_asked_actor(AGENT, "agent")

    with pytest.raises(StatementError, match="agent"):
        check_asked_actor({"name": None}, "agent")
