"""Parsed Markdown -> HTML: how each element of a page is written.

Used by `courses/markup.py` alone, which says what of it is trusted.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

from courses.figures import inline_svg
from courses.formulas import formula
from courses.model import Steps, Video

COURSE = "__COURSE__/"
MEDIA = "__MEDIA__/"
SAFE_SCHEMES = frozenset({"http", "https", "mailto"})
SOURCES = "sources"
"""Id of the list of sources; no heading may take it."""
SCROLLS = '<div class="figure-scroll" role="group" tabindex="0" aria-label="Figure">'
"""Around a drawing: on a phone its words stay large enough to be read, and it moves sideways."""


@dataclass(slots=True)
class Reading:
    """What the renderer carries from token to token."""

    media_dir: Path | None
    """Folder of the figures; None for the text of a question, which has none."""
    read_video: Callable[[str, int], Video | None]
    read_steps: Callable[[str, str, int], Steps | None]
    has_steps: bool = False
    headings: list[tuple[str, str]] = field(default_factory=list)
    links: list[tuple[str, int]] = field(default_factory=list)
    media: list[tuple[str, int]] = field(default_factory=list)
    faults: list[tuple[int, str, str]] = field(default_factory=list)
    ids: set[str] = field(default_factory=lambda: {SOURCES})
    line: int = 1

    def fault(self, message: str, hint: str = "", *, line: int = 0) -> None:
        """Add a fault at a line, or where the reading stands."""
        self.faults.append((line or self.line, message, hint))

    def new_id(self, text: str) -> str:
        """Make an id of a text that no other element of the page has."""
        stem = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:50] or "part"
        made, number = stem, 2
        while made in self.ids:
            made, number = f"{stem}-{number}", number + 1
        self.ids.add(made)
        return made


def line_of(token: Token) -> int:
    """Give the line at which a block begins, from 1."""
    return (token.map[0] + 1) if token.map else 1


def plain_text(markup: str) -> str:
    """Give the words of a piece of HTML in one line."""
    joined = re.sub(r"</?(?:em|strong|a|code|s|sup|sub)(?:\s[^>]*)?>", "", str(markup))
    without = re.sub(r"<annotation.*?</annotation>|<[^>]+>", " ", joined, flags=re.DOTALL)
    return " ".join(html.unescape(without).split())


def is_lone_image(tokens: Sequence[Token], idx: int) -> bool:
    """Say whether a paragraph, begun by the token at ``idx``, holds one image and nothing else."""
    if idx < 0 or tokens[idx].type != "paragraph_open" or idx + 1 >= len(tokens):
        return False
    children = tokens[idx + 1].children or []
    return len(children) == 1 and children[0].type == "image"


class Renderer(RendererHTML):
    """The library's renderer with our elements."""

    def heading_open(
        self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType
    ) -> str:
        """Give every heading an id; keep those of the second level for the page's outline."""
        reading: Reading = env["reading"]
        reading.line = line_of(tokens[idx])
        aside = Reading(reading.media_dir, reading.read_video, reading.read_steps)
        inline = tokens[idx + 1].children or []
        text = plain_text(self.renderInline(inline, options, {**env, "reading": aside}))
        if tokens[idx].tag == "h1":
            reading.fault("a heading with one #", "The title comes from the head; begin at ##.")
        anchor = reading.new_id(text)
        if tokens[idx].tag == "h2":
            reading.headings.append((anchor, text))
        return f'<{tokens[idx].tag} id="{anchor}">'

    def paragraph_open(
        self, tokens: Sequence[Token], idx: int, _options: OptionsDict, env: EnvType
    ) -> str:
        """Write a figure without a paragraph around it."""
        env["reading"].line = line_of(tokens[idx])
        if is_lone_image(tokens, idx) or tokens[idx].hidden:
            return ""
        return '<p class="worked">' if tokens[idx].meta.get("check") else "<p>"

    def paragraph_close(
        self, tokens: Sequence[Token], idx: int, _options: OptionsDict, _env: EnvType
    ) -> str:
        """End what `paragraph_open` began."""
        if is_lone_image(tokens, idx - 2):
            return "\n"
        return "" if tokens[idx].hidden else "</p>\n"

    def image(self, tokens: Sequence[Token], idx: int, _options: OptionsDict, env: EnvType) -> str:
        """Write a figure with its caption; a drawing is put into the page."""
        token = tokens[idx]
        reading: Reading = env["reading"]
        address = str(token.attrs.get("src", ""))
        description = "".join(child.content for child in token.children or ())
        caption = str(token.attrs.get("title", ""))
        if reading.media_dir is None:
            reading.fault(f"figure {address} stands in a question", "Figures stand on pages only.")
            return ""
        if not description.strip():
            hint = 'Write ![what is to be seen](file "caption").'
            reading.fault(f"figure {address} has no description", hint)
        name = media_name(address)
        if name is None:
            reading.fault(f"{address} is not in media/", "Figures lie in media/.")
            return ""
        uses = sum(met == name for met, _ in reading.media)
        reading.media.append((name, reading.line))
        picture = picture_html(reading.media_dir / name, description, reading, number=uses + 1)
        legend = f"<figcaption>{html.escape(caption)}</figcaption>" if caption else ""
        return f'<figure class="figure">{picture}{legend}</figure>'

    def link_open(
        self, tokens: Sequence[Token], idx: int, _options: OptionsDict, env: EnvType
    ) -> str:
        """Write a link: outwards in a new tab, inwards with a beginning to be put in later."""
        reading: Reading = env["reading"]
        address = str(tokens[idx].attrs.get("href", ""))
        try:
            parts = urlsplit(address)
        except ValueError:
            reading.fault(f"link to {address} cannot be read")
            return "<a>"
        if parts.scheme or parts.netloc:
            if parts.scheme not in SAFE_SCHEMES:
                reading.fault(f"link to {address} is not allowed", "Begin it with https://.")
                return "<a>"
            return f'<a href="{html.escape(address)}" target="_blank" rel="noopener">'
        return self._inner_link(address, reading)

    @staticmethod
    def _inner_link(address: str, reading: Reading) -> str:
        parts = urlsplit(address)
        if reading.media_dir is None:
            hint = "Links to pages and files of the course stand on pages only."
            reading.fault(f"link to {address} stands in a question", hint)
            return "<a>"
        if not parts.path:
            return f'<a href="{html.escape(address)}">'
        name = media_name(address)
        if name is not None:
            reading.media.append((name, reading.line))
            return f'<a href="{MEDIA}{html.escape(name)}">'
        reading.links.append((address, reading.line))
        anchor = f"#{parts.fragment}" if parts.fragment else ""
        return f'<a href="{COURSE}{html.escape(_page_path(parts.path))}{html.escape(anchor)}">'

    def table_open(
        self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType
    ) -> str:
        """Write a table with its caption, in a box that scrolls by itself."""
        env["reading"].line = line_of(tokens[idx])
        caption = self.renderInline(tokens[idx].meta.get("caption", ()), options, env).strip()
        label = html.escape(plain_text(caption) or "Table")
        head = f"<caption>{caption}</caption>" if caption else ""
        box = f'<div class="table-scroll" role="group" tabindex="0" aria-label="{label}">'
        return f"{box}<table>{head}\n"

    def table_close(
        self, _tokens: Sequence[Token], _idx: int, _options: OptionsDict, _env: EnvType
    ) -> str:
        """End the table and its box."""
        return "</table></div>\n"

    def th_open(
        self, tokens: Sequence[Token], idx: int, _options: OptionsDict, _env: EnvType
    ) -> str:
        """Write the head of a column; one without words is no head."""
        if _is_empty(tokens[idx + 1]):
            return _cell(tokens[idx], "td", "")
        return _cell(tokens[idx], "th", ' scope="col"')

    def th_close(
        self, tokens: Sequence[Token], idx: int, _options: OptionsDict, _env: EnvType
    ) -> str:
        """End what `th_open` began."""
        return "</td>\n" if _is_empty(tokens[idx - 1]) else "</th>\n"

    def td_open(
        self, tokens: Sequence[Token], idx: int, _options: OptionsDict, _env: EnvType
    ) -> str:
        """Write a cell."""
        return _cell(tokens[idx], "td", "")

    def math_inline(
        self, tokens: Sequence[Token], idx: int, _options: OptionsDict, env: EnvType
    ) -> str:
        """Write a formula in a line."""
        return _formula(tokens[idx].content, env["reading"], display=False)

    def math_block(
        self, tokens: Sequence[Token], idx: int, _options: OptionsDict, env: EnvType
    ) -> str:
        """Write a formula by itself, in a box that scrolls."""
        env["reading"].line = line_of(tokens[idx])
        inner = _formula(tokens[idx].content, env["reading"], display=True)
        return (
            f'<div class="formula" role="group" tabindex="0" aria-label="Formula">{inner}</div>\n'
        )

    def footnote_ref(
        self, tokens: Sequence[Token], idx: int, _options: OptionsDict, _env: EnvType
    ) -> str:
        """Write the mark of a source."""
        number, back = _numbers(tokens[idx])
        link = f'<a href="#source--{number}" id="{back}">{number}</a>'
        return f'<sup class="source-mark">{link}</sup>'

    def footnote_block_open(
        self, _tokens: Sequence[Token], _idx: int, _options: OptionsDict, _env: EnvType
    ) -> str:
        """Begin the list of sources."""
        head = f'<h2 id="{SOURCES}">Sources</h2>'
        return f'<section class="sources" aria-labelledby="{SOURCES}">{head}<ol>\n'

    def footnote_block_close(
        self, _tokens: Sequence[Token], _idx: int, _options: OptionsDict, _env: EnvType
    ) -> str:
        """End the list of sources."""
        return "</ol></section>\n"

    def footnote_open(
        self, tokens: Sequence[Token], idx: int, _options: OptionsDict, _env: EnvType
    ) -> str:
        """Begin a source."""
        return f'<li id="source--{_numbers(tokens[idx])[0]}">'

    def footnote_close(
        self, _tokens: Sequence[Token], _idx: int, _options: OptionsDict, _env: EnvType
    ) -> str:
        """End a source."""
        return "</li>\n"

    def footnote_anchor(
        self, tokens: Sequence[Token], idx: int, _options: OptionsDict, _env: EnvType
    ) -> str:
        """Write the way back from a source to the text."""
        back = _numbers(tokens[idx])[1]
        return f' <a class="source-back" href="#{back}" aria-label="Back to the text">↩</a>'


