"""The profile of our statements, and whether a statement keeps to it (xAPI Profiles 1.0).

``profile.jsonld`` is written for one base, :data:`WRITTEN_FOR`; each installation has its own, so
that a profile is always asked for by the base of its names. A statement claims the profile by
naming its version among its categories; what claims nothing is nobody's business here. The store
keeps statements that break a profile, as the standard demands: this is for those who make them.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from xapi.paths import select

FILE = Path(__file__).with_name("profile.jsonld")
WRITTEN_FOR = "https://profile.example.org"
VERSION = "1.0"
UNMATCHED = "none"
"""In place of a template, for a statement that claims the profile and is of no kind of it."""
_VERSIONS = re.compile(rf"(https?://\S+)/id/profile/{re.escape(VERSION)}")
_KINDS: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
}
_PLACES = {
    "ContextExtension": "$.context.extensions",
    "ResultExtension": "$.result.extensions",
    "ActivityExtension": "$.object.definition.extensions",
}

Plain = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Broken:
    """A rule that a statement breaks."""

    location: str
    """JSONPath."""
    rule: str
    """What should be there."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What a profile says of a statement that claims it."""

    statement_id: str
    base: str
    template: str
    """Last part of the template's IRI, or :data:`UNMATCHED`."""
    broken: tuple[Broken, ...]


@dataclass(frozen=True, slots=True)
class Profile:
    """The profile under one base."""

    base: str
    text: bytes
    parsed: Plain

    @property
    def iri(self) -> str:
        """Give the IRI of its version; the category of every statement that keeps to it."""
        return iri_of(self.base)

    def part(self, iri: str) -> Plain | None:
        """Find a concept, template or pattern; None where there is none of that name."""
        parts = (
            each for kind in ("concepts", "templates", "patterns") for each in self.parsed[kind]
        )
        return next((each for each in parts if each["id"] == iri), None)


def iri_of(base: str) -> str:
    """Give the IRI of the version of the profile under a base, such as the tool's address."""
    return f"{base}/id/profile/{VERSION}"


@functools.lru_cache(maxsize=16)
def profile_of(base: str) -> Profile:
    """Give the profile under a base."""
    text = FILE.read_bytes().replace(WRITTEN_FOR.encode(), base.encode())
    return Profile(base, text, orjson.loads(text))


def check(statement: Plain) -> Finding | None:
    """Say of a statement whose kind it is and which rules of that kind it breaks.

    Returns:
        None where the statement does not claim the profile.
    """
    statement = _normal(statement)
    base = _claimed(statement)
    if base is None:
        return None
    own = profile_of(base)
    template = next((each for each in own.parsed["templates"] if _is_of(statement, each)), None)
    broken = [*_misplaced(own, statement)]
    if template is None:
        broken.append(Broken("$", "verb and type of the object belong to no template"))
    else:
        broken += [each for rule in template["rules"] for each in _breaks(statement, rule)]
    name = UNMATCHED if template is None else str(template["id"]).rpartition("/")[2]
    return Finding(str(statement.get("id", "")), base, name, tuple(broken))


def is_whole(findings: Iterable[Finding]) -> bool:
    """Say whether statements of one registration, in order of time, keep to the primary pattern."""
    listed = list(findings)
    if not listed:
        return True
    own = profile_of(listed[0].base)
    primary = next(each for each in own.parsed["patterns"] if each.get("primary"))
    told = "".join(f"<{each.template}>" for each in listed)
    return re.fullmatch(_expression(own, primary), told) is not None


def _expression(own: Profile, pattern: Plain) -> str:
    def of(iri: str) -> str:
        part = own.part(iri)
        if part is None:
            raise ValueError(f"{iri} is named by a pattern and not there")
        if part["type"] == "StatementTemplate":
            return re.escape(f"<{iri.rpartition('/')[2]}>")
        return f"(?:{_expression(own, part)})"

    if "sequence" in pattern:
        return "".join(of(each) for each in pattern["sequence"])
    if "alternates" in pattern:
        return "|".join(of(each) for each in pattern["alternates"])
    sign, key = next(
        (s, k)
        for s, k in (("*", "zeroOrMore"), ("+", "oneOrMore"), ("?", "optional"))
        if k in pattern
    )
    return f"(?:{of(pattern[key])}){sign}"


def _normal(statement: Plain) -> Plain:
    """Give a statement whose context activities are lists, as a store gives them back."""
    roles = select(statement, "$.context.contextActivities")
    if not roles or not isinstance(roles[0], dict):
        return statement
    listed = {role: each if isinstance(each, list) else [each] for role, each in roles[0].items()}
    return {**statement, "context": {**statement["context"], "contextActivities": listed}}


def _claimed(statement: Plain) -> str | None:
    for iri in select(statement, "$.context.contextActivities.category[*].id"):
        found = _VERSIONS.fullmatch(str(iri))
        if found:
            return found.group(1)
    return None


def _is_of(statement: Plain, template: Plain) -> bool:
    return select(statement, "$.verb.id") == [template["verb"]] and select(
        statement, "$.object.definition.type"
    ) == [template["objectActivityType"]]


def _breaks(statement: Plain, rule: Plain) -> Iterator[Broken]:
    """Follow the algorithm of the specification, part three, 2.1."""
    location = rule["location"]
    values = select(statement, location)
    presence = rule.get("presence")
    if presence == "included" and not values:
        yield Broken(location, "must be there")
    elif presence == "excluded" and values:
        yield Broken(location, "must not be there")
    elif values or presence != "recommended":
        yield from _differs(location, values, rule)


def _differs(location: str, values: list[Any], rule: Plain) -> Iterator[Broken]:
    if "any" in rule and not any(value in rule["any"] for value in values):
        yield Broken(location, f"must hold one of {_listed(rule['any'])}")
    if "all" in rule and not all(value in rule["all"] for value in values):
        yield Broken(location, f"must hold nothing but {_listed(rule['all'])}")
    if "none" in rule and any(value in rule["none"] for value in values):
        yield Broken(location, f"must not hold {_listed(rule['none'])}")


def _listed(values: list[Any]) -> str:
    return ", ".join(orjson.dumps(each).decode() for each in values)


def _misplaced(own: Profile, statement: Plain) -> Iterator[Broken]:
    """Find extensions of the profile where they do not belong, or with values they cannot have."""
    for concept in own.parsed["concepts"]:
        for kind, place in _PLACES.items():
            location = f"{place}['{concept['id']}']"
            values = select(statement, location)
            if values and kind != concept["type"]:
                yield Broken(location, f"is a {concept['type']}")
            elif values and not _fits(values[0], orjson.loads(concept["inlineSchema"])):
                yield Broken(location, f"must be as {concept['inlineSchema']} says")


def _fits(value: Any, schema: Plain) -> bool:
    """Check the few words of JSON Schema that the profile uses."""
    if isinstance(value, bool) or not isinstance(value, _KINDS[schema["type"]]):
        return False
    if isinstance(value, str):
        return len(value) >= int(schema.get("minLength", 0))
    return bool(value >= schema.get("minimum", value))
