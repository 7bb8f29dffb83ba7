"""A folder becomes a course, or every fault of it is told with file, line and hint."""

from __future__ import annotations

from datetime import UTC, date, datetime
from fractions import Fraction
from pathlib import Path

import pytest

from courses.faults import CourseFaultsError, Fault
from courses.kinds import Numeric, Scenario
from courses.loader import check_course, fingerprint, load_course
from courses.model import Course, Exam, Level, Page, Quiz, Review
from tests.courses.answers import all_questions, read
from tests.courses.conftest import ALIFECA, Edit


def found(folder: Path) -> list[Fault]:
    return check_course(folder)[1]


def test_the_course_of_capitals_is_read_whole(capitals: Course) -> None:
    assert (capitals.id, capitals.level, capitals.hours) == ("capitals", Level.AWARENESS, 2)
    assert capitals.reading_minutes() == 8 + 5 + 6
    assert capitals.legal_status_on == date(2026, 1, 1)
    assert [item.id for item in capitals.items()] == [
        "01-europe/01-west",
        "01-europe/02-north",
        "01-europe/quiz",
        "02-world/01-asia",
        "02-world/quiz",
        "exam",
    ]
    assert {each.kind for each in all_questions(capitals)} == {
        *("single", "multiple", "true-false", "numeric"),
        *("matching", "ordering", "fill-in", "scenario"),
    }


def test_items_are_found_by_their_paths(capitals: Course) -> None:
    page, quiz = capitals.item("01-europe/01-west"), capitals.item("02-world/quiz")
    module = capitals.module_of("02-world/quiz")

    assert isinstance(page, Page)
    assert page.headings[0] == ("cities-and-their-rivers", "Cities and their rivers")
    assert isinstance(quiz, Quiz)
    assert (quiz.attempts, quiz.pass_mark, quiz.points) == (2, Fraction(3, 5), 5)
    assert module is not None
    assert module.id == "02-world"
    assert capitals.item("03-moon/quiz") is None
    assert capitals.module_of("exam") is None


def test_the_exam_says_how_it_is_taken(capitals: Course) -> None:
    exam = capitals.item("exam")

    assert isinstance(exam, Exam)
    assert (exam.minutes, exam.attempts, exam.wait_hours) == (30, 2, 1)
    assert exam.review is Review.AFTER_SUBMIT
    assert [(each.id, each.draw, each.pass_share) for each in exam.elements] == [
        ("m1", 2, Fraction(2, 3)),
        ("m2", 2, Fraction(2, 3)),
    ]
    for element in exam.elements:
        assert any(isinstance(each, Scenario) for each in element.pool)


def test_the_course_delivered_with_the_tool_is_released() -> None:
    course, faults = check_course(ALIFECA, strict=True)

    assert faults == []
    assert course is not None
    assert len(course.modules) == 8


def test_the_window_of_an_exam_is_read_in_utc(folder: Path, edit: Edit) -> None:
    edit("exam/exam.yaml", "minutes: 30", "minutes: 30\nopens_at: 2026-10-01T10:00:00+02:00")

    exam = load_course(folder).exam

    assert exam is not None
    assert exam.opens_at == datetime(2026, 10, 1, 8, tzinfo=UTC)
    assert exam.closes_at is None


def test_a_file_may_begin_with_a_byte_order_mark_and_end_its_lines_as_windows_does(
    folder: Path,
) -> None:
    for name in ("course.yaml", "01-europe/01-west.md"):
        text = (folder / name).read_text()
        (folder / name).write_bytes(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode())

    assert found(folder) == []


