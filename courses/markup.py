"""Markdown -> safe HTML; the only place where HTML becomes trusted.

The renderer escapes all HTML of the author. What it puts in itself (formulas, figures) is made by
a library or read from a file, and passes an allow-list first. Addresses of a course's own pages
and media begin with ``__COURSE__/`` and ``__MEDIA__/``; whoever shows the page puts the real
beginning there.
"""

from __future__ import annotations

import functools
import html
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import latex2mathml.converter
import nh3
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict
from markupsafe import Markup
from mdit_py_plugins.container import container_plugin
from mdit_py_plugins.dollarmath import dollarmath_plugin
from mdit_py_plugins.footnote import footnote_plugin

from courses.figures import inline_svg
from courses.model import Video

CALLOUTS = ("note", "tip", "warning", "example", "job", "key")
COURSE = "__COURSE__/"
MEDIA = "__MEDIA__/"
SAFE_SCHEMES = frozenset({"http", "https", "mailto"})

MATH_TAGS = frozenset(
    [
        "math", "mrow", "mi", "mo", "mn", "ms", "mtext", "mspace", "msup", "msub", "msubsup", "mfrac",
        "msqrt", "mroot", "mover", "munder", "munderover", "mtable", "mtr", "mtd", "mstyle", "mpadded",
        "mphantom", "menclose", "mfenced", "mmultiscripts", "mprescripts", "none",
    ]
)  # fmt: skip
MATH_ATTRIBUTES = frozenset(
    [
        "display", "mathvariant", "stretchy", "fence", "form", "separator", "accent", "accentunder",
        "columnalign", "rowspacing", "columnspacing", "linethickness", "displaystyle", "scriptlevel",
        "minsize", "maxsize", "width", "height", "depth", "lspace", "rspace", "movablelimits",
        "symmetric", "xmlns", "notation", "open", "close", "separators",
    ]
)  # fmt: skip


@dataclass(slots=True)
class Rendered:
    """HTML of a page, and what was met on the way."""

    html: Markup
    headings: tuple[tuple[str, str], ...]
    links: tuple[tuple[str, int], ...]
    """Addresses inside the course with the line of their paragraph."""
    media: tuple[tuple[str, int], ...]
    faults: tuple[tuple[int, str, str], ...]
    """Line, message, hint."""


@dataclass(slots=True)
class Reading:
    """What the renderer carries from token to token."""

    media_dir: Path
    read_video: Callable[[str, int], Video | None]
    headings: list[tuple[str, str]] = field(default_factory=list)
    links: list[tuple[str, int]] = field(default_factory=list)
    media: list[tuple[str, int]] = field(default_factory=list)
    faults: list[tuple[int, str, str]] = field(default_factory=list)
    ids: set[str] = field(default_factory=set)
    line: int = 1
    callouts: int = 0

    def new_id(self, text: str) -> str:
        """Make an id of a text that no other element of the page has."""
        stem = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:50] or "part"
        made, number = stem, 2
        while made in self.ids:
            made, number = f"{stem}-{number}", number + 1
        self.ids.add(made)
        return made


def render_page(
    text: str,
    *,
    media_dir: Path,
    read_video: Callable[[str, int], Video | None] = lambda _text, _line: None,
    first_line: int = 1,
) -> Rendered:
    """Render the body of a page.

    Args:
        text: Markdown with our additions (docs/authoring.md).
        media_dir: folder from which figures are read.
        read_video: reads the YAML of a video block at a line; None where it is faulty.
        first_line: line of the file at which the text begins.
    """
    reading = Reading(media_dir, read_video)
    made = _render(_blocks(text), reading)
    return Rendered(
        Markup(made),  # noqa: S704  # made by the renderer below, which escapes
        tuple(reading.headings),
        tuple((link, line + first_line - 1) for link, line in reading.links),
        tuple((link, line + first_line - 1) for link, line in reading.media),
        tuple((line + first_line - 1, message, hint) for line, message, hint in reading.faults),
    )


def render_text(text: str) -> Markup:
    """Render the text of a question, option or feedback; a single paragraph goes without ``<p>``."""
    reading = Reading(Path(), lambda _text, _line: None)
    made = _render(text, reading).strip()
    if made.startswith("<p>") and made.endswith("</p>") and made.count("<p>") == 1:
        made = made[3:-4]
    return Markup(made)  # noqa: S704  # as above


