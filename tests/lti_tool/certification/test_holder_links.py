"""A holder's own address: confirmed, used, removed; their certificates by a link by mail."""

from __future__ import annotations

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
from lti_tool.certification import contact, letters, resealing, share_links
from lti_tool.certification.letters import Post
from lti_tool.certification.models import Case, CaseState, Holder
from lti_tool.certification.register_models import HolderLink, LinkWish
from lti_tool.certification.share_links import Lasting, NewLink
from lti_tool.db import Database, utcnow
from lti_tool.errors import TooManyError
from lti_tool.files import Files
from lti_tool.lti.models import Person
from lti_tool.mail import Mail
from lti_tool.settings import Settings
from lti_tool.vault import Vault
from tests.cast import Stage, set_stage
from tests.lti_tool.certification.letterbox import Letterbox
from tests.lti_tool.certification.office import all_schemes, candidate
from tests.lti_tool.certification.shelves import shelve, shelve_holder
from tests.lti_tool.player.window import Browser

MINE = "/certificates"
ASK = "/certificates/link"


@pytest.fixture
def settings(settings: Settings, tmp_path: Path) -> Settings:
    """Give settings by which mail is written into a folder."""
    return replace(
        settings,
        files_url=str(tmp_path / "files"),
        mail_url=f"file:{tmp_path}/post",
        mail_from="certificates@tool.example.org",
    )


@pytest.fixture
def vault(settings: Settings) -> Vault:
    return Vault(settings.secret_key)


@pytest.fixture
def stage(app: Flask, database: Database) -> Stage:
    return set_stage(database, now=utcnow())


@pytest.fixture
def alice(stage: Stage) -> UUID:
    """Give the holder that Alice is."""
    with stage.database.begin() as session:
        return shelve_holder(session, stage.people["Alice"])


@pytest.fixture
def window(stage: Stage, client: FlaskClient) -> Browser:
    """Give Alice's window."""
    return Browser(client, stage.visit("Alice", now=utcnow()))


@pytest.fixture
def post(settings: Settings, vault: Vault) -> Post:
    return Post.of(settings, vault)


@pytest.fixture
def arrived(
    database: Database, settings: Settings, post: Post, tmp_path: Path
) -> Callable[[], list[tuple[str, str]]]:
    """Have the worker do its part; give what arrived since: to whom, and the path of its link."""
    letterbox = Letterbox(tmp_path / "post")

    def run() -> list[tuple[str, str]]:
        contact.answer_wishes(database.begin, post, now=utcnow())
        mail.send_due(database.begin, settings, post.vault, now=utcnow())
        return letterbox.new()

    return run


def confirmed(database: Database, holder_id: UUID, vault: Vault, address: str) -> None:
    with database.begin() as session:
        holder = session.get_one(Holder, holder_id)
        holder.email, holder.email_confirmed_at = address, utcnow()
        holder.email_search = contact.search_key(address, vault)[0]


def sends(client: FlaskClient, path: str, **form: str) -> int:
    page = client.get(path).get_data(as_text=True)
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert token is not None
    return client.post(path, data={"csrf_token": token[1], **form}).status_code


def asks(client: FlaskClient, address: str) -> bytes:
    page = client.get(ASK).get_data(as_text=True)
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert token is not None
    answer = client.post(ASK, data={"csrf_token": token[1], "email": address})
    assert answer.status_code == 200
    return answer.data


def holder(database: Database, holder_id: UUID) -> Holder:
    with database.read() as session:
        return session.get_one(Holder, holder_id)


# An address is confirmed


