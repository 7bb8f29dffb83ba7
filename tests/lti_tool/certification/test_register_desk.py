"""Officers' desk through HTTP: the register, one certificate, exports, the log, keys and lists."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from flask import Flask
from openpyxl import load_workbook
from sqlalchemy import select, text

from courses.schemes import SchemeKind
from lti_tool import audit
from lti_tool.audit import AuditLine
from lti_tool.certification import exporting, histories, watching
from lti_tool.certification.codes import spaced
from lti_tool.certification.models import Case, CaseState, Holder
from lti_tool.certification.register_models import (
    Certificate,
    CertificateState,
    KeyRecord,
    Serial,
    StatusList,
)
from lti_tool.db import Database
from lti_tool.mail import Mail
from lti_tool.settings import Settings
from lti_tool.visit import Role
from tests.cast import NOON
from tests.lti_tool.certification.deskside import (
    DESK,
    FOUR_EYES,
    ONE,
    Window,
    is_also,
    waits,
    window,
    words,
)
from tests.lti_tool.certification.office import Office, acts_of, open_office
from tests.lti_tool.certification.shelves import shelve, shelve_holder
from tests.tampering import tamper

REGISTER = f"{DESK}/register"
NO_ACTS = {"certificate.pdf", "certificate.typ", "certificate.id", "holder.id"}
UNMADE = {
    "state": CertificateState.NUMBERED,
    "issued_at": None,
    "pdf_path": "",
    "badge": "",
    "fault": "No letter for it.",
    "due_at": NOON,
}
"""Columns of a certificate that could not be made."""
EVIL = ("=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx")


@pytest.fixture
def settings(settings: Settings, tmp_path: Path) -> Settings:
    """Give settings with a way out for mail and files of their own."""
    return replace(
        settings,
        mail_url=f"file:{tmp_path / 'mail'}",
        mail_from="tool@example.org",
        files_url=str(tmp_path / "files"),
    )


@pytest.fixture
def office(database: Database) -> Office:
    """Give an office with Olga and Oskar."""
    return open_office(database)


@pytest.fixture
def enters(app: Flask, office: Office) -> Callable[..., Window]:
    """Give somebody's window at the desk."""
    return lambda name, *roles: window(app, office, name, *roles)


def put(database: Database, name: str = "Žofie Šťastná", **changed: object) -> Certificate:
    """Put a certificate into the register."""
    with database.begin() as session:
        holder = shelve_holder(session, name=name)
        changed.setdefault("valid_until", date(2099, 12, 31))
        made = shelve(session, holder, holder_name=name, **changed)  # type: ignore[arg-type]
        session.merge(Serial(series=made.series, year=made.year, newest=made.serial))
    return made


def state_of(database: Database, certificate_id: UUID) -> CertificateState:
    with database.read() as session:
        return session.get_one(Certificate, certificate_id).state


def lines_of(database: Database, act: str) -> list[AuditLine]:
    with database.read() as session:
        return list(session.scalars(select(AuditLine).where(AuditLine.act == act)))


# The list


def test_the_register_is_searched_by_name_number_and_code(
    database: Database, enters: Callable[..., Window]
) -> None:
    wanted = put(database, "Žofie Šťastná")
    put(database, "Alice Novák")
    olga = enters("Olga")

    pages = [
        olga.reads(f"{REGISTER}?q={given}")
        for given in ("zof+stas", wanted.number, spaced(wanted.code).lower())
    ]

    for page in pages:
        assert "Žofie Šťastná" in page
        assert "Alice" not in page
        assert "1 certificate, newest first" in page


def test_filters_are_kept_on_the_next_page(
    database: Database, enters: Callable[..., Window]
) -> None:
    for number in range(51):
        put(database, f"Valid {number}")
    put(database, "Over", valid_until=date(2020, 1, 1))
    olga = enters("Olga")

    first = olga.text(f"{REGISTER}?state=issued&since=2026-11-01")
    olga.text(f"{REGISTER}?state=expired")
    turn = first.partition('rel="next" href="')[2].partition('"')[0].replace("&amp;", "&")
    second = olga.reads(turn)

    assert "state=issued" in turn
    assert "since=2026-11-01" in turn
    assert second.count("ASA-EX") == 1
    assert "Over" not in first + second


