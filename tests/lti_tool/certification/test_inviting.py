"""Those whom an officer entered confirm address and name by a letter, without any platform."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from lti_tool import mail
from lti_tool.audit import AuditLine
from lti_tool.certification import contact, letters
from lti_tool.certification.letters import Post
from lti_tool.certification.models import Appeal, Case, CaseState, Holder
from lti_tool.certification.register_models import Certificate, HolderLink
from lti_tool.db import Database, utcnow
from lti_tool.mail import Mail
from lti_tool.settings import Settings
from lti_tool.vault import Vault
from tests.lti_tool.certification.deskside import DESK, Window, window, words
from tests.lti_tool.certification.letterbox import Letterbox
from tests.lti_tool.certification.office import Office, open_office, workshop
from tests.lti_tool.certification.shelves import shelve_holder

ENTER = f"{DESK}/enter"
EXAM = f"{ENTER}/capitals-exam/entry"
PAPER = {"name": "Zoe Paper", "day": "2026-10-01", "result.M1": "2/3", "result.M2": "3/3"}
TO = "zoe@example.org"
Arrived = Callable[[], list[tuple[str, str]]]


@pytest.fixture
def settings(settings: Settings, tmp_path: Path) -> Settings:
    """Give settings by which mail is written into a folder."""
    return replace(
        settings,
        files_url=str(tmp_path / "files"),
        keys_dir=tmp_path / "keys",
        development_keys=True,
        allow_private_addresses=True,
        mail_url=f"file:{tmp_path}/post",
        mail_from="certificates@tool.example.org",
    )


@pytest.fixture
def vault(settings: Settings) -> Vault:
    return Vault(settings.secret_key)


@pytest.fixture
def office(database: Database) -> Office:
    """Give an office with Olga and Oskar."""
    return open_office(database)


@pytest.fixture
def olga(app: Flask, office: Office) -> Window:
    """Give Olga's window at the desk."""
    return window(app, office, "Olga")


@pytest.fixture
def arrived(database: Database, settings: Settings, vault: Vault, tmp_path: Path) -> Arrived:
    """Have the worker send; give what arrived since: to whom, and the path of its link."""
    letterbox = Letterbox(tmp_path / "post")

    def run() -> list[tuple[str, str]]:
        mail.send_due(database.begin, settings, vault, now=utcnow())
        return letterbox.new()

    return run


def enters(at: Window, path: str = EXAM, **form: str) -> str:
    at.reads(path)
    return words(at.does(path, **{**PAPER, **form}).text)


def sends(client: FlaskClient, path: str, **form: str) -> tuple[int, str, str]:
    """Send the form of a page; give status, words and where it leads."""
    page = client.get(path).get_data(as_text=True)
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert token is not None
    answer = client.post(path, data={"csrf_token": token[1], **form})
    return (
        answer.status_code,
        words(answer.get_data(as_text=True)),
        answer.headers.get("Location", ""),
    )


def the_case(database: Database) -> Case:
    with database.read() as session:
        return session.scalars(select(Case)).one()


def the_holder(database: Database) -> Holder:
    with database.read() as session:
        return session.get_one(Holder, the_case(database).holder_id)


def letters_of(database: Database) -> int:
    with database.read() as session:
        return session.scalar(select(func.count()).select_from(Mail)) or 0


def gives_address(database: Database, holder_id: UUID, vault: Vault, address: str) -> None:
    with database.begin() as session:
        holder = session.get_one(Holder, holder_id)
        contact.take(session, holder, address, vault, now=utcnow())


# From the officer to the holder


