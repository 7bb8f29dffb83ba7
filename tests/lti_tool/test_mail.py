"""Mail: queued with what happened, sent once over a real server, forgotten after some days."""

from __future__ import annotations

import email
import socket
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.policy import default
from itertools import pairwise
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from lti_tool import mail
from lti_tool.addresses import read_address
from lti_tool.db import Database
from lti_tool.mail import Letter, Mail, ShownMail
from lti_tool.settings import Settings
from lti_tool.vault import Vault
from tests.lti_tool.post_office import Office, open_office
from tests.xapi.test_calling import certificate_in

NOON = datetime(2026, 11, 2, 12, 0, tzinfo=UTC)
LATER = NOON + timedelta(minutes=2)
ALICE = Letter(
    key="ready:1",
    to="alice@example.org",
    subject="Your certificate is ready",
    text="Dear Alice,\n\nhere it is: https://tool.example.org/x\n",
    html="<p>Dear Alice, <a href='https://tool.example.org/x'>here it is</a>.</p>",
    about=uuid4(),
)
BOB = replace(ALICE, key="ready:2", to="bob@example.org")


@pytest.fixture
def vault(settings: Settings) -> Vault:
    return Vault(settings.secret_key)


@pytest.fixture
def office() -> Iterator[Office]:
    """Give a server on this machine, where mail may go in the open."""
    with open_office() as opened:
        yield opened


@pytest.fixture
def queued(database: Database, vault: Vault) -> Callable[..., bool]:
    """Queue letters."""

    def queue(*letters: Letter, now: datetime = NOON) -> bool:
        with database.begin() as session:
            return [mail.queue(session, each, vault, now=now) for each in letters] == [True] * len(
                letters
            )

    return queue


@pytest.fixture
def sent(database: Database, settings: Settings, vault: Vault) -> Callable[..., int]:
    """Send what is due over a server or into a folder."""

    def send(url: str, now: datetime = NOON) -> int:
        own = replace(settings, mail_url=url, mail_from="certificates@tool.example.org")
        return mail.send_due(database.begin, own, vault, now=now)

    return send


def over(office: Office) -> str:
    return f"smtp://127.0.0.1:{office.port}"


def shown(database: Database) -> dict[str, ShownMail]:
    with database.read() as session:
        return {each.key: each for each in mail.list_mail(session, sent=True)}


def rows(database: Database) -> dict[str, Mail]:
    with database.read() as session:
        return {each.key: each for each in session.scalars(select(Mail))}


# What is sent


def test_a_letter_arrives_with_both_its_texts(
    queued: Callable[..., bool], sent: Callable[..., int], office: Office, database: Database
) -> None:
    queued(ALICE)

    done = sent(over(office))

    (letter,) = office.letters
    text, html = letter.get_body(("plain",)), letter.get_body(("html",))
    assert done == 1
    assert office.to == ["alice@example.org"]
    assert letter["From"] == "Automotive Skills Alliance <certificates@tool.example.org>"
    assert letter["Subject"] == "Your certificate is ready"
    assert letter["Auto-Submitted"] == "auto-generated"
    assert str(letter["Message-ID"]).endswith("@tool.example.org>")
    assert text is not None
    assert text.get_content().replace("\r\n", "\n") == ALICE.text
    assert html is not None
    assert "here it is</a>" in html.get_content()
    assert shown(database)["ready:1"].state == "sent"


def test_letters_beyond_ascii_arrive_as_they_were_written(
    queued: Callable[..., bool], sent: Callable[..., int], office: Office
) -> None:
    queued(replace(ALICE, subject="Váš certifikát", text="Žofie Šťastná, ΑΒΓ, Ђорђе\n"))

    sent(over(office))

    (letter,) = office.letters
    body = letter.get_body(("plain",))
    assert letter["Subject"] == "Váš certifikát"
    assert body is not None
    assert body.get_content().strip() == "Žofie Šťastná, ΑΒΓ, Ђорђе"


def test_a_letter_is_sent_once(
    queued: Callable[..., bool], sent: Callable[..., int], office: Office
) -> None:
    first, again = queued(ALICE), queued(replace(ALICE, to="mallory@example.org"))

    rounds = sent(over(office)), sent(over(office), NOON + timedelta(days=1))

    assert (first, again) == (True, False)
    assert rounds == (1, 0)
    assert office.to == ["alice@example.org"]


def test_without_a_server_nothing_is_tried(
    queued: Callable[..., bool], sent: Callable[..., int], database: Database
) -> None:
    queued(ALICE)

    done = sent("")

    assert done == 0
    assert shown(database)["ready:1"].tries == 0


