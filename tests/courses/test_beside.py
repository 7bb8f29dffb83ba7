"""What stands beside the modules: glossary, self-test, figures in steps, checked sums."""

from __future__ import annotations

from pathlib import Path

import pytest

from courses.glossary import TermLinker
from courses.loader import check_course
from courses.markup import Markup
from courses.model import Course, Page, Term
from courses.selftest import advise, start_with
from tests.courses.conftest import Edit

NORTH = "01-europe/02-north.md"


def page(course: Course, item_id: str) -> Page:
    found = course.item(item_id)
    assert isinstance(found, Page)
    return found


def linked(html: str, *terms: Term) -> str:
    return str(TermLinker(terms).linked(Markup(html)))


def term(words: str, *also: str) -> Term:
    return Term(words, Markup("Something."), also)


# Glossary


def test_terms_come_in_the_order_of_the_alphabet(capitals: Course) -> None:
    assert [each.term for each in capitals.glossary] == [
        "Capital",
        "Latitude",
        "Sovereign state",
        "UTC",
    ]
    assert capitals.glossary[2].anchor == "term-sovereign-state"


def test_the_first_use_of_a_term_on_a_page_is_a_link(capitals: Course) -> None:
    html = page(capitals, "01-europe/02-north").html

    assert html.count('href="__COURSE__/glossary#term-sovereign-state"') == 1
    assert html.count("glossary#term-capital") == 1
    assert '<a class="term" href="__COURSE__/glossary#term-latitude">latitude</a>' in html


def test_terms_are_linked_in_running_text_only() -> None:
    html = (
        "<h2>A cell</h2><svg><text>cell</text></svg><p><a href='x'>cell</a> <code>cell</code></p>"
        '<p class="callout-title">Cell</p><table><caption>cell</caption></table>'
        "<p>unicell, cell-wise, <em>Cells</em> and a cell</p>"
    )

    made = linked(html, term("cell"))

    assert made.count("glossary#term-cell") == 1
    assert '<em><a class="term" href="__COURSE__/glossary#term-cell">Cells</a></em>' in made


def test_the_longer_term_wins_and_short_names_are_taken_as_they_stand() -> None:
    made = linked(
        "<p>A battery cell, a cell, ETS and lets, LCAs</p>",
        term("Cell"),
        term("Battery cell"),
        term("ETS"),
        term("Life cycle assessment", "LCA"),
    )

    assert '#term-battery-cell">battery cell</a>' in made
    assert '#term-cell">cell</a>' in made
    assert '#term-ets">ETS</a>' in made
    assert '#term-life-cycle-assessment">LCAs</a>' in made


def test_words_with_signs_of_html_are_found() -> None:
    assert '#term-r-d">R&amp;D</a>' in linked("<p>R&amp;D costs</p>", term("R&D"))


def test_a_term_that_stands_twice_is_a_fault(folder: Path, edit: Edit) -> None:
    line = edit("glossary.yaml", "{term: UTC", "{term: capitals")

    [fault] = check_course(folder)[1]

    assert (fault.line, fault.message) == (line, "'capitals' stands in the glossary twice")


def test_files_beside_the_course_are_named_in_it(folder: Path, edit: Edit) -> None:
    edit("course.yaml", "glossary: glossary\n", "")
    edit("course.yaml", "self_test: self-test", "self_test: self-tests")

    told = [(fault.message, fault.hint) for fault in check_course(folder)[1]]

    assert ("glossary.yaml is not listed", "Write `glossary: glossary`.") in told
    assert ("self_test 'self-tests' has no file", "Write `self_test: self-test`.") in told


# Self-test


def test_right_answers_say_where_to_start(capitals: Course) -> None:
    advice = advise(capitals, {"s1": True, "s2": True, "s3": True, "s4": False})

    assert [(each.module.id, each.right, each.asked) for each in advice] == [
        ("01-europe", 2, 2),
        ("02-world", 1, 2),
    ]
    start = start_with(advice)
    assert start is not None
    assert start.id == "02-world"