def test_a_day_that_is_none_is_told(database: Database, enters: Callable[..., Window]) -> None:
    put(database)

    answer = enters("Olga").get(f"{REGISTER}?since=yesterday")

    assert answer.status_code == 422
    assert "Issued from: write a day such as 2026-11-30." in answer.text


def test_where_nothing_fits_it_says_what_to_do(enters: Callable[..., Window]) -> None:
    olga = enters("Olga")

    assert "The register is empty" in olga.text(REGISTER)
    assert "Take fewer letters of the name" in olga.text(f"{REGISTER}?q=nobody")


def test_an_officer_of_one_scheme_sees_its_certificates_alone(
    database: Database, office: Office, enters: Callable[..., Window]
) -> None:
    office.hire("Otto", scheme_id=FOUR_EYES)
    mine = put(database, "Mine", scheme_id=FOUR_EYES)
    other = put(database, "Other")
    otto = enters("Otto")

    listed = otto.reads(REGISTER)
    shown = otto.get(f"{REGISTER}/{other.id}")
    taken = otto.get(f"{REGISTER}/{other.id}/credential.json")
    otto.text(f"{REGISTER}/{mine.id}")
    pushed = otto.does(f"{REGISTER}/{other.id}/suspend", reason="Because.")

    assert "Mine" in listed
    assert "Other" not in listed
    assert [shown.status_code, taken.status_code, pushed.status_code] == [404] * 3
    assert state_of(database, other.id) == CertificateState.ISSUED


# One certificate


def test_a_certificate_shows_what_it_says_and_what_happened(
    database: Database, enters: Callable[..., Window]
) -> None:
    made = put(database, "Žofie Šťastná", exam_body="Body of Brno")
    with database.begin() as session:
        about = str(made.id)
        audit.note(session, "certificate.numbered", who="worker", about=about, now=NOON)
        audit.note(session, "certificate.issued", who="worker", about=about, now=NOON)

    page = enters("Olga").reads(f"{REGISTER}/{made.id}")

    for told in (
        made.number,
        spaced(made.code),
        "Žofie Šťastná",
        "Capitals of the world",
        "Body of Brno",
        "Capitals of the west 2.5 of 3 83 % Passed",
        "Signed by N. N., Head of certification",
        "It received its number, and what it says was frozen. the tool by itself",
        "Sealed and issued.",
        made.facts_hash,
    ):
        assert told in page, told


def test_one_officer_suspends_and_another_revokes(
    database: Database, enters: Callable[..., Window]
) -> None:
    made = put(database)
    olga, oskar = enters("Olga"), enters("Oskar")
    olga.text(f"{REGISTER}/{made.id}")

    suspended = olga.does(f"{REGISTER}/{made.id}/suspend", reason="A doubt about who sat.")
    alone = olga.does(
        f"{REGISTER}/{made.id}/revoke", code="fraud", reason="Somebody else sat the exam."
    )
    between = state_of(database, made.id)
    seen = oskar.reads(f"{REGISTER}/{made.id}")
    revoked = oskar.does(
        f"{REGISTER}/{made.id}/revoke", code="fraud", reason="Somebody else sat the exam."
    )

    assert "Suspended by Olga" in words(suspended.text)
    assert "You suspended it yourself" in words(suspended.text)
    assert f"{made.id}/revoke" not in suspended.text
    assert alone.status_code == 422
    assert "another officer has to revoke it" in alone.text
    assert between == CertificateState.SUSPENDED
    assert "A doubt about who sat." in seen
    assert "Revoke for ever, as second officer" in seen
    assert "Revoked by Oskar" in words(revoked.text)
    assert "Fraud" in revoked.text
    assert state_of(database, made.id) == CertificateState.REVOKED
    with database.read() as session:
        assert acts_of(session)[-2:] == ["certificate.suspended", "certificate.revoked"]


def test_revoking_asks_why_in_words_that_strangers_may_read(
    database: Database, enters: Callable[..., Window]
) -> None:
    made = put(database)
    olga, oskar = enters("Olga"), enters("Oskar")
    olga.text(f"{REGISTER}/{made.id}")
    olga.does(f"{REGISTER}/{made.id}/suspend", reason="A doubt.")
    oskar.text(f"{REGISTER}/{made.id}")

    came = oskar.does(f"{REGISTER}/{made.id}/revoke", code="", reason="Because of this.")

    assert came.status_code == 422
    assert "Choose why it is revoked" in came.text
    assert "Because of this." in came.text
    assert state_of(database, made.id) == CertificateState.SUSPENDED