PLUGGED = (
    "footnote_ref", "footnote_block_open", "footnote_block_close", "footnote_open",
    "footnote_close", "footnote_anchor", "math_inline", "math_block",
)  # fmt: skip
"""Elements that plug-ins would write their own way."""


def media_name(address: str) -> str | None:
    """Give the name inside media/ that an address means; None where it means no file there."""
    found = re.fullmatch(r"(?:\.\./|\./)*media/([A-Za-z0-9][A-Za-z0-9._-]*)", address)
    return found[1] if found else None


def picture_html(path: Path, description: str, reading: Reading, *, number: int) -> str:
    """Give a picture for a figure; a drawing as itself, with ids of its own, in a box."""
    name = html.escape(path.name)
    if path.suffix != ".svg":
        return f'<img src="{MEDIA}{name}" alt="{html.escape(description)}" loading="lazy">'
    if not path.is_file():
        return ""
    drawing, faults = inline_svg(path, number=number)
    for fault in faults:
        reading.fault(f"{path.name}: {fault}")
    return drawing and f"{SCROLLS}{drawing}</div>"


def _page_path(path: str) -> str:
    """Give the item that a link to a file means: ``../02-goal/01.md`` -> ``02-goal/01``."""
    return re.sub(r"\.(md|yaml)$", "", re.sub(r"^(\.\./|\./)+", "", path))


def _is_empty(token: Token) -> bool:
    return token.type != "inline" or not token.content.strip()


def _cell(token: Token, tag: str, more: str) -> str:
    style = str(token.attrs.get("style", ""))
    side = style.partition(":")[2].strip()
    return f'<{tag}{more} class="{side}">' if side in {"right", "center"} else f"<{tag}{more}>"


def _formula(latex: str, reading: Reading, *, display: bool) -> str:
    made, wrong = formula(latex, display=display)
    if wrong:
        reading.fault(f"formula cannot be read: {latex.strip()[:60]}", wrong)
    return made


def _numbers(token: Token) -> tuple[int, str]:
    """Give a source's number and the id of the place that names it."""
    number = int(token.meta["id"]) + 1
    return number, f"source--{number}-use-{token.meta.get('subId', 0) + 1}"
