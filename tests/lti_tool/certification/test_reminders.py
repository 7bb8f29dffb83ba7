"""Letters to holders: ready, and 90, 30 and 7 days before the end; once each, stopped by an end."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select

from lti_tool import mail
from lti_tool.certification import letters, reminders
from lti_tool.certification.contact import search_key
from lti_tool.certification.letters import Post
from lti_tool.certification.models import Holder
from lti_tool.certification.register_models import Certificate, CertificateState, HolderLink
from lti_tool.db import Database
from lti_tool.mail import Mail
from lti_tool.settings import Settings
from lti_tool.vault import Vault
from tests.lti_tool.certification.shelves import shelve, shelve_holder
from tests.lti_tool.post_office import open_office

LAST = date(2027, 11, 1)
TOLD = ["remind-90", "remind-30", "remind-7"]


def noon(days_before: int) -> datetime:
    day = LAST - timedelta(days=days_before)
    return datetime(day.year, day.month, day.day, 12, 0, tzinfo=UTC)


@pytest.fixture
def settings(settings: Settings, tmp_path: Path) -> Settings:
    """Give settings by which mail is sent."""
    return replace(
        settings, mail_url=f"file:{tmp_path}/post", mail_from="certificates@tool.example.org"
    )


@pytest.fixture
def vault(settings: Settings) -> Vault:
    return Vault(settings.secret_key)


@pytest.fixture
def alice(database: Database, vault: Vault) -> UUID:
    """Give a holder with a confirmed address."""
    with database.begin() as session:
        holder_id = shelve_holder(session)
        confirm(session.get_one(Holder, holder_id), vault)
    return holder_id


def confirm(holder: Holder, vault: Vault, email: str = "alice@example.org") -> None:
    holder.email, holder.email_confirmed_at = email, noon(400)
    holder.email_search = search_key(email, vault)[0]


@pytest.fixture
def remind(database: Database, settings: Settings, vault: Vault) -> Callable[[int], int]:
    """Queue what is due so many days before the end."""

    def run(days_before: int) -> int:
        return reminders.remind_due(database.begin, settings, vault, now=noon(days_before))

    return run


def shelved(database: Database, holder_id: UUID, **changed: object) -> Certificate:
    with database.begin() as session:
        return shelve(session, holder_id, **{"valid_until": LAST, **changed})


def kinds(database: Database) -> list[str]:
    with database.read() as session:
        keys = session.scalars(select(Mail.key).order_by(Mail.queued_at, Mail.key))
        return [each.partition(":")[0] for each in keys]


# When


def test_each_reminder_is_queued_once_in_its_time(
    database: Database, alice: UUID, remind: Callable[[int], int]
) -> None:
    shelved(database, alice)

    done = [remind(days) for days in (91, 90, 90, 60, 31, 30, 30, 12, 7, 6, 0, -1)]

    assert done == [0, 1, 0, 0, 0, 1, 0, 0, 1, 0, 0, 0]
    assert kinds(database) == TOLD


def test_days_are_those_of_the_register(
    database: Database, alice: UUID, settings: Settings, vault: Vault
) -> None:
    shelved(database, alice)
    midnight = datetime(
        2027, 8, 2, 22, 30, tzinfo=UTC
    )  # half past midnight of the third in Brussels

    before = reminders.remind_due(
        database.begin, settings, vault, now=midnight - timedelta(hours=1)
    )
    then = reminders.remind_due(database.begin, settings, vault, now=midnight)

    assert LAST - timedelta(days=90) == date(2027, 8, 3)
    assert (before, then) == (0, 1)


def test_a_worker_that_was_away_tells_only_what_is_next(
    database: Database, alice: UUID, remind: Callable[[int], int]
) -> None:
    shelved(database, alice)

    done = remind(5), remind(4)

    assert done == (1, 0)
    assert kinds(database) == ["remind-7"]


def test_a_certificate_that_holds_for_two_months_is_not_reminded_of_at_its_birth(
    database: Database, alice: UUID, remind: Callable[[int], int]
) -> None:
    shelved(database, alice, valid_from=LAST - timedelta(days=60))

    done = [remind(days) for days in (60, 40, 30, 7)]

    assert done == [0, 0, 1, 1]


# Who is not reminded


@pytest.mark.parametrize(
    "columns",
    [
        {"state": CertificateState.SUSPENDED, "suspended_at": noon(400)},
        {"state": CertificateState.SUPERSEDED, "ended_at": noon(400)},
        {"state": CertificateState.WITHDRAWN, "ended_at": noon(400)},
        {"state": CertificateState.NUMBERED, "issued_at": None},
        {
            "state": CertificateState.REVOKED,
            "suspended_human": uuid4(),
            "revoked_human": uuid4(),
            "revoked_at": noon(400),
        },
        {"erased_at": noon(400)},
        {"valid_until": None},
    ],
    ids=["suspended", "superseded", "withdrawn", "numbered", "revoked", "erased", "no end"],
)
def test_what_does_not_hold_or_has_no_end_is_not_reminded_of(
    database: Database, alice: UUID, remind: Callable[[int], int], columns: dict[str, object]
) -> None:
    shelved(database, alice, columns=columns)

    assert [remind(days) for days in (90, 30, 7)] == [0, 0, 0]


def test_a_renewal_stops_reminders(
    database: Database, alice: UUID, remind: Callable[[int], int]
) -> None:
    before = shelved(database, alice)

    first = remind(90)
    shelved(
        database, alice, valid_until=LAST + timedelta(days=365), columns={"renews_id": before.id}
    )
    then = remind(30)

    assert (first, then) == (1, 0)


def test_without_an_address_or_a_way_out_nothing_is_queued(
    database: Database, alice: UUID, settings: Settings, vault: Vault, remind: Callable[[int], int]
) -> None:
    with database.begin() as session:
        silent = shelve_holder(session)
    shelved(database, silent)
    shelved(database, alice)

    off = reminders.remind_due(database.begin, replace(settings, mail_url=""), vault, now=noon(90))
    on = remind(90)

    assert (off, on) == (0, 1)


def test_an_address_is_found_behind_holders_that_were_merged(
    database: Database, alice: UUID, remind: Callable[[int], int]
) -> None:
    with database.begin() as session:
        other = shelve_holder(session)
        session.get_one(Holder, other).merged_into_id = alice
    shelved(database, other)

    assert remind(90) == 1


def test_many_are_reminded_of_in_several_rounds(
    database: Database, alice: UUID, settings: Settings, vault: Vault
) -> None:
    for days in range(5):
        shelved(database, alice, valid_until=LAST + timedelta(days=days))

    rounds = [
        reminders.remind_due(database.begin, settings, vault, now=noon(80), limit=2)
        for _ in range(4)
    ]

    assert rounds == [2, 2, 1, 0]


# What the letter says


def test_a_reminder_leads_to_the_holders_certificates_for_fourteen_days(
    database: Database,
    alice: UUID,
    settings: Settings,
    vault: Vault,
    remind: Callable[[int], int],
) -> None:
    certificate = shelved(database, alice, title="Automotive <LCA> & more")
    remind(30)

    with open_office() as office:
        own = replace(settings, mail_url=f"smtp://127.0.0.1:{office.port}")
        mail.send_due(database.begin, own, vault, now=noon(30))

    (letter,) = office.letters
    text, html = (letter.get_body((kind,)).get_content() for kind in ("plain", "html"))
    (token,) = re.findall(r"https://tool\.example\.org/certificates/mine/([\w-]{43})", text)
    with database.read() as session:
        (link,) = session.scalars(select(HolderLink))
    assert office.to == ["alice@example.org"]
    assert letter["Subject"] == "Your certificate ends soon"
    assert f"{certificate.number}, Automotive <LCA> & more, is valid until 1 November 2027" in text
    assert "30 days from now" in text
    assert "Automotive &lt;LCA&gt; &amp; more" in html
    assert token in html
    assert link.expires_at == noon(30) + timedelta(days=14)
    assert token not in str(vars(link))


def test_ready_is_told_once_and_again_only_where_an_officer_asks(
    database: Database, alice: UUID, settings: Settings, vault: Vault
) -> None:
    certificate = shelved(database, alice)
    post = Post.of(settings, vault)

    with database.begin() as session:
        row = session.get_one(Certificate, certificate.id)
        done = [
            letters.tell_ready(session, row, post, now=noon(300)),
            letters.tell_ready(session, row, post, now=noon(299)),
            letters.tell_ready(session, row, post, now=noon(298), again=True),
        ]

    with database.read() as session:
        links = session.scalar(select(func.count()).select_from(HolderLink))
        about = set(session.scalars(select(Mail.about)))
    assert done == [True, False, True]
    assert links == 2
    assert about == {certificate.id}


def test_nobody_without_an_address_is_told_that_it_is_ready(
    database: Database, settings: Settings, vault: Vault
) -> None:
    with database.begin() as session:
        silent = shelve_holder(session)
        row = shelve(session, silent)
        told = letters.tell_ready(session, row, Post.of(settings, vault), now=noon(300))

    assert told is False
    assert kinds(database) == []
