"""Questions before a course: read from a file; what right answers say about where to start."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from courses.faults import Fault, did_you_mean
from courses.kinds import Question
from courses.model import Course, Module, SelfTest
from courses.questions import Setting, optional_markup, read_question
from courses.source import Source

KINDS = ("single", "multiple", "true-false", "numeric")


@dataclass(frozen=True, slots=True)
class Advice:
    """What answers say about one module."""

    module: Module
    right: int
    asked: int

    @property
    def may_skim(self) -> bool:
        """Say whether everything asked about it was answered rightly."""
        return self.right == self.asked > 0


def read_self_test(path: Path, modules: Collection[str], faults: list[Fault]) -> SelfTest | None:
    """Read a self-test; None where the file is no YAML.

    Args:
        path: of the file.
        modules: ids of those of the course.
        faults: what is wrong is added here.
    """
    section = Source(path, faults).read_section()
    if section is None:
        return None
    setting = Setting()
    found: list[tuple[str, Question]] = []
    for each in section.sections("questions"):
        module = each.text("module")
        if module and module not in modules:
            each.fault(
                f"module {module!r} is not in this course",
                did_you_mean(module, modules),
                key="module",
            )
        question = read_question(each, setting)
        if question is not None and question.kind not in KINDS:
            each.fault(f"kind {question.kind!r} is not for a self-test", key="kind")
        elif question is not None:
            found.append((module, question))
    made = SelfTest(
        title=section.text("title", length=200),
        intro=optional_markup(section, "intro"),
        questions=tuple(found),
    )
    section.finish()
    return made


def advise(course: Course, right: Mapping[str, bool]) -> tuple[Advice, ...]:
    """Give advice for each module that is asked about, in the order of the course.

    Args:
        course: with a self-test.
        right: whether each question was answered rightly, by id.
    """
    if course.self_test is None:
        return ()
    found = []
    for module in course.modules:
        asked = [q.id for module_id, q in course.self_test.questions if module_id == module.id]
        if asked:
            found.append(Advice(module, sum(right.get(each, False) for each in asked), len(asked)))
    return tuple(found)


def start_with(advice: Collection[Advice]) -> Module | None:
    """Give the first module that should be worked through; None: all may be skimmed."""
    return next((each.module for each in advice if not each.may_skim), None)