def test_a_folder_takes_mail_as_files(
    queued: Callable[..., bool], sent: Callable[..., int], tmp_path: Path
) -> None:
    queued(ALICE, BOB)

    done = sent(f"file:{tmp_path}/post")

    files = sorted((tmp_path / "post").iterdir())
    letters = [email.message_from_bytes(each.read_bytes(), policy=default) for each in files]
    assert done == 2
    assert {each.suffix for each in files} == {".eml"}
    assert {str(each["To"]) for each in letters} == {"alice@example.org", "bob@example.org"}
    assert all(isinstance(each, EmailMessage) for each in letters)


# Who may listen


@pytest.mark.parametrize("is_vouched_for", [False, True])
def test_a_server_is_told_nothing_unless_its_certificate_is_vouched_for(
    queued: Callable[..., bool],
    sent: Callable[..., int],
    database: Database,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    *,
    is_vouched_for: bool,
) -> None:
    file = certificate_in(tmp_path)
    if is_vouched_for:
        monkeypatch.setenv("SSL_CERT_FILE", str(file))
    queued(ALICE)

    with open_office(file, with_names=True) as office:
        sent(f"smtp://tool:open%20sesame@127.0.0.1:{office.port}")

    told = shown(database)["ready:1"]
    assert office.encrypted == ([True] if is_vouched_for else [])
    assert ("cannot be trusted" in told.reason) is not is_vouched_for
    assert told.state == ("sent" if is_vouched_for else "waiting")


