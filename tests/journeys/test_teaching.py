"""A teacher walks a course as a preview, sees the class, decides, and adds parts of a course."""

from __future__ import annotations

import re

from playwright.sync_api import Browser, Frame, expect

from courses.model import Quiz
from tests.journeys.solving import course, questions_of, solve
from tests.journeys.test_learning import EXAM, WHOLE, soon
from tests.journeys.town import Town, Visitor, visitor

QUIZ = "03-inventory/quiz"
PARTS = ("alifeca/05-use-phase", "alifeca/06-end-of-life/quiz")
NOTHING_KEPT = {
    "enrolment": "SELECT count(*) FROM enrolment e JOIN person p ON p.id = e.person_id"
    " WHERE p.name LIKE ?",
    "score": "SELECT count(*) FROM wanted_score s JOIN person p ON p.id = s.person_id"
    " WHERE p.name LIKE ?",
    "attempt": "SELECT count(*) FROM attempt a JOIN enrolment e ON e.id = a.enrolment_id"
    " JOIN person p ON p.id = e.person_id WHERE p.name LIKE ?",
}


def test_a_teacher_walks_a_course_and_nothing_is_kept(chromium: Browser, town: Town) -> None:
    quiz = course().item(QUIZ)
    assert isinstance(quiz, Quiz)
    with visitor(chromium, town) as carol:
        carol.become("carol")
        frame = carol.open(WHOLE)
        expect(frame.locator(".preview-note")).to_contain_text("Nothing of what you do is kept")
        frame.locator(".entry a", has_text="Burden shifting").click()
        expect(frame.locator("h1")).to_have_text("Burden shifting")
        frame.locator(".around-next").click()
        expect(frame.locator("h1")).not_to_have_text("Burden shifting")

        frame.goto(f"{visit_of(frame)}/quiz/alifeca/{QUIZ}")
        solve(frame, questions_of(quiz))
        frame.get_by_role("button", name="Check all answers").click()
        expect(frame.locator(".result")).to_contain_text(f"{quiz.points} of {quiz.points} points")
        assert frame.locator(".feedback-head", has_text="Right").count() >= len(quiz.questions)

        frame.goto(f"{visit_of(frame)}/learn/alifeca/exam")
        frame.get_by_role("link", name="Look at a draw").click()
        expect(frame.locator("section.question")).to_have_count(24)

    kept = {name: town.rows(query, "Carol%")[0][0] for name, query in NOTHING_KEPT.items()}
    assert kept == {"enrolment": 0, "score": 0, "attempt": 0}
    assert town.verbs_of("Carol") == []


def test_a_teacher_decides_for_a_learner(chromium: Browser, town: Town) -> None:
    with visitor(chromium, town) as bob, visitor(chromium, town) as carol:
        take_quiz(bob)
        carol.become("carol")
        frame = carol.open(WHOLE)
        open_class(frame)
        frame.get_by_role("link", name="Bob Žáček").click()
        card = frame.locator("section.card", has=frame.locator("h3", has_text="Final exam"))
        card.locator("summary").click()
        card.get_by_label("More attempts").fill("2")
        card.get_by_label("More time in percent").fill("25")
        card.get_by_label("No waiting time").check()
        card.get_by_label("Reason").fill("Certified need")
        card.get_by_role("button", name="Allow this").click()
        expect(frame.locator(".flash")).to_contain_text("Saved")

        number, result = take_exam_and_answer_nothing(bob)

        frame.goto(frame.url)
        frame.get_by_role("link", name=f"Attempt {number} exam").click()
        expect(frame.locator("h1")).to_have_text(f"Attempt {number}: Final exam")
        expect(frame.locator("main")).to_contain_text("Nothing was answered.")
        expect(frame.locator("main")).to_contain_text("Verifies")
        void = frame.locator("section.card", has=frame.locator("#void"))
        void.get_by_label("Reason").fill("The wrong person sat there")
        void.get_by_role("button", name="Declare it void").click()
        expect(frame.locator("main")).to_contain_text("This attempt is void since")

        bob_frame = bob.open(EXAM)
        expect(bob_frame.get_by_role("button", name="Begin attempt")).to_be_visible()
        bob_frame.goto(visit_of(bob_frame) + result)
        expect(bob_frame.locator("main")).to_contain_text("was declared void")