def test_a_suspended_one_holds_again(database: Database, enters: Callable[..., Window]) -> None:
    made = put(database)
    olga = enters("Olga")
    olga.text(f"{REGISTER}/{made.id}")
    olga.does(f"{REGISTER}/{made.id}/suspend", reason="A doubt.")

    came = olga.does(f"{REGISTER}/{made.id}/resume", reason="The doubt is gone.")

    assert "It holds again." in came.text
    assert state_of(database, made.id) == CertificateState.ISSUED


def test_every_act_needs_its_reason(database: Database, enters: Callable[..., Window]) -> None:
    made = put(database)
    olga = enters("Olga")
    olga.text(f"{REGISTER}/{made.id}")

    answers = [
        olga.does(f"{REGISTER}/{made.id}/suspend", reason=" "),
        olga.does(f"{REGISTER}/{made.id}/correct", reason="", name="Žofie Šťastná"),
    ]

    assert [answer.status_code for answer in answers] == [422, 422]
    assert all("Give a reason" in answer.text for answer in answers)
    assert state_of(database, made.id) == CertificateState.ISSUED


def test_a_wrong_name_begins_a_correction_for_another_officer(
    database: Database, office: Office, enters: Callable[..., Window]
) -> None:
    made = put(database, "Zofie Stastna")
    with database.begin() as session:
        case = session.get_one(Case, made.case_id)
        case.approvers, case.approved_human = 1, office.officers["Oskar"]
    olga = enters("Olga")
    olga.text(f"{REGISTER}/{made.id}")

    came = olga.does(
        f"{REGISTER}/{made.id}/correct", name="Žofie Šťastná", reason="Saw the passport."
    )
    page = words(came.text)
    again = olga.reads(f"{REGISTER}/{made.id}")

    assert f"This corrects {made.number}" in page
    assert "You entered this candidate yourself" in page
    assert "Žofie Šťastná: Capitals of the world" in page
    assert "A correction is under way" in again
    assert "Correct the name, or issue it anew" not in again
    assert state_of(database, made.id) == CertificateState.ISSUED


def test_a_name_without_letters_for_it_is_told_at_once(
    database: Database, enters: Callable[..., Window]
) -> None:
    made = put(database)
    olga = enters("Olga")
    olga.text(f"{REGISTER}/{made.id}")

    came = olga.does(f"{REGISTER}/{made.id}/correct", name="გიორგი", reason="Saw it.")

    assert came.status_code == 422
    assert "Use the Latin spelling" in came.text
    assert 'value="გიორგი"' in came.text


def test_a_renewal_is_a_case_of_its_own(database: Database, enters: Callable[..., Window]) -> None:
    made = put(database)
    olga = enters("Olga")
    olga.text(f"{REGISTER}/{made.id}")

    came = olga.does(f"{REGISTER}/{made.id}/renew")

    assert f"This renews {made.number}" in words(came.text)
    assert "A renewal is under way" in olga.text(f"{REGISTER}/{made.id}")


def test_the_letter_is_sent_again_to_an_address_that_was_confirmed(
    database: Database, enters: Callable[..., Window]
) -> None:
    made, silent = put(database), put(database, "Silent One")
    with database.begin() as session:
        session.get_one(Holder, made.holder_id).email = "zofie@example.org"
    olga = enters("Olga")
    olga.text(f"{REGISTER}/{made.id}")

    came = olga.does(f"{REGISTER}/{made.id}/send")
    nowhere = olga.does(f"{REGISTER}/{silent.id}/send")

    assert "The letter is on its way to the holder again." in came.text
    assert "Your certificate is ready" in came.text
    assert "has confirmed no address" in nowhere.text
    with database.read() as session:
        assert [mail.about for mail in session.scalars(select(Mail))] == [made.id]
    (line,) = lines_of(database, "certificate.sent-again")
    assert line.about == str(made.id)
    assert "example.org" not in str(line.detail)


