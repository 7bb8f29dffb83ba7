"""What stands on the pages of a certificate: its facts in words, ready to be set."""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Iterator, Mapping
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

import yaml

from courses.schemes import SchemeKind
from lti_tool.certification.facts import ElementFact, Facts, UnitFact
from lti_tool.certification.figures import Parts, day_in, locale_of, percent_of, share_of

WORDS = Path(__file__).parent / "assets" / "words"
EQF = re.compile(r"EQF(?: level)? ([1-8])", re.IGNORECASE)

Words = Mapping[str, Any]
Pair = dict[str, str]


def page_of(facts: Facts) -> dict[str, Any]:
    """Say all that a certificate prints, in the order of its pages.

    Returns:
        Plain JSON values, which the template ``certificate.typ`` lays out; all texts in Unicode's
        composed form, for which the fonts have characters.
    """
    return _Printed(facts).page()


def public_page_of(facts: Facts, *, with_units: bool) -> dict[str, Any]:
    """Say what of it everybody may read: no name, no score, nothing of how it came about.

    Args:
        facts: of the certificate.
        with_units: whether its units and elements are told, which many certificates share.

    Returns:
        As :func:`page_of`, with fewer keys.
    """
    return _Printed(facts).public(with_units=with_units)


@functools.cache
def words_of(language: str) -> tuple[str, Words]:
    """Give the words of a language and its tag; English where there are none yet."""
    for tag in (language, language.partition("-")[0], "en"):
        path = WORDS / f"{tag}.yaml"
        if re.fullmatch(r"[A-Za-z-]+", tag) and path.exists():
            return tag, yaml.safe_load(path.read_text(encoding="utf-8"))
    raise FileNotFoundError(WORDS / "en.yaml")


def has_words(language: str) -> bool:
    """Say whether certificates can be printed in a language, or in the one that it is a form of."""
    found = words_of(language)[0]
    return found in {language, language.partition("-")[0]}


def in_fours(code: str) -> str:
    """Write a check code as people read it: ``0123-4567-89AB-T``."""
    return "-".join(code[start : start + 4] for start in range(0, len(code), 4))


