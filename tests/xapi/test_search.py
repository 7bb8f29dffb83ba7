"""Each mix of filters against a plain look through all statements, on both databases."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Sequence
from typing import Any

import orjson
import pytest
from flask import Flask
from sqlalchemy import delete, select

from lti_tool.db import Database
from tests.xapi.doors import HOME, Door, sentence
from xapi import received, search, store, ways
from xapi.contents import identifier_of
from xapi.db import moment_of
from xapi.models import StatementRow

MANY = 3 * ways.ENOUGH
PEOPLE = ("alice", "bob", "carol")
VERBS = ("did", "read")
THINGS = ("one", "two", "three")
AUTHORITIES = (
    {"account": {"homePage": HOME, "name": "first"}},
    {"account": {"homePage": HOME, "name": "second"}},
)

Said = dict[str, Any]
Fits = Callable[[Said], bool]


def _make(chance: random.Random) -> Said:
    """Give a statement; who and what is rare in one place is frequent in another."""
    who = chance.choices(PEOPLE, (90, 9, 1))[0]
    around = chance.choices(THINGS, (1, 9, 90))[0]
    made = sentence(who, chance.choice(VERBS), chance.choices(THINGS, (90, 9, 1))[0])
    made["context"] = {
        "instructor": {"account": {"homePage": "https://x.example", "name": chance.choice(PEOPLE)}},
        "contextActivities": {"grouping": [{"id": f"https://x.example/{around}"}]},
    }
    return made


@pytest.fixture
def kept(database: Database) -> list[Said]:
    """Keep statements of two authorities, the second's rare and old; give them in their order."""
    chance = random.Random(7)
    all_of_them = []
    for authority, count in zip(AUTHORITIES, (MANY, 20), strict=True):
        made = [_make(chance) for _ in range(count)]
        with database.begin() as session:
            given = [received.from_own(orjson.dumps(each).decode()) for each in made]
            store.keep(session, given, authority=authority)
        all_of_them += [{**each, "authority": authority} for each in made]
    return all_of_them


def _agent(who: str, *, wide: bool) -> tuple[dict[str, Any], Fits]:
    wanted = f"account https://x.example {who}"
    asked = {"agent": wanted, "related_agents": wide}
    return (
        asked,
        lambda said: (
            identifier_of(said["actor"]) == wanted
            or (wide and identifier_of(said["context"]["instructor"]) == wanted)
        ),
    )


def _activity(what: str, *, wide: bool) -> tuple[dict[str, Any], Fits]:
    wanted = f"https://x.example/{what}"
    asked = {"activity": wanted, "related_activities": wide}
    return (
        asked,
        lambda said: (
            said["object"]["id"] == wanted
            or (wide and said["context"]["contextActivities"]["grouping"][0]["id"] == wanted)
        ),
    )


def _verb(did: str) -> tuple[dict[str, Any], Fits]:
    wanted = f"https://verbs.example/{did}"
    return {"verb": wanted}, lambda said: said["verb"]["id"] == wanted


def _mine(authority: Said) -> tuple[dict[str, Any], Fits]:
    asked = {"authority": identifier_of(authority)}
    return asked, lambda said: said["authority"] == authority


ANY: tuple[dict[str, Any], Fits] = ({}, lambda _: True)
MIXES = list(
    itertools.product(
        [ANY, *(_agent(who, wide=wide) for who in PEOPLE for wide in (False, True))],
        [ANY, *(_verb(did) for did in VERBS)],
        [ANY, *(_activity(what, wide=wide) for what in THINGS for wide in (False, True))],
        [ANY, *(_mine(authority) for authority in AUTHORITIES)],
    )
)


@pytest.mark.parametrize("few", [ways.FEWEST, 7], ids=["enough", "more"])
@pytest.mark.parametrize("ascending", [False, True])
def test_every_mix_of_filters_finds_what_a_look_through_all_finds(
    database: Database,
    kept: list[Said],
    ascending: bool,
    few: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ways, "FEWEST", few)
    monkeypatch.setattr(ways, "MOST", few)  # so that PostgreSQL has to take more, and more again
    ordered = kept if ascending else kept[::-1]

    with database.read() as session:
        for mix in MIXES:
            asked = {name: value for filters, _ in mix for name, value in filters.items()}
            expected = [each["id"] for each in ordered if all(fits(each) for _, fits in mix)]

            found = _all_pages(session, asked, ascending=ascending)

            assert found == expected, asked


def _all_pages(session: Any, asked: dict[str, Any], *, ascending: bool) -> list[str]:
    found: list[str] = []
    after = None
    while True:
        query = search.Query(**asked, ascending=ascending, after_seq=after)
        page = search.find(session, query)
        found += [orjson.loads(each)["id"] for each in page.payloads]
        if page.next_seq is None:
            return found
        after = page.next_seq


def test_times_hold_where_statements_between_were_erased(
    door: Door, database: Database, store_app: Flask
) -> None:
    for number in range(40):
        door.post(sentence(did=f"did-{number}"))
    _erase(database, [*range(3), *range(8, 16), 19, *range(35, 40)])
    with database.read() as session:
        rows = session.execute(select(StatementRow.seq, StatementRow.stored_at)).all()

        for moment in {row.stored_at for row in rows}:
            later = search.find(session, search.Query(since=moment, ascending=True))
            until = search.find(session, search.Query(until=moment, ascending=True))

            assert len(later.payloads) == sum(row.stored_at > moment for row in rows)
            assert len(until.payloads) == sum(row.stored_at <= moment for row in rows)
        assert search.find(session, search.Query(until=moment_of(0))).payloads == ()


def _erase(database: Database, places: Sequence[int]) -> None:
    with database.begin() as session:
        seqs = session.scalars(select(StatementRow.seq).order_by(StatementRow.seq)).all()
        gone = [seqs[place] for place in places]
        session.execute(delete(StatementRow).where(StatementRow.seq.in_(gone)))
