"""Errors that become a page or JSON: each with a status and words that help."""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import ClassVar

from flask import Flask, Response, g, jsonify, make_response, render_template, request
from werkzeug.exceptions import HTTPException

log = logging.getLogger(__name__)


class ToolError(Exception):
    """Root of what can go wrong in a way that its reader can act on.

    The text of the exception is for the log and holds ids, never names or answers. What the reader
    sees is chosen by ``message_id`` in ``templates/errors/error.html``, or said by ``words``.
    """

    status: ClassVar[int] = HTTPStatus.BAD_REQUEST
    message_id: ClassVar[str] = "bad_request"

    def __init__(self, log_text: str = "", *, words: str | None = None) -> None:
        super().__init__(log_text or self.message_id)
        self.words = words
        """A sentence for the reader, already in their language; None: the one of ``message_id``."""


class NotFoundError(ToolError):
    """No such thing, or not of this visitor."""

    status = HTTPStatus.NOT_FOUND
    message_id = "not_found"


class NotAllowedError(ToolError):
    """The visitor may not do this."""

    status = HTTPStatus.FORBIDDEN
    message_id = "not_allowed"


class VisitEndedError(ToolError):
    """No such visit, or it is over."""

    status = HTTPStatus.UNAUTHORIZED
    message_id = "visit_ended"


class BadRequestError(ToolError):
    """What was sent cannot be used."""

    message_id = "bad_request"


class ForgedRequestError(ToolError):
    """A form without its token, or from another site."""

    status = HTTPStatus.FORBIDDEN
    message_id = "forged"


class TooManyError(ToolError):
    """Too many requests from one address."""

    status = HTTPStatus.TOO_MANY_REQUESTS
    message_id = "too_many"


class ConflictingError(ToolError):
    """What was asked for does not fit the present state."""

    status = HTTPStatus.CONFLICT
    message_id = "conflict"


def init_app(app: Flask) -> None:
    """Turn every error into a page or JSON."""
    app.register_error_handler(ToolError, _tool_error)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(Exception, _unexpected)


def _tool_error(error: ToolError) -> Response:
    log.info("refused", extra={"error": type(error).__name__, "detail": str(error)})
    return _answer(int(error.status), error.message_id, error.words)


def _http_error(error: HTTPException) -> Response:
    if error.response is not None and error.code is not None and error.code < 400:  # a redirect
        return make_response(error.get_response())
    code = error.code or 500
    message_id = {404: "not_found", 405: "bad_request", 413: "too_large", 429: "too_many"}.get(
        code, "bad_request" if code < 500 else "unexpected"
    )
    answer = _answer(code, message_id, None)
    answer.headers.extend(pair for pair in error.get_headers() if pair[0] == "Allow")
    return answer


def _unexpected(error: Exception) -> Response:
    log.error("unexpected error", exc_info=error, extra={"endpoint": request.endpoint})
    return _answer(500, "unexpected", None)


def _answer(status: int, message_id: str, words: str | None) -> Response:
    if request.accept_mimetypes.best == "application/json":
        response = jsonify(error=message_id, message=words)
    else:
        response = make_response(
            render_template(
                "errors/error.html",
                status=status,
                message_id=message_id,
                words=words,
                request_id=g.get("request_id"),
            )
        )
    response.status_code = status
    return response
