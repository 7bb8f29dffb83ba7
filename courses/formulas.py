"""LaTeX -> MathML, made on the server and passed through an allow-list."""

from __future__ import annotations

import html

import latex2mathml.converter
import nh3

TAGS = frozenset(
    [
        "math", "mrow", "mi", "mo", "mn", "ms", "mtext", "mspace", "msup", "msub", "msubsup",
        "mfrac", "msqrt", "mroot", "mover", "munder", "munderover", "mtable", "mtr", "mtd",
        "mstyle", "mpadded", "mphantom", "menclose", "mfenced", "mmultiscripts", "mprescripts",
        "none",
    ]
)  # fmt: skip
ATTRIBUTES = frozenset(
    [
        "display", "mathvariant", "stretchy", "fence", "form", "separator", "accent",
        "accentunder", "columnalign", "rowspacing", "columnspacing", "linethickness",
        "displaystyle", "scriptlevel", "minsize", "maxsize", "width", "height", "depth", "lspace",
        "rspace", "movablelimits", "symmetric", "xmlns", "notation", "open", "close", "separators",
    ]
)  # fmt: skip


def formula(latex: str, *, display: bool) -> tuple[str, str]:
    """Give a formula as MathML, and what is wrong with it (then as it was written, in ``<code>``).

    Args:
        latex: what stands between the dollar signs.
        display: on a line of its own.
    """
    try:
        made = latex2mathml.converter.convert(latex, display="block" if display else "inline")
    except Exception as error:  # the library raises many kinds
        return f"<code>{html.escape(latex)}</code>", str(error) or type(error).__name__
    allowed = {tag: set(ATTRIBUTES) for tag in TAGS}
    return nh3.clean(made, tags=set(TAGS), attributes=allowed, link_rel=None), ""
