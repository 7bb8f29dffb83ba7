"""Statements whose attachments go along with them: multipart/mixed (1.0.3, part two, 2.4.11)."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

MARK = '"attachments"'
MOST_BYTES = 64 * 1024 * 1024
"""How much is sent along with one statement at most."""

Load = Callable[[str], bytes | None]
"""Gives a content by its SHA-2; None where it is not kept, or is too large to be sent."""


@dataclass(frozen=True, slots=True)
class File:
    """An attachment with its content."""

    sha2: str
    content_type: str
    content: bytes


def no_files(_sha2: str) -> bytes | None:
    """Give nothing: for statements that name no attachments of ours."""
    return None


def files_of(payload: str, load: Load) -> list[File]:
    """Give the attachments of a statement that have to go along with it, each content once."""
    if MARK not in payload:
        return []
    found: dict[str, File] = {}
    size = 0
    for each in _attachments(orjson.loads(payload)):
        sha2 = str(each.get("sha2", "")).lower()
        if "fileUrl" in each or not sha2 or sha2 in found:
            continue
        content = load(sha2)
        size += len(content or b"")
        if content is None or size > MOST_BYTES:
            return []  # the other store will say what it lacks
        found[sha2] = File(sha2, str(each["contentType"]), content)
    return list(found.values())


def body_of(payload: str, files: list[File]) -> tuple[str, bytes]:
    """Give content type and body of a statement with its attachments."""
    boundary = f"part-{secrets.token_hex(16)}"
    parts = [f"--{boundary}\r\nContent-Type: application/json\r\n\r\n{payload}".encode()]
    for each in files:
        head = (
            f"--{boundary}\r\nContent-Type: {each.content_type}\r\n"
            "Content-Transfer-Encoding: binary\r\n"
            f"X-Experience-API-Hash: {each.sha2}\r\n\r\n"
        )
        parts.append(head.encode() + each.content)
    body = b"\r\n".join([*parts, f"--{boundary}--\r\n".encode()])
    return f'multipart/mixed; boundary="{boundary}"', body


def _attachments(statement: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield from statement.get("attachments", ())
    if statement["object"].get("objectType") == "SubStatement":
        yield from statement["object"].get("attachments", ())
