"""Which language a page speaks, and its words."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from babel import Locale, negotiate_locale
from babel.dates import format_date
from babel.support import NullTranslations, Translations
from flask import Flask, g, has_request_context, request
from jinja2 import pass_eval_context
from jinja2.nodes import EvalContext
from markupsafe import Markup

from lti_tool.visit import Visit

FOLDER = Path(__file__).parent / "translations"


def page_language() -> str:
    """Give the language of this page: the visit's, else the browser's, among those offered."""
    if not has_request_context():
        return "en"
    held: str | None = g.get("page_language")
    if held is None:
        held = g.page_language = _choose()
    return held


def _choose() -> str:
    visit: Visit | None = g.get("visit")
    wanted = [visit.locale] if visit is not None and visit.locale else []
    wanted += [tag for tag, _ in request.accept_languages]
    return choose_language(wanted, g.get("languages_offered") or ("en",))


def choose_language(wanted: Sequence[str], offered: Sequence[str]) -> str:
    """Give the best of the languages offered; the first one where none fits."""
    if len(offered) == 1:
        return offered[0]
    tags = [tag.replace("-", "_") for tag in wanted]
    known = {tag.replace("-", "_").lower(): tag for tag in offered}
    found = negotiate_locale(tags, list(known))
    return known.get(found.lower(), offered[0]) if found else offered[0]


@functools.cache
def translations(language: str) -> NullTranslations:
    """Load the words of a language once; English is what stands in the code."""
    return Translations.load(str(FOLDER), [Locale.parse(language, sep="-")], domain="messages")


def gettext(message: str) -> str:
    """Say a sentence in the language of this page."""
    words = translations(page_language())
    return message if type(words) is NullTranslations else str(words.gettext(message))


def ngettext(one: str, many: str, number: int) -> str:
    """Say a sentence about a number of things."""
    return str(translations(page_language()).ngettext(one, many, number))


def day_words(day: date) -> str:
    """Write a day with its month as a word, such as ``2 November 2026``."""
    language = page_language().replace("-", "_")
    return format_date(day, "long", locale="en_GB" if language == "en" else language)


def init_app(app: Flask, languages: tuple[str, ...]) -> None:
    """Teach templates to speak."""

    @app.before_request
    def offer() -> None:
        g.languages_offered = languages

    app.jinja_env.globals.update(
        _=say,
        gettext=say,
        ngettext=say_number,
        page_language=page_language,
        day_words=day_words,
    )


@pass_eval_context
def say(context: EvalContext, message: str, /, **values: object) -> str:
    """Say a sentence in a template; values are put in, escaped where the template escapes.

    Does what Jinja's own extension does for its newstyle calls, without its two look-ups a word.
    """
    words = gettext(message)
    return (Markup(words) if context.autoescape else words) % values  # noqa: S704  # our own words


@pass_eval_context
def say_number(context: EvalContext, one: str, many: str, number: int, /, **values: object) -> str:
    """Say a sentence about a number of things in a template; ``%(num)d`` is the number."""
    words = ngettext(one, many, number)
    told = Markup(words) if context.autoescape else words  # noqa: S704  # our own words
    return told % {"num": number, **values}
