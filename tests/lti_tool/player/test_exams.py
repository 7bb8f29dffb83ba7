"""Exams: the draw, the clock, savings, the rules, the end and its receipt."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, update

from courses.catalogue import Catalogue
from courses.forms import read_response
from courses.model import Course, Exam, Review
from lti_tool.errors import NotFoundError
from lti_tool.player import exams, progress, results
from lti_tool.player.allowances import NOTHING, Allowed
from lti_tool.player.exams import Bar, CannotStartError
from lti_tool.player.models import (
    Answer,
    Attempt,
    AttemptKind,
    Enrolment,
    ItemAllowance,
    QuestionWithdrawal,
    SubmittedBy,
)
from lti_tool.player.sheets import (
    Asked,
    AttemptClosedError,
    AttemptFacts,
    ElementOutcome,
    Sheet,
    find_attempt,
    read_sheet,
)
from lti_tool.player.views import views_of
from tests.cast import NOON, Stage
from tests.lti_tool.player.conftest import NAMES, Learner, right

HALF_AN_HOUR = timedelta(minutes=30)
Wished = Callable[[UUID], dict[str, str]]


@pytest.fixture
def exam(capitals: Course) -> Exam:
    """Give the exam: two questions of each of two elements, 30 minutes, two attempts."""
    assert capitals.exam is not None
    return capitals.exam


@pytest.fixture
def sits(stage: Stage, capitals: Course, exam: Exam) -> Callable[..., UUID]:
    """Begin an attempt."""

    def start(learner: Learner, *, now: datetime = NOON, of: Exam | None = None) -> UUID:
        with stage.database.begin() as session:
            return exams.start(session, learner.place, capitals, of or exam, now=now)

    return start


def sheet_of(stage: Stage, learner: Learner, attempt_id: UUID) -> Sheet:
    """Give a whole attempt."""
    with stage.database.read() as session:
        facts = find_attempt(session, learner.place.enrolment_id, attempt_id)
        return read_sheet(session, facts)


def save(
    stage: Stage,
    learner: Learner,
    attempt_id: UUID,
    form: dict[str, list[str]],
    *,
    sequence: int,
    question_id: str | None = None,
    now: datetime = NOON,
) -> dict[str, str]:
    """Save answers."""
    with stage.database.begin() as session:
        return exams.save(
            session,
            learner.place,
            attempt_id,
            form,
            sequence=sequence,
            question_id=question_id,
            now=now,
        )


def submit(
    stage: Stage, learner: Learner, course: Course, attempt_id: UUID, *, now: datetime = NOON
) -> bool:
    """End an attempt."""
    assert course.exam is not None
    with stage.database.begin() as session:
        return exams.submit(session, learner.place, course, course.exam, attempt_id, now=now)


def all_right(sheet: Sheet, elements: set[str] | None = None) -> dict[str, list[str]]:
    """Give a form with right answers, to all or to those of some elements."""
    form: dict[str, list[str]] = {}
    for asked in sheet.asked:
        if elements is None or asked.element_id in elements:
            form |= right(asked.question)
    return form


# The draw


def test_an_exam_draws_the_number_asked_from_the_pool_of_each_element(
    stage: Stage, arrives: Callable[..., Learner], exam: Exam, sits: Callable[..., UUID]
) -> None:
    alice = arrives()

    sheet = sheet_of(stage, alice, sits(alice))

    pools = {element.id: {q.id for q in element.pool} for element in exam.elements}
    assert Counter(asked.element_id for asked in sheet.asked) == {"m1": 2, "m2": 2}
    assert all(asked.question.id in pools[asked.element_id] for asked in sheet.asked)
    assert len({asked.question.id for asked in sheet.asked}) == 4
    assert [asked.number for asked in sheet.asked] == [1, 2, 3, 4]


def test_another_attempt_draws_what_was_not_seen_before(
    stage: Stage, arrives: Callable[..., Learner], capitals: Course, sits: Callable[..., UUID]
) -> None:
    alice = arrives()
    first = sits(alice)
    submit(stage, alice, capitals, first)

    second = sits(alice, now=NOON + timedelta(hours=2))

    seen = {asked.question.id for asked in sheet_of(stage, alice, first).asked}
    assert seen.isdisjoint(asked.question.id for asked in sheet_of(stage, alice, second).asked)


def test_options_and_orders_stay_as_they_were_shown(
    stage: Stage, arrives: Callable[..., Learner], sits: Callable[..., UUID]
) -> None:
    alice = arrives()
    attempt_id = sits(alice)

    def shown() -> list[Any]:
        views = views_of(sheet_of(stage, alice, attempt_id).asked, told=False)
        return [(view.question, view.order, view.steps, view.targets) for view in views]

    assert shown() == shown()


def test_a_withdrawn_question_is_not_drawn(
    stage: Stage, arrives: Callable[..., Learner], exam: Exam, sits: Callable[..., UUID]
) -> None:
    alice = arrives()
    pool = exam.elements[0].pool
    with stage.database.begin() as session:
        for question in pool[:5]:
            session.add(
                QuestionWithdrawal(
                    context_id=None,
                    course_id="capitals",
                    item_id="exam",
                    question_id=question.id,
                    reason="Wrong.",
                    withdrawn_at=NOON,
                )
            )

    sheet = sheet_of(stage, alice, sits(alice))

    drawn = {asked.question.id for asked in sheet.asked if asked.element_id == "m1"}
    assert drawn == {question.id for question in pool[5:]}


def test_two_starts_at_once_begin_one_attempt(
    stage: Stage, arrives: Callable[..., Learner], sits: Callable[..., UUID]
) -> None:
    alice = arrives()

    with ThreadPoolExecutor(4) as pool:
        begun = set(pool.map(lambda _: sits(alice), range(4)))

    assert len(begun) == 1


def test_a_new_release_in_the_middle_of_an_exam_keeps_its_questions(
    *,
    stage: Stage,
    arrives: Callable[..., Learner],
    capitals: Course,
    exam: Exam,
    sits: Callable[..., UUID],
    wished: Wished,
) -> None:
    alice = arrives()
    attempt_id = sits(alice)
    before = sheet_of(stage, alice, attempt_id)
    stricter = tuple(replace(each, pool=(), pass_share=Fraction(1)) for each in exam.elements)
    newer = replace(capitals, fingerprint="f" * 64, exam=replace(exam, elements=stricter))

    save(stage, alice, attempt_id, all_right(before), sequence=1)
    submit(stage, alice, newer, attempt_id)

    after = sheet_of(stage, alice, attempt_id)
    assert [asked.question for asked in after.asked] == [asked.question for asked in before.asked]
    assert after.attempt.passed
    assert after.attempt.fingerprint == capitals.fingerprint
    assert (
        wished(stage.people["Alice"])["exam"]
        == f"{after.attempt.maximum} of {after.attempt.maximum}"
    )


# The rules


def state(exam: Exam, ended: list[datetime], allowed: Allowed = NOTHING, **more: Any) -> Any:
    """Apply the rules after attempts that ended at these moments."""
    over = tuple(attempt(submitted_at=each) for each in ended)
    return exams.state_of(exam, over, allowed, extra_percent=0, **more)


def attempt(**values: Any) -> AttemptFacts:
    """Give an attempt's row."""
    empty = dict.fromkeys(AttemptFacts.__dataclass_fields__)
    return AttemptFacts(**{**empty, "kind": AttemptKind.EXAM, **values})  # type: ignore[arg-type]


