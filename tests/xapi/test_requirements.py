"""Every requirement on statements, by its number, through the store's door and in both versions."""

from __future__ import annotations

from typing import Any

import pytest

from tests.xapi.doors import Door
from tests.xapi.requirements import RULES, SECOND, VERSIONS, VOIDED, Rule, changed, within

HEADER = "X-Experience-API-Version"


def told(door: Door, version: str, statements: list[dict[str, Any]]) -> int:
    """Send statements as one; give the status."""
    return door.post(statements, headers={HEADER: version}).status_code


def let_through(door: Door, version: str, made: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Give those of several statements, each sent by itself, that the store takes."""
    return [each for each in made if told(door, version, [each]) == 200]


def places(rule: Rule, changes: tuple[dict[str, Any], ...]) -> list[dict[str, Any]]:
    """Give statements with the changes, and as far as the rule holds there, SubStatements too."""
    made = [changed(each) for each in changes]
    return made + [within(each) for each in made] if rule.within else made


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("number", RULES)
def test_a_requirement_is_kept(door: Door, number: str, version: str) -> None:
    rule = RULES[number]
    good, bad = places(rule, rule.good), places(rule, rule.bad)

    taken = told(door, version, good)

    assert taken == 200
    assert let_through(door, version, bad) == []


@pytest.mark.parametrize("number", SECOND)
def test_what_version_2_added_is_kept_there_and_unknown_in_1(door: Door, number: str) -> None:
    rule = SECOND[number]
    good, bad = places(rule, rule.good), places(rule, rule.bad)

    taken = told(door, "2.0.0", good)

    assert taken == 200
    assert let_through(door, "2.0.0", bad) == []
    assert let_through(door, "1.0.3", good) == []


@pytest.mark.parametrize("version", VERSIONS)
def test_a_statement_names_a_version_of_its_family_xapi_00101(door: Door, version: str) -> None:
    good, bad = ([changed({"version": each}) for each in named] for named in VERSIONS[version])

    assert let_through(door, version, good) == good
    assert let_through(door, version, bad) == []


@pytest.mark.parametrize("version", VERSIONS)
def test_a_voiding_statement_names_its_target_xapi_00019_xapi_00020(
    door: Door, version: str
) -> None:
    reference = {"objectType": "StatementRef", "id": "df216b5a-7448-586c-b8da-a426aa6451a8"}
    good = {"verb": {"id": VOIDED}, "object": reference}
    bad = [{"verb": {"id": VOIDED}}, {**good, "object": {"objectType": "StatementRef"}}]

    assert told(door, version, [changed(good)]) == 200
    assert let_through(door, version, [changed(each) for each in bad]) == []
