"""The alternate request syntax of 1.0.3: any request as a POST whose form holds all of it; pure.

Source: xAPI 1.0.3, part three, 1.3. Version 2.0 has it no more.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes, urlencode

from xapi.lrs.access import VERSION_HEADER, RefusedError

FORM = "application/x-www-form-urlencoded"
METHODS = frozenset({"GET", "HEAD", "PUT", "POST", "DELETE"})
HEADERS = (
    "Authorization", VERSION_HEADER, "Content-Type", "Content-Length", "If-Match", "If-None-Match",
)  # fmt: skip
"""Form fields that stand for headers; all others stand for parameters."""
CONTENT = "content"
WITH_CONTENT = frozenset({"PUT", "POST"})


@dataclass(frozen=True, slots=True)
class Inner:
    """The request that a form stands for."""

    method: str
    query: str
    headers: Mapping[str, str]
    body: bytes


def read(parameters: Mapping[str, list[str]], content_type: str, body: bytes) -> Inner:
    """Read the request out of a form.

    Args:
        parameters: of the address.
        content_type: of the request.
        body: the form as sent.

    Raises:
        RefusedError: it is none, or lacks what the method needs.
    """
    if set(parameters) != {"method"} or len(parameters["method"]) != 1:
        raise RefusedError(400, "with method, the address must have no other parameter")
    method = parameters["method"][0]
    if method not in METHODS:
        raise RefusedError(400, f"method must be one of {', '.join(sorted(METHODS))}")
    fields = _fields(content_type, body)
    content = fields.pop(CONTENT, None)
    if (content is None) is (method in WITH_CONTENT):
        needed = "needs" if content is None else "must not have"
        raise RefusedError(400, f"{method} {needed} the form field {CONTENT}")
    headers = {name: _text(fields.pop(name)) for name in HEADERS if name in fields}
    headers.pop("Content-Length", None)  # of the content as sent; ours is counted
    if content is not None:
        headers.setdefault("Content-Type", "application/json")
    query = urlencode({name: _text(value) for name, value in fields.items()})
    return Inner(method, query, headers, content or b"")


def _fields(content_type: str, body: bytes) -> dict[str, bytes]:
    if body and content_type.partition(";")[0].strip().lower() != FORM:
        raise RefusedError(400, f"send a form: {FORM}")
    fields: dict[str, bytes] = {}
    for part in filter(None, body.replace(b"+", b" ").split(b"&")):
        written, _, value = part.partition(b"=")
        name = _text(unquote_to_bytes(written))
        if name in fields:
            raise RefusedError(400, f"the form field {name!r} stands there twice")
        fields[name] = unquote_to_bytes(value)
    return fields


def _text(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError as error:
        raise RefusedError(400, "the form must be UTF-8") from error