def plain_text(markup: str) -> str:
    """Give the words of a piece of HTML in one line."""
    without = re.sub(r"<annotation.*?</annotation>|<[^>]+>", " ", str(markup), flags=re.DOTALL)
    return " ".join(html.unescape(without).split())


def _blocks(text: str) -> str:
    """Turn table captions into what the renderer knows, keeping the number of lines."""
    return re.sub(r"(?m)^Table: ?(.*)$", lambda found: f":caption: {found[1]}", text)


class _Renderer(RendererHTML):
    """The library's renderer with our elements."""

    def heading_open(
        self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType
    ) -> str:
        reading: Reading = env["reading"]
        text = plain_text(self.renderInline(tokens[idx + 1].children or [], options, env))
        if tokens[idx].tag == "h1":
            reading.faults.append(
                (
                    _line(tokens[idx]),
                    "a heading with one #",
                    "The title comes from the head; begin at ##.",
                )
            )
        anchor = reading.new_id(text)
        if tokens[idx].tag == "h2":
            reading.headings.append((anchor, text))
        return f'<{tokens[idx].tag} id="{anchor}">'

    def paragraph_open(
        self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType
    ) -> str:
        env["reading"].line = _line(tokens[idx])
        if _lone_image(tokens, idx) or tokens[idx].hidden:
            return ""
        return "<p>"

    def paragraph_close(
        self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType
    ) -> str:
        if _lone_image(tokens, idx - 2):
            return "\n"
        return "" if tokens[idx].hidden else "</p>\n"

    def image(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        token = tokens[idx]
        reading: Reading = env["reading"]
        address = str(token.attrs.get("src", ""))
        description = "".join(child.content for child in token.children or ())
        caption = str(token.attrs.get("title", ""))
        if not description.strip():
            hint = 'Write ![what is to be seen](file "caption").'
            reading.faults.append((reading.line, f"figure {address} has no description", hint))
        name = _media_name(address)
        if name is None:
            reading.faults.append(
                (reading.line, f"{address} is not in media/", "Figures lie in media/.")
            )
            return ""
        reading.media.append((name, reading.line))
        picture = self._picture(name, description, reading)
        legend = f"<figcaption>{html.escape(caption)}</figcaption>" if caption else ""
        return f'<figure class="figure">{picture}{legend}</figure>'

    @staticmethod
    def _picture(name: str, description: str, reading: Reading) -> str:
        if not name.endswith(".svg"):
            return f'<img src="{MEDIA}{html.escape(name)}" alt="{html.escape(description)}" loading="lazy">'
        path = reading.media_dir / name
        if not path.is_file():
            return ""
        drawing, faults = inline_svg(path)
        reading.faults += [(reading.line, f"{name}: {fault}", "") for fault in faults]
        return drawing

    def link_open(
        self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType
    ) -> str:
        reading: Reading = env["reading"]
        address = str(tokens[idx].attrs.get("href", ""))
        parts = urlsplit(address)
        if parts.scheme or parts.netloc:
            if parts.scheme not in SAFE_SCHEMES:
                reading.faults.append((reading.line, f"link to {address} is not allowed", ""))
                return "<a>"
            return f'<a href="{html.escape(address)}" target="_blank" rel="noopener">'
        if not parts.path:
            return f'<a href="{html.escape(address)}">'
        name = _media_name(address)
        if name is not None:
            reading.media.append((name, reading.line))
            return f'<a href="{MEDIA}{html.escape(name)}">'
        reading.links.append((address, reading.line))
        anchor = f"#{parts.fragment}" if parts.fragment else ""
        return f'<a href="{COURSE}{html.escape(_page_path(parts.path))}{html.escape(anchor)}">'

    def table_open(
        self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType
    ) -> str:
        caption = _caption(tokens, idx)
        label = html.escape(plain_text(caption) or "Table")
        head = f"<caption>{self._inline(caption, options, env)}</caption>" if caption else ""
        return f'<div class="table-scroll" role="group" tabindex="0" aria-label="{label}"><table>{head}\n'

    def table_close(
        self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType
    ) -> str:
        return "</table></div>\n"

    def th_open(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        return _cell(tokens[idx], "th", ' scope="col"')

    def td_open(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        return _cell(tokens[idx], "td", "")

    def _inline(self, text: str, options: OptionsDict, env: EnvType) -> str:
        parsed = env["parser"].parseInline(text, {"reading": env["reading"]})
        return self.renderInline(parsed[0].children or [], options, env)

    def math_inline(
        self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType
    ) -> str:
        return _formula(tokens[idx].content, env["reading"], display=False)

    def math_block(
        self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType
    ) -> str:
        env["reading"].line = _line(tokens[idx])
        inner = _formula(tokens[idx].content, env["reading"], display=True)
        return (
            f'<div class="formula" role="group" tabindex="0" aria-label="Formula">{inner}</div>\n'
        )

    def footnote_ref(
        self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType
    ) -> str:
        number = tokens[idx].meta["id"] + 1
        use = tokens[idx].meta.get("subId", 0)
        back = f"source-{number}-use-{use + 1}"
        return f'<sup class="source-mark"><a href="#source-{number}" id="{back}">{number}</a></sup>'

    def footnote_block_open(
        self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType
    ) -> str:
        return (
            '<section class="sources" aria-labelledby="sources"><h2 id="sources">Sources</h2><ol>\n'
        )

    def footnote_block_close(
        self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType
    ) -> str:
        return "</ol></section>\n"

    def footnote_open(
        self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType
    ) -> str:
        return f'<li id="source-{tokens[idx].meta["id"] + 1}">'

    def footnote_close(
        self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType
    ) -> str:
        return "</li>\n"

    def footnote_anchor(
        self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType
    ) -> str:
        number, use = tokens[idx].meta["id"] + 1, tokens[idx].meta.get("subId", 0) + 1
        return f' <a class="source-back" href="#source-{number}-use-{use}" aria-label="Back to the text">↩</a>'


OURS = (
    "footnote_ref", "footnote_block_open", "footnote_block_close", "footnote_open",
    "footnote_close", "footnote_anchor", "math_inline", "math_block",
)  # fmt: skip
"""Elements that plug-ins would write their own way."""


@functools.cache
def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False}, renderer_cls=_Renderer)
    parser.enable(["table", "strikethrough"])
    parser.use(footnote_plugin, inline=False)
    parser.use(dollarmath_plugin, allow_labels=False, double_inline=False, allow_digits=False)
    for name in CALLOUTS:
        parser.use(container_plugin, name, render=_callout(name))
    parser.core.ruler.push("blocks_of_ours", _our_blocks)
    parser.block.ruler.before("fence", "video", _video_rule, {"alt": ["paragraph"]})
    parser.add_render_rule("video", _video)
    for name in OURS:
        parser.add_render_rule(name, getattr(_Renderer, name))
    return parser


def _render(text: str, reading: Reading) -> str:
    parser = _parser()
    return str(parser.render(text, {"reading": reading, "parser": parser}))


def _line(token: Token) -> int:
    return (token.map[0] + 1) if token.map else 1


def _lone_image(tokens: Sequence[Token], idx: int) -> bool:
    if idx < 0 or tokens[idx].type != "paragraph_open" or idx + 1 >= len(tokens):
        return False
    children = tokens[idx + 1].children or []
    return len(children) == 1 and children[0].type == "image"


def _caption(tokens: Sequence[Token], idx: int) -> str:
    return str(tokens[idx].meta.get("caption", ""))


def _cell(token: Token, tag: str, more: str) -> str:
    style = str(token.attrs.get("style", ""))
    side = style.partition(":")[2].strip()
    return f'<{tag}{more} class="{side}">' if side in {"right", "center"} else f"<{tag}{more}>"


def _our_blocks(state: object) -> None:
    """Move `:caption:` paragraphs into the table before them."""
    tokens: list[Token] = state.tokens  # type: ignore[attr-defined]
    kept: list[Token] = []
    table: Token | None = None
    position = 0
    while position < len(tokens):
        token = tokens[position]
        if token.type == "table_open":
            table = token
        inline = tokens[position + 1] if position + 1 < len(tokens) else None
        if (
            token.type == "paragraph_open"
            and inline is not None
            and inline.content.startswith(":caption:")
        ):
            if table is not None and kept and kept[-1].type == "table_close":
                table.meta = {
                    **table.meta,
                    "caption": inline.content[9:].strip().replace("\n", " "),
                }
                position += 3
                continue
            _as_written(inline)
        kept.append(token)
        position += 1
    state.tokens[:] = kept  # type: ignore[attr-defined]


def _as_written(inline: Token) -> None:
    for child in inline.children or ():
        child.content = child.content.replace(":caption:", "Table:")
    inline.content = inline.content.replace(":caption:", "Table:", 1)


def _callout(name: str) -> Callable[..., str]:
    def render(
        _self: object, tokens: Sequence[Token], idx: int, _options: object, env: EnvType
    ) -> str:
        if tokens[idx].nesting != 1:
            return "</aside>\n"
        reading: Reading = env["reading"]
        title = tokens[idx].info.strip()[len(name) :].strip()
        if not title:
            hint = f"Write ::: {name} A title"
            reading.faults.append((_line(tokens[idx]), "this callout has no title", hint))
        anchor = reading.new_id(f"{name}-{title}")
        return (
            f'<aside class="callout callout-{name}" aria-labelledby="{anchor}">'
            f'<p class="callout-title" id="{anchor}">{html.escape(title)}</p>\n'
        )

    return render


def _video_rule(state: object, start: int, end: int, silent: bool) -> bool:
    """Take `::: video` up to `:::` as it is."""
    lines: Callable[..., str] = state.getLines  # type: ignore[attr-defined]
    if lines(start, start + 1, 0, False).strip() != "::: video":
        return False
    if silent:
        return True
    stop = start + 1
    while stop < end and lines(stop, stop + 1, 0, False).strip() != ":::":
        stop += 1
    token = state.push("video", "figure", 0)  # type: ignore[attr-defined]
    token.content = lines(start + 1, stop, 0, False)
    token.map = [start, stop]
    state.line = stop + 1  # type: ignore[attr-defined]
    return True


def _video(_self: object, tokens: Sequence[Token], idx: int, _options: object, env: EnvType) -> str:
    reading: Reading = env["reading"]
    video = reading.read_video(tokens[idx].content, _line(tokens[idx]) + 1)
    if video is None:
        return ""
    reading.media += [
        (name, _line(tokens[idx])) for name in (video.src, video.captions, video.poster) if name
    ]
    return video_html(video)


def video_html(video: Video) -> str:
    """Give the player of a film with captions and transcript."""
    title = html.escape(video.title)
    poster = f' poster="{MEDIA}{html.escape(video.poster)}"' if video.poster else ""
    language = re.search(r"\.([a-z]{2,3})\.vtt$", video.captions)
    tag = language[1] if language else "en"
    transcript = (
        f"<details><summary>Transcript</summary>{video.transcript}</details>"
        if video.transcript
        else ""
    )
    return (
        f'<figure class="video" data-video="{video.id}" data-seconds="{float(video.seconds):g}">'
        f'<video controls preload="metadata" aria-label="{title}"{poster}>'
        f'<source src="{MEDIA}{html.escape(video.src)}" type="video/webm">'
        f'<track kind="captions" src="{MEDIA}{html.escape(video.captions)}" srclang="{tag}"'
        f' label="Captions ({tag})" default></video>'
        f"<figcaption>{title}</figcaption>{transcript}</figure>\n"
    )


def _formula(latex: str, reading: Reading, *, display: bool) -> str:
    try:
        made = latex2mathml.converter.convert(latex, display="block" if display else "inline")
    except Exception as error:  # the library raises many kinds
        reading.faults.append(
            (reading.line, f"formula cannot be read: {latex.strip()[:60]}", str(error))
        )
        return f"<code>{html.escape(latex)}</code>"
    return nh3.clean(
        made,
        tags=set(MATH_TAGS),
        attributes={tag: set(MATH_ATTRIBUTES) for tag in MATH_TAGS},
        link_rel=None,
    )


def _media_name(address: str) -> str | None:
    """Give the name inside media/ that an address of a page means; None where it means no file there."""
    found = re.fullmatch(r"(?:\.\./|\./)*media/([A-Za-z0-9][A-Za-z0-9._-]*)", address)
    return found[1] if found else None


def _page_path(path: str) -> str:
    """Give the item's path that a link to a file means: ``../02-goal/01-goal.md`` -> ``02-goal/01-goal``."""
    return re.sub(r"\.(md|yaml)$", "", re.sub(r"^(\.\./|\./)+", "", path))
