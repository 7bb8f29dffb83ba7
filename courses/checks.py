"""What `--strict` asks beyond a course that works: what a course needs to be released."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from courses.faults import Fault
from courses.markup import plain_text
from courses.model import (
    Course,
    Exam,
    Module,
    MultipleChoice,
    Page,
    Question,
    Quiz,
    Scenario,
    SingleChoice,
)

PAGE_WORDS = range(600, 1_301)
QUIZ_QUESTIONS = 6
KINDS = 4
DRAWN_PER_ELEMENT, DRAWN = 3, 20
MARGIN = Fraction(15, 100)
"""How far a share may lie above chance before options give themselves away."""
ENOUGH = 12
"""Below so many questions a share says nothing."""
CATCH_ALL = re.compile(r"\b(all|none|both|neither) of (the|these) (above|other)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Asked:
    """A question of a course, and where it stands."""

    file: Path
    question: Question

    @property
    def place(self) -> str:
        """Name it, such as ``01-why/quiz q1``."""
        return f"{self.file.parent.name}/{self.file.stem} {self.question.id}"


def check_release(course: Course, folder: Path) -> list[Fault]:
    """Give everything that keeps a course from being released.

    Source: what was agreed for all courses; docs/authoring.md says it to authors.
    """
    exam_file = _exam_file(folder)
    return [
        *check_outcomes(course, folder),
        *_pages(course, folder),
        *_quizzes(course, folder),
        *_exam(course, exam_file, folder),
        *_questions(course, folder, exam_file),
    ]


def _exam_file(folder: Path) -> Path:
    found = sorted(folder.glob("*/exam.yaml"))
    return found[0] if found else folder / "exam" / "exam.yaml"


def check_outcomes(course: Course, folder: Path) -> list[Fault]:
    """Ask that every outcome is taught on a page, asked in the module's quiz and in the exam.

    The exam's elements and the modules belong together by their order.
    """
    faults: list[Fault] = []
    for number, module in enumerate(course.modules):
        file = folder / module.id / "module.yaml"
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
        if course.exam is not None and len(course.exam.elements) == len(course.modules):
            element = course.exam.elements[number]
            drawn = asked_outcomes(element.pool)
            words = f"is asked in no question of the exam's element {element.id}"
            faults += _missing(
                file, module, drawn, words, "Give a question of the pool `outcome: …`."
            )
            faults += _unknown(file, module, drawn, element.id)
    return faults


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


def _pages(course: Course, folder: Path) -> Iterator[Fault]:
    for module in course.modules:
        pages = [item for item in module.items if isinstance(item, Page)]
        for page in pages:
            file = folder / f"{page.id}.md"
            words = len(file.read_text(encoding="utf-8-sig").split())
            if words not in PAGE_WORDS:
                wanted = f"{PAGE_WORDS[0]} to {PAGE_WORDS[-1]}"
                yield Fault(file, 0, f"{words} words on this page", f"Write {wanted}.")
        if pages and not any('<figure class="figure">' in page.html for page in pages):
            yield Fault(folder / module.id / "module.yaml", 0, "no page has a figure")


def _quizzes(course: Course, folder: Path) -> Iterator[Fault]:
    for module in course.modules:
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


def _questions(course: Course, folder: Path, exam_file: Path) -> Iterator[Fault]:
    asked = list(_asked(course, folder, exam_file))
    kinds = {part.kind for each in asked for part in _all([each.question])}
    if len(kinds) < KINDS:
        hint = f"Use at least {KINDS} in a course."
        yield Fault(folder / "course.yaml", 0, f"{len(kinds)} kinds of questions", hint)
    yield from _twice(asked)
    choices = [
        Asked(each.file, part)
        for each in asked
        for part in _all([each.question])
        if isinstance(part, SingleChoice | MultipleChoice)
    ]
    yield from _catch_alls(choices)
    yield from _giveaways(folder / "course.yaml", choices)


def _asked(course: Course, folder: Path, exam_file: Path) -> Iterator[Asked]:
    for item in course.items():
        if isinstance(item, Quiz):
            for question in item.questions:
                yield Asked(folder / f"{item.id}.yaml", question)
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


def _catch_alls(choices: Iterable[Asked]) -> Iterator[Fault]:
    for each in choices:
        for option in getattr(each.question, "options", ()):
            if CATCH_ALL.search(plain_text(option.text)):
                words = f"question {each.question.id}, option {option.id}: {option.text}"
                yield Fault(each.file, 0, words, "Leave out options about other options.")


def _giveaways(file: Path, choices: Iterable[Asked]) -> Iterator[Fault]:
    """Look whether the right option can be told by its length or its place."""
    single = [(each, each.question) for each in choices if isinstance(each.question, SingleChoice)]
    if len(single) < ENOUGH:
        return
    chance = sum((Fraction(1, len(q.options)) for _, q in single), Fraction(0)) / len(single)
    longest = [each.place for each, question in single if _is_longest(question)]
    yield from _above_chance(file, {"the longest": longest}, len(single), chance)
    places: dict[str, list[str]] = {}
    for each, question in single:
        place = next((n for n, o in enumerate(question.options, 1) if o.correct), 0)
        places.setdefault(f"number {place}", []).append(each.place)
    yield from _above_chance(file, places, len(single), chance)


def _is_longest(question: SingleChoice) -> bool:
    lengths = {option.id: len(plain_text(option.text)) for option in question.options}
    right = max((lengths[o.id] for o in question.options if o.correct), default=0)
    wrong = max((lengths[o.id] for o in question.options if not o.correct), default=0)
    return right > wrong


def _above_chance(
    file: Path, found: Mapping[str, list[str]], of: int, chance: Fraction
) -> Iterator[Fault]:
    for words, places in sorted(found.items()):
        share = Fraction(len(places), of)
        if share > chance + MARGIN:
            message = (
                f"the right option is {words} in {len(places)} of {of} single choices"
                f" ({float(share):.0%}; by chance {float(chance):.0%})"
            )
            files = Counter(place.partition(" ")[0] for place in places)
            most = ", ".join(f"{name} ({number})" for name, number in files.most_common(4))
            yield Fault(file, 0, message, f"Most of them: {most}.")