def test_the_next_attempt_waits_and_says_until_when(exam: Exam) -> None:
    waiting = state(exam, [NOON], now=NOON + timedelta(minutes=59))
    over = state(exam, [NOON], now=NOON + timedelta(minutes=60))
    waived = state(exam, [NOON], Allowed(waives_wait=True), now=NOON)

    assert (waiting.bar, waiting.next_at) == (Bar.WAITING, NOON + timedelta(hours=1))
    assert over.bar is None
    assert waived.bar is None


def test_attempts_run_out_and_staff_give_another(exam: Exam) -> None:
    later = NOON + timedelta(days=1)

    used = state(exam, [NOON, NOON], now=later)
    more = state(exam, [NOON, NOON], Allowed(attempts=1), now=later)

    assert (used.bar, used.left) == (Bar.NONE_LEFT, 0)
    assert (more.bar, more.left) == (None, 1)


def test_an_exam_opens_and_closes_and_staff_extend_its_window(exam: Exam) -> None:
    within = replace(exam, opens_at=NOON, closes_at=NOON + timedelta(hours=1))
    allowed = Allowed(closes_at=NOON + timedelta(hours=3))

    moments = [NOON - timedelta(seconds=1), NOON, NOON + timedelta(hours=1)]
    bars = [state(within, [], now=moment).bar for moment in moments]

    assert bars == [Bar.NOT_OPEN, None, Bar.CLOSED]
    assert state(within, [], allowed, now=moments[2]).bar is None


