"""The instructor's desk, as a browser sees it."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from fractions import Fraction
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import select, update

from courses.catalogue import Catalogue
from courses.model import Course
from lti_tool.audit import AuditLine
from lti_tool.db import utcnow
from lti_tool.lti.models import Context, Launch, Membership, Person, WantedScore
from lti_tool.player import desk, enrolling
from lti_tool.player.class_csv import safe_cell
from lti_tool.player.classlist import (
    ClassRow,
    Reached,
    ScoreState,
    SortKey,
    Who,
    code_of,
    sort_rows,
)
from lti_tool.player.models import Attempt, ItemAllowance, QuestionWithdrawal
from lti_tool.player.ruling_models import QuestionRuling
from lti_tool.vault import digest
from lti_tool.visit import Role
from tests.cast import Stage, set_stage
from tests.lti_tool.player.conftest import NAMES, Learner
from tests.lti_tool.player.deskwork import (
    Teacher,
    left_out,
    result_of,
    sheet_of,
    sit_exam,
    sit_quiz,
    words_of,
)

COURSE = "/course/capitals"
QUIZ = "02-world/quiz"
WITH_FORM = f"{COURSE}/questions/q1/of/{QUIZ}"
NOW = utcnow()
Arrives = Callable[..., Learner]


@pytest.fixture
def arrives(stage: Stage, catalogue: Catalogue, capitals: Course) -> Arrives:
    """Launch as somebody, a moment ago."""

    def arrive(name: str = "Alice", *, at: Stage = stage) -> Learner:
        visit = at.visit(name, now=NOW)
        with at.database.begin() as session:
            enrolling.arrive(session, visit, catalogue=catalogue, names=NAMES, now=NOW)
            place = enrolling.find_enrolment(session, visit, capitals, names=NAMES)
        return Learner(visit, place)

    return arrive


@pytest.fixture
def teaches(app: Flask, stage: Stage) -> Callable[..., Teacher]:
    """Open a browser in a visit of Carol, who teaches."""
    if desk.bp.name not in app.blueprints:
        app.register_blueprint(desk.bp)

    def open_browser(at: Stage = stage, *, role: Role | None = None) -> Teacher:
        visit = at.visit("Carol", now=utcnow())
        if role is not None:
            with at.database.begin() as session:
                own = Launch.visit_hash == digest(visit.id)
                session.execute(update(Launch).where(own).values(roles=[role.value]))
        return Teacher(app.test_client(), visit.id)

    return open_browser


# The class


def test_a_class_says_who_is_where_and_who_never_came(
    stage: Stage, arrives: Arrives, capitals: Course, teaches: Callable[..., Teacher]
) -> None:
    alice = arrives("Alice")
    sit_quiz(stage, alice, capitals, wrong=("q1",), now=NOW)
    sit_exam(stage, alice, capitals, now=NOW)
    teacher = teaches()

    shown = teacher.follow(teacher.get())
    words = words_of(shown)

    assert "Class: Capitals of the world" in words
    assert "Alice" in words
    assert "4 of 5" in words
    assert "Passed" in words
    assert "On its way" in words
    assert words.index("Never came") < words.index("Bob")
    assert "Carol" not in words.rpartition("Class: Capitals")[2]
    assert "does not share its list of people" in words


def test_opening_a_class_asks_for_a_fresh_roster_and_says_when_it_was_fetched(
    stage: Stage, arrives: Arrives, teaches: Callable[..., Teacher]
) -> None:
    arrives("Alice")
    fetched_at = NOW - timedelta(hours=3)
    with stage.database.begin() as session:
        context = session.get_one(Context, stage.context_id)
        context.memberships_url = "https://moodle.example.org/names"
        context.roster_at = fetched_at
        context.roster_error = "The platform answered 500."

    words = words_of(teaches().get(COURSE))

    assert fetched_at.strftime("fetched at %Y-%m-%d %H:%M UTC") in words
    assert "A fresh list has been asked for" in words
    assert "The platform answered 500." in words
    with stage.database.read() as session:
        assert session.get_one(Context, stage.context_id).roster_due_at is not None


def test_somebody_without_a_name_has_a_code_that_stays(
    stage: Stage, arrives: Arrives, teaches: Callable[..., Teacher]
) -> None:
    arrives("Alice")
    with stage.database.begin() as session:
        session.execute(update(Person).values(name=""))
    code = code_of(stage.actor_name("Alice"))
    teacher = teaches()

    assert f"Learner {code}" in words_of(teacher.get(COURSE))
    alice = teacher.get(f"{COURSE}/people/{stage.people['Alice']}")
    assert f"Learner {code}" in words_of(alice)
    assert stage.actor_name("Alice") not in alice.text


def test_who_left_the_class_stands_apart(
    stage: Stage, arrives: Arrives, teaches: Callable[..., Teacher]
) -> None:
    arrives("Alice")
    arrives("Bob")
    with stage.database.begin() as session:
        own = Membership.person_id == stage.people["Bob"]
        session.execute(update(Membership).where(own).values(is_active=False))

    words = words_of(teaches().get(COURSE))

    assert words.index("Alice") < words.index("No longer in the class") < words.index("Bob")


def test_a_class_is_exported_without_formulas(
    stage: Stage, arrives: Arrives, capitals: Course, teaches: Callable[..., Teacher]
) -> None:
    sit_quiz(stage, arrives("Alice"), capitals, wrong=("q1",), now=NOW)
    with stage.database.begin() as session:
        own = Person.id == stage.people["Alice"]
        session.execute(update(Person).where(own).values(name='=HYPERLINK("evil")'))

    answer = teaches().get(f"{COURSE}/class.csv")

    head, *rows = csv.reader(io.StringIO(answer.text.removeprefix("\ufeff")))
    by_name = {row[0]: dict(zip(head, row, strict=False)) for row in rows}
    assert answer.mimetype == "text/csv"
    assert 'filename="class-capitals.csv"' in answer.headers["Content-Disposition"]
    assert set(by_name) == {'\'=HYPERLINK("evil")', "Bob"}
    assert by_name['\'=HYPERLINK("evil")']["Check the world (02-world/quiz)"] == "4 of 5"
    assert by_name["Bob"]["Done"] == "0%"


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1"])
def test_what_a_spreadsheet_takes_for_a_formula_is_quoted(text: str) -> None:
    assert safe_cell(text) == f"'{text}"
    assert safe_cell(f"x{text}") == f"x{text}"


def test_a_class_is_sorted_as_asked() -> None:
    def row(name: str, percent: int, points: int | None, hours: int | None) -> ClassRow:
        reached = {} if points is None else {"exam": Reached(Fraction(points), 9, points > 5)}
        seen = None if hours is None else NOW - timedelta(hours=hours)
        who = Who(uuid4(), name, "ABCDEF")
        return ClassRow(
            who, seen, percent, False, "", reached, reached.get("exam"), ScoreState.NONE, True
        )

    rows = [row("", 90, 3, 5), row("bob", 10, None, None), row("Alice", 50, 7, 1)]

    def order(key: SortKey) -> list[str]:
        return [each.who.name for each in sort_rows(rows, key)]

    assert order(SortKey.NAME) == ["Alice", "bob", ""]
    assert order(SortKey.SEEN) == ["Alice", "", "bob"]
    assert order(SortKey.DONE) == ["", "Alice", "bob"]
    assert order(SortKey.POINTS) == ["Alice", "", "bob"]


def test_every_sort_is_a_link_that_works(arrives: Arrives, teaches: Callable[..., Teacher]) -> None:
    arrives("Alice")
    teacher = teaches()

    for key in SortKey:
        shown = teacher.get(COURSE, sort=key.value)
        assert shown.status_code == 200
        assert shown.text.count("aria-sort=") == 1
    assert teacher.get(COURSE, sort="nonsense").status_code == 200


def test_a_context_without_a_course_says_what_to_do(
    app: Flask, stage: Stage, teaches: Callable[..., Teacher]
) -> None:
    bare = set_stage(stage.database, course_id=None)

    assert "No course of ours is linked here yet" in words_of(teaches(bare).get())


# One learner


def test_a_learner_is_shown_with_items_attempts_and_scores(
    stage: Stage, arrives: Arrives, capitals: Course, teaches: Callable[..., Teacher]
) -> None:
    alice = arrives("Alice")
    first = sit_quiz(stage, alice, capitals, wrong=("q1", "q2", "q3"), now=NOW)

    shown = teaches().get(f"{COURSE}/people/{stage.people['Alice']}")
    words = words_of(shown)

    assert str(first) in shown.text
    assert "2 of 5 Not passed" in words
    assert "Grade book: 02-world/quiz" in words
    assert all(item.title in words for item in capitals.items())


def test_what_is_allowed_by_form_is_kept_and_shown_with_its_reason(
    stage: Stage, arrives: Arrives, teaches: Callable[..., Teacher]
) -> None:
    arrives("Alice")
    teacher, page = teaches(), f"{COURSE}/people/{stage.people['Alice']}"

    answer = teacher.post(
        f"{page}/allowances",
        page,
        item="exam",
        attempts="1",
        percent="25",
        minutes="5",
        opens_at="2026-12-01T09:30",
        closes_at="2026-12-02T09:30",
        waives_wait="yes",
        reason="Certificate of the school.",
    )

    words = words_of(teacher.follow(answer))
    assert "1 more attempt. 5 more minutes. 25% more time." in words
    assert "Opens 2026-12-01 09:30 UTC" in words
    assert "No waiting time. Reason: Certificate of the school." in words
    with stage.database.read() as session:
        kept = session.scalars(select(ItemAllowance)).one()
        line = session.scalars(select(AuditLine)).one()
    assert kept.given_by == stage.people["Carol"]
    assert (line.act, line.who) == ("allowance.given", str(stage.people["Carol"]))


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ({"minutes": "ten"}, "write a whole number"),
        ({"minutes": "5000"}, "from 0 to 1440 more minutes"),
        ({"opens_at": "tomorrow"}, "Write day and time"),
        ({"reason": " "}, "Give a reason"),
    ],
)
def test_what_cannot_be_allowed_is_said_beside_what_was_typed(
    stage: Stage,
    arrives: Arrives,
    teaches: Callable[..., Teacher],
    typed: dict[str, str],
    told: str,
) -> None:
    arrives("Alice")
    teacher, page = teaches(), f"{COURSE}/people/{stage.people['Alice']}"
    form = {"item": "exam", "attempts": "7", "reason": "Ill."} | typed

    answer = teacher.post(f"{page}/allowances", page, **form)

    assert answer.status_code == 422
    assert told in words_of(answer)
    assert 'value="7"' in answer.text


def test_percent_for_somebody_who_never_came_is_refused_in_a_sentence(
    stage: Stage, arrives: Arrives, teaches: Callable[..., Teacher]
) -> None:
    teacher, page = teaches(), f"{COURSE}/people/{stage.people['Bob']}"
    form = {"item": "exam", "percent": "10", "reason": "Ill."}

    answer = teacher.post(f"{page}/allowances", page, **form)

    assert answer.status_code == 422
    assert "once this person has opened the course" in words_of(answer)
    assert teacher.post(f"{page}/allowances", page, item="no-such").status_code == 404


# One attempt


def test_an_attempt_is_shown_with_every_kind_of_question_and_why(
    stage: Stage, arrives: Arrives, capitals: Course, teaches: Callable[..., Teacher]
) -> None:
    alice = arrives("Alice")
    quiz = sit_quiz(stage, alice, capitals, "01-europe/quiz", wrong=("ordering",), now=NOW)
    exam = sit_exam(stage, alice, capitals, misses_an_element=True, now=NOW)
    teacher = teaches()

    first, second = words_of(teacher.get(f"/attempts/{quiz}")), teacher.get(f"/attempts/{exam}")

    assert "The answer is right." in first
    assert "Nothing was answered." in first
    assert "Paris" in first
    sheet = sheet_of(stage, alice, exam)
    assert sheet.attempt.receipt_hash in second.text
    words = words_of(second)
    assert "Verifies" in words
    assert all(element.title in words for element in sheet.elements)
    assert "1 1/3 (2/3)" in words.replace("\xa0", " ") or "2/3" in words


def test_a_receipt_that_was_changed_does_not_verify(
    stage: Stage, arrives: Arrives, capitals: Course, teaches: Callable[..., Teacher]
) -> None:
    alice = arrives("Alice")
    attempt_id = sit_exam(stage, alice, capitals, now=NOW)
    receipt = dict(sheet_of(stage, alice, attempt_id).attempt.receipt or {})
    with stage.database.begin() as session:
        session.get_one(Attempt, attempt_id).receipt = receipt | {"points": "99"}

    words = words_of(teaches().get(f"/attempts/{attempt_id}"))

    assert "Does not verify" in words


def test_an_attempt_is_declared_void_with_a_reason(
    stage: Stage, arrives: Arrives, capitals: Course, teaches: Callable[..., Teacher]
) -> None:
    attempt_id = sit_quiz(stage, arrives("Alice"), capitals, now=NOW)
    teacher, page = teaches(), f"/attempts/{attempt_id}"

    without = teacher.post(f"{page}/void", page, reason="")
    done = teacher.follow(teacher.post(f"{page}/void", page, reason="Sat by somebody else."))
    again = teacher.client.post(f"{teacher.base}{page}/void", data={"reason": "x"})

    assert without.status_code == 422
    assert "Give a reason" in words_of(without)
    assert "Reason: Sat by somebody else." in words_of(done)
    assert "Declare it void" not in words_of(done)
    assert again.status_code == 403
    with stage.database.read() as session:
        assert session.get_one(Attempt, attempt_id).voided_by == stage.people["Carol"]
        score = session.scalars(select(WantedScore).where(WantedScore.points == 0)).all()
        assert score


def test_an_appeal_is_ruled_on_and_taken_back(
    stage: Stage, arrives: Arrives, capitals: Course, teaches: Callable[..., Teacher]
) -> None:
    alice = arrives("Alice")
    attempt_id = sit_exam(stage, alice, capitals, misses_an_element=True, now=NOW)
    question = left_out(sheet_of(stage, alice, attempt_id))
    teacher, page = teaches(), f"/attempts/{attempt_id}"
    rulings = f"{page}/rulings/{question.id}"

    no_number = teacher.post(rulings, page, points="all", reason="Appeal.")
    too_many = teacher.post(rulings, page, points="7", reason="Appeal.")
    done = teacher.post(rulings, page, points=str(question.points), reason="Two are right.")
    shown = words_of(teacher.follow(done))
    won = result_of(stage, alice, attempt_id)[2]
    result = f"/v/{alice.visit.id}/learn/capitals/exam/attempts/{attempt_id}/result"
    told = words_of(teacher.client.get(result))
    back = teacher.post(rulings, page, **{"take-back": "yes", "reason": "By mistake."})

    assert "Write the points as a number" in words_of(no_number)
    assert f"Award from 0 to {question.points} points" in words_of(too_many)
    assert "Awarded by hand. Reason: Two are right." in shown
    assert "awarded by hand. Reason: Two are right." in told
    assert won is True
    assert back.status_code == 303
    assert result_of(stage, alice, attempt_id)[2] is False
    with stage.database.read() as session:
        assert session.scalars(select(QuestionRuling)).all() == []


# Questions


def test_a_question_is_withdrawn_after_a_look_at_what_would_change(
    stage: Stage, arrives: Arrives, capitals: Course, teaches: Callable[..., Teacher]
) -> None:
    alice = arrives("Alice")
    attempt_id = sit_quiz(stage, alice, capitals, wrong=("q1", "q2", "q3"), now=NOW)
    sit_quiz(stage, arrives("Bob"), capitals, now=NOW)
    teacher, listed = teaches(), f"{COURSE}/questions"
    page = f"{listed}/q1/of/{QUIZ}"

    before = words_of(teacher.get(page))
    without = teacher.post(page, page, reason="")
    done = words_of(teacher.follow(teacher.post(page, page, reason="Two options are right.")))
    shown = words_of(teacher.get(f"/attempts/{attempt_id}"))

    assert "2 attempts that are over hold it. 2 results would change." in before
    assert without.status_code == 422
    assert "Done. 2 attempts have another result now." in done
    assert "Reason: Two options are right." in done
    assert "The question was withdrawn and does not count" in shown
    assert result_of(stage, alice, attempt_id) == (2, 4, False)
    assert "Withdrawn here" in words_of(teacher.get(listed))

    back = words_of(teacher.follow(teacher.post(page, page, restore="yes", reason="It is right.")))
    assert "Done. 2 attempts have another result now." in back
    assert result_of(stage, alice, attempt_id) == (2, 5, False)


def test_a_preview_counts_who_would_pass(
    stage: Stage, arrives: Arrives, capitals: Course, teaches: Callable[..., Teacher]
) -> None:
    sit_quiz(stage, arrives("Alice"), capitals, wrong=("q1", "q2", "q3"), now=NOW)
    teacher = teaches()
    for name in ("q1", "q2"):
        page = f"{COURSE}/questions/{name}/of/{QUIZ}"
        foreseen = words_of(teacher.get(page))
        teacher.post(page, page, reason="Faulty.")

    assert "1 attempt would be passed in place of failed." in foreseen


def test_withdrawing_everywhere_is_for_administrators(
    stage: Stage, arrives: Arrives, capitals: Course, teaches: Callable[..., Teacher]
) -> None:
    elsewhere = set_stage(stage.database)
    bob = arrives("Bob", at=elsewhere)
    attempt_id = sit_quiz(elsewhere, bob, capitals, wrong=("q1",), now=NOW)
    page = f"{COURSE}/questions/q1/of/{QUIZ}"
    administrator = teaches(role=Role.ADMINISTRATOR)

    refused = teaches().post(page, page, scope="everywhere", reason="Faulty.")
    shown = administrator.get(page, scope="everywhere")
    done = administrator.post(page, page, scope="everywhere", reason="Faulty.")

    assert refused.status_code == 403
    assert "1 attempt that is over holds it." in words_of(shown)
    assert done.status_code == 303
    assert result_of(elsewhere, bob, attempt_id) == (4, 4, True)
    with stage.database.read() as session:
        assert session.scalars(select(QuestionWithdrawal)).one().context_id is None
    theirs = words_of(teaches().get(page))
    assert "withdrawn everywhere by the people who run this tool" in theirs


def test_the_last_question_is_not_withdrawn_and_the_page_says_why(
    stage: Stage, arrives: Arrives, capitals: Course, teaches: Callable[..., Teacher]
) -> None:
    sit_quiz(stage, arrives("Alice"), capitals, now=NOW)
    teacher = teaches()
    pages = [f"{COURSE}/questions/q{number}/of/{QUIZ}" for number in range(1, 6)]
    for page in pages[:4]:
        teacher.post(page, page, reason="Faulty.")

    refused = teacher.post(pages[4], pages[0], reason="Faulty.")

    assert refused.status_code == 422
    assert "last question that counts" in words_of(refused)


# Scores


def test_scores_that_rest_are_sent_again(
    stage: Stage, arrives: Arrives, capitals: Course, teaches: Callable[..., Teacher]
) -> None:
    sit_quiz(stage, arrives("Alice"), capitals, now=NOW)
    with stage.database.begin() as session:
        values = {"stuck_at": NOW, "due_at": None, "reason": "The platform answered 400."}
        session.execute(update(WantedScore).values(**values))
    teacher = teaches()

    before = words_of(teacher.get("/scores"))
    done = words_of(teacher.follow(teacher.post("/scores", "/scores")))

    assert "Rests" in before
    assert "The platform answered 400." in before
    assert "scores go out again." in done or "1 score goes out again." in done
    assert "Rests" not in done
    with stage.database.read() as session:
        assert all(each.due_at for each in session.scalars(select(WantedScore)))
        one = session.scalars(select(WantedScore.id)).first()
        lines = session.scalars(select(AuditLine.act)).all()
    assert lines == ["scores.resent"]
    single = teacher.post("/scores", "/scores", score=str(one))
    assert "1 score goes out again." in words_of(teacher.follow(single))
    assert teacher.post("/scores", "/scores", score="nonsense").status_code == 400


# Walls


def test_nothing_of_another_context_is_shown_or_changed(
    stage: Stage, arrives: Arrives, capitals: Course, teaches: Callable[..., Teacher]
) -> None:
    arrives("Alice")
    elsewhere = set_stage(stage.database)
    bob = arrives("Bob", at=elsewhere)
    attempt_id = sit_quiz(elsewhere, bob, capitals, wrong=("q1",), now=NOW)
    with stage.database.read() as session:
        score_id = session.scalars(select(WantedScore.id)).first()
    teacher, person = teaches(), f"{COURSE}/people/{elsewhere.people['Bob']}"

    answers = [
        teacher.get(person),
        teacher.get(f"/attempts/{attempt_id}"),
        teacher.post(f"{person}/allowances", COURSE + f"/people/{stage.people['Alice']}",
                     item="exam", minutes="5", reason="x"),
        teacher.post(f"/attempts/{attempt_id}/void", WITH_FORM, reason="x"),
        teacher.post(f"/attempts/{attempt_id}/rulings/q1", WITH_FORM, points="1",
                     reason="x"),
        teacher.post("/scores", WITH_FORM, score=str(score_id)),
        teacher.get("/course/no-such"),
        teacher.get(f"{COURSE}/questions/no-such/of/{QUIZ}"),
    ]  # fmt: skip
    teacher.post(WITH_FORM, WITH_FORM, reason="x")

    assert [answer.status_code for answer in answers] == [404] * len(answers)
    assert result_of(elsewhere, bob, attempt_id) == (4, 5, True)
    assert "Bob" not in words_of(teacher.get("/scores"))


def test_learners_do_not_come_in(
    stage: Stage, arrives: Arrives, capitals: Course, teaches: Callable[..., Teacher]
) -> None:
    alice = arrives("Alice")
    attempt_id = sit_quiz(stage, alice, capitals, now=NOW)
    browser = replace(teaches(), visit_id=alice.visit.id)

    for path in ("", COURSE, f"{COURSE}/class.csv", f"/attempts/{attempt_id}", "/scores"):
        assert browser.get(path).status_code == 403


def test_a_visit_without_a_context_has_no_class(
    stage: Stage, teaches: Callable[..., Teacher]
) -> None:
    teacher = teaches(role=Role.ADMINISTRATOR)
    with stage.database.begin() as session:
        own = Launch.visit_hash == digest(teacher.visit_id)
        session.execute(update(Launch).where(own).values(context_id=None))

    answer = teacher.get()

    assert answer.status_code == 404
    assert "Open the tool from there" in words_of(answer)
