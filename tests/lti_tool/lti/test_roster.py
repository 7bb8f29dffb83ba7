"""Rosters: read page by page, kept as they are now, and never led astray."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, update

from lti_tool.db import Database
from lti_tool.lti import roster
from lti_tool.lti.models import Context, Membership, Person, Platform
from lti_tool.lti.roster import RosterError, next_page
from tests.services_platform import (
    NOON,
    Given,
    GradeBook,
    asked,
    in_turn,
    keep_tool_key,
    make_grade_book,
    services_of,
)
from tests.signing_platform import MEMBERSHIP, Heard, SigningPlatform

PATH = "/services.php/CourseSection/2/bindings/1/memberships"
GET = f"GET {PATH}"
MINUTE = timedelta(minutes=1)


@pytest.fixture
def book(database: Database, platform: SigningPlatform) -> GradeBook:
    """Give a context with a roster that is wished; subject 7 is known already."""
    keep_tool_key(database)
    made = make_grade_book(database, platform, memberships_url=f"{platform.url}{PATH}")
    wish(database, made)
    return made


def wish(database: Database, book: GradeBook, *, after: timedelta = timedelta(0)) -> bool:
    with database.begin() as session:
        return roster.wish(session, book.context_id, now=NOON + after)


def sync(database: Database, *, after: timedelta = timedelta(0)) -> int:
    return roster.sync_due(database.begin, services_of(database), now=NOON + after)


def page(members: Sequence[Mapping[str, Any]], link: str = "") -> Given:
    body = {"id": "x", "context": {"id": "2"}, "members": list(members)}
    headers = {"Link": link} if link else {}
    return 200, headers, json.dumps(body).encode()


def member(subject: str, *roles: str, **more: Any) -> dict[str, Any]:
    return {"user_id": subject, "status": "Active", "roles": list(roles) or ["Learner"], **more}


def context_of(database: Database) -> Context:
    with database.read() as session:
        return session.scalars(select(Context)).one()


def listed(database: Database) -> dict[str, tuple[list[str], bool]]:
    with database.read() as session:
        rows = session.execute(
            select(Person.subject, Membership.roles, Membership.is_active).join(
                Membership, Membership.person_id == Person.id
            )
        )
        return {subject: (roles, is_active) for subject, roles, is_active in rows}


def names(database: Database) -> dict[str, str]:
    with database.read() as session:
        return dict(session.execute(select(Person.subject, Person.name)).all())


# What is kept


def test_a_roster_names_people_roles_and_who_is_active(
    database: Database, platform: SigningPlatform, book: GradeBook
) -> None:
    platform.answers[GET] = lambda _heard: page(
        [
            member("7", "Learner", name="Alice Andersson", email="alice@example.org"),
            member("8", "Instructor", f"{MEMBERSHIP}Learner", name="Carol"),
            member("9", status="Inactive"),
        ]
    )

    assert sync(database) == 1

    assert listed(database) == {
        "7": (["learner"], True),
        "8": (["instructor", "learner"], True),
        "9": (["learner"], False),
    }
    assert names(database) == {"7": "Alice Andersson", "8": "Carol", "9": ""}
    (heard,) = asked(platform, GET)
    assert heard.headers["Accept"] == "application/vnd.ims.lti-nrps.v2.membershipcontainer+json"
    context = context_of(database)
    assert (context.roster_at, context.roster_due_at, context.roster_error) == (NOON, None, "")


def test_people_known_from_launches_stay_the_same_people(
    database: Database, platform: SigningPlatform, book: GradeBook
) -> None:
    platform.answers[GET] = lambda _heard: page([member("7"), member("8")])

    sync(database)

    with database.read() as session:
        people = {person.subject: person for person in session.scalars(select(Person))}
    assert people["7"].id == book.people["7"]
    assert len(people["8"].actor_name) == 32


def test_roles_are_replaced_and_never_added_to(
    database: Database, platform: SigningPlatform, book: GradeBook
) -> None:
    platform.answers[GET] = in_turn(page([member("7", "Instructor")]), page([member("7")]))
    sync(database)

    wish(database, book, after=11 * MINUTE)
    sync(database, after=11 * MINUTE)

    assert listed(database) == {"7": (["learner"], True)}


def test_who_is_gone_is_inactive_and_who_comes_back_is_not(
    database: Database, platform: SigningPlatform, book: GradeBook
) -> None:
    everybody = page([member("7"), member("8")])
    platform.answers[GET] = in_turn(everybody, page([member("8")]), everybody)
    activity: list[list[bool]] = []

    for minutes in (0, 11, 22):
        wish(database, book, after=minutes * MINUTE)
        sync(database, after=minutes * MINUTE)
        found = listed(database)
        activity.append([found["7"][1], found["8"][1]])

    assert activity == [[True, True], [False, True], [True, True]]


def test_where_names_are_withheld_nobody_is_named_and_what_launches_told_stays(
    database: Database, platform: SigningPlatform, book: GradeBook
) -> None:
    platform.answers[GET] = lambda _heard: page([member("7"), member("8", name=None, email="")])

    sync(database)

    assert names(database) == {"7": "Person 7", "8": ""}


def test_a_large_roster_is_kept_whole(
    database: Database, platform: SigningPlatform, book: GradeBook
) -> None:
    platform.answers[GET] = lambda _heard: page([member(str(n)) for n in range(1_200)])

    sync(database)

    assert len(listed(database)) == 1_200


def test_lines_that_name_nobody_are_passed_over_and_odd_ones_are_cut(
    database: Database, platform: SigningPlatform, book: GradeBook
) -> None:
    odd = [
        "text",
        None,
        {},
        {"user_id": ""},
        {"user_id": None},
        {"user_id": "\x00"},
        {"user_id": 8, "roles": "Instructor", "name": "N\x00ul"},
        {"user_id": "x" * 300, "name": "y" * 900, "roles": [1, None], "status": None},
        {"user_id": 8, "roles": ["Instructor"]},
    ]
    platform.answers[GET] = lambda _heard: page(odd)  # type: ignore[arg-type]

    sync(database)

    assert listed(database) == {
        "8": (["instructor"], True),
        "x" * 255: (["learner"], True),
    }
    assert names(database)["8"] == "Nul"
    assert len(names(database)["x" * 255]) == 400


# Pages


@pytest.mark.parametrize(
    "link",
    [
        '<{path}?p=2>; rel="next"',
        "<{path}?p=2>; rel=next",
        "<{path}?p=2>;rel='next'",
        '<{path}?p=2> ; REL="Next"',
        '<{path}?p=9>; rel="last", <{path}?p=2>; rel="next"',
        '<{path}?p=2>; title="a"; rel="next", <{path}?p=1>; rel="prev"',
        "<{path}?p=2>; rel=\u201cnext\u201d",
    ],
)
def test_the_next_page_is_found_also_in_a_header_with_curly_quotes(link: str) -> None:
    header = link.format(path=f"https://l.example.org{PATH}")

    assert next_page("https://l.example.org/", header) == f"https://l.example.org{PATH}?p=2"


@pytest.mark.parametrize(
    "header", ["", "nonsense", '<x>; rel="prev"', 'x; rel="next"', '<x>; title="next"', "<a>, next"]
)
def test_without_a_link_to_it_there_is_no_next_page(header: str) -> None:
    assert next_page("https://l.example.org/", header) is None


@given(st.text(max_size=60))
def test_no_header_is_more_than_passed_over(header: str) -> None:
    assert next_page("https://l.example.org/", header) is None or ">" in header
    assert isinstance(next_page("https://l.example.org/", f"<{header}>; rel=next"), str | None)


def test_all_pages_are_read(database: Database, platform: SigningPlatform, book: GradeBook) -> None:
    def answer(heard: Heard) -> Given:
        number = int(heard.path.partition("p=")[2] or 1)
        link = f'<{platform.url}{PATH}?a=B&amp;p={number + 1}>; rel="next"' if number < 3 else ""
        return page([member(str(number))], link)

    platform.answers[GET] = answer

    sync(database)

    assert set(listed(database)) == {"1", "2", "3"}
    assert [each.path.partition("?")[2] for each in asked(platform, GET)] == [
        "",
        "a=B&p=2",
        "a=B&p=3",
    ]


def test_moodles_own_header_is_read(
    database: Database, platform: SigningPlatform, book: GradeBook
) -> None:
    curly = f"<{platform.url}{PATH}?limit=1&amp;from=1>; rel=\u201cnext\u201d"
    latin = curly.encode().decode("latin-1")
    platform.answers[GET] = in_turn(page([member("7")], latin), page([member("8")]))

    sync(database)

    assert set(listed(database)) == {"7", "8"}


def test_a_next_page_at_another_site_is_not_asked(
    database: Database, platform: SigningPlatform, book: GradeBook
) -> None:
    targets = [
        "https://evil.example.org/x",
        "//127.0.0.1:1/x",
        platform.url.replace("http:", "https:") + "/x",
        "http://[::1/x",
        "ftp://x/",
    ]
    for number, target in enumerate(targets):
        answer = page([member("8")], f'<{target}>; rel="next"')
        platform.answers[GET] = lambda _heard, answer=answer: answer

        sync(database, after=number * 16 * MINUTE)

        assert context_of(database).roster_error.endswith("goes on at another site."), target
    assert listed(database) == {}
    assert len(asked(platform, "GET")) == len(targets)


def test_pages_that_lead_in_a_circle_end(
    database: Database, platform: SigningPlatform, book: GradeBook
) -> None:
    platform.answers[GET] = lambda _heard: page([member("8")], f'<{PATH}>; rel="next"')

    sync(database)

    assert context_of(database).roster_error.endswith("do not end.")
    assert len(asked(platform, GET)) == 1


def test_pages_without_end_end(
    database: Database,
    platform: SigningPlatform,
    book: GradeBook,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(roster, "MAX_PAGES", 5)
    platform.answers[GET] = lambda _heard: page(
        [member("8")], f'<{PATH}?p={len(platform.heard)}>; rel="next"'
    )

    sync(database)

    assert context_of(database).roster_error.endswith("do not end.")
    assert len(asked(platform, GET)) == 5


# When it is asked for


def test_a_roster_is_wished_unless_it_is_fresh(
    database: Database, platform: SigningPlatform, book: GradeBook
) -> None:
    platform.answers[GET] = lambda _heard: page([member("7")])
    on_its_way = wish(database, book)
    sync(database)

    fresh = wish(database, book, after=10 * MINUTE)
    old = wish(database, book, after=10 * MINUTE + timedelta(seconds=1))

    assert (on_its_way, fresh, old) == (True, False, True)
    assert sync(database, after=11 * MINUTE) == 1


def test_a_context_without_a_roster_is_never_asked(
    database: Database, platform: SigningPlatform
) -> None:
    book = make_grade_book(database, platform)

    assert wish(database, book) is False
    with database.begin() as session:
        assert roster.wish(session, uuid4(), now=NOON) is False
    assert sync(database) == 0


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ((403, {}, b""), "answered 403"),
        ((500, {}, b""), "answered 500"),
        ((200, {}, b"{broken"), "cannot be read"),
        ((200, {}, b"[]"), "cannot be read"),
        ((200, {}, b'{"members": {}}'), "cannot be read"),
        ((200, {}, b"[" * 100_000), "cannot be read"),
    ],
)
def test_a_roster_that_cannot_be_had_is_told_and_tried_again(
    database: Database, platform: SigningPlatform, book: GradeBook, answer: Given, words: str
) -> None:
    platform.answers[GET] = in_turn(answer, page([member("7")]))

    sync(database)
    failed = context_of(database)
    early = sync(database, after=14 * MINUTE)
    late = sync(database, after=15 * MINUTE)

    assert words in failed.roster_error
    assert (failed.roster_at, early, late) == (None, 0, 1)
    mended = context_of(database)
    assert (mended.roster_error, mended.roster_due_at) == ("", None)


def test_half_a_roster_changes_nothing(
    database: Database, platform: SigningPlatform, book: GradeBook
) -> None:
    platform.answers[GET] = in_turn(page([member("7"), member("8")]))
    sync(database)
    platform.answers[GET] = in_turn(
        page([member("7")], f'<{PATH}?p=2>; rel="next"'), (500, {}, b"")
    )

    wish(database, book, after=11 * MINUTE)
    sync(database, after=11 * MINUTE)

    assert listed(database)["8"] == (["learner"], True)


def test_a_withdrawn_platform_is_told_and_stops_no_other(
    database: Database, platform: SigningPlatform, book: GradeBook
) -> None:
    with database.begin() as session:
        session.execute(update(Platform).values(withdrawn_at=NOON))

    sync(database)

    assert "withdrawn" in context_of(database).roster_error
    assert platform.heard == []


def test_a_worker_that_dies_leaves_a_roster_that_falls_due_again(
    database: Database, platform: SigningPlatform, book: GradeBook
) -> None:
    platform.answers[GET] = lambda _heard: page([member("7")])
    with database.begin() as session:
        claimed = roster._claim(session, now=NOON, limit=3)

    early, late = sync(database, after=4 * MINUTE), sync(database, after=5 * MINUTE)

    assert (len(claimed), early, late) == (1, 0, 1)


def test_what_is_no_roster_is_an_error_of_its_own(
    database: Database, platform: SigningPlatform, book: GradeBook
) -> None:
    platform.answers[GET] = lambda _heard: (404, {}, b"")

    with pytest.raises(RosterError, match="404"):
        list(
            roster.fetch(services_of(database), platform.row_id, f"{platform.url}{PATH}", now=NOON)
        )
