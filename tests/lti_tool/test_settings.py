"""What may be set: read as told, refused with what to do, all faults at once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lti_tool.settings import Settings, SettingsError

SECRET = "0123456789abcdef0123456789abcdef"
GOOD = {"PUBLIC_URL": "https://learn.example.org", "SECRET_KEY": SECRET}


def read(**given_settings: str) -> Settings:
    return Settings.from_environ(
        {f"LTI_TOOL_{name}": text for name, text in {**GOOD, **given_settings}.items()}
    )


def fault(**given_settings: str) -> str:
    with pytest.raises(SettingsError) as caught:
        read(**given_settings)
    return str(caught.value)


def test_two_settings_are_enough() -> None:
    made = read()

    assert made.origin == made.names_base == "https://learn.example.org"
    assert made.languages == ("en",)
    assert not made.allow_private_addresses


def test_what_is_missing_is_told_with_what_to_do() -> None:
    with pytest.raises(SettingsError) as caught:
        Settings.from_environ({"PATH": "/bin"})

    lines = str(caught.value).splitlines()
    assert len(lines) == 2
    assert "https://learn.example.org" in lines[0]
    assert "openssl rand -hex 32" in lines[1]


def test_all_faults_are_told_at_once_each_in_a_line_of_its_own() -> None:
    text = fault(
        PUBLIC_URL="learn.example.org",
        SECRET_KEY="short",
        OLD_SECRET_KEYS=f"{SECRET} short",
        DATABASE_URL="mysql://x",
        CONTENT_DIRS="/no/such/folder",
        CONTACT_URL="javascript:alert(1)",
        ALLOW_PRIVATE_ADDRESSES="perhaps",
        LOG_LEVEL="LOUD",
        LANGUAGES="en klingon-x",
        VISIT_HOURS="0",
        LOGIN_MINUTES="61",
        LAUNCHES_PER_MINUTE="many",
        TRUSTED_PROXIES="-1",
        LRS_URL="ftp://x",
        LRS_KEEP_EMBEDDED="2",
        COLOUR="red",
    )

    lines = text.splitlines()
    assert len(lines) == 16
    assert all(line.startswith("LTI_TOOL_") and ": " in line for line in lines)
    assert "no such setting" in text
    assert SECRET not in text


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("old_secret_keys", f"{SECRET} {SECRET[::-1]}", (SECRET, SECRET[::-1])),
        ("old_secret_keys", "", ()),
        ("database_url", "postgresql+psycopg://u:p@h/n", "postgresql+psycopg://u:p@h/n"),
        ("allow_private_addresses", "Yes", True),
        ("allow_private_addresses", "off", False),
        ("lrs_keep_embedded", "", False),
        ("log_level", "debug", "DEBUG"),
        ("languages", "en, de pt-BR", ("en", "de", "pt-BR")),
        ("languages", "", ("en",)),
        ("visit_hours", "72", 72),
        ("trusted_proxies", "0", 0),
        ("tool_name", "  Courses ", "Courses"),
        ("contact_url", "mailto:help@example.org", "mailto:help@example.org"),
    ],
)
def test_a_setting_is_read_as_told(name: str, text: str, value: Any) -> None:
    assert getattr(read(**{name.upper(): text}), name) == value


@pytest.mark.parametrize(
    ("text", "origin"),
    [
        ("https://learn.example.org/", "https://learn.example.org"),
        ("HTTPS://Learn.Example.ORG", "https://learn.example.org"),
        ("https://learn.example.org:443", "https://learn.example.org"),
        ("https://learn.example.org:8443", "https://learn.example.org:8443"),
        ("http://localhost:8000", "http://localhost:8000"),
        ("http://localhost:80", "http://localhost"),
        ("http://tool.localhost:8000", "http://tool.localhost:8000"),
        ("http://[::1]:8000", "http://[::1]:8000"),
    ],
)
def test_the_public_address_is_what_browsers_call_our_origin(text: str, origin: str) -> None:
    assert read(PUBLIC_URL=text).origin == read(PUBLIC_URL=text).public_url == origin


@pytest.mark.parametrize(
    "text",
    [
        "http://learn.example.org",
        "https://learn.example.org/tool",
        "https://learn.example.org?a=b",
        "https://user:password@learn.example.org",
        "https://learn.example.org:99999",
        "https://[::1",
        "https://",
        "ftp://learn.example.org",
        "",
    ],
)
def test_what_cannot_be_our_origin_is_refused(text: str) -> None:
    assert fault(PUBLIC_URL=text).startswith("LTI_TOOL_PUBLIC_URL: ")


@given(st.text(max_size=30))
def test_whatever_is_set_the_only_error_tells_what_to_do(text: str) -> None:
    for name in ("PUBLIC_URL", "LANGUAGES", "LOGIN_MINUTES", "DATABASE_URL", "LOG_LEVEL"):
        try:
            read(**{name: text})
        except SettingsError as error:
            told = str(error)
        else:
            told = f"LTI_TOOL_{name}"

        assert f"LTI_TOOL_{name}" in told


def test_several_folders_of_courses_may_be_named(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()

    made = read(CONTENT_DIRS=f"{tmp_path / 'a'}:{tmp_path / 'b'}")

    assert made.content_dirs == (tmp_path / "a", tmp_path / "b")


def test_names_that_last_may_have_a_base_of_their_own() -> None:
    made = read(IRI_BASE="https://id.example.org")

    assert made.names_base == "https://id.example.org"
    assert made.origin == "https://learn.example.org"
