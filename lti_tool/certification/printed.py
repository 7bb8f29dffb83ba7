"""What stands on the pages of a certificate: its facts in words, ready to be set."""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import yaml
from babel import Locale
from babel.dates import format_date
from babel.numbers import format_decimal

from courses.schemes import SchemeKind
from lti_tool.certification.facts import ElementFact, Facts, UnitFact

WORDS = Path(__file__).parent / "assets" / "words"
EQF = re.compile(r"EQF(?: level)? ([1-8])", re.IGNORECASE)
BRITISH = {"en": "en_GB"}
"""Languages that need a country to write dates as Europeans do."""

Words = Mapping[str, Any]
Pair = dict[str, str]


def page_of(facts: Facts) -> dict[str, Any]:
    """Say all that a certificate prints, in the order of its pages.

    Returns:
        Plain JSON values, which the template ``certificate.typ`` lays out; all texts in Unicode's
        composed form, for which the fonts have characters.
    """
    return _Printed(facts).page()


@functools.cache
def words_of(language: str) -> tuple[str, Words]:
    """Give the words of a language and its tag; English where there are none yet."""
    for tag in (language, language.partition("-")[0], "en"):
        path = WORDS / f"{tag}.yaml"
        if re.fullmatch(r"[A-Za-z-]+", tag) and path.exists():
            return tag, yaml.safe_load(path.read_text(encoding="utf-8"))
    raise FileNotFoundError(WORDS / "en.yaml")


def in_fours(code: str) -> str:
    """Write a check code as people read it: ``7K3M-Q9XT-4ABC-D``."""
    return "-".join(code[start : start + 4] for start in range(0, len(code), 4))


class _Printed:
    """One certificate's facts beside the words of its language."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.language, self.words = words_of(facts.language)
        self.kind: Mapping[str, str] = self.words["kinds"][facts.kind.value]
        self.labels: Mapping[str, str] = self.words["labels"]
        self.sentences: Mapping[str, str] = self.words["sentences"]
        self.locale = Locale.parse(BRITISH.get(self.language, self.language))

    def page(self) -> dict[str, Any]:
        facts = self.facts
        is_micro = facts.kind is SchemeKind.MICRO_CREDENTIAL
        made = {
            "language": self.language,
            "title_language": facts.language.partition("-")[0],
            "kind": facts.kind.value,
            "words": {**self.labels, **self.sentences, **self.kind},
            "document_title": f"{self.kind['name']}: {facts.title} ({facts.holder_name})",
            "issued": [facts.issued_on.year, facts.issued_on.month, facts.issued_on.day],
            "name": facts.holder_name,
            "title": facts.title,
            "number": facts.number,
            "code": in_fours(facts.code),
            "url": facts.verify_url,
            "address": facts.verify_url.partition("://")[2].rpartition("/")[0],
            "issuer": self._issuer(),
            "level": self._eqf(),
            "summary": list(self._summary()),
            "units": [self._unit(unit) for unit in facts.units],
            "particulars": list(self._particulars()),
            "elements": list(self._elements()) if is_micro else [],
            "outcomes": [] if facts.kind is SchemeKind.ATTENDANCE else list(facts.outcomes),
            "esco": [{"title": title, "url": url} for title, url in facts.esco],
            "notices": list(facts.notices),
            "dates": list(self._dates()),
            "signers": [{"name": each.name, "role": each.role} for each in facts.issuer.signers],
            "is_test": facts.is_test,
        }
        composed: dict[str, Any] = _composed(made)
        return composed

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
        asked = [each for each in unit.elements if each.points and each.asked]
        share = (
            Fraction(
                sum(Fraction(each.points) for each in asked),
                sum(each.asked or 0 for each in asked),
            )
            if asked and len(asked) == len(unit.elements)
            else None
        )
        return {
            "code": unit.code,
            "title": unit.title,
            "share": _as_float(share),
            "score": self._percent(share),
            "result": self._result(all(each.passed for each in unit.elements)),
            "passed": all(each.passed for each in unit.elements),
            "elements": [self._element(each) for each in unit.elements],
        }

    def _element(self, element: ElementFact) -> dict[str, Any]:
        share = (
            Fraction(element.points) / element.asked if element.points and element.asked else None
        )
        rating = self.words["ratings"].get(element.rating, element.rating)
        return {
            "code": element.code,
            "title": element.title,
            "share": _as_float(share),
            "score": self._percent(share) or rating,
            "result": self._result(element.passed),
            "passed": element.passed,
            "day": self._day(element.passed_on) if element.passed_on else "",
        }

    def _result(self, passed: bool) -> str:
        return self.kind["passed" if passed else "missing"]

    def _percent(self, share: Fraction | None) -> str:
        """Write a share as percent with at most two decimals, rounded down: 2 of 3 is 66.66 %."""
        if share is None:
            return ""
        number = Decimal(int(share * 10_000)) / 100
        return self._say("percent", number=format_decimal(number, "0.##", locale=self.locale))

    def _pass_share(self) -> str:
        if not self.facts.pass_share:
            return ""
        return self._say("pass_share", share=self._percent(Fraction(self.facts.pass_share)))

    def _pairs(self, **values: str) -> Iterator[Pair]:
        """Give label and value of those that are not empty."""
        for name, value in values.items():
            if value:
                yield {"label": self.labels[name], "value": value}

    def _day(self, day: date) -> str:
        return str(format_date(day, "d MMMM y", locale=self.locale))

    def _say(self, sentence: str, **values: object) -> str:
        return self.sentences[sentence].format(**values)


def _as_float(share: Fraction | None) -> float | None:
    return None if share is None else min(1.0, max(0.0, float(share)))


def _composed(value: Any) -> Any:
    """Compose accents with their letters, in all texts of a document (Unicode NFC)."""
    if isinstance(value, str):
        return unicodedata.normalize("NFC", value)
    if isinstance(value, dict):
        return {name: _composed(each) for name, each in value.items()}
    return [_composed(each) for each in value] if isinstance(value, list) else value
