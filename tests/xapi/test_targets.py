"""Stores that people keep: added, changed, paused, redirected, removed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

from lti_tool.db import Database
from tests.xapi import occasions
from tests.xapi.occasions import NOON
from tests.xapi.other_store import OtherStore
from tests.xapi.test_outbox import EMBEDDED, enqueue, kept, spoilt, waiting
from xapi import outbox, removing, targets
from xapi.courier import Courier
from xapi.external import ExternalStore
from xapi.sealing import Sealer, UnsealError
from xapi.targets import StoreFaultError, Wanted

HOUR = timedelta(hours=1)
OWN = "https://learn.example.org/xapi"
SEALER = Sealer("a secret for tests")
BUILT = [occasions.viewed(number) for number in range(8)]
IDS = [str(each.id) for each in BUILT]
Add = Callable[..., None]


@pytest.fixture
def courier(database: Database) -> Iterator[Courier]:
    """Give a courier that knows the store next door."""
    made = Courier(database.begin, [EMBEDDED], unseal=SEALER.unseal, patience_s=10)
    yield made
    made.close()


@pytest.fixture
def add(database: Database, other: OtherStore) -> Add:
    """Add the other store under a name."""

    def call(name: str = "archive", **more: str) -> None:
        wanted = Wanted(**{"url": other.url, "key": other.key, "secret": other.secret, **more})
        with database.begin() as session:
            targets.add(session, name, wanted, seal=SEALER.seal, own_url=OWN, now=NOON)

    return call


def standing(database: Database, name: str = "archive") -> targets.Standing:
    """Give how a store does."""
    with database.read() as session:
        return targets.standing_of(session, name)


def test_a_store_that_was_added_is_sent_what_happens_from_then_on(
    database: Database, other: OtherStore, courier: Courier, add: Add
) -> None:
    enqueue(database, *BUILT[:3])
    courier.deliver_due(NOON)
    add()
    enqueue(database, *BUILT[3:])

    assert courier.deliver_due(NOON) == 10

    assert other.kept() == IDS[3:]
    assert [str(each) for each in kept(database)] == IDS
    assert waiting(database) == 0
    assert standing(database).state == "takes statements"


def test_what_nobody_has_yet_when_a_store_is_added_goes_there_too(
    database: Database, other: OtherStore, courier: Courier, add: Add
) -> None:
    enqueue(database, *BUILT)
    add()

    courier.deliver_due(NOON)

    assert other.kept() == IDS
    assert waiting(database) == 0


def test_a_password_is_kept_encrypted(database: Database, other: OtherStore, add: Add) -> None:
    add()

    sealed = standing(database).target.sealed_secret
    assert other.secret not in sealed
    assert SEALER.unseal(sealed) == other.secret
    with pytest.raises(UnsealError):
        Sealer("another secret").unseal(sealed)
    with pytest.raises(UnsealError):
        SEALER.unseal("nonsense")


def test_a_password_that_cannot_be_read_pauses_the_store_and_says_so(
    database: Database, add: Add
) -> None:
    add()
    enqueue(database, *BUILT)
    courier = Courier(database.begin, [EMBEDDED], unseal=Sealer("new").unseal, patience_s=10)

    courier.deliver_due(NOON)
    courier.close()

    assert standing(database).state == "locked out"
    assert "Give the password again" in standing(database).target.reason
    assert standing(database).waiting == 8


@pytest.mark.parametrize(
    ("name", "url", "fault"),
    [
        ("Archive", "https://a.example.org", "name"),
        ("", "https://a.example.org", "name"),
        ("embedded", "https://a.example.org", "name"),
        ("a" * 41, "https://a.example.org", "name"),
        ("archive", "", "url"),
        ("archive", "ftp://a.example.org", "url"),
        ("archive", "https://[a", "url"),
        ("archive", "https://a.example.org/xapi?x=1", "url"),
        ("archive", "https://me:pw@a.example.org", "user"),
        ("archive", "http://lrs.example.org/xapi", "plain"),
        ("archive", "http://8.8.8.8/xapi", "plain"),
        ("archive", f"{OWN}/statements/", "self"),
    ],
)
def test_a_store_that_cannot_be_is_not_added_and_told_why(
    database: Database, add: Add, name: str, url: str, fault: str
) -> None:
    with pytest.raises(StoreFaultError) as caught:
        add(name, url=url)

    assert caught.value.fault == fault
    assert str(caught.value).endswith(".")
    with database.read() as session:
        assert targets.list_standings(session) == []


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1:8/xapi", "http://lrs:8080/xapi", "http://10.0.0.7/x", "http://a.internal"],
)
def test_within_a_private_network_an_address_need_not_be_encrypted(url: str) -> None:
    assert targets.read_address(f" {url}/statements/ ") == url


def test_a_name_is_given_once_and_a_version_is_one_of_two(add: Add) -> None:
    add()

    with pytest.raises(StoreFaultError, match="already"):
        add()
    with pytest.raises(StoreFaultError, match=r"1\.0\.3"):
        add("another", version="3")


def test_a_paused_store_is_sent_nothing_until_it_is_resumed(
    database: Database, other: OtherStore, courier: Courier, add: Add
) -> None:
    add()
    with database.begin() as session:
        assert targets.pause(session, "archive", now=NOON)
        assert not targets.pause(session, "archive", now=NOON)
    enqueue(database, *BUILT)

    courier.deliver_due(NOON)
    assert other.kept() == []
    assert (standing(database).state, standing(database).waiting) == ("paused", 8)
    with database.begin() as session:
        targets.resume(session, "archive", now=NOON)
    courier.deliver_due(NOON)

    assert other.kept() == IDS
    assert waiting(database) == 0


def test_a_store_that_locked_us_out_goes_on_when_its_password_is_changed(
    database: Database, other: OtherStore, courier: Courier, add: Add
) -> None:
    add(secret="a wrong one")
    enqueue(database, *BUILT)
    courier.deliver_due(NOON)
    assert standing(database).state == "locked out"
    assert "401" in standing(database).target.reason
    wanted = Wanted(other.url, other.key, other.secret)

    with database.begin() as session:
        targets.change(session, "archive", wanted, seal=SEALER.seal, now=NOON)
    courier.deliver_due(NOON)

    assert other.kept() == IDS


def test_a_store_of_the_settings_that_locked_us_out_is_asked_again_when_a_worker_begins(
    database: Database, other: OtherStore
) -> None:
    enqueue(database, *BUILT)
    for secret, now in (("a wrong one", NOON), (other.secret, NOON + HOUR)):
        with other.seen_from_here(secret=secret) as target:
            courier = Courier(database.begin, [target], unseal=SEALER.unseal, patience_s=10)
            courier.deliver_due(now)
            courier.close()

    assert other.kept() == IDS


def test_the_version_of_a_store_stands_in_what_it_is_asked(
    database: Database, other: OtherStore, courier: Courier, add: Add
) -> None:
    named: list[str] = []
    inner = other.app.wsgi_app

    def watch(environ: dict[str, str], start_response: object) -> object:
        named.append(environ["HTTP_X_EXPERIENCE_API_VERSION"])
        return inner(environ, start_response)  # type: ignore[arg-type]

    other.app.wsgi_app = watch  # type: ignore[method-assign, assignment]
    add(version="2.0.0")
    enqueue(database, *BUILT)

    courier.deliver_due(NOON)

    assert set(named) == {"2.0.0"}


def test_removed_a_store_holds_nothing_back_and_is_forgotten(
    database: Database, other: OtherStore, courier: Courier, add: Add
) -> None:
    add()
    other.mood = lambda *_: (500, {}, b"no")
    enqueue(database, *BUILT)
    courier.deliver_due(NOON)
    assert waiting(database) == 8

    with database.begin() as session:
        assert removing.remove(session, "archive") == 8
    with pytest.raises(StoreFaultError, match="being removed"):
        add()
    for _ in range(3):
        courier.deliver_due(NOON)

    assert waiting(database) == 0
    with database.read() as session:
        assert [each.target.name for each in targets.list_standings(session)] == ["embedded"]
    add()


def test_the_only_store_is_forgotten_too_when_it_is_removed(database: Database, add: Add) -> None:
    courier = Courier(database.begin, [], unseal=SEALER.unseal, patience_s=10)
    add()
    courier.deliver_due(NOON)
    with database.begin() as session:
        removing.remove(session, "archive")

    courier.deliver_due(NOON)
    courier.close()

    with database.read() as session:
        assert targets.list_standings(session) == []
    add()


def test_what_waits_for_a_store_or_was_refused_is_redirected_to_another(
    database: Database, other: OtherStore, courier: Courier, add: Add
) -> None:
    add("old", url="http://127.0.0.1:1/xapi")
    enqueue(database, *BUILT)
    courier.deliver_due(NOON)  # the store next door has them, the old one does not answer
    add("archive")  # is not sent what is next door already
    courier.deliver_due(NOON)
    assert other.kept() == []

    with database.begin() as session:
        assert removing.redirect(session, "old", "archive", now=NOON) == 8
    courier.deliver_due(NOON)
    courier.deliver_due(NOON)

    assert other.kept() == IDS
    assert waiting(database) == 0
    with database.read() as session:
        names = [each.target.name for each in targets.list_standings(session)]
    assert names == ["archive", "embedded"]


def test_refused_statements_are_redirected_with_the_rest(
    database: Database, other: OtherStore, courier: Courier, add: Add
) -> None:
    add("old")
    other.mood = lambda *_: (400, {}, b"not for us")
    enqueue(database, *BUILT)
    courier.deliver_due(NOON)
    assert standing(database, "old").stuck == 8
    other.mood = None
    add("archive")

    with database.begin() as session:
        removing.redirect(session, "old", "archive", now=NOON)
        assert outbox.count_stuck(session) == 0
    courier.deliver_due(NOON)

    assert other.kept() == IDS


def test_a_store_of_the_settings_is_paused_when_it_is_redirected(
    database: Database, other: OtherStore, add: Add
) -> None:
    with ExternalStore("http://127.0.0.1:1/xapi", "", "") as gone:
        courier = Courier(database.begin, [EMBEDDED, gone], unseal=SEALER.unseal, patience_s=10)
        enqueue(database, *BUILT)
        courier.deliver_due(NOON)
        add()
        with database.begin() as session:
            assert removing.redirect(session, "external", "archive", now=NOON) == 8
        courier.deliver_due(NOON + HOUR)
        courier.close()

    assert other.kept() == IDS
    assert waiting(database) == 0
    assert standing(database, "external").state == "paused"


@pytest.mark.parametrize(
    ("name", "goal", "fault"),
    [
        ("archive", "archive", "same"),
        ("archive", "embedded", "next door"),
        ("embedded", "archive", "next door"),
        ("archive", "nowhere", "unknown"),
        ("nowhere", "archive", "unknown"),
    ],
)
def test_statements_cannot_be_redirected_anywhere(
    *, database: Database, courier: Courier, add: Add, name: str, goal: str, fault: str
) -> None:
    add()
    enqueue(database, BUILT[0])
    courier.deliver_due(NOON)

    with database.begin() as session, pytest.raises(StoreFaultError) as caught:
        removing.redirect(session, name, goal, now=NOON)

    assert caught.value.fault == fault


def test_what_the_settings_name_is_not_changed_or_removed_here(
    database: Database, courier: Courier
) -> None:
    enqueue(database, BUILT[0])
    courier.deliver_due(NOON)

    with database.begin() as session:
        with pytest.raises(StoreFaultError, match="settings"):
            removing.remove(session, "embedded")
        with pytest.raises(StoreFaultError, match="settings"):
            targets.change(session, "embedded", Wanted("https://a.example.org"), seal=str, now=NOON)


def test_a_standing_tells_what_waits_since_when_and_what_was_refused(
    database: Database, other: OtherStore, courier: Courier, add: Add
) -> None:
    add()
    bad = spoilt(BUILT[5])
    other.mood = lambda *_: (503, {}, b"closed")
    enqueue(database, *BUILT[:5], bad)
    courier.deliver_due(NOON)

    waits, own = standing(database), standing(database, "embedded")
    other.mood = None
    courier.deliver_due(NOON + HOUR)
    after = standing(database)

    assert (waits.state, waits.waiting, waits.stuck) == ("rests", 6, 0)
    assert waits.oldest_at == NOON
    assert "503" in waits.target.reason
    assert (own.waiting, own.stuck, own.oldest_at) == (1, 1, None)
    assert (after.state, after.waiting, after.stuck) == ("takes statements", 1, 1)
