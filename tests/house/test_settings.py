"""Settings are documented, all of them, and read as told."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest

from lti_tool.settings import PREFIX, READERS, Settings, SettingsError
from tests.house.source import ROOT

GOOD = {
    "LTI_TOOL_PUBLIC_URL": "https://learn.example.org",
    "LTI_TOOL_SECRET_KEY": "0123456789abcdef0123456789abcdef",
}
NAMES = {f"{PREFIX}{field.name.upper()}" for field in fields(Settings)}


@pytest.mark.parametrize("document", ["docs/settings.md", ".env.example"])
def test_every_setting_is_documented_and_nothing_else(document: str) -> None:
    told = set(re.findall(r"\bLTI_TOOL_[A-Z_]+\b", (ROOT / document).read_text()))

    assert told == NAMES


def test_every_setting_can_be_read() -> None:
    assert set(READERS) == {field.name for field in fields(Settings)}


def test_all_faults_are_told_at_once() -> None:
    environ = {
        "LTI_TOOL_PUBLIC_URL": "http://learn.example.org/tool",
        "LTI_TOOL_SECRET_KEY": "short",
        "LTI_TOOL_COLOUR": "red",
        "LTI_TOOL_VISIT_HOURS": "0",
    }

    with pytest.raises(SettingsError) as caught:
        Settings.from_environ(environ)

    text = str(caught.value)
    assert all(name in text for name in environ)
    assert len(text.splitlines()) == 4


def test_secrets_do_not_appear_when_settings_are_printed() -> None:
    made = Settings.from_environ({**GOOD, "LTI_TOOL_LRS_SECRET": "open sesame"})

    assert GOOD["LTI_TOOL_SECRET_KEY"] not in repr(made)
    assert "open sesame" not in repr(made)


def test_http_is_refused_except_on_this_machine() -> None:
    with pytest.raises(SettingsError, match="https"):
        Settings.from_environ({**GOOD, "LTI_TOOL_PUBLIC_URL": "http://learn.example.org"})

    here = Settings.from_environ({**GOOD, "LTI_TOOL_PUBLIC_URL": "http://127.0.0.1:8000"})
    assert here.public_url == "http://127.0.0.1:8000"


def test_the_content_folder_must_exist(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="no such folder"):
        Settings.from_environ({**GOOD, "LTI_TOOL_CONTENT_DIRS": str(tmp_path / "missing")})