BROKEN = [
    # file, what stands there, what is put there, the fault, a part of its hint
    ("course.yaml", "title: Capitals of", "titel: Capitals of", "'titel' is not known", "'title'"),
    ("course.yaml", "id: capitals", "id: Capitals", "'Capitals' is no id", "Lower case"),
    ("course.yaml", "id: capitals", "id: cities", "is not the name of the folder", ""),
    (
        "course.yaml",
        "level: awareness",
        "level: awarenes",
        "level 'awarenes' is not",
        "'awareness'",
    ),
    ("course.yaml", "hours: 2", "hours: two", "hours 'two' is no number", "1086.9"),
    ("course.yaml", "language: en", "language: English", "language 'English' is no tag", "de"),
    ("course.yaml", "2026-01-01", "1 January", "'1 January' is no day", "2026-06-30"),
    ("course.yaml", "  - 01-europe", "  - 01-europa", "module '01-europa' has no", "'01-europe'"),
    ("course.yaml", "  - 01-europe", "  - 02-world", "'02-world' stands here twice", ""),
    ("course.yaml", "exam: exam", "exam: exams", "exam 'exams' has no folder", ""),
    ("course.yaml", "exam: exam", "exam: ../exam", "exam '../exam' has no folder", ""),
    ("course.yaml", "hours: 2", "hours: 2\nhours: 3", "'hours' stands here twice", ""),
    ("course.yaml", "licence: CC0-1.0", "licence: [CC0-1.0]", "'licence' must be a text", "quotes"),
    ("course.yaml", "notice: This", "notice: Note: this", "not YAML", "quotes"),
    ("01-europe/module.yaml", "  - 02-north", "  - 02-nort", "item '02-nort' has no", "'02-north'"),
    ("01-europe/module.yaml", "  - 02-north", "  - 01-west", "'01-west' stands here twice", ""),
    ("01-europe/module.yaml", "  - 02-north", "  - [a]", "items: a text is expected", ""),
    ("01-europe/module.yaml", "id: lo2", "id: lo1", "outcome 'lo1' stands here twice", ""),
    ("01-europe/module.yaml", "items:", "items: x\nmore:", "items must be a list", "- "),
    ("01-europe/01-west.md", "[lo1, lo2]", "[lo1, lo3]", "outcome 'lo3' is not in module", "'lo"),
    ("01-europe/01-west.md", "minutes: 8", "minutes: long", "minutes must be a whole", ""),
    ("01-europe/01-west.md", "minutes: 8", "minutes: 0", "a whole number from 1 to 600", ""),
    ("01-europe/01-west.md", "---\ntitle", "title", "this page has no head", "---"),
    ("01-europe/01-west.md", "02-north.md", "02-nord.md", "leads nowhere", "'01-europe/02-north'"),
    (
        "01-europe/01-west.md",
        "../01-europe/02-n",
        "02-n",
        "leads nowhere",
        "../01-europe/02-north.md",
    ),
    (
        "01-europe/01-west.md",
        "](../media/west-to-east.svg",
        "](../media/west.svg",
        "missing",
        "'west-to",
    ),
    (
        "01-europe/01-west.md",
        "src: ../media/west-to-east.webm",
        "src: x.webm",
        "src 'x.webm' is not",
        "media/",
    ),
    ("01-europe/01-west.md", "seconds: 6", "seconds: 0", "seconds must lie above 0", ""),
    ("01-europe/01-west.md", "id: west-to-east", "id: West", "'West' is no id", "Lower case"),
    ("01-europe/01-west.md", "::: note A", "::: notice A", "block 'notice' is not known", "'note'"),
    ("01-europe/quiz.yaml", "kind: single", "kind: singel", "kind 'singel' is not", "'single'"),
    ("01-europe/quiz.yaml", "attempts: unlimited", "attempts: 0", "attempts must be a whole", ""),
    ("01-europe/quiz.yaml", "attempts: unlimited", "pass_mark: 160%", "pass_mark must lie", "60%"),
    (
        "01-europe/quiz.yaml",
        "id: multiple",
        "id: single",
        "question 'single' stands here twice",
        "",
    ),
    (
        "01-europe/quiz.yaml",
        "outcome: lo1",
        "outcome: lo9",
        "outcome 'lo9' is not in module",
        "'lo",
    ),
    (
        "01-europe/quiz.yaml",
        "scoring: partial",
        "scoring: part",
        "scoring 'part' is not",
        "'partial'",
    ),
    ("01-europe/quiz.yaml", "id: s2", "id: s1", "question 's1' stands here twice", ""),
    ("01-europe/quiz.yaml", "points: 2", "points: 0", "points must be a whole number from 1", ""),
    ("01-europe/quiz.yaml", "points: 2", "points: 1.5", "points must be a whole number from 1", ""),
    (
        "exam/exam.yaml",
        "pool: 01-europe",
        "pool: 01_europe",
        "pool '01_europe' has no",
        "'01-europe'",
    ),
    ("exam/exam.yaml", "pool: 02-world", "pool: 01-europe", "pool '01-europe' is used twice", ""),
    ("exam/exam.yaml", "id: m2", "id: m1", "element 'm1' stands here twice", ""),
    ("exam/exam.yaml", "pass: 2/3", "pass: 3/2", "pass must lie above 0", "2/3"),
    ("exam/exam.yaml", "pass: 2/3", "pass: most", "pass 'most' is no number", "2/3"),
    ("exam/exam.yaml", "draw: 2", "draw: some", "draw must be a whole number from 1", ""),
    ("exam/exam.yaml", "minutes: 30", "opens_at: 2026-10-01T08:00:00", "has no time zone", "Z"),
    ("exam/exam.yaml", "minutes: 30", "opens_at: soon", "'soon' is no moment", "2026-10-01"),
    ("exam/exam.yaml", "review: after-submit", "review: later", "review 'later' is not", ""),
    ("exam/01-europe.yaml", "id: m1-q2", "id: m1-q1", "question 'm1-q1' stands here twice", ""),
    ("exam/02-world.yaml", "id: m2-q1", "id: m1-q1", "question 'm1-q1' stands here twice", ""),
]


