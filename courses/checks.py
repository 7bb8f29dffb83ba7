"""What `--strict` asks beyond a course that works: what a course needs to be released."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from courses.faults import Fault
from courses.giveaways import Asked, check_giveaways
from courses.kinds import MultipleChoice, Question, Scenario, SingleChoice
from courses.markup import plain_text
from courses.model import Course, Exam, ExamElement, Module, Page, Quiz, Topic
from courses.prose import check_prose
from courses.spelling import check_spelling

PAGES = 3
QUIZ_QUESTIONS = 6
KINDS = 4
DRAWN_PER_ELEMENT, DRAWN = 3, 20
TERMS = 20
TESTED_PER_MODULE = 2
HIGH_VOLTAGE = re.compile(r"high[- ]voltage", re.IGNORECASE)
AUTHORISES = re.compile(r"authori[sz]", re.IGNORECASE)


def check_release(course: Course, folder: Path) -> list[Fault]:
    """Give everything that keeps a course from being released.

    A module that is taken over from another course is checked there.

    Source: what was agreed for all courses; docs/authoring.md says it to authors.
    """
    exam_file = _exam_file(folder)
    return [
        *check_outcomes(course, folder),
        *_pages(course, folder),
        *_quizzes(course, folder),
        *_exam(course, exam_file, folder),
        *_questions(course, folder, exam_file),
        *_beside(course, folder),
        *_batteries(course, folder),
        *check_spelling(course, folder, folder),
    ]


def _exam_file(folder: Path) -> Path:
    found = sorted(folder.glob("*/exam.yaml"))
    return found[0] if found else folder / "exam" / "exam.yaml"


def _own(course: Course) -> Iterator[Module]:
    return (module for module in course.modules if not module.owner)


# Outcomes


def check_outcomes(course: Course, folder: Path) -> list[Fault]:
    """Ask that every outcome is taught on a page, asked in the module's quiz and in the exam.

    An element examines the modules that it names; where it names none, the one at its place.
    """
    faults: list[Fault] = []
    for module in course.modules:
        file = _file_of(module, folder)
        if not module.outcomes:
            faults.append(Fault(file, 0, "this module has no outcomes", "List them."))
        taught = {each for item in module.items if isinstance(item, Page) for each in item.outcomes}
        asked = asked_outcomes(
            q for item in module.items if isinstance(item, Quiz) for q in item.questions
        )
        faults += _missing(
            file, module, taught, "is taught on no page", "Add it to `outcomes` of a page."
        )
        faults += _missing(
            file, module, asked, "is asked in no quiz", "Give a question `outcome: …`."
        )
    if course.exam is not None:
        faults += _examined(course, course.exam, folder)
    return faults


def _file_of(module: Module, folder: Path) -> Path:
    home = folder.parent / module.owner if module.owner else folder
    return home / module.id / "module.yaml"


def _examined(course: Course, exam: Exam, folder: Path) -> Iterator[Fault]:
    examined: dict[str, list[ExamElement]] = {}
    for place, element in enumerate(exam.elements):
        at_its_place = [m.id for m in course.modules[place : place + 1]]
        for module_id in element.modules or at_its_place:
            examined.setdefault(module_id, []).append(element)
    for module in course.modules:
        file = _file_of(module, folder)
        elements = examined.get(module.id, [])
        if not elements:
            hint = f"Add an element, or `modules: [{module.id}]` to one."
            yield Fault(file, 0, "no element of the exam examines this module", hint)
            continue
        drawn = {
            outcome.removeprefix(f"{module.id}/")
            for element in elements
            for outcome in asked_outcomes(element.pool)
        }
        names = ", ".join(element.id for element in elements)
        words = f"is asked in no question of the exam's element {names}"
        yield from _missing(file, module, drawn, words, "Give a question of the pool `outcome: …`.")
        if all(len(element.modules) < 2 for element in elements):
            yield from _unknown(file, module, drawn, names)


def _missing(file: Path, module: Module, found: set[str], words: str, hint: str) -> list[Fault]:
    return [
        Fault(file, 0, f"outcome {outcome.id} {words}", hint)
        for outcome in module.outcomes
        if outcome.id not in found
    ]


def _unknown(file: Path, module: Module, asked: set[str], element: str) -> list[Fault]:
    known = {outcome.id for outcome in module.outcomes}
    return [
        Fault(file, 0, f"the exam's element {element} asks outcome {each}, which is not here")
        for each in sorted(asked - known)
    ]


def asked_outcomes(questions: Iterable[Question]) -> set[str]:
    """Give the outcomes that questions ask about, those of scenarios with them."""
    found: set[str] = set()
    for question in questions:
        parts = question.questions if isinstance(question, Scenario) else ()
        found |= {each.outcome for each in (question, *parts) if each.outcome}
    return found


# Pages and quizzes


def _pages(course: Course, folder: Path) -> Iterator[Fault]:
    for module in _own(course):
        pages = [item for item in module.items if isinstance(item, Page)]
        file = folder / module.id / "module.yaml"
        for page in pages:
            path = folder / f"{page.id}.md"
            yield from check_prose(path, path)
        if len(pages) < PAGES:
            words = "1 page only" if len(pages) == 1 else f"{len(pages)} pages only"
            yield Fault(file, 0, words, f"Write at least {PAGES}.")
        if pages and not any('<figure class="figure' in page.html for page in pages):
            yield Fault(file, 0, "no page has a figure")
        if pages and not any("callout-job" in page.html for page in pages):
            hint = "Add `::: job What this means in your job` to a page."
            yield Fault(file, 0, "no page says what it means in the job", hint)


def _quizzes(course: Course, folder: Path) -> Iterator[Fault]:
    for module in _own(course):
        quizzes = [item for item in module.items if isinstance(item, Quiz)]
        if not quizzes:
            yield Fault(folder / module.id / "module.yaml", 0, "this module has no quiz")
        for quiz in quizzes:
            file = folder / f"{quiz.id}.yaml"
            number = len(quiz.questions)
            if number < QUIZ_QUESTIONS:
                hint = f"Ask at least {QUIZ_QUESTIONS}."
                yield Fault(file, 0, f"{number} questions are few for a quiz", hint)
            for question in _all(quiz.questions):
                if not isinstance(question, Scenario) and _is_silent(question):
                    hint = "Give it `feedback` or `explanation`."
                    yield Fault(file, 0, f"question {question.id} explains nothing", hint)


def _is_silent(question: Question) -> bool:
    if isinstance(question, SingleChoice | MultipleChoice):
        return False  # the loader asks for the feedback of every wrong option
    return question.explanation is None and getattr(question, "feedback", None) is None


# The exam


def _exam(course: Course, file: Path, folder: Path) -> Iterator[Fault]:
    if course.exam is None:
        yield Fault(folder / "course.yaml", 0, "this course has no exam")
        return
    for element in course.exam.elements:
        if element.draw < DRAWN_PER_ELEMENT:
            hint = f"Draw at least {DRAWN_PER_ELEMENT}."
            yield Fault(file, 0, f"element {element.id} draws {element.draw} only", hint)
    drawn = sum(element.draw for element in course.exam.elements)
    if drawn < DRAWN:
        yield Fault(file, 0, f"{drawn} questions are drawn in all", f"Draw at least {DRAWN}.")
    if not _has_scenario(course.exam):
        yield Fault(file, 0, "no pool has a scenario")


def _has_scenario(exam: Exam) -> bool:
    return any(isinstance(q, Scenario) for element in exam.elements for q in element.pool)


# Beside the modules


def _beside(course: Course, folder: Path) -> Iterator[Fault]:
    if len(course.glossary) < TERMS:
        words = f"{len(course.glossary)} terms in the glossary"
        yield Fault(folder / "course.yaml", 0, words, f"Explain at least {TERMS}.")
    file = folder / "course.yaml"
    if course.self_test is None:
        yield Fault(file, 0, "this course has no self-test", "Write `self_test: self-test`.")
        return
    for module in course.modules:
        number = sum(module_id == module.id for module_id, _ in course.self_test.questions)
        if number < TESTED_PER_MODULE:
            words = f"the self-test asks {number} about {module.id}"
            yield Fault(file, 0, words, f"Ask at least {TESTED_PER_MODULE} about each module.")


def _batteries(course: Course, folder: Path) -> Iterator[Fault]:
    """Ask that a battery course says it authorises no work, and shows a process in steps."""
    if course.topic is not Topic.BATTERIES:
        return
    notice = course.notice or ""
    if not (HIGH_VOLTAGE.search(notice) and AUTHORISES.search(notice)):
        hint = "Such as: It does not authorise anybody to work on high-voltage systems."
        words = "the notice does not say that the course authorises no work on high voltage"
        yield Fault(folder / "course.yaml", 0, words, hint)
    if not any(isinstance(item, Page) and item.has_steps for item in course.items()):
        yield Fault(folder / "course.yaml", 0, "no figure is walked through", "Add `::: steps`.")


# Questions


def _questions(course: Course, folder: Path, exam_file: Path) -> Iterator[Fault]:
    asked = list(_asked(course, folder, exam_file))
    singly = [Asked(each.file, part) for each in asked for part in _all([each.question])]
    kinds = {each.question.kind for each in singly}
    if len(kinds) < KINDS:
        hint = f"Use at least {KINDS} in a course."
        yield Fault(folder / "course.yaml", 0, f"{len(kinds)} kinds of questions", hint)
    yield from _twice(asked)
    yield from check_giveaways(folder / "course.yaml", singly)


def _asked(course: Course, folder: Path, exam_file: Path) -> Iterator[Asked]:
    for module in course.modules:
        for item in module.items:
            if isinstance(item, Quiz):
                file = (folder if not module.owner else folder.parent / module.owner) / item.id
                for question in item.questions:
                    yield Asked(file.with_suffix(".yaml"), question)
    for element in course.exam.elements if course.exam else ():
        for question in element.pool:
            yield Asked(exam_file, question)


def _all(questions: Iterable[Question]) -> Iterator[Question]:
    for question in questions:
        yield question
        if isinstance(question, Scenario):
            yield from question.questions


def _twice(asked: Iterable[Asked]) -> Iterator[Fault]:
    met: dict[str, Asked] = {}
    for each in asked:
        words = plain_text(each.question.text).casefold()
        if words in met:
            yield Fault(each.file, 0, f"{each.question.id} asks the same as {met[words].place}")
        met.setdefault(words, each)
