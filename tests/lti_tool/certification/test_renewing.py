"""What an officer entered is renewed by what was proven since: from the desk to the certificate."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from courses.catalogue import Catalogue
from courses.schemes import Route, SchemeKind
from lti_tool.certification import approving, entering
from lti_tool.certification.deciding import decide_case, decide_due
from lti_tool.certification.entering import Entry
from lti_tool.certification.models import Case, CaseState
from lti_tool.certification.register_models import Certificate
from lti_tool.certification.sights import sight_of
from lti_tool.db import Database, utcnow
from lti_tool.visit import Role
from tests.conftest import CAPITALS
from tests.lti_tool.certification.deskside import DESK, SCHEMES, Window, is_also, window, words
from tests.lti_tool.certification.office import (
    Office,
    acts_of,
    open_office,
    trial_settings,
    workshop,
)
from tests.lti_tool.certification.shelves import shelve, shelve_holder

PAST = datetime(2026, 3, 2, 12, tzinfo=UTC)
"""When the certificates were entered, approved and issued that are renewed."""
BEFORE, SINCE = "2026-02-01", "2026-09-01"
MISSING = "Enter what was proven this time"
BODY, EXAM, TRAINER, ATTENDANCE = (
    f"capitals-{each}" for each in ("body", "exam", "trainer", "attendance")
)
LIST = {"capitals-body": ("Material covers all elements",),
        "capitals-trainer": ("Train-the-Trainers course passed", "Co-trained once")}  # fmt: skip
RESULTS = {"M1": {"points": "2", "asked": 3}, "M2": {"passed": True}}
EARLIER = {"earlier_register": "ECQA", "earlier_number": "CP-77"}

Enters = Callable[..., Window]


@pytest.fixture
def office(database: Database) -> Office:
    """Give an office with Olga, Oskar and Otto."""
    made = open_office(database)
    made.hire("Otto")
    return made


@pytest.fixture
def enters(app: Flask, office: Office) -> Enters:
    """Give somebody's window at the desk."""
    return lambda name, *roles: window(app, office, name, *roles)


def issued(office: Office, folder: Path, scheme_id: str = BODY, **entered: Any) -> Certificate:
    """Give a certificate that rests on what Olga entered, and Oskar approved."""
    scheme = SCHEMES.get(scheme_id)
    assert scheme is not None
    entry = Entry(
        scheme_id=scheme_id,
        **{
            "route": Route.ENTRY,
            "name": "Zoë Former",
            "day": date.fromisoformat(BEFORE),
            "is_organisation": scheme.kind is SchemeKind.TRAINING_BODY,
            "name_seen": True,
            "results": RESULTS if scheme.card and scheme.kind is SchemeKind.EXAM else {},
            "checklist": LIST.get(scheme_id, ()),
            "told": {"training_body": "School of Lyon"},
            **entered,
        },
    )
    olga, oskar = office.hand("Olga"), office.hand("Oskar")
    with office.database.begin() as session:
        case = entering.enter(session, entry, olga, schemes=SCHEMES, now=PAST)
        decide_case(session, case, SCHEMES, Catalogue((CAPITALS,)), now=PAST)
        done = approving.approve(
            session, [case.id], oskar, schemes=SCHEMES, accept_warnings=True, now=PAST
        )
    assert not done.left
    issues(office, folder, now=PAST)
    return newest(office, scheme_id)


def issues(office: Office, folder: Path, *, now: datetime) -> None:
    settings = trial_settings(office.database, folder, content_dirs=(CAPITALS,))
    made = workshop(settings, office.database)
    while made.number(now) + made.issue(now):
        pass


def newest(office: Office, scheme_id: str = "") -> Certificate:
    query = select(Certificate).order_by(Certificate.numbered_at.desc(), Certificate.serial.desc())
    query = query.where(Certificate.scheme_id == scheme_id) if scheme_id else query
    with office.database.read() as session:
        return session.scalars(query.limit(1)).one()


def renewal_of(office: Office, before: Certificate) -> Case:
    with office.database.read() as session:
        return session.scalars(select(Case).where(Case.predecessor_id == before.id)).one()


def begins(at: Window, before: Certificate) -> str:
    """Begin a renewal on the certificate's page, and give the page to which that leads."""
    at.reads(f"{DESK}/register/{before.id}")
    return words(at.does(f"{DESK}/register/{before.id}/renew").text)


