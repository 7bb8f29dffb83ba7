"""What the tests of the instructor's desk share: exams sat by form, and a teacher's browser."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any
from uuid import UUID

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from courses.kinds import Question
from courses.model import Course, Quiz
from lti_tool.player import attempts, exams
from lti_tool.player.acting import Act
from lti_tool.player.places import place_of
from lti_tool.player.sheets import Sheet, find_attempt, read_sheet
from tests.cast import NOON, Stage
from tests.conftest import PUBLIC_URL
from tests.lti_tool.player.conftest import NAMES, Learner, right

ACT = Act("command line", None, "Because of a test.")
LATER = NOON + timedelta(hours=3)


def sit_exam(
    stage: Stage,
    learner: Learner,
    course: Course,
    *,
    wrong: tuple[int, ...] = (),
    misses_an_element: bool = False,
    now: datetime,
) -> UUID:
    """Sit the whole exam.

    Questions of these numbers are left out; to miss the first element, the one that is worth most
    in it is left out.
    """
    assert course.exam is not None
    with stage.database.begin() as session:
        attempt_id = exams.start(session, learner.place, course, course.exam, now=now)
    form = {}
    sheet = sheet_of(stage, learner, attempt_id)
    if misses_an_element:
        own = [each for each in sheet.asked if each.element_id == sheet.elements[0].id]
        wrong = (max(own, key=lambda each: each.question.points).number,)
    for asked in sheet.asked:
        if asked.number not in wrong:
            form |= right(asked.question)
    with stage.database.begin() as session:
        assert not exams.save(session, learner.place, attempt_id, form, sequence=1, now=now)
        exams.submit(session, learner.place, course, course.exam, attempt_id, now=now)
    return attempt_id


def sit_quiz(
    stage: Stage,
    learner: Learner,
    course: Course,
    item_id: str = "02-world/quiz",
    *,
    wrong: tuple[str, ...] = (),
    now: datetime = NOON,
) -> UUID:
    """Sit a quiz at once; these questions are left out."""
    quiz = course.item(item_id)
    assert isinstance(quiz, Quiz)
    with stage.database.begin() as session:
        attempt_id = attempts.start(session, learner.place, course, quiz, now=now)
    form: dict[str, list[str]] = {}
    for question in quiz.questions:
        if question.id not in wrong:
            form |= right(question)
    with stage.database.begin() as session:
        faults = attempts.submit(
            session,
            learner.visit,
            course,
            quiz,
            attempt_id,
            form=form,
            names=NAMES,
            now=now,
        )
    assert not faults
    return attempt_id


def sheet_of(stage: Stage, learner: Learner, attempt_id: UUID) -> Sheet:
    """Give a whole attempt."""
    with stage.database.read() as session:
        facts = find_attempt(session, learner.place.enrolment_id, attempt_id)
        return read_sheet(session, facts)


def left_out(sheet: Sheet) -> Question:
    """Give the question that was left out."""
    (found,) = (each.question for each in sheet.asked if not each.is_answered)
    return found


def result_of(stage: Stage, learner: Learner, attempt_id: UUID) -> tuple[Fraction, int, object]:
    """Give points, maximum and whether it is passed."""
    facts = sheet_of(stage, learner, attempt_id).attempt
    assert facts.points is not None
    assert facts.maximum is not None
    return facts.points, facts.maximum, facts.passed


def percent_of(stage: Stage, learner: Learner) -> int:
    """Give the share of the course that is done."""
    with stage.database.read() as session:
        place = place_of(session, learner.place.enrolment_id, NAMES)
    assert place is not None
    return place.percent


@dataclass
class Teacher:
    """A browser in a teacher's visit."""

    client: FlaskClient
    visit_id: str

    @property
    def base(self) -> str:
        return f"/v/{self.visit_id}/class"

    def get(self, path: str = "", **query: str) -> TestResponse:
        return self.client.get(f"{self.base}{path}", query_string=query, base_url=PUBLIC_URL)

    def post(self, path: str, shown_on: str, **form: Any) -> TestResponse:
        """Send a form with the proof that stands on the page it is shown on."""
        shown = self.get(shown_on)
        assert shown.status_code == 200, shown.text
        proof = html.unescape(re.findall(r'name="csrf_token" value="([^"]+)"', shown.text)[0])
        return self.client.post(
            f"{self.base}{path}", data={"csrf_token": proof, **form}, base_url=PUBLIC_URL
        )

    def follow(self, answer: TestResponse) -> TestResponse:
        assert answer.status_code == 303, answer.text
        return self.client.get(answer.headers["Location"], base_url=PUBLIC_URL)


def words_of(answer: TestResponse) -> str:
    """Give the words of a page, without its tags."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", answer.text)).split())
