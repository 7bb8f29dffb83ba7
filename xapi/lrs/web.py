"""What all resources of the store have in common: versions, keys, limits, refusals, headers.

Every answer, a bad one too, is JSON and names the version.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Sequence
from io import BytesIO

import orjson
from flask import Blueprint, Flask, Response, current_app, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from xapi.conditions import NeedsConditionError, PreconditionError, UnconditionalError
from xapi.credentials import Client, Remembered
from xapi.documents import NotMergedError
from xapi.host import SECOND, Host
from xapi.lrs import access, alternate, origins, packing
from xapi.lrs.access import VERSION_HEADER, RefusedError
from xapi.lrs.rates import Rates
from xapi.store import ConflictError
from xapi.tokens import NotBoundError
from xapi.values import StatementError

log = logging.getLogger(__name__)

JSON = "application/json"
HOST = "xapi.host"
"""Where the application keeps its Host."""
RATES = "xapi.rates"
"""Where it keeps the counts of requests."""
REMEMBERED = "xapi.remembered"
"""Where it keeps clients that were let in a moment ago."""
METHODS = ("GET", "POST", "PUT", "DELETE", "PATCH")
PREFIX = "/xapi"
ALWAYS = (
    ("Cache-Control", "no-store"),
    ("X-Content-Type-Options", "nosniff"),
    ("Content-Security-Policy", "default-src 'none'; sandbox"),  # a document may be a page
)
_NAMED = f"HTTP_{VERSION_HEADER}".upper().replace("-", "_")
"""The request's version in its environment: looking it up there is what costs least."""

bp = Blueprint("xapi", __name__, url_prefix=PREFIX)


# What a resource asks for


def host() -> Host:
    """Give the embedding application as the store sees it."""
    held: Host = current_app.extensions[HOST]
    return held


def enter(right: str) -> Client:
    """Give the client of this request, which may do what it is about to do.

    Args:
        right: one of :data:`xapi.credentials.RIGHTS`.

    Raises:
        RefusedError: no version (400), no good key (401), not for this (403), too often (429).
    """
    version()
    extensions = current_app.extensions
    remembered: Remembered = extensions[REMEMBERED]
    client = remembered.find(request.environ.get("HTTP_AUTHORIZATION", ""))
    if client is None:
        client = _look_up(remembered)
    access.check_right(client, right)
    rates: Rates = extensions[RATES]
    wait_s = rates.hit(client.key, is_token=client.bound is not None)
    if wait_s:
        raise RefusedError(
            429,
            f"this key asked too often; ask again in {wait_s} seconds",
            {"Retry-After": str(wait_s)},
        )
    return client


def _look_up(remembered: Remembered) -> Client:
    given = request.authorization
    is_basic = given is not None and given.type == "basic"
    key = given.username if given is not None and is_basic else None
    secret = given.password if given is not None and is_basic else None
    client = access.check_client(host(), key, secret)
    if client.bound is None:
        remembered.remember(client, request.environ["HTTP_AUTHORIZATION"])
    return client


def version() -> str:
    """Give the version that this request speaks: ``1.0.3`` or ``2.0.0``.

    Raises:
        RefusedError: it names none, or one that is not spoken.
    """
    return access.check_version(request.environ.get(_NAMED))


def parameters(allowed: Collection[str] | None = None) -> dict[str, str]:
    """Give the parameters of the address, each with its one value.

    Args:
        allowed: those that this resource knows; None: they are checked elsewhere.

    Raises:
        RefusedError: one is unknown, or stands there twice.
    """
    given = request.args.to_dict(flat=False)
    for name, values in given.items():
        if allowed is not None and name not in allowed:
            raise RefusedError(400, f"unknown parameter {name!r}")
        if len(values) > 1:
            raise RefusedError(400, f"the parameter {name!r} stands there twice")
    return {name: values[0] for name, values in given.items()}


def body(most: int) -> bytes:
    """Give the body whole, unpacked.

    The library's own stream ends without a word at its limit where the length was not told before.

    Args:
        most: bytes that are taken.

    Raises:
        RefusedError: it has more (413).
    """
    request.max_content_length = most + 1
    read = request.get_data(cache=False)
    if len(read) > most:
        raise RefusedError(413, too_large(most))
    return read


def too_large(most: int) -> str:
    """Say how much is taken."""
    return f"at most {most} bytes are taken here, after they were unpacked; send less at once"


