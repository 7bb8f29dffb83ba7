"""Bodies sent and answered as gzip, unpacked and packed on the way; pure."""

from __future__ import annotations

import gzip
import io
import zlib
from typing import IO

PIECE = 64 * 1024
WORTH_BYTES = 1024
"""From which size on packing an answer saves more than it costs."""
LEVEL = 5
GZIP_WINDOW = 31
"""What tells zlib that there is a gzip header."""


class BrokenError(Exception):
    """A body that is not the gzip it is said to be."""


class Unpacking(io.RawIOBase):
    """Reads a gzip body piece by piece; never holds more than one piece of it."""

    def __init__(self, packed: IO[bytes]) -> None:
        super().__init__()
        self._packed = packed
        self._inflate = zlib.decompressobj(GZIP_WINDOW)
        self._rest = b""

    def readable(self) -> bool:
        """Say that it can be read."""
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # any buffer
        """Fill a buffer; give how much.

        Raises:
            BrokenError: the body is not gzip, or ends too early.
        """
        while True:
            piece = self._unpack(len(buffer))
            if piece or self._inflate.eof:
                buffer[: len(piece)] = piece
                return len(piece)

    def _unpack(self, size: int) -> bytes:
        if not self._rest and not self._inflate.eof:
            self._rest = self._packed.read(PIECE)
            if not self._rest:
                raise BrokenError("the gzip body ends too early")
        try:
            piece = self._inflate.decompress(self._rest, size)
        except zlib.error as error:
            raise BrokenError("the body is not gzip") from error
        self._rest = self._inflate.unconsumed_tail
        return piece


def pack(body: bytes) -> bytes:
    """Pack an answer; the same body gives the same bytes."""
    return gzip.compress(body, compresslevel=LEVEL, mtime=0)
