"""Allowing more than the rules: time, attempts, a window, no waiting; each with a reason."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import select

from courses.model import Course, Exam
from lti_tool.audit import AuditLine, find_break
from lti_tool.errors import BadRequestError, ConflictingError, NotFoundError
from lti_tool.player import allowing, exams
from lti_tool.player.allowances import NOTHING, Allowed
from lti_tool.player.allowing import LearnerAt
from lti_tool.player.exams import Bar
from lti_tool.player.models import ItemAllowance
from lti_tool.player.places import place_of
from tests.cast import NOON, Stage, set_stage
from tests.lti_tool.player.conftest import NAMES, Learner
from tests.lti_tool.player.deskwork import ACT, sheet_of, sit_exam, sit_quiz

Arrives = Callable[..., Learner]


@pytest.fixture
def allows(stage: Stage, capitals: Course) -> Callable[..., None]:
    """Allow somebody more, here."""

    def allow(
        name: str, allowed: Allowed, *, item: str = "exam", percent: int | None = None
    ) -> None:
        graded = capitals.item(item)
        with stage.database.begin() as session:
            allowing.allow(
                session,
                LearnerAt(stage.people[name], stage.context_id, capitals.id),
                capitals,
                graded,  # type: ignore[arg-type]
                allowed,
                extra_percent=percent,
                act=ACT,
                names=NAMES,
                now=NOON,
            )

    return allow


@pytest.fixture
def exam(capitals: Course) -> Exam:
    """Give the exam: 30 minutes, two attempts, one hour between them."""
    assert capitals.exam is not None
    return capitals.exam


def test_extra_time_reaches_an_exam_that_is_going_on(
    stage: Stage, arrives: Arrives, capitals: Course, exam: Exam, allows: Callable[..., None]
) -> None:
    alice = arrives("Alice")
    with stage.database.begin() as session:
        attempt_id = exams.start(session, alice.place, capitals, exam, now=NOON)

    allows("Alice", Allowed(minutes=10), percent=50)

    closes_at = sheet_of(stage, alice, attempt_id).attempt.closes_at
    assert closes_at == NOON + timedelta(minutes=55)


def test_percent_that_is_not_said_stays_and_zero_takes_it_away(
    stage: Stage, arrives: Arrives, exam: Exam, allows: Callable[..., None]
) -> None:
    alice = arrives("Alice")

    def minutes() -> int:
        with stage.database.read() as session:
            place = place_of(session, alice.place.enrolment_id, NAMES)
            assert place is not None
            return exams.exam_state(session, place, exam, now=NOON).minutes

    allows("Alice", NOTHING, percent=100)
    doubled = minutes()
    allows("Alice", Allowed(minutes=5))
    with_more = minutes()
    allows("Alice", NOTHING, percent=0)

    assert (doubled, with_more, minutes()) == (60, 65, 30)


def test_another_attempt_and_no_waiting_open_an_exam_again(
    stage: Stage, arrives: Arrives, capitals: Course, exam: Exam, allows: Callable[..., None]
) -> None:
    alice = arrives("Alice")
    sit_exam(stage, alice, capitals, wrong=(1, 2, 3, 4), now=NOON - timedelta(hours=3))
    sit_exam(stage, alice, capitals, wrong=(1, 2, 3, 4), now=NOON)

    def bar() -> Bar | None:
        with stage.database.read() as session:
            return exams.exam_state(session, alice.place, exam, now=NOON).bar

    used_up = bar()
    allows("Alice", Allowed(attempts=1))
    waiting = bar()
    allows("Alice", Allowed(attempts=1, waives_wait=True))

    assert (used_up, waiting, bar()) == (Bar.NONE_LEFT, Bar.WAITING, None)


def test_what_is_allowed_before_the_first_visit_holds_from_then_on(
    stage: Stage, arrives: Arrives, exam: Exam, allows: Callable[..., None]
) -> None:
    allows("Bob", Allowed(minutes=15, opens_at=NOON + timedelta(days=1)))

    bob = arrives("Bob")

    with stage.database.read() as session:
        state = exams.exam_state(session, bob.place, exam, now=NOON)
    assert (state.minutes, state.bar) == (45, Bar.NOT_OPEN)
    with pytest.raises(ConflictingError):
        allows("Alice", NOTHING, percent=25)


def test_a_quiz_gets_another_attempt_and_a_second_word_replaces_the_first(
    stage: Stage, arrives: Arrives, capitals: Course, allows: Callable[..., None]
) -> None:
    alice = arrives("Alice")
    for _ in range(2):
        sit_quiz(stage, alice, capitals)

    allows("Alice", Allowed(attempts=3), item="02-world/quiz")
    allows("Alice", Allowed(attempts=1), item="02-world/quiz")
    sit_quiz(stage, alice, capitals)

    with stage.database.read() as session:
        kept = session.scalars(select(ItemAllowance)).one()
        lines = session.scalars(select(AuditLine)).all()
        assert (kept.extra_attempts, kept.reason, kept.given_at) == (1, ACT.reason, NOON)
        assert [line.act for line in lines] == ["allowance.given"] * 2
        assert ACT.reason not in str([line.detail for line in lines])
        assert find_break(session) is None


@pytest.mark.parametrize(
    ("allowed", "percent"),
    [
        (Allowed(attempts=51), None),
        (Allowed(attempts=-1), None),
        (Allowed(minutes=1441), None),
        (NOTHING, 301),
        (Allowed(opens_at=NOON, closes_at=NOON), None),
    ],
)
def test_what_cannot_be_meant_is_refused_with_words(allowed: Allowed, percent: int | None) -> None:
    with pytest.raises(BadRequestError) as caught:
        allowing.check(allowed, percent)

    assert caught.value.words


def test_somebody_of_another_context_is_not_found(
    stage: Stage, capitals: Course, exam: Exam
) -> None:
    elsewhere = set_stage(stage.database)

    for person_id in (elsewhere.people["Alice"], uuid4()):
        with stage.database.begin() as session, pytest.raises(NotFoundError):
            allowing.allow(
                session,
                LearnerAt(person_id, stage.context_id, capitals.id),
                capitals,
                exam,
                NOTHING,
                act=ACT,
                names=NAMES,
                now=NOON,
            )
