"""Skill cards: read from files, with their faults, and true to the courses they belong to."""

from __future__ import annotations

from pathlib import Path

import pytest

from courses.card_reading import read_cards
from courses.catalogue import Catalogue
from courses.faults import Fault
from courses.model import Course
from tests.courses.conftest import CONTENT

CARD = """\
id: brakes
version: "2"
title: Brakes
job_role: vehicle-technician
portal_domain: "7"
skills: [automotive-engineering]
source: Made for tests.
units:
  - code: U1
    title: Discs
    elements:
      - {code: U1.E1, title: Thin discs, portal_id: "71", criteria: [Measures it, Changes it]}
      - {code: U1.E2, title: Thick discs, is_ours: true}
"""


def read(tmp_path: Path, text: str, name: str = "brakes") -> tuple[dict[str, object], list[str]]:
    """Read one card, and give its faults as `line: message`."""
    (tmp_path / "skill-cards").mkdir(exist_ok=True)
    (tmp_path / "skill-cards" / f"{name}.yaml").write_text(text)
    faults: list[Fault] = []
    cards = read_cards(tmp_path, faults)
    return dict(cards), [f"{each.line}: {each.message}" for each in faults]


def test_a_card_is_read_with_numbered_criteria_and_what_is_ours(tmp_path: Path) -> None:
    (tmp_path / "skill-cards").mkdir()
    (tmp_path / "skill-cards" / "brakes.yaml").write_text(CARD)
    faults: list[Fault] = []

    card = read_cards(tmp_path, faults)["brakes"]

    assert faults == []
    assert [each.code for each in card.elements] == ["U1.E1", "U1.E2"]
    first, second = card.elements
    assert [(each.id, each.text) for each in first.criteria] == [
        ("PC1", "Measures it"),
        ("PC2", "Changes it"),
    ]
    assert (first.portal_id, first.is_ours, second.is_ours) == ("71", False, True)
    assert card.element("U1.E2") is second
    assert card.element("U9") is None


def test_the_fingerprint_follows_the_content_and_not_how_it_is_written(tmp_path: Path) -> None:
    def fingerprint(text: str) -> str:
        (tmp_path / "skill-cards").mkdir(exist_ok=True)
        (tmp_path / "skill-cards" / "brakes.yaml").write_text(text)
        return read_cards(tmp_path, [])["brakes"].fingerprint

    before = fingerprint(CARD)

    assert fingerprint("# A comment.\n" + CARD) == before
    assert fingerprint(CARD.replace("Thin discs", "Thin  discs")) != before
    assert fingerprint(CARD.replace('version: "2"', 'version: "3"')) != before


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("id: brakes", "id: breaks", "1: id 'breaks' is not the name of the file"),
        ("vehicle-technician", "pilot", "4: job_role 'pilot' is not in job-roles.yaml"),
        ("[automotive-engineering]", "[flying]", "6: skill 'flying' is not in skills.yaml"),
        ("U1.E2", "U1.E1", "8: element 'U1.E1' stands here twice"),
        ("U1.E2", "e 2", "13: code 'e 2' is none"),
        ("is_ours: true", "is_ours: false", "13: element U1.E2 has no criteria"),
        ("title: Discs", "title: Discs\n    colour: red", "11: 'colour' is not known here"),
        ("source: Made for tests.\n", "", "1: 'source' is missing"),
    ],
)
def test_a_fault_is_told_with_its_line(tmp_path: Path, old: str, new: str, fault: str) -> None:
    assert old in CARD

    _cards, faults = read(tmp_path, CARD.replace(old, new, 1))

    assert fault in faults


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    """Give the courses that are delivered."""
    return Catalogue((CONTENT,))


def test_each_course_has_a_card_whose_elements_are_those_of_its_exam(catalogue: Catalogue) -> None:
    cards = read_cards(CONTENT, [])
    own = {
        "cybereng-manager": "cybersecurity-manager",
        "cybereng-engineer": "cybersecurity-engineer",
    }

    for course in catalogue.all():
        card = cards[own.get(course.id, course.id)]
        assert course.exam is not None
        if course.id not in own:
            assert [each.title for each in card.elements] == [
                each.title for each in course.exam.elements
            ]
        assert len(card.elements) == len(course.exam.elements)
        assert card.skills == tuple(each.skill for each in course.teaches)


def test_criteria_of_a_courses_card_are_the_outcomes_it_teaches(catalogue: Catalogue) -> None:
    cards = read_cards(CONTENT, [])

    for course in catalogue.all():
        if course.id in cards:
            asked = [
                each.text for element in cards[course.id].elements for each in element.criteria
            ]
            assert asked == taught(course)


def taught(course: Course) -> list[str]:
    """Give the outcomes of the modules that the exam's elements examine, in their order."""
    assert course.exam is not None
    modules = {module.id: module for module in course.modules}
    order = [
        each
        for place, element in enumerate(course.exam.elements)
        for each in element.modules or (course.modules[place].id,)
    ]
    return [outcome.text for each in order for outcome in modules[each].outcomes]


def test_what_the_published_cards_do_not_show_is_marked_as_ours() -> None:
    manager = read_cards(CONTENT, [])["cybersecurity-manager"]

    published = [each.code for each in manager.elements if not each.is_ours]

    assert published == ["U1.E3", "U2.E2", "U2.E4"]
    assert [each.portal_id for each in manager.elements if each.portal_id] == [
        "5535",
        "5537",
        "5539",
    ]