class _Printed:
    """One certificate's facts beside the words of its language."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.language, self.words = words_of(facts.language)
        self.kind: Mapping[str, str] = self.words["kinds"][facts.kind.value]
        self.labels: Mapping[str, str] = self.words["labels"]
        self.sentences: Mapping[str, str] = self.words["sentences"]
        self.locale = locale_of(self.language)

    def page(self) -> dict[str, Any]:
        facts = self.facts
        is_micro = facts.kind is SchemeKind.MICRO_CREDENTIAL
        made = {
            **self._head(),
            "document_title": f"{self.kind['name']}: {facts.title} ({facts.holder_name})",
            "issued": [facts.issued_on.year, facts.issued_on.month, facts.issued_on.day],
            "name": facts.holder_name,
            "url": facts.verify_url,
            "address": facts.verify_url.partition("://")[2].rpartition("/")[0],
            "level": self._eqf(),
            "summary": list(self._summary()),
            "units": [self._unit(unit) for unit in facts.units],
            "particulars": list(self._particulars()),
            "elements": list(self._elements()) if is_micro else [],
            "outcomes": [] if facts.kind is SchemeKind.ATTENDANCE else list(facts.outcomes),
            "esco": [{"title": title, "url": url} for title, url in facts.esco],
            "signers": [{"name": each.name, "role": each.role} for each in facts.issuer.signers],
            "is_test": facts.is_test,
        }
        return self._worded(made)

    def public(self, *, with_units: bool) -> dict[str, Any]:
        units = [self._public_unit(unit) for unit in self.facts.units if with_units]
        return self._worded({**self._head(), "units": units})

    def _head(self) -> dict[str, Any]:
        facts = self.facts
        return {
            "language": self.language,
            "title_language": facts.language.partition("-")[0],
            "kind": facts.kind.value,
            "title": facts.title,
            "number": facts.number,
            "code": in_fours(facts.code),
            "issuer": self._issuer(),
            "dates": list(self._dates()),
            "notices": list(facts.notices),
        }

    def _worded(self, made: dict[str, Any]) -> dict[str, Any]:
        composed: dict[str, Any] = _composed(made)
        return {**composed, "words": _words_for(self.language, self.facts.kind)}

    def _issuer(self) -> Pair:
        issuer = self.facts.issuer
        return {
            "name": issuer.name,
            "country": self._country(),
            "identifier": issuer.identifier,
            "site": issuer.url.partition("://")[2].rstrip("/"),
        }

    def _country(self) -> str:
        code = self.facts.issuer.country
        return str(self.locale.territories.get(code, code))

    def _eqf(self) -> int | None:
        found = EQF.fullmatch(self.facts.level.strip())
        return int(found[1]) if found else None

    def _level(self) -> str:
        level = self._eqf()
        return self._say("eqf_level", level=level) if level else self.facts.level

    def _workload(self) -> str:
        facts = self.facts
        return " · ".join(
            [self._say("hours", hours=facts.workload_hours)] * bool(facts.workload_hours)
            + [self._say("ects", ects=facts.ects)] * bool(facts.ects)
        )

    def _card(self) -> str:
        facts = self.facts
        named = facts.card_title or facts.card_id
        return (
            self._say("version", title=named, version=facts.card_version) if facts.card_id else ""
        )

    def _summary(self) -> Iterator[str]:
        """Give the line below the title."""
        level = self._eqf()
        yield from filter(
            None,
            [
                self._card(),
                self._say("eqf_level", level=level) if level else "",
                self._workload(),
                self._say("issued_in", country=self._country()),
            ],
        )

    def _particulars(self) -> Iterator[Pair]:
        facts = self.facts
        judged = facts.kind is not SchemeKind.ATTENDANCE
        apart = facts.kind is SchemeKind.MICRO_CREDENTIAL  # told among its elements
        card = f"{facts.card_id}, {facts.card_version}" if facts.card_id else ""
        scheme = self._say("scheme", id=facts.scheme_id, version=facts.scheme_version)
        yield from self._pairs(
            level="" if self._eqf() or apart else facts.level,
            assessment=facts.assessment if judged and not apart else "",
            supervision=facts.supervision if judged else "",
            participation="" if apart else facts.participation,
            pass_share=self._pass_share() if judged else "",
            quality="" if apart else facts.quality,
            exam_body=facts.exam_body if judged else "",
            training_body=facts.training_body,
            trainer=facts.trainer,
            route=self.words["routes"].get(facts.route, facts.route),
            prerequisites=facts.prerequisites,
            taken_over=facts.taken_over_from,
            supersedes=facts.supersedes,
            renews=facts.renews,
            scheme=scheme,
            card=card,
        )

    def _elements(self) -> Iterator[Pair]:
        """Give the elements of a micro-credential that annex I names, in its order; outcomes apart.

        Source: Council Recommendation of 16 June 2022 (2022/C 243/02), annex I.
        """
        facts = self.facts
        yield from self._pairs(
            learner=facts.holder_name,
            title=facts.title,
            country=self._country(),
            issuer=facts.issuer.name,
            issued=self._day(facts.issued_on),
            outcomes="\n".join(facts.outcomes),
            workload=self._workload(),
            level=self._level(),
            assessment=facts.assessment,
            participation=facts.participation,
            quality=facts.quality,
        )

    def _dates(self) -> Iterator[Pair]:
        facts = self.facts
        if facts.examined_on:
            yield {"label": self.kind["day"], "value": self._day(facts.examined_on)}
        yield from self._pairs(
            issued=self._day(facts.issued_on),
            valid_from=self._day(facts.valid_from) if facts.valid_from != facts.issued_on else "",
        )
        if facts.valid_until:
            yield from self._pairs(valid_until=self._day(facts.valid_until))
        elif facts.kind is not SchemeKind.ATTENDANCE:
            yield from self._pairs(valid_until=self.sentences["unlimited"])

    def _unit(self, unit: UnitFact) -> dict[str, Any]:
        parts = tuple((each.points, each.asked or 0) for each in unit.elements)
        is_counted = bool(parts) and all(points and asked for points, asked in parts)
        share, score = self._reached(parts) if is_counted else (None, "")
        passed = all(each.passed for each in unit.elements)
        return {
            "code": unit.code,
            "title": unit.title,
            "share": share,
            "score": score,
            "result": self._result(passed),
            "passed": passed,
            "elements": [self._element(each) for each in unit.elements],
        }

    def _public_unit(self, unit: UnitFact) -> dict[str, Any]:
        passed = all(each.passed for each in unit.elements)
        return {
            "code": unit.code,
            "title": unit.title,
            "score": "",
            "result": self._result(passed),
            "passed": passed,
            "elements": [
                {
                    "code": each.code,
                    "title": each.title,
                    "score": "",
                    "result": self._result(each.passed),
                }
                for each in unit.elements
            ],
        }

    def _element(self, element: ElementFact) -> dict[str, Any]:
        is_counted = bool(element.points and element.asked)
        parts = ((element.points, element.asked or 0),)
        share, score = self._reached(parts) if is_counted else (None, "")
        rating = self.words["ratings"].get(element.rating, element.rating)
        return {
            "code": element.code,
            "title": element.title,
            "share": share,
            "score": score or rating,
            "result": self._result(element.passed),
            "passed": element.passed,
            "day": self._day(element.passed_on) if element.passed_on else "",
        }

    def _result(self, passed: bool) -> str:
        return self.kind["passed" if passed else "missing"]

    def _reached(self, parts: Parts) -> tuple[float, str]:
        share, number = share_of(parts, self.language)
        return share, self._say("percent", number=number)

    def _pass_share(self) -> str:
        if not self.facts.pass_share:
            return ""
        number = percent_of(Fraction(self.facts.pass_share), self.language)
        return self._say("pass_share", share=self._say("percent", number=number))

    def _pairs(self, **values: str) -> Iterator[Pair]:
        """Give label and value of those that are not empty."""
        for name, value in values.items():
            if value:
                yield {"label": self.labels[name], "value": value}

    def _day(self, day: date) -> str:
        return day_in(day, self.language)

    def _say(self, sentence: str, **values: object) -> str:
        return self.sentences[sentence].format(**values)


@functools.cache
def _words_for(language: str, kind: SchemeKind) -> dict[str, Any]:
    words = words_of(language)[1]
    found = {**words["labels"], **words["sentences"], **words["kinds"][kind.value]}
    composed: dict[str, Any] = _composed(found)
    return composed


def _composed(value: Any) -> Any:
    """Compose accents with their letters, in all texts of a document (Unicode NFC)."""
    if isinstance(value, str):
        return unicodedata.normalize("NFC", value)
    if isinstance(value, dict):
        return {name: _composed(each) for name, each in value.items()}
    return [_composed(each) for each in value] if isinstance(value, list) else value
