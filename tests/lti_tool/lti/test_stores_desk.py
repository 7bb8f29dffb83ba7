"""Other record stores on the administrator's desk."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from lti_tool.audit import AuditLine, find_break
from lti_tool.db import Database, utcnow
from lti_tool.lti import links, stores
from lti_tool.lti.links import Purpose
from lti_tool.vault import Vault
from tests.conftest import PUBLIC_URL
from tests.lti_tool.lti.test_desk import Desk, enter
from tests.xapi import occasions
from tests.xapi.other_store import OtherStore
from tests.xapi.test_outbox import EMBEDDED, enqueue
from xapi.backfill import copy_due
from xapi.courier import Courier
from xapi.models import Target
from xapi.sealing import UnsealError

BUILT = [occasions.viewed(number) for number in range(3)]


@pytest.fixture
def desk(client: FlaskClient, database: Database) -> Desk:
    """Give a browser that came by an administrator's link."""
    with database.begin() as session:
        token = links.make(session, Purpose.ADMIN, who="test", now=utcnow())
    return Desk(client, enter(client, f"/lti/admin?link={token}").headers["Location"])


@pytest.fixture
def other(tmp_path: Path) -> Iterator[OtherStore]:
    """Give another store, over real HTTP."""
    made = OtherStore(tmp_path / "other.db")
    made.start()
    yield made
    made.close()


@pytest.fixture
def courier(app: Flask, database: Database) -> Iterator[Courier]:
    """Give what the worker has."""
    unseal = stores.unseal_with(app.extensions["lti_tool.vault"])
    made = Courier(database.begin, [EMBEDDED], unseal=unseal, patience_s=10)
    yield made
    made.close()


def form_of(other: OtherStore, **more: str) -> dict[str, str]:
    return {
        "name": "archive", "url": other.url, "key": other.key, "secret": other.secret,
        "version": "1.0.3", **more,
    }  # fmt: skip


def acts(database: Database) -> list[str]:
    with database.read() as session:
        lines = session.scalars(select(AuditLine).order_by(AuditLine.number)).all()
        assert find_break(session) is None
    return [line.act for line in lines if line.act.startswith(("store", "outbox"))]


def test_a_store_is_added_and_sent_to_and_its_password_never_shown(
    desk: Desk, database: Database, other: OtherStore, courier: Courier
) -> None:
    assert "No store is known yet" in desk.get("stores").text

    page = desk.follow(desk.post("stores", "stores", **form_of(other)))
    enqueue(database, *BUILT)
    courier.deliver_due(utcnow())

    assert "The store is sent to from now on." in page.text
    assert other.secret not in page.text
    assert other.kept() == [str(each.id) for each in BUILT]
    assert "archive" in desk.get("stores").text
    assert acts(database) == ["store.added"]


def test_what_is_wrong_with_a_store_is_told_beside_what_was_given(
    desk: Desk, database: Database, other: OtherStore
) -> None:
    answer = desk.post("stores", "stores", **form_of(other, url="http://lrs.example.org/xapi"))
    own = desk.post("stores", "stores", **form_of(other, url=f"{PUBLIC_URL}/xapi/statements"))

    assert answer.status_code == own.status_code == 422
    assert "The address is not encrypted" in answer.text
    assert "http://lrs.example.org/xapi" in answer.text
    assert other.secret not in answer.text
    assert "the tool&#39;s own store" in own.text
    assert acts(database) == []


def test_a_store_that_does_not_know_us_is_shown_so_and_mended(
    desk: Desk, database: Database, other: OtherStore, courier: Courier
) -> None:
    desk.post("stores", "stores", **form_of(other, secret="a wrong one"))
    enqueue(database, *BUILT)
    courier.deliver_due(utcnow())

    shown = desk.get("stores/archive").text
    assert "paused" in shown
    assert "The store answered 401" in shown
    assert "3 statements, the oldest since" in " ".join(shown.split())
    assert "The store answered 401" in desk.get("statements").text
    wrong = desk.post("stores/archive", "stores/archive", **form_of(other, url="nonsense"))
    assert wrong.status_code == 422
    desk.follow(desk.post("stores/archive", "stores/archive", **form_of(other)))
    courier.deliver_due(utcnow())

    assert other.kept() == [str(each.id) for each in BUILT]
    assert "takes statements" in desk.get("stores/archive").text


def test_a_store_is_paused_and_resumed(
    desk: Desk, database: Database, other: OtherStore, courier: Courier
) -> None:
    desk.post("stores", "stores", **form_of(other))
    paused = desk.follow(desk.post("stores/archive/standing", "stores/archive", act="pause"))
    enqueue(database, *BUILT)
    courier.deliver_due(utcnow())
    assert other.kept() == []

    desk.follow(desk.post("stores/archive/standing", "stores/archive", act="resume"))
    courier.deliver_due(utcnow())

    assert "Paused since" in paused.text
    assert len(other.kept()) == 3
    assert acts(database) == ["store.added", "store.paused", "store.resumed"]