def test_right_answers_are_shown_as_the_exam_says(exam: Exam) -> None:
    closes = NOON + timedelta(hours=1)

    def shown(review: Review, now: datetime) -> bool:
        of = replace(exam, review=review, closes_at=closes)
        return exams.may_review(of, state(of, [NOON], now=now), now=now)

    assert shown(Review.AFTER_SUBMIT, NOON)
    assert not shown(Review.AFTER_CLOSE, NOON)
    assert shown(Review.AFTER_CLOSE, closes)
    assert not shown(Review.NEVER, closes)


def test_an_attempt_that_may_not_begin_is_refused(
    stage: Stage,
    arrives: Callable[..., Learner],
    capitals: Course,
    exam: Exam,
    sits: Callable[..., UUID],
) -> None:
    alice = arrives()

    with pytest.raises(CannotStartError):
        sits(alice, of=replace(exam, opens_at=NOON + timedelta(days=1)))
    submit(stage, alice, capitals, sits(alice))
    with pytest.raises(CannotStartError):
        sits(alice, now=NOON + timedelta(minutes=30))


# The clock


def test_extra_time_makes_the_clock_longer(
    stage: Stage, arrives: Callable[..., Learner], sits: Callable[..., UUID]
) -> None:
    alice, bob = arrives(), arrives("Bob")
    with stage.database.begin() as session:
        session.execute(
            update(Enrolment)
            .where(Enrolment.id == alice.place.enrolment_id)
            .values(extra_percent=25)
        )
        session.add(allowance(stage, bob, extra_minutes=10))
    alice, bob = arrives(), arrives("Bob")

    closing = [sheet_of(stage, each, sits(each)).attempt.closes_at for each in (alice, bob)]

    assert closing == [NOON + timedelta(minutes=38), NOON + timedelta(minutes=40)]


def allowance(stage: Stage, learner: Learner, **values: Any) -> ItemAllowance:
    """Give what staff allow in the exam."""
    return ItemAllowance(
        person_id=learner.place.person_id,
        context_id=stage.context_id,
        course_id="capitals",
        item_id="exam",
        given_at=NOON,
        **values,
    )


def test_extra_time_reaches_an_attempt_that_runs(
    stage: Stage, arrives: Callable[..., Learner], exam: Exam, sits: Callable[..., UUID]
) -> None:
    alice = arrives()
    attempt_id = sits(alice)

    with stage.database.begin() as session:
        session.add(allowance(stage, alice, extra_minutes=15))
        session.flush()
        closes_at = exams.set_clock(session, alice.place, exam, now=NOON)

    assert closes_at == NOON + timedelta(minutes=45)
    assert sheet_of(stage, alice, attempt_id).attempt.closes_at == closes_at


def test_the_window_cuts_an_attempt_short(
    stage: Stage, arrives: Callable[..., Learner], exam: Exam, sits: Callable[..., UUID]
) -> None:
    alice = arrives()
    closes = NOON + timedelta(minutes=10)

    attempt_id = sits(alice, of=replace(exam, closes_at=closes))

    assert sheet_of(stage, alice, attempt_id).attempt.closes_at == closes


def test_the_worker_ends_an_attempt_when_its_time_ran_out(
    *,
    stage: Stage,
    arrives: Callable[..., Learner],
    catalogue: Catalogue,
    sits: Callable[..., UUID],
    told: Callable[[], list[dict[str, Any]]],
    wished: Wished,
) -> None:
    alice = arrives()
    attempt_id = sits(alice)
    sheet = sheet_of(stage, alice, attempt_id)
    save(stage, alice, attempt_id, all_right(sheet, {"m1"}), sequence=1)
    begin = stage.database.begin

    early = exams.submit_overdue(begin, catalogue, NAMES, now=NOON + HALF_AN_HOUR)
    late = NOON + HALF_AN_HOUR + exams.GRACE
    ended = [exams.submit_overdue(begin, catalogue, NAMES, now=late) for _ in range(2)]

    facts = sheet_of(stage, alice, attempt_id).attempt
    assert (early, ended) == (0, [1, 0])
    assert facts.submitted_by is SubmittedBy.CLOCK
    assert facts.submitted_at == NOON + HALF_AN_HOUR
    assert facts.passed is False
    failed = told()[-1]
    assert failed["verb"]["id"].endswith("/failed")
    assert failed["result"]["duration"] == "PT30M"
    assert wished(stage.people["Alice"])[""] == f"{facts.points} of {facts.maximum}"


