"""A quiz, or an exam with its pools, from YAML."""

from __future__ import annotations

from collections.abc import Callable, Collection
from fractions import Fraction
from pathlib import Path

from courses.faults import Fault, did_you_mean
from courses.kinds import Question
from courses.model import Exam, ExamElement, Quiz, Review
from courses.questions import Setting, optional_markup, read_questions
from courses.source import ID, Section, Source

POOL_FACTOR = 3
PASS_SHARE = Fraction(2, 3)


def read_quiz(path: Path, outcomes: Collection[str], faults: list[Fault]) -> Quiz | None:
    """Read a quiz; None where the file is no YAML.

    Args:
        path: of the file.
        outcomes: ids of those of the module.
        faults: what is wrong is added here.
    """
    section = Source(path, faults).read_section()
    if section is None:
        return None
    shuffle = section.flag("shuffle", default=True)
    questions = read_questions(section, Setting(shuffle, frozenset(outcomes)))
    quiz = Quiz(
        id=f"{path.parent.name}/{path.stem}",
        title=section.text("title", length=200),
        intro=optional_markup(section, "intro"),
        questions=questions,
        attempts=_limit(section),
        pass_mark=_share(section, "pass_mark"),
        shuffle=shuffle,
        minutes=section.whole("minutes", default=max(5, 2 * len(questions)), low=1, high=600),
    )
    section.finish()
    return quiz


def read_exam(
    folder: Path, faults: list[Fault], find_pool: Callable[[Section], Path | None]
) -> Exam | None:
    """Read an exam with its pools; None where ``exam.yaml`` is missing or no YAML.

    Args:
        folder: of the exam.
        faults: what is wrong is added here.
        find_pool: gives the file of another course's pool that an element ``uses``.
    """
    section = Source(folder / "exam.yaml", faults).read_section()
    if section is None:
        return None
    exam = Exam(
        id="exam",
        title=section.text("title", length=200),
        intro=optional_markup(section, "intro"),
        minutes=section.whole("minutes", low=1, high=600),
        attempts=_limit(section),
        wait_hours=section.whole("wait_hours", default=0, high=24 * 365),
        review=Review(
            section.choice("review", tuple(Review), default=Review.AFTER_SUBMIT.value),
        ),
        elements=_elements(section, folder, faults, find_pool),
        opens_at=section.moment("opens_at"),
        closes_at=section.moment("closes_at"),
    )
    if exam.opens_at and exam.closes_at and exam.opens_at >= exam.closes_at:
        section.fault("the window closes before it opens", key="closes_at")
    section.finish()
    return exam


def _elements(
    exam: Section,
    folder: Path,
    faults: list[Fault],
    find_pool: Callable[[Section], Path | None],
) -> tuple[ExamElement, ...]:
    setting = Setting()
    found: list[ExamElement] = []
    pools = {folder / "exam.yaml"}
    for section in exam.sections("elements"):
        pool = find_pool(section) if section.has("uses") else _own_pool(section, folder)
        if pool in pools:
            section.fault(f"pool {pool.stem!r} is used twice", key="pool")
        pools |= {pool} if pool else set()
        element = _element(section, pool, setting, faults)
        if element.id in [each.id for each in found]:
            section.fault(f"element {element.id!r} stands here twice", key="id")
        found.append(element)
    for path in sorted(folder.glob("*.yaml")):
        if path not in pools:
            hint = f"Add an element with `pool: {path.stem}`."
            exam.fault(f"{path.name} is not listed", hint, key="elements")
    return tuple(found)


def _own_pool(section: Section, folder: Path) -> Path | None:
    name = section.text("pool")
    path = folder / f"{name}.yaml"
    if ID.fullmatch(name) and path.is_file():
        return path
    known = [each.stem for each in folder.glob("*.yaml") if each.stem != "exam"]
    section.fault(f"pool {name!r} has no file", did_you_mean(name, known), key="pool")
    return None


def _element(
    section: Section, pool: Path | None, setting: Setting, faults: list[Fault]
) -> ExamElement:
    draw = section.whole("draw", low=1, high=100)
    element = ExamElement(
        id=section.id(),
        title=section.text("title", length=200),
        pool=() if pool is None else _pool(Source(pool, faults), setting, draw),
        draw=draw,
        pass_share=_share(section, "pass") or PASS_SHARE,
        modules=tuple(text for text, _ in section.texts("modules")),
    )
    section.finish()
    return element


def _pool(source: Source, setting: Setting, draw: int) -> tuple[Question, ...]:
    section = source.read_section()
    if section is None:
        return ()
    questions = read_questions(section, setting)
    if len(questions) < POOL_FACTOR * draw:
        hint = f"{POOL_FACTOR} times what is drawn are needed: {POOL_FACTOR * draw}."
        section.fault(f"{len(questions)} questions are too few for a draw of {draw}", hint)
    section.finish()
    return questions


def _limit(section: Section) -> int | None:
    if section.text("attempts", default="unlimited") == "unlimited":
        return None
    return section.whole("attempts", low=1, high=1000)


def _share(section: Section, key: str) -> Fraction | None:
    if not section.has(key):
        return None
    value = section.number(key)
    if not 0 < value <= 1:
        section.fault(f"{key} must lie above 0 and at most at 1", "Write 60% or 2/3.", key=key)
        return None
    return value