def test_refused_statements_are_sent_again_those_chosen_or_all(
    desk: Desk, database: Database, other: OtherStore, courier: Courier
) -> None:
    desk.post("stores", "stores", **form_of(other))
    other.mood = lambda *_: (400, {}, b"not today")
    enqueue(database, *BUILT)
    courier.deliver_due(utcnow())
    other.mood = None
    page = "stores/archive"
    assert desk.get(page).text.count("The store answered 400: not today") == 3

    none = desk.follow(desk.post(f"{page}/refused", page, which="chosen"))
    one = desk.post(f"{page}/refused", page, which="chosen", statement=str(BUILT[1].id))
    courier.deliver_due(utcnow())
    assert other.kept() == [str(BUILT[1].id)]
    rest = desk.follow(desk.post(f"{page}/refused", page, which="all"))
    courier.deliver_due(utcnow())

    assert "Choose at least one" in none.text
    assert "1 statement goes out again." in desk.follow(one).text
    assert "2 statements go out again." in rest.text
    assert len(other.kept()) == 3
    assert desk.post(f"{page}/refused", page, statement="x").status_code == 400


def test_copying_shows_how_far_it_has_come_without_script(
    desk: Desk, database: Database, other: OtherStore, courier: Courier
) -> None:
    enqueue(database, *BUILT)
    courier.deliver_due(utcnow())
    desk.post("stores", "stores", **form_of(other))
    page = "stores/archive"

    begun = desk.follow(desk.post(f"{page}/backfill", page, act="start"))
    copy_due(database.begin, EMBEDDED.authority, now=utcnow())
    copied = desk.get(page).text
    courier.deliver_due(utcnow())
    done = desk.get(page).text

    assert '<progress class="bar" id="backfill-bar" max="100" value="0">' in begun.text
    assert "0 of 3 statements" in begun.text
    assert "3 statements are on their way" in copied
    assert "Stop copying" not in copied
    assert "Done: 3 statements were copied" in done
    assert other.kept() == [str(each.id) for each in BUILT]
    assert acts(database) == ["store.added", "store.backfill_begun"]


def test_copying_is_stopped(desk: Desk, database: Database, other: OtherStore) -> None:
    desk.post("stores", "stores", **form_of(other))
    page = "stores/archive"
    desk.post(f"{page}/backfill", page, act="start", everything="yes")

    stopped = desk.follow(desk.post(f"{page}/backfill", page, act="stop"))

    assert "No more is copied" in stopped.text
    assert "<progress" not in stopped.text
    assert acts(database)[-1] == "store.backfill_stopped"


def test_rules_are_added_and_taken_away(desk: Desk, database: Database, other: OtherStore) -> None:
    desk.post("stores", "stores", **form_of(other))
    page = "stores/archive"

    added = desk.follow(
        desk.post(f"{page}/rules", page, verb="https://v.example/did", activity_prefix="")
    )
    address = added.text.partition("/rules/")[2].partition('"')[0]
    gone = desk.follow(desk.post(f"{page}/rules/{address}", page))

    assert "https://v.example/did" in added.text
    assert "https://v.example/did" not in gone.text
    assert acts(database)[-2:] == ["store.rule_added", "store.rule_removed"]


def test_what_waits_is_redirected_and_a_store_is_removed(
    desk: Desk, database: Database, other: OtherStore, courier: Courier
) -> None:
    desk.post("stores", "stores", **form_of(other, name="old", url="http://127.0.0.1:1/xapi"))
    desk.post("stores", "stores", **form_of(other))
    enqueue(database, *BUILT)
    courier.deliver_due(utcnow())

    moved = desk.follow(desk.post("stores/old/leave", "stores/old", other="archive"))
    courier.deliver_due(utcnow() + timedelta(hours=1))
    desk.follow(desk.post("stores/archive/leave", "stores/archive"))

    assert "What waited goes to the other store now." in moved.text
    assert other.kept() == [str(each.id) for each in BUILT]
    assert acts(database)[-2:] == ["store.redirected", "store.removed"]


def test_the_tools_own_store_cannot_be_removed_and_an_unknown_one_is_not_found(
    desk: Desk, database: Database, courier: Courier
) -> None:
    enqueue(database, BUILT[0])
    courier.deliver_due(utcnow())

    own = desk.post("stores/embedded/leave", "stores/embedded")

    assert own.status_code == 422
    assert "Send to it no more" not in own.text
    assert desk.get("stores/nowhere").status_code == 404
    assert desk.post("stores/nowhere/standing", "stores", act="pause").status_code == 404


def test_passwords_are_encrypted_anew_with_a_new_secret(
    desk: Desk, app: Flask, database: Database, other: OtherStore
) -> None:
    desk.post("stores", "stores", **form_of(other))
    old = "a secret for tests only, forty-two letters"
    new = Vault("another secret for tests, and as long as it", (old,))

    with database.begin() as session:
        assert stores.reseal(session, new, who="test", now=utcnow()) == 1
        assert stores.reseal(session, new, who="test", now=utcnow()) == 0

    with database.read() as session:
        sealed = session.scalars(select(Target.sealed_secret)).one()
    assert stores.unseal_with(new)(sealed) == other.secret
    with pytest.raises(UnsealError):
        stores.unseal_with(app.extensions["lti_tool.vault"])(sealed)