def test_an_answer_on_its_way_is_taken_a_moment_late_but_no_later(
    stage: Stage, arrives: Callable[..., Learner], sits: Callable[..., UUID]
) -> None:
    alice = arrives()
    attempt_id = sits(alice)
    end = NOON + HALF_AN_HOUR

    save(stage, alice, attempt_id, {}, sequence=1, now=end + timedelta(seconds=4))
    with pytest.raises(AttemptClosedError):
        save(stage, alice, attempt_id, {}, sequence=2, now=end + exams.GRACE)


# Savings


def test_a_saving_that_arrives_out_of_order_is_left_out(
    stage: Stage, arrives: Callable[..., Learner], sits: Callable[..., UUID]
) -> None:
    alice = arrives()
    attempt_id = sits(alice)
    question = sheet_of(stage, alice, attempt_id).asked[0].question
    newest = right(question)

    save(stage, alice, attempt_id, newest, sequence=7, question_id=question.id)
    save(stage, alice, attempt_id, {}, sequence=6, question_id=question.id)

    sheet = sheet_of(stage, alice, attempt_id)
    assert sheet.asked[0].mark().correct
    assert sheet.sequence == 7


def test_an_answer_can_be_taken_back(
    stage: Stage, arrives: Callable[..., Learner], sits: Callable[..., UUID]
) -> None:
    alice = arrives()
    attempt_id = sits(alice)
    question = sheet_of(stage, alice, attempt_id).asked[0].question
    save(stage, alice, attempt_id, right(question), sequence=1)

    save(stage, alice, attempt_id, {}, sequence=2)

    assert not sheet_of(stage, alice, attempt_id).asked[0].is_answered


def test_nobody_saves_into_the_attempt_of_another(
    stage: Stage, arrives: Callable[..., Learner], sits: Callable[..., UUID]
) -> None:
    alice, bob = arrives(), arrives("Bob")
    attempt_id = sits(alice)

    with pytest.raises(NotFoundError):
        save(stage, bob, attempt_id, {}, sequence=1)


def test_leaving_and_coming_back_are_told_once_each(
    *,
    stage: Stage,
    arrives: Callable[..., Learner],
    capitals: Course,
    exam: Exam,
    sits: Callable[..., UUID],
    verbs: Callable[[], list[str]],
) -> None:
    alice = arrives()
    attempt_id = sits(alice)

    for minute, tell in enumerate((exams.leave, exams.leave, exams.come_back, exams.come_back)):
        with stage.database.begin() as session:
            moment = NOON + timedelta(minutes=minute)
            tell(session, alice.place, capitals, exam, attempt_id, now=moment)

    assert verbs()[-2:] == ["suspended", "resumed"]
    assert verbs().count("suspended") == 1


# The end


def test_a_passed_exam_is_told_scored_and_done(
    *,
    stage: Stage,
    arrives: Callable[..., Learner],
    capitals: Course,
    sits: Callable[..., UUID],
    verbs: Callable[[], list[str]],
    wished: Wished,
) -> None:
    alice = arrives()
    attempt_id = sits(alice)
    sheet = sheet_of(stage, alice, attempt_id)
    save(stage, alice, attempt_id, all_right(sheet), sequence=1)

    ended = [submit(stage, alice, capitals, attempt_id) for _ in range(2)]

    after = sheet_of(stage, alice, attempt_id)
    assert ended == [True, False]
    assert after.attempt.passed
    assert all(element.passed for element in after.elements)
    assert verbs()[-2:] == ["passed", "progressed"]
    maximum = after.attempt.maximum
    assert wished(stage.people["Alice"]) == {
        "exam": f"{maximum} of {maximum}",
        "": f"{maximum} of {maximum}",
    }
    with stage.database.read() as session:
        marked = session.scalars(select(Answer.correct)).all()
    assert marked == [True] * 4


