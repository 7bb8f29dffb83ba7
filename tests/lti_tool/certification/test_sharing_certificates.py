"""Links by which a holder shows certificates: what they show, to whom, and until when."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from lti_tool.audit import AuditLine
from lti_tool.certification import share_links
from lti_tool.certification.models import Holder
from lti_tool.certification.register_models import Certificate, CertificateState, ShareLink
from lti_tool.certification.share_links import Lasting, NewLink
from lti_tool.db import Database, utcnow
from lti_tool.errors import BadRequestError, ConflictingError, NotFoundError
from lti_tool.settings import Settings
from lti_tool.vault import Vault, digest
from tests.cast import Stage, set_stage
from tests.lti_tool.certification.shelves import shelve, shelve_holder
from tests.lti_tool.player.window import Browser

SHARE = "/certificates/share"
ZONE = "Europe/Brussels"
NOON = datetime(2026, 11, 10, 12, 0, tzinfo=UTC)


@pytest.fixture
def vault(settings: Settings) -> Vault:
    return Vault(settings.secret_key)


@pytest.fixture
def stage(database: Database) -> Stage:
    return set_stage(database, now=utcnow())


@pytest.fixture
def alice(stage: Stage) -> UUID:
    """Give the holder that Alice is."""
    with stage.database.begin() as session:
        return shelve_holder(session, stage.people["Alice"])


@pytest.fixture
def made(database: Database, vault: Vault, alice: UUID) -> Callable[..., str]:
    """Make a link of Alice's, and give its token."""

    def make(*certificates: Certificate, lasting: Lasting = Lasting.MONTH, **more: object) -> str:
        wanted = NewLink(
            certificate_ids=[each.id for each in certificates],
            lasting=lasting,
            title=str(more.get("title", "")),
            shows_scores=bool(more.get("scores", False)),
        )
        now = more.get("now", utcnow())
        assert isinstance(now, datetime)
        with database.begin() as session:
            return share_links.make(session, alice, wanted, vault, who="alice", now=now)

    return make


def shelved(database: Database, holder_id: UUID, **changed: object) -> Certificate:
    with database.begin() as session:
        return shelve(session, holder_id, **changed)


def shown(database: Database, token: str, now: datetime) -> list[str] | None:
    with database.read() as session:
        shelf = share_links.look_at(session, token, zone=ZONE, now=now)
    return None if shelf is None else [each.facts.number for each in shelf.certificates]


# What a link shows


def test_a_link_shows_the_chosen_certificates_with_name_and_state(
    client: FlaskClient, database: Database, alice: UUID, made: Callable[..., str]
) -> None:
    first, second = shelved(database, alice), shelved(database, alice, title="Battery safety")
    hidden = shelved(database, alice, title="Something else")
    token = made(first, second, title="Training evidence")

    answer = client.get(f"/s/{token}")

    html = answer.get_data(as_text=True)
    assert answer.status_code == 200
    assert "<h1>Certificates of Žofie Šťastná-Łukasz</h1>" in html
    assert "The holder writes: <q>Training evidence</q>" in html
    assert html.count('<p class="cert-name">Žofie Šťastná-Łukasz</p>') == 2
    assert all(each.number in html for each in (first, second))
    assert hidden.number not in html
    assert html.count('verify-valid">') == 2
    assert re.search(r"Checked on <time[^>]*>2\d{3}-\d\d-\d\d \d\d:\d\d UTC", html)


def test_scores_show_only_where_they_were_switched_on(
    client: FlaskClient, database: Database, alice: UUID, made: Callable[..., str]
) -> None:
    certificate = shelved(database, alice)
    plain, with_scores = made(certificate), made(certificate, scores=True)

    pages = [client.get(f"/s/{each}").get_data(as_text=True) for each in (plain, with_scores)]

    assert "83.33 %" not in pages[0]
    assert "Capitals of the west" in pages[0]
    assert "83.33 %" in pages[1]


def test_a_link_tells_at_once_that_a_certificate_counts_no_more(
    client: FlaskClient, database: Database, alice: UUID, made: Callable[..., str]
) -> None:
    certificate = shelved(database, alice)
    token = made(certificate)
    with database.begin() as session:
        row = session.get_one(Certificate, certificate.id)
        row.state, row.suspended_at, row.suspended_human = "suspended", utcnow(), uuid4()
        session.flush()
        row.state, row.revoked_at, row.revoked_human = "revoked", utcnow(), uuid4()
        row.revoke_code, row.revoke_reason = "fraud", "Seen with two phones"

    html = client.get(f"/s/{token}").get_data(as_text=True)

    assert "Revoked on" in html
    assert "It no longer counts" in html
    assert "two phones" not in html


