"""Evidence: what counts of all that one human did, from real exams on both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import NAMESPACE_OID, UUID, uuid4, uuid5
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select, update

from courses.schemes import CertificateScheme, Route
from lti_tool.certification.deciding import holder_for
from lti_tool.certification.evidence import circle, gather
from lti_tool.certification.models import Assessment, Case, CaseState, Holder, HolderPerson
from lti_tool.certification.proofs import Evidence
from lti_tool.certification.register_models import CertificateState
from lti_tool.certification.rules import Outcome, decide
from lti_tool.db import Database
from lti_tool.lti.models import Context
from lti_tool.player import appeals, withdrawing
from lti_tool.player.acting import Act
from lti_tool.player.models import AttemptQuestion, Enrolment
from lti_tool.player.regrading import QuestionAt
from tests.cast import NOON, set_stage
from tests.lti_tool.certification.learning import CATALOGUE, SCHEMES, School
from tests.lti_tool.certification.shelves import shelve, shelve_case, shelve_holder
from tests.lti_tool.player.conftest import NAMES

ACT = Act("command line", None, "For a test.")


@pytest.fixture
def school(database: Database) -> School:
    """Give a stage with the course of capitals."""
    return School(set_stage(database))


def scheme(name: str) -> CertificateScheme:
    """Give a scheme of the tests."""
    found = SCHEMES.get(f"capitals-{name}")
    assert found is not None
    return found


def holder(school: School, name: str = "Alice") -> UUID:
    """Give the holder behind one of the cast."""
    with school.stage.database.begin() as session:
        return holder_for(session, school.stage.people[name], now=NOON)


def seen(school: School, holder_id: UUID, name: str = "exam", **more: Any) -> Evidence:
    """Gather what there is."""
    with school.stage.database.read() as session:
        return gather(session, holder_id, scheme(name), CATALOGUE, **more)


def points(evidence: Evidence) -> list[list[tuple[str, bool]]]:
    """Give for each sitting which elements reach two thirds."""
    share = scheme("exam").pass_share
    return [[(e.code, e.reaches(share)) for e in each.elements] for each in evidence.sittings]


def test_a_finished_exam_is_seen_with_the_cards_codes_and_its_receipt(school: School) -> None:
    attempt_id = school.sits(passes=("m1",))

    evidence = seen(school, holder(school))

    (sitting,) = evidence.sittings
    assert points(evidence) == [[("M1", True), ("M2", False)]]
    assert (sitting.id, sitting.course_id, sitting.number) == (str(attempt_id), "capitals", 1)
    assert sitting.on == NOON.date()
    assert len(sitting.receipt_hash) == 64
    assert evidence.done == ()


def test_a_voided_attempt_never_counts(school: School) -> None:
    attempt_id = school.sits()
    with school.stage.database.begin() as session:
        appeals.void(
            session,
            attempt_id,
            context_id=school.stage.context_id,
            act=ACT,
            catalogue=CATALOGUE,
            names=NAMES,
            now=NOON,
        )

    assert seen(school, holder(school)).is_empty


def test_a_withdrawn_question_never_counts(school: School) -> None:
    attempt_id = school.sits(passes=("m1",))
    whole = seen(school, holder(school))
    with school.stage.database.read() as session:
        asked = session.scalars(
            select(AttemptQuestion).where(
                AttemptQuestion.attempt_id == attempt_id, AttemptQuestion.element_id == "m2"
            )
        ).all()

    for question in asked:
        where = QuestionAt("capitals", "exam", question.question_id, None)
        tools = withdrawing.Regrading(school.stage.database.begin, CATALOGUE, NAMES)
        withdrawing.withdraw(tools, where, ACT, now=NOON)

    emptied = seen(school, holder(school))
    assert whole.sittings[0].elements[1].asked > 0
    assert (emptied.sittings[0].elements[1].points, emptied.sittings[0].elements[1].asked) == (
        0,
        0,
    )
    assert decide(scheme("exam"), emptied, NOON.date()).outcome is Outcome.REFERRED


def test_an_exam_that_still_goes_on_does_not_count(school: School) -> None:
    school.arrives()

    assert seen(school, holder(school)).is_empty


def test_what_was_done_in_another_context_counts_too(school: School) -> None:
    school.sits(passes=("m1",))
    other = uuid4()
    with school.stage.database.begin() as session:
        session.add(
            Context(id=other, deployment_id=school.stage.deployment_id, context_key="another")
        )
        session.flush()
        session.execute(update(Enrolment).values(context_id=other))
    school.learners.clear()
    school.sits(passes=("m2",), now=NOON + timedelta(hours=1))

    evidence = seen(school, holder(school))

    assert sorted(points(evidence)) == [
        [("M1", False), ("M2", True)],
        [("M1", True), ("M2", False)],
    ]
    assert decide(scheme("exam"), evidence, NOON.date()).is_granted


def test_persons_linked_to_one_holder_count_together(school: School) -> None:
    school.sits("Alice", passes=("m1",))
    school.sits("Bob", passes=("m2",))
    alice = holder(school)
    alone = seen(school, alice)
    with school.stage.database.begin() as session:
        session.add(
            HolderPerson(
                person_id=school.stage.people["Bob"],
                holder_id=alice,
                linked_by="officer",
                linked_at=NOON,
            )
        )

    together = seen(school, alice)

    assert len(alone.sittings) == 1
    assert decide(scheme("exam"), together, NOON.date()).is_granted


def test_merged_holders_count_together_whichever_is_asked_for(school: School) -> None:
    school.sits("Alice", passes=("m1",))
    school.sits("Bob", passes=("m2",))
    alice, bob = holder(school), holder(school, "Bob")
    with school.stage.database.begin() as session:
        session.execute(update(Holder).where(Holder.id == bob).values(merged_into_id=alice))

    by_alice, by_bob = seen(school, alice), seen(school, bob)

    assert by_alice == by_bob
    assert by_alice.holder_id == alice
    assert len(by_alice.sittings) == 2
    with school.stage.database.read() as session:
        assert set(circle(session, bob)) == {alice, bob}


def test_others_never_count(school: School) -> None:
    school.sits("Bob")

    assert seen(school, holder(school, "Alice")).is_empty


def test_a_course_done_as_a_whole_is_seen_with_its_modules(school: School) -> None:
    school.reads_all()
    before = seen(school, holder(school), "attendance")
    school.sits()

    evidence = seen(school, holder(school), "attendance")

    assert before.is_empty
    assert [(each.course_id, each.on) for each in evidence.done] == [("capitals", NOON.date())]
    assert evidence.done[0].modules == ("Capitals of Europe", "Capitals of the world")
    assert evidence.sittings == ()


def test_days_are_told_in_the_registers_time_zone(school: School) -> None:
    late = datetime(2026, 11, 2, 23, 30, tzinfo=NOON.tzinfo)
    school.sits(now=late)

    there = seen(school, holder(school), zone=ZoneInfo("Europe/Brussels"))

    assert there.sittings[0].on == date(2026, 11, 3)
    assert seen(school, holder(school)).sittings[0].on == date(2026, 11, 2)


def on_paper(
    school: School, holder_id: UUID, *elements: str, by: str = "olga", day: str = "2026-11-03"
) -> UUID:
    """Have an officer enter a paper exam in which these elements were passed."""
    with school.stage.database.begin() as session:
        case = shelve_case(
            session,
            holder_id,
            route="entry",
            state=CaseState.COLLECTING,
            approvers=1,
            entered_by=by,
            entered_human=uuid5(NAMESPACE_OID, by),
            particulars={
                "day": day,
                "results": {each: {"points": "5/2", "asked": 3} for each in elements},
            },
        )
        return case.id


def test_a_paper_exam_entered_by_an_officer_counts_beside_those_in_the_tool(
    school: School,
) -> None:
    school.sits(passes=("m1",))
    alice = holder(school)
    case_id = on_paper(school, alice, "M2")

    evidence = seen(school, alice, case_id=case_id)

    assert points(evidence)[1] == [("M2", True)]
    assert evidence.sittings[1].id == f"entry:{case_id}"
    assert evidence.entry is not None
    assert decide(scheme("exam"), evidence, NOON.date()).is_granted


def test_what_an_officer_entered_proves_nothing_in_a_case_that_they_may_approve(
    school: School,
) -> None:
    school.sits(passes=())
    alice = holder(school)
    with school.stage.database.begin() as session:
        own = shelve_case(session, alice, state=CaseState.COLLECTING).id
    on_paper(school, alice, "M1", "M2")

    in_the_tools_case, in_a_new_one = seen(school, alice, case_id=own), seen(school, alice)

    assert len(in_the_tools_case.sittings) == len(in_a_new_one.sittings) == 1
    assert not decide(scheme("exam"), in_the_tools_case, NOON.date()).is_granted


@pytest.mark.parametrize(
    ("state", "counts"),
    [
        (CertificateState.ISSUED, True),
        (CertificateState.SUSPENDED, False),
        (CertificateState.SUPERSEDED, False),
    ],
)
def test_what_another_officer_approved_counts_as_long_as_its_certificate_stands(
    school: School, state: CertificateState, counts: bool
) -> None:
    alice = holder(school)
    with school.stage.database.begin() as session:
        columns = {"state": state, "suspended_at": NOON}
        case_id = shelve(session, alice, columns=columns).case_id
        case = session.get_one(Case, case_id)
        case.route, case.entered_human = "entry", uuid4()
        case.particulars = {"day": "2026-11-03", "results": {"M1": {"passed": True}}}

    assert bool(seen(school, alice).sittings) is counts


def test_paper_exams_entered_by_one_officer_count_together(school: School) -> None:
    alice = holder(school)
    on_paper(school, alice, "M1")
    second = on_paper(school, alice, "M2", day="2026-11-04")
    others = on_paper(school, alice, "M2", day="2026-11-05", by="oskar")

    together = seen(school, alice, case_id=second)
    alone = seen(school, alice, case_id=others)

    assert points(together) == [[("M1", True)], [("M2", True)]]
    assert points(alone) == [[("M2", True)]]


@pytest.mark.parametrize("state", [CaseState.WITHDRAWN, CaseState.REFUSED])
def test_an_entry_that_was_taken_back_or_refused_does_not_count(
    school: School, state: CaseState
) -> None:
    alice = holder(school)
    told = {"day": "2026-11-03", "results": {"M1": {"passed": True}, "M2": {"passed": True}}}
    with school.stage.database.begin() as session:
        shelve_case(session, alice, route="entry", state=state, particulars=told)

    assert seen(school, alice).is_empty


def test_ratings_of_the_case_are_seen_and_of_no_other(school: School) -> None:
    alice = holder(school)
    with school.stage.database.begin() as session:
        cases = [
            shelve_case(session, alice, scheme_id="capitals-evidence", route="assessment").id
            for _ in range(2)
        ]
        session.add(
            Assessment(
                case_id=cases[0],
                element_code="M1",
                position=1,
                rating="met",
                assessed_by="assessor",
                assessed_human=uuid4(),
                assessed_at=NOON,
            )
        )

    first, second = (seen(school, alice, "evidence", case_id=each) for each in cases)

    assert [(each.code, each.rating) for each in first.judged] == [("M1", "met")]
    assert second.judged == ()


@pytest.mark.parametrize(
    ("state", "is_held"),
    [(CertificateState.ISSUED, True), (CertificateState.WITHDRAWN, False)],
)
def test_a_certificate_that_is_required_is_seen_while_it_stands(
    school: School, state: CertificateState, is_held: bool
) -> None:
    with school.stage.database.begin() as session:
        alice = shelve_holder(session, school.stage.people["Alice"])
        shelve(session, alice, columns={"state": state})

    evidence = seen(school, alice, "trainer")

    assert bool(evidence.held) is is_held


def test_a_renewal_is_proven_anew(school: School) -> None:
    school.sits(now=NOON - timedelta(days=60))
    alice = holder(school)
    with school.stage.database.begin() as session:
        certificate = shelve(session, alice, issued_on=date(2026, 10, 1))
        renewal = shelve_case(
            session,
            alice,
            sitting="renews:1",
            predecessor_id=certificate.id,
            route=Route.ENTRY.value,
            particulars={"day": "2026-09-30"},
        ).id

    old = seen(school, alice, case_id=renewal)
    school.learners.clear()
    school.sits(now=NOON)
    new = seen(school, alice, case_id=renewal)

    assert old.sittings == ()
    assert old.entry is not None
    assert old.entry.on is None
    assert [each.on for each in new.sittings] == [NOON.date()]


def test_evidence_is_kept_as_plain_json_without_names(school: School) -> None:
    school.sits(passes=("m1",))

    evidence = seen(school, holder(school))
    kept = evidence.to_json()

    assert kept["sittings"][0]["elements"][0]["points"] == str(
        evidence.sittings[0].elements[0].points
    )
    assert kept["holder_id"] == str(evidence.holder_id)
    assert "Alice" not in str(kept)


def test_only_what_the_scheme_asks_for_is_looked_at(school: School) -> None:
    school.reads_all()
    school.sits()
    only_entries = replace(scheme("exam"), routes=frozenset({Route.ENTRY}))

    with school.stage.database.read() as session:
        alice = session.scalars(select(HolderPerson.holder_id)).first() or holder(school)
        evidence = gather(session, alice, only_entries, CATALOGUE)

    assert evidence.is_empty
