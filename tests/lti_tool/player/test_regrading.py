"""Marking again: withdrawn questions, rulings, void attempts; exact, told and sent again."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from fractions import Fraction
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select

from courses.catalogue import Catalogue
from courses.model import Course
from lti_tool.audit import AuditLine, find_break
from lti_tool.errors import BadRequestError, ConflictingError, NotFoundError
from lti_tool.player import appeals, attempts, exams, regrading, withdrawing
from lti_tool.player.acting import Act
from lti_tool.player.dossiers import receipt_holds
from lti_tool.player.models import Attempt, EnrolmentVisit, QuestionWithdrawal
from lti_tool.player.regrading import QuestionAt
from lti_tool.player.ruling_models import QuestionRuling
from lti_tool.player.withdrawing import NothingLeftError, Regrading
from tests.cast import NOON, Stage, set_stage
from tests.lti_tool.player.conftest import NAMES, Learner, right
from tests.lti_tool.player.deskwork import (
    ACT,
    LATER,
    left_out,
    percent_of,
    result_of,
    sheet_of,
    sit_exam,
    sit_quiz,
)

QUIZ = "02-world/quiz"
Arrives = Callable[..., Learner]
Wished = Callable[[UUID], dict[str, str]]
Told = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def tools(stage: Stage, catalogue: Catalogue) -> Regrading:
    """Give what acts on questions work with."""
    return Regrading(stage.database.begin, catalogue, NAMES)


@pytest.fixture
def rules(stage: Stage, catalogue: Catalogue) -> Callable[..., list[regrading.Change]]:
    """Rule on a question of an attempt."""

    def rule(attempt_id: UUID, question_id: str, points: Fraction | None) -> Any:
        with stage.database.begin() as session:
            return appeals.rule(
                session,
                attempt_id,
                question_id,
                points,
                context_id=stage.context_id,
                act=ACT,
                catalogue=catalogue,
                names=NAMES,
                now=LATER,
            )

    return rule


def course_of(tools: Regrading) -> Course:
    """Give the course of capitals."""
    found = tools.catalogue.get("capitals")
    assert found is not None
    return found


def void(stage: Stage, catalogue: Catalogue, attempt_id: UUID) -> None:
    """Declare an attempt void."""
    with stage.database.begin() as session:
        appeals.void(
            session,
            attempt_id,
            context_id=stage.context_id,
            act=ACT,
            catalogue=catalogue,
            names=NAMES,
            now=LATER,
        )


def outcomes(told: Told) -> list[tuple[str, float, bool | None]]:
    """Give the verbs, points and success of the statements about whole attempts."""
    return [
        (
            statement["verb"]["id"].rsplit("/", 1)[1],
            statement["result"]["score"]["raw"],
            statement["result"].get("success"),
        )
        for statement in told()
        if statement["verb"]["id"].endswith(("/passed", "/failed", "/scored"))
    ]


# Withdrawing


def test_a_withdrawn_question_turns_failed_into_passed_and_the_score_is_sent_again(
    stage: Stage,
    arrives: Arrives,
    tools: Regrading,
    wished: Wished,
    told: Told,
) -> None:
    alice, capitals = arrives("Alice"), course_of(tools)
    attempt_id = sit_quiz(stage, alice, capitals, wrong=("q1", "q2", "q3"))
    where = QuestionAt("capitals", QUIZ, "q1", stage.context_id)
    more = QuestionAt("capitals", QUIZ, "q2", stage.context_id)
    assert result_of(stage, alice, attempt_id) == (2, 5, False)

    with stage.database.read() as session:
        foreseen = regrading.forecast(session, where, withdrawing=True)
    first = withdrawing.withdraw(tools, where, ACT, now=LATER)
    second = withdrawing.withdraw(tools, more, ACT, now=LATER + timedelta(minutes=1))

    assert (foreseen.held, foreseen.running, len(foreseen.changes), foreseen.won) == (1, 0, 1, 0)
    assert foreseen.changes == tuple(first)
    assert [change.is_won for change in second] == [True]
    assert result_of(stage, alice, attempt_id) == (2, 3, True)
    assert wished(alice.visit.person_id)[QUIZ] == "2 of 3"
    assert wished(alice.visit.person_id)["02-world/quiz"] == "2 of 3"
    assert outcomes(told) == [("failed", 2, False), ("failed", 2, False), ("passed", 2, True)]
    assert len({statement["id"] for statement in told()}) == len(told())


def test_taking_a_question_in_again_brings_back_what_was(
    stage: Stage,
    arrives: Arrives,
    capitals: Course,
    tools: Regrading,
    wished: Wished,
) -> None:
    alice = arrives("Alice")
    attempt_id = sit_quiz(stage, alice, capitals, wrong=("q1", "q2"))
    where = QuestionAt("capitals", QUIZ, "q3", stage.context_id)

    lost = withdrawing.withdraw(tools, where, ACT, now=LATER)
    won = withdrawing.restore(tools, where, ACT, now=LATER + timedelta(minutes=1))

    assert [change.is_lost for change in lost] == [True]
    assert [change.is_won for change in won] == [True]
    assert result_of(stage, alice, attempt_id) == (3, 5, True)
    assert wished(alice.visit.person_id)[QUIZ] == "3 of 5"
    with stage.database.read() as session:
        lines = session.scalars(select(AuditLine).order_by(AuditLine.number)).all()
        assert [line.act for line in lines] == ["question.withdrawn", "question.restored"]
        assert ACT.reason not in str([line.detail for line in lines])
        assert find_break(session) is None
    with pytest.raises(NotFoundError):
        withdrawing.restore(tools, where, ACT, now=LATER)


def test_an_element_of_an_exam_is_judged_anew_and_exactly(
    stage: Stage,
    arrives: Arrives,
    tools: Regrading,
    wished: Wished,
    told: Told,
) -> None:
    alice, capitals = arrives("Alice"), course_of(tools)
    attempt_id = sit_exam(stage, alice, capitals, misses_an_element=True, now=NOON)
    before = sheet_of(stage, alice, attempt_id)
    faulty = left_out(before)

    withdrawing.withdraw(
        tools, QuestionAt("capitals", "exam", faulty.id, stage.context_id), ACT, now=LATER
    )

    after = sheet_of(stage, alice, attempt_id)
    assert before.attempt.passed is False
    assert after.attempt.passed is True
    assert after.attempt.remarked_at == LATER
    assert after.elements[0].asked == before.elements[0].asked - faulty.points
    assert after.elements[0].passed is True
    assert after.elements[1] == before.elements[1]
    assert after.attempt.receipt == before.attempt.receipt
    assert after.attempt.receipt_hash == before.attempt.receipt_hash
    assert receipt_holds(after) is True
    full = f"{after.attempt.points} of {after.attempt.maximum}"
    assert wished(alice.visit.person_id)["exam"] == full
    assert wished(alice.visit.person_id)[""] == full
    assert [verb for verb, *_ in outcomes(told)] == ["failed", "passed"]


def test_the_class_next_door_keeps_its_marks_unless_it_is_withdrawn_everywhere(
    stage: Stage,
    arrives: Arrives,
    capitals: Course,
    catalogue: Catalogue,
    tools: Regrading,
) -> None:
    alice = arrives("Alice")
    own = sit_quiz(stage, alice, capitals, wrong=("q1",))
    other_stage = set_stage(stage.database)
    bob = _arrive(other_stage, catalogue, capitals, "Bob")
    other = sit_quiz(other_stage, bob, capitals, wrong=("q1",))

    withdrawing.withdraw(
        tools, QuestionAt("capitals", QUIZ, "q1", stage.context_id), ACT, now=LATER
    )
    assert result_of(stage, alice, own) == (4, 4, True)
    assert result_of(other_stage, bob, other) == (4, 5, True)

    everywhere = QuestionAt("capitals", QUIZ, "q1", None)
    changes = withdrawing.withdraw(tools, everywhere, ACT, now=LATER)
    assert [change.attempt_id for change in changes] == [other]
    assert result_of(other_stage, bob, other) == (4, 4, True)


def _arrive(stage: Stage, catalogue: Catalogue, course: Course, name: str) -> Learner:
    from lti_tool.player import enrolling

    visit = stage.visit(name)
    with stage.database.begin() as session:
        enrolling.arrive(session, visit, catalogue=catalogue, names=NAMES, now=NOON)
        place = enrolling.find_enrolment(session, visit, course, names=NAMES)
    return Learner(visit, place)


def test_the_last_question_that_counts_cannot_be_withdrawn(
    stage: Stage, arrives: Arrives, capitals: Course, tools: Regrading
) -> None:
    alice = arrives("Alice")
    attempt_id = sit_quiz(stage, alice, capitals)
    for name in ("q1", "q2", "q3", "q4"):
        where = QuestionAt("capitals", QUIZ, name, stage.context_id)
        withdrawing.withdraw(tools, where, ACT, now=LATER)

    where = QuestionAt("capitals", QUIZ, "q5", stage.context_id)
    with pytest.raises(NothingLeftError):
        withdrawing.withdraw(tools, where, ACT, now=LATER)

    assert result_of(stage, alice, attempt_id) == (1, 1, True)
    with stage.database.read() as session:
        assert session.scalar(select(func.count()).select_from(QuestionWithdrawal)) == 4


def test_an_attempt_that_goes_on_is_marked_without_the_question_at_its_end(
    stage: Stage, arrives: Arrives, capitals: Course, tools: Regrading
) -> None:
    alice = arrives("Alice")
    assert capitals.exam is not None
    with stage.database.begin() as session:
        attempt_id = exams.start(session, alice.place, capitals, capitals.exam, now=NOON)
    faulty = sheet_of(stage, alice, attempt_id).asked[0].question
    where = QuestionAt("capitals", "exam", faulty.id, stage.context_id)

    with stage.database.read() as session:
        foreseen = regrading.forecast(session, where, withdrawing=True)
    changes = withdrawing.withdraw(tools, where, ACT, now=NOON)
    with stage.database.begin() as session:
        exams.submit(session, alice.place, capitals, capitals.exam, attempt_id, now=NOON)

    total = sum(each.question.points for each in sheet_of(stage, alice, attempt_id).asked)
    assert (foreseen.held, foreseen.running, changes) == (0, 1, [])
    assert result_of(stage, alice, attempt_id)[1] == total - faulty.points


def test_an_exam_that_ends_at_the_same_moment_is_not_forgotten(
    stage: Stage, arrives: Arrives, capitals: Course, tools: Regrading
) -> None:
    alice = arrives("Alice")
    assert capitals.exam is not None
    with stage.database.begin() as session:
        attempt_id = exams.start(session, alice.place, capitals, capitals.exam, now=NOON)
    faulty = sheet_of(stage, alice, attempt_id).asked[0].question
    where = QuestionAt("capitals", "exam", faulty.id, stage.context_id)

    with ThreadPoolExecutor(1) as pool:
        with stage.database.begin() as session:
            exams.submit(session, alice.place, capitals, capitals.exam, attempt_id, now=NOON)
            withdrawing_it = pool.submit(withdrawing.withdraw, tools, where, ACT, now=LATER)
            with pytest.raises(TimeoutError):
                withdrawing_it.result(timeout=0.5)
        changes = withdrawing_it.result(timeout=10)

    total = sum(each.question.points for each in sheet_of(stage, alice, attempt_id).asked)
    assert [change.attempt_id for change in changes] == [attempt_id]
    assert result_of(stage, alice, attempt_id)[1] == total - faulty.points


def test_withdrawing_again_goes_on_where_a_break_left_it_and_changes_nothing_else(
    stage: Stage, arrives: Arrives, capitals: Course, tools: Regrading, told: Told
) -> None:
    alice = arrives("Alice")
    sit_quiz(stage, alice, capitals, wrong=("q1",))
    where = QuestionAt("capitals", QUIZ, "q1", stage.context_id)
    withdrawing.withdraw(tools, where, ACT, now=LATER)
    statements = len(told())

    again = withdrawing.withdraw(tools, where, ACT, now=LATER + timedelta(hours=1))

    assert again == []
    assert len(told()) == statements


def test_many_attempts_are_marked_in_several_transactions(
    stage: Stage,
    arrives: Arrives,
    capitals: Course,
    tools: Regrading,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(withdrawing, "BATCH", 1)
    learners = [arrives("Alice"), arrives("Bob")]
    sat = [sit_quiz(stage, learner, capitals, wrong=("q1",)) for learner in learners]

    changes = withdrawing.withdraw(
        tools, QuestionAt("capitals", QUIZ, "q1", stage.context_id), ACT, now=LATER
    )

    assert {change.attempt_id for change in changes} == set(sat)
    for learner, attempt_id in zip(learners, sat, strict=True):
        assert result_of(stage, learner, attempt_id) == (4, 4, True)


def test_an_attempt_of_a_course_that_is_away_is_marked_all_the_same(
    stage: Stage, arrives: Arrives, capitals: Course, tools: Regrading, wished: Wished
) -> None:
    alice = arrives("Alice")
    attempt_id = sit_quiz(stage, alice, capitals, wrong=("q1",))
    away = replace(tools, catalogue=Catalogue(()))

    withdrawing.withdraw(away, QuestionAt("capitals", QUIZ, "q1", stage.context_id), ACT, now=LATER)

    assert result_of(stage, alice, attempt_id) == (4, 4, True)
    assert wished(alice.visit.person_id)[QUIZ] == "4 of 5"
    with pytest.raises(NotFoundError):
        withdrawing.withdraw(
            away, QuestionAt("capitals", QUIZ, "no-such", stage.context_id), ACT, now=LATER
        )


def test_nobody_counts_as_seen_because_staff_marked_again(
    stage: Stage, arrives: Arrives, capitals: Course, tools: Regrading
) -> None:
    alice = arrives("Alice")
    sit_quiz(stage, alice, capitals, wrong=("q1",))

    withdrawing.withdraw(
        tools, QuestionAt("capitals", QUIZ, "q1", stage.context_id), ACT, now=LATER
    )

    with stage.database.read() as session:
        assert session.scalar(select(func.max(EnrolmentVisit.seen_at))) == NOON


# Rulings


def test_a_ruling_raises_an_element_and_its_exam_and_can_be_taken_back(
    stage: Stage,
    arrives: Arrives,
    capitals: Course,
    rules: Callable[..., Any],
    wished: Wished,
) -> None:
    alice = arrives("Alice")
    attempt_id = sit_exam(stage, alice, capitals, misses_an_element=True, now=NOON)
    before = sheet_of(stage, alice, attempt_id)
    question = left_out(before)

    awarded = rules(attempt_id, question.id, Fraction(question.points))
    with_ruling = sheet_of(stage, alice, attempt_id)
    taken_back = rules(attempt_id, question.id, None)
    after = sheet_of(stage, alice, attempt_id)

    assert [change.is_won for change in awarded] == [True]
    assert with_ruling.elements[0].points == before.elements[0].asked
    assert with_ruling.elements[0].passed is True
    assert with_ruling.attempt.maximum == before.attempt.maximum
    assert receipt_holds(with_ruling) is True
    assert [change.is_lost for change in taken_back] == [True]
    assert after.elements == before.elements
    full = f"{after.attempt.points} of {after.attempt.maximum}"
    assert wished(alice.visit.person_id)["exam"] == full


def test_a_ruling_is_exact_and_stays_through_a_withdrawal_of_another_question(
    stage: Stage,
    arrives: Arrives,
    capitals: Course,
    tools: Regrading,
    rules: Callable[..., Any],
) -> None:
    alice = arrives("Alice")
    attempt_id = sit_quiz(stage, alice, capitals, wrong=("q1", "q2"))

    rules(attempt_id, "q2", Fraction(1, 3))
    withdrawing.withdraw(
        tools, QuestionAt("capitals", QUIZ, "q1", stage.context_id), ACT, now=LATER
    )

    assert result_of(stage, alice, attempt_id) == (Fraction(10, 3), 4, True)
    with stage.database.read() as session:
        kept = session.scalars(select(QuestionRuling)).one()
        assert (kept.points, kept.reason) == (Fraction(1, 3), ACT.reason)


def test_a_ruling_that_cannot_be_is_refused(
    stage: Stage,
    arrives: Arrives,
    capitals: Course,
    catalogue: Catalogue,
    rules: Callable[..., Any],
) -> None:
    alice = arrives("Alice")
    attempt_id = sit_quiz(stage, alice, capitals, wrong=("q1",))
    with stage.database.begin() as session:
        quiz = capitals.item(QUIZ)
        going_on = attempts.start(session, alice.place, capitals, quiz, now=NOON)  # type: ignore[arg-type]

    with pytest.raises(BadRequestError):
        rules(attempt_id, "q1", Fraction(3, 2))
    with pytest.raises(NotFoundError):
        rules(attempt_id, "no-such", Fraction(1))
    with pytest.raises(NotFoundError):
        rules(attempt_id, "q1", None)
    with pytest.raises(NotFoundError):
        rules(uuid4(), "q1", Fraction(1))
    with pytest.raises(ConflictingError):
        rules(going_on, "q1", Fraction(1))
    with pytest.raises(BadRequestError):
        Act("command line", None, "  ")

    assert result_of(stage, alice, attempt_id) == (4, 5, True)


# Void


def test_a_void_attempt_counts_neither_for_nor_against(
    stage: Stage,
    arrives: Arrives,
    capitals: Course,
    catalogue: Catalogue,
    wished: Wished,
) -> None:
    alice = arrives("Alice")
    quiz = capitals.item(QUIZ)
    sit_quiz(stage, alice, capitals, wrong=("q1",))
    best = sit_quiz(stage, alice, capitals)
    assert wished(alice.visit.person_id)[QUIZ] == "5 of 5"

    void(stage, catalogue, best)

    with stage.database.read() as session:
        state = attempts.quiz_state(session, alice.place, quiz)  # type: ignore[arg-type]
        kept = session.get_one(Attempt, best)
    assert wished(alice.visit.person_id)[QUIZ] == "4 of 5"
    assert state.left == 1
    assert (kept.voided_at, kept.void_reason) == (LATER, ACT.reason)
    with pytest.raises(ConflictingError):
        void(stage, catalogue, best)


def test_voiding_the_only_attempt_undoes_what_was_done(
    stage: Stage,
    arrives: Arrives,
    capitals: Course,
    catalogue: Catalogue,
    wished: Wished,
) -> None:
    alice = arrives("Alice")
    only = sit_exam(stage, alice, capitals, now=NOON)
    done = percent_of(stage, alice)

    void(stage, catalogue, only)

    assert percent_of(stage, alice) < done
    assert wished(alice.visit.person_id)["exam"].startswith("0 of ")


def test_an_attempt_that_goes_on_ends_when_it_is_declared_void(
    stage: Stage, arrives: Arrives, capitals: Course, catalogue: Catalogue
) -> None:
    alice = arrives("Alice")
    assert capitals.exam is not None
    with stage.database.begin() as session:
        attempt_id = exams.start(session, alice.place, capitals, capitals.exam, now=NOON)
    form = right(sheet_of(stage, alice, attempt_id).asked[0].question)

    void(stage, catalogue, attempt_id)

    with stage.database.begin() as session:
        with pytest.raises(ConflictingError):
            exams.save(session, alice.place, attempt_id, form, sequence=1, now=NOON)
        state = exams.exam_state(session, alice.place, capitals.exam, now=NOON)
        assert (state.open, state.left) == (None, 2)


def test_an_attempt_of_another_context_is_not_found(
    stage: Stage, arrives: Arrives, capitals: Course, catalogue: Catalogue
) -> None:
    attempt_id = sit_quiz(stage, arrives("Alice"), capitals)
    elsewhere = set_stage(stage.database)

    with pytest.raises(NotFoundError):
        void(elsewhere, catalogue, attempt_id)
