"""The public code of a certificate: twelve random characters and one that checks them.

The alphabet is Crockford's: digits and capital letters without I, L, O and U. The last character
comes from Luhn's rule in base 32, which finds every single wrong character and nearly every swap of
two neighbours.
"""

from __future__ import annotations

import re
import secrets

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32."""
RANDOM = 12
"""Random characters of a code: 60 bits."""
GROUP = 4
READ_AS = str.maketrans({"O": "0", "I": "1", "L": "1"})
"""What people write in place of what stands there."""
BETWEEN = re.compile(r"[\s\-–—.]+")
_VALUES = {character: value for value, character in enumerate(ALPHABET)}
_BASE = len(ALPHABET)


def new_code() -> str:
    """Draw a code: thirteen characters, the last one a check."""
    body = "".join(secrets.choice(ALPHABET) for _ in range(RANDOM))
    return body + check_character(body)


def check_character(body: str) -> str:
    """Give the character that checks others, by Luhn's rule in base 32.

    Raises:
        KeyError: a character is not of the alphabet.
    """
    return ALPHABET[-_luhn(body, factor=2) % _BASE]


def is_code(text: str) -> bool:
    """Say whether a text is a code as it is kept: thirteen characters that check."""
    if len(text) != RANDOM + 1 or not set(text) <= _VALUES.keys():
        return False
    return _luhn(text, factor=1) % _BASE == 0


def read_code(text: str) -> str | None:
    """Read a code as people type it; None where it cannot be one.

    Small letters, spaces and hyphens are taken, O for 0, I and L for 1.
    """
    bare = BETWEEN.sub("", text).upper().translate(READ_AS)
    return bare if is_code(bare) else None


def spaced(code: str) -> str:
    """Write a code as it is printed: in fours, ``0123-4567-89AB-T``."""
    return "-".join(code[start : start + GROUP] for start in range(0, len(code), GROUP))


def _luhn(text: str, *, factor: int) -> int:
    """Add up a text from its right end, every other character doubled with its carry."""
    total = 0
    for character in reversed(text):
        product = _VALUES[character] * factor
        total += product // _BASE + product % _BASE
        factor = 3 - factor
    return total
