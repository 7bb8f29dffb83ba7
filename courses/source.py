"""YAML read with line numbers, so that a fault names its place; numbers read exactly."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from pathlib import Path
from typing import Any

import yaml

from courses.faults import Fault, did_you_mean

ID = re.compile(r"[a-z0-9][a-z0-9-]{0,59}")
TRUE = frozenset({"true", "yes"})
FALSE = frozenset({"false", "no"})
BASE: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""Of libyaml where it is there: ten times as fast."""
TAGS = {
    yaml.ScalarNode: "tag:yaml.org,2002:str",
    yaml.SequenceNode: "tag:yaml.org,2002:seq",
    yaml.MappingNode: "tag:yaml.org,2002:map",
}
NULLS = frozenset({"", "~", "null", "Null", "NULL"})


class TextLoader(BASE):  # type: ignore[misc]  # one of two classes
    """Reads every scalar as text: what it means is asked for by key."""

    def resolve(self, kind: type[yaml.Node], _value: object, _implicit: object) -> str:
        """Give the tag of a node by its kind alone, which spares half of the reading."""
        return TAGS[kind]

    def descend_resolver(self, _parent: object, _index: object) -> None:
        """Follow no paths: no rule of ours depends on them."""

    def ascend_resolver(self) -> None:
        """Follow no paths."""


class Source:
    """One file, and where its faults are gathered."""

    def __init__(self, file: Path, faults: list[Fault], *, shown: Path | None = None) -> None:
        self.file = file
        self.shown = shown or file
        self._faults = faults

    def fault(self, line: int, message: str, hint: str = "", *, for_release: bool = False) -> None:
        """Add a fault."""
        self._faults.append(Fault(self.shown, line, message, hint, for_release))

    def read_text(self) -> str | None:
        """Read the file as UTF-8; None and a fault where that fails."""
        try:
            return self.file.read_text(encoding="utf-8-sig")
        except FileNotFoundError:
            self.fault(0, "this file is missing")
        except (OSError, UnicodeDecodeError) as error:
            self.fault(0, f"cannot be read: {error}", "Save it as UTF-8 text.")
        return None

    def read_section(self) -> Section | None:
        """Read a YAML file that holds one mapping."""
        text = self.read_text()
        return None if text is None else self.section_of(text)

    def section_of(self, text: str, first_line: int = 1) -> Section | None:
        """Read a text of YAML that holds one mapping, and begins at a line of the file."""
        try:
            node = yaml.compose(text, Loader=TextLoader)
        except yaml.MarkedYAMLError as error:
            line = (error.problem_mark.line if error.problem_mark else 0) + first_line
            self.fault(line, f"not YAML: {error.problem}", "A text with ': ' or '#' needs quotes.")
            return None
        except yaml.YAMLError as error:
            self.fault(first_line, f"not YAML: {error}")
            return None
        if not isinstance(node, yaml.MappingNode):
            self.fault(first_line, "keys with values are expected here, such as `title: …`")
            return None
        return Section(self, node, first_line)


