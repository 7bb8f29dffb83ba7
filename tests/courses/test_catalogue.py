"""All courses of several folders."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from courses.catalogue import Catalogue, course_folders
from courses.faults import CourseFaultsError
from tests.courses.conftest import ALIFECA, CAPITALS, Edit


def test_courses_are_found_by_id_and_listed_by_title() -> None:
    catalogue = Catalogue([CAPITALS, ALIFECA])

    capitals = catalogue.get("capitals")

    assert capitals is not None
    assert capitals.title == "Capitals of the world"
    assert catalogue.get("atlantis") is None
    assert [course.id for course in catalogue.all()] == ["alifeca", "capitals"]


def test_a_folder_is_a_course_or_holds_courses(tmp_path: Path) -> None:
    assert course_folders(CAPITALS) == [CAPITALS]
    assert course_folders(CAPITALS.parent) == [CAPITALS]
    assert course_folders(tmp_path) == []
    assert Catalogue([tmp_path, tmp_path / "missing"]).all() == ()


def test_a_course_that_is_there_twice_is_a_fault(tmp_path: Path) -> None:
    shutil.copytree(CAPITALS, tmp_path / "capitals")

    with pytest.raises(CourseFaultsError, match="course 'capitals' is there twice"):
        Catalogue([CAPITALS, tmp_path])


def test_the_faults_of_all_courses_are_told_together(folder: Path, edit: Edit) -> None:
    edit("course.yaml", "hours: 2", "hours: two")
    shutil.copytree(folder, folder.parent / "cities")

    with pytest.raises(CourseFaultsError) as caught:
        Catalogue([folder.parent])

    assert {fault.file.parent.name for fault in caught.value.faults} == {"capitals", "cities"}