def test_files_are_given_as_their_holder_has_them(
    app: Flask, database: Database, enters: Callable[..., Window]
) -> None:
    made = put(database)
    app.extensions["lti_tool.files"].write(made.pdf_path, b"%PDF-1.7 sealed")
    olga = enters("Olga")

    pdf = olga.get(f"{REGISTER}/{made.id}/certificate.pdf")
    badge = olga.get(f"{REGISTER}/{made.id}/credential.json")
    other = olga.get(f"{REGISTER}/{made.id}/passport.pdf")

    assert pdf.data == b"%PDF-1.7 sealed"
    assert pdf.headers["Content-Disposition"] == f'attachment; filename="{made.number}.pdf"'
    assert badge.text == made.badge
    assert other.status_code == 404


def test_one_that_could_not_be_made_says_why_and_is_tried_again(
    database: Database, enters: Callable[..., Window]
) -> None:
    later = datetime.now(UTC) + timedelta(hours=1)
    made = put(
        database,
        columns={
            "state": CertificateState.NUMBERED,
            "issued_at": None,
            "due_at": later,
            "fault": "The seal's token does not answer.",
        },
    )
    olga = enters("Olga")

    page = olga.text(f"{REGISTER}/{made.id}")
    came = olga.does(f"{REGISTER}/{made.id}/again")

    assert "The seal&#39;s token does not answer." in page
    assert "It is tried again now." in came.text
    with database.read() as session:
        due_at = session.get_one(Certificate, made.id).due_at
        assert due_at is not None
        assert due_at < later


def test_one_that_cannot_be_made_is_stopped_by_one_officer_and_ended_by_another(
    database: Database, enters: Callable[..., Window]
) -> None:
    made = put(database, columns=UNMADE)
    olga, oskar = enters("Olga"), enters("Oskar")
    olga.text(f"{REGISTER}/{made.id}")

    stopped = olga.does(f"{REGISTER}/{made.id}/stop", reason="Its letters do not exist.")
    alone = olga.does(f"{REGISTER}/{made.id}/void", reason="It is hopeless.")
    oskar.text(f"{REGISTER}/{made.id}")
    ended = oskar.does(f"{REGISTER}/{made.id}/void", reason="I see no way either.")

    assert "Its making was stopped by Olga" in words(stopped.text)
    assert "You stopped it yourself" in words(stopped.text)
    assert f"{made.id}/void" not in stopped.text
    assert alone.status_code == 422
    assert "another officer has to end it" in alone.text
    assert "Never issued: ended by Oskar" in words(ended.text)
    assert "Its case was given back; go on there." in words(ended.text)
    assert state_of(database, made.id) == CertificateState.VOID
    with database.read() as session:
        assert session.get_one(Case, made.case_id).state == CaseState.CHECKED
    assert "Its certificate could not be made, and was ended." in oskar.reads(
        f"{DESK}/cases/{made.case_id}"
    )
    assert made.number in oskar.reads(f"{REGISTER}?state=void")


def test_one_that_was_stopped_is_made_after_all(
    database: Database, enters: Callable[..., Window]
) -> None:
    made = put(database, columns=UNMADE)
    olga = enters("Olga")
    olga.text(f"{REGISTER}/{made.id}")
    olga.does(f"{REGISTER}/{made.id}/stop", reason="The token is away.")

    health = olga.reads(f"{DESK}/health")
    olga.text(f"{REGISTER}/{made.id}")
    came = olga.does(f"{REGISTER}/{made.id}/take-up")

    assert "The making of 1 certificate was stopped" in health
    assert "It is tried again now." in came.text
    with database.read() as session:
        row = session.get_one(Certificate, made.id)
    assert (row.state, row.suspended_human) == (CertificateState.NUMBERED, None)
    assert row.due_at is not None


def test_what_can_be_done_is_said_by_state(
    database: Database, enters: Callable[..., Window]
) -> None:
    fresh = put(database, columns={**UNMADE, "fault": ""})
    given_up = put(database, columns={"state": CertificateState.WITHDRAWN})
    olga = enters("Olga")

    assert "its documents are being made, usually within a minute" in olga.reads(
        f"{REGISTER}/{fresh.id}"
    )
    assert "its holder gave it up" in olga.reads(f"{REGISTER}/{given_up.id}")