def test_who_knows_all_need_start_nowhere(capitals: Course) -> None:
    advice = advise(capitals, dict.fromkeys(("s1", "s2", "s3", "s4"), True))

    assert start_with(advice) is None


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "module: 02-world, kind: numeric",
            "module: 02-wold, kind: numeric",
            "module '02-wold' is not in this course",
        ),
        ("{id: s4,", "{id: s2,", "question 's2' stands here twice"),
        (
            "kind: true-false, text: Sydney is the capital of Australia., correct: false",
            "kind: fill-in, text: A?, accept: [b]",
            "kind 'fill-in' is not for a self-test",
        ),
    ],
)
def test_faults_of_a_self_test_are_told(
    folder: Path, edit: Edit, old: str, new: str, message: str
) -> None:
    line = edit("self-test.yaml", old, new)

    found = [(fault.line, fault.message) for fault in check_course(folder)[1]]

    assert (line, message) in found


# Steps


def test_a_figure_in_steps_is_a_drawing_and_a_list(capitals: Course) -> None:
    north = page(capitals, "01-europe/02-north")

    assert north.has_steps
    assert not page(capitals, "01-europe/01-west").has_steps
    assert '<figure class="figure stepwise" data-steps' in north.html
    assert 'id="order--first"' in north.html
    assert (
        '<li data-show="second"><strong>Helsinki</strong> lies at about 60.2 degrees.</li>'
        in north.html
    )


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("{show: second", "{show: fourth", 'order.svg has no <g id="fourth">'),
        ("{show: second", "{show: 2nd", "'2nd' is no id of a group"),
        ("media/order.svg", "media/older.svg", "media/older.svg is missing"),
        ("media/order.svg", "media/west-to-east.webm", "figure must be a drawing"),
        ("::: steps From north to south, one by one", "::: steps", "this figure has no title"),
        ("description: Four", "descripton: Four", "'descripton' is not known here"),
        ("::: steps From", "::: step From", "block 'step' is not known"),
    ],
)
def test_faults_of_steps_are_told_at_their_lines(
    folder: Path, edit: Edit, old: str, new: str, message: str
) -> None:
    edit(NORTH, old, new)

    found = check_course(folder)[1]

    assert message in [fault.message for fault in found]
    assert all(fault.file == folder / NORTH and fault.line > 5 for fault in found)


# Sums


def test_a_checked_sum_stands_apart(capitals: Course) -> None:
    html = page(capitals, "01-europe/02-north").html

    assert (
        '<p class="worked"><span class="worked-sum"><span class="worked-word">Check</span>'
        " 60.2 − 55.7 = 4.5</span>" in html
    )


def test_a_sum_that_is_wrong_is_a_fault_at_its_line(folder: Path, edit: Edit) -> None:
    line = edit(NORTH, "Check: 4.5 × 111 ≈ 500 km", "Check: 4.5 × 111 ≈ 501 km")

    [fault] = check_course(folder)[1]

    assert fault.line == line
    assert fault.message == "Check: 4.5 × 111 ≈ 501 km: comes to 499.5, not 501 km"


@pytest.mark.parametrize(
    ("solution", "message"),
    [
        ("1.5 × 201", "solution comes to 301.5, the answer is 300"),
        ("1.5 h × 200", "solution '1.5 h × 200': 'h' is not read here"),
    ],
)
def test_a_solution_that_disagrees_with_its_answer_is_a_fault(
    folder: Path, edit: Edit, solution: str, message: str
) -> None:
    line = edit("01-europe/quiz.yaml", "solution: 1.5 × 200", f"solution: {solution}")

    [fault] = check_course(folder)[1]

    assert fault.line == line
    assert fault.message.startswith(message)


def test_a_number_without_a_solution_keeps_a_course_from_release_only(
    folder: Path, edit: Edit
) -> None:
    edit("02-world/quiz.yaml", "    recall: true\n", "")

    assert check_course(folder)[1] == []
    told = [fault.message for fault in check_course(folder, strict=True)[1]]
    assert "this numeric question has no solution" in told


# Links


@pytest.mark.parametrize(
    ("address", "faults"),
    [
        ("../01-europe/02-north.md#names-that-changed", []),
        ("../glossary.md#term-utc", []),
        (
            "../01-europe/02-north.md#names-that-chanced",
            [
                "link to ../01-europe/02-north.md#names-that-chanced: that page has no part"
                " 'names-that-chanced'"
            ],
        ),
        ("../glossery.md", ["link to ../glossery.md leads nowhere"]),
    ],
)
def test_a_link_leads_to_a_part_that_is_there(
    folder: Path, edit: Edit, address: str, faults: list[str]
) -> None:
    edit("01-europe/01-west.md", "(../01-europe/02-north.md)", f"({address})")

    assert [fault.message for fault in check_course(folder)[1]] == faults
