"""Schemes: read from files, with their faults, held against the courses, and true."""

from __future__ import annotations

import shutil
from fractions import Fraction
from pathlib import Path

import pytest

from courses.__main__ import main
from courses.catalogue import Catalogue
from courses.faults import CourseFaultsError
from courses.scheme_reading import Schemes, check_schemes, missing_recognition
from courses.schemes import CertificateScheme, Recognition, Route, SchemeKind
from tests.courses.conftest import CAPITALS, CONTENT

CONTENT_OF_TESTS = CAPITALS.parent
SCHEMES = "schemes/capitals.yaml"


@pytest.fixture
def content(tmp_path: Path) -> Path:
    """Give a copy of the course of capitals with its card and schemes, to be changed."""
    return Path(shutil.copytree(CONTENT_OF_TESTS, tmp_path / "content"))


@pytest.fixture(scope="module")
def delivered() -> Schemes:
    """Give the schemes that are delivered."""
    return Schemes([CONTENT])


def change(content: Path, old: str, new: str, name: str = SCHEMES) -> None:
    """Change a file of the copy."""
    text = (content / name).read_text()
    assert old in text
    (content / name).write_text(text.replace(old, new, 1))


def faults_of(content: Path) -> list[str]:
    """Give what is wrong, as `line: message`."""
    found = check_schemes(content, Catalogue([content]).all())[2]
    return [f"{each.line}: {each.message}" for each in found]


def test_a_scheme_is_read_with_what_its_file_says_for_all(content: Path) -> None:
    schemes = Schemes([content])

    exam, attendance = schemes.get("capitals-exam"), schemes.get("capitals-attendance")

    assert exam is not None
    assert attendance is not None
    assert (exam.kind, exam.series, exam.approvers) == (SchemeKind.EXAM, "EX", 1)
    assert exam.card is not None
    assert exam.card.id == "capitals"
    assert attendance.card is None
    assert exam.pass_share == Fraction(2, 3)
    assert exam.exam_elements == {"M1": "m1", "M2": "m2"}
    assert exam.routes == {Route.EXAM, Route.ENTRY, Route.TAKEN_OVER}
    assert exam.recognition.workload_hours == attendance.recognition.workload_hours == 2
    assert exam.notices == ("This certificate exists for tests.",)
    assert exam.languages == ("en",)
    assert exam.validity_months is None


def test_a_trainers_scheme_has_neither_card_nor_course_nor_its_hours(content: Path) -> None:
    trainer = Schemes([content]).get("capitals-trainer")

    assert trainer is not None
    assert (trainer.card, trainer.courses, trainer.recognition) == (None, (), Recognition())
    assert trainer.validity_months == 12
    assert trainer.requires == ("capitals-exam",)


def test_schemes_are_found_by_course_and_by_id(content: Path) -> None:
    schemes = Schemes([content])

    assert {each.id for each in schemes.for_course("capitals")} == {
        "capitals-attendance",
        "capitals-exam",
    }
    assert schemes.for_course("rivers") == ()
    assert schemes.get("rivers-exam") is None
    assert [card.id for card in schemes.cards()] == ["capitals"]


