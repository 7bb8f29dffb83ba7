"""A folder with module.yaml -> Module; and a module of another course, taken over as it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from courses.assessments import read_quiz
from courses.faults import Fault, did_you_mean
from courses.glossary import read_glossary
from courses.kinds import Question
from courses.model import Course, Module, Outcome, Page, Quiz, SelfTest, Term
from courses.pages import Link, PageReader
from courses.selftest import read_self_test
from courses.shelf import Taken
from courses.source import ID, Section, Source


def read_module(folder: Path, pages: PageReader, faults: list[Fault]) -> Module | None:
    """Read a module with its items; None where module.yaml is missing or no YAML."""
    section = Source(folder / "module.yaml", faults).read_section()
    if section is None:
        return None
    outcomes = _outcomes(section)
    module = Module(
        id=folder.name,
        title=section.text("title", length=200),
        summary=section.text("summary", default="", length=600),
        hours=section.number("hours", default="0"),
        outcomes=outcomes,
        items=_items(folder, section, [outcome.id for outcome in outcomes], pages, faults),
    )
    section.finish()
    return module


def _items(
    folder: Path,
    module: Section,
    outcomes: Sequence[str],
    pages: PageReader,
    faults: list[Fault],
) -> tuple[Page | Quiz, ...]:
    listed = _once(module, "items")
    found: list[Page | Quiz | None] = []
    for name, line in listed:
        if ID.fullmatch(name) and (folder / f"{name}.md").is_file():
            found.append(pages.read(folder / f"{name}.md", outcomes))
        elif ID.fullmatch(name) and (folder / f"{name}.yaml").is_file() and name != "module":
            found.append(read_quiz(folder / f"{name}.yaml", outcomes, faults))
        else:
            known = [path.stem for path in (*folder.glob("*.md"), *folder.glob("*.yaml"))]
            module.fault(f"item {name!r} has no file", did_you_mean(name, known), line=line)
    names = {"module", *(name for name, _ in listed)}
    for path in sorted([*folder.glob("*.md"), *folder.glob("*.yaml")]):
        if path.stem not in names:
            hint = f"Add `- {path.stem}` to items."
            module.fault(f"{path.name} is not listed", hint, key="items")
    return tuple(item for item in found if item is not None)


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


# A module of another course


@dataclass(frozen=True, slots=True)
class TakenModule:
    """A module as it stands in its own course, with what belongs to it there."""

    module: Module
    line: int
    """Of the key that takes it over."""
    links: tuple[Link, ...]
    terms: tuple[Term, ...]
    questions: tuple[tuple[str, Question], ...]
    """Of its own course's self-test."""

    def check_links(self, course: Course, file: Path, faults: list[Fault]) -> None:
        """Tell the links in it that lead to nothing in the course that takes it over."""
        paths = {item.id for item in course.items()} | {"glossary"}
        for link in self.links:
            if link.target not in paths:
                words = f"{self.module.id} links to {link.target}, which this course does not have"
                hint = f"{link.file.parent.name}/{link.file.name}:{link.line}"
                faults.append(Fault(file, self.line, words, hint))


def take_module(
    taken: Taken, section: Section, faults: list[Fault], *, at_once: bool
) -> TakenModule | None:
    """Read a module of another course; None, with a fault, where that course has none of its own.

    Args:
        taken: which module of which course.
        section: whose key ``uses`` names it.
        faults: what is wrong, with the module as well, is added here.
        at_once: make HTML of its pages now.
    """
    quiet: list[Fault] = []  # the other course's own reading tells these
    owner = Source(taken.folder / "course.yaml", quiet).read_section()
    own = owner.texts_or_sections("modules") if owner else []
    listed = {each[0] for each in own if not isinstance(each, Section)}
    if owner is None or taken.name not in listed:
        hint = did_you_mean(taken.name, listed)
        message = f"course {taken.course_id!r} has no module {taken.name!r} of its own"
        section.fault(message, hint, key="uses")
        return None
    terms = _terms(owner, taken.folder, quiet)
    pages = PageReader(taken.folder, faults, terms, at_once=at_once)
    module = read_module(taken.folder / taken.name, pages, faults)
    if module is None:
        return None
    test = _self_test(owner, taken.folder, listed, quiet)
    asked = test.questions if test else ()
    return TakenModule(
        module=replace(module, owner=taken.course_id),
        line=section.line,
        links=tuple(pages.links),
        terms=terms,
        questions=tuple(each for each in asked if each[0] == taken.name),
    )


def _terms(owner: Section, folder: Path, faults: list[Fault]) -> tuple[Term, ...]:
    name = owner.text("glossary", default="")
    return read_glossary(folder / f"{name}.yaml", faults) if ID.fullmatch(name) else ()


def _self_test(
    owner: Section, folder: Path, modules: set[str], faults: list[Fault]
) -> SelfTest | None:
    name = owner.text("self_test", default="")
    return read_self_test(folder / f"{name}.yaml", modules, faults) if ID.fullmatch(name) else None


def with_taken_questions(own: SelfTest | None, taken: Sequence[TakenModule]) -> SelfTest | None:
    """Give a self-test with the questions of modules taken over, where it asks none about them."""
    if own is None:
        return None
    asked = {module for module, _ in own.questions}
    more = [
        (module, replace(question, id=f"{module}-{question.id}"))
        for each in taken
        for module, question in each.questions
        if module not in asked
    ]
    return replace(own, questions=(*own.questions, *more))
