"""Text that can be kept: without the control characters that no page shows.

PostgreSQL keeps no NUL at all, and finds it in JSON only when that is read.
"""

from __future__ import annotations

import re

from lti_tool.i18n import gettext as _

CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
"""The control characters C0 but for tab and the ends of lines."""


def has_controls(text: str) -> bool:
    """Say whether a text holds a control character."""
    return CONTROLS.search(text) is not None


def without_controls(text: str) -> str:
    """Show where they stand."""
    return CONTROLS.sub("\N{REPLACEMENT CHARACTER}", text)


def words_on_controls() -> str:
    """Say what is wrong with a text that holds some, and what to do."""
    return _(
        "There are control characters in the text, which cannot be shown or kept; they often come "
        "along when text is copied from another program. Type it anew, or paste it without format."
    )
