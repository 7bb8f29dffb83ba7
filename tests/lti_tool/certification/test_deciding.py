"""Cases are opened and decided as exams and courses come out, on both databases."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from courses.scheme_reading import Schemes
from lti_tool import audit
from lti_tool.certification import deciding
from lti_tool.certification.approving import confirm_name
from lti_tool.certification.decisions import Decision, Outcome
from lti_tool.certification.humans import Hand
from lti_tool.certification.models import Case, CaseState, Holder, HolderPerson, SchemeSeen
from lti_tool.db import Database
from lti_tool.lti.models import Person
from lti_tool.player import appeals
from lti_tool.player.acting import Act
from lti_tool.player.models import Attempt, StandingChange
from tests.cast import NOON, set_stage
from tests.lti_tool.certification.learning import CATALOGUE, SCHEMES, School
from tests.lti_tool.certification.shelves import shelve_case
from tests.lti_tool.player.conftest import NAMES


@pytest.fixture
def school(database: Database) -> School:
    """Give a stage with the course of capitals."""
    return School(set_stage(database))


def cases(school: School) -> dict[str, Case]:
    """Give all cases by scheme."""
    with school.stage.database.read() as session:
        return {case.scheme_id: case for case in session.scalars(select(Case))}


def approve(session: Session) -> None:
    """Approve all cases, as an officer does."""
    session.execute(
        update(Case).values(
            state=CaseState.APPROVED,
            name_confirmed_at=NOON,
            approved_at=NOON,
            approved_human=uuid4(),
            approved_by="officer",
        )
    )


def test_a_passed_exam_becomes_a_draft_with_the_platforms_name_to_be_confirmed(
    school: School,
) -> None:
    school.sits()

    school.decides()

    case = cases(school)["capitals-exam"]
    assert case.state == CaseState.DRAFT
    assert (case.name, case.name_confirmed_at, case.route) == ("Alice", None, "exam")
    assert case.decision is not None
    assert case.decision["outcome"] == "granted"
    assert case.examined_on == NOON.date()
    assert set(cases(school)) == {"capitals-exam"}


def test_nothing_is_decided_while_an_exam_goes_on_and_the_worker_then_rests(
    school: School,
) -> None:
    school.arrives()
    school.decides()

    assert school.decides() == 0
    assert cases(school) == {}


def test_a_course_done_as_a_whole_is_approved_by_itself_once_the_name_is_confirmed(
    school: School,
) -> None:
    school.reads_all()
    school.sits()
    school.decides()
    before = cases(school)["capitals-attendance"]

    with school.stage.database.begin() as session:
        hand = Hand(str(school.stage.people["Alice"]), None)
        confirm_name(session, before.id, "ALICE", hand, schemes=SCHEMES, now=NOON)

    after = cases(school)["capitals-attendance"]
    assert (before.state, after.state) == (CaseState.DRAFT, CaseState.APPROVED)
    assert (after.name, after.approved_by, after.approved_human) == ("ALICE", "worker", None)
    assert before.decision is not None
    assert [each["title"] for each in before.decision["units"][0]["elements"]] == [
        "Capitals of Europe",
        "Capitals of the world",
    ]


def test_partial_success_is_kept_and_completed_by_a_later_exam(school: School) -> None:
    school.sits(passes=("m1",))
    school.decides()
    first = cases(school)["capitals-exam"]

    later = NOON + timedelta(hours=2)
    school.sits(passes=("m2",), now=later)
    school.decides(now=later)

    second = cases(school)["capitals-exam"]
    assert first.state == CaseState.COLLECTING
    assert first.decision is not None
    assert [each["code"] for each in first.decision["reasons"]] == [
        "element-kept",
        "element-failed",
    ]
    assert (second.id, second.state) == (first.id, CaseState.DRAFT)


def test_a_kept_element_is_looked_at_again_when_it_lapses(school: School) -> None:
    school.sits(passes=("m1",))
    school.decides()
    kept = cases(school)["capitals-exam"]

    school.decides(now=NOON + timedelta(days=366))

    lapsed = cases(school)["capitals-exam"]
    assert kept.look_due_at is not None
    assert kept.look_due_at.isoformat() == "2027-11-03T00:00:00+00:00"
    assert lapsed.look_due_at is None
    assert lapsed.decision is not None
    assert lapsed.decision["reasons"][0]["code"] == "element-lapsed"


def test_an_attempt_that_is_voided_takes_the_case_back_even_when_it_was_approved(
    school: School,
) -> None:
    attempt_id = school.sits()
    school.decides()
    with school.stage.database.begin() as session:
        approve(session)

    with school.stage.database.begin() as session:
        appeals.void(
            session,
            attempt_id,
            context_id=school.stage.context_id,
            act=Act("command line", None, "Somebody else sat it."),
            catalogue=CATALOGUE,
            names=NAMES,
            now=NOON,
        )
    school.decides()

    case = cases(school)["capitals-exam"]
    assert (case.state, case.approved_at, case.approved_human) == (
        CaseState.COLLECTING,
        None,
        None,
    )
    with school.stage.database.read() as session:
        acts = session.scalars(
            select(audit.AuditLine.act)
            .where(audit.AuditLine.about == str(case.id))
            .order_by(audit.AuditLine.number)
        ).all()
    assert acts == ["case.opened", "case.unmet"]


def test_an_approval_stands_when_nothing_changed(school: School) -> None:
    school.sits()
    school.decides()
    with school.stage.database.begin() as session:
        approve(session)
        deciding.look_again(session, session.scalars(select(Holder.id)).one(), now=NOON)

    school.decides()

    case = cases(school)["capitals-exam"]
    assert (case.state, case.approved_at) == (CaseState.APPROVED, NOON)


def test_a_first_approval_stands_when_a_later_exam_changes_nothing_that_was_decided(
    school: School,
) -> None:
    school.sits()
    school.decides()
    with school.stage.database.begin() as session:
        session.execute(
            update(Case).values(state=CaseState.CHECKED, approved_human=uuid4(), approved_by="one")
        )
    before = cases(school)["capitals-exam"]

    later = NOON + timedelta(hours=2)
    school.sits(passes=("m1",), now=later)
    school.decides(now=later)

    after = cases(school)["capitals-exam"]
    assert after.approved_human == before.approved_human is not None
    assert before.evidence is not None
    assert after.evidence is not None
    assert (len(before.evidence["sittings"]), len(after.evidence["sittings"])) == (1, 2)
    assert after.decision == before.decision


def test_a_numbered_case_stays_whatever_comes_after(school: School) -> None:
    school.sits()
    school.decides()
    with school.stage.database.begin() as session:
        session.execute(update(Case).values(state=CaseState.NUMBERED, approved_human=uuid4()))
        session.execute(update(Attempt).values(voided_at=NOON))
        deciding.look_again(session, session.scalars(select(Holder.id)).one(), now=NOON)

    school.decides()

    case = cases(school)["capitals-exam"]
    assert case.state == CaseState.NUMBERED
    assert case.decision is not None
    assert case.decision["outcome"] == "granted"


def test_persons_who_are_one_human_have_one_case(school: School) -> None:
    school.sits("Alice", passes=("m1",))
    school.decides()
    school.sits("Bob", passes=("m2",))
    with school.stage.database.begin() as session:
        alice = deciding.holder_for(session, school.stage.people["Alice"], now=NOON)
        session.add(
            HolderPerson(
                person_id=school.stage.people["Bob"],
                holder_id=alice,
                linked_by="officer",
                linked_at=NOON,
            )
        )

    school.decides()

    with school.stage.database.read() as session:
        found = session.scalars(select(Case)).all()
    assert [(case.holder_id, case.state) for case in found] == [(alice, CaseState.DRAFT)]


def test_attendance_that_an_officer_entered_waits_for_another_officer(school: School) -> None:
    with school.stage.database.begin() as session:
        bob = deciding.holder_for(session, school.stage.people["Bob"], now=NOON)
        shelve_case(
            session,
            bob,
            scheme_id="capitals-attendance",
            route="entry",
            state=CaseState.COLLECTING,
            approvers=1,
            name="Bob",
            name_confirmed_at=NOON,
            entered_human=uuid4(),
            particulars={"day": "2026-11-01"},
            look_due_at=NOON,
        )

    school.decides()

    case = cases(school)["capitals-attendance"]
    assert (case.state, case.approvers, case.look_due_at) == (CaseState.CHECKED, 1, None)
    assert case.examined_on is not None
    assert case.examined_on.isoformat() == "2026-11-01"


def test_a_scheme_that_is_new_or_changed_is_held_against_what_was_done_before(
    school: School,
) -> None:
    school.sits()
    school.decides()
    old = cases(school)["capitals-exam"]
    with school.stage.database.begin() as session:
        session.execute(
            update(SchemeSeen)
            .where(SchemeSeen.scheme_id == "capitals-exam")
            .values(fingerprint="0" * 64)
        )
        session.execute(update(Case).values(scheme_fingerprint="0" * 64))
        approve(session)

    school.decides()

    new = cases(school)["capitals-exam"]
    assert new.scheme_fingerprint == old.scheme_fingerprint
    assert (new.state, new.approved_human) == (CaseState.CHECKED, None)
    assert school.decides() == 0


def test_exams_taken_before_there_was_a_scheme_are_found(school: School) -> None:
    school.sits()
    with school.stage.database.begin() as session:
        session.query(StandingChange).delete()

    school.decides()

    assert cases(school)["capitals-exam"].state == CaseState.DRAFT


def test_what_fails_once_is_not_lost_and_stands_in_nobodys_way(
    school: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    school.sits("Alice")
    school.sits("Bob", now=NOON + timedelta(seconds=1))
    later = NOON + timedelta(seconds=2)
    with monkeypatch.context() as broken:
        broken.setattr(deciding, "gather", None)
        for _ in range(2):
            with pytest.raises(TypeError):
                school.decides(now=later)
    nothing = cases(school)

    school.decides(now=later)
    school.decides(now=later + timedelta(minutes=3))

    assert nothing == {}
    with school.stage.database.read() as session:
        assert session.scalar(select(func.count()).select_from(Case)) == 2
        assert session.scalar(select(func.count()).select_from(StandingChange)) == 0


def test_several_workers_at_once_open_one_case_for_each_candidate(school: School) -> None:
    for name in ("Alice", "Bob"):
        school.sits(name)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _each: school.decides(), range(4)))

    with school.stage.database.read() as session:
        found = session.scalars(select(Case.scheme_id)).all()
        assert session.scalar(select(func.count()).select_from(Holder)) == 2
        assert audit.find_break(session) is None
    assert found == ["capitals-exam", "capitals-exam"]


def test_a_person_gets_one_holder_however_many_ask_at_once(school: School) -> None:
    def ask(_each: int) -> UUID:
        with school.stage.database.begin() as session:
            return deciding.holder_for(session, school.stage.people["Alice"], now=NOON)

    with ThreadPoolExecutor(4) as pool:
        found = set(pool.map(ask, range(8)))

    assert len(found) == 1
    with school.stage.database.read() as session:
        assert [each.name for each in session.scalars(select(Holder))] == ["Alice"]


def test_a_decision_is_read_as_it_was_written(school: School) -> None:
    school.sits(passes=("m1",))
    school.decides()

    case = cases(school)["capitals-exam"]

    assert case.decision is not None
    decision = Decision.from_json(case.decision)
    assert decision.to_json() == case.decision
    assert decision.outcome is Outcome.REFUSED
    asked = decision.units[0].elements[1].asked
    assert asked is not None
    needed = f"{asked * 2 / 3:.2f}".rstrip("0").rstrip(".")
    assert [each.words() for each in decision.reasons] == [
        "M1 Europe is kept: passed on 2 November 2026, it counts towards exams until "
        "2 November 2027.",
        f"M2 The world: not passed, 0 of {asked} points; needed are {needed}.",
    ]


def test_the_language_is_the_holders_where_the_scheme_has_it(school: School) -> None:
    with school.stage.database.begin() as session:
        session.execute(update(Person).values(locale="de-AT"))
    school.sits()
    german = Schemes.__new__(Schemes)
    german.__dict__.update(SCHEMES.__dict__)
    german.__dict__["_schemes"] = {
        each.id: replace(each, languages=("en", "de")) for each in SCHEMES.all()
    }

    deciding.decide_due(school.stage.database.begin, german, CATALOGUE, now=NOON)

    assert cases(school)["capitals-exam"].language == "de"
