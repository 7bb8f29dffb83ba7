"""Text comes in and goes out as it was written."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.xapi.doors import sentence
from xapi import received
from xapi.contents import content_hash
from xapi.values import StatementError


def test_a_statement_keeps_its_very_text() -> None:
    text = '{ "actor" : {"mbox":"mailto:a@b.example"}, "n": 1.0, "e": 1e2, "u": "\\u00e9" }'

    (only,) = received.read(f"  {text} \n".encode())

    assert only.text == text
    assert only.parsed["u"] == "é"


def test_fields_of_the_store_are_added_and_nothing_else_is_touched() -> None:
    (only,) = received.read('{"a": 1.00 , "b":"x" } ')

    text = received.with_fields(only, {"stored": "now"})

    assert text == '{"a": 1.00 , "b":"x","stored":"now"}'


def test_a_field_that_was_given_is_replaced_and_large_numbers_survive() -> None:
    (only,) = received.read(f'{{"stored":"then","n":{10**30},"é":"ü"}}')

    text = received.with_fields(only, {"stored": "now"})

    assert json.loads(text) == {"stored": "now", "n": 10**30, "é": "ü"}


def test_a_list_is_taken_apart_in_order() -> None:
    found = received.read('[ {"n":1} , {"n": [2, "],["]},{"n":3}]')

    assert [each.text for each in found] == ['{"n":1}', '{"n": [2, "],["]}', '{"n":3}']
    assert received.read("[]") == []


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("", "not JSON"),
        ("{", "not JSON"),
        ("null", "object"),
        ('"x"', "object"),
        ("[1]", "object"),
        ("[{}", "comma"),
        ("[{} {}]", "comma"),
        ("[{},]", "not JSON"),
        ("{} {}", "after the JSON"),
        ("{'a':1}", "not JSON"),
        ('{"a":1,"a":2}', "twice"),
        ('{"a":{"b":1,"b":1}}', "twice"),
        ('{"a":NaN}', "no number"),
        ('{"a":-Infinity}', "no number"),
        ('{"a":1e999}', "no number"),
        ('{"a":"\\ud800"}', "half of a character"),
        ('{"\\udc00":1}', "half of a character"),
        (f'{{"a":{"9" * 5000}}}', "not JSON"),
        ('{"a":' * 200 + "1" + "}" * 200, "nested deeper"),
        ("[" * 100_000, "not JSON"),
        ('{"a":' + "[" * 100_000, "not JSON"),
        (b"\xff{}", "UTF-8"),
    ],
)
def test_what_cannot_be_kept_as_it_is_is_refused_in_plain_words(
    body: bytes | str, words: str
) -> None:
    with pytest.raises(StatementError, match=words):
        received.read(body)


def test_whole_characters_written_in_halves_are_let_through() -> None:
    (only,) = received.read('{"a":"\\ud83d\\ude00"}')

    assert only.parsed["a"] == "😀"


ALICE = {"account": {"homePage": "https://x.example", "name": "alice"}}
SAME: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "what the store says": (
        {},
        {
            "stored": "2026-01-01T00:00:00Z",
            "authority": ALICE,
            "version": "1.0.0",
            "id": "x",
            "timestamp": "2026-01-01T00:00:00Z",
        },
    ),
    "words of a verb": (
        {},
        {"verb": {"id": "https://verbs.example/did", "display": {"en": "did"}}},
    ),
    "a definition": (
        {},
        {"object": {"id": "https://x.example/thing", "definition": {"name": {"en": "Thing"}}}},
    ),
    "what is the default": (
        {},
        {
            "actor": {"objectType": "Agent", **ALICE},
            "object": {"objectType": "Activity", "id": "https://x.example/thing"},
        },
    ),
    "a name": ({}, {"actor": {"name": "Alice", **ALICE}}),
    "order of members": (
        {"actor": {"objectType": "Group", "member": [{"mbox": "mailto:a@x.example"}, ALICE]}},
        {"actor": {"objectType": "Group", "member": [ALICE, {"mbox": "mailto:a@x.example"}]}},
    ),
    "one or a list of one": (
        {"context": {"contextActivities": {"parent": [{"id": "a:b"}]}}},
        {"context": {"contextActivities": {"parent": {"id": "a:b"}}}},
    ),
    "how a number is written": (
        {
            "result": {"score": {"scaled": 1.0}, "extensions": {"a:b": [2.0, {"c": 3.0}]}},
            "context": {"extensions": {"a:b": 4.0}},
        },
        {
            "result": {"score": {"scaled": 1}, "extensions": {"a:b": [2, {"c": 3}]}},
            "context": {"extensions": {"a:b": 4}},
        },
    ),
}
OTHER: dict[str, dict[str, Any]] = {
    "actor": {"actor": {"account": {"homePage": "https://x.example", "name": "bob"}}},
    "verb": {"verb": {"id": "https://verbs.example/undid"}},
    "object": {"object": {"id": "https://x.example/other"}},
    "result": {"result": {"success": True}},
    "context": {"context": {"platform": "Moodle"}},
    "a large number": {"result": {"score": {"raw": 10**30}}},
}


@pytest.mark.parametrize("name", SAME)
def test_two_statements_are_the_same_but_for(name: str) -> None:
    first, second = SAME[name]

    assert content_hash(sentence(**first)) == content_hash(sentence(**second))


@pytest.mark.parametrize("name", OTHER)
def test_two_statements_differ_by_their(name: str) -> None:
    assert content_hash(sentence()) != content_hash(sentence(**OTHER[name]))