@pytest.mark.parametrize("broken", BROKEN, ids=lambda each: f"{each[0]}: {each[2]}")
def test_a_fault_names_its_file_its_line_and_what_to_do(
    folder: Path, edit: Edit, broken: tuple[str, str, str, str, str]
) -> None:
    name, old, new, message, hint = broken
    line = edit(name, old, new)

    told = [each for each in found(folder) if message in each.message]

    assert told
    assert told[0].file == folder / name
    assert line <= told[0].line <= line + 1
    assert hint in told[0].hint
    with pytest.raises(CourseFaultsError):
        load_course(folder)


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("course.yaml", "title"),
        ("course.yaml", "version"),
        ("01-europe/module.yaml", "title"),
        ("01-europe/quiz.yaml", "title"),
        ("exam/exam.yaml", "minutes"),
    ],
)
def test_what_is_needed_is_missed(folder: Path, name: str, key: str) -> None:
    lines = (folder / name).read_text().splitlines(keepends=True)
    (folder / name).write_text("".join(line for line in lines if not line.startswith(f"{key}:")))

    assert [(each.file, each.message) for each in found(folder)] == [
        (folder / name, f"'{key}' is missing")
    ]


@pytest.mark.parametrize(
    ("name", "place", "message"),
    [
        ("course.yaml", "course.yaml", "this file is missing"),
        ("01-europe/module.yaml", "01-europe/module.yaml", "this file is missing"),
        ("01-europe/02-north.md", "01-europe/module.yaml", "item '02-north' has no file"),
        ("exam/exam.yaml", "exam/exam.yaml", "this file is missing"),
        ("exam/02-world.yaml", "exam/exam.yaml", "pool '02-world' has no file"),
        ("media/moved.svg", "02-world/01-asia.md", "media/moved.svg is missing"),
        ("media/west-to-east.en.vtt", "01-europe/01-west.md", "captions"),
        ("media/west-to-east.webm", "01-europe/01-west.md", "src"),
    ],
)
def test_a_missing_file_is_told_where_it_is_asked_for(
    folder: Path, name: str, place: str, message: str
) -> None:
    (folder / name).unlink()

    told = found(folder)

    assert any(each.file == folder / place and message in each.message for each in told)


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("01-europe/03-south.md", "01-europe/module.yaml"),
        ("01-europe/test.yaml", "01-europe/module.yaml"),
        ("03-moon/module.yaml", "course.yaml"),
        ("exam/03-moon.yaml", "exam/exam.yaml"),
    ],
)
def test_a_file_that_nobody_lists_is_a_fault(folder: Path, name: str, place: str) -> None:
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_text("title: x\n")

    (told,) = found(folder)

    assert told.file == folder / place
    assert "is not listed" in told.message
    assert told.hint.startswith("Add ")


def test_a_file_that_is_no_text_is_told(folder: Path) -> None:
    (folder / "01-europe" / "quiz.yaml").write_bytes(b"title: \xff\xfe")

    assert "cannot be read" in found(folder)[0].message