def test_whoever_was_entered_corrects_the_name_and_hears_when_the_certificate_is_ready(
    *,
    app: Flask,
    client: FlaskClient,
    database: Database,
    office: Office,
    olga: Window,
    settings: Settings,
    arrived: Arrived,
) -> None:
    told = enters(olga, email=" Zoe@Example.ORG ")
    ((to, link),) = arrived()
    before = the_holder(database)
    opened = words(client.get(link).get_data(as_text=True))
    looked = sends(client, link, name="Zoë  Paper", language="en", do="look")
    status, _page, onward = sends(client, link, name="Zoë Paper", language="en", do="confirm")

    case, holder = the_case(database), the_holder(database)
    mine = words(client.get(onward).get_data(as_text=True))
    assert "A letter to the holder is on its way." in told
    assert to == "Zoe@example.org"
    assert (before.email, before.email_confirmed_at) == ("", None)
    assert "Zoe Paper" in opened
    assert "News about your certificates will go to Zoe@example.org" in opened
    assert (looked[0], "Zoë Paper" in looked[1]) == (200, True)
    assert status == 303
    assert "Thank you: it is confirmed." in mine
    assert holder.email == "Zoe@example.org"
    assert (case.name, case.state) == ("Zoë Paper", CaseState.CHECKED)
    assert case.name_confirmed_by == str(holder.id)

    oskar = window(app, office, "Oskar")
    shown = oskar.text(f"{DESK}/cases/{case.id}")
    page, seen = words(shown), re.search(r'name="seen" value="([^"]+)"', shown)
    assert seen is not None
    oskar.does(f"{DESK}/cases/{case.id}/approve", seen=seen[1])
    work = workshop(settings, database)
    while work.number(utcnow()) + work.issue(utcnow()):
        pass
    ((ready_to, door),) = arrived()
    shelf = words(client.get(door).get_data(as_text=True))

    with database.read() as session:
        certificate = session.scalars(select(Certificate)).one()
    assert "changed it was Zoe Paper, as given by Olga" in page
    assert "The holder was asked by mail to confirm name and address." in page
    assert ready_to == "Zoe@example.org"
    assert certificate.number in shelf


def test_whoever_was_refused_asks_for_a_review_without_any_account(
    client: FlaskClient, database: Database, office: Office, olga: Window, arrived: Arrived
) -> None:
    enters(olga, email=TO, **{"result.M1": "0/3"})
    ((_to, link),) = arrived()
    _status, _page, onward = sends(client, link, name="Zoe Paper", language="en", do="confirm")
    mine = onward.partition("?")[0]
    page = client.get(mine).get_data(as_text=True)
    path = f"{mine}/appeal/{the_case(database).id}"

    status, _told, shown = sends(client, path, words="I had two of three.")

    assert f'href="{path}"' in page
    assert "My work evidence" not in page
    assert status == 303
    assert "Your request is kept" in words(client.get(shown).get_data(as_text=True))
    with database.read() as session:
        appeal = session.scalars(select(Appeal)).one()
    assert (appeal.words, appeal.decided_at) == ("I had two of three.", None)
    assert client.get(path.replace(mine.rpartition("/")[2], "another")).status_code == 404


def test_a_link_works_once_and_the_answer_says_what_to_do_next(
    client: FlaskClient, database: Database, olga: Window, arrived: Arrived
) -> None:
    enters(olga, email=TO)
    ((_to, link),) = arrived()
    used = sends(client, link, name="Zoe Paper", language="en", do="confirm")

    again = client.get(link)
    never = client.get("/certificates/confirm/" + "x" * 43)

    page = words(again.get_data(as_text=True))
    assert used[0] == 303
    assert (again.status_code, never.status_code) == (404, 404)
    assert "This link no longer works" in page
    assert "Ask it for a new letter." in page
    assert words(never.get_data(as_text=True)) == page


def test_a_link_is_over_after_fourteen_days(
    client: FlaskClient, database: Database, olga: Window, arrived: Arrived
) -> None:
    enters(olga, email=TO)
    ((_to, link),) = arrived()
    with database.begin() as session:
        (row,) = session.scalars(select(HolderLink))
        lasted = row.expires_at - row.created_at
        row.expires_at = utcnow()

    answer = client.get(link)

    assert lasted == timedelta(days=14)
    assert answer.status_code == 404
    assert the_holder(database).email == ""


def test_opening_the_link_alone_confirms_nothing_and_its_token_is_not_kept(
    client: FlaskClient, database: Database, olga: Window, arrived: Arrived
) -> None:
    enters(olga, email=TO)
    ((_to, link),) = arrived()

    client.get(link)

    with database.read() as session:
        (row,) = session.scalars(select(HolderLink))
    assert the_case(database).name_confirmed_at is None
    assert the_holder(database).email == ""
    assert link.rpartition("/")[2] not in row.token_hash
    assert TO not in row.email_sealed


def test_a_name_that_cannot_be_printed_is_told_beside_the_field(
    client: FlaskClient, database: Database, olga: Window, arrived: Arrived
) -> None:
    enters(olga, email=TO)
    ((_to, link),) = arrived()

    status, page, _onward = sends(client, link, name="გიორგი", language="en", do="confirm")

    assert status == 422
    assert "Cannot be printed" in page
    assert "Yes, confirm" not in page
    assert the_case(database).name == "Zoe Paper"


