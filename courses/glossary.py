"""The words of a course: read from a file, and linked where a page first uses them."""

from __future__ import annotations

import html as html_words
import re
from pathlib import Path

from markupsafe import Markup

from courses.elements import COURSE
from courses.faults import Fault
from courses.model import Term
from courses.questions import read_markup
from courses.source import Source

PIECES = re.compile(r"(<[^>]*>)")
SHUT = frozenset(
    [
        "a", "h2", "h3", "h4", "h5", "h6", "svg", "math", "code", "pre", "sup", "caption", "th",
        "figcaption", "button", "summary", "label",
    ]
)  # fmt: skip
"""Elements in which no link is put."""
SHUT_CLASSES = ("callout-title", "worked", "sources", "stepwise-bar")


def read_glossary(path: Path, faults: list[Fault]) -> tuple[Term, ...]:
    """Read a glossary; its terms come in the order of the alphabet."""
    section = Source(path, faults).read_section()
    if section is None:
        return ()
    found: list[Term] = []
    forms: set[str] = set()
    for each in section.sections("terms"):
        term = each.text("term", length=80)
        also = tuple(text for text, _ in each.texts("also"))
        for form in (term, *also):
            if form.casefold() in forms:
                each.fault(f"{form!r} stands in the glossary twice", key="term")
            forms.add(form.casefold())
        found.append(Term(term, read_markup(each, "text"), also))
        each.finish()
    section.finish()
    return merged(tuple(found))


def merged(*glossaries: tuple[Term, ...]) -> tuple[Term, ...]:
    """Put glossaries together in the order of the alphabet; of two terms alike the first counts."""
    found: dict[str, Term] = {}
    for term in (each for glossary in glossaries for each in glossary):
        found.setdefault(term.anchor, term)
    return tuple(sorted(found.values(), key=lambda term: term.term.casefold()))


class TermLinker:
    """Makes a link to the glossary of each term's first use on a page."""

    def __init__(self, terms: tuple[Term, ...]) -> None:
        self._anchors: dict[str, str] = {}
        for term in terms:
            for form in (term.term, *term.also):
                self._anchors.setdefault(_key(form), term.anchor)
        forms = sorted(self._anchors, key=len, reverse=True)
        joined = "|".join(_pattern(form) for form in forms if form)
        self._pattern = re.compile(rf"(?<![\w-])(?:{joined})(?![\w-])") if joined else None

    def linked(self, html: Markup) -> Markup:
        """Give a page's HTML with the links put in, into running text only."""
        if self._pattern is None:
            return html
        used: set[str] = set()
        shut: list[str] = []
        pieces = PIECES.split(str(html))
        for number, piece in enumerate(pieces):
            if piece.startswith("<"):
                _follow(piece, shut)
            elif piece and not shut:
                pieces[number] = self._in_text(piece, used)
        return Markup("".join(pieces))  # noqa: S704  # safe HTML with links of ours put in

    def _in_text(self, text: str, used: set[str]) -> str:
        def link(found: re.Match[str]) -> str:
            words, read = found[0], html_words.unescape(found[0])
            anchor = self._anchors.get(_key(read)) or self._anchors.get(_key(read[:-1]), "")
            if not anchor or anchor in used:
                return words
            used.add(anchor)
            return f'<a class="term" href="{COURSE}glossary#{anchor}">{words}</a>'

        return self._pattern.sub(link, text) if self._pattern else text


def _follow(tag: str, shut: list[str]) -> None:
    """Keep the stack of elements in which no link is put, and of what stands inside them."""
    name = re.match(r"</?([a-zA-Z][\w-]*)", tag)
    if name is None or tag.endswith("/>") or name[1] in {"br", "hr", "img", "source", "track"}:
        return
    if tag.startswith("</"):
        if shut and shut[-1] == name[1]:
            shut.pop()
        return
    has_class = re.search(r'class="([^"]*)"', tag)
    classes = has_class[1].split() if has_class else []
    if shut or name[1] in SHUT or any(each in SHUT_CLASSES for each in classes):
        shut.append(name[1])


def _key(form: str) -> str:
    """Give a form as it is compared: short names as they stand, words in small letters."""
    return form if _is_short_name(form) else form.lower()


def _is_short_name(form: str) -> bool:
    return sum(letter.isupper() for letter in form) > 1 and " " not in form


def _pattern(form: str) -> str:
    words = re.escape(str(Markup.escape(form)))
    if _is_short_name(form):
        return rf"{words}s?"
    return rf"(?i:{words}s?)"
