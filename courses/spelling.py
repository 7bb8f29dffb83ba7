"""Words that neither the dictionary nor the lists of technical words have.

The dictionary is the npm package ``dictionary-en-gb``, put in place by the set-up; it is read by a
Hunspell reader in Python. Both are needed by authors only, never by a running tool.
"""

from __future__ import annotations

import functools
import importlib
import io
import re
import xml.etree.ElementTree as ET  # of the course's own files, which courses/figures.py has read
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import yaml

from courses.faults import Fault
from courses.model import Course
from courses.source import TextLoader

ROOT = Path(__file__).resolve().parents[1]
DICTIONARY = ROOT / "node_modules" / "dictionary-en-gb" / "index"
WORDS = Path(__file__).parent / "content" / "words.txt"
WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*['’]?")
KEYS = frozenset(
    [
        "title", "summary", "text", "intro", "feedback", "explanation", "left", "right", "term",
        "audience", "prior_knowledge", "notice", "distractors", "also", "transcript", "description",
    ]
)  # fmt: skip
"""Keys of YAML files whose values are read by learners."""
HEAD = re.compile(r"\A---\n.*?^title:(.*?)$.*?\n---\n", re.DOTALL | re.MULTILINE)
UNREAD = re.compile(
    r"```.*?```|`[^`\n]*`|\$\$.*?\$\$|(?<![\w\\])\$[^$\n]+\$"  # code and formulas
    r"|https?://[^\s)>\]]+|[\w.+-]+@[\w-]+\.\w+"  # addresses
    r"|\]\([^)\s]*|\[\^[\w-]+\]:?"  # targets of links, marks of sources
    r"|^\s*(?:- \{)?(?:id|src|poster|captions|figure|show):[^,\n]*"  # keys of films and steps
    r"|^::: *\w+|[\w/.-]+\.(?:svg|webm|vtt|md|yaml|pdf)\b"
    r"|\S*\d\S*",  # numbers, and words with figures in them
    re.DOTALL | re.MULTILINE,
)
MOST = 30
"""Words told of one file."""


def check_spelling(course: Course, folder: Path, own: Path) -> list[Fault]:
    """Give each word of a course's files that no list has, once in a file.

    Args:
        course: of which only English ones are read.
        folder: of the course.
        own: how faults name the folder.
    """
    if not course.language.startswith("en"):
        return []
    known = dictionary()
    if known is None:
        words = "the dictionary is not there, so no word was checked"
        return [
            Fault(
                own / "course.yaml",
                0,
                words,
                "`make check` puts it in place; by hand: `npm ci`, and pip install spylls.",
            )
        ]
    lists = frozenset(course.words) | shared_words()
    faults: list[Fault] = []
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder).parts
        reader = READERS.get(path.suffix)
        if reader is not None and inside[:2] != ("media", "src"):
            found = unknown_words(reader(path), lists, known)
            faults += _told(own.joinpath(*inside), found)
    return faults


def _told(file: Path, found: dict[str, int]) -> Iterator[Fault]:
    hint = "Mend it, or add it to `words:` of course.yaml or to courses/content/words.txt."
    for word, line in list(found.items())[:MOST]:
        yield Fault(file, line, f"{word!r} is in no list of words", hint)


def unknown_words(
    texts: Iterator[tuple[int, str]], lists: frozenset[str], known: Callable[[str], bool]
) -> dict[str, int]:
    """Give words that neither the dictionary nor a list has, with the line of the first use.

    Args:
        texts: each with its line.
        lists: of further words; one in small letters counts for one that begins a sentence too.
        known: asks the dictionary.
    """
    found: dict[str, int] = {}
    for line, text in texts:
        for match in WORD.finditer(_blanked(text)):
            word = re.sub(r"['’](s|S)?$", "", match[0].replace("’", "'"))
            if word not in found and not _is_known(word, lists, known):
                found[word] = line + text.count("\n", 0, match.start())
    return found