def test_a_name_that_the_officer_saw_leaves_the_address_to_be_confirmed(
    client: FlaskClient, database: Database, olga: Window, arrived: Arrived
) -> None:
    enters(olga, email=TO, name_seen="yes")
    ((_to, link),) = arrived()
    with database.begin() as session:
        case = session.scalars(select(Case)).one()
        case.state, case.approved_at, case.approved_human = (
            CaseState.APPROVED, utcnow(), UUID(int=1),
        )  # fmt: skip

    page = words(client.get(link).get_data(as_text=True))
    status, _words, _onward = sends(client, link, name="Mallory", do="confirm")

    assert "Confirm your address" in page
    assert "Zoe Paper" not in page
    assert status == 303
    assert the_holder(database).email == TO
    assert the_case(database).name == "Zoe Paper"


def test_an_organisation_confirms_its_name_too(
    client: FlaskClient, database: Database, olga: Window, arrived: Arrived
) -> None:
    olga.reads(f"{ENTER}/capitals-body/entry")
    form = {"name": "School of Capitals", "day": "2026-10-01", "email": "office@school.example"}
    olga.does(f"{ENTER}/capitals-body/entry", **form, check=["1"])
    ((to, link),) = arrived()

    page = words(client.get(link).get_data(as_text=True))
    sends(client, link, name="School of Capitals", language="en", do="confirm")

    assert to == "office@school.example"
    assert "Name of the organisation" in page
    assert the_case(database).state == CaseState.CHECKED


# What is sent, and to whom


def test_without_an_address_nothing_is_sent_and_the_officer_learns_what_to_do(
    database: Database, olga: Window
) -> None:
    told = enters(olga)

    assert "The name is not confirmed yet: ask the holder by mail" in told
    assert letters_of(database) == 0


def test_what_is_no_address_is_told_and_nothing_is_entered(
    database: Database, olga: Window
) -> None:
    told = enters(olga, email="zoe at home")

    assert "zoe at home is no e-mail address" in told
    with database.read() as session:
        assert session.scalar(select(func.count()).select_from(Case)) == 0


def test_a_list_with_addresses_sends_each_candidate_one_letter(
    database: Database, olga: Window, arrived: Arrived
) -> None:
    text = (
        "name,day,email,M1,M2\nÁgnes Nagy,2026-10-01,agnes@example.org,3/3,3/3\n"
        "Bo Li,2026-10-01,,3/3,3/3\nCy,2026-10-01,cy at home,3/3,3/3\n"
    )
    olga.reads(EXAM)
    upload = (io.BytesIO(text.encode()), "list.csv")
    page = words(olga.does(f"{EXAM}/list", list=upload).text)  # type: ignore[arg-type]  # a file
    before = letters_of(database)
    done = words(olga.does(f"{EXAM}/list", text=text).text)
    olga.reads(EXAM)
    olga.does(f"{EXAM}/list", text=text)

    assert "agnes@example.org" in page
    assert "Line 4 (Cy): cy at home is no e-mail address" in page
    assert "The name of 1 candidate still has to be confirmed" in page
    assert before == 0
    assert "Those with an address get a letter." in done
    assert [to for to, _link in arrived()] == ["agnes@example.org"]
    assert olga.text(f"{EXAM}/list.csv").startswith("\ufeffname,day,email,M1,M2,exam_body")


def test_where_no_mail_is_sent_nobody_is_asked_for_an_address(
    app: Flask, database: Database, olga: Window
) -> None:
    app.extensions["lti_tool.settings"] = replace(app.extensions["lti_tool.settings"], mail_url="")

    page = olga.text(EXAM)
    enters(olga, email=TO)
    case = the_case(database)
    letter = olga.reads(f"{DESK}/cases/{case.id}/letter")

    assert 'name="email"' not in page
    assert olga.text(f"{EXAM}/list.csv").startswith("\ufeffname,day,M1")
    assert letters_of(database) == 0
    assert "No mail is sent from here" in letter


def test_an_address_that_the_holder_confirmed_is_never_replaced_by_an_officer(
    database: Database, olga: Window, vault: Vault, arrived: Arrived
) -> None:
    with database.begin() as session:
        known = shelve_holder(session, name="Zoe Paper")
    gives_address(database, known, vault, "own@example.org")

    enters(olga, email="mallory@example.org", holder=str(known))

    assert [to for to, _link in arrived()] == ["own@example.org"]


