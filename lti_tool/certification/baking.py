"""A badge as a picture: drawn for its kind, with the credential inside (Open Badges 3.0, 5.3)."""

from __future__ import annotations

import functools
import itertools
import json
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

import typst

from courses.schemes import SchemeKind
from lti_tool.certification.facts import Facts

ASSETS = Path(__file__).parent / "assets"
KEYWORD = b"openbadgecredential"
SIGNATURE = b"\x89PNG\r\n\x1a\n"
HEAD_BYTES = 33
"""Signature and the first chunk (IHDR): what is baked in stands after them."""
PIXELS_PER_INCH = 144.0
"""Of a picture of 300 points: 600 by 600 pixels."""
MOST_CHUNKS = 2000
"""Of a picture in which a badge is looked for; ours have some ten."""
KEPT = 64
"""How many pictures a process keeps; one takes some 100 kB."""
WORDS = {
    SchemeKind.ATTENDANCE: "Attendance",
    SchemeKind.EXAM: "Exam",
    SchemeKind.EVIDENCE: "Work evidence",
    SchemeKind.MICRO_CREDENTIAL: "Micro-credential",
    SchemeKind.TRAINER: "Trainer",
    SchemeKind.TRAINING_BODY: "Training body",
}


def bake_badge(facts: Facts, credential: bytes) -> bytes:
    """Give the picture of a certificate's badge with its signed credential inside."""
    drawn = picture(facts.kind, facts.title, facts.issuer.name, is_test=facts.is_test)
    return bake(drawn, credential)


@functools.lru_cache(maxsize=KEPT)
def picture(kind: SchemeKind, title: str, issuer: str = "", *, is_test: bool = False) -> bytes:
    """Draw the badge of a scheme as PNG, 600 by 600 pixels."""
    told = {
        "kind": kind.value,
        "title": title,
        "word": WORDS[kind],
        "issuer": issuer,
        "is_test": is_test,
    }
    return _draw(json.dumps(told))


def bake(png: bytes, credential: bytes) -> bytes:
    """Put a credential into a picture, uncompressed, so that any reader finds it.

    Raises:
        ValueError: it is no PNG.
    """
    if not png.startswith(SIGNATURE):
        raise ValueError("not a PNG")
    rest = b"".join(
        _chunk(kind, body)
        for kind, body in _chunks(png)
        if kind != b"IHDR" and not _is_ours(kind, body)
    )
    text = KEYWORD + b"\0" + b"\0\0" + b"\0" + b"\0" + credential
    return png[:HEAD_BYTES] + _chunk(b"iTXt", text) + rest


def unbake(png: bytes) -> bytes | None:
    """Give the credential inside of a picture; None: there is none, or it is no whole PNG."""
    for kind, body in itertools.islice(_chunks(png), MOST_CHUNKS):
        if _is_ours(kind, body):
            packing, rest = body[len(KEYWORD) + 1], body[len(KEYWORD) + 3 :]
            _language, _translated, text = [*rest.split(b"\0", 2), b"", b""][:3]
            return text if packing == 0 else None
    return None


def _chunks(png: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Give kind and body of each chunk, up to the first that is damaged."""
    at = len(SIGNATURE) if png.startswith(SIGNATURE) else len(png)
    while at + 12 <= len(png):
        (size,) = struct.unpack_from(">I", png, at)
        end = at + 8 + size
        if end + 4 > len(png):
            return
        kind, body = png[at + 4 : at + 8], png[at + 8 : end]
        if png[end : end + 4] != zlib.crc32(kind + body).to_bytes(4):
            return
        yield kind, body
        at = end + 4


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def _is_ours(kind: bytes, body: bytes) -> bool:
    return kind == b"iTXt" and body.startswith(KEYWORD + b"\0") and len(body) > len(KEYWORD) + 3


def _draw(told: str) -> bytes:
    drawn = _compiler().compile(format="png", ppi=PIXELS_PER_INCH, sys_inputs={"data": told})
    if not isinstance(drawn, bytes):
        raise TypeError("a badge of several pages")
    return drawn


@functools.cache
def _compiler() -> typst.Compiler:
    return typst.Compiler(
        str(ASSETS / "badge" / "badge.typ"),
        root=str(ASSETS),
        font_paths=[str(ASSETS / "fonts")],
        ignore_system_fonts=True,
    )