def test_ones_own_certificate_is_left_to_another_officer(
    database: Database, office: Office, enters: Callable[..., Window]
) -> None:
    made = put(database, "Olga")
    is_also(office, "Olga", made.holder_id)
    olga = enters("Olga")

    page = olga.text(f"{REGISTER}/{made.id}")
    olga.text(REGISTER)
    pushed = olga.does(f"{REGISTER}/{made.id}/correct", name="Olga II", reason="I married.")

    assert "This is your own certificate: another officer" in words(page)
    assert f"{made.id}/correct" not in page
    assert pushed.status_code == 422
    assert "This is your own certificate: another officer has to do this." in pushed.text


def test_days_are_written_in_one_way(database: Database, enters: Callable[..., Window]) -> None:
    made = put(database, valid_until=date(2099, 12, 31))
    olga = enters("Olga")

    listed = olga.reads(REGISTER)
    shown = olga.reads(f"{REGISTER}/{made.id}")

    for page in (listed, shown):
        assert "2 November 2026" in page
        assert "31 December 2099" in page
        assert not re.search(r"20\d\d-\d\d-\d\d", page)


def test_an_erased_one_tells_nothing_of_its_holder(
    database: Database, enters: Callable[..., Window]
) -> None:
    made = put(database, "Žofie Šťastná")
    with database.begin() as session:
        row = session.get_one(Certificate, made.id)
        row.facts, row.name_search, row.erased_at = {}, "", NOON
        row.badge = row.badge_jwt = ""
        case = session.get_one(Case, made.case_id)
        case.name = session.get_one(Holder, made.holder_id).name = ""
    olga = enters("Olga")

    page = olga.reads(f"{REGISTER}/{made.id}")
    listed = olga.reads(REGISTER)

    assert "The holder's data were erased." in page
    assert made.number in page
    assert "Šťastná" not in page + listed
    assert "Data erased" in listed
    assert olga.get(f"{REGISTER}/{made.id}/credential.json").status_code == 404


def test_an_administrator_reads_and_does_nothing(
    database: Database, office: Office, enters: Callable[..., Window]
) -> None:
    office.hire("Adam", role=Role.ADMINISTRATOR)
    made = put(database)
    adam = enters("Adam", Role.ADMINISTRATOR)

    page = adam.text(f"{REGISTER}/{made.id}")
    pushed = adam.does(f"{REGISTER}/{made.id}/suspend", reason="Because.")

    assert "An officer decides." in page
    assert "/suspend" not in page
    assert pushed.status_code == 403
    assert state_of(database, made.id) == CertificateState.ISSUED


# Taking it away


def test_csv_holds_what_was_found_and_the_log_who_took_it(
    database: Database, office: Office, enters: Callable[..., Window]
) -> None:
    wanted = put(database, "Žofie Šťastná", scheme_id=FOUR_EYES)
    put(database, "Alice Novák")
    olga = enters("Olga")
    olga.text(REGISTER)

    answer = olga.does(f"{REGISTER}/export", shape="csv", scheme=FOUR_EYES, q="zofie")

    assert answer.data.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    assert [(row["Number"], row["Holder"]) for row in rows] == [(wanted.number, "Žofie Šťastná")]
    assert rows[0]["Issued on"] == "2026-11-02"
    assert (rows[0]["Elements"], rows[0]["Elements passed"]) == ("2", "2")
    (line,) = lines_of(database, "register.exported")
    assert line.who == str(office.officers["Olga"])
    assert line.detail == {"shape": "csv", "rows": 1, "scheme": FOUR_EYES, "text": True}


