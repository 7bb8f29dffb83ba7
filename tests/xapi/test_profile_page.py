"""docs/xapi-profile.md says what the profile and the statements say, and nothing else."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.xapi import occasions
from xapi import profile
from xapi import vocabulary as words

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "xapi-profile.md").read_text()
TERMS = (*words.VERBS, *words.ACTIVITY_TYPES, *words.EXTENSIONS)
OWN = profile.profile_of(occasions.HOME).parsed
TEMPLATES = {each["id"].rpartition("/")[2]: each for each in OWN["templates"]}


@pytest.mark.parametrize("term", TERMS, ids=lambda term: term.iri)
def test_every_term_stands_on_the_page_with_its_word(term: words.Term) -> None:
    rows = [line for line in PAGE.splitlines() if f"`{term.iri}`" in line]

    assert any(re.search(rf"\| {re.escape(term.word)}\b", line) for line in rows)


def test_the_page_tells_of_the_extensions_of_ours_and_no_other() -> None:
    own = set(re.findall(r"`<base>/id/extension/([a-z-]+)`", PAGE))

    assert own == set(words.OWN_EXTENSIONS)


def test_the_page_tells_of_each_template_and_no_other() -> None:
    rows = re.findall(r"^\| `([a-z-]+)` \| ([a-z]+) \|", PAGE, flags=re.MULTILINE)

    assert sorted(name for name, _ in rows) == sorted(TEMPLATES)
    for name, verb in rows:
        assert TEMPLATES[name]["verb"].rpartition("/")[2] == verb


def test_the_page_tells_of_no_verb_type_or_extension_that_there_is_not() -> None:
    told = set(
        re.findall(
            r"`(https?://(?:adlnet\.gov|w3id\.org|activitystrea\.ms|id\.tincanapi\.com|www\.opigno\.org)/[^`]+)`",
            PAGE,
        )
    )

    assert told == {each.iri for each in TERMS} | {words.VIDEO}


def test_every_iri_of_every_golden_statement_stands_on_the_page() -> None:
    used = {
        iri
        for path in occasions.GOLDEN.glob("*.json")
        for iri in _iris(json.loads(path.read_text()))
        if not iri.startswith(occasions.BASE)
    }

    assert {iri for iri in used if f"`{iri}`" not in PAGE} == set()


def _iris(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, each in value.items():
            yield from _iris(key)
            yield from _iris(each)
    elif isinstance(value, list):
        for each in value:
            yield from _iris(each)
    elif isinstance(value, str) and value.startswith(("http://", "https://")):
        yield value
