"""For which characters the fonts of certificates have glyphs."""

from __future__ import annotations

import functools
import unicodedata
from pathlib import Path

FONTS = Path(__file__).parent / "assets" / "fonts"


def missing_glyphs(text: str) -> tuple[str, ...]:
    """Give the characters of a text that a certificate cannot print, each once, in order."""
    composed = unicodedata.normalize("NFC", text)
    covered = _covered()
    if covered.issuperset(composed):
        return ()
    return tuple(each for each in dict.fromkeys(composed) if each not in covered)


@functools.cache
def _covered() -> frozenset[str]:
    """Give the characters that every face has."""
    from fontTools.ttLib import TTFont  # noqa: PLC0415  # slow to import; few processes need it

    faces = []
    for path in FONTS.glob("*.ttf"):
        with TTFont(path, lazy=True) as face:
            faces.append(frozenset(map(chr, face.getBestCmap() or ())))
    return frozenset.intersection(*faces)
