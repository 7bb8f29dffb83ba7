"""For authors: ``python -m courses check FOLDER``."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from courses.catalogue import course_folders
from courses.loader import check_course
from courses.model import Course
from courses.scheme_reading import check_schemes
from courses.shelf import is_draft


def main(arguments: list[str] | None = None) -> int:
    """Check a course, or a folder of courses with its schemes; give 1 where there are faults."""
    parser = argparse.ArgumentParser(prog="python -m courses", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    check = commands.add_parser("check", help="tell every fault with file, line and a hint")
    check.add_argument("folder", type=Path)
    check.add_argument("--strict", action="store_true", help="ask for what a release needs")
    given = parser.parse_args(arguments)
    folders = course_folders(given.folder)
    if not folders:
        parser.error(f"{given.folder} holds no course.yaml, nor does a folder in it")
    total = 0
    courses: list[Course] = []
    for folder in folders:
        if given.strict and folder != given.folder and is_draft(folder):
            sys.stdout.write(f"{folder.name}: a draft, left out\n")
            continue
        total += _check(folder, courses, strict=given.strict)
    if given.folder not in folders:
        total += _check_schemes(given.folder, courses)
    sys.stdout.write(f"{total} fault{'' if total == 1 else 's'}\n")
    return 1 if total else 0


def _check(folder: Path, courses: list[Course], *, strict: bool) -> int:
    course, faults = check_course(folder, strict=strict)
    for fault in faults:
        sys.stdout.write(f"{fault}\n")
    if course is not None:
        courses.append(course)
        if not faults:
            items = sum(1 for _ in course.items())
            told = f"{len(course.modules)} modules, {items} items, no fault"
            sys.stdout.write(f"{course.id}: {told}\n")
    return len(faults)


def _check_schemes(folder: Path, courses: list[Course]) -> int:
    cards, schemes, faults = check_schemes(folder, courses)
    for fault in faults:
        sys.stdout.write(f"{fault}\n")
    if (cards or schemes) and not faults:
        sys.stdout.write(f"skill cards: {cards}, schemes: {schemes}, no fault\n")
    return len(faults)


if __name__ == "__main__":
    raise SystemExit(main())