def test_an_address_counts_only_after_its_reader_confirmed_it(
    window: Browser,
    client: FlaskClient,
    database: Database,
    alice: UUID,
    arrived: Callable[[], list[tuple[str, str]]],
) -> None:
    window.text(MINE)

    asked = window.post(f"{MINE}/address", email=" Alice@Example.ORG ")
    ((to, link),) = arrived()
    opened = client.get(link).get_data(as_text=True)
    before = holder(database, alice)
    done = sends(client, link)
    after = holder(database, alice)
    again = client.get(link).status_code

    with database.read() as session:
        acts = list(session.scalars(select(AuditLine.act)))
    assert asked.status_code == 303
    assert to == "Alice@example.org"
    assert "Alice@example.org" in opened
    assert before.email == ""
    assert (done, again) == (200, 404)
    assert after.email == "Alice@example.org"
    assert after.email_confirmed_at is not None
    assert acts == ["holder.address-confirmed"]
    assert "News about your certificates goes to Alice@example.org" in window.text(MINE)


def test_what_is_no_address_is_told_beside_the_field(
    window: Browser, alice: UUID, database: Database
) -> None:
    window.text(MINE)

    answer = window.post(f"{MINE}/address", email="alice at home")

    html = answer.get_data(as_text=True)
    with database.read() as session:
        queued = session.scalar(select(func.count()).select_from(Mail))
    assert answer.status_code == 422
    assert 'value="alice at home"' in html
    assert "That is no e-mail address" in html
    assert queued == 0


def test_a_confirmation_holds_for_48_hours_or_until_a_newer_one_was_sent(
    database: Database, alice: UUID, post: Post
) -> None:
    now = utcnow()

    for _ in range(2):
        with database.begin() as session:
            contact.ask(session, alice, "alice@example.org", post, now=now)

    with database.read() as session:
        links = session.scalars(select(HolderLink)).all()
    working = [each for each in links if each.used_at is None]

    assert len(links) == 2
    assert len(working) == 1
    assert working[0].expires_at == now + timedelta(hours=48)


def test_a_token_confirms_nothing_before_and_after_its_time(
    database: Database, alice: UUID, post: Post, vault: Vault
) -> None:
    now = utcnow()
    with database.begin() as session:
        contact.ask(session, alice, "alice@example.org", post, now=now)
        (row,) = session.scalars(select(Mail))
        text = vault.decrypt(row.content_sealed, purpose="mail")
    found = re.search(r"/certificates/confirm/([\w-]{43})", text)
    assert found is not None
    token = found[1]

    with database.begin() as session:
        late = contact.confirm(session, token, vault, now=now + timedelta(hours=48))
        other = contact.confirm(session, "x" * 43, vault, now=now)
        door = contact.holder_of(session, token, now=now)
        good = contact.confirm(session, token, vault, now=now + timedelta(hours=47))

        later = now + timedelta(hours=47)
        opened = contact.holder_of(session, good or "", now=later)
    assert (late, other, door) == (None, None, None)
    assert opened == alice


def test_five_confirmations_a_day_are_enough(database: Database, alice: UUID, post: Post) -> None:
    now = utcnow()
    with database.begin() as session:
        for _ in range(5):
            contact.ask(session, alice, "alice@example.org", post, now=now)

    with pytest.raises(TooManyError), database.begin() as session:
        contact.ask(session, alice, "bob@example.org", post, now=now + timedelta(hours=23))
    with database.begin() as session:
        contact.ask(session, alice, "bob@example.org", post, now=now + timedelta(hours=25))


def test_removing_an_address_ends_the_links_that_went_there(
    *,
    window: Browser,
    client: FlaskClient,
    database: Database,
    alice: UUID,
    vault: Vault,
    arrived: Callable[[], list[tuple[str, str]]],
) -> None:
    confirmed(database, alice, vault, "alice@example.org")
    asks(client, "alice@example.org")
    ((_to, link),) = arrived()
    window.text(MINE)

    before = client.get(link).status_code
    done = window.post(f"{MINE}/address", do="remove")
    after = client.get(link).status_code
    asks(client, "alice@example.org")

    gone = holder(database, alice)
    assert (before, done.status_code, after) == (200, 303, 404)
    assert (gone.email, gone.email_search, gone.email_confirmed_at) == ("", "", None)
    assert arrived() == []


# Send me my link


