"""A column that no launch named is looked for, found, and gets its score."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from fractions import Fraction
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, update

from lti_tool.db import Database, utcnow
from lti_tool.lti import columns, pushing, records, scores
from lti_tool.lti.columns import ColumnClaim
from lti_tool.lti.models import Context, LineItem, Person, Platform, ResourceLink
from lti_tool.lti.records import KeptLink, Memo
from tests.services_platform import COLUMN, asked, bodies, in_turn, keep_tool_key, services_of
from tests.signing_platform import AGS, LTI, SigningPlatform, answer_json, launch

LINEITEMS = "/services.php/2/lineitems"
GET = f"GET {LINEITEMS}"
SCOPE = "https://purl.imsglobal.org/spec/lti-ags/scope/"
READ, WRITE = f"{SCOPE}lineitem.readonly", f"{SCOPE}lineitem"


CLAIM = ColumnClaim(
    KeptLink(UUID(int=1), "capitals", None),
    "3",
    UUID(int=2),
    UUID(int=3),
    "https://l.example.org/lineitems",
    READ,
)


@pytest.fixture(autouse=True)
def memo(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Give a process that has written nothing yet."""
    monkeypatch.setattr(records, "memo", Memo())
    return


def ags(platform: SigningPlatform, *scopes: str, **more: str) -> dict[str, Any]:
    lineitems = f"{platform.url}{LINEITEMS}?type_id=1"
    return {AGS: {"scope": list(scopes or (READ,)), "lineitems": lineitems, **more}}


def column(platform: SigningPlatform, number: int = 5, **changes: Any) -> dict[str, Any]:
    return {
        "id": f"{platform.url}/services.php/2/lineitems/{number}/lineitem?type_id=1",
        "scoreMaximum": 100,
        "label": "Capitals",
        "resourceLinkId": "3",
        "resourceId": "",
        **changes,
    }


def find_due(database: Database, *, after: timedelta = timedelta(0)) -> int:
    return columns.find_due(database.begin, services_of(database), now=utcnow() + after)


def found(database: Database) -> list[str]:
    with database.read() as session:
        return sorted(urlsplit(url).path for url in session.scalars(select(LineItem.url)))


def link_of(database: Database) -> ResourceLink:
    with database.read() as session:
        return session.scalars(select(ResourceLink)).one()


def arrive(
    app: Flask, database: Database, platform: SigningPlatform, *listed: Any, **claims: Any
) -> FlaskClient:
    """Launch without the name of a column; the platform lists these."""
    keep_tool_key(database)
    platform.answers[GET] = lambda _heard: answer_json(list(listed))
    client = app.test_client()
    assert launch(client, platform, **(ags(platform, lineitem="") | claims)).status_code == 303
    return client


def test_an_empty_lineitem_leads_to_a_look_up_and_a_later_score_goes_there(
    app: Flask, database: Database, platform: SigningPlatform
) -> None:
    platform.answers[f"POST {COLUMN}/scores"] = lambda _heard: (200, {}, b"")
    arrive(app, database, platform, column(platform))

    looked = find_due(database), find_due(database)
    with database.begin() as session:
        scores.want(
            session,
            person_id=session.scalars(select(Person.id)).one(),
            context_id=session.scalars(select(Context.id)).one(),
            course_id="capitals",
            item_path="",
            points=Fraction(1, 2),
            maximum=1,
            now=utcnow(),
        )
    pushing.push_due(database.begin, services_of(database), now=utcnow())

    assert looked == (1, 0)
    (heard,) = asked(platform, GET)
    assert heard.headers["Accept"] == "application/vnd.ims.lis.v2.lineitemcontainer+json"
    assert parse_qs(urlsplit(heard.path).query) == {"type_id": ["1"], "resource_link_id": ["3"]}
    assert [each["scoreGiven"] for each in bodies(platform, f"{COLUMN}/scores")] == [0.5]


@pytest.mark.parametrize(
    ("scopes", "asked_for"), [((READ,), READ), ((WRITE,), WRITE), ((READ, WRITE), WRITE)]
)
def test_the_token_asks_for_what_the_launch_allowed(
    app: Flask,
    database: Database,
    platform: SigningPlatform,
    scopes: tuple[str, ...],
    asked_for: str,
) -> None:
    arrive(app, database, platform, **ags(platform, *scopes))

    find_due(database)

    form = parse_qs(asked(platform, "POST /token")[0].body.decode())
    assert form["scope"] == [asked_for]


@pytest.mark.parametrize(
    "claims",
    [
        {AGS: {"scope": [f"{SCOPE}score"], "lineitems": "{lineitems}"}},
        {AGS: {"scope": [READ]}},
        {AGS: {"scope": [READ], "lineitems": "https://[bad/x"}},
        {AGS: {"scope": [READ], "lineitems": "{lineitems}"}, f"{LTI}context": None},
        {AGS: None},
    ],
)
def test_nothing_is_looked_for_where_that_is_not_allowed_or_cannot_be(
    app: Flask, database: Database, platform: SigningPlatform, claims: dict[str, Any]
) -> None:
    if claims[AGS] and claims[AGS].get("lineitems") == "{lineitems}":
        claims = claims | {AGS: claims[AGS] | {"lineitems": f"{platform.url}{LINEITEMS}"}}
    arrive(app, database, platform, column(platform), **claims)

    assert find_due(database) == 0
    assert link_of(database).column_due_at is None
    assert asked(platform, GET) == []