def take_quiz(bob: Visitor) -> None:
    """Have Bob earn a score that the class list tells of."""
    quiz = course().item(QUIZ)
    assert isinstance(quiz, Quiz)
    bob.become("bob")
    frame = bob.open(WHOLE)
    frame.goto(f"{visit_of(frame)}/quiz/alifeca/{QUIZ}")
    begin = frame.get_by_role("button", name=re.compile("Begin|Try again"))
    if begin.count():
        begin.click()
    expect(frame.locator("form#questions")).to_be_visible()
    solve(frame, questions_of(quiz))
    frame.get_by_role("button", name="Submit all answers").click()
    expect(frame.locator("#result")).to_contain_text("Passed")


def take_exam_and_answer_nothing(bob: Visitor) -> tuple[int, str]:
    """Have Bob hand in an empty exam in the time that he was given; give its number and address."""
    exam = course().exam
    assert exam is not None
    frame = bob.open(EXAM)
    expect(frame.locator("main")).to_contain_text(f"{exam.minutes * 5 // 4} minutes")
    expect(frame.locator("main")).to_contain_text("with your extra time")
    begin = frame.get_by_role("button", name=re.compile(r"Begin attempt \d+ now"))
    number = int(re.sub(r"\D", "", begin.inner_text()))
    begin.click()
    frame.get_by_role("button", name="Submit the exam").click()
    frame.get_by_role("button", name="Submit as it is").click()
    expect(frame.locator("main")).to_contain_text("Not passed")
    return number, frame.url.removeprefix(visit_of(frame))


def test_a_teacher_sees_the_scores_and_sends_one_again(chromium: Browser, town: Town) -> None:
    with visitor(chromium, town) as bob, visitor(chromium, town) as carol:
        take_quiz(bob)
        bob.open("Why life cycle thinking: Check what you know")  # its column is known from here on
        carol.become("carol")
        frame = carol.open(WHOLE)
        open_class(frame)
        row = frame.locator("tr", has_text="Bob Žáček")
        expect(row).to_contain_text("%")
        frame.get_by_role("link", name="Scores sent").first.click()
        expect(frame.locator("h1")).to_have_text("Scores sent")
        assert soon(lambda: is_sent(frame))
        before = sent_at(town)

        line = frame.locator("tr", has_text="Bob Žáček").first
        line.get_by_role("button").click()

        expect(frame.locator(".flash")).to_contain_text("goes out again")
        assert soon(lambda: sent_at(town) > before)


def is_sent(frame: Frame) -> bool:
    frame.goto(frame.url)
    rows = frame.locator("tr", has_text="Bob Žáček").all_inner_texts()
    return any("Sent" in row for row in rows)


def sent_at(town: Town) -> str:
    query = "SELECT max(s.sent_at) FROM wanted_score s JOIN person p ON p.id = s.person_id"
    return str(town.rows(f"{query} WHERE p.name LIKE 'Bob%'")[0][0])


def test_a_teacher_adds_two_parts_of_a_course(chromium: Browser, town: Town) -> None:
    with visitor(chromium, town) as carol:
        carol.become("carol")
        carol.page.goto(f"{town.platform_url}/course/2/add")
        carol.page.get_by_role("link", name="Select content").click()
        frame = carol.frame()
        for summary in frame.locator("summary").all():
            summary.click()
        titles = []
        for value in PARTS:
            box = frame.locator(f"input[value='{value}']")
            box.check()
            titles.append(box.locator("xpath=..").locator(".choice-title").inner_text())
        frame.get_by_role("button", name="Add to my course").click()
        expect(carol.page.locator("h1")).to_have_text("Save what you chose")
        carol.page.get_by_role("button", name="Save").click()

        links = carol.page.locator("main h2 a")
        expect(links.nth(-1)).to_have_text(titles[1])
        expect(links.nth(-2)).to_have_text(titles[0])
        links.nth(-2).click()
        expect(carol.frame().locator("h1")).to_contain_text("Use phase")


def open_class(frame: Frame) -> None:
    """Go to the class from the page of a course; choose it where the platform's has several."""
    frame.locator("header").get_by_role("link", name="Class").click()
    expect(frame.locator("h1")).to_contain_text("Class")
    if "Classes" in frame.locator("h1").inner_text():
        frame.locator("main").get_by_role("link", name=WHOLE).click()
        expect(frame.locator("h1")).not_to_contain_text("Classes")


def visit_of(frame: Frame) -> str:
    """Give the address of the visit that a frame shows."""
    return "/".join(frame.url.split("/")[:5])
