"""A figure that is walked through: a drawing, and a list of steps that each show a part of it.

Without script the reader sees the whole drawing and a numbered list. The buttons stand in the page
hidden, with their words; the page's script shows them.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Sequence

from markdown_it.token import Token
from markdown_it.utils import EnvType
from markupsafe import Markup

from courses.elements import Reading, line_of, media_name, picture_html
from courses.model import Step, Steps
from courses.source import Section

SHOWN = re.compile(r"[A-Za-z_][\w-]{0,59}")
FEWEST = 2


def read_steps(
    section: Section, title: str, read_markup: Callable[[Section, str], Markup]
) -> Steps | None:
    """Read the body of a `::: steps` block; None where it cannot be shown.

    Args:
        section: its YAML.
        title: from the block's first line.
        read_markup: gives the HTML of a key's text; handed in, for its faults have their place.
    """
    if not title:
        section.fault("this figure has no title", "Write ::: steps A title")
    figure = media_name(section.text("figure"))
    if figure is None or not figure.endswith(".svg"):
        section.fault("figure must be a drawing", "Such as ../media/line.svg.", key="figure")
    description = section.text("description")
    found = []
    for each in section.sections("steps"):
        shown = each.text("show")
        if shown and not SHOWN.fullmatch(shown):
            each.fault(f"{shown!r} is no id of a group", key="show")
        found.append(Step(shown, read_markup(each, "text")))
        each.finish()
    if len(found) < FEWEST:
        section.fault(f"steps: at least {FEWEST} are needed", key="steps")
    section.finish()
    if figure is None or not figure.endswith(".svg"):
        return None
    return Steps(title, figure, description, tuple(found))


def steps_block_html(
    _self: object, tokens: Sequence[Token], idx: int, _options: object, env: EnvType
) -> str:
    """Have a block read, and write its figure."""
    reading: Reading = env["reading"]
    token = tokens[idx]
    reading.line = line_of(token)
    if reading.media_dir is None:
        reading.fault("a figure stands in a question", "Figures stand on pages only.")
        return ""
    steps = reading.read_steps(token.info, token.content, reading.line + 1)
    if steps is None:
        return ""
    uses = sum(met == steps.figure for met, _ in reading.media)
    reading.media.append((steps.figure, reading.line))
    reading.has_steps = True
    path = reading.media_dir / steps.figure
    picture = picture_html(path, steps.description, reading, number=uses + 1)
    _tell_missing(steps, picture, reading)
    return _figure(steps, picture, reading)


def _tell_missing(steps: Steps, picture: str, reading: Reading) -> None:
    groups = set(re.findall(r'<g[^>]* id="[^"]*?--([^"]+)"', picture))
    for step in steps.steps:
        if picture and step.show not in groups:
            hint = f"There are: {', '.join(sorted(groups))}." if groups else ""
            reading.fault(f'{steps.figure} has no <g id="{step.show}">', hint)


def _figure(steps: Steps, picture: str, reading: Reading) -> str:
    anchor = reading.new_id(f"steps-{steps.title}")
    listed = "".join(
        f'<li data-show="{html.escape(step.show)}">{step.text}</li>' for step in steps.steps
    )
    many = len(steps.steps)
    return (
        f'<figure class="figure stepwise" data-steps aria-labelledby="{anchor}">'
        f'<figcaption class="stepwise-title" id="{anchor}">{html.escape(steps.title)}</figcaption>'
        f'{picture}<div class="stepwise-bar" hidden>'
        '<button type="button" class="button" data-way="-1">Back</button>'
        '<button type="button" class="button" data-way="1">Next step</button>'
        f'<span class="stepwise-place" data-words="Step {{n}} of {many}">All {many} steps</span>'
        '<button type="button" class="button button-quiet" data-all>Show all</button></div>'
        f'<ol class="stepwise-list" aria-live="polite">{listed}</ol></figure>\n'
    )
