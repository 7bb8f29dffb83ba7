"""A folder of YAML and Markdown -> Course; faults name file and line."""

from __future__ import annotations

import re
from pathlib import Path

from courses.assessments import read_exam
from courses.checks import check_release
from courses.faults import CourseFaultsError, Fault, did_you_mean
from courses.glossary import merged, read_glossary
from courses.model import Course, Exam, Level, Module, SelfTest, Term
from courses.modules import TakenModule, read_module, take_module, with_taken_questions
from courses.pages import PLACES, PageReader
from courses.particulars import read_particulars
from courses.selftest import read_self_test
from courses.shelf import Shelf, fingerprint, joined
from courses.source import ID, Section, Source

__all__ = ["check_course", "fingerprint", "load_course"]

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


def check_course(
    folder: Path, *, strict: bool = False, shelf: Shelf | None = None, at_once: bool = True
) -> tuple[Course | None, list[Fault]]:
    """Read a course and give it with its faults, in order of file and line.

    Args:
        folder: of the course.
        strict: also ask for what a release needs; see `courses/checks.py`.
        shelf: the courses it may take modules of; those in folders beside it, if none is given.
        at_once: make HTML of every page now, and look for faults in them.
    """
    reader = _CourseReader(folder, shelf or Shelf.around(folder), at_once=at_once or strict)
    course = reader.read()
    if course is not None and strict:
        reader.faults += check_release(course, folder)
    once = dict.fromkeys(fault for fault in reader.faults if strict or not fault.for_release)
    return course, sorted(once, key=lambda fault: (str(fault.file), fault.line))


class _CourseReader:
    """Reads one folder; gathers faults as it goes."""

    def __init__(self, folder: Path, shelf: Shelf, *, at_once: bool) -> None:
        self.folder = folder
        self.shelf = shelf
        self.at_once = at_once
        self.faults: list[Fault] = []
        self.taken: list[TakenModule] = []
        self.others: list[str] = []

    def read(self) -> Course | None:
        """Read everything."""
        section = Source(self.folder / "course.yaml", self.faults).read_section()
        if section is None:
            return None
        terms = self._glossary(section)
        self.pages = PageReader(self.folder, self.faults, terms, at_once=self.at_once)
        modules = self._modules(section)
        exam = self._exam(section)
        course = Course(
            id=self._course_id(section),
            title=section.text("title", length=200),
            summary=section.text("summary", length=600),
            version=section.text("version", length=40),
            fingerprint=joined(self.shelf.fingerprint(self.folder), self.others),
            language=_language(section),
            level=Level(section.choice("level", tuple(Level))),
            hours=section.number("hours"),
            licence=section.text("licence", length=80),
            audience=section.text("audience", default=""),
            prior_knowledge=section.text("prior_knowledge", default=""),
            project=section.text("project", default=""),
            legal_status_on=section.day("legal_status_on"),
            notice=section.text("notice", default="") or None,
            modules=modules,
            exam=exam,
            media_dir=str(self.pages.media_dir),
            **read_particulars(section, has_exam=exam is not None),
            glossary=merged(terms, *(each.terms for each in self.taken)),
            self_test=self._self_test(section, modules),
        )
        section.finish()
        self.pages.check_links(course)
        for taken in self.taken:
            taken.check_links(course, self.folder / "course.yaml", self.faults)
        return course

    def _course_id(self, section: Section) -> str:
        course_id = section.id()
        if course_id and course_id != self.folder.resolve().name:
            section.fault(f"id {course_id!r} is not the name of the folder", key="id")
        return course_id

    def _glossary(self, section: Section) -> tuple[Term, ...]:
        path = self._beside(section, "glossary")
        return () if path is None else read_glossary(path, self.faults)

    def _self_test(self, section: Section, modules: tuple[Module, ...]) -> SelfTest | None:
        path = self._beside(section, "self_test")
        if path is None:
            return None
        own = read_self_test(path, [module.id for module in modules], self.faults)
        return with_taken_questions(own, self.taken)

    def _beside(self, section: Section, key: str) -> Path | None:
        """Give the file beside course.yaml that a key names; one that is not named is a fault."""
        name = section.text(key, default="")
        usual = key.replace("_", "-")
        if not name:
            if (self.folder / f"{usual}.yaml").is_file():
                section.fault(f"{usual}.yaml is not listed", f"Write `{key}: {usual}`.")
            return None
        path = self.folder / f"{name}.yaml"
        if not ID.fullmatch(name) or name == "course" or not path.is_file():
            section.fault(f"{key} {name!r} has no file", f"Write `{key}: {usual}`.", key=key)
            return None
        return path

    def _exam(self, section: Section) -> Exam | None:
        name = section.text("exam", default="")
        if not name:
            return None
        if not ID.fullmatch(name) or not (self.folder / name).is_dir():
            section.fault(f"exam {name!r} has no folder", key="exam")
            return None
        return read_exam(self.folder / name, self.faults, self._find_pool)

    def _find_pool(self, element: Section) -> Path | None:
        """Give the file of another course's pool that an element uses."""
        taken = self.shelf.find(element, self.folder)
        if taken is None:
            return None
        exams = sorted(taken.folder.glob("*/exam.yaml"))
        pool = exams[0].parent / f"{taken.name}.yaml" if exams else None
        if pool is None or not pool.is_file() or taken.name == "exam":
            element.fault(f"course {taken.course_id!r} has no pool {taken.name!r}", key="uses")
            return None
        self.others.append(self.shelf.fingerprint(taken.folder))
        return pool

    def _modules(self, section: Section) -> tuple[Module, ...]:
        found: list[Module] = []
        names: set[str] = set()
        for each in section.texts_or_sections("modules"):
            line = each.line if isinstance(each, Section) else each[1]
            module = self._taken(each) if isinstance(each, Section) else None
            name = each[0] if not isinstance(each, Section) else module.id if module else ""
            if name in names:
                section.fault(f"{name!r} stands here twice", line=line)
                continue
            names.add(name)
            if not isinstance(each, Section):
                module = self._module(name, line, section)
            if module is not None:
                found.append(module)
        for path in sorted(self.folder.glob("*/module.yaml")):
            if path.parent.name not in names:
                hint = f"Add `- {path.parent.name}` to modules."
                section.fault(f"module {path.parent.name} is not listed", hint, key="modules")
        return tuple(found)

    def _taken(self, section: Section) -> Module | None:
        taken = self.shelf.find(section, self.folder)
        section.finish()
        if taken is None:
            return None
        found = take_module(taken, section, self.faults, at_once=self.at_once)
        if found is None:
            return None
        self.others.append(self.shelf.fingerprint(taken.folder))
        self.taken.append(found)
        return found.module

    def _module(self, name: str, line: int, course: Section) -> Module | None:
        folder = self.folder / name
        if not ID.fullmatch(name) or name in PLACES or not folder.is_dir():
            known = [each.parent.name for each in self.folder.glob("*/module.yaml")]
            course.fault(f"module {name!r} has no folder", did_you_mean(name, known), line=line)
            return None
        return read_module(folder, self.pages, self.faults)


def _language(section: Section) -> str:
    tag = section.text("language", default="en")
    if not LANGUAGE.fullmatch(tag):
        section.fault(f"language {tag!r} is no tag", "Write en, de or pt-BR.", key="language")
        return "en"
    return tag
