"""All courses of one or several folders, by id."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from courses.faults import CourseFaultsError, Fault
from courses.loader import check_course
from courses.model import Course


def course_folders(folder: Path) -> list[Path]:
    """Give the folders of courses below a folder, or the folder itself where it is one."""
    if (folder / "course.yaml").is_file():
        return [folder]
    return sorted(path.parent for path in folder.glob("*/course.yaml"))


class Catalogue:
    """The courses, read once."""

    def __init__(self, folders: Sequence[Path]) -> None:
        """Read all courses.

        Raises:
            CourseFaultsError: a course is faulty, or two have the same id.
        """
        faults: list[Fault] = []
        self._courses: dict[str, Course] = {}
        for path in (each for folder in folders for each in course_folders(folder)):
            course, found = check_course(path)
            faults += found
            if course is None:
                continue
            if course.id in self._courses:
                faults.append(
                    Fault(path / "course.yaml", 0, f"course {course.id!r} is there twice")
                )
            self._courses[course.id] = course
        if faults:
            raise CourseFaultsError(faults)

    def get(self, course_id: str) -> Course | None:
        """Give a course; None where there is none of that id."""
        return self._courses.get(course_id)

    def all(self) -> tuple[Course, ...]:
        """Give all courses by title."""
        return tuple(sorted(self._courses.values(), key=lambda course: course.title))