class Section:
    """One mapping of a file. What it is asked for is known; anything else in it is a fault."""

    def __init__(self, source: Source, node: yaml.MappingNode, first_line: int) -> None:
        self.source = source
        self._first = first_line
        self.line = node.start_mark.line + first_line
        self._nodes: dict[str, yaml.Node] = {}
        self._lines: dict[str, int] = {}
        self._asked: set[str] = set()
        for key, value in node.value:
            name = str(key.value)
            if name in self._nodes:
                self.fault(f"{name!r} stands here twice", line=key.start_mark.line + first_line)
            self._nodes[name] = value
            self._lines[name] = key.start_mark.line + first_line

    def fault(self, message: str, hint: str = "", *, key: str = "", line: int = 0) -> None:
        """Add a fault at a key, or at the beginning of the section."""
        self.source.fault(line or self.line_of(key), message, hint)

    def lack(self, message: str, hint: str = "", *, key: str = "") -> None:
        """Add a fault that keeps a course from being released, no more."""
        self.source.fault(self.line_of(key), message, hint, for_release=True)

    def line_of(self, key: str) -> int:
        """Give the line of a key; of the section where it is not there."""
        return self._lines.get(key, self.line)

    def has(self, key: str) -> bool:
        """Say whether a key stands here, with a value."""
        self._asked.add(key)
        node = self._nodes.get(key)
        is_null = isinstance(node, yaml.ScalarNode) and not node.style and node.value in NULLS
        return node is not None and not is_null

    def text(self, key: str, *, default: str | None = None, length: int = 20_000) -> str:
        """Give a text; without a default it must be there and not be empty."""
        if not self.has(key):
            if default is None:
                self.fault(f"{key!r} is missing")
            return default or ""
        node = self._nodes[key]
        if not isinstance(node, yaml.ScalarNode):
            self.fault(
                f"{key!r} must be a text", "Does it begin with [ or {? Put it in quotes.", key=key
            )
            return default or ""
        value = str(node.value).strip()
        if default is None and not value:
            self.fault(f"{key!r} is empty", key=key)
        if len(value) > length:
            self.fault(f"{key!r} is longer than {length} characters", key=key)
        return value

    def id(self, key: str = "id") -> str:
        """Give an id."""
        value = self.text(key)
        if value and not ID.fullmatch(value):
            hint = "Lower case letters, digits and hyphens; at most 60; begins with no hyphen."
            self.fault(f"{value!r} is no id", hint, key=key)
        return value

    def choice(self, key: str, known: tuple[str, ...], *, default: str | None = None) -> str:
        """Give one of several words; where it is faulty, the default, or else the first."""
        value = self.text(key, default=default)
        if value and value not in known:
            self.fault(f"{key} {value!r} is not known", did_you_mean(value, known), key=key)
            value = ""
        return value or default or known[0]

    def whole(
        self, key: str, *, default: int | None = None, low: int = 0, high: int = 100_000
    ) -> int:
        """Give a whole number."""
        value = self.text(key, default=None if default is None else str(default))
        if not re.fullmatch(r"-?\d{1,9}", value) or not low <= int(value) <= high:
            if value:
                self.fault(f"{key} must be a whole number from {low} to {high}", key=key)
            return low if default is None else default
        return int(value)

    def number(self, key: str, *, default: str | None = None) -> Fraction:
        """Give a number exactly as it is written: ``1086.9``, ``2/3``, ``1e-3``, ``60%``."""
        value = self.text(key, default=default)
        found = exact(value)
        if found is None:
            if value:
                self.fault(f"{key} {value!r} is no number", "Write 1086.9, 2/3 or 60%.", key=key)
            return Fraction(0)
        return found

    def flag(self, key: str, *, default: bool | None = None) -> bool:
        """Give true or false."""
        value = self.text(key, default=None if default is None else str(default)).lower()
        if value not in TRUE | FALSE:
            if value:
                self.fault(f"{key} must be true or false", key=key)
            return False
        return value in TRUE

    def day(self, key: str) -> date | None:
        """Give a day such as 2026-06-30; None where it is not there."""
        value = self.text(key, default="")
        try:
            return date.fromisoformat(value) if value else None
        except ValueError:
            self.fault(f"{key} {value!r} is no day", "Write 2026-06-30.", key=key)
            return None

    def moment(self, key: str) -> datetime | None:
        """Give a moment such as 2026-10-01T08:00:00Z; None where it is not there."""
        value = self.text(key, default="")
        if not value:
            return None
        try:
            found = datetime.fromisoformat(value)
        except ValueError:
            self.fault(f"{key} {value!r} is no moment", "Write 2026-10-01T08:00:00Z.", key=key)
            return None
        if found.tzinfo is None:
            self.fault(f"{key} has no time zone", "End it with Z for UTC.", key=key)
            return None
        return found.astimezone(UTC)

    def texts(self, key: str, *, needed: bool = False) -> list[tuple[str, int]]:
        """Give a list of texts, each with its line."""
        nodes = self._list(key, needed=needed)
        found = []
        for node in nodes:
            line = node.start_mark.line + self._first
            if isinstance(node, yaml.ScalarNode) and str(node.value).strip():
                found.append((str(node.value).strip(), line))
            else:
                self.fault(f"{key}: a text is expected here", line=line)
        return found

    def texts_or_sections(self, key: str) -> list[tuple[str, int] | Section]:
        """Give a list of texts, each with its line, and mappings."""
        found: list[tuple[str, int] | Section] = []
        for node in self._list(key, needed=True):
            line = node.start_mark.line + self._first
            if isinstance(node, yaml.MappingNode):
                found.append(Section(self.source, node, self._first))
            elif isinstance(node, yaml.ScalarNode) and str(node.value).strip():
                found.append((str(node.value).strip(), line))
            else:
                self.fault(f"{key}: a text is expected here", line=line)
        return found

    def sections(self, key: str, *, needed: bool = True) -> list[Section]:
        """Give a list of mappings."""
        found = []
        for node in self._list(key, needed=needed):
            if isinstance(node, yaml.MappingNode):
                found.append(Section(self.source, node, self._first))
            else:
                line = node.start_mark.line + self._first
                self.fault(f"{key}: keys with values are expected here", line=line)
        return found

    def section(self, key: str) -> Section | None:
        """Give a mapping; None where it is not there."""
        if not self.has(key):
            return None
        node = self._nodes[key]
        if not isinstance(node, yaml.MappingNode):
            self.fault(f"{key}: keys with values are expected here", key=key)
            return None
        return Section(self.source, node, self._first)

    def pairs(self, key: str) -> list[tuple[str, str]]:
        """Give a mapping of texts in order."""
        if not self.has(key):
            return []
        node = self._nodes[key]
        if not isinstance(node, yaml.MappingNode):
            self.fault(f"{key} must be written as {{a: 1, b: 2}}", key=key)
            return []
        return [(str(name.value), str(value.value)) for name, value in node.value]

    def _list(self, key: str, *, needed: bool) -> list[yaml.Node]:
        if not self.has(key):
            if needed:
                self.fault(f"{key!r} is missing")
            return []
        node = self._nodes[key]
        if not isinstance(node, yaml.SequenceNode):
            self.fault(f"{key} must be a list", "Begin each line with `- `.", key=key)
            return []
        if needed and not node.value:
            self.fault(f"{key} is empty", key=key)
        return list(node.value)

    def finish(self) -> None:
        """Say of every key that nobody asked for that it is unknown."""
        for name in self._nodes:
            if name not in self._asked:
                self.fault(f"{name!r} is not known here", did_you_mean(name, self._asked), key=name)


def exact(text: str) -> Fraction | None:
    """Read a number exactly; None where it is none."""
    text = text.strip().replace("−", "-")
    if text.endswith("%"):
        found = exact(text[:-1])
        return None if found is None else found / 100
    if re.fullmatch(r"-?\d{1,12}/\d{1,12}", text):
        top, _, bottom = text.partition("/")
        return Fraction(int(top), int(bottom)) if int(bottom) else None
    if not re.fullmatch(r"[+-]?(\d{1,30}(\.\d{0,30})?|\.\d{1,30})([eE][+-]?\d{1,3})?", text):
        return None
    try:
        return Fraction(Decimal(text))
    except InvalidOperation:
        return None