@pytest.mark.parametrize(
    "text", ["", "- a\n- b\n", "text", "title: [", "a: b: c", "\tx: 1", "&a *a"]
)
@pytest.mark.parametrize("name", ["course.yaml", "01-europe/quiz.yaml", "exam/01-europe.yaml"])
def test_what_is_no_mapping_is_told(folder: Path, name: str, text: str) -> None:
    (folder / name).write_text(text)

    assert any(each.file == folder / name and each.line >= 1 for each in found(folder))


def test_a_scenario_that_holds_itself_is_told(folder: Path) -> None:
    (folder / "02-world" / "quiz.yaml").write_text(
        "title: x\nquestions:\n  - &me {id: q, kind: scenario, text: x, questions: [*me]}\n"
    )

    assert "a scenario inside a scenario" in [each.message for each in found(folder)]


def test_a_pool_needs_three_times_what_is_drawn(folder: Path, edit: Edit) -> None:
    edit("exam/exam.yaml", "pool: 02-world, draw: 2", "pool: 02-world, draw: 3")

    (told,) = found(folder)

    assert told.file == folder / "exam" / "02-world.yaml"
    assert (told.message, told.hint) == (
        "6 questions are too few for a draw of 3",
        "3 times what is drawn are needed: 9.",
    )


def test_all_faults_are_told_at_once_in_order_and_each_once(folder: Path, edit: Edit) -> None:
    edit("exam/exam.yaml", "draw: 2", "draw: some")
    edit("course.yaml", "hours: 2", "hours: two")
    edit("01-europe/module.yaml", "  - 02-north", "  - [a]")
    edit("01-europe/quiz.yaml", "kind: single", "kind: singel")

    told = found(folder)

    assert told == sorted(told, key=lambda each: (str(each.file), each.line))
    assert len(told) == len(set(told))
    assert {each.file.name for each in told} == {
        "exam.yaml",
        "course.yaml",
        "module.yaml",
        "quiz.yaml",
        "01-west.md",
    }


def test_captions_must_be_captions(folder: Path) -> None:
    (folder / "media" / "west-to-east.en.vtt").write_text("WEBVTT\n\nWe start in Dublin.\n")

    (told,) = found(folder)

    assert told.message == "west-to-east.en.vtt holds no captions"


def test_a_film_needs_a_transcript(folder: Path, edit: Edit) -> None:
    edit("01-europe/01-west.md", "transcript: |", "poster_text: |")

    assert "a film needs a transcript" in [each.message for each in found(folder)]


def test_a_film_stands_in_a_course_once(folder: Path) -> None:
    page = (folder / "01-europe" / "01-west.md").read_text()
    film = page[page.index("::: video") : page.index("## How dense")]
    with (folder / "02-world" / "01-asia.md").open("a") as file:
        file.write(f"\n{film}")

    (told,) = found(folder)

    assert told.file == folder / "02-world" / "01-asia.md"
    assert "stands in this course twice" in told.message


