"""Skills, job roles, and the path from a course to a job."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from courses.faults import CourseFaultsError
from courses.finding import Wanted, facets_of, matching, wanted_of
from courses.model import Course, Level, Taught, Topic
from courses.skills import JobRole, framework, path_to, read_framework


def taught(**levels: Level) -> tuple[Taught, ...]:
    return tuple(Taught(name.replace("_", "-"), level) for name, level in levels.items())


def course_of(course: Course, course_id: str, hours: int, **levels: Level) -> Course:
    return replace(
        course, id=course_id, title=course_id, hours=Fraction(hours), teaches=taught(**levels)
    )


def role_of(**levels: Level) -> JobRole:
    return JobRole("tester", "Tester", "", "", taught(**levels))


A, P, E = Level.AWARENESS, Level.PRACTITIONER, Level.EXPERT


def test_what_is_delivered_is_whole_and_names_esco_by_its_own_addresses() -> None:
    found = framework()

    assert len(found.skills) > 48
    assert len(found.job_roles) >= 25
    circular = found.skills["circular-economy"]
    assert circular.esco == (
        "http://data.europa.eu/esco/skill/22c45bf7-e52b-475f-847b-c32a87f65a5d"
    )
    assert found.skills["lca-method"].esco == ""
    assert found.skills["lca-method"].broader == "product-life-cycle"
    assert found.job_roles["battery-assembler"].esco_code == "8212.3.1"


def test_faults_of_the_files_are_told(tmp_path: Path) -> None:
    (tmp_path / "skills.yaml").write_text(
        "skills:\n"
        '  - {id: a, title: A, esco: "http://data.europa.eu/esco/skill/fake-id-1"}\n'
        "  - {id: a, title: B, broader: z}\n"
    )
    (tmp_path / "job-roles.yaml").write_text(
        "job_roles:\n"
        "  - {id: r, title: R, requires: [{skill: b, level: expert}]}\n"
        "  - {id: every, title: R}\n"
    )

    with pytest.raises(CourseFaultsError) as caught:
        read_framework(tmp_path)

    assert [fault.message for fault in caught.value.faults] == [
        "esco 'http://data.europa.eu/esco/skill/fake-id-1' is no address of ESCO",
        "skill 'a' stands here twice",
        "broader 'z' does not stand above",
        "skill 'b' is not in skills.yaml",
        "job role 'every' stands here twice",
    ]
    assert [fault.line for fault in caught.value.faults] == [2, 3, 3, 2, 3]


def test_a_path_closes_each_gap_with_few_courses(capitals: Course) -> None:
    offered = [
        course_of(capitals, "first", 5, cyber_security=A, attack_vectors=A),
        course_of(capitals, "second", 3, risk_management=P),
        course_of(capitals, "third", 2, cyber_security=A),
    ]

    path = path_to(role_of(cyber_security=A, attack_vectors=A, risk_management=A), offered)

    assert [each.id for each in path.courses] == ["first", "second"]
    assert [[each.id for each in gap.courses] for gap in path.gaps] == [
        ["first", "third"],
        ["first"],
        ["second"],
    ]
    assert all(gap.closes and not gap.is_closed for gap in path.gaps)


def test_of_two_courses_alike_the_shorter_is_on_the_path(capitals: Course) -> None:
    offered = [
        course_of(capitals, "long", 20, cyber_security=A),
        course_of(capitals, "short", 2, cyber_security=A),
    ]

    assert [each.id for each in path_to(role_of(cyber_security=A), offered).courses] == ["short"]


def test_what_was_passed_is_no_gap_any_more(capitals: Course) -> None:
    first = course_of(capitals, "first", 5, cyber_security=P)
    second = course_of(capitals, "second", 5, cyber_security=A, attack_vectors=A)
    role = role_of(cyber_security=P, attack_vectors=A)

    path = path_to(role, [first, second], passed=[first])

    assert [gap.is_closed for gap in path.gaps] == [True, False]
    assert path.gaps[0].reached is P
    assert [each.id for each in path.courses] == ["second"]


def test_a_course_that_goes_part_of_the_way_is_told_as_such(capitals: Course) -> None:
    offered = [course_of(capitals, "first", 5, cyber_security=A)]

    fresh = path_to(role_of(cyber_security=E), offered)
    after = path_to(role_of(cyber_security=E), offered, passed=offered)

    assert (fresh.gaps[0].closes, [each.id for each in fresh.courses]) == (False, ["first"])
    assert (after.gaps[0].reached, after.courses) == (A, ())


def test_courses_are_found_by_all_that_is_wanted(capitals: Course) -> None:
    first = replace(capitals, id="first", topic=Topic.BATTERIES, job_roles=("battery-assembler",))
    second = replace(capitals, id="second", level=P, job_roles=("every",), project="RESIST")

    def found(**wanted: str) -> list[str]:
        return [each.id for each in matching([first, second], wanted_of(wanted))]

    assert found() == ["first", "second"]
    assert found(topic="batteries") == ["first"]
    assert found(level="practitioner") == ["second"]
    assert found(project="RESIST") == ["second"]
    assert found(job_role="battery-assembler") == ["first", "second"]
    assert found(job_role="energy-manager") == ["second"]
    assert found(skill="circular-economy") == ["first", "second"]
    assert found(skill="circular-economy", topic="batteries", level="expert") == []
    assert wanted_of({"colour": "red"}) == Wanted()


def test_only_what_some_course_has_can_be_looked_by(capitals: Course) -> None:
    facets = {facet.name: facet.values for facet in facets_of([capitals])}

    assert facets["topic"] == (("sustainability", ""),)
    assert facets["level"] == (("awareness", ""),)
    assert facets["project"] == (("Tests", "Tests"),)
    assert facets["skill"] == (("circular-economy", "Circular economy"),)
    assert [words for _, words in facets["job_role"]] == [
        "Recycling specialist",
        "Sustainability manager",
    ]