def test_a_launch_that_names_its_column_looks_for_nothing(
    app: Flask, database: Database, platform: SigningPlatform
) -> None:
    arrive(app, database, platform, **ags(platform, lineitem=f"{platform.url}{COLUMN}"))

    assert find_due(database) == 0
    assert found(database) == [COLUMN]


def test_of_several_columns_the_one_with_our_resource_id_is_taken(
    app: Flask, database: Database, platform: SigningPlatform
) -> None:
    arrive(
        app,
        database,
        platform,
        column(platform, 4, resourceId="capitals/exam"),
        column(platform, 5, resourceId="capitals"),
        column(platform, 6),
    )

    find_due(database)

    assert found(database) == [COLUMN]


def test_a_part_of_a_course_finds_its_own_column(
    app: Flask, database: Database, platform: SigningPlatform
) -> None:
    custom = {f"{LTI}custom": {"course": "capitals", "item": "exam"}}
    arrive(
        app,
        database,
        platform,
        column(platform, 4, resourceId="capitals"),
        column(platform, 5, resourceId="capitals/exam"),
        **custom,
    )

    find_due(database)

    with database.read() as session:
        line_item = session.scalars(select(LineItem)).one()
    assert (line_item.course_id, line_item.item_path) == ("capitals", "exam")
    assert urlsplit(line_item.url).path == COLUMN


@pytest.mark.parametrize(
    "changes",
    [
        [{}, {}],
        [{"resourceId": "another"}, {"resourceId": "third"}],
        [{"resourceLinkId": "4"}],
        [{"resourceLinkId": None}],
        [{"id": ""}],
        [{"id": None}],
        [{"id": "https://evil.example.org/lineitems/5"}],
        [{"id": "https://[bad/5"}],
        [],
    ],
)
def test_no_column_is_taken_that_is_not_certainly_ours(changes: list[dict[str, Any]]) -> None:
    own = SigningPlatform("https://l.example.org")

    listed = [column(own, number, **each) for number, each in enumerate(changes)]

    assert columns.choose(listed, CLAIM) is None
    assert columns.choose([column(own)], CLAIM) == column(own)["id"]


@pytest.mark.parametrize("body", [b"{}", b"{broken", b"[" * 100_000])
def test_what_is_no_list_of_columns_is_none(
    app: Flask, database: Database, platform: SigningPlatform, body: bytes
) -> None:
    arrive(app, database, platform)
    platform.answers[GET] = lambda _heard: (200, {}, body)

    assert find_due(database) == 1
    assert found(database) == []


@pytest.mark.parametrize("status", [429, 500])
def test_where_the_platform_is_away_it_is_asked_again_later(
    app: Flask, database: Database, platform: SigningPlatform, status: int
) -> None:
    arrive(app, database, platform)
    platform.answers[GET] = in_turn((status, {}, b""), answer_json([column(platform)]))

    looked = [find_due(database, after=timedelta(minutes=minutes)) for minutes in (0, 14, 16, 60)]

    assert looked == [1, 0, 1, 0]
    assert found(database) == [COLUMN]


def test_where_the_platform_refuses_it_is_not_asked_again_and_again(
    app: Flask, database: Database, platform: SigningPlatform
) -> None:
    arrive(app, database, platform)
    platform.answers[GET] = lambda _heard: (403, {}, b"")

    assert [find_due(database), find_due(database, after=timedelta(days=1))] == [1, 0]


def test_a_withdrawn_platform_is_asked_for_nothing(
    app: Flask, database: Database, platform: SigningPlatform
) -> None:
    arrive(app, database, platform)
    with database.begin() as session:
        session.execute(update(Platform).values(withdrawn_at=utcnow()))

    find_due(database)

    assert asked(platform, GET) == []
    assert link_of(database).column_due_at is None


def test_a_column_made_later_is_found_by_a_later_launch_of_the_same_process(
    app: Flask,
    database: Database,
    platform: SigningPlatform,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    client = arrive(app, database, platform)
    find_due(database)
    platform.answers[GET] = lambda _heard: answer_json([column(platform)])

    launch(client, platform, **ags(platform, lineitem=""))
    at_once = find_due(database)
    monkeypatch.setattr(records, "LOOK_AGAIN", timedelta(0))
    launch(client, platform, **ags(platform, lineitem=""))
    later = find_due(database)

    assert (at_once, later) == (0, 1)
    assert found(database) == [COLUMN]


def test_a_worker_that_dies_leaves_a_look_up_that_falls_due_again(
    app: Flask, database: Database, platform: SigningPlatform
) -> None:
    arrive(app, database, platform, column(platform))
    with database.begin() as session:
        claimed = columns._claim(session, now=utcnow(), limit=5)

    looked = [find_due(database), find_due(database, after=timedelta(minutes=6))]

    assert len(claimed) == 1
    assert looked == [0, 1]


KEYS = st.sampled_from(["id", "resourceLinkId", "resourceId"])
VALUES = st.sampled_from(["3", "capitals", "https://l.example.org/5", "https://x.org/5", None])


@given(st.lists(st.dictionaries(KEYS, VALUES | st.text()) | st.text(), max_size=4))
def test_whatever_is_listed_a_column_lies_at_the_same_site(listed: list[object]) -> None:
    chosen = columns.choose(listed, CLAIM)

    assert chosen is None or urlsplit(chosen).netloc == "l.example.org"