SINGLE = "kind: single\noptions:\n  - {id: a, text: A%s}\n  - {id: b, text: B%s}\n"


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        (SINGLE % (", correct: true", ", correct: true"), 4, "exactly one option must be correct"),
        (
            SINGLE % (", feedback: a", ", feedback: b"),
            4,
            "exactly one option must be correct, not 0",
        ),
        (SINGLE % (", correct: true", ""), 6, "a wrong option without feedback"),
        (SINGLE % (", correct: maybe, feedback: x", ""), 5, "correct must be true or false"),
        (
            SINGLE.replace("b,", "a,") % (", correct: true", ", feedback: x"),
            4,
            "'a' stands here twice",
        ),
        (
            SINGLE.replace("B", "A") % (", correct: true", ", feedback: x"),
            4,
            "'A' stands here twice",
        ),
        ("kind: single\noptions: [{id: a, text: A, correct: true}]", 4, "at least two are needed"),
        ("kind: single", 1, "'options' is missing"),
        (
            "kind: multiple\n"
            "options: [{id: a, text: A, feedback: x}, {id: b, text: B, feedback: x}]",
            4,
            "at least one option must be correct",
        ),
        ("correct: true", 1, "'kind' is missing"),
        ("kind:", 1, "'kind' is missing"),
        ("kind: true-false", 1, "'correct' is missing"),
        ("kind: numeric", 1, "'answer' is missing"),
        ("kind: numeric\nanswer: many", 4, "answer 'many' is no number"),
        ("kind: numeric\nanswer: 1\ntolerance: -1", 5, "tolerance must not be below 0"),
        ("kind: numeric\nanswer: 1\nunit: m\nunits: {m: 1}", 6, "exclude each other"),
        ("kind: numeric\nanswer: 1\nunits: {m: 2}", 5, "the first unit has the factor 1"),
        ("kind: numeric\nanswer: 1\nunits: {m: 1, km: x}", 5, "'x' is no factor above 0"),
        ("kind: numeric\nanswer: 1\nunits: [m]", 5, "units must be written as"),
        ("kind: matching\npairs: [{id: a, left: A, right: B}]", 4, "at least two are needed"),
        (
            "kind: matching\npairs: [{id: a, left: A, right: B}, {id: b, left: C, right: B}]",
            4,
            "'B' stands here twice",
        ),
        (
            "kind: ordering\nitems: [{id: a, text: A}, {id: b, text: B, feedback: x}]",
            4,
            "'feedback' is not known here",
        ),
        ("kind: fill-in", 1, "'accept' is missing"),
        ("kind: fill-in\naccept: []", 4, "accept is empty"),
        ("kind: fill-in\naccept: [x]\nanswers: [y]", 5, "'answers' is not known here"),
        (
            "kind: scenario\npoints: 3\n"
            "questions: [{id: a, kind: true-false, text: A, correct: true}]",
            4,
            "a scenario has the points of its questions",
        ),
        ("kind: scenario\nquestions: []", 4, "questions is empty"),
        (
            "kind: true-false\ncorrect: true\nexplanation: '![x](../media/a.svg)'",
            5,
            "in a question",
        ),
        ("kind: true-false\ncorrect: true\nexplanation: $x^$", 5, "formula cannot be read"),
    ],
)
def test_a_question_that_cannot_be_asked_is_told(text: str, line: int, message: str) -> None:
    _, faults = read(text)

    told = [each for each in faults if message in each.message]
    assert told, faults
    assert told[0].line == line


def test_a_question_without_its_kind_is_not_asked() -> None:
    assert read("correct: true")[0] is None
    assert read("kind: singel")[0] is None
    assert len(read("kind: singel")[1]) == 1


def test_a_tolerance_and_an_answer_are_read_exactly() -> None:
    made, _ = read("kind: numeric\nanswer: 1086.9\ntolerance: 1%\nunits: {kg: 1, t: 1000}")

    assert isinstance(made, Numeric)
    assert (made.answer, made.tolerance) == (Fraction(10869, 10), Fraction(10869, 1000))
    assert made.units == (("kg", 1), ("t", 1000))


def test_a_fault_reads_as_a_place_a_message_and_a_hint() -> None:
    assert str(Fault(Path("a.yaml"), 3, "x is wrong", "Mend it.")) == (
        "a.yaml:3: x is wrong\n    Mend it."
    )
    assert str(Fault(Path("a.yaml"), 0, "missing")) == "a.yaml: missing"


@pytest.mark.parametrize(
    "name", ["course.yaml", "01-europe/01-west.md", "exam/02-world.yaml", "media/west-to-east.webm"]
)
def test_the_fingerprint_changes_with_every_file(folder: Path, name: str) -> None:
    before = fingerprint(folder)
    path = folder / name
    path.write_bytes(path.read_bytes() + b"\n")
    after = fingerprint(folder)
    path.rename(path.with_name(f"x{path.name}"))

    assert len({before, after, fingerprint(folder)}) == 3


def test_the_fingerprint_is_of_the_content_alone(folder: Path, capitals: Course) -> None:
    (folder / ".git").mkdir()
    (folder / ".git" / "index").write_text("x")
    (folder / "media" / "src").mkdir()
    (folder / "media" / "src" / "film.py").write_text("x")

    assert fingerprint(folder) == capitals.fingerprint
    assert load_course(folder).fingerprint == capitals.fingerprint