def test_pages_of_links_are_kept_by_nobody(
    client: FlaskClient, database: Database, alice: UUID, made: Callable[..., str]
) -> None:
    token = made(shelved(database, alice))

    answer = client.get(f"/s/{token}")

    assert answer.headers["X-Robots-Tag"] == "noindex, nofollow"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["Cache-Control"] == "no-store"
    assert '<meta name="robots" content="noindex, nofollow">' in answer.get_data(as_text=True)


# Until when


def test_unknown_over_and_ended_look_the_same(
    client: FlaskClient, database: Database, alice: UUID, made: Callable[..., str]
) -> None:
    certificate = shelved(database, alice)
    over = made(certificate, lasting=Lasting.WEEK, now=utcnow() - timedelta(days=7, seconds=1))
    ended = made(certificate)
    with database.begin() as session:
        link = session.scalar(select(ShareLink).where(ShareLink.token_hash == digest(ended)))
        assert link is not None
        share_links.end(session, alice, link.id, who="alice", now=utcnow())

    answers = [client.get(f"/s/{each}") for each in (over, ended, "never-made", "x" * 43)]

    assert {each.status_code for each in answers} == {404}
    assert len({each.data for each in answers}) == 1
    assert "Žofie" not in answers[0].get_data(as_text=True)


@pytest.mark.parametrize(
    ("lasting", "days"), [("7", 7), ("30", 30), ("90", 90), ("365", 365), ("open", None)]
)
def test_a_link_lasts_as_long_as_was_chosen(
    database: Database, alice: UUID, made: Callable[..., str], lasting: str, days: int | None
) -> None:
    certificate = shelved(database, alice)
    token = made(certificate, lasting=Lasting(lasting), now=NOON)

    last = NOON + timedelta(days=days or 40_000)
    before = shown(database, token, last - timedelta(seconds=1))
    then = shown(database, token, last)

    assert before == [certificate.number]
    assert then == (None if days else [certificate.number])


def test_an_erased_certificate_is_shown_by_no_link(
    database: Database, alice: UUID, made: Callable[..., str]
) -> None:
    certificate = shelved(database, alice)
    token = made(certificate)
    with database.begin() as session:
        session.get_one(Certificate, certificate.id).erased_at = utcnow()

    assert shown(database, token, utcnow()) is None


# Whose they are


def test_nobody_shows_or_ends_what_is_not_theirs(
    database: Database, alice: UUID, vault: Vault, made: Callable[..., str]
) -> None:
    certificate = shelved(database, alice)
    numbered = shelved(
        database, alice, columns={"state": CertificateState.NUMBERED, "issued_at": None}
    )
    made(certificate)
    with database.begin() as session:
        mallory = shelve_holder(session, name="Mallory")
        link_id = session.scalars(select(ShareLink.id)).one()

    for holder_id, certificate_id in (
        (mallory, certificate.id),
        (alice, numbered.id),
        (alice, uuid4()),
    ):
        wanted = NewLink(certificate_ids=[certificate_id], lasting=Lasting.WEEK)
        with pytest.raises(NotFoundError), database.begin() as session:
            share_links.make(session, holder_id, wanted, vault, who="m", now=utcnow())
    with pytest.raises(NotFoundError), database.begin() as session:
        share_links.end(session, mallory, link_id, who="m", now=utcnow())
    nothing = NewLink(certificate_ids=[], lasting=Lasting.WEEK)
    with pytest.raises(BadRequestError), database.begin() as session:
        share_links.make(session, alice, nothing, vault, who="a", now=utcnow())


def test_a_holder_who_was_merged_keeps_their_links(
    database: Database, alice: UUID, vault: Vault, made: Callable[..., str]
) -> None:
    token = made(shelved(database, alice))
    with database.begin() as session:
        stays = shelve_holder(session)
        session.get_one(Holder, alice).merged_into_id = stays

    with database.read() as session:
        links = share_links.list_links(session, stays, vault, now=utcnow())

    assert [each.token for each in links] == [token]


def test_a_holder_has_fifty_links_at_a_time(
    database: Database, alice: UUID, made: Callable[..., str]
) -> None:
    certificate = shelved(database, alice)
    for _ in range(share_links.MOST_LINKS):
        made(certificate, now=NOON)

    with pytest.raises(ConflictingError):
        made(certificate, now=NOON)
    later = made(certificate, now=NOON + timedelta(days=31))

    assert shown(database, later, NOON + timedelta(days=31)) == [certificate.number]


