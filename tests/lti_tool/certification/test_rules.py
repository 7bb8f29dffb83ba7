"""The rules: exact, element by element, and never the worse for more."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction
from itertools import product
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from courses.schemes import CertificateScheme, Recognition, Route, SchemeKind
from lti_tool.certification.exam_rules import months_after
from lti_tool.certification.proofs import (
    CourseDone,
    ElementSeen,
    Entry,
    Evidence,
    Held,
    Judged,
    Rating,
    Sitting,
)
from lti_tool.certification.reasons import SENTENCES, Code, Reason
from lti_tool.certification.rules import Decision, Outcome, decide
from tests.lti_tool.certification.learning import SCHEMES

ALICE = UUID(int=1)
DAY = date(2026, 11, 2)
CODES = ("M1", "M2")
SHORT = (Rating.PARTLY, Rating.NOT_MET)


def scheme(name: str, **changed: object) -> CertificateScheme:
    """Give a scheme of the tests, with other values."""
    found = SCHEMES.get(f"capitals-{name}")
    assert found is not None
    return replace(found, **changed)  # type: ignore[arg-type]  # fields of the scheme


EXAM = scheme("exam")
AT_ONCE = scheme("exam", keep_elements_months=0)
EVIDENCE = scheme("evidence")
TRAINER = scheme("trainer")


def sitting(on: date = DAY, number: int = 1, **elements: tuple[str | int, int]) -> Sitting:
    """Give a sitting with points and points asked for each element."""
    seen = tuple(
        ElementSeen(code, Fraction(points), asked) for code, (points, asked) in elements.items()
    )
    return Sitting(f"attempt-{number}", "capitals", "1", number, on, "", seen)


def evidence(*sittings: Sitting, **more: object) -> Evidence:
    """Give evidence with sittings."""
    return Evidence(ALICE, sittings=sittings, **more)  # type: ignore[arg-type]  # its fields


def codes(decision: Decision) -> list[str]:
    """Give the codes of the reasons."""
    return [each.code.value for each in decision.reasons]


def days(first: date = DAY) -> st.SearchStrategy[date]:
    """Give days within two years."""
    return st.integers(0, 730).map(lambda number: first + timedelta(days=number))


@st.composite
def exams(draw: st.DrawFn) -> tuple[Sitting, ...]:
    """Make up to four sittings in order, some elements left out, some with nothing asked."""
    made = []
    for number, on in enumerate(sorted(draw(st.lists(days(), max_size=4))), start=1):
        elements = {}
        for code in CODES:
            asked = draw(st.integers(0, 6))
            points = draw(st.fractions(0, asked, max_denominator=6)) if asked else Fraction(0)
            if draw(st.booleans()):
                elements[code] = (str(points), asked)
        made.append(sitting(on, number, **elements))
    return tuple(made)


# Two thirds, exactly


@pytest.mark.parametrize(
    ("points", "asked", "is_passed"),
    [
        ("2", 3, True),
        ("4", 6, True),
        ("5/3", 3, False),
        ("66", 100, False),
        ("67", 100, True),
        ("1999999999999999/1000000000000000", 3, False),
        ("0", 0, False),
        ("0", 3, False),
    ],
)
def test_two_thirds_are_compared_exactly(points: str, asked: int, is_passed: bool) -> None:
    decision = decide(EXAM, evidence(sitting(M1=(points, asked), M2=(3, 3))), DAY)

    assert decision.is_granted is is_passed


@given(st.integers(1, 200), st.integers(0, 200))
def test_an_element_passes_when_three_times_the_points_are_twice_what_was_asked(
    asked: int, points: int
) -> None:
    points = min(points, asked)

    decision = decide(EXAM, evidence(sitting(M1=(points, asked), M2=(1, 1))), DAY)

    assert decision.is_granted is (3 * points >= 2 * asked)


def test_good_points_in_one_element_do_not_help_another() -> None:
    decision = decide(EXAM, evidence(sitting(M1=(3, 3), M2=("5/3", 3))), DAY)

    assert decision.outcome is Outcome.REFUSED
    assert codes(decision) == ["element-kept", "element-failed"]


# Never the worse for more


@given(exams(), exams())
def test_what_is_met_stays_met_whatever_is_sat_before_or_after(
    some: tuple[Sitting, ...], others: tuple[Sitting, ...]
) -> None:
    before = decide(EXAM, evidence(*some), DAY)
    all_of_them = sorted([*some, *others], key=lambda each: each.on)

    after = decide(EXAM, evidence(*all_of_them), DAY)

    assert after.is_granted or not before.is_granted


@given(exams(), st.data())
def test_more_points_never_harm(some: tuple[Sitting, ...], data: st.DataObject) -> None:
    before = decide(EXAM, evidence(*some), DAY)
    better = tuple(
        replace(
            each,
            elements=tuple(
                replace(seen, points=data.draw(st.fractions(seen.points or 0, seen.asked)))
                for seen in each.elements
            ),
        )
        for each in some
    )

    after = decide(EXAM, evidence(*better), DAY)

    assert after.is_granted or not before.is_granted


@given(exams(), st.integers(0, 36), st.integers(0, 36))
def test_keeping_longer_never_harms(some: tuple[Sitting, ...], short: int, more: int) -> None:
    strict = decide(replace(EXAM, keep_elements_months=short), evidence(*some), DAY)
    mild = decide(replace(EXAM, keep_elements_months=short + more), evidence(*some), DAY)

    assert mild.is_granted or not strict.is_granted


@given(exams(), days(), days())
def test_whether_an_exam_is_met_does_not_hang_on_the_day_of_the_decision(
    some: tuple[Sitting, ...], first: date, second: date
) -> None:
    one, other = decide(EXAM, evidence(*some), first), decide(EXAM, evidence(*some), second)

    assert one.is_granted is other.is_granted
    assert not one.is_granted or one == other


@given(exams(), days())
def test_what_is_granted_shows_every_element_passed(some: tuple[Sitting, ...], on: date) -> None:
    decision = decide(EXAM, evidence(*some), on)
    facts = [each for unit in decision.units for each in unit.elements]

    if decision.is_granted:
        assert [each.code for each in facts] == list(CODES)
        for each in facts:
            assert each.passed
            assert each.asked is not None
            assert 3 * Fraction(each.points) >= 2 * each.asked
            assert each.passed_on is not None
            assert decision.examined_on is not None
            assert each.passed_on <= decision.examined_on <= months_after(each.passed_on, 12)
    elif facts:
        still = [each for each in facts if each.passed and each.passed_on]
        assert all(on <= months_after(each.passed_on or on, 12) for each in still)


@given(exams(), days())
def test_a_decision_reads_back_as_it_was_and_all_reasons_can_be_said(
    some: tuple[Sitting, ...], on: date
) -> None:
    decision = decide(EXAM, evidence(*some), on)

    assert Decision.from_json(decision.to_json()) == decision
    for reason in decision.reasons:
        assert "%(" not in reason.words()
        assert reason.words().endswith(".")


# Partial success


FIRST, SECOND = {"M1": (3, 3), "M2": (0, 3)}, {"M1": (0, 3), "M2": (3, 3)}


@pytest.mark.parametrize(
    ("second_on", "is_met"),
    [(date(2027, 11, 2), True), (date(2027, 11, 3), False), (DAY, True)],
)
def test_an_element_counts_until_the_same_day_twelve_months_later(
    second_on: date, is_met: bool
) -> None:
    decision = decide(EXAM, evidence(sitting(**FIRST), sitting(second_on, 2, **SECOND)), second_on)

    assert decision.is_granted is is_met


def test_where_nothing_is_kept_all_must_be_passed_in_one_sitting() -> None:
    parted = evidence(sitting(**FIRST), sitting(DAY, 2, **SECOND))
    together = evidence(sitting(**FIRST), sitting(DAY, 2, M1=(3, 3), M2=(2, 3)))

    assert decide(AT_ONCE, parted, DAY).outcome is Outcome.REFUSED
    assert decide(AT_ONCE, together, DAY).outcome is Outcome.GRANTED


def test_a_kept_element_is_told_with_its_last_day_and_looked_at_the_day_after() -> None:
    decision = decide(EXAM, evidence(sitting(M1=(3, 3))), DAY)

    assert decision.outcome is Outcome.INCOMPLETE
    assert codes(decision) == ["element-kept", "element-open"]
    assert decision.look_on == date(2027, 11, 3)


def test_a_lapsed_element_is_no_longer_shown_as_passed() -> None:
    decision = decide(EXAM, evidence(sitting(**FIRST)), date(2027, 11, 3))

    assert decision.outcome is Outcome.INCOMPLETE
    assert codes(decision) == ["element-lapsed", "element-failed"]
    assert [each.passed for each in decision.units[0].elements] == [False, False]
    assert decision.look_on is None


def test_the_best_result_by_then_is_shown_and_of_two_alike_the_earlier() -> None:
    decision = decide(
        EXAM,
        evidence(
            sitting(M1=(2, 3), M2=(0, 3)),
            sitting(DAY + timedelta(days=1), 2, M1=(3, 3), M2=(0, 3)),
            sitting(DAY + timedelta(days=2), 3, M1=(3, 3), M2=(2, 3)),
            sitting(DAY + timedelta(days=3), 4, M1=(3, 3), M2=(3, 3)),
        ),
        DAY,
    )

    first, second = decision.units[0].elements
    assert decision.examined_on == DAY + timedelta(days=2)
    assert (first.points, first.passed_on) == ("3", DAY + timedelta(days=1))
    assert (second.points, second.passed_on, second.percent) == (
        "2",
        DAY + timedelta(days=2),
        66,
    )


def test_an_element_whose_questions_were_all_withdrawn_needs_a_person() -> None:
    decision = decide(EXAM, evidence(sitting(M1=(3, 3), M2=(0, 0))), DAY)

    assert decision.outcome is Outcome.REFERRED
    assert codes(decision) == ["element-kept", "element-empty"]


def test_without_an_exam_there_is_nothing_to_say_yet() -> None:
    assert codes(decide(EXAM, evidence(), DAY)) == ["no-exam"]


# Entered by officers


def test_a_paper_exam_counts_with_points_and_without() -> None:
    told = (ElementSeen("M1", Fraction(2), 3), ElementSeen("M2", None, 0, passed=True))
    paper = Sitting("entry:1", "", "", 0, DAY, "", told)

    decision = decide(EXAM, evidence(paper), DAY)

    assert codes(decision) == ["all-passed", "element-passed", "element-passed-without-points"]
    assert [(each.points, each.asked) for each in decision.units[0].elements] == [
        ("2", 3),
        ("", None),
    ]


def entry(route: Route = Route.ENTRY, **changed: object) -> Entry:
    """Give what an officer entered."""
    made = Entry(route, DAY, (), "", "")
    return replace(made, **changed)  # type: ignore[arg-type]  # its fields


def test_an_earlier_record_is_taken_over_with_its_register_number_and_day() -> None:
    whole = entry(Route.TAKEN_OVER, earlier_register="EuroSPI", earlier_number="123")

    decision = decide(EXAM, evidence(entry=whole), DAY)

    assert decision.outcome is Outcome.GRANTED
    assert [each.words() for each in decision.reasons] == ["Taken over from EuroSPI, number 123."]
    assert all(each.passed and not each.points for each in decision.units[0].elements)
    for missing in ({"earlier_register": ""}, {"earlier_number": ""}, {"on": None}):
        short = decide(EXAM, evidence(entry=replace(whole, **missing)), DAY)
        assert (short.outcome, codes(short)) == (Outcome.INCOMPLETE, ["earlier-unknown"])


# Attendance


def test_attendance_is_met_by_the_course_or_by_an_officers_list() -> None:
    attendance = scheme("attendance")
    done = CourseDone("capitals", "Capitals", DAY, ("Europe", "The world"))

    by_course = decide(attendance, evidence(done=(done,)), DAY)
    by_list = decide(attendance, evidence(entry=entry()), DAY)

    assert (by_course.outcome, codes(by_course)) == (Outcome.GRANTED, ["course-done"])
    assert [each.title for each in by_course.units[0].elements] == ["Europe", "The world"]
    assert (by_list.outcome, codes(by_list)) == (Outcome.GRANTED, ["attended"])
    assert codes(decide(attendance, evidence(), DAY)) == ["course-open"]
    assert codes(decide(attendance, evidence(entry=entry(on=None)), DAY)) == ["not-entered"]


# Micro-credential


def test_a_micro_credential_needs_the_exam_and_the_whole_course() -> None:
    told = Recognition(Fraction(2), None, "not applicable", "Exam", "Online", "Internal")
    micro = scheme(
        "exam",
        kind=SchemeKind.MICRO_CREDENTIAL,
        routes=frozenset({Route.EXAM, Route.COURSE}),
        recognition=told,
    )
    passed, done = sitting(M1=(3, 3), M2=(3, 3)), CourseDone("capitals", "Capitals", DAY, ())

    whole = decide(micro, evidence(passed, done=(done,)), DAY)
    exam_only = decide(micro, evidence(passed), DAY)
    undeclared = decide(
        replace(micro, recognition=replace(told, quality="")),
        evidence(passed, done=(done,)),
        DAY,
    )

    assert whole.outcome is Outcome.GRANTED
    assert (exam_only.outcome, codes(exam_only)[-1]) == (Outcome.INCOMPLETE, "course-open")
    assert undeclared.outcome is Outcome.REFUSED
    assert "recognition-missing" in codes(undeclared)


# Work evidence


def judged(*ratings: tuple[str, int, Rating]) -> Evidence:
    """Give evidence with ratings by element and assessor."""
    return evidence(judged=tuple(Judged(code, place, each, DAY) for code, place, each in ratings))


@pytest.mark.parametrize(
    ("second", "outcome", "code"),
    [
        (Rating.MET, Outcome.GRANTED, "judged-met"),
        (Rating.PARTLY, Outcome.REFERRED, "judged-apart"),
        (None, Outcome.INCOMPLETE, "judgement-missing"),
    ],
)
def test_work_evidence_is_met_when_both_assessors_find_every_element_met(
    second: Rating | None, outcome: Outcome, code: str
) -> None:
    ratings = [("M1", 1, Rating.MET), ("M1", 2, Rating.MET), ("M2", 1, Rating.MET)]
    if second is not None:
        ratings.append(("M2", 2, second))

    decision = decide(EVIDENCE, judged(*ratings), DAY)

    assert decision.outcome is outcome
    assert codes(decision) == ["judged-met", code]


@pytest.mark.parametrize(
    ("first", "second"), list(product((Rating.PARTLY, Rating.NOT_MET), repeat=2))
)
def test_work_evidence_that_both_find_wanting_is_refused_and_what_is_met_is_kept(
    first: Rating, second: Rating
) -> None:
    decision = decide(
        EVIDENCE,
        judged(("M1", 1, Rating.MET), ("M1", 2, Rating.MET), ("M2", 1, first), ("M2", 2, second)),
        DAY,
    )

    assert decision.outcome is Outcome.REFUSED
    assert [(each.passed, each.rating) for each in decision.units[0].elements] == [
        (True, "met"),
        (False, max((first, second), key=list(Rating).index).value),
    ]


def test_nothing_is_judged_yet() -> None:
    assert codes(decide(EVIDENCE, evidence(), DAY)) == ["not-judged"]


# Trainers and bodies


HELD = Held("capitals-exam", "ASA-EX-2026-000001", DAY, None)


@pytest.mark.parametrize(
    ("held", "is_met"),
    [
        (HELD, True),
        (replace(HELD, valid_until=DAY), True),
        (replace(HELD, valid_until=DAY - timedelta(days=1)), False),
        (replace(HELD, valid_from=DAY + timedelta(days=1)), False),
        (replace(HELD, scheme_id="capitals-attendance"), False),
        (None, False),
    ],
)
def test_a_trainer_holds_the_exams_certificate_on_the_day(held: Held | None, is_met: bool) -> None:
    whole = entry(checklist=TRAINER.checklist)

    decision = decide(TRAINER, evidence(held=(held,) if held else (), entry=whole), DAY)

    assert decision.is_granted is is_met


@given(st.sets(st.sampled_from(TRAINER.checklist)))
def test_every_point_of_the_list_is_confirmed(confirmed: set[str]) -> None:
    decision = decide(TRAINER, evidence(held=(HELD,), entry=entry(checklist=tuple(confirmed))), DAY)

    assert decision.is_granted is (confirmed == set(TRAINER.checklist))
    assert codes(decision).count("unchecked") == len(TRAINER.checklist) - len(confirmed)


def test_a_trainers_case_is_looked_at_again_when_the_certificate_it_rests_on_ends() -> None:
    ends = replace(HELD, valid_until=DAY + timedelta(days=30))
    told = entry(checklist=TRAINER.checklist)

    before = decide(TRAINER, evidence(held=(ends,), entry=told), DAY)
    after = decide(TRAINER, evidence(held=(ends,), entry=told), DAY + timedelta(days=31))

    assert before.look_on == DAY + timedelta(days=31)
    assert (after.outcome, after.look_on) == (Outcome.INCOMPLETE, None)


def test_a_trainers_certificate_lists_the_points_that_were_confirmed() -> None:
    told = entry(checklist=TRAINER.checklist)

    decision = decide(TRAINER, evidence(held=(HELD,), entry=told), DAY)

    (unit,) = decision.units
    assert [(each.title, each.passed) for each in unit.elements] == [
        (text, True) for text in TRAINER.checklist
    ]


def test_a_training_body_needs_its_list_and_no_certificate() -> None:
    body = scheme("body")

    assert decide(body, evidence(entry=entry(checklist=body.checklist)), DAY).is_granted
    assert codes(decide(body, evidence(), DAY)) == ["not-entered"]


# Words


def test_every_reason_has_a_sentence() -> None:
    assert set(SENTENCES) == set(Code)


def test_a_reason_tells_days_and_points_as_people_write_them() -> None:
    values = {
        "code": "M1",
        "title": "Europe",
        "on": "2026-11-02",
        "points": "5/2",
        "asked": "3",
    }

    assert Reason(Code.ELEMENT_PASSED, values).words() == (
        "M1 Europe: passed on 2 November 2026, 2.5 of 3 points."
    )


@pytest.mark.parametrize(
    ("day", "months", "later"),
    [
        (date(2026, 11, 2), 12, date(2027, 11, 2)),
        (date(2024, 2, 29), 12, date(2025, 2, 28)),
        (date(2026, 8, 31), 6, date(2027, 2, 28)),
        (date(2026, 12, 31), 0, date(2026, 12, 31)),
    ],
)
def test_months_end_on_the_same_day_or_the_last_of_a_short_month(
    day: date, months: int, later: date
) -> None:
    assert months_after(day, months) == later
