"""The page of a certificate beside its paper: every printed value stands on it, word for word."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import fields, replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from courses.schemes import SchemeKind
from lti_tool.certification.document import Typesetter
from lti_tool.certification.facts import ElementFact, Facts, UnitFact
from lti_tool.certification.printed import page_of
from lti_tool.certification.register_models import Certificate
from lti_tool.db import Database
from lti_tool.files import Files
from tests.lti_tool.certification.papers import CREDENTIAL, OUTCOMES, heard, paper, units
from tests.lti_tool.certification.shelves import shelve, shelve_holder

OF_THE_SHEET = {
    "language", "title_language", "kind", "words", "document_title", "issued", "address", "url",
    "level", "share", "passed", "is_test", "day",
}  # fmt: skip
"""What the typesetter is given that is no printed value, or is said in words elsewhere."""
OWN = ("certificate_id", "number", "code", "verify_url", "status_index")
"""Of facts: each certificate's own."""
TRAINER = "Dr. Ève O\u2019Neil"
MARKS = (
    UnitFact("U1", "Foundations", (
        ElementFact("U1.E1", "Law & order", True, "7/3", 3),
        ElementFact("U1.E2", "Planning", True, "2", 3),
    )),
    UnitFact("U2", "Practice", (ElementFact("U2.E1", "Testing", True, "3", 3),)),
)  # fmt: skip
RATED = (
    UnitFact("U1", "Foundations", (
        ElementFact("U1.E1", "Law", True, rating="met"),
        ElementFact("U1.E2", "Planning", False, rating="partly"),
    )),
)  # fmt: skip


def full(kind: SchemeKind) -> Facts:
    """Give facts of a kind that say as much as they can."""
    facts = paper(kind)
    judged = {SchemeKind.EVIDENCE: RATED, SchemeKind.ATTENDANCE: facts.units}
    return replace(
        facts,
        issuer=replace(facts.issuer, identifier="VATAT-U12345678", url="https://asa.example.org/"),
        valid_from=date(2026, 12, 1),
        exam_body="Examiners & Co",
        training_body="Example Training Ltd",
        trainer=TRAINER,
        taken_over_from="ECQA register, 12345",
        supersedes="ASA-EX-2025-000001",
        renews="ASA-EX-2023-000007",
        prerequisites="A degree <or> practice",
        outcomes=facts.outcomes or OUTCOMES,
        units=judged.get(kind, MARKS),
        esco=(("perform risk analysis", "http://data.europa.eu/esco/skill/3b6e7d5a"),),
        notices=("It never authorises work on high voltage.",),
        is_test=True,
    )


@pytest.fixture(params=list(SchemeKind))
def facts(request: pytest.FixtureRequest) -> Facts:
    """Give facts of each kind in turn."""
    return full(request.param)


def shelved(database: Database, facts: Facts) -> Certificate:
    given = {each.name: getattr(facts, each.name) for each in fields(facts)}
    with database.begin() as session:
        holder_id = shelve_holder(session, name=facts.holder_name)
        kept = {name: value for name, value in given.items() if name not in OWN}
        return shelve(session, holder_id, **kept)


def read(client: FlaskClient, certificate: Certificate, name: str = "") -> str:
    """Give the words of a certificate's page, single-spaced; with a name, those behind it."""
    answer = client.get(f"/verify/{certificate.code}")
    if name:
        found = re.search(r'name="csrf_token" value="([^"]+)"', answer.get_data(as_text=True))
        assert found
        form = {"csrf_token": found[1], "name": name}
        answer = client.post(f"/verify/{certificate.code}", data=form)
    main = answer.get_data(as_text=True).partition("<main")[2].partition("</main")[0]
    words = html.unescape(re.sub(r"<[^>]+>", " ", "<" + main))
    return " ".join(words.split())


def values_in(made: Any) -> Iterator[str]:
    """Give all printed values of what the typesetter is given."""
    if isinstance(made, dict):
        for name, value in made.items():
            if name not in OF_THE_SHEET:
                yield from values_in(value)
    elif isinstance(made, list):
        for each in made:
            yield from values_in(each)
    elif isinstance(made, str) and made:
        yield from (" ".join(line.split()) for line in made.splitlines())


