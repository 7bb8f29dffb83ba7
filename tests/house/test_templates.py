"""Templates: what they are given stands on top; no inline script or style, no unknown HTML."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.house.source import ROOT

TEMPLATES = sorted(
    path
    for package in ("lti_tool", "xapi")
    for path in (ROOT / package).rglob("*.html")
    if "practice" not in path.parts
)


def name(path: Path) -> str:
    """Give a short id."""
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", TEMPLATES, ids=name)
def test_a_template_says_what_it_is_given(path: Path) -> None:
    assert path.read_text().startswith("{#")


@pytest.mark.parametrize("path", TEMPLATES, ids=name)
def test_a_template_holds_no_inline_script_or_style(path: Path) -> None:
    text = re.sub(r"\{#.*?#\}", "", path.read_text(), flags=re.DOTALL)

    assert not re.search(r"<script(?![^>]*\bsrc=)", text)
    assert not re.search(r"<style\b|\sstyle=|\son[a-z]+=", text)
    assert "|safe" not in text.replace(" ", "")


@pytest.mark.parametrize("path", TEMPLATES, ids=name)
def test_a_form_that_writes_carries_its_proof(path: Path) -> None:
    for form in re.findall(r"<form\b.*?</form>", path.read_text(), flags=re.DOTALL):
        if re.match(r"<form[^>]*method=\"post\"", form) and 'action="{{ target' not in form:
            assert "csrf_token" in form or "data-foreign" in form, form[:120]