def proves(at: Window, case: Case, **form: str | list[str]) -> str:
    """Enter what was proven this time, on the page of the case."""
    at.reads(f"{DESK}/cases/{case.id}")
    return words(at.does(f"{DESK}/cases/{case.id}/proof", **{"way": "entry", **form}).text)


def names(at: Window, case: Case, name: str = "Zoë Former") -> str:
    at.reads(f"{DESK}/cases/{case.id}")
    return words(at.does(f"{DESK}/cases/{case.id}/name", name=name).text)


def approves(at: Window, case: Case) -> str:
    at.reads(f"{DESK}/cases/{case.id}")
    return words(at.does(f"{DESK}/cases/{case.id}/approve").text)


def test_a_training_body_is_renewed_by_what_is_entered_anew(
    office: Office, enters: Enters, tmp_path: Path
) -> None:
    before = issued(office, tmp_path)
    olga, oskar = enters("Olga"), enters("Oskar")

    begun = begins(olga, before)
    case = renewal_of(office, before)
    entered = proves(olga, case, day=SINCE, check=["1"], training_body="School of Lyon")
    names(olga, case)
    alone = approves(olga, case)
    approves(oskar, case)
    issues(office, tmp_path, now=utcnow())

    new = newest(office)
    with office.database.read() as session:
        old = session.get_one(Certificate, before.id)
        acts = acts_of(session)
    assert f"This renews {before.number}" in begun
    assert MISSING in begun
    assert "Another officer approves" in entered
    assert "You entered this candidate yourself" in alone
    assert (new.renews_id, new.supersedes_id, new.state) == (before.id, None, "issued")
    assert (new.facts["renews"], new.facts["examined_on"]) == (before.number, SINCE)
    assert new.facts["training_body"] == "School of Lyon"
    assert old.state == "issued"
    assert acts.count("case.renewal-proven") == 1


def test_a_begun_renewal_carries_nothing_that_was_proven_before(
    office: Office, enters: Enters, tmp_path: Path
) -> None:
    before = issued(office, tmp_path, EXAM)
    olga = enters("Olga")

    begins(olga, before)
    decide_due(office.database.begin, SCHEMES, Catalogue((CAPITALS,)), now=utcnow())

    case = renewal_of(office, before)
    page = olga.text(f"{DESK}/cases/{case.id}")
    assert set(case.particulars) <= {"names"}
    assert case.state == CaseState.COLLECTING
    assert "Entered by" not in words(page)
    assert MISSING in words(page)
    assert 'name="training_body" value="School of Lyon"' in page
    assert 'name="day" value=""' in page
    assert 'name="result.M1" value=""' in page


def test_a_renewal_that_still_holds_what_was_proven_before_asks_for_new_proof(
    office: Office, enters: Enters, tmp_path: Path
) -> None:
    before = issued(office, tmp_path, EXAM)
    olga = enters("Olga")
    begins(olga, before)
    case = renewal_of(office, before)
    with office.database.begin() as session:
        old = session.get_one(Case, before.case_id).particulars
        session.get_one(Case, case.id).particulars = {**old, "trainer": "T. Rainer"}

    page = olga.text(f"{DESK}/cases/{case.id}")

    assert MISSING in words(page)
    assert 'name="day" value=""' in page
    assert 'name="result.M1" value=""' in page


def test_entered_attendance_is_renewed_by_two_officers_though_the_scheme_asks_for_nobody(
    office: Office, enters: Enters, tmp_path: Path
) -> None:
    before = issued(office, tmp_path, ATTENDANCE)
    olga, otto = enters("Olga"), enters("Otto")
    begins(olga, before)
    case = renewal_of(office, before)

    names(olga, case)
    proves(olga, case, day=SINCE)
    issues(office, tmp_path, now=utcnow())
    alone = newest(office)
    approves(otto, case)
    issues(office, tmp_path, now=utcnow())

    assert alone.id == before.id
    assert newest(office).renews_id == before.id


