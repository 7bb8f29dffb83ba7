"""The store told as an OpenAPI 3.1 document, for each version of the standard; pure."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

from xapi.host import SECOND
from xapi.schemas import Schema, ref, schemas

VERSION_HEADER = "X-Experience-API-Version"
JSON = "application/json"
BYTES = "application/octet-stream"
MIXED = "multipart/mixed"
OWNERS = {"state": ("activityId", "agent"), "activity": ("activityId",), "agent": ("agent",)}
WORDS = {
    200: "As asked for.",
    204: "Done.",
    304: "What you have is what is there.",
    400: "The request is not as the standard has it; the answer says where.",
    401: "The key or its secret is missing, not known, over or withdrawn.",
    403: "The key may not do this.",
    404: "There is no such thing.",
    409: "Something else is there under this name.",
    412: "The document is not the one that If-Match or If-None-Match expects.",
    413: "More than the store takes in one request.",
    415: "The body is packed in a way the store does not know.",
    429: "This key asked too often; Retry-After says when to ask again.",
    500: "Something went wrong in the store.",
}
ALWAYS = (400, 401, 403, 429, 500)
SENDING = (413, 415)


@functools.cache
def document(version: str, address: str) -> dict[str, Any]:
    """Tell the store.

    Args:
        version: of the standard.
        address: of the store as clients reach it, up to ``/xapi``.
    """
    second = version == SECOND
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Learning record store",
            "version": version,
            "description": f"xAPI {version}. Send {VERSION_HEADER}: {version} with each request; "
            "ask for this document with another version to be told of that one.",
        },
        "servers": [{"url": address}],
        "security": [{"key": []}],
        "paths": {
            "/statements": _statements(version),
            "/activities/state": _documents("state", "stateId", version),
            "/activities/profile": _documents("activity", "profileId", version),
            "/agents/profile": _documents("agent", "profileId", version),
            "/activities": {"get": _known("Activity", "activityId", "KnownActivity", version)},
            "/agents": {"get": _known("Person", "agent", "Person", version)},
            "/about": {"get": _open("about", "Which versions are spoken.", ref("About"))},
            "/openapi.json": {"get": _open("openapi", "This document.", {"type": "object"})},
        },
        "components": {
            "securitySchemes": {
                "key": {
                    "type": "http",
                    "scheme": "basic",
                    "description": "A credential, or a short-lived token, and its secret.",
                }
            },
            "schemas": schemas(second=second),
        },
    }


# Resources


def _statements(version: str) -> Schema:
    flags = ("related_activities", "related_agents", "ascending", "attachments")
    asked = [
        _query("statementId", ref("Uuid"), "One statement, alone but for format and attachments."),
        _query("voidedStatementId", ref("Uuid"), "One statement that was voided, likewise."),
        _query_json("agent", ref("NamedActor")),
        _query("verb", ref("Iri")),
        _query("activity", ref("Iri")),
        _query("registration", ref("Uuid")),
        _query("since", ref("Moment"), "Stored after."),
        _query("until", ref("Moment"), "Stored then or before."),
        _query("limit", {"type": "integer", "minimum": 0, "maximum": 10**15 - 1}),
        _query("format", {"enum": ["ids", "exact", "canonical"]}),
        *(_query(name, {"type": "boolean"}) for name in flags),
    ]
    one = _query("statementId", ref("Uuid"), needed=True)
    found = {"anyOf": [ref("StatementResult"), {"type": "object"}]}
    return {
        "get": _operation(
            "findStatements",
            "Give one statement, or a page of them, the newest first.",
            [_version(version), *asked],
            {200: found, 404: None},
            kinds=(JSON, MIXED),
        ),
        "post": _operation(
            "keepStatements",
            f"Keep statements: all of them or none; give their ids. With files: as {MIXED}.",
            [_version(version)],
            {200: ref("StatementIds"), 409: None},
            body={JSON: ref("Statements")},
        ),
        "put": _operation(
            "keepStatement",
            "Keep a statement under an id.",
            [_version(version), one],
            {204: None, 409: None},
            body={JSON: ref("Statement")},
        ),
    }


def _documents(kind: str, id_name: str, version: str) -> Schema:
    owner = [_owner(name) for name in OWNERS[kind]]
    if kind == "state":
        owner.append(_query("registration", ref("Uuid")))
    which = _query(id_name, {"type": "string", "pattern": r"^[^\u0000]+$"}, needed=True)
    many = {**which, "required": False}
    since = _query("since", ref("Moment"), f"Written after; only without {id_name}.")
    match = _header("If-Match", "ETag of the document that is meant.")
    none = _header("If-None-Match", "* where there must be no document.")
    common = [_version(version), *owner]
    name = {"state": "State", "activity": "ActivityProfile", "agent": "AgentProfile"}[kind]
    held = {JSON: {}, BYTES: {"type": "string", "format": "binary"}}
    writes = {204: None, 409: None, 412: None}
    return {
        "get": _operation(
            f"give{name}",
            f"Give a document as it was sent, or without {id_name} the ids of all.",
            [*common, many, since, none],
            {200: {}, 304: None, 404: None},
            kinds=("*/*",),
        ),
        "put": _operation(
            f"put{name}",
            "Keep a document in the place of the one that is there.",
            [*common, which, match, none],
            writes,
            body=held,
        ),
        "post": _operation(
            f"merge{name}",
            "Put the members of a JSON object into the document.",
            [*common, which, match, none],
            {204: None, 412: None},
            body={JSON: {"type": "object"}},
        ),
        "delete": _operation(
            f"remove{name}",
            "Delete a document." if kind != "state" else "Delete a document, or all of them.",
            [*common, many if kind == "state" else which, match, none],
            {204: None, 412: None},
        ),
    }


def _known(name: str, parameter: str, schema: str, version: str) -> Schema:
    owner = _query_json("agent", ref("Agent"), needed=True) if parameter == "agent" else None
    return _operation(
        f"give{name}",
        "Give what statements told of it.",
        [_version(version), owner or _owner(parameter)],
        {200: ref(schema)},
    )


def _open(name: str, words: str, schema: Schema) -> Schema:
    told = {200: schema, 400: None, 500: None}
    return {
        "operationId": name,
        "summary": words,
        "security": [],
        "responses": {str(status): _answer(status, each) for status, each in told.items()},
    }


# Their parts


def _operation(
    name: str,
    words: str,
    parameters: list[Schema],
    answers: Mapping[int, Schema | None],
    *,
    body: Mapping[str, Schema] | None = None,
    kinds: tuple[str, ...] = (JSON,),
) -> Schema:
    statuses = [*ALWAYS, *(SENDING if body else ())]
    told = {**answers, **dict.fromkeys(statuses)}
    made: Schema = {
        "operationId": name,
        "summary": words,
        "parameters": parameters,
        "responses": {str(status): _answer(status, told[status], kinds) for status in sorted(told)},
    }
    if body is not None:
        content = {kind: {"schema": schema} for kind, schema in body.items()}
        needed = BYTES not in body  # a document may be empty; nothing is merged with nothing
        made["requestBody"] = {"required": needed, "content": content}
    return made


def _answer(status: int, schema: Schema | None, kinds: tuple[str, ...] = (JSON,)) -> Schema:
    made: Schema = {
        "description": WORDS[status],
        "headers": {VERSION_HEADER: {"schema": {"type": "string"}, "required": True}},
    }
    if status >= 400:
        made["content"] = {JSON: {"schema": ref("Error")}}
    elif schema is not None:
        made["content"] = {kind: {"schema": schema if kind == JSON else {}} for kind in kinds}
    return made


def _owner(name: str) -> Schema:
    if name == "agent":
        return _query_json("agent", ref("NamedActor"), needed=True)
    return _query(name, ref("Iri"), needed=True)


def _query(name: str, schema: Schema, words: str = "", *, needed: bool = False) -> Schema:
    made: Schema = {"name": name, "in": "query", "required": needed, "schema": schema}
    return {**made, "description": words} if words else made


def _query_json(name: str, schema: Schema, *, needed: bool = False) -> Schema:
    content = {JSON: {"schema": schema}}
    return {"name": name, "in": "query", "required": needed, "content": content}


def _header(name: str, words: str) -> Schema:
    return {"name": name, "in": "header", "schema": {"type": "string"}, "description": words}


def _version(version: str) -> Schema:
    schema = {"type": "string", "enum": [version]}
    return {"name": VERSION_HEADER, "in": "header", "required": True, "schema": schema}
