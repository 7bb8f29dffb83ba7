"""What our Markdown has beyond the standard: captions of tables, callouts, films."""

from __future__ import annotations

import html
import mimetypes
import re
from collections.abc import Callable, Sequence

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.rules_core import StateCore
from markdown_it.token import Token
from markdown_it.utils import EnvType
from mdit_py_plugins.container import container_plugin

from courses.elements import MEDIA, Reading, is_lone_image, line_of
from courses.faults import did_you_mean
from courses.model import Video

CALLOUTS = ("note", "tip", "warning", "example", "job", "key")
VIDEO = "::: video"
FENCE = ":::"
CAPTION = "Table:"


def blocks_plugin(parser: MarkdownIt) -> None:
    """Teach a parser our blocks, and to tell of those that are not right."""
    for name in CALLOUTS:
        parser.use(container_plugin, name, render=_callout_html(name))
    parser.block.ruler.before("fence", "video", _video_rule, {"alt": ["paragraph"]})
    parser.add_render_rule("video", _video_block_html)
    parser.core.ruler.push("captions", _move_captions)
    parser.core.ruler.push("misplaced", _tell_misplaced)


def _video_rule(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """Take `::: video` up to `:::` as it is."""
    if state.getLines(start, start + 1, 0, False).strip() != VIDEO:
        return False
    if silent:
        return True
    stop = start + 1
    while stop < end and state.getLines(stop, stop + 1, 0, False).strip() != FENCE:
        stop += 1
    token = state.push("video", "figure", 0)
    token.content = state.getLines(start + 1, stop, 0, False)
    token.map = [start, stop]
    state.line = stop + 1
    return True


def _move_captions(state: StateCore) -> None:
    """Move the paragraph `Table: …` into the table before it."""
    kept: list[Token] = []
    table: Token | None = None
    tokens = iter(state.tokens)
    for token in tokens:
        if token.type == "table_open":
            table = token
        follows = bool(kept) and kept[-1].type == "table_close"
        if token.type != "paragraph_open" or not follows or table is None:
            kept.append(token)
            continue
        inline = next(tokens)
        if inline.content.startswith(CAPTION):
            table.meta = {**table.meta, "caption": _without_word(inline)}
            next(tokens)
        else:
            kept += [token, inline]
    state.tokens = kept


def _without_word(inline: Token) -> list[Token]:
    children = inline.children or []
    if children:
        children[0].content = children[0].content.removeprefix(CAPTION).lstrip()
    return children


def _tell_misplaced(state: StateCore) -> None:
    """Find what would silently become something else than its author meant."""
    reading: Reading = state.env["reading"]
    lines = state.src.split("\n")
    for idx, token in enumerate(state.tokens):
        if token.type == "video" or token.type.startswith("container_"):
            _tell_open_end(token, lines, reading)
        if token.type != "inline":
            continue
        children = token.children or []
        if any(each.type == "image" for each in children) and not is_lone_image(
            state.tokens, idx - 1
        ):
            hint = "Put an empty line before and after it."
            reading.fault("a figure stands alone in its paragraph", hint, line=line_of(token))
        for number, text in enumerate(token.content.split("\n")):
            if text.startswith(FENCE):
                _tell_unknown(text, line_of(token) + number, reading)


def _tell_open_end(token: Token, lines: list[str], reading: Reading) -> None:
    if token.nesting < 0 or token.map is None:
        return
    end = token.map[1]
    if end >= len(lines) or not lines[end].strip().startswith(FENCE):
        reading.fault("this block has no end", f"Write {FENCE} below it.", line=line_of(token))


def _tell_unknown(text: str, line: int, reading: Reading) -> None:
    word = re.sub(r"^:+\s*", "", text).partition(" ")[0]
    if not word:
        reading.fault("::: ends no block here", "Take it away.", line=line)
    elif word == "video":
        reading.fault("a film begins with ::: video alone", "Write title: … below.", line=line)
    else:
        hint = did_you_mean(word, (*CALLOUTS, "video"))
        reading.fault(f"block {word!r} is not known", hint, line=line)


def _callout_html(name: str) -> Callable[..., str]:
    """Give what writes callouts of one kind."""

    def render(
        _self: object, tokens: Sequence[Token], idx: int, _options: object, env: EnvType
    ) -> str:
        if tokens[idx].nesting != 1:
            return "</aside>\n"
        reading: Reading = env["reading"]
        title = tokens[idx].info.strip()[len(name) :].strip()
        if not title:
            hint = f"Write ::: {name} A title"
            reading.fault("this callout has no title", hint, line=line_of(tokens[idx]))
        anchor = reading.new_id(f"{name}-{title}")
        return (
            f'<aside class="callout callout-{name}" aria-labelledby="{anchor}">'
            f'<p class="callout-title" id="{anchor}">{html.escape(title)}</p>\n'
        )

    return render


def _video_block_html(
    _self: object, tokens: Sequence[Token], idx: int, _options: object, env: EnvType
) -> str:
    """Have a video block read, and write its player."""
    reading: Reading = env["reading"]
    line = line_of(tokens[idx])
    video = reading.read_video(tokens[idx].content, line + 1)
    if video is None:
        return ""
    files = (video.src, video.captions, video.poster)
    reading.media += [(name, line) for name in files if name]
    return video_html(video)


def video_html(video: Video) -> str:
    """Give the player of a film with captions and transcript."""
    title = html.escape(video.title)
    poster = f' poster="{MEDIA}{html.escape(video.poster)}"' if video.poster else ""
    language = re.search(r"\.([a-z]{2,3})\.vtt$", video.captions)
    tag = language[1] if language else "en"
    kind = mimetypes.guess_type(video.src)[0] or "video/webm"
    transcript = (
        f"<details><summary>Transcript</summary>{video.transcript}</details>"
        if video.transcript
        else ""
    )
    return (
        f'<figure class="video" data-video="{html.escape(video.id)}"'
        f' data-seconds="{float(video.seconds):g}">'
        f'<video controls preload="metadata" aria-label="{title}"{poster}>'
        f'<source src="{MEDIA}{html.escape(video.src)}" type="{kind}">'
        f'<track kind="captions" src="{MEDIA}{html.escape(video.captions)}" srclang="{tag}"'
        f' label="Captions ({tag})" default></video>'
        f"<figcaption>{title}</figcaption>{transcript}</figure>\n"
    )