def test_an_exam_is_not_passed_with_one_element_missing(
    stage: Stage, arrives: Callable[..., Learner], capitals: Course, sits: Callable[..., UUID]
) -> None:
    alice = arrives()
    attempt_id = sits(alice)
    sheet = sheet_of(stage, alice, attempt_id)
    save(stage, alice, attempt_id, all_right(sheet, {"m2"}), sequence=1)

    submit(stage, alice, capitals, attempt_id)

    after = sheet_of(stage, alice, attempt_id)
    assert [element.passed for element in after.elements] == [False, True]
    assert after.attempt.passed is False


def element_sheet(exam: Exam, answered: int) -> Sheet:
    """Give an attempt with three questions of one point in one element, some answered rightly."""
    questions = [q for q in exam.elements[0].pool if q.points == 1][:3]
    asked = []
    for number, question in enumerate(questions, start=1):
        response = None
        if number <= answered:
            response = read_response(question, right(question))
        asked.append(Asked(number, question, "m1", response, "seed"))
    element = ElementOutcome("m1", "Europe", Fraction(2, 3), None, 3, None)
    return Sheet(attempt(), tuple(asked), (element,), 0)


def test_exactly_two_thirds_pass_an_element_and_less_does_not(exam: Exam) -> None:
    outcomes = [results.judge(element_sheet(exam, answered)) for answered in range(4)]

    assert [outcome.passed for outcome in outcomes] == [False, False, True, True]
    assert outcomes[2].elements[0].points == 2
    assert outcomes[2].elements[0].needed == 2


def test_a_withdrawn_question_counts_neither_way(exam: Exam) -> None:
    sheet = element_sheet(exam, 1)
    wrong = frozenset(asked.question.id for asked in sheet.asked[1:])

    outcome = results.judge(sheet, wrong)
    nothing_left = results.judge(sheet, frozenset(asked.question.id for asked in sheet.asked))

    assert (outcome.points, outcome.maximum, outcome.passed) == (1, 1, True)
    assert (nothing_left.maximum, nothing_left.passed) == (0, False)
    assert nothing_left.elements[0].passed is None


def test_the_receipt_holds_what_was_answered_and_its_hash_verifies(
    stage: Stage, arrives: Callable[..., Learner], capitals: Course, sits: Callable[..., UUID]
) -> None:
    alice = arrives()
    attempt_id = sits(alice)
    sheet = sheet_of(stage, alice, attempt_id)
    save(stage, alice, attempt_id, all_right(sheet, {"m1"}), sequence=1)
    submit(stage, alice, capitals, attempt_id, now=NOON + timedelta(minutes=9))

    after = sheet_of(stage, alice, attempt_id)

    assert after.attempt.receipt is not None
    text = json.dumps(
        after.attempt.receipt, sort_keys=True, separators=(",", ":"), ensure_ascii=False
    )
    assert hashlib.sha256(text.encode()).hexdigest() == after.attempt.receipt_hash
    told = after.attempt.receipt["questions"]
    assert [each["shown"] for each in told] == [
        results.shown_digest(asked.question) for asked in after.asked
    ]
    assert [each["response"] is not None for each in told] == [True, True, False, False]
    assert after.attempt.receipt["submitted_at"] == "2026-11-02T12:09:00+00:00"


def test_a_void_attempt_gives_its_score_back(
    *,
    stage: Stage,
    arrives: Callable[..., Learner],
    capitals: Course,
    exam: Exam,
    sits: Callable[..., UUID],
    wished: Wished,
) -> None:
    alice = arrives()
    attempt_id = sits(alice)
    sheet = sheet_of(stage, alice, attempt_id)
    save(stage, alice, attempt_id, all_right(sheet), sequence=1)
    submit(stage, alice, capitals, attempt_id)

    with stage.database.begin() as session:
        session.execute(update(Attempt).values(voided_at=NOON))
        progress.recount(session, alice.place, capitals, exam, now=NOON)

    maximum = sum(asked.question.points for asked in sheet.asked)
    assert wished(stage.people["Alice"])["exam"] == f"0 of {maximum}"
    with stage.database.read() as session:
        standing = progress.find_near(session, alice.visit, capitals.id, "", NAMES)
    assert standing is not None
    assert not standing.is_done("exam")
