"""Other record stores on the command line: all that the desk does."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from lti_tool.audit import AuditLine, find_break
from lti_tool.db import Database
from tests.lti_tool.test_cli import Terminal
from tests.xapi import occasions
from tests.xapi.other_store import OtherStore
from tests.xapi.test_outbox import enqueue, kept, waiting
from xapi.models import ForwardingRule

BUILT = [occasions.viewed(number) for number in range(3)]


@pytest.fixture
def terminal(database: Database, database_url: str) -> Terminal:
    """Give a terminal on a database with all tables."""
    return Terminal(database_url)


@pytest.fixture
def other(tmp_path: Path) -> Iterator[OtherStore]:
    """Give another store, over real HTTP."""
    made = OtherStore(tmp_path / "other.db")
    made.start()
    yield made
    made.close()


def add(terminal: Terminal, other: OtherStore, name: str = "archive", **more: str) -> str:
    given = {"url": other.url, "secret": other.secret, **more}
    return terminal.told(
        "store", "add", name, given["url"], "--key", other.key, "--secret", given["secret"]
    )


def refused(terminal: Terminal, *words: str) -> str:
    done = terminal.run("store", *words)
    assert done.exit_code == 1
    return done.stderr


def test_a_store_is_added_sent_to_paused_resumed_and_removed(
    terminal: Terminal, database: Database, other: OtherStore
) -> None:
    assert "no store yet" in terminal.told("store", "list")
    added = add(terminal, other)
    assert other.secret not in added
    terminal.told("store", "pause", "archive")
    enqueue(database, *BUILT)
    terminal.told("worker", "--once")
    listed = terminal.told("store", "list").splitlines()
    in_use = refused(terminal, "remove", "archive")
    terminal.told("store", "resume", "archive")
    terminal.told("worker", "--once")
    removed = terminal.told("store", "remove", "archive")

    assert listed == [
        "archive: paused; 3 statements waiting",
        "embedded: takes statements; 0 statements waiting",
    ]
    assert "3 statements still wait for archive" in in_use
    assert other.kept() == [str(each) for each in kept(database)]
    assert removed == "store archive: removed\n"
    with database.read() as session:
        assert find_break(session) is None
        acts = [line.act for line in session.scalars(select(AuditLine))]
    assert acts == ["store.added", "store.paused", "store.resumed", "store.removed"]


def test_what_a_store_refused_is_shown_with_the_reason_and_put_back(
    terminal: Terminal, database: Database, other: OtherStore
) -> None:
    add(terminal, other)
    other.mood = lambda *_: (400, {}, b"not today")
    enqueue(database, *BUILT)
    terminal.told("worker", "--once")
    other.mood = None

    shown = terminal.told("store", "show", "archive")
    one = terminal.told("store", "put-back", "archive", "--statement", str(BUILT[1].id))
    rest = terminal.told("store", "put-back", "archive")
    terminal.told("worker", "--once")

    assert "3 statements waiting, 3 of them refused" in shown
    assert f"{BUILT[1].id} refused: The store answered 400: not today" in shown
    assert other.secret not in shown
    assert one == "store archive: 1 statement put back in line\n"
    assert rest == "store archive: 2 statements put back in line\n"
    assert waiting(database) == 0
    assert "did not refuse" in refused(
        terminal, "put-back", "archive", "--statement", str(BUILT[1].id)
    )


def test_a_store_is_changed_and_what_waits_redirected(
    terminal: Terminal, database: Database, other: OtherStore
) -> None:
    add(terminal, other, "old", secret="a wrong one")
    enqueue(database, *BUILT)
    terminal.told("worker", "--once")
    assert "old: locked out; 3 statements waiting: The store answered 401" in (
        terminal.told("store", "list")
    )
    add(terminal, other)

    redirected = terminal.told("store", "redirect", "old", "archive")
    terminal.told("store", "change", "archive", "--version", "2.0.0")
    terminal.told("worker", "--once")

    assert "3 statements that waited for old go to archive" in redirected
    assert "store old: removed" in redirected
    assert other.kept() == [str(each.id) for each in BUILT]
    assert "xAPI 2.0.0" in terminal.told("store", "show", "archive")


def test_a_new_store_is_filled_and_the_bar_shown_to_its_end(
    terminal: Terminal, database: Database, other: OtherStore
) -> None:
    enqueue(database, *BUILT)
    terminal.told("worker", "--once")
    add(terminal, other)

    begun = terminal.told("store", "backfill", "archive")
    early = terminal.told("store", "progress", "archive")
    terminal.told("worker", "--once")
    terminal.told("worker", "--once")
    watched = terminal.told("store", "progress", "archive", "--watch")

    assert "3 statements to look at" in begun
    assert "backfill: 0 %, 0 of 3 looked at" in early
    assert "archive" in watched
    assert terminal.told("store", "progress", "archive") == "backfill: done, 3 statements copied\n"
    assert other.kept() == [str(each.id) for each in BUILT]
    assert "store archive: no more is copied" in terminal.told("store", "stop-backfill", "archive")
    assert "nothing was ever copied" in refused(terminal, "progress", "archive")


def test_rules_are_added_listed_and_taken_away(
    terminal: Terminal, database: Database, other: OtherStore
) -> None:
    add(terminal, other)

    terminal.told("store", "rule", "add", "archive", "--verb", "https://v.example/did")
    unclear = terminal.run("store", "rule", "add", "archive")
    listed = terminal.told("store", "rule", "list")
    with database.read() as session:
        rule_id = session.scalars(select(ForwardingRule.id)).one()
    terminal.told("store", "rule", "remove", str(rule_id))

    assert "verb https://v.example/did to archive" in listed
    assert unclear.exit_code == 2
    assert "no rule" in terminal.told("store", "rule", "list")
    assert "no such rule" in refused(terminal, "rule", "remove", str(rule_id))


def test_what_cannot_be_is_told_in_a_sentence(terminal: Terminal, other: OtherStore) -> None:
    add(terminal, other)

    assert "already" in refused(terminal, "add", "archive", other.url, "--secret", "x")
    assert "not encrypted" in refused(
        terminal, "add", "b", "http://lrs.example.org", "--secret", "x"
    )
    assert "no such store" in refused(terminal, "show", "nowhere")
    assert "no such store" in refused(terminal, "pause", "nowhere")
    assert "another store" in refused(terminal, "redirect", "archive", "archive")
    assert "next door" in refused(terminal, "backfill", "embedded")


def test_keys_reseal_encrypts_passwords_anew(terminal: Terminal, other: OtherStore) -> None:
    add(terminal, other)
    old, new = terminal.environ["LTI_TOOL_SECRET_KEY"], "another secret, as long as it must be"
    changed = {"LTI_TOOL_SECRET_KEY": new, "LTI_TOOL_OLD_SECRET_KEYS": old.replace(" ", "")}

    told = terminal.run("keys", "reseal")
    unreadable = terminal.run("keys", "reseal", **changed)

    assert "password" not in told.stdout
    assert unreadable.exit_code == 1
    assert "which is not set" in unreadable.stderr
