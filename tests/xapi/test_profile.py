"""The profile of our statements: whole in itself, kept by what we build, and found broken."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from tests.xapi import occasions
from xapi import profile
from xapi import vocabulary as words
from xapi.__main__ import main
from xapi.paths import select

OWN = profile.profile_of(occasions.HOME)
TEMPLATES: list[dict[str, Any]] = OWN.parsed["templates"]
KINDS = sorted(occasions.each_kind())
CLAIM = "$.context.contextActivities.category[*].id"
"""Without it, a statement claims nothing."""
COUNTED = ("presence", "any", "all", "none")


def golden(kind: str) -> dict[str, Any]:
    statement: dict[str, Any] = json.loads(occasions.each_kind()[kind].json)
    return statement


def name_of(template: dict[str, Any]) -> str:
    return str(template["id"]).rpartition("/")[2]


def finding(statement: dict[str, Any]) -> profile.Finding:
    found = profile.check(statement)
    assert found is not None
    return found


# The document itself (xAPI Profiles 1.0, part two)


def test_the_profile_has_what_a_profile_must_have() -> None:
    told = OWN.parsed

    assert told["@context"] == "https://w3id.org/xapi/profiles/context"
    assert (told["type"], told["conformsTo"]) == ("Profile", "https://w3id.org/xapi/profiles#1.0")
    assert told["id"] == f"{occasions.BASE}/profile"
    assert [each["id"] for each in told["versions"]] == [OWN.iri]
    assert {"prefLabel", "definition", "author"} <= set(told)
    assert told["author"]["type"] == "Organization"


def test_nothing_in_it_is_empty_and_nothing_of_it_belongs_to_another_base() -> None:
    assert [each for each in _values(OWN.parsed) if each in ("", [], {}, None)] == []
    assert profile.WRITTEN_FOR not in OWN.text.decode()


def test_each_part_has_a_name_of_its_own_and_belongs_to_the_version() -> None:
    parts = [part for kind in ("concepts", "templates", "patterns") for part in OWN.parsed[kind]]
    ids = [part["id"] for part in parts]

    assert len(set(ids)) == len(ids)
    assert {part["inScheme"] for part in parts} == {OWN.iri}
    assert all(OWN.part(each) is not None for each in ids)
    assert OWN.part(f"{occasions.BASE}/extension/shoe-size") is None


def test_each_template_is_told_apart_from_every_other() -> None:
    pairs = [(each["verb"], each["objectActivityType"]) for each in TEMPLATES]

    assert len(set(pairs)) == len(pairs)


@pytest.mark.parametrize("template", TEMPLATES, ids=name_of)
def test_each_rule_demands_something_at_a_place_that_can_be_read(template: dict[str, Any]) -> None:
    for rule in template["rules"]:
        select({}, rule["location"])
        assert any(each in rule for each in COUNTED), rule
        assert set(rule) <= {"location", "scopeNote", *COUNTED}, rule
        assert rule.get("presence", "included") in {"included", "excluded", "recommended"}


def test_patterns_name_only_what_is_there_and_every_template_has_a_place_in_them() -> None:
    keys = ("sequence", "alternates", "zeroOrMore", "oneOrMore", "optional")
    named: set[str] = set()
    for pattern in OWN.parsed["patterns"]:
        parts = [pattern[key] for key in keys if key in pattern]
        assert len(parts) == 1
        named |= set(parts[0] if isinstance(parts[0], list) else [parts[0]])

    assert all(OWN.part(each) is not None for each in named)
    assert {each["id"] for each in TEMPLATES} <= named


def test_every_extension_of_ours_is_a_concept_of_it_and_no_other() -> None:
    ids = {each["id"] for each in OWN.parsed["concepts"]}

    assert ids == {f"{occasions.BASE}/extension/{name}" for name in words.OWN_EXTENSIONS}
    for each in OWN.parsed["concepts"]:
        schema = json.loads(each["inlineSchema"])
        assert set(schema) <= {"type", "minLength", "minimum"}, "xapi/profile.py checks no more"


def test_it_speaks_of_every_verb_of_ours_and_of_no_other() -> None:
    assert {each["verb"] for each in TEMPLATES} == {verb.iri for verb in words.VERBS}


def test_its_rules_name_no_extension_that_is_not_in_the_vocabulary() -> None:
    known = {each.iri for each in words.EXTENSIONS}
    known |= {f"{occasions.BASE}/extension/{name}" for name in words.OWN_EXTENSIONS}
    named = {
        rule["location"].split("'")[1]
        for template in TEMPLATES
        for rule in template["rules"]
        if "extensions['" in rule["location"]
    }

    assert named <= known
    assert known - named == {words.TIME_LIMIT.iri}  # of definitions: no rule about it


# What we build


@pytest.mark.parametrize("kind", KINDS)
def test_what_we_build_keeps_to_the_template_of_its_kind(kind: str) -> None:
    found = finding(golden(kind))

    assert found.broken == ()
    assert kind.startswith(found.template)


def test_there_is_a_statement_of_each_kind_for_each_template() -> None:
    assert {finding(golden(kind)).template for kind in KINDS} == {name_of(t) for t in TEMPLATES}


# What breaks it


def _rules(presence: str) -> Iterator[tuple[str, str]]:
    for kind in KINDS:
        template = next(t for t in TEMPLATES if name_of(t) == finding(golden(kind)).template)
        for rule in template["rules"]:
            if rule.get("presence") == presence and rule["location"] != CLAIM:
                yield kind, rule["location"]


@pytest.mark.parametrize(("kind", "location"), sorted(set(_rules("included"))))
def test_what_must_be_there_is_missed(kind: str, location: str) -> None:
    statement = golden(kind)

    _remove(statement, location)

    assert location in {each.location for each in finding(statement).broken}


@pytest.mark.parametrize(("kind", "location"), sorted(set(_rules("excluded"))))
def test_what_must_not_be_there_is_found(kind: str, location: str) -> None:
    for place in location.split(" | "):
        statement = golden(kind)
        *way, last = place.removeprefix("$.").split(".")
        here = statement
        for name in way:
            here = here.setdefault(name, {})
        here[last] = {"duration": "PT1S"}

        assert location in {each.location for each in finding(statement).broken}


@pytest.mark.parametrize(
    ("kind", "path", "value"),
    [
        ("passed", ("result", "success"), False),
        ("failed", ("result", "success"), True),
        ("course-completed", ("result", "completion"), False),
        ("answered", ("result", "score", "min"), -1),
        ("launched", ("actor", "account", "homePage"), "https://elsewhere.example.org"),
    ],
)
def test_another_value_than_the_rule_allows_is_found(
    kind: str, path: tuple[str, ...], value: object
) -> None:
    statement = golden(kind)
    *way, last = path
    here = statement
    for name in way:
        here = here[name]

    here[last] = value

    broken = finding(statement).broken
    assert [each.location for each in broken] == [f"$.{'.'.join(path)}"]
    assert "must hold nothing but" in broken[0].rule


def test_a_statement_about_a_film_that_does_not_claim_the_video_profile_is_found() -> None:
    statement = golden("film-played")

    del statement["context"]["contextActivities"]["category"][1]

    assert [each.location for each in finding(statement).broken] == [CLAIM]


def test_a_statement_of_no_kind_of_ours_is_told_so() -> None:
    statement = golden("passed")
    statement["verb"]["id"] = "https://example.org/verbs/danced"

    found = finding(statement)

    assert found.template == profile.UNMATCHED
    assert found.broken[0].rule == "verb and type of the object belong to no template"


@pytest.mark.parametrize("value", [0, "1", 1.5, True, None])
def test_a_value_that_an_extension_cannot_have_is_found(value: object) -> None:
    statement = golden("attempted")
    statement["context"]["extensions"][f"{occasions.BASE}/extension/attempt"] = value

    assert any("minimum" in each.rule for each in finding(statement).broken)


def test_an_extension_in_the_wrong_place_is_found() -> None:
    statement = golden("answered")
    statement["result"]["extensions"] = {f"{occasions.BASE}/extension/element": "m1"}

    assert [each.rule for each in finding(statement).broken] == ["is a ContextExtension"]


def test_a_statement_that_does_not_claim_the_profile_is_nobodys_business() -> None:
    silent, other, odd = golden("passed"), golden("passed"), golden("passed")
    odd["context"]["contextActivities"]["category"][0]["id"] = "learn. example.org/id/profile/1.0"
    del silent["context"]["contextActivities"]["category"]
    other["context"]["contextActivities"]["category"][0]["id"] += "9"

    assert profile.check(silent) is None
    assert profile.check(other) is None
    assert profile.check(odd) is None
    assert profile.check({"object": {"objectType": "StatementRef"}}) is None


def test_a_category_that_is_no_list_counts_as_one() -> None:
    statement = golden("launched")
    listed = statement["context"]["contextActivities"]
    listed["category"], listed["grouping"] = listed["category"][0], listed["grouping"][0]

    assert finding(statement).broken == ()


def test_an_enrolment_begins_with_a_launch() -> None:
    launch, page, quiz = (finding(golden(k)) for k in ("launched", "page-viewed", "answered"))

    assert profile.is_whole([launch, page, launch, quiz, page])
    assert profile.is_whole([])
    assert not profile.is_whole([page, launch])


# The command


def test_the_command_tells_what_is_broken_and_fails(tmp_path: Path) -> None:
    bad, silent = golden("passed"), golden("passed")
    del bad["result"]["success"]
    del silent["context"]
    lines = "\n".join(json.dumps(each) for each in (golden("launched"), bad, silent))
    (tmp_path / "lines").write_text(lines)
    (tmp_path / "answer").write_text(json.dumps({"statements": [golden("launched")], "more": ""}))

    faulty = CliRunner().invoke(main, ["profile", "check", str(tmp_path / "lines")])
    whole = CliRunner().invoke(main, ["profile", "check", str(tmp_path / "answer")])

    assert faulty.exit_code == 1
    assert f"{bad['id']} passed: $.result.success must be there" in faulty.output
    assert "2 claim the profile, 1 break it; 1 do not claim it." in faulty.output
    assert (whole.exit_code, whole.output.count("\n")) == (0, 1)


@pytest.mark.parametrize("text", ["not json", "[1]", '"text"'])
def test_the_command_says_what_is_wrong_with_a_file(tmp_path: Path, text: str) -> None:
    (tmp_path / "odd").write_text(text)

    told = CliRunner().invoke(main, ["profile", "check", str(tmp_path / "odd")])

    assert told.exit_code == 1
    assert "JSON" in told.output


def test_the_command_shows_the_profile_of_a_base() -> None:
    told = CliRunner().invoke(main, ["profile", "show", "https://learn.example.org"])

    assert json.loads(told.output) == OWN.parsed


def _values(value: Any) -> Iterator[Any]:
    yield value
    children = value.values() if isinstance(value, dict) else value
    for child in children if isinstance(value, dict | list) else ():
        yield from _values(child)


def _remove(statement: dict[str, Any], location: str) -> None:
    """Take away what stands at a place of the simple kind that the profile's rules name."""
    place = location.replace("$.", "", 1)
    way, _, extension = place.partition("['")
    names = [each.removesuffix("[*]") for each in way.split(".")]
    names += [extension.removesuffix("']")] if extension else []
    if way.endswith("[*].id") or "[*].definition" in way:
        names = names[: next(n for n, each in enumerate(way.split(".")) if "[*]" in each) + 1]
    here = statement
    for name in names[:-1]:
        here = here[name]
    assert names[-1] in here, location
    del here[names[-1]]
