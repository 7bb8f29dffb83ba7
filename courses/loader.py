"""A folder of YAML and Markdown -> Course; faults name file and line."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from pathlib import Path

from courses.assessments import read_exam, read_quiz
from courses.checks import check_release
from courses.faults import CourseFaultsError, Fault, did_you_mean
from courses.model import Course, Exam, Level, Module, Outcome, Page, Quiz
from courses.pages import PageReader
from courses.source import ID, Section, Source

LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")


def load_course(folder: Path) -> Course:
    """Read a course.

    Raises:
        CourseFaultsError: something in it is wrong; all faults are told together.
    """
    course, faults = check_course(folder)
    if faults or course is None:
        raise CourseFaultsError(faults)
    return course


def check_course(folder: Path, *, strict: bool = False) -> tuple[Course | None, list[Fault]]:
    """Read a course and give it with its faults, in order of file and line.

    Args:
        folder: of the course.
        strict: also ask for what a release needs; see `courses/checks.py`.
    """
    reader = _CourseReader(folder)
    course = reader.read()
    if course is not None and strict:
        reader.faults += check_release(course, folder)
    once = dict.fromkeys(reader.faults)
    return course, sorted(once, key=lambda fault: (str(fault.file), fault.line))


class _CourseReader:
    """Reads one folder; gathers faults as it goes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.faults: list[Fault] = []
        self.pages = PageReader(folder, self.faults)

    def read(self) -> Course | None:
        """Read everything."""
        section = Source(self.folder / "course.yaml", self.faults).read_section()
        if section is None:
            return None
        course = Course(
            id=self._course_id(section),
            title=section.text("title", length=200),
            summary=section.text("summary", length=600),
            version=section.text("version", length=40),
            fingerprint=fingerprint(self.folder),
            language=_language(section),
            level=Level(section.choice("level", tuple(Level))),
            hours=section.number("hours"),
            licence=section.text("licence", length=80),
            audience=section.text("audience", default=""),
            prior_knowledge=section.text("prior_knowledge", default=""),
            project=section.text("project", default=""),
            legal_status_on=section.day("legal_status_on"),
            notice=section.text("notice", default="") or None,
            modules=self._modules(section),
            exam=self._exam(section),
            media_dir=str(self.pages.media_dir),
        )
        section.finish()
        self.pages.check_links({item.id for item in course.items()})
        return course

    def _course_id(self, section: Section) -> str:
        course_id = section.id()
        if course_id and course_id != self.folder.resolve().name:
            section.fault(f"id {course_id!r} is not the name of the folder", key="id")
        return course_id

    def _exam(self, section: Section) -> Exam | None:
        name = section.text("exam", default="")
        if not name:
            return None
        if not ID.fullmatch(name) or not (self.folder / name).is_dir():
            section.fault(f"exam {name!r} has no folder", key="exam")
            return None
        return read_exam(self.folder / name, self.faults)

    def _modules(self, section: Section) -> tuple[Module, ...]:
        listed = _once(section, "modules")
        modules = [self._module(name, line, section) for name, line in listed]
        names = {name for name, _ in listed}
        for path in sorted(self.folder.glob("*/module.yaml")):
            if path.parent.name not in names:
                hint = f"Add `- {path.parent.name}` to modules."
                section.fault(f"module {path.parent.name} is not listed", hint, key="modules")
        return tuple(module for module in modules if module is not None)

    def _module(self, name: str, line: int, course: Section) -> Module | None:
        folder = self.folder / name
        if not ID.fullmatch(name) or not folder.is_dir():
            known = [each.parent.name for each in self.folder.glob("*/module.yaml")]
            course.fault(f"module {name!r} has no folder", did_you_mean(name, known), line=line)
            return None
        section = Source(folder / "module.yaml", self.faults).read_section()
        if section is None:
            return None
        outcomes = _outcomes(section)
        module = Module(
            id=name,
            title=section.text("title", length=200),
            summary=section.text("summary", default="", length=600),
            hours=section.number("hours", default="0"),
            outcomes=outcomes,
            items=self._items(folder, section, [outcome.id for outcome in outcomes]),
        )
        section.finish()
        return module

    def _items(
        self, folder: Path, module: Section, outcomes: Sequence[str]
    ) -> tuple[Page | Quiz, ...]:
        listed = _once(module, "items")
        found = [self._item(folder, name, line, module, outcomes) for name, line in listed]
        names = {"module", *(name for name, _ in listed)}
        for path in sorted([*folder.glob("*.md"), *folder.glob("*.yaml")]):
            if path.stem not in names:
                hint = f"Add `- {path.stem}` to items."
                module.fault(f"{path.name} is not listed", hint, key="items")
        return tuple(item for item in found if item is not None)

    def _item(
        self, folder: Path, name: str, line: int, module: Section, outcomes: Sequence[str]
    ) -> Page | Quiz | None:
        if ID.fullmatch(name) and (folder / f"{name}.md").is_file():
            return self.pages.read(folder / f"{name}.md", outcomes)
        if ID.fullmatch(name) and (folder / f"{name}.yaml").is_file() and name != "module":
            return read_quiz(folder / f"{name}.yaml", outcomes, self.faults)
        known = [path.stem for path in (*folder.glob("*.md"), *folder.glob("*.yaml"))]
        module.fault(f"item {name!r} has no file", did_you_mean(name, known), line=line)
        return None


def _outcomes(section: Section) -> tuple[Outcome, ...]:
    found: list[Outcome] = []
    for each in section.sections("outcomes"):
        outcome = Outcome(each.id(), each.text("text", length=300))
        if outcome.id and outcome.id in [known.id for known in found]:
            each.fault(f"outcome {outcome.id!r} stands here twice", key="id")
        found.append(outcome)
        each.finish()
    return tuple(found)


def _once(section: Section, key: str) -> list[tuple[str, int]]:
    """Give a list of ids with their lines; one that comes again is a fault, and left out."""
    found: dict[str, int] = {}
    for name, line in section.texts(key, needed=True):
        if name in found:
            section.fault(f"{name!r} stands here twice", line=line)
        else:
            found[name] = line
    return list(found.items())


def _language(section: Section) -> str:
    tag = section.text("language", default="en")
    if not LANGUAGE.fullmatch(tag):
        section.fault(f"language {tag!r} is no tag", "Write en, de or pt-BR.", key="language")
        return "en"
    return tag


def fingerprint(folder: Path) -> str:
    """Hash all files of a course with their names, but not what made its media (``media/src``)."""
    whole = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder)
        hidden = any(part.startswith(".") for part in inside.parts)
        if path.is_file() and not hidden and inside.parts[:2] != ("media", "src"):
            content = path.read_bytes()
            whole.update(f"{inside.as_posix()}\0{len(content)}\0".encode())
            whole.update(content)
    return whole.hexdigest()
