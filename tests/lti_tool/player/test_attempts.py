"""Quizzes: each click is one transaction; the first answer stays; attempts are counted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select

from courses.forms import ResponseError
from courses.model import Course, Quiz
from lti_tool.errors import NotFoundError
from lti_tool.player import attempts
from lti_tool.player.attempts import NoAttemptLeftError, Taken
from lti_tool.player.models import Answer, Attempt, ItemAllowance
from lti_tool.player.sheets import AttemptClosedError, find_attempt, read_sheet
from tests.cast import NOON, Stage
from tests.lti_tool.player.conftest import NAMES, Learner, right


def quiz_of(course: Course, item_id: str) -> Quiz:
    """Give a quiz."""
    quiz = course.item(item_id)
    assert isinstance(quiz, Quiz)
    return quiz


def begin(stage: Stage, learner: Learner, course: Course, quiz: Quiz) -> UUID:
    """Begin an attempt."""
    with stage.database.begin() as session:
        return attempts.start(session, learner.place, course, quiz, now=NOON)


def answer(
    stage: Stage,
    learner: Learner,
    asked: tuple[Course, Quiz, UUID],
    question_id: str,
    form: dict[str, list[str]],
) -> Taken:
    """Answer a question of an attempt at a quiz of a course."""
    course, quiz, attempt_id = asked
    with stage.database.begin() as session:
        return attempts.answer(
            session,
            learner.visit,
            course,
            quiz,
            attempt_id,
            question_id=question_id,
            form=form,
            names=NAMES,
            now=NOON,
        )


def answer_all(
    stage: Stage, learner: Learner, course: Course, quiz: Quiz, attempt_id: UUID
) -> list[Taken]:
    """Answer every question rightly, one after the other."""
    return [
        answer(stage, learner, (course, quiz, attempt_id), question.id, right(question))
        for question in quiz.questions
    ]


def test_every_kind_of_question_is_marked_and_the_last_answer_ends_the_attempt(
    stage: Stage,
    arrives: Callable[..., Learner],
    capitals: Course,
    told: Callable[[], list[dict[str, Any]]],
    wished: Callable[[UUID], dict[str, str]],
) -> None:
    alice, quiz = arrives(), quiz_of(capitals, "01-europe/quiz")
    attempt_id = begin(stage, alice, capitals, quiz)

    taken = answer_all(stage, alice, capitals, quiz, attempt_id)

    assert all(each.mark.correct for each in taken)
    assert [each.is_last for each in taken] == [False] * 8 + [True]
    verbs = [each["verb"]["id"].rsplit("/", 1)[1] for each in told()][2:]
    assert verbs == ["attempted", *["answered"] * 10, "scored", "progressed"]
    assert wished(stage.people["Alice"]) == {
        "01-europe/quiz": f"{quiz.points} of {quiz.points}",
        "01-europe": f"{quiz.points} of {quiz.points}",
    }


def test_a_fault_in_the_middle_leaves_nothing_of_an_answer(
    stage: Stage,
    arrives: Callable[..., Learner],
    capitals: Course,
    verbs: Callable[[], list[str]],
) -> None:
    alice, quiz = arrives(), quiz_of(capitals, "02-world/quiz")
    attempt_id = begin(stage, alice, capitals, quiz)
    before = verbs()

    def answer_and_crash() -> None:
        with stage.database.begin() as session:
            attempts.answer(
                session,
                alice.visit,
                capitals,
                quiz,
                attempt_id,
                question_id="q1",
                form={"r.q1": ["b"]},
                names=NAMES,
                now=NOON,
            )
            raise ConnectionError("the power goes out before the commit")

    with pytest.raises(ConnectionError):
        answer_and_crash()

    with stage.database.read() as session:
        assert session.scalar(select(func.count()).select_from(Answer)) == 0
    assert verbs() == before


def test_the_first_answer_to_a_question_stays(
    stage: Stage, arrives: Callable[..., Learner], capitals: Course, verbs: Callable[[], list[str]]
) -> None:
    alice, quiz = arrives(), quiz_of(capitals, "02-world/quiz")
    attempt_id = begin(stage, alice, capitals, quiz)

    first = answer(stage, alice, (capitals, quiz, attempt_id), "q1", {"r.q1": ["a"]})
    second = answer(stage, alice, (capitals, quiz, attempt_id), "q1", {"r.q1": ["b"]})

    assert not first.mark.correct
    assert second.response.given == ("a",)
    assert not second.mark.correct
    assert verbs().count("answered") == 1


def test_options_stay_where_they_are_when_a_question_is_answered(
    stage: Stage, arrives: Callable[..., Learner], capitals: Course
) -> None:
    quiz = quiz_of(capitals, "01-europe/quiz")
    given = {"single": {"r.single": ["a"]}, "multiple": {"r.multiple": ["a", "c"]}}

    for name in ("Alice", "Bob"):
        learner = arrives(name)
        attempt_id = begin(stage, learner, capitals, quiz)
        with stage.database.read() as session:
            attempt = find_attempt(session, learner.place.enrolment_id, attempt_id)
            shown = {each.question.id: each.question for each in read_sheet(session, attempt).asked}

        for question_id, form in given.items():
            taken = answer(stage, learner, (capitals, quiz, attempt_id), question_id, form)

            assert taken.question == shown[question_id]


def test_nothing_given_is_no_answer(
    stage: Stage, arrives: Callable[..., Learner], capitals: Course
) -> None:
    alice, quiz = arrives(), quiz_of(capitals, "02-world/quiz")
    attempt_id = begin(stage, alice, capitals, quiz)

    with pytest.raises(ResponseError):
        answer(stage, alice, (capitals, quiz, attempt_id), "q3", {"r.q3": ["  "]})


def test_attempts_are_limited_void_ones_do_not_count_and_staff_may_give_more(
    stage: Stage, arrives: Callable[..., Learner], capitals: Course
) -> None:
    alice, quiz = arrives(), quiz_of(capitals, "02-world/quiz")
    first = begin(stage, alice, capitals, quiz)
    assert begin(stage, alice, capitals, quiz) == first  # it is still open
    answer_all(stage, alice, capitals, quiz, first)
    answer_all(stage, alice, capitals, quiz, begin(stage, alice, capitals, quiz))

    with pytest.raises(NoAttemptLeftError):
        begin(stage, alice, capitals, quiz)
    with stage.database.begin() as session:
        attempt = session.get(Attempt, first)
        assert attempt is not None
        attempt.voided_at = NOON
    third = begin(stage, alice, capitals, quiz)
    answer_all(stage, alice, capitals, quiz, third)
    with pytest.raises(NoAttemptLeftError):
        begin(stage, alice, capitals, quiz)
    with stage.database.begin() as session:
        session.add(
            ItemAllowance(
                person_id=alice.place.person_id,
                context_id=stage.context_id,
                course_id=capitals.id,
                item_id=quiz.id,
                extra_attempts=1,
                given_at=NOON,
            )
        )
    fourth = begin(stage, alice, capitals, quiz)

    with stage.database.read() as session:
        numbers = session.scalars(select(Attempt.number).order_by(Attempt.number)).all()
    assert numbers == [1, 2, 3, 4]
    assert fourth != third


def test_a_quiz_sent_as_a_whole_ends_and_what_is_left_out_earns_nothing(
    stage: Stage,
    arrives: Callable[..., Learner],
    capitals: Course,
    told: Callable[[], list[dict[str, Any]]],
    wished: Callable[[UUID], dict[str, str]],
) -> None:
    alice, quiz = arrives(), quiz_of(capitals, "02-world/quiz")
    attempt_id = begin(stage, alice, capitals, quiz)

    with stage.database.begin() as session:
        faults = attempts.submit(
            session,
            alice.visit,
            capitals,
            quiz,
            attempt_id,
            form={"r.q1": ["b"], "r.q2": ["false"]},
            names=NAMES,
            now=NOON + timedelta(minutes=3),
        )

    assert faults == {}
    failed = next(each for each in told() if each["verb"]["id"].endswith("/failed"))
    assert failed["result"] == {
        "success": False,
        "score": {"scaled": 0.4, "raw": 2.0, "min": 0.0, "max": 5.0},
        "duration": "PT3M",
    }
    assert wished(stage.people["Alice"])["02-world/quiz"] == "2 of 5"
    with pytest.raises(AttemptClosedError):
        answer(stage, alice, (capitals, quiz, attempt_id), "q3", {"r.q3": ["Islamabad"]})


def test_an_order_with_gaps_is_told_and_the_rest_is_kept(
    stage: Stage, arrives: Callable[..., Learner], capitals: Course
) -> None:
    alice, quiz = arrives(), quiz_of(capitals, "01-europe/quiz")
    attempt_id = begin(stage, alice, capitals, quiz)
    form = {"r.ordering.helsinki": ["1"], "r.single": ["a"]}

    with stage.database.begin() as session:
        faults = attempts.submit(
            session, alice.visit, capitals, quiz, attempt_id, form=form, names=NAMES, now=NOON
        )

    assert list(faults) == ["ordering"]
    with stage.database.read() as session:
        state = attempts.quiz_state(session, alice.place, quiz)
        assert state.open is not None
        answered = [a.question.id for a in read_sheet(session, state.open).asked if a.response]
    assert answered == ["single"]


def test_the_best_attempt_counts(
    stage: Stage,
    arrives: Callable[..., Learner],
    capitals: Course,
    wished: Callable[[UUID], dict[str, str]],
) -> None:
    alice, quiz = arrives(), quiz_of(capitals, "02-world/quiz")
    answer_all(stage, alice, capitals, quiz, begin(stage, alice, capitals, quiz))
    second = begin(stage, alice, capitals, quiz)

    with stage.database.begin() as session:
        attempts.submit(
            session, alice.visit, capitals, quiz, second, form={}, names=NAMES, now=NOON
        )

    assert wished(stage.people["Alice"])["02-world/quiz"] == "5 of 5"


def test_nobody_answers_in_the_attempt_of_another(
    stage: Stage, arrives: Callable[..., Learner], capitals: Course
) -> None:
    alice, bob, quiz = arrives(), arrives("Bob"), quiz_of(capitals, "02-world/quiz")
    attempt_id = begin(stage, alice, capitals, quiz)

    for wrong in (attempt_id, uuid4()):
        with pytest.raises(NotFoundError):
            answer(stage, bob, (capitals, quiz, wrong), "q1", {"r.q1": ["b"]})


def test_a_new_release_in_the_middle_of_a_quiz_keeps_its_questions(
    stage: Stage, arrives: Callable[..., Learner], capitals: Course
) -> None:
    alice, quiz = arrives(), quiz_of(capitals, "02-world/quiz")
    attempt_id = begin(stage, alice, capitals, quiz)
    shorter = replace(quiz, questions=quiz.questions[1:])
    module = replace(capitals.modules[1], items=(shorter,))
    newer = replace(capitals, fingerprint="f" * 64, modules=(capitals.modules[0], module))

    taken = answer(stage, alice, (newer, shorter, attempt_id), "q1", {"r.q1": ["b"]})

    assert taken.mark.correct
