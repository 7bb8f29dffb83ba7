"""``multipart/mixed`` in and out: statements first, then what is attached to them.

Source: xAPI 1.0.3, part three, 1.5.2; RFC 2046. Read piece by piece; what is large lies in a
temporary file, never in memory.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from email.message import Message
from typing import IO, Any
from uuid import uuid4

from xapi.contents import SIGNATURE
from xapi.fresh import File
from xapi.lrs.access import RefusedError
from xapi.signatures import CONTENT_TYPE, LARGEST_BYTES, check_signature
from xapi.values import StatementError

MIXED = "multipart/mixed"
JSON = "application/json"
PIECE_BYTES = 64 * 1024
IN_MEMORY_BYTES = 256 * 1024
HEADERS_BYTES = 16 * 1024
HASHES = {56: "sha224", 64: "sha256", 96: "sha384", 128: "sha512"}
"""SHA-2 by the number of its hexadecimal digits."""
SECTION = "2.4.11"


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a body."""

    headers: Mapping[str, str]
    """By name, written small."""
    content: IO[bytes]
    size_bytes: int
    sha2: str
    """By the hash that its header names; empty where it names none."""


@dataclass(frozen=True, slots=True)
class Sent:
    """What came with statements, by its hash."""

    parts: dict[str, Part]
    version: str

    def add(self, part: Part) -> None:
        """Take a part in; the same content twice is one.

        Raises:
            RefusedError: its headers are not as they should be.
        """
        before = self.parts.setdefault(part.sha2, part)
        if before is not part:
            part.content.close()
        _check_file(part)

    @property
    def files(self) -> list[File]:
        """Give what is to be kept."""
        return [File(sha2, part.size_bytes, part.content) for sha2, part in self.parts.items()]

    def check(self, statement: Mapping[str, Any], named: set[str]) -> None:
        """Refuse a statement whose attachments neither came with it nor lie at a fileUrl.

        Args:
            statement: one that ``validation.py`` has let through.
            named: hashes that statements name, filled here.

        Raises:
            StatementError: something is missing, or a signature is malformed.
        """
        for each in _attachments(statement):
            sha2 = each["sha2"].lower()
            part = self.parts.get(sha2)
            if part is None and "fileUrl" not in each:
                raise StatementError(
                    "attachments", "has neither a fileUrl nor a part of its hash", SECTION
                )
            if part is not None:
                named.add(sha2)
                kind = part.headers.get("content-type", each["contentType"])
                if kind != each["contentType"]:
                    raise StatementError("attachments", "its part has another type", SECTION)
            if each["usageType"] == SIGNATURE:
                self._check_signature(statement, each, part)

    def _check_signature(
        self, statement: Mapping[str, Any], attachment: Mapping[str, Any], part: Part | None
    ) -> None:
        if attachment["contentType"] != CONTENT_TYPE:
            raise StatementError("the signature", f"must be sent as {CONTENT_TYPE}", "2.6")
        if part is None:
            return
        part.content.seek(0)
        signature = part.content.read(LARGEST_BYTES + 1)
        if len(signature) > LARGEST_BYTES:
            raise StatementError("the signature", "is too large", "2.6")
        check_signature(statement, signature, version=self.version)

    def check_all_named(self, named: set[str]) -> None:
        """Refuse parts that no statement names."""
        if self.parts.keys() - named:
            raise RefusedError(400, "a part has a hash that no attachment of a statement has")

    def close(self) -> None:
        """Remove what lies in temporary files."""
        for part in self.parts.values():
            part.content.close()


def read(stream: IO[bytes], content_type: str, version: str) -> tuple[bytes, Sent]:
    """Read a body: the statements' JSON, and what came with it.

    Raises:
        RefusedError: it is not as the standard has it.
    """
    parts = _read_parts(_Reader(stream, _boundary(content_type)))
    first = next(parts, None)
    if first is None:
        raise RefusedError(400, "there is no part")
    with first.content:
        if first.headers.get("content-type", "").partition(";")[0].strip() != JSON:
            raise RefusedError(400, f"the first part must be the statements, as {JSON}")
        first.content.seek(0)
        text = first.content.read()
    sent = Sent({}, version)
    try:
        for part in parts:
            sent.add(part)
    except BaseException:
        sent.close()
        raise
    return text, sent