def _is_known(word: str, lists: frozenset[str], known: Callable[[str], bool]) -> bool:
    if len(word) < 2 or any(letter.isupper() or letter in "²³" for letter in word[1:]):
        return True  # symbols, abbreviations, units, names of products
    return word in lists or word.lower() in lists or known(word)


def _blanked(text: str) -> str:
    """Give a text with spaces where nothing is read, so that lines stay what they are."""
    bare = UNREAD.sub(lambda found: re.sub(r"[^\n]", " ", found[0]), text)
    return bare.replace("*", "")


def _page(path: Path) -> Iterator[tuple[int, str]]:
    text = path.read_text(encoding="utf-8-sig")
    head = HEAD.match(text)
    if head:
        yield text[: head.start(1)].count("\n") + 1, head[1]
        yield head[0].count("\n") + 1, text[head.end() :]


def _yaml(path: Path) -> Iterator[tuple[int, str]]:
    try:
        node = yaml.compose(path.read_text(encoding="utf-8-sig"), Loader=TextLoader)
    except yaml.YAMLError:
        return  # the loader tells it
    yield from _values(node, is_read=False)


def _values(node: yaml.Node | None, *, is_read: bool) -> Iterator[tuple[int, str]]:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield from _values(value, is_read=str(key.value) in KEYS)
    elif isinstance(node, yaml.SequenceNode):
        for each in node.value:
            yield from _values(each, is_read=is_read)
    elif isinstance(node, yaml.ScalarNode) and is_read:
        below = 1 if node.style in {"|", ">"} else 0
        yield node.start_mark.line + 1 + below, str(node.value)


def _drawing(path: Path) -> Iterator[tuple[int, str]]:
    try:
        root = ET.parse(path).getroot()  # noqa: S314  # refused with entities when it was read
    except ET.ParseError:
        return
    for text in root.itertext():
        if text.strip():
            yield 0, text.strip()


def _captions(path: Path) -> Iterator[tuple[int, str]]:
    text = path.read_text(encoding="utf-8-sig")
    yield 1, re.sub(r"\A\ufeff?WEBVTT[^\n]*", "", text)


READERS: dict[str, Callable[[Path], Iterator[tuple[int, str]]]] = {
    ".md": _page,
    ".yaml": _yaml,
    ".svg": _drawing,
    ".vtt": _captions,
}


@functools.cache
def dictionary() -> Callable[[str], bool] | None:
    """Give what knows the words of the dictionary; None where it is not installed."""
    try:
        library = importlib.import_module("spylls.hunspell")
        base: Any = importlib.import_module("spylls.hunspell.readers.file_reader").BaseReader
    except ImportError:
        return None
    if not DICTIONARY.with_suffix(".dic").is_file():
        return None

    def reset_encoding(reader: Any, encoding: str) -> None:
        reader.reset_io(io.StringIO(reader.held.decode(encoding, "surrogateescape")))

    def read(suffix: str, encoding: str) -> Any:
        """Give a reader of a file that is closed already: the library's own leaves it open."""
        held = DICTIONARY.with_suffix(suffix).read_bytes()
        kind = type("HeldReader", (base,), {"held": held, "reset_encoding": reset_encoding})
        return kind(io.StringIO(held.decode(encoding, "surrogateescape")))

    aff, context = library.readers.read_aff(read(".aff", "windows-1252"))
    words = library.readers.read_dic(read(".dic", context.encoding), aff=aff, context=context)
    known = library.Dictionary(aff, words)
    return functools.cache(lambda word: bool(known.lookup(word)))


@functools.cache
def shared_words() -> frozenset[str]:
    """Give the technical words and names that all courses may use."""
    lines = WORDS.read_text(encoding="utf-8").splitlines() if WORDS.is_file() else []
    return frozenset(line.strip() for line in lines if line.strip() and not line.startswith("#"))