def letters(text: str) -> str:
    """Give the letters and digits of a text, however its lines are broken."""
    return re.sub(r"\W+", "", text).casefold()


def furniture(facts: Facts) -> str:
    """Give what a sheet says of itself, and not of its holder."""
    page = page_of(facts)
    words = page["words"]
    belongs = words["belongs"].format(number=page["number"], name=page["name"], code=page["code"])
    sheets = (words["page"].format(page=number, pages=2) for number in (1, 2))
    said = (words["check"], words["seal"], words["more"], words["supplement"], belongs, *sheets)
    return " ".join((*said, words["particulars"], words["code_column"], page["address"]))


def test_every_printed_value_stands_on_the_page(
    client: FlaskClient, database: Database, facts: Facts
) -> None:
    certificate = shelved(database, facts)
    printed = page_of(Facts.from_json(certificate.facts))

    page = read(client, certificate, facts.holder_name)

    missing = [each for each in values_in(printed) if each not in page]
    assert missing == []
    assert printed["code"] in page
    assert printed["words"]["name"] in page
    assert printed["words"]["test"] in page


def test_scores_and_shares_are_those_of_the_paper(client: FlaskClient, database: Database) -> None:
    certificate = shelved(database, full(SchemeKind.EXAM))

    page = read(client, certificate, "Šťastná")

    assert "U1 Foundations 72.22 % Passed" in page
    assert "U1.E1 Law & order 77.77 % Passed" in page
    assert "at least 66.66 % in each element" in page
    assert "Valid from 1 December 2026" in page
    assert "Level 6 of 8" in page
    assert "VATAT-U12345678" in page
    assert "Replaces ASA-EX-2025-000001" in page


def test_a_rating_and_a_missed_element_are_told_as_on_paper(
    client: FlaskClient, database: Database
) -> None:
    certificate = shelved(database, full(SchemeKind.EVIDENCE))

    page = read(client, certificate, "Šťastná")

    assert "U1.E1 Law Met Passed" in page
    assert "U1.E2 Planning Partly met Not passed" in page
    assert "All units and elements passed" not in page


def test_a_unit_that_only_repeats_its_element_is_told_once(
    client: FlaskClient, database: Database
) -> None:
    alone = UnitFact("M1", "Welcome", (ElementFact("M1.E1", "Welcome", True),))
    certificate = shelved(database, replace(full(SchemeKind.ATTENDANCE), units=(alone,)))

    page = read(client, certificate, "Šťastná")

    assert "M1 Welcome Attended" in page
    assert "M1.E1" not in page


def test_before_the_name_is_known_only_what_is_public_shows(
    client: FlaskClient, database: Database, facts: Facts
) -> None:
    certificate = shelved(database, facts)
    printed = page_of(Facts.from_json(certificate.facts))

    page = read(client, certificate)

    assert printed["number"] in page
    assert printed["title"] in page
    assert all(each["value"] in page for each in printed["dates"])
    for unit in printed["units"]:
        assert unit["title"] in page
        assert not unit["score"] or unit["score"] not in page
    kept = (facts.holder_name, "Šťastná", "báňská", TRAINER, "77.77", "Partly met", "ECQA register",
            "ASA-EX-2025-000001", "N. N.")  # fmt: skip
    assert [each for each in kept if each in page] == []


@pytest.mark.parametrize("kind", [SchemeKind.EXAM, SchemeKind.MICRO_CREDENTIAL])
def test_what_a_reader_aloud_is_told_of_the_paper_stands_on_the_page(
    client: FlaskClient, database: Database, tmp_path: Path, kind: SchemeKind
) -> None:
    made = paper(kind, units=units(points="7/3", asked=3))
    certificate = shelved(database, made)
    kept = Facts.from_json(certificate.facts)
    told = heard(Typesetter(Files(str(tmp_path))).make(kept, CREDENTIAL))

    page = read(client, certificate, "Šťastná")

    missing = {each for each in map(letters, told) if each not in letters(page)}
    assert {each for each in missing if each not in letters(furniture(kept))} == set()
