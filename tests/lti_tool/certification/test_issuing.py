"""The worker numbers and issues: whole documents, once each, through faults and several workers."""

from __future__ import annotations

import hashlib
import json
import threading
from dataclasses import replace
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from uuid import uuid4

import pikepdf
import pytest
from sqlalchemy import select, update

from lti_tool import audit
from lti_tool.certification import issuing, key_acts, numbering
from lti_tool.certification.badge_keys import MissingKeyError
from lti_tool.certification.facts import digest_of
from lti_tool.certification.humans import WORKER
from lti_tool.certification.models import Case, CaseState
from lti_tool.certification.progress import progress_of, try_again
from lti_tool.certification.register_models import Certificate, CertificateState, KeyRecord
from lti_tool.certification.seal_keys import DEVELOPMENT_FILE, SealKeyError
from lti_tool.certification.sealing import SealKey, check_seal, record_key
from lti_tool.db import Database
from lti_tool.errors import NotFoundError, ToolError
from lti_tool.files import Files
from lti_tool.player.models import Enrolment
from tests.cast import NOON
from tests.lti_tool.certification.office import (
    ATTENDANCE,
    ONE,
    TWO,
    acts_of,
    approved,
    candidate,
    candidates,
    files_in,
    issue_all,
    open_office,
    trial_settings,
    workshop,
)
from xapi.models import OutboxEntry


def only(database: Database) -> Certificate:
    """Give the one certificate."""
    with database.read() as session:
        return session.scalars(select(Certificate)).one()


def test_an_approved_case_becomes_a_sealed_certificate(database: Database, tmp_path: Path) -> None:
    office = open_office(database)
    office.approves(candidates(database, 1, TWO), "Olga", "Oskar")

    issue_all(database, tmp_path)

    made = only(database)
    pdf = Files(str(tmp_path / "files")).read(made.pdf_path)
    assert (made.state, made.issued_at, made.due_at, made.fault) == (
        CertificateState.ISSUED, NOON, None, "",
    )  # fmt: skip
    assert hashlib.sha256(pdf).hexdigest() == made.pdf_sha256
    assert hashlib.sha256(made.badge.encode()).hexdigest() == made.badge_sha256
    assert json.loads(made.badge)["id"] == f"urn:uuid:{made.facts['credential_id']}"
    assert made.badge_jwt.count(".") == 2
    with pikepdf.open(BytesIO(pdf)) as opened:
        [attached] = opened.attachments.values()
        assert attached.get_file().read_bytes() == made.badge.encode()
    with database.read() as session:
        key = session.get_one(KeyRecord, made.seal_kid)
        assert check_seal(pdf, {key.kid: key.public["certificate_pem"]}).is_genuine
        assert session.get(KeyRecord, made.badge_kid) is not None
        acts = [each for each in acts_of(session) if each != "key.made"]
        assert acts == [
            "case.approved", "case.seconded", "certificate.numbered", "certificate.issued",
        ]  # fmt: skip
        assert audit.find_break(session) is None
    assert len(files_in(tmp_path / "files")) == 1


def test_the_log_of_acts_holds_hashes_and_no_name(database: Database, tmp_path: Path) -> None:
    with database.begin() as session:
        approved(session, ATTENDANCE, name="Žofie Šťastná")

    issue_all(database, tmp_path)

    made = only(database)
    with database.read() as session:
        line = session.scalars(
            select(audit.AuditLine).where(audit.AuditLine.act == "certificate.issued")
        ).one()
    assert (line.who, line.about) == ("worker", str(made.id))
    assert line.detail == {
        "pdf": made.pdf_sha256, "badge": made.badge_sha256, "facts": made.facts_hash,
    }  # fmt: skip