def test_a_paper_exam_is_renewed_by_the_results_of_another(
    office: Office, enters: Enters, tmp_path: Path
) -> None:
    before = issued(office, tmp_path, EXAM)
    olga = enters("Olga")
    begins(olga, before)
    case = renewal_of(office, before)

    proves(olga, case, day=SINCE, **{"result.M1": "3/3", "result.M2": "1/3"})
    short = renewal_of(office, before)
    again = olga.text(f"{DESK}/cases/{case.id}")
    proves(olga, case, day=SINCE, **{"result.M1": "3/3", "result.M2": "2,5/3"})

    met = renewal_of(office, before)
    assert short.state == CaseState.COLLECTING
    assert 'name="result.M1" value="3/3"' in again
    assert 'name="result.M2" value="1/3"' in again
    assert MISSING not in words(again)
    assert (met.state, met.route, met.examined_on) == (
        CaseState.DRAFT, "entry", date.fromisoformat(SINCE),
    )  # fmt: skip


def test_a_trainer_is_renewed_only_by_every_point_of_the_list(
    office: Office, enters: Enters, tmp_path: Path
) -> None:
    with office.database.begin() as session:
        known = shelve_holder(session, name="Zoë Former")
        shelve(session, known, valid_from=PAST.date(), valid_until=None)
    before = issued(office, tmp_path, TRAINER, holder_id=known)
    olga = enters("Olga")
    begins(olga, before)
    case = renewal_of(office, before)

    page = proves(olga, case, day=SINCE, check=["1"])
    half = renewal_of(office, before).state
    proves(olga, case, day=SINCE, check=["1", "2"])

    assert "Not confirmed yet: Co-trained once" in page
    assert half == CaseState.COLLECTING
    assert renewal_of(office, before).state == CaseState.DRAFT


def test_an_earlier_record_is_renewed_by_a_newer_one(
    office: Office, enters: Enters, tmp_path: Path
) -> None:
    before = issued(office, tmp_path, EXAM, route=Route.TAKEN_OVER, results={}, told=EARLIER)
    olga = enters("Olga")
    begins(olga, before)
    case = renewal_of(office, before)

    told = {"earlier_register": "ECQA", "earlier_number": "CP-99"}
    proves(olga, case, day=SINCE, way="taken-over", **{"result.M1": "1/3"}, **told)
    names(olga, case)
    approves(enters("Otto"), case)
    issues(office, tmp_path, now=utcnow())

    new = newest(office)
    assert (new.renews_id, new.facts["taken_over_from"]) == (before.id, "ECQA CP-99")
    assert "results" not in renewal_of(office, before).particulars


def test_an_earlier_record_is_renewed_by_an_exam_on_paper(
    office: Office, enters: Enters, tmp_path: Path
) -> None:
    before = issued(office, tmp_path, EXAM, route=Route.TAKEN_OVER, results={}, told=EARLIER)
    olga = enters("Olga")
    begins(olga, before)
    case = renewal_of(office, before)

    told = {"result.M1": "3/3", "result.M2": "3/3", **EARLIER}
    proves(olga, case, day=SINCE, **told)

    met = renewal_of(office, before)
    assert (met.state, met.route) == (CaseState.DRAFT, "entry")
    assert "earlier_number" not in met.particulars


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"day": BEFORE}, "has to lie after 2 March 2026"),
        ({"day": "2026-03-02"}, "has to lie after 2 March 2026"),
        ({"day": "2999-01-01"}, "lies in the future"),
        ({"day": ""}, "is no day"),
        ({"result.M1": "4/3"}, "4/3 is no result"),
        ({"trainer": "x" * 201}, "At most 200 characters"),
        ({"way": "exam"}, "does not take candidates this way"),
        ({"way": ""}, "Say how it was proven"),
        ({"way": "taken-over"}, "needs the register it comes from"),
    ],
)
def test_what_proves_nothing_is_told_and_what_was_typed_stays(
    office: Office, enters: Enters, tmp_path: Path, changed: dict[str, str], told: str
) -> None:
    before = issued(office, tmp_path, EXAM)
    olga = enters("Olga")
    begins(olga, before)
    case = renewal_of(office, before)
    form = {"day": SINCE, "way": "entry", "result.M2": "2/3", **changed}

    olga.reads(f"{DESK}/cases/{case.id}")
    answer = olga.does(f"{DESK}/cases/{case.id}/proof", **form)

    assert answer.status_code == 422
    assert told in words(answer.text)
    assert 'name="result.M2" value="2/3"' in answer.text
    assert "day" not in renewal_of(office, before).particulars