def test_a_wrong_password_is_told_and_all_letters_wait(
    queued: Callable[..., bool],
    sent: Callable[..., int],
    database: Database,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    file = certificate_in(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    queued(ALICE, BOB)

    with open_office(file, with_names=True) as office:
        sent(f"smtp://tool:wrong@127.0.0.1:{office.port}")

    told = shown(database)
    assert office.letters == []
    assert {each.state for each in told.values()} == {"waiting"}
    assert all("refused our name and password" in each.reason for each in told.values())
    assert all("wrong" not in each.reason for each in told.values())


def test_nothing_goes_in_the_open_to_another_machine(
    queued: Callable[..., bool],
    sent: Callable[..., int],
    office: Office,
    database: Database,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    here = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", office.port))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_given, **_named: here)
    queued(ALICE)

    sent(f"smtp://post.example.org:{office.port}")

    told = shown(database)["ready:1"]
    assert office.letters == []
    assert "offers no STARTTLS" in told.reason


# What goes wrong


def test_an_address_that_the_server_refuses_for_good_is_stuck_and_stops_no_other(
    queued: Callable[..., bool], sent: Callable[..., int], office: Office, database: Database
) -> None:
    office.says["alice@example.org"] = "550 5.1.1 <alice@example.org>: no such mailbox"
    queued(ALICE, BOB)

    sent(over(office))

    told = shown(database)
    assert told["ready:1"].state == "stuck"
    assert told["ready:1"].due_at is None
    assert "550 5.1.1 <…>: no such mailbox" in told["ready:1"].reason
    assert told["ready:2"].state == "sent"


def test_content_that_the_server_refuses_for_good_is_stuck(
    queued: Callable[..., bool], sent: Callable[..., int], office: Office, database: Database
) -> None:
    office.says_of_content = "554 looks like spam"
    queued(ALICE)

    sent(over(office))

    assert shown(database)["ready:1"].state == "stuck"


def test_a_refusal_for_now_is_tried_again_later_and_later(
    queued: Callable[..., bool], sent: Callable[..., int], office: Office, database: Database
) -> None:
    office.says["alice@example.org"] = "450 4.2.0 greylisted"
    queued(ALICE)
    waits = []

    now = NOON
    for _ in range(4):
        sent(over(office), now)
        due = shown(database)["ready:1"].due_at
        assert due is not None
        waits.append((due - now).total_seconds())
        now = due
    del office.says["alice@example.org"]
    sent(over(office), now)

    told = shown(database)["ready:1"]
    assert all(later > 1.5 * before for before, later in pairwise(waits))
    assert 48 <= waits[0] <= 60
    assert (told.state, told.reason) == ("sent", "")


def test_a_server_that_is_away_is_tried_once_for_all_letters(
    queued: Callable[..., bool], sent: Callable[..., int], database: Database
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        queued(ALICE, BOB)

        done = sent(f"smtp://127.0.0.1:{taken.getsockname()[1]}")

    told = shown(database)
    assert done == 2
    assert {each.state for each in told.values()} == {"waiting"}
    assert all("cannot be reached" in each.reason for each in told.values())
    assert {each.tries for each in told.values()} == {1}


def test_after_seven_days_a_letter_is_given_up_until_somebody_asks_for_it(
    queued: Callable[..., bool], sent: Callable[..., int], office: Office, database: Database
) -> None:
    office.says["alice@example.org"] = "450 4.2.0 try later"
    queued(ALICE)
    late = NOON + timedelta(days=7)

    sent(over(office), late)
    stuck = shown(database)["ready:1"]
    office.says.clear()
    with database.begin() as session:
        again = mail.retry(session, who="command line", now=late)
    sent(over(office), late)

    assert stuck.state == "stuck"
    assert "Given up after seven days" in stuck.reason
    assert again == 1
    assert office.to == ["alice@example.org"]


def test_a_letter_of_another_secret_is_stuck_and_stops_no_other(
    database: Database, queued: Callable[..., bool], sent: Callable[..., int], office: Office
) -> None:
    with database.begin() as session:
        mail.queue(session, ALICE, Vault("a secret that is not set any more"), now=NOON)
    queued(BOB, now=LATER)

    sent(over(office), LATER)

    told = shown(database)
    assert told["ready:1"].state == "stuck"
    assert "LTI_TOOL_OLD_SECRET_KEYS" in told["ready:1"].reason
    assert office.to == ["bob@example.org"]


def test_a_letter_that_another_worker_sends_is_left_alone(
    queued: Callable[..., bool],
    sent: Callable[..., int],
    office: Office,
    database: Database,
) -> None:
    queued(ALICE)
    with database.begin() as session:
        claimed = mail._claim(session, now=NOON, limit=50)

    at_once = sent(over(office))
    after_its_death = sent(over(office), NOON + mail.LEASE)

    assert len(claimed) == 1
    assert (at_once, after_its_death) == (0, 1)
    assert office.to == ["alice@example.org"]


# What is kept


def test_neither_address_nor_content_can_be_read_in_the_table(
    queued: Callable[..., bool], database: Database
) -> None:
    queued(ALICE)

    (row,) = rows(database).values()
    kept = " ".join(str(value) for value in vars(row).values())
    assert "alice" not in kept.lower()
    assert "tool.example.org" not in kept


def test_address_and_content_are_gone_some_days_after_sending(
    queued: Callable[..., bool], sent: Callable[..., int], office: Office, database: Database
) -> None:
    office.says["bob@example.org"] = "550 no"
    queued(ALICE, BOB)
    sent(over(office))

    with database.begin() as session:
        soon = mail.forget(session, now=NOON + mail.KEEP_SENT)
    with database.begin() as session:
        then = mail.forget(session, now=NOON + mail.KEEP_SENT + timedelta(hours=1))
    with database.begin() as session:
        last = mail.forget(session, now=NOON + mail.KEEP_STUCK + timedelta(hours=1))
        again = mail.retry(session, who="command line", now=NOON)

    kept = rows(database)
    assert (soon, then, last, again) == (0, 1, 1, 0)
    assert {each.to_sealed for each in kept.values()} == {""}
    assert {each.content_sealed for each in kept.values()} == {""}
    assert kept["ready:1"].sent_at == NOON


def test_letters_are_listed_by_what_they_are_about(
    queued: Callable[..., bool], database: Database
) -> None:
    about = UUID(int=7)
    queued(ALICE, replace(BOB, about=about))

    with database.read() as session:
        found = mail.list_mail(session, about=[about])

    assert [each.key for each in found] == ["ready:2"]


# Addresses


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ("alice@example.org", "alice@example.org"),
        ("  Alice.Smith+lti@Example.ORG ", "Alice.Smith+lti@example.org"),
        ("josef@škoda.cz", "josef@xn--koda-f6a.cz"),
        ("jürgen@example.org", "jürgen@example.org"),
        ("o'neill@mail.example.co.uk", "o'neill@mail.example.co.uk"),
        ("alice@localhost", None),
        ("alice", None),
        ("@example.org", None),
        ("alice@", None),
        ("a b@example.org", None),
        ("alice@example.org\nBcc: bob@example.org", None),
        ("alice@bob@example.org", None),
        ("<alice@example.org>", None),
        (".alice@example.org", None),
        ("a..b@example.org", None),
        ("alice@-bad.example", None),
        ("alice@exa_mple.org", None),
        ("alice@" + "a" * 64 + ".org", None),
        ("a" * 65 + "@example.org", None),
        ("", None),
    ],
)
def test_an_address_is_read_as_mail_servers_know_it(given: str, read: str | None) -> None:
    assert read_address(given) == read
