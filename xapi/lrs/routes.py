"""``/xapi/statements`` and ``/xapi/about`` (xAPI 1.0.3 and 2.0, part three).

Every answer, a bad one too, is JSON and names the version.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import orjson
from flask import Blueprint, Response, current_app, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from xapi import received, search, store
from xapi.credentials import Client
from xapi.host import Host
from xapi.lrs import access, asking
from xapi.lrs.access import VERSION_HEADER, RefusedError
from xapi.received import Received
from xapi.statements import iso_moment
from xapi.store import ConflictError
from xapi.values import StatementError

THROUGH_HEADER = "X-Experience-API-Consistent-Through"
JSON = "application/json"
HOST = "xapi.host"
"""Where the application keeps its Host."""
READ, WRITE = "statements/read", "statements/write"
LONGEST = 1000
"""The most statements of one request."""
METHODS = ("GET", "POST", "PUT", "DELETE", "PATCH")

bp = Blueprint("xapi", __name__, url_prefix="/xapi")


@bp.get("/about")
def about() -> ResponseReturnValue:
    """Say which versions are spoken."""
    return _json({"version": [access.FIRST, access.SECOND], "extensions": {}})


@bp.get("/statements")
def find() -> ResponseReturnValue:
    """Give one statement, or a page of them."""
    _enter(READ)
    args = _args()
    asked = asking.read(args)
    with _host().begin() as session:
        through = store.consistent_through(session)
    if isinstance(asked, asking.Single):
        answer = _find_one(asked)
    else:
        with _host().reading() as session:
            page = search.find(session, asked)
        more = orjson.dumps(asking.more_address(request.path, args, page)).decode()
        body = f'{{"statements":[{",".join(page.payloads)}],"more":{more}}}'
        answer = Response(body, mimetype=JSON)
    answer.headers[THROUGH_HEADER] = iso_moment(through)
    return answer


@bp.post("/statements")
def keep_several() -> ResponseReturnValue:
    """Keep a statement or a list of them; all or none."""
    client = _enter(WRITE)
    if request.args:
        raise RefusedError(400, f"unknown parameter {next(iter(request.args))!r}")
    given = _body()
    with _host().begin() as session:
        kept = store.keep(session, given, authority=_host().authority(client.key))
    return _json([str(each) for each in kept])


@bp.put("/statements")
def keep_one() -> ResponseReturnValue:
    """Keep a statement under the id in the address."""
    client = _enter(WRITE)
    args = _args()
    if set(args) != {"statementId"}:
        raise RefusedError(400, "the address must have the parameter statementId, and no other")
    wanted = asking.read_uuid("statementId", args["statementId"])
    given = _body()
    if len(given) != 1:
        raise RefusedError(400, "send one statement")
    named = given[0].parsed.get("id")
    if named is None:
        text = received.with_fields(given[0], {"id": str(wanted)})
        given = [Received({**given[0].parsed, "id": str(wanted)}, text)]
    elif str(named).lower() != str(wanted):
        raise RefusedError(400, "the statement's id is not the statementId of the address")
    with _host().begin() as session:
        store.keep(session, given, authority=_host().authority(client.key))
    return Response(status=204)


@bp.route("/", defaults={"rest": ""}, methods=METHODS)
@bp.route("/<path:rest>", methods=METHODS)
def nothing_here(rest: str) -> ResponseReturnValue:
    """Answer in JSON where there is nothing, or where a method is not for this address."""
    if rest in {"about", "statements"}:
        raise RefusedError(405, f"{request.method} is not for this address")
    raise RefusedError(404, "there is nothing at this address")


@bp.errorhandler(RefusedError)
def refused(error: RefusedError) -> ResponseReturnValue:
    """Answer what is not let in."""
    answer = _json({"error": str(error)}, error.status)
    if error.status == 401:
        answer.headers["WWW-Authenticate"] = 'Basic realm="xAPI"'
    return answer


@bp.errorhandler(StatementError)
def not_a_statement(error: StatementError) -> ResponseReturnValue:
    """Answer what is no statement, and say where and by which rule."""
    return _json({"error": str(error), "path": error.path, "section": error.section}, 400)


@bp.errorhandler(ConflictError)
def conflict(error: ConflictError) -> ResponseReturnValue:
    """Answer a statement whose id is taken by another."""
    return _json({"error": f"statement {error} is kept and says something else"}, 409)


@bp.errorhandler(HTTPException)
def other(error: HTTPException) -> ResponseReturnValue:
    """Answer what the web server refuses, such as a body that is too large."""
    return _json({"error": error.description or error.name}, error.code or 500)


@bp.after_request
def add_headers(answer: Response) -> Response:
    """Name the version; nothing of the store is for caches."""
    named = request.headers.get(VERSION_HEADER)
    answer.headers[VERSION_HEADER] = access.answered_version(named)
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _host() -> Host:
    host: Host = current_app.extensions[HOST]
    return host


def _enter(scope: str) -> Client:
    access.check_version(request.headers.get(VERSION_HEADER))
    given = request.authorization
    if given is None or given.type != "basic":
        return access.check_client(_host(), None, None, scope)
    return access.check_client(_host(), given.username, given.password, scope)


def _args() -> dict[str, str]:
    return asking.once_each(request.args.to_dict(flat=False))


def _body() -> list[Received]:
    if request.mimetype != JSON:
        raise RefusedError(400, f"send statements as {JSON}")
    given = received.read(request.get_data(cache=False))
    if len(given) > LONGEST:
        raise RefusedError(413, f"send at most {LONGEST} statements at once")
    return given


def _find_one(asked: asking.Single) -> Response:
    with _host().reading() as session:
        payload = search.find_one(session, asked.id, voided=asked.voided)
    if payload is None:
        raise RefusedError(404, f"no such statement: {asked.id}")
    answer = Response(payload, mimetype=JSON)
    answer.last_modified = datetime.fromisoformat(orjson.loads(payload)["stored"])
    return answer


def _json(value: Mapping[str, Any] | list[str], status: int = 200) -> Response:
    return Response(orjson.dumps(value), status=status, mimetype=JSON)
