"""Whether right options can be told without knowing: by their length, their place, their words."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from courses.faults import Fault
from courses.kinds import MultipleChoice, Question, SingleChoice, TrueFalse
from courses.markup import plain_text

MARGIN = Fraction(15, 100)
"""How far a share may lie above chance before options give themselves away."""
BELOW = Fraction(15, 100)
"""How far below: an option that is never the longest is told by that as well."""
ENOUGH = 12
"""Below so many questions a share says nothing."""
ONE_SIDED = Fraction(70, 100)
"""Share of statements that may be true, or false, of a course's."""
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


def check_giveaways(file: Path, asked: Iterable[Asked]) -> Iterator[Fault]:
    """Look at all questions of a course, those of scenarios by themselves.

    Args:
        file: to which faults about the course as a whole belong.
        asked: its questions.
    """
    questions = list(asked)
    yield from _catch_alls(questions)
    yield from _choices(file, questions)
    yield from _statements(file, questions)


def _catch_alls(asked: Iterable[Asked]) -> Iterator[Fault]:
    for each in asked:
        if not isinstance(each.question, SingleChoice | MultipleChoice):
            continue
        for option in each.question.options:
            if CATCH_ALL.search(plain_text(option.text)):
                words = f"question {each.question.id}, option {option.id}: {option.text}"
                yield Fault(each.file, 0, words, "Leave out options about other options.")


def _choices(file: Path, asked: Iterable[Asked]) -> Iterator[Fault]:
    single = [(each, each.question) for each in asked if isinstance(each.question, SingleChoice)]
    if len(single) < ENOUGH:
        return
    chance = sum((Fraction(1, len(q.options)) for _, q in single), Fraction(0)) / len(single)
    by_length: dict[str, list[str]] = {"the longest": [], "the shortest": []}
    places: dict[str, list[str]] = {}
    for each, question in single:
        for words, found in by_length.items():
            if _stands_out(question, words):
                found.append(each.place)
        place = next((n for n, o in enumerate(question.options, 1) if o.correct), 0)
        places.setdefault(f"number {place}", []).append(each.place)
    yield from _above_chance(file, {**by_length, **places}, len(single), chance)
    longest = Fraction(len(by_length["the longest"]), len(single))
    if longest < chance - BELOW:
        message = (
            f"the right option is the longest in {len(by_length['the longest'])} of {len(single)}"
            f" single choices ({float(longest):.0%}; by chance {float(chance):.0%})"
        )
        yield Fault(file, 0, message, "Let it be the longest now and then.")


def _stands_out(question: SingleChoice, words: str) -> bool:
    """Say whether the right option is longer, or shorter, than each other."""
    lengths = [(option.correct, len(plain_text(option.text))) for option in question.options]
    right = next((length for correct, length in lengths if correct), 0)
    wrong = [length for correct, length in lengths if not correct]
    if not wrong:
        return False
    return right > max(wrong) if words == "the longest" else right < min(wrong)


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


def _statements(file: Path, asked: Iterable[Asked]) -> Iterator[Fault]:
    answers = [each.question.correct for each in asked if isinstance(each.question, TrueFalse)]
    if len(answers) < ENOUGH:
        return
    for word, number in (("true", sum(answers)), ("false", len(answers) - sum(answers))):
        if Fraction(number, len(answers)) > ONE_SIDED:
            message = f"{number} of {len(answers)} statements are {word}"
            yield Fault(file, 0, message, "Let them be true and false about evenly.")
