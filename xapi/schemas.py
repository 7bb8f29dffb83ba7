"""What statements and their parts look like, as JSON Schema for the store's OpenAPI document; pure.

Schema cannot say all: which part fits which ``objectType``, what is unique, what the other version
has. ``validation.py`` decides; this helps people and programs to write what it lets through.
"""

from __future__ import annotations

import re
from typing import Any

from xapi.people import MAILTO
from xapi.values import DURATION, IRI, LANGUAGE

Schema = dict[str, Any]

CONTEXT_ROLES = ("parent", "grouping", "category", "other")
PLAIN_KINDS = ("true-false", "fill-in", "long-fill-in", "numeric", "other")
UNKNOWN_ZONE: Schema = {"pattern": "-00:00$"}
"""An offset that the standard refuses."""
COMPONENTS: dict[str, tuple[str, ...]] = {
    "choice": ("choices",),
    "sequencing": ("choices",),
    "likert": ("scale",),
    "matching": ("source", "target"),
    "performance": ("steps",),
}
"""Kinds of interactions that have lists of components, and which."""


def ref(name: str) -> Schema:
    """Point to a schema of the document."""
    return {"$ref": f"#/components/schemas/{name}"}


def closed(properties: Schema, *needed: str) -> Schema:
    """Give the schema of an object that has these properties and no others."""
    made: Schema = {"type": "object", "properties": properties, "additionalProperties": False}
    return {**made, "required": list(needed)} if needed else made


def schemas(*, second: bool) -> Schema:
    """Give all schemas of a version of the standard.

    Args:
        second: 2.0; otherwise 1.0.3.
    """
    return {**_values(), **_people(), **_activities(), **_statement(second=second), **_answers()}


def _text(**more: object) -> Schema:
    return {"type": "string", **more}


def _exactly(pattern: re.Pattern[str] | str) -> str:
    """Give the whole of a text by a pattern; its white space is that of Python, not of ECMA."""
    written = pattern if isinstance(pattern, str) else pattern.pattern
    return f"^(?:{written})$".replace(r"\s", r"\s\u001c-\u001f\u0085")


def _listed(schema: Schema, **more: object) -> Schema:
    return {"type": "array", "items": schema, **more}


def _values() -> Schema:
    return {
        "Iri": _text(pattern=_exactly(IRI)),
        "Uuid": _text(pattern=_exactly("[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")),
        "Moment": _text(format="date-time", description="RFC 3339", **{"not": UNKNOWN_ZONE}),
        "Languages": {
            "type": "object",
            "propertyNames": {"pattern": _exactly(LANGUAGE)},
            "additionalProperties": _text(),
        },
        "Extensions": {
            "type": "object",
            "propertyNames": {"pattern": _exactly(IRI)},
            "additionalProperties": True,
        },
    }


def _people() -> Schema:
    name = {"name": _text()}
    account = closed(
        {"homePage": ref("Iri"), "name": _text(pattern=r"^[^\u0000]*$")}, "homePage", "name"
    )
    identifiers: dict[str, Schema] = {
        "mbox": _text(pattern=_exactly(MAILTO)),
        "mbox_sha1sum": _text(pattern=_exactly("[0-9a-fA-F]{40}")),
        "openid": ref("Iri"),
        "account": account,
    }
    kind = {"objectType": {"const": "Agent"}}
    group = {"objectType": {"const": "Group"}}
    members = {"member": _listed(ref("Agent"))}
    needed_members = {"member": _listed(ref("Agent"), minItems=1)}

    def each_with(shared: Schema, *needed: str) -> Schema:
        return {
            "oneOf": [
                closed({**shared, key: each}, *needed, key) for key, each in identifiers.items()
            ]
        }

    return {
        "Agent": each_with({**kind, **name}),
        "TypedAgent": each_with({**kind, **name}, "objectType"),
        "IdentifiedGroup": each_with({**group, **name, **members}, "objectType"),
        "AnonymousGroup": closed({**group, **name, **needed_members}, "objectType", "member"),
        "Group": {"oneOf": [ref("IdentifiedGroup"), ref("AnonymousGroup")]},
        "NamedActor": {"oneOf": [ref("Agent"), ref("IdentifiedGroup")]},
        "Actor": {"oneOf": [ref("Agent"), ref("IdentifiedGroup"), ref("AnonymousGroup")]},
    }


def _activities() -> Schema:
    told = {
        "name": ref("Languages"),
        "description": ref("Languages"),
        "type": ref("Iri"),
        "moreInfo": ref("Iri"),
        "extensions": ref("Extensions"),
    }
    answers = {**told, "correctResponsesPattern": _listed(_text())}
    component = closed({"id": _text(), "description": ref("Languages")}, "id")
    definitions = [closed(told)]
    for kinds, parts in ((PLAIN_KINDS, ()), *(((kind,), of) for kind, of in COMPONENTS.items())):
        interaction = {"interactionType": {"enum": list(kinds)}}
        lists = dict.fromkeys(parts, _listed(component))
        definitions.append(closed({**answers, **interaction, **lists}, "interactionType"))
    activity = {"objectType": {"const": "Activity"}, "definition": ref("Definition")}
    return {
        "Verb": closed({"id": ref("Iri"), "display": ref("Languages")}, "id"),
        "Definition": {"oneOf": definitions},
        "Activity": closed({**activity, "id": ref("Iri")}, "id"),
        "StatementRef": closed(
            {"objectType": {"const": "StatementRef"}, "id": ref("Uuid")}, "objectType", "id"
        ),
    }


