"""Where courses lie beside each other, so that one may take a module or a pool of another."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from courses.faults import did_you_mean
from courses.source import Section

PLACE = re.compile(r"([a-z0-9][a-z0-9-]{0,59})/([a-z0-9][a-z0-9-]{0,59})")
DRAFT = re.compile(r"(?mi)^draft:\s*(true|yes)\b")


def is_draft(folder: Path) -> bool:
    """Say whether a course is still being written, without reading all of it."""
    try:
        return DRAFT.search((folder / "course.yaml").read_text(encoding="utf-8-sig")) is not None
    except (OSError, UnicodeDecodeError):
        return False


@dataclass(frozen=True, slots=True)
class Taken:
    """What of another course is taken over."""

    course_id: str
    folder: Path
    """Of the other course."""
    name: str


class Shelf:
    """Folders of courses by id."""

    def __init__(self, folders: Iterable[Path]) -> None:
        self._folders = {folder.resolve().name: folder for folder in folders}
        self._fingerprints: dict[Path, str] = {}

    @classmethod
    def around(cls, folder: Path) -> Shelf:
        """Give the shelf that one course stands on: the folders beside it."""
        beside = sorted(path.parent for path in folder.resolve().parent.glob("*/course.yaml"))
        return cls([*beside, folder])

    def find(self, section: Section, by: Path) -> Taken | None:
        """Give what ``uses`` in a section means; None, with a fault, where it means nothing.

        Args:
            section: that holds the key.
            by: folder of the course that takes it over.
        """
        text = section.text("uses")
        found = PLACE.fullmatch(text)
        if found is None:
            if text:
                section.fault(f"uses {text!r} is no place", "Write course/name.", key="uses")
            return None
        course_id, name = found[1], found[2]
        folder = self._folders.get(course_id)
        if folder is None:
            hint = did_you_mean(course_id, self._folders)
            section.fault(f"uses: there is no course {course_id!r}", hint, key="uses")
            return None
        if folder.resolve() == by.resolve():
            section.fault("uses: this is the course itself", f"Write {name} alone.", key="uses")
            return None
        if is_draft(folder) and not is_draft(by):
            section.fault(f"uses: course {course_id!r} is a draft", key="uses")
            return None
        return Taken(course_id, folder, name)

    def fingerprint(self, folder: Path) -> str:
        """Give the hash of all files of a course with their names; see :func:`fingerprint`."""
        found = self._fingerprints.get(folder)
        if found is None:
            found = self._fingerprints[folder] = fingerprint(folder)
        return found


def fingerprint(folder: Path) -> str:
    """Hash all files of a course with their names, but not what made its media (``media/src``)."""
    whole = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder)
        hidden = any(part.startswith(".") for part in inside.parts)
        if path.is_file() and not hidden and inside.parts[:2] != ("media", "src"):
            content = path.read_bytes()
            whole.update(f"{inside.as_posix()}\0{len(content)}\0".encode())
            whole.update(content)
    return whole.hexdigest()


def joined(own: str, taken: Iterable[str]) -> str:
    """Give the fingerprint of a course with those of the courses it takes from."""
    others = sorted(set(taken))
    if not others:
        return own
    return hashlib.sha256("\0".join([own, *others]).encode()).hexdigest()
