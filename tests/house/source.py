"""The project's own Python files, parsed once."""

from __future__ import annotations

import ast
import functools
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("courses", "xapi", "lti_tool", "migrations")


@dataclass(frozen=True)
class Module:
    """One file."""

    path: Path
    tree: ast.Module
    text: str

    @property
    def name(self) -> str:
        """Give its dotted name."""
        parts = self.path.relative_to(ROOT).with_suffix("").parts
        return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)

    def imports(self) -> set[str]:
        """Give the dotted names it imports, wherever in the file."""
        found: set[str] = set()
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                found |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                found.add(node.module)
                found |= {f"{node.module}.{alias.name}" for alias in node.names}
        return found


@functools.cache
def modules() -> tuple[Module, ...]:
    """Give every file of the packages, without the courses' content."""
    return tuple(
        Module(path, ast.parse(path.read_text()), path.read_text())
        for package in PACKAGES
        for path in sorted((ROOT / package).rglob("*.py"))
        if "content" not in path.parts
    )