def test_what_is_issued_is_told_to_the_record_store_without_name_or_number(
    database: Database, tmp_path: Path
) -> None:
    office = open_office(database)
    alice = office.stage.people["Alice"]
    with database.begin() as session:
        place = Enrolment(
            id=uuid4(), person_id=alice, context_id=office.stage.context_id,
            course_id="alifeca", created_at=NOON,
        )  # fmt: skip
        session.add(place)
        session.flush()
        approved(
            session, ATTENDANCE, person_id=alice, name="Alice Liddell",
            evidence={"sittings": [], "done": [{"course_id": "alifeca"}]},
        )  # fmt: skip

    issue_all(database, tmp_path)

    made = only(database)
    with database.read() as session:
        [told] = session.scalars(select(OutboxEntry.payload))
    statement = json.loads(told)
    assert statement["verb"]["id"] == "http://id.tincanapi.com/verb/earned"
    assert statement["actor"]["account"]["name"] == office.stage.actor_name("Alice")
    assert statement["object"]["id"] == f"https://tool.example.org/id/certificate/{ATTENDANCE}"
    assert statement["context"]["registration"] == str(place.registration)
    [parent] = statement["context"]["contextActivities"]["parent"]
    assert parent["id"] == "https://tool.example.org/id/course/alifeca"
    for secret in ("Liddell", made.number, made.code, str(made.facts["credential_id"])):
        assert secret not in told


def test_a_holder_who_never_came_from_a_platform_is_told_of_nowhere(
    database: Database, tmp_path: Path
) -> None:
    with database.begin() as session:
        approved(session, ATTENDANCE)

    issue_all(database, tmp_path)

    with database.read() as session:
        assert session.scalars(select(OutboxEntry.payload)).all() == []
    assert only(database).state == CertificateState.ISSUED


def test_a_round_makes_a_bounded_piece(database: Database, tmp_path: Path) -> None:
    with database.begin() as session:
        for _ in range(5):
            approved(session, ATTENDANCE)
    shop = workshop(trial_settings(database, tmp_path), database)

    numbered = numbering.number_due(database.begin, shop.registrar(NOON), now=NOON, limit=3)
    issued = issuing.issue_due(database.begin, shop.maker(NOON), now=NOON, limit=2)

    with database.read() as session:
        states = sorted(session.scalars(select(Certificate.state)))
    assert (numbered, issued) == (3, 2)
    assert states == ["issued", "issued", "numbered"]


def test_a_certificate_that_cannot_be_made_waits_with_words_and_the_others_go_on(
    database: Database, tmp_path: Path
) -> None:
    with database.begin() as session:
        bad = approved(session, ATTENDANCE, name="ქართული")
        approved(session, ATTENDANCE)
    shop = issue_all(database, tmp_path)
    again = NOON + timedelta(minutes=1)

    early = shop.issue(again - timedelta(seconds=1))
    late = shop.issue(again)

    with database.read() as session:
        faulty = session.scalars(select(Certificate).where(Certificate.case_id == bad.id)).one()
        states = sorted(session.scalars(select(Certificate.state)))
    assert (early, late) == (0, 1)
    assert states == ["issued", "numbered"]
    assert "ქ" in faulty.fault or "glyph" in faulty.fault.lower()
    assert (faulty.tries, faulty.due_at) == (2, again + timedelta(minutes=2))
    assert len(files_in(tmp_path / "files")) == 1


def test_facts_that_cannot_be_read_hold_up_no_other(database: Database, tmp_path: Path) -> None:
    with database.begin() as session:
        bad = approved(session, ATTENDANCE)
        approved(session, ATTENDANCE)
    shop = workshop(trial_settings(database, tmp_path), database)
    shop.number(NOON)
    with database.begin() as session:
        row = session.scalars(select(Certificate).where(Certificate.case_id == bad.id)).one()
        row.facts = {**row.facts, "version": 99}
        row.facts_hash = digest_of(row.facts)

    tried = shop.issue(NOON)

    with database.read() as session:
        states = dict(session.execute(select(Certificate.case_id, Certificate.state)).all())
        fault = session.scalar(select(Certificate.fault).where(Certificate.case_id == bad.id))
    assert tried == 2
    assert states.pop(bad.id) == CertificateState.NUMBERED
    assert list(states.values()) == [CertificateState.ISSUED]
    assert fault == "ValueError: facts of version 99"


