"""``/xapi/statements`` and ``/xapi/about`` (xAPI 1.0.3 and 2.0, part three)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import orjson
from flask import Blueprint, Response, request

from xapi import store
from xapi.host import Host
from xapi.lrs.access import VERSION_HEADER, RefusedError, authority_of, check_client, check_version
from xapi.store import ConflictError, Query
from xapi.validation import StatementError, read_moment

THROUGH_HEADER = "X-Experience-API-Consistent-Through"
JSON = "application/json"
LONGEST = 500
FILTERS = frozenset(
    [
        "agent", "verb", "activity", "registration", "since", "until", "limit", "ascending",
        "related_agents", "related_activities", "format", "attachments", "cursor",
    ]
)  # fmt: skip
SINGLES = frozenset({"statementId", "voidedStatementId"})


def make_blueprint(host: Host) -> Blueprint:
    """Make the routes of a store."""
    bp = Blueprint("xapi", __name__, url_prefix="/xapi")

    @bp.errorhandler(RefusedError)
    def refused(error: RefusedError) -> Response:
        answer = _json({"error": str(error)}, error.status)
        if error.status == 401:
            answer.headers["WWW-Authenticate"] = 'Basic realm="xAPI"'
        return answer

    @bp.errorhandler(StatementError)
    def bad_statement(error: StatementError) -> Response:
        return _json({"error": str(error), "path": error.path}, 400)

    @bp.errorhandler(ConflictError)
    def conflict(error: ConflictError) -> Response:
        return _json({"error": f"statement {error} is kept and says something else"}, 409)

    @bp.after_request
    def add_headers(answer: Response) -> Response:
        answer.headers.setdefault(VERSION_HEADER, "1.0.3")
        answer.headers["Cache-Control"] = "no-store"
        return answer

    @bp.get("/about")
    def about() -> Response:
        return _json({"version": ["1.0.3", "2.0.0"]})

    @bp.get("/statements")
    def get_statements() -> Response:
        check_version(request)
        check_client(request, host, "statements/read")
        answer = _find(host)
        answer.headers[THROUGH_HEADER] = _iso(_utcnow())
        return answer

    @bp.post("/statements")
    def post_statements() -> Response:
        check_version(request)
        client = check_client(request, host, "statements/write")
        body = _body()
        given = body if isinstance(body, list) else [body]
        with host.begin() as session:
            ids = store.keep(
                session, _dicts(given), authority=authority_of(client, host), now=_utcnow()
            )
        return _json([str(each) for each in ids])

    @bp.put("/statements")
    def put_statement() -> Response:
        check_version(request)
        client = check_client(request, host, "statements/write")
        wanted = _uuid("statementId", request.args.get("statementId", ""))
        (given,) = _dicts([_body()])
        if str(given.get("id", wanted)).lower() != str(wanted):
            raise RefusedError(400, "the statement's id is not the statementId of the address")
        with host.begin() as session:
            store.keep(
                session,
                [{**given, "id": str(wanted)}],
                authority=authority_of(client, host),
                now=_utcnow(),
            )
        return Response(status=204)

    return bp


def _utcnow() -> datetime:
    return datetime.now(UTC)


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _json(value: object, status: int = 200) -> Response:
    return Response(orjson.dumps(value), status=status, mimetype=JSON)


def _body() -> Any:
    if request.mimetype != JSON:
        raise RefusedError(400, f"send statements as {JSON}")
    try:
        return orjson.loads(request.get_data(cache=False))
    except ValueError as error:
        raise RefusedError(400, f"the body is not JSON: {error}") from error


def _dicts(given: list[Any]) -> list[dict[str, Any]]:
    if len(given) > LONGEST:
        raise RefusedError(413, f"send at most {LONGEST} statements at once")
    if any(not isinstance(each, dict) for each in given):
        raise RefusedError(400, "a statement is an object, a batch is a list of them")
    return given


def _uuid(name: str, text: str) -> UUID:
    if not re.fullmatch(r"[0-9a-fA-F]{8}-([0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}", text):
        raise RefusedError(400, f"{name} must be a UUID")
    return UUID(text)


def _find(host: Host) -> Response:
    args = request.args
    unknown = set(args) - FILTERS - SINGLES
    if unknown:
        raise RefusedError(400, f"unknown parameter {sorted(unknown)[0]!r}")
    singles = SINGLES & set(args)
    if singles:
        return _find_one(host, singles)
    query = read_query(args)
    with host.begin() as session:
        page = store.find(session, query)
    more = ""
    if page.next_seq is not None:
        kept = {key: value for key, value in args.items() if key != "cursor"}
        more = f"{request.path}?{urlencode({**kept, 'cursor': page.next_seq})}"
    body = f'{{"statements":[{",".join(page.payloads)}],"more":{orjson.dumps(more).decode()}}}'
    return Response(body, mimetype=JSON)


def _find_one(host: Host, singles: set[str]) -> Response:
    if len(singles) > 1 or set(request.args) & (FILTERS - {"format", "attachments"}):
        raise RefusedError(400, "statementId stands alone, but for format and attachments")
    name = next(iter(singles))
    wanted = _uuid(name, request.args[name])
    with host.begin() as session:
        payload = store.find_one(session, wanted, voided=name == "voidedStatementId")
    if payload is None:
        raise RefusedError(404, f"no such statement: {wanted}")
    return Response(payload, mimetype=JSON)


def read_query(args: Mapping[str, str]) -> Query:
    """Read the filters of a GET.

    Raises:
        RefusedError: one of them is not as the standard has it.
    """
    return Query(
        agent=_agent(args["agent"]) if "agent" in args else None,
        verb=args.get("verb"),
        activity=args.get("activity"),
        registration=_uuid("registration", args["registration"])
        if "registration" in args
        else None,
        since=_moment("since", args),
        until=_moment("until", args),
        related_agents=_flag("related_agents", args),
        related_activities=_flag("related_activities", args),
        ascending=_flag("ascending", args),
        limit=_whole("limit", args) or store.PAGE,
        after_seq=_whole("cursor", args),
    )


def _agent(text: str) -> str:
    try:
        given = orjson.loads(text)
    except ValueError as error:
        raise RefusedError(400, "agent must be JSON") from error
    try:
        found = store.identifier_of(given) if isinstance(given, dict) else None
    except (KeyError, TypeError):
        found = None
    if found is None:
        raise RefusedError(400, "agent must have an identifier")
    return found


def _moment(name: str, args: Mapping[str, str]) -> datetime | None:
    if name not in args:
        return None
    try:
        found = read_moment(args[name].replace(" ", "+"))
    except ValueError as error:
        raise RefusedError(400, f"{name} must be a time by RFC 3339") from error
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _flag(name: str, args: Mapping[str, str]) -> bool:
    if args.get(name, "false").lower() not in {"true", "false"}:
        raise RefusedError(400, f"{name} must be true or false")
    return args.get(name, "false").lower() == "true"


def _whole(name: str, args: Mapping[str, str]) -> int | None:
    if name not in args:
        return None
    if not re.fullmatch(r"\d{1,15}", args[name]):
        raise RefusedError(400, f"{name} must be a whole number from 0")
    return int(args[name])
