"""What stands around every statement of a learner: where it happened, and how long it took."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from fractions import Fraction
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import select, update

from courses.kinds import Mark, Response, Scenario
from courses.model import Course, Exam, Quiz
from lti_tool.player import leaving, progress, recording
from lti_tool.player.models import EnrolmentVisit
from lti_tool.player.places import Place
from lti_tool.player.recording import Sitting
from lti_tool.player.standings import ItemState
from tests.cast import NOON, Stage
from tests.lti_tool.player.conftest import NAMES, Learner
from xapi import profile
from xapi import vocabulary as words

COURSE = "https://tool.example.org/id/course/capitals"


def place(**changed: Any) -> Place:
    """Give a place that is in no database."""
    made = Place(
        enrolment_id=uuid4(),
        registration=uuid4(),
        person_id=uuid4(),
        context_id=uuid4(),
        course_id="capitals",
        percent=0,
        is_completed=False,
        seen_item_id="",
        extra_percent=0,
        actor_name="a" * 32,
        launch_id=uuid4(),
        platform_id=uuid4(),
        names=NAMES,
    )
    return replace(made, **changed)


def around(built: recording.Built) -> dict[str, Any]:
    """Give the context of a statement that keeps to the profile."""
    statement: dict[str, Any] = json.loads(built.json)
    found = profile.check(statement)
    assert found is not None
    assert found.broken == ()
    return dict(statement["context"])


def names(context: dict[str, Any], role: str) -> list[str]:
    """Give what stands in a role, by the ends of the names."""
    listed = context["contextActivities"].get(role, [])
    return [each["id"].removeprefix(f"{COURSE}/") for each in listed]


def test_the_platforms_group_course_and_module_stand_around_a_page(capitals: Course) -> None:
    here = place()
    item = capitals.item("01-europe/01-west")
    assert item is not None

    context = around(recording.viewed(here, capitals, item, now=NOON))

    group = f"https://tool.example.org/id/context/{here.context_id}"
    assert names(context, "parent") == ["01-europe"]
    assert names(context, "grouping") == [COURSE, "01-europe", group]
    assert names(context, "category") == [NAMES.profile]
    told = context["contextActivities"]["grouping"][-1]
    assert told["definition"] == {"type": words.GROUP.iri}


def test_a_link_of_ours_has_neither_group_nor_platform(capitals: Course) -> None:
    here = place(context_id=None, platform_id=None)

    context = around(recording.launched(here, capitals, now=NOON))

    assert names(context, "grouping") == []
    assert NAMES.extension("platform") not in context["extensions"]


def test_an_answer_in_an_exam_stands_in_its_element(capitals: Course) -> None:
    exam = capitals.exam
    assert isinstance(exam, Exam)
    element = exam.elements[0]
    question = next(each for each in element.pool if not isinstance(each, Scenario))
    sitting = Sitting(place(), capitals, exam, uuid4(), 2)
    response, mark = Response(question.id, ("a",)), Mark(question.id, Fraction(1), 1, correct=True)

    known, gone = (
        recording.answered(sitting, question, response, mark, element=each, at=NOON)[0]
        for each in (element.id, "an element of last year")
    )

    context = around(known)
    assert names(context, "parent") == ["exam"]
    assert names(context, "grouping")[:2] == [COURSE, f"exam/e/{element.id}"]
    assert context["extensions"][NAMES.extension("element")] == element.id
    assert context["extensions"][NAMES.extension("attempt")] == 2
    assert names(around(gone), "grouping")[:-1] == [COURSE]


def test_an_answer_in_a_quiz_stands_in_its_module(capitals: Course) -> None:
    quiz = capitals.item("01-europe/quiz")
    assert isinstance(quiz, Quiz)
    question = quiz.questions[0]
    sitting = Sitting(place(), capitals, quiz, uuid4(), 1)
    mark = Mark(question.id, Fraction(0), 1, correct=False)

    told = recording.answered(sitting, question, Response(question.id), mark, at=NOON)

    assert names(around(told[0]), "parent") == ["01-europe/quiz"]
    assert names(around(told[0]), "grouping")[:2] == [COURSE, "01-europe"]


def test_a_course_is_complete_after_the_time_of_all_visits(
    stage: Stage,
    arrives: Callable[..., Learner],
    capitals: Course,
    told: Callable[[], list[dict[str, Any]]],
) -> None:
    first = arrives()
    second = arrives(now=NOON + timedelta(hours=2))
    items = [item.id for item in capitals.items()]
    with stage.database.begin() as session:
        was_here(session, first.place.launch_id, NOON + timedelta(minutes=20))
        before = progress.standing_of(session, progress.lock(session, second.place))
        done = {each: ItemState(True, False, None, None) for each in items[1:]}

        built = progress._moved(
            session,
            second.place,
            capitals,
            items[0],
            replace(before, items=done),
            now=NOON + timedelta(hours=2, minutes=5),
        )

    last = json.loads(built[-1].json)
    assert last["verb"]["id"] == words.COMPLETED.iri
    assert last["result"] == {"completion": True, "duration": "PT25M"}


def was_here(session: Any, launch_id: UUID, moment: Any) -> None:
    """Note when something was last done in a visit."""
    visit = EnrolmentVisit.launch_id == launch_id
    session.execute(update(EnrolmentVisit).where(visit).values(seen_at=moment))


def test_time_spent_is_nothing_before_anything_was_done(
    stage: Stage, arrives: Callable[..., Learner]
) -> None:
    alice = arrives()

    with stage.database.begin() as session:
        spent = leaving.time_spent(session, alice.place, now=NOON)
        visits = session.scalars(select(EnrolmentVisit.launch_id)).all()

    assert spent == timedelta(0)
    assert visits == [alice.place.launch_id]