def test_an_officer_can_have_it_tried_again_at_once(database: Database, tmp_path: Path) -> None:
    with database.begin() as session:
        approved(session, ATTENDANCE, name="ქართული")
    shop = issue_all(database, tmp_path)
    made = only(database)

    with database.begin() as session:
        first = try_again(session, [made.id], now=NOON)
    tried = shop.issue(NOON)

    assert (first, tried, only(database).tries) == (1, 1, 2)


def test_it_waits_longer_each_time_and_a_day_at_most(database: Database, tmp_path: Path) -> None:
    with database.begin() as session:
        approved(session, ATTENDANCE, name="ქართული")
    shop = issue_all(database, tmp_path)
    waits = []

    for _ in range(14):
        due = only(database).due_at
        assert due is not None
        shop.issue(due)
        later = only(database).due_at
        assert later is not None
        waits.append(later - due)

    assert waits == sorted(waits)
    assert (waits[0], waits[-1]) == (timedelta(minutes=2), timedelta(days=1))


def test_a_worker_that_died_leaves_it_to_another_after_the_lease(
    database: Database, tmp_path: Path
) -> None:
    with database.begin() as session:
        approved(session, ATTENDANCE)
    shop = workshop(trial_settings(database, tmp_path), database)
    shop.number(NOON)
    with database.begin() as session:
        [dead] = issuing._claim(session, now=NOON, limit=10)
    files = shop.maker(NOON).files
    files.write(dead.path(), b"%PDF: as far as the dead one came")
    files.write(f"{dead.path()}.0123abcd.part", b"%PDF: half of")

    meanwhile = shop.issue(NOON + issuing.LEASE - timedelta(seconds=1))
    afterwards = shop.issue(NOON + issuing.LEASE)

    made = only(database)
    [kept] = files_in(tmp_path / "files")
    assert (meanwhile, afterwards, made.tries) == (0, 1, 2)
    assert hashlib.sha256(kept.read_bytes()).hexdigest() == made.pdf_sha256


def test_what_a_worker_left_that_died_after_it_issued_is_cleared_away(
    database: Database, tmp_path: Path
) -> None:
    with database.begin() as session:
        approved(session, ATTENDANCE)
    shop = workshop(trial_settings(database, tmp_path), database)
    shop.number(NOON)
    with database.begin() as session:
        [dead] = issuing._claim(session, now=NOON, limit=10)
    shop.issue(NOON + issuing.LEASE)
    files = shop.maker(NOON).files
    files.write(dead.path(), b"%PDF: it came back, wrote, and died")
    files.write(f"{dead.path()}.0123abcd.part", b"%PDF: half of")
    over = NOON + 2 * issuing.LEASE

    done = [shop.issue(over - timedelta(seconds=1)), shop.issue(over), shop.issue(over)]

    made = only(database)
    [kept] = files_in(tmp_path / "files")
    assert done == [0, 1, 0]
    assert (made.state, made.due_at) == (CertificateState.ISSUED, None)
    assert hashlib.sha256(kept.read_bytes()).hexdigest() == made.pdf_sha256


def test_leftovers_are_cleared_away_without_any_key(database: Database, tmp_path: Path) -> None:
    with database.begin() as session:
        approved(session, ATTENDANCE)
    shop = workshop(trial_settings(database, tmp_path), database)
    shop.number(NOON)
    with database.begin() as session:
        issuing._claim(session, now=NOON, limit=10)
    shop.issue(NOON + issuing.LEASE)
    keyless = workshop(
        trial_settings(database, tmp_path, development_keys=False, keys_dir=tmp_path / "none"),
        database,
    )

    done = keyless.issue(NOON + 2 * issuing.LEASE)

    assert (done, only(database).due_at) == (1, None)


# Keys that may sign no more


def other_seal(database: Database, tmp_path: Path) -> None:
    """Write down another seal, so that the first one may be retired."""
    other = SealKey.load(trial_settings(database, tmp_path / "other"), now=NOON)
    with database.begin() as session:
        record_key(session, other, now=NOON)