def write(
    statements: bytes, files: Iterable[tuple[str, str, int]], pieces: Any
) -> tuple[str, int, Iterator[bytes]]:
    """Give the content type, the size and the pieces of an answer.

    Args:
        statements: their JSON.
        files: hash, content type and size of each.
        pieces: gives the pieces of a hash.
    """
    boundary = f"part-{uuid4().hex}"
    listed = list(files)
    heads = [_head(boundary, {"Content-Type": JSON})]
    for sha2, kind, _size in listed:
        heads.append(
            _head(
                boundary,
                {
                    "Content-Type": kind,
                    "Content-Transfer-Encoding": "binary",
                    "X-Experience-API-Hash": sha2,
                },
            )
        )
    end = f"\r\n--{boundary}--\r\n".encode()
    heads[0] = heads[0].lstrip()
    size = sum(map(len, heads)) + len(statements) + sum(each[2] for each in listed) + len(end)

    def body() -> Iterator[bytes]:
        yield heads[0] + statements
        for head, (sha2, _kind, _size) in zip(heads[1:], listed, strict=True):
            yield head
            yield from pieces(sha2)
        yield end

    return f'{MIXED}; boundary="{boundary}"', size, body()


def attached_to(statements: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Give the content type of everything attached to statements, by its hash."""
    return {
        each["sha2"].lower(): each["contentType"]
        for statement in statements
        for each in _attachments(statement)
    }


def _attachments(statement: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield from statement.get("attachments", ())
    if statement["object"].get("objectType") == "SubStatement":
        yield from statement["object"].get("attachments", ())


def _head(boundary: str, headers: Mapping[str, str]) -> bytes:
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"\r\n--{boundary}\r\n{lines}\r\n".encode()


def _boundary(content_type: str) -> bytes:
    message = Message()
    message["Content-Type"] = content_type
    boundary = message.get_boundary()
    if not boundary or len(boundary) > 70:
        raise RefusedError(400, f"{MIXED} needs a boundary of at most 70 characters")
    return boundary.encode("latin-1", errors="replace")


def _check_file(part: Part) -> None:
    if part.headers.get("content-transfer-encoding", "").lower() != "binary":
        raise RefusedError(400, "each part after the first needs Content-Transfer-Encoding: binary")
    named = part.headers.get("x-experience-api-hash", "").lower()
    if not named:
        raise RefusedError(400, "each part after the first needs X-Experience-API-Hash")
    if named != part.sha2:
        raise RefusedError(400, "a part has another SHA-2 than its X-Experience-API-Hash says")


def _read_parts(reader: _Reader) -> Iterator[Part]:
    reader.skip_to_first()
    while not reader.is_over():
        headers = reader.read_headers()
        named = headers.get("x-experience-api-hash", "")
        digest = hashlib.new(HASHES[len(named)]) if len(named) in HASHES else None
        content = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY_BYTES)  # noqa: SIM115  # kept
        size = 0
        try:
            for piece in reader.read_content():
                content.write(piece)
                size += len(piece)
                if digest is not None:
                    digest.update(piece)
        except BaseException:
            content.close()
            raise
        yield Part(headers, content, size, "" if digest is None else digest.hexdigest())


class _Reader:
    """Goes through a body from boundary to boundary; holds little more than a piece of it."""

    def __init__(self, stream: IO[bytes], boundary: bytes) -> None:
        self._stream = stream
        self._mark = b"\r\n--" + boundary
        self._held = b"\r\n"
        """What was read and not used; a boundary may stand at the very beginning."""

    def skip_to_first(self) -> None:
        """Go past what stands before the first boundary."""
        for _ in self.read_content():
            pass

    def is_over(self) -> bool:
        """Say whether the last boundary was passed; if not, go to the next part."""
        while len(self._held) < 2 and self._more():
            pass
        if self._held.startswith(b"--"):
            return True
        line = self._take_line()
        if line.strip(b" \t\r"):
            raise RefusedError(400, "there is something behind a boundary")
        return False

    def read_headers(self) -> dict[str, str]:
        """Read the headers of a part."""
        found: dict[str, str] = {}
        while line := self._take_line().rstrip(b"\r"):
            name, colon, value = line.decode("latin-1").partition(":")
            if not colon or not name.strip():
                raise RefusedError(400, "a part has a header without a name")
            found[name.strip().lower()] = value.strip()
        return found

    def read_content(self) -> Iterator[bytes]:
        """Read up to the next boundary, which is passed."""
        while True:
            place = self._held.find(self._mark)
            if place >= 0:
                content, self._held = self._held[:place], self._held[place + len(self._mark) :]
                yield content
                return
            keep = len(self._mark) - 1
            if len(self._held) > keep:
                yield self._held[:-keep]
                self._held = self._held[-keep:]
            if not self._more():
                raise RefusedError(400, "the body ends before its last boundary")

    def _take_line(self) -> bytes:
        while b"\n" not in self._held:
            if len(self._held) > HEADERS_BYTES or not self._more():
                raise RefusedError(400, "the headers of a part have no end")
        line, _, self._held = self._held.partition(b"\n")
        return line

    def _more(self) -> bool:
        piece = self._stream.read(PIECE_BYTES)
        self._held += piece
        return bool(piece)
