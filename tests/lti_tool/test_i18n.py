"""Which language a page speaks."""

from __future__ import annotations

from dataclasses import replace
from uuid import uuid4

import pytest
from flask import Flask, g
from hypothesis import given
from hypothesis import strategies as st

from lti_tool import app as tool_app
from lti_tool import i18n
from lti_tool.db import Database
from lti_tool.i18n import choose_language
from lti_tool.settings import Settings
from lti_tool.visit import Role, Visit


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """Give one database: nothing here depends on which."""
    return sqlite_url


@pytest.fixture
def many(settings: Settings, database: Database) -> Flask:
    """Give a tool that speaks English, German and Brazilian Portuguese."""
    return tool_app.create_app(replace(settings, languages=("en", "de", "pt-BR")))


@pytest.mark.parametrize(
    ("wanted", "chosen"),
    [
        (["de"], "de"),
        (["DE"], "de"),
        (["de-AT"], "de"),
        (["de_du"], "de"),
        (["pt-BR"], "pt-BR"),
        (["pt_br"], "pt-BR"),
        (["cs", "de", "en"], "de"),
        (["cs"], "en"),
        (["*"], "en"),
        ([""], "en"),
        ([], "en"),
    ],
)
def test_the_first_language_wanted_that_is_offered_is_spoken(
    wanted: list[str], chosen: str
) -> None:
    assert choose_language(wanted, ("en", "de", "pt-BR")) == chosen


OFFERED = st.lists(st.sampled_from(["en", "de", "pt-BR", "nb", "zh-Hant"]), min_size=1, unique=True)


@given(st.lists(st.text(max_size=8) | st.sampled_from(["no", "DE", "pt", "nb_NO"])), OFFERED)
def test_whatever_is_wanted_one_of_those_offered_is_spoken(
    wanted: list[str], offered: list[str]
) -> None:
    assert choose_language(wanted, offered) in offered


def test_a_browser_is_answered_in_its_language(many: Flask) -> None:
    browser = many.test_client()

    german = browser.get("/", headers={"Accept-Language": "cs, de;q=0.8, en;q=0.9"})
    brazilian = browser.get("/", headers={"Accept-Language": "pt-BR"})
    silent = browser.get("/")

    assert '<html lang="en">' in german.get_data(as_text=True)
    assert '<html lang="pt-BR">' in brazilian.get_data(as_text=True)
    assert '<html lang="en">' in silent.get_data(as_text=True)


def test_the_language_of_the_platform_comes_before_the_browsers(many: Flask) -> None:
    visit = Visit("v", uuid4(), frozenset({Role.LEARNER}), locale="de")

    with many.test_request_context("/", headers={"Accept-Language": "pt-BR"}):
        many.preprocess_request()
        g.visit = visit

        assert i18n.page_language() == "de"
        assert i18n.page_language() == "de"


def test_outside_a_request_english_is_spoken() -> None:
    assert i18n.page_language() == "en"
    assert i18n.gettext("Continue") == "Continue"
    assert i18n.ngettext("%(num)d module", "%(num)d modules", 1) == "%(num)d module"
    assert i18n.ngettext("%(num)d module", "%(num)d modules", 2) == "%(num)d modules"


def test_a_language_without_words_of_its_own_says_what_stands_in_the_code(many: Flask) -> None:
    with many.test_request_context("/", headers={"Accept-Language": "de"}):
        many.preprocess_request()

        assert i18n.page_language() == "de"
        assert i18n.gettext("A sentence nobody translated.") == "A sentence nobody translated."
