"""The document about our statements names everything that stands in them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.xapi import occasions
from xapi import vocabulary as words

PROFILE = (Path(__file__).resolve().parents[2] / "docs" / "xapi-profile.md").read_text()
TERMS = (*words.VERBS, *words.ACTIVITY_TYPES, *words.EXTENSIONS)


@pytest.mark.parametrize("term", TERMS, ids=lambda term: term.iri)
def test_every_term_stands_in_the_profile_with_its_word(term: words.Term) -> None:
    rows = [line for line in PROFILE.splitlines() if f"`{term.iri}`" in line]

    assert any(re.search(rf"\| {re.escape(term.word)}\b", line) for line in rows)


@pytest.mark.parametrize("name", words.OWN_EXTENSIONS)
def test_every_extension_of_ours_stands_in_the_profile(name: str) -> None:
    assert f"`<base>/id/extension/{name}`" in PROFILE


def test_the_profile_tells_of_no_extension_that_there_is_not() -> None:
    own = set(re.findall(r"`<base>/id/extension/([a-z-]+)`", PROFILE))

    assert own == set(words.OWN_EXTENSIONS)


def test_every_iri_of_every_golden_statement_stands_in_the_profile() -> None:
    used = {
        iri
        for path in occasions.GOLDEN.glob("*.json")
        for iri in _iris(json.loads(path.read_text()))
        if not iri.startswith(occasions.BASE)
    }

    assert {iri for iri in used if f"`{iri}`" not in PROFILE} == set()


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