def test_whoever_only_began_a_renewal_approves_what_another_entered(
    office: Office, enters: Enters, tmp_path: Path
) -> None:
    before = issued(office, tmp_path)
    olga, otto = enters("Olga"), enters("Otto")
    begins(olga, before)
    case = renewal_of(office, before)

    proves(otto, case, day=SINCE, check=["1"])
    names(otto, case)
    alone = approves(otto, case)
    other = approves(olga, case)

    assert "You entered this candidate yourself" in alone
    assert "1 case is approved" in other or "0 of 1" in other
    assert renewal_of(office, before).entered_human == office.officers["Otto"]


def test_nothing_more_is_entered_once_somebody_approved(
    office: Office, enters: Enters, tmp_path: Path
) -> None:
    before = issued(office, tmp_path)
    olga = enters("Olga")
    begins(olga, before)
    case = renewal_of(office, before)
    proves(olga, case, day=SINCE, check=["1"])
    names(olga, case)
    approves(enters("Oskar"), case)

    page = olga.text(f"{DESK}/cases/{case.id}")
    answer = olga.does(f"{DESK}/cases/{case.id}/proof", way="entry", day="2026-09-02", check=["1"])

    assert f"{case.id}/proof" not in page
    assert answer.status_code == 422
    assert "can no longer be changed" in words(answer.text)
    assert renewal_of(office, before).particulars["day"] == SINCE


def test_nobody_proves_their_own_renewal(office: Office, enters: Enters, tmp_path: Path) -> None:
    before = issued(office, tmp_path, ATTENDANCE)
    begins(enters("Olga"), before)
    case = renewal_of(office, before)
    is_also(office, "Otto", before.holder_id)
    otto = enters("Otto")

    page = otto.text(f"{DESK}/cases/{case.id}")
    answer = otto.does(f"{DESK}/cases/{case.id}/proof", way="entry", day=SINCE)

    assert "This is your own certificate: another officer has to do this." in words(page)
    assert f"{case.id}/proof" not in page
    assert answer.status_code == 403
    assert "day" not in renewal_of(office, before).particulars


def test_an_officer_of_another_scheme_and_an_administrator_prove_nothing(
    office: Office, enters: Enters, tmp_path: Path
) -> None:
    before = issued(office, tmp_path)
    begins(enters("Olga"), before)
    case = renewal_of(office, before)
    office.hire("Ottilie", scheme_id=EXAM)
    office.hire("Ada", role=Role.ADMINISTRATOR)
    ottilie, ada = enters("Ottilie"), enters("Ada", Role.ADMINISTRATOR)

    page = ada.text(f"{DESK}/cases/{case.id}")
    answers = []
    for each in (ottilie, ada):
        each.get(f"{DESK}/cases")
        answers.append(
            each.does(f"{DESK}/cases/{case.id}/proof", way="entry", day=SINCE, check=["1"])
        )

    assert f"{case.id}/proof" not in page
    assert [each.status_code for each in answers] == [403, 403]
    assert "day" not in renewal_of(office, before).particulars


def test_a_case_that_renews_nothing_takes_no_new_proof(
    office: Office, enters: Enters, tmp_path: Path
) -> None:
    before = issued(office, tmp_path)
    olga = enters("Olga")

    page = olga.text(f"{DESK}/cases/{before.case_id}")
    olga.reads(f"{DESK}/register/{before.id}")
    answer = olga.does(f"{DESK}/cases/{before.case_id}/proof", way="entry", day=SINCE, check=["1"])

    assert f"{before.case_id}/proof" not in page
    assert answer.status_code == 422
    assert "Only the renewal" in words(answer.text)


def test_what_another_officer_enters_meanwhile_is_not_approved_unseen(
    office: Office, enters: Enters, tmp_path: Path
) -> None:
    before = issued(office, tmp_path)
    olga = enters("Olga")
    begins(olga, before)
    case = renewal_of(office, before)
    proves(olga, case, day=SINCE, check=["1"], training_body="School of Lyon")
    seen = sight_of(renewal_of(office, before))

    proves(olga, case, day=SINCE, check=["1"], training_body="School of Paris")

    assert sight_of(renewal_of(office, before)) != seen


def test_the_certificate_says_that_its_renewal_waits_for_new_proof(
    office: Office, enters: Enters, tmp_path: Path
) -> None:
    before = issued(office, tmp_path)
    olga = enters("Olga")

    told = olga.reads(f"{DESK}/register/{before.id}")
    begins(olga, before)

    assert "what was proven this time" in told
    assert "A renewal is under way" in olga.reads(f"{DESK}/register/{before.id}")
