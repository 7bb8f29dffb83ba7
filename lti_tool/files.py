"""Files that outlive a process: a folder, or any storage that fsspec knows, by its address."""

from __future__ import annotations

import glob
import os
import posixpath
from typing import Any
from uuid import uuid4


class Files:
    """The files below one address; paths are relative, with ``/`` between."""

    def __init__(self, url: str) -> None:
        """Open an address such as ``var/files`` or ``s3://bucket/tool``."""
        self._url = url
        self._held: tuple[Any, str] | None = None

    def write(self, path: str, content: bytes) -> None:
        """Write a file whole or not at all: another reader never sees half of it.

        In a folder it lies on the disk afterwards, so that nothing told of it outlives it.
        """
        system, root = self._open()
        target = posixpath.join(root, path)
        system.makedirs(posixpath.dirname(target), exist_ok=True)
        aside = f"{target}.{uuid4().hex}.part"
        is_local = "file" in system.protocol
        with system.open(aside, "wb") as file:
            file.write(content)
            if is_local:
                file.flush()
                os.fsync(file.fileno())
        system.mv(aside, target)
        if is_local:
            _settle_folder(posixpath.dirname(target))

    def read(self, path: str) -> bytes:
        """Give a file's bytes.

        Raises:
            FileNotFoundError: there is none.
        """
        system, root = self._open()
        content: bytes = system.cat_file(posixpath.join(root, path))
        return content

    def remove(self, path: str) -> None:
        """Remove a file, and what a write of it left that never came to its end.

        One that is gone is no fault.
        """
        system, root = self._open()
        target = posixpath.join(root, path)
        for each in (target, *system.glob(f"{glob.escape(target)}.*.part")):
            if system.exists(each):
                system.rm_file(each)

    def _open(self) -> tuple[Any, str]:
        if self._held is None:
            import fsspec  # noqa: PLC0415  # slow to load, and many requests need no file

            system, root = fsspec.core.url_to_fs(self._url)  # type: ignore[no-untyped-call]  # untyped there
            self._held = system, root
        return self._held


def _settle_folder(path: str) -> None:
    """Bring the names in a folder to the disk."""
    folder = os.open(path, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