def test_nobody_says_which_address_is_theirs_who_come_from_a_platform(
    office: Office, database: Database, olga: Window
) -> None:
    with database.begin() as session:
        alice = shelve_holder(session, office.stage.people["Alice"], name="Zoe Paper")

    enters(olga, email="mallory@example.org", holder=str(alice))
    path = f"{DESK}/cases/{the_case(database).id}/letter"
    olga.get(path)
    told = words(olga.does(path, email="mallory@example.org").text)

    assert "has an account at a learning platform" in told
    assert letters_of(database) == 0


def test_a_link_that_was_overtaken_by_another_address_is_over(
    client: FlaskClient, database: Database, olga: Window, vault: Vault, arrived: Arrived
) -> None:
    enters(olga, email=TO)
    ((_to, link),) = arrived()
    gives_address(database, the_case(database).holder_id, vault, "own@example.org")

    answer = client.get(link)

    assert answer.status_code == 404
    assert the_holder(database).email == "own@example.org"


def test_what_was_taken_back_is_confirmed_by_nobody(
    client: FlaskClient, database: Database, olga: Window, arrived: Arrived
) -> None:
    enters(olga, email=TO)
    ((_to, link),) = arrived()
    case = the_case(database)
    olga.reads(f"{DESK}/cases/{case.id}")
    olga.does(f"{DESK}/cases/{case.id}/take-back")

    answer = client.get(link)

    assert answer.status_code == 404


# Sent again


def test_a_letter_sent_again_ends_the_link_of_the_one_before(
    client: FlaskClient, database: Database, olga: Window, arrived: Arrived
) -> None:
    enters(olga, email="zeo@example.org")
    ((_wrong, first),) = arrived()
    case = the_case(database)
    offered = olga.reads(f"{DESK}/cases/{case.id}")
    page = olga.text(f"{DESK}/cases/{case.id}/letter")

    told = words(olga.does(f"{DESK}/cases/{case.id}/letter", email=TO).text)
    ((to, second),) = arrived()

    with database.read() as session:
        acts = session.scalars(select(AuditLine.act).order_by(AuditLine.number)).all()
    assert "Ask the holder by mail to confirm name and address" in offered
    assert 'value="zeo@example.org"' in page
    assert "A letter to the holder is on its way." in told
    assert to == TO
    assert (client.get(first).status_code, client.get(second).status_code) == (404, 200)
    assert acts.count("case.invited") == 2


def test_five_letters_a_day_about_one_case_are_enough(
    database: Database, olga: Window, vault: Vault
) -> None:
    enters(olga)
    case = the_case(database)
    with database.begin() as session:
        for number in range(5):
            session.add(
                HolderLink(
                    token_hash=str(number) * 64,
                    holder_id=case.holder_id,
                    case_id=case.id,
                    purpose=letters.INVITATION,
                    created_at=utcnow(),
                    expires_at=utcnow(),
                )
            )
    olga.reads(f"{DESK}/cases/{case.id}/letter")

    answer = olga.does(f"{DESK}/cases/{case.id}/letter", email=TO)

    assert answer.status_code == 422
    assert "Five letters were sent about this case today." in words(answer.text)
    assert letters_of(database) == 0


def test_an_officer_of_another_scheme_writes_to_nobody_here(
    app: Flask, database: Database, office: Office, olga: Window
) -> None:
    enters(olga)
    case = the_case(database)
    office.hire("Otto", scheme_id="capitals-body")
    otto = window(app, office, "Otto")

    looked = otto.get(f"{DESK}/cases/{case.id}/letter").status_code
    otto.reads(ENTER)
    sent = otto.does(f"{DESK}/cases/{case.id}/letter", email="otto@example.org").status_code

    assert looked == 404
    assert sent in {403, 404}
    assert letters_of(database) == 0


def test_one_case_is_written_about_once_however_often_it_is_asked(
    database: Database, olga: Window, settings: Settings, vault: Vault
) -> None:
    enters(olga, email=TO)
    post, case = Post.of(settings, vault), the_case(database)

    with database.begin() as session:
        told = letters.Invitation(
            key=f"invite:{case.id}", about=case.id, title="x", needs_name=True, needs_address=True
        )
        again = mail.queue(
            session, letters.invitation(told, TO, "t" * 43, post), vault, now=utcnow()
        )

    assert again is False
    assert letters_of(database) == 1