def test_the_fingerprint_follows_the_scheme_and_its_card(content: Path) -> None:
    def fingerprints() -> dict[str, str]:
        return {each.id: each.fingerprint for each in Schemes([content]).all()}

    before = fingerprints()
    change(
        content, "Names capitals of Asia", "Names the capitals of Asia", "skill-cards/capitals.yaml"
    )
    card_changed = fingerprints()
    change(content, "approvers: 2", "approvers: 1")
    scheme_changed = fingerprints()

    assert {key for key in before if before[key] != card_changed[key]} == {
        "capitals-exam",
        "capitals-four-eyes",
        "capitals-evidence",
    }
    assert {key for key in before if card_changed[key] != scheme_changed[key]} == {
        "capitals-four-eyes"
    }
    assert fingerprints() == scheme_changed


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("card: capitals", "card: capital", "3: there is no skill card 'capital'"),
        ("courses: [capitals]", "courses: [capital]",
         "11: capitals-exam: there is no course 'capital'"),
        ("approvers: 1, keep", "approvers: 0, keep",
         "11: kind exam is approved by an officer at least"),
        ("approvers: 1, keep", "approvers: 3, keep",
         "11: approvers must be a whole number from 0 to 2"),
        ("routes: [course, entry]", "routes: [course, exam]",
         "10: a scheme of kind attendance has no route exam"),
        ("routes: [course, entry]", "routes: [curse]", "10: route 'curse' is not known"),
        (", assessors: 2", "", "13: assessors: who judges the evidence?"),
        ("requires: [capitals-exam]", "requires: [capitals-quiz]",
         "19: requires 'capitals-quiz', which is not there"),
        ("    checklist: [Material covers all elements]\n", "",
         "21: a training body's scheme needs `checklist`"),
        ("id: capitals-evidence", "id: capitals-exam", "13: scheme 'capitals-exam' is there twice"),
        ("keep_elements_months: 12", "keep_elements_months: 12, pass: 3/2",
         "11: pass must lie above 0 and at most at 1"),
        ("keep_elements_months: 12", "keep_elements_months: 12, exam_elements: {M3: m1}",
         "11: exam_elements: the card has no element 'M3'"),
        ("keep_elements_months: 12", "keep_elements_months: 12, exam_elements: {M2: m9}",
         "11: capitals-exam: the exam of 'capitals' has no 'm9' for M2"),
        ("keep_elements_months: 12", "keep_elements_months: 12, colour: red",
         "11: 'colour' is not known here"),
        ("notices:", "notes:", "7: 'notes' is not known here"),
        ("workload_hours: 2", "workload: 2", "6: 'workload' is not known here"),
        ("kind: exam, routes: [exam, entry, taken-over], approvers: 1",
         "kind: micro-credential, routes: [exam], approvers: 1",
         "11: a micro-credential lacks: level, assessment, quality"),
    ],
)  # fmt: skip
def test_a_fault_is_told_with_its_line(content: Path, old: str, new: str, fault: str) -> None:
    change(content, old, new)

    assert fault in faults_of(content)


def test_a_language_that_nobody_can_print_is_told_to_those_who_ask(content: Path) -> None:
    change(content, "outcomes:", "languages: [en, de]\noutcomes:")

    unasked = Schemes([content]).get("capitals-exam")
    with pytest.raises(CourseFaultsError) as caught:
        Schemes([content], has_words=lambda tag: tag == "en")

    assert unasked is not None
    assert unasked.languages == ("en", "de")
    assert [(each.line, each.message) for each in caught.value.faults] == [
        (5, "certificates cannot be printed in 'de'")
    ]


def test_what_is_faulty_is_not_used_at_all(content: Path) -> None:
    change(content, "approvers: 2", "approvers: two")

    with pytest.raises(CourseFaultsError) as caught:
        Schemes([content])

    assert "schemes/capitals.yaml:12: approvers must be a whole number" in str(caught.value)


def test_two_folders_must_not_hold_the_same_card_or_scheme(content: Path) -> None:
    with pytest.raises(CourseFaultsError) as caught:
        Schemes([content, CONTENT_OF_TESTS])

    assert "skill card 'capitals' is there twice" in str(caught.value)
    assert "scheme 'capitals-exam' is there twice" in str(caught.value)


def test_authors_are_told_of_schemes_too(content: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(content)]) == 0
    good = capsys.readouterr().out
    change(content, "routes: [course, entry]", "routes: [curse]")
    assert main(["check", str(content)]) == 1

    assert "skill cards: 1, schemes: 6, no fault" in good
    assert "route 'curse' is not known" in capsys.readouterr().out


def test_a_folder_without_schemes_has_none(tmp_path: Path) -> None:
    assert Schemes([tmp_path]).all() == ()