def _statement(*, second: bool) -> Schema:
    things = [ref("Activity"), ref("StatementRef"), ref("TypedAgent"), ref("Group")]
    said: Schema = {
        "actor": ref("Actor"),
        "verb": ref("Verb"),
        "result": ref("Result"),
        "context": ref("Context"),
        "timestamp": ref("Moment"),
    }
    sub = {**said, "objectType": {"const": "SubStatement"}, "object": {"oneOf": things}}
    family = "[12]" if second else "1"
    own = {
        "id": ref("Uuid"),
        "version": _text(pattern=_exactly(rf"{family}\.0(\.[0-9]+)?")),
        "stored": ref("Moment"),
        "authority": ref("Agent"),
        "attachments": _listed(ref("Attachment")),
        "object": {"oneOf": [*things, ref("SubStatement")]},
    }
    needed = ("actor", "verb", "object")
    return {
        "Score": closed({key: {"type": "number"} for key in ("raw", "min", "max")} | _scaled()),
        "Result": closed(
            {
                "score": ref("Score"),
                "success": {"type": "boolean"},
                "completion": {"type": "boolean"},
                "response": _text(),
                "duration": _text(pattern=_exactly(DURATION)),
                "extensions": ref("Extensions"),
            }
        ),
        "Context": closed(_context(second=second)),
        "Attachment": _attachment(),
        "SubStatement": closed(sub, "objectType", *needed),
        "Statement": closed({**said, **own}, *needed),
        "Statements": {"oneOf": [ref("Statement"), _listed(ref("Statement"))]},
    }


def _scaled() -> Schema:
    return {"scaled": {"type": "number", "minimum": -1, "maximum": 1}}


def _attachment() -> Schema:
    """Describe one whose content lies elsewhere; others come as ``multipart/mixed``."""
    needed = ("usageType", "display", "contentType", "length", "sha2", "fileUrl")
    return closed(
        {
            "usageType": ref("Iri"),
            "display": ref("Languages"),
            "description": ref("Languages"),
            "contentType": _text(pattern="^[a-z]+/[a-z0-9.+-]+$"),
            "length": {"type": "integer", "minimum": 0},
            "sha2": _text(pattern="^[0-9a-f]{64}$"),
            "fileUrl": ref("Iri"),
        },
        *needed,
    )


def _context(*, second: bool) -> Schema:
    around = {"anyOf": [ref("Activity"), _listed(ref("Activity"))]}
    context: Schema = {
        "registration": ref("Uuid"),
        "instructor": ref("Actor"),
        "team": ref("Group"),
        "contextActivities": closed(dict.fromkeys(CONTEXT_ROLES, around)),
        "revision": _text(),
        "platform": _text(),
        "language": _text(pattern=_exactly(LANGUAGE)),
        "statement": ref("StatementRef"),
        "extensions": ref("Extensions"),
    }
    if second:
        for role, held, kind in (
            ("contextAgents", "agent", "Agent"),
            ("contextGroups", "group", "Group"),
        ):
            each = {
                "objectType": {"const": role[:-1]},
                held: ref(kind),
                "relevantTypes": _listed(ref("Iri"), minItems=1),
            }
            context[role] = _listed(closed(each, "objectType", held))
    return context


def _answers() -> Schema:
    texts = {"type": "array", "items": _text()}
    return {
        "Error": {
            "type": "object",
            "properties": {"error": _text(), "path": _text(), "section": _text()},
            "required": ["error"],
        },
        "StatementResult": {
            "type": "object",
            "properties": {
                "statements": {"type": "array", "items": {"type": "object"}},
                "more": _text(),
            },
            "required": ["statements", "more"],
        },
        "StatementIds": {"type": "array", "items": ref("Uuid")},
        "DocumentIds": texts,
        "Person": {
            "type": "object",
            "properties": {
                "objectType": {"const": "Person"},
                "name": texts,
                "mbox": texts,
                "mbox_sha1sum": texts,
                "openid": texts,
                "account": {"type": "array", "items": {"type": "object"}},
            },
            "required": ["objectType"],
        },
        "KnownActivity": {
            "type": "object",
            "properties": {
                "objectType": {"const": "Activity"},
                "id": _text(),
                "definition": {"type": "object"},
            },
            "required": ["objectType", "id"],
        },
        "About": {
            "type": "object",
            "properties": {"version": texts, "extensions": {"type": "object"}},
            "required": ["version"],
        },
    }
