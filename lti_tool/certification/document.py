"""The document of a certificate: frozen facts -> PDF/A-3a and PDF/UA-1, with its credential inside.

Same facts and same credential give the same bytes. The only user of typst in this room.
"""

from __future__ import annotations

import hashlib
import json
from base64 import b64encode
from pathlib import Path

import segno
import typst

from lti_tool.certification.facts import Facts
from lti_tool.certification.glyphs import FONTS
from lti_tool.certification.issuers import logo_path
from lti_tool.certification.printed import page_of
from lti_tool.errors import ToolError
from lti_tool.files import Files

ASSETS = Path(__file__).parent / "assets"
PNG = b"\x89PNG\r\n\x1a\n"
QUIET_MODULES = 4
"""White space around a QR code (ISO/IEC 18004)."""
QR_MASK = 3
"""Any of the eight can be read; trying all of them takes as long as setting a page."""


class DocumentError(ToolError):
    """A certificate cannot be set; the text says why, such as a character without a glyph."""

    status = 500
    message_id = "unexpected"


class Typesetter:
    """Sets certificates; holds a compiler with its fonts, so make one and keep it."""

    def __init__(self, files: Files) -> None:
        """Begin.

        Args:
            files: hold the issuers' logos, as SVG or PNG.
        """
        self._files = files
        self._logos: dict[str, str] = {}
        self._compiler = typst.Compiler(
            ASSETS / "certificate.typ",
            root=ASSETS,
            font_paths=[FONTS],
            ignore_system_fonts=True,
        )

    def make(self, facts: Facts, credential_json: bytes) -> bytes:
        """Set a certificate and attach its credential, byte for byte.

        Raises:
            DocumentError: a character has no glyph, or a logo is missing or was changed.
        """
        page = page_of(facts)
        page["qr"] = qr_code(facts.verify_url)
        page["logos"] = [self._logo(digest) for digest in facts.issuer.logos]
        given = {"page": json.dumps(page), "credential": credential_json.decode()}
        try:
            pdf = self._compiler.compile(
                format="pdf", sys_inputs=given, pdf_standards=["a-3a", "ua-1"]
            )
        except (typst.TypstError, RuntimeError) as error:
            raise DocumentError(f"certificate {facts.certificate_id}: {error}") from error
        if not isinstance(pdf, bytes):
            raise TypeError(type(pdf).__name__)
        # typst ends without a line's end; what the seal appends would begin on that line, which
        # PDF/A forbids (ISO 19005-2, 6.1.9).
        return pdf + b"\n"

    def _logo(self, digest: str) -> str:
        if digest not in self._logos:
            try:
                content = self._files.read(logo_path(digest))
            except FileNotFoundError as error:
                raise DocumentError(f"no logo {digest}") from error
            if hashlib.sha256(content).hexdigest() != digest:
                raise DocumentError(f"logo {digest} was changed")
            self._logos[digest] = _as_svg(content)
        return self._logos[digest]


def _as_svg(picture: bytes) -> str:
    """Wrap a PNG in an SVG, since the template is given texts; an SVG stays as it is."""
    if not picture.startswith(PNG):
        return picture.decode()
    width, height = (int.from_bytes(picture[at : at + 4]) for at in (16, 20))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}">'
        f'<image width="{width}" height="{height}" '
        f'href="data:image/png;base64,{b64encode(picture).decode()}"/></svg>'
    )


def qr_code(url: str) -> str:
    """Draw an address as QR code: an SVG of one path, one unit a module, in black."""
    rows = segno.make_qr(url, error="m", mask=QR_MASK, boost_error=False).matrix
    size = len(rows) + 2 * QUIET_MODULES
    path = "".join(
        f"M{start + QUIET_MODULES} {line + QUIET_MODULES}h{end - start}v1H{start + QUIET_MODULES}z"
        for line, row in enumerate(rows)
        for start, end in _runs(row)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size} {size}">'
        f'<path d="{path}" fill="#000"/></svg>'
    )


def _runs(row: bytes | bytearray) -> list[tuple[int, int]]:
    """Give where dark modules begin and end in a row."""
    edges = [place for place in range(len(row) + 1) if _dark(row, place) != _dark(row, place - 1)]
    return list(zip(edges[::2], edges[1::2], strict=True))


def _dark(row: bytes | bytearray, place: int) -> bool:
    return 0 <= place < len(row) and bool(row[place])
