"""What an exam asks somebody, and in which order things are shown; pure, with given chance."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from courses.kinds import Matching, MultipleChoice, Ordering, Question, Scenario, SingleChoice
from courses.model import Exam


@dataclass(frozen=True, slots=True)
class DrawnElement:
    """One element of an exam with the questions drawn for one attempt, in the order of asking."""

    id: str
    title: str
    pass_share: Fraction
    questions: tuple[Question, ...]


def draw(
    exam: Exam, rng: random.Random, avoid: frozenset[str] = frozenset()
) -> tuple[DrawnElement, ...]:
    """Draw the questions of one attempt.

    Args:
        exam: with its elements and their pools.
        rng: seeded by the caller, or the system's.
        avoid: questions that the learner saw in earlier attempts; used again only where the rest
            of a pool is too small.
    """
    return tuple(
        DrawnElement(
            element.id,
            element.title,
            element.pass_share,
            tuple(shuffled(q, rng) for q in _drawn(element.pool, element.draw, rng, avoid)),
        )
        for element in exam.elements
    )


def _drawn(
    pool: Sequence[Question], number: int, rng: random.Random, avoid: frozenset[str]
) -> list[Question]:
    fresh = [question for question in pool if question.id not in avoid]
    seen = [question for question in pool if question.id in avoid]
    chosen = rng.sample(fresh, min(number, len(fresh)))
    chosen += rng.sample(seen, min(number - len(chosen), len(seen)))
    rng.shuffle(chosen)
    return chosen


def shuffled(question: Question, rng: random.Random) -> Question:
    """Give a question with its options in a new order, where the author allows it.

    Targets of a matching and items of an ordering keep the author's order in the question, since it
    is the right one; :func:`display_order` says how they are shown.
    """
    if isinstance(question, SingleChoice | MultipleChoice) and question.shuffle:
        return replace(question, options=tuple(rng.sample(question.options, len(question.options))))
    if isinstance(question, Scenario):
        return replace(
            question, questions=tuple(shuffled(each, rng) for each in question.questions)
        )
    return question


def shown(question: Question, seed: str) -> Question:
    """Give a question of a quiz with its options as an attempt shows them, the same each time.

    Args:
        question: as the author wrote it.
        seed: of the attempt.
    """
    return shuffled(question, random.Random(f"{seed}:{question.id}"))  # noqa: S311  # no secret


def display_order(question: Question, seed: str) -> tuple[str, ...]:
    """Give the ids of targets (matching) or items (ordering) in the order in which they are shown.

    The same seed, such as the attempt's id with the question's, gives the same order at each load;
    it is never the right order of an ordering with more than one item.
    """
    if isinstance(question, Matching):
        ids = [target for target, _ in question.targets]
    elif isinstance(question, Ordering):
        ids = [item.id for item in question.items]
    else:
        return ()
    rng = random.Random(seed)  # noqa: S311  # an order of display, no secret
    shown = rng.sample(ids, len(ids))
    if shown == ids and len(ids) > 1:
        shown = [*shown[1:], shown[0]]
    return tuple(shown)
