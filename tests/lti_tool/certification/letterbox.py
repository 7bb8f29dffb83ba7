"""The letters that a worker put into a folder, as their readers find them."""

from __future__ import annotations

import email
import re
from email.policy import default
from pathlib import Path

LINK = re.compile(r"https://tool\.example\.org(/certificates/\w+/[\w-]{43})")


class Letterbox:
    """A folder of letters that is looked into again and again."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._seen: set[str] = set()

    def new(self) -> list[tuple[str, str]]:
        """Give what arrived since: to whom, and the path of its one link."""
        found = []
        for path in sorted(self._folder.glob("*.eml")):
            if path.name in self._seen:
                continue
            self._seen.add(path.name)
            letter = email.message_from_bytes(path.read_bytes(), policy=default)
            (link,) = LINK.findall(letter.get_body(("plain",)).get_content())
            found.append((str(letter["To"]), link))
        return found
