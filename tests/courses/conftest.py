"""Courses for tests of `courses`: two real ones, and a small one to be broken."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from courses.loader import load_course
from courses.model import Course

ROOT = Path(__file__).parents[2]
CAPITALS = ROOT / "tests" / "content" / "capitals"
CONTENT = ROOT / "courses" / "content"
ALIFECA = CONTENT / "alifeca"

Edit = Callable[[str, str, str], int]


@pytest.fixture(scope="session")
def capitals() -> Course:
    """Give the small course of capitals."""
    return load_course(CAPITALS)


@pytest.fixture(scope="session")
def alifeca() -> Course:
    """Give the course that is delivered with the tool."""
    return load_course(ALIFECA)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Give a copy of the course of capitals, to be changed."""
    return Path(shutil.copytree(CAPITALS, tmp_path / "capitals"))


@pytest.fixture
def edit(folder: Path) -> Edit:
    """Give what replaces a text in a file of the copy, and says at which line it stood."""

    def replace(name: str, old: str, new: str) -> int:
        path = folder / name
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new, 1))
        return text[: text.index(old)].count("\n") + 1

    return replace
