"""What is wrong with a course: told all at once, each with file, line and a hint."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that an author must mend."""

    file: Path
    line: int
    """From 1; 0 where it is about the file as a whole."""
    message: str
    hint: str = ""
    for_release: bool = False
    """Told by `--strict` only: the course works, but is not ready to be released."""

    def __str__(self) -> str:
        """Give ``file:line: message`` with the hint below."""
        place = f"{self.file}:{self.line}" if self.line else str(self.file)
        return f"{place}: {self.message}" + (f"\n    {self.hint}" if self.hint else "")


class CourseFaultsError(Exception):
    """A course cannot be used; ``faults`` tells everything that was found."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__("\n".join(str(fault) for fault in faults))
        self.faults = tuple(faults)


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Give a hint for a word that is not known."""
    offered = sorted(str(each) for each in known)
    near = difflib.get_close_matches(word, offered, 1)
    if near:
        return f"Did you mean {near[0]!r}?"
    return f"There are: {', '.join(offered)}." if offered else ""