def test_the_token_stands_in_the_table_as_a_hash_and_encrypted(
    database: Database, alice: UUID, made: Callable[..., str]
) -> None:
    token = made(shelved(database, alice))

    with database.read() as session:
        (link,) = session.scalars(select(ShareLink))
        lines = [str(each.detail) + each.about for each in session.scalars(select(AuditLine))]
    assert token not in " ".join(str(value) for value in vars(link).values())
    assert token not in " ".join(lines)


# The holder's page


def test_a_holder_makes_copies_and_ends_a_link(
    app: Flask, client: FlaskClient, stage: Stage, alice: UUID
) -> None:
    certificate = shelved(stage.database, alice)
    window = Browser(client, stage.visit("Alice", now=utcnow()))
    window.text(SHARE)

    done = window.post(
        SHARE, certificate=str(certificate.id), lasting="90", scores="yes", title="For my boss"
    )
    listed = window.text(SHARE)
    address = re.search(r'value="https://tool\.example\.org(/s/[\w-]+)" readonly', listed)
    assert address is not None
    seen = client.get(address[1])
    link_id = re.search(r'name="link" value="([^"]+)"', listed)
    assert link_id is not None
    ended = window.post(SHARE, do="end", link=link_id[1])

    with stage.database.read() as session:
        acts = list(session.scalars(select(AuditLine.act).order_by(AuditLine.number)))
    assert done.status_code == 303
    assert "For my boss" in listed
    assert "with scores" in listed
    assert certificate.number in seen.get_data(as_text=True)
    assert ended.status_code == 303
    assert client.get(address[1]).status_code == 404
    assert "There is none." in window.text(SHARE)
    assert acts == ["share.made", "share.ended"]


def test_a_form_without_a_certificate_says_what_to_do(
    app: Flask, client: FlaskClient, stage: Stage, alice: UUID
) -> None:
    shelved(stage.database, alice)
    window = Browser(client, stage.visit("Alice", now=utcnow()))
    window.text(SHARE)

    answer = window.post(SHARE, lasting="90")
    odd = [
        window.post(SHARE, certificate="x", lasting="90").status_code,
        window.post(SHARE, certificate=str(uuid4()), lasting="8").status_code,
        window.post(SHARE, do="end", link="x").status_code,
        window.post(SHARE, do="end", link=str(uuid4())).status_code,
        window.post(SHARE, certificate=str(uuid4()), lasting="90").status_code,
    ]

    assert answer.status_code == 422
    assert "Choose at least one certificate to show." in answer.get_data(as_text=True)
    assert odd == [400, 400, 400, 404, 404]


def test_a_link_of_an_earlier_secret_is_still_shown_and_can_be_ended(
    database: Database, alice: UUID, made: Callable[..., str], settings: Settings
) -> None:
    token = made(shelved(database, alice))
    kept = Vault("another secret of enough letters, really", [settings.secret_key])
    lost = Vault("another secret of enough letters, really")

    with database.read() as session:
        links = [
            share_links.list_links(session, alice, each, now=utcnow()) for each in (kept, lost)
        ]

    assert [each[0].token for each in links] == [token, ""]
    assert shown(database, token, utcnow()) is not None


# Who is one human


def test_a_link_shows_nothing_of_somebody_who_was_another_human_after_all(
    client: FlaskClient,
    database: Database,
    vault: Vault,
    alice: UUID,
    made: Callable[..., str],
) -> None:
    with database.begin() as session:
        other = shelve_holder(session, name="Zdena Jiná")
        session.get_one(Holder, other).merged_into_id = alice
    own = shelved(database, alice)
    strange = shelved(database, other, holder_name="Zdena Jiná")
    both, only = made(own, strange), made(strange)
    with database.begin() as session:
        session.get_one(Holder, other).merged_into_id = None

    pages = [client.get(f"/s/{token}") for token in (both, only)]
    with database.read() as session:
        listed = share_links.list_links(session, alice, vault, now=utcnow())

    assert [each.status_code for each in pages] == [200, 404]
    assert own.number in pages[0].text
    assert all("Zdena" not in each.text for each in pages)
    assert {each.certificates for each in listed} == {((own.number, own.title),), ()}


def test_who_makes_a_link_without_scores_is_told_where_they_stand_all_the_same(
    app: Flask, stage: Stage, database: Database, alice: UUID
) -> None:
    shelved(database, alice)
    window = Browser(app.test_client(), stage.visit("Alice", now=utcnow()))

    page = window.text(SHARE)

    assert "Scores cannot be kept secret this way." in page
    assert 'aria-describedby="scores-hint"' in page
