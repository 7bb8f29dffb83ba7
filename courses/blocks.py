"""What our Markdown has beyond the standard: captions, callouts, films, steps, checked sums."""

from __future__ import annotations

import html
import itertools
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
from courses.steps import steps_block_html
from courses.sums import SumError, check_sum

CALLOUTS = ("note", "tip", "warning", "example", "job", "key")
RAW = re.compile(r"::: (video$|steps\b)")
"""Blocks whose body is YAML."""
FENCE = ":::"
CAPTION = "Table:"
CHECK = "Check:"


def blocks_plugin(parser: MarkdownIt) -> None:
    """Teach a parser our blocks, and to tell of those that are not right."""
    for name in CALLOUTS:
        parser.use(container_plugin, name, render=_callout_html(name))
    parser.block.ruler.before("fence", "raw", _raw_rule, {"alt": ["paragraph"]})
    parser.add_render_rule("video", _video_block_html)
    parser.add_render_rule("steps", steps_block_html)
    parser.add_render_rule("check", _check_html)
    parser.core.ruler.push("captions", _move_captions)
    parser.core.ruler.push("checks", _mark_checks)
    parser.core.ruler.push("misplaced", _tell_misplaced)


def _raw_rule(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """Take `::: video` and `::: steps …` up to `:::` as they are."""
    line = state.getLines(start, start + 1, 0, False).strip()
    found = RAW.match(line)
    if found is None:
        return False
    if silent:
        return True
    stop = start + 1
    while stop < end and state.getLines(stop, stop + 1, 0, False).strip() != FENCE:
        stop += 1
    token = state.push(found[1], "figure", 0)
    token.info = line[found.end() :].strip()
    token.content = state.getLines(start + 1, stop, 0, False)
    token.map = [start, stop]
    state.line = stop + 1
    return True


def _mark_checks(state: StateCore) -> None:
    """Set paragraphs `Check: …` apart, and work their calculations out again."""
    reading: Reading = state.env["reading"]
    for token, inline in itertools.pairwise(state.tokens):
        if token.type != "paragraph_open" or not inline.content.startswith(CHECK):
            continue
        token.meta = {**token.meta, "check": True}
        sums = re.split(rf"(?:^|\n){CHECK}", inline.content)[1:]
        plain = [" ".join(each.split()) for each in sums]
        for number, text in enumerate(plain):
            try:
                check_sum(text)
            except SumError as error:
                hint = "Write numbers and signs, then = or ≈, then the result with its unit."
                reading.fault(f"Check: {text}: {error}", hint, line=line_of(token) + number)
        inline.children = [_check_token(each) for each in plain]


def _check_token(text: str) -> Token:
    token = Token("check", "", 0)
    token.content = text
    return token


def _check_html(
    _self: object, tokens: Sequence[Token], idx: int, _options: object, _env: EnvType
) -> str:
    sum_ = html.escape(tokens[idx].content)
    return f'<span class="worked-sum"><span class="worked-word">Check</span> {sum_}</span>'


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
        if token.type in {"video", "steps"} or token.type.startswith("container_"):
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
        hint = did_you_mean(word, (*CALLOUTS, "video", "steps"))
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