def test_the_answer_is_the_same_for_known_and_unknown_and_nothing_is_looked_up(
    client: FlaskClient,
    database: Database,
    alice: UUID,
    vault: Vault,
    arrived: Callable[[], list[tuple[str, str]]],
) -> None:
    confirmed(database, alice, vault, "alice@example.org")

    known = asks(client, "ALICE@example.org")
    unknown, odd = asks(client, "bob@example.org"), asks(client, "not an address")

    with database.read() as session:
        wishes = session.scalar(select(func.count()).select_from(LinkWish))
        links = session.scalar(select(func.count()).select_from(HolderLink))
    found = arrived()
    with database.read() as session:
        left = session.scalar(select(func.count()).select_from(LinkWish))
    assert known == unknown == odd
    assert (wishes, links, left) == (3, 0, 0)
    assert [to for to, _link in found] == ["alice@example.org"]


def test_one_network_asks_five_times_a_minute(
    client: FlaskClient, alice: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = client.get(ASK).get_data(as_text=True)
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert token is not None
    form = {"csrf_token": token[1], "email": "alice@example.org"}
    monkeypatch.setattr("lti_tool.web.time.monotonic", lambda: 30.0)

    answers = [client.post(ASK, data=form).status_code for _ in range(6)]

    assert answers == [200] * 5 + [429]


def test_one_address_gets_five_links_a_day(
    database: Database, alice: UUID, vault: Vault, post: Post
) -> None:
    confirmed(database, alice, vault, "alice@example.org")
    now = utcnow()
    with database.begin() as session:
        for _ in range(7):
            contact.wish(session, "alice@example.org", vault, now=now)

    asked = contact.answer_wishes(database.begin, post, now=now)

    with database.read() as session:
        queued = session.scalar(select(func.count()).select_from(Mail))
    assert (asked, queued) == (7, 5)


def test_an_address_is_found_also_after_the_secret_changed(
    database: Database, alice: UUID, vault: Vault, settings: Settings
) -> None:
    confirmed(database, alice, vault, "alice@example.org")
    renewed = Vault("another secret of enough letters, really", [settings.secret_key])
    post = replace(Post.of(settings, vault), vault=renewed)
    with database.begin() as session:
        contact.wish(session, "alice@example.org", renewed, now=utcnow())

    contact.answer_wishes(database.begin, post, now=utcnow())

    with database.read() as session:
        assert session.scalar(select(func.count()).select_from(Mail)) == 1


def test_without_mail_the_page_says_so(app: Flask, client: FlaskClient) -> None:
    app.extensions["lti_tool.settings"] = replace(app.extensions["lti_tool.settings"], mail_url="")

    html = client.get(ASK).get_data(as_text=True)

    assert "No mail is sent from here" in html
    assert "<form" not in html


# What the link opens


@pytest.fixture
def link(database: Database, alice: UUID, post: Post) -> str:
    """Give a link of Alice's, as a letter would."""
    with database.begin() as session:
        letters.open_door(session, alice, "a" * 43, now=utcnow())
    return letters.mine_url("a" * 43, post).removeprefix("https://tool.example.org")


def test_a_link_shows_files_and_shares_without_any_visit(
    client: FlaskClient, database: Database, alice: UUID, link: str, settings: Settings
) -> None:
    with database.begin() as session:
        certificate = shelve(session, alice)
    Files(settings.files_url).write(certificate.pdf_path, b"%PDF sealed")

    listed = client.get(link).get_data(as_text=True)
    one = client.get(f"{link}/{certificate.id}").get_data(as_text=True)
    pdf = client.get(f"{link}/{certificate.id}/certificate.pdf")
    shared = sends(
        client, f"{link}/share", certificate=str(certificate.id), lasting="7", title="By link"
    )
    shown = client.get(f"{link}/share").get_data(as_text=True)

    assert certificate.number in listed
    assert "Give this certificate up" not in one
    assert pdf.data == b"%PDF sealed"
    assert pdf.headers["Cache-Control"] == "no-store"
    assert shared == 303
    assert "By link" in shown


def test_a_name_is_confirmed_by_a_link_too(
    app: Flask, client: FlaskClient, database: Database, alice: UUID, link: str
) -> None:
    app.extensions["lti_tool.schemes"] = all_schemes()
    with database.begin() as session:
        case = candidate(session, name_confirmed_at=None, state=CaseState.DRAFT)
        case.holder_id = alice

    listed = client.get(link).get_data(as_text=True)
    done = sends(
        client, f"{link}/name/{case.id}", name="Žofie Šťastná", language="en", do="confirm"
    )

    with database.read() as session:
        row = session.get_one(Case, case.id)
    assert "One step waits for you" in listed
    assert done == 303
    assert (row.name, row.name_confirmed_by) == ("Žofie Šťastná", str(alice))


def test_a_link_opens_nobody_elses_certificates(
    client: FlaskClient, database: Database, alice: UUID, link: str
) -> None:
    with database.begin() as session:
        bobs = shelve(session, shelve_holder(session, name="Bob"))

    answers = [
        client.get(f"{link}/{bobs.id}{part}").status_code
        for part in ("", "/certificate.pdf", "/credential.json", "/badge.png")
    ]

    assert answers == [404] * 4


def test_a_link_is_over_after_fourteen_days(
    client: FlaskClient, database: Database, alice: UUID, link: str
) -> None:
    with database.begin() as session:
        (row,) = session.scalars(select(HolderLink))
        lasted = row.expires_at - row.created_at
        row.expires_at = utcnow()

    answers = [client.get(path) for path in (link, f"{link}/share", f"{link}/address")]

    assert lasted == timedelta(days=14)
    assert [each.status_code for each in answers] == [404] * 3
    assert "https://tool.example.org/certificates/link" in answers[0].get_data(as_text=True)


def test_a_link_outlives_the_account_at_the_platform(
    client: FlaskClient, stage: Stage, alice: UUID, link: str
) -> None:
    with stage.database.begin() as session:
        number = shelve(session, alice).number
        person = session.get_one(Person, stage.people["Alice"])
        session.delete(person)

    assert number in client.get(link).get_data(as_text=True)


def test_the_address_is_removed_by_a_link_in_two_steps(
    client: FlaskClient, database: Database, alice: UUID, link: str, vault: Vault
) -> None:
    confirmed(database, alice, vault, "alice@example.org")

    asked = client.get(f"{link}/address").status_code
    between = holder(database, alice).email
    done = sends(client, f"{link}/address")

    assert (asked, done) == (200, 303)
    assert between == "alice@example.org"
    assert holder(database, alice).email == ""
    assert client.get(link).status_code == 404


def test_links_are_forgotten_a_month_after_their_end(
    database: Database, alice: UUID, link: str
) -> None:
    ends = utcnow() + timedelta(days=14)

    with database.begin() as session:
        soon = contact.forget(session, now=ends + timedelta(days=29))
        late = contact.forget(session, now=ends + timedelta(days=31))

    assert (soon, late) == (0, 1)


def test_links_addresses_and_letters_are_brought_to_a_new_secret(
    database: Database, alice: UUID, vault: Vault, post: Post, settings: Settings
) -> None:
    confirmed(database, alice, vault, "alice@example.org")
    with database.begin() as session:
        certificate = shelve(session, alice)
        contact.ask(session, alice, "other@example.org", post, now=utcnow())
        wanted = NewLink(certificate_ids=[certificate.id], lasting=Lasting.WEEK)
        token = share_links.make(session, alice, wanted, vault, who="alice", now=utcnow())
    secret = "another secret of enough letters, really"
    both, alone = Vault(secret, [settings.secret_key]), Vault(secret)

    with database.begin() as session:
        done = resealing.reseal(session, both, who="command line", now=utcnow())
        again = resealing.reseal(session, both, who="command line", now=utcnow())

    with database.read() as session:
        (link,) = share_links.list_links(session, alice, alone, now=utcnow())
        (row,) = session.scalars(select(Mail))
        found = session.get_one(Holder, alice).email_search
    assert (done, again) == (4, 0)
    assert link.token == token
    assert alone.decrypt(row.to_sealed, purpose="mail") == "other@example.org"
    assert found == contact.search_key("alice@example.org", alone)[0]
