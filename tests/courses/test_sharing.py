"""A course takes a module or a pool of another: one text, read in its own place."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from courses.catalogue import Catalogue
from courses.faults import CourseFaultsError, Fault
from courses.loader import check_course, load_course
from courses.model import Course, Page
from tests.courses.conftest import CAPITALS, Edit
from tests.courses.rivers import write_rivers

USES = "{uses: capitals/01-europe}"


@pytest.fixture
def rivers(folder: Path) -> Path:
    """Give a course beside that of capitals, that takes its first module and pool."""
    return write_rivers(folder.parent)


def faults(folder: Path) -> list[Fault]:
    return check_course(folder)[1]


def test_a_module_of_another_course_stands_in_both(rivers: Path) -> None:
    course = load_course(rivers)

    assert [module.id for module in course.modules] == ["01-europe", "02-danube"]
    assert [module.owner for module in course.modules] == ["capitals", ""]
    assert course.owner_of("01-europe/quiz") == course.owner_of("01-europe") == "capitals"
    assert course.owner_of("02-danube/01-source") == course.owner_of("exam") == "rivers"
    page = course.item("01-europe/01-west")
    own = load_course(CAPITALS).item("01-europe/01-west")
    assert isinstance(page, Page)
    assert isinstance(own, Page)
    assert page.html == own.html


def test_its_terms_questions_and_pool_come_with_it(rivers: Path) -> None:
    course = load_course(rivers)

    assert [each.term for each in course.glossary] == [
        "Capital",
        "Latitude",
        "Mouth",
        "Sovereign state",
        "UTC",
    ]
    assert course.self_test is not None
    assert [(module, q.id) for module, q in course.self_test.questions] == [
        ("02-danube", "d1"),
        ("01-europe", "01-europe-s1"),
        ("01-europe", "01-europe-s2"),
    ]
    assert course.exam is not None
    assert [(each.id, each.pool[0].id) for each in course.exam.elements] == [
        ("e1", "m1-q1"),
        ("e2", "r1"),
    ]


def test_its_fingerprint_changes_with_the_other_course(rivers: Path, edit: Edit) -> None:
    before = load_course(rivers).fingerprint

    edit("01-europe/01-west.md", "title:", "title: The")

    assert load_course(rivers).fingerprint != before


@pytest.mark.parametrize(
    ("uses", "message"),
    [
        ("capitals", "uses 'capitals' is no place"),
        ("capital/01-europe", "uses: there is no course 'capital'"),
        ("capitals/01-europa", "course 'capitals' has no module '01-europa' of its own"),
        ("rivers/02-danube", "uses: this is the course itself"),
    ],
)
def test_what_is_not_there_cannot_be_taken(rivers: Path, uses: str, message: str) -> None:
    path = rivers / "course.yaml"
    path.write_text(path.read_text().replace(USES, f"{{uses: {uses}}}"))

    told = {fault.message: (fault.file, fault.line) for fault in faults(rivers)}

    assert told[message] == (path, 11)


def test_a_module_that_is_itself_taken_cannot_be_taken_again(rivers: Path, tmp_path: Path) -> None:
    lakes = Path(shutil.copytree(rivers, tmp_path / "lakes"))
    path = lakes / "course.yaml"
    text = path.read_text().replace("id: rivers", "id: lakes")
    path.write_text(text.replace("capitals/01-europe", "rivers/01-europe"))

    told = [fault.message for fault in faults(lakes)]

    assert "course 'rivers' has no module '01-europe' of its own" in told


def test_a_draft_is_taken_by_a_draft_only(rivers: Path, edit: Edit) -> None:
    edit("course.yaml", "exam: exam", "exam: exam\ndraft: true")

    assert "uses: course 'capitals' is a draft" in [fault.message for fault in faults(rivers)]
    path = rivers / "course.yaml"
    path.write_text(f"{path.read_text()}draft: true\n")
    assert faults(rivers) == []


def test_links_out_of_a_taken_module_must_lead_somewhere_here_too(rivers: Path, edit: Edit) -> None:
    line = edit("01-europe/01-west.md", "../01-europe/02-north.md", "../02-world/01-asia.md")

    [fault] = faults(rivers)

    assert fault.file == rivers / "course.yaml"
    assert fault.message == "01-europe links to 02-world/01-asia, which this course does not have"
    assert fault.hint == f"01-europe/01-west.md:{line}"


def test_a_pool_that_is_not_there_cannot_be_taken(rivers: Path) -> None:
    path = rivers / "exam" / "exam.yaml"
    path.write_text(path.read_text().replace("capitals/01-europe", "capitals/exam"))

    assert "course 'capitals' has no pool 'exam'" in [fault.message for fault in faults(rivers)]


def test_the_catalogue_tells_modules_of_each_other(rivers: Path) -> None:
    catalogue = Catalogue([rivers.parent])
    capitals, found = catalogue.get("capitals"), catalogue.get("rivers")
    assert capitals is not None
    assert found is not None

    def sharers(course: Course) -> list[list[str]]:
        return [[each.id for each in module.sharers()] for module in course.modules]

    assert sharers(capitals) == [["rivers"], []]
    assert sharers(found) == [["capitals"], []]


def test_drafts_are_left_out_of_the_catalogue_with_their_faults(rivers: Path) -> None:
    path = rivers / "course.yaml"
    path.write_text(f"{path.read_text()}draft: true\nnonsense: 1\n")

    catalogue = Catalogue([rivers.parent])

    assert [course.id for course in catalogue.all()] == ["capitals"]


def test_a_faulty_module_keeps_both_courses_out(rivers: Path, edit: Edit) -> None:
    edit("01-europe/quiz.yaml", "kind: single", "kind: singel")

    with pytest.raises(CourseFaultsError):
        Catalogue([rivers.parent])