@pytest.mark.parametrize("act", ["compromise", "retire"])
def test_a_seal_that_may_seal_no_more_is_given_up_by_a_worker_that_runs(
    database: Database, tmp_path: Path, act: str
) -> None:
    with database.begin() as session:
        approved(session, ATTENDANCE)
    shop = issue_all(database, tmp_path)
    old, later = shop.seal_key(NOON).kid, NOON + timedelta(minutes=5)
    with database.begin() as session:
        approved(session, ATTENDANCE)
    shop.number(NOON)
    other_seal(database, tmp_path)
    with database.begin() as session:
        if act == "compromise":
            key_acts.compromise(session, old, "https://tool.example.org", hand=WORKER, now=later)
        else:
            key_acts.retire(session, old, hand=WORKER, now=later)

    refused = []
    for _ in range(2):
        with pytest.raises(SealKeyError) as caught:
            shop.issue(later)
        refused.append(str(caught.value))

    with database.read() as session:
        states = sorted(session.scalars(select(Certificate.state)))
    assert states == ["issued", "numbered"]
    assert all(old in each and "lti-tool keys make seal" in each for each in refused)


def test_with_the_next_seal_a_worker_that_runs_goes_on(database: Database, tmp_path: Path) -> None:
    with database.begin() as session:
        approved(session, ATTENDANCE)
    shop = issue_all(database, tmp_path)
    old, later = shop.seal_key(NOON).kid, NOON + timedelta(minutes=5)
    with database.begin() as session:
        key_acts.compromise(session, old, "https://tool.example.org", hand=WORKER, now=NOON)
        approved(session, ATTENDANCE)
    (tmp_path / "keys" / DEVELOPMENT_FILE).rename(tmp_path / "aside.pem")

    done = shop.number(later) + shop.issue(later)

    with database.read() as session:
        kids = set(session.scalars(select(Certificate.seal_kid)))
    assert done == 2
    assert len(kids) == 2
    assert old in kids


def test_of_two_workers_that_make_the_same_one_the_second_leaves_no_trace(
    database: Database, tmp_path: Path
) -> None:
    with database.begin() as session:
        approved(session, ATTENDANCE)
    shop = workshop(trial_settings(database, tmp_path), database)
    shop.number(NOON)
    maker = shop.maker(NOON)
    later = NOON + issuing.LEASE
    with database.begin() as session:
        [slow] = issuing._claim(session, now=NOON, limit=1)
    with database.begin() as session:
        [quick] = issuing._claim(session, now=later, limit=1)

    issuing._issue(database.begin, maker, quick, now=later)
    before = only(database)
    issuing._issue(database.begin, maker, slow, now=later)

    after = only(database)
    [kept] = files_in(tmp_path / "files")
    assert (after.pdf_sha256, after.badge) == (before.pdf_sha256, before.badge)
    assert hashlib.sha256(kept.read_bytes()).hexdigest() == after.pdf_sha256
    with database.read() as session:
        assert acts_of(session).count("certificate.issued") == 1


def test_a_fault_of_a_late_worker_does_not_touch_what_was_issued(
    database: Database, tmp_path: Path
) -> None:
    with database.begin() as session:
        approved(session, ATTENDANCE)
    shop = workshop(trial_settings(database, tmp_path), database)
    shop.number(NOON)
    with database.begin() as session:
        [slow] = issuing._claim(session, now=NOON, limit=1)
    shop.issue(NOON + issuing.LEASE)

    with database.begin() as session:
        issuing._wait(session, slow, OSError("late"), now=NOON + issuing.LEASE)

    made = only(database)
    assert (made.state, made.fault) == (CertificateState.ISSUED, "")
    assert made.due_at == NOON + 2 * issuing.LEASE  # to look once more for what tries left


