"""Learners who take the course of capitals and its exam, by the player's own functions."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from courses.catalogue import Catalogue
from courses.model import Course, Exam, Page, Quiz
from courses.scheme_reading import Schemes
from lti_tool.certification import deciding
from lti_tool.player import attempts, enrolling, exams, progress
from lti_tool.player.sheets import find_attempt, read_sheet
from tests.cast import NOON, Stage
from tests.conftest import CAPITALS
from tests.lti_tool.player.conftest import NAMES, Learner, right

CATALOGUE = Catalogue((CAPITALS,))
SCHEMES = Schemes((CAPITALS,))


def the_course() -> Course:
    """Give the course of capitals."""
    course = CATALOGUE.get("capitals")
    assert course is not None
    return course


@dataclass
class School:
    """A stage on which the course of capitals is taken."""

    stage: Stage
    learners: dict[str, Learner] = field(default_factory=dict)

    @property
    def exam(self) -> Exam:
        """Give the exam: two questions of each of two elements, m1 and m2."""
        exam = the_course().exam
        assert exam is not None
        return exam

    def arrives(self, name: str = "Alice", *, now: datetime = NOON) -> Learner:
        """Launch as somebody, and give their place."""
        visit = self.stage.visit(name, now=now)
        with self.stage.database.begin() as session:
            enrolling.arrive(session, visit, catalogue=CATALOGUE, names=NAMES, now=now)
            place = enrolling.find_enrolment(session, visit, the_course(), names=NAMES)
        self.learners[name] = Learner(visit, place)
        return self.learners[name]

    def sits(
        self, name: str = "Alice", *, passes: tuple[str, ...] = ("m1", "m2"), now: datetime = NOON
    ) -> UUID:
        """Take the exam to its end; only the elements named are answered, and those rightly."""
        learner = self.learners.get(name) or self.arrives(name, now=now)
        course, exam = the_course(), self.exam
        with self.stage.database.begin() as session:
            attempt_id = exams.start(session, learner.place, course, exam, now=now)
            facts = find_attempt(session, learner.place.enrolment_id, attempt_id)
            form: dict[str, list[str]] = {}
            for asked in read_sheet(session, facts).asked:
                if asked.element_id in passes:
                    form |= right(asked.question)
            exams.save(session, learner.place, attempt_id, form, sequence=1, now=now)
            exams.submit(session, learner.place, course, exam, attempt_id, now=now)
        return attempt_id

    def reads_all(self, name: str = "Alice", *, now: datetime = NOON) -> None:
        """Open every page and answer every quiz of the course; the exam is left."""
        learner = self.learners.get(name) or self.arrives(name, now=now)
        course = the_course()
        for item in course.items():
            with self.stage.database.begin() as session:
                if isinstance(item, Page):
                    progress.open_item(session, learner.place, course, item, now=now)
                elif isinstance(item, Quiz):
                    attempt_id = attempts.start(session, learner.place, course, item, now=now)
                    form = {k: v for q in item.questions for k, v in right(q).items()}
                    attempts.submit(
                        session,
                        learner.visit,
                        course,
                        item,
                        attempt_id,
                        form=form,
                        names=NAMES,
                        now=now,
                    )

    def decides(self, *, now: datetime = NOON) -> int:
        """Let the worker decide what is due."""
        return deciding.decide_due(self.stage.database.begin, SCHEMES, CATALOGUE, now=now)
