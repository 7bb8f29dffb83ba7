"""Text comes in and goes out as it was written."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from tests.xapi.doors import sentence
from xapi import received
from xapi.contents import is_same
from xapi.values import StatementError


def test_a_statement_keeps_its_very_text() -> None:
    text = '{ "actor" : {"mbox":"mailto:a@b.example"}, "n": 1.0, "e": 1e2, "u": "\\u00e9" }'

    (only,) = received.read(f"  {text} \n".encode())

    assert only.text == text
    assert only.parsed["u"] == "é"


PLAIN = '{"object":{"id":"a:b"}, "a": 1.00 , "b":"x" } '


def test_fields_of_the_store_are_left_out_and_nothing_else_is_touched() -> None:
    (only,) = received.read(PLAIN)
    (given,) = received.read(f'{{"object":{{}},"stored":"then","n":{10**30},"e":1e2,"é":"ü"}}')

    assert received.open_text(only, without=["stored"]) == PLAIN.rstrip()[:-1].rstrip()
    assert (
        received.open_text(given, without=["stored"])
        == f'{{"object":{{}},"n":{10**30},"e":1e2,"é":"ü"'
    )


def test_one_activity_becomes_a_list_of_one_and_numbers_stay_as_written() -> None:
    """xAPI 1.0.3, part two, 2.4.6.2."""
    around = '{"contextActivities":{"parent":{"id":"a:b"},"other":[{"id":"c:d"}]}}'
    inner = f'{{"objectType":"SubStatement","object":{{"id":"x:y"}},"context":{around}}}'
    (given,) = received.read(f'{{"object":{inner},"context":{around},"n":1.0}}')

    text = received.open_text(given, without=[])

    listed = around.replace('{"id":"a:b"}', '[{"id":"a:b"}]')
    assert text == f'{{"object":{inner.replace(around, listed)},"context":{listed},"n":1.0'


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
BOB = {"mbox": "mailto:bob@x.example"}
SIGNED = {
    "usageType": "https://x.example/usage",
    "display": {"en": "A file"},
    "contentType": "text/plain",
    "length": 3,
    "sha2": "0" * 64,
}
SAME: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "what the store says": (
        {},
        {
            "stored": "2026-01-01T00:00:00Z",
            "authority": ALICE,
            "version": "1.0.0",
            "timestamp": "2026-01-01T00:00:00Z",
        },
    ),
    "the zone of a time": (
        {"timestamp": "2026-01-01T00:00:00Z"},
        {"timestamp": "2026-01-01T02:00:00.000+02:00"},
    ),
    "a time that one of them lacks": ({}, {"timestamp": "2026-01-01T00:00:00Z"}),
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
    "order of members": (
        {"actor": {"objectType": "Group", "member": [BOB, ALICE]}},
        {"actor": {"objectType": "Group", "member": [ALICE, BOB]}},
    ),
    "case of a domain": ({"actor": BOB}, {"actor": {"mbox": "mailto:bob@X.Example"}}),
    "case of a registration": (
        {"context": {"registration": "df216b5a-7448-586c-b8da-a426aa6451a8"}},
        {"context": {"registration": "DF216B5A-7448-586C-B8DA-A426AA6451A8"}},
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
OTHER: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "actor": ({}, {"actor": BOB}),
    "a name": ({}, {"actor": {"name": "Alice", **ALICE}}),
    "verb": ({}, {"verb": {"id": "https://verbs.example/undid"}}),
    "object": ({}, {"object": {"id": "https://x.example/other"}}),
    "result": ({}, {"result": {"success": True}}),
    "context": ({}, {"context": {"platform": "Moodle"}}),
    "a large number": ({}, {"result": {"score": {"raw": 10**30}}}),
    "a duration, told otherwise": (
        {"result": {"duration": "PT60S"}},
        {"result": {"duration": "PT1M"}},
    ),
    "time": ({"timestamp": "2026-01-01T00:00:00Z"}, {"timestamp": "2026-01-01T00:00:00.001Z"}),
    "true and 1": (
        {"result": {"extensions": {"a:b": True}}},
        {"result": {"extensions": {"a:b": 1}}},
    ),
    "an attachment": ({}, {"attachments": [SIGNED]}),
    "what is attached": (
        {"attachments": [SIGNED]},
        {"attachments": [{**SIGNED, "sha2": "1" * 64}]},
    ),
}


@pytest.mark.parametrize("name", SAME)
def test_two_statements_are_the_same_but_for(name: str) -> None:
    """xAPI 1.0.3, part two, 2.3.1."""
    shared = {"id": str(uuid4())}
    first, second = (sentence(**shared, **each) for each in SAME[name])

    assert is_same(first, second)
    assert is_same(second, first)


@pytest.mark.parametrize("name", OTHER)
def test_two_statements_differ_by_their(name: str) -> None:
    """xAPI 1.0.3, part two, 2.3.1."""
    shared = {"id": str(uuid4())}
    first, second = (sentence(**shared, **each) for each in OTHER[name])

    assert not is_same(first, second)
    assert not is_same(second, first)


def test_a_time_that_the_store_put_in_is_not_compared() -> None:
    stored = "2026-01-05T08:00:00.000Z"
    kept = sentence(timestamp=stored, stored=stored)

    assert is_same(kept, {**kept, "timestamp": "2026-01-05T07:59:58Z"})
    assert not is_same(
        {**kept, "stored": "2026-01-06T08:00:00Z"}, {**kept, "timestamp": "2027-01-05T08:00:00Z"}
    )


@pytest.mark.parametrize(("hundredths", "same"), [(True, True), (False, False)])
def test_durations_are_compared_to_a_hundredth_in_version_2_and_as_texts_in_1(
    hundredths: bool, same: bool
) -> None:
    """IEEE 9274.1.1, 4.2.7; xAPI 1.0.3, part two, 2.3.1."""
    first = sentence(result={"duration": "PT1.239S"})
    second = {**first, "result": {"duration": "PT1.23S"}}

    assert is_same(first, second, hundredths=hundredths) is same
    assert not is_same(first, {**first, "result": {"duration": "PT1.24S"}}, hundredths=True)
