"""All courses of one or several folders, by id."""

from __future__ import annotations

import functools
import gc
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from courses.faults import CourseFaultsError, Fault
from courses.loader import check_course
from courses.model import Course
from courses.shelf import Shelf, is_draft


def course_folders(folder: Path) -> list[Path]:
    """Give the folders of courses below a folder, or the folder itself where it is one."""
    if (folder / "course.yaml").is_file():
        return [folder]
    return sorted(path.parent for path in folder.glob("*/course.yaml"))


@contextmanager
def _uncollected() -> Iterator[None]:
    """Make many things that stay, without looking for rubbish among them all the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


class Catalogue:
    """The courses, read once; drafts are left out.

    A page's text becomes HTML when somebody first asks for it.
    """

    def __init__(self, folders: Sequence[Path]) -> None:
        """Read all courses.

        Raises:
            CourseFaultsError: a course is faulty, or two have the same id.
        """
        faults: list[Fault] = []
        self._courses: dict[str, Course] = {}
        paths = [
            path for folder in folders for path in course_folders(folder) if not is_draft(path)
        ]
        with _uncollected():
            shelf = Shelf(paths)
            for path in paths:
                faults += self._read(path, shelf)
        if faults:
            raise CourseFaultsError(faults)
        self._link()

    def _read(self, path: Path, shelf: Shelf) -> list[Fault]:
        course, faults = check_course(path, shelf=shelf, at_once=False)
        if course is None:
            return faults
        if course.id in self._courses:
            message = f"course {course.id!r} is there twice"
            faults.append(Fault(path / "course.yaml", 0, message))
        self._courses[course.id] = course
        return faults

    def get(self, course_id: str) -> Course | None:
        """Give a course; None where there is none of that id."""
        return self._courses.get(course_id)

    def all(self) -> tuple[Course, ...]:
        """Give all courses by title."""
        return tuple(sorted(self._courses.values(), key=lambda course: course.title))

    def _link(self) -> None:
        """Tell modules that stand in several courses of each other."""
        holders: dict[tuple[str, str], list[str]] = {}
        for course in self._courses.values():
            for module in course.modules:
                holders.setdefault((module.owner or course.id, module.id), []).append(course.id)
        for course_id, course in self._courses.items():
            modules = []
            for module in course.modules:
                others = [
                    each
                    for each in holders[module.owner or course_id, module.id]
                    if each != course_id
                ]
                sharers = functools.partial(self._all_of, tuple(others))
                modules.append(replace(module, sharers=sharers) if others else module)
            self._courses[course_id] = replace(course, modules=tuple(modules))

    def _all_of(self, course_ids: tuple[str, ...]) -> tuple[Course, ...]:
        return tuple(self._courses[each] for each in course_ids)
