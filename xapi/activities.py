"""Is this an activity, with its definition? One function per rule of the standard; pure.

Source: xAPI 1.0.3, part two, 2.4.4.1 and appendix C.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from xapi.values import (
    StatementError,
    as_list,
    as_object,
    as_text,
    check_extensions,
    check_iri,
    check_keys,
    check_languages,
    kind_of,
)

INTERACTIONS = frozenset(
    [
        "true-false", "choice", "fill-in", "long-fill-in", "matching", "performance", "sequencing",
        "likert", "numeric", "other",
    ]
)  # fmt: skip
COMPONENTS = ("choices", "scale", "source", "target", "steps")


def check_activity(value: object, path: str) -> None:
    """Refuse what is not an activity."""
    activity = as_object(value, path, "2.4.4.1")
    check_keys(activity, path, "2.4.4.1", needed=("id",), allowed=("objectType", "definition"))
    if kind_of(activity, path, "Activity") != "Activity":
        raise StatementError(path, "must be an Activity", "2.4.4.1")
    check_iri(activity["id"], f"{path}.id", "2.4.4.1")
    if "definition" in activity:
        _definition(activity["definition"], f"{path}.definition")


def _definition(value: object, path: str) -> None:
    definition = as_object(value, path, "2.4.4.1")
    allowed = (
        "name", "description", "type", "moreInfo", "extensions", "interactionType",
        "correctResponsesPattern", *COMPONENTS,
    )  # fmt: skip
    check_keys(definition, path, "2.4.4.1", allowed=allowed)
    for key in ("name", "description"):
        if key in definition:
            check_languages(definition[key], f"{path}.{key}")
    for key in ("type", "moreInfo"):
        if key in definition:
            check_iri(definition[key], f"{path}.{key}", "2.4.4.1")
    if "extensions" in definition:
        check_extensions(definition["extensions"], f"{path}.extensions")
    _interaction(definition, path)


def _interaction(definition: Mapping[str, Any], path: str) -> None:
    present = [key for key in ("correctResponsesPattern", *COMPONENTS) if key in definition]
    if "interactionType" not in definition:
        if present:
            raise StatementError(path, f"{present[0]!r} needs an interactionType", "2.4.4.1")
        return
    here = f"{path}.interactionType"
    if as_text(definition["interactionType"], here, "2.4.4.1") not in INTERACTIONS:
        raise StatementError(here, "is not known", "2.4.4.1")
    for number, each in enumerate(
        as_list(
            definition.get("correctResponsesPattern", []),
            f"{path}.correctResponsesPattern",
            "2.4.4.1",
        )
    ):
        as_text(each, f"{path}.correctResponsesPattern[{number}]", "2.4.4.1")
    for key in COMPONENTS:
        if key in definition:
            _components(definition[key], f"{path}.{key}")


def _components(value: object, path: str) -> None:
    seen: set[str] = set()
    for number, each in enumerate(as_list(value, path, "appendix C")):
        component = as_object(each, f"{path}[{number}]", "appendix C")
        check_keys(
            component, f"{path}[{number}]", "appendix C", needed=("id",), allowed=("description",)
        )
        name = as_text(component["id"], f"{path}[{number}].id", "appendix C")
        if name in seen:
            raise StatementError(path, f"id {name!r} stands here twice", "appendix C")
        seen.add(name)
        if "description" in component:
            check_languages(component["description"], f"{path}[{number}].description")