def as_json(value: object, status: int = 200) -> Response:
    """Answer in JSON."""
    return Response(orjson.dumps(value), status=status, mimetype=JSON)


# On the way in


@bp.before_request
def receive() -> ResponseReturnValue | None:
    """Set the store's own limits, unpack what is packed, read a form that stands for a request."""
    request.max_content_length = host().limits.body_bytes
    method, environ = request.method, request.environ
    if method == "OPTIONS":
        return _told_first()
    coding = environ.get("HTTP_CONTENT_ENCODING", "").strip().lower()
    if coding == "gzip":
        _unpack()
    elif coding not in {"", "identity"}:
        raise RefusedError(415, "send bodies as they are, or with Content-Encoding: gzip")
    if method == "POST" and request.query_string and "method" in request.args:
        return _alternate()
    return None


def _told_first() -> Response:
    """Answer a browser that asks before it sends, without a key: what is allowed is no secret."""
    answer = Response(status=204)
    answer.headers["Allow"] = ", ".join(_methods_here() or METHODS)
    return answer


def _unpack() -> None:
    packed = request.stream
    environ = request.environ
    environ["wsgi.input"] = packing.Unpacking(packed)
    environ["wsgi.input_terminated"] = True
    for name in ("CONTENT_LENGTH", "HTTP_CONTENT_ENCODING", "HTTP_TRANSFER_ENCODING"):
        environ.pop(name, None)
    del request.stream  # it is made anew, from what is unpacked, when first read


def _alternate() -> ResponseReturnValue:
    if access.answered_version(request.headers.get(VERSION_HEADER)) == SECOND:
        raise RefusedError(400, "version 2.0 has no alternate request syntax")
    inner = alternate.read(
        request.args.to_dict(flat=False),
        request.content_type or "",
        body(host().limits.body_bytes),
    )
    environ = dict(request.environ)
    for name in [each for each in environ if each.startswith(("werkzeug.", "flask."))]:
        del environ[name]
    environ.update(
        {
            "REQUEST_METHOD": inner.method,
            "QUERY_STRING": inner.query,
            "CONTENT_LENGTH": str(len(inner.body)),
            "wsgi.input": BytesIO(inner.body),
        }
    )
    for name in ("CONTENT_TYPE", "HTTP_TRANSFER_ENCODING", "HTTP_ACCEPT_ENCODING"):
        environ.pop(name, None)
    for name, value in inner.headers.items():
        written = name.upper().replace("-", "_")
        environ[written if written == "CONTENT_TYPE" else f"HTTP_{written}"] = value
    if access.answered_version(environ.get(_NAMED)) == SECOND:
        raise RefusedError(400, "version 2.0 has no alternate request syntax")
    with current_app.app_context(), current_app.request_context(environ):
        answer = current_app.full_dispatch_request()
    if inner.method == "HEAD":  # the web server sees a POST
        answer.set_data(b"")
    return answer


# Where there is nothing


@bp.route("", defaults={"rest": ""}, methods=METHODS)
@bp.route("/", defaults={"rest": ""}, methods=METHODS)
@bp.route("/<path:rest>", methods=METHODS)
def nothing_here(rest: str) -> ResponseReturnValue:
    """Answer in JSON where there is nothing, or where a method is not for this address."""
    methods = _methods_here()
    if methods:
        raise RefusedError(
            405, f"{request.method} is not for this address", {"Allow": ", ".join(methods)}
        )
    raise RefusedError(404, "there is nothing at this address")


def _methods_here() -> list[str]:
    found: set[str] = set()
    for rule in current_app.url_map.iter_rules():
        if rule.rule == request.path and rule.endpoint != f"{bp.name}.{nothing_here.__name__}":
            found |= rule.methods or set()
    return sorted(found)


# Refusals


SENTENCES: dict[type, int] = {
    NotBoundError: 403,
    PreconditionError: 412,
    UnconditionalError: 409,
    NeedsConditionError: 400,
    NotMergedError: 400,
    packing.BrokenError: 400,
}
"""Errors that say all in their text, and the status that they are answered with."""


@bp.errorhandler(RefusedError)
def refused(error: RefusedError) -> ResponseReturnValue:
    """Answer what is not let in."""
    answer = as_json({"error": str(error)}, error.status)
    answer.headers.extend(error.headers)
    if error.status == 401:
        answer.headers["WWW-Authenticate"] = 'Basic realm="xAPI"'
    return answer