def test_no_cell_of_a_csv_is_a_formula(database: Database, enters: Callable[..., Window]) -> None:
    for name in EVIL:
        put(database, name, title=name)
    olga = enters("Olga")
    olga.text(REGISTER)

    answer = olga.does(f"{REGISTER}/export", shape="csv")

    rows = list(csv.reader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    assert len(rows) == 1 + len(EVIL)
    assert not [cell for row in rows for cell in row if cell.startswith(exporting.FORMULA)]
    assert {row[3] for row in rows[1:]} == {f"'{name}" for name in EVIL}


def test_a_workbook_has_days_as_days_and_text_as_text(
    database: Database, enters: Callable[..., Window]
) -> None:
    made = put(database, "=1+1")
    olga = enters("Olga")
    olga.text(REGISTER)

    answer = olga.does(f"{REGISTER}/export", shape="xlsx")

    sheet = load_workbook(io.BytesIO(answer.data)).active
    assert sheet is not None
    heads = [cell.value for cell in sheet[1]]
    cells = dict(zip(heads, sheet[2], strict=True))
    assert (cells["Number"].value, cells["Number"].data_type) == (made.number, "s")
    assert (cells["Holder"].value, cells["Holder"].data_type) == ("=1+1", "s")
    assert cells["Issued on"].value == datetime(2026, 11, 2)  # noqa: DTZ001  # as a sheet has it
    assert cells["Issued on"].is_date
    assert cells["Elements"].data_type == "n"
    assert lines_of(database, "register.exported")[0].detail["shape"] == "xlsx"


def test_more_than_a_workbook_takes_is_told_and_not_logged(
    database: Database, enters: Callable[..., Window], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exporting, "MOST_XLSX", 1)
    put(database, "Alice")
    put(database, "Bob")
    olga = enters("Olga")
    olga.text(REGISTER)

    answer = olga.does(f"{REGISTER}/export", shape="xlsx", kind="exam")

    assert "These are 2 certificates; a workbook takes 1." in answer.text
    assert lines_of(database, "register.exported") == []


def test_a_long_export_is_read_in_pieces(
    database: Database, enters: Callable[..., Window], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exporting, "AT_ONCE", 3)
    numbers = {put(database, f"Candidate {each}").number for each in range(8)}
    olga = enters("Olga")
    olga.text(REGISTER)

    answer = olga.does(f"{REGISTER}/export", shape="csv")

    rows = list(csv.reader(io.StringIO(answer.text)))
    assert {row[0] for row in rows[1:]} == numbers


def test_an_officer_of_one_scheme_takes_away_no_other(
    database: Database, office: Office, enters: Callable[..., Window]
) -> None:
    office.hire("Otto", scheme_id=FOUR_EYES)
    mine = put(database, "Mine", scheme_id=FOUR_EYES)
    put(database, "Other")
    otto = enters("Otto")
    otto.text(REGISTER)

    answer = otto.does(f"{REGISTER}/export", shape="csv", scheme="")

    rows = list(csv.reader(io.StringIO(answer.text)))
    assert [row[0] for row in rows[1:]] == [mine.number]


# The log, keys and lists


def test_the_log_tells_who_did_what_in_words(
    database: Database, enters: Callable[..., Window]
) -> None:
    made = put(database)
    olga = enters("Olga")
    olga.text(f"{REGISTER}/{made.id}")
    olga.does(f"{REGISTER}/{made.id}/suspend", reason="A doubt.")

    page = olga.reads(f"{DESK}/log")
    keys = olga.reads(f"{DESK}/log?about=key")

    assert "Suspended. Certificate" in page
    assert "Olga" in page
    assert "Nothing yet." in keys


def test_the_log_is_turned_page_by_page(database: Database, enters: Callable[..., Window]) -> None:
    with database.begin() as session:
        for _ in range(53):
            audit.note(session, "case.met", who="worker", about=str(uuid4()), now=NOON)
            audit.note(session, "platform.added", who="command line", about="x", now=NOON)
    olga = enters("Olga")

    first = olga.text(f"{DESK}/log")
    turn = first.partition('rel="next" href="')[2].partition('"')[0].replace("&amp;", "&")
    second = olga.text(turn)

    assert first.count("The rules of the scheme are met.") == 50
    assert second.count("The rules of the scheme are met.") == 3
    assert "platform" not in words(first)
    assert olga.get(f"{DESK}/log?before=x").status_code == 400


def test_every_act_of_this_room_has_a_sentence() -> None:
    room = Path(histories.__file__).parent
    written = "".join(path.read_text() for path in sorted(room.glob("*.py")))
    groups = "case|certificate|evidence|appeal|register|holder|share|key"
    acts = set(re.findall(rf'"((?:{groups})\.[a-z-]+)"', written)) - NO_ACTS

    assert acts <= histories.ACTS.keys()
    assert "certificate.revoked" in acts


def test_a_whole_log_is_said_to_be_whole(database: Database, enters: Callable[..., Window]) -> None:
    with database.begin() as session:
        for _ in range(3):
            audit.note(session, "case.met", who="worker", about=str(uuid4()), now=NOON)
    olga = enters("Olga")
    olga.text(f"{DESK}/log")

    came = olga.does(f"{DESK}/log")

    assert "All of it matches" in came.text
    assert "Lines 1 to 3 are as they were written." in came.text


@pytest.mark.parametrize("most", [20_000, 3])
def test_a_line_that_was_changed_is_found(
    database: Database, enters: Callable[..., Window], monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    monkeypatch.setattr(watching, "MOST_LOOKED_AT", most)
    with database.begin() as session:
        for _ in range(5):
            audit.note(session, "case.met", who="worker", about=str(uuid4()), now=NOON)
    tamper(database, text("UPDATE audit_line SET who = 'nobody' WHERE number = 4"))
    olga = enters("Olga")
    olga.text(f"{DESK}/log")

    came = olga.does(f"{DESK}/log")

    assert "Line 4 does not match" in came.text


def test_keys_and_lists_are_shown_with_what_is_wrong(
    database: Database, enters: Callable[..., Window]
) -> None:
    now = datetime.now(UTC)
    with database.begin() as session:
        for kid, purpose, retired in (
            ("badge-1", "badge-ed25519", None),
            ("badge-2", "badge-rsa", NOON),
            ("seal-1", "pdf-seal", None),
        ):
            session.add(
                KeyRecord(
                    kid=kid,
                    purpose=purpose,
                    public={},
                    is_test=True,
                    signs_from=NOON - timedelta(days=1),
                    retired_at=retired,
                )
            )
        for purpose, signed_at in (("revocation", now), ("suspension", NOON - timedelta(days=9))):
            session.add(StatusList(number=1, purpose=purpose, signed_at=signed_at, wanted_at=NOON))
    put(
        database,
        columns={"state": CertificateState.NUMBERED, "issued_at": None, "fault": "No key."},
    )
    waiting = put(database, "Waiting")
    with database.begin() as session:
        session.get_one(Case, waiting.case_id).state = CaseState.APPROVED

    page = enters("Olga").reads(f"{DESK}/health")

    assert "Something needs attention" in page
    assert "No key signs now for: Credentials as JWT (RSA)" in page
    assert "make it with: lti-tool keys make badge" in page
    assert "No key signs now for: Seal" not in page
    assert "badge-2 test Credentials as JWT (RSA) retired" in page
    assert "A status list is not signed in its newest state" in page
    assert "1 certificate could not be made yet: open it below and try again." in page
    assert "1 approved, waiting for a number" in page


def test_everything_works_is_said_where_nothing_is_wrong(
    database: Database, enters: Callable[..., Window]
) -> None:
    with database.begin() as session:
        for purpose in watching.PURPOSES:
            session.add(KeyRecord(kid=purpose, purpose=purpose, public={}, signs_from=NOON))

    assert "Everything works." in enters("Olga").reads(f"{DESK}/health")


def test_what_could_not_be_numbered_is_shown_with_its_fault(
    database: Database, enters: Callable[..., Window]
) -> None:
    with database.begin() as session:
        waits(session, "Stuck", state=CaseState.APPROVED, approvers=0, fault="KeyError: 'title'")

    page = enters("Olga").reads(f"{DESK}/health")

    assert "1 approved case could not be numbered yet." in page
    assert "Stuck KeyError: 'title'" in page


def test_the_navigation_leads_officers_and_administrators_to_these_pages(
    enters: Callable[..., Window],
) -> None:
    page = enters("Olga").text(REGISTER)

    for title in ("Certification", "Cases", "Register", "Log of acts", "Keys and lists"):
        assert f">{title}<" in page
    assert ">Platforms<" not in page


@pytest.mark.parametrize("path", ["cases", "register", "log", "health"])
def test_learners_and_teachers_stay_outside(enters: Callable[..., Window], path: str) -> None:
    for role in (Role.LEARNER, Role.INSTRUCTOR):
        assert enters("Olga", role).get(f"{DESK}/{path}").status_code == 403


def test_kinds_and_schemes_are_offered_as_filters(enters: Callable[..., Window]) -> None:
    page = enters("Olga").text(REGISTER)

    for kind in SchemeKind:
        assert f'value="{kind.value}"' in page
    assert f'value="{ONE}"' in page
