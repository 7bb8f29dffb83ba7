"""What a page's own text must have to be released: length, checked sums, sources."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from courses.faults import Fault

PAGE_WORDS = range(600, 1_201)
HEAD = re.compile(r"\A---\n.*?\n---\n", re.DOTALL)
EXAMPLE = re.compile(r"^::: example.*?^:::", re.DOTALL | re.MULTILINE)
CHECK = re.compile(r"^Check:", re.MULTILINE)
SUM = re.compile(r"^Check:.*$", re.MULTILINE)
SOURCE = re.compile(r"^\[\^[\w-]+\]:.*(?:\n[ \t]+\S.*)*", re.MULTILINE)
NUMBER = re.compile(r"(?<![\w.,/-])\d[\d,]*(?:\.\d+)?(?![\w/-])")
NO_AMOUNT = re.compile(
    r"\b\d{1,2} (?=January|February|March|April|May|June|July|August|September|October|November"
    r"|December)|\b(?:19|20)\d\d\b|\[\^[\w-]+\]|\b\d+ months?\b"
    r"|\b(?:Articles?|Annex|clauses?|steps?|stages?|table|figure|page|module|phase|level|class"
    r"|category|ISO|IEC|EN|IATF|part|no\.|number|Scope|UN|R)\s+\d[\d.-]*"
    r"|\(EU\) (?:No )?\d+/\d+",
    re.IGNORECASE,
)
SIGN = re.compile(r"\d\s*(?:%|kg|t|km|kWh|MWh|g|h|EUR|€)?\s*[=≈×÷]\s*[\d(]")
FEW = 3
"""Numbers from which on an example is one with numbers."""
LAW = re.compile(
    r"\b(?:Regulation|Directive|Decision|Act)\b(?! of)|\((?:EU|EC)\)(?: No)? \d{3,4}/\d+"
    r"|\bUN R(?:egulation )?(?:No\.? )?\d+|\bR15[56]\b|\bNIS ?2\b"
)
MONTH = r"(?:January|February|March|April|May|June|July|August|September|October|November|December)"
DAY = re.compile(
    rf"\b\d{{1,2}} {MONTH}\b|\b{MONTH} (?:19|20)\d\d\b"
    r"|\b(?:from|since|by|until|as of|before|after|in|end of) (?:19|20)\d\d\b"
)
SENTENCE = re.compile(r"(?<=[.!?])(?:\[\^[\w-]+\])*\s+(?=[A-Z])")
MARK = re.compile(r"\[\^([\w-]+)\]")
NOTE = re.compile(r"^\[\^([\w-]+)\]:", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Some lines of a page without an empty one between them."""

    line: int
    text: str


def check_prose(file: Path, shown: Path) -> Iterator[Fault]:
    """Give what a page's text lacks.

    Args:
        file: of the page.
        shown: how faults name it.
    """
    text = file.read_text(encoding="utf-8-sig").replace("\r\n", "\n")
    words = count_words(text)
    if words not in PAGE_WORDS:
        wanted = f"{PAGE_WORDS[0]} to {PAGE_WORDS[-1]}"
        yield Fault(shown, 0, f"{words} words on this page", f"Write {wanted}.")
    yield from _examples(text, shown)
    yield from _laws(text, shown)
    yield from _notes(text, shown)


def count_words(text: str) -> int:
    """Count what is read on a page: no head, no sources, no checked sums, no marks of Markdown."""
    body = HEAD.sub("", text)
    read = SOURCE.sub("", SUM.sub("", body))
    return sum(any(letter.isalnum() for letter in word) for word in read.split())


def _examples(text: str, shown: Path) -> Iterator[Fault]:
    for found in EXAMPLE.finditer(text):
        if has_numbers(found[0]) and not CHECK.search(found[0]):
            line = text[: found.start()].count("\n") + 1
            hint = "Add a paragraph such as `Check: 1,200 × 0.25 = 300 kg`."
            yield Fault(shown, line, "this example has numbers, but no `Check:`", hint)


def has_numbers(example: str) -> bool:
    """Say whether an example works with numbers, not counting years, articles and the like."""
    bare = NO_AMOUNT.sub(" ", example)
    return bool(SIGN.search(bare)) or len(NUMBER.findall(bare)) >= FEW


def _laws(text: str, shown: Path) -> Iterator[Fault]:
    for paragraph in paragraphs(text):
        if NOTE.match(paragraph.text) or MARK.search(paragraph.text):
            continue
        for sentence in SENTENCE.split(" ".join(paragraph.text.split())):
            if LAW.search(sentence) and DAY.search(sentence):
                words = f"a law with a date, and no source: {sentence[:80]}"
                hint = "Put a footnote into the paragraph."
                yield Fault(shown, paragraph.line, words, hint)
                break


def paragraphs(text: str) -> Iterator[Paragraph]:
    """Give the paragraphs of a page; a table with its caption is one."""
    head = HEAD.match(text)
    body = text[head.end() :] if head else text
    line = text[: head.end()].count("\n") + 1 if head else 1
    waiting: Paragraph | None = None
    for block in re.split(r"(\n\s*\n)", body):
        if block.strip():
            if waiting is not None and block.startswith("Table:"):
                waiting = Paragraph(waiting.line, f"{waiting.text}\n{block}")
            else:
                if waiting is not None:
                    yield waiting
                waiting = Paragraph(line, block)
        line += block.count("\n")
    if waiting is not None:
        yield waiting


def _notes(text: str, shown: Path) -> Iterator[Fault]:
    notes = {found[1]: text[: found.start()].count("\n") + 1 for found in NOTE.finditer(text)}
    used = set(MARK.findall(SOURCE.sub("", text)))
    for name, line in notes.items():
        if name not in used:
            yield Fault(shown, line, f"source [^{name}] is used nowhere", "Use it or remove it.")
    for name in sorted(used - set(notes)):
        found = re.search(rf"\[\^{re.escape(name)}\]", text)
        line = text[: found.start()].count("\n") + 1 if found else 0
        yield Fault(shown, line, f"[^{name}] has no source below", f"Write [^{name}]: …")