def test_every_mandatory_element_of_a_micro_credential_is_asked_for(delivered: Schemes) -> None:
    whole = delivered.get("alifeca-credential")
    assert whole is not None

    assert missing_recognition(whole) == ()
    for missing, changed in {
        "outcomes": {"outcomes": ()},
        "title": {"title": ""},
        "workload_hours": {"recognition": told_without(whole, "workload_hours")},
        "level": {"recognition": told_without(whole, "level")},
        "assessment": {"recognition": told_without(whole, "assessment")},
        "participation": {"recognition": told_without(whole, "participation")},
        "quality": {"recognition": told_without(whole, "quality")},
    }.items():
        assert missing_recognition(replace_any(whole, changed)) == (missing,)


# What is delivered


def test_what_is_delivered_holds_against_the_courses() -> None:
    cards, schemes, faults = check_schemes(CONTENT, Catalogue([CONTENT]).all())

    assert faults == []
    assert (cards, schemes) == (14, 33)


def test_each_course_leads_to_attendance_and_to_one_certificate_by_its_exam(
    delivered: Schemes,
) -> None:
    for course in Catalogue([CONTENT]).all():
        kinds = sorted(each.kind for each in delivered.for_course(course.id))
        assert kinds in (["attendance", "exam"], ["attendance", "micro-credential"])


def test_nobody_approves_attendance_only_and_two_officers_the_job_roles(
    delivered: Schemes,
) -> None:
    assert {each.kind for each in delivered.all() if each.approvers == 0} == {SchemeKind.ATTENDANCE}
    assert {each.id for each in delivered.all() if each.approvers == 2} == {
        "cybereng-manager-exam",
        "cybereng-engineer-exam",
    }
    assert {each.assessors for each in delivered.all() if each.kind is SchemeKind.EVIDENCE} == {2}


def test_every_exam_asks_two_thirds_of_each_element(delivered: Schemes) -> None:
    assert {each.pass_share for each in delivered.all()} == {Fraction(2, 3)}


def test_no_end_is_invented_and_trainers_hold_for_a_year(delivered: Schemes) -> None:
    ends = {each.kind: each.validity_months for each in delivered.all()}

    assert ends[SchemeKind.EXAM] is ends[SchemeKind.MICRO_CREDENTIAL] is None
    assert ends[SchemeKind.ATTENDANCE] is ends[SchemeKind.EVIDENCE] is None
    assert ends[SchemeKind.TRAINER] == ends[SchemeKind.TRAINING_BODY] == 12


def test_a_battery_course_authorises_nobody_to_work_on_high_voltage(delivered: Schemes) -> None:
    of_batteries = [each for each in delivered.all() if each.id.startswith("battery-")]

    assert len(of_batteries) == 10
    for scheme in of_batteries:
        assert any("does not authorise" in notice for notice in scheme.notices)


def test_no_level_is_claimed_and_supervision_is_told_as_it_is(delivered: Schemes) -> None:
    for scheme in delivered.all():
        assert scheme.recognition.level in {"", "not applicable"}
        assert scheme.recognition.ects is None
        if Route.EXAM in scheme.routes:
            assert scheme.recognition.supervision.startswith("Unsupervised online")


def test_titles_name_no_body_and_promise_nothing(delivered: Schemes) -> None:
    for scheme in delivered.all():
        lowered = scheme.title.lower()
        for word in ("eurospi", "asa", "ecqa", "certified", "licen", "authoris", "qualified"):
            assert word not in lowered


def replace_any(scheme: CertificateScheme, changed: dict[str, object]) -> CertificateScheme:
    """Give the scheme with other values."""
    values = {name: getattr(scheme, name) for name in CertificateScheme.__slots__}
    return CertificateScheme(**{**values, **changed})


def told_without(scheme: CertificateScheme, name: str) -> Recognition:
    """Give what a scheme declares, without one element."""
    values = {each: getattr(scheme.recognition, each) for each in Recognition.__slots__}
    return Recognition(**{**values, name: None if name == "workload_hours" else ""})
