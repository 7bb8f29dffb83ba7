"""The register: numbers without a gap, whoever numbers at the same time; codes and indices."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import func, select, text

from lti_tool import audit
from lti_tool.certification import codes, register
from lti_tool.certification.facts import Facts, Issuer, digest_of
from lti_tool.certification.freezing import decimal, last_day
from lti_tool.certification.histories import history, in_words
from lti_tool.certification.issuers import Issuers, NoIssuerError
from lti_tool.certification.models import Case, CaseState
from lti_tool.certification.numbering import number_due
from lti_tool.certification.register import CannotNumberError, number_case
from lti_tool.certification.register_models import Certificate, StatusIndex, StatusList
from lti_tool.db import Database
from tests.cast import NOON
from tests.lti_tool.certification.office import (
    ATTENDANCE,
    ONE,
    TWO,
    acts_of,
    approved,
    candidate,
    open_office,
    registrar,
)

EIGHT = 8


def test_a_number_freezes_all_that_is_printed(database: Database) -> None:
    with database.begin() as session:
        case = approved(
            session, ATTENDANCE, name="Žofie Šťastná", route="entry",
            particulars={"training_body": "School of Brno", "trainer": "T. Rainer"},
        )  # fmt: skip
        made = number_case(session, case, registrar(), now=NOON)

    with database.read() as session:
        kept = session.get_one(Certificate, made.id)
        lines = session.scalars(select(audit.AuditLine)).all()
    facts = Facts.from_json(kept.facts)
    assert kept.number == facts.number == "ASA-AT-2026-000001"
    assert codes.is_code(kept.code)
    assert facts.verify_url == f"https://tool.example.org/verify/{kept.code}"
    assert (facts.holder_name, facts.training_body) == ("Žofie Šťastná", "School of Brno")
    assert (facts.trainer, facts.exam_body) == ("T. Rainer", "")
    assert (facts.issuer.name, facts.issuer.signers) == ("Demonstration body", ())
    assert (facts.title, facts.workload_hours) == ("Automotive Life Cycle Assessment", "24")
    assert facts.issued_on == facts.valid_from == date(2026, 11, 2)
    assert (facts.pass_share, facts.is_test) == ("", True)
    assert kept.facts_hash == digest_of(kept.facts)
    assert facts.to_json() == kept.facts
    assert (kept.status_list, kept.status_index) == (facts.status_list, facts.status_index)
    assert kept.due_at == NOON
    assert [(line.act, line.about) for line in lines] == [("certificate.numbered", str(kept.id))]
    assert "ofie" not in str(lines[0].detail)


def test_the_share_to_be_reached_is_printed_where_elements_are_passed(database: Database) -> None:
    with database.begin() as session:
        case = approved(session, ONE)
        made = number_case(session, case, registrar(is_test=False), now=NOON)

    facts = Facts.from_json(made.facts)
    assert (facts.pass_share, facts.is_test) == ("2/3", False)
    assert facts.units[0].elements[0].percent == 83
    assert made.number == "ASA-MC-2026-000001"


def test_the_day_of_issue_is_told_where_the_register_stands(database: Database) -> None:
    late = datetime(2026, 12, 31, 23, 30, tzinfo=UTC)

    with database.begin() as session:
        case = approved(session, ONE)
        made = number_case(session, case, registrar(), now=late)

    assert made.issued_on == date(2027, 1, 1)
    assert made.number == "ASA-MC-2027-000001"


def test_each_series_and_year_counts_by_itself(database: Database) -> None:
    later = NOON.replace(year=2027)
    told = [(ONE, NOON), (ATTENDANCE, NOON), (ONE, NOON), (ONE, later), (ATTENDANCE, NOON)]

    with database.begin() as session:
        made = [
            number_case(session, approved(session, scheme), registrar(), now=now)
            for scheme, now in told
        ]

    assert [each.number for each in made] == [
        "ASA-MC-2026-000001", "ASA-AT-2026-000001", "ASA-MC-2026-000002", "ASA-MC-2027-000001",
        "ASA-AT-2026-000002",
    ]  # fmt: skip


def test_a_number_that_was_rolled_back_is_given_again(database: Database) -> None:
    with database.begin() as session:
        number_case(session, approved(session, ONE), registrar(), now=NOON)
        session.rollback()

    with database.begin() as session:
        made = number_case(session, approved(session, ONE), registrar(), now=NOON)

    assert made.serial == 1


def test_several_workers_at_once_leave_no_gap_and_give_no_number_twice(database: Database) -> None:
    with database.begin() as session:
        for _ in range(60):
            approved(session, ATTENDANCE, route="course")
    by = registrar()
    done: list[int] = []

    def work() -> None:
        while count := number_due(database.begin, by, now=NOON, limit=5):
            done.append(count)

    threads = [threading.Thread(target=work) for _ in range(EIGHT)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()

    with database.read() as session:
        rows = session.execute(select(Certificate.serial, Certificate.status_index)).all()
        states = session.scalars(select(Case.state)).all()
        broken = audit.find_break(session)
        lines = session.scalar(select(func.count()).select_from(audit.AuditLine))
    assert sorted(row.serial for row in rows) == list(range(1, 61))
    assert len({row.status_index for row in rows}) == 60
    assert set(states) == {CaseState.NUMBERED}
    assert (broken, lines, sum(done)) == (None, 60, 60)


def test_status_indices_are_drawn_at_random_and_never_twice(database: Database) -> None:
    with database.begin() as session:
        drawn = [register.draw_status_index(session, now=NOON) for _ in range(200)]

    places = [position for _number, position in drawn]
    assert {number for number, _position in drawn} == {1}
    assert len(set(places)) == 200
    assert places != sorted(places)
    assert max(places) > register.PLACES // 2 > min(places)
    with database.read() as session:
        lists = session.execute(select(StatusList.number, StatusList.purpose)).all()
    assert {tuple(each) for each in lists} == {(1, "revocation"), (1, "suspension")}


def test_a_list_that_is_half_full_is_left_for_the_next_one(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(register, "PLACES", 8)

    with database.begin() as session:
        drawn = [register.draw_status_index(session, now=NOON) for _ in range(40)]

    with database.read() as session:
        query = select(StatusIndex.status_list, func.count()).group_by(StatusIndex.status_list)
        counts = dict(session.execute(query).all())
    assert len(set(drawn)) == 40
    assert len(counts) > 4
    assert all(4 <= counts[number] <= 8 for number in range(1, max(counts)))


def test_the_database_itself_refuses_a_number_given_twice(database: Database) -> None:
    with database.begin() as session:
        first = number_case(session, approved(session, ONE), registrar(), now=NOON)
        session.execute(text("UPDATE register_serial SET newest = 0"))

    with pytest.raises(Exception, match=r"(?i)unique"), database.begin() as session:
        number_case(session, approved(session, ONE), registrar(), now=NOON)

    with database.read() as session:
        assert session.scalars(select(Certificate.number)).all() == [first.number]


def test_a_case_whose_scheme_changed_goes_back_to_the_officers(database: Database) -> None:
    office = open_office(database)
    with database.begin() as session:
        case_id = candidate(session, TWO).id
    office.approves([case_id], "Olga", "Oskar")
    with database.begin() as session:
        session.get_one(Case, case_id).scheme_fingerprint = "0" * 64

    done = number_due(database.begin, registrar(), now=NOON)

    with database.read() as session:
        case = session.get_one(Case, case_id)
        acts = acts_of(session)
        assert session.scalar(select(func.count()).select_from(Certificate)) == 0
    assert done == 1
    assert (case.state, case.approved_human, case.seconded_at) == (CaseState.CHECKED, None, None)
    assert case.look_due_at == NOON
    assert acts[-1] == "case.put-back"
    with database.read() as session:
        *_rest, told = history(session, [str(case_id)])
    assert told.words == (
        "Given back to the officers, with no approval. The scheme changed after the decision."
    )


def test_a_scheme_that_is_gone_cannot_be_numbered(database: Database) -> None:
    with database.begin() as session:
        case = approved(session, ONE)
        case.scheme_id = "gone"
        with pytest.raises(CannotNumberError):
            number_case(session, case, registrar(), now=NOON)


def test_nothing_is_numbered_while_nobody_issues(database: Database) -> None:
    by = registrar(issuers=Issuers({}, None))

    with database.begin() as session, pytest.raises(NoIssuerError) as caught:
        number_case(session, approved(session, ONE), by, now=NOON)

    assert "LTI_TOOL_ISSUERS_FILE" in (caught.value.words or "")


def test_a_scheme_that_nobody_issues_goes_back_and_holds_up_no_other(database: Database) -> None:
    office = open_office(database)
    with database.begin() as session:
        unissued, issued = candidate(session, TWO).id, candidate(session, ONE).id
    office.approves([unissued], "Olga", "Oskar")
    office.approves([issued], "Olga", now=NOON + timedelta(minutes=1))
    by = registrar(issuers=Issuers({ONE: Issuer("School", "CZ")}, None))

    number_due(database.begin, by, now=NOON)

    with database.read() as session:
        states = [session.get_one(Case, each).state for each in (unissued, issued)]
        line = session.scalars(
            select(audit.AuditLine).where(audit.AuditLine.act == "case.put-back")
        ).one()
        [told] = in_words(session, [line])
    assert states == [CaseState.CHECKED, CaseState.NUMBERED]
    assert line.detail == {"reason": "no-issuer"}
    assert told.words.endswith("Nobody issues certificates of this scheme.")


def test_what_the_rules_approve_waits_until_somebody_issues_it(database: Database) -> None:
    with database.begin() as session:
        case_id = approved(session, ATTENDANCE).id
    nobody, somebody = registrar(issuers=Issuers({}, None)), registrar()

    number_due(database.begin, nobody, now=NOON)
    with database.read() as session:
        waiting = session.get_one(Case, case_id)
        acts = acts_of(session)
    early = number_due(database.begin, somebody, now=NOON)
    number_due(database.begin, somebody, now=NOON + timedelta(minutes=1))

    assert (waiting.state, waiting.number_due_at) == (
        CaseState.APPROVED, NOON + timedelta(minutes=1),
    )  # fmt: skip
    assert "Nobody issues" in waiting.fault
    assert (acts, early) == ([], 0)
    with database.read() as session:
        done = session.get_one(Case, case_id)
    assert (done.state, done.fault, done.number_due_at) == (CaseState.NUMBERED, "", None)


def test_a_case_that_fails_in_an_unforeseen_way_holds_up_no_other(database: Database) -> None:
    with database.begin() as session:
        bad = approved(session, ONE, decision={"outcome": "granted", "units": [{"odd": 1}]})
        good = approved(session, ONE)
        good.approved_at = NOON + timedelta(seconds=1)
        ids = bad.id, good.id

    done = number_due(database.begin, registrar(), now=NOON)
    at_once = number_due(database.begin, registrar(), now=NOON)
    later = number_due(database.begin, registrar(), now=NOON + timedelta(minutes=1))

    with database.read() as session:
        first, second = (session.get_one(Case, each) for each in ids)
        serials = session.scalars(select(Certificate.serial)).all()
    assert (done, at_once, later) == (2, 0, 1)
    assert (first.state, second.state) == (CaseState.APPROVED, CaseState.NUMBERED)
    assert first.fault.startswith("KeyError")
    assert first.number_due_at == NOON + timedelta(minutes=2)
    assert serials == [1]


@pytest.mark.parametrize(
    ("begins", "months", "last"),
    [
        (date(2026, 11, 25), 36, date(2029, 11, 24)),
        (date(2026, 1, 1), 12, date(2026, 12, 31)),
        (date(2026, 8, 31), 6, date(2027, 2, 28)),
        (date(2027, 8, 30), 6, date(2028, 2, 29)),
        (date(2028, 2, 29), 12, date(2029, 2, 28)),
        (date(2026, 3, 1), 12, date(2027, 2, 28)),
        (date(2026, 12, 1), 1, date(2026, 12, 31)),
        (date(2026, 12, 1), None, None),
    ],
)
def test_the_last_day_is_the_one_before_the_same_day(
    begins: date, months: int | None, last: date | None
) -> None:
    assert last_day(begins, months) == last


def test_numbers_are_written_as_they_are_printed() -> None:
    scheme = registrar().schemes.get(ONE)
    assert scheme is not None
    hours = scheme.recognition.workload_hours
    assert hours is not None

    assert (decimal(hours), decimal(hours / 16), decimal(hours / 9)) == ("24", "1.5", "2.67")
    assert (decimal(None), decimal(hours * 10)) == ("", "240")
    assert replace(scheme, validity_months=None).validity_months is None


def test_a_certificate_says_with_what_its_card_aligns(database: Database) -> None:
    with database.begin() as session:
        made = number_case(session, approved(session, TWO), registrar(), now=NOON)

    esco = Facts.from_json(made.facts).esco
    assert all(address.startswith("http://data.europa.eu/esco/") for _title, address in esco)
    assert esco