@bp.errorhandler(StatementError)
def not_a_statement(error: StatementError) -> ResponseReturnValue:
    """Answer what is no statement, and say where and by which rule."""
    return as_json({"error": str(error), "path": error.path, "section": error.section}, 400)


@bp.errorhandler(ConflictError)
def conflict(error: ConflictError) -> ResponseReturnValue:
    """Answer a statement whose id is taken by another."""
    return as_json({"error": f"statement {error} is kept and says something else"}, 409)


def told(error: Exception) -> ResponseReturnValue:
    """Answer what a sentence explains."""
    status = next(SENTENCES[kind] for kind in type(error).__mro__ if kind in SENTENCES)
    return as_json({"error": str(error)}, status)


for _kind in SENTENCES:
    bp.register_error_handler(_kind, told)


@bp.errorhandler(HTTPException)
def other(error: HTTPException) -> ResponseReturnValue:
    """Answer what the web server refuses, such as a body that is too large."""
    return as_json({"error": _words(error.code or 500, error.description)}, error.code or 500)


@bp.errorhandler(Exception)
def unexpected(error: Exception) -> ResponseReturnValue:
    """Answer what went wrong here; the log says what."""
    log.error("unexpected error", exc_info=error, extra={"endpoint": request.endpoint})
    return as_json({"error": "something went wrong in the store; send it again later"}, 500)


def _words(status: int, description: str | None) -> str:
    if status == 413:
        return too_large(host().limits.body_bytes)
    return description or "the request cannot be answered"


# On the way out


@bp.after_request
def add_headers(answer: Response) -> Response:
    """Name the version, tell other origins what they may see, pack; nothing is for caches."""
    headers, held = answer.headers, host()
    there = {name for name, _ in headers}  # the library's own look-up takes longer than all of this
    if VERSION_HEADER not in there:
        named = request.environ.get(_NAMED)
        headers.add(VERSION_HEADER, access.answered_version(named, held.assumed_version))
    if answer.status_code in {204, 304}:
        headers.pop("Content-Type", None)
    for name, value in ALWAYS:
        if name not in there:
            headers.add(name, value)
    if held.origins:
        _tell_origins(answer, held.origins)
    return _packed(answer)


def _tell_origins(answer: Response, allowed: Sequence[str]) -> None:
    asked_first = request.method == "OPTIONS"
    told = origins.headers_for(request.headers.get("Origin"), allowed, asked_first=asked_first)
    answer.vary.update(filter(None, [told.pop("Vary", None)]))
    answer.headers.update(told)


def _packed(answer: Response) -> Response:
    """Pack JSON for whoever takes gzip; a document goes out byte for byte, as its ETag says."""
    headers = answer.headers
    if answer.is_streamed:
        return answer
    body = answer.get_data()
    if len(body) < packing.WORTH_BYTES or answer.mimetype != JSON:
        return answer
    if "ETag" in headers or "Content-Encoding" in headers:
        return answer
    answer.vary.add("Accept-Encoding")
    if request.accept_encodings["gzip"] > 0:
        answer.set_data(packing.pack(body))
        headers["Content-Encoding"] = "gzip"
    return answer


def answer_for_host(answer: Response) -> Response:
    """Put into JSON what the embedding application answers in the store's place.

    Such as where the router itself refuses or sends elsewhere, before the store is reached.
    """
    if request.url_rule is not None:
        return answer
    if request.path != PREFIX and not request.path.startswith(f"{PREFIX}/"):
        return answer
    told = as_json({"error": _words(answer.status_code, None)}, answer.status_code)
    if "Location" in answer.headers:
        told.headers["Location"] = answer.headers["Location"]
    if answer.status_code == 405:
        told.headers["Allow"] = ", ".join(_methods_here() or METHODS)
    return add_headers(told)


def init_app(app: Flask, held: Host) -> None:
    """Mount the store; its clients bring keys, and no forms of pages."""
    app.extensions[HOST] = held
    app.extensions[REMEMBERED] = Remembered()
    app.extensions[RATES] = Rates(
        held.limits.requests_per_minute, held.limits.token_requests_per_minute
    )
    app.register_blueprint(bp)
    app.after_request(answer_for_host)
    for endpoint, view in app.view_functions.items():
        if endpoint.startswith(f"{bp.name}."):
            vars(view)["no_csrf"] = True  # read by the host's forgery check
