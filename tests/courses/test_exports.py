"""The catalogue for other catalogues."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from fractions import Fraction

import pytest

from courses.exports import Addresses, as_csv, duration, json_ld
from courses.model import Course
from courses.scheme_reading import Schemes
from tests.courses.conftest import CAPITALS

ADDRESSES = Addresses(
    name_of=lambda course_id: f"https://tool.example.org/id/course/{course_id}",
    page_of=lambda course_id: f"https://tool.example.org/courses/{course_id}",
    provider="Alliance",
    provider_id="https://tool.example.org",
)
NAME = "https://tool.example.org/id/course/capitals"
ESCO = "http://data.europa.eu/esco/skill/22c45bf7-e52b-475f-847b-c32a87f65a5d"


def test_a_course_is_told_in_both_vocabularies(capitals: Course) -> None:
    graph = json.loads(json.dumps(json_ld([capitals], ADDRESSES)))["@graph"]
    found = {each["@id"]: each for each in graph}

    course = found[NAME]
    assert (course["@type"], course["name"]) == ("Course", "Capitals of the world")
    assert (course["timeRequired"], course["educationalLevel"]) == ("PT2H", "awareness")
    assert course["teaches"] == [
        {
            "@type": "DefinedTerm",
            "name": "Circular economy",
            "termCode": "circular-economy",
            "educationalLevel": "awareness",
            "@id": ESCO,
            "inDefinedTermSet": "http://data.europa.eu/esco/",
        }
    ]
    roles = [each["educationalRole"]["name"] for each in course["audience"][1:]]
    assert roles == ["Sustainability manager", "Recycling specialist"]
    opportunity = found[f"{NAME}#opportunity"]
    assert opportunity["@type"] == "elm:LearningOpportunity"
    achieved = found[opportunity["elm:learningAchievementSpecification"]["@id"]]
    assert achieved["elm:volumeOfLearning"]["@value"] == "PT2H"
    outcomes = achieved["elm:learningOutcome"]
    assert len(outcomes) == sum(len(module.outcomes) for module in capitals.modules) + 1
    assert outcomes[-1]["elm:relatedESCOSkill"] == {"@id": ESCO}
    assert opportunity["elm:providedBy"]["@id"] in found


def test_a_course_tells_the_certificates_that_schemes_give_it_and_no_others(
    capitals: Course,
) -> None:
    schemes = Schemes([CAPITALS.parent])

    told = json_ld([capitals], ADDRESSES, schemes)["@graph"][1]
    untold = json_ld([capitals], ADDRESSES)["@graph"][1]
    [row] = csv.DictReader(io.StringIO(as_csv([capitals], ADDRESSES, schemes)))

    assert told["educationalCredentialAwarded"] == [
        "Certificate of attendance",
        "Certificate (exam)",
    ]
    assert "educationalCredentialAwarded" not in untold
    assert row["certificates"] == "Certificate of attendance; Certificate (exam)"


def test_what_a_course_does_not_say_is_left_out(capitals: Course) -> None:
    bare = replace(capitals, topic=None, teaches=(), job_roles=(), audience="", prior_knowledge="")

    course = json_ld([bare], ADDRESSES)["@graph"][1]

    assert course["teaches"] == course["audience"] == []
    assert not {"about", "coursePrerequisites", "funding"} & set(course)


def test_a_line_of_the_table_holds_a_course(capitals: Course) -> None:
    [row] = csv.DictReader(io.StringIO(as_csv([capitals], ADDRESSES)))

    assert (row["id"], row["hours"], row["topic"]) == ("capitals", "2", "sustainability")
    assert row["skills"] == "Circular economy (awareness)"
    assert row["job_roles"] == "Sustainability manager; Recycling specialist"
    assert row["url"] == "https://tool.example.org/courses/capitals"
    assert row["legal_status_on"] == "2026-01-01"


def test_a_table_holds_nothing_that_a_spreadsheet_would_work_out(capitals: Course) -> None:
    sly = replace(capitals, title="=1+1", job_roles=("every",))

    [row] = csv.DictReader(io.StringIO(as_csv([sly], ADDRESSES)))

    assert row["title"] == "'=1+1"
    assert row["job_roles"] == "every"


@pytest.mark.parametrize(
    ("hours", "text"), [("24", "PT24H"), ("3/2", "PT1H30M"), ("1/2", "PT30M"), ("0", "PT0H")]
)
def test_hours_are_told_as_the_standard_has_them(hours: str, text: str) -> None:
    assert duration(Fraction(hours)) == text
