"""``/activities/state``, ``/activities/profile``, ``/agents/profile``, and what is known.

Source: xAPI 1.0.3, part three, 2.2 to 2.8; IEEE 9274.1.1-2023, 4.1.6.2 to 4.1.6.7.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from flask import Response, request
from flask.typing import ResponseReturnValue

from xapi import documents, known, openapi, tokens
from xapi.conditions import Condition, is_unchanged
from xapi.contents import identifier_of
from xapi.credentials import Client
from xapi.documents import Content, Kind, Name, Owner
from xapi.host import FIRST, SECOND
from xapi.lrs import access, naming
from xapi.lrs.access import RefusedError
from xapi.lrs.web import PREFIX, as_json, body, bp, enter, host, parameters, version

METHODS = ("GET", "PUT", "POST", "DELETE")
READING = frozenset({"GET", "HEAD"})


@dataclass(frozen=True, slots=True)
class Resource:
    """A kind of documents, and the parameters that name them."""

    kind: Kind
    right: str
    id_parameter: str
    owner_parameters: tuple[str, ...]
    has_registration: bool = False


STATE = Resource(Kind.STATE, "state", "stateId", ("activityId", "agent"), has_registration=True)
ACTIVITY_PROFILE = Resource(Kind.ACTIVITY, "profile", "profileId", ("activityId",))
AGENT_PROFILE = Resource(Kind.AGENT, "profile", "profileId", ("agent",))


@dataclass(frozen=True, slots=True)
class Asked:
    """What a request is about; ``name`` is None where it is about all documents of the owner."""

    resource: Resource
    owner: Owner
    name: Name | None
    args: Mapping[str, str]


@bp.route("/activities/state", methods=METHODS)
def state() -> ResponseReturnValue:
    """Give, keep, merge or delete what content keeps about an agent's work in an activity."""
    return _answer(STATE)


@bp.route("/activities/profile", methods=METHODS)
def activity_profile() -> ResponseReturnValue:
    """Give, keep, merge or delete what is kept about an activity."""
    return _answer(ACTIVITY_PROFILE)


@bp.route("/agents/profile", methods=METHODS)
def agent_profile() -> ResponseReturnValue:
    """Give, keep, merge or delete what is kept about an agent."""
    return _answer(AGENT_PROFILE)


@bp.get("/activities")
def activity() -> ResponseReturnValue:
    """Give an activity with all that statements told of it."""
    client = enter("known/read")
    iri = naming.read_activity(parameters({"activityId"}))
    if client.bound is not None:
        tokens.check_owner(client.bound, agent=None, activity=iri)
    with host().reading() as session:
        return as_json(known.activity(session, iri))


@bp.get("/agents")
def agent() -> ResponseReturnValue:
    """Give a person with all that statements told of an agent."""
    client = enter("known/read")
    asked = naming.read_agent(parameters({"agent"}))
    if asked.get("objectType", "Agent") != "Agent":
        raise RefusedError(400, "agent must be an Agent; a Group is no person")
    if client.bound is not None:
        tokens.check_owner(client.bound, agent=identifier_of(asked), activity=None)
    with host().reading() as session:
        return as_json(known.person(session, asked))


@bp.get("/about")
def about() -> ResponseReturnValue:
    """Say which versions are spoken; to everybody."""
    parameters(())
    return as_json({"version": [FIRST, SECOND], "extensions": {}})


@bp.get("/openapi.json")
def told() -> ResponseReturnValue:
    """Tell the store as OpenAPI, for the version asked for; to everybody."""
    parameters(())
    spoken = access.answered_version(
        request.headers.get(access.VERSION_HEADER), host().assumed_version
    )
    return as_json(openapi.document(spoken, request.url_root.rstrip("/") + PREFIX))


def _answer(resource: Resource) -> ResponseReturnValue:
    reads = request.method in READING
    client = enter(f"{resource.right}/{'read' if reads else 'write'}")
    asked = _read(resource)
    _check_bound(client, asked)
    return ACTS[request.method](asked)


def _read(resource: Resource) -> Asked:
    """Read what is asked for; refuse parameters that are unknown or missing."""
    takes_since = request.method in READING
    args = parameters(
        (
            *resource.owner_parameters,
            resource.id_parameter,
            *(["registration"] if resource.has_registration else []),
            *(["since"] if takes_since else []),
        )
    )
    takes = resource.owner_parameters
    owner = Owner(
        resource.kind,
        naming.read_activity(args) if "activityId" in takes else None,
        naming.read_agent_identifier(args) if "agent" in takes else None,
    )
    registration = naming.read_registration(args)
    document_id = naming.read_document_id(resource.id_parameter, args)
    if document_id is None:
        return Asked(resource, owner, None, args)
    if "since" in args:
        raise RefusedError(400, f"since is for many documents; leave {resource.id_parameter} out")
    return Asked(resource, owner, Name(owner, document_id, registration), args)


def _check_bound(client: Client, asked: Asked) -> None:
    if client.bound is None:
        return
    tokens.check_owner(client.bound, agent=asked.owner.agent, activity=asked.owner.activity)
    if asked.resource.has_registration:
        tokens.check_registration(client.bound, naming.read_registration(asked.args))


def _give(asked: Asked) -> ResponseReturnValue:
    if asked.name is None:
        return _give_ids(asked)
    with host().reading() as session:
        held = documents.find(session, asked.name)
    if held is None:
        raise RefusedError(404, "there is no such document")
    if is_unchanged(request.headers.get("If-None-Match"), held.etag):
        answer = Response(status=304)
    else:
        answer = Response(held.body, content_type=held.content_type)
    answer.set_etag(held.etag)
    answer.last_modified = held.updated_at
    return answer


def _give_ids(asked: Asked) -> ResponseReturnValue:
    since = naming.read_since(asked.args)
    registration = naming.read_registration(asked.args)
    with host().reading() as session:
        found = documents.list_ids(session, asked.owner, registration=registration, since=since)
    return as_json(found)


def _put(asked: Asked) -> ResponseReturnValue:
    name, content = _named(asked), _content()
    with host().begin() as session:
        documents.put(session, name, content, _condition(asked), now=host().clock())
    return Response(status=204)


def _merge(asked: Asked) -> ResponseReturnValue:
    name, content = _named(asked), _content()
    with host().begin() as session:
        documents.merge(session, name, content, _condition(asked), now=host().clock())
    return Response(status=204)


def _remove(asked: Asked) -> ResponseReturnValue:
    if asked.name is None and asked.resource.kind is Kind.STATE:
        registration = naming.read_registration(asked.args)
        with host().begin() as session:
            documents.remove_all(session, asked.owner, registration=registration)
        return Response(status=204)
    name = _named(asked)
    with host().begin() as session:
        documents.remove(session, name, _condition(asked))
    return Response(status=204)


ACTS: Mapping[str, Callable[[Asked], ResponseReturnValue]] = {
    "GET": _give, "HEAD": _give, "PUT": _put, "POST": _merge, "DELETE": _remove,
}  # fmt: skip


def _named(asked: Asked) -> Name:
    if asked.name is None:
        raise RefusedError(400, f"the parameter {asked.resource.id_parameter!r} is missing")
    return asked.name


def _content() -> Content:
    return Content(
        body(host().limits.document_bytes), request.content_type or "application/octet-stream"
    )


def _condition(asked: Asked) -> Condition:
    return Condition(
        request.headers.get("If-Match"),
        request.headers.get("If-None-Match"),
        documents.strictness_of(asked.resource.kind, first_version=version() == FIRST),
    )