def test_several_workers_issue_each_certificate_once(database: Database, tmp_path: Path) -> None:
    with database.begin() as session:
        for _ in range(24):
            approved(session, ATTENDANCE)
    settings = trial_settings(database, tmp_path)
    first = workshop(settings, database)
    first.badge_keys(NOON)
    first.seal_key(NOON)

    def work() -> None:
        shop = workshop(settings, database)
        while shop.number(NOON) + shop.issue(NOON):
            pass

    threads = [threading.Thread(target=work) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()

    with database.read() as session:
        rows = session.scalars(select(Certificate)).all()
        acts = acts_of(session)
    assert {row.state for row in rows} == {CertificateState.ISSUED}
    assert {row.tries for row in rows} == {1}
    assert acts.count("certificate.issued") == 24
    assert len(files_in(tmp_path / "files")) == 24


def test_a_real_certificate_is_never_signed_by_development_keys(
    database: Database, tmp_path: Path
) -> None:
    with database.begin() as session:
        approved(session, ATTENDANCE)
    shop = workshop(trial_settings(database, tmp_path), database)
    real = replace(shop.registrar(NOON), is_test=False)
    numbering.number_due(database.begin, real, now=NOON)

    shop.issue(NOON)

    made = only(database)
    assert made.state == CertificateState.NUMBERED
    assert "development keys" in made.fault


def test_without_keys_nothing_is_numbered_and_the_words_say_what_to_do(
    database: Database, tmp_path: Path
) -> None:
    with database.begin() as session:
        approved(session, ATTENDANCE)
    settings = trial_settings(database, tmp_path, development_keys=False)
    shop = workshop(settings, database)

    with pytest.raises((MissingKeyError, ToolError)) as caught:
        shop.number(NOON)

    assert "lti-tool keys make" in f"{caught.value} {getattr(caught.value, 'words', '')}"
    with database.read() as session:
        assert session.scalars(select(Certificate)).all() == []
        assert session.scalars(select(Case.state)).all() == [CaseState.APPROVED]


def test_where_nothing_waits_no_key_is_looked_for(database: Database, tmp_path: Path) -> None:
    shop = workshop(trial_settings(database, tmp_path, development_keys=False), database)

    done = shop.number(NOON) + shop.issue(NOON) + shop.sign_lists(NOON) + shop.publish_head(NOON)

    assert done == 0
    assert not (tmp_path / "keys").exists()


# How far a batch is


def test_a_batch_shows_how_far_the_worker_is(database: Database, tmp_path: Path) -> None:
    office = open_office(database)
    ids = candidates(database, 4)
    batch = office.approves(ids, "Olga")
    assert batch is not None
    shop = workshop(trial_settings(database, tmp_path), database)

    seen = []
    for step in ("approved", "numbered", "half", "all"):
        if step == "numbered":
            numbering.number_due(database.begin, shop.registrar(NOON), now=NOON, limit=4)
        if step == "half":
            issuing.issue_due(database.begin, shop.maker(NOON), now=NOON, limit=2)
        if step == "all":
            shop.issue(NOON)
        with database.read() as session:
            progress = progress_of(session, batch)
        seen.append((progress.waiting, progress.numbered, progress.issued, progress.percent))

    assert seen == [(4, 0, 0, 0), (0, 4, 0, 0), (0, 2, 2, 50), (0, 0, 4, 100)]
    assert (progress.is_over, progress.size, progress.faults) == (True, 4, 0)


def test_a_batch_shows_what_has_a_fault_and_what_went_back(
    database: Database, tmp_path: Path
) -> None:
    office = open_office(database)
    ids = candidates(database, 3)
    batch = office.approves(ids, "Olga")
    assert batch is not None
    with database.begin() as session:
        session.execute(update(Case).where(Case.id == ids[0]).values(name="ქართული"))
        session.get_one(Case, ids[1]).scheme_fingerprint = "0" * 64

    issue_all(database, tmp_path)

    with database.read() as session:
        progress = progress_of(session, batch)
    assert (progress.numbered, progress.faults, progress.put_back, progress.issued) == (1, 1, 1, 1)
    assert not progress.is_over


def test_there_is_no_progress_of_a_batch_that_is_not_there(database: Database) -> None:
    with database.read() as session, pytest.raises(NotFoundError):
        progress_of(session, uuid4())


def test_a_case_that_is_not_approved_is_not_numbered(database: Database, tmp_path: Path) -> None:
    with database.begin() as session:
        for state in (CaseState.COLLECTING, CaseState.DRAFT, CaseState.CHECKED, CaseState.REFUSED):
            candidate(session, ONE, state=state)

    issue_all(database, tmp_path)

    with database.read() as session:
        assert session.scalars(select(Certificate)).all() == []
